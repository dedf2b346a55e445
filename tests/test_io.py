"""Tables, tensors and figures are read as they were written."""

import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from srop.pipeline.io import (
    export_table,
    read_run_times,
    read_table,
    read_tables,
    read_tensors,
    write_figure,
    write_markdown,
    write_table,
    write_tensors,
)
from srop.pipeline.seal import made_by
from srop.report.run_times import run_times


def test_tables(tmp_path):
    table = pd.DataFrame({"case": ["case1"], "srop": [1 / 3]})
    export_table(table, tmp_path / "deep" / "table.parquet")
    assert (tmp_path / "deep" / "table.csv").read_text() == "case,srop\ncase1,0.333333\n"
    # Other stages work with the numbers that people see.
    assert read_table(tmp_path / "deep" / "table.parquet")["srop"].tolist() == [0.333333]
    write_table(table, tmp_path / "table.parquet")
    assert read_tables([tmp_path / "table.parquet"] * 2)["srop"].tolist() == [1 / 3, 1 / 3]


def test_tensors_and_their_damage(tmp_path):
    path = tmp_path / "model.safetensors"
    tensors = {"a": torch.arange(6).reshape(2, 3).T}
    write_tensors(tensors, path)
    assert torch.equal(read_tensors(path)["a"], tensors["a"])
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ValueError, match=r"model.safetensors is .*--forcerun"):
        read_tensors(path)


def test_figures_are_the_same_bytes_each_time(tmp_path):
    from srop.style import style

    style()
    for stem in ("a", "b"):
        figure = Figure()
        figure.subplots().plot([0, 1], [1, 0])
        write_figure(figure, tmp_path / stem)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_layout_that_differs_in_its_last_digits_gives_the_same_bytes(tmp_path):
    """As the solver of the layout does from run to run, and clip paths are named by positions."""
    for stem, jitter in (("a", 0.0), ("b", 1e-9)):
        figure = Figure(layout="none")
        axes = figure.subplots(1, 2)
        for ax in axes:
            ax.plot([0, 1], [1, 0])
            left, bottom, width, height = ax.get_position().bounds
            ax.set_position([left + jitter, bottom - jitter, width, height + jitter])
        write_figure(figure, tmp_path / stem)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_markdown_keeps_text_as_it_is(tmp_path):
    table = pd.DataFrame({"section": ["5.1"], "ours": ["0.02"], "mean": [0.12345], "count": [3]})
    write_markdown(table, tmp_path / "table.md")
    last = (tmp_path / "table.md").read_text().splitlines()[-1]
    assert [cell.strip() for cell in last.strip("|").split("|")] == ["5.1", "0.02", "0.123", "3"]


def test_run_times_of_rules_and_of_their_jobs(tmp_path):
    for name, line in {"claims": "60.0\t-", "train/a/x": "30.0\t12", "train/b/x": "120.0\t48"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.tsv").write_text(f"s\tcpu_time\n{line}\n")
    times = run_times(read_run_times(tmp_path))
    assert times.to_dict("list") == {
        "rule": ["train", "claims"],
        "jobs": [2, 1],
        "minutes": [2.5, 1.0],
    }
    with pytest.raises(FileNotFoundError, match="holds no benchmark file"):
        read_run_times(tmp_path / "train" / "nowhere")


def test_run_times_of_jobs_that_are_gone_are_left_out(tmp_path):
    for name in ("train/seed0.tsv", "train/seed1.tsv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("s\n2.0\n")
    assert len(read_run_times(tmp_path)) == 2
    assert len(read_run_times(tmp_path, [str(tmp_path / "train/seed1.tsv")])) == 1


def test_tables_of_other_values_are_not_joined(tmp_path, monkeypatch):
    monkeypatch.setattr("srop.pipeline.seal._MADE_BY", {})
    table = pd.DataFrame({"value": [1.0]})
    for epochs in (1, 2, 2):
        made_by("train", {"values": {"epochs": epochs}})
        write_table(table, tmp_path / f"{epochs}.parquet")
        write_table(table, tmp_path / f"{epochs}-again.parquet")
    assert len(read_tables([tmp_path / "2.parquet", tmp_path / "2-again.parquet"])) == 2
    message = r"1\.parquet and .*2\.parquet were made by train under different values .*--forcerun .*1\.parquet .*2"
    with pytest.raises(ValueError, match=message):
        read_tables([tmp_path / "1.parquet", tmp_path / "2.parquet"])


def test_tables_of_several_architectures_are_joined_if_all_else_is_equal(tmp_path, monkeypatch):
    monkeypatch.setattr("srop.pipeline.seal._MADE_BY", {})
    table = pd.DataFrame({"value": [1.0]})
    for name, images in (("a", 2), ("b", 2), ("c", 3)):
        tracked = {"values": {"images": images, "architecture": {"model": name}}, "code": {"script": "x"}}
        made_by("measure", tracked)
        write_table(table, tmp_path / f"{name}.parquet", provenance=tracked)
    assert len(read_tables([tmp_path / "a.parquet", tmp_path / "b.parquet"])) == 2
    with pytest.raises(ValueError, match="different values"):
        read_tables([tmp_path / "a.parquet", tmp_path / "c.parquet"])


@pytest.mark.parametrize("other", [{"code": {"train": "y"}}, {"digits": "b"}, {"values": {"epochs": 2}}])
def test_tables_that_were_taken_are_joined_by_the_origin_that_they_had(tmp_path, monkeypatch, other):
    """The stage that takes them is one and the same, whoever trained their networks."""
    monkeypatch.setattr("srop.pipeline.seal._MADE_BY", {})
    made_by("take", {})
    origin = {"values": {"epochs": 1}, "code": {"train": "x"}, "digits": "a"}
    for name, more in (("a", {}), ("b", {"commit": "another, of the same code"}), ("c", other)):
        write_table(pd.DataFrame({"x": [1]}), tmp_path / f"{name}.parquet", provenance=origin | more)
    assert len(read_tables([tmp_path / "a.parquet", tmp_path / "b.parquet"])) == 2
    with pytest.raises(
        ValueError, match=r"a\.parquet and .*c\.parquet were made by take under different values or code"
    ):
        read_tables([tmp_path / "a.parquet", tmp_path / "c.parquet"])
