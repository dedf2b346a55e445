"""Recorded runs: tables of runs that take too long to repeat, or whose numbers the documents quote."""

import json
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from srop.data.catalogue import FORMER_NAMES
from srop.files import sha256_of
from srop.pipeline.io import csv_text, read_provenance, read_table, write_json, write_table, write_text
from srop.rolloff import rolloff_grid
from srop.statistics import DEAD_TREATMENTS

CONVENTIONS_KEPT = ("published", "printed")
"""The conventions that the long tables keep; ``backbones`` keeps no dead maps, ``digits`` keeps all conventions."""

SUMS = "SHA256SUMS"
"""The file of the hashes of a recorded run's other files, in the format of ``sha256sum``."""

_LONG = ("frog_epochs", "kappa", "backbones")
_NETWORK = ["case", "w", "seed"]
_IMAGE = [*_NETWORK, "image", "label", "with_frog"]
_STATISTICS = ["median", "lower_quartile", "upper_quartile", "std", "dead_share", "out_of_band_share"]
_UNREAD = {
    "channels": [*_STATISTICS, "channel", "module", "images", "size", "reference", "depth"],
    "backbones": ["std", "out_of_band_share", "module"],
}
"""Columns of evidence that the ledger does not read, and that would be most of it."""

_CHANNELS = 64
"""The channels of each layer of the digit network that gives maps."""


def record(
    results: Path,
    into: Path,
    *,
    srops: Sequence[Path],
    tables: Sequence[Path],
    parquet: Sequence[Path] = (),
    evidence: Mapping[str, Sequence[Path]] | None = None,
    command: str,
    values: Mapping[str, Any],
    hardware: Mapping[str, Any],
) -> None:
    """Copy the tables of a finished run to the folder of recorded runs, with their origin.

    Args:
        results: The run's results, such as ``results/paper-mine``.
        into: The folder to write: ``tables/`` (the run's tables, one table of all variants, and the run times),
            ``srops/`` (the test images' SROPs as integers, see :func:`packed`), ``evidence/``, ``origin.json`` and
            :data:`SUMS`. Earlier contents are replaced.
        srops: The run's ``<case>/w<w>/srops.parquet``.
        tables: The run's tables with those of its variants; its folder may hold tables of other runs.
        parquet: The run's Parquet tables, whose commits ``origin.json`` names as well.
        evidence: By name, the parts of further tables from which the ledger judges: the curves of the benchmark pool,
            single images, channels. They are kept as Parquet in single precision.
        command: The command that made the run.
        values: The values of the run, for ``origin.json``.
        hardware: The machine of the run, as :func:`srop.pipeline.provenance.hardware` gives it.

    Raises:
        FileNotFoundError: If the results hold no table.
        ValueError: If the run is judged together with others (its name begins with ``paper``), and its values differ
            from theirs, or one of its networks is recorded already.
    """
    own = {path.stem: path for path in tables if path.parent == results / "tables"}
    if not own:
        raise FileNotFoundError(f"{results}/tables holds no table; run the pipeline first")
    origins = [read_provenance(path) for path in srops]
    small = {"-".join(path.parts[-3:-1]): packed(read_table(path)) for path in srops}
    if into.name.startswith("paper"):
        _refuse_a_mixture(into, small.values(), values)
    for old in [*into.glob("tables/*.csv"), *into.glob("srops/*.parquet"), *into.glob("evidence/*.parquet")]:
        old.unlink()
    texts = {}
    for name, path in own.items():
        texts[name] = csv_text(kept_rows(name, read_table(path)))
    if variants := [path for path in tables if path.parts[-3] == "variants" and path.stem == "digits"]:
        texts["variants"] = csv_text(
            pd.concat([read_table(path).assign(variant=path.parent.name) for path in variants])
        )
    if (times := results / "figures" / "runtime.csv").is_file():
        texts["runtime"] = times.read_text(encoding="utf-8")
    for name, text in texts.items():
        write_text(text, into / "tables" / f"{name}.csv")
    for (setting, table), origin in zip(small.items(), origins, strict=True):
        write_table(table, into / "srops" / f"{setting}.parquet", provenance=origin)
    for name, paths in (evidence or {}).items():
        table = pd.concat([read_table(path) for path in paths])
        table = table[[column for column in table if column not in _UNREAD.get(name, ())]]
        write_table(_single_precision(table), into / "evidence" / f"{name}.parquet")
    origins += [read_provenance(path) for path in parquet if path not in srops]
    first = origins[0] if origins else {}
    contents = {
        "command": command,
        "commits": sorted({origin["commit"] or "unknown" for origin in origins}),
        "python": first.get("python"),
        "versions": first.get("versions"),
        "hardware": dict(hardware),
        "values": values,
    }
    write_json(contents, into / "origin.json")
    _write_sums(into)


