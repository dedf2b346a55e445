"""What a stage depends on: the modules that it imports, each by a hash of its code."""

import ast
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from srop.pipeline import tracking
from srop.pipeline.tracking import UNTRACKED, code_of, digest

PROJECT = Path(__file__).resolve().parent.parent
SCRIPTS = sorted((PROJECT / "workflow").glob("*/*.py"))

CODE = '''
"""Module."""
import math


def area(r):
    """Area of a circle."""
    return math.pi * r**2
'''


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ('"""Area of a circle."""', '"""The area of a circle."""', True),
        ('    """Area of a circle."""\n', "", True),
        ('"""Module."""', "# no docstring", True),
        ("r**2", "r ** 2  # squared", True),
        ("r**2", "r**3", False),
        ("area", "surface", False),
    ],
)
def test_digest(tmp_path, old, new, same):
    before, after = tmp_path / "before.py", tmp_path / "after.py"
    before.write_text(CODE)
    after.write_text(CODE.replace(old, new))
    assert (digest([before]) == digest([after])) is same


def test_any_package_can_be_hashed(tmp_path):
    """A user's own network may import as it likes."""
    file = tmp_path / "network.py"
    file.write_text("from .layers import Layer\nimport srop\n")
    assert digest([file]) == digest([file])


def test_no_script_hides_a_package():
    """A script's folder comes first in Python's path, so that `tabulate.py` would be what others import as tabulate."""
    assert not {script.stem for script in SCRIPTS} & {*packages_distributions(), *sys.stdlib_module_names}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of three modules, of which a script imports one, and that another."""
    folder = tmp_path / "srop"
    (folder / "rooms").mkdir(parents=True)
    (folder / "pipeline").mkdir()
    for name, content in {
        "__init__": "",
        "a": "from srop.rooms import b\nfrom srop.pipeline.io import write_table",
        "rooms/__init__": "",
        "rooms/b": "def late():\n    from srop.c import VALUE\n    return VALUE",
        "c": "VALUE = 1",
        "pipeline/__init__": "",
        "pipeline/io": "",
        "unused": "",
    }.items():
        (folder / f"{name}.py").write_text(content)
    monkeypatch.setattr(tracking, "PACKAGE", folder)
    script = tmp_path / "work.py"
    script.write_text("from srop.a import x")
    return folder, script


def test_imports_are_followed_wherever_they_stand(package):
    _, script = package
    assert list(code_of(script)) == ["srop.a", "srop.c", "srop.rooms.b", "work"]


def test_a_change_names_its_module(package):
    folder, script = package
    before = code_of(script)
    for name in ("unused", "pipeline/io", "__init__"):
        (folder / f"{name}.py").write_text("VALUE = 3")
    assert code_of(script) == before
    (folder / "c.py").write_text("VALUE = 22")
    after = code_of(script)
    assert {name for name in after if after[name] != before[name]} == {"srop.c"}


def test_a_name_of_the_package_itself_is_refused(package):
    _, script = package
    for line, message in {
        "from srop import rolloff_points": "import rolloff_points from its own module",
        "import srop": "import from modules of srop",
        "from .a import x": "by its full name",
    }.items():
        script.write_text(f"{line}  # {message}")
        with pytest.raises(ValueError, match=rf"work\.py: .*{message}"):
            code_of(script)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_script_can_be_tracked(script):
    code = code_of(script)
    assert script.stem in code
    assert not code.keys() & UNTRACKED.keys()


def test_what_is_untracked_is_there():
    for module in UNTRACKED:
        assert (PROJECT / f"{module.replace('.', '/')}.py").is_file()


def test_finding_dependencies_needs_no_torch():
    program = "import sys, srop.pipeline.schema, srop.pipeline.tracking; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


FOLDERS = sorted(path.parent for path in (PROJECT / "srop").rglob("__init__.py") if path.parent.name != "srop")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_folders_hold_a_docstring_and_nothing_that_counts(folder):
    """Except for ``discover``, which is imported by its name, and so counts."""
    body = ast.parse((folder / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(body[0], ast.Expr)
    assert len(body) == 1 or folder.name == "experiments"


EXPERIMENTS = sorted({path.parent.name for path in (PROJECT / "srop" / "experiments").glob("*/*.py")})


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_an_unused_function_of_an_experiment_reruns_nothing_of_another(experiment):
    users = {
        script.parent.name
        for script in SCRIPTS
        if any(module.startswith(f"srop.experiments.{experiment}.") for module in code_of(script))
    }
    assert users - FOR_ALL == {experiment}


FOR_ALL = {"claims", "docs", "restore", "runs", "speed"}
"""Folders of scripts that use the modules of all experiments."""


def test_discovered_modules_count(package):
    folder, script = package
    for name in ("one", "other"):
        (folder / "experiments" / name).mkdir(parents=True)
        (folder / "experiments" / name / "claims.py").write_text(
            f"from srop.{'c' if name == 'one' else 'a'} import VALUE"
        )
    (folder / "experiments" / "__init__.py").write_text("")
    script.write_text('from srop.experiments import discover\ndiscover("claims")')
    assert {"srop.experiments.one.claims", "srop.experiments.other.claims", "srop.c", "srop.a"} <= set(code_of(script))
