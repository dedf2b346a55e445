"""The paper's claims about the layers of backbones: Sec. 3.3, 4 and 5.2."""

from itertools import combinations

import numpy as np
import pandas as pd

from srop.experiments.backbones.claim_tables import (
    BACKBONES,
    RESNET18,
    RESNETS,
    SKIPPING,
    TRAINED,
    by_seed,
    layer_rows,
    network_label,
    paper_claim,
    proxy_claim,
    quantized_claim,
    random_network,
    random_networks,
    resampled_means,
    smallest_means,
    trained_and_random,
    trained_networks,
    weights_kind,
    weights_missing,
)
from srop.experiments.backbones.paper import PAPER_TABLE2
from srop.experiments.backbones.tables import output_size
from srop.ledger.evidence import NeedsWeightsError, Tables, UntestableError
from srop.ledger.judge import CONVENTION, claim, not_measured
from srop.ledger.statistics import rank_correlation, resampled_indices
from srop.ledger.verdicts import Finding, number


@paper_claim(
    "19",
    "1",
    "A single sample suffices",
    over={**BACKBONES, "input": ("images",)},
    measure="mean relative deviation of one image's profile from that of all",
    paper="the computation requires a single sample",
    kind="inferred",
    seen=True,
)
def single_sample(at: Tables) -> Finding:
    """Compare profiles layer by layer, and average over layers and images. White noise is left out.

    The paper says that the computation needs one sample, which is a remark about its cost and has no limit. So this is
    a number without a verdict.
    """
    keys = ["title", "architecture", "weights", "seed", "batch_norm"]
    layers = layer_rows(at)
    plain = layers.loc[~layers["antialiased"].astype(bool) | (layers["weights"] != "random"), "architecture"]
    rows = at.images[at.images["architecture"].isin(plain.unique())]
    rows = rows.assign(all=rows.groupby([*keys, "layer"])["srop"].transform("mean"))
    deviation = (rows["srop"] / rows["all"] - 1).abs().groupby([rows["title"], rows["seed"]]).mean()
    return Finding({title: values.tolist() for title, values in deviation.groupby("title")}, replicates="networks")


_POOLS = {"input": ("noise", "images"), **CONVENTION, "dead": ("omit", "one")}


def _pools(at: Tables) -> dict[int, np.ndarray]:
    """Compute log(SROP / SROP of the benchmark pool alone on the same maps) for AlexNet's pools, by seed."""
    random_network(at, "AlexNet")
    rows = at.backbones[(at.backbones["title"] == "AlexNet") & ~at.backbones["antialiased"].astype(bool)]
    rows = rows[(rows["weights"] == "random") & rows["layer"].str.startswith("pool")]
    curves = rows.pivot_table(index=["seed", "depth"], columns="curve", values="mean")
    if not {"layer", "pool-only"} <= set(curves):
        raise UntestableError("AlexNet's pools were not measured together with the benchmark pool")
    logs = np.log(curves["layer"] / curves["pool-only"])
    return {seed: pools.to_numpy() for seed, pools in logs.groupby("seed")}


@paper_claim(
    "7",
    "5.2",
    "Pooling with k = 3 comes closer to the baseline where the output is small (AlexNet)",
    short="AlexNet's pools near the baseline in small maps",
    over=_POOLS,
    measure="abs(log(SROP / that of a pool with k = 2 there)) at the largest pool less that at the smallest",
    shown_in="figure4",
    paper="> 0",
)
def large_kernels(at: Tables) -> Finding:
    """Compare the distances from a pool on the same maps, on the log scale of Figure 5. They must fall in each seed.

    The sign is that the last distance is smaller than the first.
    """
    distances = {seed: np.abs(logs) for seed, logs in _pools(at).items()}
    falls = {seed: float(-np.diff(pools).max()) for seed, pools in distances.items()}
    note = f"distances, first seed: {' '.join(map(number, next(iter(distances.values()))))}"
    ends = {seed: pools[0] - pools[-1] for seed, pools in distances.items()}
    return Finding(ends, above=0, direction=(0, np.inf), also=falls, further="closer at each pool", note=note)


@paper_claim(
    "7-lower",
    "5.2",
    "Pooling with k = 3 produces low SROPs in random networks (AlexNet)",
    short="AlexNet's large pooling kernels lower SROPs",
    over=_POOLS,
    measure="log(SROP / that of a pool with k = 2 there), the largest of the three pools",
    shown_in="figure4",
    paper="< 0",
)
def large_kernels_lower(at: Tables) -> Finding:
    """Compare in each seed of the plain AlexNet; every pool must be lower."""
    return Finding({seed: float(logs.max()) for seed, logs in _pools(at).items()}, below=0)


