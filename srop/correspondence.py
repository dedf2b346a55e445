"""Whether channel c of one network is channel c of another, as in two checkpoints of one training."""

import torch
from torch import nn

_NEAR = 0.25
"""A mean cosine; networks from different seeds have less than a tenth."""


@torch.no_grad()
def channels_correspond(first: nn.Module, second: nn.Module) -> bool:
    """Decide whether the channels of two networks correspond, by the filters of their convolutions.

    In two checkpoints of one training, filter c is nearer to filter c of the other network than to its other filters.
    The channels correspond if, on average over the convolutions that both have in one shape, the mean cosine of filters
    of the same number is above that of filters of different numbers by more than .25. Networks from different seeds
    have about 0; two trainings from one start may have forgotten it.

    Args:
        first: A network.
        second: Another network.

    Returns:
        The decision; False if no convolution of two or more filters is in both.

    Example:
        >>> first, second = nn.Conv2d(3, 64, 3), nn.Conv2d(3, 64, 3)
        >>> channels_correspond(first, first), channels_correspond(first, second)
        (True, False)
    """
    if first is second:
        return True
    others = {name: module for name, module in second.named_modules() if isinstance(module, nn.Conv2d)}
    nearer = []
    for name, module in first.named_modules():
        other = others.get(name)
        if not isinstance(module, nn.Conv2d) or other is None or module.weight.shape != other.weight.shape:
            continue
        if (count := len(module.weight)) < 2:
            continue
        rows = [nn.functional.normalize(each.weight.detach().cpu().double().flatten(1)) for each in (module, other)]
        cosines = rows[0] @ rows[1].T
        same = torch.eye(count, dtype=torch.bool, device="cpu")
        nearer.append((cosines[same].mean() - cosines[~same].mean()).item())
    return bool(nearer) and sum(nearer) / len(nearer) > _NEAR
