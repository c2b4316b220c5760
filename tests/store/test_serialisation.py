"""Transactions that the server could not keep apart (40001), or that waited for each other in a circle (40P01).

Both are real: threads under ``serializable``, and a stranger that takes two rows in the other order.
"""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from tests.store.journals import conversation, write

from thence import journal
from thence.errors import StoreUnavailable
from thence.ingest import Ingest
from thence.store import engine, open_store
from thence.store.schema import refs, tracts
from thence.tract import Tract
from thence.upkeep import fsck

SERIALIZABLE = "-c default_transaction_isolation=serializable"
PATIENT = "-c deadlock_timeout=2s"


def with_options(url: str, options: str) -> str:
    return make_url(url).update_query_dict({"options": options}).render_as_string(hide_password=False)


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The states with which the server refused a transaction, all of which were tried again."""
    found: list[str] = []
    rest = engine.rest

    def noted(attempt: int) -> None:
        error = sys.exc_info()[1]
        assert isinstance(error, DBAPIError)
        found.append(str(getattr(error.orig, "sqlstate", "")))
        rest(attempt)

    monkeypatch.setattr(engine, "rest", noted)
    return found


def test_writers_under_serializable(postgres_url: str, refusals: list[str]) -> None:
    """What is told to each is there once and in order, whatever the server refused meanwhile."""
    url = with_options(postgres_url, SERIALIZABLE)
    Tract.open(url).close()

    def work(writer: int) -> list[str]:
        with Tract.open(url) as tract:
            return [tract.commit(f"{writer} {number}").hash for number in range(5)]

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(work, range(6)))
    with Tract.open(url) as tract:
        chain = [info.hash for info in reversed(tract.log())]
        assert sorted(chain) == sorted(name for names in told for name in names)
        for names in told:
            assert [name for name in chain if name in set(names)] == names
    assert "40001" in refusals


def test_two_that_skew_each_other(postgres_url: str, refusals: list[str]) -> None:
    """Each reads what the other writes; serializable lets one of them through, and the other sees it then."""
    with open_store(with_options(postgres_url, SERIALIZABLE)) as store:
        for name in ("one", "two"):
            with Tract(store, name) as tract:
                tract.commit("begun")
        met = threading.Barrier(2)
        first = threading.local()

        def work(connection: Connection, mine: str) -> int:
            others = select(tracts.c.epoch).where(tracts.c.tract_id != mine)
            seen = int(connection.scalar(others) or 0)
            if not getattr(first, "over", False):
                first.over = True
                met.wait(20)
            connection.execute(update(tracts).where(tracts.c.tract_id == mine).values(epoch=seen + 1))
            return seen

        with ThreadPoolExecutor(2) as pool:
            seen = list(pool.map(lambda mine: store.write(lambda c: work(c, mine)), ("one", "two")))
    assert sorted(seen) == [0, 1]
    assert refusals == ["40001"]


def test_a_deadlock_with_a_stranger(
    postgres_url: str, refusals: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ingest and the stranger hold a row each and want the other's; the server ends one; ingest stores everything."""
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journals"))
    with open_store(with_options(postgres_url, PATIENT)) as store:
        calls = conversation(3)
        write(journal.folder_for(store.url), calls[:1])
        ingest = Ingest(store)
        ingest.drain()
        write(journal.folder_for(store.url), calls[1:])
        stranger = create_engine(with_options(postgres_url, "-c deadlock_timeout=60s"))
        with stranger.connect() as connection, ThreadPoolExecutor(2) as pool:
            connection.execute(select(refs).with_for_update())
            draining = pool.submit(ingest.drain)
            wait_until(postgres_url, waiting=1)
            circle = pool.submit(lambda: connection.execute(text("LOCK TABLE ingested IN EXCLUSIVE MODE")))
            circle.result(60)  # the server has ended the other's transaction
            connection.rollback()
            assert draining.result(60).calls == 2
        stranger.dispose()
        assert refusals == ["40P01"]
        assert [call.request for call in store.calls()] == [call.body for call in calls]
        assert fsck(store) == []


def wait_until(url: str, waiting: int) -> None:
    """Wait until so many of a database's sessions wait for a lock."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    looking = create_engine(url)
    until = time.monotonic() + 30
    with looking.connect() as connection:
        while connection.scalar(query) < waiting:
            assert time.monotonic() < until
            connection.rollback()
            time.sleep(0.01)
    looking.dispose()


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_it_is_not_tried_for_ever(
    postgres_url: str, refusals: list[str], monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(engine, "_LONGEST_REST", 0.0001)

    def refused(connection: Connection) -> None:
        connection.exec_driver_sql(f"DO $$ BEGIN RAISE 'refused' USING ERRCODE = '{state}'; END $$")

    with open_store(postgres_url) as store, pytest.raises(StoreUnavailable, match="refused"):
        store.write(refused)
    assert refusals == [state] * (engine._ATTEMPTS - 1)
