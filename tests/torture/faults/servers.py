"""A PostgreSQL server that is restarted every few seconds, and one that is not there or lets nobody in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from tests.store import postgres
from tests.torture.place import Place, Skip
from tests.torture.told import told_in
from tests.torture.trial import Trial

from thence.ingest import open_store

__all__ = ["ROWS", "server"]


@contextmanager
def server(place: Place) -> Iterator[str]:
    """A server of this round's own, and an empty database on it that the place's callers record in.

    Raises:
        Skip: there is none to be had.
    """
    if os.environ.get(postgres.URL_VARIABLE) or postgres.binaries() is None:
        raise Skip("no PostgreSQL of our own to start and stop")
    with postgres.running(place.folder) as url:
        assert url is not None
        _run(url, "CREATE DATABASE recorded")
        place.store = url.replace("/postgres?", "/recorded?")
        open_store(place.store).close()
        yield url


def _run(url: str, *statements: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def restarts(place: Place) -> None:
    """Three programs call while their server is shut down, and crashes, every other second."""
    with server(place) as url:
        callers = [place.ask(f"w{number}", threads=2) for number in range(3)]
        place.wait_told(10)
        for number in range(1 if place.short else 6):
            time.sleep(0.5 + place.chance.random())
            postgres.control(url, "restart", ("immediate", "fast")[number % 2])
        place.wait_told(sum(1 for _ in told_in(place.folder).turns) * 2 + 20)
        place.kill(*callers)
        place.check()


def absent(place: Place) -> None:
    """The server is stopped; the database can only be read; the password is another by now."""
    how = (_stopped, _reading_only, _locked_out)[place.seed % 3]
    with server(place) as url:
        before = place.ask("before", calls=3)
        place.wait_all(before)
        with how(url):
            callers = [place.ask(f"w{number}", threads=2, calls=6) for number in range(2)]
            place.wait_all(*callers)
            told = told_in(place.folder)
            failed = [turn.token for turn in told.acknowledged if turn.outcome != "completed"]
            place.hold(not failed, f"the absent server reached callers: {failed}")
            place.hold(len(told.acknowledged) == 6 + 24, f"{len(told.acknowledged)} of 30 calls were made")
        place.check()


@contextmanager
def _stopped(url: str) -> Iterator[None]:
    postgres.control(url, "stop", "immediate")
    yield
    postgres.control(url, "start")


@contextmanager
def _reading_only(url: str) -> Iterator[None]:
    _run(url, "ALTER DATABASE recorded SET default_transaction_read_only = on")
    yield
    _run(url, "ALTER DATABASE recorded RESET default_transaction_read_only")


@contextmanager
def _locked_out(url: str) -> Iterator[None]:
    """The role may not log in any more. Somebody who is in already lets it in again."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(b"ALTER ROLE thence NOLOGIN")
        yield
        connection.execute(b"ALTER ROLE thence LOGIN")


def writers(place: Place) -> None:
    """Eight programs record in one PostgreSQL database."""
    calls = 6 if place.short else 60
    with server(place) as url:
        del url
        began = time.monotonic()
        processes = 4 if place.short else 8
        place.wait_all(*(place.ask(f"w{n}", threads=2, calls=calls) for n in range(processes)), patience=600)
        place.figures["seconds"] = time.monotonic() - began
        place.check()


ROWS = (
    Trial(
        "postgres-restarts",
        "PostgreSQL restarted every other second, in turn shut down and crashed, while three programs call",
        "nothing is lost",
        restarts,
        rounds=4,
        short=1,
        patience=300,
    ),
    Trial(
        "postgres-absent",
        "PostgreSQL stopped; read-only; the role locked out",
        "callers notice nothing; all is taken in when it is back",
        absent,
        rounds=6,
        short=1,
        patience=300,
    ),
)
