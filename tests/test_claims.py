"""Every claim on made-up tables: one where it is reproduced, one where it is not; and how verdicts are made."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srop.experiments.backbones.claim_tables import BACKBONES, PROXIES, QUANTIZED, RESNETS
from srop.experiments.backbones.paper import PAPER_TABLE2
from srop.experiments.digits.claims import DIGITS
from srop.ledger.evidence import NeedsWeightsError, Tables, UntestableError
from srop.ledger.judge import ALL_CONVENTIONS, Claim, Run, all_claims, claim, judge, ledger, readable, verdict
from srop.ledger.verdicts import SHIFT, Finding, decide
from srop.ledger.vocabulary import BASES, KINDS, VERDICTS

CLAIMS = all_claims()
SEEDS = (0, 1, 2)
GENERATOR = np.random.default_rng(0)
W = (0, 0.5, 0.8, 0.9, 1)


def tables(*, layers: pd.DataFrame | None = None, curves: pd.DataFrame | None = None, **given: pd.DataFrame) -> Tables:
    columns = {
        "digits": ["case", "w", "seed", "accuracy", "frog_srop", "test_srop"],
        "srops": ["case", "w", "seed", "image", "label", "srop", "size"],
        "epochs": ["case", "w", "seed", "epoch", "test_accuracy"],
        "frog_epochs": ["case", "w", "seed", "epoch", "frog_srop"],
        "images": ["title", "architecture", "weights", "seed", "batch_norm", "layer", "image", "srop"],
        "channels": ["title", "antialiased", "weights", "seed", "layer", "curve", "downscales", "mean", "batch_norm"],
        "baseline": ["size", "mean"],
        "rotation": ["angle", "changed", "change"],
        "rebuilt": ["rank", "accuracy", "seed"],
        "association": ["selection", "subset", "clusters", "classes", "ami", "permuted_ami", "permuted_ami_largest"],
        "learning": ["classifier", "labels", "rank", "seed", "train_accuracy", "test_accuracy"],
        "occlusion": ["network", "weights", "seed", "reading", "label", "frequency", "mean", "share"],
        "occlusion_spectra": ["network", "transform", "label", "frequency", "energy"],
        "occlusion_heat": ["network", "weights", "seed", "radius", "error", "change"],
        "occlusion_layers": ["network", "weights", "seed", "layer", "depth", "dead", "mean"],
        "occlusion_networks": ["network", "weights", "seed", "accuracy", "gradient_srop"],
        "robustness": ["eps", "seed", "under", "accuracy"],
        "changes": ["eps", "reading", "attack", "control", "image", "shell", "mean", "median", "amount"],
        "filters": ["group", "arm", "proportion", "seed", "srop_first", "srop_last", "clean", "corrupted"],
        "training_told": ["regime", "seed", "layer", "signal", "watched", "signal_step", "watched_step", "lead"],
        "intrinsic": ["title", "architecture", "weights", "seed", "layer", "depth", "intrinsic_dimension"],
    }
    of_layers = ["title", "architecture", "antialiased", "weights", "seed", "layer", "depth", "size", "reference"]
    of_layers += ["downscales", "mean", "std", "lower_quartile", "upper_quartile", "batch_norm", "curve"]
    parts = [*([] if layers is None else [layers.assign(curve="layer")]), *([] if curves is None else [curves])]
    backbones = pd.concat(parts) if parts else pd.DataFrame(columns=of_layers)
    empty = {name: pd.DataFrame(columns=names) for name, names in columns.items()}
    return Tables({"backbones": backbones, **empty, **given})


def filters(least: float = 0.8, both: float = 0.9, clean: float = 0.95, srops=(0.4, 0.3, 0.2)) -> Tables:
    """Three proportions, of which the highest is the most robust, at .9 as plain networks are; seeds range over .02."""
    rows = [
        ("held", f"p{p:g}", p, seed, srop, srop, 0.95, right + 0.01 * seed)
        for p, right, srop in zip((0, 0.5, 1), (least, (least + 0.9) / 2, 0.9), srops, strict=True)
        for seed in SEEDS
    ]
    arms = (("plain", 0.95, 0.9), ("gates", 0.95, 0.9), ("perturbed", 0.95, 0.9), ("both", clean, both))
    rows += [("modulated", *arm[:1], np.nan, seed, 0.3, 0.3, *arm[1:]) for arm in arms for seed in SEEDS]
    return tables(filters=pd.DataFrame(rows, columns=tables().filters.columns))


FREQUENCIES = range(8)


def leaning(own: int, others: int = 7, random: int = 7) -> Tables:
    """Classes whose shares are their energies with so many of the eight frequencies in another order."""
    rows, spectra = [], []
    for label in (0, 1):
        # One falls, one rises and falls.
        energy = np.array([8, 7, 6, 5, 4, 3, 2, 1.0]) if label == 0 else np.roll([8, 7, 6, 5, 4, 3, 2, 1.0], others)
        spectra += [("digits", "dct", label, k, energy[k]) for k in FREQUENCIES]
        for weights, shift in (("trained", own), ("random", random)):
            share = np.concatenate([energy[:shift][::-1], energy[shift:]])
            rows += [
                ("digits", weights, seed, "printed", label, k, 0.0, share[k]) for seed in SEEDS for k in FREQUENCIES
            ]
    empty = tables()
    return tables(
        occlusion=pd.DataFrame(rows, columns=empty.occlusion.columns),
        occlusion_spectra=pd.DataFrame(spectra, columns=empty.occlusion_spectra.columns),
    )


def high(frequency: float) -> Tables:
    """A natural network whose scores have this center, of images whose energy has 3."""
    empty, low = tables(), int(frequency)
    part = frequency - low
    rows = [
        ("digits", "eps0", seed, "printed", -1, k, 0.0, {low: 1 - part, low + 1: part}.get(k, 0.0))
        for seed in SEEDS
        for k in FREQUENCIES
    ]
    spectra = [("digits", "dct", -1, k, float(k == 3)) for k in FREQUENCIES]
    return tables(
        occlusion=pd.DataFrame(rows, columns=empty.occlusion.columns),
        occlusion_spectra=pd.DataFrame(spectra, columns=empty.occlusion_spectra.columns),
    )


def changes(growth: float, *, control: float = 1.0, noise: float = 0.0) -> Tables:
    """Relative changes that grow by a factor from shell to shell, by attack and by noise."""
    empty = tables()
    rows = [
        (0.0, "printed", "fgsm", name, image, shell, *[factor**shell + noise * (-1) ** shell] * 2, 1.0)
        for name, factor in (("", growth), ("l2", control))
        for image in range(20)
        for shell in range(12)
    ]
    return tables(changes=pd.DataFrame(rows, columns=empty.changes.columns))


def clamping(part: float) -> Tables:
    """Clamping alone changes such a part of what an attack with clamping does."""
    empty = tables()
    rows = [
        (0.0, "code", attack, "", image, shell, change, change, 1.0)
        for attack, change in (("pgd", 1.0), ("clamped", part))
        for image in range(20)
        for shell in range(12)
    ]
    return tables(changes=pd.DataFrame(rows, columns=empty.changes.columns))


def robust_pair(low: float = 0.2, middle: float = 0.15, srops=(0.5, 0.4, 0.3), gradient: float = 0.2) -> Tables:
    """Random, natural and robust networks; the natural one has a tenth of its scores in the lowest quarter."""
    empty = tables()
    shares = {"eps0": 0.1, "eps0.1": middle, "eps0.3": low}
    rows = [
        ("digits", weights, seed, "printed", -1, k, 0.0, share / 2 if k < 2 else (1 - share) / 6)
        for weights, share in shares.items()
        for seed in SEEDS
        for k in FREQUENCIES
    ]
    layers = [
        ("digits", weights, seed, "relu2", 3, "omit", srop + 0.001 * seed)
        for weights, srop in zip(("random", "eps0", "eps0.3"), srops, strict=True)
        for seed in SEEDS
    ]
    networks = [
        ("digits", weights, seed, 0.9, srop)
        for weights, srop in (("eps0", 0.3), ("eps0.3", gradient))
        for seed in SEEDS
    ]
    robust = [
        (eps, seed, under, right)
        for eps, right in ((0.0, 0.2), (0.1, 0.4), (0.3, 0.6))
        for seed in SEEDS
        for under in (0.0, 0.1)
    ]
    return tables(
        occlusion=pd.DataFrame(rows, columns=empty.occlusion.columns),
        occlusion_layers=pd.DataFrame(layers, columns=empty.occlusion_layers.columns),
        occlusion_networks=pd.DataFrame(networks, columns=empty.occlusion_networks.columns),
        robustness=pd.DataFrame(robust, columns=empty.robustness.columns),
    )


def digits(case2, accuracy=(0.98, 0.97, 0.95, 0.6, 0.1), case1=(0.4,) * 5, test=0.99) -> Tables:
    """The frog's SROP over W in CASE II and in CASE I, alike in three seeds but for a little noise."""
    rows = [
        {"case": case if w else "none", "w": w, "seed": seed, "accuracy": right + 0.001 * seed,
         "frog_srop": srop + 0.001 * seed, "test_srop": test if w else 0.4 + 0.001 * seed}
        for case, curve in (("case2", case2), ("case1", case1))
        for seed in SEEDS
        for w, srop, right in zip(W, curve, accuracy, strict=bool(curve))
        if w or case == "case2"
    ]  # fmt: skip
    one = {"case": "none", "w": 0.0, "image": 0, "label": 7, "srop": 0.4, "size": 24}
    return tables(digits=pd.DataFrame(rows), srops=pd.DataFrame([one | {"seed": seed} for seed in SEEDS]))


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
                pd.DataFrame({"image": range(600), "label": label, "srop": srop, "size": 24}).assign(
                    case=case, w=float(w) / 10, seed=seed
                )
            )
    return tables(srops=pd.concat(frames), digits=digits((0.4, 0.4, 0.4, 0.4, 0.4)).digits)


