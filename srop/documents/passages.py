"""Passages of the documents that are longer than a value: tables from recorded runs."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from srop.documents.definition import bright_pixel, enlarged_and_scaled, noise_and_photographs
from srop.documents.quotes import CONVENTION, LAYER, Recorded, as_number, as_values, in_words, markdown
from srop.experiments.digits.claims import half_way
from srop.experiments.filters.claims import holding_costs
from srop.experiments.training_dynamics.regimes import REGIME_TITLES
from srop.ledger.density_modes import modes
from srop.ledger.evidence import Tables
from srop.ledger.judge import YU_2021
from srop.ledger.recorded import kept, origin, read_recorded
from srop.ledger.vocabulary import COLUMNS
from srop.report.captions import summary
from srop.resolution import possible_srops
from srop.schedule.tables import machine
from srop.speed.measure import SIX_LINES
from srop.white_noise import white_noise_srop

_DIGIT_ROWS = {
    "accuracy": ("accuracy", "one", ".3f"),
    "the frog's SROP, dead maps as 1": ("frog_srop", "one", ".2f"),
    "the frog's SROP, dead maps left out": ("frog_srop", "omit", ".2f"),
    "share of dead maps, the frog as input": ("frog_dead_share", "one", ".2f"),
}


def digits(table: pd.DataFrame, case: str) -> str:
    """Make the table of a digit experiment over w, with a value per seed."""
    rows = table[table["case"].isin([case, "none"])]
    rows = rows[(rows["layer"] == LAYER) & (rows["convention"] == CONVENTION)].sort_values(["w", "seed"])
    shown = {"": list(_DIGIT_ROWS)}
    for w, seeds in rows.groupby("w"):
        shown[f"w = {w:g}"] = [
            as_values(seeds.loc[seeds["dead"] == dead, column], form) for column, dead, form in _DIGIT_ROWS.values()
        ]
    return markdown(pd.DataFrame(shown))


def baseline(recorded: Recorded) -> str:
    """Make the table of pooled noise in the paper and under each convention."""
    table = recorded.embedded["baseline"]
    noise = table[(table["input"] == "noise") & (table["dead"] == "omit")]
    paper = recorded.embedded["table2"].drop_duplicates("output_size").set_index("output_size")["paper_baseline"]
    names = {
        "published": "`published`: ring means of the power, rings about DC",
        "half_pixel": "`half_pixel`: the same, rings half a pixel beside DC",
        "printed": "`printed`: Eq. 2 to 6 to the letter",
    }
    sizes = sorted(noise["size"].unique(), reverse=True)
    rows = [["the paper's Table 2, baseline", *(as_number(paper[size], ".3f") for size in sizes)]]
    for name, title in names.items():
        own = noise[noise["convention"] == name].set_index("size")["mean"]
        rows.append([title, *(as_number(own[size], ".3f") for size in sizes)])
    return markdown(pd.DataFrame(rows, columns=["", *map(str, sizes)]))


def srop_and_power(_recorded: Recorded) -> str:
    """Make the table of SROPs, the share of the power within them, and the radius of 85 % of the power."""
    columns = {
        "srop": "SROP",
        "power_within": "share of the power within the SROP",
        "power_rolloff": "radius within which 85 % of the power lies",
    }
    table = noise_and_photographs().map(lambda number: as_number(number, ".3f"))
    return markdown(table.rename(columns=columns).rename_axis("means, 224 x 224").reset_index())


def table2(recorded: Recorded) -> str:
    """Make Table 2: the paper's rows and ours of random networks."""
    table = recorded.embedded["table2"]
    table = table[(table["convention"] == "published") & (table["dead"] == "omit")]
    sizes = sorted(table["output_size"].unique(), reverse=True)

    def row(title: str, column: str, where: str) -> list[str]:
        own = table.query(where).drop_duplicates("output_size").set_index("output_size")[column]
        return [title, *(as_number(own[size], ".3f") for size in sizes)]

    rows = [
        row("baseline, max-pools alone: the paper's", "paper_baseline", "input == 'noise'"),
        row("... of white noise", "baseline", "input == 'noise'"),
        row("... of natural images", "baseline", "input == 'images'"),
        row("least layer: the paper's, *pretrained* networks", "paper_minimum", "input == 'noise'"),
    ]
    for name, title in (("noise", "white noise"), ("images", "natural images")):
        for mode, label in (("running", "as initialized"), ("batch", "calibrated")):
            where = f"input == '{name}' and batch_norm == '{mode}' and weights == 'random'"
            rows.append(row(f"... *random* networks, {title}, batch norm {label}", "minimum", where))
    return markdown(pd.DataFrame(rows, columns=["", *map(str, sizes)]))


