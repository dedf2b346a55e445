"""The paper's claims about the layers of backbones: Sec. 3.3, 4 and 5.2."""

import numpy as np
import pandas as pd

from srop.experiments.backbones.subjects import (
    BACKBONES,
    PROXIES,
    RESNETS,
    TRAINED,
    all_networks,
    layers_of_kind,
    minima,
    of_paper,
    pairs,
    per_seed,
    per_title,
)
from srop.experiments.backbones.tables import output_size
from srop.ledger.judge import (
    CONVENTION,
    DEAD,
    DOWNLOADS,
    Finding,
    Tables,
    UntestableError,
    claim,
    rank,
    within,
)


@of_paper(
    "19",
    "1",
    "A single sample suffices",
    over=BACKBONES,
    measure="mean relative deviation of one image's profile from that of all",
    paper="small",
)
def single_sample(at: Tables) -> Finding:
    """Compare profiles layer by layer, average over layers, images and seeds; a replicate is a network by title.

    'Suffices' is 10 %: Figure 5 spans more than a factor of 10, and one of 1.1 is hardly seen in it.
    """
    keys = ["title", "architecture", "weights", "seed", "batch_norm"]
    rows = at.images.assign(all=at.images.groupby([*keys, "layer"])["srop"].transform("mean"))
    return Finding((rows["srop"] / rows["all"] - 1).abs().groupby(rows["title"]).mean(), below=0.1)


@of_paper(
    "7",
    "5.2",
    "Pooling with k = 3 comes closer to the baseline where the output is small (AlexNet)",
    over={"input": ("noise", "images"), **CONVENTION, **DEAD},
    measure="abs(log(SROP / baseline)) at the largest pool less that at the smallest",
    shown_in="figure4",
    paper="> 0",
)
def large_kernels(at: Tables) -> Finding:
    """Compare the distances from the baseline on a log scale, as Figure 5 does, in each seed of the plain AlexNet."""
    baseline = at.baseline.set_index("size")["mean"]
    distances = []
    for network in per_seed(at, "AlexNet").values():
        pools = network[network["layer"].str.startswith("pool")]
        distance = np.abs(np.log(pools["mean"].to_numpy() / baseline[output_size(pools["size"], 224)].to_numpy()))
        distances.append(distance[0] - distance[-1])
    return Finding(distances, above=0)


@of_paper(
    "8",
    "5.2",
    "Batch norm narrows the inter-quartile range of channels",
    over=BACKBONES,
    measure="range in VGG16-bn's pools over that in VGG16's",
    shown_in="figure4",
    paper="< 1",
)
def batch_norm_narrows(at: Tables) -> Finding:
    """Divide the summed ranges over the five pools, in each seed that both have."""
    ranges = []
    for title in ("VGG16-bn", "VGG16"):
        pools = {seed: network[network["downscales"]] for seed, network in per_seed(at, title).items()}
        ranges.append({seed: (pool["upper_quartile"] - pool["lower_quartile"]).sum() for seed, pool in pools.items()})
    return Finding([ranges[0][seed] / ranges[1][seed] for seed in ranges[0].keys() & ranges[1].keys()], below=1)


def _blurred(at: Tables) -> dict[str, pd.DataFrame]:
    """Give trained networks by title: ``mean`` of the plain one's layers, ``mean_blurred`` of the other's."""
    trained = layers_of_kind(at, "trained")
    plain, blurred = (trained[trained["antialiased"] == flag] for flag in (False, True))
    both = plain.merge(blurred, on=["title", "layer", "depth", "size", "reference"], suffixes=("", "_blurred"))
    if both.empty:
        raise UntestableError("no network is here both plain and anti-aliased, trained")
    return dict(iter(both.groupby("title")))


@of_paper(
    "9-early",
    "5.2",
    "Trained anti-aliased networks keep more high frequencies in initial layers",
    over=TRAINED,
    measure="mean log(anti-aliased / plain) over layers of 56 and more",
    shown_in="figure5",
    paper="> 0",
)
def blurred_early(at: Tables) -> Finding:
    """Average over the initial layers, down to the paper's 56, in each network; above 0 is more."""
    logs = {
        title: np.log(both["mean_blurred"] / both["mean"])[output_size(both["size"], both["reference"]) >= 56].mean()
        for title, both in _blurred(at).items()
    }
    return Finding(logs.values(), above=0)


