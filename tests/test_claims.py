"""Every claim on results that are written down: some that reproduce it, some that do not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evidence import (
    CLAIMS,
    DIPPING,
    DOWN,
    FALLING,
    NO,
    RISING,
    SEEDS,
    SIGN,
    YES,
    by_id,
    digits,
    judged,
    layers,
    network,
    own,
    tables,
    trained,
)

from srop.experiments.backbones.claim_tables import PROXIES, QUANTIZED
from srop.experiments.backbones.paper import PAPER_TABLE2
from srop.ledger.evidence import Tables
from srop.ledger.judge import all_claims, judge, verdict
from srop.ledger.vocabulary import VERDICTS

GENERATOR = np.random.default_rng(0)


def filters(least=0.8, both=0.9, clean=0.95, srops=(0.4, 0.3, 0.2), plain=0.99, free=0.5) -> Tables:
    """Three proportions, of which the highest is the most robust, at .9 as plain networks are; seeds range over .02.

    Plain networks have their own share of low filters (``free``) and their own accuracy on clean images (``plain``).
    """
    rows = [
        ("held", f"p{p:g}", p, seed, srop, srop, 0.95, right + 0.01 * seed, p)
        for p, right, srop in zip((0, 0.5, 1), (least, (least + 0.9) / 2, 0.9), srops, strict=True)
        for seed in SEEDS
    ]
    arms = (("plain", plain, 0.9), ("gates", 0.95, 0.9), ("perturbed", 0.95, 0.9), ("both", clean, both))
    rows += [
        ("modulated", arm, np.nan, seed, 0.3, 0.3, own, right + 0.01 * seed, free)
        for arm, own, right in arms
        for seed in SEEDS
    ]
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


def high(frequency: float, accuracy: float = 0.99) -> Tables:
    """A natural network of this accuracy whose scores have this center, of images whose energy has 3."""
    empty, low = tables(), int(frequency)
    part = frequency - low
    rows = [
        ("digits", "eps0", seed, "printed", -1, k, 0.0, {low: 1 - part, low + 1: part}.get(k, 0.0))
        for seed in SEEDS
        for k in FREQUENCIES
    ]
    spectra = [("digits", "dct", -1, k, float(k == 3)) for k in FREQUENCIES]
    robust = [(0.0, seed, 0.0, accuracy) for seed in SEEDS]
    return tables(
        occlusion=pd.DataFrame(rows, columns=empty.occlusion.columns),
        occlusion_spectra=pd.DataFrame(spectra, columns=empty.occlusion_spectra.columns),
        robustness=pd.DataFrame(robust, columns=empty.robustness.columns),
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


def robust_pair(low=0.2, middle=0.15, srops=(0.5, 0.4, 0.3), gradient=0.2, attacked=0.6) -> Tables:
    """Random, natural and robust networks; the natural one has a tenth of its scores in the lowest quarter.

    ``attacked`` is the accuracy of the most robust ones under attack.
    """
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
        for eps, right in ((0.0, 0.2), (0.1, 0.4), (0.3, attacked))
        for seed in SEEDS
        for under in (0.0, 0.1)
    ]
    return tables(
        occlusion=pd.DataFrame(rows, columns=empty.occlusion.columns),
        occlusion_layers=pd.DataFrame(layers, columns=empty.occlusion_layers.columns),
        occlusion_networks=pd.DataFrame(networks, columns=empty.occlusion_networks.columns),
        robustness=pd.DataFrame(robust, columns=empty.robustness.columns),
    )


CIFAR_WELL = {("natural", 0): 0.9, ("natural", 8): 0.0, ("robust", 0): 0.7, ("robust", 8): 0.4}


def cifar(center=4.0, low=0.2, srops=(0.5, 0.3), gradient=0.2, filtered=0.3, accuracy: dict | None = None) -> Tables:
    """A natural and a robust CIFAR network, of images whose energy has its center at 3.

    Args:
        center: Of the natural network's scores.
        low: The share of the lowest quarter in the robust network's scores; the natural one's is 0.
        srops: Of the natural and of the robust network, in both layers.
        gradient: The SROP of the robust network's gradient; the natural one's is 0.3.
        filtered: The natural network's accuracy under attack behind a filter; without one it is 0.
        accuracy: By arm and attack.
    """
    empty, first = tables(), int(center)
    shares = {
        "natural": {first: first + 1 - center, first + 1: center - first},
        "robust": {0: low, 3: 1 - low},
    }
    rows = {
        "cifar": [
            (arm, seed, "CIFAR-10", under, right, 10)
            for (arm, under), right in (CIFAR_WELL | (accuracy or {})).items()
            for seed in SEEDS
        ],
        "cifar_cutoffs": [
            (arm, seed, "CIFAR-10", cutoff, 8, right, 10)
            for arm, by_cutoff in (("natural", {8: filtered, 22: 0.0}), ("robust", {8: 0.4, 22: 0.4}))
            for cutoff, right in by_cutoff.items()
            for seed in SEEDS
        ],
        "cifar_occlusion": [
            ("cifar", arm, seed, "printed", -1, k, 0.0, share.get(k, 0.0))
            for arm, share in shares.items()
            for seed in SEEDS
            for k in FREQUENCIES
        ],
        "cifar_spectra": [("cifar", "dct", -1, k, float(k == 3)) for k in FREQUENCIES],
        "cifar_layers": [
            ("cifar", arm, seed, f"layer{depth}", depth, "omit", srop)
            for arm, srop in zip(("natural", "robust"), srops, strict=True)
            for seed in SEEDS
            for depth in (0, 1)
        ],
        "cifar_networks": [
            ("cifar", arm, seed, 0.9, srop) for arm, srop in (("natural", 0.3), ("robust", gradient)) for seed in SEEDS
        ],
    }
    return tables(**{name: pd.DataFrame(each, columns=getattr(empty, name).columns) for name, each in rows.items()})


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
    """The same, with '1's spread over all peaks, except for a part of them that has the highest SROPs."""
    frames = []
    for _, group in original.srops.groupby("seed"):
        order = group["srop"].rank(ascending=False)
        ones = 200
        frames.append(
            group.assign(label=np.where((order <= part * ones) | (group["image"] % 600 < (1 - part) * ones), 1, 7))
        )
    return original.changed(srops=pd.concat(frames))


BASELINE = pd.DataFrame({"size": [224, 112, 56, 28, 14, 7], "mean": [0.852, 0.399, 0.198, 0.098, 0.048, 0.025]})
HALF = tuple(value / 2 for value in DOWN)
DEEP = (0.4, 0.2, 0.1, 0.02, 0.01)
PAPERS = "VGG16"
LITE, PQF = PROXIES.titles[0], QUANTIZED.titles[0]


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


def channels(plain, *normed):
    """VGG16's pools with one range, and VGG16-bn's with their own."""
    rows = [
        {"title": title, "antialiased": False, "weights": "random", "seed": seed, "layer": f"pool{pool}",
         "curve": "layer", "downscales": True, "batch_norm": "batch", "mean": 0.2 + width * part}
        for title, widths in (("VGG16", [plain] * len(normed)), ("VGG16-bn", normed))
        for pool, width in enumerate(widths, 1) for seed in SEEDS for part in np.linspace(-1, 1, 64)
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
THREE = {"none_0": (0.2, 0.4, 0.6)}
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
BLOCKS = ["conv0", *(f"resblk{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1))]
_RISE = {
    YES: (0.4, 0.1, 0.2, 0.1, 0.2, 0.05, 0.1, 0.02, 0.03),
    SIGN: (0.4, 0.1, 0.2, 0.1, 0.2, 0.05, 0.1, 0.03, 0.02),
    NO: (0.4, 0.1, 0.2, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02),
}
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


def resnet(title, means, *, first=1.0, within=1.0):
    """A network with a pool and two blocks a stage, and in the first stage a third block between them."""
    names = ["conv0", "pool1", "resblk1.0", "resblk1.1", "resblk1.2", *BLOCKS[3:]]
    values = np.insert(np.insert(means, 0, first), 3, within * means[1])
    return network(title, values, names=names, sizes=(112, 56, *(56,) * 3, 28, 28, 14, 14, 7, 7))


def minima(factor: float) -> Tables:
    """Random networks whose minima are a multiple of the paper's trained ones."""
    paper = PAPER_TABLE2["paper_minimum"].to_numpy() * factor
    return layers(network(PAPERS, paper, sizes=(224, 112, 56, 28, 14, 7)).assign(input="noise", convention="published"))


