"""The command ``srop``: measure any network in one line."""

import argparse
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import srop
from srop.command.comparison_request import check_comparison
from srop.command.request import check
from srop.data.images import INTERPOLATIONS
from srop.maps import LAYOUTS
from srop.sizes import MapSize, as_size
from srop.tokens import Grid, as_grid

# Modules that need torch are imported inside functions, because --help works without torch.

_EXAMPLES = {
    "profile": """examples:
  srop profile resnet18 photos/                     torchvision's ResNet18, its own weights if they are in the cache
  srop profile resnet18 photos/ --weights random    the same with random weights
  srop profile timm:convnext_tiny photos/ --download
  srop profile my.models:build photos/ --weights mine.pth --size 32 --mean 0.5,0.5,0.5 --std 0.25,0.25,0.25
  srop profile nets.py:digits photos/ --weights digits.pth --size 28 --mean 0.13 --std 0.31
  srop profile resnet18 photos/ --size 224x320      rows x columns of inputs that are not square
  srop profile resnet18 photos/ --layers 'layer?' maxpool --random
  srop profile vit_b_16 photos/ --weights random    its tokens lie on a grid, and the class token is left out
  srop profile resnet18 photos/ --weights random --explain
""",
    "compare": """examples:
  srop compare resnet18 resnet34 photos/            two networks, each with its own weights
  srop compare nets.py:small photos/ --weights before.pt after.pt --random 20
  srop compare nets.py:small photos/ --weights run.pt run.pt --key model ema      two networks in one file
  srop compare nets.py:small photos/ --weights epoch*.pt      a curve over the epochs
  srop compare nets.py:small photos/ --weights a?.pt --versus b?.pt      several trainings of each side
  srop compare resnet18 photos/ --against other_photos/       one network, two sets of images
""",
    "channels": """examples:
  srop channels resnet18 photos/ --layer layer1.0
  srop channels nets.py:small photos/ --layer 1 --weights small.pth --size 32 --mean 0.5,0.5,0.5 --std 0.25,0.25,0.25
""",
    "dataset": """examples:
  srop dataset photos/                   images by class (subfolder), and which may have a fault
  srop dataset photos/ --against other_photos/
""",
    "images": """examples:
  srop images photos/ generated/
  srop images photos/ generated/ --count 500 --size 256      the central 256 x 256 of 500 images of each folder
  srop images photos/ generated/ --residual 3 --block 8      what a median filter takes out; DCT blocks in zigzag order
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
    "bands": """examples:
  srop bands resnet18 photos/ --labels labels.csv
  srop bands resnet18 photos/ --norm 0.2 --width 0.2 --draws 3
  srop bands resnet18 photos/ --norm-of white --bands squares --distribution sign --space input     the authors' choices
  srop bands nets.py:small photos/ --labels folders --size 32 --mean 0.5,0.5,0.5 --std 0.25,0.25,0.25
""",
    "aliasing": """examples:
  srop aliasing resnet18 photos/
  srop aliasing resnet18 photos/ --weights random --second antialiased_cnns:resnet18 --second-weights random
  srop aliasing timm:convnext_tiny photos/ --layers 'stages.*' --count 20
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
        arguments: The arguments without the program's name; None means those of the command line.

    Returns:
        0, or 1 after an error, whose message goes to the standard error output, or 130 after an interruption. Wrong
        usage exits with 2.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser().parse_args(arguments)
    options.command = ["srop", *arguments]
    try:
        with _current_folder_importable(), _plain_warnings(), redirect_stdout(_Output(sys.stdout)):
            # Checked first, because the modules of the subcommands import torch, which takes seconds.
            request = (check_comparison if options.kind == "compare" else check)(options)
            import_module(f"srop.command.{options.module}").run(options, request)
            sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        print(f"srop: {_for_shell(str(error))}", file=sys.stderr)
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


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Print this project's warnings as lines, without the place in its source."""
    with warnings.catch_warnings():
        shown = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any) -> None:
            if category is UserWarning and "srop" in Path(place[0]).parts:
                print(f"srop: warning: {message}", file=sys.stderr)
            else:
                shown(message, category, *place)

        warnings.showwarning = show
        yield


