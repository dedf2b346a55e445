"""Occluded frequencies and heat maps of images that are not square, against loops in float64."""

import numpy as np
import pytest
import scipy.fft
import torch
from torch import Tensor, nn

import srop
from srop.occlusion import fourier_heatmap, images_of, occluded_frequency, shells, transformed

SIZE = (6, 9)
LABELS = torch.tensor([0, 2, 1, 1])


def pictures(count: int = 4, colors: int = 2) -> Tensor:
    return torch.rand(count, colors, *SIZE, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def network(colors: int = 2) -> nn.Module:
    torch.manual_seed(0)
    flat = 5 * (SIZE[0] - 2) * (SIZE[1] - 2)
    return nn.Sequential(nn.Conv2d(colors, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(flat, 3)).double().eval()


def frequency_of(u: int, v: int, transform: str) -> int:
    """By whole numbers: a shell is 1 / (2 N) cycles per pixel wide in a DCT, a ring 1 / N in a DFT."""
    height, width = SIZE
    longer = max(SIZE)
    if transform == "dct":
        return max(u * longer // height, v * longer // width)
    y, x = min(u, height - u), min(v, width - v)
    return int(np.floor(np.sqrt(longer**2 * (y**2 * width**2 + x**2 * height**2) // (height * width) ** 2)))


@pytest.mark.parametrize("transform", ["dct", "dft"])
def test_shells_are_those_of_the_cycles_per_pixel(transform):
    numbers = shells(SIZE, transform)
    expected = [[frequency_of(u, v, transform) for v in range(SIZE[1])] for u in range(SIZE[0])]
    assert numbers.tolist() == expected
    for size in ((5, 9), (2, 31), (4, 224), (9, 5)):
        assert (np.bincount(shells(size, transform).flatten().numpy()) > 0).all()
    assert torch.equal(shells((7, 7), transform), shells(7, transform))


@pytest.mark.parametrize("transform", ["dct", "dft"])
def test_the_transform_is_that_of_scipy_and_goes_back(transform):
    images = pictures()
    forward = scipy.fft.dctn if transform == "dct" else scipy.fft.fft2
    expected = forward(images.numpy(), axes=(-2, -1), norm="ortho")
    np.testing.assert_allclose(transformed(images, transform), expected, atol=1e-12)
    torch.testing.assert_close(images_of(transformed(images, transform), transform), images)


@pytest.mark.parametrize("transform", ["dct", "dft"])
@pytest.mark.parametrize("baseline", ["zeros", "other"])
def test_scores_are_those_of_a_loop_over_images_and_frequencies(transform, baseline):
    model, images = network(), pictures()
    scores = occluded_frequency(model, images, LABELS, transform=transform, baseline=baseline, batch_size=3)
    components = transformed(images, transform)
    others = components.roll(1, dims=0) if baseline == "other" else torch.zeros_like(components)
    for image, label in enumerate(LABELS):
        for shell in range(scores.shape[1]):
            changed = components[image].clone()
            for u in range(SIZE[0]):
                for v in range(SIZE[1]):
                    if frequency_of(u, v, transform) == shell:
                        changed[:, u, v] = others[image, :, u, v]
            back = scipy.fft.idctn if transform == "dct" else scipy.fft.ifft2
            occluded = torch.from_numpy(back(changed.numpy(), axes=(-2, -1), norm="ortho").real.copy())
            with torch.no_grad():
                fall = (model(images[image][None]) - model(occluded[None]))[0, label]
            assert scores[image, shell].item() == pytest.approx(fall.item(), abs=1e-10)


def test_random_components_need_no_square():
    scores = occluded_frequency(network(), pictures(), LABELS, baseline="random")
    assert scores.shape == (4, 9)
    assert scores.isfinite().all()


def test_the_heat_map_is_that_of_a_loop_over_waves():
    model, images = network(), pictures()
    heat = fourier_heatmap(model, images, LABELS, norm=0.7, seed=3)
    assert heat.error.shape == heat.change.shape == SIZE
    signs = 2 * torch.randint(0, 2, images.shape[:2], generator=torch.Generator().manual_seed(3)).double() - 1
    y, x = np.indices(SIZE)
    for row in range(SIZE[0]):
        for column in range(SIZE[1]):
            u, v = row - SIZE[0] // 2, column - SIZE[1] // 2
            wave = np.cos(2 * np.pi * (u * y / SIZE[0] + v * x / SIZE[1]))
            wave = torch.from_numpy(wave / np.linalg.norm(wave))
            with torch.no_grad():
                answers = model(images + 0.7 * signs[:, :, None, None] * wave)
                change = (answers - model(images)).gather(1, LABELS[:, None]).abs().mean()
            assert heat.change[row, column].item() == pytest.approx(change.item(), abs=1e-10)
            assert heat.error[row, column].item() == (answers.argmax(1) != LABELS).double().mean().item()


def test_the_picture_of_a_heat_map_has_an_axis_for_each_side():
    heat = srop.HeatMap(torch.rand(6, 9), torch.rand(6, 9))
    axes = srop.plot_heatmap(heat).axes[0]
    assert axes.get_xlim() == (-4.5, 4.5)
    assert axes.get_ylim() == (2.5, -3.5)
    # Equal cycles per pixel are equally far from the middle.
    assert axes.get_aspect() == 1.5
