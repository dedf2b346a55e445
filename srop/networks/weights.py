"""Weights: where they lie, whether they are what they claim, and how they get into a network."""

import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


def weights_file(architecture: Mapping[str, Any], name: str) -> Path | None:
    """Say where a file of weights lies, or would lie once its library has downloaded it.

    Args:
        architecture: As :class:`srop.networks.architecture.Architecture`.
        name: A key of ``architecture["weights"]`` other than ``"random"``.

    Returns:
        The path; None if the package that ships the file is not installed, or a hub's cache does not hold it.
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

        found = Path(HF_HUB_CACHE).glob(
            f"models--timm--{architecture['model']}.{weights['set']}/snapshots/*/{weights['file']}"
        )
        return max(found, default=None)
    return Path(os.environ.get("TORCH_HOME", cache / "torch")).expanduser() / "hub" / "checkpoints" / weights["file"]


def hash_in_name(file: Path) -> str | None:
    """Give the digits of the SHA-256 that a file's name, or the name of the file that it links to, bears."""
    named = re.search(r"-([0-9a-f]{8,64})\.\w+$", file.name) or re.fullmatch(r"([0-9a-f]{64})", file.resolve().name)
    return named[1] if named else None


def is_sha256(text: str) -> bool:
    """Say whether a text is a SHA-256: 64 hexadecimal digits."""
    return re.fullmatch(r"[0-9a-fA-F]{64}", text) is not None


def check_file(file: Path, sha256: str | None) -> None:
    """Check that a file is the one it claims to be.

    Args:
        file: The file.
        sha256: Of the file, 64 hexadecimal digits in either case. None takes what the file's name says: torch's
            libraries end the name with the hash's first digits, and a hub's cache names the file itself by it.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is another file, nothing says what its hash should be, or that is no SHA-256.
    """
    if sha256 is not None and not is_sha256(sha256):
        raise ValueError(f"sha256={sha256!r} of {file}: a SHA-256 has 64 hexadecimal digits")
    if not file.is_file():
        raise FileNotFoundError(f"the weights {file} are missing")
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    expected = sha256.lower() if sha256 else hash_in_name(file)
    if not expected:
        raise ValueError(f"nothing says what the hash of {file} should be; give its sha256")
    if not found.startswith(expected):
        raise ValueError(
            f"{file} is not the file whose sha256 is {expected}: its own is {found}; replace the file, or give its own "
            "sha256 if it is the one that you mean"
        )


def load_weights(
    network: "nn.Module", file: Path, *, sha256: str | None = None, key: str | None = None, strip_prefix: str = ""
) -> None:
    """Load a network's weights from a file whose hash is known; nothing in it is executed.

    Args:
        network: The network, changed in place.
        file: ``.safetensors``, or what ``torch.save`` wrote of tensors alone.
        sha256: As for :func:`check_file`.
        key: Where in the file the weights are, such as ``"state_dict"``; None if they are all there is.
        strip_prefix: What every name begins with and the network's do not, such as ``"module."``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is another one, holds more than tensors, or does not fit the network.
    """
    check_file(file, sha256)
    state = _read(file)
    if key is not None:
        if not isinstance(state, Mapping) or key not in state:
            raise ValueError(f"{file} has no {key!r}; it has {_held(state)}")
        state = state[key]
    own = network.state_dict()
    if not _is_state(state):
        advice = f"give --key {_key_of(state, own)}" if _key_of(state, own) else "give its key"
        raise ValueError(f"{file} holds {_held(state)}, not tensors by the names of parameters; {advice}")
    if strip_prefix and (other := next((name for name in state if not name.startswith(strip_prefix)), None)):
        raise ValueError(f"{file}: {other!r} does not begin with strip_prefix={strip_prefix!r}")
    renamed = OrderedDict((name.removeprefix(strip_prefix), value) for name, value in state.items())
    if hasattr(state, "_metadata"):
        # The versions of layers, by which they read what an older one wrote.
        renamed._metadata = {name.removeprefix(strip_prefix): value for name, value in state._metadata.items()}
    _require_numbers(file, renamed, own)
    try:
        missing, unexpected = network.load_state_dict(renamed, strict=False)
    except (RuntimeError, AttributeError, TypeError) as error:
        raise _of_another_network(file, error) from error
    if missing or unexpected:
        parts = [f"it lacks {_some(missing)}"] * bool(missing)
        parts += [f"the network has no {_some(unexpected)}"] * bool(unexpected)
        prefix = _prefix_of(renamed, own)
        if prefix and not strip_prefix:
            raise ValueError(f"{file} names its weights with {prefix!r} before them; give --strip-prefix {prefix}")
        raise _of_another_network(file, "; ".join(parts))


