"""What a briefing's file may hold: one model, from which checks and JSON Schema both follow.

The parameters are those that the chapters declare, so that a new parameter of a chapter is
checked, described and offered by an editor at once.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    create_model,
)

import computebook
from computebook import datasets, errors
from computebook.book import execution
from computebook.briefing import places
from computebook.briefing.request import CHAPTERS
from computebook.briefing.values import checked_value
from computebook.errors import ComputebookError
from computebook.parameters import Parameter

__all__ = [
    "NOT_REPLACEABLE",
    "briefing_file",
    "json_schema",
    "parameter_schema",
    "parameters_of",
    "table_names",
]

MAX_LINE: Final = 160
MAX_NOTES: Final = 20_000
_TYPES: Final = {"int": "integer", "float": "number", "str": "string", "bool": "boolean"}
_CONFIG: Final = ConfigDict(extra="forbid", frozen=True)
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

#: Tables that record the article, our own checks and our fits: no row of them is a client's.
NOT_REPLACEABLE: Final = frozenset(
    {
        *("claims", "footnotes", "terms", "price_crosscheck", "swebench_outcomes"),
        *("energy_calibration", "inference_calibration", "training_calibration"),
        *("inference_holdout", "inference_label_noise", "inference_peer_errors"),
    }
)


def table_names() -> list[str]:
    """Return the tables that a client may add rows to, or override rows of.

    Examples
    --------
    >>> "gpu_hour_prices" in table_names(), "claims" in table_names()
    (True, False)
    """
    return [name for name in datasets.table_names() if name not in NOT_REPLACEABLE]


@cache
def parameters_of(chapter: str) -> dict[str, Parameter]:
    """Return what a chapter can be asked for, by name.

    Parameters
    ----------
    chapter : str
        Name of its notebook without the ending.

    Examples
    --------
    >>> parameters_of("gpu_sizing")["users"].unit
    'users'
    """
    return {parameter.name: parameter for parameter in execution.declared_parameters(chapter)}


def parameter_schema(parameter: Parameter) -> dict[str, Any]:
    """Return the JSON Schema of one parameter: type, bounds, choices, default, unit, meaning.

    Parameters
    ----------
    parameter : Parameter
        Its declaration.

    Examples
    --------
    >>> schema = parameter_schema(Parameter("users", "int", "users", 64, 1, 4096, meaning="All."))
    >>> schema["type"], schema["maximum"], schema["unit"], schema["default"]
    ('integer', 4096, 'users', 64)
    """
    title = f"{parameter.name} ({parameter.unit})" if parameter.unit else parameter.name
    shape = _value_schema(parameter)
    if parameter.kind == "list":
        shape = {"type": "array", "minItems": 1, "items": shape}
    about = {"title": title, "description": parameter.meaning, "unit": parameter.unit}
    return {**shape, **about, "default": parameter.default}


def _value_schema(parameter: Parameter) -> dict[str, Any]:
    """Return the schema of a single value, of a list its entries'."""
    is_list = parameter.kind == "list"
    kind = type(parameter.default[0]).__name__ if is_list else parameter.kind
    shape: dict[str, Any] = {"type": _TYPES[kind]}
    if parameter.choices:
        shape["enum"] = list(parameter.choices)
    bounds = {"minimum": parameter.low, "maximum": parameter.high}
    return shape | {name: bound for name, bound in bounds.items() if bound is not None}


def _parameter_field(parameter: Parameter) -> tuple[Any, Any]:
    def check(value: Any) -> Any:
        return checked_value(parameter, value)

    schema = WithJsonSchema(parameter_schema(parameter))
    return Annotated[Any, AfterValidator(check), schema], parameter.default


def _model(name: str, about: str, fields: dict[str, Any]) -> type[BaseModel]:
    model: type[BaseModel] = create_model(name, __config__=_CONFIG, __doc__=about, **fields)
    return model


def _chapter_field(chapter: str) -> tuple[Any, Any]:
    fields = {name: _parameter_field(p) for name, p in parameters_of(chapter).items()}
    about = f"Parameters of {chapter}; what is left out keeps its published value."
    return _model(f"Parameters_{chapter}", about, fields) | None, Field(None, description=about)


def _file_type(description: str) -> Any:
    schema = {"type": "string", "minLength": 1, "maxLength": places.MAX_PATH}
    return Annotated[str, WithJsonSchema({**schema, "description": description})]


def _data_model() -> type[BaseModel]:
    tables = {
        name: (_file_type(f"CSV, rows of: {datasets.describe(name).title}."), None)
        for name in table_names()
    }
    about = "By table, a CSV beside this file: its rows override ours by primary key, or are added."
    log: Any = _file_type(
        "Usage export or log of answers: JSON lines, plain or gzip, or CSV of leaves."
    )
    fields: dict[str, Any] = {
        "tables": (_model("Tables", about, tables) | None, Field(None, description=about)),
        "usage": (
            list[log] | None,
            Field(None, description="Your usage, priced row by row in the ledger."),
        ),
    }
    return _model("Data", "Data of the client's own; it never leaves the client's folder.", fields)


