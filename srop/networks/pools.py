"""The paper's benchmark: a sequence of max-pools."""

from collections import OrderedDict

from torch import nn


def benchmark_pools(count: int) -> nn.Sequential:
    """Build the paper's benchmark: max-pools of kernel size and stride two, one after the other.

    Args:
        count: The number of pools.

    Returns:
        ``input`` (the identity), ``pool1``, ``pool2``, ...

    Reference:
        Yu et al. 2021, Sec. 4.2.
    """
    pools = {f"pool{number}": nn.MaxPool2d(2) for number in range(1, count + 1)}
    return nn.Sequential(OrderedDict(input=nn.Identity(), **pools))