def _for_shell(text: str) -> str:
    """Write the arguments of Python that a message advises as options of the command."""
    text = re.sub(r"layout=\{[^{}]*?: '(\w+)'\}", r"--layout \1", text)
    return re.sub(r"grid=\{[^{}]*?: '([^']+)'\}", r"--grid \1", text)


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help that names one folder or image where the parser takes several to refuse them."""

    def _format_args(self, action, default_metavar):
        return default_metavar if isinstance(action, _One) else super()._format_args(action, default_metavar)


class _Once(argparse.Action):
    """Store an option's value, and refuse a second value, which would replace the first without a message."""

    def __call__(self, parser, options, values, option_string=None):
        seen = options.__dict__.setdefault("options_seen", set())
        if self.dest in seen:
            hint = ", and measure the other network in a second run" if self.dest == "weights" else ""
            parser.error(f"{option_string} is given twice; give one{hint}")
        seen.add(self.dest)
        setattr(options, self.dest, values)


class _One(argparse.Action):
    """Store one folder or image, and refuse several, which a shell makes of `photos/*`."""

    def __call__(self, parser, options, values, option_string=None):
        if len(values) > 1:
            parser.error(f"{len(values)} paths were given for images; give one image, or the folder of all")
        setattr(options, self.dest, values[0])


class _Output:
    """The standard output; if its reader is gone, the command still measures and writes its files."""

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
            # Python itself flushes once more when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="srop",
        description="Measure a network: how coarse or fine its maps are, and which frequencies of its input it depends "
        "on.",
        epilog="srop COMMAND --help lists the options of a command, with examples.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"srop {srop.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_profile(commands)
    _add_compare(commands)
    _add_channels(commands)
    _add_dataset(commands)
    _add_image_spectra(commands)
    _add_heatmap(commands)
    _add_frequencies(commands)
    _add_bands(commands)
    _add_aliasing(commands)
    _add_filters(commands)
    return parser


def _command(
    commands, name: str, module: str, short: str, long: str, *, has_one_network: bool = True
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=short,
        description=long,
        epilog=_EXAMPLES[name],
        formatter_class=_Help,
        allow_abbrev=False,
    )
    parser.register("action", None, _Once)
    parser.set_defaults(module=module, kind=name)
    if has_one_network:
        parser.add_argument("network", help=_NETWORK)
    return parser


_NETWORK = "a name of torchvision, timm:NAME, FILE.yaml, package.module:function, or file.py:function"
_WEIGHTS = "FILE (.safetensors or .pth), random, or a set of the library; default: the library's default set"


def _add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", metavar="WHICH", help=_WEIGHTS)
    _add_files(parser)


def _add_files(parser: argparse.ArgumentParser, *, by_side: bool = False) -> None:
    add = parser.add_argument
    several, default = ({"nargs": "+"}, []) if by_side else ({}, "")
    each = "; one for all files, or one for each side" if by_side else ""
    add("--download", action="store_true", help="let the library download its own weights")
    prefix = f"the beginning of the network's names in FILE, such as module.{each}; other names are left out"
    add("--strip-prefix", default=default, metavar="TEXT", help=prefix, **several)
    add(
        "--key", metavar="NAME", help=f"where in FILE the weights are, such as state_dict or state.net{each}", **several
    )


def _add_images(parser: argparse.ArgumentParser, *, batch: int) -> None:
    add = parser.add_argument
    add(
        "--size",
        type=_size,
        metavar="SIZE",
        help="edge length of the input, such as 224, or rows x columns, such as 224x320; default: the network's own",
    )
    add(
        "--resize",
        type=_positive,
        metavar="N",
        help="length to which an image's shorter side is resized before the central crop; if the input is not square, "
        "the shorter side of the frame of its proportions that the image covers; default: the network's own if its "
        "library states one, else 256/224 of the size; an image that has the size is only cropped",
    )
    add("--interpolation", choices=INTERPOLATIONS, help="of resizing; default: the network's own, else bilinear")
    add("--mean", type=_means, metavar="R,G,B", help="mean of each channel, in [0, 1]; default: the network's own")
    add("--std", type=_deviations, metavar="R,G,B", help="standard deviation of each; default: the network's own")
    add("--channels", type=int, choices=(1, 3), help="1 for gray; default: as many as --mean has values")
    _add_reading(parser)
    add("--batch", type=_positive, default=batch, metavar="N", help=f"images at a time; default: {batch}")
    _add_device(parser)


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", help="cpu, cuda, ...; default: CUDA if there is one")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--white", type=_positive, metavar="N", help="the value of white in files of 16 bits, such as 4095 for 12 bits")
    add("--count", type=_positive, metavar="N", help="number of images, spread evenly over the folder; default: all")
    add("--skip-unreadable", action="store_true", help="leave out images that cannot be read, and count them")


def _add_grid(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--grid",
        type=_grid,
        metavar="GRID",
        help="grid of tokens, such as 14x14, or 1+14x14 to leave out one token before it; default: as the network "
        "states it",
    )


