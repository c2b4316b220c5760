"""Expression tree to SQL.

A program makes a million calls with a few dozen configurations, and parameters are stored once per configuration. So a
query is answered in that order: first the configurations that match, by the typed rows of ``parameters``; then their
calls, newest or oldest first by their ids, which sort by time.

==========================================  ==================================================================
what a condition asks                       how it is answered
==========================================  ==================================================================
a parameter that only configurations hold   ``configuration_hash in (configurations that match)``
one that some calls keep for themselves     the same, or by the rows of ``call_parameters``
a field of the call                         by its typed column in ``calls``
==========================================  ==================================================================

A conjunction is split: the terms that configurations decide make one set of configurations (the *outer* part), all
else is asked of each call (the *inner* part). With a limit, a look at the most recent calls comes first: what many
calls meet is found there. Else each matching configuration gives its own first calls by the index, and the first of
these are the answer. So whether a million calls meet a query or fifty of them, a few thousand rows are touched.

Which parameters calls keep for themselves is a fact of the store, asked first and given here as ``volatile``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any, Final, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Dialect,
    FromClause,
    Join,
    LargeBinary,
    Select,
    Table,
    Text,
    and_,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from thence.query import And, Condition, Expression, Field, Not, Or, Param
from thence.store.compare import Clause, nanoseconds
from thence.store.fields import call_clause
from thence.store.identity import first_id_at
from thence.store.owners import in_tracts, name_of, owners, present
from thence.store.schema import call_parameters, calls, configurations, parameters

__all__ = ["MOST_GROUPS", "Question", "configured_names", "kept_by_calls", "parameter_names"]

MOST_GROUPS: Final = 256
"""Configurations up to which each is asked for its first calls; beyond, calls are walked by time."""

_SLACK: Final = 60 * 10**9  # nanoseconds by which the time in a call's id may differ from its begin


def parameter_names(where: Expression | None) -> frozenset[str]:
    """The parameters that an expression asks for, as rows name them."""
    asked = where.conditions() if where is not None else ()
    return frozenset(name_of(each.operand) for each in asked if isinstance(each.operand, Param))


def kept_by_calls(names: Iterable[str], tract_ids: Sequence[str]) -> CompoundSelect[Any]:
    """Those of ``names`` that ``call_parameters`` has rows of, and whether ``parameters`` has too (``shared``); each by
    one look at the index.
    """

    def has(table: Table, name: str) -> ColumnElement[bool]:
        return exists().where(in_tracts(table.c.tract_id, tract_ids), table.c.name == name)

    def kept(name: str) -> Select[Any]:
        columns: tuple[ColumnElement[Any], ...] = (
            literal(name, Text).label("name"),
            has(parameters, name).label("shared"),
        )
        return select(*columns)

    none = kept("").where(false())
    return union_all(none, *(kept(name).where(has(call_parameters, name)) for name in sorted(names)))


def configured_names(tract_id: str) -> Select[Any]:
    """The names of all parameters that a tract's configurations have."""
    return select(parameters.c.name).where(parameters.c.tract_id == tract_id).distinct()