def labels(original: Tables, part: float) -> Tables:
    """The same, with '1's spread over all peaks, but for a part of them that has the highest SROPs."""
    frames = []
    for _, group in original.srops.groupby("seed"):
        order = group["srop"].rank(ascending=False)
        ones = 200
        frames.append(
            group.assign(label=np.where((order <= part * ones) | (group["image"] % 600 < (1 - part) * ones), 1, 7))
        )
    return original.changed(srops=pd.concat(frames))


def network(title, means, *, weights="random", antialiased=False, sizes=(112, 56, 28, 14, 7), names=None, **columns):
    """A network's layers, a random one in three seeds."""
    names = names or [f"pool{number}" for number in range(len(means))]
    frame = pd.DataFrame({"layer": names, "mean": means, "size": sizes[: len(means)], "depth": range(len(means))})
    frame = frame.assign(std=0.1, lower_quartile=0.0, upper_quartile=0.1, downscales=True)
    frame = frame.assign(title=title, architecture=title, antialiased=antialiased, weights=weights, reference=224)
    frame = frame.assign(batch_norm="batch" if weights == "random" else "trained").assign(**columns)
    seeds = SEEDS if weights == "random" else (0,)
    return pd.concat([frame.assign(seed=seed, mean=frame["mean"] * (1 + 0.001 * seed)) for seed in seeds])


def layers(*networks, **given) -> Tables:
    """Tables of networks, each measured on four images that hardly differ."""
    every = pd.concat(networks).reset_index(drop=True)
    columns = ["title", "architecture", "weights", "seed", "batch_norm", "layer"]
    parts = [every[columns].assign(image=image, srop=every["mean"] * (1 + 0.001 * image)) for image in range(4)]
    return tables(layers=every, images=pd.concat(parts), **given)


DOWN = (0.4, 0.2, 0.1, 0.05, 0.025)
BASELINE = pd.DataFrame({"size": [224, 112, 56, 28, 14, 7], "mean": [0.852, 0.399, 0.198, 0.098, 0.048, 0.025]})
HALF = tuple(value / 2 for value in DOWN)
DEEP = (0.4, 0.2, 0.1, 0.02, 0.01)
BLOCKS = ["conv0", "resblk1.0", "resblk1.1", "resblk2.0", "resblk2.1"]
PAPERS = "VGG16"
LITE, PQF = PROXIES.titles[0], QUANTIZED.titles[0]


def trained(title, means, **columns):
    return network(title, means, weights="imagenet", **columns)


def pair(title, random, means, **columns):
    return network(title, random, **columns), trained(title, means, **columns)


def quartiles(make, title, width):
    return layers(make(title, DOWN, lower_quartile=0.0, upper_quartile=width * np.array(DOWN)))