def pooled(first: float) -> Tables:
    """Photographs of 224 pixels that have this SROP, after five halvings."""
    sizes = [224, 112, 56, 28, 14, 7]
    return tables(baseline=pd.DataFrame({"size": sizes, "mean": np.linspace(first, 0.013, len(sizes))}))


def compared_with_pools(resnet_ratio: float, densenet_ratio: float | None = None) -> Tables:
    """ResNet18 and DenseNet121 whose downscaling layers have such a ratio to the benchmark pool."""
    ratios = {"ResNet18": ("resblk2.0", resnet_ratio), "DenseNet121": ("transblk1", densenet_ratio or resnet_ratio)}
    own = {
        title: network(title, DOWN[:2], names=["conv0", layer], sizes=(112, 28)) for title, (layer, _) in ratios.items()
    }
    curves = [
        rows.assign(curve="pool-only", mean=lambda table, title=title: table["mean"] / ratios[title][1])
        for title, rows in own.items()
    ]
    return tables(layers=pd.concat(own.values()), curves=pd.concat(curves))


_TOO_SHORT = {"cannot tell": robust_pair(attacked=0.45)}


def removal(data="digits", **scores) -> Tables:
    """Networks without a share of their channels, by order: accuracy of digits, change of the logits of others."""
    scores = dict.fromkeys(("highest", "lowest", "random", "norm"), 0.9) | scores
    rows = [
        {"data": data, "network": "net", "layer": f"layer{seed}", "seed": seed if data == "digits" else 0,
         "order": order, "draw": 0, "share": share, "accuracy": score + 0.001 * seed, "change": score + 0.001 * seed}
        for order, score in scores.items()
        for seed in SEEDS
        for share in (0.25, 0.5)
    ]  # fmt: skip
    return tables(removal=pd.DataFrame(rows))


