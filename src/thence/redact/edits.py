"""Edits: what is to be replaced in a body, found before anything is changed.

Whatever looks for secrets says where they are. That way several searches can be merged, and an edit that spans several
pieces of a stream can be spelled over them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

__all__ = ["Edit", "Finder", "difference", "merged", "past_escape", "spliced", "through_pieces"]


class Edit(NamedTuple):
    """Bytes ``start`` to ``end`` are to be replaced by ``put``."""

    start: int
    end: int
    put: bytes


Finder = Callable[[bytes], Iterable[Edit]]
"""Finds the edits to make in a body: in order, and none overlapping another."""


def past_escape(body: bytes, start: int) -> int:
    r"""Where an edit that would begin at ``start`` may begin: not within the ``\n`` or ``\u000a`` of a JSON string."""
    if start and body[start - 1] == 0x5C:
        return start + (5 if body[start] == 0x75 else 1)
    return start


def merged(edits: Iterable[Edit]) -> list[Edit]:
    """Edits in order, overlapping ones as one: from the first's start to the last's end, with the first's mark."""
    result: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        if result and edit.start < result[-1].end:
            last = result[-1]
            result[-1] = Edit(last.start, max(last.end, edit.end), last.put)
        else:
            result.append(edit)
    return result


def spliced(body: bytes, edits: Iterable[Edit]) -> bytes:
    """``body`` with the edits made; the same object where there are none."""
    parts: list[bytes] = []
    at = 0
    for start, end, put in edits:
        parts += (body[at:start], put)
        at = end
    if not parts:
        return body
    parts.append(body[at:])
    return b"".join(parts)


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def difference(before: bytes, after: bytes) -> list[Edit]:
    """The one edit that makes ``after`` of ``before``: from the first byte that differs to the last."""
    if before == after:
        return []
    start = _common(before, after)
    tail = _common(before[start:][::-1], after[start:][::-1])
    return [Edit(start, len(before) - tail, after[start : len(after) - tail])]


# The fields in which the wire shapes let text grow, each its own expression: what begins with a literal is found fast.
_GROWING = tuple(
    (b'"' + name + b'":', re.compile(b'"' + name + rb'":\s?"([^"\\]*(?:\\.[^"\\]*)*)"'))
    for name in (
        b"content",
        b"text",
        b"delta",
        b"arguments",
        b"partial_json",
        b"thinking",
        b"reasoning",
        b"reasoning_content",
        b"reasoning_text",
        b"refusal",
        b"summary",
        b"transcript",
        b"input",
        b"completion",
        b"response",
        b"value",
    )
)


def through_pieces(stream: bytes, find: Finder) -> bytes:
    """A streamed answer with the edits made that ``find`` sees in its text, across the pieces in which it came.

    A model's words come in pieces of a few letters, and no piece holds a whole token. So the pieces of each growing
    field are joined, as they stand; the first piece of an edit gets the mark, and the others lose their part. Events,
    their number and all else in them stay.

    Pieces that interleave with another choice's (``n`` > 1) are joined wrongly, and those in another encoding
    (Bedrock's binary events) are not seen: the folded answer has to be looked at again.
    """
    for literal, field in _GROWING:
        if literal not in stream:
            continue
        edits = list(find(b"".join(field.findall(stream))))
        if edits:
            spans = [match.span(1) for match in field.finditer(stream)]
            stream = spliced(stream, _spread(edits, spans))
    return stream


def _spread(edits: Iterable[Edit], spans: list[tuple[int, int]]) -> list[Edit]:
    """Edits of the joined pieces as edits of the stream that the pieces lie in."""
    spread: list[Edit] = []
    pieces = iter(spans)
    begin, finish = next(pieces)
    passed = 0  # joined length before the piece in hand
    for start, end, put in edits:
        if start == end:  # a rule that adds something: nothing is hidden by it
            continue
        while passed + finish - begin <= start:
            passed += finish - begin
            begin, finish = next(pieces)
        at, rest = start, put
        while True:
            stop = min(end, passed + finish - begin)
            spread.append(Edit(begin + at - passed, begin + stop - passed, rest))
            if stop == end:
                break
            passed += finish - begin
            begin, finish = next(pieces)
            at, rest = stop, b""
    return spread
