"""What Snakemake's jobs run: which script belongs to a rule, and what its command line says.

A rule declares its inputs, outputs, message and, under ``params``, what else its script takes. The rest follows from
the rule's name and its script's signature.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

from srop.pipeline.overrides import hydra_value
from srop.pipeline.stage import signature_of

FREE = ("script", "overrides", "besides")
"""Params of a rule that its script does not take: another name of the script, overrides of the configuration, and what
else reruns the rule when it changes."""


def script_of(rule: str, folder: Path) -> Path:
    """Find the script of a rule: ``<rule>.py`` next to its rules, or the same without the folder's name.

    Args:
        rule: Name of the rule, such as ``train_digits``.
        folder: Of its rules, such as ``workflow/digits``, whose script ``train.py`` it is.

    Raises:
        FileNotFoundError: If the folder holds no such script.
    """
    words = [folder.name, folder.name.partition("_")[0], folder.name.removesuffix("s")]
    names = [rule, *(rule.replace(f"_{word}", "", 1) for word in words)]
    for name in names:
        if (folder / f"{name}.py").is_file():
            return folder / f"{name}.py"
    wanted = " or ".join(dict.fromkeys(f"{name}.py" for name in names))
    raise FileNotFoundError(f"rule {rule}: {folder} holds no script {wanted}")


def job_path(rule: str, outputs: Sequence[str]) -> str:
    """Name the place of a job's log, times or checkpoint: the parts of its first output's path that hold wildcards.

    Example:
        >>> job_path("train_digits", ["results/smoke/{folder}/w{w}/model.safetensors"])
        'train_digits/{folder}/w{w}'
        >>> job_path("prepare_images", ["results/smoke/images/{size,[0-9]+}.safetensors"])
        'prepare_images/{size}'
    """
    pattern = re.sub(r"\{(\w+),[^{}]*\}", r"{\1}", outputs[0]) if outputs else ""
    return "/".join([rule, *(part.removesuffix(Path(part).suffix) for part in pattern.split("/") if "{" in part)])


def param_of_job(value: Any, wildcards: Any, **files: Any) -> Any:
    """Give a rule's param for a job: a function takes the job's wildcards and, by name, its ``input`` or ``output``."""
    if not callable(value):
        return value
    return value(wildcards, **{name: files[name] for name in signature(value).parameters if name in files})


def arguments(
    script: Path,
    settings: Callable[..., Sequence[str]],
    params: Mapping[str, Any],
    places: Mapping[str, Any],
) -> Callable[..., list[str]]:
    """Write the command line of a rule's script, as a function of a job that Snakemake calls.

    Each parameter of the script is looked for among the rule's params, its named inputs and outputs, its wildcards and
    ``places``; ``stem`` and ``stems`` are its outputs without their endings. One that is found nowhere keeps its
    default. Snakemake does not compare what a function of inputs or outputs gives: places and the device rerun nothing.

    Args:
        script: The script.
        settings: Gives the overrides of the configuration, with a job's own appended.
        params: The rule's params, see :func:`param_of_job`.
        places: Patterns of wildcards (``checkpoint``) and values (``device``) that change no result, by name.

    Raises:
        ValueError: If the rule has a param that the script does not take.
    """
    parameters = signature_of(script).parameters
    if unknown := {*params} - {*parameters, *FREE}:
        raise ValueError(f"{script} takes no {', '.join(sorted(unknown))}; it takes {', '.join(parameters)}")

    def command(wildcards: Any, input: Any, output: Any) -> list[str]:
        names = dict(wildcards.items())
        stems = list(dict.fromkeys(str(Path(path).with_suffix("")) for path in output))
        known = {key: place.format(**names) if isinstance(place, str) else place for key, place in places.items()}
        known |= {"stem": stems[0] if stems else None, "stems": stems, **names}
        known |= {key: _first_of_a_stem(value) for key, value in (*output.items(), *input.items())}
        files = {"input": input, "output": output}
        known |= {key: param_of_job(value, wildcards, **files) for key, value in params.items()}
        words = [f"{key}={hydra_value(known[key])}" for key in parameters if key in known]
        return [str(script), *settings(*param_of_job(params.get("overrides", ()), wildcards)), *words]

    return command


def _first_of_a_stem(value: Any) -> Any:
    """Give the first of files that differ by their endings alone: a table and its exports."""
    if isinstance(value, str):
        return value
    return value[0] if len(value) > 1 and len({Path(path).with_suffix("") for path in value}) == 1 else list(value)
