"""Files of weights: their places, the check of their SHA-256, and loading them into a network."""

import os
import re
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from srop.files import sha256_of

if TYPE_CHECKING:
    from torch import nn


def weights_file(architecture: Mapping[str, Any], name: str) -> Path | None:
    """Give the path of a file of weights; if it is not downloaded yet, its path after the download.

    Args:
        architecture: As :class:`srop.networks.architecture.Architecture`.
        name: A key of ``architecture["weights"]`` other than ``"random"``.

    Returns:
        The path; None if the package that ships the file is not installed, or the file is not in a hub's cache.
    """
    weights = architecture["weights"][name]
    if weights["package"] is not None:
        package = find_spec(weights["package"])
        return package and Path(package.submodule_search_locations[0]) / weights["file"]
    if weights["set"] is None:
        return Path(weights["file"]).expanduser()
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    if str(architecture["source"]).endswith("timm"):
        from huggingface_hub.constants import HF_HUB_CACHE

        files = Path(HF_HUB_CACHE).glob(
            f"models--timm--{architecture['model']}.{weights['set']}/snapshots/*/{weights['file']}"
        )
        return max(files, default=None)
    return Path(os.environ.get("TORCH_HOME", cache / "torch")).expanduser() / "hub" / "checkpoints" / weights["file"]


def hash_in_name(file: Path) -> str | None:
    """Give the digits of the SHA-256 in a file's name, or in the name of the file that it links to."""
    named = re.search(r"-([0-9a-f]{8,64})\.\w+$", file.name) or re.fullmatch(r"([0-9a-f]{64})", file.resolve().name)
    return named[1] if named else None


def is_sha256(text: str) -> bool:
    """Check whether a text is a SHA-256: 64 hexadecimal digits."""
    return re.fullmatch(r"[0-9a-fA-F]{64}", text) is not None


def check_file(file: Path, sha256: str | None) -> None:
    """Check a file by its SHA-256.

    Args:
        file: The file.
        sha256: The expected SHA-256, 64 hexadecimal digits in either case. None means the digits in the file's name:
            torch's libraries end the name with the first digits, and a hub's cache uses the SHA-256 as the name.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file has another SHA-256, the expected one is unknown, or it is not a SHA-256.
    """
    if sha256 is not None and not is_sha256(sha256):
        raise ValueError(f"sha256={sha256!r} of {file}: a SHA-256 has 64 hexadecimal digits; sha256sum FILE prints it")
    if not file.is_file():
        raise FileNotFoundError(f"the weights {file} are missing; put the file there")
    digest = sha256_of(file)
    expected = sha256.lower() if sha256 else hash_in_name(file)
    if not expected:
        raise ValueError(f"the expected SHA-256 of {file} is unknown; give its sha256")
    if not digest.startswith(expected):
        raise ValueError(
            f"{file} is not the file whose sha256 is {expected}: its own is {digest}; replace the file, or give this "
            "sha256 if you mean this file"
        )


def load_weights(
    network: "nn.Module", file: Path, *, sha256: str | None = None, key: str | None = None, strip_prefix: str = ""
) -> None:
    """Load a network's weights from a file with a known SHA-256; no code in the file is executed.

    Args:
        network: The network, changed in place.
        file: A ``.safetensors`` file, or a file of ``torch.save`` that holds only tensors.
        sha256: As for :func:`check_file`.
        key: The key of the weights in the file, such as ``"state_dict"``, or the keys to them with dots between, such
            as ``"state.net"``; None if the file holds nothing else.
        strip_prefix: A prefix of names in the file that the network's names lack, such as ``"module."``. Names without
            it are those of other networks, and are left out.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file has another SHA-256, holds more than tensors, or does not fit the network.
    """
    check_file(file, sha256)
    state = _read(file)
    if key is not None:
        inner = _at(state, key)
        if inner is None:
            advice = "; leave --key out" if _is_state(state) else ""
            raise ValueError(f"{file} has no {key!r}; it has {_content(state)}{advice}")
        state = inner
    own = network.state_dict()
    if not _is_state(state):
        keys = [f"{key}.{each}" if key else each for each in _keys_of(state, own)]
        advice = f"give --key {' or '.join(keys)}" if keys else "give its key" if isinstance(state, Mapping) else _SAVE
        raise ValueError(f"{file} holds {_content(state)}, not tensors by the names of parameters; {advice}")
    chosen = {name: value for name, value in state.items() if name.startswith(strip_prefix)}
    if state and not chosen:
        first = next(iter(state))
        raise ValueError(
            f"{file}: no name begins with strip_prefix={strip_prefix!r}, the first is {first!r}; give another one"
        )
    renamed = OrderedDict((name.removeprefix(strip_prefix), value) for name, value in chosen.items())
    if hasattr(state, "_metadata"):
        # The versions of layers, which newer layers need to read older weights.
        renamed._metadata = {name.removeprefix(strip_prefix): value for name, value in state._metadata.items()}
    _require_numbers(file, renamed, own)
    try:
        missing, unexpected = network.load_state_dict(renamed, strict=False)
    except (RuntimeError, AttributeError, TypeError) as error:
        raise _misfit(file, _other_shapes(renamed, own) or _summary(error)) from error
    if missing or unexpected:
        prefixes = [prefix for prefix in _prefixes_of(renamed, own) if prefix]
        if prefixes and not strip_prefix:
            words = " or ".join(map(repr, prefixes))
            raise ValueError(f"{file} has names with {words} before them; give --strip-prefix {prefixes[0]}")
        if not own.keys() & renamed.keys():
            raise _misfit(
                file, f"no name is the same; the file begins with {min(renamed)!r}, the network with {min(own)!r}"
            )
        differences = [f"the file lacks {_first_three(missing)}"] * bool(missing)
        differences += [f"the network lacks {_first_three(unexpected)}"] * bool(unexpected)
        raise _misfit(file, "; ".join(differences))


