"""Intervals and tests of differences against closed forms, and how often they mark what does not differ."""

import numpy as np
import pytest
from scipy.stats import t

from srop.differences import (
    FEWEST_IMAGES,
    LEVEL,
    mean_interval,
    paired_difference,
    seed_test,
    unpaired_difference,
)

LAYERS = 5


def images(generator: np.random.Generator, count: int) -> np.ndarray:
    """SROPs on rings as layers have them: images differ, in all layers alike, by a skewed distribution."""
    image = generator.gamma(2, 0.2, (count, 1))
    return np.linspace(0.15, 0.03, LAYERS) * np.exp(image + 0.1 * generator.standard_t(4, (count, LAYERS)))


def on_rings(values: np.ndarray) -> np.ndarray:
    return np.round(values * 156) / 156


def changed(generator: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """The same images in a network that does not differ on average, with layers that are dead for some images."""
    values = on_rings(values * np.exp(generator.gamma(0.5, 0.2, values.shape)))
    values[generator.random(values.shape) < 0.05] = np.nan
    return values


def test_a_mean_difference_and_its_chance_are_those_of_all_signs():
    """Of n differences of one sign, 2 of 2 ** n signs are as extreme; the draws find about as many."""
    first = np.zeros((10, 1))
    second = np.arange(1.0, 11.0)[:, None]
    test = paired_difference(first, second)
    assert test.mean == pytest.approx(5.5)
    assert test.p[0] == pytest.approx(2 / 2**10, abs=0.002)
    other_way = paired_difference(second, first)
    assert (other_way.mean, other_way.p) == (pytest.approx(-5.5), test.p)
    assert (other_way.lower, other_way.upper) == (
        pytest.approx(-test.upper, abs=0.1),
        pytest.approx(-test.lower, abs=0.1),
    )


def test_more_layers_make_a_mark_harder():
    generator = np.random.default_rng(0)
    apart = generator.normal(0.8, 1, (12, 1))
    alone = paired_difference(np.zeros_like(apart), apart).p[0]
    among = np.column_stack([apart, generator.normal(0, 1, (12, 30))])
    assert paired_difference(np.zeros_like(among), among).p[0] > 2 * alone


def test_equal_networks_have_no_difference():
    values = images(np.random.default_rng(0), 12)
    test = paired_difference(values, values)
    assert (test.mean == 0).all()
    assert (test.p == 1).all()
    assert (test.lower == 0).all()
    # An offset that all images share is no chance, and rounding is no offset.
    offset = paired_difference(values, values + np.array([0, 1e-15, 0.1, 0, 0]))
    assert (offset.p <= LEVEL).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize("test", [paired_difference, unpaired_difference])
def test_under_ten_images_there_is_no_mark(test):
    first = images(np.random.default_rng(0), FEWEST_IMAGES - 1)
    result = test(first, first + 1)
    assert np.isnan(result.p).all()
    assert np.isfinite(result.lower).all()
    result = test(first[:1], first[:1] + 1)
    assert np.isnan([*result.lower, *result.p]).all()
    assert result.mean == pytest.approx(np.ones(LAYERS))
    # A layer that is live for nine of ten images is not tested, and does not disturb the others.
    first = images(np.random.default_rng(0), 10)
    first[0, 2] = np.nan
    assert np.isnan(test(first, first + 1).p).tolist() == [False, False, True, False, False]


def test_a_layer_without_live_maps_has_neither_difference_nor_mark():
    first = images(np.random.default_rng(0), 12)
    second = first.copy()
    second[:, 0] = np.nan
    for test in (paired_difference, unpaired_difference):
        result = test(first, second)
        assert np.isnan([result.mean[0], result.lower[0], result.p[0]]).all()
        assert np.isfinite([result.mean[1], result.lower[1], result.p[1]]).all()


def test_groups_that_do_not_overlap_are_told_apart():
    result = unpaired_difference(np.arange(10.0)[:, None], np.arange(100.0, 110.0)[:, None])
    assert result.mean == pytest.approx(100)
    assert result.p[0] < 0.001
    assert result.lower[0] == pytest.approx(100 - t.ppf(0.975, 9) * np.sqrt(2 * 82.5 / 90), abs=0.5)


def test_the_seed_test_is_students():
    groups = [np.array([[1.0], [2.0], [6.0]]), np.array([[10.0], [12.0]])]
    result = seed_test(np.array([8.0]), groups, (3, 2))
    pooled = np.sqrt((14 + 2) / 3)
    assert result.std == pytest.approx(pooled)
    assert result.p == pytest.approx(2 * t.sf(8 / (pooled * np.sqrt(1 / 3 + 1 / 2)), 3))
    twice = seed_test(np.array([8.0, 8.0]), [np.repeat(group, 2, axis=1) for group in groups], (3, 2))
    assert twice.p == pytest.approx(2 * result.p.repeat(2))


def test_two_networks_and_fewer_tell_no_spread():
    assert np.isnan(seed_test(np.array([8.0]), [np.array([[1.0], [2.0]])], (1, 1)).p).all()
    nothing = seed_test(np.array([8.0]), [np.array([[1.0]]), np.array([[2.0]])], (1, 1))
    assert np.isnan([*nothing.p, *nothing.std]).all()


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"first has shape \(3, 2\) and second has \(4, 2\); give both of the same"):
        paired_difference(np.zeros((3, 2)), np.zeros((4, 2)))
    with pytest.raises(ValueError, match="first has 2 columns and second has 3; give the same layers"):
        unpaired_difference(np.zeros((3, 2)), np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"values of shape \(3,\); give \(images, layers\)"):
        mean_interval(np.zeros(3))
    with pytest.raises(ValueError, match=r"a group has shape \(2, 3\); give \(seeds, 1\)"):
        seed_test(np.zeros(1), [np.zeros((2, 3))], (1, 1))


