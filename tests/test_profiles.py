"""Profiles against the activations themselves, and what they refuse."""

import copy
import gc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn

import srop
from srop import (
    CONVENTIONS,
    HALF_PIXEL,
    PRINTED,
    PUBLISHED,
    dead_maps,
    layer_statistics,
    profile,
    read_profile,
    rolloff_points,
    summarize,
)
from srop.profiles import origin_of, weighted_statistics

BOTH = ("one", "omit")
STATISTICS = ["mean", "median", "lower_quartile", "upper_quartile", "std", "dead_share", "out_of_band_share"]


def network() -> nn.Sequential:
    """Two layers of maps; some of the first die, and a checkerboard in the second is out of band."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(inplace=True), nn.AvgPool2d(2))
    with torch.no_grad():
        model[0].bias.copy_(torch.linspace(-2, 0.5, 16))
    return model


def images(count: int, size: int = 32) -> torch.Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(1))


def test_a_channel_has_one_row_without_its_dead_maps():
    table = profile(network(), [images(3)], ["2"])
    assert table["dead"].unique().tolist() == ["omit"]
    assert not table.duplicated(["layer", "channel"]).any()


@pytest.mark.parametrize("name", CONVENTIONS)
def test_equals_the_statistics_of_the_activations(name):
    model, inputs = network(), images(9)
    table = profile(model, inputs.split(4), {"conv": "1", "pool": "2"}, convention=CONVENTIONS[name], dead=BOTH)
    with torch.no_grad():
        maps = {"conv": model[:2](inputs), "pool": model(inputs)}
    for depth, (layer, values) in enumerate(maps.items()):
        points = rolloff_points(values, convention=CONVENTIONS[name], reference=32).double()
        for dead in ("one", "omit"):
            rows = table[(table["layer"] == layer) & (table["dead"] == dead)]
            assert (rows["depth"] == depth).all()
            assert (rows["size"] == values.shape[-1]).all()
            assert (rows["images"] == 9).all()
            assert rows["channel"].tolist() == list(range(16))
            expected = summarize(points, dead_maps(values), dim=0, dead=dead)
            for statistic in STATISTICS:
                np.testing.assert_allclose(rows[statistic], getattr(expected, statistic), atol=1e-7, err_msg=statistic)
    assert table["dead_share"].between(0.01, 0.99).any()
    assert (table["dead_share"] == 1).any()


def test_out_of_band_maps_are_counted_apart():
    checkerboard = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).tile(8, 8)
    inputs = torch.stack([checkerboard, torch.zeros(16, 16), images(1, 16)[0, 0]])[None]
    table = profile(nn.Identity(), [inputs], [""], convention=HALF_PIXEL, dead=BOTH)
    omitted = table[table["dead"] == "omit"]
    assert omitted["out_of_band_share"].tolist() == [1, 0, 0]
    assert omitted["dead_share"].tolist() == [0, 1, 0]
    assert omitted["mean"].isna().tolist() == [True, True, False]
    assert table[table["dead"] == "one"]["mean"].isna().tolist() == [True, False, False]


def test_does_not_depend_on_the_batch():
    model, inputs = network(), images(20)
    one, seven, twenty = (profile(model, inputs.split(size), ["1", "2"]) for size in (1, 7, 20))
    pd.testing.assert_frame_equal(one, seven)
    pd.testing.assert_frame_equal(one, twenty)


def test_several_conventions_in_one_pass():
    model, inputs = network(), images(3)
    both = profile(model, [inputs], ["1", "2"], convention=CONVENTIONS)
    for name, convention in CONVENTIONS.items():
        alone = profile(model, [inputs], ["1", "2"], convention=convention)
        rows = both[both["convention"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, alone)


def test_reference_defaults_to_the_inputs_size():
    model, inputs = network(), images(2)
    pd.testing.assert_frame_equal(profile(model, [inputs], ["2"]), profile(model, [inputs], ["2"], reference=32))
    larger = profile(model, [inputs], ["2"], reference=64)
    assert larger["mean"].mean() < profile(model, [inputs], ["2"])["mean"].mean()


def test_leaves_no_tensor_behind():
    """A cycle of references would hold spectra until the garbage collector comes, and memory would grow."""
    model, inputs = network(), images(4, 56)
    profile(model, [inputs], ["1", "2"], convention=CONVENTIONS, reference=64)

    def tensors() -> int:
        return sum(type(thing) is torch.Tensor for thing in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = tensors()
        profile(model, [inputs], ["1", "2"], convention=CONVENTIONS, reference=64)
        assert tensors() == before
    finally:
        gc.enable()


def test_takes_pairs_of_images_and_labels():
    model, inputs = network(), images(2)
    pairs = profile(model, [(inputs, torch.zeros(2))], ["1"])
    pd.testing.assert_frame_equal(pairs, profile(model, [inputs], ["1"]))


def test_leaves_the_network_as_it_was():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout())
    model.train()
    model[1].eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    profile(model, [images(2)], ["1"])
    assert [module.training for module in model] == [True, False, True]
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


class Odd(nn.Module):
    """Layers that give no maps, or run other than once."""

    def __init__(self) -> None:
        super().__init__()
        self.relu, self.never, self.flat, self.wide = nn.ReLU(), nn.ReLU(), nn.Flatten(), nn.AvgPool2d((2, 1))

    def forward(self, x):
        return self.flat(self.wide(self.relu(self.relu(x))))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (["relu"], "'relu' .*runs more than once"),
        (["never"], "'never' .*does not run"),
        ({"head": "flat"}, r"'head' \(flat\) gives 2 x 1536, tokens or features"),
        (["rleu"], "no layer 'rleu'; the nearest are relu"),
        ({"a": "wide", "b": "wide"}, "two names to one layer"),
    ],
)
def test_layers_that_cannot_be_profiled(layers, message):
    with pytest.raises(ValueError, match=message):
        profile(Odd(), [images(2)], layers)


def test_bad_inputs():
    with pytest.raises(ValueError, match="no images"):
        profile(network(), [], ["1"])
    with pytest.raises(ValueError, match=r"a batch of shape \(0, 3, 8, 8\); give images x colors"):
        profile(network(), [torch.zeros(0, 3, 8, 8)], ["1"])
    with pytest.raises(TypeError, match=r"batches: a tensor was given; give batches of images, such as \[images\]"):
        profile(network(), images(2), ["1"])
    with pytest.raises(ValueError, match="no layer 'xyz'; it begins with 0, 1, 2"):
        profile(network(), [images(2)], ["xyz"])
    with pytest.raises(ValueError, match=r"layer '0': maps of 64 x 64 are larger .*reference=64"):
        profile(nn.Sequential(nn.Upsample(scale_factor=2)), [images(1)], ["0"])
    with pytest.raises(ValueError, match=r"layer 'conv' .*not all of one size"):
        profile(network(), [images(1, 32), images(1, 16)], {"conv": "1"})
    with pytest.raises(ValueError, match="at least one layer"):
        profile(network(), [images(1)], [])
    with pytest.raises(ValueError, match=r"layer 'conv' \(1\): maps have NaN"):
        profile(network(), [images(1) * torch.nan], {"conv": "1"})
    with pytest.raises(RuntimeError, match=r"cannot take an input of 1 x 3 x 2 x 2; reflection padding.*larger inputs"):
        profile(nn.Sequential(nn.ReflectionPad2d(3), nn.ReLU()), [images(1, 2)], ["1"])


@given(
    arrays(np.int64, (3, 6), elements=st.integers(0, 5)),
    st.lists(st.floats(0, 1), min_size=6, max_size=6, unique=True).map(sorted).map(np.array),
)
def test_weighted_statistics_are_those_of_the_samples(counts, values):
    measured = weighted_statistics(values, counts)
    for row, numbers in enumerate(counts):
        sample = np.repeat(values, numbers)
        if not len(sample):
            assert all(np.isnan(measured[name][row]) for name in measured)
            continue
        assert measured["mean"][row] == pytest.approx(sample.mean())
        for name, share in (("lower_quartile", 0.25), ("median", 0.5), ("upper_quartile", 0.75)):
            assert measured[name][row] == pytest.approx(np.quantile(sample, share))
        if len(sample) > 1:
            assert measured["std"][row] == pytest.approx(sample.std(ddof=1), abs=1e-12)
        else:
            assert np.isnan(measured["std"][row])


def test_layer_statistics_are_those_of_the_channels():
    table = profile(network(), [images(4)], ["1", "2"], convention=PRINTED, dead=BOTH).assign(input="noise")
    layers = layer_statistics(table, by=["input"])
    assert layers[["layer", "dead"]].to_numpy().tolist() == [["1", "one"], ["1", "omit"], ["2", "one"], ["2", "omit"]]
    for row in layers.itertuples():
        means = table.loc[(table["layer"] == row.layer) & (table["dead"] == row.dead), "mean"]
        assert row.channels == 16
        assert row.mean == pytest.approx(means.mean())
        assert row.lower_quartile == pytest.approx(means.quantile(0.25))
        assert row.std == pytest.approx(means.std())
    assert (layers["input"] == "noise").all()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_equals_the_cpu_but_for_ties():
    inputs = images(8)
    cpu = profile(network(), inputs.split(3), ["1", "2"], convention=CONVENTIONS)
    cuda = profile(network().cuda(), inputs.split(3), ["1", "2"], convention=CONVENTIONS)
    assert (cpu["dead_share"] == cuda["dead_share"]).all()
    # A tie moves one of eight images by one of 21 rings.
    np.testing.assert_allclose(cuda["mean"], cpu["mean"], atol=1.01 / 21 / 8)


def test_table_by_image_is_the_mean_over_channels():
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(5, 3, 16, 16, generator=generator)
    model = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU())
    nn.init.constant_(model[0].bias[:2], -100)  # two dead channels
    convention = {"published": PUBLISHED, "half_pixel": "half_pixel"}
    options = {"convention": convention, "dead": BOTH}
    channels, single = profile(model, [images[:2], images[2:]], {"relu": "1"}, **options, by_image=True)
    assert channels.equals(profile(model, [images], {"relu": "1"}, **options))
    points = rolloff_points(model(images).detach(), convention="half_pixel", reference=16)
    measured = single[single["convention"] == "half_pixel"].pivot(index="image", columns="dead", values="srop")
    assert measured["omit"].tolist() == pytest.approx(points.nanmean(1).tolist())
    assert measured["one"].tolist() == pytest.approx(points.nan_to_num(1.0).mean(1).tolist())
    assert len(single) == 5 * 2 * 2


def test_a_layer_that_runs_at_two_sizes_is_refused_for_running_twice():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x):
            return self.relu(nn.functional.max_pool2d(self.relu(x), 2))

    with pytest.raises(ValueError, match=r"'relu' runs more than once in a forward pass"):
        profile(Twice(), [torch.rand(2, 3, 16, 16)], ["relu"])


class Transposed(nn.Module):
    """Channels last, as transformers in windows have their features."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1)