def spread(title, random, after):
    quartile = [width * np.array(DOWN) for width in (random, after)]
    return layers(network(title, DOWN, upper_quartile=quartile[0]), trained(title, DOWN, upper_quartile=quartile[1]))


def benchmark(kind, ratio):
    make = network if kind == "random" else trained
    own = make(PAPERS, DOWN)
    curves = own[own["depth"] > 0].assign(curve="ds", mean=lambda rows: ratio * rows["mean"])
    return tables(layers=own, curves=curves)


def pools(*distances):
    """AlexNet's pools, so far from the benchmark pool on the log scale."""
    own = network("AlexNet", DOWN[: len(distances)], sizes=(27, 13, 6))
    curves = own.assign(curve="pool-only", mean=lambda rows: rows["mean"] / np.exp(distances)[rows["depth"]])
    return tables(layers=own, curves=curves)


def channels(plain, normed):
    rows = [
        {"title": title, "antialiased": False, "weights": "random", "seed": 0, "layer": layer, "curve": "layer",
         "downscales": True, "batch_norm": "batch", "mean": 0.2 + width * part}
        for title, width in (("VGG16", plain), ("VGG16-bn", normed))
        for layer in ("pool1", "pool2") for part in np.linspace(-1, 1, 64)
    ]  # fmt: skip
    return tables(channels=pd.DataFrame(rows), layers=network("VGG16", DOWN))


def blurred(plain, anti, title="VGG16"):
    names = ["pool0", "resblk1.1", "pool2", "pool3", "pool4"]
    return [
        make(title, means, antialiased=flag, names=names)
        for make in (network, trained)
        for flag, means in ((False, plain), (True, anti))
    ]


def images(deviation):
    network_of_them = network("VGG16", DOWN, names=["a", "b", "c", "d", "e"]).assign(architecture="vgg16")
    rows = [
        {"title": "VGG16", "architecture": "vgg16", "weights": "random", "seed": seed, "batch_norm": "batch",
         "layer": layer, "image": image, "srop": 0.2 * (1 + deviation * (-1) ** image)}
        for seed in SEEDS for layer in ("a", "b") for image in range(4)
    ]  # fmt: skip
    return tables(layers=network_of_them, images=pd.DataFrame(rows))


def rotation(share, change):
    rows = [{"angle": angle, "changed": share, "change": change} for angle in (90, 270, 15, 30, 45)]
    return tables(rotation=pd.DataFrame([*rows, {"angle": 180, "changed": 0, "change": 0}]))


def intrinsic(dimensions, title):
    rows = [
        {"title": title, "architecture": title, "weights": "trained", "seed": seed, "layer": f"l{depth}",
         "depth": depth, "relative_depth": depth / (len(dimensions) - 1), "intrinsic_dimension": value + seed}
        for seed in SEEDS for depth, value in enumerate(dimensions)
    ]  # fmt: skip
    return tables(intrinsic=pd.DataFrame(rows))


def baseline(shift):
    paper = PAPER_TABLE2.rename(columns={"output_size": "size"})
    return tables(baseline=paper.assign(mean=paper["paper_baseline"] + shift)[["size", "mean"]])


ALIKE = {"sizes": (56, 56, 56, 28, 28, 28)}
UP_DOWN, SAME_UP = (0.2, 0.3, 0.25, 0.1, 0.15, 0.12), (0.1, 0.2, 0.15, 0.05, 0.1, 0.07)
LOOSELY, OTHER_WAY = (0.2, 0.25, 0.3, 0.11, 0.1, 0.13), (0.3, 0.2, 0.25, 0.15, 0.1, 0.12)
STEADY = tuple(0.4 * 0.8**depth for depth in range(9))
ROUGH = tuple(value * (1.5 if depth % 2 else 1) for depth, value in enumerate(STEADY))
FLAT_SIZES = (112, 56, 56, 28, 28, 14, 14, 7, 7)
RISING, FALLING, DIPPING = (0.4, 0.5, 0.6, 0.8, 0.99), (0.5, 0.4, 0.3, 0.2, 0.1), (0.4, 0.5, 0.7, 0.6, 0.99)
THREE = {"none_0": (0.2, 0.4, 0.6)}
YES, SIGN, NO = "reproduced", "sign only", "not reproduced"
_ALIKE = {
    title: {
        YES: layers(*pair(title, UP_DOWN, SAME_UP, **ALIKE)),
        SIGN: layers(*pair(title, UP_DOWN, LOOSELY, **ALIKE)),
        NO: layers(*pair(title, UP_DOWN, OTHER_WAY, **ALIKE)),
    }
    for title in (PAPERS, LITE, PQF)
}
_SIZE = {
    title: {YES: layers(*pair(title, DOWN, DEEP)), NO: layers(*pair(title, DOWN, RISING))} for title in (PAPERS, LITE)
}
_DIP = {
    title: {
        YES: layers(*pair(title, DOWN, DEEP)),
        SIGN: layers(*pair(title, DOWN, (0.1, 0.1, 0.05, 0.04, 0.02))),
        NO: layers(*pair(title, DEEP, DOWN)),
    }
    for title in (PAPERS, LITE, PQF)
}
_HALF = {
    title: {
        YES: layers(*pair(title, DOWN, HALF)),
        SIGN: layers(*pair(title, DOWN, tuple(0.8 * value for value in DOWN))),
        NO: layers(*pair(title, HALF, DOWN)),
    }
    for title in (PAPERS, LITE, PQF)
}
_CLOSE = {
    title: {YES: quartiles(trained, title, 0.3), NO: quartiles(trained, title, 0.7)} for title in (PAPERS, LITE, PQF)
}
_SPREAD = {title: {YES: spread(title, 0.2, 0.1), NO: spread(title, 0.1, 0.2)} for title in (PAPERS, LITE, PQF)}
_RISE = {YES: (0.4, 0.1, 0.2, 0.05, 0.11), NO: (0.4, 0.2, 0.1, 0.11, 0.05)}
_LARGEST = {
    title: {YES: layers(make(title, DOWN)), NO: layers(make(title, RISING))}
    for title, make in ((PAPERS, network), (PQF, trained))
}


def watched_training(regime: str, leads: tuple[float, ...]) -> Tables:
    rows = [
        {"regime": name, "seed": seed, "layer": "relu2", "signal": "spread", "watched": "accuracy",
         "signal_step": np.nan if name == "healthy" else 10.0, "watched_step": 10.0 + lead, "lead": lead}
        for name, many in ((regime, leads), ("healthy", (np.nan,) * 3))
        for seed, lead in enumerate(many)
    ]  # fmt: skip
    return tables(training_told=pd.DataFrame(rows))