@paper_claim(
    "8",
    "5.2",
    "Batch norm narrows the inter-quartile range of channels",
    short="Batch norm narrows the spread of channels",
    over=BACKBONES,
    measure="range in VGG16-bn less that in VGG16, as a share of their sum, pool by pool",
    shown_in="figure4",
    paper="< 0",
    seen=True,
)
def batch_norm_narrows(at: Tables) -> Finding:
    """Compare the ranges of each pool, averaged over seeds. Channels are the sample, drawn with replacement.

    Maps of 7 x 7 have few possible SROPs, so a range may be 0; a share of the sum is finite unless both are.

    Each pool must be narrower, since a sum over the pools is that of the large maps. A batch norm as initialized is the
    identity, and the two networks are the same.
    """
    if at.setting.get("batch_norm") == "running":
        raise UntestableError("batch norm as initialized is the identity")
    channels = at.channels[(at.channels["curve"] == "layer") & at.channels["downscales"]]
    channels = channels[~channels["antialiased"].astype(bool) & (channels["weights"] == "random")]
    channels = channels[channels["title"].isin(_NORMED)]
    if {*_NORMED} != {*channels["title"]}:
        raise UntestableError("VGG16 and VGG16-bn are not both among the backbones")
    shares = {}
    for layer, pool in channels.groupby("layer"):
        ranges = {title: _resampled_range(rows) for title, rows in pool.groupby("title")}
        total = ranges["VGG16-bn"] + ranges["VGG16"]
        shares[layer] = ((ranges["VGG16-bn"] - ranges["VGG16"]) / np.where(total > 0, total, 1)).tolist()
    seeds = " and ".join(str(channels.loc[channels["title"] == title, "seed"].nunique()) for title in _NORMED)
    return Finding(shares, below=0, replicates="resamples", note=f"seeds of {' and '.join(_NORMED)}: {seeds}")


_NORMED = ("VGG16", "VGG16-bn")


def _resampled_range(channels: pd.DataFrame) -> np.ndarray:
    """Compute the inter-quartile range over channels, and over channels drawn from them, as a mean over seeds."""
    ranges = []
    for _, seed in channels.groupby("seed"):
        means = seed["mean"].dropna().to_numpy()
        sample = means[resampled_indices(len(means))]
        ranges.append(np.subtract(*np.quantile(sample, [0.75, 0.25], axis=1)))
    return np.mean(ranges, axis=0)


def _blurred(at: Tables) -> dict[str, pd.DataFrame]:
    """Join plain and anti-aliased trained networks by title: ``mean`` and ``mean_blurred`` of their layers."""
    trained = trained_networks(at)
    keys = ["layer", "depth", "size", "reference"]
    both = {
        title: plain[[*keys, "mean"]].merge(trained[title, True][[*keys, "mean"]], on=keys, suffixes=("", "_blurred"))
        for (title, antialiased), plain in trained.items()
        if not antialiased and (title, True) in trained
    }
    if not both:
        raise NeedsWeightsError("no network is here both plain and anti-aliased, trained; the weights are downloads")
    return both


@paper_claim(
    "9-early",
    "5.2",
    "Trained anti-aliased networks keep more high frequencies in initial layers",
    short="Anti-aliasing keeps high frequencies in early layers",
    over=TRAINED,
    measure="mean log(anti-aliased / plain) over layers of 56 and more",
    shown_in="figure5",
    paper="> 0",
)
def blurred_early(at: Tables) -> Finding:
    """Average over the initial layers, down to the paper's 56, in each network. Above 0 means more."""
    logs = {
        title: np.log(both["mean_blurred"] / both["mean"])[output_size(both["size"], both["reference"]) >= 56].mean()
        for title, both in _blurred(at).items()
    }
    return Finding(logs, above=0, replicates="exact")


@paper_claim(
    "9-end",
    "5.2",
    "Trained anti-aliased networks end lower than plain ones, except for AlexNet",
    short="Anti-aliased networks end lower, AlexNet aside",
    over=TRAINED,
    measure="log(anti-aliased / plain) at the last layer; of AlexNet the inverse",
    shown_in="figure5",
    paper="< 0",
)
def blurred_end(at: Tables) -> Finding:
    """Compare the last layers. AlexNet, the exception, counts with the opposite sign."""
    logs = {title: np.log(both["mean_blurred"] / both["mean"]).iloc[-1] for title, both in _blurred(at).items()}
    return Finding(
        {title: -log if title == "AlexNet" else log for title, log in logs.items()}, below=0, replicates="exact"
    )


