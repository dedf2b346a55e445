"""Occluded frequencies and heat maps, against loops in float64 and networks whose answer is known."""

import random

import numpy as np
import pytest
import scipy.fft
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

import srop
from srop.occlusion import fourier_heatmap, images_of, occluded_frequency, positive_shares, shells, transformed


def pictures(count: int = 5, colors: int = 3, size: int = 8, seed: int = 0) -> Tensor:
    return torch.rand(count, colors, size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def network(size: int = 8, colors: int = 3, classes: int = 4) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(colors, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(6 * (size - 2) ** 2, classes)
    ).double()


LABELS = torch.tensor([0, 3, 1, 1, 2])


def halve(images: Tensor) -> Tensor:
    return (images - 0.5) / 0.25


def occluded_by_loop(model, image, label, shell, *, transform, normalize, other=None) -> float:
    """Equations 6 and 7 for one image and one frequency."""
    pixels = image.numpy()
    forward, back = (
        (lambda x: scipy.fft.dctn(x, norm="ortho"), lambda x: scipy.fft.idctn(x, norm="ortho"))
        if transform == "dct"
        else (np.fft.fft2, lambda x: np.fft.ifft2(x).real)
    )
    occluded = np.empty_like(pixels)
    size = pixels.shape[-1]
    for color in range(len(pixels)):
        components = forward(pixels[color])
        replaced = np.zeros_like(components) if other is None else forward(other.numpy()[color])
        for u in range(size):
            for v in range(size):
                y, x = min(u, size - u), min(v, size - v)
                if (max(u, v) if transform == "dct" else int(np.sqrt(y * y + x * x))) == shell:
                    components[u, v] = replaced[u, v]
        occluded[color] = back(components)
    with torch.no_grad():
        answers = [model.eval()(normalize(picture)[None])[0, label] for picture in (image, torch.from_numpy(occluded))]
    return (answers[0] - answers[1]).item()


@pytest.mark.parametrize("transform", ["dct", "dft"])
@pytest.mark.parametrize("baseline", ["zeros", "other"])
def test_scores_are_those_of_a_loop_over_images_and_shells(transform, baseline):
    model, images = network(), pictures()
    measured = occluded_frequency(
        model, images, LABELS, normalize=halve, transform=transform, baseline=baseline, batch_size=7
    )
    others = images.roll(1, dims=0) if baseline == "other" else [None] * len(images)
    for image, label, other, scores in zip(images, LABELS, others, measured, strict=True):
        loop = [
            occluded_by_loop(model, image, label, shell, transform=transform, normalize=halve, other=other)
            for shell in range(len(scores))
        ]
        assert scores.numpy() == pytest.approx(np.array(loop), abs=1e-10)


@pytest.mark.parametrize("transform", ["dct", "dft"])
@pytest.mark.parametrize("baseline", ["zeros", "random", "other"])
def test_the_batch_size_changes_no_score(baseline, transform):
    model, images, options = network(), pictures(), {"baseline": baseline, "transform": transform}
    one, all_at_once = (occluded_frequency(model, images, LABELS, batch_size=size, **options) for size in (1, 1000))
    assert torch.allclose(one, all_at_once, atol=1e-12)


def test_a_linear_network_of_one_shell_hangs_on_it_alone():
    weights = images_of(torch.where(shells(8, "dct") == 3, 1.0, 0.0).double(), "dct")
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 2, bias=False)).double()
    model[1].weight.data = torch.stack([weights.flatten(), -weights.flatten()])
    images = (0.5 + 0.1 * weights).clamp(0, 1).expand(2, 1, 8, 8)
    scores = occluded_frequency(model, images, torch.zeros(2, dtype=torch.long))
    shares = positive_shares(scores)
    assert shares[3] == pytest.approx(1)
    assert torch.allclose(scores.sum(dim=1), model(images)[:, 0].detach().double())


def test_the_predicted_class_is_another_reading():
    model, images = network(), pictures()
    predicted = model.eval()(images).argmax(dim=1)
    other = (predicted + 1) % 4
    as_authors = occluded_frequency(model, images, other, score="predicted")
    assert torch.equal(as_authors, occluded_frequency(model, images, predicted))
    assert not torch.equal(as_authors, occluded_frequency(model, images, other))


