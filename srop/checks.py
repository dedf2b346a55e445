"""Checks of the arguments of public functions; each error says what was given and what is wanted."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from operator import index
from os import PathLike
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn

from srop.maps import is_square

_DENSE = {
    "sparse": "by its to_dense()",
    "nested": "by torch.stack of maps of one size",
    "quantized": "by its dequantize()",
    "meta": "on a device that holds values, such as cpu",
}


def require_tensor(name: str, value: Any) -> None:
    """Require a dense tensor that has values.

    Raises:
        TypeError: If the value is anything else.

    Example:
        >>> require_tensor("maps", [1.0])
        Traceback (most recent call last):
        TypeError: maps: a list was given; give a torch.Tensor, by torch.as_tensor
    """
    if isinstance(value, nn.Module):
        weight = "; give its .weight" if isinstance(getattr(value, "weight", None), Tensor) and name == "weight" else ""
        raise TypeError(f"{name}: a {type(value).__name__} was given{weight or '; give a torch.Tensor'}")
    if isinstance(value, list | tuple) and value and isinstance(value[0], Tensor):
        raise TypeError(
            f"{name}: a {type(value).__name__} of tensors was given; give one torch.Tensor, such as the first of them, "
            "or torch.stack of all"
        )
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}: a {type(value).__name__} was given; give a torch.Tensor, by torch.as_tensor")
    if value.layout is not torch.strided or value.is_quantized or value.is_nested or value.is_meta:
        kind = next((kind for kind in ("nested", "quantized", "meta") if getattr(value, f"is_{kind}")), "sparse")
        raise TypeError(f"{name}: a {kind} tensor was given; give a dense tensor, {_DENSE[kind]}")


def require_images(
    name: str, value: Any, colors: Sequence[int] = (), *, clips: bool = False, square: bool = False
) -> None:
    """Require a batch of images, as networks take them.

    Args:
        name: The argument's name.
        value: The argument.
        colors: The numbers of colors that are allowed; none means any number.
        clips: Whether clips of several frames are allowed, ``(b, c, t, H, W)``.
        square: Whether the images must be square.

    Raises:
        TypeError: If it is not a tensor.
        ValueError: If it is not of shape ``(b, c, H, W)``, or is empty.

    Example:
        >>> require_images("probe", torch.zeros(8, 8))
        Traceback (most recent call last):
        ValueError: probe of shape (8, 8); give images x colors x rows x columns, at least one
    """
    require_tensor(name, value)
    fits = (value.ndim == 4 or (clips and value.ndim == 5)) and (is_square(value.shape) or not square)
    if not fits or not value.numel() or (colors and value.shape[1] not in colors):
        wanted = f"{' or '.join(map(str, colors))} colors" if colors else "colors"
        single = " (a single image as image[None])" if value.ndim == 3 else ""
        wanted += " x n x n" if square else " x rows x columns"
        raise ValueError(f"{name} of shape {tuple(value.shape)}; give images x {wanted}, at least one{single}")


def within_one(
    name: str, images: Any, colors: Sequence[int] = (), *, otherwise: str = "", square: bool = False
) -> Tensor:
    """Require a batch of images in [0, 1], and clip values that lie outside by rounding.

    Resizing, or undoing a normalization, rounds. The tolerance is eight units in the last place of the images' type, or
    of float32 if that is coarser, and at most half of an 8-bit gray level.

    Args:
        name: The argument's name.
        images: The argument.
        colors: As for :func:`require_images`.
        otherwise: Advice for images that are meant to lie outside, for the message.
        square: As for :func:`require_images`.

    Returns:
        The images, clipped; the same tensor if no value lies outside.

    Raises:
        TypeError: As for :func:`require_images`.
        ValueError: As for :func:`require_images`, or if the images are not floating point or lie outside [0, 1].

    Example:
        >>> within_one("images", torch.full((1, 1, 2, 2), 1.0000001)).max()
        tensor(1.)
    """
    require_images(name, images, colors, square=square)
    if not images.is_floating_point():
        raise ValueError(f"{name} are {images.dtype}; give floating point in [0, 1], such as {name} / 255 for bytes")
    least, most = (limit.item() for limit in images.detach().aminmax())
    rounding = min(8 * max(torch.finfo(kind).eps for kind in (images.dtype, torch.float32)), 0.5 / 255)
    if not (-rounding <= least and most <= 1 + rounding):
        raise ValueError(
            f"{name} lie in [{least:.7g}, {most:.7g}]; give them in [0, 1], up to rounding of {rounding:.1g}{otherwise}"
        )
    return images if least >= 0 and most <= 1 else images.clamp(0, 1)


def require_batches(batches: Any, name: str = "batches") -> None:
    """Require batches of images in the place of one batch, whose images would each be taken for a batch.

    Raises:
        TypeError: If it is a tensor.
    """
    if isinstance(batches, Tensor):
        raise TypeError(f"{name}: a tensor was given; give batches of images, such as [images] or a DataLoader")


def require_files(name: str, files: Any) -> None:
    """Require a list of files, where no folder was given.

    Raises:
        TypeError: If it is no list of paths.

    Example:
        >>> require_files("files", [1])
        Traceback (most recent call last):
        TypeError: files: a list of int was given; give a folder of images, or a list of files
    """
    wrong = [each for each in files if not isinstance(each, str | PathLike)] if hasattr(files, "__len__") else []
    if wrong or not isinstance(files, Iterable):
        given = f"{type(files).__name__}{f' of {type(wrong[0]).__name__}' if wrong else ''}"
        raise TypeError(f"{name}: a {given} was given; give a folder of images, or a list of files")


def require_hookable(model: Any) -> None:
    """Require a network whose layers take hooks: an ``nn.Module`` that runs its own code and has values.

    Raises:
        TypeError: If it is not an ``nn.Module``, comes from TorchScript, ``torch.compile`` or ``torch.export``, or runs
            copies in parallel.
        ValueError: If it is on the meta device.
    """
    if not isinstance(model, nn.Module):
        name = getattr(model, "__name__", "")
        if isinstance(model, type) and issubclass(model, nn.Module):
            raise TypeError(f"model: the class {name} was given; give an instance, such as {name}(...)")
        if isinstance(model, FunctionType):
            raise TypeError(f"model: the function {name} was given; give a torch.nn.Module, perhaps {name}()")
        raise TypeError(f"model: a {type(model).__name__} was given; give a torch.nn.Module")
    if isinstance(model, torch.jit.ScriptModule):
        raise TypeError(
            "model: TorchScript runs its layers without hooks; give the torch.nn.Module from which it was made"
        )
    if hasattr(model, "_orig_mod"):
        raise TypeError("model: torch.compile renames and fuses the layers; give the original, model._orig_mod")
    if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        raise TypeError(f"model: {type(model).__name__} runs several copies of a network; give model.module")
    if hasattr(model, "_guards_fn"):
        raise TypeError("model: torch.export leaves operations, not layers; give the torch.nn.Module that was exported")
    if any(parameter.is_meta for parameter in model.parameters()):
        raise ValueError("model: it is on the meta device and has no values; build it on another device, such as cpu")


def require_size(name: str, value: Any, unit: str = "pixels") -> int:
    """Require a positive whole number.

    Args:
        name: The argument's name.
        value: The argument.
        unit: The things that it counts.

    Returns:
        The number as an ``int``.

    Raises:
        TypeError: If it is not a whole number.
        ValueError: If it is not positive.

    Example:
        >>> require_size("every", 0, "steps")
        Traceback (most recent call last):
        ValueError: every=0: it is a number of steps, at least 1
    """
    number = _whole(name, value, f"a number of {unit}")
    if number < 1:
        raise ValueError(f"{name}={value}: it is a number of {unit}, at least 1")
    return number


def require_place(name: str, value: Any, meaning: str, *, first: int = 0, last: int | None = None) -> int:
    """Require a whole number within limits, such as a seed, a severity or the place of an image.

    Args:
        name: The argument's name.
        value: The argument.
        meaning: Its meaning, for the message.
        first: The lower limit.
        last: The upper limit; None for no limit.

    Returns:
        The number as an ``int``.

    Raises:
        TypeError: If it is not a whole number.
        ValueError: If it lies outside the limits.

    Example:
        >>> require_place("severity", 6, "a step of strength", first=1, last=5)
        Traceback (most recent call last):
        ValueError: severity=6: it is a step of strength, 1 to 5
    """
    limits = f"{first} to {last}" if last is not None else f"{first} or more"
    number = _whole(name, value, f"{meaning}, {limits}")
    if number < first or (last is not None and number > last):
        raise ValueError(f"{name}={value}: it is {meaning}, {limits}")
    return number


def require_seed(value: Any) -> int:
    """Require a seed; None is refused, because results would change with every run.

    Returns:
        The seed as an ``int``.

    Raises:
        TypeError: If it is not a whole number.
        ValueError: If it is negative, or has more than 63 bits.
    """
    return require_place("seed", value, "a seed of random numbers", last=2**63 - 1)


def _whole(name: str, value: Any, meaning: str) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        return index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r}: it is {meaning}; give a whole number") from None


def require_number(name: str, value: Any, meaning: str) -> float:
    """Require a finite real number.

    Args:
        name: The argument's name.
        value: The argument.
        meaning: Its meaning, for the message.

    Returns:
        The number as a ``float``.

    Raises:
        TypeError: If it is not a number.
        ValueError: If it is NaN or infinite.

    Example:
        >>> require_number("cutoff", None, "a frequency in rings")
        Traceback (most recent call last):
        TypeError: cutoff=None: it is a frequency in rings; give a number
    """
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name}={value!r}: it is {meaning}; give a number") from None
    if not isfinite(number):
        raise ValueError(f"{name}={value}: it is {meaning}; give a finite number")
    return number


def require_one_of(name: str, value: Any, words: Sequence[str]) -> None:
    """Require one of several words.

    Raises:
        ValueError: If it is something else.
    """
    if not isinstance(value, str) or value not in words:
        raise ValueError(f"{name}={value!r}: there are {', '.join(words)}")


def layer_names(layers: Any) -> list[str] | dict[str, str]:
    """Turn names of layers into a list or a dict, because a generator can be read only once.

    Raises:
        TypeError: If it is a single name, or not iterable.

    Example:
        >>> layer_names(name for name in ("conv1", "conv2"))
        ['conv1', 'conv2']
    """
    if isinstance(layers, str):
        raise TypeError(f"layers={layers!r}: give a list of names, [{layers!r}], or a mapping from names of your own")
    if not isinstance(layers, Iterable):
        raise TypeError(f"layers={layers!r}: give a list of names, or a mapping from names of your own")
    return dict(layers) if isinstance(layers, Mapping) else list(layers)