@dataclass(frozen=True)
class Question:
    """A query of calls, ready to be asked.

    Attributes:
        where: what must be true of a call; None: nothing.
        tract_ids: the tracts to look in.
        volatile: the names among :func:`parameter_names` that ``call_parameters`` has rows of, each with whether
            ``parameters`` has some too.
        now: what relative times are told from.
        newest: newest first, and ``limit`` means the newest; else oldest first.
        limit: calls at most.
        beyond: only calls behind this one, in the order asked for.
        before: only calls older than this one.
        recent: look at so many of the newest calls only.
    """

    where: Expression | None
    tract_ids: tuple[str, ...]
    volatile: Mapping[str, bool]
    now: datetime
    newest: bool = False
    limit: int | None = None
    beyond: str | None = None
    before: str | None = None
    recent: int | None = None

    def counted(self) -> Select[Any]:
        """How many calls there are, without regard to the limit."""
        return select(func.count()).select_from(calls).where(self._flat())

    @property
    def can_group(self) -> bool:
        """Whether configurations can be asked one by one: there is a limit, and they decide something."""
        outer = self._outer()
        return self.limit is not None and outer is not None and not _without_parameters(outer)

    def groups(self) -> Select[Any]:
        """How many configurations :meth:`grouped` would ask, up to one more than :data:`MOST_GROUPS`."""
        found = self._matching().limit(MOST_GROUPS + 1).subquery()
        return select(func.count()).select_from(found)

    def flat(self, *columns: Any) -> Select[Any]:
        """The calls' ``columns``, by a walk over all calls or by what the database finds better."""
        return select(*columns).where(self._flat()).order_by(*self._order(calls.c)).limit(self.limit)

    def unordered(self, *columns: Any) -> Select[Any]:
        """The calls' ``columns`` in any order, for what adds them up; the limit is obeyed."""
        return self.flat(*columns) if self.limit is not None else select(*columns).where(self._flat())

    def grouped(self, dialect: Dialect, *columns: Any) -> Select[Any]:
        """The calls' ``columns``, each matching configuration asked for its first calls."""
        group = self._matching().subquery("matching")
        inside = calls.alias("inside")
        first = (
            select(inside.c.tract_id, inside.c.id)
            .where(
                inside.c.tract_id == group.c.tract_id,
                inside.c.configuration_hash == group.c.hash,
                self._inner(inside.c),
            )
            .order_by(*self._order(inside.c))
            .limit(self.limit)
        )
        if dialect.name == "postgresql":
            first_of = first.lateral("first_of")
            joined: FromClause = group.join(first_of, true()).join(
                calls, and_(calls.c.tract_id == first_of.c.tract_id, calls.c.id == first_of.c.id)
            )
        else:  # SQLite has no LATERAL, and looks up a correlated IN by the key
            ids = first.with_only_columns(inside.c.id).correlate(group).scalar_subquery()
            joined = _InOrder(group, calls, and_(calls.c.tract_id == group.c.tract_id, calls.c.id.in_(ids)))
        found = select(calls.c.id).select_from(joined).order_by(*self._order(calls.c)).limit(self.limit)
        chosen = and_(in_tracts(calls.c.tract_id, self.tract_ids), calls.c.id.in_(found))
        return select(*columns).where(chosen).order_by(*self._order(calls.c)).limit(self.limit)

    def _order(self, columns: Any) -> tuple[ColumnElement[Any], ...]:
        keys = (columns.id, columns.tract_id)
        return tuple(key.desc() for key in keys) if self.newest else keys

    def _terms(self, outer: bool) -> list[Expression]:
        """The terms of the conjunction that configurations decide, or the others."""
        terms = self.where.terms if isinstance(self.where, And) else () if self.where is None else (self.where,)
        return [term for term in terms if self._is_decided(term) == outer]

    def _is_decided(self, term: Expression) -> bool:
        operands = [condition.operand for condition in term.conditions()]
        return all(isinstance(each, Param) and name_of(each) not in self.volatile for each in operands)

    def _outer(self) -> Expression | None:
        terms = self._terms(outer=True)
        return terms[0] if len(terms) == 1 else And(tuple(terms)) if terms else None

    def _matching(self) -> Select[Any]:
        """The configurations (tract, hash) that the outer part is true of."""
        outer = self._outer()
        name = configurations.c.hash
        clause = true() if outer is None else _clause(outer, lambda each: self._of_configuration(each, name))
        return select(configurations.c.tract_id, configurations.c.hash).where(
            in_tracts(configurations.c.tract_id, self.tract_ids), clause
        )

    def _flat(self) -> Clause:
        outer, clauses = self._outer(), [in_tracts(calls.c.tract_id, self.tract_ids), self._inner(calls.c)]
        if self.recent is not None:
            newest = select(calls.c.id).where(in_tracts(calls.c.tract_id, self.tract_ids)).order_by(calls.c.id.desc())
            if self.before is not None:
                newest = newest.where(calls.c.id < self.before)
            eldest = newest.offset(self.recent - 1).limit(1).scalar_subquery()
            clauses.append(calls.c.id >= func.coalesce(eldest, literal(b"", LargeBinary)))
        if outer is not None:
            hashes = calls.c.configuration_hash
            matching = hashes.in_(self._matching().with_only_columns(configurations.c.hash))
            without = _without_parameters(outer)
            clauses.append(or_(hashes.is_(None), matching) if without else matching)
        return and_(*clauses)

    def _inner(self, columns: Any) -> Clause:
        """The part that is asked of each call, and what follows from it for the call's id."""
        terms = self._terms(outer=False)
        clauses = [_clause(term, lambda each: self._of_call(each, columns)) for term in terms]
        if self.beyond is not None:
            clauses.append(columns.id < self.beyond if self.newest else columns.id > self.beyond)
        if self.before is not None:
            clauses.append(columns.id < self.before)
        for term in terms:
            if isinstance(term, Condition) and term.operand == Field("started_at"):
                clauses += self._ids(term, columns)
        return and_(true(), *clauses)

    def _ids(self, condition: Condition, columns: Any) -> Iterable[Clause]:
        """Bounds of the ids of calls that began in a time: ids are the order in which calls are stored."""
        times = [nanoseconds(value, self.now) for value in condition.values]
        if condition.operator in (">", ">=", "between"):
            yield columns.id >= first_id_at(_clock(times[0] - _SLACK))
        if condition.operator in ("<", "<=", "between"):
            yield columns.id < first_id_at(_clock(times[-1] + _SLACK))

    def _of_call(self, condition: Condition, columns: Any) -> Clause:
        operand = condition.operand
        if isinstance(operand, Field):
            return call_clause(columns, operand.name, condition, self.now)
        there = present(condition)
        name, hashes, found = name_of(operand), columns.configuration_hash, []
        if self.volatile.get(name, True):
            found.append(and_(hashes.is_not(None), hashes.in_(owners(parameters, there, self.tract_ids, self.now))))
        if name in self.volatile:
            found.append(columns.id.in_(owners(call_parameters, there, self.tract_ids, self.now)))
        return not_(or_(*found)) if condition.operator == "missing" else or_(*found)

    def _of_configuration(self, condition: Condition, name: ColumnElement[Any]) -> Clause:
        found = name.in_(owners(parameters, present(condition), self.tract_ids, self.now))
        return not_(found) if condition.operator == "missing" else found


