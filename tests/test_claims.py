"""Every claim on made-up tables: one where it holds, one where it fails."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from srop.experiments.backbones.paper import PAPER_TABLE2
from srop.experiments.backbones.subjects import BACKBONES, PROXIES, RESNETS
from srop.experiments.digits.claims import DIGITS
from srop.ledger.judge import (
    ALL_CONVENTIONS,
    Claim,
    Finding,
    Tables,
    UntestableError,
    all_claims,
    judge,
    ledger,
    readable,
    verdict,
)

CLAIMS = all_claims()
SEEDS = (0, 1, 2)
GENERATOR = np.random.default_rng(0)
W = (0, 0.5, 0.8, 0.9, 1)


def tables(*, layers: pd.DataFrame | None = None, curves: pd.DataFrame | None = None, **given: pd.DataFrame) -> Tables:
    columns = {
        "digits": ["case", "w", "seed", "accuracy", "frog_srop", "test_srop"],
        "srops": ["case", "w", "seed", "image", "label", "srop"],
        "epochs": ["case", "w", "seed", "epoch", "test_accuracy"],
        "frog_epochs": ["case", "w", "seed", "epoch", "frog_srop"],
        "images": ["title", "architecture", "weights", "seed", "batch_norm", "layer", "image", "srop"],
        "baseline": ["size", "mean"],
        "rotation": ["angle", "changed", "change"],
        "intrinsic": ["title", "architecture", "weights", "seed", "layer", "depth", "intrinsic_dimension"],
    }
    of_layers = ["title", "architecture", "antialiased", "weights", "seed", "layer", "depth", "size", "reference"]
    of_layers += ["downscales", "mean", "std", "lower_quartile", "upper_quartile", "batch_norm", "curve"]
    parts = [*([] if layers is None else [layers.assign(curve="layer")]), *([] if curves is None else [curves])]
    backbones = pd.concat(parts) if parts else pd.DataFrame(columns=of_layers)
    empty = {name: pd.DataFrame(columns=names) for name, names in columns.items()}
    return Tables({"backbones": backbones, **empty, **given})


def digits(case2, accuracy=(0.98, 0.97, 0.95, 0.6, 0.1), case1=(0.4,) * 5, test=0.99) -> Tables:
    """The frog's SROP over W in CASE II and in CASE I, alike in three seeds but for a little noise."""
    rows = [
        {"case": case if w else "none", "w": w, "seed": seed, "accuracy": right, "frog_srop": srop + 0.001 * seed,
         "test_srop": test}
        for case, curve in (("case2", case2), ("case1", case1))
        for seed in SEEDS
        for w, srop, right in zip(W, curve, accuracy, strict=bool(curve))
        if w or case == "case2"
    ]  # fmt: skip
    return tables(digits=pd.DataFrame(rows))


def epochs(srop) -> Tables:
    keys = [{"case": "case2", "w": 0.5, "seed": seed, "epoch": epoch} for seed in SEEDS for epoch in (1, 2, 3)]
    frog = [key | {"frog_srop": srop[key["epoch"] - 1]} for key in keys]
    return tables(
        frog_epochs=pd.DataFrame([*frog, keys[0] | {"epoch": 0, "frog_srop": 0.2}]),
        epochs=pd.DataFrame([key | {"test_accuracy": 0.3 * key["epoch"]} for key in keys]),
    )


def samples(**peaks) -> Tables:
    """Test images whose SROPs lie about peaks, by 'case w'; the images of the last peak are '1's."""
    frames = []
    for setting, centers in peaks.items():
        case, w = setting.split("_")
        for seed in SEEDS:
            part = np.arange(600) % len(centers)
            srop = np.asarray(centers)[part] + 0.01 * GENERATOR.standard_normal(600)
            label = np.where(part == len(centers) - 1, 1, 7)
            frames.append(
                pd.DataFrame({"image": range(600), "label": label, "srop": srop}).assign(
                    case=case, w=float(w) / 10, seed=seed
                )
            )
    return tables(srops=pd.concat(frames))


