"""Files and names that somebody else has written: nothing of them is executed, and none leads out of the results."""

import json
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from runs import copy_project, snakemake
from safetensors.torch import save

from srop.files import sha256_of
from srop.networks.architecture import read_architecture
from srop.networks.build import build_network
from srop.networks.weights import load_weights
from srop.pipeline.invocation import Invocation
from srop.pipeline.io import read_tensors, write_tensors
from srop.pipeline.schema import load_architecture

PROJECT = Path(__file__).resolve().parent.parent
TENSORS = {"weight": torch.zeros(2, 3)}


class Code:
    """What a pickle runs where it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("kind", ["pickle", "torch", "numpy"])
def test_a_pickle_that_runs_code_is_refused(tmp_path, kind):
    file, mark = tmp_path / "weights.pth", tmp_path / "executed"
    if kind == "torch":
        torch.save({"weight": Code(mark)}, file)
    elif kind == "numpy":
        np.save(tmp_path / "weights.npy", np.array([Code(mark)], object), allow_pickle=True)
        file = tmp_path / "weights.npy"
    else:
        file.write_bytes(pickle.dumps(Code(mark)))
    with pytest.raises(ValueError, match="is not loaded"):
        load_weights(torch.nn.Linear(3, 2, bias=False), file, sha256=sha256_of(file))
    assert not mark.exists()


def header(content: bytes) -> tuple[dict, bytes]:
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def with_header(entries: dict, data: bytes) -> bytes:
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + data


def lies() -> dict[str, bytes]:
    """Headers of safetensors that say what the file does not hold."""
    entries, data = header(save(TENSORS))
    entry = entries["weight"]
    return {
        "a header longer than the file": struct.pack("<Q", 2**60) + save(TENSORS)[8:],
        "a tensor beyond the end": with_header(
            {"weight": {**entry, "shape": [2000, 3], "data_offsets": [0, 24000]}}, data
        ),
        "a shape of another size": with_header({"weight": {**entry, "shape": [200, 3]}}, data),
        "places that go back": with_header({"weight": {**entry, "data_offsets": [24, 0]}}, data),
        "two tensors in one place": with_header({"weight": entry, "other": entry}, data),
        "a size that overflows": with_header({"weight": {**entry, "shape": [2**33, 2**33]}}, data),
        "no JSON": struct.pack("<Q", 8) + b"{{{{{{{{" + data,
    }


@pytest.mark.parametrize("lie", lies())
def test_a_safetensors_file_with_a_lying_header_is_refused(tmp_path, lie):
    file = tmp_path / "weights.safetensors"
    file.write_bytes(lies()[lie])
    with pytest.raises(ValueError, match=r"weights\.safetensors"):
        load_weights(torch.nn.Linear(3, 2, bias=False), file, sha256=sha256_of(file))
    with pytest.raises(ValueError, match=r"weights\.safetensors .*--forcerun"):
        read_tensors(file)


def test_a_result_whose_header_names_its_own_digest_is_refused(tmp_path):
    """The digest is the whole file's, the header included."""
    file = tmp_path / "model.safetensors"
    write_tensors(TENSORS, file)
    entries, data = header(file.read_bytes())
    entries["weight"]["shape"] = [3, 2]
    file.write_bytes(with_header(entries, data))
    with pytest.raises(ValueError, match="damaged or changed"):
        read_tensors(file)


OUT = ["../out", "/tmp/out", "a/b", "a b", "$(touch out)", "a;b", "`a`", "a|b", "a&b", "a>b", "'", "ä\n"]


@pytest.mark.parametrize("name", OUT)
def test_a_name_that_leads_out_of_the_results_or_into_a_shell_is_refused(name):
    with pytest.raises(ValueError, match="name="):
        Invocation.from_config({"name": name}, {"name": name}, PROJECT / "config")


@pytest.mark.parametrize("preset", ["../preset/smoke", "/etc/passwd", "smoke;ls", "smoke/../paper"])
def test_a_preset_is_a_file_of_its_folder(preset):
    with pytest.raises(ValueError, match="preset="):
        Invocation.from_config({"preset": preset}, {"preset": preset}, PROJECT / "config")


@pytest.mark.parametrize("name", ["..", ".", "-", "..."])
def test_a_name_of_dots_stays_in_the_results(name):
    results = Path(Invocation.from_config({"name": name}, {"name": name}, PROJECT / "config").results)
    assert results.resolve().parent == Path("results").resolve()


@pytest.mark.slow
def test_a_value_with_shell_characters_runs_nothing(tmp_path):
    """It stands in the command line of every job."""
    project = copy_project(tmp_path / "project")
    root = 'set=data.root="x $(touch executed) `touch executed`; touch executed"'
    digits = "results/smoke/digits/digits.safetensors"
    done = snakemake(project, digits, config=("preset=smoke", root))
    assert done.returncode == 0, done.stderr
    assert (project / digits).is_file()
    assert not (project / "executed").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("_target_: os.system\ncommand: touch executed\n", "_target_"),
        ("title: !!python/object/apply:os.system ['touch executed']\n", "python/object"),
        ("title: !!python/name:os.system\n", "python/name"),
    ],
)
@pytest.mark.parametrize(
    "read", [load_architecture, lambda folder, name: read_architecture(folder / "architecture" / f"{name}.yaml")]
)
def test_a_yaml_that_names_code_is_refused(tmp_path, monkeypatch, text, message, read):
    """A network of one's own is code, and only `source: module` loads it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "architecture").mkdir()
    (tmp_path / "architecture" / "evil.yaml").write_text(text)
    with pytest.raises(ValueError, match=message):
        read(tmp_path, "evil")
    assert not Path("executed").exists()


def test_only_a_yaml_with_the_source_module_imports_what_it_names(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "evil.py").write_text(f"import pathlib; pathlib.Path({str(tmp_path / 'executed')!r}).touch()\n")
    for source in ("torchvision", "timm"):
        with pytest.raises(ValueError, match="evil"):
            build_network(source, "evil:build", {}, seed=0)
    assert not (tmp_path / "executed").exists()