def omission(all=1, none=90) -> Tables:
    """Of 100 halves, in how many a test notices that none of a digit's images is left out, and that all are."""
    rows = [
        {"srops_of": name, "seed": seed, "kept": kept, "repeats": 100, "detections": count + seed}
        for name in ("relu2", "images")
        for seed in SEEDS
        for kept, count in ((1, all), (0, none))
    ]
    return tables(omission=pd.DataFrame(rows))


def penalty(**changes) -> Tables:
    """Networks without a penalty, and with penalties that change some of their quantities."""
    plain = {"srop": 0.3, "dead_share": 0.0, "accuracy": 0.95, "noise": 0.7, "pgd": 0.5}
    rows = [
        {"weight": weight, "seed": seed, **(plain | (changes if weight else {}))}
        for weight in (0, 1, 3)
        for seed in SEEDS
    ]
    return tables(penalty=pd.DataFrame(rows))


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
        YES: digits(RISING, case1=(0.4, 0.43, 0.37, 0.4, 0.4)),
        SIGN: digits(RISING, case1=(0.4, 0.4, 0.4, 0.7, 0.4)),
        NO: digits(RISING, case1=(0.4, 0.8, 0.8, 1, 0.8)),
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
        # The highest are '1's, but there is no peak of them.
        "sign only ": labels(samples(none_0=(0.4,)), 0.8),
    },
    "7": {YES: pools(-0.3, -0.2, -0.1), SIGN: pools(-0.3, -0.35, -0.1), NO: pools(-0.1, -0.2, -0.3)},
    "7-lower": {YES: pools(-0.3, -0.2, -0.1), NO: pools(-0.3, 0.2, -0.1)},
    "8": {YES: channels(0.1, 0.05, 0.06), NO: channels(0.05, 0.1, 0.2), "mixed": channels(0.05, 0.04, 0.2)},
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
            network("ResNet18", DOWN, antialiased=True, names=BLOCKS[:5]),
            trained("ResNet18", HALF, antialiased=True, names=BLOCKS[:5]),
        ),
    },
    "10": {YES: benchmark("trained", 1.5), NO: benchmark("trained", 0.5)},
    "10-random": {YES: benchmark("random", 1.5), NO: benchmark("random", 0.5)},
    "11": {
        YES: layers(resnet("ResNet34", STEADY), resnet("ResNet18", ROUGH)),
        NO: layers(resnet("ResNet34", ROUGH), resnet("ResNet18", STEADY)),
        # Blocks within a stage count for nothing, nor does conv0.
        "not reproduced ": layers(resnet("ResNet34", STEADY, within=3), resnet("ResNet18", STEADY, first=4)),
    },
    "12": _ALIKE[PAPERS],
    "12-proxy": _ALIKE[LITE],
    "12-quantized": _ALIKE[PQF],
    "12-size": _SIZE[PAPERS],
    "12-size-proxy": _SIZE[LITE],
    "13": {
        outcome: layers(network("ResNet18", means, names=BLOCKS, sizes=FLAT_SIZES)) for outcome, means in _RISE.items()
    },
    "13-quantized": {
        outcome: layers(trained(PQF, means, names=BLOCKS, sizes=FLAT_SIZES)) for outcome, means in _RISE.items()
    },
    "14": _DIP[PAPERS],
    "14-proxy": _DIP[LITE],
    "14-quantized": _DIP[PQF],
    "15": {YES: minima(2), SIGN: minima(1.2), NO: minima(0.8)},
    "15-proxy": _HALF[LITE],
    "15-quantized": _HALF[PQF],
    "15-random": {
        YES: layers(network(PAPERS, tuple(BASELINE["mean"] / 2), sizes=BASELINE["size"]), baseline=BASELINE),
        SIGN: layers(network(PAPERS, tuple(BASELINE["mean"] * 0.8), sizes=BASELINE["size"]), baseline=BASELINE),
        NO: layers(network(PAPERS, tuple(BASELINE["mean"] * 1.2), sizes=BASELINE["size"]), baseline=BASELINE),
    },
    "15-above": {
        YES: layers(trained(PAPERS, (0.5, 0.3), sizes=(224, 112)), baseline=BASELINE),
        NO: layers(trained(PAPERS, (0.5, 0.1), sizes=(224, 112)), baseline=BASELINE),
    },
    "16": {YES: rotation(0, 0.1), NO: rotation(0.3, 0)},
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
    "19": {"no verdict": images(0.01), "no verdict ": images(0.4)},
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
        "not reproduced ": samples(none_0=(0.2, 0.4), case2_5=(0.2, 0.4, 0.8), case2_8=(0.4, 0.8), case2_9=(0.4, 0.8)),
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
    "24-size": {
        YES: layers(network(PAPERS, RISING)),
        NO: layers(network(PAPERS, RISING, sizes=(7, 14, 28, 56, 112))),
    },
    "24-concave": {
        "text inconsistent": layers(network(PAPERS, (0.5, 0.49, 0.45, 0.35, 0.1))),
        "text inconsistent ": layers(network(PAPERS, (0.5, 0.2, 0.1, 0.08, 0.07))),
    },
    "25-rate": leading("high_rate"),
    "25-relus": leading("dying_relus"),
    "25-labels": leading("permuted_labels"),
    "26": {YES: pooled(0.024), NO: pooled(0.04)},
    "27": {
        YES: layers(network("ResNet18", (0.4, 0.1, 0.2), names=BLOCKS[:3])),
        NO: layers(network("ResNet18", (0.4, 0.2, 0.1), names=BLOCKS[:3])),
    },
    "28": {YES: compared_with_pools(1.5), NO: compared_with_pools(0.7), "mixed": compared_with_pools(1.5, 0.7)},
    "29": {
        "text inconsistent": layers(network(PAPERS, DOWN)),
        "text inconsistent ": layers(network(PAPERS, RISING)),
    },
    "30": {"not measured": tables()},
    "31": {"not measured": tables()},
    "32": {"not measured": tables()},
    "36": {
        YES: digits(RISING, accuracy1=(0.98,) * 5),
        SIGN: digits(RISING, accuracy1=(0.98, 0.97, 0.95, 0.8, 0.8)),
        NO: digits(RISING),
    },
    "37": {
        YES: layers(network("ResNet18", DOWN), network("ResNet18", DOWN[:1] + DOWN[:-1], antialiased=True)),
        NO: layers(network("ResNet18", DOWN), network("ResNet18", DOWN, antialiased=True)),
        "cannot tell": layers(network("ResNet18", DOWN)),
    },
    "38": {"not measured": tables()},
    "J1": {YES: filters(least=0.7), SIGN: filters(least=0.86), NO: filters(least=0.9)},
    "J1-projection": {YES: filters(least=0.8), SIGN: filters(least=0.87), NO: filters(least=0.92)},
    "J2": {
        YES: filters(both=0.97),
        SIGN: filters(both=0.92),
        NO: filters(both=0.8),
        "cannot tell": filters(both=0.97, plain=0.95),
    },
    "J2-clean": {YES: filters(clean=0.98), NO: filters(clean=0.8)},
    "J3": {YES: filters(), SIGN: filters(srops=(0.4, 0.2, 0.3)), NO: filters(srops=(0.2, 0.3, 0.4))},
    "J3-robust": {YES: filters(least=0.7), NO: filters(least=0.7, srops=(0.2, 0.3, 0.4))},
    "33": {
        YES: removal(highest=0.95, lowest=0.8),
        SIGN: removal(highest=0.95, lowest=0.94),
        NO: removal(highest=0.8, lowest=0.95),
    },
    "33-random": {
        YES: removal(highest=0.95, random=0.8),
        SIGN: removal(highest=0.95, random=0.94),
        NO: removal(highest=0.8, random=0.95),
    },
    "33-norm": {
        YES: removal(highest=0.95, norm=0.8),
        SIGN: removal(highest=0.95, norm=0.94),
        NO: removal(highest=0.8, norm=0.95),
    },
    "33-imagenet": {
        YES: removal(data="ImageNet", highest=0.3, lowest=0.9),
        SIGN: removal(data="ImageNet", highest=0.3, lowest=0.31),
        NO: removal(data="ImageNet", highest=0.9, lowest=0.3),
        "needs weights": removal(data="CIFAR-10", highest=0.3),
    },
    "33-cifar": {
        YES: removal(data="CIFAR-10", highest=0.3, lowest=0.9),
        SIGN: removal(data="CIFAR-10", highest=0.3, lowest=0.31),
        NO: removal(data="CIFAR-10", highest=0.9, lowest=0.3),
        "needs weights": removal(highest=0.3),
    },
    "34": {YES: omission(none=95), SIGN: omission(none=40), NO: omission(none=5)},
    "34-complete": {YES: omission(all=2), NO: omission(all=30)},
    "35": {
        YES: penalty(srop=0.1),
        NO: penalty(srop=0.1, accuracy=0.8),
        # The SROP hardly falls, or maps die.
        "not reproduced ": penalty(srop=0.28),
        " not reproduced": penalty(srop=0.1, dead_share=0.5),
    },
    "35-robust": {YES: penalty(noise=0.9), SIGN: penalty(noise=0.72), NO: penalty(noise=0.6)},
    "W1": {
        YES: leaning(own=0),
        SIGN: leaning(own=6),
        NO: leaning(own=7),
        # Its own class and the others are alike.
        "sign only ": leaning(own=0, others=0),
    },
    "W1-random": {YES: leaning(own=0, random=7), NO: leaning(own=0, random=0)},
    "W1-class": {YES: leaning(own=0, others=7), NO: leaning(own=0, others=0)},
    "W2": {YES: high(4), SIGN: high(3.3), NO: high(2.5), "cannot tell": high(4, accuracy=0.95)},
    "W3": {YES: changes(1.5, control=1.2), SIGN: changes(1.2, control=1.17), NO: changes(1.2, control=1.5)},
    "W3-alone": {YES: changes(1.5), SIGN: changes(1.02, noise=0.3), NO: changes(0.7)},
    "W3-clamped": {YES: clamping(0.9), SIGN: clamping(0.6), NO: clamping(0.3)},
    "W4": {YES: robust_pair(low=0.2), SIGN: robust_pair(low=0.13), NO: robust_pair(low=0.05), **_TOO_SHORT},
    "W5": {YES: robust_pair(low=0.2), SIGN: robust_pair(low=0.2, middle=0.3), NO: robust_pair(low=0.05), **_TOO_SHORT},
    "W6": {YES: robust_pair(srops=(0.5, 0.4, 0.3)), NO: robust_pair(srops=(0.5, 0.3, 0.4)), **_TOO_SHORT},
    "W7": {YES: robust_pair(gradient=0.2), NO: robust_pair(gradient=0.4), **_TOO_SHORT},
    "W2-cifar": {
        YES: cifar(center=4),
        SIGN: cifar(center=3.3),
        NO: cifar(center=2.5),
        "cannot tell": cifar(accuracy={("natural", 0): 0.7}),
        "not measured": tables(),
    },
    "W4-cifar": {
        YES: cifar(low=0.2),
        SIGN: cifar(low=0.03),
        NO: cifar(low=-0.1),
        "cannot tell": cifar(accuracy={("robust", 8): 0.2}),
    },
    "W6-cifar": {YES: cifar(srops=(0.5, 0.3)), NO: cifar(srops=(0.3, 0.5)), "not measured": tables()},
    "W7-cifar": {YES: cifar(gradient=0.2), NO: cifar(gradient=0.4), "not measured": tables()},
    "W8": {
        YES: cifar(filtered=0.3),
        SIGN: cifar(filtered=0.1),
        NO: cifar(filtered=0.0),
        "cannot tell": cifar(accuracy={("robust", 8): 0.2}),
        "not measured": tables(),
    },
    "Y4": {YES: tables()},
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