def leading(regime: str) -> dict[str, Tables]:
    return {
        YES: watched_training(regime, (8, 16, 2)),
        NO: watched_training(regime, (0, -4, -2)),
        "mixed": watched_training(regime, (8, -4, 8)),
        "cannot tell": watched_training(regime, (8, np.nan, 8)),
    }


def associated(ami: float, permuted: float) -> Tables:
    rows = [
        {"selection": "laplacian", "subset": subset, "clusters": clusters, "classes": 10, "images": 1000,
         "ami": ami + 0.001 * subset, "permuted_ami": permuted, "permuted_ami_largest": permuted}
        for subset in (-1, *SEEDS)
        for clusters in (10, 100)
    ]  # fmt: skip
    return tables(association=pd.DataFrame(rows))


def learning(*, low: float = 0.8, true: float = 0.8, permuted: float = 0.1, fitted: float = 1.0) -> Tables:
    rows = [
        {"classifier": "patterns", "labels": labels, "rank": rank, "seed": seed, "train_accuracy": train,
         "test_accuracy": test + 0.001 * seed * (labels == "true")}
        for seed in SEEDS
        for labels, rank, train, test in (
            ("true", 7, 1.0, low), ("true", 28, 1.0, true),
            ("permuted", 7, 1.0, 0.1), ("permuted", 28, fitted, permuted),
        )
    ]  # fmt: skip
    return tables(learning=pd.DataFrame(rows))


