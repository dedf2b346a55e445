"""Recorded runs: tables of runs that take too long to repeat, or whose numbers the documents quote."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from srop.data.catalogue import FORMER_NAMES
from srop.files import replacing
from srop.pipeline.io import csv_text, read_provenance, read_table, write_table
from srop.rolloff import rolloff_grid
from srop.statistics import DEAD_TREATMENTS

CONVENTIONS_KEPT = ("published", "printed")
"""The conventions that the long tables keep; ``backbones`` keeps no dead maps, ``digits`` keeps all conventions."""

SUMS = "SHA256SUMS"
"""The file of the hashes of a recorded run's other files, in the format of ``sha256sum``."""

_LONG = ("frog_epochs", "kappa", "backbones")
_OLD_NAMES = {"published": "half_pixel", "centred": "published"}
"""Until commit 18da5cb ``published`` meant rings half a pixel off DC, and rings about DC were ``centred``."""
_CHANNELS = 64
"""The channels of each layer in runs that lack the column ``channels``."""


def record(
    results: Path,
    into: Path,
    *,
    srops: Sequence[Path],
    tables: Sequence[Path],
    images: Sequence[Path] = (),
    parquet: Sequence[Path] = (),
    command: str,
    values: Mapping[str, Any],
    hardware: Mapping[str, Any],
) -> None:
    """Copy the tables of a finished run to the folder of recorded runs, with their origin.

    Args:
        results: The run's results, such as ``results/paper-mine``.
        into: The folder to write: ``tables/`` (the run's, those of variants as one, and its run times), ``srops/`` (the
            test images' SROPs as integers, see :func:`packed`), ``origin.json`` and :data:`SUMS`. Earlier contents are
            replaced.
        srops: The run's ``<case>/w<w>/srops.parquet``.
        tables: The run's tables with those of its variants; its folder may hold tables of other runs.
        images: Files ``images.parquet`` of backbones that are judged again later; they become one table without dead
            maps.
        parquet: The run's Parquet tables, whose commits ``origin.json`` names as well.
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
    own["runtime"] = results / "figures" / "runtime.csv"
    origins = [read_provenance(path) for path in srops]
    small = {"-".join(path.parts[-3:-1]): packed(_renamed(read_table(path))) for path in srops}
    if into.name.startswith("paper"):
        _refuse_a_mixture(into, small.values(), values)
    for old in [*into.glob("tables/*.csv"), *into.glob("srops/*.parquet"), *into.glob("images.parquet")]:
        old.unlink()
    for name, path in own.items():
        if path.is_file():
            # As text, so that numbers stay as they are written.
            table = _renamed(_text_of(path))
            if name in _LONG:
                table = table[table["convention"].isin(CONVENTIONS_KEPT)]
            if name == "backbones":
                table = table[(table["dead"] == "omit") & (table["curve"] == "layer")]
            _write_csv(table, into / "tables" / f"{name}.csv")
    variants = [path for path in tables if path.parts[-3] == "variants" and path.stem == "digits"]
    if variants:
        parts = [_text_of(path).assign(variant=path.parent.name) for path in variants]
        _write_csv(pd.concat(parts), into / "tables" / "variants.csv")
    for (setting, table), origin in zip(small.items(), origins, strict=True):
        write_table(table, into / "srops" / f"{setting}.parquet", provenance=origin)
    if images:
        image_srops = pd.concat([read_table(path) for path in images], ignore_index=True)
        image_srops = image_srops[(image_srops["dead"] == "omit") & image_srops["convention"].isin(CONVENTIONS_KEPT)]
        origins += [read_provenance(path) for path in images]
        write_table(image_srops, into / "images.parquet", provenance=origins[-1])
    origins += [read_provenance(path) for path in parquet if path not in {*srops, *images}]
    first = origins[0] if origins else {}
    contents = {
        "command": command,
        "commits": sorted({origin["commit"] or "unknown" for origin in origins}),
        "python": first.get("python"),
        "versions": first.get("versions"),
        "hardware": dict(hardware),
        "values": values,
    }
    with replacing(into / "origin.json") as temporary:
        temporary.write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")
    files = sorted(path for path in into.rglob("*.*") if path.is_file())
    with replacing(into / SUMS) as temporary:
        temporary.write_text("".join(f"{_sha256(path)}  {path.relative_to(into).as_posix()}\n" for path in files))


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def kept(run: Path, name: str) -> Path:
    """Give the path of a recorded run's file, after a check of its hash.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If its hash differs from the one in :data:`SUMS`.
    """
    path = run / name
    if f"{_sha256(path)}  {name}" not in (run / SUMS).read_text(encoding="utf-8").splitlines():
        raise ValueError(
            f"{path} was changed after it was recorded: its hash is not the one in {run / SUMS}; restore it with git"
        )
    return path


def _text_of(path: Path) -> pd.DataFrame:
    """Read a table with its cells as its export shows them."""
    text = path.read_text(encoding="utf-8") if path.suffix == ".csv" else csv_text(read_table(path))
    return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)


def _refuse_a_mixture(into: Path, tables: Iterable[pd.DataFrame], values: Mapping[str, Any]) -> None:
    networks = {tuple(key) for table in tables for key in table[["case", "w", "seed"]].drop_duplicates().to_numpy()}
    for file in sorted(into.parent.glob("paper*/origin.json")):
        if file.parent.name == into.name:
            continue
        if _current(origin(file.parent)["values"]["digits"]) != _current(values["digits"]):
            raise ValueError(
                f"{into.name} has other values than {file.parent.name}, and the ledger judges all runs "
                "whose names begin with paper as one; record this run under another name"
            )
        for path in file.parent.glob("srops/*.parquet"):
            held = pd.read_parquet(
                kept(file.parent, f"srops/{path.name}"), columns=["case", "w", "seed"]
            ).drop_duplicates()
            if double := networks & {tuple(key) for key in held.to_numpy()}:
                case, w, seed = min(double)
                raise ValueError(
                    f"{file.parent.name} holds {case}, w = {w:g}, seed {seed} already; leave that network out"
                )


def _current(digits: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values that decide the digits' numbers, with the present name of their data set."""
    data = digits.get("data", {})
    names = FORMER_NAMES["digits"]
    own = {key: value for key, value in digits.items() if key != "networks"}
    return {**own, "data": {**data, "source": names.get(data.get("source"), data.get("source"))}}


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
    keys = ["case", "w", "seed", "image", "label", "with_frog"]
    columns = {}
    for layer in srops["layer"].unique():
        for name in CONVENTIONS_KEPT:
            rows = srops[(srops["layer"] == layer) & (srops["convention"] == name)]
            one, omit = (rows[rows["dead"] == treatment].set_index(keys) for treatment in DEAD_TREATMENTS)
            if omit.empty:
                continue
            size = int(omit["size"].iloc[0])
            unit = rolloff_grid(size, convention=name)[1]
            maps = omit["channels"].to_numpy() if "channels" in omit else np.full(len(omit), _CHANNELS)
            dead, out = (np.rint(omit[share].to_numpy() * maps) for share in ("dead_share", "out_of_band_share"))
            sums = np.nan_to_num(omit["srop"].to_numpy(np.float64)) * unit * (maps - dead - out)
            rings = np.rint(sums)
            again = _mean(rings + unit * dead, unit * (maps - out))
            if np.abs(sums - rings).max() > 0.01 or not np.allclose(again, one["srop"], atol=1e-6, equal_nan=True):
                raise ValueError(f"SROPs of {layer} under {name} are not means of rings over {maps[0]} maps")
            columns |= {(layer, "size"): np.full(len(omit), size), (layer, "maps"): maps, (layer, "dead"): dead}
            columns |= {(layer, name, "out"): out, (layer, name, "rings"): rings}
            index = omit.index
    small = {"|".join(column): values.astype(np.uint16) for column, values in columns.items()}
    return pd.DataFrame(small, index=index).reset_index()


