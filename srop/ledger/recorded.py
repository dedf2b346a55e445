"""Recorded runs: tables of runs that are too long to repeat, or whose numbers the documents quote."""

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
"""Conventions of the long tables, ``backbones`` with dead maps left out; ``digits`` keeps all that were measured."""

SUMS = "SHA256SUMS"
"""Of all other files of a recorded run, as ``sha256sum`` writes and checks them."""

_LONG = ("frog_epochs", "kappa", "backbones")
_OLD_NAMES = {"published": "half_pixel", "centred": "published"}
"""Until commit 18da5cb ``published`` meant rings half a pixel beside DC, and rings about DC were ``centred``."""
_CHANNELS = 64
"""Of each layer that the digit experiments measure; runs before ``channels`` was a column had no others."""


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
    """Copy the tables of a finished run to where they are kept, with what they come from.

    Args:
        results: The run's results, such as ``results/paper-mine``.
        into: The folder to write: ``tables/`` (the run's, those of variants as one, and its run times), ``srops/`` (the
            test images' SROPs as integers, see :func:`packed`), ``origin.json`` and :data:`SUMS`. What it held before
            is replaced.
        srops: The run's ``<case>/w<w>/srops.parquet``.
        tables: The run's tables, those of its variants among them; others that lie in its folder are not its own.
        images: The ``images.parquet`` of backbones that are to be judged again, which become one table; with dead maps
            left out.
        parquet: The run's Parquet tables, whose commits ``origin.json`` names, too.
        command: That made the run.
        values: Of the run, for ``origin.json``.
        hardware: On which it ran, as :func:`srop.pipeline.provenance.hardware` gives it.

    Raises:
        FileNotFoundError: If the results hold no table.
        ValueError: If the run is to be judged together with others (its name begins with ``paper``), and its values
            differ from theirs, or one of its networks is recorded already.
    """
    own = {path.stem: path for path in tables if path.parent == results / "tables"}
    if not own:
        raise FileNotFoundError(f"{results}/tables holds no table; run the pipeline first")
    own["runtime"] = results / "figures" / "runtime.csv"
    made_by = [read_provenance(path) for path in srops]
    small = {"-".join(path.parts[-3:-1]): packed(_renamed(read_table(path))) for path in srops}
    if into.name.startswith("paper"):
        _refuse_a_mixture(into, small.values(), values)
    for old in [*into.glob("tables/*.csv"), *into.glob("srops/*.parquet"), *into.glob("images.parquet")]:
        old.unlink()
    for name, path in own.items():
        if path.is_file():
            # As text, so that what is kept is kept as it stands.
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
    for (setting, table), origin in zip(small.items(), made_by, strict=True):
        write_table(table, into / "srops" / f"{setting}.parquet", provenance=origin)
    if images:
        of_images = pd.concat([read_table(path) for path in images], ignore_index=True)
        of_images = of_images[(of_images["dead"] == "omit") & of_images["convention"].isin(CONVENTIONS_KEPT)]
        made_by += [read_provenance(path) for path in images]
        write_table(of_images, into / "images.parquet", provenance=made_by[-1])
    made_by += [read_provenance(path) for path in parquet if path not in {*srops, *images}]
    one = made_by[0] if made_by else {}
    said = {
        "command": command,
        "commits": sorted({origin["commit"] or "unknown" for origin in made_by}),
        "python": one.get("python"),
        "versions": one.get("versions"),
        "hardware": dict(hardware),
        "values": values,
    }
    with replacing(into / "origin.json") as temporary:
        temporary.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    files = sorted(path for path in into.rglob("*.*") if path.is_file())
    with replacing(into / SUMS) as temporary:
        temporary.write_text("".join(f"{_sha256(path)}  {path.relative_to(into).as_posix()}\n" for path in files))


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def kept(run: Path, name: str) -> Path:
    """Give a file of a recorded run, if it is as it was recorded.

    Raises:
        FileNotFoundError: If it is missing.
        ValueError: If it is another than :data:`SUMS` says.
    """
    path = run / name
    if f"{_sha256(path)}  {name}" not in (run / SUMS).read_text(encoding="utf-8").splitlines():
        raise ValueError(
            f"{path} is not as it was recorded: {run / SUMS} says otherwise; take it anew from the repository"
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
                "whose name begins with paper as one; record it under another name"
            )
        for path in file.parent.glob("srops/*.parquet"):
            held = pd.read_parquet(
                kept(file.parent, f"srops/{path.name}"), columns=["case", "w", "seed"]
            ).drop_duplicates()
            if double := networks & {tuple(key) for key in held.to_numpy()}:
                case, w, seed = min(double)
                raise ValueError(f"{file.parent.name} holds {case}, w = {w:g}, seed {seed} already; leave it out")