def intrinsic(recorded: Recorded) -> str:
    """Make the table of the digit network's intrinsic dimensions, as means over seeds."""
    table = recorded.embedded["intrinsic"]
    table = table.query("title == 'digit network' and convention == 'published' and dead == 'omit'")
    trained, random = table[table["weights"] != "random"], table[table["weights"] == "random"]
    layers = list(trained.sort_values("depth")["layer"].unique())
    rows = []
    for title, networks, column, form in (
        ("trained", trained, "intrinsic_dimension", ".1f"),
        ("random", random, "intrinsic_dimension", ".1f"),
        ("SROP, trained (referred to 28)", trained, "srop", ".2f"),
    ):
        means = networks.groupby("layer")[column].mean()
        rows.append([title, *("" if np.isnan(means[layer]) else as_number(means[layer], form) for layer in layers)])
    return markdown(pd.DataFrame(rows, columns=["", *layers]))


def claims(recorded: Recorded) -> str:
    """Make the table of the claims that are judged, without superseded rows."""
    table = _ledger(recorded)
    table = table[~table["verdict"].isin(["needs weights", "not measured"])]
    rows = []
    for _, row in table.iterrows():
        kind = "" if row["kind"] == "paper" else f" [{row['kind']}]"
        count = row["agree"] + row["against"] + row["open"]
        agree = f"{row['agree']} of {count} agree: {row['others']}" if count else ""
        turned = f"turned by {row['flips']}" if row["flips"] else ""
        rows.append(
            [
                f"**{row['id']}**{kind} {row['claim']} (*{row['measure']}*)",
                row["paper"],
                row["limit"],
                f"{row['values']} [{row['k_of_n']}]" if row["k_of_n"] else row["values"],
                ", ".join(filter(None, [f"**{row['verdict']}**", row["fragile"], row["seen"]])),
                row["basis"],
                "; ".join(filter(None, [agree, turned])),
            ]
        )
    columns = ["claim (what is measured)", "the paper", "what would count", "ours, by replicate [k of n]", "verdict"]
    columns += ["basis", "other settings"]
    return markdown(pd.DataFrame(rows, columns=columns).replace(r"\|", r"\\|", regex=True))


def notes(recorded: Recorded) -> str:
    """List what a reader has to know of single rows."""
    table = _ledger(recorded)
    table = table[(table["note"] != "") & ~table["verdict"].isin(["needs weights", "not measured"])]
    return "\n\n" + "\n".join(f"- **{row['id']}**: {row['note']}" for _, row in table.iterrows()) + "\n\n"


def not_measured(recorded: Recorded) -> str:
    """List the claims that no experiment measures, and what would."""
    table = _ledger(recorded)
    rows = table[table["verdict"] == "not measured"]
    lines = [f"- **{row['id']}** ({row['source']}) {row['claim']}: {row['note']}." for _, row in rows.iterrows()]
    return "\n\n" + ("\n".join(lines) or "None.") + "\n\n"


def _ledger(recorded: Recorded) -> pd.DataFrame:
    table = recorded.embedded["claims"]
    # A ledger that was recorded before a column was has it empty.
    table = table.reindex(columns=[*dict.fromkeys([*COLUMNS, *table])])
    texts = ["paper", "limit", "values", "k_of_n", "setting", "others", "flips", "fragile", "seen", "note"]
    table = table.astype(dict.fromkeys(texts, object))
    return table[~table["superseded"]].fillna(dict.fromkeys(texts, ""))


def waiting(recorded: Recorded) -> str:
    """List the claims that wait for the weights of the paper's networks."""
    table = _ledger(recorded)
    return ", ".join(table.loc[table["verdict"] == "needs weights", "id"])