@paper_claim(
    "9-resblk1.1",
    "5.2",
    "resblk1.1 of the anti-aliased ResNet18 has almost the same SROP random and trained",
    short="resblk1.1, anti-aliased: random and trained alike",
    over=BACKBONES,
    measure="trained / random - 1",
    shown_in="figure5",
    paper="almost 0",
)
def blurred_block(at: Tables) -> Finding:
    """Compare the two means. 'Almost' is within 10 %, like 'suffices' in claim 19. Images are the sample."""
    if ("ResNet18", True) not in trained_networks(at):
        raise weights_missing()
    means = resampled_means(at).query("title == 'ResNet18' and antialiased and layer == 'resblk1.1'")
    random = means.index.get_level_values("weights") == "random"
    ratios = means[~random].mean() / means[random].mean() - 1
    return Finding({"images": ratios.tolist()}, above=-0.1, below=0.1, replicates="resamples")


@paper_claim(
    "37",
    "5.2",
    "Anti-aliased blocks induce other SROP patterns, random networks",
    short="Anti-aliased blocks: other SROP patterns",
    over=BACKBONES,
    measure="mean abs(log(anti-aliased / plain)) over layers, less the largest between two seeds of the plain network",
    shown_in="figure5",
    paper="different",
    seen=True,
)
def blurred_differs(at: Tables) -> Finding:
    """Compare an anti-aliased network with the plain one of the same seed, layer by layer, as seeds differ.

    Above 0 the blocks change the profile more than another seed does.
    """
    rows = layer_rows(at)
    rows = rows[rows["weights"] == "random"]
    curves = rows.pivot_table(index=["title", "layer"], columns=["antialiased", "seed"], values="mean")
    values = {}
    for title, network in np.log(curves).groupby("title"):
        kinds = [network[kind].dropna(axis=1, how="all") if kind in network else None for kind in (False, True)]
        if any(kind is None or kind.empty for kind in kinds):
            continue
        plain, blurred = kinds
        seeds = [(plain[one] - plain[other]).abs().mean() for one, other in combinations(plain, 2)]
        both = plain.columns.intersection(blurred.columns)
        values[title] = [(blurred[seed] - plain[seed]).abs().mean() - max(seeds, default=np.nan) for seed in both]
    if not values:
        raise UntestableError("no network was measured both plain and anti-aliased, with random weights")
    return Finding(values, above=0, replicates="networks", missing="second seed", note=_RANDOM_ALONE)


def _benchmark(at: Tables, kind: str) -> dict[tuple[str, bool], list[float]]:
    """Average log(SROP / ds) over downscaling layers, by network and for each seed."""
    curves = at.backbones[weights_kind(at.backbones) == kind]
    keys = ["title", "antialiased", "seed", "layer"]
    both = curves.pivot_table(index=keys, columns="curve", values="mean")
    if not {"layer", "ds"} <= set(both):
        return {}
    logs = np.log(both["layer"] / both["ds"]).dropna().groupby(["title", "antialiased", "seed"]).mean()
    return {network: seeds.tolist() for network, seeds in logs.groupby(["title", "antialiased"])}


@paper_claim(
    "10",
    "5.2",
    "Trained intermediate layers lower the SROP after the next downscaling",
    short="Trained layers lower SROPs after the next pool",
    over=TRAINED,
    measure="log(SROP / SROP of the benchmark pool alone), mean over downscaling layers",
    shown_in="figure5",
    paper="< 0",
)
def intermediate_layers(at: Tables) -> Finding:
    """Compare each downscaling layer with its ``ds`` curve, and average in each network. Below 0 means lower."""
    trained_networks(at)
    values = {network_label(*network): logs for network, logs in _benchmark(at, "trained").items()}
    return Finding(values, below=0, replicates="exact")


@paper_claim(
    "10-random",
    "5.2",
    "Random intermediate layers lower the SROP after the next downscaling, too",
    over=BACKBONES,
    measure="log(SROP / SROP of the benchmark pool alone), mean over downscaling layers",
    shown_in="figure5",
    paper="not stated",
    kind="control",
)
def random_intermediate_layers(at: Tables) -> Finding:
    """Judge as in claim 10. If random layers lower the SROP, too, training is not the cause."""
    random_networks(at)
    values = {title: logs for (title, antialiased), logs in _benchmark(at, "random").items() if not antialiased}
    return Finding(values, below=0, replicates="networks")