@of_paper(
    "9-end",
    "5.2",
    "Trained anti-aliased networks end lower than plain ones, but for AlexNet",
    over=TRAINED,
    measure="log(anti-aliased / plain) at the last layer",
    shown_in="figure5",
    paper="< 0",
)
def blurred_end(at: Tables) -> Finding:
    """Compare the last layers of all networks but AlexNet; beside, AlexNet must be no lower."""
    logs = {title: np.log(both["mean_blurred"] / both["mean"]).iloc[-1] for title, both in _blurred(at).items()}
    alexnet = logs.pop("AlexNet", None)
    also, note = (None, "no trained AlexNet") if alexnet is None else (bool(alexnet >= 0), f"AlexNet: {alexnet:.3f}")
    return Finding(logs.values(), below=0, also=also, note=note)


@of_paper(
    "9-resblk1.1",
    "5.2",
    "resblk1.1 of the anti-aliased ResNet18 has almost the same SROP random and trained",
    over=BACKBONES,
    measure="abs(trained / random - 1)",
    shown_in="figure5",
    paper="almost 0",
)
def blurred_block(at: Tables) -> Finding:
    """Compare the two means; 'almost' is within 10 %, as 'suffices' in claim 19."""
    both = pairs(at).get(("ResNet18", True))
    if both is None:
        raise UntestableError("no trained anti-aliased ResNet18 is here" + DOWNLOADS)
    rows = both[both["layer"] == "resblk1.1"]
    return Finding(np.abs(rows["mean"] / rows["mean_random"] - 1), below=0.1, exact=True)


def _benchmark(at: Tables, kind: str) -> Finding:
    keys = ["title", "antialiased", "layer"]
    layers = layers_of_kind(at, kind)
    curves = at.backbones
    ds = curves[(curves["curve"] == "ds") & ((curves["weights"] == "random") == (kind == "random"))]
    both = layers.merge(ds.groupby(keys)["mean"].mean().rename("ds").reset_index(), on=keys)
    logs = np.log(both["mean"] / both["ds"]).groupby([both["title"], both["antialiased"]]).mean()
    return Finding(per_title(logs.to_dict()), below=0)


@of_paper(
    "10",
    "5.2",
    "Trained intermediate layers lower the SROP after the next downscaling",
    over=TRAINED,
    measure="log(SROP / SROP of the benchmark pool alone), mean over downscaling layers and networks",
    shown_in="figure5",
    paper="< 0",
)
def intermediate_layers(at: Tables) -> Finding:
    """Compare each downscaling layer with its ``ds`` curve, average in each network; below 0 is lower."""
    return _benchmark(at, "trained")


@of_paper(
    "10-random",
    "5.2",
    "The same of random intermediate layers",
    over=BACKBONES,
    measure="log(SROP / SROP of the benchmark pool alone), mean over downscaling layers and networks",
    shown_in="figure5",
    paper="not said",
)
def random_intermediate_layers(at: Tables) -> Finding:
    """Do as for claim 10; if random layers do the same, training is not what does it."""
    return _benchmark(at, "random")


@of_paper(
    "11",
    "5.2",
    "More intermediate layers make a smoother profile (ResNet34 against ResNet18), random networks",
    over=BACKBONES,
    measure="detours of log SROP (sum of absolute steps less the net change), ResNet34 less ResNet18",
    shown_in="figure5",
    paper="< 0",
)
def smoother(at: Tables) -> Finding:
    """Compare how far the profile goes up and down beyond its net change, in each seed that both have.

    A straight fall makes no detour, whatever the number of its layers.
    """
    detours = []
    for title in ("ResNet34", "ResNet18"):
        curves = {seed: np.log(network["mean"].to_numpy()) for seed, network in per_seed(at, title).items()}
        detours.append(
            {seed: np.abs(np.diff(curve)).sum() - abs(curve[-1] - curve[0]) for seed, curve in curves.items()}
        )
    both = detours[0].keys() & detours[1].keys()
    return Finding([detours[0][seed] - detours[1][seed] for seed in both], below=0)


