"""A run as an RO-Crate, which the profiles' own validator checks without a network."""

import io
import json
import shutil
from base64 import urlsafe_b64encode
from pathlib import Path
from urllib.parse import unquote

import pytest
from runs import snakemake

from srop.files import sha256_of
from srop.runs.crate import Run, write_crate
from srop.runs.jobs import recorded_jobs

PROJECT = Path(__file__).resolve().parent.parent
# The terms that a crate uses, as the two contexts that it names define them: these lie on the web.
TERMS = json.loads((Path(__file__).parent / "ro_crate_terms.json").read_text(encoding="utf-8"))
RECORD = {
    "commits": ["abc"],
    "python": "3.13.1",
    "versions": {"torch": "2.14.1", "foolbox": None},
    "hardware": {"processor": "AMD EPYC", "gpu": None},
    "values": {"digits": {"w": [0, 0.5], "training": {"lr": 0.001}}},
}
RESULTS = Path("results/try")
MODEL, TABLE = "results/try/digits/w0/model é.safetensors", "results/try/tables/digits.csv"


def record_of(output: str, **fields: object) -> None:
    name = urlsafe_b64encode(output.encode()).decode()
    parts = [f"@{name[:40]}", name[40:]] if len(name) > 60 else [name]
    path = Path(".snakemake", "metadata", *parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(fields), encoding="utf-8")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of two jobs: a training and a table, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in (MODEL, TABLE):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name, encoding="utf-8")
    Path("mnist.gz").write_text("digits")
    scripts = {"train_digits": "train.py", "tabulate_digits": "tabulate_digits.py"}
    shell = {
        rule: f"/opt/python3.13 '{PROJECT}/workflow/digits/{name}' w=0 > log 2>&1" for rule, name in scripts.items()
    }
    common = {"log": ["results/try/logs/train_digits/w0.log"], "starttime": 10.0, "endtime": 20.5}
    record_of(MODEL, rule="train_digits", shellcmd=shell["train_digits"], input=[f"{tmp_path}/mnist.gz"], **common)
    common = {"log": ["results/try/logs/tabulate_digits.log"], "starttime": 21.0, "endtime": 22.0}
    record_of(TABLE, rule="tabulate_digits", shellcmd=shell["tabulate_digits"], input=[MODEL], **common)
    record_of("results/other/model", rule="train_digits", **common)
    record_of("results/try/deleted", rule="train_digits", **common)
    jobs = recorded_jobs(Path(".snakemake/metadata"), RESULTS)
    return Run(RESULTS, "try", "snakemake --cores all --config name=try", RECORD, jobs)


def crate_of(run: Run) -> dict[str, dict]:
    crate = json.loads(write_crate(run, PROJECT).read_text(encoding="utf-8"))
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"]), "an id stands twice"
    return entities


def references(value: object):
    if isinstance(value, dict):
        yield from [value["@id"]] if set(value) == {"@id"} else references(list(value.values()))
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_jobs_are_read_from_what_snakemake_recorded(run):
    train, tabulate = run.jobs
    assert (train.rule, train.outputs, train.began, train.ended) == ("train_digits", (MODEL,), 10, 20.5)
    assert (tabulate.rule, tabulate.inputs) == ("tabulate_digits", (MODEL,))


def test_outputs_of_one_job_are_one_job(run):
    record_of("results/try/tables/epochs.csv", rule="tabulate_digits", log=["results/try/logs/tabulate_digits.log"],
              starttime=21.0, endtime=23.0)  # fmt: skip
    Path("results/try/tables/epochs.csv").write_text("")
    _, tabulate = recorded_jobs(Path(".snakemake/metadata"), RESULTS)
    assert tabulate.outputs == (TABLE, "results/try/tables/epochs.csv")
    assert tabulate.ended == 23
    assert tabulate.without([TABLE]).outputs == ("results/try/tables/epochs.csv",)


def test_a_crate_says_what_ran_on_what(run):
    crate = crate_of(run)
    model = "digits/w0/model%20%C3%A9.safetensors"
    assert crate[model]["sha256"] == sha256_of(MODEL)
    job = crate["#job/logs/train_digits/w0.log"]
    assert job["description"] == "python workflow/digits/train.py w=0", "no place of this machine"
    assert job["instrument"] == {"@id": "code/workflow/digits/train.py"}
    assert (job["startTime"], job["endTime"]) == ("1970-01-01T00:00:10.000+00:00", "1970-01-01T00:00:20.500+00:00")
    assert job["result"] == [{"@id": model}]
    (outside,) = job["object"]
    assert crate[outside["@id"]]["sha256"] == sha256_of("mnist.gz")
    assert crate["#job/logs/tabulate_digits.log"]["object"] == [{"@id": model}]
    assert crate["#value/digits.training.lr"]["value"] == "0.001"
    assert crate["#software/torch"]["softwareVersion"] == "2.14.1"
    assert "#software/foolbox" not in crate, "not installed"
    assert crate["code/Snakefile"]["version"] == "abc"
    assert (RESULTS / "code" / "workflow" / "digits" / "train.py").is_file()
    assert not (RESULTS / "code" / "workflow" / "recorded").exists()
    assert str(PROJECT) not in json.dumps(crate)


