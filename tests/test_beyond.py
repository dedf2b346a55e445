"""Figures beyond the papers: changed photographs, generated digits, and networks that subsample in two ways."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

import srop
from srop.experiments.beyond.figures import figure_aliasing, figure_amplitudes, figure_bands, figure_spectra
from srop.experiments.beyond.generator import DigitAutoencoder, generated_digits
from srop.experiments.beyond.measure import against_first, changed_photographs, gray, spectra
from srop.experiments.beyond.section import DECODERS
from srop.networks.cifar_resnet import resnet20
from srop.rings import outermost_ring
from srop.sizes import MapSize


def photographs(count: int = 12, size: int = 64) -> Tensor:
    """Noise whose amplitude falls with the frequency, as that of photographs does."""
    generator = torch.Generator().manual_seed(0)
    frequency = torch.fft.fftfreq(size)[:, None].square() + torch.fft.fftfreq(size).square()
    noise = torch.fft.fft2(torch.randn(count, 3, size, size, generator=generator))
    images = torch.fft.ifft2(noise / frequency.clamp(min=1 / size**2).sqrt()).real
    return (128 + 40 * images / images.std()).clamp(0, 255).byte()


def test_changes_keep_photographs_and_their_size():
    images = photographs()
    changed = changed_photographs(images, enlarged=2, quality=20, blur=1.5)
    assert list(changed) == ["photographs", "enlarged 2 times", "JPEG, quality 20", "blurred by 1.5 pixels"]
    assert all(each.shape == images.shape and each.dtype == torch.uint8 for each in changed.values())
    assert changed["photographs"] is images
    whole = changed_photographs(torch.full((1, 3, 32, 32), 7, dtype=torch.uint8), enlarged=4, quality=95, blur=1)
    assert all((each.int() - 7).abs().max() <= 1 for each in whole.values())


def test_a_blur_takes_away_the_power_of_its_transform():
    """The power of a Gaussian of deviation s falls by exp(-(2 pi f s)**2)."""
    images = photographs()
    sets = {name: gray(each) for name, each in changed_photographs(images, enlarged=2, quality=90, blur=1).items()}
    table = against_first(sets)
    rows = table[(table["set"] == "blurred by 1 pixel") & (table["kind"] == "radial")]
    low = rows[rows["at"].between(0.05, 0.25)]
    expected = -((2 * np.pi * low["at"]) ** 2) / np.log(10)
    np.testing.assert_allclose(low["difference"], expected, atol=0.12)


def test_an_enlarged_image_has_no_fine_power():
    table = against_first(
        {name: gray(each) for name, each in changed_photographs(photographs(), enlarged=2, quality=20, blur=1).items()}
    )
    radial = table[(table["kind"] == "radial") & (table["at"] > 0.55)].groupby("set")["difference"].mean()
    assert radial["enlarged 2 times"] < -1


def test_gray_is_that_of_pillow():
    image = torch.randint(256, (3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    from PIL import Image

    expected = np.array(Image.fromarray(image.permute(1, 2, 0).numpy()).convert("L"))
    assert np.abs(gray(image[None])[0].numpy() * 255 - expected).max() <= 1


def test_the_first_set_is_the_reference():
    images = gray(photographs())
    table = against_first({"one": images, "other": images})
    assert (table.loc[table["kind"] == "radial", "difference"] == 0).all()
    assert spectra(images).radial.shape == (12, outermost_ring(MapSize(64, 64)))


def test_decoders_have_the_same_number_of_parameters_and_digits_of_one_size():
    counts = {sum(each.numel() for each in DigitAutoencoder(decoder, 4).parameters()) for decoder in DECODERS}
    assert len(counts) == 1
    for decoder in DECODERS:
        logits, mean, log_variance = DigitAutoencoder(decoder, 4)(torch.rand(2, 1, 28, 28))
        assert logits.shape == (2, 1, 28, 28)
        assert mean.shape == log_variance.shape == (2, 4)


def test_transposed_convolutions_overlap_unevenly():
    """All weights 1 and an input of ones: the number of overlapping windows at each pixel is 1, 2 or 4."""
    layer = next(each for each in DigitAutoencoder("transposed", 4).decoder if isinstance(each, nn.ConvTranspose2d))
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    drawn = layer(torch.ones(1, 32, 7, 7))[0, 0, 1:-1, 1:-1] / 32
    assert sorted(drawn.unique().tolist()) == [1, 2, 4]


@pytest.mark.parametrize("decoder", DECODERS)
def test_generated_digits_depend_on_the_seed_alone(decoder):
    digits = torch.randint(256, (40, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    options = {"decoder": decoder, "latent": 4, "epochs": 1, "lr": 0.001, "batch_size": 10, "count": 3}
    before = torch.random.get_rng_state()
    first, again, other = (generated_digits(digits, seed=seed, **options) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.shape == (3, 28, 28)
    assert 0 <= first.min() <= first.max() <= 1


def test_generators_learn():
    """Of digits that are all alike, what is drawn is nearer to them after more epochs."""
    digits = torch.zeros(200, 28, 28, dtype=torch.uint8)
    digits[:, 8:20, 12:16] = 255
    options = {"decoder": "resized", "latent": 2, "lr": 0.01, "batch_size": 20, "count": 4, "seed": 0}
    errors = [(generated_digits(digits, epochs=epochs, **options) - digits[0] / 255).abs().mean() for epochs in (1, 8)]
    assert errors[1] < 0.5 * errors[0]


def test_an_antialiased_resnet20_differs_by_its_blurs_alone():
    torch.manual_seed(0)
    plain = resnet20()
    torch.manual_seed(0)
    blurred = resnet20(antialiased=True)
    parameters = dict(blurred.named_parameters())
    assert all(torch.equal(value, parameters[name]) for name, value in plain.named_parameters())
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    tables = {name: srop.aliasing(network, [images]) for name, network in (("plain", plain), ("blurred", blurred))}
    assert set(tables["plain"]["kind"]) == {"convolution"}
    assert set(tables["blurred"]["kind"]) == {"blur"}
    assert tables["plain"]["layer"].tolist() == ["layer2.0.conv1", "layer3.0.conv1"]
    assert tables["blurred"]["layer"].tolist() == [
        f"layer{stage}.0.{name}" for stage in (2, 3) for name in ("blur", "shortcut_blur")
    ]
    assert tables["blurred"]["median"].max() < tables["plain"]["median"].min()


def measured() -> tuple[pd.DataFrame, pd.DataFrame]:
    layers, amplitudes = [], []
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for weights, seeds in (("random", (0, 1)), ("imagenet", (0,))):
        for seed in seeds:
            torch.manual_seed(seed + len(weights))
            network, keys = resnet20(), {"network": "resnet20", "weights": weights, "seed": seed}
            layers.append(srop.aliasing(network, [images]).assign(**keys))
            amplitudes.append(srop.layer_amplitudes(network, [images], ["layer1", "layer2"]).assign(**keys))
    return pd.concat(layers), pd.concat(amplitudes)


def test_figures_show_what_the_tables_hold():
    aliasing, amplitudes = measured()
    drawn = figure_aliasing(aliasing, {"resnet20": "ResNet-20", "absent": "None"}).axes
    assert [axes.get_title() for axes in drawn] == ["ResNet-20"]
    own = aliasing[aliasing["weights"] == "imagenet"].sort_values("depth")["median"]
    assert any(np.array_equal(line.get_ydata(), own) for line in drawn[0].lines)
    drawn = figure_amplitudes(amplitudes, {"resnet20": "ResNet-20"}).axes[0]
    finest = amplitudes[amplitudes["weights"] == "imagenet"].groupby("depth")["amplitude"].last()
    assert any(np.array_equal(line.get_ydata(), finest) for line in drawn.lines)


def test_a_figure_of_bands_and_of_spectra():
    bands = pd.DataFrame(
        {"center": [0.25, 0.75] * 2, "accuracy": [0.5, 0.9, 0.7, 0.7], "clean": [0.9] * 4, "seed": [0, 0, 1, 1]}
    )
    lines = figure_bands(bands).axes[0].lines
    assert any(np.allclose(line.get_ydata(), [0.6, 0.8]) for line in lines)
    sets = {
        name: gray(each) for name, each in changed_photographs(photographs(), enlarged=2, quality=9, blur=1).items()
    }
    table = against_first(sets)
    left, _ = figure_spectra(table).axes
    assert [text.get_text() for text in left.get_legend().get_texts()] == list(sets)[1:]
    rows = table[(table["set"] == "JPEG, quality 9") & (table["kind"] == "radial")]
    assert any(np.array_equal(line.get_ydata(), 10 * rows["difference"]) for line in left.lines)
    seeds = pd.concat([table.assign(seed=0), table.assign(seed=1)])
    assert len(figure_spectra(seeds).axes[0].get_legend().get_texts()) == 3
