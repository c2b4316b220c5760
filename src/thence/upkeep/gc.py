"""Garbage: what no ref, call or annotation reaches any more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from thence.store import changing, proof, schema
from thence.store.raw import every_row
from thence.upkeep.reach import Held, Links, links_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from thence.store import Store

__all__ = ["Collected", "gc"]


@dataclass
class Collected:
    """What was taken away, or would be: counts of rows; ``size`` is the packed bytes of the blobs."""

    commits: int = 0
    forms: int = 0
    blobs: int = 0
    configurations: int = 0
    moves: int = 0
    size: int = 0


def gc(store: Store, *, grace: timedelta = timedelta(days=14), dry_run: bool = False) -> Collected:
    """Take away what no ref, call or annotation reaches.

    Calls are never garbage. A commit that is younger than ``grace``, or that a branch was at within it, stays: so what
    a deleted branch meant can be had back through the reflog. What was erased stays erased: its names are kept.

    Raises:
        StoreLocked, StoreUnavailable: the store can't be written.
    """
    since = time.time_ns() - round(grace.total_seconds() * 1e9)
    total = Collected()
    with store.reading() as connection:
        names = proof.known_tracts(connection)
    for tract in names:
        if dry_run:
            with store.reading() as connection:
                _look(connection, tract, since, total)
        else:
            found = store.write(partial(_collect, tract=tract, since=since))
            for name, count in vars(found).items():
                setattr(total, name, getattr(total, name) + count)
    return total


def _collect(connection: Connection, tract: str, since: int) -> Collected:
    """Take away what is dead in one tract."""
    found = Collected()
    changing.alone(connection, tract)
    dead = _look(connection, tract, since, found)
    changing.expire_moves(connection, tract, dead.commits)
    changing.drop(connection, schema.commits, tract, "hash", dead.commits)
    changing.drop(connection, schema.forms, tract, "hash", dead.forms)
    changing.drop(connection, schema.parameters, tract, "configuration_hash", dead.configurations)
    changing.drop(connection, schema.configurations, tract, "hash", dead.configurations)
    changing.drop(connection, schema.blobs, tract, "hash", dead.blobs)
    return found


def _look(connection: Connection, tract: str, since: int, total: Collected) -> Held:
    """What is dead in one tract, counted."""
    links = links_of(connection, tract)
    dead = _dead(connection, tract, links, _held(connection, tract, links, since))
    _count(connection, tract, dead, total)
    return dead


def _held(connection: Connection, tract: str, links: Links, since: int) -> Held:
    roots = {name for name, at in links.created.items() if at > since}
    roots |= {row["commit_hash"] for row in every_row(connection, schema.refs, tract)}
    roots |= {row["commit_hash"] for row in every_row(connection, schema.annotated, tract)}
    for row in every_row(connection, schema.reflog, tract):
        if row["moved_at"] > since:
            roots |= {row["old"], row["new"]}
    return links.held(list(links.calls), (name for name in roots if name is not None))


def _dead(connection: Connection, tract: str, links: Links, held: Held) -> Held:
    known = {row["hash"] for row in every_row(connection, schema.configurations, tract) if row["size"] >= 0}
    return Held(
        links.parents.keys() - held.commits,
        links.forms.keys() - held.forms,
        links.bases.keys() - held.blobs - links.blank,
        known - held.configurations,
    )


def _count(connection: Connection, tract: str, dead: Held, total: Collected) -> None:
    total.commits += len(dead.commits)
    total.forms += len(dead.forms)
    total.blobs += len(dead.blobs)
    total.configurations += len(dead.configurations)
    moves = every_row(connection, schema.reflog, tract) if dead.commits else ()
    total.moves += sum(bool(dead.commits & {row["old"], row["new"]}) for row in moves)
    if dead.blobs:
        rows = every_row(connection, schema.blobs, tract)
        total.size += sum(len(row["body"]) for row in rows if row["hash"] in dead.blobs)