def _line(name: str, most: int, *, one_line: bool = True) -> BeforeValidator:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise ComputebookError(f"{name} = {value!r} is no text: put it in quotes")
        return places.checked_text(name, value, most, one_line=one_line)

    return BeforeValidator(check)


def _iso_date(value: Any) -> dt.date:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    raise ComputebookError(f"date = {value!r} is no date: write YYYY-MM-DD")


def _edition(value: Any) -> str:
    installed = computebook.__version__
    if not isinstance(value, str):
        raise ComputebookError(f"edition = {value!r} is no text: write edition: '{installed}'")
    if value != installed and not installed.startswith(f"{value}."):
        raise ComputebookError(
            f"edition = {value!r} is not installed: {installed!r} is; install that edition, or "
            f"base the briefing on this one"
        )
    return installed


def _chapter(value: Any) -> str:
    return errors.require_known("chapter", str(value), CHAPTERS)


def _chapters(value: list[str]) -> list[str]:
    if not value:
        raise ComputebookError("chapters is empty: name one or more, or leave the line out")
    repeated = next((name for name in value if value.count(name) > 1), None)
    if repeated:
        raise ComputebookError(f"chapters names {repeated!r} twice")
    return value


def _required(check: Callable[[Any], Any] | BeforeValidator, **schema: Any) -> tuple[Any, Any]:
    validator = check if isinstance(check, BeforeValidator) else BeforeValidator(check)
    return Annotated[Any, validator, WithJsonSchema(schema)], ...


@cache
def briefing_file() -> type[BaseModel]:
    """Return the model of a briefing's file, which names every parameter of every chapter.

    Returns
    -------
    type of pydantic.BaseModel
        Immutable; a name that it does not know is an error.

    Examples
    --------
    >>> sorted(briefing_file().model_fields)[:4]
    ['chapters', 'client', 'data', 'date']
    """
    words: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": MAX_LINE}
    one_of = {"type": "string", "enum": list(CHAPTERS)}
    slug = {"type": "string", "pattern": f"^{places.SLUG}$", "maxLength": places.MAX_SLUG}
    shown = {"type": "array", "minItems": 1, "uniqueItems": True, "items": one_of}
    known = Annotated[str, BeforeValidator(_chapter)]
    fields: dict[str, Any] = {
        "client": _required(_line("client", MAX_LINE), **words, description="Name of the client."),
        "title": _required(_line("title", MAX_LINE), **words, description="Title on the cover."),
        "date": _required(
            _iso_date, type="string", format="date", pattern=r"^\d{4}-\d{2}-\d{2}$",
            description="Date of the briefing, YYYY-MM-DD; all dates of the hand-over follow it.",
        ),
        "edition": _required(
            _edition, type="string", enum=_editions(),
            description="Edition of the published report that it is compared with.",
        ),
        "slug": (
            Annotated[str, BeforeValidator(places.checked_slug), WithJsonSchema(
                {**slug, "description": "Name of the folder; made from client if left out."}
            )],
            None,
        ),
        "chapters": (
            Annotated[list[known], AfterValidator(_chapters), WithJsonSchema(
                {**shown, "description": "Chapters shown; all of them if left out.",
                 "default": list(CHAPTERS)}
            )],
            None,
        ),
        "parameters": (
            _model("Parameters", "By chapter.", {c: _chapter_field(c) for c in CHAPTERS}) | None,
            Field(None, description="What differs from the published report, by chapter."),
        ),
        "data": (_data_model() | None, Field(None, description="Data of the client's own.")),
        "notes": (
            Annotated[str, _line("notes", MAX_NOTES, one_line=False), WithJsonSchema(
                {"type": "string", "maxLength": MAX_NOTES, "description": "Markdown, on the cover."}
            )] | None,
            None,
        ),
    }  # fmt: skip
    return _model("Briefing", "A client's report: what it assumes and which data it uses.", fields)


def _editions() -> list[str]:
    """Return the installed edition, and its shorter names."""
    parts = computebook.__version__.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 1, -1)]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a briefing's file, for editors and other checkers.

    Returns
    -------
    dict
        Draft 2020-12. Besides the usual words each parameter has its `unit`.

    Examples
    --------
    >>> json_schema()["required"]
    ['client', 'title', 'date', 'edition']
    """
    schema = _without_nothing(briefing_file().model_json_schema())
    about = "A client's briefing for computebook: write the file in YAML."
    return {"$schema": _DIALECT, **schema, "title": "computebook briefing", "description": about}


def _without_nothing(value: Any) -> Any:
    """Return a schema without the defaults that only say that nothing was given."""
    if isinstance(value, dict):
        kept = {key: entry for key, entry in value.items() if (key, entry) != ("default", None)}
        return {key: _without_nothing(entry) for key, entry in kept.items()}
    return [_without_nothing(entry) for entry in value] if isinstance(value, list) else value
