"""A run as a Workflow Run RO-Crate: what it read, ran and wrote, as JSON-LD that other tools read.

The entities and their properties are those of the profiles Provenance Run Crate 0.5 and, where no job is known,
Workflow Run Crate 0.5, https://w3id.org/ro/wfrun/provenance/0.5.
"""

import json
import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import quote

from srop.files import sha256_of
from srop.pipeline.io import write_json
from srop.runs.jobs import Job
from srop.runs.origin import flattened

METADATA = "ro-crate-metadata.json"
"""The name of the file that makes a folder a crate."""

CODE = "code"
"""The folder of a crate that holds the workflow."""

_CODE = ("Snakefile", "LICENSE", "pyproject.toml", "requirements.lock", "config", "srop", "workflow")
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
_BASE = "https://w3id.org/ro/crate/1.1"
_WORKFLOW_CRATE = {"@id": "https://w3id.org/workflowhub/workflow-ro-crate/1.0"}
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
}
_LICENSE = "https://spdx.org/licenses/BSD-3-Clause"
_SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
_MAIN, _RUN, _ENGINE = f"{CODE}/Snakefile", "#run", "#software/snakemake"
_WHOLE_DAY = "%Y-%m-%d"

Entity = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A run to describe.

    Attributes:
        folder: Its folder, which becomes the crate.
        name: The run's name, such as ``embedded``.
        command: The command that made it.
        record: Commits, versions, hardware and values, as :func:`srop.runs.origin.origin_of` gives them.
        jobs: The jobs, where they are known.
        files: Further files of the folder that belong to the run.
    """

    folder: Path
    name: str
    command: str
    record: Mapping[str, Any]
    jobs: Sequence[Job] = ()
    files: Iterable[Path] = ()


def write_crate(run: Run, project: Path) -> Path:
    """Make a run's folder an RO-Crate: copy the workflow into it, and describe all of it in one file.

    Args:
        run: The run.
        project: The folder of the Snakefile.

    Returns:
        The file, ``ro-crate-metadata.json``.

    Raises:
        FileNotFoundError: If the folder or one of its files is missing.
    """
    _copy_code(project, run.folder / CODE)
    write_json(described(run), run.folder / METADATA)
    return run.folder / METADATA


def described(run: Run) -> Entity:
    """Describe a run in JSON-LD.

    Args:
        run: The run; its folder holds the workflow already.

    Returns:
        The content of ``ro-crate-metadata.json``: an entity for the run, each job, rule, script, file with its SHA-256,
        value of the configuration and package with its version.

    Raises:
        FileNotFoundError: If a file is missing.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "code").mkdir()
        >>> _ = (folder / "code" / "Snakefile").write_text("rule all:")
        >>> crate = described(Run(folder, "try", "snakemake", {"values": {"digits": {"w": [0, 1]}}}))
        >>> [entity["value"] for entity in crate["@graph"] if entity["@type"] == "PropertyValue"]
        ['[0, 1]']
    """
    commands = {job.place: _portable(job.command) for job in run.jobs}
    tools = {job.rule: _tool(job.rule, commands[job.place], run.folder) for job in run.jobs}
    jobs = [entity for job in run.jobs for entity in _actions(job, run, tools[job.rule], commands[job.place])]
    paths = {_path(path, run.folder) for path in [*run.files, *(path for job in run.jobs for path in job.outputs)]}
    outputs = [_file(run.folder, path) for path in sorted(paths)]
    inputs = _inputs(run)
    values = flattened(run.record.get("values") or {})
    parameters = [entity for key, value in sorted(values.items()) for entity in _parameter(key, value)]
    software = _software(run.record)
    scripts = {tool["@id"]: tool for tool in tools.values()}
    parts = [{"@id": f"{CODE}/"}, *_ids(outputs), *_ids([tool for tool in scripts.values() if _is_file(tool)])]
    times = [time for job in run.jobs for time in (job.began, job.ended)]
    span = {"startTime": _time(min(times)), "endTime": _time(max(times))} if times else {}
    action = {
        "@id": _RUN,
        "@type": "CreateAction",
        "name": f"Run {run.name}",
        "description": " ".join([run.command, _on(run.record)]).strip(),
        "instrument": {"@id": _MAIN},
        "object": [*({"@id": f"#value/{key}"} for key in sorted(values)), *_ids(inputs)],
        "result": _ids(outputs),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        **span,
    }
    actions = [action, *jobs]
    rules = list(dict.fromkeys(job.rule for job in run.jobs))
    if run.jobs:
        controls = [entity for entity in jobs if entity["@type"] == "ControlAction"]
        actions.append(
            {
                "@id": "#snakemake",
                "@type": "OrganizeAction",
                "name": "Snakemake's run of all jobs",
                "instrument": {"@id": _ENGINE},
                "object": _ids(controls),
                "result": {"@id": _RUN},
                **span,
            }
        )
    published = datetime.fromtimestamp(max(times), UTC) if times else datetime.now(UTC)
    profiles = list(_PROFILES)[: 3 if run.jobs else 2]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"srop: run {run.name}",
        "description": "Spectral roll-off points of feature maps: tables, figures and the workflow that made them",
        "datePublished": published.strftime(_WHOLE_DAY),
        "license": {"@id": _LICENSE},
        "conformsTo": [{"@id": profile} for profile in profiles] + [_WORKFLOW_CRATE],
        "hasPart": [{"@id": _MAIN}, *parts],
        "mainEntity": {"@id": _MAIN},
        "mentions": _ids(entity for entity in actions if entity["@type"] == "CreateAction"),
    }
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": [{"@id": _BASE}, _WORKFLOW_CRATE],
        },
        root,
        *({"@id": id, "@type": "CreativeWork", "name": _PROFILES[id], "version": "0.5"} for id in profiles),
        {**_WORKFLOW_CRATE, "@type": "CreativeWork", "name": "Workflow RO-Crate", "version": "1.0"},
        {"@id": _LICENSE, "@type": "CreativeWork", "name": "BSD 3-Clause License"},
        *_workflow(run, rules, list(scripts), software, sorted(values)),
        *scripts.values(),
        *(_step(rule, position, tools[rule]) for position, rule in enumerate(rules)),
        *actions,
        *parameters,
        *inputs,
        *outputs,
        *software,
    ]
    return {"@context": _CONTEXT, "@graph": graph}


def _copy_code(project: Path, into: Path) -> None:
    """Copy the workflow without recorded runs, which are large and read by no job of another run's folder."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    skipped = shutil.ignore_patterns("__pycache__", "recorded")
    for name in _CODE:
        if (project / name).is_dir():
            shutil.copytree(project / name, into / name, ignore=skipped)
        elif (project / name).is_file():
            shutil.copyfile(project / name, into / name)


