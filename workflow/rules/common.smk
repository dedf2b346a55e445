import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from snakemake.exceptions import WorkflowError
from snakemake.resources import Resource

# The jobs import the project's package, whatever else is installed, and so does this.
sys.path.insert(0, workflow.basedir)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [workflow.basedir, os.environ.get("PYTHONPATH")]))

from srop.data.catalogue import DOWNLOADS
from srop.pipeline.overrides import hydra_value, split_overrides
from srop.pipeline.schema import Config, load_architecture
from srop.pipeline.seal import SIDECAR
from srop.pipeline.tracking import PACKAGE
from srop.pipeline.stage import at_stage, compose, compose_resolved, plain, read_stage, tracked
from srop.networks.weights import weights_file

if unknown := set(config) - {"preset", "name", "set", "device"}:
    raise WorkflowError(f"--config knows preset, name, set and device, not {', '.join(sorted(unknown))}")

PROJECT = Path(workflow.basedir)
if PACKAGE != PROJECT / "srop":
    raise WorkflowError(
        f"the package srop is imported from {PACKAGE}, and not from this project, {PROJECT}; call snakemake by "
        "`python -m snakemake` in an environment without the other one"
    )
if os.name == "nt":
    raise WorkflowError("Windows has not been tried, and lacks what the jobs ask of the system; use Linux, or WSL")
if sum(word.split("=")[0] in ("--config", "-C") for word in sys.argv) > 1:
    raise WorkflowError("--config stands twice, and Snakemake would take the last alone; write all values behind one")
# Snakemake drops a workflow profile that it does not find; it looked before --directory took it elsewhere.
begun_in = Path(
    os.environ.get("PWD", ".") if re.search(r"(?:^|\0)(?:-d|--directory)", "\0".join(sys.argv[1:])) else "."
)
for profile in re.findall(r"(?:^|\0)--workflow-p[a-z]*[\0=]([^\0]+)", "\0".join(sys.argv[1:])):
    if profile != "none" and not any(
        (place / profile).exists() for place in (begun_in, begun_in / "profiles", PROJECT / "profiles")
    ):
        raise WorkflowError(
            f"--workflow-profile {profile}: there is no such folder here; give {PROJECT / 'profiles'}/NAME"
        )
CONFIG = PROJECT / "config"
PYTHON = sys.executable
SCRIPTS = PROJECT / "workflow" / "scripts"

PRESETS = sorted(file.stem for file in (CONFIG / "preset").glob("*.yaml"))
PRESET = config.get("preset", "embedded")
if PRESET not in PRESETS:
    raise WorkflowError(
        f"preset={PRESET}: there is no {CONFIG / 'preset'}/{PRESET}.yaml; there are {', '.join(PRESETS)}"
        if isinstance(PRESET, str)
        else f"preset={PRESET}: give one of {', '.join(PRESETS)}"
    )
DEVICE = str(config.get("device", "auto"))
NAME = config.get("name") or ""
if not isinstance(config.get("name", ""), str | None):
    raise WorkflowError(
        f"name={config['name']}: it was read as a number or a list, and would become another name; begin it with a letter"
    )


# As they were typed: Snakemake reads them as YAML, in which ` #` begins a comment, and strips quotation marks.
TYPED = {}
for entry in workflow.config_settings.config_args or []:
    key, _, text = entry.partition("=")
    if key in TYPED:
        raise WorkflowError(
            f"--config has {key} twice, and Snakemake would take the last alone: {key}={TYPED[key]}, {entry}"
        )
    TYPED[key] = text
for key, value in config.items():
    if key != "set" and isinstance(value, str) and TYPED.get(key, value).strip("'\"") != value:
        raise WorkflowError(f"{key}={TYPED[key]}: Snakemake reads {value!r} and drops the rest; write the name alone")
if "set" in TYPED:
    config["set"] = TYPED["set"]
try:
    OVERRIDES = split_overrides(str(config.get("set") or ""))
except ValueError as error:
    raise WorkflowError(f"set={error}") from error

# Sections of the configuration that all stages share.
SECTIONS = list(Config.model_fields)

KEYS = "config/README.md describes every key and preset."

if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", DEVICE):
    raise WorkflowError(f"device={DEVICE}: there are auto, cpu, cuda and cuda:N")
if odd := [word for word in OVERRIDES if not re.match(rf"[+~]{{0,2}}({'|'.join(SECTIONS)})\.", word)]:
    raise WorkflowError(
        f"set={' '.join(odd)}: set takes values under {', '.join(f'{section}.' for section in SECTIONS)}; the preset stands beside "
        "it, as in --config preset=paper set='...', and an architecture's values stand in its YAML"
    )