def verdicts(recorded: Recorded) -> str:
    """Count the paper's own assertions by verdict."""
    table = _ledger(recorded).astype(str)
    return summary(table[table["source"] == YU_2021].to_dict("records"))


def verdicts_others(recorded: Recorded) -> str:
    """Count the related papers' own assertions by verdict."""
    table = _ledger(recorded).astype(str)
    return summary(table[table["source"] != YU_2021].to_dict("records"))


def claims_reduced(recorded: Recorded) -> str:
    """Make the table of the embedded preset's rows that rows at the paper's scale supersede."""
    table = recorded.embedded["claims"]
    superseded = table[table["superseded"]]
    whole = table[~table["superseded"]].set_index("id")
    rows = [[row.id, whole.loc[row.id, "verdict"], row.verdict, row.values_, row.k_of_n] for row in superseded.rename(
        columns={"values": "values_"}).itertuples()]  # fmt: skip
    columns = ["claim", "at the paper's scale", "embedded", "ours, by replicate", "k of n"]
    return markdown(pd.DataFrame(rows, columns=columns).fillna(""))


def _ratio(row: pd.Series) -> str:
    """Format a ratio with its target in brackets, in bold if it falls short."""
    text = f"{row['ratio']:.3g}" if row["ratio"] < 1000 else f"{row['ratio']:,.0f}"
    text = f"**{text}**" if row["verdict"] == "falls short" else text
    return text if np.isnan(row["target"]) else f"{text} [{row['target']:g}]"


def speed_sizes(table: pd.DataFrame) -> str:
    """Make the table of the speed of SROPs by size: medians of ratios, with targets in brackets."""
    rows = {}
    for _, row in table[table["what"].str.fullmatch(r"\d+")].iterrows():
        rows.setdefault(f"{row['measure']} {row['against']}", {})[row["what"]] = _ratio(row)
    shown = pd.DataFrame(rows).T.fillna("").rename_axis("").reset_index()
    return markdown(shown[["", *sorted(shown.columns[1:], key=int, reverse=True)]])


def speed_small(table: pd.DataFrame) -> str:
    """Make the table of the speed of calls by size and number of maps."""
    calls = table[table["against"] == SIX_LINES]
    rows = {}
    for _, row in calls.iterrows():
        number, _, size = row["what"].partition(" of ")
        rows.setdefault(size, {})[f"{number} map{'' if number == '1' else 's'}"] = _ratio(row)
    return markdown(pd.DataFrame(rows).T.rename_axis("").reset_index())


def speed_rest(table: pd.DataFrame) -> str:
    """Make the table of the speed of networks and trainings."""
    rest = table[~table["what"].str.fullmatch(r"\d+") & table["ratio"].notna() & (table["against"] != SIX_LINES)]
    rows = [[row["what"], f"{row['measure']} {row['against']}", _ratio(row), row["note"]] for _, row in rest.iterrows()]
    return markdown(pd.DataFrame(rows, columns=["what", "measure", "median [target]", ""]).fillna(""))


_REFUSALS = (
    "tokens or features",
    "attention weights",
    "single values",
    "more than once",
    "nothing says which",
    "does not run",
    "not square maps",
    "not a tensor",
    "cannot take an input",
)
"""Phrases of the errors that refuse layers."""


def compatibility(recorded: Recorded) -> str:
    """Make the table of the sweep over the models of two libraries, from docs/compatibility.csv."""
    sweep = pd.read_csv(recorded.folder.parents[1] / "docs" / "compatibility.csv")
    rows = []
    for library, layers in sweep.groupby("library", sort=False):
        counted = layers["outcome"].value_counts()
        compared = layers[layers["outcome"].isin(["table", "wrong"])]
        rows.append(
            {
                "library": library,
                "models": layers["model"].nunique(),
                "layers": layers["module"].notna().sum(),
                "tables": counted.get("table", 0),
                "clear errors": counted.get("clear error", 0),
                "unclear errors": counted.get("unclear error", 0),
                "wrong": counted.get("wrong", 0),
                "not run": counted.get("not built", 0) + counted.get("stopped", 0),
                "SROPs compared": f"{compared['values'].sum():,.0f}",
                "of them nearer to a tie than float32 tells": f"{compared['ties'].sum():,.0f}",
            }
        )
    odd = sweep[sweep["outcome"].isin(["unclear error", "wrong", "not built", "stopped"])]
    lines = [
        f"- `{row.model}` {row.layer}: {row.outcome}; {row.said}" for row in odd.astype(object).fillna("").itertuples()
    ]
    return "\n\n".join([markdown(pd.DataFrame(rows)), "\n".join(lines) or "Nothing else came up."]) + "\n\n"