@paper_claim(
    "11",
    "5.2",
    "More intermediate layers make a smoother profile (ResNet34 against ResNet18), random networks",
    short="More layers make a smoother profile",
    over=BACKBONES,
    measure="roughness over relative depth at equal numbers of layers, ResNet34 less ResNet18",
    shown_in="figure5",
    paper="< 0",
    seen=True,
)
def smoother(at: Tables) -> Finding:
    """Compare in each seed the residual standard deviation of log SROP about a parabola over relative depth.

    A profile of more layers is smoother by this measure, even if it is the same profile. So ResNet34 has the layers of
    ResNet18: the pool, and the first and last block of each stage. ``conv0`` is left out: it is the largest map by far,
    and the same layer in both. The note has the difference over all layers.
    """
    networks = [random_network(at, title) for title in ("ResNet34", "ResNet18")]
    both = sorted(networks[0].keys() & networks[1].keys())
    rough = [{seed: _roughness(_ends_of_stages(network[seed])) for seed in both} for network in networks]
    whole = [number(_roughness(networks[0][seed]) - _roughness(networks[1][seed])) for seed in both]
    return Finding(
        {seed: rough[0][seed] - rough[1][seed] for seed in both}, below=0, note=f"over all layers: {' '.join(whole)}"
    )


def _ends_of_stages(network: pd.DataFrame) -> pd.DataFrame:
    """Select the first and the last block of each stage of a ResNet, and its other layers except ``conv0``."""
    rows = network[network["layer"] != "conv0"]
    stages = rows["layer"].astype(str).str.partition(".")[0]
    return rows[~stages.duplicated() | ~stages.duplicated(keep="last")]


def _roughness(network: pd.DataFrame) -> float:
    curve = np.log(network["mean"].to_numpy())
    if len(curve) < 4 or np.isnan(curve).any():
        return np.nan
    depth = np.linspace(0, 1, len(curve))
    rest = curve - np.polyval(np.polyfit(depth, curve, 2), depth)
    return float(np.sqrt((rest**2).sum() / (len(curve) - 3)))


_ALIKE = {
    "section": "5.2",
    "over": BACKBONES,
    "measure": "rank correlation over layers of one size, after each size's mean",
    "shown_in": "figure5",
}


@paper_claim("12", text="Random and trained profiles are alike over depth", paper="high", **_ALIKE)
@proxy_claim("12-proxy", text="Random and trained profiles are alike over depth: EfficientNet-Lite", **_ALIKE)
@quantized_claim("12-quantized", text="Random and trained profiles are alike over depth: ResNet18", **_ALIKE)
def alike(at: Tables) -> Finding:
    """Correlate log SROPs less the mean over their size, since any two networks share the fall from size to size.

    A correlation above .7 means that they share half of the ranks' variance; the sign is above 0.
    """

    def within_sizes(both: pd.DataFrame) -> float:
        logs = np.log(both[["mean", "mean_random"]])
        several = both.groupby("size")["layer"].transform("size") > 1
        rest = (logs - logs.groupby(both["size"]).transform("mean"))[several]
        return rank_correlation(rest["mean"], rest["mean_random"])

    values = by_seed(trained_and_random(at), within_sizes)
    return Finding(values, above=0.7, direction=(0, np.inf), replicates="networks", missing="size with several layers")


_SIZE = _ALIKE | {
    "measure": "rank correlation over layers of the trained SROP and the size of the maps",
    "over": TRAINED,
}


@paper_claim(
    "12-size",
    text="The size of the maps alone gives the profile over depth",
    paper="not stated",
    kind="control",
    **_SIZE,
)
@proxy_claim(
    "12-size-proxy", text="The size of the maps alone gives the profile over depth: EfficientNet-Lite", **_SIZE
)
def size_alone(at: Tables) -> Finding:
    """Correlate with the size of the maps, which training does not change. The threshold is that of claim 12."""
    values = {
        network_label(*network): rank_correlation(layers["mean"], layers["size"])
        for network, layers in trained_networks(at).items()
    }
    return Finding(values, above=0.7, direction=(0, np.inf), replicates="exact")


_RISE = {
    "section": "5.2",
    "measure": "number of the four stages in which the SROP of the last block exceeds that of the first",
    "shown_in": "figure5",
    "seen": True,
}


@claim(
    "13",
    text="Skip connections: SROPs rise within one resolution (ResNets), random networks",
    short="Skip connections: SROPs rise within a resolution",
    over={"network_is": ("random", "trained"), **BACKBONES},
    paper="4 of 4",
    networks=RESNETS,
    **_RISE,
)
def skip_connections(at: Tables) -> Finding:
    """Compare the first and the last block of each stage of every ResNet. All four stages must rise, the sign is three.

    Trained networks are another setting of this one sentence.
    """
    if at.setting.get("network_is") == "trained":
        return skip_connections_trained(at)
    networks = random_networks(at)
    stages = pd.DataFrame([_rises(layers) for seeds in networks.values() for layers in seeds.values()])
    rising = [f"{count} of {len(stages)} in stage {place}" for place, count in enumerate(stages.sum(), 1)]
    note = f"rises: {', '.join(rising)}; {_RANDOM_ALONE}"
    values = by_seed(networks, lambda network: float(_rises(network).sum()))
    return Finding(values, above=3.5, direction=(2.5, np.inf), replicates="networks", note=note)


