"""The log: calls by day, newest first, with what joins them, what changed, and a query to choose them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from thence.errors import NotFound, QueryError
from thence.params import Parameter
from thence.providers.said import said
from thence.reading.facts import call_id, does
from thence.reading.timeline import Line, timeline
from thence.reading.visible import one_line

if TYPE_CHECKING:
    from thence.store import Call, Calls
    from thence.store.together import Glimpse
    from thence.web.page import Asked

__all__ = ["document"]

COUNT: Final = 50
_GLANCE: Final = 280  # characters of what was said


def document(asked: Asked) -> dict[str, Any]:
    """The newest calls, or those before one.

    The URL says ``q`` (a query), ``branch``, and ``before`` (a call's id); ``seen`` is the mark of a page that is shown
    already: it is not made again where nothing changed.
    """
    query, branch, before = asked.text("q"), asked.text("branch"), asked.text("before")
    shown: dict[str, Any] = {"q": query, "branch": branch, "before": before, "error": None, "count": COUNT}
    try:
        calls = _chosen(asked, query, branch, before)
        found = list(calls.newest_first(COUNT + 1))
    except QueryError as error:
        found = []
        shown["error"] = {"message": error.message, "hint": error.hint, "text": error.text, "column": error.column}
    shown["mark"] = _mark(found)
    if shown["mark"] == asked.text("seen"):
        return {"unchanged": True}
    lines = timeline(asked.record, found[:COUNT], whole=not (query or branch))
    shown["rows"] = [_row(asked, line) for line in lines]
    shown["width"] = max([1, *(max(line.row.at + 1, len(line.row.above), len(line.row.below)) for line in lines)])
    shown["older"] = found[COUNT - 1].id if len(found) > COUNT else None
    shown["misspelt"] = calls.misspelt() if query and not found and shown["error"] is None else {}
    return shown


def _chosen(asked: Asked, query: str, branch: str, before: str) -> Calls:
    calls = asked.record.store.calls(asked.record.tract)
    if query:
        calls = calls.where(query)
    if branch:
        calls = calls.where(branch=branch)
    return calls.before(_whole_id(before)) if before else calls


def _whole_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise NotFound(f"{text[:80]!r} is no call's id", hint="take one whole, as the log has it") from error


def _mark(found: list[Call]) -> str:
    """What changes when the page does: which calls, and how each of them ended."""
    told = "".join(f"{call.id}{call.status}" for call in found)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _row(asked: Asked, line: Line) -> dict[str, Any]:
    call = line.call
    return {
        "id": call.id,
        "name": call_id(call),
        "commit": line.answered.commit.short if line.answered else None,
        "refs": asked.record.names_of(line.answered.commit) if line.answered else [],
        "started_at": call.started_at.isoformat(),
        "status": call.status,
        "provider": call.provider,
        "operation": call.operation,
        "does": does(call),
        "request_model": call.request_model,
        "response_model": call.response_model,
        "branch": call.branch,
        "duration": call.duration,
        "input_tokens": call.usage.input_tokens,
        "output_tokens": call.usage.output_tokens,
        "error": call.error,
        "asked": _glance(line.asked),
        "answered": _glance(line.answered),
        "before": line.before.id if line.before else None,
        "changed": [_change(name, *pair) for name, pair in line.changed.items()],
        "graph": line.row._asdict(),
    }


def _glance(of: Glimpse | None) -> dict[str, Any] | None:
    """Who said what, in short."""
    if of is None:
        return None
    if of.content is None:
        words = "[erased]" if of.erased else f"[{of.size:,} bytes]"
    else:
        words = one_line(said(of.content)[: 4 * _GLANCE])
    return {"role": of.commit.role or of.commit.content_type, "text": words[:_GLANCE]}


def _change(name: str, before: Parameter | None, now: Parameter | None) -> dict[str, Any]:
    return {"name": name, "before": _held(before), "now": _held(now)}


def _held(parameter: Parameter | None) -> dict[str, Any] | None:
    """A parameter's value on the wire, or what was asked for where it is not there, and its source."""
    if parameter is None:
        return None
    return {"value": parameter.value, "source": parameter.source.name, "dropped": parameter.change == "dropped"}
