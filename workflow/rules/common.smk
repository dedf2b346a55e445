import os
import shutil
import sys
from pathlib import Path

from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException
from snakemake.exceptions import WorkflowError

from srop.config import compose, tracked

if unknown := set(config) - {"preset", "device"}:
    raise WorkflowError(
        f"--config knows preset and device, not {', '.join(sorted(unknown))}"
    )

PROJECT = Path(workflow.basedir)
PYTHON = sys.executable
SCRIPTS = PROJECT / "workflow" / "scripts"

PRESET = config.get("preset", "embedded")
DEVICE = config.get("device", "auto")
RESULTS = f"results/{PRESET}"

# What every script is called with.
SETTINGS = [f"preset={PRESET}"]

# Jobs that may share no GPU; on a machine without one they run side by side.
GPU_JOB = (
    1 if DEVICE == "cuda" or (DEVICE == "auto" and shutil.which("nvidia-smi")) else 0
)

# glibc hands large blocks back to the kernel after every step of a training; keeping them saves about a quarter of it.
os.environ.setdefault(
    "GLIBC_TUNABLES",
    "glibc.malloc.trim_threshold=4294967296:glibc.malloc.mmap_max=0:glibc.malloc.top_pad=268435456",
)


def configuration(stage):
    """Compose the configuration of a stage as its script will see it."""
    try:
        return compose(PROJECT / "config", stage, SETTINGS)
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise WorkflowError(
            f"{error}\n\nconfig/README.md describes every key and preset."
        ) from error


def tracked_by(stage):
    """Say what the results of a stage depend on beside its inputs: a change of it reruns the stage's rules."""
    return tracked(configuration(stage), SCRIPTS / f"{stage}.py")


EXPERIMENT = configuration("base")
