"""Watching a training changes nothing of it."""

import random

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import srop
from srop.white_noise import white_noise_srop


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(400, 3)
    )


PROBE = torch.randn(6, 1, 12, 12, generator=torch.Generator().manual_seed(1))


def trained(steps: int, **options: object) -> tuple[nn.Module, torch.Tensor, srop.Monitor | None]:
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    torch.manual_seed(2)
    monitor = srop.Monitor(model, PROBE, **options) if options else None
    if monitor:
        monitor.__enter__()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(torch.randn(8, 1, 12, 12)), torch.randint(3, (8,)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if monitor:
            monitor.step()
    if monitor:
        monitor.__exit__(None, None, None)
    return model, torch.get_rng_state(), monitor


def test_a_watched_training_is_the_same_bit_for_bit():
    plain, state, _ = trained(7)
    watched, watched_state, monitor = trained(7, every=2)
    assert all(
        torch.equal(a, b) for a, b in zip(plain.state_dict().values(), watched.state_dict().values(), strict=True)
    )
    assert torch.equal(state, watched_state)
    assert all(module.training for module in watched.modules())
    assert monitor.table["step"].unique().tolist() == [0, 2, 4, 6, 7]


def test_a_network_that_draws_when_it_is_evaluated_draws_the_same():
    class Noisy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + torch.randn_like(x)

    torch.manual_seed(0)
    state = torch.get_rng_state()
    with srop.Monitor(nn.Sequential(nn.Conv2d(1, 2, 3), Noisy()), PROBE, ["1"], every=1) as monitor:
        before = torch.get_rng_state()
        monitor.step()
        assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(before, state)  # by the weights of the convolution


def test_it_measures_what_a_profile_would():
    model, _, monitor = trained(4, every=2)
    last = monitor.table.query("step == 4").set_index("layer")
    assert monitor.layers == ["3"] or monitor.layers == ["2"]
    rows = srop.layer_statistics(srop.profile(model, [PROBE], monitor.layers))
    assert last["mean"].tolist() == rows["mean"].tolist()
    assert last["convention"].tolist() == ["published"]
    assert last["reference"].tolist() == [12]
    assert last["dead_share"].tolist() == rows["dead_share"].tolist()


def test_nothing_is_measured_twice_and_an_error_ends_it():
    assert trained(4, every=2)[2].table["step"].tolist() == [0, 2, 4]
    monitor = srop.Monitor(network(), PROBE, every=5)

    def broken() -> None:
        with monitor:
            monitor.step()
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        broken()
    assert monitor.table["step"].tolist() == [0]


def test_a_network_that_blows_up_is_told_and_not_stopped():
    model = network()
    with srop.Monitor(model, PROBE, ["2"], every=1) as monitor:
        assert monitor.step()
        with torch.no_grad():
            model[0].weight.fill_(torch.inf)
        with pytest.warns(UserWarning, match="step 2: layer '2': maps have NaN or infinite values"):
            monitor.step()
    last = monitor.table.iloc[-1]
    assert (last["step"], last["layer"], last["size"], last["channels"]) == (2, "2", 10, 4)
    assert last[["mean", "std", "dead_share"]].isna().all()


def test_a_network_that_is_broken_from_the_start_is_refused():
    model = network()
    with torch.no_grad():
        model[0].weight.fill_(torch.inf)
    with pytest.raises(ValueError, match="NaN or infinite"):
        srop.Monitor(model, PROBE, ["2"]).__enter__()


def test_a_writer_gets_the_scalars_of_each_layer():
    class Writer:
        def __init__(self) -> None:
            self.written = []

        def add_scalar(self, tag: str, value: float, step: int) -> None:
            self.written.append((tag, step))

    writer = Writer()
    _, _, monitor = trained(2, every=1, writer=writer, layers={"conv": "0"})
    tags = ("srop/conv", "srop_spread/conv", "srop_dead/conv")
    assert writer.written == [(tag, step) for step in (0, 1, 2) for tag in tags]
    assert monitor.layers == {"conv": "0"}


class Restless(nn.Module):
    """Changes at each pass whatever a network can change in evaluation mode, and overwrites its input."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4, affine=False)
        self.scale = nn.Parameter(torch.zeros(()))
        self.passes = 0

    def train(self, *, how: str = "all") -> None:
        raise AssertionError("this is no switch of modes")

    def forward(self, x: Tensor) -> Tensor:
        self.passes += 1
        x.mul_(2)
        with torch.no_grad():
            if self.scale == 0:
                self.scale.fill_(x.std())
        torch.rand(1), np.random.rand(), random.random()  # noqa: NPY002
        x = nn.functional.batch_norm(self.first(x), self.norm.running_mean, self.norm.running_var, training=True)
        return torch.relu(x)


class Drawing:
    """A writer that draws names for its files, as some do."""

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        torch.rand(1), np.random.rand(), random.random()  # noqa: NPY002


def test_a_restless_network_and_the_random_states_are_left_as_they_were():
    model, probe = Restless(), PROBE.clone()
    model.scale.grad = torch.tensor(7.0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    with srop.Monitor(model, probe, [""], every=1, layout="NCHW", writer=Drawing()) as monitor:
        for _ in range(3):
            monitor.step()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.passes == 0
    assert model.training
    assert model.scale.grad == 7
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1] == states[1]).all()  # noqa: NPY002
    assert random.getstate() == states[2]
    assert torch.equal(probe, PROBE)
    # A probe that drifts, or a network that goes on where it was watched, would show other SROPs.
    assert monitor.table["mean"].to_numpy() == pytest.approx(monitor.table["mean"][0])


def test_the_probe_may_be_used_again():
    probe, model = PROBE.clone(), network()
    with srop.Monitor(model, probe, every=1) as monitor:
        probe.zero_()
        monitor.step()
    assert monitor.table["mean"].to_numpy() == pytest.approx(monitor.table["mean"][0])
    assert monitor.table["dead_share"].nunique() == 1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_probe_may_be_used_again_on_a_gpu():
    probe, model = PROBE.cuda(), network().cuda()
    with srop.Monitor(model, probe, every=1) as monitor:
        probe.zero_()
        monitor.step()
    assert monitor.table["mean"].to_numpy() == pytest.approx(monitor.table["mean"][0])


def test_layers_may_come_from_a_generator():
    model = network()
    monitor = srop.Monitor(model, PROBE, (name for name in ("0", "2")), every=1)
    with monitor:
        monitor.step()
    assert monitor.layers == ["0", "2"]
    assert monitor.table["layer"].tolist() == ["0", "2"] * 2


def test_what_is_ambiguous_may_be_stated():
    """A layer of 4 channels of 4 x 4 maps."""
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Sequential(nn.Identity()))
    with srop.Monitor(model, torch.rand(4, 1, 6, 6), ["1"], layout="NCHW") as monitor:
        pass
    assert monitor.table["size"].tolist() == [4]


def test_it_is_used_within_its_block_and_once():
    monitor = srop.Monitor(network(), PROBE, every=1)
    with pytest.raises(RuntimeError, match=r"step\(\) was called outside of .* within, as in: with Monitor"):
        monitor.step()
    for ask in (lambda: monitor.table, monitor.plot):
        with pytest.raises(RuntimeError, match="no measurement yet; enter the with block first, as in: with Monitor"):
            ask()
    with monitor:
        monitor.step()
        with pytest.raises(RuntimeError, match="entered before; make a new Monitor"):
            monitor.__enter__()
    assert monitor.table["step"].tolist() == [0, 1]
    with pytest.raises(RuntimeError, match="outside of the Monitor's with block"):
        monitor.step()
    with pytest.raises(RuntimeError, match="entered before; make a new Monitor"):
        monitor.__enter__()


def test_it_draws_its_table():
    model = network()
    with srop.Monitor(model, PROBE, {"_first": "0", "$a^$": "2"}, every=2) as monitor:
        for _ in range(3):
            monitor.step()
        with torch.no_grad():
            model[0].weight.fill_(torch.nan)
        with pytest.warns(UserWarning, match="step 4"):
            monitor.step()
    figure = monitor.plot(title="a $ training")
    upper, lower = figure.axes
    for axes, column in ((upper, "median"), (lower, "dead_share")):
        rows = monitor.table.pivot(index="step", columns="layer", values=column)
        for line, layer in zip(axes.lines, ["_first", "$a^$"], strict=False):
            assert line.get_xdata().tolist() == [0, 2, 4]
            assert line.get_ydata() == pytest.approx(rows[layer].to_numpy(), nan_ok=True)
    figure.canvas.draw()
    sizes = monitor.table.groupby("layer")["size"].first()
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[:2] == [f"_first, {sizes['_first']}", f"$a^$, {sizes['$a^$']}"]
    noise = {float(line.get_ydata()[0]) for line in upper.lines[2:]}
    fine = monitor.table.loc[~monitor.table["coarse"], "size"].unique()
    reference = int(monitor.table["reference"].iloc[0])
    assert noise == {white_noise_srop(size, reference=reference) for size in fine}
    assert names[2:] == ["white noise of each size"] * bool(noise)
    assert upper.get_title() == "a $ training"


def test_bad_inputs():
    with pytest.raises(ValueError, match="every=0: it is a number of steps, at least 1"):
        srop.Monitor(network(), PROBE, every=0)
    with pytest.raises(TypeError, match=r"every=1\.5"):
        srop.Monitor(network(), PROBE, every=1.5)
    with pytest.raises(TypeError, match=r"every=1\.0: it is a number of steps; give a whole number"):
        srop.Monitor(network(), PROBE, every=1.0)
    with pytest.raises(TypeError, match="layers='0': give a list of names"):
        srop.Monitor(network(), PROBE, "0")
    with pytest.raises(TypeError, match="probe: a ndarray was given"):
        srop.Monitor(network(), PROBE.numpy())
    with pytest.raises(ValueError, match=r"probe of shape \(1, 12, 12\); give images x colors x rows x columns"):
        srop.Monitor(network(), PROBE[0])
    with pytest.raises(TypeError, match=r"writer: a str was given; give what has add_scalar"):
        srop.Monitor(network(), PROBE, writer="runs")
    with pytest.raises(TypeError, match="writer: a type was given; give what has add_scalar"):
        srop.Monitor(network(), PROBE, writer=Drawing)
    with pytest.raises(TypeError, match="probe: a tuple of tensors was given; give one torch"):
        srop.Monitor(network(), (PROBE, torch.zeros(6)))
    with pytest.raises(ValueError, match="there is no convention 'mine'"):
        srop.Monitor(network(), PROBE, convention="mine")
    with pytest.raises(TypeError, match="model: the function network was given"):
        srop.Monitor(network, PROBE)
    with pytest.raises(ValueError, match="no module gives maps"):
        srop.Monitor(nn.Sequential(nn.Flatten()), PROBE)
    with (
        pytest.raises(ValueError, match="the network has no layer 'nowhere'"),
        srop.Monitor(network(), PROBE, ["nowhere"]),
    ):
        pass


def test_tensorboard_reads_what_a_monitor_writes(tmp_path):
    tensorboard = pytest.importorskip("torch.utils.tensorboard", reason="tensorboard is not installed")
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is not installed"
    )
    with tensorboard.SummaryWriter(tmp_path) as writer:
        monitor = trained(4, every=2, writer=writer)[2]
    events = accumulator.EventAccumulator(str(tmp_path)).Reload()
    (layer,) = monitor.layers
    assert set(events.Tags()["scalars"]) == {f"{tag}/{layer}" for tag in ("srop", "srop_spread", "srop_dead")}
    written = events.Scalars(f"srop/{layer}")
    assert [event.step for event in written] == monitor.table["step"].tolist() == [0, 2, 4]
    assert [event.value for event in written] == pytest.approx(monitor.table["mean"].tolist())
