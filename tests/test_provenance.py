"""Where results come from."""

import subprocess

import pandas as pd
import pytest

from srop.pipeline.io import write_table
from srop.pipeline.provenance import origins, software


@pytest.fixture
def repository(tmp_path, monkeypatch):
    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        command = ["git", "-C", tmp_path, *identity, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "--message", "one")
    monkeypatch.setattr("srop.pipeline.provenance._PROJECT", tmp_path)
    return tmp_path, git("rev-parse", "HEAD")


def test_commit_and_changes(repository):
    folder, commit = repository
    assert software({"code": "x"})["commit"] == commit
    assert software({"code": "x"})["code"] == "x"
    (folder / "untracked").touch()
    assert software({})["commit"] == commit
    (folder / "file").write_text("2")
    assert software({})["commit"] == f"{commit}+changes"


def test_without_git_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr("srop.pipeline.provenance._PROJECT", tmp_path)
    assert software({})["commit"] is None


def test_a_dependency_that_is_not_installed_has_no_version(monkeypatch):
    monkeypatch.setattr("srop.pipeline.provenance.requires", lambda package: ["torch>=2", "no-such-package>=1"])
    versions = software({})["versions"]
    assert versions["no-such-package"] is None
    assert versions["torch"]


def test_origins_tell_devices_and_commits_apart(tmp_path):
    for name, commit, device in (("a", "1", "cpu"), ("b", "1", "cpu"), ("c", "2", "cuda")):
        provenance = {"commit": commit, "device": device}
        write_table(pd.DataFrame({"x": [1]}), tmp_path / f"{name}.parquet", provenance=provenance)
    assert origins(sorted(tmp_path.iterdir())) == [
        {"commit": "1", "device": "cpu", "tables": 2},
        {"commit": "2", "device": "cuda", "tables": 1},
    ]