def test_the_random_baseline_has_the_components_mean_and_deviation():
    images = 0.5 + 0.02 * (pictures(400, 1, 4) - 0.5)
    images[:, :, 0] += 0.2
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2)).double()
    labels = torch.zeros(400, dtype=torch.long)
    one, same, other = (occluded_frequency(model, images, labels, baseline="random", seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    # Linear in the components: x and its baseline have one mean, and twice the variance of either.
    components = transformed(images, "dct")
    weights = transformed(model[1].weight[0].detach().view(4, 4), "dct")
    for shell in range(4):
        mask = shells(4, "dct") == shell
        spread = (weights[mask] ** 2 * components.std(dim=0)[0][mask] ** 2).sum().sqrt()
        assert one[:, shell].mean().abs() < 0.2 * spread
        assert one[:, shell].std() > spread * 0.8


@given(seed=st.integers(0, 99), transform=st.sampled_from(["dct", "dft"]))
def test_transforms_are_orthogonal_and_undone(seed, transform):
    images = pictures(2, 1, 6, seed)
    components = transformed(images, transform)
    assert components.abs().square().sum() == pytest.approx(images.square().sum().item())
    assert torch.allclose(images_of(components, transform), images, atol=1e-12)


@given(seed=st.integers(0, 99), size=st.integers(2, 9))
def test_proposition_1(seed, size):
    """The l1 norm of a change bounds the change of the DFT's DC component, by which the proposition is stated."""
    images = pictures(2, 1, size, seed)
    distance = (images[0] - images[1]).abs().sum()
    dc = torch.fft.fft2(images)[:, 0, 0, 0]
    assert distance >= (dc[0] - dc[1]).abs() - 1e-9


# The heat map.


def test_of_a_linear_network_it_is_the_real_part_of_its_dft():
    weights = pictures(1, 1, 8)[0, 0] - 0.5
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 2)).double()
    model[1].weight.data = torch.stack([weights.flatten(), torch.zeros(64).double()])
    change = fourier_heatmap(model, pictures(4, 1), torch.zeros(4, dtype=torch.long), norm=2.0).change
    real = torch.fft.fftshift(torch.fft.fft2(weights).real.abs())
    own = torch.zeros(8, 8, dtype=torch.bool)
    own[::4, ::4] = True  # (0 or 4, 0 or 4), which are their own conjugates, have all of their norm in one component
    scale = torch.where(own, 2.0 / 8, 2.0 / 8 * 2**0.5)
    assert torch.allclose(change, real * scale, atol=1e-10)


