"""A store looked at from outside: nothing is made, migrated or waited for."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from thence.errors import StoreTooNew
from thence.store import ledger, migrations
from thence.store.engine import connect, explained, file_id, reading, url_of

__all__ = ["Look", "look"]


class Look(NamedTuple):
    """What was seen.

    Attributes:
        schema: the revision of the tables; None where there are none yet.
        newest: the revision that this Thence would make of it.
        lost: records that were lost before they got there.
        corrupt: bytes of journals that had changed after they were written.
    """

    schema: str | None
    newest: str
    lost: int = 0
    corrupt: int = 0


def look(location: str, seconds: int = 3) -> Look:
    """How a store is; ``seconds`` are for a server to answer in.

    Raises:
        StoreTooNew: it was written by a newer Thence.
        StoreUnavailable, StoreLocked, StoreCorrupt: it can't be read.
    """
    newest = migrations.REVISIONS[-1]
    url = url_of(location)
    if url.get_backend_name() == "sqlite":
        if file_id(url) is None:
            return Look(None, newest)
    elif "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": str(seconds)})
    engine = connect(url)
    try:
        with reading(engine) as connection:
            schema = migrations.revision_of(connection)
            if schema is not None and schema not in migrations.REVISIONS:
                raise StoreTooNew(
                    f"the store has schema {schema}, this Thence knows up to {newest}",
                    hint="upgrade Thence: pip install -U thence",
                )
            if schema != newest:
                return Look(schema, newest)
            places = ledger.places(connection).values()
            return Look(
                schema, newest, sum(each.lost + each.missing for each in places), sum(each.corrupt for each in places)
            )
    except SQLAlchemyError as error:
        raise explained(error, engine.url) from error
    finally:
        engine.dispose()
