"""Results that were damaged, cut or edited are refused where they are read, by name and with what repairs them."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from srop.files import replacing
from srop.pipeline.io import (
    export_table,
    read_provenance,
    read_table,
    read_tensors,
    write_table,
    write_tensors,
)
from srop.pipeline.seal import BLANK, closed, digest_of, seal_of

TABLE = pd.DataFrame({"case": ["case1", "case2"] * 40, "srop": [0.25, 0.75] * 40})
WRITERS = {
    "table.parquet": lambda path: write_table(TABLE, path, provenance={"commit": "abc"}),
    "exported.parquet": lambda path: export_table(TABLE, path),
    "model.safetensors": lambda path: write_tensors({"weight": torch.arange(60.0)}, path),
}
READERS = {".parquet": read_table, ".safetensors": read_tensors}


@pytest.fixture(scope="module", params=WRITERS)
def file(request, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("my results") / request.param
    WRITERS[request.param](path)
    return path


def read(path: Path) -> object:
    return READERS[path.suffix](path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_one_byte_changed_or_any_part_cut_is_refused(file, data):
    content = file.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    flip = data.draw(st.integers(0, 255))
    changed = content[:place] + bytes([content[place] ^ flip]) + content[place + 1 :] if flip else content[:place]
    read(file)
    file.write_bytes(changed)
    try:
        with pytest.raises(ValueError, match=rf"{file.name} .*--forcerun '.*my results.*/{file.name}'$"):
            read(file)
    finally:
        file.write_bytes(content)


def test_what_another_program_wrote_is_refused(tmp_path):
    TABLE.to_parquet(tmp_path / "table.parquet")
    save_file({"weight": torch.arange(6.0)}, tmp_path / "model.safetensors")
    for name in ("table.parquet", "model.safetensors"):
        with pytest.raises(ValueError, match=f"{name} bears no seal: .*another program.*--forcerun"):
            read(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"5", bytes([255] * 32), (2**62).to_bytes(8, "little"), b"[]"])
@pytest.mark.parametrize("name", ["a.safetensors", "a.parquet"])
def test_a_damaged_file_does_not_say_what_made_it(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert seal_of(tmp_path / name) == {}


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_missing_is_named_with_the_way_out(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=rf"{name} is missing; .*--forcerun"):
        read(tmp_path / name)


def test_seals_leave_what_was_written(tmp_path):
    """Also where the content holds what looks like a digest."""
    table = pd.DataFrame({"hash": ["0" * 64, "a" * 64]})
    write_table(table, tmp_path / "table.parquet", provenance={"sha256": ["0" * 64]})
    assert read_table(tmp_path / "table.parquet").equals(table)
    assert read_provenance(tmp_path / "table.parquet") == {"sha256": ["0" * 64]}
    tensors = {"zeros": torch.full((200,), ord("0"), dtype=torch.uint8)}
    write_tensors(tensors, tmp_path / "model.safetensors")
    assert torch.equal(read_tensors(tmp_path / "model.safetensors")["zeros"], tensors["zeros"])
    with pytest.raises(ValueError, match="does not bear one blank seal"):
        closed(2 * BLANK.encode())


def test_a_seal_says_which_stage_wrote_the_file(tmp_path):
    code = (
        "import pandas as pd; from srop.pipeline.io import write_table; from srop.pipeline.seal import made_by\n"
        "made_by('mine', {'values': {'a': 1}})\n"
        "write_table(pd.DataFrame({'x': [1]}), 'table.parquet')"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    seal = json.loads(pq.read_metadata(tmp_path / "table.parquet").metadata[b"seal"])
    assert (seal["stage"], seal["tracked"]) == ("mine", digest_of({"values": {"a": 1}}))


def test_files_have_the_mode_that_the_umask_gives(tmp_path):
    before = os.umask(0o027)
    try:
        for name, write in WRITERS.items():
            write(tmp_path / name)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes) == {*WRITERS, "exported.csv"}
    assert set(modes.values()) == {0o640}


def test_two_processes_write_temporary_files_of_their_own(tmp_path):
    code = "from srop.files import replacing\nwith replacing('a.csv') as path: print(path)"
    names = {
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True).stdout for _ in "ab"
    }
    assert len(names) == 2
    # Nothing was written: the rename fails, and says of what.
    with pytest.raises(FileNotFoundError, match=r"a\.csv"), replacing(tmp_path / "a.csv"):
        pass


def test_a_full_disk_names_the_file(tmp_path):
    """The system's own error, of a file that may not grow."""
    code = (
        "import resource, signal, torch; from srop.pipeline.io import write_tensors\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_tensors({'a': torch.zeros(5000)}, 'model.safetensors')"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "OSError: [Errno 27] File too large: 'model.safetensors'" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_recorded_runs_are_checked(tmp_path):
    from srop.ledger.recorded import kept, record

    export_table(TABLE, tmp_path / "mine" / "tables" / "speed.parquet")
    into = tmp_path / "recorded" / "mine"
    record(
        tmp_path / "mine",
        into,
        srops=[],
        tables=sorted((tmp_path / "mine").glob("tables/*.parquet")),
        command="",
        values={},
        hardware={},
    )
    assert pd.read_csv(kept(into, "tables/speed.csv")).equals(TABLE)
    table = into / "tables" / "speed.csv"
    table.write_text(table.read_text().replace("0.25", "0.26", 1))
    with pytest.raises(ValueError, match=r"speed\.csv was changed after it was recorded.*SHA256SUMS"):
        kept(into, "tables/speed.csv")
