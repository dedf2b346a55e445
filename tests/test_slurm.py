"""The pipeline on a cluster, where there is one: `.ci/slurm pytest tests/test_slurm.py` makes one of this machine."""

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from runs import command, copy_project, environment

from srop.runs.differences import differences

TRAINING = "digits/none/w0/seed0"
# Trainings, profiles, tables and figures; the others are jobs of the same kinds.
TARGETS = ("digits", "backbones", "figure3", "results/smoke/tables/training_steps.csv")
LONG = "digits.training.epochs=40 digits.data.train=1000 digits.variants=null"


def answers() -> bool:
    """Say whether a cluster is there; without a controller the question alone takes half a minute."""
    if not (find_spec("snakemake_executor_plugin_slurm") and shutil.which("sinfo")):
        return False
    return subprocess.run(["sinfo", "--noheader"], capture_output=True, check=False, timeout=120).returncode == 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not answers(), reason="no Slurm answers, or the extra slurm is missing; .ci/slurm makes one"),
]


def on_slurm(*arguments: str, config: tuple[str, ...] = ("preset=smoke", "device=cpu")) -> list[str]:
    """A command of docs/cluster.md, for a small cluster without accounting, and impatient."""
    small = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1"]
    small += ["--slurm-keep-successful-logs", "--latency-wait", "5"]
    run = [sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm", *small, *arguments]
    return [*run, "--config", *config]


def queue(field: str, states: str = "all") -> list[str]:
    """List a field of all jobs that the cluster remembers, such as %i, %T or %b."""
    asked = ["squeue", f"--states={states}", "--noheader", f"--format={field}"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()


def run(words: list[str], project: Path) -> subprocess.CompletedProcess:
    env = environment(project)
    return subprocess.run(words, cwd=project, env=env, capture_output=True, text=True, check=False, timeout=1800)


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A run on this machine."""
    project = copy_project(tmp_path_factory.mktemp("local") / "project")
    done = run(command(*TARGETS, config=("preset=smoke", "device=cpu")), project)
    assert done.returncode == 0, done.stderr
    return project


def test_a_run_on_slurm_is_the_local_one(local, tmp_path):
    project = copy_project(tmp_path / "project")
    done = run(on_slurm(*TARGETS), project)
    assert done.returncode == 0, done.stderr
    compared = differences(local / "results" / "smoke", project / "results" / "smoke")
    assert compared.empty, compared.to_string()
    submitted = {folder.name for folder in (project / ".snakemake" / "slurm_logs").iterdir()}
    assert {"rule_train_digits", "rule_measure_digits", "rule_measure_backbone", "rule_watch_training"} <= submitted
    light = ("figure", "tabulate", "prepare", "table", "claims", "report", "provenance", "networks", "id")
    assert not [name for name in submitted if name.removeprefix("rule_").startswith(light)]


def started(project: Path) -> tuple[subprocess.Popen, Path]:
    """Begin one long training, and wait for its first checkpoint."""
    config = ("preset=smoke", "device=cpu", "name=long", f"set={LONG}")
    target = f"results/smoke-long/{TRAINING}/model.safetensors"
    words = on_slurm(target, config=config)
    with (project / "snakemake.log").open("w") as log:
        env = environment(project)
        process = subprocess.Popen(words, cwd=project, env=env, stdout=log, stderr=subprocess.STDOUT)
    checkpoint = project / "results" / "smoke-long" / "checkpoints" / "train_digits" / f"{TRAINING}.pt"
    deadline = time.time() + 180
    while not checkpoint.exists():
        assert process.poll() is None, (project / "snakemake.log").read_text()
        assert time.time() < deadline, "no checkpoint"
        time.sleep(0.02)
    return process, project / "results" / "smoke-long"


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The long training's network."""
    project = copy_project(tmp_path_factory.mktemp("long") / "project")
    config = ("preset=smoke", "device=cpu", "name=long", f"set={LONG}")
    target = f"results/smoke-long/{TRAINING}/model.safetensors"
    done = run(command(target, config=config), project)
    assert done.returncode == 0, done.stderr
    return (project / target).read_bytes()


def test_a_canceled_job_goes_on_from_its_checkpoint(tmp_path, uninterrupted):
    project = copy_project(tmp_path / "project")
    before = set(queue("%i"))
    process, results = started(project)
    (mine,) = set(queue("%i")) - before
    subprocess.run(["scancel", mine], check=True)
    assert process.wait(timeout=600) == 0, (project / "snakemake.log").read_text()
    assert "resumes after epoch" in (results / "logs" / "train_digits" / f"{TRAINING}.log").read_text()
    assert (results / TRAINING / "model.safetensors").read_bytes() == uninterrupted


BALLAST = """
import pathlib, sys, threading, time
checkpoint, marker = map(pathlib.Path, {paths!r})
def grow():
    while not checkpoint.exists():
        time.sleep(0.01)
    marker.touch()
    held = bytearray({size})
    time.sleep(60)
if any(word.endswith("digits/train.py") for word in sys.orig_argv) and not marker.exists():
    threading.Thread(target=grow, daemon=True).start()
"""


def test_a_job_over_its_memory_goes_on_from_its_checkpoint_with_more(tmp_path, uninterrupted):
    """In the first attempt the training takes 8 GB once it has a checkpoint, of the 1.5 that it is given."""
    project = copy_project(tmp_path / "project")
    checkpoint, marker = project / f"results/smoke-long/checkpoints/train_digits/{TRAINING}.pt", tmp_path / "grown"
    (project / "sitecustomize.py").write_text(BALLAST.format(paths=(str(checkpoint), str(marker)), size=8 << 30))
    process, results = started(project)
    assert process.wait(timeout=600) == 0, (project / "snakemake.log").read_text()
    assert marker.exists()
    log = "".join(file.read_text() for file in (project / ".snakemake" / "slurm_logs").rglob("*.log"))
    assert "exceeded memory limit" in log
    assert "3000M" in queue("%m")
    assert "resumes after epoch" in (results / "logs" / "train_digits" / f"{TRAINING}.log").read_text()
    assert (results / TRAINING / "model.safetensors").read_bytes() == uninterrupted


def test_a_gpu_is_asked_of_the_cluster(tmp_path):
    """The cluster only pretends to have a GPU, so the job fails; what it asked for is what counts."""
    project = copy_project(tmp_path / "project")
    target = "results/smoke/digits/none/w0/seed0/model.safetensors"
    before = set(queue("%i"))
    done = run(on_slurm("--retries", "0", target, config=("preset=smoke", "device=cuda")), project)
    (mine,) = set(queue("%i")) - before
    asked = subprocess.run(["scontrol", "show", "job", mine], capture_output=True, text=True, check=True).stdout
    assert "TresPerJob=gres:gpu:1" in asked
    assert done.returncode != 0


def test_small_trainings_share_one_job_and_its_gpu(tmp_path):
    """Without the device: the cluster only pretends to have a GPU."""
    project = copy_project(tmp_path / "project")
    targets = [
        f"results/smoke/digits/{setting}/seed0/model.safetensors" for setting in ("none/w0", "case1/w1", "case2/w1")
    ]
    before = set(queue("%i"))
    small = ["--cpus-per-task=2", "--mem=4G", "--output=packed.log"]
    words = ["sbatch", "--wait", *small, "profiles/slurm/pack.sh", *targets, "--config", "preset=smoke", "device=cpu"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = environment(project) | {"PATH": path}
    done = subprocess.run(words, cwd=project, env=env, capture_output=True, text=True, check=False, timeout=900)
    log = (project / "packed.log").read_text()
    assert done.returncode == 0, log
    (mine,) = set(queue("%i")) - before
    job = subprocess.run(["scontrol", "show", "job", mine], capture_output=True, text=True, check=True).stdout
    assert "TresPerJob=gres:gpu:1" in job
    assert "NumCPUs=2" in job
    assert "Execute 2 jobs..." in log
    # What is made there is not made again.
    later = run(on_slurm(*targets), project)
    assert "Nothing to be done" in later.stdout + later.stderr
    assert set(queue("%i")) - before == {mine}


def test_trainings_of_a_canceled_job_go_on_from_their_checkpoints(tmp_path, uninterrupted):
    project = copy_project(tmp_path / "project")
    config = ("preset=smoke", "device=cpu", "name=long", f"set={LONG}")
    target = f"results/smoke-long/{TRAINING}/model.safetensors"
    words = ["sbatch", "--parsable", "--cpus-per-task=1", "--mem=2G", "--output=packed.log"]
    env = environment(project) | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    words += ["profiles/slurm/pack.sh", target, "--config", *config]
    job = subprocess.run(words, cwd=project, env=env, capture_output=True, text=True, check=True).stdout.strip()
    checkpoint = project / "results" / "smoke-long" / "checkpoints" / "train_digits" / f"{TRAINING}.pt"
    deadline = time.time() + 180
    while not checkpoint.exists():
        assert time.time() < deadline, (project / "packed.log").read_text()
        time.sleep(0.02)
    subprocess.run(["scancel", job], check=True)
    while (
        job
        in subprocess.run(["squeue", "--noheader", "--format=%i"], capture_output=True, text=True, check=True).stdout
    ):
        assert time.time() < deadline, "it does not end"
        time.sleep(0.2)
    assert not (project / target).exists()
    run(command("--unlock", config=config), project)
    done = run(on_slurm(target, config=config), project)
    assert done.returncode == 0, done.stderr
    log = project / "results" / "smoke-long" / "logs" / "train_digits" / f"{TRAINING}.log"
    assert "resumes after epoch" in log.read_text()
    assert (project / target).read_bytes() == uninterrupted


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (("preset=smoke",), "device=cuda asks for a GPU"),
        (("preset=paper", "device=cpu", "set=data.root=nowhere"), "snakemake --cores 1 fetch --config preset=paper"),
    ],
)
def test_what_a_login_node_cannot_know_is_asked_for(tmp_path, config, message):
    done = run(on_slurm(config=config), copy_project(tmp_path / "project"))
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
