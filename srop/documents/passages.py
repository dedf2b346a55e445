"""Passages of the documents that are neither values nor tables of values."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from sklearn.metrics import roc_auc_score

from srop.documents.api import api_page
from srop.documents.definition import (
    bright_pixel,
    enlarged_and_scaled,
    noise_and_photographs,
    noise_by_input,
    rings_of,
    wave_by_sides,
)
from srop.documents.quotes import CONVENTION, LAYER, markdown, recorded_table, runs_of
from srop.experiments.digits.claims import half_way
from srop.experiments.filters.claims import holding_costs
from srop.ledger.density_modes import modes
from srop.ledger.evidence import Tables
from srop.ledger.judge import YU_2021
from srop.ledger.recorded import origin, read_recorded
from srop.ledger.verdicts import number
from srop.ledger.vocabulary import worded
from srop.report.numbers import in_words
from srop.report.verdicts import as_text, summary
from srop.resolution import possible_srops
from srop.speed.measure import SIX_LINES
from srop.white_noise import white_noise_srop


def srop_and_power(_folder: Path) -> str:
    """Make the table of SROPs, the share of the power within them, and the radius of 85 % of the power."""
    columns = {
        "srop": "SROP",
        "power_within": "share of the power within the SROP",
        "power_rolloff": "radius within which 85 % of the power lies",
    }
    table = noise_and_photographs().map(lambda value: number(value, ".3f"))
    return markdown(table.rename(columns=columns).rename_axis("means, 224 x 224").reset_index())


def _judged(folder: Path) -> pd.DataFrame:
    """Give the recorded ledger as text, without superseded rows; a column that it lacks is empty."""
    table = pd.DataFrame(as_text(recorded_table(folder, "embedded/claims")))
    return table[table["superseded"] != "True"]


def claims(folder: Path) -> str:
    """Make the table of the claims that are judged, without superseded rows."""
    table = _judged(folder)
    rows = []
    for row in table[~table["verdict"].isin(["needs weights", "not measured"])].to_dict("records"):
        kind = "" if row["kind"] == "paper" else f" [{row['kind']}]"
        count = sum(int(row[name] or 0) for name in ("agree", "against", "open"))
        others = worded(row["others"])
        agree = f"{row['agree']} of {count} agree: {others}" if count else ""
        turned = f"turned by {row['flips']}" if row["flips"] else ""
        rows.append(
            {
                "claim (what is measured)": f"**{row['id']}**{kind} {row['claim']} (*{row['measure']}*)",
                "the paper": worded(row["paper"]),
                "what would count": row["limit"],
                "ours, by replicate [k of n]": f"{row['values']} [{row['k_of_n']}]" if row["k_of_n"] else row["values"],
                "verdict": ", ".join(filter(None, [f"**{worded(row['verdict'])}**", row["fragile"], row["seen"]])),
                "basis": row["basis"],
                "other settings": "; ".join(filter(None, [agree, turned])),
            }
        )
    return markdown(pd.DataFrame(rows).replace(r"\|", r"\\|", regex=True))


def notes(folder: Path) -> str:
    """List the notes on single rows."""
    table = _judged(folder)
    table = table[(table["note"] != "") & ~table["verdict"].isin(["needs weights", "not measured"])]
    return "\n\n" + "\n".join(f"- **{row.id}**: {row.note}" for row in table.itertuples()) + "\n\n"


def not_measured(folder: Path) -> str:
    """List the claims that no experiment measures, each with an experiment that would."""
    rows = _judged(folder).query("verdict == 'not measured'")
    lines = [f"- **{row.id}** ({row.source}) {row.claim}: {row.note}." for row in rows.itertuples()]
    return "\n\n" + ("\n".join(lines) or "None.") + "\n\n"


def claims_reduced(folder: Path) -> str:
    """Make the table of the embedded preset's rows that rows at the paper's scale supersede."""
    table = recorded_table(folder, "embedded/claims")
    whole, reduced = table[~table["superseded"]], table[table["superseded"]]
    both = reduced.merge(whole[["id", "verdict"]], on="id", suffixes=("", "_whole"))
    columns = {
        "id": "claim",
        "verdict_whole": "at the paper's scale",
        "verdict": "embedded",
        "values": "ours, by replicate",
        "k_of_n": "k of n",
    }
    both[["verdict", "verdict_whole"]] = both[["verdict", "verdict_whole"]].map(worded)
    return markdown(both[list(columns)].rename(columns=columns).fillna(""))


def waiting(folder: Path) -> str:
    """List the claims that wait for the weights of the paper's networks, with the paper's result."""
    rows = recorded_table(folder, "embedded/claims").query("verdict == 'needs weights'")
    lines = [f"- **{row.id}** {row.claim} (the paper: {row.paper})" for row in rows.itertuples()]
    return "\n\n" + ("\n".join(lines) or "None.") + "\n\n"


def verdicts(folder: Path, *, of_yu: bool) -> str:
    """Count the own assertions of the paper, or of the other papers, by verdict."""
    claims = as_text(recorded_table(folder, "embedded/claims"))
    return summary([claim for claim in claims if (claim["source"] == YU_2021) == of_yu])


def _speed(folder: Path, run: str) -> pd.DataFrame:
    table = recorded_table(folder, f"{run}/speed")
    return table.assign(measured=table["measure"] + " " + table["against"], cell=table.apply(_ratio, axis=1))


def _ratio(row: pd.Series) -> str:
    """Format a ratio with its target in brackets, in bold if it falls short."""
    text = f"{row['ratio']:.3g}" if row["ratio"] < 1000 else f"{row['ratio']:,.0f}"
    text = f"**{text}**" if row["verdict"] == "falls short" else text
    return text if pd.isna(row["target"]) else f"{text} [{row['target']:g}]"


def _grid(cells: pd.DataFrame, row: str, column: str, corner: str = "") -> str:
    """Arrange texts, in the column ``cell``, by two other columns."""
    shown = cells.pivot_table("cell", row, column, aggfunc="first", sort=False, fill_value="")
    return markdown(shown.rename_axis(corner).reset_index())


def speed_sizes(folder: Path, run: str) -> str:
    """Make the table of the speed of SROPs by size: medians of ratios, with targets in brackets."""
    rows = _speed(folder, run)
    rows = rows[rows["what"].str.fullmatch(r"\d+")].sort_values("what", key=pd.to_numeric, ascending=False)
    return _grid(rows, "measured", "what")


def speed_small(folder: Path) -> str:
    """Make the table of the speed of calls by size and number of maps."""
    calls = _speed(folder, "embedded-amd").query("against == @SIX_LINES")
    calls[["maps", "size"]] = calls["what"].str.split(" of ", expand=True).to_numpy()
    return _grid(calls, "size", "maps", corner="maps in a call")


def speed_rest(folder: Path, run: str) -> str:
    """Make the table of the speed of networks and trainings."""
    rows = _speed(folder, run)
    rest = rows[~rows["what"].str.fullmatch(r"\d+") & rows["ratio"].notna() & (rows["against"] != SIX_LINES)]
    columns = {"what": "what", "measured": "measure", "cell": "median [target]", "note": ""}
    return markdown(rest[list(columns)].rename(columns=columns).fillna(""))


def devices(folder: Path) -> str:
    """Make the table of the largest differences between a CPU's and a GPU's tables of the same networks."""
    table = recorded_table(folder, "h100/devices").query("differ > 0")
    shown = {
        "table": "`" + table["table"] + "`",
        "column": table["column"],
        "rows": table["rows"].map("{:,}".format),
        "rows that differ": table["differ"].map("{:.1%}".format),
        "largest difference": table["largest"].map("{:.6f}".format),
    }
    return markdown(pd.DataFrame(shown))


_OUTCOMES = ["table", "clear error", "unclear error", "wrong", "not built", "stopped"]
"""The outcomes of a sweep for a layer or a whole model."""
_REFUSALS = (
    "tokens or features",
    "attention weights",
    "single values",
    "more than once",
    "nothing says which",
    "does not run",
    "not square maps",
    "not maps",
    "not a tensor",
    "cannot take an input",
)
"""Phrases of the errors that refuse layers."""


def _sweep(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder.parents[1] / "docs" / "compatibility.csv")


def compatibility(folder: Path) -> str:
    """Make the table of the sweep over the models of some libraries, from docs/compatibility.csv."""
    rows = _sweep(folder)
    is_whole = rows["layer"] == "*"
    sweep = rows[~is_whole]
    libraries, compared = (
        rows.groupby("library") for rows in (sweep, sweep[sweep["outcome"].isin(["table", "wrong"])])
    )
    counts = pd.DataFrame({"models": libraries["model"].nunique(), "layers": libraries["module"].count()})
    counts = counts.join(pd.crosstab(sweep["library"], sweep["outcome"]).reindex(columns=_OUTCOMES, fill_value=0))
    if is_whole.any():
        measured = rows[is_whole & (rows["outcome"] == "table")].groupby("library").size()
        counts.insert(1, "measured without an option", measured)
    counts["SROPs compared"] = compared["values"].sum().map("{:,.0f}".format)
    counts["of them nearer to a tie than float32 tells"] = compared["ties"].sum().map("{:,.0f}".format)
    odd = rows[~rows["outcome"].isin(["table", "clear error"])].fillna({"layer": "", "message": ""})
    lines = [f"- `{row.model}` {row.layer}: {row.outcome}; {row.message}" for row in odd.itertuples()]
    return markdown(counts.reset_index()) + "\n".join(lines or ["Nothing else came up."]) + "\n\n"


def refused(folder: Path) -> str:
    """Make the table of refused layers by the reason."""
    messages = _sweep(folder).query("outcome == 'clear error'")["message"]
    kinds = messages.str.extract(f"({'|'.join(_REFUSALS)})")[0].fillna("other").value_counts()
    return markdown(kinds.rename_axis("message").reset_index(name="layers"))


def ones_highest(folder: Path) -> str:
    """Give by seed, at the paper's scale and w = 0, the chance that a '1' has a higher SROP than another digit."""
    srops = read_recorded(runs_of(folder, "paper*"), ["srops"], settings="none-w0")["srops"]
    images = srops[(srops["layer"] == LAYER) & (srops["convention"] == CONVENTION)].query(
        "dead == 'one' and image >= 0"
    )
    areas = [roc_auc_score(rows["label"] == 1, rows["srop"]) for _, rows in images.groupby("seed")]
    return in_words([number(area, ".2f") for area in areas])


