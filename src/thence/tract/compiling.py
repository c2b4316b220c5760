"""Compiled contexts, and the memory of them.

Theory. A commit names its whole line, so what a line *says* never changes, and may be remembered under the commit's
name for good. What may change is told by the store's marks (see :class:`thence.store.history.Stamp`): annotations,
configurations that a newer call or hand gave, usage. They are read with where the branch is, by one statement. While
they stay what they were, a known commit is answered from memory, and a commit after a known one costs what is new; when
they change, all is forgotten. So what comes from memory is what would be read again.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from thence.compile import Anchor, CompiledContext, Link, TokenCount, count_tokens, effective, estimate
from thence.compile.wire import aggregated, neutral
from thence.errors import Erased, NotFound
from thence.forks import Lock
from thence.hashing import short, to_text
from thence.store import history
from thence.store.configuration import read_config
from thence.store.history import Counted, Line, Note, Stamp

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["EMPTY", "Compiled", "Memory", "compiled", "remembered"]

_REMEMBERED = 16  # lines; each holds its own list of what it shares with others
_LOOKED_AT = 64  # newest commits of a line that are asked for a vendor's count
_BLOB = re.compile(r':\{"\$blob":"(t\d+:[0-9a-f]{64})"\}')  # a whole member; a parameter may have that name


class Compiled:
    """A line of commits, compiled; shared by all who ask for it, and changed by none."""

    def __init__(self, links: Sequence[Link], shown: Sequence[Link], counted: TokenCount, estimates: list[int]) -> None:
        self.links = links
        self.shown = shown
        self.counted = counted
        self.estimates = estimates

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """A message for each that is shown."""
        for link in self.shown:
            if link.text is None:
                raise Erased(
                    f"the content of {short(link.hash)} was erased", hint='annotate(it, "skip") compiles without it'
                )
        return [neutral(link) for link in self.shown]

    def context(self, *, aggregate: bool) -> CompiledContext:
        """As the caller's own."""
        return CompiledContext(
            to_text(self.links[-1].hash) if self.links else None,
            self.counted,
            len(self.shown),
            lambda: aggregated(self.messages) if aggregate else self.messages,
            lambda: [link.config for link in self.shown],
        )

    @property
    def config(self) -> Mapping[str, Any]:
        """The newest configuration in force."""
        return next((link.config for link in reversed(self.shown) if link.config), {})


EMPTY = Compiled((), (), TokenCount(0, "estimate"), [])
"""A line without commits."""


class Memory:
    """The newest compiled lines of one tract. Safe to share between threads."""

    def __init__(self) -> None:
        self._marks: object = None
        self._known: OrderedDict[bytes, Compiled] = OrderedDict()
        self._lock = Lock()

    def find(self, commit: bytes, stamp: Stamp) -> Compiled | None:
        """The line of a commit, if it is known and nothing has changed since."""
        with self._lock:
            if self._marks != stamp.marks:
                self._known.clear()
                self._marks = stamp.marks
            known = self._known.get(commit)
            if known is not None:
                self._known.move_to_end(commit)
            return known

    def lines(self) -> dict[bytes, Compiled]:
        """What is known, by commit."""
        with self._lock:
            return dict(self._known)

    def keep(self, commit: bytes, stamp: Stamp, compiled: Compiled) -> None:
        """Remember a line, which was read when the store had this stamp."""
        with self._lock:
            if self._marks == stamp.marks:
                self._known[commit] = compiled
                if len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)


