"""Weights: found, checked, loaded without executing anything, and refused."""

import hashlib
import pickle
import re
import warnings
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from srop.data.images import foolbox_images, image_batches, read_image
from srop.experiments.backbones.weights_status import list_networks
from srop.networks.build import build_network
from srop.networks.instances import networks
from srop.networks.weights import load_weights, weights_file
from srop.pipeline.schema import load_architecture
from srop.pipeline.stage import plain

CONFIG = Path(__file__).parent.parent / "config"
NAMES = sorted(file.stem for file in (CONFIG / "architecture").glob("*.yaml"))
CALIBRATION = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)


def sha256(file) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def small() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


def architecture(name: str) -> dict:
    return plain(load_architecture(CONFIG, name))


@pytest.mark.parametrize("kind", ["torch", "safetensors"])
def test_weights_from_a_file(tmp_path, kind):
    source, target = small(), small()
    if kind == "torch":
        file = tmp_path / "weights.th"
        state = {f"module.{name}": value for name, value in source.state_dict().items()}
        torch.save({"state_dict": state, "epoch": 3}, file)
        load_weights(target, file, sha256=sha256(file), key="state_dict", strip_prefix="module.")
    else:
        file = tmp_path / "weights.safetensors"
        save_file(source.state_dict(), file)
        load_weights(target, file, sha256=sha256(file))
    assert all(torch.equal(source.state_dict()[name], value) for name, value in target.state_dict().items())


class Code:
    def __reduce__(self):
        return print, ("executed",)


def test_weights_that_are_refused(tmp_path, capsys):
    file = tmp_path / "weights.pth"
    with pytest.raises(FileNotFoundError, match=r"weights\.pth are missing"):
        load_weights(small(), file, sha256="0" * 64)
    torch.save(small().state_dict(), file)
    with pytest.raises(ValueError, match=f"not the file whose sha256 is 0*.*{sha256(file)}"):
        load_weights(small(), file, sha256="0" * 64)
    with pytest.raises(ValueError, match="does not fit the network"):
        load_weights(nn.Conv2d(1, 1, 1), file, sha256=sha256(file))
    with pytest.raises(ValueError, match=r"has no 'state_dict'; it has '0\.weight'"):
        load_weights(small(), file, sha256=sha256(file), key="state_dict")
    with pytest.raises(ValueError, match=r"no name begins with strip_prefix='module\.', the first is '0\.weight'"):
        load_weights(small(), file, sha256=sha256(file), strip_prefix="module.")
    with pytest.raises(ValueError, match=r"sha256='a' of .*weights\.pth: a SHA-256 has 64"):
        load_weights(small(), file, sha256="a")
    load_weights(small(), file, sha256=sha256(file).upper())
    file.write_bytes(pickle.dumps(Code()))
    with pytest.raises(ValueError, match="something else than tensors; it is not loaded") as refused:
        load_weights(small(), file, sha256=sha256(file))
    assert "weights_only" not in str(refused.value)
    assert "executed" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "key", "message"),
    [
        ([torch.ones(1)], None, "holds a list, not tensors by the names"),
        (torch.ones(1), None, "holds a Tensor, not tensors by the names"),
        ({0: torch.ones(1)}, None, "holds 0, not tensors by the names"),
        ([torch.ones(1)], "state_dict", "has no 'state_dict'; it has a list"),
        ({"model": torch.ones(1)}, "model", "holds a Tensor"),
        ({"0.weight": 3}, None, "holds '0.weight', not tensors by the names"),
        ({"epoch": 1}, None, "holds 'epoch', not tensors by the names"),
        ({"epoch": 1, "state": {"net": small().state_dict()}}, None, r".*; give --key state\.net"),
        ({"epoch": 1, "state": {"net": small().state_dict()}}, "state", r".*; give --key state\.net"),
    ],
)
def test_files_that_hold_no_parameters_are_named(tmp_path, content, key, message):
    file = tmp_path / "weights.pth"
    torch.save(content, file)
    with pytest.raises(ValueError, match=rf"weights\.pth {message}"):
        load_weights(small(), file, sha256=sha256(file), key=key)


