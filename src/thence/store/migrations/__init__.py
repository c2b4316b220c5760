"""The schema's versions, and how a store is brought to the newest.

Opening a store that is up to date costs one SELECT and imports no Alembic. ``REVISIONS`` lists every revision, oldest
first; a test holds it against Alembic's own scripts.
"""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from thence.errors import StoreLocked, StoreTooNew
from thence.forks import Lock, undivided
from thence.store import division, partitioning
from thence.store.engine import explained, write_ahead, writing

__all__ = ["REVISIONS", "bring_up_to_date", "revision_of"]

REVISIONS = ("0001", "0002", "0003")
_LOCK = 0x7468656E6365  # "thence": PostgreSQL's advisory lock while a store is migrated
_PATIENCE = 60.0  # seconds for which others are waited for: they may be making, or migrating, this very store
_turn = Lock()


def bring_up_to_date(engine: Engine) -> None:
    """Make or migrate the tables. Safe where several threads and processes do so at once: one does, the others wait.

    Raises:
        StoreTooNew: the store was written by a newer Thence; nothing is changed.
        StoreLocked: others have held it for a minute.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            if not _current(_peek(engine)):
                _migrate(engine)
            return
        except (DBAPIError, StoreLocked) as error:
            said = explained(error, engine.url) if isinstance(error, DBAPIError) else error
            if not isinstance(said, StoreLocked) or time.monotonic() > until:
                raise


def _migrate(engine: Engine) -> None:
    with undivided():  # now: whoever imports while it holds the store keeps others waiting for a second
        import_module("alembic.command")
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        write_ahead(engine)
    with writing(engine) as connection:
        if not sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if not _current(revision_of(connection)):
            _upgrade(connection)


def revision_of(connection: Connection) -> str | None:
    """The revision of the tables; None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _peek(engine: Engine) -> str | None:
    """The revision, by the one statement that an up-to-date store needs."""
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        if "alembic_version" not in str(error.orig):
            raise
        return None


def _current(revision: str | None) -> bool:
    if revision is None:
        return False
    if revision not in REVISIONS:
        raise StoreTooNew(
            f"the store has schema {revision}, this Thence knows up to {REVISIONS[-1]}",
            hint="upgrade Thence: pip install -U thence",
        )
    return revision == REVISIONS[-1]


def _upgrade(connection: Connection) -> None:
    """Run Alembic, whose context is one for the process: a thread of another store waits, lest it write to this one."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _turn:
        command.upgrade(config, REVISIONS[-1])
    partitioning.renew(connection)
    division.renew(connection)
