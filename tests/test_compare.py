"""The comparison of two folders of results."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from srop.pipeline.compare import differences, main
from srop.pipeline.io import write_table

TABLE = pd.DataFrame({"layer": ["a", "b"], "mean": [0.5, np.nan]})
LEDGER = pd.DataFrame({"id": ["4-low"], "verdict": ["mixed"], "ours": [0.5], "note": ["words"]})


def write(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False) if path.suffix == ".csv" else write_table(table, path)


@pytest.fixture
def folders(tmp_path):
    for name in ("one", "other"):
        write(TABLE, tmp_path / name / "tables" / "digits.csv")
        write(TABLE, tmp_path / name / "digits" / "srops.parquet")
        write(LEDGER, tmp_path / name / "tables" / "claims.csv")
        write(pd.DataFrame({"minutes": [len(name)]}), tmp_path / name / "figures" / "runtime.csv")
    return tmp_path / "one", tmp_path / "other"


def test_the_same_numbers(folders, capsys):
    write(LEDGER.assign(note="other words"), folders[1] / "tables" / "claims.csv")
    assert main([str(folder) for folder in folders]) == 0
    assert capsys.readouterr().out == "nothing differs\n"


@pytest.mark.parametrize(
    ("path", "table", "column", "message"),
    [
        ("tables/digits.csv", TABLE.fillna(0.25), "mean", "row 1: nan and 0.25"),
        ("tables/digits.csv", TABLE[:1], None, "2 rows and 1"),
        ("digits/srops.parquet", TABLE.assign(mean=[0.5, 0.6]), "mean", "row 1: nan and 0.6"),
        ("digits/srops.parquet", TABLE.assign(layer=["a", "c"]), "layer", "row 1: b and c"),
        ("digits/srops.parquet", TABLE.astype({"mean": "float32"}), None, "types of mean"),
        ("digits/srops.parquet", TABLE.rename(columns={"mean": "median"}), None, "columns mean, median"),
        ("tables/claims.csv", LEDGER.assign(verdict="reproduced"), "verdict", "row 0: mixed and reproduced"),
        ("tables/claims.csv", LEDGER.assign(ours=0.6), "ours", "row 0: 0.5 and 0.6"),
    ],
)
def test_a_difference_is_named(folders, path, table, column, message, capsys):
    write(table, folders[1] / path)
    (row,) = differences(*folders).astype(object).replace({np.nan: None}).itertuples()
    assert (row.table, row.column, row.first) == (path, column, message)
    assert main([str(folder) for folder in folders]) == 1
    assert message in capsys.readouterr().out


def test_the_largest_difference_of_a_column(folders):
    """Infinite where one value is no number."""
    path = folders[1] / "tables" / "digits.csv"
    write(TABLE.assign(mean=[0.25, np.nan]), path)
    (row,) = differences(*folders).itertuples()
    assert (row.rows, row.differ, row.largest) == (2, 0.5, 0.25)
    write(TABLE.fillna(0.25), path)
    assert differences(*folders)["largest"].tolist() == [np.inf]


def test_a_missing_table_and_an_empty_folder(folders, tmp_path):
    (folders[0] / "tables" / "digits.csv").unlink()
    (row,) = differences(*folders).itertuples()
    assert (row.table, row.first) == ("tables/digits.csv", f"only in {folders[1]}")
    with pytest.raises(FileNotFoundError, match="holds no table"):
        differences(folders[0], tmp_path / "nowhere")
