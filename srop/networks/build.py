"""Building networks: of the libraries by name, or by any function; and the statistics of their batch norms."""

import re
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from inspect import isfunction, signature
from operator import attrgetter
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from srop.guest import random_states_kept
from srop.packages import library


def build_network(
    source: str, model: str, arguments: Mapping[str, Any], *, seed: int = 0, pretrained: str | None = None
) -> nn.Module:
    """Build a network, initialized by its own code.

    Args:
        source: ``"torchvision"``, ``"timm"``, ``"antialiased_cnns"``, or ``"module"`` for any other function.
        model: The network's name in that library; for ``"module"`` the function that builds it,
            ``package.module:name`` or ``file.py:name``.
        arguments: Keyword arguments of the function that builds the network.
        seed: Seed of random weights; torch's global random state is set to it, and restored.
        pretrained: A named set of the library's own weights, such as ``"IMAGENET1K_V1"`` in torchvision, ``"fb_in1k"``
            in timm, ``"lpf3"`` or, fine-tuned, ``"lpf4_finetune"`` in antialiased_cnns. None for random weights.

    Returns:
        The network, on the CPU, in evaluation mode.

    Raises:
        ValueError: If there is no such network (the message gives the nearest names), if it does not take the
            arguments, or if the function fails or does not return a network.
    """
    if source == "module":
        if pretrained:
            raise ValueError(f"{model} has no named sets of weights; give a file")
        build = _function(model)
    elif source == "torchvision":
        from torchvision import models

        build = models.get_model_builder(_known(model, models.list_models()))
        if pretrained:
            arguments = {"weights": pretrained, **arguments}
        elif "weights_backbone" in signature(build).parameters:
            # Otherwise torchvision would download trained weights of the backbone.
            arguments = {"weights_backbone": None, **arguments}
    elif source == "timm":
        timm = library("timm")

        # Besides names, timm takes names with a pretrained set, "name.set", and names in a hub, "hf-hub:user/name".
        _known(model.split(".")[0], timm.list_models())
        full = f"{model}.{pretrained}" if pretrained else model
        arguments = {"model_name": full, "pretrained": pretrained is not None, **arguments}
        build = timm.create_model
    else:
        antialiased_cnns = library("antialiased_cnns")

        names = [each for each, value in vars(antialiased_cnns).items() if each.islower() and isfunction(value)]
        build = getattr(antialiased_cnns, _known(model, names))
        if pretrained:
            filter_size = int(re.fullmatch(r"lpf(\d)(_finetune)?", pretrained)[1])
            scratch = {} if pretrained.endswith("_finetune") else {"_force_nonfinetuned": True}
            arguments = {"pretrained": True, **arguments, "filter_size": filter_size, **scratch}
    with random_states_kept():
        torch.manual_seed(seed)
        network = _called(model, build, arguments) if source == "module" else _built(model, build, arguments)
    if not isinstance(network, nn.Module):
        raise ValueError(
            f"{model} gives a {type(network).__name__}, not a torch.nn.Module; give a function that returns a network"
        )
    if source == "antialiased_cnns" and hasattr(network, "avgpool"):
        # These networks flatten with `view`, which fails for maps in the memory format channels last.
        network.avgpool.register_forward_hook(lambda _module, _inputs, pooled: pooled.contiguous())
    try:
        return network.eval()
    except NotImplementedError as error:
        raise ValueError(
            f"{model} gives a program of torch.export, which has no layers; give the network from which it was made"
        ) from error


def _known(name: str, names: list[str]) -> str:
    if name not in names:
        near = get_close_matches(name.lower(), names, n=3, cutoff=0.3)
        nearest = f"the nearest are {', '.join(near)}" if near else f"and none of its {len(names)} has a name like it"
        raise ValueError(f"{name or 'an empty name'}: there is no such network; {nearest}")
    return name


def _built(model: str, build: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    try:
        return build(**arguments)
    except TypeError as error:
        raise ValueError(f"{model} does not take the arguments {dict(arguments)} ({error}); give others") from error


def _called(model: str, build: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Call a user's function; if it fails, the error names the file and line."""
    try:
        signature(build).bind(**arguments)
    except ValueError:  # a built-in function has no signature
        pass
    except TypeError as error:
        call = f"the arguments {dict(arguments)}" if arguments else "a call without arguments"
        raise ValueError(
            f"{model} does not take {call} ({error}); a YAML gives others under arguments, or write a function without "
            "arguments"
        ) from error
    try:
        return build(**arguments)
    except Exception as error:
        raise _failed(model, error) from error


def _function(model: str) -> Any:
    """Import a function, from a module or a file."""
    place, _, function = model.rpartition(":")
    try:
        module = _module_of_file(Path(place).expanduser()) if place.endswith(".py") else import_module(place)
    except (ImportError, FileNotFoundError, ValueError) as error:
        if "relative import" in str(error):
            advice = f"name the file within its package, as in package.{Path(place).stem}:{function}"
        else:
            advice = "write package.module:function or file.py:function"
        raise ValueError(
            f"{model}: {error}; {advice}, and install the package or put its folder on PYTHONPATH"
        ) from error
    except Exception as error:
        raise _failed(model, error) from error
    try:
        return attrgetter(function)(module)
    except AttributeError as error:
        known = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        near = get_close_matches(function, known, n=3, cutoff=0.3)
        nearest = f"; the nearest are {', '.join(near)}" if near else ""
        raise ValueError(
            f"{model}: {place} has no {function!r}{nearest}; write the name of a function after the colon"
        ) from error


def _module_of_file(file: Path) -> ModuleType:
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}")
    # Under another name, because it must not hide an installed module.
    name = f"srop_file_{file.stem}"
    spec = spec_from_file_location(name, file)
    module = sys.modules[name] = module_from_spec(spec)
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    return module


def _failed(model: str, error: Exception) -> ValueError:
    last = extract_tb(error.__traceback__)[-1]
    return ValueError(f"{model} failed: {type(error).__name__}: {error} ({last.filename}, line {last.lineno})")


def calibrate_batch_norm(network: nn.Module, images: Tensor) -> None:
    """Set the statistics of every batch norm to those of one batch of inputs, and freeze them.

    The initial statistics of a random network are mean 0 and variance 1, with which a batch norm does nothing.

    Args:
        network: The network, changed in place; it stays in evaluation mode.
        images: One batch of inputs ``(count, c, n, n)``.
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        # None averages over all batches since the reset, so these are the statistics of this batch.
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
    """Check whether a network has batch norms."""
    return any(isinstance(module, _BatchNorm) for module in network.modules())
