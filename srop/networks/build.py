"""Networks: those of the experiments, those of the libraries by name, and anybody's."""

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

from srop.packages import library


def build_network(
    source: str, model: str, arguments: Mapping[str, Any], *, seed: int = 0, pretrained: str | None = None
) -> nn.Module:
    """Build a network, initialized as its own code does.

    Args:
        source: ``"torchvision"``, ``"timm"``, ``"antialiased_cnns"``, or ``"module"`` for anybody's own.
        model: The network's name in that library; for ``"module"`` a function that builds it, ``package.module:name``
            or ``file.py:name``.
        arguments: Keyword arguments of the function that builds it.
        seed: Of random weights; torch's global random state is set to it.
        pretrained: A named set of the library's own weights instead: in torchvision as ``"IMAGENET1K_V1"``, in timm
            as ``"fb_in1k"``, in antialiased_cnns as ``"lpf3"`` or, fine-tuned, ``"lpf4_finetune"``. None for random
            ones.

    Returns:
        The network, on the CPU, in evaluation mode.

    Raises:
        ValueError: If there is no such network, naming the nearest, the arguments do not suit it, or somebody's own
            function fails or gives no network.
    """
    if source == "module":
        if pretrained:
            raise ValueError(f"{model} has no named sets of weights; give a file")
        build = _own(model)
    elif source == "torchvision":
        from torchvision import models

        build = models.get_model_builder(_known(model, models.list_models()))
        if pretrained:
            arguments = {"weights": pretrained, **arguments}
        elif "weights_backbone" in signature(build).parameters:
            # Or the trained weights of a part would be downloaded.
            arguments = {"weights_backbone": None, **arguments}
    elif source == "timm":
        timm = library("timm")

        # Beside its names, timm takes those of pretrained sets, "name.set", and of a hub, "hf-hub:user/name".
        _known(model.split(".")[0], timm.list_models())
        full = f"{model}.{pretrained}" if pretrained else model
        arguments = {"model_name": full, "pretrained": pretrained is not None, **arguments}
        build = timm.create_model
    else:
        antialiased_cnns = library("antialiased_cnns")

        names = [each for each, thing in vars(antialiased_cnns).items() if each.islower() and isfunction(thing)]
        build = getattr(antialiased_cnns, _known(model, names))
        if pretrained:
            filter_size = int(re.fullmatch(r"lpf(\d)(_finetune)?", pretrained)[1])
            scratch = {} if pretrained.endswith("_finetune") else {"_force_nonfinetuned": True}
            arguments = {"pretrained": True, **arguments, "filter_size": filter_size, **scratch}
    torch.manual_seed(seed)
    network = _called(model, build, arguments) if source == "module" else _built(model, build, arguments)
    if not isinstance(network, nn.Module):
        raise ValueError(f"{model} gives a {type(network).__name__}, not a torch.nn.Module")
    if source == "antialiased_cnns" and hasattr(network, "avgpool"):
        # They flatten with `view`, which maps in the memory format channels-last refuse.
        network.avgpool.register_forward_hook(lambda _module, _inputs, pooled: pooled.contiguous())
    try:
        return network.eval()
    except NotImplementedError as error:
        raise ValueError(
            f"{model} gives a program of torch.export, which has no layers; give the network that it was made of"
        ) from error


def _known(name: str, names: list[str]) -> str:
    if name not in names:
        near = get_close_matches(name, names, n=3, cutoff=0.3)
        nearest = f"the nearest are {', '.join(near)}" if near else f"and none of its {len(names)} has a name like it"
        raise ValueError(f"{name}: there is no such network; {nearest}")
    return name


def _built(model: str, build: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    try:
        return build(**arguments)
    except TypeError as error:
        raise ValueError(f"{model} does not take the arguments {dict(arguments)} ({error})") from error


def _called(model: str, build: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Call somebody's own function; where it fails, say where."""
    try:
        signature(build).bind(**arguments)
    except ValueError:  # of a built-in one, which does not tell
        pass
    except TypeError as error:
        given = f"the arguments {dict(arguments)}" if arguments else "a call without arguments"
        raise ValueError(
            f"{model} does not take {given} ({error}); a YAML gives others under arguments, or write a function that "
            "needs none"
        ) from error
    try:
        return build(**arguments)
    except Exception as error:
        raise _failed(model, error) from error


def _own(model: str) -> Any:
    """Find a function by its place: of a module that can be imported, or of a file."""
    place, _, function = model.rpartition(":")
    try:
        module = _of_file(Path(place).expanduser()) if place.endswith(".py") else import_module(place)
    except (ImportError, FileNotFoundError, ValueError) as error:
        raise ValueError(
            f"{model}: {error}; write package.module:function or file.py:function, and install the package or put its "
            "folder on PYTHONPATH"
        ) from error
    except Exception as error:
        raise _failed(model, error) from error
    try:
        return attrgetter(function)(module)
    except AttributeError as error:
        there = [name for name, thing in vars(module).items() if callable(thing) and not name.startswith("_")]
        near = get_close_matches(function, there, n=3, cutoff=0.3)
        raise ValueError(
            f"{model}: {error}" + (f"; the nearest are {', '.join(near)}" if near else "") + "; the function stands "
            "behind the colon, and has its package or its folder on PYTHONPATH"
        ) from error


def _of_file(file: Path) -> ModuleType:
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}")
    # Under a name of its own, or it would hide a module of that name.
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
