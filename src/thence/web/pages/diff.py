"""What differs between two calls, or commits: parameters with their sources, context and answer by word, usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from thence.providers.said import said
from thence.reading.differing import Compared, Pair, compare
from thence.reading.document import parameter_document
from thence.reading.facts import call_id
from thence.reading.record import is_call
from thence.reading.wording import compared
from thence.web.items import read

if TYPE_CHECKING:
    from thence.reading.record import Record
    from thence.store import Call, CommitInfo
    from thence.store.together import Glimpse
    from thence.web.page import Asked

__all__ = ["document"]

_PAIRS: Final = 100  # items side by side, at most
_LONGEST: Final = 20_000  # characters of one


def document(asked: Asked) -> dict[str, Any]:
    """How ``b`` (HEAD unless it is given) differs from ``a``. Without ``a``: what the answer at ``b`` followed."""
    one, other = asked.text("a"), asked.text("b", "HEAD") or "HEAD"
    shown: dict[str, Any] = {"a": one, "b": other, "sides": [], "shared": 0, "same": False, "left_out": 0}
    if not one:
        return {**shown, "parameters": [], "context": [], "answer": [], "outcome": []}
    sides = asked.record.find(one), asked.record.find(other)
    found = compare(asked.record, *sides)
    return {
        **shown,
        "sides": [_side(side) for side in sides],
        "parameters": [
            {"name": name, "one": here and parameter_document(here), "other": there and parameter_document(there)}
            for name, (here, there) in found.parameters.items()
        ],
        "shared": found.shared,
        "context": _texts(asked.record, found.context),
        "left_out": max(len(found.context) - _PAIRS, 0),
        "answer": _texts(asked.record, found.answer),
        "outcome": _outcome(found),
        "same": not found,
    }


def _side(side: Call | CommitInfo) -> dict[str, Any]:
    if is_call(side):
        return {
            "id": side.id,
            "name": call_id(side),
            "request_model": side.request_model,
            "response_model": side.response_model,
            "status": side.status,
            "started_at": side.started_at.isoformat(),
        }
    return {
        "id": side.hash,
        "name": side.short,
        "request_model": None,
        "response_model": None,
        "status": None,
        "started_at": side.created_at.isoformat(),
    }


def _outcome(found: Compared) -> list[dict[str, Any]]:
    return [{"name": name, "one": here, "other": there} for name, (here, there) in found.outcome.items()]


def _texts(record: Record, pairs: list[Pair]) -> list[dict[str, Any]]:
    """Items side by side, as pieces of text: gone, new, or both the same."""
    listed = pairs[:_PAIRS]
    commits = [each for pair in listed for each in pair if each]
    seen = read(record.store, commits)
    return [_text(*(seen[each.hash] if each else None for each in pair)) for pair in listed]


def _text(one: Glimpse | None, other: Glimpse | None) -> dict[str, Any]:
    roles = [each.commit.role or each.commit.content_type for each in (one, other) if each]
    pieces = compared(_words(one), _words(other))
    return {
        "role": " → ".join(dict.fromkeys(roles)),
        "commits": [each.commit.hash if each else None for each in (one, other)],
        "pieces": [list(piece) for piece in pieces],
    }


def _words(of: Glimpse | None) -> str:
    if of is None:
        return ""
    if of.content is None:
        return "[erased]" if of.erased else f"[{of.size:,} bytes]"
    return said(of.content)[:_LONGEST]
