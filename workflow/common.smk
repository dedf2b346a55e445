import os
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.io import is_flagged
from snakemake.resources import Resource, Resources

# The jobs import the project's package, whatever else is installed, and so does this.
sys.path.insert(0, workflow.basedir)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [workflow.basedir, os.environ.get("PYTHONPATH")]))

from srop.files import sha256_of
from srop.networks.weights import weights_file
from srop.pipeline.devices import visible_devices
from srop.pipeline.invocation import Experiments, Invocation, check_call, typed_config
from srop.pipeline.jobs import arguments, job_path, script_of
from srop.pipeline.stage import plain, signature_of
from srop.pipeline.tracking import PACKAGE
from srop.runs.restore import restorable, restored_tables

PROJECT = Path(workflow.basedir)
CONFIG = PROJECT / "config"
PYTHON = sys.executable


@contextmanager
def refusing():
    """Say what is wrong with a call without a traceback."""
    try:
        yield
    except ValueError as error:
        raise WorkflowError(str(error)) from error


if PACKAGE != PROJECT / "srop":
    raise WorkflowError(
        f"the package srop is imported from {PACKAGE}, and not from this project, {PROJECT}; call snakemake by "
        "`python -m snakemake` in an environment without the other one"
    )
if os.name == "nt":
    raise WorkflowError("Windows has not been tried, and lacks what the jobs ask of the system; use Linux, or WSL")

with refusing():
    check_call(sys.argv[1:], PROJECT, os.environ)
    TYPED = typed_config(workflow.config_settings.config_args or [])
    if "set" in TYPED:
        config["set"] = TYPED["set"]
    INVOCATION = Invocation.from_config(config, TYPED, CONFIG)
    EXPERIMENTS = Experiments(CONFIG, INVOCATION)
    EXPERIMENT = EXPERIMENTS.values
    if workflow.is_main_process:
        INVOCATION.require_name()
    INVOCATION.check_folders()
    INVOCATION.check_targets(sys.argv[1:])

PRESET, NAME, DEVICE, RESULTS = INVOCATION.preset, INVOCATION.name, INVOCATION.device, INVOCATION.results
FIGURES = EXPERIMENT.figures
# What makes a call of snakemake the same run as this one.
SAME_RUN = [
    f"preset={PRESET}",
    *(f"{key}={config[key]}" for key in ("name", "set", "device", "restore") if config.get(key)),
]
DOWNLOAD = EXPERIMENT.data.download

# Jobs on other machines read all of this anew, where the environment is another.
if workflow.is_main_process and EXPERIMENTS.composed()[1]:
    others = [f"{key}={text}" for key, text in TYPED.items() if key != "set"]
    workflow.config_settings.config_args = [*others, f"set={shlex.join(EXPERIMENTS.settings()[1:])}"]


def network(architecture):
    with refusing():
        return EXPERIMENTS.network(architecture)


def on_cluster():
    """Say whether jobs run on other machines, also in one of them; Snakemake knows once it begins to make its plan."""
    return workflow.remote_exec or not workflow.local_exec


# One job at a time has a GPU, unless --resources gpu=N says otherwise: as many run at once as there are GPUs, each on its
# own. Not in the profile: --resources of anything else would replace it there.
if "gpu" not in workflow.global_resources:
    GPUS = len(visible_devices(os.environ)) if DEVICE in ("auto", "cuda") else 1
    workflow.register_resource("gpu", Resource("gpu", max(GPUS, 1)))

# Snakemake takes -j for --cores only where no profile has any.
if cores := re.search(r"(?:^|\0)(?:-j|--jobs[\0=])\0?(\d+)(?:\0|$)", "\0".join(sys.argv[1:])):
    if workflow.local_exec and not re.search(r"(?:^|\0)(?:-c|--cores)", "\0".join(sys.argv[1:])):
        workflow.register_resource("_cores", Resource("_cores", int(cores[1])))


def jobs_before(name):
    """List the jobs on which a rule's job depends: those that the configuration has, whatever lies in the folder."""
    own = [job for job in workflow.dag.jobs if job.rule.name == name]
    return set(workflow.dag.bfs(workflow.dag.dependencies, *own)) - set(own)


@cache
def has_gpu():
    """Ask torch, in a process of its own, whether there is a GPU: it alone knows, and this takes seconds."""
    code = "import torch; print(torch.cuda.is_available())"
    return subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False).stdout.strip() == "True"


def gpu_job(wildcards):
    """Say how much of a GPU a job takes that can use one; Snakemake asks when the job is about to run."""
    if DEVICE != "auto" or workflow.dryrun or on_cluster():
        return int(DEVICE.startswith("cuda"))
    return int(has_gpu())