@quantized_claim(
    "13-quantized", text="Skip connections: SROPs rise within one resolution, trained ResNet18", over=TRAINED, **_RISE
)
def skip_connections_trained(at: Tables) -> Finding:
    """Judge as in claim 13."""
    values = {network_label(*network): float(_rises(layers).sum()) for network, layers in trained_networks(at).items()}
    return Finding(values, above=3.5, direction=(2.5, np.inf), replicates="exact")


def _rises(network: pd.DataFrame) -> pd.Series:
    """Say of each stage whether its last block has a higher SROP than its first."""
    blocks = network[network["layer"].str.startswith("resblk")]
    stages = blocks.groupby(blocks["layer"].astype(str).str.partition(".")[0])["mean"]
    return stages.last() > stages.first()


@claim(
    "27",
    "5.2",
    "SROPs in resblk1.0 grow higher after applying resblk1.1 (ResNet18), random networks",
    short="resblk1.1 raises the SROP of resblk1.0",
    over=BACKBONES,
    measure="log(SROP of resblk1.1 / that of resblk1.0)",
    shown_in="figure5",
    paper="> 0",
    networks=RESNET18,
    seen=True,
)
def second_block_higher(at: Tables) -> Finding:
    """Compare the two blocks in each seed. Above 0 is higher."""
    values = {}
    for seed, network in random_network(at, "ResNet18").items():
        means = network.set_index("layer")["mean"]
        values[seed] = float(np.log(means.get("resblk1.1", np.nan) / means.get("resblk1.0", np.nan)))
    return Finding(values, above=0, missing="two blocks in its first stage")


@claim(
    "28",
    "5.2",
    "The downscaling layers of random ResNets and DenseNets preserve high frequencies, compared with max-pooling",
    short="ResNets keep more high frequencies than pools",
    over={"network_is": ("random", "trained"), **BACKBONES},
    measure="log(SROP / SROP of the benchmark pool on the same maps), mean over downscaling layers",
    shown_in="figure5",
    paper="> 0",
    networks=SKIPPING,
    seen=True,
)
def downscaling_preserves(at: Tables) -> Finding:
    """Compare the downscaling layers with a pool in their place (``pool-only``). Above 0 preserves more.

    The first layers (``conv0``, ``pool1``), before any block, are left out. Trained networks are another setting.
    """
    wanted = at.setting.get("network_is", "random")
    if wanted == "trained":
        trained_networks(at)
    rows = at.backbones[(weights_kind(at.backbones) == wanted) & ~at.backbones["antialiased"].astype(bool)]
    rows = rows[rows["layer"].astype(str).str.startswith(("resblk", "transblk"))]
    both = rows.pivot_table(index=["title", "seed", "layer"], columns="curve", values="mean")
    if not {"layer", "pool-only"} <= set(both):
        raise UntestableError("their downscaling layers and the benchmark pool in their place were not both measured")
    logs = np.log(both["layer"] / both["pool-only"]).dropna().groupby(["title", "seed"]).mean()
    values = {title: seeds.tolist() for title, seeds in logs.groupby("title")}
    random = wanted == "random"
    note = _RANDOM_ALONE if random else ""
    return Finding(values, above=0, replicates="networks" if random else "exact", note=note)


@paper_claim(
    "29",
    "2, 3.3, 5.3",
    "Useful information does not increase along depth, and a lower SROP is a sign of more of it",
    short="Information falls with depth; low SROP shows more",
    over=BACKBONES,
    measure="rank correlation of depth and SROP, random and trained networks",
    shown_in="figure5",
    paper="information non-increasing; SROPs that fall",
    inconsistent="Sec. 2 says that useful information along depth is non-increasing, and Sec. 5.3 rejects intrinsic "
    "dimensions for that reason; by Sec. 3.3 a lower SROP means more of it, and SROPs fall along depth",
    seen=True,
)
def falls_along_depth(at: Tables) -> Finding:
    """Correlate in each network. A profile that falls along depth, as those of Figure 5, is below -.5."""
    networks, note = _random_and_trained(at)
    values = by_seed(networks, lambda network: rank_correlation(network["depth"], network["mean"]))
    return Finding(values, below=-0.5, direction=(-np.inf, 0), replicates="networks", note=note)