@pytest.mark.parametrize(
    ("id", "expected"), [(id, expected) for id, examples in EXAMPLES.items() for expected in examples]
)
def test_claim_in_each_direction(id, expected):
    assert judged(by_id(id), EXAMPLES[id][expected])["verdict"] == expected.strip()


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_claim_without_results_is_no_verdict(claim):
    """As where a run has but one case, w or convention; a test of every claim, so that no ledger ends in an error."""
    empty = judged(claim, tables())["verdict"]
    assert empty in ("cannot tell", "needs weights", "not measured") or claim.exact
    for evidence in (digits(RISING), samples(none_0=(0.2,)), samples(case2_5=(0.2,)), layers(network(PAPERS, DOWN))):
        assert judged(claim, evidence)["verdict"] in VERDICTS
        alone = evidence.digits[(evidence.digits["case"] == "case2") & (evidence.digits["w"] == 0.9)]
        assert judged(claim, evidence.changed(digits=alone))["verdict"] in VERDICTS


@pytest.mark.parametrize("claim", [by_id(id) for id in ("1", "3", "4", "5", "6", "20")], ids=lambda claim: claim.id)
def test_one_seed_decides_nothing(claim):
    evidence = EXAMPLES[claim.id][YES]
    alone = evidence.changed(digits=evidence.digits.query("seed == 0"), srops=evidence.srops.query("seed == 0"))
    assert judged(claim, alone)["verdict"] == "cannot tell"


