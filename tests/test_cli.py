"""The command line, as its users call it."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from srop.cli import main
from srop.command.profile import copies_of, kind_of
from srop.data.images import read_image
from srop.networks.named import load, network_spec


def tiny() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))


def gray() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU())


def classifier() -> nn.Module:
    return nn.Sequential(tiny(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))


def half() -> nn.Module:
    return tiny().half()


def compiled() -> nn.Module:
    network = tiny()
    network.compile()
    return network


def program() -> nn.Module:
    return torch.export.export(tiny().eval(), (torch.zeros(1, 3, 8, 8),)).module()


def single() -> nn.Module:
    return nn.Conv2d(3, 4, 3)


class Failing(nn.Module):
    """Fails as somebody's own code does, where it is run."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.layer, self.error = nn.Conv2d(3, 4, 3), error

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.layer(images)
        raise self.error


def by_key() -> nn.Module:
    return Failing(KeyError("x"))


def by_size() -> nn.Module:
    return Failing(AssertionError("224 is wanted"))


def vit() -> nn.Module:
    from torchvision.models import VisionTransformer

    return VisionTransformer(32, 8, 2, 2, 24, 32)


class Parts(nn.Module):
    """Its activation runs twice, and its last layer gives a dict of lists."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
        self.relu, self.give = nn.ReLU(), Listing()

    def forward(self, images: torch.Tensor) -> dict[str, list[torch.Tensor]]:
        return self.give(self.relu(self.second(self.relu(self.first(images)))))


class Listing(nn.Module):
    def forward(self, maps: torch.Tensor) -> dict[str, list[torch.Tensor]]:
        return {"a": [maps], "b": [2 * maps, maps.mean((2, 3))]}


def parts() -> nn.Module:
    return Parts()


def deep() -> nn.Module:
    return nn.Sequential(*(tiny() if place == 0 else nn.Conv2d(4, 4, 1) for place in range(60)))


@pytest.fixture
def photos(tmp_path):
    generator = np.random.default_rng(0)
    folder = tmp_path / "photos"
    (folder / "inside").mkdir(parents=True)
    for name in ("a.png", "b.png", "inside/c.png"):
        Image.fromarray(generator.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(folder / name)
    return folder


@pytest.fixture
def here(tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, photos, here):
    """Run the command in an empty folder, with no weights in any cache."""
    monkeypatch.chdir(here)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    # As where no terminal is; pytest's workers set the width of one.
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setitem(sys.modules, "mine", sys.modules[__name__])

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


OWN = ("--size", 32, "--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25")
RANDOM = ("--weights", "random", *OWN)


def rows_of(out: str) -> list[str]:
    """Give the first words of the printed table."""
    lines = out.splitlines()
    start = next(place for place, line in enumerate(lines) if "white noise" in line)
    return [line.split()[0] for line in lines[start + 1 : -2]]


def test_a_network_of_torchvision_at_random(run, photos, here):
    code, out, err = run("profile", "resnet18", photos, "--weights", "random", "--size", 64, "--batch", 2)
    assert (code, err) == (0, "")
    first, second, third, fourth, fifth, *_, meaning, wrote = out.splitlines()
    assert first == "resnet18, weights: random, seed 0"
    assert second.startswith("input 64 x 64, mean 0.485")
    assert third == (
        "each image: shorter side to 73, bilinear, central crop of 64 "
        "(torchvision for IMAGENET1K_V1, brought to this size)"
    )
    assert fourth == f"3 images read from {photos}"
    assert fifth == "  3 enlarged, which lowers SROPs: a.png of 48 x 40, b.png of 48 x 40, inside/c.png of 48 x 40"
    assert rows_of(out)[:3] == ["relu", "maxpool", "layer1.0"]
    assert "low where a map is smooth" in meaning
    assert "one bright pixel" in meaning
    assert wrote == "wrote srop-resnet18.csv, srop-resnet18.png and srop-resnet18.json"
    channels = pd.read_csv(here / "srop-resnet18.csv")
    assert set(channels["images"]) == {3}
    assert set(channels["origin"]) == {"random, seed 0"}
    assert Image.open(here / "srop-resnet18.png").size[0] > 300


def test_the_record_holds_what_was_measured(run, photos, here):
    (photos / "inside/notes.txt").write_text("no image")
    code, out, _ = run("profile", "mine:tiny", photos, *RANDOM, "--count", 2)
    assert code == 0
    assert f"2 images read of 3, spread evenly from {photos}" in out
    record = json.loads((here / "srop-tiny.json").read_text())
    assert record["command"].startswith(
        f"srop profile mine:tiny {photos} --weights random --size 32 --mean 0.5,0.5,0.5"
    )
    assert record["layers"] == {"2": "2", "3": "3"}
    assert (record["convention"], record["reference"]) == ("published", 32)
    assert [each["file"] for each in record["images"]] == ["a.png", "b.png"]
    assert all(len(each["sha256"]) == 64 for each in record["images"])
    taken = {"size": 32, "mean": [0.5] * 3, "std": [0.25] * 3, "resize": 37, "interpolation": "bilinear"}
    assert taken.items() <= record["input"].items()
    assert record["left_out"] == {"the norm or activation that follows is measured instead": 2}
    assert record["counted"]["other files passed over"] == [".txt x 1"]
    assert record["versions"]["torch"] == version("torch")
    assert (record["weights"], record["sha256"]) == ("random, seed 0", None)


def test_the_weights_of_a_library_that_are_not_here(run, photos, here):
    code, out, err = run("profile", "resnet18", photos)
    assert (code, out) == (1, "")
    assert "the weights IMAGENET1K_V1 of resnet18 are not here" in err
    assert "give --download, --weights FILE, or --weights random" in err
    assert list(here.iterdir()) == []


def test_reasons_go_on_below_themselves_in_a_narrow_terminal(run, photos, monkeypatch):
    wide = run("profile", "resnet18", photos, "--weights", "random", "--explain")[1]
    monkeypatch.setenv("COLUMNS", "100")
    narrow = run("profile", "resnet18", photos, "--weights", "random", "--explain")[1]
    start = narrow.index("module ")
    lines = narrow[start:].splitlines()
    assert max(map(len, lines)) <= 100 < max(map(len, wide[start:].splitlines()))
    assert narrow.split() == wide.split()
    place = lines[0].index("reason")
    assert all(line[:place].isspace() for line in lines if not line[:20].strip())


def test_a_network_of_ones_own_with_its_file(run, photos, tmp_path, here):
    torch.manual_seed(1)
    file = tmp_path / "mine.safetensors"
    save_file({f"module.{name}": value for name, value in tiny().state_dict().items()}, file)
    code, _, err = run("profile", "mine:tiny", photos, "--weights", file, *OWN)
    assert (code, err.strip()[-29:]) == (1, "; give --strip-prefix module.")
    code, out, _ = run("profile", "mine:tiny", photos, "--weights", file, "--strip-prefix", "module.", *OWN, "--random")
    assert code == 0
    assert f"weights: of {file}, sha256 " in out
    table = pd.read_csv(here / "srop-tiny.csv")
    record = json.loads((here / "srop-tiny.json").read_text())
    assert record["sha256"] in out
    assert set(table["origin"]) == {f"of {file}, sha256 {record['sha256'][:12]}", "random, seed 0"}
    assert set(table["layer"].astype(str)) == {"2", "3"}


def test_one_image_and_a_pattern(run, photos):
    code, out, _ = run("profile", "mine:tiny", photos / "a.png", *RANDOM, "--layers", "[03]", "--out", "deep/er")
    assert code == 0
    assert rows_of(out) == ["0", "3"]
    assert "wrote deep/er/srop-tiny.csv" in out


@pytest.mark.parametrize("ways", [(("--layers", "0", "3"),), (("--layers", "0"), ("--layers", "3"))])
def test_several_patterns(run, photos, ways):
    code, out, _ = run("profile", "mine:tiny", photos, *RANDOM, *(word for way in ways for word in way))
    assert code == 0
    assert rows_of(out) == ["0", "3"]
    assert "2: fits none of the patterns (1, 2)" in out


@pytest.mark.parametrize("network", ["mine:tiny", "mine:classifier", "resnet18"])
def test_explain_measures_nothing(run, photos, here, network):
    """Of a classifier too, some of whose modules have no maps, and no size."""
    code, out, err = run("profile", network, photos, "--weights", "random", *OWN, "--explain")
    assert (code, err) == (0, "")
    assert "the norm or activation that follows is measured instead" in out
    assert "<NA>" not in out
    if network != "mine:tiny":
        assert "tokens or features, not maps: images x channels x rows x columns" in out
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("coarse", [False, True])
def test_layers_with_equal_statistics_are_named_unless_few_srops_are_possible(coarse):
    statistics = {"mean": [0.1, 0.2] * 3, "median": 0.1, "std": 0.0, "dead_share": 0.0, "coarse": coarse}
    table = pd.DataFrame({"layer": [*"aabbcc"], **statistics})
    table.loc[table["layer"] == "c", "mean"] = 0.3
    assert copies_of(table) == ([] if coarse else ["b"])


def test_left_out_modules_are_counted_by_their_reason(run, photos):
    code, out, _ = run("profile", "mine:classifier", photos, *RANDOM)
    assert code == 0
    for line in (
        "2 layers; 6 modules left out (--explain lists them)",
        "  2: the norm or activation that follows is measured instead (0.0, 0.1)",
        "  2: gives tokens or features, not maps (2, 3)",
        "  1: gives single values, which have no spectrum (1)",
        "  1: its parts are taken (0)",
    ):
        assert line in out.splitlines()


def test_a_reason_keeps_its_names_out():
    """Digits of a name are no shape."""
    assert kind_of("does not fit layer3.relu2") == "does not fit layer3.relu2"
    assert kind_of("runs 2 times in a forward pass") == kind_of("runs 3 times in a forward pass")
    assert kind_of("its parts are taken: a, b") == "its parts are taken"
    assert kind_of("gives 1 x 197 x 768, tokens or features") == "gives tokens or features"
    unknown = "gives tokens or features, and no grid is known (--grid states one)"
    assert kind_of("gives 1 x 9 x 6, tokens or features: 9 tokens fit no stated grid (4x4); write ...") == unknown


def test_tokens_are_left_out_and_a_line_says_so(run, photos, here):
    code, out, _ = run("profile", "mine:vit", photos, *RANDOM)
    assert code == 0
    assert "tokens on a grid of 4 x 4 in 3 layers; left out in each: 1 token before the grid (class_token)" in out
    record = json.loads((here / "srop-vit.json").read_text())
    assert set(record["tokens"].values()) == {"1+4x4"}
    code, out, _ = run("profile", "mine:vit", photos, *RANDOM, "--explain")
    assert "1+4x4" in out
    code, _, err = run("profile", "mine:vit", photos, *RANDOM, "--force", "--layers", "encoder", "--grid", "5x5")
    assert code == 1
    assert (
        "'encoder' chooses no layer: encoder: gives 1 x 17 x 24, tokens or features: 17 tokens do not fill the grid"
        in err
    )
    with pytest.raises(SystemExit, match="2"):
        run("profile", "mine:vit", photos, *RANDOM, "--grid", "five")


def test_a_run_and_a_part_are_chosen_by_name(run, photos):
    code, out, _ = run("profile", "mine:parts", photos, *RANDOM, "--layers", "relu#2", "give['b'][0]")
    assert code == 0
    assert rows_of(out) == ["relu#2", "give['b'][0]"]
    code, _, err = run("profile", "mine:parts", photos, *RANDOM, "--force", "--layers", "relu#3")
    assert (code, "no module fits 'relu#3'" in err) == (1, True)


def test_the_inputs_of_a_library_are_its_own(run, photos, here):
    """EfficientNetV2-S takes 384 of 384, by the transforms that come with its weights."""
    for name in ("a.png", "b.png", "inside/c.png"):
        Image.new("RGB", (500, 400), "gray").save(photos / name)
    code, out, _ = run(
        "profile", "efficientnet_v2_s", photos / "a.png", "--weights", "random", "--layers", "features.0"
    )
    assert code == 0
    assert "input 384 x 384, " in out
    assert "each image: shorter side to 384, bilinear, central crop of 384 (torchvision for IMAGENET1K_V1)" in out
    code, out, _ = run(
        "profile", "resnet50", photos / "a.png", "--weights", "random", "--layers", "relu", "--resize", 224,
        "--interpolation", "bicubic",
    )  # fmt: skip
    assert code == 0
    assert "each image: shorter side to 224, bicubic, central crop of 224 (as given)" in out


def test_what_is_printed_about_images(run, photos, here):
    """Each image that is not read as it is, is counted and named."""
    Image.new("RGB", (20, 10)).save(photos / "small.png")
    Image.new("RGB", (1, 1)).save(photos / "dot.png")
    Image.fromarray(np.full((40, 40), 60000, np.uint16)).save(photos / "deep.png")
    Image.new("RGBA", (40, 40)).save(photos / "clear.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (48, 40)).save(photos / "turned.jpg", exif=exif)
    (photos / "broken.png").write_bytes(b"no image")
    (photos / "phone.HEIC").write_bytes(b"")
    (photos / "notes.txt").write_text("")
    (photos / ".ipynb_checkpoints").mkdir()
    Image.new("RGB", (40, 40)).save(photos / ".ipynb_checkpoints/a.png")
    (photos / "loop").symlink_to(photos)
    (photos / "gone.png").symlink_to("nowhere.png")
    code, out, err = run("profile", "mine:tiny", photos, *RANDOM)
    assert code == 1
    assert "broken.png is no image, or a damaged one" in err
    assert "--skip-unreadable leaves such images out" in err
    code, out, _ = run("profile", "mine:tiny", photos, *RANDOM, "--skip-unreadable")
    assert code == 0
    for line in (
        f"8 images read from {photos}",
        "  1 skipped, which cannot be read: broken.png",
        "  1 not read, of other formats (save them as PNG or JPEG): phone.HEIC",
        "  1 other files passed over: .txt x 1",
        "  1 hidden files or folders passed over: .ipynb_checkpoints",
        "  1 links passed over, to what is read already: loop",
        "  1 links that lead nowhere: gone.png",
        "  2 enlarged, which lowers SROPs: dot.png of 1 x 1, small.png of 20 x 10",
        "  1 cut to 8 bits: deep.png",
        "  1 turned upright, as their EXIF data say: turned.jpg",
        "  1 laid on white where they are transparent: clear.png",
    ):
        assert line in out.splitlines()
    record = json.loads((here / "srop-tiny.json").read_text())
    assert "no image" in record["unreadable"]["broken.png"]


def test_white_of_few_bits(run, photos):
    for name in ("a.png", "b.png", "inside/c.png"):
        Image.fromarray(np.random.default_rng(0).integers(0, 4096, (40, 40)).astype(np.uint16)).save(photos / name)
    code, _, err = run("profile", "mine:tiny", photos, *RANDOM)
    assert code == 1
    assert "--white 4095 for 12 bits" in err
    code, out, _ = run("profile", "mine:tiny", photos, *RANDOM, "--white", 4095)
    assert code == 0
    assert "3 cut to 8 bits" in out


def test_networks_of_one_channel(run, photos, here):
    own = ("--weights", "random", "--size", 32)
    code, out, _ = run("profile", "mine:gray", photos, *own, "--mean", 0.5, "--std", 0.25)
    assert code == 0
    assert "central crop of 32, gray" in out
    code, _, err = run("profile", "mine:gray", photos, *RANDOM, "--force")
    assert code == 1
    assert (
        "gray takes images of 1 channel, by its first convolution (0), and --mean and --std are of 3; give one" in err
    )
    code, _, err = run("profile", "mine:tiny", photos, *own, "--mean", 0.5, "--std", 0.25)
    assert code == 1
    assert "tiny takes images of 3 channels" in err
    code, _, err = run("profile", "mine:gray", photos, *own, "--mean", 0.5, "--std", "0.25,0.25,0.25", "--force")
    assert (
        code,
        "--std 0.25, 0.25, 0.25: 3 values for 1 channel; give --mean and --std one value for each" in err,
    ) == (
        1,
        True,
    )
    code, _, err = run("profile", "resnet18", photos, "--weights", "random", "--channels", 1)
    assert (code, "3 values for 1 channel" in err) == (1, True)


def test_a_function_of_a_file_and_of_the_current_folder(run, photos, here):
    text = "from torch import nn\n\ndef unet(): return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())\n"
    (here / "nets_here.py").write_text(text)
    for place, network in enumerate(("nets_here.py:unet", "nets_here:unet", f"{here}/nets_here.py:unet")):
        path = list(sys.path)
        code, out, err = run("profile", network, photos, *RANDOM, "--out", place)
        assert (code, err) == (0, "")
        assert f"wrote {place}/srop-unet.csv" in out
        assert sys.path == path
    sys.modules.pop("nets_here")
    code, _, err = run("profile", "nets_here.py", photos, *RANDOM)
    assert (code, "write nets_here.py:function" in err) == (1, True)


def test_other_floating_point_is_brought_to_float32(run, photos):
    code, out, _ = run("profile", "mine:half", photos, *RANDOM)
    assert code == 0
    assert "its weights of float16 are converted to float32" in out


def test_a_network_that_compiles_itself_is_profiled_as_it_is_written(run, photos, here):
    for network, name in (("mine:tiny", "plain"), ("mine:compiled", "compiled")):
        code, _, err = run("profile", network, photos, *RANDOM, "--name", name)
        assert (code, err) == (0, "")
    plain, same = (pd.read_csv(here / f"srop-{name}.csv") for name in ("plain", "compiled"))
    pd.testing.assert_frame_equal(plain.drop(columns="origin"), same.drop(columns="origin"))


def test_a_second_result_never_replaces_a_first_one_silently(run, photos, here):
    assert run("profile", "mine:tiny", photos, *RANDOM)[0] == 0
    before = {file.name: file.read_bytes() for file in here.iterdir()}
    code, out, err = run("profile", "mine:tiny", photos / "a.png", *RANDOM)
    assert (code, out) == (1, "")
    assert "srop-tiny.csv exists already; --force replaces it, and --name or --out write elsewhere" in err
    assert {file.name: file.read_bytes() for file in here.iterdir()} == before
    assert run("profile", "mine:tiny", photos / "a.png", *RANDOM, "--name", "second")[0] == 0
    assert run("profile", "mine:tiny", photos / "a.png", *RANDOM, "--force")[0] == 0
    assert len(json.loads((here / "srop-tiny.json").read_text())["images"]) == 1
    assert len(list(here.iterdir())) == 6


def test_table_picture_and_record_appear_together_or_not_at_all(run, photos, here, monkeypatch):
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    code, _, err = run("profile", "mine:tiny", photos, *RANDOM)
    assert code == 1
    assert "No space left on device: 'srop-tiny.png'" in err
    assert list(here.iterdir()) == []


def test_a_name_with_dollars_is_no_formula(run, photos, tmp_path, here):
    file = tmp_path / "a$\\wrong$.pth"
    torch.save(tiny().state_dict(), file)
    code, _, err = run("profile", "mine:tiny", photos, "--weights", file, *OWN)
    assert (code, err) == (0, "")
    assert (here / "srop-tiny.png").is_file()


def labeled(photos) -> None:
    for place, name in enumerate(("cat", "dog", "emu")):
        (photos / name).mkdir()
        Image.new("RGB", (32, 32), (80 * place, 90, 200)).save(photos / name / "x.png")
    for name in ("a.png", "b.png", "inside/c.png"):
        (photos / name).unlink()
    (photos / "inside").rmdir()


SMALL = ("--weights", "random", "--size", 8, "--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25")


def test_heatmap(run, photos, here):
    code, out, err = run("heatmap", "mine:classifier", photos, *SMALL)
    assert (code, err) == (0, "")
    assert "labels: the class that the network predicts for each image\n" in out
    assert "norm 0.56; 34 waves of each of 3 images" in out
    table = pd.read_csv(here / "srop-classifier-heatmap.csv")
    assert list(table) == ["origin", "u", "v", "error", "change"]
    assert (len(table), table["u"].min(), table["u"].max()) == (64, -4, 3)
    assert set(table["origin"]) == {"random, seed 0"}
    # Waves of (u, v) and (-u, -v) are one.
    change = table.set_index(["u", "v"])["change"]
    assert change[1, 2] == change[-1, -2]
    record = json.loads((here / "srop-classifier-heatmap.json").read_text())
    assert record["norm"] == pytest.approx(0.56)
    assert record["labels"]["which"] == "predicted"
    assert Image.open(here / "srop-classifier-heatmap.png").size[0] > 300


def test_heatmap_is_the_librarys(run, photos, here):
    from srop import fourier_heatmap

    run("heatmap", "mine:classifier", photos, *SMALL, "--norm", 2)
    table = pd.read_csv(here / "srop-classifier-heatmap.csv")
    network = load(network_spec("mine:classifier"), "random").network
    files = [photos / name for name in ("a.png", "b.png", "inside/c.png")]
    images = torch.stack([read_image(file, 8, resize=9) for file in files]) / 255
    labels = network((images - 0.5) / 0.25).argmax(dim=1)
    heat = fourier_heatmap(network, images, labels, norm=2.0, normalize=lambda images: (images - 0.5) / 0.25)
    np.testing.assert_allclose(table["change"], heat.change.flatten(), rtol=1e-5)


def test_frequencies(run, photos, here):
    labeled(photos)
    code, out, err = run("frequencies", "mine:classifier", photos, *SMALL, "--labels", "folders")
    assert (code, err) == (0, "")
    assert "labels: the names of folders, sorted: cat = 0, dog = 1, emu = 2; " in out
    table = pd.read_csv(here / "srop-classifier-frequencies.csv")
    assert list(table) == ["origin", "image", "label", "frequency", "score"]
    assert table.groupby("image")["label"].first().to_dict() == {"cat/x.png": 0, "dog/x.png": 1, "emu/x.png": 2}
    assert len(table) == 3 * 8
    code, out, _ = run("frequencies", "mine:classifier", photos, *SMALL, "--transform", "dft", "--force")
    assert code == 0
    assert "rings of a DFT" in out


def test_labels_of_a_file_and_of_numbered_folders(run, photos, here):
    labeled(photos)
    (here / "labels.csv").write_text("\ufeffcat/x.png,2\ndog/x.png, 0\nemu/x.png,1\n", encoding="utf-8")
    code, out, _ = run("frequencies", "mine:classifier", photos, *SMALL, "--labels", "labels.csv")
    assert (code, "labels: from labels.csv" in out) == (0, True)
    record = json.loads((here / "srop-classifier-frequencies.json").read_text())
    assert record["labels"]["classes"] == {"cat/x.png": 2, "dog/x.png": 0, "emu/x.png": 1}
    for old, new in (("cat", "2"), ("dog", "0"), ("emu", "1")):
        (photos / old).rename(photos / new)
    code, out, _ = run("frequencies", "mine:classifier", photos, *SMALL, "--labels", "folders", "--name", "numbers")
    assert (code, "names of folders, as numbers" in out) == (0, True)
    record = json.loads((here / "srop-numbers-frequencies.json").read_text())
    assert record["labels"]["classes"] == {"0/x.png": 0, "1/x.png": 1, "2/x.png": 2}
    (photos / "1").rename(photos / "7")
    code, _, err = run("heatmap", "mine:classifier", photos, *SMALL, "--labels", "folders")
    assert (code, "they reach 7, and the classes are 0 to 2" in err) == (1, True)


def test_labels_that_do_not_fit(run, photos, here):
    (here / "short.csv").write_text("a.png,0\n")
    (here / "wrong.csv").write_text("a.png,cat\n")
    (here / "twice.csv").write_text("a.png,0\nb.png,1\na.png,2\n")
    for labels, message in (
        ("folders", "a.png lies in no subfolder"),
        ("nowhere.csv", "--labels nowhere.csv: there is no such file; give one, predicted, or folders"),
        ("short.csv", "2 images without a line, such as b.png; add them"),
        ("twice.csv", "a.png has two classes, 0 and 2; leave one line of them"),
        ("wrong.csv", "'a.png,cat' is not the name of an image, a comma and a class"),
    ):
        code, _, err = run("heatmap", "mine:classifier", photos, *SMALL, "--labels", labels)
        assert (code, message in err) == (1, True), err
    labeled(photos)
    (photos / "fox").mkdir()
    Image.new("RGB", (32, 32)).save(photos / "fox/y.png")
    code, _, err = run("heatmap", "mine:classifier", photos, *SMALL, "--labels", "folders")
    assert (code, "there are 4 subfolders (cat, dog, emu, ...) and 3 classes; name them" in err) == (1, True)


@pytest.mark.parametrize("command", ["heatmap", "frequencies", "bands"])
def test_a_classifier_that_fails_is_named(run, photos, command):
    code, _, err = run(command, "mine:by_key", photos, *SMALL)
    assert (code, "the network cannot take an input of 3 x 3 x 8 x 8 (KeyError 'x')" in err) == (1, True)


@pytest.mark.parametrize("command", ["heatmap", "frequencies", "bands"])
def test_what_is_no_classifier_is_refused(run, photos, command):
    code, _, err = run(command, "mine:tiny", photos, *SMALL)
    assert code == 1
    assert "tiny gives 3 x 4 x 4 x 4 for 3 images; give a classifier, whose logits are images x classes" in err


def test_filters(run, here):
    from srop import filter_centers

    code, out, err = run("filters", "mine:tiny", "--weights", "random", "--cutoff", 12)
    assert (code, err) == (0, "")
    assert "Low is the share below 12" in out
    table = pd.read_csv(here / "srop-tiny-filters.csv")
    assert list(table) == ["origin", "layer", "filter", "center"]
    weight = load(network_spec("mine:tiny"), "random").network[0].weight
    np.testing.assert_allclose(table["center"], filter_centers(weight), rtol=1e-6)
    assert set(table["origin"]) == {"random, seed 0"}
    assert Image.open(here / "srop-tiny-filters.png").size[0] > 300


def test_filters_of_several_layers(run, here):
    code, _, _ = run("filters", "resnet18", "--weights", "random", "--layers", "conv1", "layer1.0.*")
    assert code == 0
    table = pd.read_csv(here / "srop-resnet18-filters.csv")
    assert table.groupby("layer").size().to_dict() == {"conv1": 64, "layer1.0.conv1": 64, "layer1.0.conv2": 64}
    code, _, err = run("filters", "resnet18", "--weights", "random", "--layers", "conw1", "--force")
    assert (code, "no module fits 'conw1'; the nearest of 17 is conv1" in err) == (1, True)
    code, _, err = run("filters", "resnet18", "--weights", "random", "--layers", "layer2.0.downsample.*", "--force")
    assert (code, "the filters of layer2.0.downsample.0 are 1 x 1, and only square" in err) == (1, True)
    code, _, err = run("filters", "resnet18", "--weights", "random", "--pad", 5, "--force")
    assert (code, "--pad 5: the filters of conv1 are larger; give at least their size" in err) == (1, True)


WRONG = [
    (("resnet81", "{photos}"), "srop: resnet81: there is no such network; the nearest are resnet18"),
    (("timm:resnet81", "{photos}"), "srop: resnet81: there is no such network; the nearest are resnet"),
    (("timm:resnet50.none", "{photos}"), "timm:resnet50.none: there is no such set of weights; there are a1_in1k"),
    (("nowhere.yaml", "{photos}"), "there is no nowhere.yaml"),
    (("mine:other", "{photos}", *RANDOM), "mine has no 'other'"),
    (("mine:program", "{photos}", *RANDOM), "gives a program of torch.export, which has no layers"),
    (("mine:tiny", "{photos}", "--weights", "random"), "give --size, --mean, --std"),
    (("mine:tiny", "{photos}", *OWN), "has no weights of its own; give --weights FILE, or --weights random"),
    (("mine:tiny", "{photos}", "--weights", "gone.pth", *OWN), "--weights gone.pth: there is no such file"),
    (("mine:tiny", "{photos}", "--weights", "gone", *OWN), "--weights gone: there is no such file"),
    (("mine:tiny", "nowhere", *RANDOM), "/nowhere; give a folder of images, or one image"),
    (("mine:tiny", "{here}", *RANDOM), "holds no image"),
    (("mine:tiny", "{photos}", *RANDOM, "--count", 9), "holds 3 images"),
    (("mine:tiny", "{photos}", *RANDOM, "--layers", "x*"), "no module fits 'x*'; there are 0, 1, 2, 3"),
    (("mine:deep", "{photos}", *RANDOM, "--layers", "0.33"), "no module fits '0.33'; the nearest of 64 are 0.3, "),
    (("mine:single", "{photos}", *RANDOM), "the network is a single module, with no parts to choose from"),
    (("mine:by_key", "{photos}", *RANDOM), "the network cannot take an input of 1 x 3 x 32 x 32 (KeyError 'x')"),
    (("mine:by_size", "{photos}", *RANDOM), "the network cannot take an input of 1 x 3 x 32 x 32 (224 is wanted)"),
    (("RESNET18", "{photos}"), "srop: RESNET18: there is no such network; the nearest are resnet18"),
    (("timm:", "{photos}"), "an empty name: there is no such network"),
    (("mine:tiny", "{photos}", *RANDOM, "--device", "nonsense"), "--device nonsense: "),
    (("mine:tiny", "{photos}", *RANDOM, "--random"), "would measure one network twice; leave one of them out"),
    (("mine:tiny", "{photos}", *RANDOM, "--explain", "--random"), "--weights random --random would"),
    (("mine:tiny", "{photos}", *RANDOM, "--key", "model"), "--key needs a file of weights; give --weights FILE"),
    (
        ("mine:tiny", "{photos}", *RANDOM, "--resize", 16),
        "--resize 16: the crop of 32 x 32 is larger; give at least 32",
    ),
    (("mine:tiny", "{photos}", *RANDOM, "--out", "{photos}/a.png"), "a.png is not a folder; give one"),
    (("raft_small", "{photos}", "--weights", "random"), "raft_small takes pairs of frames"),
    (("r3d_18", "{photos}", "--weights", "random"), "r3d_18 takes clips of frames"),
    (("quantized_resnet18", "{photos}"), "its own weights are codes, and so are its maps; profile resnet18"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_what_is_wrong_is_reported_and_ends_with_1(run, photos, here, arguments, message):
    filled = [str(each).format(photos=photos, here=here) for each in arguments]
    code, _, err = run("profile", *filled)
    assert code == 1
    assert err.startswith("srop: ")
    assert message in err
    # Of many names the nearest ten.
    assert err.count(", ") < 25


def test_a_damaged_file_of_weights_and_one_of_another_network(run, photos, tmp_path):
    (tmp_path / "broken.pth").write_bytes(b"no weights")
    save_file({"other": torch.zeros(2)}, tmp_path / "other.safetensors")
    for name, message in (
        ("broken.pth", "and no tensors; save the network's state_dict()"),
        ("other.safetensors", "no name is the same; the file begins with 'other', the network with '0.bias'"),
    ):
        code, _, err = run("profile", "mine:tiny", photos, "--weights", tmp_path / name, *OWN)
        assert code == 1
        assert message in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--size", "0"), "not a whole number above 0"),
        (("--mean", "0.5,0.5"), "neither one number nor three with commas"),
        (("--mean", "a"), "neither one number nor three with commas"),
        (
            ("--mean", "123.675,116.28,103.53"),
            "123.675: for pixels in [0, 1] a mean lies in [0, 1]; for values up to 255 give",
        ),
        (("--mean", "123.675,116.28,103.53"), "123.675 / 255 = 0.485"),
        (("--mean=-0.5,0,0",), "-0.5: for pixels in [0, 1]"),
        (("--mean", "nan,0,0"), "nan: for pixels in [0, 1]"),
        (("--std", "58.395,57.12,57.375"), "58.395 / 255 = 0.229"),
        (("--std", "0,0,0"), "0: for pixels in [0, 1] a standard deviation is above 0"),
        (("--std=-1,1,1",), "-1: for pixels in [0, 1] a standard deviation is above 0"),
        (("--weights", "a.pth", "--weights", "b.pth"), "--weights is given twice; give one"),
        (("--size", "32", "--size", "64"), "--size is given twice"),
        (("--name", "a/b"), "is not the name of a file"),
        (("--weight", "random"), "unrecognized arguments"),
        (("--nonsense",), "unrecognized arguments"),
    ],
)
def test_wrong_usage_ends_with_2(run, photos, capsys, arguments, message):
    with pytest.raises(SystemExit) as ended:
        run("profile", "resnet18", photos, *arguments)
    assert ended.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_an_interruption_writes_nothing(run, photos, here, monkeypatch):
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("srop.profiles.profile", interrupted)
    monkeypatch.setattr("srop.profile", interrupted, raising=False)
    code, _, err = run("profile", "mine:tiny", photos, *RANDOM)
    assert (code, err) == (130, "interrupted; nothing was written\n")
    assert list(here.iterdir()) == []


CHECKED = """
import sys
from srop.cli import main
for arguments in {calls}:
    try:
        assert main(arguments) == 1
    except SystemExit as ended:
        assert ended.code in (0, 2)
    assert "torch" not in sys.modules, arguments