if odd := [word for word in OVERRIDES if re.match(r"[+~]*digits\.variants(={|\.[^.=]+=)", word)]:
    raise WorkflowError(
        f"{' '.join(odd)}: a new variant is written in a preset's YAML, as in config/preset/embedded.yaml; set changes those "
        "that are there (digits.variants.NAME.w=1), or leaves them out (digits.variants=null)"
    )
if not re.fullmatch(r"[\w.-]*", NAME):
    raise WorkflowError(f"name={NAME!r} becomes a folder; use letters, digits, '.', '_' and '-'")
if (
    workflow.is_main_process
    and not NAME
    and (values := [override for override in OVERRIDES if not override.startswith("data.")])
):
    raise WorkflowError(
        f"{', '.join(values)} makes other results than the preset {PRESET}; add name=NAME to --config, and they go to "
        f"results/{PRESET}-NAME/"
    )
RESULTS = f"results/{PRESET}-{NAME}" if NAME else f"results/{PRESET}"

for folder in (Path("results"), Path(RESULTS)):
    if (folder.is_symlink() or folder.exists()) and not folder.is_dir():
        what = "a link to what is not there" if folder.is_symlink() else "a file"
        raise WorkflowError(f"{folder.absolute()} is {what}, and is to be a folder; move it away")
existing = next(folder for folder in (Path(RESULTS), *Path(RESULTS).parents) if folder.exists())
if not os.access(existing, os.W_OK):
    raise WorkflowError(
        f"{existing.resolve()} is not writable; make it so, or choose another place for results/ by --directory FOLDER"
    )

for target in sys.argv[1:]:
    if (found := re.match(r"results/([^/]+)/", target)) and found[0] != f"{RESULTS}/":
        preset, _, name = found[1].partition("-")
        raise WorkflowError(
            f"{target} belongs to another run than {RESULTS}/; add --config preset={preset}{f' name={name}' if name else ''}"
        )


def on_cluster():
    """Say whether jobs run on other machines, also in one of them; Snakemake knows once it begins to make its plan."""
    return workflow.remote_exec or not workflow.local_exec


# One job at a time has the GPU, unless --resources gpu=N says otherwise. Not in the profile: --resources of anything
# else would replace it there.
if "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", Resource("gpu", 1))

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

# What every rule runs; `told` says what its script is told.
RUN = "{PYTHON:q} {params.run:q} > {log} 2>&1"


def told(stage, *, overrides=lambda wildcards: [], **given):
    """Call a stage's script, and tell it what its YAML lists under ``run``.

    Each key is looked for among what is given here, and then among the rule's wildcards, named inputs and named
    outputs; ``stem`` and ``stems`` are its outputs without their endings. A key that is found nowhere keeps its default.
    Params of functions that ask for input or output are not compared between runs: places and the device rerun nothing.
    """
    wanted = list(read_stage(CONFIG / "stage" / f"{stage}.yaml")["run"])

    def run(wildcards, input, output):
        stems = list(dict.fromkeys(os.path.splitext(path)[0] for path in output if not path.endswith(SIDECAR)))
        known = {"device": DEVICE, "stem": stems[0] if stems else None, "stems": stems}
        known |= {**dict(output.items()), **dict(input.items()), **dict(wildcards.items())}
        for key, value in given.items():
            value = value(wildcards) if callable(value) else value
            known[key] = value.format(**dict(wildcards.items())) if isinstance(value, str) else value
        runs = [f"run.{key}={hydra_value(known[key])}" for key in wanted if key in known]
        return [SCRIPTS / f"{stage}.py", *settings(*overrides(wildcards)), *runs]

    return run


# What experiments bring, each in its own rules: nobody else lists them.
MADE = []  # what a whole run makes
FIGURES_MADE = []
WITH_ORIGIN = []  # Parquet tables that say what they come from
JUDGED = {}  # tables of the ledger, by name: a file or a list of files
SCALES = {}  # by section of the configuration: on what its claims are judged, in words, and whether the paper did so
PAGES = {}  # of the report, by the result that they show
DRAWN = {}


def scale(said, *keys):
    """Say on what claims are judged, in words, and whether these values are the preset paper's, whatever the preset."""
    alike = PRESET == "paper" and all(
        OmegaConf.select(compose(CONFIG, "base", ["preset=paper"]), key) == OmegaConf.select(experiment(), key)
        for key in keys
    )
    return [said, "paper scale" if alike else "reduced"]


def shown(path, category, label):
    """Mark a result for the report, which sorts categories by name; its caption is named like it, up to a hyphen."""
    return report(
        f"{RESULTS}/{path}",
        caption=f"../report/{Path(path).stem.split('-')[0]}.rst",
        category=category,
        labels={"result": label},
    )


