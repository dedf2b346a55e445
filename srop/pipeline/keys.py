"""What keys of the configuration may hold: the base of all sections, and the types that sections share."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from srop.convention import CONVENTIONS
from srop.data.catalogue import FORMER_NAMES, choices
from srop.networks.digit_layers import DIGIT_LAYERS
from srop.pipeline.ranges import Requirement, folder_name

Value = TypeVar("Value")


class Keys(BaseModel):
    """The keys of a section or of a part of it: each a line with its name, its type and range, and its meaning.

    An unknown key is refused, and so is a value of another type. A whole number may stand for a number, and so may text
    that reads as one, because variables of the environment are text.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    def rules(self) -> Iterator[Requirement]:
        """Give the rules over several keys: a key (relative to this part), whether it fits, and what is allowed."""
        yield from ()

    @field_validator("*", mode="before")
    @classmethod
    def _read_text(cls, value: Any, info: ValidationInfo) -> Any:
        return _number(value, _types(cls.model_fields[info.field_name].annotation))

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        if broken := [(key, rule) for key, holds, rule in self.rules() if not holds]:
            raise PydanticCustomError("rules", "keys do not fit each other", {"broken": broken})
        return self


def key(meaning: str, **limits: Any) -> Any:
    """Define a key by its meaning, which config/README.md shows, and the limits of its value.

    Args:
        meaning: In Markdown, on one line.
        **limits: ``ge``, ``gt``, ``le``, ``lt``, as for :func:`pydantic.Field`; or ``default``.
    """
    return Field(description=meaning, **limits)


_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@cache
def _types(annotation: Any) -> frozenset[Any]:
    inner = [_types(each) for each in get_args(annotation)]
    return frozenset().union(*inner) if inner else frozenset([annotation])


def _number(value: Any, types: frozenset[Any]) -> Any:
    if isinstance(value, list):
        return [_number(each, types) for each in value]
    if isinstance(value, str) and str not in types:
        if int in types and _WHOLE.fullmatch(value):
            return int(value)
        if float in types and _NUMBER.fullmatch(value):
            return float(value)
        if bool in types and value.lower() in ("true", "false"):
            return value.lower() == "true"
    return value


def _distinct(values: list[Value]) -> list[Value]:
    if len(set(values)) < len(values):
        raise ValueError("give each value once, without duplicates")
    return values


def _name_of_a_folder(name: str) -> str:
    fits, rule = folder_name(name)
    if not fits:
        raise ValueError(rule)
    return name


Distinct = Annotated[list[Value], Field(min_length=1), AfterValidator(_distinct)]
"""At least one value, and each once."""

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Positive = Annotated[float, Field(gt=0)]
Proportion = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Folder = Annotated[str, AfterValidator(_name_of_a_folder)]


def source_for(use: str, *others: str) -> Any:
    """Give the type of a key that names a data set of the catalogue.

    Args:
        use: What the data set is for, as in :func:`srop.data.catalogue.choices`.
        *others: Further choices, which are no data sets.

    Returns:
        A type that refuses a former name by the one that the data set has now.
    """

    def refuse_former_name(name: Any) -> Any:
        if isinstance(name, str) and (new := FORMER_NAMES.get(use, {}).get(name)):
            raise ValueError(f"it is called {new} now")
        return name

    return Annotated[Literal[*others, *choices(use)], BeforeValidator(refuse_former_name)]


Layer = Literal[*DIGIT_LAYERS]
Convention = Literal[*CONVENTIONS]
BatchNorm = Literal["running", "batch"]
DeadTreatment = Literal["one", "omit"]

_WORDS = {
    "integer": ("a whole number", "whole numbers"),
    "number": ("a number", "numbers"),
    "string": ("text", "texts"),
    "boolean": ("true or false", "true or false"),
}


def in_words(schema: Mapping[str, Any], *, several: bool = False) -> str:
    """Say what a key takes.

    Args:
        schema: JSON Schema of the key, without references.
        several: Whether it stands for the values in a list.

    Example:
        >>> in_words({"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}})
        'a list of numbers in [0, 1]'
    """
    if "anyOf" in schema:
        return f"{in_words(schema['anyOf'][0], several=several)}, or null"
    if "enum" in schema or "const" in schema:
        words = ", ".join(map(str, schema.get("enum") or [schema["const"]]))
        return words if several else f"one of {words}"
    if schema["type"] == "array":
        return f"a list of {in_words(schema['items'], several=True)}"
    if schema["type"] == "object":
        inner = schema.get("additionalProperties")
        return f"names with {in_words(inner)} each" if inner and "properties" not in inner else "a mapping"
    return f"{_WORDS[schema['type']][several]}{_range(schema)}"


def _range(schema: Mapping[str, Any]) -> str:
    lower, upper = (schema.get(name, schema.get(f"exclusive{name.title()}")) for name in ("minimum", "maximum"))
    above, below = "exclusiveMinimum" in schema, "exclusiveMaximum" in schema
    if lower is None or upper is None:
        lower_bound = "" if lower is None else f" {'>' if above else '>='} {lower}"
        return lower_bound if upper is None else f" {'<' if below else '<='} {upper}"
    upper = f"2**{upper.bit_length() - 1}" if isinstance(upper, int) and upper >= 2**16 else upper
    return f" in {'(' if above else '['}{lower}, {upper}{')' if below else ']'}"


def without_references(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Put what JSON Schema defines under ``$defs`` in the place of each reference to it."""
    if isinstance(schema, dict):
        rest = {key: without_references(value, definitions) for key, value in schema.items() if key != "$ref"}
        if "$ref" in schema:
            return without_references(definitions[schema["$ref"].rpartition("/")[2]], definitions) | rest
        return rest
    return [without_references(each, definitions) for each in schema] if isinstance(schema, list) else schema
