"""Passes of a network over batches of images, which give the maps of layers one batch at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from srop.checks import require_hookable, require_images
from srop.growth import layouts_by_growth
from srop.guest import visiting
from srop.halving import by_halves
from srop.hooks import forward, reduced_layers
from srop.maps import UnknownLayoutError
from srop.outputs import output_name
from srop.reader import MapReader
from srop.sizes import MapSize, reference_for
from srop.spectra import NotFiniteError
from srop.tokens import Grid


@torch.no_grad()
def pass_over(
    model: nn.Module,
    batches: Iterable[Tensor | Sequence[Tensor]],
    labels: Mapping[str, Sequence[tuple[str, nn.Module]]],
    take: Callable[[str, Tensor, MapSize], None],
    *,
    reset: Callable[[], None],
    layouts: Mapping[str, str] | None = None,
    grids: Mapping[str, Grid] | None = None,
    is_for_all: bool = False,
    clips: bool = False,
    reference: int | tuple[int, int] | None = None,
    task: str = "profile",
) -> int:
    """Run a network over batches, in evaluation mode and on its own device, and hand on the maps of layers at once.

    Args:
        model: The network; it is left as it was.
        batches: As for :func:`srop.profile`.
        labels: For each module the names that its maps get, each with a module that transforms them first.
        take: Called with name, maps ``(b, c, H, W)`` and the size that their SROPs refer to, for each batch, and
            for each half of a batch that the device's memory does not hold. Where it runs out of memory itself, it must
            have changed nothing.
        reset: Forgets what was taken. The first batch is taken once more if a layer's layout was unknown at first.
        layouts: Layouts by the first name of a module's maps, where they are known.
        grids: Grids of tokens in the same way (:class:`srop.reader.MapReader`).
        is_for_all: Whether one layout was given for all layers.
        clips: Whether batches may be clips of frames, whose layers give maps ``(b, c, t, H, W)``.
        reference: The size that SROPs refer to, or its rows and columns; None means the inputs' own.
        task: What the progress bar says.

    Returns:
        The number of images.

    Raises:
        TypeError: As for :func:`srop.profile`.
        ValueError: As for :func:`srop.profile`.
        RuntimeError: As for :func:`srop.profile`.
        torch.OutOfMemoryError: If the device's memory does not hold one image.

    Example:
        >>> sizes = []
        >>> model, batches = nn.Sequential(nn.Conv2d(3, 4, 3)), [torch.zeros(2, 3, 8, 8)]
        >>> take = lambda name, maps, size: sizes.append(maps.shape)
        >>> pass_over(model, batches, {"0": [("conv", nn.Identity())]}, take, reset=sizes.clear)
        2
        >>> sizes
        [torch.Size([2, 4, 6, 6])]
    """
    require_hookable(model)
    modules = dict(model.named_modules())
    reader = MapReader(model, layouts or {}, grids or {}, is_for_all=is_for_all)
    first = {module: label for module, ((label, _), *_) in labels.items()}
    ran: set[str] = set()
    # How many images each name has: more than the pass has finished where a batch ran out of memory behind this layer.
    reached: dict[str, int] = {}
    total = 0

    is_measuring = True

    def reduce(module: str, output: Tensor) -> None:
        if not is_measuring:
            return
        name, _ = labels[module][0]
        if module in ran:
            raise ValueError(
                f"layer {_both(name, module)} runs more than once in a forward pass; name one that runs once, or one "
                "of its runs, with #1 behind the module's name"
            )
        ran.add(module)
        try:
            output = reader.maps(name, modules[output_name(module, modules).module], output, images)
        except (TypeError, ValueError) as error:
            raise type(error)(f"layer {_both(name, module)} {error}") from error
        for label, transform in labels[module]:
            if reached.get(label, 0) > total:
                continue
            maps = transform(output)
            try:
                own = MapSize(*maps.shape[-2:])
                if not size.holds(own):
                    wanted = MapSize(*map(max, own, size))
                    raise ValueError(
                        f"maps of {own.words} are larger than the size {_shown(size)} that all SROPs refer to; leave "
                        f"the layer out, give larger inputs, or give a larger size, reference={_shown(wanted)}"
                    )
                take(label, maps, size)
                reached[label] = total + len(images)
            except ValueError as error:
                cause = _cause(model, images) if isinstance(error, NotFiniteError) else ""
                raise type(error)(f"layer {_both(label, module)}: {error}{cause}") from error

    def measure(part: Tensor) -> int:
        nonlocal images, size, total, is_measuring
        images = part.to(device)
        size = reference_for(reference, MapSize(*images.shape[-2:]))
        ran.clear()
        try:
            forward(model, images)
        except UnknownLayoutError:
            if total:
                raise
            is_measuring = False
            grown = layouts_by_growth(model, images, list(labels))
            is_measuring = True
            if not reader.grow(first, grown):
                raise
            reset()
            reached.clear()
            ran.clear()
            forward(model, images)
        total += len(images)
        return len(images)

    images, size = torch.empty(0), MapSize(0, 0)
    device = next((parameter.device for parameter in model.parameters()), None)
    limit: int | None = None
    with visiting(model), reduced_layers(model, labels, reduce):
        for batch in tqdm(batches, desc=task, unit="batch", leave=False, disable=None):
            whole = batch_images(batch)
            require_images("a batch", whole, clips=clips)
            for part in whole.split(limit or max(len(whole), 1)):
                parts = by_halves(measure, part)
                # What the memory did not hold once is not tried again.
                limit = max(parts) if len(parts) > 1 else limit
            for module, ((label, _), *_) in labels.items():
                if module not in ran:
                    raise ValueError(f"layer {_both(label, module)} does not run in a forward pass; name one that does")
            reader.require_use()
    if not total:
        raise ValueError("batches holds no images to profile; give at least one batch")
    return total


def held(batches: Iterable[Any]) -> list[Any]:
    """Keep batches for several passes. Those of an iterator are copied, since it may fill one buffer again and again.

    Example:
        >>> buffer = torch.zeros(1)
        >>> held(buffer.fill_(value) for value in (1, 2))
        [tensor([1.]), tensor([2.])]
    """
    if isinstance(batches, list | tuple):
        return [*batches]
    return [_copied(batch) for batch in batches]


def _copied(batch: Any) -> Any:
    if isinstance(batch, list | tuple):
        return [_copied(part) for part in batch]
    return batch.clone() if isinstance(batch, Tensor) else batch


def _both(name: str, module: str) -> str:
    """Give the name of a layer, with that of its module where it differs."""
    return repr(name) if name == module else f"{name!r} ({module})"


def _cause(model: nn.Module, images: Tensor) -> str:
    """Say where NaN and infinite values of maps come from: the images, a weight, or the network's arithmetic."""
    if not images.isfinite().all():
        return "; the images have them already"
    for name, values in chain(model.named_parameters(), model.named_buffers()):
        if values.is_floating_point() and not values.isfinite().all():
            return f"; the network's {name} has them"
    return "; no image and no weight has them, so they arise within the network"


def _shown(size: MapSize) -> int | tuple[int, int]:
    return size.rows if size.is_square else tuple(size)


def batch_images(batch: Any) -> Tensor:
    """Give the images of a batch: the batch itself, or the first of its parts.

    Raises:
        TypeError: If they are no tensor.
    """
    images = batch[0] if isinstance(batch, Sequence) and len(batch) else batch
    if not isinstance(images, Tensor):
        keys = f" with the keys {', '.join(map(str, batch))}" if isinstance(batch, Mapping) else ""
        raise TypeError(
            f"a batch is a {type(batch).__name__}{keys}; give tensors, or tuples that begin with one, as in "
            "profile(model, (batch['image'] for batch in loader), ...)"
        )
    return images
