"""Which commits a conversation is, and which of them are new. Pure: hashes, and a memory of the newest lines.

Two chains run through a conversation, item by item. *Commits* name what was said, after what: they are made of
canonical forms, so that an answer and its echo are one commit. *Forms* name how the request wrote it: they are made
of exact texts, so that the request can be put together again byte for byte. A turn adds what is new to both and
nothing else.

Theory of the look-up. A request repeats its whole conversation, and the work must depend on what is new in it. The tips
of the newest conversations are held in memory, with the split of their last request: :meth:`Lines.find` gives the one
that the new request goes on from, by comparing a few characters at the places where known requests ended, then memory
once. After a cold start nothing is remembered: the chain is then computed once from its root, and the store is asked
how deep it knows it.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from thence.hashing import commit_hash, content_hash, form_hash
from thence.providers import Canonical, Endpoint, Item, Split

__all__ = ["LOOSE", "ROOT", "Form", "Line", "Lines", "Point", "Step", "forms", "steps"]

_HEAD = 64  # characters at the start of a request by which conversations are told apart first
_SAMPLE = 48  # characters of a sample, by which they are told apart next
_STEP = 1.15  # places of samples are powers of this
_ALIKE = 64  # conversations with one sample that are remembered
_COPIES = 4  # what is held of a request, as a multiple of its length: text, item texts, values


class Point(NamedTuple):
    """A place in the history: a commit, and how many there are up to it. ``ROOT`` is before the first."""

    commit: bytes | None
    depth: int


ROOT = Point(None, 0)

LOOSE = form_hash(None, b"")
"""Before the first form of a request that is no whole conversation: it continues a response by its id, or has no
commits. So such forms never pass for those of a conversation whose commits are known."""


class Step(NamedTuple):
    """One item of context as the next commit."""

    canonical: Canonical
    content: bytes
    content_hash: bytes
    parent: bytes | None
    commit: bytes
    depth: int


class Form(NamedTuple):
    """One item of a request as it was written, after those before it."""

    parent: bytes | None
    name: bytes
    exact: bytes


def steps(items: Sequence[Item], after: Point = ROOT) -> Iterator[Step]:
    """The commits that ``items`` add after a point."""
    parent, depth = after
    for item in items:
        canonical = item.canonical
        content = canonical.text.encode()
        name = content_hash(content)
        commit = commit_hash(parent, canonical.content_type, "append", None, name)
        yield Step(canonical, content, name, parent, commit, depth)
        parent, depth = commit, depth + 1


def forms(items: Sequence[Item], after: bytes | None = None) -> Iterator[Form]:
    """The forms that ``items`` add after a form."""
    for item in items:
        exact = item.text.encode("utf-8", "surrogatepass")
        name = form_hash(after, exact)
        yield Form(after, name, exact)
        after = name


@dataclass(slots=True)
class Line:
    """A conversation as far as its newest request told it.

    Attributes:
        split: of that request.
        after: where the line begins; not the root where the request continues a response by its id.
        commits, forms: the two chains, one entry an item.
        since: the earliest time at which all of it is known to have been said, in nanoseconds since the epoch.
    """

    split: Split
    after: Point
    commits: list[bytes]
    forms: list[bytes]
    since: int

    @property
    def base(self) -> Point:
        """The last commit: the context that the request was asked in."""
        if not self.commits:
            return self.after
        return Point(self.commits[-1], self.after.depth + len(self.commits))

    def shared(self, split: Split) -> int:
        """How many items of ``split``, from the first on, are those of this line."""
        if not split.reused:
            return 0
        lead = _lead(split)
        if lead != _lead(self.split) or any(
            new.text != old.text for new, old in zip(split.items[:lead], self.split.items[:lead], strict=True)
        ):
            return 0
        return lead + split.reused


def _lead(split: Split) -> int:
    """How many items stand before the growing array's."""
    growing = split.resume.field if split.resume else ""
    for number, item in enumerate(split.items):
        if item.field == growing:
            return number
    return len(split.items)


_Start = tuple[str, str, str]


@dataclass
class Lines:
    """The newest conversations, least recently used first; the oldest go when ``limit`` bytes are held.

    A line is found by a sample of the text a little before the end of its last request: conversations that share a long
    system prompt differ there. The places of samples are powers, so that few of them are ever looked at.
    """

    limit: int = 64 << 20
    held: int = field(default=0, init=False)
    _lines: OrderedDict[int, tuple[_Start, int, Line]] = field(default_factory=OrderedDict)
    _samples: dict[_Start, dict[int, dict[str, list[Line]]]] = field(default_factory=dict)
    _newest: dict[_Start, Line] = field(default_factory=dict)

    def find(self, tract: str, endpoint: Endpoint, text: str) -> Line | None:
        """The line that a request goes on from: one whose last request it repeats to the end, else the newest that
        begins alike.
        """
        start = (tract, endpoint.name, text[:_HEAD])
        samples = self._samples.get(start, {})
        for place in sorted(samples, reverse=True):
            for line in reversed(samples[place].get(text[place - _SAMPLE : place], ())):
                end = _end(line.split)
                if text.startswith(line.split.text[end - _SAMPLE : end], end - _SAMPLE) and text.startswith(
                    line.split.text[:end]
                ):
                    self._lines.move_to_end(id(line))
                    return line
        return self._newest.get(start)

    def keep(self, tract: str, endpoint: Endpoint, line: Line, instead_of: Line | None = None) -> None:
        """Remember a line; ``instead_of`` is the one that it goes on from, where it holds all of that."""
        end, cost = _end(line.split), len(line.split.text) * _COPIES
        if end < _SAMPLE or cost > self.limit:
            return
        if instead_of is not None and id(instead_of) in self._lines:
            self._drop(id(instead_of))
        start = (tract, endpoint.name, line.split.text[:_HEAD])
        place = _place(end)
        sample = line.split.text[place - _SAMPLE : place]
        alike = self._samples.setdefault(start, {}).setdefault(place, {}).setdefault(sample, [])
        if len(alike) == _ALIKE:
            self._drop(id(alike[0]))
        alike.append(line)
        self._lines[id(line)] = (start, place, line)
        self._newest[start] = line
        self.held += cost
        while self.held > self.limit:
            self._drop(next(iter(self._lines)))

    def clear(self) -> None:
        """Forget everything: what was remembered may not be in the store."""
        self._lines.clear()
        self._samples.clear()
        self._newest.clear()
        self.held = 0

    def _drop(self, which: int) -> None:
        start, place, line = self._lines.pop(which)
        self.held -= len(line.split.text) * _COPIES
        samples = self._samples[start][place]
        sample = line.split.text[place - _SAMPLE : place]
        samples[sample] = [other for other in samples[sample] if other is not line]
        if not samples[sample]:
            del samples[sample]
            if not samples:
                del self._samples[start][place]
                if not self._samples[start]:
                    del self._samples[start]
        if self._newest.get(start) is line:
            del self._newest[start]


def _end(split: Split) -> int:
    """Where the last item of the growing array ends; 0 where there is none."""
    return split.resume.ends[-1] if split.resume and split.resume.ends else 0


def _place(end: int) -> int:
    """The last place of a sample up to ``end``."""
    return max(_SAMPLE, int(_STEP ** math.floor(math.log(end, _STEP))))
