"""Networks as people name them: of a library, of a YAML, or a function of their own; with whose weights is said."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from srop.networks.architecture import read_architecture
from srop.networks.build import build_network
from srop.networks.libraries import library
from srop.networks.weights import checked_download, load_weights, weights_file

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
        mean: Of each color; None where nothing says.
        std: Likewise.
        weights: Its own sets, by name, as :class:`srop.networks.architecture.Weights`.
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
    weights: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    layers: Mapping[str, str] | None = None
    layout: Any = None


@dataclass(frozen=True)
class Loaded:
    """A network with its weights.

    Attributes:
        network: The network, in evaluation mode on the CPU.
        said: Whose weights these are, in words.
        sha256: Of the file; None for random weights.
    """

    network: nn.Module
    said: str
    sha256: str | None


def subject_of(name: str) -> Subject:
    """Find the network that a name means.

    Args:
        name: A name of torchvision (``resnet18``), of timm (``timm:resnet18``), a YAML as those of
            ``config/architecture/`` (``mine.yaml``), or a function that builds it (``package.module:function``).

    Raises:
        ValueError: If there is no such network, or the YAML is malformed; the message names it.
    """
    if name.endswith((".yaml", ".yml")):
        return _of_yaml(Path(name))
    library, _, rest = name.partition(":")
    if library == "timm" and rest:
        return _of_timm(rest)
    if rest:
        return Subject(name.replace(":", ".").rpartition(".")[2], "module", name)
    return _of_torchvision(name)


def _of_yaml(file: Path) -> Subject:
    read = read_architecture(file)
    weights = {key: value for key, value in read["weights"].items() if value is not None}
    known = {key: read[key] for key in ("source", "model", "arguments", "mean", "std", "layers", "layout")}
    return Subject(name=file.stem, size=read["input_size"], weights=weights, **known)


def _of_torchvision(name: str) -> Subject:
    from torchvision import models

    try:
        chosen = models.get_model_weights(name).DEFAULT
    except ValueError:
        build_network("torchvision", name, {})  # says which names are near
        raise
    transforms = chosen.transforms()
    own = _weights(chosen.name, chosen.url.rpartition("/")[2])
    return Subject(
        name, "torchvision", name, size=transforms.crop_size[0], mean=transforms.mean, std=transforms.std,
        weights={chosen.name: own},
    )  # fmt: skip


def _of_timm(name: str) -> Subject:
    timm = library("timm")

    base, _, tag = name.partition(".")
    settings = timm.get_pretrained_cfg(name, allow_unregistered=False) if timm.is_model(base) else None
    if settings is None:
        build_network("timm", base, {})
        return Subject(base, "timm", base)
    tag = tag or settings.tag
    own = {tag: _weights(tag, "model.safetensors")} if settings.hf_hub_id else {}
    return Subject(
        name, "timm", base, size=settings.input_size[-1], mean=list(settings.mean), std=list(settings.std), weights=own
    )


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
    if weights == RANDOM:
        return Loaded(build_network(subject.source, subject.model, subject.arguments), "random, seed 0", None)
    if weights is None and not subject.weights:
        raise ValueError(f"{subject.name} has no weights of its own; give --weights FILE, or --weights {RANDOM}")
    if weights is None:
        weights = next(iter(subject.weights))
    if weights in subject.weights:
        return _own_set(subject, weights, download=download)
    file = Path(weights).expanduser()
    if not file.is_file():
        own = "".join(f", {name}" for name in subject.weights)
        raise FileNotFoundError(f"--weights {weights}: there is no such file; give one, or {RANDOM}{own}")
    network = build_network(subject.source, subject.model, subject.arguments)
    digest = _sha256(file)
    load_weights(network, file, sha256=digest, key=key, strip_prefix=strip_prefix)
    return Loaded(network, f"of {file}", digest)


def _own_set(subject: Subject, name: str, *, download: bool) -> Loaded:
    architecture = {"source": subject.source, "model": subject.model, "weights": subject.weights}
    chosen = subject.weights[name]
    file = weights_file(architecture, name)
    if not (file and file.is_file()) and not (download and chosen["set"]):
        ways = "--download, " if chosen["set"] else ""
        raise FileNotFoundError(
            f"the weights {name} of {subject.name} are not here ({file or 'not in the cache'}); give {ways}"
            f"--weights FILE, or --weights {RANDOM}"
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