@pytest.mark.parametrize("id", ["9-early", "9-end", "9-resblk1.1", "10", "12", "14", "15-above", "22", "22-spread"])
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
        assert (claim.paper == "not stated") <= (claim.kind == "control")


def test_claims_of_other_papers_come_after():
    order = [claim.id for claim in CLAIMS]
    assert order[:4] == ["1", "2a", "2b", "3"]
    assert order.index("9-early") < order.index("10") < order.index("24-concave")


def test_a_text_that_contradicts_itself_has_no_verdict_but_the_sign_of_the_figure():
    rising, falling = (judged(by_id("23"), digits(curve))["note"] for curve in (RISING, FALLING))
    assert "the sign of the figure is reproduced" in rising
    assert "the sign of the figure is not reproduced" in falling
    one = digits(RISING)
    assert "sign of the figure" not in judged(by_id("23"), one.changed(digits=one.digits.query("seed == 0")))["note"]


def test_a_rise_may_begin_at_one_half():
    evidence = digits((0.4, 0.6, 0.5, 0.8, 0.99))
    claim = by_id("4")
    verdicts = {
        name: verdict(own(replaced), judge(own(replaced), evidence))["verdict"]
        for name in claim.over["from"]
        for replaced in [replace(claim, over={**claim.over, "from": (name,)})]
    }
    assert verdicts == {"above .5": YES, ".5": SIGN}


def test_a_w_that_some_seed_lacks_and_a_seed_of_another_case_are_left_out():
    evidence = digits(RISING)
    further = evidence.digits[(evidence.digits["w"] == 0.9) & (evidence.digits["seed"] == 0)].assign(w=0.95)
    alone = evidence.digits[evidence.digits["w"] == 0].assign(seed=7)
    more = evidence.changed(digits=pd.concat([evidence.digits, further, alone]))
    assert judged(by_id("4"), more)["values"] == judged(by_id("4"), evidence)["values"]
    assert judged(by_id("4"), more)["verdict"] == YES


def test_a_fall_before_the_last_live_map_contradicts_a_rise():
    evidence = digits((0.6, 0.6, 0.5, 0.4, np.nan))
    row = judged(by_id("4"), evidence)
    assert (row["verdict"], "3 of 3 without a live map" in row["note"]) == (NO, True)
    assert judged(by_id("4"), digits((0.4, 0.5, 0.6, 0.7, np.nan)))["verdict"] == "cannot tell"


def test_each_own_assertion_has_a_form_of_at_most_eight_words():
    long = [
        claim.id for claim in all_claims() if claim.kind == "paper" and len((claim.short or claim.text).split()) > 8
    ]
    assert long == []
