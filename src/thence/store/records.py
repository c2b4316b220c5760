"""What the store gives out: calls and commits, as values that load their heavy parts when they are asked for.

Names are those of the OpenTelemetry GenAI conventions where it has one. Times are aware datetimes and seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any, Protocol

from thence.errors import Erased
from thence.hashing import short
from thence.markup import listed, preformatted
from thence.params import ResolvedConfig
from thence.providers.exact import loads
from thence.providers.said import said
from thence.store.projection import plain

__all__ = ["CommitInfo", "Record", "Source", "column", "moment", "seconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SECOND = 1_000_000_000


def moment(nanoseconds: int) -> datetime:
    """A time as an aware datetime in UTC, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def seconds(nanoseconds: int | None) -> float | None:
    """A duration in seconds."""
    return None if nanoseconds is None else nanoseconds / _SECOND


class Source(Protocol):
    """Where records load their heavy parts from. A :class:`~thence.store.store.Store` is one."""

    def blob(self, tract: str, name: str) -> bytes:
        """The exact bytes of a blob."""
        ...

    def commit(self, tract: str, name: str) -> CommitInfo:
        """A commit by its hash."""
        ...

    def params(self, row: Mapping[str, Any]) -> ResolvedConfig:
        """The parameters of the call in a row."""
        ...

    def request(self, row: Mapping[str, Any]) -> bytes | None:
        """The exact request body of the call in a row; None where it was not kept."""
        ...

    def answers(self, row: Mapping[str, Any]) -> list[list[CommitInfo]]:
        """The answer commits of the call in a row, a list for each choice."""
        ...

    def rereads(self, row: Mapping[str, Any]) -> bool:
        """Whether the call in a row only reads an answer whose usage another call has told before."""
        ...

    def config_of(self, text: str | None, tract: str) -> dict[str, Any] | None:
        """The generation config that a commit's JSON text says."""
        ...


class _Column:
    """An attribute that is a column of the row."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, record: Any, owner: type) -> Any:
        return self if record is None else record._row[self._name]


def column(name: str) -> Any:
    """A read-only attribute that stands in the column ``name``."""
    return _Column(name)


class Record:
    """A row, and where it came from. Two are equal where they are of the same thing."""

    tract: str = column("tract_id")

    def __init__(self, source: Source, row: Mapping[str, Any]) -> None:
        self._source = source
        self._row = row

    @property
    def _name(self) -> str:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Record) and type(other) is type(self)
        return same and (self.tract, self._name) == (other.tract, other._name)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((self.tract, self._name))


class CommitInfo(Record):
    """One item of context after its parent. Immutable, and named by its content and lineage alone.

    Attributes:
        hash: ``t1:`` and 64 hex digits.
        tract: the id of its tract.
        parent: the hash of the commit before it; None at the root.
        depth: how many commits stand before it.
        content_type: ``instruction``, ``dialogue``, ``tool_call``, ``tool_result``, ``reasoning``, ``output``,
            ``artifact`` or ``freeform``.
        role: who said it.
        operation: ``append`` or ``edit``; ``edit_target`` is the hash of the commit that an edit replaces.
        content_hash: the hash of the canonical text.
        message, metadata: as given with a commit made by hand.
    """

    hash: str = column("hash")
    parent: str | None = column("parent")
    depth: int = column("depth")
    content_type: str = column("content_type")
    role: str | None = column("role")
    operation: str = column("operation")
    edit_target: str | None = column("edit_target")
    content_hash: str = column("content_hash")
    message: str | None = column("message")
    metadata: dict[str, Any] | None = column("metadata_json")

    @property
    def _name(self) -> str:
        return self.hash

    @property
    def short(self) -> str:
        """The digits that people type."""
        return short(self.hash)

    @cached_property
    def created_at(self) -> datetime:
        """When it was first said."""
        return moment(self._row["created_at"])

    @cached_property
    def generation_config(self) -> dict[str, Any] | None:
        """The parameters, as sent, of the newest call that answered with it; None where no call did."""
        return self._source.config_of(self._row["generation_config_json"], self.tract)

    @cached_property
    def canonical(self) -> str:
        """The canonical JSON text of the content, of which ``content_hash`` is the hash."""
        return self._source.blob(self.tract, self.content_hash).decode()

    @cached_property
    def content(self) -> Any:
        """The content in its neutral form: ``{"role": "user", "content": "hi"}``."""
        return plain(loads(self.canonical))

    @property
    def text(self) -> str:
        """All that it says, as people read it: words, a tool's call as ``name(arguments)``, a thought after
        ``(thinking)``; what is no text stands in brackets, ``[image_url]``.
        """
        return said(self.content)

    def __repr__(self) -> str:
        return f"<CommitInfo {self.short} {self.content_type}>"

    def _repr_html_(self) -> str:
        facts = [("commit", self.short), ("role", self.role or self.content_type), ("message", self.message)]
        return listed(facts) + self._said()

    def _said(self) -> str:
        """What it says, as a notebook shows it; what was erased ends no cell about what is left."""
        try:
            return preformatted(self.text)
        except Erased:
            return preformatted("(erased)")
