"""What the documents quote of recorded runs: named values and tables, written between markers and checked there.

A marked passage is ``<!-- name -->text<!-- /name -->``. The text is made from ``workflow/recorded/``: by a query of
``docs/quotes.yaml``, or by one of the functions in :data:`BLOCKS`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from sklearn.metrics import roc_auc_score

from srop.convention import PUBLISHED
from srop.experiments.digits.measure import white_noise_srop
from srop.ledger.recorded import origin, read_recorded

_MARKED = re.compile(r"(?<!`)<!-- (?P<name>[\w.-]+) -->(?P<text>.*?)<!-- /(?P=name) -->", re.DOTALL)
_CODE = re.compile(r"```.*?```|`[^`\n]*`|^(?: {4}|\t)[^\n]*$|<!--.*?-->|\]\([^)]*\)", re.DOTALL | re.MULTILINE)
_DECIMAL = re.compile(r"(?<![\w.])\d*\.\d+")
_LAYER, _CONVENTION = "relu2", "published"
"""Of the digits, and of tables that have several, where a query says nothing else."""


class Recorded:
    """The recorded runs, by the names under which documents quote them.

    Args:
        folder: ``workflow/recorded/``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def paper(self) -> dict[str, pd.DataFrame]:
        """All recorded runs of the paper's digit experiments, as one."""
        return read_recorded(self.paper_runs, ["digits", "epochs", "frog_epochs"])

    @property
    def paper_runs(self) -> list[Path]:
        """Their folders."""
        return sorted(file.parent for file in self.folder.glob("paper*/origin.json"))

    @cached_property
    def embedded(self) -> dict[str, pd.DataFrame]:
        """The recorded run of the preset embedded."""
        return self._of("embedded")

    @cached_property
    def cuda(self) -> dict[str, pd.DataFrame]:
        """The recorded speed on CUDA, and how tables of one run differ between devices."""
        return self._of("h100")

    @cached_property
    def adadelta(self) -> dict[str, pd.DataFrame]:
        """The paper's digit experiments again, with the optimizer of the example that the paper cites."""
        return self._of("adadelta")

    def _of(self, run: str) -> dict[str, pd.DataFrame]:
        tables = (self.folder / run / "tables").glob("*.csv")
        return {path.stem: pd.read_csv(path, dtype={"id": str}) for path in tables}

    def rows(self, table: str, where: str | None) -> pd.DataFrame:
        """Give rows of ``<run>/<table>``."""
        run, _, name = table.partition("/")
        found = getattr(self, run)[name]
        where = where or ""
        if "frog_srop" in found and "layer" not in where:
            found = found[found["layer"] == _LAYER]
        if "convention" in found and "convention" not in where and "id" not in found:
            found = found[found["convention"] == _CONVENTION]
        return found.query(where) if where else found


def value(recorded: Recorded, query: Mapping[str, Any]) -> str:
    """Give a quoted value.

    Args:
        recorded: The recorded runs.
        query: ``table`` (``<run>/<name>``), ``where`` (of :meth:`pandas.DataFrame.query`), ``column``, ``format``;
            ``of`` says what becomes of several rows: each by itself (``each``, the default, in the order of their
            seeds), their ``mean``, or how many they are (``count``); ``times`` names a column to multiply by, and
            ``exp`` takes the exponential first.

    Returns:
        Text such as ``.86 and .97``.

    Raises:
        ValueError: If no row is found.
    """
    rows = recorded.rows(query["table"], query.get("where"))
    if query.get("of") == "count":
        return str(len(rows))
    if rows.empty:
        raise ValueError(f"{query}: no row")
    rows = rows.sort_values("seed", kind="stable") if "seed" in rows else rows
    numbers = rows[query["column"]].to_numpy(float)
    numbers = np.exp(numbers) if query.get("exp") else numbers
    numbers = numbers * rows[query["times"]].to_numpy() if "times" in query else numbers
    if query.get("of") == "mean":
        numbers = numbers.mean(keepdims=True)
    return _list([_number(number, query["format"]) for number in numbers])


def _list(texts: list[str]) -> str:
    return " and ".join([*filter(None, [", ".join(texts[:-1])]), texts[-1]])


def _number(number: float, form: str) -> str:
    """Write a number without a zero before its point; ``none`` where there is none."""
    return "none" if np.isnan(number) else re.sub(r"^(-?)0\.", r"\1.", format(number, form))