EXAMPLES = {
    "1": {YES: samples(**THREE), SIGN: samples(none_0=(0.2, 0.4)), NO: samples(none_0=(0.2,))},
    "2a": {
        YES: samples(none_0=(0.3, 0.5), case1_10=(0.1, 0.3)),
        SIGN: samples(none_0=(0.3, 0.5), case1_10=(0.1, 0.3, 0.5)),
        "sign only ": samples(none_0=(0.3, 0.5), case1_10=(0.1, 0.8)),
        NO: samples(none_0=(0.3, 0.5), case1_10=(0.1,)),
    },
    "2b": {
        YES: samples(none_0=(0.3, 0.5), case1_5=(0.1, 0.2, 0.3), case1_9=(0.1, 0.4)),
        SIGN: samples(none_0=(0.3, 0.5), case1_5=(0.1, 0.2), case1_8=(0.1, 0.3), case1_9=(0.1, 0.8)),
        NO: samples(none_0=(0.3, 0.5), case1_5=(0.1, 0.9), case1_9=(0.2,)),
    },
    "3": {YES: digits(RISING, test=0.99), SIGN: digits(RISING, test=0.88), NO: digits(RISING, test=0.4)},
    "4": {YES: digits(RISING), SIGN: digits(DIPPING), NO: digits(FALLING)},
    "4-low": {
        YES: digits(RISING, case1=(0.4, 0.4, 0.39, 0.4, 0.4)),
        SIGN: digits(RISING, case1=(0.4, 0.4, 0.4, 0.7, 0.4)),
        NO: digits(RISING, case1=(0.4, 0.4, 0.4, 1, 0.4)),
    },
    "5": {
        YES: digits(RISING),
        SIGN: digits(RISING, accuracy=(0.98, 0.97, 0.96, 0.95, 0.1)),
        NO: digits(RISING, accuracy=(0.98, 0.97, 0.96, 0.96, 0.1)),
    },
    "6": {
        YES: labels(samples(**THREE), 0.8),
        SIGN: labels(samples(**THREE), 0.2),
        NO: samples(none_0=(0.6, 0.4, 0.2)),
    },
    "7": {YES: pools(-0.3, -0.2, -0.1), SIGN: pools(-0.3, -0.35, -0.1), NO: pools(-0.1, -0.2, -0.3)},
    "7-lower": {YES: pools(-0.3, -0.2, -0.1), NO: pools(-0.3, 0.2, -0.1)},
    "8": {YES: channels(0.1, 0.05), NO: channels(0.05, 0.1)},
    "9-early": {
        YES: layers(*blurred(DOWN, (0.5, 0.3, 0.1, 0.05, 0.02))),
        NO: layers(*blurred(DOWN, (0.3, 0.1, 0.1, 0.05, 0.02))),
    },
    "9-end": {
        YES: layers(*blurred(DOWN, DEEP), *blurred(DOWN, RISING, "AlexNet")),
        NO: layers(*blurred(DOWN, RISING), *blurred(DOWN, DEEP, "AlexNet")),
        "mixed": layers(*blurred(DOWN, DEEP), *blurred(DOWN, DEEP, "AlexNet")),
    },
    "9-resblk1.1": {
        YES: layers(*blurred(DOWN, DOWN, "ResNet18")),
        NO: layers(
            network("ResNet18", DOWN, antialiased=True, names=BLOCKS),
            trained("ResNet18", HALF, antialiased=True, names=BLOCKS),
        ),
    },
    "10": {YES: benchmark("trained", 1.5), NO: benchmark("trained", 0.5)},
    "10-random": {YES: benchmark("random", 1.5), NO: benchmark("random", 0.5)},
    "11": {
        YES: layers(network("ResNet34", STEADY, sizes=FLAT_SIZES), network("ResNet18", ROUGH, sizes=FLAT_SIZES)),
        NO: layers(network("ResNet34", ROUGH, sizes=FLAT_SIZES), network("ResNet18", STEADY, sizes=FLAT_SIZES)),
    },
    "12": _ALIKE[PAPERS],
    "12-proxy": _ALIKE[LITE],
    "12-quantized": _ALIKE[PQF],
    "12-size": _SIZE[PAPERS],
    "12-size-proxy": _SIZE[LITE],
    "13": {outcome: layers(network("ResNet18", means, names=BLOCKS)) for outcome, means in _RISE.items()},
    "13-trained": {outcome: layers(trained("ResNet18", means, names=BLOCKS)) for outcome, means in _RISE.items()},
    "13-quantized": {outcome: layers(trained(PQF, means, names=BLOCKS)) for outcome, means in _RISE.items()},
    "14": _DIP[PAPERS],
    "14-proxy": _DIP[LITE],
    "14-quantized": _DIP[PQF],
    "15": _HALF[PAPERS],
    "15-proxy": _HALF[LITE],
    "15-quantized": _HALF[PQF],
    "15-above": {
        YES: layers(trained(PAPERS, (0.5, 0.3), sizes=(224, 112)), baseline=BASELINE),
        NO: layers(trained(PAPERS, (0.5, 0.1), sizes=(224, 112)), baseline=BASELINE),
    },
    "16": {YES: rotation(0, 0.1), NO: rotation(0.3, 0)},
    "16-grid": {YES: rotation(0.3, 0.001), NO: rotation(0, 0.1)},
    "17": {
        YES: intrinsic((10, 10, 40, 20, 10, 5), PAPERS),
        NO: intrinsic((10, 10, 12, 11, 9, 5), PAPERS),
        "not reproduced ": intrinsic((10, 10, 20, 20, 40, 5), PAPERS),
    },
    "17-proxy": {
        YES: intrinsic((10, 10, 40, 20, 10, 5), "digit network"),
        NO: intrinsic((10, 10, 20, 20, 50, 5), "digit network"),
    },
    "18": {YES: baseline(0.001), NO: baseline(0.02)},
    "19": {YES: images(0.01), NO: images(0.4)},
    "20": {
        YES: digits(RISING, accuracy=(0.98, 0.97, 0.8, 0.4, 0.1)),
        SIGN: digits((0.4, 0.9, 0.95, 0.97, 0.99)),
        NO: digits(FALLING),
    },
    "20-epochs": {
        YES: epochs((0.5, 0.4, 0.3)),
        SIGN: epochs((0.4, 0.5, 0.3)),
        NO: epochs((0.3, 0.4, 0.5)),
    },
    "21": {
        YES: samples(none_0=(0.2, 0.4), case2_5=(0.2, 0.4, 0.8)),
        SIGN: samples(none_0=(0.2, 0.4), case2_5=(0.2, 0.4, 0.8), case2_8=(0.4, 0.8), case2_9=(0.4, 0.8)),
        NO: samples(none_0=(0.2, 0.4), case2_5=(0.4, 0.8)),
    },
    "22": _CLOSE[PAPERS],
    "22-proxy": _CLOSE[LITE],
    "22-quantized": _CLOSE[PQF],
    "22-random": {YES: quartiles(network, PAPERS, 0.3), NO: quartiles(network, PAPERS, 0.7)},
    "22-spread": _SPREAD[PAPERS],
    "22-spread-proxy": _SPREAD[LITE],
    "22-spread-quantized": _SPREAD[PQF],
    "23": {"text inconsistent": digits(FALLING), "text inconsistent ": digits(RISING)},
    "24": _LARGEST[PAPERS],
    "24-quantized": _LARGEST[PQF],
    "24-concave": {
        YES: layers(network(PAPERS, (0.5, 0.49, 0.45, 0.35, 0.1))),
        NO: layers(network(PAPERS, (0.5, 0.2, 0.1, 0.08, 0.07))),
    },
    "25-rate": leading("high_rate"),
    "25-relus": leading("dying_relus"),
    "25-labels": leading("permuted_labels"),
    "J1": {YES: filters(least=0.7), SIGN: filters(least=0.86), NO: filters(least=0.9)},
    "J2": {YES: filters(both=0.97), SIGN: filters(both=0.92), NO: filters(both=0.8)},
    "J2-clean": {YES: filters(), NO: filters(clean=0.8)},
    "J3": {YES: filters(), SIGN: filters(srops=(0.4, 0.2, 0.3)), NO: filters(srops=(0.2, 0.3, 0.4))},
    "J3-robust": {YES: filters(least=0.7), NO: filters(least=0.7, srops=(0.2, 0.3, 0.4))},
    "W1": {YES: leaning(own=0), SIGN: leaning(own=6), NO: leaning(own=7)},
    "W1-random": {YES: leaning(own=0, random=7), NO: leaning(own=0, random=0)},
    "W1-class": {YES: leaning(own=0, others=7), NO: leaning(own=0, others=0)},
    "W2": {YES: high(4), SIGN: high(3.3), NO: high(2.5)},
    "W3": {YES: changes(1.5), SIGN: changes(1.02, noise=0.3), NO: changes(0.7)},
    "W3-noise": {YES: changes(1.5, control=1.2), SIGN: changes(1.2, control=1.17), NO: changes(1.2, control=1.5)},
    "W3-clamped": {YES: clamping(0.9), SIGN: clamping(0.6), NO: clamping(0.3)},
    "W4": {YES: robust_pair(low=0.2), SIGN: robust_pair(low=0.13), NO: robust_pair(low=0.05)},
    "W5": {YES: robust_pair(low=0.2), SIGN: robust_pair(low=0.2, middle=0.3), NO: robust_pair(low=0.05)},
    "W6": {YES: robust_pair(srops=(0.5, 0.4, 0.3)), NO: robust_pair(srops=(0.5, 0.3, 0.4))},
    "W7": {YES: robust_pair(gradient=0.2), NO: robust_pair(gradient=0.4)},
    "Y1": {YES: learning(low=0.79), SIGN: learning(low=0.76), NO: learning(low=0.7)},
    "Y2": {YES: associated(0.5, 0.0), SIGN: associated(0.08, 0.0), NO: associated(0.0, 0.01)},
    "Y2-permuted": {YES: associated(0.5, 0.001), NO: associated(0.5, 0.05)},
    "Y3": {
        YES: learning(),
        SIGN: learning(true=0.15),
        NO: learning(true=0.09),
        "sign only ": learning(fitted=0.9),
    },
}
"""By verdict; a space tells two of the same apart."""


def own(claim: Claim) -> Claim:
    """The claim at the paper's own setting alone."""
    return replace(claim, over={axis: values[:1] for axis, values in claim.over.items()})


def judged(claim: Claim, evidence: Tables) -> dict:
    return verdict(own(claim), judge(own(claim), evidence))


def by_id(id: str) -> Claim:
    (match,) = (claim for claim in CLAIMS if claim.id == id)
    return match


@pytest.mark.parametrize(
    ("id", "expected"), [(id, expected) for id, examples in EXAMPLES.items() for expected in examples]
)
def test_claim_in_each_direction(id, expected):
    assert judged(by_id(id), EXAMPLES[id][expected])["verdict"] == expected.strip()


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_claim_without_results_is_no_verdict(claim):
    """As where a run has but one case, w or convention; a test of every claim, so that no ledger ends in an error."""
    assert judged(claim, tables())["verdict"] in ("cannot tell", "needs weights")
    for evidence in (digits(RISING), samples(none_0=(0.2,)), samples(case2_5=(0.2,)), layers(network(PAPERS, DOWN))):
        assert judged(claim, evidence)["verdict"] in VERDICTS
        alone = evidence.digits[(evidence.digits["case"] == "case2") & (evidence.digits["w"] == 0.9)]
        assert judged(claim, evidence.changed(digits=alone))["verdict"] in VERDICTS


