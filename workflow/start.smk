# What a run says before it begins, and what it checks once every rule is known.

import csv
import json
from base64 import urlsafe_b64encode

from snakemake.iocontainers import Wildcards

from srop.pipeline.seal import digest_of, seal_of

if late := {*JUDGED_TABLES} - {*rules.claims.input.keys()}:
    raise WorkflowError(f"tables {', '.join(sorted(late))}: include an experiment's rules before those of claims")

# What other rules inherit from is no target.
del workflow._rules["job"]
for rule in workflow.rules:
    if rule.shellcmd in (RUN, SHOW):
        complete(rule)


def minutes_recorded():
    """Say how long the jobs of this preset took when it was recorded, if it was."""
    folder = PROJECT / "workflow" / "recorded" / PRESET
    times = folder / "tables" / "runtime.csv"
    if NAME or not times.is_file():
        return "not recorded under this name"
    with times.open(encoding="utf-8", newline="") as file:
        minutes = sum(float(row["minutes"]) for row in csv.DictReader(file))
    hardware = json.loads((folder / "origin.json").read_text(encoding="utf-8"))["hardware"]
    return f"{minutes:.0f} minutes of one core when it was recorded ({hardware.get('gpu') or hardware['processor']})"


def is_recorded(path):
    """Say whether Snakemake has a record of how a file was made."""
    name = urlsafe_b64encode(str(path).encode()).decode()
    parts = [name[start : start + 254] for start in range(0, len(name), 254)]
    return Path(".snakemake", "metadata", *(f"@{part}" for part in parts[:-1]), parts[-1]).exists()


def makers(path):
    """Give the rules that make a result, by the digests that it would bear if it were made now."""
    producers = {}
    for rule in workflow.rules:
        now = dict(rule.params.items()).get("tracked")
        if now is not None and rule.is_producer(path):
            wildcards = Wildcards(fromdict=dict(rule.get_wildcards(path).items()))
            producers[digest_of(now(wildcards) if callable(now) else now)] = rule.name
    return producers


def stale_results():
    """List results that Snakemake knows nothing of, and that other values or code have made; with their rules."""
    # Of files or rules that are to be made anew in any case.
    again = {part for word in sys.argv for part in (word, word.partition("=")[2])}
    for file in sorted(Path(RESULTS).rglob("*")):
        if file.suffix in (".parquet", ".safetensors") and not is_recorded(file):
            path = str(file)
            digest, producers = seal_of(file).get("tracked"), makers(path)
            if digest and producers and digest not in producers and not {path, *producers.values()} & again:
                yield path, min(producers.values())


# A table or a figure is no job of a cluster: what trains or measures is.
workflow.localrules(*(rule.name for rule in workflow.rules if not rule.name.startswith(HEAVY)))


onstart:
    if late := {"params", "input", "code"} - set(map(str, workflow.rerun_triggers)):
        raise WorkflowError(
            f"rerun-triggers leave out {', '.join(sorted(late))}: results that other values or code have made would be kept and "
            "joined with new ones; leave --rerun-triggers out, in profiles, too"
        )
    if on_cluster() and DEVICE not in ("cpu", "cuda"):
        raise WorkflowError(
            f"device={DEVICE}: what the nodes of a cluster have cannot be seen from here; in --config, device=cuda asks for a "
            "GPU for each job that can use one, and device=cpu for none"
        )
    if on_cluster() and TO_DOWNLOAD:
        more = f" and {len(TO_DOWNLOAD) - 1} more" if TO_DOWNLOAD[1:] else ""
        raise WorkflowError(
            f"{TO_DOWNLOAD[0]}{more}: not here yet, and the nodes of a cluster may have no network; fetch everything first, on "
            f"a machine with one:\nsnakemake --cores 1 fetch --config {shlex.join(SAME_RUN)}"
        )


if workflow.is_main_process:
    cores = workflow.global_resources["_cores"].value
    where = f"{cores} core{'' if cores == 1 else 's'}" if cores else "jobs of a cluster"
    logger.info(
        f"Preset {PRESET}{f', name {NAME}' if NAME else ''}: {RESULTS}/ on {DEVICE}, {where}, "
        f"{'downloads what is missing' if DOWNLOAD else 'downloads nothing'}; {minutes_recorded()}"
    )
    ASKED = {"--unlock", "--touch", "-t", "--forceall", "-F", "--cleanup-metadata", "--report"}
    ASKED |= {"--delete-all-output", "--list-rules", "--list", "--summary", "--lint", "--dag", "--rulegraph"}
    if not ASKED & {word.partition("=")[0] for word in sys.argv} and (stale := dict(stale_results())):
        few = list(stale) if len(stale) <= 6 else sorted(set(stale.values()))
        raise WorkflowError(
            f"{len(stale)} results were made under other values or by other code, and Snakemake has no record of them "
            f"(.snakemake was lost, or they were moved): {', '.join(list(stale)[:3])}{', ...' if len(stale) > 3 else ''}\n"
            f"Make them anew: repeat the command with --forcerun {shlex.join(few)}\n"
            "Or, to take them as they are, with --touch"
        )