def transposing(size: int, channels: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), Transposed(), nn.Identity())


def test_channels_last_are_told_by_the_sides_of_the_maps():
    images = torch.rand(2, 3, 16, 16)
    model = transposing(16, 5)
    table = profile(model, [images], {"first": "0", "last": "1"})
    first, last = (
        table[table["layer"] == layer].drop(columns=["layer", "depth"]).reset_index(drop=True)
        for layer in ("first", "last")
    )
    pd.testing.assert_frame_equal(first, last)


def test_a_layout_that_nothing_tells_is_asked_for():
    images = torch.rand(2, 3, 16, 16)
    model = transposing(16, 16)
    expected = profile(model, [images], {"mine": "0"})["mean"]
    # The layer grows with the input.
    pd.testing.assert_series_equal(profile(model, [images], {"mine": "1"})["mean"], expected)
    fixed = nn.Sequential(nn.AdaptiveAvgPool2d(16), *model)
    with pytest.raises(
        ValueError, match=r"'mine' \(2\) gives 2 x 16 x 16 x 16, .*write layout={'mine': 'NCHW'}, or 'NHWC'"
    ):
        profile(fixed, [images], {"mine": "2"})
    for layout in ("NHWC", {"mine": "NHWC"}):
        pd.testing.assert_series_equal(profile(fixed, [images], {"mine": "2"}, layout=layout)["mean"], expected)
    rows = profile(fixed, [images], {"mine": "2"}, layout={"mine": "NCHW"})["mean"]
    assert (rows - expected).abs().max() > 0.1
    model[1].output_fmt = "NHWC"
    pd.testing.assert_series_equal(profile(fixed, [images], {"mine": "2"})["mean"], expected)


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"other": "NHWC"}, "layout names 'other', which is no layer here; there are mine"),
        ("channels last", "layout of 'mine' is 'channels last'; there are NCHW, NHWC"),
    ],
)
def test_a_layout_that_is_none_is_refused(layout, message):
    with pytest.raises(ValueError, match=message):
        profile(transposing(16, 5), [torch.rand(1, 3, 16, 16)], {"mine": "1"}, layout=layout)