def refused(recorded: Recorded) -> str:
    """Make the table of refused layers by the reason."""
    sweep = pd.read_csv(recorded.folder.parents[1] / "docs" / "compatibility.csv")
    messages = sweep["said"][sweep["outcome"] == "clear error"]
    kinds = messages.str.extract(f"({'|'.join(_REFUSALS)})")[0].fillna("other").value_counts()
    return markdown(pd.DataFrame({"what is said": kinds.index, "layers": kinds.to_numpy()}))


def scale(recorded: Recorded) -> str:
    """Make the table of values to compare with, by size of the maps."""
    sizes = [112, 56, 28, 14, 7]
    baseline = recorded.embedded["baseline"].query("convention == 'published' and dead == 'omit'")
    layers = recorded.embedded["backbones"].query("convention == 'published' and title == 'EfficientNet-Lite0'")
    rows = []
    for title, table in (
        ("white noise, max-pooled alone", baseline.query("input == 'noise'")),
        ("20 photographs, max-pooled alone", baseline.query("input == 'images'")),
        (
            "the photographs in a random EfficientNet-Lite0, its layers' mean",
            layers.query("input == 'images' and batch_norm == 'batch'"),
        ),
        ("... trained on ImageNet", layers.query("input == 'images' and weights != 'random'")),
    ):
        means = table.groupby("size")["mean"].mean()
        rows.append([title, *(as_number(means[size], ".3f") for size in sizes)])
    return markdown(pd.DataFrame(rows, columns=["size of the maps", *map(str, sizes)]))


def ones_highest(recorded: Recorded) -> str:
    """Give by seed, at the paper's scale and w = 0, the chance that a '1' has a higher SROP than another digit."""
    srops = read_recorded(recorded.paper_runs, ["srops"], settings="none-w0")["srops"]
    images = srops.query("layer == 'relu2' and convention == 'published' and dead == 'one' and image >= 0")
    areas = [roc_auc_score(rows["label"] == 1, rows["srop"]) for _, rows in images.groupby("seed")]
    return in_words([as_number(area, ".2f") for area in areas])


def apart(networks: pd.DataFrame) -> str:
    """Give by seed how far in w half of the frog's rise lies from half of the accuracy's fall, in CASE II."""
    rows = networks.query(f"case != 'case1' and layer == '{LAYER}' and convention == '{CONVENTION}' and dead == 'one'")
    curves = [seed.sort_values("w").set_index("w") for _, seed in rows.groupby("seed")]
    return in_words(
        [as_number(abs(half_way(curve["frog_srop"]) - half_way(curve["accuracy"])), ".2f") for curve in curves]
    )


def peaks_on_a_cpu(recorded: Recorded) -> str:
    """Count the images of each peak of seed 0 at w = 0, as a CPU trained it."""
    srops = read_recorded([recorded.folder / "cpu-case2"], ["srops"], settings="none-w0")["srops"]
    rows = srops.query(f"layer == '{LAYER}' and convention == '{CONVENTION}' and dead == 'one' and image >= 0")
    return in_words([f"{count:,}" for count in modes(rows["srop"].to_numpy(), step=1 / 960).counts])


def between_machines(recorded: Recorded, table: str, column: str) -> str:
    """Give the largest difference of a column between two machines' tables of the preset embedded."""
    keys = ["case", "w", "seed", *({"epoch"} & {*recorded.embedded[table]})]
    other = pd.read_csv(kept(recorded.folder / "embedded-intel", f"tables/{table}.csv"))
    both = recorded.embedded[table].drop_duplicates(keys).merge(other.drop_duplicates(keys), on=keys)
    return as_number((both[f"{column}_x"] - both[f"{column}_y"]).abs().max(), ".3f")


