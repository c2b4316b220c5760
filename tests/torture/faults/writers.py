"""Many writers on one branch, and upkeep while calls are made."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from tests.store import postgres
from tests.torture import asking
from tests.torture.place import Place, Skip
from tests.torture.told import Log, Turn, told_in
from tests.torture.trial import Trial

from thence.errors import StoreLocked
from thence.ingest import open_store
from thence.store import Call, Store
from thence.tract import Tract
from thence.upkeep import backup, erase, fsck, gc

__all__ = ["ROWS", "chain"]


def chain(place: Place, processes: int, threads: int, commits: int) -> None:
    """Processes and threads that commit to one branch: it is a chain of exactly what they were told."""

    def work(name: str) -> None:
        log = Log(place.folder, name)
        with Tract.open(place.store) as tract:
            writers = [threading.Thread(target=write, args=(tract, log, f"{name}.{n}")) for n in range(threads)]
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()

    def write(tract: Tract, log: Log, series: str) -> None:
        for number in range(commits):
            turn = Turn(series, f"{series}.{number}")
            log.before(turn)
            info = tract.commit(turn.token, generation_config={"temperature": number})
            log.after(turn, "completed", info.hash)

    place.wait_all(*(place.fork(lambda n=n: work(f"w{n}")) for n in range(processes)), patience=900)  # type: ignore[misc]
    told = told_in(place.folder)
    place.told += len(told.acknowledged)
    with Tract.open(place.store) as tract, open_store(place.store) as store:
        found = [info.hash for info in reversed(tract.log())]
        damage = [str(each) for each in fsck(store) if each.level == "damage"]
    place.kept += len(found)
    known = [str(turn.text) for turn in told.acknowledged]
    place.hold(len(known) == processes * threads * commits, f"{len(known)} commits were told", "lost")
    place.hold(not set(known) - set(found), f"{len(set(known) - set(found))} commits", "lost")
    place.hold(not set(found) - set(known), f"{len(set(found) - set(known))} commits", "phantom")
    place.hold(len(found) == len(set(found)), "a commit stands twice in the chain", "duplicate")
    where = {name: place_ for place_, name in enumerate(found)}
    for series, turns in told.series().items():
        places = [where[str(turn.text)] for turn in turns if str(turn.text) in where]
        place.hold(places == sorted(places), series, "order")
    for said in damage:
        place.fail("damage", said)


def one_ref(place: Place) -> None:
    """Thirty-two writers on one branch, of a SQLite file and of PostgreSQL in turn."""
    processes, commits = (4, 3) if place.short else (8, 6)
    if place.seed % 2 and postgres.binaries():
        with postgres.running(place.folder) as server:
            if server is None:
                raise Skip("no PostgreSQL")
            with postgres.database(server) as url:
                place.store = url
                chain(place, processes, 4, commits)
        return
    place.begin()
    chain(place, processes, 4, commits)


def upkeep(place: Place) -> None:
    """Collection of garbage, erasure, vacuum, backup and proof, one after the other, while callers write."""
    place.begin()
    seconds = 2.0 if place.short else 6.0
    place.wait_all(place.ask("erased", threads=1, calls=4))
    callers = [place.ask(f"w{number}", threads=2, ways=asking.ROUGH) for number in range(2)]
    place.wait_told(12)
    until = time.monotonic() + seconds
    done = 0
    steps: list[Callable[[], None]] = [
        lambda: _with(place, lambda store: gc(store, grace=timedelta(0))),
        lambda: _with(place, lambda store: erase(store, calls=_of(store, "erased"))),
        lambda: _vacuum(place.store),
        lambda: _with(place, lambda store: backup(store, place.folder / "backup.db", overwrite=True)),
        lambda: _proven(place),
    ]
    while time.monotonic() < until or done < len(steps):
        steps[done % len(steps)]()
        done += 1
        time.sleep(place.chance.random() * 0.1)
    place.kill(*callers)
    _with(place, lambda store: erase(store, calls=_of(store, "erased")))
    place.figures["upkeep_runs"] = done
    history = place.check(allowed=("difference", "parents", "lost", "phantom"))
    for broken in history.broken:  # what was erased is no more: all else must be as it was
        erased = "erased." in broken.said or (broken.kind == "phantom" and broken.said.startswith("? "))
        if broken.kind in ("difference", "parents", "lost", "phantom") and not erased:
            place.fail(broken.kind, broken.said)


def _with(place: Place, work: Callable[..., object]) -> None:
    with open_store(place.store) as store:
        try:
            work(store)
        except StoreLocked:
            return  # it says so, and is asked again


def _of(store: Store, name: str) -> list[Call]:
    return [call for call in store.calls() if (call.response_id or "").partition("~")[2].startswith(f"{name}.")]


def _vacuum(location: str) -> None:
    connection = sqlite3.connect(location, isolation_level=None, timeout=5)
    try:
        connection.execute("VACUUM")
    except sqlite3.OperationalError:
        return  # others were at it all the time
    finally:
        connection.close()


def _proven(place: Place) -> None:
    with open_store(place.store) as store:
        for finding in fsck(store):
            if finding.level == "damage":
                place.fail("damage", f"while callers write: {finding}")


ROWS = (
    Trial(
        "one-ref",
        "32 writers on one branch, of a SQLite file and of PostgreSQL in turn",
        "the branch is a chain of exactly what they were told, each writer's in order",
        one_ref,
        rounds=6,
        short=1,
        patience=900,
    ),
    Trial(
        "upkeep-during-writes",
        "`gc`, `erase`, `VACUUM`, `backup` and `fsck`, one after the other, while callers write",
        "nothing is lost but what was erased",
        upkeep,
        rounds=6,
        short=1,
    ),
)
