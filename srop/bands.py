"""Accuracy under noise of one band of frequencies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from srop.checks import require_number, require_one_of, require_seed, require_size
from srop.differences import mean_interval
from srop.occlusion import (
    Normalize,
    checked,
    images_of,
    logits_of,
    pairs,
    require_classes,
    transformed,
    within_space,
)
from srop.sizes import MapSize, as_size

BANDS = ("rings", "squares")
NORMS = ("l2", "rms", "white")
DISTRIBUTIONS = ("normal", "sign")
_DIGITS = 9
"""Frequencies and ends of bands are rounded to this many decimals, so that equal ones compare as equal."""


def component_frequencies(size: int | tuple[int, int], bands: str = "rings") -> Tensor:
    r"""Give the frequency of every component of a DFT, in units of pi radians per pixel.

    .. math:: 2 \sqrt{(u / H)^2 + (v / W)^2} \text{ or } 2 \max(|u| / H, |v| / W)

    u and v count periods from -H / 2 and -W / 2. So 1 is the finest frequency of an axis, half a cycle per pixel, and
    the corners of the spectrum have :math:`\sqrt 2` on rings, 1 on squares.

    Args:
        size: Edge length, or rows H and columns W.
        bands: ``"rings"`` or ``"squares"``, what lies at one frequency.

    Returns:
        float64 ``(H, W)`` in the order of an FFT, zero frequency first.

    Raises:
        TypeError: If the size has another type.
        ValueError: If a side is not positive, or the word is unknown.

    Example:
        >>> component_frequencies((2, 4))
        tensor([[0.0000, 0.5000, 1.0000, 0.5000],
                [1.0000, 1.1180, 1.4142, 1.1180]], dtype=torch.float64)
    """
    require_one_of("bands", bands, BANDS)
    down, across = (2 * np.abs(np.fft.fftfreq(side)) for side in as_size(size))
    frequency = np.maximum(down[:, None], across)
    if bands == "rings":
        frequency = np.sqrt(down[:, None] ** 2 + across**2)
    return torch.from_numpy(frequency.round(_DIGITS))


@dataclass(frozen=True)
class BandNoise:
    """The choices in which noise of one band may differ; the fields are those of :func:`band_accuracy`."""

    norm: float
    norm_of: str = "l2"
    bands: str = "rings"
    distribution: str = "normal"
    gray: bool = False
    dc: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if require_number("norm", self.norm, "the norm of the noise of an image") <= 0:
            raise ValueError(f"norm={self.norm:g}: the norm of noise is positive; give a number above 0")
        require_one_of("norm_of", self.norm_of, NORMS)
        require_one_of("bands", self.bands, BANDS)
        require_one_of("distribution", self.distribution, DISTRIBUTIONS)
        for name in ("gray", "dc"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name}={getattr(self, name)!r}: give True or False")
        require_seed(self.seed)

    def masks(self, size: MapSize, ends: Sequence[tuple[float, float]]) -> Tensor:
        """Give which components lie between the ends of each band, Boolean ``(bands, H, W)``."""
        frequency = component_frequencies(size, self.bands)
        masks = torch.stack(
            [(frequency >= round(low, _DIGITS)) & (frequency < round(high, _DIGITS)) for low, high in ends]
        )
        masks[:, 0, 0] &= self.dc
        return masks

    def spectrum(self, number: int, shape: Sequence[int]) -> Tensor:
        """Give the unitary DFT ``(c, H, W)`` of white noise with a deviation of 1, by its number."""
        generator = np.random.default_rng([self.seed, number])
        noise = torch.from_numpy(generator.standard_normal((1, *shape[1:]) if self.gray else tuple(shape)))
        return transformed(noise.sign() if self.distribution == "sign" else noise, "dft").expand(*shape)

    def scaled(self, noise: Tensor) -> Tensor:
        """Bring noise ``(b, c, H, W)`` to its norm; it was white with a deviation of 1 before its band was cut out."""
        if self.norm_of == "white":
            return self.norm * noise
        norm = self.norm * (noise[0].numel() ** 0.5 if self.norm_of == "rms" else 1)
        return norm * noise / noise.flatten(1).norm(dim=1)[:, None, None, None]


def band_noise(
    shape: Sequence[int],
    band: tuple[float, float],
    *,
    norm: float,
    norm_of: str = "l2",
    bands: str = "rings",
    distribution: str = "normal",
    gray: bool = False,
    dc: bool = False,
    seed: int = 0,
) -> Tensor:
    r"""Make noise that has power in one band of frequencies alone.

    .. math:: n = \epsilon \frac{\tilde n}{\lVert \tilde n \rVert_2}, \qquad
              \tilde n = F^{-1}\big(F(\delta) \odot M\big), \qquad M(k) = [f_0 \le f(k) < f_1]

    Args:
        shape: ``(m, c, H, W)``.
        band: The ends :math:`f_0 < f_1`, in units of pi radians per pixel (:func:`component_frequencies`).
        norm: As for :func:`srop.band_accuracy`.
        norm_of: As for :func:`srop.band_accuracy`.
        bands: As for :func:`srop.band_accuracy`.
        distribution: As for :func:`srop.band_accuracy`.
        gray: As for :func:`srop.band_accuracy`.
        dc: As for :func:`srop.band_accuracy`.
        seed: As for :func:`srop.band_accuracy`; image i has the noise that it has there in the first draw.

    Returns:
        float64 ``(m, c, H, W)`` on the CPU.

    Raises:
        TypeError: As for :func:`srop.band_accuracy`.
        ValueError: As for :func:`srop.band_accuracy`; if the shape is another, or the band holds no component.

    Reference:
        Park and Kim 2022, Sec. 2.2 and Fig. 2b (the mask).

    Example:
        >>> noise = band_noise((5, 3, 16, 16), (0.4, 0.5), norm=2.0)
        >>> noise.flatten(1).norm(dim=1).round(decimals=6)
        tensor([2., 2., 2., 2., 2.], dtype=torch.float64)
        >>> power = torch.fft.fft2(noise).abs().square().sum((0, 1))
        >>> sorted(component_frequencies(16)[power > 1e-20].unique().tolist())
        [0.450693909]
    """
    way = BandNoise(norm, norm_of, bands, distribution, gray, dc, seed)
    if len(shape) != 4:
        raise ValueError(f"shape={tuple(shape)}: give images, colors, rows and columns")
    count, *rest = (require_size("shape", side, "images, colors, rows or columns") for side in shape)
    low, high = (require_number("band", end, "two frequencies in units of pi") for end in band)
    mask = way.masks(MapSize(*rest[1:]), [(low, high)])[0]
    if not mask.any():
        raise ValueError(f"band={(low, high)}: no component of {rest[1]} x {rest[2]} lies in it; give a wider band")
    spectra = torch.stack([way.spectrum(number, rest) for number in range(count)])
    return way.scaled(images_of(spectra * mask, "dft"))


@torch.no_grad()
def band_accuracy(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    norm: float,
    norm_of: str = "l2",
    width: float = 0.1,
    centers: Sequence[float] | None = None,
    bands: str = "rings",
    distribution: str = "normal",
    gray: bool = False,
    dc: bool = False,
    space: str = "pixels",
    clip: bool = False,
    draws: int = 1,
    normalize: Normalize = None,
    seed: int = 0,
    batch_size: int = 250,
) -> pd.DataFrame:
    r"""Measure a classifier's accuracy under noise of one band of frequencies, band by band.

    .. math:: A(f) = \frac{1}{m} \sum_i \big[\arg\max g\big(x_i + n_i(f)\big) = y_i\big]

    The noise :math:`n_i(f)` has power at frequencies from f - w / 2 to below f + w / 2 alone; :func:`band_noise` makes
    it. An image's noise is cut out of one white noise in all bands.

    Args:
        model: A classifier with logits ``(b, classes)``, two classes or more; it is evaluated, and left as it was.
        images: ``(m, c, H, W)`` in [0, 1] (rounding errors are clipped), on the network's device.
        labels: The class of each image ``(m,)``.
        norm: The norm :math:`\epsilon` of an image's noise, above 0; in units of pixels in [0, 1] or, with
            ``space="input"``, of the network's input.
        norm_of: What has this norm. ``"l2"``: the noise of an image, over all its colors. ``"rms"``: its root mean
            square. ``"white"``: the deviation of the white noise before the band is cut out, as in the authors' code;
            bands of more components then have stronger noise.
        width: Width w of a band, in units of pi radians per pixel.
        centers: Centers f of the bands in the same unit. None means bands that touch, from 0 to 1.
        bands: ``"rings"`` about zero frequency, or ``"squares"``, as in the authors' code.
        distribution: Of the white noise: ``"normal"``, or ``"sign"``, 1 and -1, as in the authors' code. A narrow band
            hides the difference.
        gray: Whether all colors have the same noise.
        dc: Whether zero frequency belongs to its band; its noise changes brightness alone.
        space: Where the noise is added: ``"pixels"``, before ``normalize``; ``"input"``, after it, as in the authors'
            code. The same norm is then another noise: see ``norm``.
        clip: Whether the images with noise are clipped to [0, 1], which makes the noise weaker and puts power into
            other bands; for ``"pixels"`` alone.
        draws: How many noises each image gets.
        normalize: Applied to copies of the images before the network; a function, or a module.
        seed: Seed of the noise, 0 or more.
        batch_size: How many images the network gets at a time, which sets the memory.

    Returns:
        A row per band, in the order of the centers:

        - ``center``, ``low``, ``high``: in units of pi radians per pixel; ``components``: how many components of the
          DFT lie in the band
        - ``accuracy``: the share of images and draws whose class under noise is the label
        - ``clean``: the accuracy without noise; ``fall``: ``clean`` less ``accuracy``; ``lower``, ``upper``: its
          interval of 95 % from a bootstrap over images, NaN for a single image
        - ``l2``, ``rms``: the mean over images of the norm of what was added, after clipping
        - ``images``, ``draws``, and the arguments ``norm``, ``norm_of``, ``bands``, ``distribution``,
          ``gray``, ``dc``, ``space``, ``clip``

        A band without a component has no noise; all its values are NaN.

    Raises:
        TypeError: If images or labels are not tensors, the model is not a network, ``normalize`` is not a function, or
            an argument has another type.
        ValueError: If images have another shape or lie outside [0, 1]; if there is not one label per image, or a label
            is not one of the classes; if a word is unknown; if a norm, a width or a number of draws is not positive; if
            there are no centers, or a band lies below zero frequency; if noise is added to the input and clipped; if
            the network gives NaN, or anything else than logits of two classes or more.
        RuntimeError: If the network cannot take the images.

    Reference:
        Park and Kim 2022, Fig. 2b, whose code was never released. The authors' answers to questions about it have
        ``norm_of="white"``, ``bands="squares"``, ``distribution="sign"`` and ``space="input"``.

    Example:
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 4))
        >>> images, labels = torch.rand(6, 3, 16, 16), torch.tensor([0, 1, 2, 3, 0, 1])
        >>> table = band_accuracy(model, images, labels, norm=1.0, width=0.25)
        >>> table[["center", "components"]].values.tolist()
        [[0.125, 8.0], [0.375, 36.0], [0.625, 64.0], [0.875, 84.0]]
    """
    images, labels, batch_size = checked(model, images, labels, normalize, batch_size)
    way = BandNoise(norm, norm_of, bands, distribution, gray, dc, seed)
    draws = require_size("draws", draws, "noises of an image")
    if not isinstance(clip, bool):
        raise TypeError(f"clip={clip!r}: give True or False")
    ends = _ends(centers, width)
    source, rest = within_space(images, normalize, space, batch_size)
    if clip and space == "input":
        raise ValueError("clip=True with space='input': only pixels lie in [0, 1]; leave one of them out")
    masks = way.masks(MapSize(*source.shape[-2:]), ends)
    filled = masks.flatten(1).any(dim=1).nonzero()[:, 0].tolist()
    right, norms = torch.zeros(2, len(images), len(ends), dtype=torch.float64, device="cpu")
    with logits_of(model, rest, images.dtype) as logits:
        whole = torch.cat([logits(batch) for batch in source.split(batch_size)])
        classes = require_classes(labels, whole)
        clean = whole.argmax(dim=1) == classes
        cut = masks[filled].to(source.device)
        for number, band in pairs(draws * len(images), len(filled), batch_size, "noisy images", source.device):
            distinct, place = number.unique(return_inverse=True)
            spectra = torch.stack([way.spectrum(each, source.shape[1:]) for each in distinct.tolist()]).to(
                source.device
            )
            noise = way.scaled(images_of(spectra[place] * cut[band][:, None], "dft")).to(source.dtype)
            image = number % len(images)
            noisy = source[image] + noise
            noisy = noisy.clamp(0, 1) if clip else noisy
            is_right = logits(noisy).argmax(dim=1) == classes[image]
            places = image.cpu(), torch.tensor(filled, device="cpu")[band.cpu()]
            right.index_put_(places, is_right.double().cpu() / draws, accumulate=True)
            norms.index_put_(
                places, (noisy - source[image]).flatten(1).norm(dim=1).double().cpu() / draws, accumulate=True
            )
    return _table(ends, masks, right, norms, clean).assign(
        rms=lambda table: table["l2"] / source[0].numel() ** 0.5,
        images=len(images),
        draws=draws,
        norm=norm,
        norm_of=norm_of,
        bands=bands,
        distribution=distribution,
        gray=gray,
        dc=dc,
        space=space,
        clip=clip,
    )


def _ends(centers: Sequence[float] | None, width: float) -> list[tuple[float, float]]:
    """Give the ends of bands."""
    width = require_number("width", width, "the width of a band in units of pi")
    if width <= 0:
        raise ValueError(f"width={width:g}: the width of a band is positive; give a number above 0")
    if centers is None:
        if width > 1:
            raise ValueError(f"width={width:g}: no band of it fits between 0 and 1; give centers, or a smaller width")
        return [(place * width, (place + 1) * width) for place in range(int(1 / width + 1e-9))]
    if isinstance(centers, str) or not isinstance(centers, Iterable):
        raise TypeError(f"centers={centers!r}: give a list of frequencies, such as [0.1, 0.5]")
    middles = [require_number("centers", center, "frequencies in units of pi") for center in centers]
    if not middles:
        raise ValueError("centers: an empty list was given; give at least one frequency")
    ends = [(middle - width / 2, middle + width / 2) for middle in middles]
    if low := [middle for middle, (_, high) in zip(middles, ends, strict=True) if high <= 0]:
        raise ValueError(f"centers: {low[0]:g} lies below zero frequency; give frequencies from 0")
    return ends


def _table(
    ends: Sequence[tuple[float, float]], masks: Tensor, right: Tensor, norms: Tensor, clean: Tensor
) -> pd.DataFrame:
    lows, highs = np.array(ends).T
    filled = masks.flatten(1).any(dim=1).numpy()
    falls = clean.double().cpu().numpy()[:, None] - right.numpy()
    falls[:, ~filled] = np.nan
    lower, upper = mean_interval(falls)
    overall = float(clean.double().mean())
    return pd.DataFrame(
        {
            "center": ((lows + highs) / 2).round(_DIGITS),
            "low": lows.round(_DIGITS),
            "high": highs.round(_DIGITS),
            "components": masks.flatten(1).sum(dim=1).numpy(),
            "accuracy": np.where(filled, right.mean(dim=0).numpy(), np.nan),
            "clean": np.where(filled, overall, np.nan),
            "fall": falls.mean(axis=0),
            "lower": lower,
            "upper": upper,
            "l2": np.where(filled, norms.mean(dim=0).numpy(), np.nan),
        }
    )