def _read(file: Path) -> Any:
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    with file.open("rb") as stream:
        start = stream.read(200)
    if _is_text(start):
        pointer = ", a pointer of Git LFS; git lfs pull fetches the file itself"
        what = pointer if start.startswith(b"version https://git-lfs") else f", and no tensors; {_SAVE}"
        raise ValueError(f"{file} is a text ({start[:30].decode(errors='replace')!r} ...){what}")
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        with warnings.catch_warnings():
            # About old formats; what matters of them is an error here.
            warnings.simplefilter("ignore", UserWarning)
            return torch.load(file, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except SafetensorError as error:
        raise _refused(file) from error
    except UnpicklingError as error:
        # For example a whole network, whose classes are code.
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        raise _refused(file, f" ({named[1]})" if named else "") from error
    except Exception as error:
        # torch raises many kinds of errors for other files.
        kind = next((kind for word, kind in _KINDS.items() if word in str(error)), None)
        raise (ValueError(f"{file} is {kind}; give a file of its state_dict()") if kind else _refused(file)) from error


_KINDS = {
    "TorchScript": "a TorchScript program",
    "data.pkl": "a program, as torch.export saves it, or a foreign archive",
}
"""Kinds of files, by a word in torch's error message."""


def _is_text(start: bytes) -> bool:
    return bool(start) and all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start)


def _is_state(state: Any) -> bool:
    from torch import Tensor

    return (
        isinstance(state, Mapping)
        and all(isinstance(name, str) for name in state)
        and (not state or any(isinstance(value, Tensor) for value in state.values()))
        and not any(map(_holds_tensors, state.values()))
    )


def _holds_tensors(value: Any) -> bool:
    """Say whether a value is a mapping with tensors in it, or in mappings in it."""
    from torch import Tensor

    return isinstance(value, Mapping) and any(
        isinstance(each, Tensor) or _holds_tensors(each) for each in value.values()
    )


def _at(state: Any, key: str) -> Any:
    """Give what stands under a key, or under several with dots between; None if nothing does."""
    if not isinstance(state, Mapping):
        return None
    if key in state:
        return state[key]
    first, _, rest = key.partition(".")
    return _at(state[first], rest) if rest and first in state else None


def _keys_of(state: Any, own: Mapping[str, Any]) -> list[str]:
    """Find the keys of a network's weights in a file, at any depth; a prefix of their names is allowed."""
    keys = []
    for key, value in state.items() if isinstance(state, Mapping) else ():
        if isinstance(key, str) and _is_state(value):
            keys += [key] if _prefixes_of(value, own) else []
        elif isinstance(key, str):
            keys += [f"{key}.{inner}" for inner in _keys_of(value, own)]
    return keys


_SAVE = "save the network's state_dict() and give that file"