def _add_output(parser: argparse.ArgumentParser, *, default: str = "the network's name") -> None:
    kind = parser.get_default("kind")
    ending = "" if kind == "profile" else f"-{kind}"
    add = parser.add_argument
    add(
        "--out",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="folder of the files to write; default: the current folder",
    )
    add("--name", type=_name, metavar="NAME", help=f"name of the files, srop-NAME{ending}.csv; default: {default}")
    add("--force", action="store_true", help="replace existing files")


_FOLDER = "a folder of images, with its subfolders, or one image; hidden files are left out, links are followed"
_WRITES = "a table (srop-{0}.csv), a picture (srop-{0}.png) and a record of their making (srop-{0}.json)"


def _add_profile(commands) -> None:
    parser = _command(
        commands,
        "profile",
        "profile",
        "profile a network over images: how coarse or fine the maps of its layers are",
        "Profile a network over images: print a row for each layer, and write a table of its channels "
        "(srop-NAME.csv), a picture (srop-NAME.png) and a record of their making (srop-NAME.json).",
    )
    add = parser.add_argument
    add("images", type=Path, nargs="+", action=_One, help=_FOLDER)
    _add_network(parser)
    add(
        "--layers",
        nargs="+",
        action="extend",
        metavar="PATTERN",
        help="modules to profile, as shell patterns: 'layer?'; a run of a module as 'relu#2', a part of its output as "
        "\"backbone['out']\"; default: the layers that have maps",
    )
    add("--explain", action="store_true", help="list every module, and why it is not profiled; measure nothing")
    add("--random", action="store_true", help="also measure the same network with random weights")
    add("--layout", choices=LAYOUTS, help="layout of the outputs; default: the command finds it for each layer")
    _add_grid(parser)
    _add_images(parser, batch=10)
    _add_output(parser)


def _add_compare(commands) -> None:
    parser = _command(
        commands,
        "compare",
        "compare",
        "two networks, checkpoints or sets of images side by side: what differs, and whether it is more than chance",
        "Compare two networks over the same images, or one network over two sets of images: print a row for each layer "
        "with both SROPs, their difference with an interval, and marks where it is more than images, or seeds, vary. "
        f"Writes {_WRITES.format('NAME-compare')}.",
        has_one_network=False,
    )
    add = parser.add_argument
    add("networks", nargs="+", metavar="network", help=f"one or two networks, each {_NETWORK}")
    add("images", type=Path, help=_FOLDER)
    add(
        "--weights",
        nargs="+",
        metavar="WHICH",
        help="of two networks one for each; of one network two to compare, or more for a curve over them. "
        f"Each is {_WEIGHTS}",
    )
    add(
        "--versus",
        nargs="+",
        metavar="WHICH",
        help="weights of the second side, if --weights has several trainings of the first; they tell how seeds vary",
    )
    add("--against", type=Path, metavar="FOLDER", help="a second set of images, for one network")
    add(
        "--random",
        type=_positive,
        metavar="N",
        help="also measure N networks with random weights, at least 3, to tell how seeds vary",
    )
    add(
        "--same-channels",
        choices=("yes", "no"),
        help="whether channel c is the same in both, as in checkpoints of one training; default: compare the filters",
    )
    _add_files(parser, by_side=True)
    add(
        "--layers",
        nargs="+",
        action="extend",
        metavar="PATTERN",
        help="modules that both have, as shell patterns, or pairs FIRST=SECOND; default: all layers that both have",
    )
    add("--layout", choices=LAYOUTS, help="layout of the outputs; default: the command finds it for each layer")
    _add_grid(parser)
    _add_images(parser, batch=10)
    _add_output(parser)


def _add_channels(commands) -> None:
    parser = _command(
        commands,
        "channels",
        "channels",
        "a layer's channels, from smooth to fine, with the images that drive them",
        "Describe the channels of a layer: SROP, whether fine maps are textures, like noise, or sparse, how often they "
        f"are dead, and which images drive them. Writes {_WRITES.format('NAME-channels')}.",
    )
    add = parser.add_argument
    add("images", type=Path, nargs="+", action=_One, help=_FOLDER)
    add("--layer", required=True, metavar="NAME", help="one module; srop profile --explain lists them")
    add("--show", type=_positive, default=32, metavar="N", help="channels to draw, spread evenly; default: 32")
    _add_grid(parser)
    add("--layout", choices=LAYOUTS, help="layout of the output; default: the command finds it")
    _add_network(parser)
    _add_images(parser, batch=10)
    _add_output(parser)


