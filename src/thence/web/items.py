"""Messages of a context as pages show them: who said what, cut where it is very long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from thence.providers.said import said
from thence.reading.timeline import ALTOGETHER, LARGE
from thence.store.together import glimpses

if TYPE_CHECKING:
    from thence.reading.record import Record
    from thence.store import CommitInfo, Store
    from thence.store.together import Glimpse

__all__ = ["item", "items", "read"]

LONGEST: Final = 20_000
"""Characters of one message that a page of many shows."""


def item(of: Glimpse, longest: int = LONGEST) -> dict[str, Any]:
    """One message. ``text`` is None where its content was erased or is too large for a page; ``more`` counts the
    characters that are left out.
    """
    text = None if of.content is None else said(of.content)
    return {
        "hash": of.commit.hash,
        "short": of.commit.short,
        "role": of.commit.role or of.commit.content_type,
        "type": of.commit.content_type,
        "operation": of.commit.operation,
        "text": text if text is None else text[:longest],
        "more": 0 if text is None else max(len(text) - longest, 0),
        "size": of.size,
        "erased": of.erased,
    }


def read(store: Store, commits: Sequence[CommitInfo]) -> dict[str, Glimpse]:
    """The contents of a page's messages, by hash, as far as a page reads them."""
    names = [each.hash for each in commits]
    return glimpses(store, commits[0].tract, names, LARGE, ALTOGETHER) if commits else {}


def items(record: Record, tip: CommitInfo | None, limit: int) -> dict[str, Any]:
    """The last messages up to a commit, oldest first, and how many stand before them."""
    line = record.context(tip, limit) if tip else []
    found = read(record.store, line)
    return {"earlier": line[0].depth if line else 0, "items": [item(found[each.hash]) for each in line]}
