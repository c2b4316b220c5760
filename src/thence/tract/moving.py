"""Branches, tags and annotations: each one transaction's work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from thence.errors import NotFound, ThenceError
from thence.hashing import from_text, short
from thence.store import handmade, history
from thence.store.batch import Batch, Remembered
from thence.tract.making import Place, row_of, tip_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["annotated", "dropped", "headed", "named", "reset"]


def named(connection: Connection, place: Place, name: str, kind: str, commit: bytes | None) -> None:
    """Give a commit a name.

    Raises:
        Conflict: the name is taken.
    """
    now = time.time_ns()
    batch = Batch(Remembered())
    batch.tract(place.tract, place.name, now)
    batch.write(connection)
    handmade.add_ref(connection, place.tract, name, kind, commit, now)


def dropped(connection: Connection, tract: str, name: str) -> None:
    """Take a name away.

    Raises:
        NotFound: there is none.
    """
    handmade.drop_ref(connection, tract, name, time.time_ns())


def headed(connection: Connection, tract: str, branch: str) -> None:
    """Let the tract's HEAD mean a branch.

    Raises:
        NotFound: there is no such branch.
    """
    if not handmade.tip(connection, tract, branch).exists:
        raise NotFound(f"there is no branch {branch}", hint=f"make it: tract.branch({branch!r})")
    handmade.set_head(connection, tract, branch)


def reset(connection: Connection, place: Place, commit: bytes) -> None:
    """Move the branch to a commit, wherever it is by now.

    Raises:
        NotFound: the branch was deleted, or there is no such commit.
    """
    tip = tip_of(connection, place)
    _existing(connection, place.tract, commit)
    if tip.commit != commit:
        handmade.move(connection, place.tract, place.branch, tip, commit, "reset", tip.now)


def annotated(connection: Connection, tract: str, commit: bytes, kind: str, note: str | None) -> None:
    """Annotate a commit; of an edit, what it replaces.

    Raises:
        NotFound: there is no such commit.
        ThenceError: it is pinned, and can't be skipped.
    """
    target = _existing(connection, tract, commit)
    commit = from_text(target) if target else commit
    before = history.notes(connection, tract).get(commit)
    if kind == "skip" and before is not None and before.kind == "pin":
        raise ThenceError(f"{short(commit)} is pinned", hint='annotate it "normal" first')
    handmade.annotate(connection, tract, commit, kind, note)


def _existing(connection: Connection, tract: str, commit: bytes) -> str | None:
    """What a commit edits; None where it edits nothing."""
    row = row_of(connection, tract, commit)
    if row is None:
        raise NotFound(f"there is no commit {short(commit)}", hint="thence log")
    target: str | None = row["edit_target"]
    return target