"""


def test_what_is_given_is_checked_without_torch(photos, here):
    """Importing torch takes seconds, after which a slip would be reported."""
    (photos / "a.png").write_bytes(b"damaged")
    (here / "srop-taken.csv").write_text("")
    random = [str(each) for each in RANDOM]
    one = str(photos / "b.png")
    calls = [
        ["--version"],
        ["heatmap", "--help"],
        ["profile", "a:b", one],
        ["profile", "a:b", one, "--weights", "random", "--size", "32"],
        ["profile", "resnet18", "nowhere"],
        ["profile", "resnet18", str(photos)],
        ["profile", "resnet18", one, "--weights", "gone.pth"],
        ["profile", "resnet18", one, "--mean", "9,9,9"],
        ["profile", "resnet18", one, "--name", "taken"],
        ["profile", "a:b", one, *random, "--out", f"{one}/x"],
        ["profile", "a:b", one, *random, "--random"],
        ["frequencies", "resnet18", str(photos), "--labels", "nowhere.csv"],
        ["compare", "resnet18", one],
        ["compare", "a:b", "c:d", one, *random[2:], "--weights", "random"],
        ["compare", "a:b", one, *random[2:], "--weights", "gone.pth", "random"],
        ["compare", "a:b", one, *random, "--against", "nowhere"],
        ["channels", "a:b", one, *random],
        ["dataset", "nowhere"],
        ["images", one, "nowhere"],
    ]
    ran = subprocess.run(
        [sys.executable, "-c", CHECKED.format(calls=calls)],
        cwd=here,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


COMMANDS = (
    "profile",
    "compare",
    "channels",
    "dataset",
    "images",
    "heatmap",
    "frequencies",
    "bands",
    "aliasing",
    "filters",
)


def test_help_is_complete(capsys):
    text = ""
    for arguments in (["--help"], *([name, "--help"] for name in COMMANDS)):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        text += capsys.readouterr().out
    assert "timm:NAME" in text
    assert "file.py:function" in text
    assert all(f"--{name}" in text for name in ("weights", "download", "layers", "explain", "random", "layout", "out"))
    # What a wheel lacks.
    assert "config/" not in text


def test_the_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("srop 0.")


def test_a_yaml_with_the_weights_that_a_package_ships():
    spec = network_spec("config/architecture/efficientnet_lite0.yaml").prepared_for(None)
    assert (spec.size, spec.layers["conv0"]) == (224, "_bn0")
    assert (spec.resize, spec.stated) == (None, "efficientnet_lite0.yaml")
    loaded = load(spec, None)
    assert loaded.description == "imagenet (efficientnet-lite0-57934424.pth)"
    assert loaded.sha256.startswith("57934424")


def test_what_libraries_say_of_their_inputs():
    assert network_spec("resnet18").size == 224
    assert network_spec("inception_v3").size == 299
    of_timm = network_spec("timm:resnet18")
    assert (of_timm.source, of_timm.size, of_timm.mean) == ("timm", 224, [0.485, 0.456, 0.406])


@pytest.mark.parametrize(
    ("name", "weights", "wanted"),
    [
        ("resnet18", None, (224, 256, "bilinear", False)),
        ("resnet50", None, (224, 232, "bilinear", False)),
        ("resnet50", "IMAGENET1K_V1", (224, 256, "bilinear", False)),
        ("efficientnet_v2_s", None, (384, 384, "bilinear", False)),
        ("swin_t", None, (224, 232, "bicubic", False)),
        ("fcn_resnet50", None, (520, 520, "bilinear", False)),
        ("fasterrcnn_resnet50_fpn", None, (800, 800, "bilinear", False)),
        ("ssd300_vgg16", None, (300, 300, "bilinear", False)),
        ("quantized_resnet18", None, (224, 256, "bilinear", False)),
        ("timm:resnet50.a1_in1k", None, (224, 235, "bicubic", False)),
        ("timm:dm_nfnet_f0", None, (192, 213, "bicubic", True)),
        ("config/architecture/resnet34.yaml", None, (224, 256, "bilinear", False)),
        ("config/architecture/convnext_tiny.yaml", None, (224, 256, "bicubic", False)),
    ],
)
def test_how_libraries_prepare_images(name, weights, wanted):
    spec = network_spec(name).prepared_for(weights)
    assert (spec.size, spec.resize, spec.interpolation, spec.squash) == wanted


def test_a_detection_network_normalizes_by_itself():
    spec = network_spec("ssd300_vgg16")
    assert (spec.mean, spec.std) == ([0, 0, 0], [1, 1, 1])


@pytest.mark.parametrize("name", ["resnet50.a1_in1k", "dm_nfnet_f0.dm_in1k", "convnext_tiny.fb_in1k", "mnasnet_100"])
def test_images_are_prepared_as_timm_prepares_them(tmp_path, name):
    import timm
    from timm.data import create_transform, resolve_data_config

    Image.fromarray(np.random.default_rng(0).integers(0, 256, (333, 500, 3), np.uint8)).save(tmp_path / "photo.png")
    settings = resolve_data_config({}, pretrained_cfg=timm.get_pretrained_cfg(name).to_dict())
    theirs = create_transform(**settings)(Image.open(tmp_path / "photo.png"))
    spec = network_spec(f"timm:{name}")
    read = read_image(
        tmp_path / "photo.png", spec.size, resize=spec.resize, interpolation=spec.interpolation,
        squash=spec.squash,
    )  # fmt: skip
    center, spread = (torch.tensor(values).view(3, 1, 1) for values in (spec.mean, spec.std))
    assert torch.equal(read, ((theirs * spread + center) * 255).round().to(torch.uint8))


def test_a_reader_that_goes_away_loses_no_measurement(photos, here):
    command = f"{sys.executable} -m srop.cli profile resnet18 {photos}/b.png --weights random --size 64 | head -1"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUNBUFFERED": "1"}
    ran = subprocess.run(command, shell=True, cwd=here, env=environment, capture_output=True, text=True, check=False)
    assert "Broken pipe" not in ran.stderr
    assert (here / "srop-resnet18.csv").is_file()


def test_several_files_for_images_are_refused(photos, capsys):
    with pytest.raises(SystemExit):
        main(["profile", "resnet18", str(photos / "b.png"), str(photos / "b.png")])
    assert "2 paths were given for images; give one image, or the folder of all" in capsys.readouterr().err


FUNCTIONAL = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(x).relu()
"""