def _add_dataset(commands) -> None:
    parser = _command(
        commands,
        "dataset",
        "dataset",
        "the SROPs of images themselves, by class, and which images have faults",
        "Measure the images themselves: their SROPs by class, two sets side by side, and a list of images that "
        f"may be enlarged, blurred, noisy, compressed or constant. Writes {_WRITES.format('NAME-dataset')}.",
        has_one_network=False,
    )
    add = parser.add_argument
    add("images", type=Path, nargs="+", action=_One, help=f"{_FOLDER}; its first subfolders are the classes")
    add("--against", type=Path, metavar="FOLDER", help="a second set of images")
    _add_reading(parser)
    _add_output(parser, default="the folder's name")


def _add_image_spectra(commands) -> None:
    parser = _command(
        commands,
        "images",
        "images",
        "the spectra of two sets of images, such as photographs and generated images",
        "Compare the spectra of two sets of images, without a network: radial power, power by direction, and the "
        "log-spectral distance, with intervals over images and a test. Images are cut to a central square of one size "
        f"and never resized. Writes {_WRITES.format('NAME-images')}.",
        has_one_network=False,
    )
    add = parser.add_argument
    add("images", type=Path, help=_FOLDER)
    add("against", type=Path, help="the second set of images")
    add(
        "--size",
        type=_square,
        metavar="N",
        help="edge length of the central square, 16 to 1024; default: the shortest side of all images, at most 1024",
    )
    add(
        "--residual",
        type=_window,
        default=0,
        metavar="N",
        help="measure what a median filter of N x N pixels takes out of the images, such as 3; default: whole images",
    )
    add(
        "--block",
        type=_positive,
        default=0,
        metavar="N",
        help="also compare the DCT coefficients of blocks of N x N pixels, in zigzag order, such as 8",
    )
    _add_reading(parser)
    _add_output(parser, default="the first folder's name")


def _add_labels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels",
        default="predicted",
        metavar="WHICH",
        help="predicted (default): the class that the network gives each image; folders: the names of the folder's "
        "subfolders, which are numbers, or one for each class in alphabetical order; or FILE, with lines of 'name of "
        "an image,class'",
    )


def _add_heatmap(commands) -> None:
    parser = _command(
        commands,
        "heatmap",
        "classifier",
        "how single waves change a classifier's answers (Yin et al. 2019)",
        "Add a wave of each frequency to the images, and measure how often a classifier errs and by how much its "
        "logits change. "
        f"Writes {_WRITES.format('NAME-heatmap')}.",
    )
    parser.add_argument("images", type=Path, nargs="+", action=_One, help=_FOLDER)
    _add_network(parser)
    _add_labels(parser)
    add = parser.add_argument
    add("--norm", type=_norm, metavar="X", help="l2 norm of the wave in each channel; default: 0.07 of the size")
    add("--seed", type=int, default=0, metavar="N", help="seed of the waves' signs; default: 0")
    _add_images(parser, batch=100)
    _add_output(parser)


def _add_frequencies(commands) -> None:
    parser = _command(
        commands,
        "frequencies",
        "classifier",
        "which frequencies of its input a classifier depends on (Wang et al. 2020)",
        "Take each frequency out of the images, and measure by how much the logit of their class falls. "
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
        help="the replacement of a frequency: zeros (default), random numbers of its mean and deviation, or the same "
        "frequency of another image",
    )
    add("--seed", type=int, default=0, metavar="N", help="seed of random numbers; default: 0")
    _add_images(parser, batch=100)
    _add_output(parser)


def _add_bands(commands) -> None:
    parser = _command(
        commands,
        "bands",
        "classifier",
        "a classifier's accuracy under noise of one band of frequencies (Park and Kim 2022)",
        "Add noise that has power in one band of frequencies alone, band by band, and measure how often a classifier "
        f"still gives the label. Writes {_WRITES.format('NAME-bands')}.",
    )
    parser.add_argument("images", type=Path, nargs="+", action=_One, help=_FOLDER)
    _add_network(parser)
    _add_labels(parser)
    add = parser.add_argument
    add(
        "--norm", type=_norm, metavar="X", help="norm of the noise; default: a root mean square of 0.07, or its l2 norm"
    )
    add(
        "--norm-of",
        choices=("l2", "rms", "white"),
        default="rms",
        help="what has the norm: the noise of an image by its l2 norm, or by its root mean square (default), or the "
        "white noise from which the band is cut",
    )
    add("--width", type=_norm, default=0.1, metavar="W", help="width of a band, in units of pi per pixel; default: 0.1")
    add("--bands", choices=("rings", "squares"), default="rings", help="the shape of a band; default: rings")
    add("--distribution", choices=("normal", "sign"), default="normal", help="of the white noise; default: normal")
    add("--gray", action="store_true", help="the same noise in all colors")
    add(
        "--space",
        choices=("pixels", "input"),
        default="pixels",
        help="add the noise to pixels in [0, 1] (default), or to the input after its normalization",
    )
    add("--clip", action="store_true", help="clip the images with noise to [0, 1]")
    add("--draws", type=_positive, default=1, metavar="N", help="noises of each image; default: 1")
    add("--seed", type=int, default=0, metavar="N", help="seed of the noise; default: 0")
    _add_images(parser, batch=100)
    _add_output(parser)