def _read(file: Path) -> Any:
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    with file.open("rb") as stream:
        begin = stream.read(200)
    if _is_text(begin):
        pointer = ", a pointer of Git LFS; git lfs pull fetches what it stands for"
        what = pointer if begin.startswith(b"version https://git-lfs") else " and holds something else than tensors"
        raise ValueError(f"{file} is a text ({begin[:30].decode(errors='replace')!r} ...){what}")
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        return torch.load(file, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except SafetensorError as error:
        raise _refused(file) from error
    except UnpicklingError as error:
        # A whole network, say, whose classes are code.
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        raise _refused(file, f" ({named[1]})" if named else "") from error
    except Exception as error:
        # What is no pickle of torch fails in many ways.
        kind = next((said for word, said in _KINDS.items() if word in str(error)), None)
        raise (ValueError(f"{file} is {kind}; give a file of its state_dict()") if kind else _refused(file)) from error


_KINDS = {
    "TorchScript": "a TorchScript program",
    "data.pkl": "a program, as torch.export saves it, or a foreign archive",
}
"""What a file is, by a word of torch's when it does not load it."""


def _is_text(begin: bytes) -> bool:
    return bool(begin) and all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in begin)


def _is_state(state: Any) -> bool:
    from torch import Tensor

    return (
        isinstance(state, Mapping)
        and all(isinstance(name, str) for name in state)
        and not any(
            isinstance(value, Mapping) and any(isinstance(each, Tensor) for each in value.values())
            for value in state.values()
        )
    )


def _key_of(state: Any, own: Mapping[str, Any]) -> str | None:
    """Find the key under which a file has the weights of a network, whatever stands before their names."""
    if not isinstance(state, Mapping):
        return None
    inner = {key: value for key, value in state.items() if isinstance(key, str) and isinstance(value, Mapping)}
    alike = [key for key, value in inner.items() if _is_state(value) and _prefix_of(value, own) is not None]
    return alike[0] if alike else None


def _prefix_of(state: Mapping[str, Any], own: Mapping[str, Any]) -> str | None:
    """Find what stands before all names of a file and not before a network's; None if they differ by more than that."""
    # Older files lack the count of batches.
    ours, theirs = ({name for name in names if not name.endswith("num_batches_tracked")} for names in (own, state))
    first = min(ours, default="")
    prefixes = [name.removesuffix(first) for name in theirs if first and name.endswith(first)]
    return next((prefix for prefix in prefixes if {prefix + name for name in ours} == theirs), None)


def _require_numbers(file: Path, state: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Require that weights are numbers themselves, and no codes whose scale stands elsewhere."""
    from torch import Tensor

    for name, value in state.items():
        wanted = own.get(name)
        if not isinstance(value, Tensor) or wanted is None or not wanted.is_floating_point():
            continue
        if value.is_quantized or not value.is_floating_point() or value.dtype.itemsize == 1:
            kind, ours = (str(each.dtype).removeprefix("torch.") for each in (value, wanted))
            raise ValueError(
                f"{file}: {name!r} is of {kind}, and the network's of {ours}: codes, which mean nothing without their "
                "scale; give weights of floating point"
            )


@contextmanager
def checked_download(architecture: Mapping[str, Any], name: str, *, download: bool) -> Iterator[None]:
    """Let a library load weights by its own code: only what is what it claims to be, and executing nothing in it.

    Args:
        architecture: As :class:`srop.networks.architecture.Architecture`.
        name: A key of ``architecture["weights"]``, of a named set.
        download: Whether the library may download them first.

    Raises:
        FileNotFoundError: If they are missing and may not be downloaded.
        ValueError: If the file is another one, holds more than tensors, or does not fit the network.
    """
    file = weights_file(architecture, name)
    present, sha256 = file is not None and file.is_file(), architecture["weights"][name].get("sha256")
    if not present and not download:
        place = file or f"{architecture['weights'][name]['set']} of {architecture['model']}"
        raise FileNotFoundError(
            f"the weights {place} are missing; put them there, or let data.download=true fetch them"
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
        raise _of_another_network(file, error) from error
    finally:
        os.environ.pop(forced)
        if before is not None:
            os.environ[forced] = before
    # What was downloaded just now, and that the library took no other file.
    if not present:
        check_file(weights_file(architecture, name) or Path(architecture["weights"][name]["file"]), sha256)


def _held(state: Any) -> str:
    if isinstance(state, Mapping):
        return ", ".join(map(repr, list(state)[:5])) or "nothing"
    return f"a {type(state).__name__}"


def _refused(file: Path, named: str = "") -> ValueError:
    # Not torch's own words, which advise to load the file in a way that may execute code.
    return ValueError(
        f"{file} is damaged or holds something else than tensors{named}; it is not loaded; "
        "torch.save(network.state_dict(), ...) writes tensors alone"
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _of_another_network(file: Path | None, error: Exception | str) -> ValueError:
    return ValueError(
        f"{file} belongs to another network, or names its weights otherwise, or is damaged ({str(error)[:400]})"
    )