def test_a_convolution_that_nothing_follows_is_named(run, photos, here):
    (here / "functional.py").write_text(FUNCTIONAL)
    code, out, err = run("profile", "functional.py:Net", photos, *RANDOM)
    assert (code, err) == (0, "")
    assert "measured as the convolution gives it: conv; no norm or activation" in out


def test_images_are_brought_to_the_network_as_it_is_printed(run, photos, here):
    noise = np.random.default_rng(0).integers(0, 256, (375, 500, 3), dtype=np.uint8)
    Image.fromarray(noise).save(here / "wide.png")
    tables = []
    for name, resize in (("a", []), ("b", ["--resize", "37"])):
        code, _, err = run("profile", "mine:tiny", here / "wide.png", *RANDOM, "--name", name, *resize)
        assert (code, err) == (0, "")
        tables.append(pd.read_csv(here / f"srop-{name}.csv"))
    assert tables[0]["mean"].equals(tables[1]["mean"])


def weights_of(tmp_path, *seeds: int) -> list[Path]:
    files = []
    for seed in seeds:
        torch.manual_seed(seed)
        files.append(tmp_path / f"epoch{seed}.safetensors")
        save_file(tiny().state_dict(), files[-1])
    return files


def many(photos, count: int) -> None:
    generator = np.random.default_rng(1)
    for place in range(count):
        Image.fromarray(generator.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(photos / f"more{place}.png")


class TestCompare:
    def test_two_checkpoints(self, run, photos, here, tmp_path):
        many(photos, 7)
        files = weights_of(tmp_path, 1, 2)
        code, out, err = run("compare", "mine:tiny", photos, *OWN, "--weights", *files, "--random", 3)
        assert (code, err) == (0, "")
        assert "2 layers that both networks have" in out
        assert out.count("10 images read") == 1
        assert "First: epoch1.safetensors. Second: epoch2.safetensors." in out
        assert "Channels do not correspond" in out
        assert "3 networks with random weights differ" in out
        assert "Random weights do not stand for trainings." in out
        table = pd.read_csv(here / "srop-tiny-compare.csv", dtype={"layer": str})
        assert table["layer"].tolist() == ["2", "3"]
        assert table["images_mark"].notna().all()
        record = json.loads((here / "srop-tiny-compare.json").read_text())
        assert [len(each["sha256"]) for each in record["networks"]] == [64, 64]
        assert record["random"] == 3
        assert Image.open(here / "srop-tiny-compare.png").size[0] > 300

    def test_it_is_the_librarys(self, run, photos, here, tmp_path):
        from srop import compare

        files = weights_of(tmp_path, 1, 2)
        assert run("compare", "mine:tiny", photos, *OWN, "--weights", *files)[0] == 0
        table = pd.read_csv(here / "srop-tiny-compare.csv")
        networks = [load(network_spec("mine:tiny"), str(file)).network for file in files]
        names = ("a.png", "b.png", "inside/c.png")
        images = torch.stack([read_image(photos / name, 32, resize=37) for name in names]) / 255
        expected = compare(*networks, [(images - 0.5) / 0.25])
        for column in ("first", "second", "difference", "lower", "upper", "first_dead"):
            np.testing.assert_allclose(table[column], expected[column], rtol=1e-6)

    def test_two_networks_with_layers_of_other_names(self, run, photos):
        code, _, err = run("compare", "mine:tiny", "mine:classifier", photos, *OWN, "--weights", "random", "random")
        assert (code, "share no layer: the first has 2, 3, the second 0.2, 0.3" in err) == (1, True)
        assert "--layers 2=0.2" in err
        code, out, err = run(
            "compare", "mine:tiny", "mine:classifier", photos, *OWN, "--weights", "random", "random",
            "--layers", "2=0.2",
        )  # fmt: skip
        assert (code, err) == (0, "")
        assert "First: tiny. Second: classifier." in out
        assert "under 10 no layer is marked" in out
        assert "wrote srop-tiny-and-classifier-compare.csv" in out

    def test_two_networks_in_one_file(self, run, photos, here, tmp_path):
        torch.save({"model": tiny().state_dict(), "ema": tiny().state_dict()}, tmp_path / "run.pt")
        both = ("compare", "mine:tiny", photos, *OWN, "--weights", tmp_path / "run.pt", tmp_path / "run.pt", "--key")
        code, out, err = run(*both, "model", "ema")
        assert (code, err) == (0, "")
        assert "First: run.pt, model. Second: run.pt, ema." in out
        assert json.loads((here / "srop-tiny-compare.json").read_text())["keys"] == [["model"], ["ema"]]
        code, _, err = run(*both, "model", "--force")
        assert (code, "is given twice, and would be compared with itself" in err) == (1, True)
        code, _, err = run(*both, "model", "ema", "best", "--force")
        assert (code, "--key has 3 values; give one for all files, or one for each side" in err) == (1, True)

    def test_a_key_is_for_files_alone(self, run, photos, tmp_path):
        torch.save({"model": tiny().state_dict()}, tmp_path / "run.pt")
        pair = ("compare", "mine:tiny", "mine:tiny", photos, *OWN, "--key", "model", "--weights", "random")
        code, _, err = run(*pair, tmp_path / "run.pt")
        assert (code, err) == (0, "")
        code, _, err = run(*pair, "random", "--force")
        assert (code, "--key needs a file of weights; give --weights FILE" in err) == (1, True)

    def test_a_grid_for_one_side(self, run, photos):
        pair = ("compare", "mine:tiny", "mine:tokens", photos, *OWN, "--weights", "random", "random")
        code, out, err = run(*pair, "--layers", "2=block", "--grid", 8)
        assert code == 0
        assert err.startswith("srop: warning: maps of different sizes have no test")
        assert err.endswith("2 (32 and 8); pair layers whose maps have one size\n")
        assert "First: tiny. Second: tokens." in out
        code, _, err = run(*pair, "--layers", "2=embed", "--grid", 8, "--force")
        assert (code, "grid 8x8: no layer gives tokens" in err) == (1, True)

    def test_a_layer_that_only_one_has_is_named(self, run, photos):
        code, out, err = run("compare", "mine:short", "mine:longer", photos, *OWN, "--weights", "random", "random")
        assert (code, err) == (0, "")
        assert "  only longer has 2" in out

    def test_two_sets_of_images(self, run, photos, here, tmp_path):
        many(photos, 8)
        (tmp_path / "smooth").mkdir()
        for place in range(12):
            Image.new("RGB", (40, 40), (0, 20 * place, 0)).save(tmp_path / f"smooth/{place}.png")
            Image.linear_gradient("L").resize((40, 40)).rotate(15 * place).save(tmp_path / f"smooth/{place}.png")
        code, out, err = run("compare", "mine:tiny", photos, *RANDOM, "--against", tmp_path / "smooth")
        assert (code, err) == (0, "")
        assert "First: photos. Second: smooth." in out
        table = pd.read_csv(here / "srop-tiny-compare.csv")
        assert table[["first_images", "second_images"]].drop_duplicates().to_numpy().tolist() == [[11, 12]]
        assert table["images_mark"].all()
        record = json.loads((here / "srop-tiny-compare.json").read_text())
        assert (len(record["images"]), len(record["against"]["images"])) == (11, 12)

    def test_a_curve_over_checkpoints_in_the_order_of_their_numbers(self, run, photos, here, tmp_path):
        files = weights_of(tmp_path, 10, 9, 2)
        code, out, err = run("compare", "mine:tiny", photos, *OWN, "--weights", *files)
        assert (code, err) == (0, "")
        assert "Medians of the channels at epochs 2 and 10; the table has all 3 epochs" in out
        table = pd.read_csv(here / "srop-tiny-compare.csv", dtype={"layer": str})
        assert table["epoch"].drop_duplicates().tolist() == [2, 9, 10]
        assert table.groupby("epoch")["layer"].agg(list).tolist() == [["2", "3"]] * 3

    def test_several_trainings(self, run, photos, here, tmp_path):
        files = weights_of(tmp_path, 1, 2, 3, 4)
        code, out, err = run("compare", "mine:tiny", photos, *OWN, "--weights", *files[:2], "--versus", *files[2:])
        assert (code, err) == (0, "")
        assert "First: 2 trainings, epoch1.safetensors, .... Second: 2 trainings" in out
        assert "more than 4 trainings differ from one another" in out
        table = pd.read_csv(here / "srop-tiny-compare.csv")
        assert set(table["seeds_kind"]) == {"trainings"}

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                ("mine:tiny", "{photos}", *RANDOM),
                "mine:tiny is alone; give a second network, a second file",
            ),
            (("a:b", "c:d", "e:f", "{photos}"), "3 networks were given (a:b, c:d, e:f); give one or two, then images"),
            (("a:b", "c:d", "{photos}", "--weights", "x.pth"), "--weights has 1 for two networks; give one for each"),
            (
                ("a:b", "c:d", "{photos}", "--against", "{photos}"),
                "--against compares two sets of images for one network",
            ),
            (
                ("a:b", "{photos}", "--versus", "x.pth"),
                "--versus has the weights of the second side; give those of the",
            ),
            (("a:b", "{photos}", "--weights", "x.pth", "y.pth", *OWN), "--weights x.pth: there is no such file"),
            (("resnet18", "resnet34", "{photos}", "--random", 2), "--random 2: fewer than 3 networks tell no spread"),
            (("mine:tiny", "mine:vit", "{here}", *OWN), "holds no image"),
            (("mine:tiny", "mine:tiny", "{photos}", *OWN), "mine:tiny with its own weights is given twice"),
            (
                ("mine:tiny", "{photos}", "--weights", "random", "random", *OWN),
                "mine:tiny with --weights random is given twice, and would be compared with itself",
            ),
            (
                ("resnet18", "inception_v3", "{photos}", "--weights", "random", "random"),
                "resnet18 takes 224 and inception_v3 takes 299, and SROPs of several sizes do not compare; give one",
            ),
            (
                ("mine:tiny", "mine:tiny", "{photos}", "--weights", "random", "random", *OWN, "--layers", "2=3", "3"),
                "--layers: some have '=' and some have not",
            ),
        ],
    )
    def test_what_is_wrong_is_reported(self, run, photos, here, arguments, message):
        code, _, err = run("compare", *(str(each).format(photos=photos, here=here) for each in arguments))
        assert (code, message in err) == (1, True), err


