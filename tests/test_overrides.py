"""Overrides as text: Hydra reads what was typed, or the text is refused."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from srop.pipeline.overrides import hydra_value, split_overrides
from srop.pipeline.stage import resolve


def read(override: str) -> object:
    return OverridesParser.create().parse_override(override).value()


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("'/a #b'", "/a #b"),
        ("/a#b", "/a#b"),
        ("/a=b", "/a=b"),
        ("/a,", "/a,"),
        ("/a,b", "/a,b"),
        ("'C:\\x\\y'", "C:\\x\\y"),
        ("'/a (1) #\\'", "/a (1) #\\"),
        ("'a\nb'", "a\nb"),
        ("/a\\ b", "/a b"),
        ('"/it\'s"', "/it's"),
        ("2024_10", "2024_10"),
        ("'é'", "é"),
        ("0.5", 0.5),
        ("null", None),
        ("[0.5,1]", [0.5, 1]),
        ("${oc.env:RATE,1}", "${oc.env:RATE,1}"),
    ],
)
def test_values_are_read_as_they_were_typed(typed, value):
    first, second = split_overrides(f"data.root={typed} digits.w=[1]")
    assert read(first) == value
    assert second == "digits.w=[1]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data.root='a digits.w=[1]", "No closing quotation"),
        ("data.root=C:\\x", "this backslash would be lost"),
        ("digits.w=[1] digits.w=[0.5]", "digits.w stands twice"),
        ("digits.w=[1] +digits.w=[0.5]", "digits.w stands twice"),
    ],
)
def test_what_would_be_lost_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        split_overrides(text)


# Whether a string holds a reference is not for its quotation marks to say.
TEXTS = st.text(st.characters(exclude_characters="$", exclude_categories=["C"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.sampled_from(["null", "true", "0012", "1_0"]) | TEXTS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.sampled_from(["a", "resblk1.0"]), values),
)


@given(VALUES)
def test_hydra_reads_a_value_back(value):
    def as_text(each):
        if isinstance(each, dict):
            return {key: as_text(value) for key, value in each.items()}
        return [as_text(value) for value in each] if isinstance(each, list) else None if each is None else str(each)

    # A number is written as it is, for wildcards are text: text of a number is the same number again.
    assert as_text(read(f"key={hydra_value(value)}")) == as_text(value)


def test_references_are_listed_by_key_with_their_values(monkeypatch):
    monkeypatch.setenv("RATE", "0.25")
    config = OmegaConf.create(
        {
            "digits": {"lr": "${oc.env:RATE}", "w": [0, "${digits.one}"], "one": 1, "kept": 2},
            "filters": {"layers": {"resblk1.0": "${digits.kept}"}},
            "run": {"seed": "${nothing}"},
        }
    )
    # What oc.env gives is text, to which a type of the schema gives another.
    assert resolve(config) == {"digits.lr": "0.25", "digits.w": [0, 1], "filters.layers": {"resblk1.0": 2}}
    assert resolve(config) == {}