def test_a_networks_own_format_does_not_describe_its_layers():
    model = transposing(16, 5)
    model.output_fmt = "NHWC"
    assert profile(model, [torch.rand(1, 3, 16, 16)], ["0"])["channel"].nunique() == 5


def test_what_gives_no_maps_is_named_as_what_it_is():
    class Attention(nn.Module):
        def forward(self, x):
            return x.flatten(2).transpose(1, 2).matmul(x.flatten(2)).softmax(-1)[:, None].expand(-1, 3, -1, -1)

    images = torch.rand(2, 3, 6, 6)
    with pytest.raises(ValueError, match=r"'0' gives attention weights, each row of which adds up to 1"):
        profile(nn.Sequential(Attention()), [images], ["0"])
    with pytest.raises(ValueError, match=r"'0' gives 2 x 3 x 1 x 1: single values, which have no spectrum"):
        profile(nn.Sequential(nn.AdaptiveAvgPool2d(1)), [images], ["0"])
    for layout in (None, "NCHW", "NHWC"):
        with pytest.raises(ValueError, match="gives 2 x 36 x 3, tokens or features"):
            profile(nn.Sequential(nn.Flatten(2), Transposing()), [images], ["1"], layout=layout)


class Transposing(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({"image": torch.rand(1, 3, 8, 8)}, r"a batch is a dict with the keys image; give tensors.*batch\['image'\]"),
        ([{"image": 1}, 2], "a batch is a list; give tensors"),
        (torch.rand(1, 3, 8, 8).numpy(), "a batch is a ndarray; give tensors"),
        ([], "a batch is a list; give tensors"),
    ],
)
def test_batches_that_are_none(batch, message):
    with pytest.raises(TypeError, match=message):
        profile(nn.Sequential(nn.Conv2d(3, 4, 3)), [batch], ["0"])