def test_one_of_two_networks_in_a_file_is_loaded_by_its_key_or_prefix(tmp_path):
    file = tmp_path / "both.pth"
    first, second, loaded = small(), small(), small()
    states = [each.state_dict() for each in (first, second)]
    torch.save({"state": dict(zip(("G", "D"), states, strict=True))}, file)
    load_weights(loaded, file, sha256=sha256(file), key="state.D")
    assert torch.equal(loaded[0].weight, second[0].weight)
    by_prefix = zip(("G.", "D."), states, strict=True)
    torch.save({prefix + name: value for prefix, state in by_prefix for name, value in state.items()}, file)
    with pytest.raises(ValueError, match=r"names with 'D\.' or 'G\.' before them; give --strip-prefix D\."):
        load_weights(loaded, file, sha256=sha256(file))
    load_weights(loaded, file, sha256=sha256(file), strip_prefix="G.")
    assert torch.equal(loaded[0].weight, first[0].weight)


NAMED_SETS = [
    (name, weights)
    for name in NAMES
    for weights, chosen in architecture(name)["weights"].items()
    if chosen and chosen["set"] and architecture(name)["source"] != "timm"
]


def url_of(chosen: dict, weights: dict) -> str:
    if chosen["source"] == "torchvision":
        from torchvision.models import get_model_weights

        return get_model_weights(chosen["model"])[weights["set"]].url
    from importlib import import_module

    family = chosen["model"].rstrip("0123456789").removesuffix("16_bn")
    urls = import_module(f"antialiased_cnns.{family}").model_urls
    return urls[f"{chosen['model']}_{weights['set']}"]


@pytest.fixture
def torch_home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    assert Path(torch.hub.get_dir()) / "checkpoints" == folder
    return folder


def place(state, folder: Path, chosen: dict, monkeypatch) -> Path:
    """Put weights where a library looks for them, under a name with their hash, and let the library look for that."""
    torch.save(state, folder / "weights")
    file = folder / f"made_up-{sha256(folder / 'weights')[:8]}.pth"
    (folder / "weights").rename(file)
    weights = chosen["weights"]["imagenet"]
    if chosen["source"] == "torchvision":
        from torchvision.models import get_model_weights

        entry = get_model_weights(chosen["model"])[weights["set"]]
        monkeypatch.setattr(
            type(entry), "url", property(lambda _self: f"https://nowhere.invalid/{file.name}"), raising=False
        )
    else:
        from importlib import import_module

        family = import_module(f"antialiased_cnns.{chosen['model'].rstrip('0123456789')}")
        monkeypatch.setitem(
            family.model_urls, f"{chosen['model']}_{weights['set']}", f"https://nowhere.invalid/{file.name}"
        )
    weights["file"] = file.name
    return file


def trained(chosen: dict) -> nn.Module:
    ((_, network),) = networks(chosen, "imagenet", seeds=[], batch_norms=[], calibration=CALIBRATION)
    return network


def test_there_are_sixteen_named_sets():
    assert len(NAMED_SETS) == 16


@pytest.mark.parametrize(("name", "weights"), NAMED_SETS)
def test_named_set_is_the_librarys_file(name, weights, torch_home):
    chosen = architecture(name)
    file = weights_file(chosen, weights)
    assert file.parent == torch_home
    assert url_of(chosen, chosen["weights"][weights]).endswith(f"/{file.name}")


@pytest.mark.parametrize(("name", "weights"), NAMED_SETS)
def test_named_set_fits_the_network_and_its_layers(name, weights, monkeypatch):
    """On the meta device: the layout of each library's files, through the library's own loading code."""
    chosen = architecture(name)
    old = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))([12]\..*)$")

    def load(url, *_arguments, **_options):
        state = network.state_dict()
        # Files are older than the rule against dots in names, and than the count of batches.
        state = {old.sub(r"\1.\2", key): value for key, value in state.items() if "num_batches" not in key}
        return {"state_dict": state} if "antialiased" in url else state

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", load)
    monkeypatch.setattr("torch.utils.model_zoo.load_url", load)
    with torch.device("meta"):
        filter_size = {"filter_size": 4} if name == "densenet169_antialiased" else {}
        network = build_network(chosen["source"], chosen["model"], chosen["arguments"] | filter_size)
        network = build_network(
            chosen["source"], chosen["model"], chosen["arguments"], pretrained=chosen["weights"][weights]["set"]
        )
    assert {key: value.shape for key, value in network.state_dict().items()} == {
        key: value.shape for key, value in network.state_dict().items()
    }
    assert set(chosen["layers"].values()) <= dict(network.named_modules()).keys()


