"""Two networks, or two sets of images, side by side."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import srop
from srop import compare, dead_maps, plot_comparison, rolloff_points
from srop.comparison import compare_points
from srop.correspondence import channels_correspond
from srop.map_points import LayerPoints, map_points


def network(seed: int = 0, channels: int = 12) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, channels, 3, padding=1), nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU()
    )


def images(count: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(count, 3, 16, 16, generator=torch.Generator().manual_seed(seed))


def killed(model: nn.Module, channels: int) -> nn.Module:
    """The same network, of whose first layer some channels are dead."""
    other = copy.deepcopy(model)
    nn.init.constant_(other[0].bias[:channels], -100)
    return other


class Tokens(nn.Module):
    """Tokens on a grid of 4 x 4, which the network does not state."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embed, self.block = nn.Conv2d(3, 12, 4, 4), nn.Linear(12, 12)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.block(self.embed(images).flatten(2).transpose(1, 2)).mean(1)


def points(srops: list[list[float]], dead: list[list[bool]] | None = None) -> dict[str, LayerPoints]:
    values = np.array(srops, dtype=np.float32)
    return {"layer": LayerPoints(16, 32, values, np.array(dead) if dead else np.isnan(values))}


def test_the_points_of_maps_are_those_of_the_activations():
    model, inputs = killed(network(), 3), images(5)
    measured = map_points(model, inputs.split(2), {"a": "1", "b": "3"})
    with torch.no_grad():
        maps = model[:2](inputs)
    np.testing.assert_allclose(measured["a"].srops, rolloff_points(maps, reference=16), equal_nan=True)
    assert (measured["a"].dead == dead_maps(maps).numpy()).all()
    assert measured["a"].dead_share >= 3 / 12


def test_a_network_against_its_copy_has_no_difference():
    model = network()
    table = compare(model, copy.deepcopy(model), [images(12)])
    assert (table["difference"] == 0).all()
    assert not table["images_mark"].any()
    assert table["same_channels"].all()
    assert table["seeds_mark"].isna().all()


def test_channels_that_die_do_not_count_as_a_change():
    """The mean over all live channels changes, over channels alive in both it does not."""
    model = network()
    with torch.no_grad():
        # The channels that die are smooth.
        model[0].weight[:6] = model[0].weight[:6].mean(dim=(2, 3), keepdim=True)
    other = killed(model, 6)
    matched = compare(model, other, [images(12)], ["1"]).iloc[0]
    assert matched["difference"] == 0
    assert not matched["images_mark"]
    assert (matched["first_dead"], matched["second_dead"]) == (0, 0.5)
    assert matched["compared"] == 0.5
    unmatched = compare(model, other, [images(12)], ["1"], same_channels=False).iloc[0]
    assert unmatched["difference"] > 0.02
    assert unmatched["images_mark"]
    assert np.isnan(unmatched["compared"])


def test_values_by_hand():
    """Two images, three channels; (0, 2) is dead on one side, (1, 0) on the other."""
    nan = np.nan
    first = points([[0.1, 0.2, nan], [0.4, 0.5, 0.6]])
    second = points([[0.2, 0.2, 0.9], [nan, 0.7, 0.6]])
    matched = compare_points([first], [second], same_channels=True).iloc[0]
    assert matched["first"] == pytest.approx((0.15 + 0.55) / 2)
    assert matched["second"] == pytest.approx((0.2 + 0.65) / 2)
    assert matched["difference"] == pytest.approx(0.075)
    assert matched["compared"] == pytest.approx(4 / 6)
    unmatched = compare_points([first], [second]).iloc[0]
    assert unmatched["first"] == pytest.approx((0.15 + 0.5) / 2)
    assert unmatched["second"] == pytest.approx((1.3 / 3 + 0.65) / 2)
    groups = compare_points([first, first], [second, first]).iloc[0]
    assert groups["difference"] == pytest.approx(unmatched["difference"] / 2)
    assert (groups["seeds"], groups["seeds_kind"]) == (4, "trainings")


def test_an_image_without_a_common_live_map_is_left_out_of_both_values():
    nan = np.nan
    table = compare_points([points([[0.1, nan], [0.3, 0.3]])], [points([[nan, 0.9], [0.4, 0.4]])], same_channels=True)
    assert table[["first", "second", "difference"]].iloc[0].tolist() == pytest.approx([0.3, 0.4, 0.1])
    nothing = compare_points([points([[0.1, nan]])], [points([[nan, 0.9]])], same_channels=True).iloc[0]
    assert np.isnan(nothing[["first", "second", "difference", "lower"]].astype(float)).all()