def test_layers_that_merge_their_weights_for_evaluation_are_left_as_they_were():
    class Merging(nn.Conv2d):
        merged = False

        def train(self, mode: bool = True):
            super().train(mode)
            self.merged = not mode
            return self

    model = nn.Sequential(Merging(3, 4, 3), nn.Sequential(Merging(4, 4, 3)), nn.Dropout())
    model.train()
    model[1].eval()
    profile(model, [torch.rand(1, 3, 16, 16)], ["0"])
    assert [module.training for module in model.modules()] == [True, True, False, False, True]
    assert [model[0].merged, model[1][0].merged] == [False, True]


def test_a_lazy_network_can_be_trained_after_it_was_profiled():
    model = nn.Sequential(nn.LazyConv2d(4, 3), nn.BatchNorm2d(4), nn.ReLU())
    profile(model, [torch.rand(2, 3, 16, 16)], ["2"])
    model(torch.rand(2, 3, 16, 16)).sum().backward()
    assert model[0].weight.grad is not None


def test_a_default_device_changes_nothing():
    model, images = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), torch.rand(2, 3, 16, 16)
    expected = profile(model, [images], ["1"])
    with torch.device("meta"):
        pd.testing.assert_frame_equal(profile(model, [images], ["1"]), expected)


@pytest.mark.parametrize("normalized", [nn.utils.parametrizations.spectral_norm, nn.utils.parametrizations.weight_norm])
def test_normalized_weights_and_the_random_state_are_left_as_they_were(normalized):
    model = nn.Sequential(normalized(nn.Conv2d(3, 4, 3)), nn.Dropout()).train()
    images = [torch.rand(2, 3, 16, 16)]
    before, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    profile(model, images, ["0"])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)


