"""Networks by name: of a library, of a YAML, or of a function; and loading them with their weights."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srop.files import sha256_of
from srop.networks.architecture import read_architecture
from srop.networks.weights import checked_download, load_weights, weights_file
from srop.packages import library, missing

if TYPE_CHECKING:
    from torch import nn

# torch is imported inside functions, because the inputs of a network in a YAML or file are known without it.

RANDOM = "random"


@dataclass(frozen=True)
class NetworkSpec:
    """A network by its name: how to build it, its inputs and its own weights.

    Attributes:
        name: Short name, for files.
        source: As for :func:`srop.networks.build.build_network`.
        model: As for :func:`srop.networks.build.build_network`.
        arguments: As for :func:`srop.networks.build.build_network`.
        size: Edge length of its input; None if unknown.
        mean: Mean of each channel in [0, 1]; None if unknown.
        std: Standard deviation of each channel; None if unknown.
        resize: Length to which the shorter side of an image is resized before the crop; None if unknown.
        interpolation: Method of resizing.
        squash: Whether both sides are resized to that length.
        stated: The source of these inputs; "" if unknown.
        weights: Its own sets, by name, as :class:`srop.networks.architecture.Weights`; the library's default first.
        without_weights: The error message if it has no sets of its own for a special reason.
        layers: Names of layers, if a YAML gives them.
        layout: Their layout, if a YAML gives it.
    """

    name: str
    source: str
    model: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None
    resize: int | None = None
    interpolation: str = "bilinear"
    squash: bool = False
    stated: str = ""
    weights: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    without_weights: str = ""
    layers: Mapping[str, str] | None = None
    layout: Any = None

    def prepared_for(self, weights: str | None) -> "NetworkSpec":
        """Give the network with the inputs that its library states for a set of weights, by default the first set.

        The inputs in a YAML stay; how images are resized, which no YAML states, comes from the library.
        """
        name = weights if weights in self.weights else next(iter(self.weights), None)
        if weights == RANDOM and self.source == "torchvision" and self.layers is None:
            name = _set_of_own_size(self.model, list(self.weights)) or name
        weights_set = self.weights[name]["set"] if name is not None else None
        if weights_set is None or self.source not in _INPUTS:
            return self
        own = _INPUTS[self.source](self.model, weights_set)
        if self.layers is None:
            return replace(self, **own)
        if own["size"] != self.size:
            return self
        return replace(self, **{key: own[key] for key in ("resize", "interpolation", "squash", "stated")})


@dataclass(frozen=True)
class LoadedNetwork:
    """A network with its weights.

    Attributes:
        network: The network, in evaluation mode on the CPU.
        description: The weights in words.
        sha256: SHA-256 of the file of weights; None for random weights.
    """

    network: "nn.Module"
    description: str
    sha256: str | None


def network_spec(name: str) -> NetworkSpec:
    """Find a network by its name.

    Args:
        name: A name in torchvision (``resnet18``) or timm (``timm:resnet18``), a YAML like the files in
            ``config/architecture/`` (``mine.yaml``), or a function that builds the network
            (``package.module:function``, ``file.py:function``).

    Raises:
        ValueError: If there is no such network, the network does not take single images, or the YAML is malformed; the
            message names it.
    """
    if name.endswith((".yaml", ".yml")):
        return _spec_of_yaml(Path(name))
    if name.endswith(".py"):
        raise ValueError(f"{name}: write {name}:function, with the function that builds the network")
    place, _, rest = name.rpartition(":")
    if name.partition(":")[0] == "timm":
        return _spec_of_timm(name.partition(":")[2])
    if place and rest:
        return NetworkSpec(rest.rpartition(".")[2], "module", name)
    return _spec_of_torchvision(name)


def _spec_of_yaml(file: Path) -> NetworkSpec:
    architecture = read_architecture(file)
    weights = {key: value for key, value in architecture["weights"].items() if value is not None}
    fields = {key: architecture[key] for key in ("source", "model", "arguments", "mean", "std", "layers", "layout")}
    return NetworkSpec(name=file.stem, size=architecture["input_size"], weights=weights, stated=file.name, **fields)


def _spec_of_torchvision(name: str) -> NetworkSpec:
    from torchvision import models

    from srop.networks.build import build_network

    if name not in models.list_models():
        build_network("torchvision", name, {})  # raises an error with the nearest names
    sets = models.get_model_weights(name)
    weights = {each.name: _weights(each.name, each.url.rpartition("/")[2]) for each in (sets.DEFAULT, *sets)}
    spec = NetworkSpec(name, "torchvision", name, weights=weights).prepared_for(None)
    if ".quantization." in models.get_model_builder(name).__module__:
        # With random weights torchvision builds it in floating point.
        plain = name.removeprefix("quantized_")
        message = f"{name}: its own weights are codes, and so are its maps; profile {plain}, or give --weights {RANDOM}"
        return replace(spec, weights={}, without_weights=message)
    return spec


def _torchvision_inputs(name: str, weights: str) -> dict[str, Any]:
    """Read the inputs of a set of torchvision's weights from the transforms that belong to it."""
    from torchvision.models import get_model_builder, get_model_weights

    builder, transforms = get_model_builder(name), get_model_weights(name)[weights].transforms()
    if ".video." in builder.__module__:
        raise ValueError(
            f"{name} takes clips of frames, and the command reads single images; give clips (b, c, t, n, n) to "
            "srop.profile in Python, or give a network of single images"
        )
    if ".optical_flow." in builder.__module__:
        raise ValueError(
            f"{name} takes pairs of frames, and the command reads single images; wrap it in a module that takes six "
            "channels and give these to srop.profile in Python, or give a network of single images"
        )
    inputs = {"interpolation": "bilinear", "squash": False, "stated": f"torchvision for {weights}"}
    if ".detection." in builder.__module__:
        import torch

        with torch.device("meta"):
            own = builder(weights=None, weights_backbone=None).transform
        size = own.fixed_size[0] if getattr(own, "fixed_size", None) else own.min_size[-1]
        # The network takes values in [0, 1], and normalizes them itself.
        return inputs | {"size": size, "resize": size, "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
    (resize,) = transforms.resize_size
    return inputs | {
        # A segmentation network takes whole pictures, but a spectrum needs a square.
        "size": getattr(transforms, "crop_size", (resize,))[0],
        "resize": resize,
        "mean": list(transforms.mean),
        "std": list(transforms.std),
        "interpolation": transforms.interpolation.value,
    }


def _set_of_own_size(name: str, sets: list[str]) -> str | None:
    """Find the first set of weights for the one size that a network takes if it is built without weights."""
    import torch

    from srop.networks.build import build_network

    if len(sets) < 2:
        return None
    size = None
    # Not every network can be built without values; those with a size of their own can.
    with torch.device("meta"), suppress(NotImplementedError, RuntimeError):
        size = getattr(build_network("torchvision", name, {}), "image_size", None)
    return next((each for each in sets if size and _torchvision_inputs(name, each)["size"] == size), None)


def _spec_of_timm(name: str) -> NetworkSpec:
    timm = library("timm")

    from srop.networks.build import build_network

    base, _, tag = name.partition(".")
    if not timm.is_model(base):
        build_network("timm", base, {})  # raises an error with the nearest names
    tags = [each.partition(".")[2] for each in timm.list_pretrained(f"{base}.*")]
    if tag and tag not in tags:
        raise ValueError(f"timm:{name}: there is no such set of weights; there are {', '.join(tags) or 'no sets'}")
    settings = timm.get_pretrained_cfg(name, allow_unregistered=False)
    if settings is None:
        return NetworkSpec(base, "timm", base)
    if settings.tag in tags:
        tags = dict.fromkeys([settings.tag, *tags])
    spec = NetworkSpec(name, "timm", base, weights={each: _weights(each, "model.safetensors") for each in tags})
    return replace(spec, **_timm_inputs(base, settings.tag))


def _timm_inputs(base: str, tag: str) -> dict[str, Any]:
    """Read the inputs of a set of timm's weights, as timm.data.resolve_data_config does."""
    timm = library("timm")

    settings = timm.get_pretrained_cfg(f"{base}.{tag}" if tag else base)
    _, height, width = settings.input_size
    square = height == width and settings.crop_mode in ("center", "squash")
    return {
        "size": width if square else None,
        "resize": int(width / settings.crop_pct) if square else None,
        "mean": list(settings.mean),
        "std": list(settings.std),
        "interpolation": settings.interpolation,
        "squash": settings.crop_mode == "squash",
        "stated": f"timm for {base}.{tag}" if tag else f"timm for {base}",
    }


_INPUTS = {"torchvision": _torchvision_inputs, "timm": _timm_inputs}


def _weights(name: str, file: str) -> dict[str, Any]:
    return {"package": None, "set": name, "file": file, "sha256": None, "key": None, "strip_prefix": ""}


def load(
    spec: NetworkSpec,
    weights: str | None,
    *,
    download: bool = False,
    strip_prefix: str = "",
    key: str | None = None,
) -> LoadedNetwork:
    """Build a network with the requested weights.

    Args:
        spec: The network.
        weights: ``"random"``, the name of one of its own sets, or a file; None means its default set.
        download: Whether its library may download the set.
        strip_prefix: As for :func:`srop.networks.weights.load_weights`.
        key: As for :func:`srop.networks.weights.load_weights`.

    Raises:
        FileNotFoundError: If the weights are missing; the message says how to get them.
        ValueError: If the network has no weights of its own, or the file does not fit.
    """
    from srop.networks.build import build_network

    if weights == RANDOM:
        return LoadedNetwork(build_network(spec.source, spec.model, spec.arguments), "random, seed 0", None)
    if weights is None and not spec.weights:
        raise ValueError(
            spec.without_weights or f"{spec.name} has no weights of its own; give --weights FILE, or --weights {RANDOM}"
        )
    if weights is None:
        weights = next(iter(spec.weights))
    if weights in spec.weights:
        return _own_set(spec, weights, download=download)
    file = Path(weights).expanduser()
    if not file.is_file():
        own = "".join(f", {name}" for name in list(spec.weights)[:10])
        raise FileNotFoundError(f"--weights {weights}: there is no such file; give one, or {RANDOM}{own}")
    network = build_network(spec.source, spec.model, spec.arguments)
    digest = sha256_of(file)
    load_weights(network, file, sha256=digest, key=key, strip_prefix=strip_prefix)
    return LoadedNetwork(network, f"of {file}{f' ({key})' if key else ''}", digest)


def _own_set(spec: NetworkSpec, name: str, *, download: bool) -> LoadedNetwork:
    from srop.networks.build import build_network

    architecture = {"source": spec.source, "model": spec.model, "weights": spec.weights}
    entry = spec.weights[name]
    file = weights_file(architecture, name)
    if not (file and file.is_file()) and not (download and entry["set"]):
        ways = "--download, " if entry["set"] else ""
        place = file or (f"they are in {missing(entry['package'])}" if entry["package"] else "not in the cache")
        raise FileNotFoundError(
            f"the weights {name} of {spec.name} are not here ({place}); give {ways}--weights FILE, or --weights "
            f"{RANDOM}"
        )
    if entry["set"] is None:
        network = build_network(spec.source, spec.model, spec.arguments)
        options = {key: entry[key] for key in ("sha256", "key", "strip_prefix")}
        load_weights(network, file, **options)
    else:
        with checked_download(architecture, name, download=download):
            network = build_network(spec.source, spec.model, spec.arguments, pretrained=entry["set"])
        file = weights_file(architecture, name)
    description = f"{spec.source}'s own set {name}" if entry["set"] else f"{name} ({file.name})"
    return LoadedNetwork(network, description, sha256_of(file))
