"""The command ``srop``: what a network of one's own responds to, in one line."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import TextIO

import srop
from srop.command.given import check
from srop.data.images import INTERPOLATIONS
from srop.maps import LAYOUTS

# What needs torch is imported where it is used: --help does without.

_EXAMPLES = {
    "profile": """examples:
  srop profile resnet18 photos/                     torchvision's ResNet18, its own weights if they are in the cache
  srop profile resnet18 photos/ --weights random    the same with random weights
  srop profile timm:convnext_tiny photos/ --download
  srop profile my.models:build photos/ --weights mine.pth --size 32 --mean 0.5,0.5,0.5 --std 0.25,0.25,0.25
  srop profile nets.py:digits photos/ --weights digits.pth --size 28 --mean 0.13 --std 0.31
  srop profile resnet18 photos/ --layers 'layer?' maxpool --random
  srop profile resnet18 photos/ --weights random --explain
""",
    "heatmap": """examples:
  srop heatmap resnet18 photos/ --count 2
  srop heatmap nets.py:small photos/ --weights small.pth --size 32 --mean 0.5,0.5,0.5 --std 0.25,0.25,0.25
  srop heatmap resnet18 photos/ --labels labels.csv --norm 15.7
""",
    "frequencies": """examples:
  srop frequencies resnet18 photos/
  srop frequencies resnet18 photos/ --transform dft --baseline other
  srop frequencies nets.py:small photos/ --labels folders --size 32 --mean 0.5,0.5,0.5 --std 0.25,0.25,0.25
""",
    "filters": """examples:
  srop filters resnet18
  srop filters timm:convnext_tiny --layers 'stem.*' --cutoff 8
  srop filters nets.py:small --weights small.pth
""",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: As on the command line, without the program; None takes those.

    Returns:
        0; 1 if something is wrong with what was given, which is said on the standard error output; 130 if interrupted.
        Wrong usage exits with 2.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    chosen = _parser().parse_args(arguments)
    chosen.command = ["srop", *arguments]
    try:
        with _current_folder_importable(), redirect_stdout(_Output(sys.stdout)):
            # First, for the rooms of the commands import torch, which takes seconds.
            given = check(chosen)
            import_module(f"srop.command.{chosen.module}").run(chosen, given)
            sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        print(f"srop: {error}", file=sys.stderr)
        return 1
    return 0


@contextmanager
def _current_folder_importable() -> Iterator[None]:
    before = list(sys.path)
    sys.path.insert(0, str(Path.cwd()))
    try:
        yield
    finally:
        sys.path[:] = before


class _Once(argparse.Action):
    """Take an option's value; a second one would replace the first without a word."""

    def __call__(self, parser, chosen, values, option_string=None):
        given = chosen.__dict__.setdefault("given_options", set())
        if self.dest in given:
            hint = ", and measure another network by itself" if self.dest == "weights" else ""
            parser.error(f"{option_string} is given twice; give one{hint}")
        given.add(self.dest)
        setattr(chosen, self.dest, values)


class _One(argparse.Action):
    """Take one folder or image; of several, which a shell makes of `photos/*`, say what to give."""

    def __call__(self, parser, chosen, values, option_string=None):
        if len(values) > 1:
            parser.error(f"{len(values)} files were given for images; give one image, or the folder of all")
        setattr(chosen, self.dest, values[0])


