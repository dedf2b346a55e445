"""How a change of images changes their frequencies; white noise of the same size; images made from features."""

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from srop.guest import visiting
from srop.occlusion import shells, transformed


class ChangedImages(NamedTuple):
    """Images before and after a change.

    Attributes:
        reading: One of :data:`srop.experiments.adversarial.readings.ATTACKED_AS`.
        attack: The name of an attack; ``"clamped"`` for images clamped to [0, 1] without an attack; or ``"features"``
            for images made from the features of the network's penultimate layer.
        images: The images before, ``(m, 1, 28, 28)``.
        changed: The images after.
        adversarial: Which of them are adversarial examples.
        counted: Which count in the tables of changes: adversarial examples, or all if none is sought.
    """

    reading: str
    attack: str
    images: Tensor
    changed: Tensor
    adversarial: Tensor
    counted: Tensor


def relative_change(changed: Tensor, images: Tensor) -> Tensor:
    r"""Give the relative change of each component of each image.

    .. math:: | (DCT(x') - DCT(x)) / DCT(x) |

    Eq. 8 is its mean over images. A few components near zero make most of that mean, so tables have the median, too.

    Args:
        changed: ``(m, c, n, n)``.
        images: The images before the change, in the same shape. Their type decides which components are only rounding.

    Returns:
        float64 ``(m, c, n, n)``. NaN where a component is zero or only rounding: everywhere for a black image,
        everywhere except for the first component for a flat image, and for stripes at components that vary along them.

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
    """Give the largest component that rounding alone can make, as a share of the image's norm.

    Rounding each pixel once, by at most half a unit in the last place, changes no component by more than half a unit
    times the norm. The bound is half as large again, for the arithmetic that made the image. The transform is in
    float64; its errors were below three units at all sizes up to 224.
    """
    unit = torch.finfo(dtype).eps if dtype.is_floating_point else 0.0
    return max(0.75 * unit, 8 * torch.finfo(torch.float64).eps)


def changes_table(changed: Tensor, images: Tensor, *, averaged_colors: bool = False) -> pd.DataFrame:
    """Summarize how much each frequency of each image changed.

    Args:
        changed: ``(m, c, n, n)``, the images after the change.
        images: The images before, in the same shape.
        averaged_colors: Whether the DCT is averaged over the colors first, as in the authors' code.

    Returns:
        A row per image and shell: ``image``, ``shell``; ``mean`` and ``median``, of the relative changes in the shell;
        ``amount``, the root mean square of the changes themselves.
    """
    if averaged_colors:
        changed, images = (batch.mean(dim=1, keepdim=True) for batch in (changed, images))
    shell = shells(images.shape[-1], "dct").to(images.device).flatten()
    relative = relative_change(changed, images).flatten(2)
    amount = transformed((changed - images).double(), "dct").square().flatten(2)
    rows = []
    for number in range(images.shape[-1]):
        changes = relative[:, :, shell == number].flatten(1)
        root = amount[:, :, shell == number].mean(dim=(1, 2)).sqrt()
        summary = {"mean": changes.nanmean(dim=1), "median": changes.nanquantile(0.5, dim=1), "amount": root}
        table = pd.DataFrame({name: values.cpu().numpy() for name, values in summary.items()})
        rows.append(table.assign(shell=number).rename_axis("image").reset_index())
    return pd.concat(rows, ignore_index=True)


def white_noise_like(changed: Tensor, images: Tensor, *, norm: str, seed: int = 0) -> Tensor:
    """Add white noise as large as another change of the same images, and clip to [0, 1].

    Args:
        changed: ``(m, c, n, n)``, the images after the other change.
        images: The images before, in the same shape.
        norm: The norm of the change that is equal for each image: ``"l2"`` takes Gaussian noise, measured after
            clipping; ``"linf"`` takes random signs times the largest change.
        seed: The seed of the noise.

    Raises:
        ValueError: If the norm does not exist.

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
        raise ValueError(f"there is no norm {norm!r}; give l2 or linf")
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
    r"""Reconstruct images from a network's features of them.

    .. math:: x_r = \arg\min_{x'} \| g(x') - g(x) \|_2

    The search starts at uniform noise and takes steps of Adam at a rate of .05, each clipped to [0, 1].

    Args:
        features: The function from images to features ``(m, d)`` of the model.
        model: The network. It runs in evaluation mode and is left as it was.
        images: ``(m, c, n, n)`` in [0, 1].
        steps: How many steps Adam takes.
        seed: The seed of the noise.

    Reference:
        Wang et al. 2020, Eq. 9 (after Ilyas et al. 2019); optimizer and steps are ours.
    """
    generator = torch.Generator().manual_seed(seed)
    result = torch.rand(images.shape, generator=generator).to(images).requires_grad_()
    updater = torch.optim.Adam([result], lr=0.05)
    with visiting(model):
        target = features(images.clone()).detach()
        for _ in tqdm(range(steps), desc="features", leave=False, disable=None):
            (gradient,) = torch.autograd.grad((features(result.clone()) - target).norm(dim=1).sum(), result)
            result.grad = gradient
            updater.step()
            with torch.no_grad():
                result.clamp_(0, 1)
    return result.detach()
