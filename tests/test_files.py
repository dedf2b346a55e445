"""Files appear whole or not at all, and those that belong together appear together."""

from functools import partial
from pathlib import Path

import pytest

from srop.files import replacing, write_together


def held(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def writer(text: str):
    return lambda file: file.write_text(text)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert held(tmp_path) == {"numbers.csv": "old"}


def test_files_are_written_together_and_replace_old_ones(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    write_together({tmp_path / "a.csv": writer("1"), str(tmp_path / "deep" / "a.json"): writer("2")})
    assert held(tmp_path) == {"a.csv": "1", "deep/a.json": "2"}


def broken(error: BaseException, file: Path) -> None:
    file.write_text("half")
    raise error


@pytest.mark.parametrize("error", [ValueError("x"), OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("old", [{}, {"a": "old a", "c": "old c"}])
def test_a_writer_that_fails_leaves_all_as_it_was(tmp_path, error, place, old):
    folder = tmp_path / "deep" / "er"
    if old:
        folder.mkdir(parents=True)
    for name, text in old.items():
        (folder / name).write_text(text)
    writers = {folder / name: writer(name) for name in "abc"}
    writers[list(writers)[place]] = partial(broken, error)
    with pytest.raises(type(error)) as raised:
        write_together(writers)
    if isinstance(error, OSError):
        assert raised.value.filename == str(folder / "abc"[place])
    assert held(tmp_path) == {f"deep/er/{name}": text for name, text in old.items()}
    assert old or list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("old", [(), ("a", "c"), ("a", "b", "c")])
def test_a_rename_that_fails_takes_those_before_it_back(tmp_path, monkeypatch, place, old):
    for name in old:
        (tmp_path / name).write_text("old")
    rename = Path.replace

    def full(self, target):
        if Path(target) == tmp_path / "abc"[place] and ".partial" in self.name:
            raise OSError(5, "Input/output error", str(self), None, str(target))
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match=f"Input/output error: '{tmp_path / 'abc'[place]}'"):
        write_together({tmp_path / name: writer("new") for name in "abc"})
    assert held(tmp_path) == dict.fromkeys(old, "old")


def test_a_folder_that_has_the_name_of_a_file_is_left_alone_and_named(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine").write_text("1")
    for write in (
        lambda: write_together({tmp_path / name: writer("new") for name in "abc"}),
        lambda: replacing(tmp_path / "b").__enter__(),
    ):
        with pytest.raises(IsADirectoryError, match=f"a folder has the name of the file to write: '{tmp_path / 'b'}'"):
            write()
    assert held(tmp_path) == {"b/mine": "1"}


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "out").write_text("1")
    with pytest.raises(OSError, match=str(tmp_path / "out")):
        write_together({tmp_path / "out" / "a": writer("2")})
    assert held(tmp_path) == {"out": "1"}
