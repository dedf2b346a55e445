"""Checks at the door of public functions: what was given, and what is wanted."""

from operator import index
from typing import Any

import torch
from torch import Tensor, nn

_DENSE = {
    "sparse": "to_dense() makes it",
    "nested": "torch.stack makes it of maps of one size",
    "quantized": "dequantize() makes it",
    "meta": "any device but meta holds it",
}


def require_tensor(name: str, value: Any) -> None:
    """Require a dense tensor that has values.

    Raises:
        TypeError: If it is anything else.

    Example:
        >>> require_tensor("maps", [1.0])
        Traceback (most recent call last):
        TypeError: maps: a list was given; give a torch.Tensor, as torch.as_tensor makes it
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}: a {type(value).__name__} was given; give a torch.Tensor, as torch.as_tensor makes it")
    if value.layout is not torch.strided or value.is_quantized or value.is_nested or value.is_meta:
        kind = next((kind for kind in ("nested", "quantized", "meta") if getattr(value, f"is_{kind}")), "sparse")
        raise TypeError(f"{name}: a {kind} tensor was given; give a dense one with values, as {_DENSE[kind]}")


def require_hookable(model: Any) -> None:
    """Require a network whose layers can be watched: an ``nn.Module`` as its own code runs it, and with values.

    Raises:
        TypeError: If it is no ``nn.Module``, TorchScript or ``torch.compile`` made it, or it runs copies in parallel.
        ValueError: If it lies on the meta device.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: a {type(model).__name__} was given; give a torch.nn.Module")
    if isinstance(model, torch.jit.ScriptModule):
        raise TypeError("model: TorchScript runs its layers without hooks; give the torch.nn.Module that it is of")
    if hasattr(model, "_orig_mod"):
        raise TypeError("model: torch.compile has renamed and fused its layers; give the original, model._orig_mod")
    if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        raise TypeError(f"model: {type(model).__name__} runs copies of a network side by side; give model.module")
    if any(parameter.is_meta for parameter in model.parameters()):
        raise ValueError("model: it lies on the meta device and has no values; build it on a real device")


def require_size(name: str, value: Any) -> None:
    """Require a positive whole number.

    Raises:
        TypeError: If it is no whole number.
        ValueError: If it is not positive.
    """
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r}: it is a number of pixels; give a whole number") from None
    if number < 1:
        raise ValueError(f"{name}={value}: it is a number of pixels, at least 1")
