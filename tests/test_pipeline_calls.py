"""Calls of the pipeline: settings, refusals, messages; runs that were killed, and results that are repaired."""

import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from runs import command, copy_project, edit, environment, planned, snakemake

pytestmark = pytest.mark.slow

ONE_TRAINING = "digits.w=[1] digits.cases=[case2] digits.variants=null digits.data.train=1000 digits.training.epochs=6"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (["preset=nope"], "preset/nope"),
        (["preset=smoke", "--config", "device=cpu"], "--config stands twice"),
        (["preset=smoke/../paper"], "preset=smoke/../paper: there is no"),
        (["preset=[smoke,paper]"], "give one of embedded, paper, smoke"),
        (["preset=smoke", "name=1.10"], "name=1.1: it was read as a number"),
        (["preset=smoke", "name=0"], "name=0: it was read as a number"),
        (["preset=smoke", "name=[a,b]"], "it was read as a number or a list"),
        (["preset=smoke", "name=a", "set=+digits.variants.x={case:case2,w:1,set:[]}"], "is written in a preset's YAML"),
        (["prest=smoke"], "prest"),
        (["preset=smoke", "set=digits.w=[0.5]"], "add name=NAME"),
        (["preset=smoke", "name=a", "set=digits.w=[1.5]"], "must be a list of numbers in [0, 1]"),
        (["preset=smoke", "name=a", "set=digits.nope=1"], "digits.nope"),
        (["preset=smoke", "name=a", "set=digits.training.epochs=many"], "digits.training.epochs=many"),
        (["preset=smoke", "name=a/b"], "becomes a folder"),
        (["preset=smoke", "name=", "set=digits.w=[0.5]"], "add name=NAME"),
        (["preset=smoke", "name=a", "set=preset=paper"], "give the preset by itself"),
        (["preset=smoke", "name=a", "set=architecture.input_size=96"], "change an architecture in its YAML"),
        (["preset=smoke", "name=a", "set=digits.w=[1] +run.batch_size=3"], "set=+run.batch_size=3"),
        (["preset=smoke", "name=a", "set=digits.w=0.5"], "digits.w=0.5: must be a list of numbers"),
        (
            [
                "preset=smoke",
                "name=a",
                'set=data.root="/sp aced" backbones.images={source:folder,folder:"/no where",count:20}',
            ],
            "backbones.images.folder=/no where: there is no such folder",
        ),
        (["preset=smoke", "name=a", "set=digits.w=[1] # digits.seeds=[1]"], "set=#: set takes"),
        (["preset=smoke", "name=a", "set=digits.w=[1]", "set=digits.seeds=[1]"], "--config has set twice"),
        (["preset=smoke", "name=a #b"], "name=a #b: Snakemake reads 'a' and drops the rest"),
        (
            ["preset=smoke", "name=a", "set=digits.training.lr=0.5, digits.seeds=[1]"],
            'digits.training.lr="0.5,": must be a number > 0',
        ),
        (["preset=smoke", "name=a", "set=digits.training.lr=${no.such}"], "Interpolation key 'no.such' not found"),
        (["preset=smoke", "device=banana"], "device=banana"),
        (["preset=smoke", "device=0"], "device=0: there are auto, cpu"),
        (
            ["preset=smoke", "name=a", "set=backbones.architectures=[resnet81]"],
            "config/architecture/ holds no resnet81",
        ),
        (
            ["preset=smoke", "name=a", "set=figures.figure4=[alexnett]"],
            "figures.figure4: config/architecture/ holds no",
        ),
    ],
)
def test_bad_settings_are_refused_before_anything_runs(tmp_path, config, message):
    project = copy_project(tmp_path)
    result = snakemake(project, config=tuple(config))
    assert result.returncode != 0
    assert message in result.stderr
    assert not (project / "results").exists()


@pytest.mark.parametrize("arm", ["natural", "robust", "random"])
def test_a_measurement_of_a_cifar_network_reads_the_network_of_its_arm_and_seed(tmp_path, arm):
    table = f"results/smoke-two/cifar/{arm}/seed1/frequencies/layers.parquet"
    config = ("preset=smoke", "name=two", "set=cifar.seeds=[0,1]")
    planned = snakemake(copy_project(tmp_path), table, "--dry-run", config=config).stdout
    read = {*re.findall(r"cifar/(\w+/seed\d)/model\.safetensors", planned)}
    # A random network takes the statistics of images from any network.
    assert read == {"natural/seed0" if arm == "random" else f"{arm}/seed1"}


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")])
def test_results_that_are_no_folder_are_named_by_a_dry_run(tmp_path, make):
    project = copy_project(tmp_path)
    make(project / "results")
    result = snakemake(project, "--dry-run")
    assert result.returncode
    assert "results is a" in result.stdout + result.stderr
    assert "move it away" in result.stdout + result.stderr


