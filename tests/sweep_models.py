"""Profile models of timm, torchvision and transformers with random weights: ``python tests/sweep_models.py``.

One model of each timm family, torchvision's classifiers, and small models of transformers if it is installed. Of each
the layers are judged that its library names (of transformers those that ``srop.find_layers`` chooses), and in a row of
layer ``*`` whether ``srop.find_layers`` and ``srop.profile`` measure it without a word of the user. No test: it takes
about an hour. Each model runs in a process of its own, and what is done is kept in ``docs/compatibility.csv``, so that
the same command goes on. Every table is compared with the oracle of the tests on 24 channels. ``tests/test_docs.py``
holds docs/compatibility.md to that file.
"""

import json
import resource
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
import oracle
import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

import srop
from srop.outputs import output_name
from srop.sizes import MapSize, as_size

PROJECT = Path(__file__).resolve().parent.parent
DONE = PROJECT / "docs" / "compatibility.csv"
COLUMNS = ["library", "model", "size", "layer", "module", "outcome", "message", "values", "ties", "largest_difference"]
MOST_PARAMETERS = 100e6
MEMORY, SECONDS = 16 * 2**30, 600
CHANNELS = 24
_PLAIN = {"hidden_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 192}
TRANSFORMERS = {
    "Beit": _PLAIN,
    "CLIPVision": _PLAIN | {"image_size": 224, "patch_size": 16},
    "ConvNext": {},
    "DeiT": _PLAIN,
    "Dinov2WithRegisters": _PLAIN | {"image_size": 224, "patch_size": 14},
    "MobileViT": {},
    "Pvt": {},
    "RegNet": {},
    "ResNet": {},
    "Segformer": {},
    "SiglipVision": _PLAIN | {"image_size": 224, "patch_size": 16},
    "Swin": {},
    "ViT": _PLAIN,
}
"""Vision models of transformers by the names of their classes, with their configuration where it is not the default."""
TIE = 1e-4
"""As in tests/test_rolloff.py: nearer to a tie, float32 may take another ring."""


def is_small(build: Callable[[], nn.Module]) -> bool:
    """Count parameters without making them; what cannot be built so is left for the sweep to see."""
    try:
        with torch.device("meta"):
            return sum(parameter.numel() for parameter in build().parameters()) < MOST_PARAMETERS
    except RuntimeError:
        return True


def models() -> list[tuple[str, str]]:
    """Name them: of each timm family the one with the shortest name that is small enough."""
    import timm
    import torchvision

    pairs = []
    for family in timm.list_modules():
        names = sorted(timm.list_models(module=family), key=lambda name: (len(name), name))
        small = (name for name in names if is_small(partial(timm.create_model, name)))
        pairs += [("timm", name) for name in islice(small, 1)]
    names = torchvision.models.list_models(module=torchvision.models)
    build = partial(torchvision.models.get_model, weights=None)
    pairs += [("torchvision", name) for name in names if is_small(partial(build, name))]
    return pairs + [("transformers", name) for name in TRANSFORMERS if find_spec("transformers")]


def built(library: str, name: str) -> tuple[nn.Module, int, dict[str, int | None]]:
    """Build a model; with its input size and its layers: those that timm names as features, or its children."""
    torch.manual_seed(0)
    if library == "timm":
        import timm

        model = timm.create_model(name)
        size = model.default_cfg["input_size"][-1]
        info = getattr(model, "feature_info", None) or []
        layers = {part["module"]: part["num_chs"] for part in (info if isinstance(info, list) else info.info)}
    elif library == "transformers":
        import transformers

        configuration = getattr(transformers, f"{name}Config")(**TRANSFORMERS[name])
        model = getattr(transformers, f"{name}Model")(configuration).eval()
        size = getattr(configuration, "image_size", 224)
        return model, size, dict.fromkeys(srop.find_layers(model, torch.zeros(1, 3, size, size)))
    else:
        from torchvision.models import get_model, get_model_weights

        arguments = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
        model = get_model(name, weights=None, **arguments)
        (crop,) = next(iter(get_model_weights(name))).transforms().crop_size
        size, layers = crop, {}
    names = dict(model.named_modules())
    layers = {layer: channels for layer, channels in layers.items() if layer in names}
    if not layers:
        stages = model.features if isinstance(getattr(model, "features", None), nn.Sequential) else model
        prefix = "features." if stages is not model else ""
        layers = {f"{prefix}{child}": None for child, _ in stages.named_children()}
    return model.eval(), size, layers


def judged(model: nn.Module, images: Tensor, layer: str, channels: int | None) -> dict[str, object]:
    """Profile a layer, and compare its values with the oracle's."""
    kept = []
    try:
        with srop.reduced_layers(model, [layer], lambda _layer, output: kept.append(output[:1].clone())):
            table = srop.profile(model, [images], [layer])
    except (TypeError, ValueError, RuntimeError) as error:
        inside = traceback.extract_tb(error.__traceback__)[-1].filename
        clear = Path(inside).is_relative_to(PROJECT / "srop") and repr(layer) in str(error)
        return {
            "outcome": "clear error" if clear else "unclear error",
            "message": f"{type(error).__name__}: {error}"[:300],
        }
    except Exception as error:
        return {"outcome": "unclear error", "message": f"{type(error).__name__}: {error}"[:300]}
    output = kept[0]  # a layout that is unknown is settled by further passes
    maps = maps_in(output, channels, as_size(table["size"].iloc[0]))[0, :CHANNELS].numpy()
    size = images.shape[-1]
    expected = oracle.rolloff_points(maps, srop.PUBLISHED, size)
    decided = oracle.margins(maps, srop.PUBLISHED, size) > TIE
    measured = table[table["dead"] == "omit"].set_index("channel")["mean"].to_numpy()[:CHANNELS]
    same_gaps = np.array_equal(np.isnan(measured), np.isnan(expected))
    apart = np.abs(measured - expected)[decided & ~np.isnan(expected)]
    largest = apart.max(initial=0) if same_gaps else np.inf
    return {
        "outcome": "table" if largest < 1e-6 else "wrong",
        "values": len(measured),
        "ties": int((~decided).sum()),
        "largest_difference": float(largest),
    }


def maps_in(output: Tensor, channels: int | None, size: MapSize) -> Tensor:
    """Lay out an output as the oracle takes it; tokens of the image are the last of all tokens."""
    # What the library says of the number of channels decides, where it says one; the profile does not know it.
    if output.ndim == 3:
        last = output.shape[1] == channels
        tokens = output if last else output.transpose(1, 2)
        return tokens[..., -size.pixels :].reshape(*tokens.shape[:2], *size)
    last = output.shape[1] != channels if channels else tuple(output.shape[1:3]) == size
    return output.permute(0, 3, 1, 2) if last else output


def one(library: str, name: str) -> list[dict[str, object]]:
    """Judge all layers of a model."""
    row = {"library": library, "model": name}
    try:
        model, size, layers = built(library, name)
    except Exception as error:
        return [row | {"outcome": "not built", "message": f"{type(error).__name__}: {error}"[:300]}]
    images = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    modules = dict(model.named_modules())
    return [
        row | {"size": size, "layer": "*"} | profiled(model, images),
        *(
            row
            | {"size": size, "layer": layer, "module": type(modules[output_name(layer, modules).module]).__name__}
            | judged(model, images, layer, channels)
            for layer, channels in layers.items()
        ),
    ]


def profiled(model: nn.Module, images: Tensor) -> dict[str, object]:
    """Profile the layers that :func:`srop.find_layers` chooses, as the command does without an option."""
    try:
        layers = srop.find_layers(model, images)
        srop.profile(model, [images], layers)
    except (TypeError, ValueError, RuntimeError) as error:
        inside = traceback.extract_tb(error.__traceback__)[-1].filename
        clear = Path(inside).is_relative_to(PROJECT / "srop")
        outcome = "clear error" if clear else "unclear error"
        return {"outcome": outcome, "message": f"{type(error).__name__}: {error}"[:300]}
    return {"outcome": "table", "message": f"{len(layers)} layers"}


def in_processes(script: str, pairs: list[tuple[str, str]], done: Path, columns: list[str]) -> None:
    """Run a script for each model in a process of its own, which prints rows as JSON, and keep them in a CSV.

    Models that the CSV has are left out. A model that ends without rows has one whose outcome is ``stopped``.
    """
    rows = pd.read_csv(done).to_dict("records") if done.exists() else []
    finished = {(row["library"], row["model"]) for row in rows}
    for library, name in tqdm([pair for pair in pairs if pair not in finished]):
        stopped = {"library": library, "model": name, "outcome": "stopped"}
        try:
            command = [sys.executable, script, library, name]
            result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
            rows += json.loads(result.stdout.splitlines()[-1])
        except subprocess.TimeoutExpired:
            message = f"no answer in {SECONDS} seconds; the oracle takes minutes for a map referred to 1,024"
            rows.append(stopped | {"message": message})
        except subprocess.CalledProcessError as error:
            message = (error.stderr.strip().splitlines() or [f"ended with {error.returncode}"])[-1][:300]
            rows.append(stopped | {"message": message})
        pd.DataFrame(rows, columns=columns).to_csv(done, index=False)


def limit_process() -> None:
    """Bound the memory of a process and give it one thread."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    torch.set_num_threads(1)


def main() -> None:
    if len(sys.argv) == 3:
        limit_process()
        print(json.dumps(one(*sys.argv[1:])))
    else:
        in_processes(__file__, models(), DONE, COLUMNS)


if __name__ == "__main__":
    main()