def test_windows_of_images_are_no_images():
    class Windows(nn.Module):
        def forward(self, x):
            return x.unfold(2, 8, 8).unfold(3, 8, 8).permute(0, 2, 3, 1, 4, 5).reshape(-1, 3, 8, 8)

    with pytest.raises(ValueError, match=r"'0' gives 8 maps per channel for 2 images, perhaps for windows"):
        profile(nn.Sequential(Windows()), [torch.rand(2, 3, 16, 16)], ["0"])


def test_the_table_says_what_it_is_of():
    table = profile(network(), [images(2)], ["1", "2"], reference=64)
    assert table[["convention", "reference", "dead", "coarse"]].drop_duplicates().to_numpy().tolist() == [
        ["published", 64, "omit", False]
    ]
    assert not table.duplicated(["layer", "channel"]).any()
    custom = profile(network(), [images(2)], ["1"], convention=replace(PUBLISHED, kappa=0.5))
    assert "kappa=0.5" in custom["convention"].iloc[0]


def test_the_origin_tells_networks_apart_and_knows_one_again():
    first, again = network(), network()
    with torch.no_grad():
        other = copy.deepcopy(first)
        other[0].weight[0, 0, 0, 0] += 1e-6
    origins = [profile(model, [images(1)], ["1"])["origin"].iloc[0] for model in (first, again, other)]
    assert origins[0] == origins[1] != origins[2]
    assert origins[0].startswith("Sequential ")
    assert (profile(first, [images(1)], ["1"], origin="mine")["origin"] == "mine").all()


def test_theorigin_of_weights_that_are_views_amid_others():
    assert origin_of(nn.Sequential(_Holds(torch.arange(4.0).half()[1:]))).startswith("Sequential ")


class _Holds(nn.Module):
    def __init__(self, values: torch.Tensor) -> None:
        super().__init__()
        self.values = nn.Parameter(values)


@pytest.mark.parametrize("dead", ["ones", (), ("omit", "all")])
def test_a_treatment_of_dead_maps_that_is_unknown_is_refused(dead):
    with pytest.raises(ValueError, match=r"dead=.*there are 'one' and 'omit'"):
        profile(network(), [images(1)], ["1"], dead=dead)


@pytest.mark.parametrize("size", [2, 3, 4, 5, 7, 8])
def test_sizes_of_few_possible_srops_are_marked(size):
    table = profile(nn.Sequential(nn.AdaptiveAvgPool2d(size)), [images(2)], ["0"], reference=224)
    assert table["coarse"].all() == (size < 7)