def apart(networks: pd.DataFrame) -> str:
    """Give by seed how far in w half of the frog's rise lies from half of the accuracy's fall, in CASE II."""
    rows = networks.query(f"case != 'case1' and layer == '{LAYER}' and convention == '{CONVENTION}' and dead == 'one'")
    curves = [seed.sort_values("w").set_index("w") for _, seed in rows.groupby("seed")]
    return in_words(
        [number(abs(half_way(curve["frog_srop"]) - half_way(curve["accuracy"])), ".2f") for curve in curves]
    )


def peaks_on_a_cpu(folder: Path) -> str:
    """Count the images of each peak of seed 0 at w = 0, as a CPU trained it."""
    srops = read_recorded([folder / "cpu-case2"], ["srops"], settings="none-w0")["srops"]
    rows = srops.query(f"layer == '{LAYER}' and convention == '{CONVENTION}' and dead == 'one' and image >= 0")
    return in_words([f"{count:,}" for count in modes(rows["srop"].to_numpy(), step=1 / 960).counts])


def between_machines(folder: Path, table: str, column: str) -> str:
    """Give the largest difference of a column between two machines' tables of the preset embedded."""
    ours, other = (recorded_table(folder, f"{run}/{table}") for run in ("embedded", "embedded-amd"))
    keys = ["case", "w", "seed", *({"epoch"} & {*ours})]
    both = ours.drop_duplicates(keys).merge(other.drop_duplicates(keys), on=keys)
    return number((both[f"{column}_x"] - both[f"{column}_y"]).abs().max(), ".3f")