class _Output:
    """The standard output, whose reader may go away: what is measured is written all the same."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(BrokenPipeError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            # Python itself flushes once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="srop",
        description="What a network responds to: how coarse or fine its maps are, and which frequencies of its input "
        "it leans on.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"srop {srop.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_profile(commands)
    _add_heatmap(commands)
    _add_frequencies(commands)
    _add_filters(commands)
    return parser


def _command(commands, name: str, module: str, short: str, long: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=short,
        description=long,
        epilog=_EXAMPLES[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.register("action", None, _Once)
    parser.set_defaults(module=module, kind=name)
    add = parser.add_argument
    add("network", help="a name of torchvision, timm:NAME, FILE.yaml, package.module:function, or file.py:function")
    return parser


def _add_network(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--weights",
        metavar="WHICH",
        help="FILE (.safetensors or .pth), random, or a set of the library; default: its own",
    )
    add("--download", action="store_true", help="let the library download its own weights")
    add("--strip-prefix", default="", metavar="TEXT", help="what every name in FILE begins with, such as module.")
    add("--key", metavar="NAME", help="where in FILE the weights are, such as state_dict")


def _add_images(parser: argparse.ArgumentParser, *, batch: int) -> None:
    add = parser.add_argument
    add("--size", type=_positive, metavar="N", help="edge length of the input; default: the network's own")
    add(
        "--resize",
        type=_positive,
        metavar="N",
        help="to which an image's shorter side is brought before the central crop; default: the network's own where "
        "its library states one, else 256/224 of the size, and an image that has the size is only cropped",
    )
    add("--interpolation", choices=INTERPOLATIONS, help="how; default: the network's own, else bilinear")
    add("--mean", type=_means, metavar="R,G,B", help="of each channel, as a share of 1; default: the network's own")
    add("--std", type=_deviations, metavar="R,G,B", help="standard deviation of each; default: the network's own")
    add("--channels", type=int, choices=(1, 3), help="1 for gray; default: as many as --mean has values")
    add("--white", type=_positive, metavar="N", help="the value of white in files of 16 bits, such as 4095 for 12 bits")
    add("--count", type=_positive, metavar="N", help="how many images, spread evenly over the folder; default: all")
    add("--skip-unreadable", action="store_true", help="leave images out that cannot be read, and count them")
    add("--batch", type=_positive, default=batch, metavar="N", help=f"images at a time; default: {batch}")


def _add_output(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--device", default="auto", help="cpu, cuda, ...; default: CUDA if there is one")
    add("--out", type=Path, default=Path(), metavar="FOLDER", help="where files go; default: the current folder")
    add("--name", type=_name, metavar="NAME", help="of the files: srop-NAME.csv; default: the network's")
    add("--force", action="store_true", help="replace files that are there")


_FOLDER = "a folder of images, with its subfolders, or one image; what is hidden is passed over, links are followed"
_WRITES = "a table (srop-{0}.csv), a picture (srop-{0}.png) and what they come from (srop-{0}.json)"


def _add_profile(commands) -> None:
    parser = _command(
        commands,
        "profile",
        "profile",
        "profile a network over images: how coarse or fine the maps of its layers are",
        "Profile a network over images: print a row for each layer, and write a table of its channels "
        "(srop-NAME.csv), a picture (srop-NAME.png) and what they come from (srop-NAME.json).",
    )
    add = parser.add_argument
    add("images", type=Path, nargs="+", action=_One, help=_FOLDER)
    _add_network(parser)
    add(
        "--layers",
        nargs="+",
        action="extend",
        metavar="PATTERN",
        help="modules to profile, as a shell writes names: 'layer?'; default: found",
    )
    add("--explain", action="store_true", help="list every module, and why it is not profiled; measure nothing")
    add("--random", action="store_true", help="also the same network with random weights, beside and in the picture")
    add("--layout", choices=LAYOUTS, help="how outputs lie, where they do not tell")
    _add_images(parser, batch=10)
    _add_output(parser)


def _add_labels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels",
        default="predicted",
        metavar="WHICH",
        help="predicted (default): the class that the network gives each image; folders: the names of the folder's "
        "subfolders, numbers or as many as there are classes, sorted; or FILE, lines of 'name of an image,class'",
    )


def _add_heatmap(commands) -> None:
    parser = _command(
        commands,
        "heatmap",
        "classifier",
        "what single waves do to a classifier's answers (Yin et al. 2019)",
        "Add a wave of each frequency to the images, and see how often a classifier errs and how far its logits move. "
        f"Writes {_WRITES.format('NAME-heatmap')}.",
    )
    parser.add_argument("images", type=Path, nargs="+", action=_One, help=_FOLDER)
    _add_network(parser)
    _add_labels(parser)
    add = parser.add_argument
    add("--norm", type=_norm, metavar="X", help="l2 norm of the wave in each channel; default: 0.07 of the size")
    add("--seed", type=int, default=0, metavar="N", help="of the waves' signs; default: 0")
    _add_images(parser, batch=100)
    _add_output(parser)


def _add_frequencies(commands) -> None:
    parser = _command(
        commands,
        "frequencies",
        "classifier",
        "which frequencies of its input a classifier leans on (Wang et al. 2020)",
        "Take each frequency out of the images, and see by how much the logit of their class falls. "
        f"Writes {_WRITES.format('NAME-frequencies')}.",
    )
    parser.add_argument("images", type=Path, nargs="+", action=_One, help=_FOLDER)
    _add_network(parser)
    _add_labels(parser)
    add = parser.add_argument
    add("--transform", choices=("dct", "dft"), default="dct", help="shells of a DCT (default), or rings of a DFT")
    add(
        "--baseline",
        choices=("zeros", "random", "other"),
        default="zeros",
        help="what replaces a frequency: nothing (default), random numbers like it, or that of the next image",
    )
    add("--seed", type=int, default=0, metavar="N", help="of random numbers; default: 0")
    _add_images(parser, batch=100)
    _add_output(parser)


def _add_filters(commands) -> None:
    parser = _command(
        commands,
        "filters",
        "filters",
        "where the spectra of a network's filters are centered",
        "Give the center of the power spectrum of each filter of a network's convolutions. Those of 1 x 1 are "
        "left out, for all of them have the same. "
        f"Writes {_WRITES.format('NAME-filters')}.",
    )
    _add_network(parser)
    add = parser.add_argument
    add(
        "--layers",
        nargs="+",
        action="extend",
        metavar="PATTERN",
        help="convolutions, as a shell writes names: 'layer1.*'; default: the first one",
    )
    add("--pad", type=_positive, default=32, metavar="N", help="to which filters are padded with zeros; default: 32")
    add("--cutoff", type=_norm, metavar="X", help="in rings of that size; with it the share of filters below")
    _add_output(parser)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def _norm(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def _name(text: str) -> str:
    if not text or "/" in text or text.startswith("."):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a file; --out takes the folder")
    return text


def _means(text: str) -> list[float]:
    values = _channels(text)
    if wrong := [value for value in values if not 0 <= value <= 1]:
        raise argparse.ArgumentTypeError(_of_one(wrong[0], "a mean lies in [0, 1]"))
    return values


def _deviations(text: str) -> list[float]:
    values = _channels(text)
    if wrong := [value for value in values if not 0 < value <= 1]:
        raise argparse.ArgumentTypeError(_of_one(wrong[0], "a standard deviation is above 0 and at most 1"))
    return values


def _channels(text: str) -> list[float]:
    try:
        values = [float(value) for value in text.split(",")]
    except ValueError:
        values = []
    if len(values) not in (1, 3):
        raise argparse.ArgumentTypeError(f"{text!r} is not three numbers with commas, such as 0.5,0.5,0.5, nor one")
    return values


def _of_one(value: float, rule: str) -> str:
    of_255 = f"; of values up to 255 give {value:g} / 255 = {value / 255:.3f}" if 1 < value <= 255 else ""
    return f"{value:g}: as a share of 1, {rule}{of_255}"


if __name__ == "__main__":
    sys.exit(main())