def test_two_sets_of_images_may_differ_in_number_and_are_marked_if_they_differ():
    model = network()
    smooth = nn.functional.avg_pool2d(images(40, 2), 5, 1, 2)
    table = compare(model, None, [images(12)], against=smooth.split(7), names=("noise", "smooth"))
    assert table[["first_images", "second_images"]].drop_duplicates().to_numpy().tolist() == [[12, 40]]
    assert (table["difference"] < 0).all()
    assert table["images_mark"].all()
    same = compare(model, None, [images(12)], against=[images(40, 2)])
    assert not same["images_mark"].any()


def test_a_change_is_marked_against_images_and_seeds():
    """Filters that are averages give maps far smoother than any random filters."""
    first = network()
    second = copy.deepcopy(first)
    with torch.no_grad():
        second[0].weight[:] = 0.1
    random = [network(seed) for seed in range(1, 9)]
    table = compare(first, second, [images(12)], ["1"], random=random)
    row = table.iloc[0]
    assert (row["seeds"], row["seeds_kind"]) == (8, "random weights")
    assert row["images_mark"]
    assert row["seeds_mark"]
    other = compare(first, network(9), [images(12)], ["1"], random=random).iloc[0]
    assert not other["seeds_mark"]


def test_several_trainings_tell_the_spread_of_seeds():
    first, second = [network(seed) for seed in range(4)], [network(seed) for seed in range(4, 8)]
    table = compare(first, second, [images(12)])
    assert set(table["seeds_kind"]) == {"trainings"}
    assert not table["seeds_mark"].any()
    assert not table["same_channels"].any()
    with pytest.raises(ValueError, match="several trainings were given, too, and they tell the spread"):
        compare(first, second, [images(12)], random=[network(9)])


def test_one_image_has_values_and_no_interval():
    table = compare(network(), network(1), [images(1)])
    assert table["difference"].notna().all()
    assert table[["lower", "upper", "images_p"]].isna().all(axis=None)
    assert table["images_mark"].isna().all()
    plot_comparison(table).canvas.draw()


def test_networks_inputs_and_random_states_are_as_they_were():
    first, second, inputs = network().train(), network(1), images(10)
    kept = [copy.deepcopy(each.state_dict()) for each in (first, second)], inputs.clone()
    torch.manual_seed(3), np.random.seed(3)  # noqa: NPY002
    states = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    compare(first, second, [inputs], random=[network_without_seed() for _ in range(3)])
    for model, state in zip((first, second), kept[0], strict=True):
        assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert first.training
    assert torch.equal(inputs, kept[1])
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1] == states[1]).all()  # noqa: NPY002


def network_without_seed() -> nn.Module:
    state = torch.get_rng_state()
    model = network(5)
    torch.set_rng_state(state)
    return model


class TestCorrespondence:
    def test_of_checkpoints_and_of_strangers(self):
        model = network()
        later = copy.deepcopy(model)
        with torch.no_grad():
            for parameter in later.parameters():
                parameter += (
                    0.5 * parameter.std() * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0))
                )
        assert channels_correspond(model, later)
        assert not channels_correspond(model, network(1))
        mixed = copy.deepcopy(model)
        with torch.no_grad():
            mixed[0].weight[:] = model[0].weight.roll(1, 0)
            mixed[2].weight[:] = model[2].weight.roll(1, 0)
        assert not channels_correspond(model, mixed)

    def test_of_other_widths_and_of_nothing_to_compare(self):
        assert not channels_correspond(network(), network(0, 8))
        assert not channels_correspond(nn.Sequential(nn.ReLU()), nn.Sequential(nn.ReLU()))