def test_a_workflow_profile_that_is_not_there_is_refused(tmp_path):
    project = copy_project(tmp_path)
    result = snakemake(project, "--dry-run", "--workflow-profile", "profiles/slurmm")
    assert result.returncode
    assert "--workflow-profile profiles/slurmm: there is no such folder" in result.stdout + result.stderr


def test_a_workflow_profile_is_seen_from_where_the_command_was_given(tmp_path):
    project, elsewhere = copy_project(tmp_path / "project"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    run = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", "figure1", "--workflow-profile"]
    run += ["profiles/default", "--config", "preset=smoke"]

    def output_from(folder: Path, *more: str) -> str:
        env = environment(project) | {"PWD": str(folder)}
        result = subprocess.run([*run, *more], cwd=folder, env=env, capture_output=True, text=True, check=False)
        return result.stdout + result.stderr

    assert "there is no such folder" in output_from(elsewhere, "--snakefile", str(project / "Snakefile"))
    assert "figure1" in output_from(project, "--directory", str(elsewhere)).split("Job stats")[1]


@pytest.mark.skipif(find_spec("snakemake_executor_plugin_slurm") is not None, reason="the extra slurm is installed")
def test_the_slurm_profile_without_its_plugin_names_the_extra(tmp_path):
    result = snakemake(copy_project(tmp_path), "--dry-run", "--workflow-profile", "profiles/slurm")
    assert result.returncode
    assert "its plugin is missing: pip install -e '.[slurm]'" in result.stderr
    assert "usage:" not in result.stderr


def test_jobs_are_called_with_what_references_refer_to(tmp_path):
    """Those of a preset and of a variant, too: a job may run where the environment is another."""
    project = copy_project(tmp_path)
    preset = project / "config" / "preset" / "smoke.yaml"
    text = preset.read_text().replace(
        "training: {epochs: 1}", "training: {epochs: '${oc.env:EPOCHS,1}', lr: '${oc.env:RATE}'}"
    )
    preset.write_text(
        text.replace("set: [digits.data.frog.index=5]", "set: ['digits.training.epochs=${digits.data.frog.index}']")
    )
    words = command("digits", "--dry-run", "--printshellcmds")
    env = environment(project) | {"RATE": "0.25"}
    result = subprocess.run(words, cwd=project, env=env, capture_output=True, text=True, check=False)
    calls = [line for line in result.stdout.splitlines() if "workflow/digits/train.py" in line]
    assert len(calls) == 4
    assert all("digits.training.lr=0.25 " in call and "${" not in call for call in calls)
    of_variant = [call for call in calls if "variants/frog5" in call]
    assert len(of_variant) == 1
    assert "digits.training.epochs=4 " in of_variant[0]
    # What a job says when it begins is its script's first line, and its wildcards.
    assert "checkpoint if there is one: case case2, folder variants/frog5, seed 0, w 1\n" in result.stdout


def test_run_times_are_of_the_jobs_that_the_configuration_has(tmp_path):
    """Stale ones match the rules' patterns: settings, seeds and stages that are no longer asked for."""
    project = copy_project(tmp_path)
    own = ["train_digits/digits/case2/w1/seed0", "figure1"]
    stale = ["train_digits/digits/case2/w1/seed1", "train_digits/digits/case1/w0/seed0", "provenance"]
    stale += ["measure_intrinsic_backbone/alexnet/random", "train_digits/variants/frog5/case1/w1/seed0"]
    for name in [*own, *stale]:
        file = project / "results" / "smoke" / "benchmarks" / f"{name}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("s\n1\n")
    output = snakemake(project, "figure_runtime", "--dry-run", "--printshellcmds").stdout
    (call,) = [line for line in output.splitlines() if "figure_runtime.py" in line]
    left_out = re.search(r"leave_out=\[(.*?)\]", call)[1].split(",")
    assert sorted(left_out) == sorted(f"results/smoke/benchmarks/{name}.tsv" for name in stale)


def test_triggers_that_would_keep_results_of_other_values_are_refused(tmp_path):
    project = copy_project(tmp_path)
    result = snakemake(project, "results/smoke/digits/digits.safetensors", "--rerun-triggers", "mtime")
    assert result.returncode
    assert "rerun-triggers leave out code, input, params" in result.stderr
    assert not (project / "results" / "smoke" / "digits").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_results_are_named(tmp_path):
    project = copy_project(tmp_path)
    (project / "results").mkdir(mode=0o500)
    result = snakemake(project)
    assert result.returncode != 0
    assert "results is not writable" in result.stderr


def test_set_writes_next_to_the_preset(project):
    config = ("preset=smoke", "name=try", f"set={ONE_TRAINING}")
    result = snakemake(project, "results/smoke-try/digits/digits.safetensors", config=config)
    assert result.returncode == 0, result.stderr
    assert planned(project) == {}


TINY = """
title: Tiny
source: module
model: tiny_networks:tiny
input_size: 16
layers: {conv: '0', pool: '1'}
downscaling: [pool]
"""


def test_networks_of_another_input_size_alone(project, tmp_path):
    """Figure 4 shows networks of 224 x 224; all else goes on without it."""
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    (tmp_path / "config/architecture/tiny.yaml").write_text(TINY)
    (tmp_path / "tiny_networks.py").write_text("def tiny(): ...")
    jobs = planned(tmp_path, config=("preset=smoke", "name=small", "set=backbones.architectures=[tiny]"))
    assert jobs["measure_backbone"] == jobs["figure5"] == jobs["report"] == 1
    assert "figure4" not in jobs


def test_a_yaml_names_the_presets_that_measure_it_by_default(tmp_path):
    project = copy_project(tmp_path / "project")
    for preset, count in (("embedded", 0), ("paper", 1)):
        offline = (f"preset={preset}", "name=x", "set=data.download=false")
        result = snakemake(project, "backbones", "--dry-run", config=offline)
        jobs = result.stdout.count("architecture vit_small, weights random")
        assert (result.returncode, jobs) == (0, count), result.stdout + result.stderr
    asked = planned(project, "backbones", config=("preset=smoke", "name=x", "set=backbones.architectures=[vit_small]"))
    assert asked["measure_backbone"] == 1


def test_backbones_have_an_intrinsic_dimension_from_500_images_on(tmp_path):
    project, folder = copy_project(tmp_path / "project"), tmp_path / "images"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(500):
        Image.fromarray(generator.integers(0, 255, (16, 16, 3), dtype=np.uint8)).save(folder / f"{number:03}.png")
    (project / "config/architecture/tiny.yaml").write_text(TINY)
    (project / "tiny_networks.py").write_text(
        "from torch import nn\n\ndef tiny():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(196, 5))\n"
    )
    architectures = "backbones.architectures=[alexnet,resnet18,tiny]"
    values = f"{architectures} backbones.images={{source:folder,folder:{folder},count:500}}"
    config = ("preset=smoke", "name=id", f"set={values}")
    assert planned(project, "figure_intrinsic", config=config)["measure_intrinsic_backbone"] == 3
    file = "results/smoke-id/backbones/tiny/random/intrinsic.parquet"
    result = snakemake(project, file, config=config)
    assert result.returncode == 0, result.stdout + result.stderr
    table = pd.read_parquet(project / file)
    assert table["layer"].unique().tolist() == ["input", "conv", "pool", "output"]
    assert set(table["title"]) == {"Tiny"}
    assert (table["intrinsic_dimension"] > 3).all()
    assert table.loc[table["layer"] != "output", "srop"].between(0, 1).all()


@pytest.mark.parametrize(
    ("file", "damage", "target"),
    [
        ("tables/digits.parquet", lambda content: content.replace(b"conv2", b"conv3", 1), "figure3"),
        ("digits/case2/w1/srops.parquet", lambda content: content[:-50], "tabulate_digits"),
        (
            "digits/digits.safetensors",
            lambda content: content[:-100] + bytes([content[-100] ^ 1]) + content[-99:],
            "figure2",
        ),
    ],
)
def test_a_damaged_result_is_refused_and_the_command_in_the_message_repairs_it(project, tmp_path, file, damage, target):
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "results" / "smoke" / file
    before = path.read_bytes()
    path.write_bytes(damage(before))
    result = snakemake(tmp_path, target)
    assert result.returncode
    (message,) = {line for line in (result.stdout + result.stderr).splitlines() if line.startswith("ValueError: ")}
    name, repair = re.match(r"ValueError: (\S+) .*; repeat the run's command with (.*)$", message).groups()
    assert name == f"results/smoke/{file}"
    assert snakemake(tmp_path, target, *shlex.split(repair)).returncode == 0
    assert path.read_bytes() == before


def test_results_of_other_values_are_told_where_snakemake_has_lost_its_records(project, tmp_path):
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / ".snakemake")
    assert planned(tmp_path, "figure_kappa") == {}
    edit("config/preset/smoke.yaml", "kappas: [0.5, 0.85]", "kappas: [0.6, 0.85]")(tmp_path)
    result = snakemake(tmp_path, "figure_kappa")
    assert result.returncode
    output = result.stdout + result.stderr
    assert "results/smoke/tables/kappa.parquet" in output
    (repair,) = re.findall(r"repeat the command with (--forcerun .*)", output)
    assert planned(tmp_path, "figure_kappa", *shlex.split(repair))["measure_kappa"] == 1


