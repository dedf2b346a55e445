"""The table of all keys in config/README.md, generated from the sections' models and the YAML values.

``python -m srop.pipeline.key_table`` renews it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from srop.pipeline.keys import in_words, without_references
from srop.pipeline.schema import Config
from srop.pipeline.stage import compose, plain

CONFIG = Path(__file__).resolve().parents[2] / "config"
BEGIN, END = "<!-- keys: written by srop/pipeline/key_table.py -->", "<!-- end of keys -->"

_LONG = 6
"""A list of more values is abbreviated."""


def key_table(config_dir: Path) -> str:
    """Write the keys of the configuration as a Markdown table: what each takes, its values in two presets, its meaning.

    Args:
        config_dir: The folder ``config/``, whose YAMLs hold the values.
    """
    schema = Config.model_json_schema()
    schema = without_references(schema, schema["$defs"])
    embedded, paper = (plain(compose(config_dir, "base", [f"preset={name}"])) for name in ("embedded", "paper"))
    lines = ["| key | takes | `embedded` | `paper` | meaning |", "|---|---|---|---|---|"]
    for path, key in _keys(schema):
        ours, theirs = (_written(_at(values, path)) for values in (embedded, paper))
        theirs = "the same" if ours and theirs == ours else theirs
        lines.append(f"| `{'.'.join(path)}` | {in_words(key)} | {ours} | {theirs} | {key['description']} |")
    return "\n".join(lines)


def readme_with_keys(readme: str, table: str) -> str:
    """Put the table between its marks in the text of config/README.md."""
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}"


def _keys(schema: Mapping[str, Any], *path: str) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if "description" in schema and "properties" not in schema:
        yield path, schema
    schema = schema["anyOf"][0] if "anyOf" in schema else schema
    for name, each in schema.get("properties", {}).items():
        yield from _keys(each, *path, name)
    row = schema.get("additionalProperties")
    if row and "properties" in row:
        yield from _keys(row, *path, "NAME")


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if name == "NAME":
            return None
        values = values[name]
    return values


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(value)
    if isinstance(value, list):
        if len(value) > _LONG:
            ends = "" if isinstance(value[0], str) else f", {_written(value[0])} to {_written(value[-1])}"
            return f"{len(value)} values{ends}"
        return ", ".join(map(_written, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    file = CONFIG / "README.md"
    file.write_text(readme_with_keys(file.read_text(encoding="utf-8"), key_table(CONFIG)), encoding="utf-8")
