"""A request body cut into what was said, what was set, and what is left; and put together again.

Theory of operation
===================

One pass over the top level of the body, made by the C scanner, which says of each value where it ends. What stands in
a content field becomes items, each with its exact text; every other member is a parameter, with its exact text. What
is left is the *shape*: the body's own text with holes in it::

    {"model":"gpt-4o","messages":[␚0::,␚],"user":␚"user"␚,"temperature":0.5}

A hole stands between two U+001A, which no JSON text can hold unescaped. It is either the name of a member (large
ones, which are stored once by content, and volatile ones, which differ on every call) or a slice of the items with the
separator between them: one hole for a whole array, so the shape of a conversation is the same at its tenth turn and at
its thousandth. The slice counts from the front for what comes before the growing array and from the end for what comes
after it.

What can't be told this way carries the text itself: a body that is no JSON object or is nested too deeply (no items
then), a member that occurs twice, separators that differ. ``join`` gives back the text in every case; that is the law.

A conversation is sent whole every time. Given the split of the call before, a body that begins as that one did is not
read again up to the end of the last item they share: comparing memory is all that a long history costs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from thence.providers.canonical import Item
from thence.providers.endpoint import VOLATILE, Endpoint
from thence.providers.exact import raw_decode

__all__ = ["LARGE", "Member", "Split", "join", "split"]

LARGE = 1024
"""Members with a longer text (in characters) are holes."""

_HOLE = "\x1a"
_VERBATIM = _HOLE + "="
_SPACE = " \t\n\r"
_skip = re.compile(r"[ \t\n\r]*").match


class Member(msgspec.Struct, frozen=True):
    """A parameter: its exact JSON text and its value."""

    text: str
    value: Any


class Split(msgspec.Struct, frozen=True):
    """A body, cut. ``items`` in the order of the conversation; ``reused`` of them were known; ``shape`` is for join."""

    items: tuple[Item, ...]
    params: dict[str, Member]
    shape: str
    reused: int = 0
    text: str = ""
    resume: Resume | None = None


class Resume(msgspec.Struct, frozen=True):
    """Where a pass stood when it came to the growing array: to go on from there, or from one of its elements."""

    endpoint: Endpoint
    field: str
    start: int
    pieces: list[str | _Gap]
    mark: int
    params: dict[str, Member]
    items: dict[str, list[Item]]
    regular: bool
    grown: list[Item]
    ends: list[int]
    separator: list[str]


def split(endpoint: Endpoint, text: str, previous: Split | None = None) -> Split:
    """Cut a body. Never raises: what can't be read is a shape and nothing else.

    Args:
        endpoint: the row that says what is content.
        text: the body as text.
        previous: the split of an earlier body of the same conversation.
    """
    try:
        cut = _Cut(endpoint, text)
        resume = previous.resume if previous and previous.resume and previous.resume.endpoint is endpoint else None
        cut.body(resume, _shared(previous.text, resume.ends, text) if previous and resume else 0)
        return cut.result()
    except (ValueError, IndexError, RecursionError):
        return Split((), {}, _verbatim(text), 0, text)


def join(shape: str, items: Sequence[str], members: Mapping[str, str]) -> str:
    """The body that was split, from its shape, the texts of its items, and the texts of its members.

    Raises:
        KeyError: a member that the shape names is not there.
        ValueError: the shape was not made by :func:`split`.
    """
    if shape.startswith(_VERBATIM):
        return shape[len(_VERBATIM) :]
    pieces = shape.split(_HOLE)
    for at in range(1, len(pieces), 2):
        hole = pieces[at]
        if hole.startswith('"'):
            pieces[at] = members[raw_decode(hole, 0)[0]]
        else:
            start, stop, separator = hole.split(":", 2)
            pieces[at] = separator.join(items[int(start or 0) : int(stop) if stop else None])
    return "".join(pieces)


def _shared(known: str, ends: list[int], text: str) -> int:
    """How many elements of a known text's array stand at the same places in another text."""
    if not ends or not text.startswith(known[: ends[0]]):
        return 0
    at, low, high = ends[0], 1, len(ends)
    while low < high:  # the last place up to which the texts agree; usually all of it, so that is tried first
        middle = high if low == 1 and high == len(ends) else (low + high + 1) // 2
        if text.startswith(known[at : ends[middle - 1]], at):
            low, at = middle, ends[middle - 1]
        else:
            high = middle - 1
    return low if known[at - 1] in '}]"' else 0  # the text of a number may go on


def _verbatim(text: str) -> str:
    return _VERBATIM + text if _HOLE in text else text


class _Gap(msgspec.Struct, frozen=True):
    """A hole for a content field, until it is known where its items stand."""

    field: str
    separator: str