def test_jobs_import_the_projects_package_whatever_else_is_on_the_path(project, tmp_path):
    """As an installed copy of another version is; and the project need not be installed."""
    other = tmp_path / "site" / "srop"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise ImportError('not this one')")
    script = project / "workflow" / "backbones" / "tabulate_networks.py"
    environ = os.environ | {"PYTHONPATH": str(other.parent)}
    alone = subprocess.run([sys.executable, script], env=environ, capture_output=True, text=True, check=False)
    assert "not this one" in alone.stderr
    result = subprocess.run(
        command("tabulate_networks", "--forcerun", "tabulate_networks"),
        cwd=project,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    (other / "__init__.py").write_text("")
    shutil.copytree(project / "srop", other, dirs_exist_ok=True)
    alone = subprocess.run([sys.executable, script], env=environ, capture_output=True, text=True, check=False)
    assert f"not from its own project; set PYTHONPATH={project}" in alone.stderr
    assert snakemake(project).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cores", "2"], "Preset smoke: results/smoke/ on auto, 2 cores, downloads nothing; not recorded"),
        (["-j", "1"], "on auto, 1 core, "),
        (["--jobs=2"], "on auto, 2 cores, "),
        (
            ["results/embedded/tables/digits.csv"],
            "belongs to another run than results/smoke/; add --config preset=embedded",
        ),
        (["results/smoke-mine/report.html"], "add --config preset=smoke name=mine"),
    ],
)
def test_what_the_command_line_means_is_checked_first(project, arguments, message):
    run = [sys.executable, "-m", "snakemake", "--dry-run", *arguments, "--config", "preset=smoke"]
    result = subprocess.run(run, cwd=project, env=environment(project), capture_output=True, text=True, check=False)
    assert message in result.stdout + result.stderr


