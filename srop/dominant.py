"""Dominant frequencies of classes: those without which a classifier's loss rises most."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from srop.checks import require_images, require_number, require_size, require_tensor
from srop.occlusion import (
    Normalize,
    checked,
    computable,
    images_of,
    logits_of,
    occlusions,
    require_classes,
    transformed,
    within_space,
)
from srop.sizes import as_size


class DominantFrequencies(NamedTuple):
    """The result of :func:`dominant_frequencies`; maps have zero frequency at ``[H // 2, W // 2]``.

    Attributes:
        classes: The classes that occur among the labels, ascending, ``(k,)``.
        images: The number of images of each, ``(k,)``.
        loss: The mean cross entropy of each over whole images, float64 ``(k,)``.
        rise: By how much it rises without a frequency, float64 ``(k, H, W)``.
        mask: The dominant frequencies, Boolean ``(k, H, W)``.
    """

    classes: Tensor
    images: Tensor
    loss: Tensor
    rise: Tensor
    mask: Tensor


def conjugate_pairs(size: int | tuple[int, int], patch: int = 1) -> Tensor:
    """Number the components of a DFT so that (u, v) and (-u, -v), one wave of a real image, have one number.

    Args:
        size: Edge length, or rows H and columns W.
        patch: Odd edge length of patches of components that have one number, and whose first is centered at zero
            frequency.

    Returns:
        Integers ``(H, W)`` in the order of an FFT; all numbers up to the largest occur.

    Raises:
        TypeError: If the size or the patch has another type.
        ValueError: If the patch is even, or a number is not positive.

    Example:
        >>> conjugate_pairs(4)
        tensor([[9, 8, 7, 8],
                [5, 4, 3, 6],
                [2, 1, 0, 1],
                [5, 6, 3, 4]])
    """
    size = as_size(size)
    if require_size("patch", patch, "components along an edge") % 2 == 0:
        raise ValueError(f"patch={patch}: the patch about zero frequency is symmetric; give an odd number")
    # Patches by their distance from the patch about zero frequency, along each axis.
    down, across = (
        torch.div(
            (torch.fft.fftfreq(side, device="cpu") * side).round().long() + patch // 2, patch, rounding_mode="floor"
        )
        for side in size
    )
    own = (down[:, None] + size.rows) * 4 * size.columns + across + size.columns
    conjugate = own.flip(0, 1).roll((1, 1), (0, 1))
    return torch.minimum(own, conjugate).unique(return_inverse=True)[1]


@torch.no_grad()
def dominant_frequencies(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    share: float = 0.05,
    patch: int = 1,
    space: str = "pixels",
    normalize: Normalize = None,
    batch_size: int = 250,
) -> DominantFrequencies:
    r"""Find the dominant frequencies of each class: those without which its loss rises most.

    .. math:: r_c(k) = \frac{1}{m_c} \sum_{i: y_i = c} \Big[\ell\big(F^{-1}(F(x_i) \odot \bar M_k), c\big)
              - \ell(x_i, c)\Big]

    The loss is the cross entropy, and :math:`\bar M_k` takes out the components k and -k of each color. The frequencies
    of a class are ranked by their rise; the first of them, up to the share, are its dominant-frequency map. The images
    without a frequency are not clipped.

    Args:
        model: A classifier with logits ``(b, classes)``, two classes or more; it is evaluated, and left as it was.
        images: ``(m, c, H, W)`` in [0, 1] (rounding errors are clipped), on the network's device.
        labels: The class of each image ``(m,)``.
        share: The share of all components that are dominant, above 0 and at most 1; the mask holds as many whole pairs
            as fit, and one at least. A pair of large patches may be a larger share than this; then so is the mask.
            Equal rises have the order of :func:`srop.dominant.conjugate_pairs`.
        patch: Odd edge length of patches of components that are taken out together, which saves time: the network runs
            about H W / (2 patch^2) times for each image.
        space: Where components are taken out: ``"pixels"``, before ``normalize``; ``"input"``, after it, as in the
            authors' code. If ``normalize`` is a shift and a factor for each color, only zero frequency differs: it is
            black in the first case, and the mean color of the normalization in the second.
        normalize: Applied to copies of the images before the network; a function, or a module.
        batch_size: How many images the network gets at a time, which sets the memory.

    Returns:
        A :class:`srop.dominant.DominantFrequencies` ``(classes, images, loss, rise, mask)`` on the CPU. A rise is
        positive where a frequency supports the class, and negative where the class is better off without it; dominant
        frequencies are the largest, whatever their sign.

    Raises:
        TypeError: If images or labels are not tensors, the model is not a network, or ``normalize`` is not a function.
        ValueError: If images have another shape or lie outside [0, 1]; if there is not one label per image, or a label
            is not one of the classes; if a word is unknown, the share lies outside 0 to 1, or the patch is even; if the
            network gives NaN or infinite values, or anything else than logits of two classes or more.
        RuntimeError: If the network cannot take the images.

    Reference:
        Wang et al. 2023 (What do neural networks learn in image classification? A frequency shortcut perspective),
        the section on frequency shortcuts: dominant-frequency maps.

    Example:
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
        >>> wave = torch.cos(2 * torch.pi * 3 * torch.arange(8) / 8).expand(8, 8)  # three periods from left to right
        >>> _ = model[1].weight.data.copy_(torch.stack([wave.flatten(), -wave.flatten()]))
        >>> result = dominant_frequencies(model, 0.5 + 0.4 * wave[None, None], torch.tensor([0]), share=0.04)
        >>> (result.mask[0].nonzero() - 4).tolist()
        [[0, -3], [0, 3]]
    """
    images, labels, batch_size = checked(model, images, labels, normalize, batch_size)
    if not 0 < require_number("share", share, "a share of all components") <= 1:
        raise ValueError(f"share={share:g}: a share of all components is above 0 and at most 1")
    number = conjugate_pairs(tuple(images.shape[-2:]), patch)
    source, rest = within_space(images, normalize, space, batch_size)
    losses = torch.empty(len(images), int(number.max()) + 1, dtype=torch.float64, device="cpu")

    def loss(answers: Tensor, classes: Tensor) -> Tensor:
        values = cross_entropy(answers.double(), classes, reduction="none").cpu()
        if not values.isfinite().all():
            raise ValueError("the network gives infinite logits, which have no cross entropy; check its weights")
        return values

    with logits_of(model, rest, images.dtype) as logits:
        whole = torch.cat([logits(batch) for batch in source.split(batch_size)])
        classes = require_classes(labels, whole)
        before = loss(whole, classes)
        for image, pair, occluded in occlusions(source, number.to(source.device), "dft", batch_size):
            losses[image.cpu(), pair.cpu()] = loss(logits(occluded), classes[image])
    own = classes.cpu()
    present, counts = own.unique(return_counts=True)
    rises = torch.stack([(losses[own == each] - before[own == each, None]).mean(dim=0) for each in present])
    masks = torch.stack([_first(rise, number.flatten().bincount(), share) for rise in rises])
    maps = (torch.fft.fftshift(values[:, number], (-2, -1)) for values in (rises, masks))
    return DominantFrequencies(present, counts, torch.stack([before[own == each].mean() for each in present]), *maps)


def _first(rise: Tensor, components: Tensor, share: float) -> Tensor:
    """Give which frequencies are the first by their rise, up to a share of all components."""
    order = rise.argsort(descending=True, stable=True)
    # A share such as 0.07 of 100 components is seven of them, whatever the rounding.
    fits = components[order].cumsum(0) <= share * int(components.sum()) + 1e-6
    fits[0] = True
    return torch.zeros_like(rise, dtype=torch.bool).index_fill_(0, order[fits], True)


def kept_frequencies(images: Tensor, mask: Tensor) -> Tensor:
    r"""Keep some frequencies of images, and take out all others: :math:`F^{-1}(F(x) \odot M)`.

    With the mask of a class, this shows whether the class is recognized by its dominant frequencies alone, and whether
    images of other classes are then taken for it, which is the paper's sign of a frequency shortcut.

    Args:
        images: ``(m, c, H, W)``, floating point.
        mask: Boolean ``(H, W)`` with zero frequency at ``[H // 2, W // 2]``, such as
            ``dominant_frequencies(...).mask[0]``; (u, v) and (-u, -v) both, or neither.

    Returns:
        ``(m, c, H, W)``, not clipped; float32 for half precision.

    Raises:
        TypeError: If images or mask are not tensors.
        ValueError: If images have another shape or are not floating point; if the mask has another shape or type, or
            holds one component of a conjugate pair alone.

    Reference:
        Wang et al. 2023, as for :func:`srop.dominant_frequencies`.

    Example:
        >>> mask = torch.zeros(4, 4, dtype=torch.bool)
        >>> mask[2, 2] = True
        >>> kept_frequencies(torch.eye(4)[None, None], mask)[0, 0, 0]
        tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    require_images("images", images)
    require_tensor("mask", mask)
    if not images.is_floating_point():
        raise ValueError(f"images are {images.dtype}; give floating point, such as images / 255 for bytes")
    if mask.dtype != torch.bool or mask.shape != images.shape[-2:]:
        raise ValueError(
            f"mask of shape {tuple(mask.shape)} and {mask.dtype}; give a Boolean one of {tuple(images.shape[-2:])}"
        )
    mask = torch.fft.ifftshift(mask.to(images.device))
    if not torch.equal(mask, mask.flip(0, 1).roll((1, 1), (0, 1))):
        raise ValueError(
            "mask holds (u, v) without (-u, -v), its conjugate; zero frequency lies at [H // 2, W // 2], and a mask "
            "that is symmetric about another place is off by one"
        )
    return images_of(transformed(computable(images), "dft") * mask, "dft")