def unpacked(table: pd.DataFrame) -> pd.DataFrame:
    """Unpack a table of :func:`packed`; SROPs are equal up to float32's rounding, and ``half_pixel`` is missing."""
    keys = ["case", "w", "seed", "image", "label", "with_frog"]
    means, shares, names = [], [], []
    for column in table.filter(like="|rings"):
        layer, name, _ = column.split("|")
        size, maps, dead = (table[f"{layer}|{what}"].to_numpy(np.float64) for what in ("size", "maps", "dead"))
        out = table[f"{layer}|{name}|out"].to_numpy(np.float64)
        unit = rolloff_grid(int(size[0]), convention=name)[1]
        rings = table[column].to_numpy(np.float64)
        means += [_mean(rings + unit * dead, unit * (maps - out)), _mean(rings, unit * (maps - dead - out))]
        shares += [(dead / maps, out / maps, size.astype(int))] * len(DEAD_TREATMENTS)
        names += [(layer, name, treatment) for treatment in DEAD_TREATMENTS]
    whole = pd.concat([table[keys]] * len(names), ignore_index=True)
    # Categories, since there are few different words in millions of rows.
    for column, words in zip(("layer", "convention", "dead"), zip(*names, strict=True), strict=True):
        known = list(dict.fromkeys(words))
        codes = np.repeat([known.index(word) for word in words], len(table))
        whole[column] = pd.Categorical.from_codes(codes, known)
    columns = [np.concatenate(parts) for parts in zip(*shares, strict=True)]
    dead_share, out_of_band_share, size = columns
    return whole.assign(
        srop=np.concatenate(means), dead_share=dead_share, out_of_band_share=out_of_band_share, size=size
    )


def _mean(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def _renamed(table: pd.DataFrame) -> pd.DataFrame:
    """Replace former names of conventions."""
    if "convention" not in table or "centred" not in set(table["convention"]):
        return table
    return table.assign(convention=table["convention"].replace(_OLD_NAMES))


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
        keys = {"case", "w", "seed"} & set(table)
        networks = table[[*keys, "run"]].drop_duplicates() if keys else table[:0]
        if (double := networks[networks.duplicated(list(keys))]).size:
            raise ValueError(f"{name}: two runs hold the network {double.iloc[0].to_dict()}; leave one of them out")
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