class _InOrder(Join):
    """A join whose left side SQLite goes through first; by itself it would walk the larger table, for its order."""

    inherit_cache = True


@compiles(_InOrder)
def _cross_join(element: _InOrder, compiler: SQLCompiler, **options: Any) -> str:
    linter = options.pop("from_linter", None)
    if linter is not None:
        linter.edges.update(product(element.left._from_objects, element.right._from_objects))
    left, right = (compiler.process(side, from_linter=linter, **options) for side in (element.left, element.right))
    on = compiler.process(cast("Clause", element.onclause), from_linter=linter)
    return f"{left} CROSS JOIN {right} ON {on}"


def _clause(term: Expression, leaf: Callable[[Condition], Clause]) -> Clause:
    """The clause of an expression, whose conditions are those that ``leaf`` makes."""
    if isinstance(term, Condition):
        return leaf(term)
    if isinstance(term, Not):
        return not_(_clause(term.term, leaf))
    assert isinstance(term, (And, Or))
    join = and_ if isinstance(term, And) else or_
    return join(*(_clause(each, leaf) for each in term.terms)).self_group()


def _without_parameters(term: Expression) -> bool:
    """Whether an expression of parameters is true of a call that has none."""
    if isinstance(term, Condition):
        return term.operator == "missing"
    if isinstance(term, Not):
        return not _without_parameters(term.term)
    assert isinstance(term, (And, Or))
    return (all if isinstance(term, And) else any)(_without_parameters(each) for each in term.terms)


def _clock(at: int) -> int:
    """A time that an id can say: 48 bits of milliseconds from the epoch on."""
    return max(0, min(at, (2**48 - 1) * 1_000_000))
