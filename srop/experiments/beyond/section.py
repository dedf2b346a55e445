"""The section ``beyond`` of the configuration."""

from collections.abc import Iterator
from typing import Any

from srop.pipeline.keys import Count, Distinct, Keys, Positive, Seed, key
from srop.pipeline.ranges import Requirement

DECODERS = ("transposed", "resized")
"""How the decoders of generators enlarge maps: by transposed convolutions, or by repeated pixels."""


class Layers(Keys):
    """Aliasing and log amplitudes of the layers of networks."""

    architectures: list[str] = key("files of `config/architecture/`; those that `backbones` measures as well")
    images: Count = key("evenly spaced ones of `backbones.images`")
    seeds: Distinct[Seed] = key("of random weights")


class Bands(Keys):
    """Accuracy of the digit networks under noise of one band of frequencies."""

    images: Count = key("the first test digits")
    rms: Positive = key("root mean square of an image's noise, of pixels in [0, 1]")
    width: float = key("of a band, in units of pi radians per pixel", gt=0, le=1)


class Photographs(Keys):
    """Photographs against the same ones after a change."""

    enlarged: int = key("how many times the middle is enlarged", ge=2, le=8)
    quality: int = key("quality of the JPEG", ge=1, le=100)
    blur: Positive = key("standard deviation of the Gaussian, in pixels")


class Generator(Keys):
    """Small autoencoders of digits, from which new digits are drawn."""

    train: Count = key("the first training digits")
    images: int = key("generated digits, and as many of the first test digits", ge=2)
    epochs: Count = key("passes over the digits")
    lr: Positive = key("learning rate of Adam")
    batch_size: Count = key("digits per step")
    latent: Count = key("numbers from which a digit is drawn")
    seeds: Distinct[Seed] = key("a training of each decoder for each")


class Section(Keys):
    """Figures beyond the four papers."""

    layers: Layers
    bands: Bands
    photographs: Photographs
    generator: Generator


def rules(config: Any) -> Iterator[Requirement]:
    """Give the rules over this section, ``backbones`` and ``digits``."""
    chosen, data = config.beyond, config.digits.data
    rule = f"there are {data.test:,} test digits"
    yield "beyond.bands.images", chosen.bands.images <= data.test, rule
    yield "beyond.generator.images", chosen.generator.images <= data.test, rule
    yield "beyond.generator.train", chosen.generator.train <= data.train, f"there are {data.train:,} training digits"
    count = config.backbones.images.count
    yield "beyond.layers.images", chosen.layers.images <= count, f"there are {count:,} images (backbones.images.count)"