def projection(folder: Path) -> str:
    """Give by seed what holding the proportion of low filters costs (claim J1-projection)."""
    tables = Tables({"filters": recorded_table(folder, "embedded/filters")}, setting={"accuracy_on": "corrupted"})
    return in_words([number(cost, ".3f") for cost in holding_costs(tables).values.values()])


_SHELLS = {"DC": (0, 0), "1 to 7": (1, 7), "8 to 15": (8, 15), "16 to 31": (16, 31)}


def pair_shares(folder: Path, table: str = "robust-pair/occlusion") -> str:
    """Make the table of the positive scores by shell: a natural network, a robust one and random ones, by seed."""
    rows = recorded_table(folder, table).query("reading == 'printed' and label == -1")
    shown = []
    for weights in ("natural", "robust", "random"):
        seeds = [seed.set_index("frequency")["share"] for _, seed in rows[rows["weights"] == weights].groupby("seed")]
        cells = {
            f"shells {name}" if "to" in name else name: " ".join(
                number(seed.loc[low:high].sum(), ".2f") for seed in seeds
            )
            for name, (low, high) in _SHELLS.items()
        }
        shown.append({"share of the positive scores": f"{weights}{_seeds(len(seeds))}"} | cells)
    return markdown(pd.DataFrame(shown))


