"""A commented briefing to start from: every parameter with its default, unit, bounds, meaning."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Any, Final

import computebook
from computebook import datasets, errors
from computebook.briefing.request import CHAPTERS
from computebook.briefing.schema import parameters_of
from computebook.parameters import Parameter

__all__ = ["template_text"]

_WIDTH: Final = 100
_HEAD: Final = """\
# A briefing: the report again, with your parameters and your data.
# Take away the # in front of what you want to change; what stays commented keeps its published
# value. Numbers carry no unit (each line says which it is in) and may be written as 1e6.
# For an editor that completes and checks: computebook params --schema > briefing.schema.json
# yaml-language-server: $schema=briefing.schema.json

client: Example client          # its folder is made from the name, or give slug: example-client
title: What our language models cost
date: {date}                # all dates of the hand-over follow it
edition: '{edition}'             # the published report that it is compared with

# Chapters shown, in the order of the book. All of them if left out.
chapters: [{chapters}]

# Markdown, on the cover.
notes: |
  Written for the first meeting.

# Files beside this one, with our columns (computebook data show TABLE --fields). A row with one of
# our keys overrides ours and needs only the columns that differ; a row with a new key must be
# complete. You are its source: source_key, locator and as_of are filled in.
# data:
#   tables:
#     gpu_hour_prices: gpu_hour_prices.csv      # what you pay per GPU-hour
#     api_prices: api_prices.csv                # your contracts: a price card per row
#     token_profiles: token_profiles.csv        # the lengths of your requests
#   usage: [usage.jsonl]                        # exports or logs, for the ledger

parameters:
"""


def template_text(chapters: Sequence[str] | None = None) -> str:
    """Return a new briefing in YAML, with every parameter of its chapters as a comment.

    Parameters
    ----------
    chapters : sequence of str, optional
        Chapters of the briefing; all of them if left out.

    Returns
    -------
    str
        A file that can be loaded as it is, and then asks for the published values.

    Raises
    ------
    ComputebookError
        If a chapter is unknown.

    Examples
    --------
    >>> "    # users: 64" in template_text(["gpu_sizing"])
    True
    """
    for chapter in chapters or ():
        errors.require_known("chapter", chapter, CHAPTERS)
    shown = [chapter for chapter in CHAPTERS if chapter in (chapters or CHAPTERS)]
    head = _HEAD.format(
        date=datasets.data_date().date(),
        edition=computebook.__version__,
        chapters=", ".join(shown),
    )
    return head + "\n".join(_chapter_text(chapter) for chapter in shown)


def _chapter_text(chapter: str) -> str:
    blocks = [_parameter_text(parameter) for parameter in parameters_of(chapter).values()]
    return f"  {chapter}:\n" + "".join(blocks)


def _parameter_text(parameter: Parameter) -> str:
    """Return one parameter as comments: meaning, unit, what is allowed, and the line to change."""
    unit = f" In {parameter.unit}." if parameter.unit else ""
    about = f"{parameter.meaning}{unit}{_allowed(parameter)}"
    lines = textwrap.wrap(about, _WIDTH - 7, break_on_hyphens=False)
    value = f"# {parameter.name}: {_yaml(parameter.default)}"
    return "".join(f"    ## {line}\n" for line in lines) + f"    {value}\n"


def _allowed(parameter: Parameter) -> str:
    if parameter.choices:
        return f" One of: {', '.join(map(str, parameter.choices))}."
    if parameter.low is None or parameter.high is None:
        return ""
    return f" From {parameter.low:g} to {parameter.high:g}."


def _yaml(value: Any) -> str:
    """Return a value on one line; text in quotes, so that no reader takes it for a number."""
    return json.dumps(value, ensure_ascii=False)