class _Cut:
    """The state of one pass. ``mark`` is where the text begins that is not yet in ``pieces``."""

    def __init__(self, endpoint: Endpoint, text: str) -> None:
        self.endpoint = endpoint
        self.content = {content.field: content.growing for content in endpoint.content}
        self.text = text
        self.pieces: list[str | _Gap] = []
        self.mark = 0
        self.params: dict[str, Member] = {}
        self.items: dict[str, list[Item]] = {}
        self.regular = True
        self.resume: Resume | None = None
        self.reused = 0

    def space(self, at: int) -> int:
        """The next place that is no white space."""
        if self.text[at] not in _SPACE:
            return at
        found = _skip(self.text, at)
        return found.end() if found else at

    def body(self, previous: Resume | None, known: int) -> None:
        """The whole text, one object; from the array's element ``known`` on, where a pass before read it so far."""
        text = self.text
        if previous and known:
            at = self.space(self.taken_over(previous, known))
        else:
            at = self.space(0)
            if text[at] != "{":
                raise ValueError("no object")
            at = self.space(at + 1)
            if text[at] != "}":
                at = self.member(at)
        while text[at] == ",":
            at = self.member(self.space(at + 1))
        if text[at] != "}" or text[at + 1 :].strip(_SPACE):
            raise ValueError("no object, or more than one")

    def member(self, at: int) -> int:
        """One member, from its name on; where the white space after it ends."""
        text = self.text
        if text[at] != '"':
            raise ValueError("no name")
        name, end = raw_decode(text, at)
        quoted = text[at:end]
        at = self.space(end)
        if text[at] != ":":
            raise ValueError("no colon")
        at = self.space(at + 1)
        if name in self.params or name in self.items:
            self.regular = False
            self.params.pop(name, None)
            self.items.pop(name, None)
        growing = self.content.get(name)
        if growing and text[at] == "[":
            return self.space(self.array(name, self.space(at + 1)))
        value, end = raw_decode(text, at)
        if growing is not None and isinstance(value, (str, list, dict)):
            self.items[name] = [Item(name, text[at:end], value, self.endpoint.former)]
            self.hole(at, end, _Gap(name, ","))
        else:
            self.params[name] = Member(text[at:end], value)
            if end - at > LARGE or name in VOLATILE:
                self.hole(at, end, f"{_HOLE}{quoted}{_HOLE}")
        return self.space(end)

    def hole(self, start: int, end: int, what: _Gap | str) -> None:
        """What is left so far, then a hole for the text between two places."""
        self.pieces += [self.text[self.mark : start], what]
        self.mark = end

    def array(self, field: str, at: int) -> int:
        """The growing array, from its first element on; where it ends."""
        state = (list(self.pieces), self.mark, dict(self.params), dict(self.items), self.regular)
        self.resume = Resume(self.endpoint, field, at, *state, [], [], [])
        if self.text[at] != "]":
            at = self.element(at)
        return self.elements(at)

    def taken_over(self, previous: Resume, known: int) -> int:
        """Stand where the pass before stood after ``known`` elements; where the array ends."""
        self.pieces, self.mark = list(previous.pieces), previous.mark
        self.params, self.items, self.regular = dict(previous.params), dict(previous.items), previous.regular
        grown, ends = previous.grown[:known], previous.ends[:known]
        self.resume = msgspec.structs.replace(
            previous, grown=grown, ends=ends, separator=previous.separator[: known - 1]
        )
        self.reused = known
        return self.elements(self.space(ends[-1]))

    def element(self, at: int) -> int:
        assert self.resume is not None
        value, end = raw_decode(self.text, at)
        self.resume.grown.append(Item(self.resume.field, self.text[at:end], value, self.endpoint.former))
        self.resume.ends.append(end)
        return self.space(end)

    def elements(self, at: int) -> int:
        """The rest of the growing array, from behind an element on; where the array ends."""
        grown = self.resume
        assert grown is not None
        text = self.text
        while text[at] == ",":
            at = self.space(at + 1)
            separator = text[grown.ends[-1] : at]
            if not grown.separator:
                grown.separator.append(separator)
            elif separator != grown.separator[0]:
                self.regular = False
            at = self.element(at)
        if text[at] != "]":
            raise ValueError("no end of the array")
        self.items[grown.field] = grown.grown
        end = grown.ends[-1] if grown.ends else grown.start
        self.hole(grown.start, end, _Gap(grown.field, grown.separator[0] if grown.separator else ","))
        return at + 1

    def result(self) -> Split:
        """What the pass has found."""
        items: list[Item] = []
        for content in self.endpoint.content:
            items += self.items.get(content.field, ())  # whole lists: an item at a time, long conversations would tell
        if not self.regular:
            return Split(tuple(items), self.params, _verbatim(self.text), self.reused, self.text, self.resume)
        self.pieces.append(self.text[self.mark :])
        slices = self.slices(len(items))
        shape = "".join(
            [
                f"{_HOLE}{slices[piece.field]}:{piece.separator}{_HOLE}" if isinstance(piece, _Gap) else piece
                for piece in self.pieces
            ]
        )
        return Split(tuple(items), self.params, shape, self.reused, self.text, self.resume)

    def slices(self, total: int) -> dict[str, str]:
        """Where each field's items stand; what comes after the growing array is counted from the end."""
        slices: dict[str, str] = {}
        start, behind = 0, False
        for content in self.endpoint.content:
            if content.field not in self.items:
                continue
            stop = start + len(self.items[content.field])
            behind = behind or content.growing
            first = start if content.growing or not behind else start - total
            last = stop if not behind else stop - total
            slices[content.field] = f"{first or ''}:{last or ''}"
            start = stop
        return slices