@pytest.mark.parametrize("claim", [by_id(id) for id in ("1", "3", "4", "5", "6", "20")], ids=lambda claim: claim.id)
def test_one_seed_decides_nothing(claim):
    evidence = EXAMPLES[claim.id][YES]
    alone = evidence.changed(digits=evidence.digits.query("seed == 0"), srops=evidence.srops.query("seed == 0"))
    assert judged(claim, alone)["verdict"] == "cannot tell"


@pytest.mark.parametrize(
    "id", ["9-early", "9-end", "9-resblk1.1", "10", "12", "13-trained", "14", "15", "15-above", "22", "22-spread"]
)
def test_claims_on_trained_networks_need_weights(id):
    row = judged(by_id(id), layers(network("ResNet18", DOWN), trained(LITE, DOWN)))
    assert row["verdict"] == "needs weights"
    assert "downloads" in row["note"]


def test_every_claim_of_the_paper_is_there():
    numbers = {"".join(filter(str.isdigit, claim.id.partition("-")[0])) for claim in CLAIMS}
    assert numbers >= {str(number) for number in range(1, 25)}
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)
    assert EXAMPLES.keys() == {claim.id for claim in CLAIMS}
    assert all(claim.judge.__doc__ for claim in CLAIMS)
    for claim in CLAIMS:
        assert (claim.networks in (PROXIES, QUANTIZED)) <= (claim.kind == "proxy")
        assert (claim.paper == "not said") <= (claim.kind == "control")


def test_a_claim_has_a_number_and_a_kind():
    rest = {"section": "1", "text": "t", "measure": "m", "paper": "p", "over": {}, "networks": RESNETS}
    with pytest.raises(ValueError, match="an id begins with a number"):
        claim("first", **rest)
    with pytest.raises(ValueError, match="the kinds are paper, cited"):
        claim("1", kind="guess", **rest)
    with pytest.raises(ValueError, match="the ledger has a column low"):
        claim("1", **{**rest, "over": {"low": ("a", "b")}})


def test_claims_of_other_papers_come_after():
    order = [claim.id for claim in CLAIMS]
    assert order[:4] == ["1", "2a", "2b", "3"]
    assert order.index("9-early") < order.index("10") < order.index("24-concave")


def example_claim(values, **limits) -> Claim:
    return Claim(
        "0", "Someone 2000", "paper", "0", "text", "measure", "paper", {}, RESNETS, lambda at: Finding(values, **limits)
    )


SIGNED = {"above": 0.5, "direction": (0, np.inf)}


@pytest.mark.parametrize(
    ("values", "limits", "expected"),
    [
        ([1.0, 1.1, 0.9], {"above": 0.5}, "reproduced"),
        ([1.0, 1.1, 0.9], {"above": 1.5}, "not reproduced"),
        ([1.0, 1.1, 0.9], {"above": 1.0}, "mixed"),
        ([1.0, 1.1, 0.9], {"above": 0.5, "below": 1.05}, "mixed"),
        ([0.2, 0.3, 0.1], SIGNED, "sign only"),
        ([0.2, 0.3, 0.6], SIGNED, "sign only"),
        # Without the one of another size, it would be reproduced.
        ([0.2, 0.8, 0.6], SIGNED, "mixed"),
        ([-0.2, -0.3, -0.1], SIGNED, "not reproduced"),
        ([0.2, 0.3, -0.1], SIGNED, "mixed"),
        # A tenth of the spread away from the limit.
        ([0.51, 0.9, 0.6], {"above": 0.5}, "mixed"),
        ([0.55, 0.9, 0.6], {"above": 0.5}, "reproduced"),
        ([1.0], {"below": 2}, "cannot tell"),
        ([1.0, 1.1], {"below": 2}, "cannot tell"),
        ([1.0], {"below": 2, "replicates": "exact"}, "reproduced"),
        ([1.0], {"below": 1, "replicates": "exact"}, "not reproduced"),
        ([1.0, 1.1, np.nan], {"above": 0.5}, "cannot tell"),
        ([3, 3, 3], {"above": 2.5, "below": 3.5}, "reproduced"),
    ],
)
def test_replicates_decide(values, limits, expected):
    assert decide(Finding(dict(enumerate(values)), **limits))["verdict"] == expected


def test_a_further_condition_holds_in_every_replicate():
    def outcome(also):
        return decide(Finding({0: 1.0, 1: 1.1, 2: 0.9}, also=dict(enumerate(also)), **SIGNED))["verdict"]

    assert outcome((1, 1, 1)) == "reproduced"
    assert outcome((-1, -1, -1)) == "sign only"
    assert outcome((1, 1, -1)) == "mixed"
    assert outcome((1, 1, 0.05)) == "mixed"  # a tenth of their spread away from 0


def test_resamples_decide_where_19_in_20_agree():
    def outcome(inside):
        values = [1.0] * inside + [0.0] * (200 - inside)
        return decide(Finding({"images": values}, above=0.5, replicates="resamples"))

    assert outcome(190)["verdict"] == "reproduced"
    assert outcome(189)["verdict"] == "cannot tell"
    assert outcome(10)["verdict"] == "not reproduced"
    assert (outcome(200)["values"], outcome(200)["k_of_n"]) == ("1 (1 to 1)", "")


def test_named_networks_are_counted_and_their_seeds_must_agree():
    networks = {"A": [1.0, 1.1, 0.9], "B": [1.0, 1.1, 0.2], "C": [1.0]}
    row = decide(Finding(networks, above=0.5, replicates="networks"))
    assert (row["verdict"], row["k_of_n"], row["replicates"]) == ("mixed", "2 of 3", 3)
    alone = decide(Finding({"A": [1.0], "B": [1.1], "C": [0.9]}, above=0.5, replicates="networks"))
    assert alone["verdict"] == "cannot tell"
    # The one seed of C takes the spread of the others.
    alone = decide(Finding({"A": [1.0, 1.5, 0.6], "C": [0.55]}, above=0.5, replicates="networks"))
    assert (alone["k_of_n"], alone["verdict"]) == ("2 of 2", "mixed")


