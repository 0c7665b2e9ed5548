"""Find the usage in what a provider answered or exported, and what else a ledger needs to know.

A line may hold the answer itself, the answer inside a log entry (`{"timestamp": ..., "response":
...}`), a line of a batch result file, or a page of a usage export with many rows. What holds no
usage because nothing was billed (a failed request, an unfinished answer) is told apart from what
cannot be understood.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from computebook import errors
from computebook.ledger.conventions import Counts, count, counts_of, part

__all__ = ["Record", "epoch_seconds", "records_of"]

STANDARD: Final = "standard"

_TIER_NAMES: Final = {
    **dict.fromkeys(("", "none", "default", "auto", "standard", "on_demand"), STANDARD),
    "on_demand_flex": "flex",
    "on_demand_priority": "priority",
}
_BODY_TIMES: Final = ("created_at", "created", "createTime", "create_time")
_OUTER_TIMES: Final = (
    *("timestamp", "time", "ts", "date", "day", "start_time", "starting_at"),
    *("request_time", "created_at", "created"),
)
_USAGES: Final = ("usage", "usageMetadata", "usage_metadata")
_FLAT: Final = ("input_tokens", "prompt_tokens", "uncached_input_tokens", "visible_output_tokens")
_STREAM: Final = ("message_start", "message_delta")
_DAY_S: Final = 86_400
_MILLISECONDS_FROM: Final = 1e11
_LAST_S: Final = 4_102_444_800
"""The year 2100: a later moment is a number in another unit."""

_LAST_MS: Final = _LAST_S * 1_000

Tagger = Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[str, ...]]


class Record(NamedTuple):
    """One billed row: what was used, by what, when; see `Counts` for the tokens.

    `seconds` counts from 1970 in UTC, None if the row has no date; `has_hour` is False where
    only the day is known. `request_input_tokens` selects the context tier: of an aggregate of
    several requests it is their mean.
    """

    model: str
    service_tier: str
    seconds: float | None
    has_hour: bool
    counts: Counts
    requests: int
    request_input_tokens: int
    tool_calls: tuple[tuple[str, int], ...]
    identity: str
    tags: tuple[str, ...]


def epoch_seconds(value: Any) -> tuple[float, bool] | None:
    """Return a moment as seconds since 1970 in UTC and whether its hour is known.

    Parameters
    ----------
    value : str, int, float or None
        ISO date or date-time (UTC where it names no zone), or seconds or milliseconds since
        1970; None or "" for no moment.

    Raises
    ------
    ComputebookError
        If it is no moment between 1970 and 2100.

    Examples
    --------
    >>> epoch_seconds("2026-01-15T12:00:00Z"), epoch_seconds("2026-01-15")
    ((1768478400.0, True), (1768435200.0, False))
    >>> epoch_seconds(1768478400000)
    (1768478400.0, True)
    """
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = min(value, _LAST_MS + 1) / (1_000 if value > _MILLISECONDS_FROM else 1)
        has_hour = True
    else:
        seconds, has_hour = _from_text(value)
    if not 0 <= seconds <= _LAST_S:
        raise errors.ComputebookError(f"time = {value!r} is not between 1970 and 2100")
    return seconds, has_hour


def _from_text(value: Any) -> tuple[float, bool]:
    try:
        moment = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError) as wrong:
        raise errors.ComputebookError(
            f"time = {value!r} is neither a date, a date-time nor seconds since 1970"
        ) from wrong
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return moment.timestamp(), len(value) > len("2026-01-15")


def _usage_in(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for name in _USAGES:
        found = body.get(name)
        if isinstance(found, dict):
            return found
    return body if any(name in body for name in _FLAT) else None


def _answer_in(outer: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Return the provider's answer inside a log entry, and whether it is a batch result."""
    if any(name in outer for name in _USAGES):
        return outer, False
    response = outer.get("response")
    if isinstance(response, dict):
        body = response.get("body")
        if isinstance(body, dict):
            return body, "custom_id" in outer
        return response, "key" in outer and any(name in response for name in _USAGES)
    result = outer.get("result")
    if isinstance(result, dict):
        message = result.get("message")
        return (message if isinstance(message, dict) else result), "custom_id" in outer
    for name in ("body", "message"):
        inner = outer.get(name)
        if isinstance(inner, dict):
            return inner, False
    return outer, False


