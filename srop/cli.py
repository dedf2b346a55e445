"""The command ``srop``: a profile of a network of one's own, in one line."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from srop.networks.named import Loaded, Subject

# What needs torch is imported where it is used: --help does without.

_MEANING = (
    "An SROP is low where a map is smooth, and near that of white noise where it changes from pixel to pixel. Dead "
    "maps, of one value, have none and are left out: many of them leave few maps to speak for a layer."
)

_RANDOM = " Random is the same network with random weights (seed 0), its batch norms as initialized."

_EXAMPLES = """examples:
  srop profile resnet18 photos/                     torchvision's ResNet18, its own weights if they are in the cache
  srop profile resnet18 photos/ --weights random    the same with random weights
  srop profile timm:convnext_tiny photos/ --download
  srop profile my.models:build photos/ --weights mine.pth --size 32 --mean 0.5,0.5,0.5 --std 0.25,0.25,0.25
  srop profile config/architecture/resnet34.yaml photos/ --layers 'layer?' --random
  srop profile resnet18 photos/ --weights random --explain
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: As on the command line, without the program; None takes those.

    Returns:
        0; 1 if something is wrong with what was given, which is said on the standard error output; 130 if interrupted.
        Wrong usage exits with 2.
    """
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.run(chosen)
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        print(f"srop: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="srop", description="Spectral roll-off points: how coarse or fine the patterns in a network's maps are."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    profile = commands.add_parser(
        "profile",
        help="profile a network over images: a table, a CSV file and a picture",
        description="Profile a network over images: print a row for each layer, and write a table of its channels "
        "(srop-NAME.csv), a picture (srop-NAME.png) and what they come from (srop-NAME.json).",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = profile.add_argument
    add("network", help="a name of torchvision, timm:NAME, FILE.yaml, or package.module:function")
    add("images", type=Path, help="a folder of images, with its subfolders, or one image")
    add(
        "--weights",
        metavar="WHICH",
        help="FILE (.safetensors or .pth), random, or a set of the library; default: its own",
    )
    add("--download", action="store_true", help="let the library download its own weights")
    add("--strip-prefix", default="", metavar="TEXT", help="what every name in FILE begins with, such as module.")
    add("--key", metavar="NAME", help="where in FILE the weights are, such as state_dict")
    add("--layers", metavar="PATTERN", help="modules to profile, as a shell writes names: 'layer?'; default: found")
    add("--explain", action="store_true", help="list every module, and why it is not profiled; measure nothing")
    add("--random", action="store_true", help="also the same network with random weights, beside and in the picture")
    add("--layout", choices=("NCHW", "NHWC"), help="how outputs lie, where they do not tell")
    add("--size", type=_positive, metavar="N", help="edge length of the input; default: the network's own")
    add("--mean", type=_colors, metavar="R,G,B", help="mean of each color in [0, 1]; default: the network's own")
    add("--std", type=_colors, metavar="R,G,B", help="standard deviation of each color; default: the network's own")
    add("--count", type=_positive, metavar="N", help="how many images, spread evenly over the folder; default: all")
    add("--batch", type=_positive, default=10, metavar="N", help="images at a time; default: 10")
    add("--device", default="auto", help="cpu, cuda, ...; default: CUDA if there is one")
    add("--out", type=Path, default=Path(), metavar="FOLDER", help="where files go; default: the current folder")
    profile.set_defaults(run=_profile)
    return parser


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def _colors(text: str) -> list[float]:
    try:
        values = [float(value) for value in text.split(",")]
    except ValueError:
        values = []
    if len(values) != 3:
        raise argparse.ArgumentTypeError(f"{text!r} is not three numbers with commas, such as 0.5,0.5,0.5")
    return values


def _profile(chosen: argparse.Namespace) -> int:
    from srop import explain_layers, find_layers, profile
    from srop.networks.named import RANDOM, load, subject_of
    from srop.pipeline.device import select_device

    subject = subject_of(chosen.network)
    size, mean, std = _input_of(subject, chosen)
    files = _files(chosen.images, chosen.count)
    options = {"download": chosen.download, "strip_prefix": chosen.strip_prefix, "key": chosen.key}
    loaded = load(subject, chosen.weights, **options)
    print(f"{subject.name}, weights: {loaded.said}{f', sha256 {loaded.sha256}' if loaded.sha256 else ''}")
    print(f"input {size} x {size}, mean {_said(mean)}, standard deviation {_said(std)}")
    device = select_device(chosen.device)
    network = loaded.network.to(device)
    first = next(_batches(files[:1], size, mean, std, 1))
    if chosen.explain:
        table = explain_layers(network, first, pattern=chosen.layers)
        print(table.assign(chosen=table["chosen"].map({True: "yes", False: ""})).fillna("").to_string(index=False))
        return 0
    layers = subject.layers if subject.layers and not chosen.layers else None
    layers = layers or find_layers(network, first, pattern=chosen.layers)
    layout = chosen.layout or subject.layout
    batches = _Batches(files, size, mean, std, chosen.batch)
    measured = {"": profile(network, batches, layers, layout=layout)}
    if chosen.random:
        measured[RANDOM] = profile(load(subject, RANDOM).network.to(device), batches, layers, layout=layout)
    rows = _rows(measured, size)
    print(rows.to_string(index=False))
    print(_MEANING + (_RANDOM if chosen.random else ""))
    _write(chosen, subject, loaded, measured, files, size, mean, std)
    return 0


def _input_of(subject: "Subject", chosen: argparse.Namespace) -> tuple[int, Sequence[float], Sequence[float]]:
    """Give size, mean and standard deviation of the input, as said or as the network's own."""
    found = {name: getattr(chosen, name) or getattr(subject, name) for name in ("size", "mean", "std")}
    if missing := [f"--{name}" for name, value in found.items() if value is None]:
        raise ValueError(
            f"nothing says what inputs {subject.name} takes; give {', '.join(missing)} (for values in [0, 1] without "
            "more ado: --mean 0,0,0 --std 1,1,1)"
        )
    return found["size"], found["mean"], found["std"]


