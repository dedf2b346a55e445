"""Where results come from."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from srop.pipeline.io import write_table
from srop.pipeline.machine import processor
from srop.pipeline.provenance import origins, software


@pytest.fixture
def repository(tmp_path, monkeypatch):
    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        command = ["git", "-C", tmp_path, *identity, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init")
    (tmp_path / "Snakefile").write_text("1")
    git("add", "Snakefile")
    git("commit", "--message", "one")
    monkeypatch.setattr("srop.pipeline.provenance._PROJECT", tmp_path)
    return tmp_path, git("rev-parse", "HEAD")


def test_commit_and_changes(repository):
    folder, commit = repository
    assert software({"code": "x"})["commit"] == commit
    assert software({"code": "x"})["code"] == "x"
    (folder / "untracked").touch()
    assert software({})["commit"] == commit
    (folder / "Snakefile").write_text("2")
    assert software({})["commit"] == f"{commit}+changes"


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"])
def test_variables_of_another_repository_are_no_matter(repository, tmp_path_factory, monkeypatch, variable):
    other = tmp_path_factory.mktemp("other")
    subprocess.run(["git", "-C", other, "init"], check=True, capture_output=True)
    monkeypatch.setenv(variable, str(other / ".git"))
    assert software({})["commit"] == repository[1]


def test_where_there_is_no_commit_the_record_says_why(tmp_path, monkeypatch):
    """An archive, alone or within a repository of something else, and a repository without a commit."""
    monkeypatch.setattr("srop.pipeline.provenance._PROJECT", tmp_path)
    assert software({})["commit"] is None
    assert "not a git repository" in software({})["no_commit"]
    subprocess.run(["git", "-C", tmp_path, "init"], check=True, capture_output=True)
    assert software({})["commit"] is None
    assert "git knows no commit of the project" in software({})["no_commit"]
    monkeypatch.setenv("PATH", "")
    assert software({})["no_commit"] == "git is not installed"


def test_a_repository_around_the_project_is_not_its_own(repository, monkeypatch):
    folder, _ = repository
    (folder / "srop-main").mkdir()
    monkeypatch.setattr("srop.pipeline.provenance._PROJECT", folder / "srop-main")
    assert software({})["commit"] is None
    assert f"within another repository, {folder}" in software({})["no_commit"]


def test_a_worktree_is_the_projects_own(repository, tmp_path_factory, monkeypatch):
    folder, commit = repository
    tree = tmp_path_factory.mktemp("trees") / "tree"
    subprocess.run(["git", "-C", folder, "worktree", "add", tree, "HEAD"], check=True, capture_output=True)
    monkeypatch.setattr("srop.pipeline.provenance._PROJECT", tree)
    assert software({})["commit"] == commit
    assert "no_commit" not in software({})


def test_dependencies_are_those_of_the_project_even_where_it_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr("srop.pipeline.provenance._PROJECT", tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["torch>=2"]\n[project.optional-dependencies]\npipeline = ["hydra-core<2"]\n'
    )
    assert list(software({})["versions"]) == ["hydra-core", "torch"]


def test_a_run_records_the_packages_of_the_pipeline_too():
    versions = software({})["versions"]
    assert all(versions[name] for name in ("torch", "numpy", "hydra-core", "snakemake", "foolbox", "timm"))
    assert len(versions) == 35


def test_a_dependency_that_is_not_installed_has_no_version(monkeypatch):
    monkeypatch.setattr("srop.pipeline.provenance._requirements", lambda: ["torch>=2", "no-such-package>=1"])
    versions = software({})["versions"]
    assert versions["no-such-package"] is None
    assert versions["torch"]


def test_origins_tell_devices_commits_and_kinds_of_cpu_apart(tmp_path):
    tables = [("a", "1", "cpu", "X"), ("b", "1", "cpu", "X"), ("c", "2", "cuda", "X"), ("d", "1", "cpu", "Y")]
    for name, commit, device, cpu in tables:
        provenance = {"commit": commit, "device": device, "cpu": cpu}
        write_table(pd.DataFrame({"x": [1]}), tmp_path / f"{name}.parquet", provenance=provenance)
    assert origins(sorted(tmp_path.iterdir())) == [
        {"commit": "1", "device": "cpu", "cpu": "X", "tables": 2},
        {"commit": "2", "device": "cuda", "cpu": "X", "tables": 1},
        {"commit": "1", "device": "cpu", "cpu": "Y", "tables": 1},
    ]
    assert software({})["cpu"].startswith(processor())


def test_line_ends_are_kept_whatever_git_is_told(tmp_path):
    project = Path(__file__).parent.parent
    names = [
        "profiles/slurm/pack.sh",
        "workflow/recorded/embedded/origin.json",
        "workflow/recorded/embedded/SHA256SUMS",
    ]
    for name in (".gitattributes", *names):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project / name, tmp_path / name)
    git = ["git", "-C", tmp_path, "-c", "core.autocrlf=true", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init"], ["add", "."], ["commit", "--message", "one"]):
        subprocess.run([*git, *words], capture_output=True, check=True)
    for name in names:
        (tmp_path / name).unlink()
    subprocess.run([*git, "checkout", "--", "."], capture_output=True, check=True)
    for name in names:
        assert (tmp_path / name).read_bytes() == (project / name).read_bytes()
