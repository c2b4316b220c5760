"""Streamed answers, put together by what the deltas say and nothing else.

Chunks are folded as they are, as plain values: no model validates them, so an unknown field is kept and a broken one
breaks nothing. Text is gathered in lists and joined once: the work is in the stream's length, not in its square.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Growing", "append", "grown", "member", "merge", "place"]

_SET = frozenset({"role", "type", "index", "object", "format", "created", "model"})
"""Names whose value a later delta replaces; strings elsewhere are pieces of one text."""

_PIECES = frozenset({"text", "thinking"})


class Growing:
    """A text that comes in pieces."""

    __slots__ = ("pieces",)

    def __init__(self, first: str) -> None:
        self.pieces = [first]


def grown(value: Any) -> Any:
    """A merged value with its texts joined."""
    if isinstance(value, Growing):
        return "".join(value.pieces)
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


def append(into: dict[str, Any], name: str, piece: str) -> None:
    """Append a piece to a member's text."""
    before = into.get(name)
    if isinstance(before, Growing):
        before.pieces.append(piece)
    else:
        into[name] = Growing(before + piece if isinstance(before, str) else piece)


def merge(into: dict[str, Any], delta: dict[str, Any]) -> None:
    """Merge a delta into what has come so far: texts append, lists extend or merge by ``index``, objects merge."""
    again = _again(into, delta)
    for name, value in delta.items():
        before = into.get(name)
        if value is None:
            into.setdefault(name, None)
        elif isinstance(value, str):
            if name in _SET:
                into[name] = value or before or ""
            elif not (again and name in {"id", "name"}):
                into[name] = _text(before, value)
        elif isinstance(value, dict):
            if not isinstance(before, dict):
                before = into[name] = {}
            repeated = {"name"} if again and "name" in before else set()
            merge(before, {inner: member for inner, member in value.items() if inner not in repeated})
        elif isinstance(value, list):
            into[name] = _listed(before, value)
        else:
            into[name] = value


def _again(into: dict[str, Any], delta: dict[str, Any]) -> bool:
    """Whether a delta repeats the id it goes to: then it repeats the name as well."""
    before = into.get("id")
    return bool(delta.get("id")) and isinstance(before, Growing) and "".join(before.pieces) == delta["id"]


def _text(before: Any, value: str) -> Any:
    if isinstance(before, Growing):
        before.pieces.append(value)
        return before
    if isinstance(before, list):  # parts so far, and now plain text
        return _listed(before, [{"type": "text", "text": value}]) if value else before
    return Growing(value)


def _listed(before: Any, value: list[Any]) -> list[Any]:
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
        merge(known, entry)
    return into


def _entry(into: list[Any], entry: dict[str, Any]) -> dict[str, Any] | None:
    """The entry that a delta goes to: that of its index; another id at the same index is another entry.

    Without an index, a piece of text goes on with the text before it.
    """
    if "index" not in entry:
        last = into[-1] if into else None
        if isinstance(last, dict) and entry.get("type") in _PIECES and last.get("type") == entry["type"]:
            return last
        return None
    for known in reversed(into):
        if isinstance(known, dict) and known.get("index") == entry["index"]:
            new = entry.get("id")
            return None if new and grown(known.get("id")) not in {None, "", new} else known
    return None
