"""What channels are worth: the answers of a network without some of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from srop.channels import without_channels
from srop.guest import visiting
from srop.hooks import forward, reduced_layers
from srop.profiles import profile

ORDERS = {"highest": "highest SROP first", "lowest": "lowest SROP first", "norm": "smallest filter first"}
ORDERS |= {"random": "random"}
"""The orders in which channels are removed."""


def live_orders(
    network: nn.Module, inputs: Tensor, layer: str, *, draws: int, seed: int
) -> dict[tuple[str, int], list[int]]:
    """Put the live channels of a layer in the orders in which they are removed.

    Args:
        network: The network.
        inputs: Images, over which each channel's mean SROP is taken.
        layer: A name in ``network.named_modules()``.
        draws: Number of random orders.
        seed: Seed of the random orders.

    Returns:
        For each order and draw (0, and up to ``draws`` - 1 for ``"random"``) the live channels, the first to be removed
        first. Channels that are dead in every image are in none, because their removal changes nothing or a constant.

    Reference:
        Yu et al. 2021, Sec. 6, for the question; the orders are ours.
    """
    table = profile(network, [inputs], [layer], origin="")
    live = table[table["mean"].notna()]
    channels = live.sort_values("mean", kind="stable")["channel"].tolist()
    norms = filter_before(network, inputs, layer, len(table)).flatten(1).norm(dim=1)
    orders = {("highest", 0): channels[::-1], ("lowest", 0): channels}
    orders["norm", 0] = sorted(channels, key=lambda channel: float(norms[channel]))
    random = np.random.default_rng(seed)
    return orders | {("random", draw): random.permutation(channels).tolist() for draw in range(draws)}


def filter_before(network: nn.Module, inputs: Tensor, layer: str, channels: int) -> Tensor:
    """Give the weight of the convolution that ran last before a layer, or within it, and makes as many channels.

    Args:
        network: The network. It runs once in evaluation mode and is left as it was.
        inputs: Images; the first one is used.
        layer: As for :func:`srop.hooks.reduced_layers`.
        channels: How many channels the layer has.

    Raises:
        ValueError: If no convolution up to this layer has that many output channels, or the network has no layer of
            this name.
    """
    convolutions = {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and module.out_channels == channels
    }
    runs: list[str] = []
    names = dict.fromkeys([*convolutions, layer])
    with visiting(network), torch.no_grad(), reduced_layers(network, names, lambda name, _maps: runs.append(name)):
        forward(network, inputs[:1])
    before = [name for name in runs[: runs.index(layer) + 1] if name in convolutions]
    if not before:
        raise ValueError(f"no convolution before {layer!r} makes {channels} channels; name a layer after one")
    return convolutions[before[-1]].weight.detach()


def removal_table(
    network: nn.Module,
    batches: Sequence[tuple[Tensor, Tensor | None]],
    layer: str,
    orders: Mapping[tuple[str, int], Sequence[int]],
    shares: Sequence[float],
) -> pd.DataFrame:
    r"""Measure the answers of a network without a share of a layer's live channels.

    Args:
        network: The network. It runs in evaluation mode and is left as it was.
        batches: Images with their labels, or with None.
        layer: The layer.
        orders: What :func:`live_orders` gives.
        shares: Shares of the live channels that are removed.

    Returns:
        A row per order, draw and share, and one for no removal (order ``"none"``, share 0): ``removed`` (the number of
        channels), ``accuracy`` (NaN without labels), ``agreement`` (the share of images whose class is that of the
        whole network) and ``change``, the mean over images of
        :math:`\\|z - z_0\\| / \\|z_0 - \\bar z_0\\|` with the logits z without the channels and :math:`z_0` with them.
    """
    whole = _logits(network, batches)
    known = all(labels is not None for _, labels in batches)
    labels = torch.cat([labels for _, labels in batches]) if known else None
    spread = (whole - whole.mean(dim=1, keepdim=True)).norm(dim=1)
    rows = [{"order": "none", "draw": 0, "share": 0.0, "removed": 0} | _scores(whole, whole, labels, spread)]
    for (order, draw), channels in orders.items():
        for share in shares:
            removed = channels[: round(share * len(channels))]
            with without_channels(network, layer, removed):
                scores = _scores(_logits(network, batches), whole, labels, spread)
            rows.append({"order": order, "draw": draw, "share": share, "removed": len(removed)} | scores)
    return pd.DataFrame(rows)


@torch.no_grad()
def _logits(network: nn.Module, batches: Sequence[tuple[Tensor, Tensor | None]]) -> Tensor:
    with visiting(network):
        return torch.cat([network(images) for images, _ in batches])


def _scores(logits: Tensor, whole: Tensor, labels: Tensor | None, spread: Tensor) -> dict[str, float]:
    classes = logits.argmax(dim=1)
    return {
        "accuracy": float("nan") if labels is None else (classes == labels).double().mean().item(),
        "agreement": (classes == whole.argmax(dim=1)).double().mean().item(),
        "change": ((logits - whole).norm(dim=1) / spread).double().mean().item(),
    }
