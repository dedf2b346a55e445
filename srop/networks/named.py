"""Networks as people name them: of a library, of a YAML, or a function of their own; with whose weights is said."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srop.networks.architecture import read_architecture
from srop.networks.weights import checked_download, load_weights, weights_file
from srop.packages import library, missing

if TYPE_CHECKING:
    from torch import nn

# torch is imported where it is used: a network of one's own is asked for its inputs without it.

RANDOM = "random"


@dataclass(frozen=True)
class Subject:
    """A network that someone named.

    Attributes:
        name: Short, for files.
        source: As :func:`srop.networks.build.build_network` takes it; so ``model`` and ``arguments``.
        model: See there.
        arguments: See there.
        size: Edge length of its input; None where nothing says.
        mean: Of each channel in [0, 1]; None where nothing says.
        std: Of each channel; None where nothing says.
        resize: To which the shorter side of an image is brought before the crop; None where nothing says.
        interpolation: How.
        squash: Whether both sides are brought to that.
        stated: Who states these inputs; "" where nobody does.
        weights: Its own sets, by name, as :class:`srop.networks.architecture.Weights`; the library's default first.
        without_weights: Why it has no sets of its own, where there is more to say.
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

    def prepared_for(self, weights: str | None) -> "Subject":
        """Give the network with the inputs of its own set of that name, or of its default set, as its library has them.

        What a YAML says of the inputs stays; it does not say how images get there.
        """
        name = weights if weights in self.weights else next(iter(self.weights), None)
        chosen = self.weights[name]["set"] if name is not None else None
        if chosen is None or self.source not in _INPUTS:
            return self
        own = _INPUTS[self.source](self.model, chosen)
        if self.layers is None:
            return replace(self, **own)
        if own["size"] != self.size:
            return self
        return replace(self, **{key: own[key] for key in ("resize", "interpolation", "squash", "stated")})


@dataclass(frozen=True)
class Loaded:
    """A network with its weights.

    Attributes:
        network: The network, in evaluation mode on the CPU.
        said: Whose weights these are, in words.
        sha256: Of the file; None for random weights.
    """

    network: "nn.Module"
    said: str
    sha256: str | None


def subject_of(name: str) -> Subject:
    """Find the network that a name means.

    Args:
        name: A name of torchvision (``resnet18``), of timm (``timm:resnet18``), a YAML as those of
            ``config/architecture/`` (``mine.yaml``), or a function that builds it (``package.module:function``,
            ``file.py:function``).

    Raises:
        ValueError: If there is no such network, it takes no single images, or the YAML is malformed; the message names
            it.
    """
    if name.endswith((".yaml", ".yml")):
        return _of_yaml(Path(name))
    if name.endswith(".py"):
        raise ValueError(f"{name}: write {name}:function, the function that builds the network")
    place, _, rest = name.rpartition(":")
    if name.partition(":")[0] == "timm":
        return _of_timm(name.partition(":")[2])
    if place and rest:
        return Subject(rest.rpartition(".")[2], "module", name)
    return _of_torchvision(name)


def _of_yaml(file: Path) -> Subject:
    read = read_architecture(file)
    weights = {key: value for key, value in read["weights"].items() if value is not None}
    known = {key: read[key] for key in ("source", "model", "arguments", "mean", "std", "layers", "layout")}
    return Subject(name=file.stem, size=read["input_size"], weights=weights, stated=file.name, **known)


def _of_torchvision(name: str) -> Subject:
    from torchvision import models

    from srop.networks.build import build_network

    try:
        sets = models.get_model_weights(name)
    except ValueError:
        build_network("torchvision", name, {})  # says which names are near
        raise
    weights = {each.name: _weights(each.name, each.url.rpartition("/")[2]) for each in (sets.DEFAULT, *sets)}
    subject = Subject(name, "torchvision", name, weights=weights).prepared_for(None)
    if ".quantization." in models.get_model_builder(name).__module__:
        # As torchvision builds it for random weights, it computes in floating point.
        plain = name.removeprefix("quantized_")
        why = f"{name}: its own weights are codes, and so are its maps; profile {plain}, or give --weights {RANDOM}"
        return replace(subject, weights={}, without_weights=why)
    return subject


