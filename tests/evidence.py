"""Results that are written down for a test, and claims judged on them."""

from dataclasses import replace

import pandas as pd

from srop.experiments.backbones.claim_tables import RESNETS
from srop.ledger.evidence import Tables
from srop.ledger.judge import Claim, all_claims, judge, verdict
from srop.ledger.verdicts import Finding

CLAIMS = all_claims()
SEEDS = (0, 1, 2)
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
        "cifar": ["arm", "seed", "data", "under", "accuracy", "images"],
        "cifar_cutoffs": ["arm", "seed", "data", "cutoff", "under", "accuracy", "images"],
        "cifar_occlusion": ["network", "weights", "seed", "reading", "label", "frequency", "mean", "share"],
        "cifar_spectra": ["network", "transform", "label", "frequency", "energy"],
        "cifar_layers": ["network", "weights", "seed", "layer", "depth", "dead", "mean"],
        "cifar_networks": ["network", "weights", "seed", "accuracy", "gradient_srop"],
        "filters": ["group", "arm", "proportion", "seed", "srop_first", "srop_last", "clean", "corrupted", "low_10"],
        "training_told": ["regime", "seed", "layer", "signal", "watched", "signal_step", "watched_step", "lead"],
        "intrinsic": ["title", "architecture", "weights", "seed", "layer", "depth", "intrinsic_dimension"],
        "removal": ["data", "network", "layer", "seed", "order", "draw", "share", "accuracy", "change"],
        "omission": ["srops_of", "seed", "kept", "repeats", "detections"],
        "penalty": ["weight", "seed", "srop", "dead_share", "accuracy", "noise", "pgd"],
    }
    of_layers = ["title", "architecture", "antialiased", "weights", "seed", "layer", "depth", "size", "reference"]
    of_layers += ["downscales", "mean", "std", "lower_quartile", "upper_quartile", "batch_norm", "curve"]
    parts = [*([] if layers is None else [layers.assign(curve="layer")]), *([] if curves is None else [curves])]
    backbones = pd.concat(parts) if parts else pd.DataFrame(columns=of_layers)
    empty = {name: pd.DataFrame(columns=names) for name, names in columns.items()}
    return Tables({"backbones": backbones, **empty, **given})


def digits(case2, accuracy=(0.98, 0.97, 0.95, 0.6, 0.1), case1=(0.4,) * 5, test=0.99, accuracy1=()) -> Tables:
    """The frog's SROP over W in CASE II and in CASE I, alike in three seeds except for a little noise.

    The accuracy of CASE I is that of CASE II if it is not given.
    """
    rows = [
        {"case": case if w else "none", "w": w, "seed": seed, "accuracy": right + 0.001 * seed,
         "frog_srop": srop + 0.001 * seed, "test_srop": test if w else 0.4 + 0.001 * seed}
        for case, curve, rights in (("case2", case2, accuracy), ("case1", case1, accuracy1 or accuracy))
        for seed in SEEDS
        for w, srop, right in zip(W, curve, rights, strict=bool(curve))
        if w or case == "case2"
    ]  # fmt: skip
    one = {"case": "none", "w": 0.0, "image": 0, "label": 7, "srop": 0.4, "size": 24}
    return tables(digits=pd.DataFrame(rows), srops=pd.DataFrame([one | {"seed": seed} for seed in SEEDS]))


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


def trained(title, means, **columns):
    return network(title, means, weights="imagenet", **columns)


RISING, FALLING, DIPPING = (0.4, 0.5, 0.6, 0.8, 0.99), (0.5, 0.4, 0.3, 0.2, 0.1), (0.4, 0.5, 0.7, 0.6, 0.99)
YES, SIGN, NO = "reproduced", "sign only", "not reproduced"


def own(claim: Claim) -> Claim:
    """The claim at the paper's own setting alone."""
    return replace(claim, over={axis: values[:1] for axis, values in claim.over.items()})


def judged(claim: Claim, evidence: Tables) -> dict:
    return verdict(own(claim), judge(own(claim), evidence))


def by_id(id: str) -> Claim:
    (match,) = (claim for claim in CLAIMS if claim.id == id)
    return match


def example_claim(values, **limits) -> Claim:
    named = {"section": "0", "text": "text", "measure": "measure", "paper": "paper", "source": "Someone 2000"}
    return Claim(id="0", **named, over={}, networks=RESNETS, judge=lambda at: Finding(values, **limits))
