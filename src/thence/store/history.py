"""Named statements of a tract's history, for what is compiled, compared and committed by hand.

Names are bytes here, as in ingest: a chain of ten thousand commits is read in one go, and texts of hashes would cost
more than the reading.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    Dialect,
    Engine,
    LargeBinary,
    Select,
    and_,
    bindparam,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.exc import SQLAlchemyError

from thence.errors import StoreCorrupt
from thence.hashing import short
from thence.store import exact
from thence.store.packing import RAW, Packed, unpack
from thence.store.schema import (
    annotated,
    answers,
    blobs,
    calls,
    commits,
    ingested,
    refs,
    tracts,
)

__all__ = [
    "Counted",
    "Line",
    "Note",
    "Stamp",
    "contents",
    "facts",
    "glance",
    "line",
    "notes",
    "stamp",
]


class Stamp(NamedTuple):
    """Where a branch or tag is, and marks that change with everything else that can change what is compiled.

    Attributes:
        commit: where it is; None where it has no commits, or is not there (``exists`` says).
        notes: the newest annotation's id.
        frames: how many frames of journals the store holds.
        epoch: of the tract.
    """

    commit: bytes | None
    exists: bool
    notes: bytes | None
    frames: int
    epoch: int

    @property
    def marks(self) -> tuple[bytes | None, int, int]:
        """All that is not the branch's own."""
        return self.notes, self.frames, self.epoch


class Line(NamedTuple):
    """Commits of a line, oldest first, with their contents as they are packed.

    By column, an entry for each commit: ten thousand commits as objects would cost more than reading them.
    """

    hash: Sequence[bytes]
    parent: Sequence[bytes | None]
    depth: Sequence[int]
    edit_target: Sequence[bytes | None]
    content_type: Sequence[str]
    role: Sequence[str | None]
    config: Sequence[str | None]
    codec: Sequence[str]
    body: Sequence[bytes | None]
    bases: Sequence[bytes | None]


class Note(NamedTuple):
    """The newest annotation of a commit; ``at`` in nanoseconds since the epoch."""

    commit: bytes
    kind: str
    at: int


class Counted(NamedTuple):
    """Tokens that a vendor counted: of an answer (``asked`` is false) or of the context that a call was asked in."""

    commit: bytes
    asked: bool
    at: int
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    usage: Any


def _bytes(column: Any) -> Any:
    return type_coerce(column, LargeBinary).label(column.name)


@cache
def _stamp() -> Select[Any]:
    newest = select(func.max(_bytes(annotated.c.id))).where(annotated.c.tract_id == bindparam("tract"))
    frames = select(func.coalesce(func.sum(ingested.c.frames), 0))
    here = and_(refs.c.tract_id == tracts.c.tract_id, refs.c.name == bindparam("ref"))
    return (
        select(
            _bytes(refs.c.commit_hash),
            refs.c.name.is_not(None),
            newest.scalar_subquery(),
            frames.scalar_subquery(),
            tracts.c.epoch,
        )
        .select_from(tracts.outerjoin(refs, here))
        .where(tracts.c.tract_id == bindparam("tract"))
    )


def stamp(connection: Connection, tract: str, ref: str) -> Stamp:
    """The stamp of a tract, and where ``ref`` is in it."""
    statement = _as_driver_has_it(connection.dialect, "stamp", {"tract": tract, "ref": ref})
    return _stamped(connection.exec_driver_sql(*statement).first())


def glance(engine: Engine, tract: str, ref: str) -> Stamp | None:
    """The stamp, by the driver alone and in no transaction; None where that fails, which :func:`stamp` then explains.

    This one question is asked at each look at a tract: what SQLAlchemy does around it costs ten times the answer.
    """
    statement = _as_driver_has_it(engine.dialect, "stamp", {"tract": tract, "ref": ref})
    try:
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(*statement)
            return _stamped(cursor.fetchone())
        finally:
            connection.close()
    except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error):
        return None


def _as_driver_has_it(dialect: Dialect, name: str, values: dict[str, Any]) -> tuple[str, Any]:
    """A statement's text and its parameters, as the driver of ``dialect`` takes them."""
    known = _texts.get((dialect.name, name))
    if known is None:
        compiled: Any = (_stamp() if name == "stamp" else _line(stops=False)).compile(dialect=dialect)
        order = compiled.positiontup if compiled.positional else None
        known = _texts[dialect.name, name] = (str(compiled), compiled.params, order)
    text, constants, order = known
    bound = {**constants, **values}
    return text, bound if order is None else tuple(bound[each] for each in order)


_texts: dict[tuple[str, str], tuple[str, dict[str, Any], list[str] | None]] = {}


def _stamped(row: Any) -> Stamp:
    if row is None:
        return Stamp(None, False, None, 0, 0)
    commit, exists, newest, frames, epoch = row
    return Stamp(commit and bytes(commit), bool(exists), newest and bytes(newest), int(frames), epoch)


