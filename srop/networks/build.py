"""Networks: those of the experiments, those of the libraries by name, and anybody's."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from inspect import isfunction
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from srop.networks.libraries import library


def build_network(
    source: str, model: str, arguments: Mapping[str, Any], *, seed: int = 0, pretrained: str | None = None
) -> nn.Module:
    """Build a network, initialized as its own code does.

    Args:
        source: ``"torchvision"``, ``"timm"``, ``"antialiased_cnns"``, or ``"module"`` for anybody's own.
        model: The network's name in that library; for ``"module"`` a function that builds it, ``package.module:name``.
        arguments: Keyword arguments of the function that builds it.
        seed: Of random weights; torch's global random state is set to it.
        pretrained: A named set of the library's own weights instead: in torchvision as ``"IMAGENET1K_V1"``, in timm
            as ``"fb_in1k"``, in antialiased_cnns as ``"lpf3"`` or, fine-tuned, ``"lpf4_finetune"``. None for random
            ones.

    Returns:
        The network, on the CPU, in evaluation mode.

    Raises:
        ValueError: If there is no such network, naming the nearest, or the arguments do not suit it.
    """
    name = f"architecture.model={model}"
    if source == "module":
        build = _own(model)
        if pretrained:
            raise ValueError(f"{name} has no named sets of weights; give a file")
    elif source == "torchvision":
        from torchvision import models

        build = models.get_model_builder(_known(name, model, models.list_models()))
        if pretrained:
            arguments = {"weights": pretrained, **arguments}
    elif source == "timm":
        timm = library("timm")

        # Beside its names, timm takes those of pretrained sets, "name.set", and of a hub, "hf-hub:user/name".
        _known(name, model.split(".")[0], timm.list_models())
        full = f"{model}.{pretrained}" if pretrained else model
        arguments = {"model_name": full, "pretrained": pretrained is not None, **arguments}
        build = timm.create_model
    else:
        antialiased_cnns = library("antialiased_cnns")

        names = [each for each, thing in vars(antialiased_cnns).items() if each.islower() and isfunction(thing)]
        build = getattr(antialiased_cnns, _known(name, model, names))
        if pretrained:
            filter_size = int(re.fullmatch(r"lpf(\d)(_finetune)?", pretrained)[1])
            scratch = {} if pretrained.endswith("_finetune") else {"_force_nonfinetuned": True}
            arguments = {"pretrained": True, **arguments, "filter_size": filter_size, **scratch}
    torch.manual_seed(seed)
    try:
        network = build(**arguments)
    except TypeError as error:
        raise ValueError(f"{name} does not take architecture.arguments={dict(arguments)} ({error})") from error
    if not isinstance(network, nn.Module):
        raise ValueError(f"{name} gives a {type(network).__name__}, not a torch.nn.Module")
    if source == "antialiased_cnns" and hasattr(network, "avgpool"):
        # They flatten with `view`, which maps in the memory format channels-last refuse.
        network.avgpool.register_forward_hook(lambda _module, _inputs, pooled: pooled.contiguous())
    return network.eval()


def _known(key: str, name: str, names: list[str]) -> str:
    if name not in names:
        near = get_close_matches(name, names, n=3, cutoff=0.3)
        raise ValueError(f"{key}: there is no such network; the nearest are {', '.join(near) or 'none'}")
    return name


def _own(model: str) -> Any:
    module, _, function = model.partition(":")
    try:
        return attrgetter(function)(import_module(module))
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(
            f"architecture.model={model}: {error}; write package.module:function, and install the package or put its "
            "folder on PYTHONPATH"
        ) from error


def calibrate_batch_norm(network: nn.Module, images: Tensor) -> None:
    """Set every batch norm's statistics to those of one batch of inputs, and freeze them.

    A random network's own statistics are mean 0 and variance 1, with which a batch norm does nothing.

    Args:
        network: The network, changed in place; it stays in evaluation mode.
        images: Inputs ``(count, c, n, n)``, passed through at once.
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        # The average over all batches since the reset: the statistics of this one.
        norm.momentum = None
        norm.train()
    try:
        with torch.no_grad():
            network(images)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()


def has_batch_norm(network: nn.Module) -> bool:
    """Say whether a network has batch norms."""
    return any(isinstance(module, _BatchNorm) for module in network.modules())