def test_replicates_are_shown_as_values_up_to_five():
    few = decide(Finding({0: 0.154, 1: 0.574, 2: 0.167}, above=0.05))
    assert (few["values"], few["k_of_n"]) == (".154 .574 .167", "3 of 3")
    many = decide(Finding({seed: 0.1 * (seed + 1) for seed in range(6)}, above=0.05))
    assert many["values"] == ".1 to .6"
    signed = decide(Finding({0: 0.2, 1: 0.3, 2: 0.1}, **SIGNED))
    assert signed["k_of_n"] == "0 of 3; the sign in 3"


def test_a_replicate_without_a_number_leaves_no_fair_sample():
    row = decide(Finding({0: np.nan, 1: 1.0, 2: 1.0}, above=0.5, note="why"))
    assert (row["verdict"], row["note"]) == ("cannot tell", "1 of 3 has no live map; why")
    none = decide(Finding({0: np.nan, 1: np.nan, 2: np.nan}, above=0.5))
    assert (none["verdict"], none["note"]) == ("cannot tell", "3 of 3 have no live map")
    with pytest.raises(UntestableError, match="there is no live map"):
        decide(Finding({}, above=0.5))


numbers = st.floats(-10, 10).map(lambda value: round(value, 3))


def plainly(values, above, sign) -> str:
    """The verdict by its words alone, whatever its stability."""
    if all(value > above for value in values):
        return "reproduced"
    if all(value > min(sign, above) for value in values):
        return "sign only"
    return "not reproduced" if not any(value > min(sign, above) for value in values) else "mixed"


@given(values=st.lists(numbers, min_size=3, max_size=5), above=numbers, sign=numbers, networks=st.booleans())
def test_a_verdict_is_stable_or_mixed(values, above, sign, networks):
    """It stays when one seed is left out, and when values move by a tenth of the seeds' spread; else it is mixed."""
    limits = {"above": above, "direction": (min(sign, above), np.inf)}
    named = {"A": values} if networks else dict(enumerate(values))
    outcome = decide(Finding(named, replicates="networks" if networks else "seeds", **limits))["verdict"]
    moves = product((-SHIFT, 0, SHIFT), repeat=len(values))
    moved = [[value + by * np.ptp(values) for value, by in zip(values, move, strict=True)] for move in moves]
    left = [sample[:place] + sample[place + 1 :] for sample in moved for place in range(len(values))]
    possible = {plainly(sample, above, sign) for sample in [*moved, *left]}
    assert outcome == (possible.pop() if len(possible) == 1 else "mixed")


@given(rises=st.lists(numbers, min_size=4, max_size=4), before=st.lists(numbers, min_size=4, max_size=4))
def test_a_verdict_is_stable_where_its_limit_moves_with_the_seeds(rises, before):
    """Through the judge: a limit that is the range of the seeds is another one without one of them."""
    rows = pd.DataFrame({"case": "case1", "w": 1.0, "seed": range(4), "frog_srop": rises, "test_srop": before})

    def within_the_range(at: Tables) -> Finding:
        return Finding(at.digits.set_index("seed")["frog_srop"].to_dict(), below=np.ptp(at.digits["test_srop"]))

    outcome = judge(replace(example_claim([]), judge=within_the_range), tables(digits=rows))["verdict"].item()
    if outcome != "mixed":
        for seed in range(4):
            rest = rows[rows["seed"] != seed]
            limit = np.ptp(rest["test_srop"])
            assert {value < limit for value in rest["frog_srop"]} == {outcome == "reproduced"}


def test_a_verdict_that_hangs_on_one_seed_is_mixed():
    """Claim 4-low is judged against the range of the seeds: the widest of them decides."""
    evidence = digits(RISING, case1=(0.4, 0.401, 0.39, 0.4, 0.4))
    wide = evidence.digits.assign(
        frog_srop=evidence.digits["frog_srop"] + np.where(evidence.digits["seed"] == 2, 0.3, 0)
    )
    rest = evidence.digits[evidence.digits["seed"] == 2].assign(seed=3)
    shifted = evidence.changed(digits=pd.concat([wide, rest]))
    case1 = shifted.digits["case"] == "case1"
    shifted = evidence.changed(digits=shifted.digits.assign(frog_srop=shifted.digits["frog_srop"] + 0.1 * case1))
    row = judged(by_id("4-low"), shifted)
    assert (row["verdict"], "single seed" in row["note"]) == ("mixed", True)


def settled(verdicts: dict[tuple[str, str], str], same: dict[tuple[str, str], str] | None = None) -> dict:
    axes = {"dead": ("one", "omit"), "input": ("noise", "images")}
    rows = [
        {"dead": dead, "input": name, "ours": 1.0, "low": 0.5, "high": 1.5, "replicates": 3, "values": ".5 1 1.5",
         "k_of_n": "3 of 3", "verdict": outcome, "note": "why" if "applicable" in outcome or "needs" in outcome else "",
         "same_as": (same or {}).get((dead, name), "")}
        for (dead, name), outcome in verdicts.items()
    ]  # fmt: skip
    return verdict(replace(example_claim([]), over=axes), pd.DataFrame(rows))


KEYS = [("one", "noise"), ("one", "images"), ("omit", "noise"), ("omit", "images")]


def test_the_papers_own_setting_gives_the_verdict_and_others_its_robustness():
    def outcome(*verdicts, same=None):
        row = settled(dict(zip(KEYS, verdicts, strict=True)), same)
        return row["verdict"], (row["agree"], row["against"], row["open"]), row["flips"]

    assert outcome(YES, YES, YES, YES) == (YES, (3, 0, 0), "")
    assert outcome(YES, YES, NO, NO) == (YES, (1, 2, 0), "dead: omit")
    assert outcome(NO, YES, YES, NO) == (NO, (1, 2, 0), "input: images; dead: omit")
    assert outcome(YES, SIGN, "mixed", "cannot tell") == (YES, (0, 0, 3), "")
    assert outcome(SIGN, YES, NO, SIGN) == (SIGN, (1, 1, 1), "dead: omit")
    assert outcome("mixed", YES, NO, "mixed") == ("mixed", (1, 0, 2), "")
    assert outcome(YES, YES, NO, "not applicable") == (YES, (1, 1, 0), "dead: omit")
    assert outcome("not applicable", YES, YES, YES)[0] == "cannot tell"
    assert outcome(*["needs weights"] * 4) == ("needs weights", (0, 0, 0), "")
    # Settings that cannot differ count once.
    assert outcome(YES, YES, YES, NO, same={KEYS[1]: "one, noise", KEYS[2]: "one, noise"}) == (YES, (0, 1, 0), "")


