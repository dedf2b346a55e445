"""The command line, as its users call it."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from srop.cli import main
from srop.networks.named import load, subject_of


def tiny() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))


@pytest.fixture
def photos(tmp_path):
    generator = np.random.default_rng(0)
    folder = tmp_path / "photos"
    (folder / "inside").mkdir(parents=True)
    for name in ("a.png", "b.png", "inside/c.png"):
        Image.fromarray(generator.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(folder / name)
    return folder


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, photos):
    """Run the command in an empty folder, with no weights in any cache."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    monkeypatch.setitem(sys.modules, "mine", sys.modules[__name__])

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


OWN = ("--size", 32, "--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25")


def test_a_network_of_torchvision_at_random(run, photos, tmp_path):
    code, out, err = run("profile", "resnet18", photos, "--weights", "random", "--size", 64, "--batch", 2)
    assert (code, err) == (0, "")
    first, second, *table, meaning, wrote = out.splitlines()
    assert first == "resnet18, weights: random, seed 0"
    assert second.startswith("input 64 x 64, mean 0.485")
    assert [line.split()[0] for line in table[1:4]] == ["relu", "maxpool", "layer1.0"]
    assert "low where a map is smooth" in meaning
    assert wrote == "wrote srop-resnet18.csv, srop-resnet18.png and srop-resnet18.json"
    channels = pd.read_csv(tmp_path / "here" / "srop-resnet18.csv")
    assert set(channels["images"]) == {3}
    assert Image.open(tmp_path / "here" / "srop-resnet18.png").size[0] > 300
    assert json.loads((tmp_path / "here" / "srop-resnet18.json").read_text())["images"] == 3


def test_the_weights_of_a_library_that_are_not_here(run, photos, tmp_path):
    code, out, err = run("profile", "resnet18", photos)
    assert (code, out) == (1, "")
    assert "the weights IMAGENET1K_V1 of resnet18 are not here" in err
    assert "give --download, --weights FILE, or --weights random" in err
    assert list((tmp_path / "here").iterdir()) == []


def test_a_network_of_ones_own_with_its_file(run, photos, tmp_path):
    torch.manual_seed(1)
    file = tmp_path / "mine.safetensors"
    save_file({f"module.{name}": value for name, value in tiny().state_dict().items()}, file)
    code, out, _ = run("profile", "mine:tiny", photos, "--weights", file, "--strip-prefix", "module.", *OWN, "--random")
    assert code == 0
    assert f"weights: of {file}, sha256 " in out
    table = pd.read_csv(tmp_path / "here" / "srop-tiny.csv")
    assert set(table["weights"]) == {"given", "random"}
    assert set(table["layer"].astype(str)) == {"2", "3"}
    said = json.loads((tmp_path / "here" / "srop-tiny.json").read_text())
    assert said["sha256"] in out


def test_one_image_and_a_pattern(run, photos):
    code, out, _ = run(
        "profile", "mine:tiny", photos / "a.png", "--weights", "random", *OWN, "--layers", "[03]", "--out", "deep/er"
    )
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[3:5]] == ["0", "3"]
    assert "wrote deep/er/srop-tiny.csv" in out


def test_explain_measures_nothing(run, photos, tmp_path):
    code, out, _ = run("profile", "mine:tiny", photos, "--weights", "random", *OWN, "--explain")
    assert code == 0
    assert "the norm or activation after it is taken" in out
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("resnet81", "{photos}"), "there is no such network; the nearest are resnet18"),
        (("timm:resnet81", "{photos}"), "there is no such network; the nearest are resnet"),
        (("nowhere.yaml", "{photos}"), "there is no nowhere.yaml"),
        (("mine:other", "{photos}", "--weights", "random", *OWN), "has no attribute 'other'"),
        (("mine:tiny", "{photos}", "--weights", "random"), "give --size, --mean, --std"),
        (("mine:tiny", "{photos}", *OWN), "has no weights of its own; give --weights FILE, or --weights random"),
        (("mine:tiny", "{photos}", "--weights", "gone.pth", *OWN), "--weights gone.pth: there is no such file"),
        (("mine:tiny", "nowhere", "--weights", "random", *OWN), "nowhere: there is no such folder or file"),
        (("mine:tiny", "{here}", "--weights", "random", *OWN), "holds no image"),
        (("mine:tiny", "{photos}", "--weights", "random", *OWN, "--count", 9), "holds 3 images"),
        (("mine:tiny", "{photos}", "--weights", "random", *OWN, "--layers", "x*"), "no module fits 'x*'; there are 0"),
        (("mine:tiny", "{photos}", "--weights", "random", *OWN, "--device", "nonsense"), "nonsense"),
    ],
)
def test_what_is_wrong_is_said_and_ends_with_1(run, photos, tmp_path, arguments, said):
    filled = [str(each).format(photos=photos, here=tmp_path / "here") for each in arguments]
    code, _, err = run("profile", *filled)
    assert code == 1
    assert err.startswith("srop: ")
    assert said in err


def test_a_damaged_file_of_weights_and_one_of_another_network(run, photos, tmp_path):
    (tmp_path / "broken.pth").write_bytes(b"no weights")
    save_file({"other": torch.zeros(2)}, tmp_path / "other.safetensors")
    for name, said in (("broken.pth", "holds something else than tensors"), ("other.safetensors", "another network")):
        code, _, err = run("profile", "mine:tiny", photos, "--weights", tmp_path / name, *OWN)
        assert code == 1
        assert said in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--size", "0"), "no whole number above 0"),
        (("--mean", "0.5"), "not three numbers with commas"),
        (("--nonsense",), "unrecognized arguments"),
    ],
)
def test_wrong_usage_ends_with_2(run, photos, capsys, arguments, said):
    with pytest.raises(SystemExit) as ended:
        run("profile", "resnet18", photos, *arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_an_interruption_writes_nothing(run, photos, tmp_path, monkeypatch):
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("srop.layerwise.profile", interrupted)
    monkeypatch.setattr("srop.profile", interrupted, raising=False)
    code, _, err = run("profile", "mine:tiny", photos, "--weights", "random", *OWN)
    assert (code, err) == (130, "interrupted; nothing was written\n")
    assert list((tmp_path / "here").iterdir()) == []


def test_help_is_complete(capsys):
    for arguments in (["--help"], ["profile", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "timm:NAME" in text
    assert all(f"--{name}" in text for name in ("weights", "download", "layers", "explain", "random", "layout", "out"))


def test_a_yaml_with_the_weights_that_a_package_ships():
    subject = subject_of("config/architecture/efficientnet_lite0.yaml")
    assert (subject.size, subject.layers["conv0"]) == (224, "_bn0")
    loaded = load(subject, None)
    assert loaded.said == "imagenet (efficientnet-lite0-57934424.pth)"
    assert loaded.sha256.startswith("57934424")


def test_what_libraries_say_of_their_inputs():
    assert subject_of("resnet18").size == 224
    assert subject_of("inception_v3").size == 299
    of_timm = subject_of("timm:resnet18")
    assert (of_timm.source, of_timm.size, of_timm.mean) == ("timm", 224, [0.485, 0.456, 0.406])
