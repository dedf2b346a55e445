"""Which input frequencies a classifier depends on: occluded frequencies, and the Fourier heat map."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import lru_cache
from math import lcm
from typing import NamedTuple

import numpy as np
import torch
from scipy.fft import dct
from torch import Tensor, nn
from tqdm import tqdm

from srop.checks import (
    require_hookable,
    require_number,
    require_one_of,
    require_seed,
    require_size,
    require_tensor,
    within_one,
)
from srop.guest import visiting
from srop.halving import by_halves
from srop.rings import ring_index
from srop.sizes import MapSize, as_size
from srop.spectra import full_precision

TRANSFORMS = ("dct", "dft")
BASELINES = ("zeros", "random", "other")
SCORES = ("label", "predicted")
SPACES = ("pixels", "input")

Normalize = Callable[[Tensor], Tensor] | None
"""A function from images in [0, 1] to the network's input; None if the network takes such images."""


def shells(size: int | tuple[int, int], transform: str) -> Tensor:
    r"""Give the number of the frequency of every component of a transformed image.

    .. math:: \lfloor N \max(u / H, v / W) \rfloor \text{ or } \lfloor N \sqrt{(u / H)^2 + (v / W)^2} \rfloor,
              \quad N = \max(H, W)

    Args:
        size: Edge length N, or rows H and columns W.
        transform: ``"dct"``: L-shaped shells of the orthonormal DCT-II, :math:`\max(u, v)` of a square image, 0 to
            N - 1. ``"dft"``: rings about DC, like the rings of an SROP, in the order of an FFT; 0 is DC alone.

    Returns:
        Integers ``(H, W)``. Every number up to the largest occurs.

    Reference:
        Wang et al. 2020 (the shells).

    Example:
        >>> shells(3, "dct").tolist(), shells((2, 4), "dct").tolist()
        ([[0, 1, 2], [1, 1, 2], [2, 2, 2]], [[0, 1, 2, 3], [2, 2, 2, 3]])
    """
    require_one_of("transform", transform, TRANSFORMS)
    size = as_size(size)
    if transform == "dft":
        return torch.from_numpy(ring_index(size, "dc").astype(np.int64))
    down, across = (torch.arange(side, device="cpu") * size.longer // side for side in size)
    return torch.maximum(down[:, None], across)


def transformed(images: Tensor, transform: str) -> Tensor:
    """Transform each color of images: by the orthonormal DCT-II or the unitary DFT.

    Args:
        images: ``(..., H, W)``; half precision is transformed in float32.
        transform: One of :data:`TRANSFORMS`.

    Returns:
        ``(..., H, W)``, complex for ``"dft"``.

    Example:
        >>> transformed(torch.ones(2, 2), "dct").abs().round()
        tensor([[2., 0.],
                [0., 0.]])
    """
    images = computable(images)
    if transform == "dft":
        return torch.fft.fft2(images, norm="ortho")
    down, across = (_cosines(side).to(images) for side in images.shape[-2:])
    with full_precision(images.device):
        return down @ images @ across.T


def images_of(components: Tensor, transform: str) -> Tensor:
    """Invert :func:`transformed`; for a DFT, give the real part."""
    if transform == "dft":
        return torch.fft.ifft2(components, norm="ortho").real
    down, across = (_cosines(side).to(components) for side in components.shape[-2:])
    with full_precision(components.device):
        return down.T @ components @ across


def occluded_frequency(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    normalize: Normalize = None,
    transform: str = "dct",
    baseline: str = "zeros",
    score: str = "label",
    seed: int = 0,
    batch_size: int = 250,
) -> Tensor:
    r"""Measure by how much the score of an image's class falls when a frequency is taken out of the image.

    .. math:: O_i = f_c(x) - f_c(T^{-1}(x^T_{\setminus i}))

    Here f_c is the logit of class c and T the transform. In the second term a baseline replaces the components of
    frequency i. The occluded image is not clipped; it is normalized afterwards.

    Args:
        model: A classifier with logits ``(b, classes)``, two classes or more; it is evaluated, and left as it was. A
            network that gives a single number for an image is refused, because the class of that number is unknown.
        images: ``(m, c, H, W)`` in [0, 1] (rounding errors are clipped), on the network's device.
        labels: The class of each image ``(m,)``.
        normalize: Applied to copies of whole and occluded images before the network; a function, or a module.
        transform: One of :data:`TRANSFORMS`; it defines the frequencies, as :func:`shells` numbers them.
        baseline: What replaces a component: ``"zeros"``; ``"random"``, a normal number with the mean and the standard
            deviation of this component over the images; ``"other"``, the next image's component (this project's own).
        score: The class whose logit is the score: the image's ``"label"``, or the class that is ``"predicted"`` for the
            whole image, as the paper's authors compute it.
        seed: Seed of the random baseline, 0 or more.
        batch_size: How many images the network gets at a time, which sets the memory.

    Returns:
        float64 ``(m, frequencies)`` on the CPU: positive where the frequency supports the class.

    Raises:
        TypeError: If images or labels are not tensors, the model is not a network, or ``normalize`` is not a function.
        ValueError: If images have another shape or lie outside [0, 1]; if there is not one label per image, or a label
            is not one of the classes; if a word is unknown; if there are too few images for the baseline; if the
            network gives NaN, or anything else than logits of two classes or more.
        RuntimeError: If the network cannot take the images.

    Reference:
        Wang et al. 2020, Eq. 6 and 7 (zeros and random); the DFT belongs to their theory, not to their experiments.

    Example:
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
        >>> occluded_frequency(model, torch.rand(3, 1, 4, 4), torch.tensor([0, 1, 1])).shape
        torch.Size([3, 4])
    """
    images, labels, batch_size = checked(model, images, labels, normalize, batch_size)
    require_one_of("transform", transform, TRANSFORMS)
    require_one_of("baseline", baseline, BASELINES)
    require_one_of("score", score, SCORES)
    seed = require_seed(seed)
    if baseline != "zeros" and len(images) < 2:
        raise ValueError(
            f"baseline={baseline!r} needs at least two images, and there is {len(images)}; give more, or 'zeros'"
        )
    frequency = shells(tuple(images.shape[-2:]), transform).to(images.device)
    count = int(frequency.max()) + 1
    replacement = _Baseline(baseline, images, transform, seed, batch_size)
    with logits_of(model, normalize, images.dtype) as logits:
        whole = torch.cat([logits(batch) for batch in images.split(batch_size)])
        classes = whole.argmax(dim=1) if score == "predicted" else require_classes(labels, whole)
        own = whole.gather(1, classes[:, None])
        falls = torch.empty(len(images), count, dtype=torch.float64, device="cpu")
        for image, shell, occluded in occlusions(images, frequency, transform, batch_size, replacement.components):
            fall = own[image] - logits(occluded).gather(1, classes[image, None])
            falls[image.cpu(), shell.cpu()] = fall[:, 0].double().cpu()
    return falls


def occlusions(
    images: Tensor,
    frequency: Tensor,
    transform: str,
    batch_size: int,
    baseline: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Take each frequency out of each image, batch by batch.

    Args:
        images: ``(m, c, H, W)``.
        frequency: Integers ``(H, W)``, the number of the frequency of each component; all numbers up to the largest
            occur, and in a DFT conjugate components have one number.
        transform: One of :data:`TRANSFORMS`.
        batch_size: How many images are occluded at a time.
        baseline: Gives components for numbers of images; None for zeros.

    Yields:
        The numbers of the images, the numbers of their frequencies, and the occluded images.

    Example:
        >>> images = torch.rand(2, 1, 4, 4)
        >>> [len(occluded) for _, _, occluded in occlusions(images, shells(4, "dct"), "dct", batch_size=5)]
        [5, 3]
    """
    count = int(frequency.max()) + 1
    for image, number in pairs(len(images), count, batch_size, "occluded images", images.device):
        distinct, place = image.unique(return_inverse=True)
        difference = transformed(images[distinct], transform)
        if baseline is not None:
            difference = difference - baseline(distinct)
        removed = difference[place] * (frequency == number[:, None, None])[:, None]
        yield image, number, images[image] - images_of(removed, transform)


def pairs(
    first: int, second: int, batch_size: int, task: str, device: torch.device | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Give all pairs of two numbers, batch by batch, with a progress bar; the second number changes fastest.

    Args:
        first: How many first numbers there are.
        second: How many second numbers there are.
        batch_size: How many pairs are given at a time.
        task: What the progress bar says.
        device: The device of the numbers.

    Example:
        >>> [(a.tolist(), b.tolist()) for a, b in pairs(2, 2, 3, "pairs")]
        [([0, 0, 1], [0, 1, 0]), ([1], [1])]
    """
    total = first * second
    for start in tqdm(range(0, total, batch_size), desc=task, leave=False, disable=None):
        pair = torch.arange(start, min(start + batch_size, total), device=device)
        yield pair // second, pair % second


def positive_shares(scores: Tensor) -> Tensor:
    r"""Give each frequency's share of the positive scores, :math:`\sum \max(O_i, 0) / \sum_i \sum \max(O_i, 0)`.

    Args:
        scores: ``(images, frequencies)``, as :func:`occluded_frequency` gives them, for images of one class or of all.

    Returns:
        Shares ``(frequencies,)``, which add up to 1; NaN if no score is positive.

    Raises:
        TypeError: If the scores are not a tensor.
        ValueError: If they are of another shape, or have NaN or infinite values.

    Example:
        >>> positive_shares(torch.tensor([[3.0, -1.0], [0.0, 1.0]]))
        tensor([0.7500, 0.2500])
    """
    require_tensor("scores", scores)
    if scores.ndim != 2 or not scores.numel():
        raise ValueError(
            f"scores of shape {tuple(scores.shape)}; give images x frequencies (for a single image scores[None])"
        )
    if not scores.isfinite().all():
        raise ValueError("scores have NaN or infinite values; leave those images out")
    positive = scores.clamp(min=0).sum(dim=0)
    return positive / positive.sum()


class HeatMap(NamedTuple):
    """The result of :func:`fourier_heatmap`: two maps ``(H, W)`` with DC at ``[H // 2, W // 2]``.

    Attributes:
        error: The share of images that are misclassified once the wave is added.
        change: The mean absolute change of the logit of an image's own class.
    """

    error: Tensor
    change: Tensor


def fourier_heatmap(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    norm: float,
    normalize: Normalize = None,
    clip: bool = False,
    seed: int = 0,
    batch_size: int = 250,
) -> HeatMap:
    r"""Measure how single waves of one l2 norm change a classifier's answers, wave by wave.

    The wave :math:`\pm \epsilon U_{uv}` is added to each color of each image, where :math:`U_{uv} \propto \cos(2 \pi (u
    y / H + v x / W))` has an l2 norm of 1, and the sign is random. (u, v) and (-u, -v) are the same wave.

    Args:
        model: As for :func:`occluded_frequency`.
        images: As for :func:`occluded_frequency`.
        labels: As for :func:`occluded_frequency`.
        norm: The l2 norm :math:`\epsilon` of the wave in each color, in units of pixels in [0, 1].
        normalize: As for :func:`occluded_frequency`; applied after the wave is added.
        clip: Whether the images with the wave are clipped to [0, 1], which makes the wave weaker and less pure.
        seed: Seed of the signs, 0 or more. Each image and color has one sign, the same for all waves.
        batch_size: As for :func:`occluded_frequency`.

    Returns:
        A :class:`HeatMap`.

    Raises:
        TypeError: As for :func:`occluded_frequency`, or if the norm is not a number.
        ValueError: As for :func:`occluded_frequency`, or if the norm is not positive.
        RuntimeError: As for :func:`occluded_frequency`.

    Reference:
        Yin et al. 2019, "A Fourier perspective on model robustness in computer vision".

    Example:
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
        >>> fourier_heatmap(model, torch.rand(3, 1, 4, 4), torch.tensor([0, 1, 1]), norm=0.5).change.shape
        torch.Size([4, 4])
    """
    images, labels, batch_size = checked(model, images, labels, normalize, batch_size)
    norm = require_number("norm", norm, "the l2 norm of a wave")
    if norm <= 0:
        raise ValueError(f"norm={norm:g}: the l2 norm of a wave is positive; give a number above 0")
    size = MapSize(*images.shape[-2:])
    generator = torch.Generator("cpu").manual_seed(require_seed(seed))
    signs = 2 * torch.randint(0, 2, images.shape[:2], generator=generator, device="cpu") - 1
    pixels = computable(images)
    signs = signs.to(pixels)
    waves = _half_of_waves(size)
    error, change = torch.empty(2, *size, dtype=torch.float64, device="cpu")
    with logits_of(model, normalize, images.dtype) as logits:
        whole = torch.cat([logits(batch) for batch in images.split(batch_size)])
        classes = require_classes(labels, whole)
        own = whole.gather(1, classes[:, None])[:, 0]
        errors, changes = torch.zeros(2, len(waves), dtype=torch.float64, device="cpu")
        for wave, image in pairs(len(waves), len(images), batch_size, "waves", images.device):
            distinct, place = wave.unique(return_inverse=True)
            patterns = torch.stack([_wave(size, *waves[number]) for number in distinct.tolist()]).to(pixels)[place]
            perturbed = pixels[image] + norm * signs[image][:, :, None, None] * patterns[:, None]
            answers = logits(perturbed.clamp(0, 1) if clip else perturbed)
            shift = (answers.gather(1, classes[image, None])[:, 0] - own[image]).abs()
            is_wrong = answers.argmax(dim=1) != classes[image]
            errors.index_add_(0, wave.cpu(), is_wrong.double().cpu())
            changes.index_add_(0, wave.cpu(), shift.double().cpu())
    for number, (u, v) in enumerate(waves):
        for y, x in ((u, v), (-u % size.rows, -v % size.columns)):
            error[y, x], change[y, x] = errors[number] / len(images), changes[number] / len(images)
    return HeatMap(torch.fft.fftshift(error), torch.fft.fftshift(change))


def computable(images: Tensor) -> Tensor:
    """Convert half precision, which has no Fourier transform on a CPU, to float32."""
    return images if images.dtype in (torch.float32, torch.float64) else images.float()


@lru_cache(maxsize=8)
def _cosines(size: int) -> Tensor:
    return torch.from_numpy(dct(np.eye(size), norm="ortho", axis=0))


class _Baseline:
    """The components that replace occluded ones, computed for few images at a time; the batch size changes nothing."""

    def __init__(self, kind: str, images: Tensor, transform: str, seed: int, batch_size: int) -> None:
        self._kind, self._images, self._transform, self._seed = kind, images, transform, seed
        if kind == "random":
            parts = images.split(batch_size)
            self._mean = sum(transformed(part, transform).sum(dim=0) for part in parts) / len(images)
            squares = sum((transformed(part, transform) - self._mean).abs().square().sum(dim=0) for part in parts)
            self._deviation = (squares / (len(images) - 1)).sqrt()

    def components(self, numbers: Tensor) -> Tensor:
        """Give the components that replace the components of images with these numbers."""
        if self._kind == "zeros":
            return computable(self._images).new_zeros(())
        if self._kind == "other":
            return transformed(self._images[numbers - 1], self._transform)
        return self._mean + self._deviation * torch.stack([self._noise(number) for number in numbers.tolist()])

    def _noise(self, number: int) -> Tensor:
        generator = np.random.default_rng([self._seed, number])
        real, imaginary = torch.from_numpy(generator.standard_normal((2, *self._mean.shape)))
        noise = torch.complex(real, imaginary) / 2**0.5 if self._mean.is_complex() else real
        return noise.to(self._mean)


def _half_of_waves(size: MapSize) -> list[tuple[int, int]]:
    """List one frequency of each pair (u, v) and (-u, -v)."""
    rows, columns = size
    return [(u, v) for u in range(rows) for v in range(columns) if (u, v) <= (-u % rows, -v % columns)]


@lru_cache(maxsize=4096)
def _wave(size: MapSize, u: int, v: int) -> Tensor:
    """Give a real wave of norm 1."""
    # Whole numbers, in units of a period over the least common multiple of the sides, so that phases are exact.
    period = lcm(*size)
    down, across = (torch.arange(side, dtype=torch.float64, device="cpu") * (period // side) for side in size)
    phase = (u * down[:, None] + v * across) % period
    wave = torch.cos(2 * torch.pi * phase / period)
    return wave / wave.norm()


@contextmanager
def logits_of(model: nn.Module, normalize: Normalize, dtype: torch.dtype) -> Iterator[Callable[[Tensor], Tensor]]:
    """Give a function from images to logits, within :func:`srop.guest.visiting`."""

    def logits(images: Tensor) -> Tensor:
        # A copy, because both may work in place.
        inputs = _normalized(images.to(dtype, copy=True), normalize)
        try:
            answers = model(inputs)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            shape = " x ".join(map(str, inputs.shape))
            raise RuntimeError(f"the network cannot take an input of {shape} ({error})") from error
        if isinstance(answers, Tensor) and tuple(answers.shape) in ((len(inputs),), (len(inputs), 1)):
            raise ValueError(
                "the network gives one number for each image, which does not show its class; give a network with two "
                "logits, such as torch.cat([-z, z], dim=1) for z of images x 1 that is positive for class 1"
            )
        require_logits("the network", answers, len(inputs))
        if answers.isnan().any():
            raise ValueError("the network gives NaN, which shows no class; check its weights and normalize=")
        return computable(answers)

    with ExitStack() as visits:
        for guest in (model, normalize):
            if isinstance(guest, nn.Module):
                visits.enter_context(visiting(guest))
        visits.enter_context(torch.no_grad())
        yield lambda images: torch.cat(by_halves(logits, images))


def _normalized(images: Tensor, normalize: Normalize) -> Tensor:
    if normalize is None:
        return images
    inputs = normalize(images)
    if not isinstance(inputs, Tensor) or len(inputs) != len(images):
        raise ValueError(
            f"normalize gives {_shape(inputs)} for {len(images)} images; give a function that takes a batch of "
            "images and returns it normalized"
        )
    return inputs


@torch.no_grad()
def within_space(
    images: Tensor, normalize: Normalize, space: str, batch_size: int
) -> tuple[Tensor, Callable[[Tensor], Tensor] | None]:
    """Give images in the space in which their frequencies are changed, and what is left to do before the network.

    Args:
        images: ``(m, c, H, W)`` in [0, 1].
        normalize: As for :func:`occluded_frequency`.
        space: One of :data:`SPACES`: ``"pixels"``, before the normalization, or ``"input"``, after it.
        batch_size: How many images are normalized at a time.

    Raises:
        ValueError: If the space is unknown, or the normalization gives no batch.

    Example:
        >>> images, rest = within_space(torch.ones(1, 1, 2, 2), lambda images: images - 0.5, "input", 10)
        >>> images.mean(), rest is None
        (tensor(0.5000), True)
    """
    require_one_of("space", space, SPACES)
    if space == "pixels" or normalize is None:
        return computable(images), normalize
    with visiting(normalize) if isinstance(normalize, nn.Module) else nullcontext():
        parts = [computable(_normalized(part.clone(), normalize)) for part in images.split(batch_size)]
    return torch.cat(parts), None


def require_logits(name: str, answers: object, count: int) -> None:
    """Require logits, images x classes.

    Args:
        name: The network's name, for the message.
        answers: What the network gives.
        count: The number of images.

    Raises:
        ValueError: If the answers are anything else.

    Example:
        >>> require_logits("resnet18", torch.zeros(3, 8, 4, 4), 3)
        Traceback (most recent call last):
        ValueError: resnet18 gives 3 x 8 x 4 x 4 for 3 images; give a classifier, whose logits are images x classes
    """
    if not isinstance(answers, Tensor) or answers.ndim != 2 or len(answers) != count:
        raise ValueError(
            f"{name} gives {_shape(answers)} for {count} images; give a classifier, whose logits are images x classes"
        )


def _shape(value: object) -> str:
    return " x ".join(map(str, value.shape)) if isinstance(value, Tensor) else f"a {type(value).__name__}"


def require_classes(labels: Tensor, logits: Tensor) -> Tensor:
    """Require that labels are classes of a network with these logits, and give them.

    Raises:
        ValueError: If a label is larger than the last class.
    """
    if labels.max() >= logits.shape[1]:
        raise ValueError(
            f"labels reach {int(labels.max())}, and the network has the classes 0 to {logits.shape[1] - 1}; give "
            "labels of these classes"
        )
    return labels


def checked(
    model: nn.Module, images: Tensor, labels: Tensor, normalize: Normalize, batch_size: int
) -> tuple[Tensor, Tensor, int]:
    """Check the arguments of a measurement; give the images clipped, and labels and batch size as whole numbers."""
    require_hookable(model)
    if normalize is not None and (isinstance(normalize, type) or not callable(normalize)):
        name = getattr(normalize, "__name__", type(normalize).__name__)
        raise TypeError(
            f"normalize: {name} was given; give a function of a batch of images, or an instance of an nn.Module"
        )
    pixels = within_one("images", images, otherwise=", and the network's own normalization as normalize=")
    require_tensor("labels", labels)
    hint = ", labels.argmax(dim=1) where they are one-hot" if labels.ndim == 2 and labels.shape[1] > 1 else ""
    if (
        labels.shape != pixels.shape[:1]
        or labels.dtype == torch.bool
        or labels.is_floating_point()
        or labels.is_complex()
    ):
        raise ValueError(
            f"labels of shape {tuple(labels.shape)} and {labels.dtype}; give a class for each image, {len(pixels)} "
            f"whole numbers{hint}"
        )
    classes = labels.to(pixels.device, torch.long)
    if classes.min() < 0:
        raise ValueError(f"labels begin at {int(classes.min())}; give classes, which begin at 0")
    return pixels.detach(), classes, require_size("batch_size", batch_size, "images")