def _files(path: Path, count: int | None) -> list[Path]:
    from srop.data.images import evenly_spaced, image_files

    if path.is_file():
        return [path]
    files = image_files(path)
    if count is not None and count > len(files):
        raise ValueError(f"--count {count}: {path} holds {len(files)} images")
    return files if count is None else evenly_spaced(files, count)


class _Batches:
    """Batches of images, read as they are used: so many that a progress bar has an end."""

    def __init__(self, files: Sequence[Path], size: int, mean: Sequence[float], std: Sequence[float], batch: int):
        self._options = (files, size, mean, std, batch)
        self._count = -(-len(files) // batch)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator["torch.Tensor"]:
        return _batches(*self._options)


def _batches(
    files: Sequence[Path], size: int, mean: Sequence[float], std: Sequence[float], batch: int
) -> Iterator["torch.Tensor"]:
    import torch

    from srop.data.images import image_batches, read_image

    for start in range(0, len(files), batch):
        images = torch.stack([read_image(file, size) for file in files[start : start + batch]])
        yield from image_batches(images, mean, std, batch)


def _said(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _rows(measured: dict[str, "pd.DataFrame"], size: int) -> "pd.DataFrame":
    """Make the table to print: a row per layer, beside white noise of its size, and the random network's."""
    from srop import layer_statistics
    from srop.plotting import white_noise

    tables = {name: layer_statistics(table.query("dead == 'omit'")) for name, table in measured.items()}
    rows = tables[""]
    shown = rows[["layer", "size", "channels", "mean", "lower_quartile", "upper_quartile"]].copy()
    if "random" in tables:
        shown["random"] = rows["layer"].map(tables["random"].set_index("layer")["mean"])
    shown["white noise"] = [white_noise(edge, size) for edge in rows["size"]]
    shown["dead"] = rows["dead_share"].map("{:.0%}".format)
    return shown.rename(columns={"lower_quartile": "quarter below", "upper_quartile": "quarter above"}).round(4)


def _write(
    chosen: argparse.Namespace,
    subject: "Subject",
    loaded: "Loaded",
    measured: dict[str, "pd.DataFrame"],
    files: Sequence[Path],
    size: int,
    mean: Sequence[float],
    std: Sequence[float],
) -> None:
    import pandas as pd

    from srop import plot_profile
    from srop.files import replacing
    from srop.pipeline.provenance import software

    table = pd.concat([of.assign(weights=name or "given") for name, of in measured.items()])
    said: dict[str, Any] = {
        "network": chosen.network, "weights": loaded.said, "sha256": loaded.sha256, "images": len(files),
        "folder": str(chosen.images), "size": size, "mean": list(mean), "std": list(std), **software({}),
    }  # fmt: skip
    figure = plot_profile(
        measured[""],
        reference=size,
        beside={"random weights": measured["random"]} if "random" in measured else {},
        title=f"{subject.name}, weights: {loaded.said}",
    )
    stem = chosen.out / f"srop-{subject.name}"
    with replacing(f"{stem}.csv") as temporary:
        table.to_csv(temporary, index=False)
    with replacing(f"{stem}.json") as temporary:
        temporary.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    with replacing(f"{stem}.png") as temporary:
        figure.savefig(temporary, dpi=150)
    print(f"wrote {stem}.csv, {stem.name}.png and {stem.name}.json")


if __name__ == "__main__":
    sys.exit(main())