class Tokens(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.block = nn.Conv2d(3, 12, 4, 4), nn.Linear(12, 12)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.block(self.embed(images).flatten(2).transpose(1, 2))


def tokens() -> nn.Module:
    return Tokens()


def short() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())


def longer() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2))


class TestChannels:
    def test_a_layer(self, run, photos, here):
        code, out, err = run("channels", "mine:tiny", photos, *RANDOM, "--layer", "2")
        assert (code, err) == (0, "")
        assert "4 channels of 2: " in out
        table = pd.read_csv(here / "srop-tiny-channels.csv")
        assert sorted(table["channel"]) == [0, 1, 2, 3]
        assert set(table["typical"]) <= {"a.png", "b.png", "inside/c.png"}
        assert len(table["driven_by"][0].split()) == 3
        record = json.loads((here / "srop-tiny-channels.json").read_text())
        assert (record["layer"], record["reference"]) == ("2", 32)

    def test_an_unknown_layer_and_none(self, run, photos):
        code, _, err = run("channels", "mine:tiny", photos, *RANDOM, "--layer", "9")
        assert (code, "the network has no layer '9'" in err) == (1, True)
        with pytest.raises(SystemExit):
            run("channels", "mine:tiny", photos, *RANDOM)


class TestDataset:
    def test_a_folder_of_classes(self, run, photos, here):
        labeled(photos)
        (photos / "yak").mkdir()
        code, out, err = run("dataset", photos)
        assert (code, err) == (0, "")
        assert "3 images read from" in out
        assert "  1 folder without an image: yak" in out
        assert "  3 of 3 images may have a fault:" in out
        assert "    cat/x.png: constant" in out
        assert "wrote srop-photos-dataset.csv" in out
        table = pd.read_csv(here / "srop-photos-dataset.csv")
        assert table["class"].tolist() == ["cat", "dog", "emu"]
        record = json.loads((here / "srop-photos-dataset.json").read_text())
        assert "network" not in record
        assert record["classes"] == {"cat": 1, "dog": 1, "emu": 1}

    def test_two_folders(self, run, photos, tmp_path):
        many(photos, 8)
        other = tmp_path / "other"
        other.mkdir()
        for place in range(12):
            Image.linear_gradient("L").resize((40, 40)).rotate(15 * place).save(other / f"{place}.png")
        code, out, err = run("dataset", photos, "--against", other)
        assert (code, err) == (0, "")
        assert "They differ by more than images vary." in out
        code, out, _ = run("dataset", photos, "--against", photos / "inside", "--force")
        assert (code, "fewer than 10 images, so no test says whether the sets differ" in out) == (0, True)

    def test_one_image_and_what_is_missing(self, run, photos):
        code, out, _ = run("dataset", photos / "a.png")
        assert (code, "wrote srop-a-dataset.csv" in out) == (0, True)
        code, _, err = run("dataset", photos / "a.png")
        assert (code, "exists already; --force replaces it" in err) == (1, True)
        code, _, err = run("dataset", photos, "--against", "nowhere")
        assert (code, "--against: there is no /" in err, "/nowhere; give a folder" in err) == (1, True, True)
        code, _, err = run("dataset", "nowhere", "--name", "a")
        assert (code, "images: there is no /" in err, "exists" in err) == (1, True, False)
        code, out, _ = run("dataset", photos / "a.png", "--against", photos, "--name", "one")
        assert (code, "nan" in out, "so no test says" in out) == (0, False, True)