def _prefixes_of(state: Mapping[str, Any], own: Mapping[str, Any]) -> list[str]:
    """Find the prefixes that turn the names of a network into all names of a file with this prefix.

    Where a file has other names as well, its values must have the network's shapes, too.
    """
    # Older files lack the number of batches.
    ours, theirs = ({name for name in names if not name.endswith("num_batches_tracked")} for names in (own, state))
    first = min(ours, default="")
    prefixes = sorted({name.removesuffix(first) for name in theirs if first and name.endswith(first)})
    return [
        prefix
        for prefix in prefixes
        if (own_names := {prefix + name for name in ours}) == {name for name in theirs if name.startswith(prefix)}
        if own_names == theirs or all(_shape(state[prefix + name]) == _shape(own[name]) for name in ours)
    ]


def _shape(value: Any) -> Any:
    """Give the shape of a value; None if it is no tensor."""
    return getattr(value, "shape", None)


def _require_numbers(file: Path, state: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Require floating-point weights, instead of quantized codes with a separate scale."""
    from torch import Tensor

    for name, value in state.items():
        wanted = own.get(name)
        if not isinstance(value, Tensor) or wanted is None or not wanted.is_floating_point():
            continue
        if value.is_quantized or not value.is_floating_point() or value.dtype.itemsize == 1:
            kind, ours = (str(each.dtype).removeprefix("torch.") for each in (value, wanted))
            raise ValueError(
                f"{file}: {name!r} is of {kind}, and the network's of {ours}: these are codes, which mean nothing "
                "without their scale; give weights of floating point"
            )


@contextmanager
def checked_download(architecture: Mapping[str, Any], name: str, *, download: bool) -> Iterator[None]:
    """Let a library load its weights within this block: the SHA-256 is checked, and no code in the file is executed.

    Args:
        architecture: As :class:`srop.networks.architecture.Architecture`.
        name: A key of ``architecture["weights"]``, of a named set.
        download: Whether the library may download the weights first.

    Raises:
        FileNotFoundError: If the weights are missing and may not be downloaded.
        ValueError: If the file has another SHA-256, holds more than tensors, or does not fit the network.
    """
    file = weights_file(architecture, name)
    present, sha256 = file is not None and file.is_file(), architecture["weights"][name].get("sha256")
    if not present and not download:
        place = file or f"{architecture['weights'][name]['set']} of {architecture['model']}"
        raise FileNotFoundError(
            f"the weights {place} are missing; put them there, or set data.download=true to download them"
        )
    if present:
        check_file(file, sha256)
    forced = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
    before = os.environ.get(forced)
    os.environ[forced] = "1"
    try:
        yield
    except UnpicklingError as error:
        raise _refused(file) from error
    except RuntimeError as error:
        raise _misfit(file, _summary(error)) from error
    finally:
        os.environ.pop(forced)
        if before is not None:
            os.environ[forced] = before
    # A new download is checked here, and so is that the library used this file.
    if not present:
        check_file(weights_file(architecture, name) or Path(architecture["weights"][name]["file"]), sha256)


def _content(state: Any) -> str:
    if isinstance(state, Mapping):
        return ", ".join(map(repr, list(state)[:5])) or "nothing"
    return f"a {type(state).__name__}"


def _refused(file: Path, named: str = "") -> ValueError:
    # Without torch's own message, which advises to load the file in a way that may execute code.
    return ValueError(
        f"{file} is damaged or holds something else than tensors{named}; it is not loaded; "
        "give a file of tensors alone, as torch.save(network.state_dict(), ...) writes it"
    )


def _first_three(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _other_shapes(state: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """List weights of other shapes than the network's; "" if all have its shapes."""
    pairs = {name: (getattr(value, "shape", None), own[name].shape) for name, value in state.items() if name in own}
    other = {name: shapes for name, shapes in pairs.items() if shapes[0] is not None and shapes[0] != shapes[1]}
    if not other:
        return ""
    name, shapes = next(iter(other.items()))
    in_file, in_network = (" x ".join(map(str, shape)) or "a single number" for shape in shapes)
    more = f", and {len(other) - 1} more differ" if len(other) > 1 else ""
    return f"{name} is {in_file} in the file and {in_network} in the network{more}"


def _misfit(file: Path | None, why: str) -> ValueError:
    return ValueError(f"{file} does not fit the network: {why}; give weights of this network")


def _summary(error: Exception) -> str:
    """Shorten torch's list of all weights that do not fit to the first three, each at the end of a word."""
    lines = [shorten(line, 160, placeholder=" ...") for line in str(error).splitlines() if line.strip()]
    first, *others = lines or [type(error).__name__]
    more = f"; and {len(others) - 3} more" if len(others) > 3 else ""
    return f"{first} {'; '.join(others[:3])}{more}".rstrip()