def unmarked(made: Tables) -> Tables:
    """The same, the '1's spread over all peaks."""
    return made.changed(srops=made.srops.assign(label=np.where(made.srops["image"] // 7 % 2, 1, 7)))


def network(title, means, *, weights="random", antialiased=False, sizes=(112, 56, 28, 14, 7), names=None, **columns):
    """A network's layers in three seeds."""
    names = names or [f"pool{number}" for number in range(len(means))]
    frame = pd.DataFrame({"layer": names, "mean": means, "size": sizes[: len(means)], "depth": range(len(means))})
    frame = frame.assign(std=0.1, lower_quartile=0.0, upper_quartile=0.1, downscales=True, batch_norm="none")
    frame = frame.assign(title=title, architecture=title, antialiased=antialiased, weights=weights, reference=224)
    frame = frame.assign(**columns)
    return pd.concat([frame.assign(seed=seed, mean=frame["mean"] * (1 + 0.001 * seed)) for seed in SEEDS])


def layers(*networks, **given) -> Tables:
    return tables(layers=pd.concat(networks), **given)


DOWN = (0.4, 0.2, 0.1, 0.05, 0.025)
BASELINE = pd.DataFrame({"size": [224, 112, 56, 28, 14, 7], "mean": [0.852, 0.399, 0.198, 0.098, 0.048, 0.025]})
HALF = tuple(value / 2 for value in DOWN)
DEEP = (0.4, 0.2, 0.1, 0.02, 0.01)
BLOCKS = ["conv0", "resblk1.0", "resblk1.1", "resblk2.0", "resblk2.1"]
PAPERS = "VGG16"


def trained(title, means, **columns):
    return network(title, means, weights="imagenet", **columns)


def pair(title, random, means, **columns):
    return network(title, random, **columns), trained(title, means, **columns)


def quartiles(make, title, width):
    return layers(make(title, DOWN, lower_quartile=0.0, upper_quartile=width * np.array(DOWN)))


def spread(title, random, after):
    return layers(network(title, DOWN, std=random), trained(title, DOWN, std=after))


def benchmark(kind, ratio):
    make = network if kind == "random" else trained
    own = make(PAPERS, DOWN)
    curves = own[own["depth"] > 0].assign(curve="ds", mean=lambda rows: ratio * rows["mean"])
    return layers(own, curves=curves)


def blurred(plain, anti, title="VGG16"):
    names = ["pool0", "resblk1.1", "pool2", "pool3", "pool4"]
    return [
        make(title, means, antialiased=flag, names=names)
        for make in (network, trained)
        for flag, means in ((False, plain), (True, anti))
    ]


def images(deviation):
    rows = [
        {"title": "VGG16", "architecture": "vgg16", "weights": "random", "seed": seed, "batch_norm": "none",
         "layer": layer, "image": image, "srop": 0.2 * (1 + deviation * (-1) ** image)}
        for seed in SEEDS for layer in ("a", "b") for image in range(4)
    ]  # fmt: skip
    return tables(images=pd.DataFrame(rows))


def rotation(share, change):
    rows = [{"angle": angle, "changed": share, "change": change} for angle in (90, 180, 270, 15, 30, 45)]
    return tables(rotation=pd.DataFrame(rows))


def intrinsic(dimensions, title):
    rows = [
        {"title": title, "architecture": title, "weights": "trained", "seed": seed, "layer": f"l{depth}",
         "depth": depth, "relative_depth": depth / (len(dimensions) - 1), "intrinsic_dimension": value + seed}
        for seed in SEEDS for depth, value in enumerate(dimensions)
    ]  # fmt: skip
    return tables(intrinsic=pd.DataFrame(rows))


def doubled(made: Tables) -> Tables:
    """The same with a second network of each kind, without which there is no interval."""
    likes = {"VGG16": "DenseNet121", PROXIES.titles[0]: PROXIES.titles[1], "ResNet18": "ResNet34"}
    changes = {}
    for name in ("backbones", "images"):
        table = getattr(made, name)
        again = table.assign(title=table["title"].map(likes)).dropna(subset="title")
        changes[name] = pd.concat([table, again]) if len(again) else table
    return made.changed(**changes)


def baseline(shift):
    paper = PAPER_TABLE2.rename(columns={"output_size": "size"})
    return tables(baseline=paper.assign(mean=paper["paper_baseline"] + shift)[["size", "mean"]])


LITE = PROXIES.titles[0]
RISING, FALLING, ZIGZAG = (0.4, 0.5, 0.6, 0.8, 0.99), (0.5, 0.4, 0.3, 0.2, 0.1), (0.4, 0.1, 0.3, 0.05, 0.2)
EXAMPLES = {
    "1": (samples(none_0=(0.2, 0.4, 0.6)), samples(none_0=(0.2, 0.4))),
    "2": (
        samples(case1_10=(0.1, 0.3), case1_5=(0.1, 0.2, 0.3)),
        samples(case1_10=(0.1, 0.3, 0.8), case1_5=(0.1, 0.2, 0.9)),
    ),
    "3": (digits(RISING, test=0.99), digits(RISING, test=0.88)),
    "4": (digits(RISING), digits((0.4, 0.5, 0.7, 0.6, 0.99))),
    "4-low": (digits(RISING), digits(RISING, case1=(0.4, 0.4, 0.4, 0.7, 0.4))),
    "5": (digits(RISING), digits(RISING, accuracy=(0.98, 0.97, 0.96, 0.95, 0.1))),
    "6": (samples(none_0=(0.2, 0.4, 0.6)), unmarked(samples(none_0=(0.2, 0.4, 0.6)))),
    "7": (
        layers(network("AlexNet", (0.05, 0.04, 0.024), sizes=(27, 13, 6)), baseline=BASELINE),
        layers(network("AlexNet", (0.098, 0.04, 0.01), sizes=(27, 13, 6)), baseline=BASELINE),
    ),
    "8": (
        layers(network("VGG16", DOWN), network("VGG16-bn", DOWN, upper_quartile=0.05)),
        layers(network("VGG16", DOWN), network("VGG16-bn", DOWN, upper_quartile=0.2)),
    ),
    "9-early": (
        layers(*blurred(DOWN, (0.5, 0.3, 0.1, 0.05, 0.02))),
        layers(*blurred(DOWN, (0.3, 0.1, 0.1, 0.05, 0.02))),
    ),
    "9-end": (
        layers(*blurred(DOWN, DEEP), *blurred(DOWN, RISING, "AlexNet")),
        layers(*blurred(DOWN, DEEP), *blurred(DOWN, DEEP, "AlexNet")),
    ),
    "9-resblk1.1": (
        layers(*blurred(DOWN, DOWN, "ResNet18")),
        layers(
            network("ResNet18", DOWN, antialiased=True, names=BLOCKS),
            trained("ResNet18", HALF, antialiased=True, names=BLOCKS),
        ),
    ),
    "10": (benchmark("trained", 1.5), benchmark("trained", 0.5)),
    "10-random": (benchmark("random", 1.5), benchmark("random", 0.5)),
    "11": (
        layers(network("ResNet34", DOWN), network("ResNet18", ZIGZAG)),
        layers(network("ResNet34", ZIGZAG), network("ResNet18", DOWN)),
    ),
    "12": (layers(*pair(PAPERS, DOWN, DEEP)), layers(*pair(PAPERS, DOWN, RISING))),
    "12-proxy": (layers(*pair(LITE, DOWN, DEEP)), layers(*pair(LITE, DOWN, RISING))),
    "13": (
        layers(network("ResNet18", (0.4, 0.1, 0.2, 0.05, 0.11), names=BLOCKS)),
        layers(network("ResNet18", (0.4, 0.2, 0.1, 0.11, 0.05), names=BLOCKS)),
    ),
    "13-trained": (
        layers(trained("ResNet18", (0.4, 0.1, 0.2, 0.05, 0.11), names=BLOCKS)),
        layers(trained("ResNet18", (0.4, 0.2, 0.1, 0.11, 0.05), names=BLOCKS)),
    ),
    "14": (layers(*pair(PAPERS, DOWN, DEEP)), layers(*pair(PAPERS, DEEP, DOWN))),
    "14-proxy": (layers(*pair(LITE, DOWN, DEEP)), layers(*pair(LITE, HALF, DOWN))),
    "15": (layers(*pair(PAPERS, DOWN, HALF)), layers(*pair(PAPERS, DOWN, DOWN))),
    "15-proxy": (layers(*pair(LITE, DOWN, HALF)), layers(*pair(LITE, DOWN, DEEP[:2] + (0.001,) * 3))),
    "15-above": (
        layers(trained(PAPERS, (0.5, 0.3), sizes=(224, 112)), baseline=BASELINE),
        layers(trained(PAPERS, (0.5, 0.1), sizes=(224, 112)), baseline=BASELINE),
    ),
    "16": (rotation(0, 0.1), rotation(0.3, 0)),
    "16-grid": (rotation(0.3, 0.001), rotation(0, 0.1)),
    "17": (intrinsic((10, 10, 40, 20, 10, 5), PAPERS), intrinsic((10, 10, 12, 11, 9, 5), PAPERS)),
    "17-proxy": (
        intrinsic((10, 10, 40, 20, 10, 5), "digit network"),
        intrinsic((10, 10, 20, 20, 50, 5), "digit network"),
    ),
    "18": (baseline(0.001), baseline(0.02)),
    "19": (images(0.01), images(0.4)),
    "20": (digits(RISING), digits(FALLING)),
    "20-epochs": (epochs((0.5, 0.4, 0.3)), epochs((0.3, 0.4, 0.5))),
    "21": (samples(none_0=(0.2, 0.4), case2_5=(0.2, 0.4, 0.8)), samples(none_0=(0.2, 0.4), case2_5=(0.4, 0.8))),
    "22": (quartiles(trained, PAPERS, 0.3), quartiles(trained, PAPERS, 0.7)),
    "22-proxy": (quartiles(trained, LITE, 0.3), quartiles(trained, LITE, 0.7)),
    "22-random": (quartiles(network, PAPERS, 0.3), quartiles(network, PAPERS, 0.7)),
    "22-spread": (spread(PAPERS, 0.2, 0.1), spread(PAPERS, 0.1, 0.2)),
    "22-spread-proxy": (spread(LITE, 0.2, 0.1), spread(LITE, 0.1, 0.2)),
    "23": (digits(FALLING), digits(RISING)),
    "24": (layers(network(PAPERS, DOWN)), layers(network(PAPERS, RISING))),
    "24-concave": (
        layers(network(PAPERS, (0.5, 0.49, 0.45, 0.35, 0.1))),
        layers(network(PAPERS, (0.5, 0.2, 0.1, 0.08, 0.07))),
    ),
}


ALONE = ("8", "11", "9-resblk1.1")
"""Of two networks by name."""


def judged(claim: Claim, made: Tables) -> str:
    (found,) = judge(replace(claim, over={}), made)["verdict"]
    return found


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_claim_in_both_directions(claim):
    holds, fails = (made if claim.id in ALONE else doubled(made) for made in EXAMPLES[claim.id])
    assert judged(claim, holds) == "holds"
    assert judged(claim, fails) == "fails"


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_claim_without_results_is_untestable(claim):
    """As where a run has but one case, w or convention; a test of every claim, so that no ledger ends in an error."""
    assert judged(claim, tables()) == "untestable"
    for made in (digits(RISING), samples(none_0=(0.2,)), samples(case2_5=(0.2,)), layers(network(PAPERS, DOWN))):
        judged(claim, made)
        alone = made.digits[(made.digits["case"] == "case2") & (made.digits["w"] == 0.9)]
        judged(claim, made.changed(digits=alone))


@pytest.mark.parametrize(
    "id", ["9-early", "9-end", "9-resblk1.1", "10", "12", "13-trained", "14", "15", "15-above", "22", "22-spread"]
)
def test_claims_on_trained_networks_are_untestable_without_weights(id):
    (claim,) = (claim for claim in CLAIMS if claim.id == id)
    found = judge(replace(claim, over={}), layers(network("ResNet18", DOWN), trained(LITE, DOWN))).iloc[0]
    assert found["verdict"] == "untestable"
    assert "downloads" in found["note"]


def test_every_claim_of_the_paper_is_there():
    assert {claim.id.partition("-")[0] for claim in CLAIMS} >= {str(number) for number in range(1, 25)}
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)
    assert EXAMPLES.keys() == {claim.id for claim in CLAIMS}
    assert all(claim.judge.__doc__ for claim in CLAIMS)


def made_up(values, **limits) -> Claim:
    return Claim("0", "0", "text", "measure", "paper", {}, RESNETS, lambda at: Finding(values, **limits))


@pytest.mark.parametrize(
    ("values", "limits", "expected"),
    [
        ([1.0, 1.1, 0.9], {"above": 0.5}, "holds"),
        ([1.0, 1.1, 0.9], {"above": 1.5}, "fails"),
        ([1.0, 1.1, 0.9], {"above": 1.0}, "undecided"),
        ([1.0, 1.1, 0.9], {"above": 0.5, "below": 1.05}, "undecided"),
        ([1.0, 1.1, 0.9], {"above": 0.5, "also": False}, "fails"),
        ([1.0], {"below": 2}, "undecided"),
        ([1.0], {"below": 2, "exact": True}, "holds"),
        ([1.0], {"below": 1, "exact": True}, "fails"),
        ([1.0, 1.1, 0.9], {"above": 0.5, "also": None}, "undecided"),
        ([1.0, np.inf], {"above": 0.5}, "undecided"),
        ([np.nan], {"below": 1}, "untestable"),
        ([3, 3, 3], {"above": 2.5, "below": 3.5}, "holds"),
    ],
)
def test_interval_decides(values, limits, expected):
    assert judged(made_up(values, **limits), tables()) == expected


def test_a_network_and_its_antialiased_like_are_one_replicate():
    names = {"names": BLOCKS}
    made = layers(
        *(network(title, DOWN, antialiased=flag, **names) for title in RESNETS.titles for flag in (False, True))
    )
    (claim,) = (claim for claim in CLAIMS if claim.id == "13")
    assert judge(replace(claim, over={}), made)["replicates"].item() == 2


def test_interval_is_students():
    found = judge(made_up([1.0, 2.0, 3.0], above=0), tables()).iloc[0]
    assert (found["low"], found["high"]) == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-3)
    alone = judge(made_up([1.0], above=0), tables()).iloc[0]
    assert np.isnan(alone["low"])


def settled(verdicts: dict[tuple[str, str], str]) -> dict:
    axes = {"dead": ("one", "omit"), "input": ("noise", "images")}
    rows = [
        {"dead": dead, "input": name, "ours": 1.0, "low": 0.5, "high": 1.5, "replicates": 3, "verdict": found,
         "note": "why" if found == "untestable" else ""}
        for (dead, name), found in verdicts.items()
    ]  # fmt: skip
    return verdict(replace(made_up([]), over=axes), pd.DataFrame(rows))


def test_settings_are_put_together():
    keys = [("one", "noise"), ("one", "images"), ("omit", "noise"), ("omit", "images")]

    def of(*found):
        return settled(dict(zip(keys, found, strict=True)))

    assert of("holds", "holds", "holds", "holds")["verdict"] == "holds"
    assert of("fails", "fails", "fails", "fails")["verdict"] == "fails"
    assert of("fails", "undecided", "fails", "fails")["verdict"] == "fails"
    assert of("undecided", "fails", "fails", "fails")["verdict"] == "undecided"
    assert of("holds", "undecided", "holds", "holds")["verdict"] == "depends"
    assert of("undecided", "undecided", "undecided", "undecided")["verdict"] == "undecided"
    alone = of("holds", "holds", "fails", "fails")
    assert alone["setting"] == "one, noise"
    assert (alone["verdict"], alone["holds_for"]) == ("depends", "holds in 2, fails in 2 of 4: dead = one")
    assert of("fails", "fails", "holds", "fails")["holds_for"] == (
        "holds in 1, fails in 3 of 4: dead = omit; input = noise"
    )
    assert of("holds", "holds", "holds", "fails")["holds_for"] == "holds in 3, fails in 1 of 4"
    assert of("holds", "fails", "holds", "undecided")["holds_for"] == (
        "holds in 2, fails in 1, undecided in 1 of 4: input = noise"
    )
    assert of("untestable", "untestable", "holds", "holds")["verdict"] == "holds"
    missing = of(*["untestable"] * 4)
    assert (missing["verdict"], missing["holds_for"]) == ("untestable here", "why")


def test_a_claim_sees_one_setting():
    made = pd.DataFrame({"dead": ["one", "omit"], "layer": ["relu2", "relu2"], "case": "case2"})
    networks = pd.DataFrame(
        {"title": ["A", "A", "A", "B"], "architecture": "x", "layer": "conv0", "dead": "one",
         "batch_norm": ["batch", "running", "trained", "batch"]}
    )  # fmt: skip
    cut = tables(digits=made, layers=networks).at({"dead": "one", "layer": "relu2", "batch_norm": "batch"}, ("A",))
    assert len(cut.digits) == 1
    assert cut.backbones["batch_norm"].tolist() == ["batch", "trained"]


def test_axes_are_those_of_the_configuration():
    from srop.convention import CONVENTIONS
    from srop.networks.digit_layers import DIGIT_LAYERS
    from srop.pipeline.ranges import BatchNorm, DeadTreatment

    assert set(DIGITS["layer"]) <= set(DIGIT_LAYERS)
    for axes in (DIGITS, BACKBONES):
        assert set(axes["convention"]) < set(CONVENTIONS) == set(ALL_CONVENTIONS["convention"])
        assert set(axes["dead"]) == {treatment.name for treatment in DeadTreatment}
    assert set(BACKBONES["batch_norm"]) == {mode.name for mode in BatchNorm}


def test_untestable_says_why():
    def never(at: Tables) -> Finding:
        raise UntestableError("no weights")

    found = judge(replace(made_up([]), judge=never), tables()).iloc[0]
    assert (found["verdict"], found["note"]) == ("untestable", "no weights")


def test_recorded_digits_are_judged_first_by_the_same_functions(monkeypatch):
    chosen = [replace(claim, over={}) for claim in CLAIMS if claim.id in ("5", "4-low", "4", "23", "18")]
    monkeypatch.setattr("srop.ledger.judge.all_claims", lambda: chosen)
    recorded = {"digits": ("recorded", digits(RISING, accuracy=(0.99, 0.99, 0.99, 0.98, 0.1), case1=()))}
    scales = {"digits": "digits here", "backbones": "networks here"}
    rows, settings = ledger(digits(RISING), recorded, scales)
    assert rows["id"].tolist() == ["4", "4", "4-low", "5", "5", "18", "23", "23"]
    here = ["recorded", "digits here"]
    assert rows["judged_on"].tolist() == [*here, "digits here", *here, "networks here", *here]
    assert rows.loc[rows["id"] == "5", "verdict"].tolist() == ["fails", "holds"]
    assert settings["judged_on"].tolist() == rows["judged_on"].tolist()
    text = readable(rows)
    assert not text.isna().any(axis=None)
    assert "(" in text["ours"].iloc[0]