class TestLayers:
    def test_other_architectures_are_compared_by_pairs(self):
        other = nn.Sequential(network(1, 8))
        with pytest.raises(ValueError, match=r"share no layer: the first has 1, 3, the second 0\.1, 0\.3; name pairs"):
            compare(network(), other, [images(10)])
        table = compare(network(), other, [images(10)], {"relu": ("1", "0.1")})
        assert table["layer"].tolist() == ["relu"]
        assert not table["same_channels"].any()

    def test_a_layer_that_only_one_has_is_named(self):
        longer = nn.Sequential(*network(1), nn.MaxPool2d(2))
        with pytest.warns(UserWarning, match="only the second network has the layers 4; they are left out"):
            table = compare(network(), longer, [images(10)])
        assert table["layer"].tolist() == ["1", "3"]
        with pytest.raises(ValueError, match="no layer '4'"):
            compare(network(), longer, [images(10)], ["4"])

    def test_maps_of_different_sizes_are_not_tested(self):
        pooled = nn.Sequential(*network(1), nn.MaxPool2d(2))
        random = [network(seed) for seed in range(2, 6)]
        pairs = {"same": ("1", "1"), "pooled": ("3", "4")}
        with pytest.warns(UserWarning, match=r"no test, .*: pooled \(16 and 8\); pair layers"):
            table = compare(network(), pooled, [images(12)], pairs, random=random).set_index("layer")
        assert table[["size", "second_size"]].to_numpy().tolist() == [[16, 16], [16, 8]]
        assert table.loc["pooled", ["images_p", "seeds_p"]].isna().all()
        assert table.loc["pooled", ["images_mark", "seeds_mark"]].isna().all()
        assert table.loc["pooled", "difference"] < 0
        # The other layer is tested as if it were alone.
        alone = compare(network(), pooled, [images(12)], {"same": ("1", "1")}, random=random).iloc[0]
        assert table.loc["same", ["images_p", "seeds_p"]].tolist() == alone[["images_p", "seeds_p"]].tolist()
        figure = plot_comparison(table.reset_index())
        assert figure.axes[2].get_xticklabels()[1].get_text() == "pooled\n16, 8"
        assert "not tested, maps of\ndifferent sizes" in [
            text.get_text() for text in figure.axes[1].get_legend().get_texts()
        ]

    def test_two_layers_of_one_network_are_compared_and_the_network_with_itself_is_refused(self):
        model = network()
        assert compare(model, model, [images(10)], {"both": ("1", "3")})["difference"].iloc[0] != 0
        with pytest.raises(ValueError, match="are one network, which would be compared with itself; give another"):
            compare(model, model, [images(10)])

    def test_a_grid_or_a_layout_counts_for_the_side_that_needs_it(self):
        tokens, maps = Tokens(), network()
        pair = {"a": ("1", "block")}
        table = compare(maps, tokens, [images(10)], pair, grid=4)
        turned = compare(tokens, maps, [images(10)], {"a": ("block", "1")}, grid=4)
        assert (table["first"] == turned["second"]).all()
        assert (table["second"] == turned["first"]).all()
        assert table["second"].item() == pytest.approx(
            map_points(tokens, [images(10)], {"a": "block"}, grid=4)["a"].srops.mean(), abs=1e-6
        )
        random = [network(seed) for seed in range(3)]
        assert compare(maps, tokens, [images(10)], pair, grid=4, random=random)["seeds"].item() == 3
        with pytest.raises(ValueError, match="grid 4x4: no layer gives tokens"):
            compare(maps, network(1), [images(10)], ["1"], grid=4)
        with pytest.raises(ValueError, match=r"grid 3: .*do not fill the grid"):
            compare(maps, tokens, [images(10)], grid=3)

    @pytest.mark.parametrize("layers", [{"a": 1}, {"a": ("1",)}, {"a": ("1", 2)}])
    def test_what_is_no_pair(self, layers):
        with pytest.raises(TypeError, match=r"layers\['a'\]=.*give a name, or a pair of names"):
            compare(network(), network(1), [images(10)], layers)


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "message"),
    [
        ((network(), None), {}, ValueError, "neither was given; give a second network, or None and a second set"),
        ((network(), network()), {"against": [images(2)]}, ValueError, "both were given"),
        (([], network()), {}, ValueError, "first: an empty list was given; give a network, or a list of trainings"),
        ((3, network()), {}, TypeError, "model: a int was given; give a torch.nn.Module"),
        ((network(), network()), {"layers": []}, ValueError, "layers names no layer"),
        ((network(), network()), {"seed": None}, TypeError, "seed=None"),
        ((network(), network()), {"random": 20}, TypeError, "random: a int was given; give a list of networks"),
    ],
)
def test_what_is_wrong_is_named(arguments, keywords, error, message):
    with pytest.raises(error, match=message):
        compare(*arguments, [images(2)], **keywords)