def test_a_low_pass_network_feels_nothing_beyond_its_cut_off():
    class LowPass(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            inside = torch.from_numpy(np.hypot(*np.meshgrid(*[np.fft.fftfreq(16, 1 / 16)] * 2)) <= 3)
            kept = torch.fft.ifft2(torch.fft.fft2(x) * inside).real
            return kept.square().flatten(1)[:, :5].cumsum(dim=1)

    model = LowPass()
    model.linear = nn.Linear(1, 1)
    heat = fourier_heatmap(model, pictures(3, 1, 16), torch.tensor([0, 1, 2]), norm=1.0)
    radius = torch.from_numpy(np.hypot(*np.meshgrid(*[np.arange(-8, 8)] * 2)))
    assert heat.change[radius > 3].max() < 1e-12
    assert heat.change[radius <= 3].min() > 1e-6
    assert heat.error[radius > 3].unique().numel() == 1


def test_the_norm_is_that_of_each_color_and_clipping_weakens_it():
    seen = []

    class Watch(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x)
            return x.flatten(1)[:, :3]

    images = torch.full((2, 3, 4, 4), 0.5, dtype=torch.float64)
    labels = torch.tensor([0, 1])
    heat = fourier_heatmap(Watch(), images, labels, norm=0.9)
    added = torch.cat(seen[1:]) - 0.5
    assert torch.allclose(added.flatten(2).norm(dim=2), torch.full((len(added), 3), 0.9).double())
    assert torch.equal(heat.change[1:, 1:], heat.change[1:, 1:].flip(0, 1))
    seen.clear()
    fourier_heatmap(Watch(), images, labels, norm=4.0, clip=True)
    assert torch.cat(seen).min() >= 0
    assert torch.cat(seen).max() <= 1


def test_error_is_the_share_of_wrong_answers():
    class First(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.tensor([[1.0, 0.0]]).expand(len(x), 2)

    heat = fourier_heatmap(First(), pictures(4, 1), torch.tensor([0, 0, 0, 1]), norm=1.0)
    assert heat.error.unique().tolist() == [0.25]
    assert heat.change.max() == 0


# Guests, and bad input.


@pytest.mark.parametrize("function", [occluded_frequency, lambda *given: fourier_heatmap(*given, norm=0.1)])
def test_a_network_is_left_as_it_was(function):
    model = network().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    function(model, pictures(), LABELS)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.grad is None for parameter in model.parameters())


def heated(*given: object, **options: object) -> Tensor:
    return fourier_heatmap(*given, norm=0.1, **options).change


FUNCTIONS = [occluded_frequency, heated]


class Normalize(nn.Module):
    """As torchvision has it, with a mode and a counter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.inplace = True
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x.sub_(0.5).div_(0.25)


def swapped(x: Tensor) -> Tensor:
    x[:, [0, 2]] = x[:, [2, 0]]
    return x


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("inplace", "apart"),
    [(lambda x: x.sub_(0.5).div_(0.25), halve), (Normalize(), halve), (swapped, lambda x: x[:, [2, 1, 0]])],
)
def test_a_normalization_in_place_is_one_that_is_not(function, inplace, apart):
    images = pictures()
    measured = function(network(), images, LABELS, normalize=inplace, batch_size=3)
    assert torch.equal(images, pictures())
    assert torch.allclose(measured, function(network(), pictures(), LABELS, normalize=apart, batch_size=3), atol=1e-12)
    assert not isinstance(inplace, nn.Module) or inplace.calls == 0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_first_layer_in_place_is_one_that_is_not(function):
    def clipping(*, inplace: bool) -> nn.Module:
        return nn.Sequential(nn.Hardtanh(0.3, 0.6, inplace=inplace), network())

    images, labels = pictures(), LABELS.clone()
    measured = function(clipping(inplace=True), images, labels)
    assert torch.equal(images, pictures())
    assert torch.equal(labels, LABELS)
    assert torch.allclose(measured, function(clipping(inplace=False), images, LABELS), atol=1e-12)


class Restless(nn.Module):
    """Changes at each pass whatever a network can change in evaluation mode."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.norm = network(), nn.BatchNorm2d(3).double()
        self.scale = nn.Parameter(torch.zeros((), dtype=torch.float64))
        self.passes = 0

    def train(self, *, how: str = "all") -> None:
        raise AssertionError("this is no switch of modes")

    def forward(self, x: Tensor) -> Tensor:
        self.passes += 1
        with torch.no_grad():
            if self.scale == 0:
                self.scale.fill_(x.std())
        torch.rand(1), np.random.rand(), random.random()  # noqa: NPY002
        return self.inner(nn.functional.batch_norm(x, self.norm.running_mean, self.norm.running_var, training=True))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_restless_network_and_the_random_states_are_left_as_they_were(function):
    model = Restless()
    model.scale.grad = torch.full_like(model.scale, 7)
    model.inner[1].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    function(model, pictures(), LABELS)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.passes == 0
    assert model.scale.grad == 7
    assert model.training
    assert not model.inner[1].training
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1] == states[1]).all()  # noqa: NPY002
    assert random.getstate() == states[2]


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("transform", ["dct", "dft"])
def test_half_precision_is_transformed_in_float32(kind, transform):
    class Wide(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            assert x.dtype == kind
            return inner(x.float())

    inner, images = network().float().eval(), pictures().to(kind)
    measured = occluded_frequency(Wide(), images, LABELS, transform=transform)
    exact = occluded_frequency(inner, images.float(), LABELS, transform=transform)
    assert measured.numpy() == pytest.approx(exact.numpy(), abs=0.1 * exact.abs().max().item())
    assert heated(Wide(), images, LABELS).isfinite().all()


def test_of_small_scores_half_precision_loses_no_more_than_the_networks_own():
    """The transform of what is taken out has the rounding of float32, though the images are coarse."""
    images = pictures().bfloat16()
    for transform in ("dct", "dft"):
        assert torch.allclose(transformed(images, transform), transformed(images.float(), transform), atol=1e-6)


def test_autocast_does_not_reach_the_transform():
    images = pictures().float()
    exact = transformed(images, "dct")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.allclose(transformed(images, "dct"), exact, atol=1e-6)
        assert torch.allclose(images_of(exact, "dct"), images, atol=1e-6)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize("labels", [torch.zeros(5, dtype=torch.long), LABELS.clamp(max=1)])
def test_one_number_for_an_image_is_refused(function, shape, labels):
    class Binary(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.mean(dim=(1, 2, 3)).reshape(shape)

    with pytest.raises(ValueError, match=r"one number for each image.*two logits, such as torch\.cat"):
        function(Binary(), pictures(), labels)


def test_the_two_logits_that_the_message_names_are_judged_by_sign():
    class Two(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            z = x.mean(dim=(1, 2, 3))[:, None] - 0.5
            return torch.cat([-z, z], dim=1)

    images = torch.full((4, 1, 4, 4), 0.6, dtype=torch.float64)
    images[:2] = 0.4
    assert fourier_heatmap(Two(), images, torch.tensor([0, 0, 1, 1]), norm=0.01).error.max() == 0
    heat = fourier_heatmap(Two(), images, torch.tensor([0, 1, 1, 0]), norm=0.01)
    assert heat.error.unique().tolist() == [0.5]
    # Only the wave of frequency 0, of .01 / 4 in each pixel, moves the mean.
    assert heat.change.max() == heat.change[2, 2] == pytest.approx(0.0025)


def test_rounding_beyond_one_is_clipped():
    images = pictures().float()
    images[0, 0, 0, 0] = 1
    above = images.clone()
    above[0, 0, 0, 0] = 1.0000002
    for function in FUNCTIONS:
        measured = function(network().float(), above, LABELS)
        assert torch.allclose(measured, function(network().float(), images, LABELS), atol=1e-6)
    assert above.max() > 1


def test_labels_of_any_whole_type_and_sizes_of_numpy():
    measured = occluded_frequency(network(), pictures(), LABELS)
    for kind in (torch.uint8, torch.int16, torch.int32):
        assert torch.allclose(occluded_frequency(network(), pictures(), LABELS.to(kind)), measured, atol=1e-12)
    options = {"batch_size": np.int64(250), "seed": np.int64(0), "baseline": "random"}
    assert occluded_frequency(network(), pictures(), LABELS, **options).shape == measured.shape


IMAGES = pictures()
BAD = [
    ((IMAGES * 255, LABELS), {}, r"images lie in \[.*, 25.*\]; give them in \[0, 1\]"),
    ((IMAGES - 0.5, LABELS), {}, "the network's own normalization as normalize="),
    ((IMAGES * torch.nan, LABELS), {}, r"images lie in \[nan"),
    ((IMAGES[0], LABELS), {}, "give images x colors x rows x columns"),
    ((IMAGES[:0], LABELS[:0]), {}, "at least one"),
    (((IMAGES * 255).byte(), LABELS), {}, r"images are torch\.uint8; give floating point"),
    ((IMAGES, LABELS[:2]), {}, "give a class for each image"),
    ((IMAGES, LABELS.double()), {}, "give a class for each image"),
    ((IMAGES, LABELS + 1), {}, "labels reach 4, and the network has the classes 0 to 3"),
    ((IMAGES, LABELS - 1), {}, "labels begin at -1; give classes, which begin at 0"),
    ((IMAGES, LABELS), {"transform": "dst"}, "transform='dst': there are dct, dft"),
    ((IMAGES, LABELS), {"baseline": "mean"}, "baseline='mean': there are zeros, random, other"),
    ((IMAGES, LABELS), {"score": "best"}, "score='best': there are label, predicted"),
    ((IMAGES[:1], LABELS[:1]), {"baseline": "random"}, "needs at least two images, and there is 1"),
    ((IMAGES, LABELS), {"batch_size": 0}, "batch_size=0: it is a number of images, at least 1"),
    ((IMAGES, LABELS), {"seed": -1}, "seed=-1: it is a seed of random numbers"),
    ((IMAGES / IMAGES.max() * 1.00001, LABELS), {}, r"images lie in \[.*, 1\.00001\]; give them in \[0, 1\]"),
    ((IMAGES, nn.functional.one_hot(LABELS)), {}, r"5 whole numbers, labels\.argmax\(dim=1\) where they are one-hot"),
    ((IMAGES, LABELS), {"normalize": lambda x: x[0]}, r"normalize gives 3 x 8 x 8 for 5 images"),
    ((IMAGES, LABELS), {"normalize": lambda x: None}, "normalize gives a NoneType for 5 images"),
    ((IMAGES, LABELS), {"normalize": lambda x: x * torch.nan}, "the network gives NaN"),
]


@pytest.mark.parametrize(("given", "options", "message"), BAD)
def test_bad_input_is_named(given, options, message):
    with pytest.raises(ValueError, match=message):
        occluded_frequency(network(), *given, **options)


BAD_TYPES = [
    ((IMAGES.numpy(), LABELS), {}, "images: a ndarray was given; give a torch.Tensor"),
    (
        ([IMAGES, LABELS], LABELS),
        {},
        "images: a list of tensors was given; give one torch.Tensor, such as the first of them",
    ),
    ((IMAGES, LABELS.tolist()), {}, "labels: a list was given"),
    ((IMAGES, LABELS.numpy()), {}, "labels: a ndarray was given"),
    ((IMAGES, LABELS), {"batch_size": 2.0}, "batch_size=2.0: it is a number of images; give a whole number"),
    ((IMAGES, LABELS), {"seed": None}, "seed=None: it is a seed of random numbers"),
    ((IMAGES, LABELS), {"seed": 0.5}, "seed=0.5"),
    (
        (IMAGES, LABELS),
        {"normalize": Normalize},
        "normalize: Normalize was given; give a function of a batch",
    ),
    ((IMAGES, LABELS), {"normalize": 0.5}, "normalize: float was given; give a function of a batch"),
]


@pytest.mark.parametrize(("given", "options", "message"), BAD_TYPES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_bad_types_are_named(function, given, options, message):
    with pytest.raises(TypeError, match=message):
        function(network(), *given, **options)


@pytest.mark.parametrize(
    ("norm", "error", "message"),
    [
        ("1", TypeError, "norm='1': it is the l2 norm of a wave; give a number"),
        (None, TypeError, "norm=None"),
        (torch.nan, ValueError, "norm=nan: it is the l2 norm of a wave; give a finite number"),
        (torch.inf, ValueError, "norm=inf"),
    ],
)
def test_a_norm_that_is_none_is_named(norm, error, message):
    with pytest.raises(error, match=message):
        fourier_heatmap(network(), IMAGES, LABELS, norm=norm)


def test_scores_that_are_none_are_named():
    with pytest.raises(TypeError, match="scores: a ndarray was given"):
        positive_shares(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"scores of shape \(3,\); give images x frequencies"):
        positive_shares(torch.ones(3))
    with pytest.raises(ValueError, match="scores have NaN or infinite values"):
        positive_shares(torch.tensor([[1.0, torch.nan]]))


def test_bad_networks_are_named():
    with pytest.raises(RuntimeError, match="the network cannot take an input of 5 x 3 x 8 x 8"):
        occluded_frequency(network(size=9), IMAGES, LABELS)
    with pytest.raises(
        ValueError,
        match="the network gives 5 x 6 x 6 x 6 for 5 images; give a classifier",
    ):
        occluded_frequency(network()[:2], IMAGES, LABELS)
    with pytest.raises(TypeError, match="a builtin_function_or_method was given"):
        fourier_heatmap(len, IMAGES, LABELS, norm=1.0)
    with pytest.raises(ValueError, match="norm=0: the l2 norm of a wave is positive"):
        fourier_heatmap(network(), IMAGES, LABELS, norm=0)


def test_they_are_public():
    assert srop.occluded_frequency is occluded_frequency
    assert srop.fourier_heatmap is fourier_heatmap


@pytest.mark.parametrize(
    "function", [occluded_frequency, lambda *given, **options: fourier_heatmap(*given, norm=0.1, **options)]
)
def test_the_network_gets_no_more_images_at_a_time_than_asked(function):
    seen = []

    class Watch(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(len(x))
            return x.flatten(1)[:, :4]

    function(Watch(), pictures(), LABELS, batch_size=3)
    assert max(seen) == 3


def test_answers_of_yes_and_no_are_no_classes():
    model, images = nn.Sequential(nn.Flatten(), nn.Linear(16, 2)), torch.rand(2, 1, 4, 4)
    with pytest.raises(ValueError, match=r"torch\.bool; give a class for each image"):
        occluded_frequency(model, images, torch.tensor([True, False]))