@of_paper(
    "12",
    "5.2",
    "Random and trained profiles are alike over depth",
    over=BACKBONES,
    measure="rank correlation over layers, mean over networks",
    shown_in="figure5",
    paper="high",
)
@claim(
    "12-proxy",
    "5.2",
    "Random and trained profiles are alike over depth: EfficientNet-Lite",
    over=BACKBONES,
    measure="rank correlation over layers, mean over networks",
    shown_in="figure5",
    paper="of other networks",
    networks=PROXIES,
)
def alike(at: Tables) -> Finding:
    """Correlate the two profiles of each network; above .7 they share half of the ranks' variance."""
    ranks = {name: rank(both["mean"], both["mean_random"]) for name, both in pairs(at).items()}
    return Finding(per_title(ranks), above=0.7)


@claim(
    "13",
    "5.2",
    "Skip connections: SROPs rise within one resolution (ResNets), random networks",
    over=BACKBONES,
    measure="log(last / first block) of a stage, mean over stages and networks",
    shown_in="figure5",
    paper="> 0",
    networks=RESNETS,
)
def skip_connections(at: Tables) -> Finding:
    """Compare the first and the last block of each stage of every ResNet, plain and anti-aliased; above 0 is a rise."""
    return _rises(layers_of_kind(at, "random"))


@claim(
    "13-trained",
    "5.2",
    "Skip connections: SROPs rise within one resolution (ResNets), trained networks",
    over=TRAINED,
    measure="log(last / first block) of a stage, mean over stages and networks",
    shown_in="figure5",
    paper="> 0",
    networks=RESNETS,
)
def skip_connections_trained(at: Tables) -> Finding:
    """Do as for claim 13."""
    return _rises(layers_of_kind(at, "trained"))


def _rises(layers: pd.DataFrame) -> Finding:
    blocks = layers[layers["layer"].str.startswith("resblk")]
    blocks = blocks.assign(stage=blocks["layer"].str.partition(".")[0])
    stages = blocks.groupby(["title", "antialiased", "stage"])["mean"]
    logs = np.log(stages.last() / stages.first()).groupby(level=["title", "antialiased"]).mean()
    return Finding(per_title(logs.to_dict()), above=0)


@of_paper(
    "14",
    "5.2",
    "Trained networks dip below random ones in deep layers",
    over=BACKBONES,
    measure="mean log(trained / random) over the last third of layers",
    shown_in="figure5",
    paper="< 0",
)
@claim(
    "14-proxy",
    "5.2",
    "Trained networks dip below random ones in deep layers: EfficientNet-Lite",
    over=BACKBONES,
    measure="mean log(trained / random) over the last third of layers",
    shown_in="figure5",
    paper="of other networks",
    networks=PROXIES,
)
def dip(at: Tables) -> Finding:
    """Compare in the last third of each network; to be a dip, it must be lower there than in the first third."""
    thirds = {
        name: [third.mean() for third in np.array_split(np.log(both["mean"] / both["mean_random"]), 3)]
        for name, both in pairs(at).items()
    }
    first, last = (np.array(per_title({name: of[place] for name, of in thirds.items()})) for place in (0, 2))
    return Finding(last, below=0, also=within(last - first, -np.inf, 0), note=f"first third: {first.mean():.3f}")


@of_paper(
    "15",
    "5.2",
    "Below 56 x 56 trained minima are about half the random ones (Table 2)",
    over=BACKBONES,
    measure="trained / random minimum, mean over output sizes below 56",
    shown_in="table2",
    paper="about .5",
)
@claim(
    "15-proxy",
    "5.2",
    "Below 56 x 56 trained minima are about half the random ones: EfficientNet-Lite",
    over=BACKBONES,
    measure="trained / random minimum, mean over output sizes below 56",
    shown_in="table2",
    paper="of other networks",
    networks=PROXIES,
)
def halves(at: Tables) -> Finding:
    """Divide the minima over all networks at each size and average; 'about half' is .35 to .65."""
    ratio = minima(layers_of_kind(at, "trained")) / minima(layers_of_kind(at, "random"))
    return Finding([ratio[ratio.index < 56].mean()], above=0.35, below=0.65, exact=True)