def test_one_job_at_a_time_has_the_gpu_whatever_other_resources_are_given(project):
    """And on this machine jobs that could use one ask torch, not the driver's tools."""
    rules = """
include: "Snakefile"
print("gpu:", workflow.global_resources["gpu"].value, "has:", gpu_job(None), file=sys.stderr)
"""
    (project / "asking.smk").write_text(rules)
    result = snakemake(project, "--snakefile", "asking.smk", "--resources", "mem_mb=8000", "--dry-run", "figure1")
    (project / "asking.smk").unlink()
    assert f"gpu: 1 has: {int(torch.cuda.is_available())}" in result.stderr


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.time() + seconds
    while not condition():
        assert time.time() < deadline, "waited in vain"
        time.sleep(0.02)


def logs_of(results: Path, rule: str) -> list[str]:
    """Read the logs of a rule's jobs, of which an error of one may keep others from starting."""
    return [log.read_text() for log in (results / "logs" / rule).rglob("*.log")]


def test_networks_of_another_run_are_measured_in_the_place_of_trainings(project, results):
    # Quoted for Hydra, and for the shell's rules by which `set` is split; amid others, for Snakemake strips quotation
    # marks at both ends.
    folder = shlex.quote(f'digits.networks="{results / "digits"}"')
    networks = f"data.root=data {folder} digits.variants=null"
    again = ("preset=smoke", "name=again", f"set={networks}")
    assert "train_digits" not in planned(project, "digits", config=again)
    assert snakemake(project, "digits", config=again).returncode == 0
    taken = project / "results" / "smoke-again"
    for table in ("digits", "kappa", "frog_epochs"):
        assert (taken / "tables" / f"{table}.csv").read_bytes() == (results / "tables" / f"{table}.csv").read_bytes()
    metrics = taken / "digits" / "case2" / "w1" / "seed0" / "metrics.parquet"
    origin = json.loads(pq.read_schema(metrics).metadata[b"provenance"])
    assert origin["device"] == "cpu"
    model = results / "digits" / "case2" / "w1" / "seed0" / "model.safetensors"
    assert origin["taken"]["sha256"][0] == hashlib.sha256(model.read_bytes()).hexdigest()
    other = ("preset=smoke", "name=other", f"set={networks} digits.training.lr=0.5")
    assert snakemake(project, "digits", config=other).returncode
    message = "was trained with lr=0.001, this run has 0.5. Networks are taken under the same values only"
    assert any(message in text for text in logs_of(project / "results" / "smoke-other", "take_digits"))
    frog = ("preset=smoke", "name=frog", f"set={networks} digits.data.frog.index=5")
    assert snakemake(project, "digits", config=frog).returncode
    message = "was trained with digits="
    assert any(message in text for text in logs_of(project / "results" / "smoke-frog", "take_digits"))
    more = ("preset=smoke", "name=more", f"set={networks} digits.seeds=[0,7]")
    refused = snakemake(project, "digits", "--dry-run", config=more)
    assert refused.returncode
    assert "seed7/model.safetensors is missing, and" in refused.stdout + refused.stderr
    # Files of two networks exchanged: each is whole and sealed, and belongs to another training.
    exchanged = project / "exchanged = (1)"
    shutil.copytree(results / "digits", exchanged)
    for name in ("model.safetensors", "conv_weights_by_epoch.safetensors"):
        first, second = (exchanged / case / "w1" / "seed0" / name for case in ("case1", "case2"))
        first.write_bytes(second.read_bytes())
        config = (
            "preset=smoke",
            "name=exchanged",
            f"set=data.root=data {shlex.quote(f'digits.networks={exchanged}')} digits.variants=null",
        )
        assert snakemake(project, "digits", config=config).returncode
        logs = logs_of(project / "results" / "smoke-exchanged", "take_digits")
        assert any(f"{first} is not of the training that" in text for text in logs)
        shutil.copy(results / "digits" / "case1" / "w1" / "seed0" / name, first)


