"""Which layer sets which parameter, how often: counted by the database, over configurations and what calls keep.

A configuration is read once, however many calls have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, func, select

from thence.params import Candidate, Parameter
from thence.params.display import shown
from thence.store.configuration import read_parameters
from thence.store.schema import call_parameters, parameters
from thence.store.schema import calls as table

if TYPE_CHECKING:
    from thence.store.calls import Calls

__all__ = ["MOST_LOOKED_INTO", "Contest", "contests", "sourced"]

MOST_LOOKED_INTO: Final = 2_000
"""Configurations, and values that calls keep for themselves, whose stories are read for :func:`contests`."""


class Contest(NamedTuple):
    """A parameter that two layers or more set, and in how many calls."""

    won: Parameter
    over: Candidate
    calls: int


def sourced(calls: Calls) -> Counter[tuple[str, str]]:
    """Parameter and source -> how many of ``calls``."""
    found: Counter[tuple[str, str]] = Counter()
    for tract in calls._tracts():
        chosen = _chosen(calls, tract)
        groups = select(chosen.c.configuration_hash, func.count().label("calls")).group_by(chosen.c.configuration_hash)
        group, p, own = groups.subquery(), parameters.c, call_parameters.c
        shared = (
            select(p.name, p.source, func.sum(group.c.calls).label("calls"))
            .join(group, p.configuration_hash == group.c.configuration_hash)
            .where(p.tract_id == tract, p.path == "")
            .group_by(p.name, p.source)
        )
        kept = (
            select(own.name, own.source, func.count().label("calls"))
            .join(chosen, own.call_id == chosen.c.id)
            .where(own.tract_id == tract, own.path == "")
            .group_by(own.name, own.source)
        )
        for query in (shared, kept):
            for row in calls._store.rows(query):
                found[row["name"], row["source"] or ""] += int(row["calls"])
    return found


def contests(calls: Calls) -> list[Contest]:
    """Parameters that more than one layer set, the most frequent first; alike are one.

    Of the configurations most used and the values kept last, :data:`MOST_LOOKED_INTO` each are looked into.
    """
    alike: dict[str, list[Contest]] = {}
    for tract in calls._tracts():
        for parameter, count in _stories(calls, tract):
            for candidate in parameter.shadowed:
                told = [parameter.name, parameter.source.name, parameter.origin, candidate.source.name]
                told += [candidate.origin, shown(parameter.value, 200), shown(candidate.value, 200)]
                alike.setdefault(repr(told), []).append(Contest(parameter, candidate, count))
    found = [each[0]._replace(calls=sum(one.calls for one in each)) for each in alike.values()]
    return sorted(found, key=lambda contest: (-contest.calls, contest.won.name))


def _chosen(calls: Calls, tract: str) -> Any:
    question = calls._question(tract, datetime.now(timezone.utc))
    question = replace(question, newest=True, limit=calls._choice.newest)
    return question.unordered(table.c.id, table.c.configuration_hash).subquery()


def _stories(calls: Calls, tract: str) -> Iterator[tuple[Parameter, int]]:
    store, chosen = calls._store, _chosen(calls, tract)
    groups = select(chosen.c.configuration_hash, func.count().label("calls")).group_by(chosen.c.configuration_hash)
    used = groups.order_by(func.count().desc()).limit(MOST_LOOKED_INTO)
    uses = {row["configuration_hash"]: int(row["calls"]) for row in store.rows(used) if row["configuration_hash"]}
    with store.reading() as connection:
        configs = store._configs(connection, tract, uses)
    for name, config in configs.items():
        yield from ((parameter, uses[name]) for parameter in config.values())
    own = call_parameters.c
    kept = (
        select(own.record)
        .join(chosen, own.call_id == chosen.c.id)
        .where(and_(own.tract_id == tract, own.path == "", own.record.is_not(None)))
        .order_by(own.call_id.desc())
        .limit(MOST_LOOKED_INTO)
    )
    yield from ((parameter, 1) for parameter in read_parameters(bytes(row["record"]) for row in store.rows(kept)))