@pytest.mark.parametrize(
    ("first", "second", "random", "needed"),
    [
        # t of 2 % over the layers, two-sided, by the degrees of freedom within groups and the root of 1/m + 1/k.
        (3, 3, [], 3.75 * (2 / 3) ** 0.5),
        (1, 1, [3], 6.96 * 2**0.5),
        (1, 1, [4], 4.54 * 2**0.5),
    ],
)
def test_the_difference_that_a_mark_needs(first, second, random, needed):
    one, other = ([points([[0.5 + 0.01 * seed]] * 2) for seed in range(count)] for count in (first, second))
    groups = [[points([[0.4 + 0.01 * seed]] * 2) for seed in range(count)] for count in random]
    table = compare_points(one, other, random=groups)
    assert table["seeds_needed"].item() == pytest.approx(needed, rel=0.01)


def test_fewer_random_networks_than_tell_a_spread_are_refused():
    with pytest.raises(ValueError, match="random: 1 networks tell no spread; give at least 3"):
        compare(network(), network(1), [images(4)], random=[network(2)])


def test_batches_of_an_iterator_that_fills_one_buffer_again():
    generator = torch.Generator().manual_seed(0)
    batches = [torch.rand(6, 3, 8, 8, generator=generator) for _ in range(2)]
    buffer = torch.empty(6, 3, 8, 8)
    first, second = (nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()) for _ in range(2))
    expected = srop.compare(first, second, batches)
    given = srop.compare(first, second, (buffer.copy_(batch) for batch in batches))
    pd.testing.assert_frame_equal(given, expected)
    with pytest.raises(ValueError, match="holds a layer twice"):
        srop.plot_comparison(pd.concat([expected, given]))


def test_a_tensor_is_no_list_of_batches():
    with pytest.raises(TypeError, match="batches: a tensor was given; give batches of images"):
        compare(network(), network(1), images(4))


def test_images_of_several_sizes_are_refused():
    large = torch.randn(2, 3, 24, 24)
    with pytest.raises(ValueError, match="not all of one size"):
        compare(network(), network(1), [images(2), large], ["1"])
    with pytest.raises(
        ValueError, match=r"SROPs of the first side refer to 16 and of the second to 24; .*reference=24"
    ):
        compare(network(), None, [images(2)], ["1"], against=[large])
    with pytest.raises(ValueError, match="no images to compare"):
        compare(network(), network(1), [])


class TestPicture:
    @pytest.fixture
    def table(self) -> pd.DataFrame:
        return compare(
            network(),
            killed(network(1), 4),
            [images(12)],
            random=[network(s) for s in range(2, 6)],
            names=("a_$b", "c"),
        )

    def test_it_shows_what_the_table_holds(self, table):
        figure = plot_comparison(table, title="mine")
        upper, middle, lower = figure.axes
        assert upper.lines[0].get_ydata() == pytest.approx(table["first"])
        assert upper.lines[2].get_ydata() == pytest.approx(table["second"])
        assert [text.get_text() for text in upper.get_legend().get_texts()][:2] == ["a_$b", "c"]
        drawn = [line for line in middle.lines if line.get_marker() == "o"]
        assert sorted(np.concatenate([line.get_ydata() for line in drawn])) == pytest.approx(
            sorted(table["difference"])
        )
        assert [bar.get_height() for bar in lower.patches] == [*table["first_dead"], *table["second_dead"]]
        figure.canvas.draw()

    def test_the_picture_tells_an_untested_difference_from_a_small_one(self):
        table = compare(network(), network(), [images(12)])
        for marks, labels in (
            ([True, False], ["more than the images vary", "no more than the images vary"]),
            ([pd.NA, pd.NA], ["not tested, under 10 images"]),
        ):
            count = 12 if marks[0] is not pd.NA else 9
            rows = table.head(2).assign(images_mark=pd.array(marks, dtype="boolean"), first_images=count)
            texts = plot_comparison(rows).axes[1].get_legend().get_texts()
            assert [text.get_text() for text in texts] == labels

    def test_what_is_no_comparison(self, table):
        with pytest.raises(TypeError, match=r"a list was given; give what srop.compare returns"):
            plot_comparison([1])
        with pytest.raises(ValueError, match="no column second_size, first, second"):
            plot_comparison(srop.profile(network(), [images(2)], ["1"]))


def test_two_names_for_one_layer_are_refused():
    with pytest.raises(ValueError, match="give two names to one layer; give each layer one name"):
        compare(network(), network(1), [images(4)], {"early": ("1", "1"), "late": ("2", "1")})