def figure(name, category, label):
    """Files of a figure, of which the report shows one."""
    return [
        shown(f"figures/{name}.svg", category, label),
        *multiext(f"{RESULTS}/figures/{name}", ".png", ".csv", ".csv.seal"),
    ]


def draw(name, category, labels, *, message=None, beside=(), tells=None, **inputs):
    """Declare a figure; `figures.smk` makes its rule, which bears the name of its script.

    The report shows each file of `labels` under its label; files `beside` are drawn and not shown. The script is told
    the inputs by their names, and `tells`, which are tracked.
    """
    outputs = [file for stem, label in labels.items() for file in figure(stem, category, label)]
    outputs += [f"{RESULTS}/figures/{stem}.{ending}" for stem in beside for ending in ("svg", "png", "csv", "csv.seal")]
    DRAWN[name] = {
        "outputs": outputs,
        "inputs": inputs,
        "tells": tells or {},
        "message": message or next(iter(labels.values())),
    }


def page(result, name, category, label):
    """Declare a page of the report that shows a table (.md), a record (.json) or the ledger (.csv)."""
    PAGES[result] = (f"report/{name}.html", category, label)


@cache
def composed(*overrides):
    """Compose the values that all stages share, and list those that refer to other keys or to the environment."""
    try:
        return compose_resolved(CONFIG, "base", [f"preset={PRESET}", *OVERRIDES, *overrides])
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        # Hydra says which override, its cause what is wrong with it. Its advice to append a key would not help.
        what = str(error).partition("\nTo append")[0].rstrip(".")
        why = f": {error.__cause__}" if error.__cause__ else ""
        given = " ".join([*OVERRIDES, *overrides])
        raise WorkflowError(f"{given and f'set={given}: '}{what}{why}\n\n{KEYS}") from error


def experiment(*overrides):
    """Give the values that all stages share, for a variant with overrides of its own."""
    return composed(*overrides)[0]


def settings(*overrides):
    """List what a script is called with, a value in the place of each that refers to something else.

    A job may run on another machine, and is to have the values that are tracked.
    """
    _, referred = composed(*(override for override in overrides if not override.startswith("architecture=")))
    values = {key: f"{key}={hydra_value(value)}" for key, value in referred.items()}
    words = []
    for override in (*OVERRIDES, *overrides):
        bare = override.lstrip("+")
        plus = "+" * (len(override) - len(bare))
        value = values.pop(bare.partition("=")[0], None)
        words.append(plus + value if value else override)
    return [f"preset={PRESET}", *words, *values.values()]


@cache
def shared_values(*overrides):
    return plain(experiment(*overrides))


@cache
def network(architecture):
    try:
        return load_architecture(CONFIG, architecture)
    except ValueError as error:
        raise WorkflowError(f"{error}\n\n{KEYS}") from error


@cache
def tracked_by(stage, *overrides, architecture=None):
    """Say what the results of a stage depend on beside its inputs: a change of it reruns the stage's rules."""
    values = architecture and plain(network(architecture))
    try:
        return tracked(at_stage(shared_values(*overrides), CONFIG, stage, values), SCRIPTS / f"{stage}.py")
    except ValueError as error:
        raise WorkflowError(f"{' '.join([stage, *overrides, architecture or ''])}: {error}") from error


EXPERIMENT = experiment()
# Jobs on other machines read all of this anew, where the environment is another.
if workflow.is_main_process and composed()[1]:
    others = [f"{key}={text}" for key, text in TYPED.items() if key != "set"]
    workflow.config_settings.config_args = [*others, f"set={shlex.join(settings()[1:])}"]

DOWNLOAD = EXPERIMENT.data.download


TO_DOWNLOAD = []  # what is missing, in words


def announce(what, megabytes):
    """Say what a run is going to download."""
    TO_DOWNLOAD.append(what)
    logger.info(f"To be downloaded: {what}, {f'{megabytes:g} MB' if megabytes else 'size unknown'}")


def data_sets():
    """Name the data sets that the configuration reads and that are downloaded."""
    digits = EXPERIMENT.digits.data
    parts = [digits, digits.frog, EXPERIMENT.wavelets.data, EXPERIMENT.filters.data, EXPERIMENT.occlusion.cifar]
    sources = {part.source for part in (*parts, EXPERIMENT.backbones.images)}
    return [name for name in DOWNLOADS if name in sources]


if DOWNLOAD:
    data_root = Path(EXPERIMENT.data.root).expanduser()
    for data_set in map(DOWNLOADS.get, data_sets()):
        if not (data_root / data_set.place).exists():
            announce(f"{data_set.title} ({data_root / data_set.place})", data_set.megabytes)
FIGURES = EXPERIMENT.figures