def projection(recorded: Recorded) -> str:
    """Give by seed what holding the proportion of low filters costs (claim J1-projection)."""
    tables = Tables({"filters": recorded.embedded["filters"]}, setting={"accuracy_on": "corrupted"})
    return in_words([as_number(cost, ".3f") for cost in holding_costs(tables).values.values()])


def with_further_w(recorded: Recorded) -> pd.DataFrame:
    """Give the paper's digit networks with those at further w, that CPUs trained."""
    further = sorted(recorded.folder.glob("cpu-w*"))
    return pd.concat([recorded.paper["digits"], read_recorded(further, ["digits"])["digits"]])


def variants(recorded: Recorded) -> str:
    """Make the table of other trainings at the paper's scale, with a value per seed."""
    table = read_recorded(recorded.paper_runs, ["variants"])["variants"]
    own = recorded.paper["digits"].merge(table[["case", "w"]].drop_duplicates())
    titles = {
        "adam": "Adam, learning rate .001 (used everywhere else)",
        "adadelta": "Adadelta, learning rate 1 (the example that the paper cites)",
        "adadelta-lr0.001": "Adadelta, learning rate .001",
        "sgd": "SGD, learning rate .001",
        "frog5": "Adam, another frog",
    }
    both = pd.concat([own.assign(variant="adam"), table])
    both = both[(both["layer"] == LAYER) & (both["convention"] == CONVENTION)].sort_values("seed")
    rows = []
    for name, title in titles.items():
        rows_of_variant = both[both["variant"] == name]
        shown = [
            as_values(rows_of_variant.loc[rows_of_variant["dead"] == dead, column], form)
            for column, dead, form in _DIGIT_ROWS.values()
        ]
        rows.append([title, *shown])
    return markdown(pd.DataFrame(rows, columns=["", *_DIGIT_ROWS]))


def on_cpus(recorded: Recorded) -> str:
    """Make the table of networks that a GPU and a CPU trained with the same seeds: the GPU's value / the CPU's."""
    keys = ["case", "w", "seed", "layer", "convention", "dead"]
    ours = recorded.paper["digits"]
    cpu = read_recorded(sorted(recorded.folder.glob("cpu-*")), ["digits"])["digits"]
    both = ours.merge(cpu, on=keys, suffixes=("", " on a CPU"))
    both = both[(both["layer"] == LAYER) & (both["convention"] == CONVENTION)]
    rows = []
    for _, network in both.groupby(["seed", "w"]):
        first = network.iloc[0]
        shown = []
        for column, dead, form in _DIGIT_ROWS.values():
            row = network[network["dead"] == dead].iloc[0]
            shown.append(f"{as_number(row[column], form)} / {as_number(row[f'{column} on a CPU'], form)}")
        rows.append([f"{first['seed']}", f"{first['w']:g}", *shown])
    return markdown(pd.DataFrame(rows, columns=["seed", "w", *_DIGIT_ROWS]))


def devices(recorded: Recorded) -> str:
    """Make the table of the largest differences between a CPU's and a GPU's tables of the same networks."""
    table = recorded.cuda["devices"].query("differ > 0")
    rows = [
        [f"`{row.table}`", row.column, f"{row.rows:,}", f"{row.differ:.1%}", f"{row.largest:.6f}"]
        for row in table.itertuples()
    ]
    return markdown(pd.DataFrame(rows, columns=["table", "column", "rows", "rows that differ", "largest difference"]))


def below_random(recorded: Recorded) -> str:
    """Make the table of the share of layers in which trained networks lie below the same random networks."""
    table = recorded.embedded["backbones"].query("convention == 'published'")
    keys = ["title", "input", "layer"]
    trained = table[table["weights"] != "random"].groupby(keys)["mean"].mean()
    rows = []
    for title in trained.index.unique("title"):
        row = [title]
        for name in ("images", "noise"):
            for mode in ("batch", "running"):
                random = table.query(f"weights == 'random' and batch_norm == '{mode}' and input == '{name}'")
                both = (
                    random.groupby(keys)["mean"].mean().to_frame("random").join(trained.rename("trained"), how="inner")
                )
                own = both.xs(title, level="title")
                row.append(f"{(own['trained'] < own['random']).sum()} of {len(own)}")
        rows.append(row)
    modes = ("calibrated", "as initialized")
    columns = ["", *(f"{name}, batch norm {mode}" for name in ("photographs", "noise") for mode in modes)]
    return markdown(pd.DataFrame(rows, columns=columns))