@of_paper(
    "15-above",
    "5.2",
    "Above 56 x 56 trained minima are over half of the baseline (Table 2)",
    over=TRAINED,
    measure="trained minimum / baseline, the smaller at 224 and 112",
    shown_in="table2",
    paper=".58",
)
def above_half(at: Tables) -> Finding:
    """Divide the minima over all networks by the baseline at 224 and 112; the smaller of the two must be over half."""
    ratio = (minima(layers_of_kind(at, "trained")) / at.baseline.set_index("size")["mean"]).dropna()
    return Finding([ratio[ratio.index > 56].min()], above=0.5, exact=True)


@of_paper(
    "22",
    "3.3",
    "Channels are concentrated about the layer's mean in trained networks",
    over=TRAINED,
    measure="inter-quartile range / mean, mean over layers and networks",
    shown_in="figure5",
    paper="small",
)
@claim(
    "22-proxy",
    "3.3",
    "Channels are concentrated about the layer's mean: trained EfficientNet-Lite",
    over=TRAINED,
    measure="inter-quartile range / mean, mean over layers and networks",
    shown_in="figure5",
    paper="of other networks",
    networks=PROXIES,
)
def concentrated(at: Tables) -> Finding:
    """Divide in each layer, average in each network; below .5 half of the channels lie within a quarter of it."""
    return _concentration(layers_of_kind(at, "trained"))


@of_paper(
    "22-random",
    "3.3",
    "The same of random networks",
    over=BACKBONES,
    measure="inter-quartile range / mean, mean over layers and networks",
    shown_in="figure5",
    paper="not said",
)
def concentrated_random(at: Tables) -> Finding:
    """Do as for claim 22; if random channels are as concentrated, training is not what does it."""
    return _concentration(layers_of_kind(at, "random"))


def _concentration(layers: pd.DataFrame) -> Finding:
    spread = (layers["upper_quartile"] - layers["lower_quartile"]) / layers["mean"]
    return Finding(per_title(spread.groupby([layers["title"], layers["antialiased"]]).mean().to_dict()), below=0.5)


@of_paper(
    "22-spread",
    "3.3",
    "Training makes the spread of channels smaller",
    over=BACKBONES,
    measure="log(standard deviation trained / random, each averaged over layers), mean over networks",
    shown_in="figure5",
    paper="< 0",
)
@claim(
    "22-spread-proxy",
    "3.3",
    "Training makes the spread of channels smaller: EfficientNet-Lite",
    over=BACKBONES,
    measure="log(standard deviation trained / random, each averaged over layers), mean over networks",
    shown_in="figure5",
    paper="of other networks",
    networks=PROXIES,
)
def spread(at: Tables) -> Finding:
    """Compare the channels' standard deviations, averaged over layers, in each network; below 0 is smaller."""
    logs = {name: np.log(both["std"].mean() / both["std_random"].mean()) for name, both in pairs(at).items()}
    return Finding(per_title(logs), below=0)


@of_paper(
    "24",
    "5.3",
    "The largest SROP is at an initial layer",
    over=BACKBONES,
    measure="relative depth of the largest SROP, mean over random and trained networks",
    shown_in="figure5",
    paper="near 0",
)
def largest_first(at: Tables) -> Finding:
    """Find the largest layer of each network; 'initial' is the first quarter of the depth."""
    places = {name: np.nanargmax(of["mean"]) / (len(of) - 1) for name, of in all_networks(at).items()}
    return Finding(per_title(places), below=0.25)


@of_paper(
    "24-concave",
    "5.3",
    "The profile is concave over decaying resolution",
    over=BACKBONES,
    measure="curvature of the mean log SROP over halvings of the size, mean over networks",
    shown_in="figure5",
    paper="< 0",
)
def concave(at: Tables) -> Finding:
    """Fit a parabola to log SROP, the axis of Figure 5, over halvings of the size; concave is a curvature below 0.

    Halving alone is straight on this axis, and convex on a linear one.
    """
    bends = {}
    for name, of in all_networks(at).items():
        by_size = of.groupby(output_size(of["size"], of["reference"]))["mean"].mean().sort_index(ascending=False)
        bends[name] = np.polyfit(range(len(by_size)), np.log(by_size), 2)[0] if len(by_size) > 2 else np.nan
    return Finding(per_title(bends), below=0)
