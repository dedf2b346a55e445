"""The experiments, a folder each: measurement, tables, figures, claims, and a section of the configuration.

Nothing here imports torch, because the workflow reads this at every start.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType


def discover(part: str) -> dict[str, ModuleType]:
    """Import the module with this name, such as ``claims`` or ``section``, from each experiment that has one.

    Code that calls this with a name in quotes depends on each of these modules (:mod:`srop.pipeline.tracking`).

    Example:
        >>> sorted(discover("section"))[:4]
        ['adversarial', 'backbones', 'beyond', 'cifar']
    """
    files = sorted(Path(__file__).parent.glob(f"*/{part}.py"))
    return {file.parent.name: import_module(f"{__name__}.{file.parent.name}.{part}") for file in files}