def test_a_grid_reaches_channels_and_comparisons(run, photos, here):
    grid = ("--grid", "1+4x4")
    code, out, _ = run("channels", "mine:vit", photos, *RANDOM, "--layer", "encoder", *grid)
    assert (code, "24 channels of encoder" in out) == (0, True)
    code, out, _ = run(
        "compare",
        "mine:vit",
        "mine:vit",
        photos,
        "--weights",
        "random",
        "random",
        *OWN,
        *grid,
        "--layers",
        "encoder=encoder",
    )
    assert code == 0
    code, _, err = run("channels", "mine:vit", photos, *RANDOM, "--layer", "encoder", "--grid", "5x5", "--force")
    assert (code, "17 tokens do not fill the grid 5x5" in err) == (1, True)


def test_a_message_advises_the_options_of_the_command():
    from srop.cli import _for_shell

    assert _for_shell("write layout={'a.b': 'NCHW'}, or 'NHWC'") == "write --layout NCHW, or 'NHWC'"
    assert _for_shell("write grid={'a': 'ROWSxCOLUMNS'}, or") == "write --grid ROWSxCOLUMNS, or"


def test_a_warning_is_a_line(run, photos, here):
    code, _, err = run("filters", "mine:tiny", "--weights", "random", "--cutoff", "40")
    assert code == 0
    assert err.startswith("srop: warning: cutoff=40")
    assert ".py" not in err