@pytest.mark.parametrize("jobs", ["known", "unknown"])
def test_a_crate_refers_only_to_what_it_describes_and_every_file_is_there(run, jobs):
    if jobs == "unknown":
        run = Run(RESULTS, "try", run.command, RECORD, files=[Path(MODEL), Path(TABLE)])
    crate = crate_of(run)
    web = {
        "https://w3id.org/ro/crate/1.1",
        "https://doi.org/10.1093/bioinformatics/bts480",
        "https://snakemake.readthedocs.io",
    }
    assert {id for id in references(list(crate.values())) if id not in crate} == web
    for id, entity in crate.items():
        if "File" in entity["@type"]:
            assert sha256_of(RESULTS / unquote(id)) == entity["sha256"]
            assert {"@id": id} in crate["./"]["hasPart"]


def test_a_crate_is_written_anew(run):
    first = crate_of(run)
    (RESULTS / "code" / "stale").write_text("")
    assert crate_of(run) == first
    assert not (RESULTS / "code" / "stale").exists()


def problems(folder: Path, profile: str, cache: Path) -> list[str]:
    """Let the profiles' own validator look at a crate, without a network: it takes the two contexts from its cache."""
    pytest.importorskip("rocrate_validator", reason="pip install roc-validator: it is not here to look at the crate")
    import requests
    from requests.adapters import BaseAdapter
    from requests_cache import CachedSession
    from rocrate_validator.models import Severity, ValidationSettings
    from rocrate_validator.services import validate
    from urllib3 import HTTPResponse

    class Kept(BaseAdapter):
        def send(self, request, **_):
            response = requests.Response()
            response.status_code, response.url, response.request = 200, request.url, request
            response.headers["Content-Type"] = "application/ld+json"
            body = io.BytesIO(json.dumps(TERMS[request.url]).encode())
            response.raw = HTTPResponse(body, headers=dict(response.headers), status=200, preload_content=False)
            return response

        def close(self):
            pass

    with CachedSession(str(cache), expire_after=-1, backend="sqlite") as session:
        session.mount("https://", Kept())
        for url in TERMS:
            session.get(url)
    settings = ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier=profile,
        requirement_severity=Severity.REQUIRED,
        offline=True,
        cache_path=cache,
        cache_max_age=-1,
    )
    return [str(issue.message) for issue in validate(settings).get_issues()]


@pytest.mark.parametrize(("jobs", "profile"), [("known", "provenance-run-crate"), ("unknown", "workflow-run-crate")])
def test_the_official_validator_takes_the_crate(run, jobs, profile, tmp_path):
    if jobs == "unknown":
        run = Run(RESULTS, "try", run.command, RECORD, files=[Path(MODEL), Path(TABLE)])
    write_crate(run, PROJECT)
    assert problems(RESULTS, profile, tmp_path / "cache") == []


def test_the_official_validator_refuses_a_crate_without_a_jobs_script(run, tmp_path):
    file = write_crate(run, PROJECT)
    crate = json.loads(file.read_text(encoding="utf-8"))
    for entity in crate["@graph"]:
        if entity["@id"] == "#job/logs/train_digits/w0.log":
            del entity["instrument"]
    file.write_text(json.dumps(crate), encoding="utf-8")
    assert any("instrument" in problem for problem in problems(RESULTS, "provenance-run-crate", tmp_path / "cache"))


@pytest.mark.slow
def test_a_finished_run_becomes_a_crate_and_so_do_the_recorded_runs(project, tmp_path):
    result = snakemake(project, "crate")
    assert result.returncode == 0, result.stdout + result.stderr
    crate = json.loads((project / "results" / "smoke" / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    rules = {entity["name"] for entity in crate if entity["@type"] == "HowToStep"}
    assert {"train_digits", "measure_backbone", "claims", "report"} <= rules
    # The validator reads no folder whose name is no part of an address.
    smoke = shutil.copytree(project / "results" / "smoke", tmp_path / "smoke")
    assert problems(smoke, "provenance-run-crate", tmp_path / "cache") == []
    assert snakemake(project, "recorded_crates").returncode == 0
    folders = {file.parent.name for file in project.glob("results/crates/*/ro-crate-metadata.json")}
    assert folders == {file.parent.name for file in (PROJECT / "workflow" / "recorded").glob("*/origin.json")}
    paper = shutil.copytree(project / "results" / "crates" / "paper", tmp_path / "paper")
    assert problems(paper, "workflow-run-crate", tmp_path / "cache") == []
    shutil.rmtree(project / "results" / "crates")
