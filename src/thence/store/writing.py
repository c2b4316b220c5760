"""One transaction of ingest: places in the journal, rows, branches and the list of open calls move together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from thence.errors import Conflict
from thence.store import ledger, recall, refs
from thence.store.batch import Batch
from thence.store.engine import explained, with_retries, writing
from thence.store.ledger import OpenCall, Place
from thence.store.refs import Move
from thence.store.relinking import Answered, relink

__all__ = ["Overtaken", "Refused", "Transaction", "Woven", "commit"]

_RACES = 5


class Overtaken(Exception):
    """Another process has stored these records or closed these calls, or has collected what this one remembers."""


class Refused(Exception):
    """The database takes no row like this."""


class Woven(NamedTuple):
    """What a call came to, beside its rows: where its branch may move, and the answer that others may continue."""

    tract: str
    call_id: bytes
    move: Move | None = None
    answered: Answered | None = None


@dataclass
class Transaction:
    """What is to be stored together.

    Attributes:
        batch: the rows.
        moves: answers that branches may move to, with the call (tract, id) that gave each.
        answered: the answers; calls that continue them may be there already.
        closed: calls that were open and have ended.
        before, after: the place of the segment that all this was read from.
        epochs: the tracts' epochs that the writer knows.
    """

    batch: Batch
    moves: list[tuple[tuple[str, bytes], Move]] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    closed: list[OpenCall] = field(default_factory=list)
    before: Place | None = None
    after: Place | None = None
    epochs: dict[str, int] = field(default_factory=dict)

    def add(self, woven: Woven) -> None:
        """Take in what weaving a call came to, beside its rows."""
        if woven.move:
            self.moves.append(((woven.tract, woven.call_id), woven.move))
        if woven.answered:
            self.answered.append(woven.answered)


def commit(engine: Engine, transaction: Transaction) -> bool:
    """Store a transaction, all of it or nothing. True: commits of earlier calls got new names (see ``relinking``).

    Raises:
        Overtaken: nothing was stored, and what the writer remembers is void.
        Refused: the database does not take some row.
        StoreLocked, StoreUnavailable, StoreCorrupt: it can't be written at all.
    """
    for attempt in range(_RACES):
        try:
            return with_retries(lambda: _commit(engine, transaction))
        except Conflict:
            if attempt == _RACES - 1:
                raise
        except (IntegrityError, DataError, OverflowError, UnicodeError) as error:
            raise Refused(str(error)) from error
        except SQLAlchemyError as error:
            raise explained(error, engine.url) from error
    raise AssertionError("unreachable")


def _commit(engine: Engine, transaction: Transaction) -> bool:
    with writing(engine) as connection:
        if transaction.before and transaction.after:
            if not ledger.claim(connection, transaction.before, transaction.after):
                raise Overtaken
        found = recall.epochs(connection)
        if any(transaction.epochs.get(tract, 0) != epoch for tract, epoch in found.items()):
            raise Overtaken
        moves = _new(connection, transaction.moves)
        transaction.batch.write(connection)
        if not ledger.close(connection, transaction.closed):
            raise Overtaken
        refs.advance(connection, moves)
        return relink(connection, transaction.answered)


def _new(connection: Connection, moves: Sequence[tuple[tuple[str, bytes], Move]]) -> list[Move]:
    """The moves of calls that were not stored, as ended, before: a frame that comes twice moves nothing."""
    if not moves:
        return []
    status = recall.status_of(connection, [key for key, _ in moves])
    return [move for key, move in moves if status.get(key, "pending") in ("pending", "interrupted")]