def _nothing_billed(outer: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Return whether a row says of itself that it carries no usage."""
    said_null = any(name in body and body[name] is None for name in _USAGES)
    failed = bool(outer.get("error") or body.get("error"))
    unfinished = body.get("object") == "chat.completion.chunk"
    ended = body.get("type") in ("errored", "canceled", "expired", "error")
    return said_null or failed or unfinished or ended


def _service_tier(
    outer: Mapping[str, Any], body: Mapping[str, Any], usage: Mapping[str, Any], batch: bool
) -> str:
    if usage.get("speed") == "fast":
        return "fast"
    said = (
        usage.get("service_tier")
        or body.get("service_tier")
        or usage.get("trafficType")
        or outer.get("service_tier")
        or ("batch" if outer.get("batch") is True else "")
    )
    name = str(said or "").lower()
    tier = _TIER_NAMES.get(name, name)
    return "batch" if batch and tier == STANDARD else tier


def _tool_calls(body: Mapping[str, Any], usage: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    calls: dict[str, int] = {}
    server = part(usage, "server_tool_use")
    if server:
        calls["web-search"] = count(server, "web_search_requests")
    given = usage.get("tool_calls")
    if isinstance(given, dict):
        calls |= {str(tool): count(given, tool) for tool in given}
    output = body.get("output")
    if isinstance(output, list):
        for item in output:
            tool = _called(item)
            if tool:
                calls[tool] = calls.get(tool, 0) + 1
    searches = _grounding_searches(body)
    if searches:
        calls["web-search"] = calls.get("web-search", 0) + searches
    return tuple((tool, n) for tool, n in calls.items() if n)


def _grounding_searches(body: Mapping[str, Any]) -> int:
    """Return how many searches Google's grounding made for an answer."""
    candidates = body.get("candidates")
    if not isinstance(candidates, list):
        return 0
    grounded = [part(c, "groundingMetadata") for c in candidates if isinstance(c, dict)]
    queries = [said.get("webSearchQueries") for said in grounded]
    return sum(len(found) for found in queries if isinstance(found, list))


_CALLS: Final = {"web_search_call": "web-search", "file_search_call": "file-search"}


def _called(item: Any) -> str:
    """Return the tool that an output item of the Responses API bills, "" for none."""
    if not isinstance(item, dict):
        return ""
    action = item.get("action")
    searches = not isinstance(action, dict) or action.get("type", "search") == "search"
    return _CALLS.get(str(item.get("type")), "") if searches else ""


def _moment(outer: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[float, bool] | None:
    for place, names in ((body, _BODY_TIMES), (outer, _OUTER_TIMES)):
        for name in names:
            if place.get(name) not in (None, ""):
                return epoch_seconds(place[name])
    return None


_LONG_WINDOW: Final = re.compile(r"^(\d+)([km])-", re.IGNORECASE)


def _request_input(outer: Mapping[str, Any], counts: Counts, requests: int) -> int:
    """Return the input of one request: as said, an export's mean, or its context window.

    Where an export gives neither, 0: the lowest context tier.
    """
    if "request_input_tokens" in outer:
        return count(outer, "request_input_tokens")
    said = outer.get("context_window")
    window = _LONG_WINDOW.match(str(said)) if said else None
    if window:
        lower = int(window[1]) * (1_000_000 if window[2].lower() == "m" else 1_000)
        return lower + 1 if lower else 1
    return -(-sum(counts.leaves[:4]) // requests) if requests else 0


def readable(value: Any) -> str:
    r"""Return a value as text that can be written: half of a character pair is spelt out.

    Examples
    --------
    >>> readable("\ud800"), readable(7)
    ('\\ud800', '7')
    """
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _first_text(place: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = place.get(name)
        if value:
            return value if type(value) is str and value.isascii() else readable(value)
    return ""


def _record(outer: Mapping[str, Any], tagger: Tagger) -> Record | None:
    body, batch = _answer_in(outer)
    if outer.get("type") in _STREAM:
        raise errors.ComputebookError(
            "a piece of a stream: keep the final message, whose usage is whole"
        )
    usage = _usage_in(body)
    model = _first_text(body, "model", "modelVersion", "model_version") or _first_text(
        outer, "model"
    )
    identity = _first_text(body, "id", "responseId", "response_id")
    counts = counts_of(usage, model, identity) if usage else None
    if usage is None or counts is None:
        if _nothing_billed(outer, body):
            return None
        raise errors.ComputebookError("no token counts found in it")
    counted = [count(outer, name) for name in ("num_model_requests", "requests") if name in outer]
    requests = counted[0] if counted else 1
    moment = _moment(outer, body)
    return Record(
        model=model,
        service_tier=_service_tier(outer, body, usage, batch),
        seconds=moment[0] if moment else None,
        has_hour=moment[1] if moment else True,
        counts=counts,
        requests=requests,
        request_input_tokens=_request_input(outer, counts, requests),
        tool_calls=_tool_calls(body, usage),
        identity=identity or _first_text(outer, "id", "request_id"),
        tags=tagger(outer, body),
    )


_COUNTED: Final = re.compile(r"tokens|requests|cache_creation|server_tool_use")


def _bucket_rows(bucket: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of one period of a usage export, each with its period and an identity.

    The identity is the period and every dimension of the row, so that a page that was fetched
    twice counts once.
    """
    start = bucket.get("start_time", bucket.get("starting_at"))
    end = bucket.get("end_time", bucket.get("ending_at"))
    rows = []
    for result in bucket["results"]:
        if not isinstance(result, dict):
            raise errors.ComputebookError("a row of a usage export is no object")
        dimensions = sorted((k, str(v)) for k, v in result.items() if not _COUNTED.search(k))
        row = {"start_time": _period_start(start), "id": f"bucket:{start}:{end}:{dimensions}"}
        if "uncached_input_tokens" in result:
            # Anthropic's report counts tokens, not requests.
            row["requests"] = 0
        rows.append({**result, **row})
    return rows


def _period_start(start: Any) -> Any:
    moment = epoch_seconds(start)
    return (
        None if moment is None else dt.datetime.fromtimestamp(moment[0], dt.UTC).date().isoformat()
    )


def _rows_of(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if isinstance(value.get("results"), list):
        return list(_bucket_rows(value))
    pages = value.get("data")
    if isinstance(pages, list) and all(isinstance(p, dict) and "results" in p for p in pages):
        return [row for bucket in pages for row in _bucket_rows(bucket)]
    return [value]


def records_of(value: Any, tagger: Tagger = lambda outer, body: ()) -> list[Record | None]:
    """Return the rows that one decoded line holds, None for each that billed nothing.

    Parameters
    ----------
    value : any
        The decoded JSON of one line.
    tagger : function, optional
        Takes the entry and the answer inside it, returns the row's group names.

    Returns
    -------
    list of Record or None
        One item, or one per result of a usage export.

    Raises
    ------
    ComputebookError
        If the line is no object, holds no token counts, or a count is malformed.

    Examples
    --------
    >>> row, = records_of({"id": "msg_1", "model": "claude-opus-4-5",
    ...                    "usage": {"input_tokens": 10, "output_tokens": 5}})
    >>> row.model, row.counts.leaves
    ('claude-opus-4-5', (10, 0, 0, 0, 5, 0))
    >>> records_of({"id": "batch_req_1", "response": None, "error": {"code": "expired"}})
    [None]
    """
    if not isinstance(value, dict):
        raise errors.ComputebookError("not a JSON object")
    return [_record(row, tagger) for row in _rows_of(value)]
