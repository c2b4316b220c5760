"""What an ingest reads of the ledger, in which every process that ever wrote has left a row or more."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from sqlalchemy import delete, insert
from tests.store.journals import conversation, write

from thence import journal
from thence.ingest import Ingest
from thence.store import Store, ledger, open_store, schema
from thence.upkeep import fsck

GONE = 20_000
A_ROW = 100  # bytes, less than one takes in memory


def leave(store: Store, count: int) -> None:
    """Let the ledger say what it says after ``count`` more processes."""
    with store.writing() as connection:
        [place] = ledger.places(connection).values()
        alike = {**place._asdict(), "tract_id": "", "retired": True, "moved_at": 0}
        names = (f"20200101T000000Z-{number}-0-000001.segment" for number in range(count))
        connection.execute(insert(schema.ingested), [{**alike, "segment": name} for name in names])


def test_nothing_is_read_of_segments_that_are_gone(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.db") as store:
        ingest, folder = Ingest(store), journal.folder_for(store.url)
        first, second = conversation(2)
        write(folder, [first])
        assert ingest.drain().retired == 1
        leave(store, GONE)
        write(folder, [second])
        tracemalloc.start()
        try:
            assert ingest.drain().calls == 1
            assert tracemalloc.get_traced_memory()[1] < GONE * A_ROW
        finally:
            tracemalloc.stop()


def test_an_earlier_store_is_known_by_segments_that_are_gone(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.db") as store:
        ingest, folder = Ingest(store), journal.folder_for(store.url)
        *before, last = conversation(3)
        write(folder, before)
        assert ingest.drain().retired == 1
        with store.writing() as connection:  # a server that comes back without its newest transactions
            for name in ("ingested", "answers", "calls", "forms", "commits", "blobs", "refs", "reflog"):
                connection.execute(delete(schema.metadata.tables[name]))
        write(folder, [last])
        assert ingest.drain().calls == 1
        assert not list(fsck(store))
