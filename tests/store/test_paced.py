"""An ingest that rests stores what one in a hurry stores, and rests wherever it can."""

from __future__ import annotations

from pathlib import Path

from tests.store.journals import chat, frames_of
from tests.store.snapshots import snapshot

from thence import journal
from thence.ingest.draining import Ingest
from thence.ingest.pace import Pace
from thence.store import Store, open_store

CALLS = 130  # of 260 records: more than two transactions of an ingest that rests


class Counted(Pace):
    """Counts how often it could rest."""

    times = 0

    def rest(self) -> None:
        self.times += 1
        super().rest()


def taken_in(folder: Path, pace: Pace | None) -> Store:
    writer = journal.Writer(folder / "journal")
    for number in range(CALLS):
        for header, payload in frames_of(chat(number, [{"role": "user", "content": f"question {number}"}])):
            writer.append(header, payload)
    writer.close()
    store = open_store(folder / "store.db")
    assert Ingest(store, folder / "journal", pace=pace).drain().calls == CALLS
    return store


def test_the_same_is_stored(tmp_path: Path) -> None:
    with taken_in(tmp_path / "paced", Counted()) as paced, taken_in(tmp_path / "hurried", None) as hurried:
        assert snapshot(paced) == snapshot(hurried)


def test_it_can_rest_at_every_record_call_and_statement(tmp_path: Path) -> None:
    pace = Counted()
    with taken_in(tmp_path, pace) as store:
        counted = pace.times
        assert counted > 2 * CALLS + CALLS
        assert len([*store.calls()]) == CALLS  # statements of this store, too
        assert pace.times > counted