def test_intervals_hold_the_true_mean():
    """19 of 20, of a skewed distribution a little fewer."""
    held = []
    for seed in range(100):
        generator = np.random.default_rng(seed)
        lower, upper = mean_interval(generator.normal(1, 1, (12, 3)), seed=seed)
        held += [*(lower < 1) & (upper > 1)]
    assert 0.90 < np.mean(held) < 0.99


def marked(pairs: int, count: int) -> dict[str, int]:
    """Count the pairs that do not differ and have a mark in any layer."""
    marks = {"paired": 0, "unpaired": 0, "seeds": 0}
    for seed in range(pairs):
        generator = np.random.default_rng(seed)
        same = images(generator, count)
        paired = paired_difference(changed(generator, same), changed(generator, same), seed=seed)
        unpaired = unpaired_difference(
            on_rings(images(generator, count)), on_rings(images(generator, 2 * count)), seed=seed
        )
        # Means over many channels are about normal over seeds; all layers of a network differ alike.
        networks = np.exp(0.1 * generator.normal(size=(7, 1)) + 0.1 * generator.normal(size=(7, LAYERS)))
        seeds = seed_test(networks[1] - networks[0], [networks[2:]], (1, 1))
        for name, p in (("paired", paired.p), ("unpaired", unpaired.p), ("seeds", seeds.p)):
            marks[name] += bool((p <= LEVEL).any())
    return marks


def test_what_does_not_differ_is_rarely_marked():
    """Of 40 pairs 2 % are marked on average; five or more have a chance of 0.1 %."""
    assert max(marked(40, 10).values()) < 5


@pytest.mark.slow
def test_of_200_pairs_that_do_not_differ_at_most_10_are_marked():
    for count in (10, 30):
        assert max(marked(200, count).values()) <= 10


def test_a_difference_is_found():
    """Of 20 comparisons in which one layer rises by the spread of images."""
    significant = 0
    for seed in range(20):
        generator = np.random.default_rng(seed)
        same = np.log(images(generator, 20))
        second = same + [0.3, 0, 0, 0, 0] + 0.2 * generator.normal(size=same.shape)
        p = paired_difference(same, second, seed=seed).p
        significant += p[0] <= LEVEL
    assert significant == 20
