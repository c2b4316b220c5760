"""What a commit says, where a page or a screen shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thence.errors import Erased

if TYPE_CHECKING:
    from thence.store import CommitInfo

__all__ = ["said_by"]


def said_by(commit: CommitInfo) -> str:
    """The text of a commit; ``(erased)`` where it is gone for good, which ends no page about what is left."""
    try:
        return commit.text
    except Erased:
        return "(erased)"
