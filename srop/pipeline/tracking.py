"""What a stage's numbers depend on, apart from its inputs and values: the code that it imports, by module.

Nothing here imports torch, because the workflow reads this at every start.
"""

import ast
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

PACKAGE = Path(__file__).resolve().parents[1]

UNTRACKED: Mapping[str, str] = MappingProxyType(
    {
        "srop.pipeline.schema": "checks the configuration; the values themselves are tracked",
        "srop.pipeline.stage": "composes the configuration; its values are tracked",
        "srop.files": "writes files",
        "srop.pipeline.io": "reads and writes files",
        "srop.pipeline.seal": "checks files",
        "srop.pipeline.machine": "names the CPU",
        "srop.pipeline.provenance": "says where results come from",
        "srop.pipeline.tracking": "says what results depend on",
    }
)
"""Modules that change no number, each with the reason; what they import is not looked at."""


def code_of(script: Path, besides: Iterable[str] = ()) -> dict[str, str]:
    """Hash the code that decides a script's numbers: the script, and the package's modules that it imports.

    Imports are read from the import statements, wherever they stand in a file, and followed; ``discover("claims")``
    imports the module ``claims`` of each experiment. An ``__init__.py`` counts where a name is imported from it, as
    ``discover`` is; those of folders alone hold a docstring and nothing else.

    Args:
        script: A Python file.
        besides: Modules on which it depends without an import.

    Returns:
        For the script (by its name) and each module (by its dotted one) the hash of its syntax tree, which comments,
        docstrings and formatting do not change. Another version of Python may give other hashes.

    Raises:
        ValueError: If a file imports a name from the package itself, which does not say from which module.

    Example:
        >>> sorted(code_of(PACKAGE / "rings.py"))
        ['rings', 'srop.convention', 'srop.sizes']
    """
    files = {script.stem: script, **{module: _file_of(module) for module in besides}}
    pending = list(files.values())
    while pending:
        for module in _imported(pending.pop()):
            if module not in files and module not in UNTRACKED:
                files[module] = _file_of(module)
                pending.append(files[module])
    return {name: _hashed(file, file.stat().st_mtime_ns) for name, file in sorted(files.items())}


def digest(files: Iterable[Path]) -> str:
    """Hash the syntax trees of Python files, docstrings stripped: 16 hexadecimal digits."""
    total = hashlib.sha256()
    for file in files:
        total.update(_stripped(file, file.stat().st_mtime_ns))
    return total.hexdigest()[:16]


@cache
def _hashed(file: Path, _modified: int) -> str:
    return digest([file])


def _file_of(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imported(file: Path) -> set[str]:
    return _imports(file, file.stat().st_mtime_ns)


@cache
def _tree(file: Path, _modified: int) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def _imports(file: Path, modified: int) -> set[str]:
    modules = set()
    for node in ast.walk(_tree(file, modified)):
        if isinstance(node, ast.Import):
            named = {alias.name for alias in node.names if alias.name.partition(".")[0] == PACKAGE.name}
            if PACKAGE.name in named:
                raise ValueError(f"{file}: import from modules of {PACKAGE.name}, not the package itself")
            modules |= named
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise ValueError(f"{file}: import from {PACKAGE.name} by its full name, not relative to the file")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == PACKAGE.name:
            for alias in node.names:
                part = f"{node.module}.{alias.name}"
                is_module = _file_of(part).is_file()
                if node.module == PACKAGE.name and not is_module:
                    raise ValueError(f"{file}: import {alias.name} from its own module, not from {PACKAGE.name}")
                modules.add(part if is_module else node.module)
        elif isinstance(node, ast.Call) and "discover" in (
            getattr(node.func, "id", ""),
            getattr(node.func, "attr", ""),
        ):
            if len(node.args) != 1 or not isinstance(node.args[0], ast.Constant):
                raise ValueError(f"{file}: call discover with a name in quotes, which says what the code depends on")
            part = node.args[0].value
            experiments = sorted((PACKAGE / "experiments").glob(f"*/{part}.py"))
            modules |= {f"{PACKAGE.name}.experiments.{path.parent.name}.{part}" for path in experiments}
    return modules


@cache
def _stripped(file: Path, modified: int) -> bytes:
    tree = _tree(file, modified)
    _strip_docstrings(tree)
    return ast.dump(tree).encode()


def _strip_docstrings(node: ast.stmt | ast.Module) -> None:
    # A string as a statement does nothing: docstrings of all kinds go. Only statements hold statements, and walking
    # down expressions as well takes long.
    node.body = [child for child in node.body if not _is_string(child)]
    for child in node.body:
        if hasattr(child, "body"):
            _strip_docstrings(child)


def _is_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