@pytest.mark.parametrize("name", ["resnet18", "resnet18_antialiased", "densenet121_antialiased"])
def test_named_set_is_loaded_by_the_librarys_own_code(name, torch_home, monkeypatch):
    chosen = architecture(name)
    source = build_network(chosen["source"], chosen["model"], chosen["arguments"], seed=5)
    state = source.state_dict()
    place(state if chosen["source"] == "torchvision" else {"state_dict": state}, torch_home, chosen, monkeypatch)
    network = trained(chosen)
    assert all(torch.equal(state[key], value) for key, value in network.state_dict().items())


def test_named_set_that_is_refused(torch_home, monkeypatch, capsys):
    chosen = architecture("resnet18_antialiased")
    with pytest.raises(FileNotFoundError, match=r"resnet18_lpf3-449351b9\.pth are missing.*data\.download=true"):
        trained(chosen)
    file = torch_home / "resnet18_lpf3-449351b9.pth"
    file.write_bytes(b"something else")
    with pytest.raises(ValueError, match="is not the file whose sha256 is 449351b9"):
        trained(chosen)
    place({"state_dict": small().state_dict()}, torch_home, chosen, monkeypatch)
    with pytest.raises(ValueError, match="does not fit the network"):
        trained(chosen)
    place({"state_dict": {}, "code": Code()}, torch_home, chosen, monkeypatch)
    with pytest.raises(ValueError, match="something else than tensors; it is not loaded"):
        trained(chosen)
    assert "executed" not in capsys.readouterr().out


def test_networks_table_says_what_is_here(torch_home):
    table = list_networks("resnet18", architecture("resnet18"))
    assert table[["weights", "paper", "state"]].to_numpy().tolist() == [
        ["random", True, "here"],
        ["imagenet", True, "missing"],
    ]
    assert table["sha256"].tolist() == ["", "f37072fd"]
    (torch_home / "resnet18-f37072fd.pth").write_bytes(b"damaged")
    assert list_networks("resnet18", architecture("resnet18"))["state"][1].startswith("refused")
    finetuned = list_networks("densenet169_antialiased", architecture("densenet169_antialiased"))
    assert finetuned["weights"].tolist() == ["random", "imagenet (fine-tuned)"]
    assert not finetuned["paper"].any()


def test_the_papers_networks_are_twenty():
    tables = [list_networks(name, architecture(name)) for name in NAMES]
    assert sum(int(table["paper"].sum()) for table in tables) == 20


def test_efficientnet_lite0_knows_imagenet():
    """At least 17 of the 20 images that foolbox ships; their file names bear the class."""
    chosen = architecture("efficientnet_lite0")
    files = foolbox_images(20)
    images = torch.stack([read_image(file, chosen["input_size"]) for file in files])
    (batch,) = image_batches(images, chosen["mean"], chosen["std"], 20)
    with torch.inference_mode():
        classes = trained(chosen)(batch).argmax(1).tolist()
    assert sum(int(file.stem.split("_")[2]) == label for file, label in zip(files, classes, strict=True)) >= 17


def test_versions_of_layers_go_with_their_weights(tmp_path):
    """MNASNet reads its own weights by the version that stands in the metadata."""
    from torchvision.models import mnasnet0_5

    network = mnasnet0_5()
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    load_weights(mnasnet0_5(), tmp_path / "weights.pth", sha256=sha256(tmp_path / "weights.pth"))


def test_weights_without_a_common_name(tmp_path):
    file = tmp_path / "weights.pth"
    torch.save({f"norm.{number}.weight": torch.ones(1) for number in range(9)}, file)
    with pytest.raises(
        ValueError, match=r"no name is the same; the file begins with 'norm\.0\.weight', the network with"
    ):
        load_weights(small(), file, sha256=sha256(file))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"ten lines of text\n", r"is a text \('ten lines of text.*and no tensors; save the network"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "is a text .*a pointer of Git LFS; git lfs pull"),
        (b"", "is damaged or holds something else"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "is damaged or holds something else"),
        (b"PK\x03\x04" + bytes(100), "is damaged or holds something else"),
    ],
)
@pytest.mark.parametrize("ending", ["pth", "safetensors"])
def test_files_that_are_no_weights_are_named(tmp_path, content, message, ending):
    file = tmp_path / f"weights.{ending}"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=rf"weights\.{ending} {message}"):
        load_weights(small(), file, sha256=sha256(file))