class TestTablesFromElsewhere:
    """Whoever stored a table, sorted it or put columns to it gets the same statistics, or is told."""

    @pytest.fixture
    def table(self):
        inner = nn.Sequential(*(nn.Conv2d(4, 4, 3, padding=1) for _ in range(11)))
        torch.manual_seed(0)
        return profile(nn.Sequential(nn.Conv2d(3, 4, 3), inner), [images(2)], ["0", "1.1", "1.10"])

    @pytest.mark.parametrize("index", [True, False])
    def test_csv(self, table, tmp_path, index):
        table.to_csv(tmp_path / "table.csv", index=index)
        read = read_profile(tmp_path / "table.csv")
        pd.testing.assert_frame_equal(layer_statistics(read), layer_statistics(table))

    @pytest.mark.parametrize("name", ["", "NA", "null", "1.0"])
    def test_names_that_look_like_something_else(self, tmp_path, name):
        whole = profile(nn.Conv2d(3, 4, 3), [images(2)], {name: ""}, origin="")
        whole.to_csv(tmp_path / "table.csv", index=False)
        read = read_profile(tmp_path / "table.csv")
        assert read[["layer", "origin"]].drop_duplicates().to_numpy().tolist() == [[name, ""]]
        pd.testing.assert_frame_equal(layer_statistics(read), layer_statistics(whole))

    def test_csv_by_pandas_itself(self, table, tmp_path):
        table.to_csv(tmp_path / "table.csv")
        with pytest.raises(ValueError, match=r"layer holds numbers.*srop.read_profile"):
            layer_statistics(pd.read_csv(tmp_path / "table.csv"))
        whole = table.query("layer == '0'")
        whole.to_csv(tmp_path / "table.csv")
        read = pd.read_csv(tmp_path / "table.csv")
        pd.testing.assert_frame_equal(layer_statistics(read), layer_statistics(whole))

    def test_a_file_that_is_no_table_is_named(self, tmp_path):
        (tmp_path / "code.py").write_text("a\nb, c\nd, e, f\n")
        with pytest.raises(ValueError, match=r"code\.py is no table of comma-separated values .*; give a file of a"):
            read_profile(tmp_path / "code.py")

    def test_columns_and_an_index_of_ones_own(self, table):
        changed = table.assign(note=range(len(table))).set_index("channel", drop=False).sample(frac=1, random_state=0)
        measured = layer_statistics(changed).sort_values("depth", ignore_index=True)
        pd.testing.assert_frame_equal(measured, layer_statistics(table))

    def test_categories(self, table):
        changed = table.astype({column: "category" for column in ("layer", "convention", "dead", "origin")})
        assert len(layer_statistics(changed)) == 3

    def test_two_networks(self, table):
        other = table.assign(origin="another")
        with pytest.raises(ValueError, match=r"several networks .*another"):
            layer_statistics(pd.concat([table, other]))
        assert len(layer_statistics(pd.concat([table, other]), by=["origin"])) == 6
        with pytest.raises(ValueError, match="a channel twice"):
            layer_statistics(pd.concat([table, table]))
        with pytest.raises(ValueError, match="several networks"):
            layer_statistics(pd.concat([table, other.assign(layer="elsewhere")]))
        with pytest.raises(ValueError, match="a channel twice"):
            layer_statistics(pd.concat([table, table.assign(images=7)]))

    def test_what_is_no_profile(self, table):
        with pytest.raises(TypeError, match=r"a list was given; give what srop.profile returns"):
            layer_statistics([1])
        with pytest.raises(ValueError, match="no column channel"):
            layer_statistics(layer_statistics(table))
        with pytest.raises(TypeError, match="by='epoch': give a list of columns"):
            layer_statistics(table, by="epoch")
        with pytest.raises(ValueError, match="by='epoch': the table has no such column"):
            layer_statistics(table, by=["epoch"])

    @pytest.mark.parametrize(("separator", "kind"), [(";", "semicolons"), ("\t", "tabs")])
    def test_another_separator(self, table, tmp_path, separator, kind):
        table.to_csv(tmp_path / "table.csv", sep=separator, index=False)
        with pytest.raises(
            ValueError, match=rf"table\.csv: its columns are separated by {kind}; give a file with commas"
        ):
            read_profile(tmp_path / "table.csv")
        read = pd.read_csv(tmp_path / "table.csv", sep=separator, dtype={"layer": str})
        pd.testing.assert_frame_equal(layer_statistics(read), layer_statistics(table))

    def test_the_table_of_a_monitor(self, tmp_path):
        with srop.Monitor(nn.Conv2d(3, 4, 3), images(2), [""]) as monitor:
            monitor.step()
        monitor.table.to_csv(tmp_path / "steps.csv", index=False)
        with pytest.raises(ValueError, match=r"steps\.csv: the table is from srop\.Monitor.* a row for each channel"):
            read_profile(tmp_path / "steps.csv")