def _workflow(
    run: Run, rules: Sequence[str], scripts: Sequence[str], software: Sequence[Entity], keys: Sequence[str]
) -> list[Entity]:
    kinds = ["File", "SoftwareSourceCode", "ComputationalWorkflow", *(["HowTo"] if rules else [])]
    main = {
        **_file(run.folder, _MAIN),
        "@type": kinds,
        "name": "srop",
        "description": "The Snakefile as it stood when the crate was written; the version is the run's",
        "programmingLanguage": {"@id": _SNAKEMAKE},
        "softwareRequirements": _ids(software),
        "version": ", ".join(run.record.get("commits") or ["not recorded"]),
        "input": [{"@id": f"#parameter/{key}"} for key in keys],
        **(
            {"hasPart": [{"@id": id} for id in scripts], "step": [{"@id": f"#step/{rule}"} for rule in rules]}
            if rules
            else {}
        ),
    }
    language = {
        "@id": _SNAKEMAKE,
        "@type": "ComputerLanguage",
        "name": "Snakemake",
        "identifier": {"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
        "url": {"@id": "https://snakemake.readthedocs.io"},
    }
    code = {"@id": f"{CODE}/", "@type": "Dataset", "name": "The workflow: rules, scripts, configuration and package"}
    return [main, language, code]


def _tool(rule: str, command: str, folder: Path) -> Entity:
    """Describe the script that a rule runs, or the rule itself where its command names none of the project's."""
    script = next((word for word in shlex.split(command)[1:2] if word.endswith(".py")), None)
    if script and (folder / CODE / script).is_file():
        tool = _file(folder, f"{CODE}/{script}")
        return {**tool, "@type": ["File", "SoftwareSourceCode"], "name": script}
    return {"@id": f"#tool/{rule}", "@type": "SoftwareApplication", "name": rule}


def _is_file(tool: Entity) -> bool:
    return "File" in tool["@type"]


def _step(rule: str, position: int, tool: Entity) -> Entity:
    work = {"workExample": {"@id": tool["@id"]}}
    return {"@id": f"#step/{rule}", "@type": "HowToStep", "name": rule, "position": str(position), **work}


def _actions(job: Job, run: Run, tool: Entity, command: str) -> list[Entity]:
    name = quote(_path(job.place, run.folder))
    ran = {
        "@id": f"#job/{name}",
        "@type": "CreateAction",
        "name": f"{job.rule}: {_path(job.place, run.folder)}",
        "description": command,
        "instrument": {"@id": tool["@id"]},
        "object": [{"@id": _id_of(path, run.folder)} for path in job.inputs],
        "result": [{"@id": _id_of(path, run.folder)} for path in job.outputs],
        "startTime": _time(job.began),
        "endTime": _time(job.ended),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    started = {
        "@id": f"#start/{name}",
        "@type": "ControlAction",
        "name": f"Start of {job.rule}",
        "instrument": {"@id": f"#step/{job.rule}"},
        "object": {"@id": ran["@id"]},
    }
    return [ran, started]


def _inputs(run: Run) -> list[Entity]:
    """Describe files that jobs read and that lie elsewhere, without their folder, which is this machine's."""
    outside = sorted({path for job in run.jobs for path in job.inputs if not Path(path).is_relative_to(run.folder)})
    return [
        {"@id": _id_of(path, run.folder), "@type": "CreativeWork", "name": Path(path).name, **_hash(Path(path))}
        for path in outside
    ]


def _hash(path: Path) -> Entity:
    return {"sha256": sha256_of(path)} if path.is_file() else {}


def _parameter(key: str, value: Any) -> list[Entity]:
    ours = {"@id": f"#value/{key}", "@type": "PropertyValue", "name": key, "value": json.dumps(value)}
    slot = {"@id": f"#parameter/{key}", "@type": "FormalParameter", "name": key, "additionalType": "Text"}
    return [
        {**ours, "exampleOfWork": {"@id": slot["@id"]}},
        {**slot, "workExample": {"@id": ours["@id"]}},
    ]


def _software(record: Mapping[str, Any]) -> list[Entity]:
    versions = {"python": record.get("python"), "snakemake": None, **(record.get("versions") or {})}
    return [
        {
            "@id": f"#software/{name}",
            "@type": "SoftwareApplication",
            "name": name,
            "softwareVersion": version or "not recorded",
        }
        for name, version in versions.items()
        if version or name == "snakemake"
    ]


def _on(record: Mapping[str, Any]) -> str:
    hardware = record.get("hardware") or {}
    words = ", ".join(filter(None, [hardware.get("processor"), hardware.get("gpu")]))
    return f"(on {words})" if words else ""


def _portable(command: str) -> str:
    """Write a command as it would be typed in the project's folder: without the places of the machine that ran it.

    >>> _portable("/opt/python3 '/home/a b/workflow/digits/train.py' file=/home/a b/data > log 2>&1")
    'python workflow/digits/train.py file=/home/a b/data'
    """
    words = shlex.split(command.partition(" > ")[0].partition(" 2>&1")[0])
    if not words:
        return ""
    # The project may lie elsewhere now than when the job ran.
    project = "".join(words[1:2]).rpartition("workflow/")[0]
    words = [word.replace(project, "") for word in words]
    return shlex.join(["python" if "python" in Path(words[0]).name else words[0], *words[1:]])


def _file(folder: Path, path: str) -> Entity:
    place = folder / path
    kind = guess_type(path)[0]
    return {
        "@id": quote(path),
        "@type": "File",
        "name": path,
        "contentSize": str(place.stat().st_size),
        "sha256": sha256_of(place),
        **({"encodingFormat": kind} if kind else {}),
    }


def _id_of(path: str, folder: Path) -> str:
    if Path(path).is_relative_to(folder):
        return quote(_path(path, folder))
    # The last parts tell the networks of another run apart, and say nothing of this machine's folders.
    return f"#input/{quote('/'.join(Path(path).parts[-4:]))}"


def _path(path: str | Path, folder: Path) -> str:
    path = Path(path)
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def _ids(entities: Iterable[Entity]) -> list[Entity]:
    return [{"@id": entity["@id"]} for entity in entities]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