def _values(numbers: pd.Series, form: str) -> str:
    """Up to five seeds are shown as values, more as a mean."""
    texts = [_number(number, form) for number in numbers]
    return " ".join(texts) if len(texts) <= 5 else f"{_number(numbers.mean(), form)} (mean of {len(texts)})"


def _markdown(table: pd.DataFrame) -> str:
    # Blank lines, for not every host ends a comment's block or a table without.
    return "\n\n" + table.to_markdown(index=False, disable_numparse=True) + "\n\n"


_DIGIT_ROWS = {
    "accuracy": ("accuracy", "one", ".3f"),
    "the frog's SROP, dead maps as 1": ("frog_srop", "one", ".2f"),
    "the frog's SROP, dead maps left out": ("frog_srop", "omit", ".2f"),
    "share of dead maps, the frog as input": ("frog_dead_share", "one", ".2f"),
}


def digits(table: pd.DataFrame, case: str) -> str:
    """Make a table of a digit experiment over w: a value per seed."""
    rows = table[table["case"].isin([case, "none"])]
    rows = rows[(rows["layer"] == _LAYER) & (rows["convention"] == _CONVENTION)].sort_values(["w", "seed"])
    shown = {"": list(_DIGIT_ROWS)}
    for w, of in rows.groupby("w"):
        shown[f"w = {w:g}"] = [
            _values(of.loc[of["dead"] == dead, column], form) for column, dead, form in _DIGIT_ROWS.values()
        ]
    return _markdown(pd.DataFrame(shown))


def baseline(recorded: Recorded) -> str:
    """Make the table of pooled noise under each convention, beside the paper's."""
    table = recorded.embedded["baseline"]
    noise = table[(table["input"] == "noise") & (table["dead"] == "omit")]
    of_paper = recorded.embedded["table2"].drop_duplicates("output_size").set_index("output_size")["paper_baseline"]
    names = {
        "published": "`published`: ring means of the power, rings about DC",
        "half_pixel": "`half_pixel`: the same, rings half a pixel beside DC",
        "printed": "`printed`: Eq. 2 to 6 to the letter",
    }
    sizes = sorted(noise["size"].unique(), reverse=True)
    rows = [["the paper's Table 2, baseline", *(_number(of_paper[size], ".3f") for size in sizes)]]
    for name, title in names.items():
        own = noise[noise["convention"] == name].set_index("size")["mean"]
        rows.append([title, *(_number(own[size], ".3f") for size in sizes)])
    return _markdown(pd.DataFrame(rows, columns=["", *map(str, sizes)]))


def table2(recorded: Recorded) -> str:
    """Make Table 2: the paper's beside random networks of ours."""
    table = recorded.embedded["table2"]
    table = table[(table["convention"] == "published") & (table["dead"] == "omit")]
    sizes = sorted(table["output_size"].unique(), reverse=True)

    def row(title: str, column: str, where: str) -> list[str]:
        own = table.query(where).drop_duplicates("output_size").set_index("output_size")[column]
        return [title, *(_number(own[size], ".3f") for size in sizes)]

    rows = [
        row("baseline, max-pools alone: the paper's", "paper_baseline", "input == 'noise'"),
        row("... of white noise", "baseline", "input == 'noise'"),
        row("... of natural images", "baseline", "input == 'images'"),
        row("least layer: the paper's, *pretrained* networks", "paper_minimum", "input == 'noise'"),
    ]
    for name, title in (("noise", "white noise"), ("images", "natural images")):
        for mode, said in (("running", "as initialized"), ("batch", "calibrated")):
            where = f"input == '{name}' and batch_norm == '{mode}' and weights == 'random'"
            rows.append(row(f"... *random* networks, {title}, batch norm {said}", "minimum", where))
    return _markdown(pd.DataFrame(rows, columns=["", *map(str, sizes)]))


def intrinsic(recorded: Recorded) -> str:
    """Make the table of the digit network's intrinsic dimensions: means over its seeds."""
    table = recorded.embedded["intrinsic"]
    table = table.query("title == 'digit network' and convention == 'published' and dead == 'omit'")
    trained, random = table[table["weights"] != "random"], table[table["weights"] == "random"]
    layers = list(trained.sort_values("depth")["layer"].unique())
    rows = []
    for title, of, column, form in (
        ("trained", trained, "intrinsic_dimension", ".1f"),
        ("random", random, "intrinsic_dimension", ".1f"),
        ("SROP, trained (referred to 28)", trained, "srop", ".2f"),
    ):
        means = of.groupby("layer")[column].mean()
        rows.append([title, *("" if np.isnan(means[layer]) else _number(means[layer], form) for layer in layers)])
    return _markdown(pd.DataFrame(rows, columns=["", *layers]))