def _torchvision_inputs(name: str, weights: str) -> dict[str, Any]:
    """Read what a set of torchvision's weights was trained for of the transforms that come with it."""
    from torchvision.models import get_model_builder, get_model_weights

    builder, transforms = get_model_builder(name), get_model_weights(name)[weights].transforms()
    if ".video." in builder.__module__:
        raise ValueError(f"{name} takes clips of frames, and its maps have a time; a profile is of single images")
    if ".optical_flow." in builder.__module__:
        raise ValueError(f"{name} takes pairs of frames; a profile is of single images")
    inputs = {"interpolation": "bilinear", "squash": False, "stated": f"torchvision for {weights}"}
    if ".detection." in builder.__module__:
        import torch

        with torch.device("meta"):
            own = builder(weights=None, weights_backbone=None).transform
        size = own.fixed_size[0] if getattr(own, "fixed_size", None) else own.min_size[-1]
        # It takes values in [0, 1], and normalizes them itself.
        return inputs | {"size": size, "resize": size, "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
    (resize,) = transforms.resize_size
    return inputs | {
        # A segmentation network takes whole pictures; a spectrum needs a square.
        "size": getattr(transforms, "crop_size", (resize,))[0],
        "resize": resize,
        "mean": list(transforms.mean),
        "std": list(transforms.std),
        "interpolation": transforms.interpolation.value,
    }


def _of_timm(name: str) -> Subject:
    timm = library("timm")

    from srop.networks.build import build_network

    base, _, tag = name.partition(".")
    if not timm.is_model(base):
        build_network("timm", base, {})  # says which names are near
    there = [each.partition(".")[2] for each in timm.list_pretrained(f"{base}.*")]
    if tag and tag not in there:
        raise ValueError(f"timm:{name}: there is no such set of weights; there are {', '.join(there) or 'no sets'}")
    chosen = timm.get_pretrained_cfg(name, allow_unregistered=False)
    if chosen is None:
        return Subject(base, "timm", base)
    tags = dict.fromkeys([chosen.tag, *there]) if chosen.tag in there else there
    subject = Subject(name, "timm", base, weights={each: _weights(each, "model.safetensors") for each in tags})
    return replace(subject, **_timm_inputs(base, chosen.tag))


def _timm_inputs(base: str, tag: str) -> dict[str, Any]:
    """Read what a set of timm's weights was trained for, as timm.data.resolve_data_config does."""
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
    subject: Subject,
    weights: str | None,
    *,
    download: bool = False,
    strip_prefix: str = "",
    key: str | None = None,
) -> Loaded:
    """Build a network with the weights that are asked for.

    Args:
        subject: The network.
        weights: ``"random"``, the name of one of its own sets, or a file; None takes its own.
        download: Whether its library may download its own set.
        strip_prefix: Of the names in a file, see :func:`srop.networks.weights.load_weights`.
        key: Where in a file the weights are, see there.

    Raises:
        FileNotFoundError: If the weights are missing; the message names the ways out.
        ValueError: If there are no weights of its own, or the file does not fit.
    """
    from srop.networks.build import build_network

    if weights == RANDOM:
        return Loaded(build_network(subject.source, subject.model, subject.arguments), "random, seed 0", None)
    if weights is None and not subject.weights:
        raise ValueError(
            subject.without_weights
            or f"{subject.name} has no weights of its own; give --weights FILE, or --weights {RANDOM}"
        )
    if weights is None:
        weights = next(iter(subject.weights))
    if weights in subject.weights:
        return _own_set(subject, weights, download=download)
    file = Path(weights).expanduser()
    if not file.is_file():
        own = "".join(f", {name}" for name in list(subject.weights)[:10])
        raise FileNotFoundError(f"--weights {weights}: there is no such file; give one, or {RANDOM}{own}")
    network = build_network(subject.source, subject.model, subject.arguments)
    digest = _sha256(file)
    load_weights(network, file, sha256=digest, key=key, strip_prefix=strip_prefix)
    return Loaded(network, f"of {file}", digest)


def _own_set(subject: Subject, name: str, *, download: bool) -> Loaded:
    from srop.networks.build import build_network

    architecture = {"source": subject.source, "model": subject.model, "weights": subject.weights}
    chosen = subject.weights[name]
    file = weights_file(architecture, name)
    if not (file and file.is_file()) and not (download and chosen["set"]):
        ways = "--download, " if chosen["set"] else ""
        place = file or (f"they are in {missing(chosen['package'])}" if chosen["package"] else "not in the cache")
        raise FileNotFoundError(
            f"the weights {name} of {subject.name} are not here ({place}); give {ways}--weights FILE, or --weights "
            f"{RANDOM}"
        )
    if chosen["set"] is None:
        network = build_network(subject.source, subject.model, subject.arguments)
        options = {key: chosen[key] for key in ("sha256", "key", "strip_prefix")}
        load_weights(network, file, **options)
    else:
        with checked_download(architecture, name, download=download):
            network = build_network(subject.source, subject.model, subject.arguments, pretrained=chosen["set"])
        file = weights_file(architecture, name)
    whose = f"{subject.source}'s own set {name}" if chosen["set"] else f"{name} ({file.name})"
    return Loaded(network, whose, _sha256(file))


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