paper_claim(
    "38",
    "1, 5.3, 7",
    "SROPs separate useful from redundant information, and contain less redundancy than intrinsic dimensions",
    short="SROPs contain less redundancy than intrinsic dimensions",
    over={},
    measure="none yet: a measure of redundant information",
    paper="less redundancy",
    seen=True,
)(not_measured("it needs a measure of redundant information, and the paper names none"))


# Claims 20 and 20-epochs are about one small network.
paper_claim(
    "32",
    "abstract, 7",
    "SROPs and accuracy vary synchronously in various model structures, given sufficient training",
    short="SROP and accuracy synchronous in various architectures",
    over={},
    measure="none yet: trainings of several architectures, each with an accuracy and its SROPs",
    paper="synchronous",
    seen=True,
)(not_measured("it needs trained networks of several structures, with their accuracy"))


_DIP = {
    "section": "5.2",
    "over": BACKBONES,
    "measure": "mean log(trained / random) over the last third of layers",
    "shown_in": "figure5",
}


@paper_claim(
    "14",
    text="Trained networks dip below random ones in deep layers",
    short="Deep layers: trained networks lie below random",
    paper="< 0",
    **_DIP,
)
@proxy_claim("14-proxy", text="Trained networks dip below random ones in deep layers: EfficientNet-Lite", **_DIP)
@quantized_claim("14-quantized", text="Trained networks dip below random ones in deep layers: ResNet18", **_DIP)
def dip(at: Tables) -> Finding:
    """Compare in the last third of each network. A dip must also be deeper there than in the first third.

    The sign is that the trained network is lower in the last third.
    """

    def thirds(both: pd.DataFrame) -> list[float]:
        return [third.mean() for third in np.array_split(np.log(both["mean"] / both["mean_random"]).to_numpy(), 3)]

    logs = {title: [thirds(both) for both in seeds.values()] for title, seeds in trained_and_random(at).items()}
    last = {title: [seed[2] for seed in seeds] for title, seeds in logs.items()}
    deeper = {title: [seed[0] - seed[2] for seed in seeds] for title, seeds in logs.items()}
    note = f"first third: {number(np.mean([seed[0] for seeds in logs.values() for seed in seeds]))}" if logs else ""
    limits = {"below": 0, "direction": (-np.inf, 0), "also": deeper, "further": "lower than in the first third"}
    return Finding(last, **limits, replicates="networks", note=note)


_HALF = {
    "section": "5.2",
    "over": BACKBONES,
    "measure": "trained / random minimum, mean over output sizes below 56",
    "shown_in": "table2",
}


@proxy_claim("15-proxy", text="Below 56 x 56 trained minima are about half the random ones: EfficientNet-Lite", **_HALF)
@quantized_claim("15-quantized", text="Below 56 x 56 trained minima are about half the random ones: ResNet18", **_HALF)
def halves(at: Tables) -> Finding:
    """Divide the minima over all networks at each size, and average the ratios. Images are the sample.

    'About half' is .35 to .65; the sign is below 1.
    """
    trained_networks(at)
    means = resampled_means(at)
    ratios = smallest_means(means, "trained") / smallest_means(means, "random")
    resamples = ratios[ratios.index < 56].mean().tolist()
    return Finding({"images": resamples}, above=0.35, below=0.65, direction=(-np.inf, 1), replicates="resamples")


@paper_claim(
    "15",
    text="Below 56 x 56 trained minima are about half the random ones: the paper's printed minima over our random ones",
    short="Below 56: the paper's minima half our random",
    paper="about .5",
    **_HALF | {"over": {"minima": ("Table 2", "measured"), **BACKBONES}, "seen": True},
)
def halves_of_table2(at: Tables) -> Finding:
    """Divide the paper's own minima of trained networks by our random ones at each size, and average the ratios.

    'About half' and the sample are those of claim 15-proxy. By its baseline, Table 2 is of noise under the published
    definition. At 7 x 7 it has two digits. In another setting our own trained networks take the place of the table.
    """
    if at.setting.get("minima") == "measured":
        return halves(at)
    if (at.setting.get("input"), at.setting.get("convention")) != ("noise", "published"):
        raise UntestableError("Table 2 is of noise, under the published definition")
    random = smallest_means(resampled_means(at), "random")
    paper = PAPER_TABLE2.set_index("output_size")["paper_minimum"].reindex(random.index)
    ratios = (1 / random).mul(paper, axis=0).dropna()
    if not (ratios.index < 56).any():
        raise UntestableError("no layer is smaller than 56")
    shown = ratios[ratios.index <= 56].mean(axis=1).sort_index(ascending=False)
    note = f"at {' '.join(map(str, shown.index))}: {' '.join(map(number, shown))}; no trained network was measured here"
    resamples = ratios[ratios.index < 56].mean().tolist()
    return Finding(
        {"images": resamples}, above=0.35, below=0.65, direction=(-np.inf, 1), replicates="resamples", note=note
    )