# glibc hands large blocks back to the kernel after every step of a training; keeping them saves about a quarter of it.
os.environ.setdefault(
    "GLIBC_TUNABLES",
    "glibc.malloc.trim_threshold=4294967296:glibc.malloc.mmap_max=0:glibc.malloc.top_pad=268435456",
)

# How the names of rules begin that train or measure.
HEAVY = ("train_", "watch_", "attack_", "corrupt_", "measure_")

# What rules run; where people wait for what is printed, they see it as well, and no time is kept.
RUN = "{PYTHON:q} {params.run:q} > {log} 2>&1"
SHOW = "{PYTHON:q} {params.run:q} 2>&1 | tee {log}"


rule job:
    # Every rule that runs a script inherits from it.
    shell:
        RUN


# What experiments bring, each in its own rules: nobody else lists them.
WHOLE_RUN = []
TABLES_WITH_ORIGIN = []  # Parquet tables that say what they come from
JUDGED_TABLES = {}  # by the ledger's name of a table: a file or a list of files
SCALES = {}  # by section of the configuration: on what its claims are judged, in words, and whether the paper did so
TO_DOWNLOAD = []  # what is missing, in words
ARTICLE_TABLES = []  # Markdown that chapters of the report place


def scale(words, *keys):
    """Say on what claims are judged, in words, and whether these values are the preset paper's, whatever the preset."""
    return [words, "paper scale" if PRESET == "paper" and EXPERIMENTS.is_as_in("paper", *keys) else "reduced"]


def table(name):
    """Files of a table that people read: Parquet, which other rules read, and its export."""
    return multiext(f"{RESULTS}/tables/{name}", ".parquet", ".csv")


def shown(path, category, label):
    """Mark a result for the report, which sorts categories by name; its caption is named like it, up to a hyphen."""
    name = Path(path).stem.split("-")[0]
    caption = next((PROJECT / "workflow").glob(f"*/{name}.rst"), None)
    if caption is None:
        raise WorkflowError(f"{path}: the report shows it with a caption; write workflow/<experiment>/{name}.rst")
    place = f"../{caption.parent.name}/{caption.name}"
    return report(f"{RESULTS}/{path}", caption=place, category=category, labels={"result": label})


def untracked(value):
    """Give a param that reruns nothing when it changes: Snakemake does not compare what functions of inputs give."""
    return lambda wildcards, input: value


def figure(name, category, label):
    """Files of a figure, of which the report shows one."""
    return [shown(f"figures/{name}.svg", category, label), *multiext(f"{RESULTS}/figures/{name}", ".png", ".csv")]


def announce(what, megabytes):
    """Say what a run is going to download."""
    TO_DOWNLOAD.append(what)
    logger.info(f"To be downloaded: {what}, {f'{megabytes:g} MB' if megabytes else 'size unknown'}")


def parquet(name):
    """The file of a table that other rules read."""
    return f"{RESULTS}/tables/{name}.parquet"


def complete(declared):
    """Give a rule that runs a script its log, its times, what it depends on, its command line and its share of a GPU.

    What a job says when it begins is the first line of its script, and its wildcards, unless the rule has a message.
    """
    params = dict(declared.params.items())
    overrides = params.get("overrides", [])
    try:
        script = script_of(params.get("script", declared.name), Path(str(declared.snakefile)).parent)
        place = job_path(declared.name, list(map(str, declared.output)))
        wildcards = ", ".join(f"{name} {{wildcards.{name}}}" for name in sorted(declared.wildcard_names or ()))
        declared.message = declared.message or ": ".join(filter(None, [signature_of(script).summary, wildcards]))
        checkpoints = {
            "checkpoint": f"{RESULTS}/checkpoints/{place}.pt",
            "checkpoints": f"{RESULTS}/checkpoints/{place}",
        }
        run = arguments(script, EXPERIMENTS.settings, params, {"device": DEVICE, **checkpoints})
        declared.set_params(
            tracked=(
                (lambda wildcards: EXPERIMENTS.tracked(script, *overrides(wildcards)))
                if callable(overrides)
                else EXPERIMENTS.tracked(script, *overrides)
            ),
            run=run,
        )
    except (ValueError, FileNotFoundError) as error:
        raise WorkflowError(str(error), rule=declared) from error
    declared.log_modifier = declared.benchmark_modifier = workflow.modifier.path_modifier
    declared.set_log(f"{RESULTS}/logs/{place}.log")
    if declared.shellcmd == RUN and declared.output:
        declared.benchmark = f"{RESULTS}/benchmarks/{place}.tsv"
    if "device" in signature_of(script).parameters:
        declared.resources.update(Resources.from_mapping({"gpu": gpu_job}))
