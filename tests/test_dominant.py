"""Dominant frequencies, against a loop in float64 and networks that look at one frequency."""

import numpy as np
import pytest
import torch
from test_guest import NAMES, PARTS, network, random_states, state_of
from torch import Tensor, nn

from srop import dominant_frequencies, kept_frequencies, plot_dominant
from srop.dominant import conjugate_pairs

LABELS = torch.tensor([0, 3, 1, 1, 0])


def pictures(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def classifier(height: int = 6, width: int = 6) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.Tanh(), nn.Flatten(), nn.Linear(6 * (height - 2) * (width - 2), 4)
    ).double()


def halve(images: Tensor) -> Tensor:
    return images.sub_(0.5).div_(0.25)


def cross_entropy(model: nn.Module, image: np.ndarray, label: int) -> float:
    with torch.no_grad():
        logits = model.eval()(torch.from_numpy(image)[None])[0].numpy()
    return float(np.log(np.exp(logits).sum()) - logits[label])


@pytest.mark.parametrize("space", ["pixels", "input"])
@pytest.mark.parametrize("size", [(6, 6), (5, 5), (4, 7)])
def test_rises_are_those_of_a_loop(size, space):
    model, images = classifier(*size), pictures(5, 3, *size)
    result = dominant_frequencies(model, images, LABELS, normalize=halve, space=space, batch_size=7)
    assert result.classes.tolist() == [0, 1, 3]
    assert result.images.tolist() == [2, 2, 1]
    height, width = size
    for place, label in enumerate((0, 1, 3)):
        chosen = [each.numpy() for each, own in zip(images, LABELS, strict=True) if own == label]
        before = np.mean([cross_entropy(model, (image - 0.5) / 0.25, label) for image in chosen])
        assert result.loss[place] == pytest.approx(before)
        for u in range(-(height // 2), height - height // 2):
            for v in range(-(width // 2), width - width // 2):
                losses = []
                for image in chosen:
                    picture = (image - 0.5) / 0.25 if space == "input" else image
                    spectrum = np.fft.fft2(picture)
                    spectrum[:, u % height, v % width] = 0
                    spectrum[:, -u % height, -v % width] = 0
                    rest = np.fft.ifft2(spectrum)
                    assert np.abs(rest.imag).max() < 1e-12
                    inputs = rest.real if space == "input" else (rest.real - 0.5) / 0.25
                    losses.append(cross_entropy(model, inputs, label))
                rise = result.rise[place, u + height // 2, v + width // 2]
                assert rise == pytest.approx(np.mean(losses) - before, abs=1e-10)


@pytest.mark.parametrize("size", [(8, 8), (7, 7), (6, 9)])
def test_a_network_that_looks_at_one_frequency_has_that_as_dominant(size):
    height, width = size
    down, across = (torch.arange(side, dtype=torch.float64) / side for side in size)
    wave = torch.cos(2 * torch.pi * (2 * down[:, None] + 1 * across))
    other = torch.cos(2 * torch.pi * 3 * across).expand(height, width)
    model = nn.Sequential(nn.Flatten(), nn.Linear(height * width, 2, bias=False)).double()
    model[1].weight.data = torch.stack([wave.flatten(), other.flatten()])
    images = torch.stack([0.5 + 0.2 * wave, 0.5 + 0.2 * other])[:, None]
    result = dominant_frequencies(model, images, torch.tensor([0, 1]), share=2 / (height * width))
    first, second = ((mask.nonzero() - torch.tensor([height // 2, width // 2])).tolist() for mask in result.mask)
    assert first == [[-2, -1], [2, 1]]
    assert second == [[0, -3], [0, 3]]
    untouched = result.rise[0][~result.mask[0]]
    assert untouched.abs().max() < 1e-9


@pytest.mark.parametrize("size", [(8, 8), (7, 7), (6, 9), (1, 4)])
@pytest.mark.parametrize("patch", [1, 3, 5])
def test_conjugates_have_one_number(size, patch):
    numbers = conjugate_pairs(size, patch)
    assert torch.equal(numbers, numbers.flip(0, 1).roll((1, 1), (0, 1)))
    assert numbers.unique().tolist() == list(range(int(numbers.max()) + 1))
    if patch == 1:
        assert numbers.flatten().bincount().max() <= 2
        alone = (2 - size[0] % 2) * (2 - size[1] % 2) if min(size) > 1 else 2
        assert (numbers.flatten().bincount() == 1).sum() == alone
    else:
        # The patch about zero frequency, as far as the map reaches.
        reach = [range(-min(patch // 2, (side - 1) // 2), min(patch // 2, side // 2) + 1) for side in size]
        assert {int(numbers[u % size[0], v % size[1]]) for u in reach[0] for v in reach[1]} == {int(numbers[0, 0])}


def test_patches_save_passes_and_agree_with_their_loop():
    model, images = classifier(), pictures(5, 3, 6, 6)
    result = dominant_frequencies(model, images, LABELS, patch=3)
    numbers = torch.fft.fftshift(conjugate_pairs(6, 3))
    assert len(numbers.unique()) < 12
    for number in numbers.unique():
        kept = kept_frequencies(images, numbers != number)
        losses = [cross_entropy(model, kept[i].numpy(), 1) - cross_entropy(model, images[i].numpy(), 1) for i in (2, 3)]
        assert result.rise[1][numbers == number].tolist() == pytest.approx(
            [np.mean(losses)] * int((numbers == number).sum())
        )


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 1.0])
def test_the_mask_holds_the_first_pairs_that_fit(share):
    result = dominant_frequencies(classifier(), pictures(5, 3, 6, 6), LABELS, share=share)
    for rise, mask in zip(result.rise, result.mask, strict=True):
        count = int(mask.sum())
        assert count <= max(share * 36, 2)
        assert count >= share * 36 - 1 or count <= 2
        assert share == 1 or rise[mask].min() >= rise[~mask].max()
        kept_frequencies(pictures(1, 1, 6, 6), mask)


def test_the_batch_size_changes_nothing():
    one, all_at_once = (
        dominant_frequencies(classifier(), pictures(5, 3, 6, 6), LABELS, batch_size=size) for size in (1, 1000)
    )
    for first, second in zip(one, all_at_once, strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=1e-12)


def test_kept_frequencies_are_those_of_the_mask():
    images, mask = pictures(2, 3, 8, 6), torch.zeros(8, 6, dtype=torch.bool)
    mask[4, 3] = mask[4 + 2, 3 - 1] = mask[4 - 2, 3 + 1] = True
    kept = torch.fft.fftshift(torch.fft.fft2(kept_frequencies(images, mask)), (-2, -1))
    whole = torch.fft.fftshift(torch.fft.fft2(images), (-2, -1))
    torch.testing.assert_close(kept, whole * mask)
    for wrong, message in (
        (mask.roll(1, 0), "off by one"),
        (mask[1:], "give a Boolean one"),
        (mask.float(), "give a Boolean one"),
    ):
        with pytest.raises(ValueError, match=message):
            kept_frequencies(images, wrong)
    with pytest.raises(ValueError, match="floating point"):
        kept_frequencies(images.long(), mask)


@pytest.mark.parametrize("part", PARTS, ids=NAMES)
def test_it_leaves_no_trace(part):
    model = network(part)
    images = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    before, states, given = state_of(model), random_states(), images.clone()
    dominant_frequencies(model, images, torch.tensor([0, 1, 0, 1]), normalize=halve, space="input", patch=3)
    assert state_of(model) == before
    assert random_states() == states
    assert torch.equal(images, given)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"share": 0}, ValueError, "share=0: a share of all components is above 0"),
        ({"share": 5}, ValueError, "share=5"),
        ({"share": "5 %"}, TypeError, "share='5 %'"),
        ({"patch": 2}, ValueError, "give an odd number"),
        ({"patch": 1.5}, TypeError, "patch=1.5"),
        ({"space": "logits"}, ValueError, "space='logits': there are pixels, input"),
        ({"images": torch.full((5, 3, 6, 6), 2.0)}, ValueError, "lie in"),
        ({"labels": torch.tensor([9] * 5)}, ValueError, "labels reach 9"),
        ({"model": nn.Conv2d(3, 4, 3)}, ValueError, "give a classifier"),
        (
            {"model": nn.Sequential(nn.Flatten(), nn.LazyLinear(2), nn.Threshold(1e9, -torch.inf))},
            ValueError,
            "infinite",
        ),
    ],
)
def test_what_is_wrong_is_named(change, error, message):
    given = {"model": classifier().float(), "images": pictures(5, 3, 6, 6).float(), "labels": LABELS % 2}
    with pytest.raises(error, match=message):
        dominant_frequencies(**given | change)


def test_the_picture_has_a_map_for_each_class():
    result = dominant_frequencies(classifier(4, 7), pictures(5, 3, 4, 7), LABELS, share=0.2)
    figure = plot_dominant(result, names=["a$", "b", "c"], title="$x")
    figure.canvas.draw()
    assert [axes.get_title() for axes in figure.axes] == ["a$", "b", "c"]
    assert figure.axes[0].get_xlabel() == f"2 images, {result.mask[0].float().mean():.1%}"
    assert figure.axes[0].images[0].get_extent() == [-3.5, 3.5, 1.5, -2.5]
    assert len(plot_dominant(dominant_frequencies(classifier(), pictures(5, 3, 6, 6), LABELS)).axes) == 3
    with pytest.raises(TypeError, match="a list was given"):
        plot_dominant([])
    with pytest.raises(ValueError, match="1 names for 3 classes"):
        plot_dominant(result, names=["a"])