def test_programs_and_whole_networks_are_named(tmp_path):
    file = tmp_path / "weights.pth"
    torch.save(small(), file)
    with pytest.raises(ValueError, match=r"than tensors \(torch\.nn\..*network\.state_dict\(\)"):
        load_weights(small(), file, sha256=sha256(file))
    with pytest.warns(FutureWarning):
        torch.jit.script(small()).save(file)
    with (
        warnings.catch_warnings(action="error"),
        pytest.raises(ValueError, match="is a TorchScript program; give a file of its state"),
    ):
        load_weights(small(), file, sha256=sha256(file))
    torch.export.save(torch.export.export(small().eval(), (torch.zeros(1, 3, 8, 8),)), file)
    with pytest.raises(ValueError, match=r"weights\.pth is a program, as torch\.export saves it"):
        load_weights(small(), file, sha256=sha256(file))


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int32, torch.bool, torch.float8_e4m3fn])
def test_codes_without_their_scale_are_refused(tmp_path, dtype):
    """An 8-bit network would be 127 times too large."""
    file = tmp_path / "weights.safetensors"
    state = small().state_dict()
    save_file(state | {"0.weight": (state["0.weight"] * 127).to(dtype)}, file)
    network = small()
    before = network[0].weight.clone()
    with pytest.raises(
        ValueError, match=r"'0\.weight' is of .*, and the network's of float32: these are codes.*their scale"
    ):
        load_weights(network, file, sha256=sha256(file))
    assert torch.equal(network[0].weight, before)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_floating_point_are_taken(tmp_path, dtype):
    file = tmp_path / "weights.safetensors"
    state = small().to(dtype).state_dict()
    save_file(state, file)
    network = small()
    load_weights(network, file, sha256=sha256(file))
    assert torch.equal(network[0].weight, state["0.weight"].float())


@pytest.mark.parametrize("without_counts", [False, True])
def test_names_that_differ_by_what_stands_before_them(tmp_path, without_counts):
    file = tmp_path / "weights.pth"
    state = {f"module.{name}": value for name, value in small().state_dict().items()}
    if without_counts:
        state = {name: value for name, value in state.items() if "batches" not in name}
    torch.save(state, file)
    with pytest.raises(ValueError, match=r"with 'module\.' before them; give --strip-prefix module\."):
        load_weights(small(), file, sha256=sha256(file))
    torch.save({"epoch": 3, "model": state, "optimizer": {"state": {}}}, file)
    with pytest.raises(ValueError, match=r"holds 'epoch', 'model', 'optimizer', not tensors .*; give --key model$"):
        load_weights(small(), file, sha256=sha256(file))
    torch.save({"model": {"other": torch.ones(1)}}, file)
    with pytest.raises(ValueError, match=r"; give its key$"):
        load_weights(small(), file, sha256=sha256(file))


def test_another_shape_is_given_with_the_networks(tmp_path):
    file = tmp_path / "weights.pth"
    network = nn.Sequential(*(nn.Linear(3, 3) for _ in range(9)))
    torch.save(nn.Sequential(*(nn.Linear(4, 4) for _ in range(9))).state_dict(), file)
    with pytest.raises(
        ValueError, match=r"0\.weight is 4 x 4 in the file and 3 x 3 in the network, and 17 more differ; give"
    ):
        load_weights(network, file, sha256=sha256(file))


def test_only_what_differs_is_listed(tmp_path):
    file = tmp_path / "weights.pth"
    torch.save(small().state_dict(), file)
    with pytest.raises(ValueError, match=r": the network lacks 1\.weight, [^;]*; give weights of this network$"):
        load_weights(small()[:1], file, sha256=sha256(file))
    torch.save(small()[:1].state_dict(), file)
    with pytest.raises(ValueError, match=r": the file lacks 1\.weight, [^;]*; give weights of this network$"):
        load_weights(small(), file, sha256=sha256(file))