@paper_claim(
    "15-random",
    "5.2",
    "Random minima below 56 x 56 are about half of the baseline, too",
    over=BACKBONES,
    measure="random minimum / baseline, mean over output sizes below 56",
    shown_in="table2",
    paper="not stated",
    kind="control",
    seen=True,
)
def random_half_of_baseline(at: Tables) -> Finding:
    """Divide the minima over random networks by the baseline. The limits are those of claim 15.

    In Table 2 trained minima are half of the baseline. Where random ones are as well, that needs no training.
    """
    baseline = at.baseline.set_index("size")["mean"]
    ratios = smallest_means(resampled_means(at), "random").div(baseline, axis=0).dropna()
    if not (ratios.index < 56).any():
        raise UntestableError("no layer is smaller than 56")
    resamples = ratios[ratios.index < 56].mean().tolist()
    return Finding({"images": resamples}, above=0.35, below=0.65, direction=(-np.inf, 1), replicates="resamples")


@paper_claim(
    "15-above",
    "5.2",
    "Above 56 x 56 trained minima are over half of the baseline (Table 2)",
    short="Above 56: minima over half the baseline",
    over=TRAINED,
    measure="trained minimum / baseline, the smaller at 224 and 112",
    shown_in="table2",
    paper=".58",
)
def above_half(at: Tables) -> Finding:
    """Divide the minima over all networks by the baseline at 224 and 112. The smaller ratio must be over half."""
    trained_networks(at)
    ratios = smallest_means(resampled_means(at), "trained").div(at.baseline.set_index("size")["mean"], axis=0)
    return Finding({"images": ratios[ratios.index > 56].min().tolist()}, above=0.5, replicates="resamples")


_CLOSE = {
    "section": "3.3",
    "measure": "inter-quartile range / mean, mean over layers",
    "shown_in": "figure5",
}


@paper_claim(
    "22",
    text="Channels are concentrated about the layer's mean in trained networks",
    short="Trained channels concentrate about the layer's mean",
    over=TRAINED,
    paper="small",
    **_CLOSE,
)
@proxy_claim(
    "22-proxy",
    text="Channels are concentrated about the layer's mean: trained EfficientNet-Lite",
    over=TRAINED,
    **_CLOSE,
)
@quantized_claim(
    "22-quantized", text="Channels are concentrated about the layer's mean: trained ResNet18", over=TRAINED, **_CLOSE
)
def concentrated(at: Tables) -> Finding:
    """Divide in each layer, average in each network. Below .5, half of the channels lie near the mean (within 25 %)."""
    values = {network_label(*network): _concentration(layers) for network, layers in trained_networks(at).items()}
    return Finding(values, below=0.5, replicates="exact")


@paper_claim(
    "22-random",
    text="Channels are concentrated about the layer's mean in random networks, too",
    over=BACKBONES,
    paper="not stated",
    kind="control",
    **_CLOSE,
)
def concentrated_random(at: Tables) -> Finding:
    """Judge as in claim 22. If random channels are as concentrated, training is not the cause."""
    return Finding(by_seed(random_networks(at), _concentration), below=0.5, replicates="networks")


def _concentration(layers: pd.DataFrame, suffix: str = "") -> float:
    width = layers[f"upper_quartile{suffix}"] - layers[f"lower_quartile{suffix}"]
    return float((width / layers[f"mean{suffix}"]).mean())


_SPREAD = {
    "section": "3.3",
    "over": BACKBONES,
    "measure": "log(inter-quartile range / mean, trained over random, each averaged over layers)",
    "shown_in": "figure5",
}


@paper_claim(
    "22-spread",
    text="Training makes the relative spread of channels smaller",
    paper="< 0",
    **_SPREAD | {"kind": "inferred"},
)
@proxy_claim(
    "22-spread-proxy", text="Training makes the relative spread of channels smaller: EfficientNet-Lite", **_SPREAD
)
@quantized_claim(
    "22-spread-quantized", text="Training makes the relative spread of channels smaller: ResNet18", **_SPREAD
)
def spread(at: Tables) -> Finding:
    """Compare the inter-quartile ranges relative to the layer's mean. Below 0 means smaller.

    The large maps, and dead ones that count as 1, would dominate a standard deviation.
    """
    values = by_seed(
        trained_and_random(at), lambda both: np.log(_concentration(both) / _concentration(both, "_random"))
    )
    return Finding(values, below=0, replicates="networks")


