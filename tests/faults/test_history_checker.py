"""The history checker finds what it is for: a loss, a duplicate, a phantom, another order, a broken parent."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.torture import asking
from tests.torture.checker import History, check, token_in
from tests.torture.provider import script
from tests.torture.told import Log, Turn, told_in

import thence
from thence.ingest import open_store
from thence.testing import Provider


@pytest.fixture
def recorded(tmp_path: Path) -> str:
    """A store with the calls of two threads in it, each told of; the last of a thread is its third."""
    with Provider(script) as provider:
        asks = asking.Asking(tmp_path, "w", str(tmp_path / "store.db"), provider.url, calls=3, ways=asking.STREAMS)
        asking.run(asks)
    with open_store(asks.store) as store:
        store.flush()
    return asks.store


def change(store: str, *statements: str) -> None:
    connection = sqlite3.connect(store, isolation_level=None)
    for statement in statements:
        assert connection.execute(statement).rowcount != 0, statement
    connection.close()


def kinds(history: History) -> set[str]:
    return {broken.kind for broken in history.broken}


def checked(store: str) -> set[str]:
    return kinds(check(store, told_in(Path(store).parent)))


LAST = "(SELECT max(rowid) FROM calls)"


def test_a_sound_history_has_nothing_broken(recorded: str) -> None:
    history = check(recorded, told_in(Path(recorded).parent))
    assert (history.told, history.kept, history.broken) == (6, 6, [])


def test_a_loss(recorded: str) -> None:
    change(recorded, f"DELETE FROM answers WHERE call_id = (SELECT id FROM calls WHERE rowid = {LAST})")
    change(recorded, f"DELETE FROM calls WHERE rowid = {LAST}")
    assert "lost" in checked(recorded)


def columns(store: str, table: str) -> list[str]:
    connection = sqlite3.connect(store)
    found = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    connection.close()
    return found


def test_a_duplicate(recorded: str) -> None:
    names = columns(recorded, "calls")
    other = [f"x'{'ff' * 16}'" if name == "id" else name for name in names]
    change(
        recorded, f"INSERT INTO calls ({', '.join(names)}) SELECT {', '.join(other)} FROM calls WHERE rowid = {LAST}"
    )
    assert "duplicate" in checked(recorded)


def test_a_phantom(recorded: str, tmp_path: Path) -> None:
    with Provider(script) as provider:
        client = asking.Asking(tmp_path, "x", recorded, provider.url).client("openai")
        client.chat.completions.create(model="plain", messages=[{"role": "user", "content": "nobody.0.0"}])
        thence.unwrap(client)
    assert checked(recorded) == {"phantom"}


def test_a_broken_parent(recorded: str) -> None:
    change(
        recorded,
        "UPDATE commits SET parent = (SELECT hash FROM commits WHERE depth = 0 ORDER BY hash LIMIT 1) "
        "WHERE depth = 4 AND hash = (SELECT max(hash) FROM commits WHERE depth = 4)",
    )
    assert {"parents", "damage"} <= checked(recorded)


def test_another_order(recorded: str, tmp_path: Path) -> None:
    told = told_in(tmp_path)
    told.turns = dict(reversed(told.turns.items()))
    assert kinds(check(recorded, told)) == {"order"}


def test_an_end_that_was_not_told(recorded: str) -> None:
    change(recorded, f"UPDATE calls SET status = 'failed' WHERE rowid = {LAST}")
    assert {"difference", "damage"} <= checked(recorded)


def test_a_call_that_was_told_of_and_never_made(recorded: str, tmp_path: Path) -> None:
    log, turn = Log(tmp_path, "y"), Turn("y.0", "y.0.0")
    log.before(turn)
    assert checked(recorded) == set()
    log.after(turn, "completed", "You said: y.0.0")
    assert checked(recorded) == {"lost"}


@pytest.mark.parametrize("last", [True, False])
def test_a_dropped_stream_without_its_end(recorded: str, tmp_path: Path, last: bool) -> None:
    told = told_in(tmp_path)
    turn = next(iter(told.series().values()))[-1 if last else 0]
    turn.outcome, turn.text = "dropped", None
    with open_store(recorded) as store:
        (number,) = [row for row, call in enumerate(store.calls(), 1) if token_in(call) == turn.token]
    this = f"(SELECT id FROM calls ORDER BY id LIMIT 1 OFFSET {number - 1})"
    change(recorded, f"UPDATE calls SET status = 'interrupted' WHERE id = {this}")
    found = [broken.said for broken in check(recorded, told).broken if broken.kind == "difference"]
    assert found == ([] if last else [f"{turn.token} was dropped, and is recorded as interrupted"])


def test_an_answer_that_is_another(recorded: str, tmp_path: Path) -> None:
    told = told_in(tmp_path)
    list(told.turns.values())[-1].text = "something else"
    assert kinds(check(recorded, told)) == {"difference"}


@pytest.mark.parametrize("torn", [b'["before", "z.0"', b"\n\n"], ids=["half a line", "empty lines"])
def test_a_told_file_ends_where_its_writer_was_killed(tmp_path: Path, torn: bytes) -> None:
    log = Log(tmp_path, "z")
    log.before(Turn("z.0", "z.0.0"))
    with (tmp_path / "z.told").open("ab") as file:
        file.write(torn)
    assert list(told_in(tmp_path).turns) == ["z.0.0"]