def claims(recorded: Recorded) -> str:
    """Make the table of the claims."""
    table = recorded.embedded["claims"].fillna({"holds_for": "", "paper": "", "setting": ""})
    rows = []
    for _, row in table.iterrows():
        if row["verdict"] == "untestable here":
            continue
        interval = "" if np.isnan(row["low"]) else f" ({row['low']:.3g} to {row['high']:.3g})"
        on = "paper's scale" if row["judged_on"].startswith("recorded") else "embedded"
        ours = "" if np.isnan(row["ours"]) else f"{row['ours']:.3g}{interval}"
        said = f"**{row['id']}** {row['claim']} (*{row['measure']}*)"
        rows.append([said, row["paper"], on, ours, row["verdict"], row["holds_for"]])
    columns = ["claim (what is measured)", "the paper", "judged on", "ours (95 % interval)", "verdict", "by choices"]
    untestable = table.loc[table["verdict"] == "untestable here", "id"]
    rest = f"\nUntestable without the paper's weights, which are downloads: {', '.join(untestable)}.\n"
    return _markdown(pd.DataFrame(rows, columns=columns).replace(r"\|", r"\\|", regex=True)) + rest


def _ratio(row: pd.Series) -> str:
    """Write a ratio with its target in brackets, bold where it falls short."""
    text = f"{row['ratio']:.3g}" if row["ratio"] < 1000 else f"{row['ratio']:,.0f}"
    text = f"**{text}**" if row["verdict"] == "falls short" else text
    return text if np.isnan(row["target"]) else f"{text} [{row['target']:g}]"


def speed_sizes(table: pd.DataFrame) -> str:
    """Make the table of the speed of SROPs by size: medians of ratios, targets in brackets."""
    rows = {}
    for _, row in table[table["what"].str.fullmatch(r"\d+")].iterrows():
        rows.setdefault(f"{row['measure']} {row['against']}", {})[row["what"]] = _ratio(row)
    shown = pd.DataFrame(rows).T.fillna("").rename_axis("").reset_index()
    return _markdown(shown[["", *sorted(shown.columns[1:], key=int, reverse=True)]])


def speed_rest(table: pd.DataFrame) -> str:
    """Make the table of the speed of networks and trainings."""
    rest = table[~table["what"].str.fullmatch(r"\d+") & table["ratio"].notna()]
    rows = [[row["what"], f"{row['measure']} {row['against']}", _ratio(row), row["note"]] for _, row in rest.iterrows()]
    return _markdown(pd.DataFrame(rows, columns=["what", "measure", "median [target]", ""]).fillna(""))


def scale(recorded: Recorded) -> str:
    """Make a table of values to compare others with, by size of the maps."""
    sizes = [112, 56, 28, 14, 7]
    baseline = recorded.embedded["baseline"].query("convention == 'published' and dead == 'omit'")
    layers = recorded.embedded["backbones"].query("convention == 'published' and title == 'EfficientNet-Lite0'")
    rows = []
    for title, of in (
        ("white noise, max-pooled and nothing else", baseline.query("input == 'noise'")),
        ("20 photographs, likewise", baseline.query("input == 'images'")),
        (
            "the photographs in a random EfficientNet-Lite0, mean of its layers of that size",
            layers.query("input == 'images' and batch_norm == 'batch'"),
        ),
        ("... in the same network trained on ImageNet", layers.query("input == 'images' and weights != 'random'")),
    ):
        means = of.groupby("size")["mean"].mean()
        rows.append([title, *(_number(means[size], ".3f") for size in sizes)])
    return _markdown(pd.DataFrame(rows, columns=["size of the maps", *map(str, sizes)]))


def ones_highest(recorded: Recorded) -> str:
    """Give, for each seed at the paper's scale, the chance that a '1' has a higher SROP than another digit at w = 0."""
    srops = read_recorded(recorded.paper_runs, ["srops"], settings="none-w0")["srops"]
    chosen = srops.query("layer == 'relu2' and convention == 'published' and dead == 'one' and image >= 0")
    areas = [roc_auc_score(of["label"] == 1, of["srop"]) for _, of in chosen.groupby("seed")]
    return _list([_number(area, ".2f") for area in areas])