def _random_and_trained(at: Tables) -> tuple[dict[str, dict[int, pd.DataFrame]], str]:
    """Select random and trained networks, by name and seed; and say if there are no trained ones."""
    networks: dict[str, dict[int, pd.DataFrame]] = dict(random_networks(at))
    try:
        trained = trained_networks(at)
    except NeedsWeightsError:
        return networks, _RANDOM_ALONE
    trained = {f"{network_label(*network)}, trained": {0: layers} for network, layers in trained.items()}
    return networks | trained, ""


_RANDOM_ALONE = "of random networks alone: the weights of the paper's trained ones are downloads"


_LARGEST = {
    "section": "5.3",
    "over": BACKBONES,
    "measure": "relative depth of the largest SROP, random and trained networks",
    "shown_in": "figure5",
}


@paper_claim("24", text="The largest SROP is at an initial layer", paper="near 0", **_LARGEST)
def largest_first(at: Tables) -> Finding:
    """Find the layer of the largest SROP in each network. 'Initial' is the first quarter of the depth.

    Claim 24-size asks the same of the maps' sizes.
    """
    networks, note = _random_and_trained(at)
    return Finding(by_seed(networks, _largest), below=0.25, replicates="networks", note=note)


@quantized_claim(
    "24-quantized",
    text="The largest SROP is at an initial layer: trained ResNet18",
    **_LARGEST | {"measure": "relative depth of the largest SROP", "over": TRAINED},
)
def largest_first_trained(at: Tables) -> Finding:
    """Judge as in claim 24."""
    values = {network_label(*network): _largest(layers) for network, layers in trained_networks(at).items()}
    return Finding(values, below=0.25, replicates="exact")


@paper_claim(
    "24-size",
    text="The size of the maps alone puts the largest SROP at an initial layer",
    paper="not stated",
    kind="control",
    **_LARGEST | {"measure": "relative depth of the largest maps", "over": {"input": ("noise",)}, "seen": True},
)
def largest_maps_first(at: Tables) -> Finding:
    """Find the first layer with the largest maps in each plain network; the limit is that of claim 24.

    An SROP of noise grows with the size of the maps. Where the largest maps come first, claim 24 can hardly fail.
    """
    networks = {title: next(iter(seeds.values())) for title, seeds in random_networks(at).items()}
    rows = {title: network.drop_duplicates("depth")["size"].to_numpy() for title, network in networks.items()}
    values = {title: sizes.argmax() / max(1, len(sizes) - 1) for title, sizes in rows.items()}
    return Finding(values, below=0.25, replicates="exact")


def _largest(network: pd.DataFrame) -> float:
    means = network["mean"].to_numpy()
    return np.nanargmax(means) / (len(means) - 1) if not np.isnan(means).all() else np.nan


@paper_claim(
    "24-concave",
    "5.3",
    "The profile is concave over decaying resolution",
    over=BACKBONES,
    measure="curvature of the mean log SROP over halvings of the size, random and trained networks",
    shown_in="figure5",
    paper="concave in words; Table 2 bends up",
    inconsistent="a concave curve bends down, and the paper's Table 2 bends up; read as hollow, as the contrast with "
    "'hunch-backed' suggests, words and table agree",
    seen=True,
)
def concave(at: Tables) -> Finding:
    """Fit a parabola to log SROP, the axis of Figure 5, over halvings of the size. The paper's Table 2 is above 0.

    Halving alone gives a straight line on this axis, and a convex curve on a linear one.
    """

    def curvature(network: pd.DataFrame) -> float:
        sizes = output_size(network["size"], network["reference"])
        by_size = network.groupby(sizes)["mean"].mean().sort_index(ascending=False)
        return _curvature(by_size.to_numpy()) if len(by_size) > 2 else np.nan

    networks, note = _random_and_trained(at)
    values = by_seed(networks, curvature)
    table2 = f"Table 2: {number(_curvature(PAPER_TABLE2['paper_minimum'].to_numpy()))}"
    note = "; ".join(filter(None, [table2, note]))
    return Finding(values, above=0, replicates="networks", missing="three sizes", note=note)


def _curvature(means: np.ndarray) -> float:
    """Fit a parabola to the logarithms of values at equal steps, and give its leading coefficient."""
    return float(np.polyfit(range(len(means)), np.log(means), 2)[0])