def _read(connection: Connection, tract: str, tip: bytes | None, known: Mapping[bytes, Compiled]) -> Compiled:
    """The line of a commit, from ``known`` what is there. Two statements; a third where contents share parts."""
    if tip is None:
        return EMPTY
    line = history.line(connection, tract, tip, known)
    if not line.hash:
        raise NotFound(f"no commit {short(tip)}", hint="thence log")
    before = known.get(line.parent[0], EMPTY) if line.parent[0] else EMPTY
    links = [*before.links, *_links(connection, tract, line)]
    notes, counts = history.facts(connection, tract, [link.hash for link in links[-_LOOKED_AT:]])
    skipped = {name for name, note in notes.items() if note.kind == "skip"}
    shown = effective(links, skipped)
    if before.shown and shown[: len(before.shown)] == before.shown:
        estimates = before.estimates + [estimate(link.text or "") for link in shown[len(before.shown) :]]
    else:
        estimates = [estimate(link.text or "") for link in shown]
    changes = _changes(notes, links)
    return Compiled(links, shown, count_tokens(links, shown, _anchors(counts, links), changes, estimates), estimates)


def _links(connection: Connection, tract: str, line: Line) -> list[Link]:
    given = {text for text in line.config if text is not None}
    large = {name for text in given if "$blob" in text for name in _BLOB.findall(text)}
    contents, blobs = history.contents(connection, tract, line, large)
    configs = {text: read_config(text, blobs.__getitem__) for text in given}
    texts = [None if content is None else content.decode() for content in contents]
    said = (line.hash, line.depth, line.edit_target, line.content_type, line.role)
    config = [None if text is None else configs[text] for text in line.config]
    return list(map(Link._make, zip(*said, texts, config, strict=True)))


def _anchors(counts: Sequence[Counted], links: Sequence[Link]) -> list[Anchor]:
    """Where vendors counted. What a context had as input is better known there than what an answer added to one."""
    near = {link.hash: link.depth for link in links[-_LOOKED_AT:]}
    found: dict[int, Anchor] = {}
    for count in sorted(counts, key=lambda each: (each.asked, each.at)):
        tokens = _tokens(count)
        if tokens is not None:
            found[near[count.commit]] = Anchor(near[count.commit], tokens, count.at)
    return list(found.values())


def _tokens(count: Counted) -> int | None:
    verbatim = count.usage if isinstance(count.usage, dict) else {}
    # Vendors with these names leave out of the input what a cache holds; others, who may repeat it, count it in.
    apart = (verbatim.get(name) for name in _APART) if verbatim.keys() & {"input_tokens", "inputTokens"} else ()
    given = None if count.input_tokens is None else count.input_tokens + sum(n for n in apart if isinstance(n, int))
    if count.asked or given is None:
        return given
    if count.total_tokens is not None:
        return count.total_tokens
    return None if count.output_tokens is None else given + count.output_tokens


_APART = (
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cacheReadInputTokens",
    "cacheWriteInputTokens",
)


def _changes(notes: Mapping[bytes, Note], links: Sequence[Link]) -> list[tuple[int, int]]:
    if not notes:
        return []
    return [(link.depth, notes[link.hash].at) for link in links if link.hash in notes]


def remembered(memory: Memory, stamp: Stamp | None, commit: bytes | None) -> Compiled | None:
    """The line of a commit, or of where the stamp's branch is; None where it is not known, or not known to be right."""
    tip = commit or (stamp and stamp.commit)
    return memory.find(tip, stamp) if stamp and tip else None


def compiled(
    connection: Connection, tract: str, memory: Memory | None, ref: str, commit: bytes | None
) -> Compiled | None:
    """The line of a commit; without one, of where ``ref`` is. None where that is not there.

    Args:
        connection: sees one state of the store.
        tract: the tract's id.
        memory: what is known; None where nothing must be remembered, for it may never come to be.
        ref: a branch or tag.
        commit: a commit's name.
    """
    stamp = history.stamp(connection, tract, ref)
    if commit is None and not stamp.exists:
        return None
    tip = commit or stamp.commit
    if memory is None or tip is None:
        return _read(connection, tract, tip, {})
    known = memory.find(tip, stamp)
    if known is None:
        known = _read(connection, tract, tip, memory.lines())
        memory.keep(tip, stamp, known)
    return known