@cache
def _line(*, stops: bool) -> Select[Any]:
    columns = (
        *map(_bytes, (commits.c.hash, commits.c.parent)),
        commits.c.depth,
        _bytes(commits.c.edit_target),
        commits.c.content_type,
        commits.c.role,
        commits.c.generation_config_json,
        _bytes(commits.c.content_hash),
    )
    tract: BindParameter[str] = bindparam("tract")
    start = select(*columns).where(commits.c.tract_id == tract, commits.c.hash == bindparam("tip"))
    walk = start.cte("line", recursive=True)
    before = select(*columns).where(commits.c.tract_id == tract, commits.c.hash == walk.c.parent)
    if stops:
        before = before.where(walk.c.parent.not_in(bindparam("stops", expanding=True, type_=LargeBinary)))
    walk = walk.union_all(before)
    named = and_(blobs.c.tract_id == tract, blobs.c.hash == walk.c.content_hash)
    wanted = [column for column in walk.c if column.name != "content_hash"]
    return select(*wanted, blobs.c.codec, blobs.c.body, blobs.c.bases).join(blobs, named)


def line(connection: Connection, tract: str, tip: bytes, stops: Collection[bytes] = ()) -> Line:
    """A commit and those before it, with their contents; down to one of ``stops``, which is not given."""
    bound: dict[str, Any] = {"tract": tract, "tip": tip}
    if stops:
        found = connection.execute(_line(stops=True), {**bound, "stops": list(stops)})
    else:
        found = connection.exec_driver_sql(*_as_driver_has_it(connection.dialect, "line", bound))
    assert found.cursor is not None
    rows = sorted(found.cursor.fetchall(), key=_depth)  # bytes as the driver gives them: nothing to be processed
    return Line(*zip(*rows, strict=True)) if rows else Line(*[()] * len(Line._fields))


_depth = itemgetter(Line._fields.index("depth"))


def contents(
    connection: Connection, tract: str, line: Line, also: Iterable[str] = ()
) -> tuple[list[bytes | None], dict[str, bytes]]:
    """The exact bytes of a line's contents, None where one was erased; and of the blobs in ``also``, by name.

    One statement for each level of what contents repeat: none for plain text, one where there are images.

    Raises:
        NotFound: a part is gone.
        StoreCorrupt: a part is damaged.
    """
    names = {name for bases in filter(None, line.bases) for name in exact.bases_of(bases)}.union(also)
    known = exact.blobs_of(connection, tract, names) if names else {}
    found = list(line.body)
    for at, (codec, body, bases) in enumerate(zip(line.codec, line.body, line.bases, strict=True)):
        if codec != RAW and body is not None:
            try:
                found[at] = unpack(Packed(codec, bytes(body)), [known[name] for name in exact.bases_of(bases)])
            except ValueError as error:
                said = f"the content of {short(line.hash[at])} is damaged: {error}"
                raise StoreCorrupt(said, hint="thence fsck") from error
    return found, known


def notes(connection: Connection, tract: str) -> dict[bytes, Note]:
    """The newest annotation of each commit that has one of ``pin``, ``skip`` and ``normal``."""
    return _newest(connection.execute(_notes(tract)))


def facts(connection: Connection, tract: str, names: Sequence[bytes]) -> tuple[dict[bytes, Note], list[Counted]]:
    """What has been said about commits since they were made, by one statement: the tract's annotations, and what
    vendors counted at any of the commits in ``names``, the newest last.
    """
    ended = (calls.c.started_at + func.coalesce(calls.c.duration, 0)).label("at")
    usage = (calls.c.input_tokens, calls.c.output_tokens, calls.c.total_tokens, calls.c.usage_verbatim)
    known = (calls.c.tract_id == tract, calls.c.input_tokens.is_not(None))
    asked = select(_bytes(calls.c.base), literal("asked"), ended, _bytes(calls.c.id), *usage).where(
        *known, calls.c.base.in_(names)
    )
    of_call = and_(answers.c.tract_id == calls.c.tract_id, answers.c.call_id == calls.c.id)
    answered = (
        select(_bytes(answers.c.commit_hash), literal("answered"), ended, _bytes(calls.c.id), *usage)
        .join(calls, of_call)
        .where(*known, answers.c.tract_id == tract, answers.c.commit_hash.in_(names))
    )
    told = _notes(tract).add_columns(null(), null(), null(), null())
    rows = connection.execute(union_all(asked, answered, told)).all()
    found = [Counted(bytes(row[0]), row[1] == "asked", row[2], *row[4:]) for row in rows if row[1] in _COUNTS]
    return _newest(row for row in rows if row[1] not in _COUNTS), sorted(found, key=lambda each: each.at)


_COUNTS = ("asked", "answered")


def _notes(tract: str) -> Select[Any]:
    row = annotated.c
    return select(_bytes(row.commit_hash), row.kind, row.created_at, _bytes(row.id)).where(
        row.tract_id == tract, row.kind.in_(("pin", "skip", "normal"))
    )


def _newest(rows: Iterable[Any]) -> dict[bytes, Note]:
    return {bytes(row[0]): Note(bytes(row[0]), row[1], row[2]) for row in sorted(rows, key=lambda row: bytes(row[3]))}
