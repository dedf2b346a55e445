"""Several GPUs on one machine, pretended: each job has one to itself while there are enough."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from runs import copy_project, edit, environment

from srop.pipeline.devices import visible_devices

PROJECT = Path(__file__).resolve().parent.parent
# What a job does before it starts CUDA; then it works until a signal ends it.
JOB = """
import os
from srop.pipeline.devices import take_device
take_device("cuda")
print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
input()
"""


@pytest.fixture
def start(tmp_path):
    """Start jobs that hold a device, in a machine of its own."""
    jobs = []

    def started(devices: str = "4,7") -> tuple[str, subprocess.Popen]:
        own = {"PYTHONPATH": str(PROJECT), "TMPDIR": str(tmp_path), "CUDA_VISIBLE_DEVICES": devices}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        job = subprocess.Popen([sys.executable, "-c", JOB], env=os.environ | own, text=True, **pipes)
        jobs.append(job)
        return job.stdout.readline().strip(), job

    yield started
    for job in jobs:
        job.kill()
        job.communicate()


def test_each_job_has_a_device_of_its_own_and_one_that_is_killed_gives_it_back(start):
    (first, killed), (second, _) = start(), start()
    assert {first, second} == {"4", "7"}
    killed.kill()
    killed.wait()
    assert start()[0] == first


def test_jobs_beyond_the_devices_share_them_evenly(start):
    assert sorted(start()[0] for _ in range(5)) == ["4", "4", "4", "7", "7"]


def test_one_device_is_taken_as_it_is(start):
    assert [start("7")[0] for _ in range(2)] == ["7", "7"]


def test_devices_are_those_that_cuda_may_see(tmp_path):
    for name in ("nvidia0", "nvidia1", "nvidia10", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    assert visible_devices({}, tmp_path) == ["0", "1", "10"]
    assert visible_devices({"CUDA_VISIBLE_DEVICES": "GPU-a, GPU-b"}, tmp_path) == ["GPU-a", "GPU-b"]
    assert visible_devices({"CUDA_VISIBLE_DEVICES": ""}, tmp_path) == []
    assert visible_devices({"CUDA_VISIBLE_DEVICES": "-1"}, tmp_path) == []


@pytest.mark.parametrize(
    ("devices", "device", "jobs"), [("0,1,2", "cuda", 3), ("0,1,2", "cuda:1", 1), ("0", "cuda", 1), ("", "cpu", 1)]
)
def test_the_workflow_runs_a_job_for_each_device(tmp_path, devices, device, jobs):
    project = copy_project(tmp_path / "project")
    shown = 'print("gpu:", workflow.global_resources["gpu"].value, file=sys.stderr)\n\n\nrule all:'
    edit("Snakefile", "rule all:", shown)(project)
    call = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        "4",
        "--list-rules",
        "--config",
        "preset=smoke",
        f"device={device}",
    ]
    own = environment(project) | {"CUDA_VISIBLE_DEVICES": devices}
    done = subprocess.run(call, cwd=project, env=own, capture_output=True, text=True, check=True)
    assert f"gpu: {jobs}\n" in done.stderr