def variants(recorded: Recorded) -> str:
    """Make the table of other choices of the training at the paper's scale: a value per seed."""
    table = read_recorded(recorded.paper_runs, ["variants"])["variants"]
    own = recorded.paper["digits"].merge(table[["case", "w"]].drop_duplicates())
    titles = {
        "adam": "Adam, learning rate .001 (used everywhere else)",
        "adadelta": "Adadelta, learning rate 1 (the example that the paper cites)",
        "adadelta-lr0.001": "Adadelta, learning rate .001",
        "sgd": "SGD, learning rate .001",
        "frog5": "Adam, another frog",
    }
    both = pd.concat([own.assign(variant="adam"), table])
    both = both[(both["layer"] == _LAYER) & (both["convention"] == _CONVENTION)].sort_values("seed")
    rows = []
    for name, title in titles.items():
        of = both[both["variant"] == name]
        shown = [_values(of.loc[of["dead"] == dead, column], form) for column, dead, form in _DIGIT_ROWS.values()]
        rows.append([title, *shown])
    return _markdown(pd.DataFrame(rows, columns=["", *_DIGIT_ROWS]))


def on_cpus(recorded: Recorded) -> str:
    """Make the table of the networks that CPUs trained too, with the same seeds: the GPU's value / the CPU's."""
    keys = ["case", "w", "seed", "layer", "convention", "dead"]
    ours = recorded.paper["digits"]
    cpu = read_recorded(sorted(recorded.folder.glob("cpu-*")), ["digits"])["digits"]
    both = ours.merge(cpu, on=keys, suffixes=("", " on a CPU"))
    both = both[(both["layer"] == _LAYER) & (both["convention"] == _CONVENTION)]
    rows = []
    for _, of in both.groupby(["seed", "w"]):
        one = of.iloc[0]
        shown = []
        for column, dead, form in _DIGIT_ROWS.values():
            row = of[of["dead"] == dead].iloc[0]
            shown.append(f"{_number(row[column], form)} / {_number(row[f'{column} on a CPU'], form)}")
        rows.append([f"{one['seed']}", f"{one['w']:g}", *shown])
    return _markdown(pd.DataFrame(rows, columns=["seed", "w", *_DIGIT_ROWS]))


def devices(recorded: Recorded) -> str:
    """Make the table of the largest differences between tables that a CPU and a GPU made of the same networks."""
    table = recorded.cuda["devices"].query("differ > 0")
    rows = [
        [f"`{row.table}`", row.column, f"{row.rows:,}", f"{row.differ:.1%}", f"{row.largest:.6f}"]
        for row in table.itertuples()
    ]
    return _markdown(pd.DataFrame(rows, columns=["table", "column", "rows", "rows that differ", "largest difference"]))


def below_random(recorded: Recorded) -> str:
    """Make the table of the share of layers in which trained networks lie below the same networks at random."""
    table = recorded.embedded["backbones"].query("convention == 'published'")
    keys = ["title", "input", "layer"]
    trained = table[table["weights"] != "random"].groupby(keys)["mean"].mean()
    rows = []
    for title in trained.index.unique("title"):
        row = [title]
        for name in ("images", "noise"):
            for mode in ("batch", "running"):
                of = table.query(f"weights == 'random' and batch_norm == '{mode}' and input == '{name}'")
                both = of.groupby(keys)["mean"].mean().to_frame("random").join(trained.rename("trained"), how="inner")
                own = both.xs(title, level="title")
                row.append(f"{(own['trained'] < own['random']).sum()} of {len(own)}")
        rows.append(row)
    modes = ("calibrated", "as initialized")
    columns = ["", *(f"{name}, batch norm {mode}" for name in ("photographs", "noise") for mode in modes)]
    return _markdown(pd.DataFrame(rows, columns=columns))


_NO_NETWORKS = pd.DataFrame(columns=["case", "w", "seed"])
_CASES = {"none": "no frog,", "case1": "CASE I,", "case2": "CASE II,"}