def _single_precision(table: pd.DataFrame) -> pd.DataFrame:
    floats = table.select_dtypes("float64").columns
    words = [name for name in table if not is_numeric_dtype(table[name])]
    return table.astype(dict.fromkeys(floats, "float32") | dict.fromkeys(words, "category"))


def _write_sums(run: Path) -> None:
    files = sorted(path for path in run.rglob("*.*") if path.is_file())
    write_text("".join(f"{sha256_of(path)}  {path.relative_to(run).as_posix()}\n" for path in files), run / SUMS)


def renew_ledger(run: Path, claims: pd.DataFrame, settings: pd.DataFrame, *, order: Sequence[str]) -> None:
    """Put rows of claims that were judged anew into the ledger of a recorded run.

    Args:
        run: The folder of the recorded run.
        claims: The new rows, as :func:`srop.ledger.judge.ledger` gives them; all older rows of these claims go.
        settings: Their settings.
        order: The ids of all claims, in the ledger's order.

    Raises:
        FileNotFoundError: If the run has no ledger.
        ValueError: If the ledger was changed after it was recorded.
    """
    renewed = {*claims["id"]}
    for name, rows in (("claims", claims), ("claims-settings", settings)):
        file = kept(run, f"tables/{name}.csv")
        # As text, so that no other row changes.
        old = pd.read_csv(file, dtype=str, keep_default_na=False)
        new = pd.read_csv(StringIO(csv_text(rows)), dtype=str, keep_default_na=False)
        table = pd.concat([old[~old["id"].isin(renewed)], new]).fillna("")
        places = table["id"].map({id: place for place, id in enumerate(order)})
        write_text(csv_text(table.iloc[places.argsort(kind="stable")]), file)
    _write_sums(run)


