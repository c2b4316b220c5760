"""Another store's history, put into this one by union.

What is named by its content is the same wherever it was stored, so a pull may be repeated, and goes in any order and
direction, between any databases. Branches are a store's own, as in git: those of new names come along, the others are
left where they are and told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from thence.store import changing, merging, proof
from thence.store.naming import tract_id_of
from thence.upkeep.reach import Links, along, links_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from thence.store import Store

__all__ = ["Pulled", "pull"]


@dataclass
class Pulled:
    """What a pull brought: calls and commits that were not here before.

    ``diverged`` names the branches and tags, as ``tract/name``, that mean something else there.
    """

    calls: int = 0
    commits: int = 0
    diverged: list[str] = field(default_factory=list)


def pull(store: Store, other: Store, *, tract: str | None = None) -> Pulled:
    """Bring in what another store has: one tract, or all of them, each in one transaction.

    Calls that are in flight there are left for another time. What was erased here stays erased. The message and the
    metadata of a commit that is here already stay what they are here: no hash covers them, and neither is the newer.

    Raises:
        StoreLocked, StoreUnavailable, StoreCorrupt: one of the two can't be used; nothing of that tract was brought.
    """
    report = Pulled()
    with other.reading() as source:
        names = proof.known_tracts(source) if tract is None else [tract_id_of(tract)]
        for each in names:
            before, after, diverged = store.write(partial(_merge, source=source, tract=each))
            report.calls += after[0] - before[0]
            report.commits += after[1] - before[1]
            report.diverged += [f"{each}/{name}" for name in diverged]
    return report


def _merge(connection: Connection, source: Connection, tract: str) -> tuple[list[int], list[int], list[str]]:
    """Bring one tract; how many calls and commits were here before and are now, and which branches differ."""
    before = _counts(connection, tract)
    merging.merge(connection, tract, merging.offered(source, tract), _again(connection, source, tract))
    merging.relink_all(connection, tract)
    diverged = merging.merge_refs(connection, tract, merging.heads_of(source, tract))
    after = _counts(connection, tract)
    if after != before:  # a configuration, or usage, may have come to a commit that was here, and was compiled
        changing.renew(connection, tract)
    return before, after, diverged


def _again(connection: Connection, source: Connection, tract: str) -> set[bytes]:
    """What calls that were not erased here bring along beside their contents: their parameters, and what their requests
    stood in. A program's calls share these, so that to erase one of them is not to erase them of all that will come.
    """
    gone = merging.erased_calls(connection, tract)
    links = links_of(source, tract) if gone else Links()
    coming = {call: row for call, row in links.calls.items() if call not in gone and row["status"] != "pending"}
    own = (name for call, row in coming.items() for name in links.own_blobs(call) - {row["response_hash"]})
    return along(links.bases, own) | {row["configuration_hash"] for row in coming.values()}


def _counts(connection: Connection, tract: str) -> list[int]:
    """How many rows a tract has in each table: of calls and of commits first."""
    tables = sorted(merging.HISTORY, key=lambda table: (table is not merging.CALLS, table is not merging.COMMITS))
    return [merging.count(connection, tract, table) for table in tables]
