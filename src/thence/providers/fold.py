"""Streamed answers, put together by what the deltas say and nothing else.

Chunks are folded as they are, as plain values: no model validates them, so an unknown field is kept and a broken one
breaks nothing. Text is gathered in lists and joined once: the work is in the stream's length, not in its square.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from thence.providers.exact import loads
from thence.providers.sse import Event

__all__ = ["Growing", "append", "error_of", "grown", "keep", "kept_beside", "member", "merge", "place"]

_SET = frozenset({"role", "type", "index", "object", "format", "created", "model"})
"""Names whose value a later delta replaces; strings elsewhere are pieces of one text."""

_NAMING = frozenset({"id", "name"})
"""Names whose value some hosts repeat whole in every delta."""

_WHOLE = frozenset({"executed_tools"})
"""Lists of which a later delta repeats an entry with what has been added: Groq's."""

_PIECES = frozenset({"text", "thinking", "reasoning", "summary_text"})
"""Types of parts that come in pieces also where they have no index."""

_EMPTY: tuple[Any, ...] = (None, "", [], {})


_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def _joined(pair: re.Match[str]) -> str:
    return pair.group().encode("utf-16", "surrogatepass").decode("utf-16")


class Growing:
    """A text that comes in pieces."""

    __slots__ = ("pieces",)

    def __init__(self, first: str) -> None:
        self.pieces = [first]


def grown(value: Any) -> Any:
    """A merged value with its texts joined; a character that was cut into surrogates is one again."""
    if isinstance(value, Growing):
        text = "".join(value.pieces)
        return text if text.isascii() else _PAIR.sub(_joined, text)
    if isinstance(value, dict):
        return {name: grown(member) for name, member in value.items()}
    if isinstance(value, list):
        return [grown(member) for member in value]
    return value


def place(value: Any, name: str = "index") -> int:
    """The index that an event or a choice names; 0 where it names none."""
    index = value.get(name)
    return index if isinstance(index, int) else 0


def member(value: dict[str, Any], name: str) -> dict[str, Any]:
    """The object that a member is; an empty one where it is none."""
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


def kept_beside(body: dict[str, Any], events: Iterable[Event]) -> dict[str, Any]:
    """``body`` with the events that are no part of an answer as ``events``: errors, and what no row knows of."""
    kept = [_told(event) for event in events if not event.data.startswith("[DONE]")]
    return {**body, "events": kept} if kept else body


def error_of(event: Event) -> Any:
    """The error that an event tells of: by its name, by its type, or as an object that is nothing else."""
    value = event.value if isinstance(event.value, dict) else {}
    if "error" in (event.name, value.get("type"), value.get("object")):
        return value.get("error") or event.value or event.data
    return value.get("error") if len(value) == 1 else None


def _told(event: Event) -> Any:
    if isinstance(event.value, dict) and event.name and "type" not in event.value:
        return {"type": event.name, **event.value}
    return event.data if event.value is None else event.value


def append(into: dict[str, Any], name: str, piece: str) -> None:
    """Append a piece to a member's text."""
    before = into.get(name)
    if isinstance(before, Growing):
        before.pieces.append(piece)
    else:
        into[name] = Growing(before + piece if isinstance(before, str) else piece)


def keep(into: dict[str, Any], name: str, value: Any) -> None:
    """Keep what a later chunk says of a member; an empty value says nothing, and of an object each member for itself.

    Usage is replaced as a whole: what was counted at one time belongs together.
    """
    before = into.get(name)
    if value in _EMPTY:
        into[name] = value if before is None else before
    elif isinstance(value, dict) and isinstance(before, dict) and name != "usage":
        into[name] = inner = dict(before)
        for key, each in value.items():
            keep(inner, key, each)
    else:
        into[name] = value


def merge(into: dict[str, Any], delta: dict[str, Any]) -> None:
    """Merge a delta into what has come so far: texts append, lists extend or merge by ``index``, objects merge."""
    for name, value in delta.items():
        before = into.get(name)
        if value is None:
            into.setdefault(name, None)
        elif isinstance(value, str):
            if name in _SET:
                into[name] = value or before or ""
            elif not (name in _NAMING and value == grown(before)):
                into[name] = _text(before, value)
        elif isinstance(value, dict):
            if not isinstance(before, dict):
                before = into[name] = {}
            merge(before, value)
        elif isinstance(value, list):
            into[name] = _listed(before, value, whole=name in _WHOLE)
        else:
            into[name] = value


def _text(before: Any, value: str) -> Any:
    if isinstance(before, Growing):
        before.pieces.append(value)
        return before
    if isinstance(before, list):  # parts so far, and now plain text
        return _listed(before, [{"type": "text", "text": value}]) if value else before
    return Growing(value)


def _listed(before: Any, value: list[Any], *, whole: bool = False) -> list[Any]:
    if isinstance(before, Growing):  # plain text so far, and now parts
        text = grown(before)
        before = [{"type": "text", "text": Growing(text)}] if text else []
    into: list[Any] = before if isinstance(before, list) else []
    for entry in value:
        if not isinstance(entry, dict):
            into.append(entry)
            continue
        known = _entry(into, entry)
        if known is None:
            known = {}
            into.append(known)
        if whole:
            known.update(entry)
        else:
            merge(known, entry)
    return into


def _entry(into: list[Any], entry: dict[str, Any]) -> dict[str, Any] | None:
    """The entry that a delta goes to: the newest of its index that may be the same; without an index, the last one,
    where the delta is a piece, or a tool call of the same id.
    """
    known = (each for each in reversed(into) if isinstance(each, dict))
    index = entry.get("index")
    if index is not None:
        return next((each for each in known if each.get("index") == index and _same(each, entry)), None)
    if isinstance(entry.get("function"), dict) and entry.get("id"):
        return next((each for each in known if grown(each.get("id")) == entry["id"]), None)
    last = into[-1] if into else None
    return last if isinstance(last, dict) and _goes_on(last, entry) else None


def _same(known: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether a delta of a known entry's index goes on with it, and is no other one that a host put at that index."""
    for name in ("id", "type"):
        if entry.get(name) and grown(known.get(name)) not in (None, "", entry[name]):
            return False
    one, other = member(known, "function"), member(entry, "function")
    if entry.get("id") or not (one.get("name") and other.get("name")):
        return True
    another = other.get("arguments") or other["name"] != grown(one["name"])
    return not (another and _complete(one.get("arguments")))


def _goes_on(last: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether a delta without an index is a piece of the last entry."""
    kind = entry.get("type")
    if isinstance(entry.get("function"), dict):
        return isinstance(last.get("function"), dict) and not entry["function"].get("name")
    return isinstance(kind, str) and kind in _PIECES and last.get("type") == kind and not grown(last.get("signature"))


def _complete(arguments: Any) -> bool:
    """Whether the arguments that have come so far are a whole object."""
    if not isinstance(arguments, Growing):
        return bool(arguments)
    last = next((piece for piece in reversed(arguments.pieces) if piece.strip()), "")
    if not last.rstrip().endswith("}"):  # so that they are read a few times only
        return False
    try:
        return isinstance(loads(grown(arguments)), dict)
    except (ValueError, RecursionError):
        return False
