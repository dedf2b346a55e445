"""What a change of images does to their frequencies; white noise of the same size; images made from features."""

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from srop.guest import visiting
from srop.occlusion import shells, transformed


class Made(NamedTuple):
    """Changed images.

    Attributes:
        reading: One of :data:`srop.experiments.adversarial.readings.ATTACKED_AS`.
        attack: An attack; ``"clamped"``, the images brought to [0, 1] without one; or ``"features"``, made from those
            of the network's penultimate layer.
        images: What was changed, ``(m, 1, 28, 28)``.
        changed: Into what.
        found: Which are adversarial examples.
        used: Which count in the tables of changes: those, and all where an attack is not asked for any.
    """

    reading: str
    attack: str
    images: Tensor
    changed: Tensor
    found: Tensor
    used: Tensor


def relative_change(changed: Tensor, images: Tensor) -> Tensor:
    r"""Give the relative change of each component of each image.

    .. math:: | (DCT(x') - DCT(x)) / DCT(x) |

    Its mean over images is Eq. 8; a few components near zero make most of that, so the median is offered beside it.

    Args:
        changed: ``(m, c, n, n)``.
        images: The same shape; their type says up to where a component is rounding.

    Returns:
        float64 ``(m, c, n, n)``; NaN where a component is zero or only rounding: all of a black image, all but the
        first of a flat one, and of stripes all that vary along them.

    Reference:
        Wang et al. 2020, Eq. 8.

    Example:
        >>> images = torch.rand(1, 1, 4, 4)
        >>> relative_change(1.5 * images, images).round(decimals=3).unique()
        tensor([0.5000], dtype=torch.float64)
    """
    before = transformed(images.double(), "dct")
    change = (transformed(changed.double(), "dct") - before).abs() / before.abs()
    norm = images.double().flatten(2).norm(dim=2)[:, :, None, None]
    return torch.where(before.abs() <= _rounding(images.dtype) * norm, torch.nan, change)


def _rounding(dtype: torch.dtype) -> float:
    """Give the size up to which a component of an image is rounding, as a share of the image's norm.

    Pixels that are rounded once, each by half a unit in the last place or less, change no component by more than half
    a unit times the norm; half as much again is left to the arithmetic before. The transform itself is in float64, and
    its errors were below three units at all sizes up to 224.
    """
    unit = torch.finfo(dtype).eps if dtype.is_floating_point else 0.0
    return max(0.75 * unit, 8 * torch.finfo(torch.float64).eps)


def changes_table(changed: Tensor, images: Tensor, *, averaged_colors: bool = False) -> pd.DataFrame:
    """Summarize what a change did to each frequency of each image.

    Args:
        changed: ``(m, c, n, n)``.
        images: Likewise.
        averaged_colors: Whether the DCT is averaged over the colors first, as in the authors' code.

    Returns:
        A row per image and shell: ``image``, ``shell``; ``mean`` and ``median``, of the relative changes in the shell;
        ``amount``, the root mean square of the changes themselves.
    """
    if averaged_colors:
        changed, images = (of.mean(dim=1, keepdim=True) for of in (changed, images))
    shell = shells(images.shape[-1], "dct").to(images.device).flatten()
    relative = relative_change(changed, images).flatten(2)
    amount = transformed((changed - images).double(), "dct").square().flatten(2)
    rows = []
    for number in range(images.shape[-1]):
        of = relative[:, :, shell == number].flatten(1)
        root = amount[:, :, shell == number].mean(dim=(1, 2)).sqrt()
        summary = {"mean": of.nanmean(dim=1), "median": of.nanquantile(0.5, dim=1), "amount": root}
        table = pd.DataFrame({name: values.cpu().numpy() for name, values in summary.items()})
        rows.append(table.assign(shell=number).rename_axis("image").reset_index())
    return pd.concat(rows, ignore_index=True)


def white_noise_like(changed: Tensor, images: Tensor, *, norm: str, seed: int = 0) -> Tensor:
    """Change images by white noise as much as something else did, and clip them to [0, 1].

    Args:
        changed: ``(m, c, n, n)``, images with the other change.
        images: The images.
        norm: What is made equal for each image: ``"l2"``, by Gaussian noise, whose clipped change has that norm; or
            ``"linf"``, by signs of the largest change.
        seed: Of the noise.

    Raises:
        ValueError: If there is no such norm.

    Example:
        >>> images = torch.full((2, 1, 4, 4), 0.5)
        >>> noisy = white_noise_like(images + 0.1, images, norm="l2")
        >>> (noisy - images).flatten(1).norm(dim=1)
        tensor([0.4000, 0.4000])
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(images.shape, generator=generator, dtype=torch.float64).to(images)
    if norm == "linf":
        most = (changed - images).abs().amax(dim=(1, 2, 3), keepdim=True)
        return (images + most * noise.sign()).clamp(0, 1)
    if norm != "l2":
        raise ValueError(f"norm={norm!r}: there are l2, linf")
    wanted = (changed - images).flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    low = torch.zeros_like(wanted)
    high = torch.full_like(wanted, 1e3)
    for _ in range(60):
        middle = (low + high) / 2
        less = ((images + middle * noise).clamp(0, 1) - images).flatten(1).norm(dim=1).view(-1, 1, 1, 1) < wanted
        low, high = torch.where(less, middle, low), torch.where(less, high, middle)
    return (images + low * noise).clamp(0, 1)


def robust_images(
    features: Callable[[Tensor], Tensor], model: nn.Module, images: Tensor, *, steps: int, seed: int = 0
) -> Tensor:
    r"""Make images anew from what a network's features keep of them.

    .. math:: x_r = \arg\min_{x'} \| g(x') - g(x) \|_2

    It begins at uniform noise and ends after so many steps of Adam at a rate of .05, clipped to [0, 1] after each.

    Args:
        features: From images to features ``(m, d)``, by the model.
        model: The network; it is evaluated, and left as it was.
        images: ``(m, c, n, n)`` in [0, 1].
        steps: How many.
        seed: Of the noise.

    Reference:
        Wang et al. 2020, Eq. 9 (after Ilyas et al. 2019); optimizer and steps are ours.
    """
    generator = torch.Generator().manual_seed(seed)
    made = torch.rand(images.shape, generator=generator).to(images).requires_grad_()
    updater = torch.optim.Adam([made], lr=0.05)
    with visiting(model):
        wanted = features(images.clone()).detach()
        for _ in tqdm(range(steps), desc="features", leave=False, disable=None):
            (grown,) = torch.autograd.grad((features(made.clone()) - wanted).norm(dim=1).sum(), made)
            made.grad = grown
            updater.step()
            with torch.no_grad():
                made.clamp_(0, 1)
    return made.detach()