def _seeds(count: int) -> str:
    return f", {['two', 'three', 'four', 'five'][count - 2]} seeds" if count > 1 else ""


def pair_lower(folder: Path, table: str = "robust-pair/occlusion_layers") -> str:
    """Count by seed the layers in which the robust network has a lower mean SROP than the natural one."""
    means = recorded_table(folder, table).query("dead == 'omit' and weights != 'random'")
    means = means.pivot_table(index=["seed", "depth"], columns="weights", values="mean")
    lower = (means["robust"] < means["natural"]).groupby("seed")
    return f"{' '.join(map(str, lower.sum()))} of {lower.size().iloc[0]}"


def below_random(folder: Path) -> str:
    """Make the table of the share of layers in which trained networks lie below the same random networks."""
    table = recorded_table(folder, "embedded/backbones").query("convention == 'published'")
    keys = ["title", "input", "layer"]
    trained = table[table["weights"] != "random"].groupby(keys)["mean"].mean()
    random = table[table["weights"] == "random"].groupby([*keys, "batch_norm"])["mean"].mean()
    both = random.reset_index().merge(trained.rename("trained"), on=keys)
    networks = both.assign(below=both["trained"] < both["mean"]).groupby(["title", "input", "batch_norm"])["below"]
    cells = (networks.sum().astype(str) + " of " + networks.size().astype(str)).rename("cell").reset_index()
    inputs = cells["input"].replace({"images": "photographs"})
    modes = cells["batch_norm"].replace({"batch": "calibrated", "running": "as initialized"})
    return _grid(cells.assign(where=inputs + ", batch norm " + modes), "title", "where")


_CASES = {"none": "no frog,", "case1": "CASE I,", "case2": "CASE II,"}


def runs(folder: Path) -> str:
    """Make the table of the recorded runs: their networks and their origin."""
    rows = []
    for run in dict.fromkeys([*runs_of(folder, "paper*"), folder / "embedded", *runs_of(folder, "*")]):
        source = origin(run)
        rows.append(
            {
                "run": f"`{run.name}`",
                "digit networks": _networks(run) if (run / "tables" / "epochs.csv").is_file() else "none",
                "commit": ", ".join(f"`{commit[:7]}`" for commit in source["commits"]),
                "made on": source["hardware"].get("gpu") or source["hardware"]["processor"],
                "versions": f"Python {source['python']}, torch {source['versions']['torch']}",
            }
        )
    return markdown(pd.DataFrame(rows))


def _networks(run: Path) -> str:
    """List the digit networks of a run: w by case, and seeds."""
    epochs = read_recorded([run], ["epochs"])["epochs"]
    cases = [
        f"{_CASES[case]} w = {', '.join(f'{w:g}' for w in sorted(group.unique()))}"
        for case, group in epochs.groupby("case")["w"]
    ]
    seeds = sorted(epochs["seed"].unique().astype(str))
    return f"{'; '.join(cases)}; seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"


def _schedule(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder.parent / "schedule" / "job_times" / f"{name}.csv")


def schedule(folder: Path) -> str:
    """Make the table of the simulated schedules: hours on each machine, with the largest bound in brackets."""
    machines = _schedule(folder, "machines")
    cells = machines["hours"].map("{:.1f}".format) + " [" + machines["limit"] + "]"
    return _grid(machines.assign(cell=cells), "machine", "jobs")


def limiting(folder: Path) -> str:
    """Make the table of the critical paths: their hours, and their rules in order."""
    paths = _schedule(folder, "machines").drop_duplicates("jobs")
    rules = "`" + paths["path"].str.replace(", ", "`, `") + "`"
    hours = paths["critical_path"].map("{:.1f}".format)
    return markdown(pd.DataFrame({"": paths["jobs"], "hours": hours, "critical path": rules}))


def hours_by_rule(folder: Path) -> str:
    """Make the table of core-hours by rule; the rules that take the least share a row."""
    return markdown(_schedule(folder, "rules").round(1))


