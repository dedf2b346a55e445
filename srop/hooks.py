"""Hooks that reduce the maps of layers while the forward pass runs."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from srop.checks import require_hookable
from srop.outputs import OutputName, described, output_name

T = TypeVar("T")


@contextmanager
def reduced_layers(
    model: nn.Module, layers: Iterable[str], reduce: Callable[[str, Tensor], T]
) -> Iterator[dict[str, list[T]]]:
    """Hook layers by name and reduce their outputs at once, so that no activation outlives the forward pass.

    The reduction runs before the next layer, so a following in-place ReLU cannot change its input. Its result is kept;
    the result must not be a view of the maps, because the network may overwrite them.

    Args:
        model: The network.
        layers: Names as in ``model.named_modules()``. Behind a name, ``#2`` means only the second run within a forward
            pass, and ``['key']`` or ``[0]`` means a part of a dict, data class, list or tuple: ``"backbone['out']"``.
        reduce: Called with a layer's name and its output, once each time that the layer runs.

    Yields:
        For each layer the list of the results of ``reduce``, in the order of the calls.

    Raises:
        ValueError: If the network has no layer of a name, or its output has no part of this name; the message gives
            the nearest names, or the parts.
        TypeError: If a layer's output is not a tensor, or the network takes no hooks, such as a compiled network.

    Example:
        >>> import torch
        >>> model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(inplace=True))
        >>> with reduced_layers(model, ["0", "1"], lambda name, maps: maps.amin().item()) as smallest:
        ...     _ = model(torch.randn(2, 1, 8, 8))
        >>> smallest["0"][0] < 0, smallest["1"]
        (True, [0.0])
    """
    require_hookable(model)
    modules = dict(model.named_modules())
    results: dict[str, list[T]] = {}
    handles = []
    runs: Counter[str] = Counter()

    def hook_for(name: str, wanted: OutputName) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            runs[name] += 1
            if wanted.run not in (None, runs[name]):
                return
            try:
                part = wanted.part_of(output)
            except ValueError as error:
                raise ValueError(f"layer {name!r} {error}") from error
            if not isinstance(part, Tensor):
                raise TypeError(f"layer {name!r} gives {described(part)}, not a tensor of maps; name a layer or a part")
            results[name].append(reduce(name, part))

        return hook

    try:
        # A module that runs counts its runs anew in each forward pass of the network.
        handles.append(model.register_forward_pre_hook(lambda _module, _inputs: runs.clear()))
        for name in layers:
            wanted = output_name(name, modules)
            results[name] = []
            if isinstance(modules[wanted.module], torch.jit.ScriptModule):
                raise TypeError(f"layer {name!r} is TorchScript, which runs without hooks; name another one")
            handles.append(modules[wanted.module].register_forward_hook(hook_for(name, wanted)))
        yield results
    finally:
        for handle in handles:
            handle.remove()


def forward(model: nn.Module, images: Tensor) -> Any:
    """Run a network on a copy of the images, so that layers that work in place leave the caller's images as they are.

    Returns:
        The output of the network.

    Raises:
        RuntimeError: If the network cannot take the images; the message gives their shape.
    """
    try:
        return model(images.clone())
    except torch.OutOfMemoryError:
        raise
    # Without TypeError and ValueError, because hooks raise them and name the layer.
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError) as error:
        shape = " x ".join(map(str, images.shape))
        # The text of other errors, such as a KeyError, says too little without their type.
        has_message = isinstance(error, (AssertionError, RuntimeError)) and str(error)
        message = str(error) if has_message else f"{type(error).__name__} {error}".strip()
        hint = (
            "; reflection padding, as anti-aliased networks use it, needs larger inputs"
            if "adding" in str(error)
            else ""
        )
        if images.dtype not in (torch.float32, torch.get_default_dtype()):
            hint += f"; its type is {images.dtype}, and images.float() makes it float32"
        raise RuntimeError(f"the network cannot take an input of {shape}{hint} ({message})") from error


def once_reduced(
    model: nn.Module, images: Tensor, layers: Iterable[str], reduce: Callable[[str, Tensor], T]
) -> dict[str, T]:
    """Run a network once on a copy of images, and reduce the outputs of layers that each run once.

    Args:
        model: The network.
        images: Its input.
        layers: As for :func:`reduced_layers`.
        reduce: As for :func:`reduced_layers`.

    Returns:
        The results of ``reduce``, by layer.

    Raises:
        ValueError: If a layer does not run, runs more than once, or does not give one output for each image; or as for
            :func:`reduced_layers`.
        TypeError: As for :func:`reduced_layers`.

    Example:
        >>> import torch
        >>> model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU())
        >>> once_reduced(model, torch.randn(2, 1, 8, 8), ["1"], lambda name, maps: maps.shape)
        {'1': torch.Size([2, 3, 6, 6])}
    """
    reduced: dict[str, T] = {}

    def first_time(name: str, output: Tensor) -> T:
        if name in reduced:
            raise ValueError(
                f"layer {name!r} runs more than once in a forward pass; name one that runs once, or one "
                "of its runs, with #1 behind the module's name"
            )
        if not output.ndim or len(output) != len(images):
            raise ValueError(
                f"layer {name!r} gives an output of {tuple(output.shape)} for {len(images)} images; name a layer with "
                "one output per image"
            )
        reduced[name] = reduce(name, output)
        return reduced[name]

    with reduced_layers(model, layers, first_time) as results:
        forward(model, images)
    if missing := [name for name in results if name not in reduced]:
        raise ValueError(f"layer {missing[0]!r} does not run in a forward pass; name one that does")
    return reduced