def _add_aliasing(commands) -> None:
    parser = _command(
        commands,
        "aliasing",
        "aliasing",
        "how much power each layer that subsamples has beyond its new Nyquist frequency",
        "Measure the map that each strided convolution, pool or blur pool subsamples: the share of its power beyond "
        "the new Nyquist frequency, which turns into coarser waves. Shows a second network over the same images side "
        f"by side. Writes {_WRITES.format('NAME-aliasing')}.",
    )
    add = parser.add_argument
    add("images", type=Path, nargs="+", action=_One, help=_FOLDER)
    _add_network(parser)
    add("--second", metavar="NETWORK", help=f"a second network, {_NETWORK}; it gets the inputs of the first")
    add("--second-weights", metavar="WHICH", help=f"of the second network: {_WEIGHTS}")
    add(
        "--layers",
        nargs="+",
        action="extend",
        metavar="PATTERN",
        help="modules to measure, as shell patterns: 'layer?.*'; default: all that subsample",
    )
    add("--dc", action="store_true", help="count zero frequency in the power of a map")
    _add_images(parser, batch=10)
    _add_output(parser)


def _add_filters(commands) -> None:
    parser = _command(
        commands,
        "filters",
        "filters",
        "the centers of the spectra of a network's filters",
        "Measure the center of the power spectrum of each filter of a network's convolutions. Filters of 1 x 1 are "
        "left out, because all of them have the same center. "
        f"Writes {_WRITES.format('NAME-filters')}.",
    )
    _add_network(parser)
    add = parser.add_argument
    add(
        "--layers",
        nargs="+",
        action="extend",
        metavar="PATTERN",
        help="convolutions, as shell patterns: 'layer1.*'; default: the first convolution",
    )
    add(
        "--pad",
        type=_positive,
        default=32,
        metavar="N",
        help="size to which filters are padded with zeros; default: 32",
    )
    add(
        "--cutoff",
        type=_norm,
        metavar="X",
        help="a frequency in rings of that size; adds the share of filters below",
    )
    _add_device(parser)
    _add_output(parser)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _size(text: str) -> MapSize:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return as_size(int(text))
    try:
        return as_size(text)
    except (TypeError, ValueError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number above 0, and not rows x columns such as 224x320"
        ) from None


def _square(text: str) -> int:
    size = _positive(text)
    if not 16 <= size <= 1024:
        raise argparse.ArgumentTypeError(f"{text}: the square has 16 to 1024 pixels along an edge")
    return size


def _window(text: str) -> int:
    window = _positive(text)
    if window % 2 == 0 or window == 1:
        raise argparse.ArgumentTypeError(f"{text}: the window of a median has a middle pixel; give 3, 5, ...")
    return window


def _grid(text: str) -> Grid:
    try:
        return as_grid(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _norm(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def _name(text: str) -> str:
    if not text or "/" in text or text.startswith("."):
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a file; give the folder by --out")
    return text


def _means(text: str) -> list[float]:
    values = _channels(text)
    if wrong := [value for value in values if not 0 <= value <= 1]:
        raise argparse.ArgumentTypeError(_share_message(wrong[0], "a mean lies in [0, 1]"))
    return values


def _deviations(text: str) -> list[float]:
    values = _channels(text)
    if wrong := [value for value in values if not 0 < value <= 1]:
        raise argparse.ArgumentTypeError(_share_message(wrong[0], "a standard deviation is above 0 and at most 1"))
    return values


def _channels(text: str) -> list[float]:
    try:
        values = [float(value) for value in text.split(",")]
    except ValueError:
        values = []
    if len(values) not in (1, 3):
        raise argparse.ArgumentTypeError(f"{text!r} is neither one number nor three with commas, such as 0.5,0.5,0.5")
    return values


def _share_message(value: float, rule: str) -> str:
    advice = f"; for values up to 255 give {value:g} / 255 = {value / 255:.3f}" if 1 < value <= 255 else ""
    return f"{value:g}: for pixels in [0, 1] {rule}{advice}"


if __name__ == "__main__":
    sys.exit(main())