_NO_NETWORKS = pd.DataFrame(columns=["case", "w", "seed"])


_CASES = {"none": "no frog,", "case1": "CASE I,", "case2": "CASE II,"}


def runs(recorded: Recorded) -> str:
    """Make the table of the recorded runs: their networks and their origin."""
    rows = []
    first = [*recorded.paper_runs, recorded.folder / "embedded"]
    for run in [
        *first,
        *sorted(file.parent for file in recorded.folder.glob("*/origin.json") if file.parent not in first),
    ]:
        source = origin(run)
        trained = (run / "tables" / "epochs.csv").is_file()
        epochs = pd.read_csv(kept(run, "tables/epochs.csv")) if trained else _NO_NETWORKS
        networks = epochs[["case", "w", "seed"]].drop_duplicates()
        cases = [
            f"{_CASES[case]} w = {', '.join(f'{w:g}' for w in sorted(group['w'].unique()))}"
            for case, group in networks.groupby("case")
        ]
        seeds = [str(seed) for seed in sorted(networks["seed"].unique())]
        versions = f"Python {source['python']}, torch {source['versions']['torch']}"
        commits = ", ".join(f"`{commit[:7]}`" for commit in source["commits"])
        held = "none: speed, and two devices compared"
        if cases:
            held = f"{'; '.join(cases)}; seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"
        elif (run / "images.parquet").is_file():
            held = "none: product-quantized ResNet18 beside random ones"
        on = source["hardware"].get("gpu") or source["hardware"]["processor"]
        rows.append([f"`{run.name}`", held, commits, on, versions])
    return markdown(pd.DataFrame(rows, columns=["run", "digit networks", "commit", "made on", "versions"]))


_SIGNALS = ("accuracy", "loss", "dead share", "mean", "spread")


def signals(table: pd.DataFrame) -> str:
    """Make the table of the steps at which quantities signal that a training goes wrong, with a value per seed."""
    rows = []
    for regime, runs in table[table["layer"] == LAYER].groupby("regime", sort=False):
        other = runs[runs["watched"] == "accuracy"].groupby("signal")["signal_step"]
        watched = runs[runs["signal"] == "mean"].groupby("watched")["watched_step"]
        steps = {**dict(iter(other)), **dict(iter(watched))}
        cells = (", ".join("never" if np.isnan(step) else f"{step:.0f}" for step in steps[name]) for name in _SIGNALS)
        rows.append([REGIME_TITLES.get(regime, regime), *cells])
    columns = ["training", "accuracy", "loss", "dead maps", "mean SROP", "spread of SROPs"]
    return markdown(pd.DataFrame(rows, columns=columns))


def schedule(table: pd.DataFrame) -> str:
    """Make the table of the simulated schedules: hours on each machine, with the largest bound in brackets."""
    rows = []
    for (cores, gpus), schedules in table.groupby(["cores", "gpus"], sort=False):
        rows.append(
            [machine(cores, gpus), *(f"{row['hours']:.1f} [{row['limit']}]" for _, row in schedules.iterrows())]
        )
    return markdown(pd.DataFrame(rows, columns=["", "all", "without the longest"]))


_RULES_SHOWN = 12


def hours_by_rule(table: pd.DataFrame) -> str:
    """Make the table of core-hours by rule; the rules that take the least share a row."""
    rest = table.iloc[_RULES_SHOWN:]
    rows = [
        [f"`{row['rule']}`", row["jobs"], f"{row['core_hours']:,.1f}", f"{row['longest']:.1f}"]
        for _, row in table.iloc[:_RULES_SHOWN].iterrows()
    ]
    rows.append(
        [f"{len(rest)} others", rest["jobs"].sum(), f"{rest['core_hours'].sum():.1f}", f"{rest['longest'].max():.1f}"]
    )
    return markdown(pd.DataFrame(rows, columns=["rule", "jobs", "core-hours", "the longest"]))