def runs(recorded: Recorded) -> str:
    """Make the list of the recorded runs: what they hold, and where they come from."""
    rows = []
    first = [*recorded.paper_runs, recorded.folder / "embedded"]
    for run in [
        *first,
        *sorted(file.parent for file in recorded.folder.glob("*/origin.json") if file.parent not in first),
    ]:
        said = origin(run)
        epochs = run / "tables" / "epochs.csv"
        networks = (pd.read_csv(epochs) if epochs.is_file() else _NO_NETWORKS)[["case", "w", "seed"]].drop_duplicates()
        cases = [
            f"{_CASES[case]} w = {', '.join(f'{w:g}' for w in sorted(of['w'].unique()))}"
            for case, of in networks.groupby("case")
        ]
        seeds = [str(seed) for seed in sorted(networks["seed"].unique())]
        versions = f"Python {said['python']}, torch {said['versions']['torch']}"
        commits = ", ".join(f"`{commit[:7]}`" for commit in said["commits"])
        held = (
            f"{'; '.join(cases)}; seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"
            if cases
            else "none: speed, and two devices compared"
        )
        on = said["hardware"].get("gpu") or said["hardware"]["processor"]
        rows.append([f"`{run.name}`", held, commits, on, versions])
    return _markdown(pd.DataFrame(rows, columns=["run", "digit networks", "commit", "made on", "versions"]))


BLOCKS: dict[str, Callable[[Recorded], str]] = {
    "digits-paper-case1": lambda recorded: digits(recorded.paper["digits"], "case1"),
    "digits-paper-case2": lambda recorded: digits(recorded.paper["digits"], "case2"),
    "digits-adadelta": lambda recorded: digits(recorded.adadelta["digits"], "case2"),
    "digits-embedded-case1": lambda recorded: digits(recorded.embedded["digits"], "case1"),
    "digits-embedded-case2": lambda recorded: digits(recorded.embedded["digits"], "case2"),
    "baseline": baseline,
    "table2": table2,
    "intrinsic": intrinsic,
    "claims": claims,
    "speed-sizes": lambda recorded: speed_sizes(recorded.embedded["speed"]),
    "speed-rest": lambda recorded: speed_rest(recorded.embedded["speed"]),
    "speed-sizes-cuda": lambda recorded: speed_sizes(recorded.cuda["speed"]),
    "speed-rest-cuda": lambda recorded: speed_rest(recorded.cuda["speed"]),
    "devices": devices,
    "on-cpus": on_cpus,
    "variants": variants,
    "runs": runs,
    "noise-at-24": lambda _recorded: _number(white_noise_srop(24, PUBLISHED), ".2f"),
    "below-random": below_random,
    "scale": scale,
    "ones-highest": ones_highest,
}


class Quotes:
    """The passages that documents mark, and what may stand unmarked.

    Args:
        recorded: The recorded runs.
        file: ``docs/quotes.yaml``: queries under ``values``, regular expressions of text that may hold decimals under
            ``exceptions``.
    """

    def __init__(self, recorded: Recorded, file: Path) -> None:
        chosen = yaml.safe_load(file.read_text(encoding="utf-8"))
        self.recorded = recorded
        self.values = chosen["values"]
        self._exceptions = re.compile("|".join(f"(?:{pattern})" for pattern in chosen["exceptions"]))

    def text(self, name: str) -> str:
        """Give the text of a passage.

        Raises:
            KeyError: If neither a value nor a block has this name.
        """
        if name in self.values:
            return value(self.recorded, self.values[name])
        if name not in BLOCKS:
            raise KeyError(
                f"there is no passage {name!r}; docs/quotes.yaml and srop/report/quotes.py name those there are"
            )
        return BLOCKS[name](self.recorded)

    def fill(self, document: str) -> str:
        """Write every marked passage of a document anew."""
        return _MARKED.sub(
            lambda match: f"<!-- {match['name']} -->{self.text(match['name'])}<!-- /{match['name']} -->", document
        )

    def stale(self, document: str) -> Iterator[str]:
        """Name the passages that differ from what is recorded."""
        for match in _MARKED.finditer(document):
            if match["text"] != (right := self.text(match["name"])):
                yield f"{match['name']}: {match['text'].strip()!r} should be {right.strip()!r}"

    def typed(self, document: str) -> Iterator[str]:
        """Find decimals that were typed into prose: outside of marked passages, code, links and exceptions.

        Markers within a paragraph that begin a line are found too: Markdown ends the paragraph there.
        """
        for match in _MARKED.finditer(document):
            start = document.rfind("\n", 0, match.start()) + 1
            if "\n" not in match["text"] and not document[start : match.start()].strip():
                yield f"line {document.count(chr(10), 0, start) + 1}: {match['name']} begins it"
        for pattern in (_MARKED, _CODE, self._exceptions):
            document = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), document)
        for number, line in enumerate(document.splitlines(), 1):
            for match in _DECIMAL.finditer(line):
                yield f"line {number}: {match.group()}"