def test_the_other_settings_are_counted_by_verdict():
    row = settled(dict(zip(KEYS, (YES, NO, YES, "mixed"), strict=True)))
    assert row["others"] == "reproduced in 1, not reproduced in 1, mixed in 1"
    assert row["setting"] == "one, noise"


def test_settings_that_cannot_differ_are_told():
    axes = {"dead": ("one", "omit"), "convention": ("published", "printed")}
    rows = [
        {"dead": dead, "convention": convention, "seed": seed, "frog_srop": 0.5}
        for dead in axes["dead"] for convention in axes["convention"] for seed in SEEDS
    ]  # fmt: skip

    def read(at: Tables) -> Finding:
        return Finding(at.digits.set_index("seed")["frog_srop"].to_dict(), above=0)

    table = judge(replace(example_claim([]), over=axes, judge=read), tables(digits=pd.DataFrame(rows)))
    assert table["same_as"].tolist() == ["", "", "one, published", "one, printed"]


def test_a_text_that_contradicts_itself_has_no_verdict_but_the_sign_of_the_figure():
    rising, falling = (judged(by_id("23"), digits(curve))["note"] for curve in (RISING, FALLING))
    assert "the sign of the figure is reproduced" in rising
    assert "the sign of the figure is not reproduced" in falling
    one = digits(RISING)
    assert "sign of the figure" not in judged(by_id("23"), one.changed(digits=one.digits.query("seed == 0")))["note"]


def test_a_fall_before_the_last_live_map_contradicts_a_rise():
    evidence = digits((0.6, 0.6, 0.5, 0.4, np.nan))
    row = judged(by_id("4"), evidence)
    assert (row["verdict"], "3 of 3 without a live map" in row["note"]) == (NO, True)
    assert judged(by_id("4"), digits((0.4, 0.5, 0.6, 0.7, np.nan)))["verdict"] == "cannot tell"


def test_a_claim_sees_one_setting():
    rows = pd.DataFrame({"dead": ["one", "omit"], "layer": ["relu2", "relu2"], "case": "case2"})
    networks = pd.DataFrame(
        {"title": ["A", "A", "A", "B"], "architecture": "x", "layer": "conv0", "dead": "one",
         "batch_norm": ["batch", "running", "trained", "batch"]}
    )  # fmt: skip
    cut = tables(digits=rows, layers=networks).at({"dead": "one", "layer": "relu2", "batch_norm": "batch"}, ("A",))
    assert len(cut.digits) == 1
    assert cut.backbones["batch_norm"].tolist() == ["batch", "trained"]


def test_a_seed_is_left_out_but_where_it_is_the_only_one():
    evidence = layers(network("A", DOWN), trained("A", DOWN), network("B", DOWN)[lambda rows: rows["seed"] == 0])
    left = evidence.without_seed(0).backbones.groupby(["title", "weights"])["seed"].unique().map(list).to_dict()
    assert left == {("A", "random"): [1, 2], ("A", "imagenet"): [0], ("B", "random"): [0]}
    assert set(digits(RISING).without_seed(1).digits["seed"]) == {0, 2}


def test_axes_are_those_of_the_configuration():
    from typing import get_args

    from srop.convention import CONVENTIONS
    from srop.networks.digit_layers import DIGIT_LAYERS
    from srop.pipeline.keys import BatchNorm, DeadTreatment

    assert set(DIGITS["layer"]) <= set(DIGIT_LAYERS)
    for axes in (DIGITS, BACKBONES):
        assert set(axes["convention"]) < set(CONVENTIONS) == set(ALL_CONVENTIONS["convention"])
        assert set(axes["dead"]) == set(get_args(DeadTreatment))
    assert set(BACKBONES["batch_norm"]) == set(get_args(BatchNorm))


@pytest.mark.parametrize(
    ("error", "expected"), [(UntestableError, "cannot tell"), (NeedsWeightsError, "needs weights")]
)
def test_what_cannot_be_judged_says_why(error, expected):
    def never(at: Tables) -> Finding:
        raise error("no weights")

    row = judged(replace(example_claim([]), judge=never), tables())
    assert (row["verdict"], row["note"]) == (expected, "no weights")


def test_runs_at_the_papers_scale_supersede_others(monkeypatch):
    chosen = [own(claim) for claim in CLAIMS if claim.id in ("5", "4-low", "4", "23", "18", "12-quantized")]
    monkeypatch.setattr("srop.ledger.judge.all_claims", lambda: chosen)
    paper = digits(RISING, accuracy=(0.99, 0.99, 0.99, 0.98, 0.1), case1=())
    runs = {
        "digits": [Run("recorded", paper, "paper scale"), Run("here", digits(RISING), "reduced")],
        "backbones": [Run("networks here", digits(RISING), "reduced")],
        "quantized": [],
    }
    with pytest.raises(ValueError, match="claims about quantized, and no run"):
        ledger({name: candidates for name, candidates in runs.items() if candidates})
    rows, settings = ledger(runs)
    assert rows[["id", "judged_on", "superseded"]].to_numpy().tolist() == [
        ["4", "recorded", False], ["4", "here", True], ["4-low", "here", False],
        ["5", "recorded", False], ["5", "here", True], ["18", "networks here", False],
        ["23", "recorded", False], ["23", "here", True],
    ]  # fmt: skip
    assert rows.loc[rows["id"] == "5", "verdict"].tolist() == [SIGN, YES]
    assert rows.loc[rows["id"] == "5", "basis"].tolist() == ["paper scale", "reduced"]
    assert rows.loc[rows["id"] == "18", "basis"].item() == "exact"
    assert set(rows["verdict"]) <= set(VERDICTS)
    assert set(rows["kind"]) <= set(KINDS)
    assert set(rows["basis"]) <= set(BASES)
    assert settings["judged_on"].tolist() == rows["judged_on"].tolist()
    again = ledger(runs | {"digits": [runs["digits"][0], Run("here", paper, "paper scale")]})[0]
    assert again.loc[again["id"] == "4", "judged_on"].tolist() == ["here", "recorded"]
    text = readable(rows)
    assert not text.isna().any(axis=None)
    assert text["id"].tolist() == ["4", "4-low", "5", "18", "23"]