def limiting(table: pd.DataFrame) -> str:
    """Make the table of the critical paths: their hours, and their rules in order."""
    paths = table.drop_duplicates(["left_out", "path"])
    rows = []
    for _, row in paths.iterrows():
        what = "without the longest" if row["left_out"] else "all"
        rows.append([what, f"{row['critical_path']:.1f}", ", ".join(f"`{rule}`" for rule in row["path"].split())])
    return markdown(pd.DataFrame(rows, columns=["", "hours", "critical path"]))


def possible(_recorded: Recorded) -> str:
    """Make the table of how many SROPs small maps can have at a reference of 224."""
    counts = {str(size): [str(len(possible_srops(size, reference=224)))] for size in range(2, 9)}
    return markdown(pd.DataFrame({"size of the maps": ["possible SROPs"], **counts}))


def _power_within(name: str) -> str:
    return as_number(noise_and_photographs().loc[name, "power_within"], ".2f")


PASSAGES: dict[str, Callable[[Recorded], str]] = {
    "digits-paper-case1": lambda recorded: digits(recorded.paper["digits"], "case1"),
    "digits-paper-case2": lambda recorded: digits(recorded.paper["digits"], "case2"),
    "digits-adadelta": lambda recorded: digits(recorded.adadelta["digits"], "case2"),
    "digits-embedded-case1": lambda recorded: digits(recorded.embedded["digits"], "case1"),
    "digits-embedded-case2": lambda recorded: digits(recorded.embedded["digits"], "case2"),
    "baseline": baseline,
    "table2": table2,
    "intrinsic": intrinsic,
    "claims": claims,
    "claims-reduced": claims_reduced,
    "claims-notes": notes,
    "not-measured": not_measured,
    "waiting": waiting,
    "verdicts": verdicts,
    "verdicts-others": verdicts_others,
    "compatibility": compatibility,
    "refused": refused,
    "speed-sizes": lambda recorded: speed_sizes(recorded.embedded["speed"]),
    "speed-small": lambda recorded: speed_small(recorded.embedded["speed"]),
    "speed-rest": lambda recorded: speed_rest(recorded.embedded["speed"]),
    "speed-sizes-cuda": lambda recorded: speed_sizes(recorded.cuda["speed"]),
    "speed-rest-cuda": lambda recorded: speed_rest(recorded.cuda["speed"]),
    "devices": devices,
    "on-cpus": on_cpus,
    "variants": variants,
    "peaks-cpu": peaks_on_a_cpu,
    "machines-end": lambda recorded: between_machines(recorded, "digits", "accuracy"),
    "machines-epochs": lambda recorded: between_machines(recorded, "epochs", "test_accuracy"),
    "projection": projection,
    "apart-adam": lambda recorded: apart(with_further_w(recorded)),
    "apart-adadelta": lambda recorded: apart(recorded.adadelta["digits"]),
    "runs": runs,
    "noise-at-24": lambda _recorded: as_number(white_noise_srop(24), ".2f"),
    "possible": possible,
    "pixel-at-24": lambda _recorded: as_number(bright_pixel(24), ".2f"),
    "beside-power": srop_and_power,
    "power-within-noise": lambda _recorded: _power_within("white noise"),
    "power-within-photographs": lambda _recorded: _power_within("photographs"),
    "enlarged-7": lambda _recorded: as_number(enlarged_and_scaled(7, 224)[0], ".3f"),
    "scaled-7": lambda _recorded: as_number(enlarged_and_scaled(7, 224)[1], ".3f"),
    "below-random": below_random,
    "scale": scale,
    "ones-highest": ones_highest,
    "schedule": lambda recorded: schedule(recorded.schedule["machines"]),
    "schedule-paths": lambda recorded: limiting(recorded.schedule["machines"]),
    "schedule-rules": lambda recorded: hours_by_rule(recorded.schedule["rules"]),
    "told": lambda recorded: signals(recorded.embedded["training_told"]),
}