def kept_rows(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Cut a table to the rows that a recorded run keeps.

    Args:
        name: The table's name, such as ``kappa``.
        table: The table; one that is cut already stays as it is.

    Example:
        >>> kept_rows("kappa", pd.DataFrame({"convention": ["published", "half_pixel"]}))["convention"].tolist()
        ['published']
    """
    if name in _LONG and "convention" in table:
        table = table[table["convention"].isin(CONVENTIONS_KEPT)]
    if name == "backbones" and {"dead", "curve"} <= {*table}:
        table = table[(table["dead"] == "omit") & (table["curve"] == "layer")]
    return table


def kept(run: Path, name: str) -> Path:
    """Give the path of a recorded run's file, after a check of its hash.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If its hash differs from the one in :data:`SUMS`.
    """
    path = run / name
    if f"{sha256_of(path)}  {name}" not in (run / SUMS).read_text(encoding="utf-8").splitlines():
        raise ValueError(
            f"{path} was changed after it was recorded: its hash is not the one in {run / SUMS}; restore it with git"
        )
    return path


def _refuse_a_mixture(into: Path, tables: Iterable[pd.DataFrame], values: Mapping[str, Any]) -> None:
    own = pd.concat(tables)[_NETWORK].drop_duplicates()
    for run in sorted(file.parent for file in into.parent.glob("paper*/origin.json") if file.parent != into):
        if _current(origin(run)["values"]["digits"]) != _current(values["digits"]):
            raise ValueError(
                f"{into.name} has other values than {run.name}, and the ledger judges all runs whose names begin with "
                "paper as one; record this run under another name"
            )
        files = [kept(run, f"srops/{path.name}") for path in run.glob("srops/*.parquet")]
        held = pd.concat([pd.read_parquet(file, columns=_NETWORK) for file in files])
        for case, w, seed in own.merge(held.drop_duplicates()).itertuples(index=False):
            raise ValueError(f"{run.name} holds {case}, w = {w:g}, seed {seed} already; leave that network out")


def _current(digits: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values that decide the digits' numbers, with the present name of their data set."""
    data = digits.get("data", {})
    source = digits["data"]["source"]
    data = {**digits["data"], "source": FORMER_NAMES["digits"].get(source, source)}
    return {**digits, "data": data, "networks": None}


def packed(srops: pd.DataFrame) -> pd.DataFrame:
    r"""Pack the SROPs of one case and w as integers, which are exact and small.

    The mean of SROPs k/m over n live maps is the sum of their rings k, divided by n m; a dead map may count as m/m.

    Args:
        srops: What ``measure_digits`` writes.

    Returns:
        A row per seed and image (-1: the frog alone): ``case``, ``w``, ``seed``, ``image``, ``label``, ``with_frog``;
        for each layer ``<layer>|size`` (edge length of the maps), ``<layer>|maps`` and ``<layer>|dead`` (how many);
        and for each layer and convention ``<layer>|<convention>|out`` (maps out of band) and
        ``<layer>|<convention>|rings`` (sum of the rings of the others).

    Raises:
        ValueError: If an SROP is not a mean of rings.
    """
    columns = {}
    for layer in srops["layer"].unique():
        for name in CONVENTIONS_KEPT:
            rows = srops[(srops["layer"] == layer) & (srops["convention"] == name)]
            one, omit = (rows[rows["dead"] == treatment].set_index(_IMAGE) for treatment in DEAD_TREATMENTS)
            if omit.empty:
                continue
            size = int(omit["size"].iloc[0])
            unit = rolloff_grid(size, convention=name)[1]
            maps = np.full(len(omit), _CHANNELS)
            dead, out = (np.rint(omit[share].to_numpy() * maps) for share in ("dead_share", "out_of_band_share"))
            sums = np.nan_to_num(omit["srop"].to_numpy(np.float64)) * unit * (maps - dead - out)
            rings = np.rint(sums)
            again = _mean(rings + unit * dead, unit * (maps - out))
            if np.abs(sums - rings).max() > 0.01 or not np.allclose(again, one["srop"], atol=1e-6, equal_nan=True):
                raise ValueError(f"SROPs of {layer} under {name} are not means of rings over {_CHANNELS} maps")
            columns |= {(layer, "size"): np.full(len(omit), size), (layer, "maps"): maps, (layer, "dead"): dead}
            columns |= {(layer, name, "out"): out, (layer, name, "rings"): rings}
            index = omit.index
    small = {"|".join(column): values.astype(np.uint16) for column, values in columns.items()}
    return pd.DataFrame(small, index=index).reset_index()


def unpacked(table: pd.DataFrame) -> pd.DataFrame:
    """Unpack a table of :func:`packed`; SROPs are equal up to float32's rounding, and ``half_pixel`` is missing."""
    frames = []
    for column in table.filter(like="|rings"):
        layer, name, _ = column.split("|")
        size, maps, dead = (table[f"{layer}|{what}"].to_numpy(np.float64) for what in ("size", "maps", "dead"))
        out, rings = (table[f"{layer}|{name}|{what}"].to_numpy(np.float64) for what in ("out", "rings"))
        unit = rolloff_grid(int(size[0]), convention=name)[1]
        shares = {"dead_share": dead / maps, "out_of_band_share": out / maps, "size": size.astype(int)}
        frame = table[_IMAGE].assign(layer=layer, convention=name, **shares)
        frames.append(frame.assign(dead="one", srop=_mean(rings + unit * dead, unit * (maps - out))))
        frames.append(frame.assign(dead="omit", srop=_mean(rings, unit * (maps - dead - out))))
    # Categories, since there are few different words in millions of rows.
    return pd.concat(frames, ignore_index=True).astype(dict.fromkeys(["layer", "convention", "dead"], "category"))


def _mean(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def read_recorded(runs: Sequence[Path], tables: Sequence[str], *, settings: str = "*") -> dict[str, pd.DataFrame]:
    """Read the same tables of several recorded runs as one, with a column ``run``.

    Args:
        runs: The folders of the runs.
        tables: Names of tables; ``"srops"`` is one of them.
        settings: Which SROPs to read, such as ``none-w0``.

    Raises:
        ValueError: If two runs hold the same network.
    """
    read = {name: pd.concat([_run_table(run, name, settings) for run in runs], ignore_index=True) for name in tables}
    for name, table in read.items():
        keys = {*_NETWORK} & set(table)
        networks = table[[*keys, "run"]].drop_duplicates() if keys else table[:0]
        if (double := networks[networks.duplicated(list(keys))]).size:
            raise ValueError(f"{name}: two runs hold the network {double.iloc[0].to_dict()}; leave one of them out")
        if not keys:
            # No network makes it, as the spectra of images, and each run has it.
            read[name] = table.drop_duplicates([column for column in table if column != "run"], ignore_index=True)
    return read


def _run_table(run: Path, name: str, settings: str) -> pd.DataFrame:
    if name == "srops":
        parts = [
            unpacked(pd.read_parquet(kept(run, f"srops/{path.name}")))
            for path in sorted(run.glob(f"srops/{settings}.parquet"))
        ]
        return pd.concat([pd.DataFrame(), *parts], ignore_index=True).assign(run=run.name)
    if name == "images":
        return pd.read_parquet(kept(run, "images.parquet")).assign(run=run.name)
    return pd.read_csv(kept(run, f"tables/{name}.csv")).assign(run=run.name)


def origin(run: Path) -> dict[str, Any]:
    """Read the origin of a recorded run."""
    return json.loads(kept(run, "origin.json").read_text(encoding="utf-8"))