def _current(digits: Mapping[str, Any]) -> dict[str, Any]:
    """Give the data set of the digits by the name that it has now."""
    data = digits.get("data", {})
    names = FORMER_NAMES["digits"]
    return {**digits, "data": {**data, "source": names.get(data.get("source"), data.get("source"))}}


def packed(srops: pd.DataFrame) -> pd.DataFrame:
    r"""Bring the SROPs of one case and w to integers, which are exact and small.

    The mean over n live maps of SROPs k/m is the sum of their rings k over n m; a dead map may count as m/m.

    Args:
        srops: What ``measure_digits`` writes.

    Returns:
        A row per seed and image (-1: the frog alone): ``case``, ``w``, ``seed``, ``image``, ``label``, ``with_frog``;
        for each layer ``<layer>|size`` (edge length of the maps), ``<layer>|maps`` and ``<layer>|dead`` (how many);
        and for each layer and convention ``<layer>|<convention>|out`` (maps out of band) and
        ``<layer>|<convention>|rings`` (sum of the rings of the others).

    Raises:
        ValueError: If an SROP is no mean of rings.
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
                raise ValueError(f"SROPs of {layer} under {name} are no means of rings over {maps[0]} maps")
            columns |= {(layer, "size"): np.full(len(omit), size), (layer, "maps"): maps, (layer, "dead"): dead}
            columns |= {(layer, name, "out"): out, (layer, name, "rings"): rings}
            index = omit.index
    small = {"|".join(column): values.astype(np.uint16) for column, values in columns.items()}
    return pd.DataFrame(small, index=index).reset_index()


def unpacked(table: pd.DataFrame) -> pd.DataFrame:
    """Give the table of which :func:`packed` made integers, without its half pixel; SROPs to float32's rounding."""
    keys = ["case", "w", "seed", "image", "label", "with_frog"]
    means, shares, said = [], [], []
    for column in table.filter(like="|rings"):
        layer, name, _ = column.split("|")
        size, maps, dead = (table[f"{layer}|{what}"].to_numpy(np.float64) for what in ("size", "maps", "dead"))
        out = table[f"{layer}|{name}|out"].to_numpy(np.float64)
        unit = rolloff_grid(int(size[0]), convention=name)[1]
        rings = table[column].to_numpy(np.float64)
        means += [_mean(rings + unit * dead, unit * (maps - out)), _mean(rings, unit * (maps - dead - out))]
        shares += [(dead / maps, out / maps, size.astype(int))] * len(DEAD_TREATMENTS)
        said += [(layer, name, treatment) for treatment in DEAD_TREATMENTS]
    whole = pd.concat([table[keys]] * len(said), ignore_index=True)
    # Few different words in millions of rows.
    for column, words in zip(("layer", "convention", "dead"), zip(*said, strict=True), strict=True):
        known = list(dict.fromkeys(words))
        codes = np.repeat([known.index(word) for word in words], len(table))
        whole[column] = pd.Categorical.from_codes(codes, known)
    columns = [np.concatenate(of) for of in zip(*shares, strict=True)]
    dead_share, out_of_band_share, size = columns
    return whole.assign(
        srop=np.concatenate(means), dead_share=dead_share, out_of_band_share=out_of_band_share, size=size
    )


def _mean(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def _renamed(table: pd.DataFrame) -> pd.DataFrame:
    """Call conventions by their present names."""
    if "convention" not in table or "centred" not in set(table["convention"]):
        return table
    return table.assign(convention=table["convention"].replace(_OLD_NAMES))


def read_recorded(runs: Sequence[Path], tables: Sequence[str], *, settings: str = "*") -> dict[str, pd.DataFrame]:
    """Read the same tables of several recorded runs as one, with a column ``run``.

    Args:
        runs: Their folders.
        tables: Names of tables; ``"srops"`` is one as well.
        settings: Which SROPs to read, such as ``none-w0``.

    Raises:
        ValueError: If two runs hold the same network.
    """
    read = {name: pd.concat([_of_run(run, name, settings) for run in runs], ignore_index=True) for name in tables}
    for name, table in read.items():
        keys = {"case", "w", "seed"} & set(table)
        networks = table[[*keys, "run"]].drop_duplicates() if keys else table[:0]
        if (double := networks[networks.duplicated(list(keys))]).size:
            raise ValueError(f"{name}: recorded twice: {double.iloc[0].to_dict()}")
    return read


def _of_run(run: Path, name: str, settings: str) -> pd.DataFrame:
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
    """Read what a recorded run comes from."""
    return json.loads(kept(run, "origin.json").read_text(encoding="utf-8"))