def possible(_folder: Path) -> str:
    """Make the table of how many SROPs small maps can have at a reference of 224."""
    counts = {str(size): [len(possible_srops(size, reference=224))] for size in range(2, 9)}
    return markdown(pd.DataFrame({"size of the maps": ["possible SROPs"], **counts}))


def rectangle_rings(_folder: Path) -> str:
    """Make the table of the rings of a 5 x 9 spectrum."""
    table = rings_of(5, 9)
    table.insert(0, "periods from row to row", table.index)
    return markdown(table)


def rectangle_waves(_folder: Path) -> str:
    """Make the table of the SROPs of one wave in maps of several sizes."""
    table = wave_by_sides()
    for name in ("rows", "columns"):
        rings = (table[name] * table["m"]).round().astype("Int64").astype(str)
        text = rings + " / " + table["m"].astype(str) + " = " + table[name].map(lambda value: number(value, ".3f"))
        table[name] = text.where(table[name].notna(), "")
    titles = {"maps": "maps", "m": "m", "last": "last ring up to m with a component"}
    titles |= {"rows": "wave from row to row", "columns": "wave from column to column"}
    return markdown(table[list(titles)].rename(columns=titles))


def rectangle_noise(_folder: Path) -> str:
    """Make the table of white noise at an input that is not square."""
    table = noise_by_input().map(lambda value: number(value, ".3f"))
    table.columns = [f"stride {stride}" for stride in table.columns]
    table.insert(0, "input", table.index)
    return markdown(table)


def _power_within(name: str) -> str:
    return number(noise_and_photographs().loc[name, "power_within"], ".2f")


PASSAGES: dict[str, Callable[[Path], str]] = {
    "api": lambda _folder: api_page(),
    "claims": claims,
    "claims-reduced": claims_reduced,
    "claims-notes": notes,
    "not-measured": not_measured,
    "waiting": waiting,
    "verdicts": lambda folder: verdicts(folder, of_yu=True),
    "verdicts-others": lambda folder: verdicts(folder, of_yu=False),
    "compatibility": compatibility,
    "refused": refused,
    "speed-sizes": lambda folder: speed_sizes(folder, "embedded-amd"),
    "speed-small": speed_small,
    "speed-rest": lambda folder: speed_rest(folder, "embedded-amd"),
    "speed-sizes-cuda": lambda folder: speed_sizes(folder, "h100"),
    "speed-rest-cuda": lambda folder: speed_rest(folder, "h100"),
    "devices": devices,
    "peaks-cpu": peaks_on_a_cpu,
    "machines-end": lambda folder: between_machines(folder, "digits", "accuracy"),
    "machines-epochs": lambda folder: between_machines(folder, "epochs", "test_accuracy"),
    "projection": projection,
    "apart-adam": lambda folder: apart(
        pd.concat([recorded_table(folder, f"{runs}/digits") for runs in ("paper*", "cpu-w*")])
    ),
    "apart-adadelta": lambda folder: apart(recorded_table(folder, "adadelta/digits")),
    "runs": runs,
    "noise-at-24": lambda _folder: number(white_noise_srop(24), ".2f"),
    "possible": possible,
    "rectangle-rings": rectangle_rings,
    "rectangle-waves": rectangle_waves,
    "rectangle-noise": rectangle_noise,
    "pixel-at-24": lambda _folder: number(bright_pixel(24), ".2f"),
    "srop-and-power": srop_and_power,
    "power-within-noise": lambda _folder: _power_within("white noise"),
    "power-within-photographs": lambda _folder: _power_within("photographs"),
    "enlarged-7": lambda _folder: number(enlarged_and_scaled(7, 224)[0], ".3f"),
    "scaled-7": lambda _folder: number(enlarged_and_scaled(7, 224)[1], ".3f"),
    "below-random": below_random,
    "pair-shares": pair_shares,
    "pair-lower": pair_lower,
    "cifar-shares": lambda folder: pair_shares(folder, "cifar-jpeg*/cifar_occlusion"),
    "cifar-lower": lambda folder: pair_lower(folder, "cifar-jpeg*/cifar_layers"),
    "ones-highest": ones_highest,
    "schedule": schedule,
    "schedule-paths": limiting,
    "schedule-rules": hours_by_rule,
}