def test_killed_training_goes_on_and_ends_the_same(tmp_path):
    """Kill -9 of a job, then of snakemake itself; the same command brings the undisturbed tables."""
    config = ("preset=smoke", "name=killed", f"set={ONE_TRAINING}")
    undisturbed, disturbed = copy_project(tmp_path / "undisturbed"), copy_project(tmp_path / "disturbed")
    assert snakemake(undisturbed, "digits", config=config).returncode == 0

    checkpoint = disturbed / "results/smoke-killed/checkpoints/train_digits/digits/case2/w1/seed0.pt"
    log = disturbed / "results/smoke-killed/logs/train_digits/digits/case2/w1/seed0.log"

    def start() -> subprocess.Popen:
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(
            command("digits", config=config),
            cwd=disturbed,
            env=environment(disturbed),
            start_new_session=True,
            **silent,
        )

    def kill_job(run: subprocess.Popen) -> None:
        for process in psutil.Process(run.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any(word.startswith("checkpoint=") for word in process.cmdline()):
                    process.kill()

    def written() -> int:
        return checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0

    run = start()
    wait_for(checkpoint.exists)
    kill_job(run)
    assert run.wait(120) != 0
    assert checkpoint.exists()

    before = written()
    run = start()
    wait_for(lambda: written() > before)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(10)
    assert "resumes after epoch" in log.read_text()

    locked = snakemake(disturbed, "digits", config=config)
    assert locked.returncode != 0
    assert "--unlock" in locked.stderr
    assert snakemake(disturbed, "digits", "--unlock", config=config).returncode == 0
    assert snakemake(disturbed, "digits", config=config).returncode == 0
    assert not checkpoint.exists()
    tables = sorted((undisturbed / "results").rglob("*.csv"))
    assert len(tables) == 4
    for table in tables:
        assert (disturbed / table.relative_to(undisturbed)).read_bytes() == table.read_bytes(), table.name
