"""After an erasure no file holds a byte of it, and the history can still be proven."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from tests.store import postgres
from tests.store.journals import Spoken, chat, conversation, frames_of, stored
from tests.upkeep.stores import everything, files_with

from thence import journal
from thence.errors import NotFound, StoreLocked
from thence.ingest import drain
from thence.store import CommitInfo, Store, changing, open_store
from thence.upkeep import blotting, erase, erase_steps, fsck, resume

SECRET = "Rosalind-Zyx-4711"
SYSTEM = "Be brief and kind to everybody."


def person(start: int, turns: int = 3, user: str = "u-secret-9") -> list[Spoken]:
    """A conversation of one person, who says the secret in each turn, and is answered with it."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": SYSTEM}]
    calls = []
    for turn in range(turns):
        messages.append({"role": "user", "content": f"I am {SECRET} {start} {turn}"})
        call = chat(start + turn, messages, f"dear {SECRET} {start} {turn}! " * 30, user=user)
        call.answer["echo"] = f"you said {SECRET}"
        call.facts = {"label": SECRET, "metadata": {"who": SECRET}, "tags": [SECRET]}
        messages.append({"role": "assistant", "content": call.answer["choices"][0]["message"]["content"]})
        calls.append(call)
    return calls


def others(start: int) -> list[Spoken]:
    return conversation(3, start, system=SYSTEM)


def clean(folder: Path) -> list[str]:
    return [*files_with(folder, SECRET.encode()), *files_with(folder, b"u-secret-9")]


def unread(store: Store) -> list[str]:
    """The ids of calls whose request can't be had back."""
    found = []
    for call in store.calls():
        try:
            if call.status not in ("erased", "recorded"):
                assert call.request is not None
        except NotFound:
            found.append(call.id)
    return found


def test_a_person_is_erased(tmp_path: Path) -> None:
    with everything(tmp_path / "store.db", [*person(1), *others(20), *person(40)]) as store:
        before = {call.id: call.request_body for call in store.calls() if "secret" not in str(call.params.to_dict())}
        hashes = {commit.hash for call in store.calls() for commit in store.walk(call.commit or pytest.fail(call.id))}
        report = erase(store, calls=store.calls().where(user="u-secret-9"))
        assert report.calls == 6
        assert report.commits == 12
        assert clean(tmp_path) == []
        assert fsck(store) == []
        assert {call.id: call.request_body for call in store.calls() if call.status != "erased"} == before
        assert {
            commit.hash for call in store.calls() for commit in store.walk(call.commit or pytest.fail(call.id))
        } == hashes
        assert len(before) >= 3


def test_a_turn_is_erased_from_those_that_continue_it(tmp_path: Path) -> None:
    messages: list[dict[str, Any]] = []
    calls = []
    for turn, said in enumerate(["one", f"question {SECRET}", "three", "four"]):
        messages.append({"role": "user", "content": said})
        answer = f"quoting: question {SECRET}" if turn == 3 else f"answer {turn}"
        calls.append(chat(turn + 1, messages, answer))
        messages.append({"role": "assistant", "content": answer})
    with everything(tmp_path / "store.db", calls) as store:
        chosen = list(store.calls("main"))[1]
        report = erase(store, calls=[chosen])
        assert (report.calls, report.commits) == (1, 2)
        assert clean(tmp_path) == ["store.db"]  # the last answer quotes it: a commit of its own, which nobody chose
        (last,) = list(store.calls("main"))[3:]
        assert last.commit is not None
        erase(store, commits=[last.commit])
        assert clean(tmp_path) == []
        assert fsck(store) == []
        assert len(unread(store)) == 2
        assert store.calls("main")[0].request == calls[0].body


def test_what_every_call_says_is_not_erased_with_one(tmp_path: Path) -> None:
    """A content says "assistant" and "function", too, as every answer and every list of tools does."""
    tools = [{"type": "function", "function": {"name": "look_it_up", "description": "d" * 2000}}]
    asks: dict[str, Any] = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "look_it_up", "arguments": f'{{"of": "{SECRET}"}}'},
    }
    said: list[dict[str, Any]] = [{"role": "user", "content": f"I am {SECRET}"}]
    first = chat(1, said, tools=tools)
    first.answer["choices"][0]["message"] |= {"content": None, "tool_calls": [asks]}
    said += [{"role": "assistant", "content": None, "tool_calls": [asks]}]
    said += [{"role": "tool", "tool_call_id": "call_1", "content": "it is known"}]
    again = {**asks, "id": "call_2", "function": {**asks["function"], "arguments": "{}"}}
    second = chat(2, said, tools=tools)
    second.answer["choices"][0]["message"] |= {"content": None, "tool_calls": [again]}
    with stored(tmp_path / "store.db", [first, second])[0] as store:
        erase(store, calls=[store.calls()[0]])
        assert fsck(store) == []
        assert clean(tmp_path) == []
        left = store.calls()[1]
        assert left.params["tools"].value == tools
        assert left.response == second.answer
        assert len(unread(store)) == 1


def test_parameters_of_calls_that_stay_are_their_own(tmp_path: Path) -> None:
    guess = {"type": "content", "content": f"{SECRET} {'x' * 2000}"}
    calls = [
        chat(at, [{"role": "user", "content": guess["content"]}], f"answer {at}", prediction=guess) for at in (1, 2)
    ]
    with stored(tmp_path / "store.db", calls)[0] as store:
        base = store.calls()[0].base
        assert base is not None
        erase(store, commits=[base])
        assert fsck(store) == []
        assert [call.params["prediction"].value for call in store.calls()] == [guess, guess]
        erase(store, calls=store.calls())
        assert clean(tmp_path) == []
        assert fsck(store) == []


def test_what_a_kept_parameter_is_packed_by_stays(tmp_path: Path) -> None:
    """The same tools, in other words: the record of both is packed as what it adds to those of the first."""
    tools = [{"type": "function", "function": {"name": "f", "description": "d" * 2000}}]
    first, second = (chat(at, [{"role": "user", "content": f"{at}"}], tools=tools) for at in (1, 2))
    second.body = json.dumps(second.body, separators=(",", ":")).encode()
    with stored(tmp_path / "store.db", [first, second])[0] as store:
        erase(store, calls=[store.calls()[0]])
        assert fsck(store) == []
        assert store.calls()[1].params["tools"].value == tools


def test_a_commit_is_erased_wherever_its_content_is(tmp_path: Path) -> None:
    calls = [
        chat(1, [{"role": "user", "content": SECRET}], "one"),
        chat(2, [{"role": "system", "content": "x"}, {"role": "user", "content": SECRET}], f"you said {SECRET}"),
        chat(3, [{"role": "user", "content": "nothing"}], "three"),
    ]
    with everything(tmp_path / "store.db", calls) as store:
        base = next(iter(store.calls("main"))).base
        assert isinstance(base, CommitInfo)
        erase(store, commits=[base])
        assert fsck(store) == []
        kept = [call for call in store.calls("main") if call.id not in unread(store)]
        assert [call.request for call in kept] == [calls[2].body]
        with pytest.raises(NotFound, match="erased"):
            _ = base.canonical


def test_a_tract_is_erased(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journals"))
    with everything(store_url) as store:
        erase(store, tract="main")
        assert "main" not in store.tracts()
        assert fsck(store) == []
        assert len(store.calls("second")) == 1


def test_calls_on_both_databases(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journals"))
    with everything(store_url, [*person(1), *others(20)]) as store:
        assert erase(store, calls=store.calls().where(user="u-secret-9")).calls == 3
        assert fsck(store) == []
        assert [call.status for call in store.calls("main")] == ["erased"] * 3 + ["completed"] * 3


def test_a_living_journal_is_overwritten(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.db") as store:
        writer = journal.Writer(journal.folder_for(store.url))
        waiting = chat(50, [{"role": "user", "content": "still waiting"}])
        calls = [*person(1), *others(20)]
        for header, payload in [pair for call in calls for pair in frames_of(call)] + frames_of(waiting)[:1]:
            assert writer.append(header, payload)
        for header, payload in [pair for call in person(60) for pair in frames_of(call)]:
            assert writer.append(header, payload)
        drain(store)
        report = erase(store, calls=store.calls().where(user="u-secret-9"))
        assert report.calls == 6
        assert clean(tmp_path) == []
        (segment,) = journal.segments(writer.folder)
        assert not journal.check(segment.path).corrupt
        for header, payload in [*frames_of(waiting)[1:], *frames_of(chat(70, [{"role": "user", "content": "on"}]))]:
            assert writer.append(header, payload)
        found = drain(store)
        assert (found.calls, found.corrupt, found.missing, found.unreadable) == (2, 0, 0, 0)
        assert [call.status for call in store.calls()].count("completed") == 5
        assert fsck(store) == []
        writer.close()


KILLED = """
import os, signal, sys
from thence.ingest import open_store
from thence.store import changing
from thence.upkeep import blotting, erase_steps

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def after(work):
    return lambda *args, **kwargs: (work(*args, **kwargs), die())

point = sys.argv[2]
if point == "within the rows":
    changing.wipe_call = die
elif point == "before the rows are committed":
    changing.step_erasure = die
elif point == "within a segment":
    blotting._overwrite = after(blotting._overwrite)
elif point == "before the file":
    changing._rewritten = die
elif point == "before the note goes":
    changing.end_erasure = die
store = open_store(sys.argv[1])
for step in erase_steps(store, calls=store.calls().where(user="u-secret-9")):
    if step.split()[0] == point.removeprefix("after "):
        die()
"""
POINTS = [
    "after drained",
    "after written",
    "within the rows",
    "before the rows are committed",
    "after rows",
    "within a segment",
    "after journal",
    "before the file",
    "after file",
    "before the note goes",
    "after done",
]
QUICK = ("within the rows", "before the file")
CASES = [
    *(pytest.param("sqlite", point, id=f"sqlite {point}") for point in POINTS),
    *(
        pytest.param("postgresql", point, id=f"postgresql {point}", marks=() if point in QUICK else pytest.mark.slow)
        for point in POINTS
    ),
]


def files_of(store: Store) -> list[Path]:
    """The folders in which what a store says stands, beside its own: its database's, on a server; all of it written."""
    if store.url.startswith("sqlite"):
        return []
    with store._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
        base = connection.exec_driver_sql("SHOW data_directory").scalar()
        number = connection.exec_driver_sql("SELECT oid FROM pg_database WHERE datname = current_database()").scalar()
    folder = Path(str(base)) / "base" / str(number)
    if not os.access(folder, os.R_OK):
        pytest.skip("the server's files are out of reach")
    return [folder]


@pytest.mark.parametrize(("database", "point"), CASES)
def test_killed_and_resumed(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str, point: str
) -> None:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journals"))
    url = f"sqlite:///{tmp_path / 'store.db'}" if database == "sqlite" else request.getfixturevalue("postgres_url")
    store = everything(url, [*person(1), *others(20)])
    writer = journal.Writer(journal.folder_for(store.url))
    for header, payload in [pair for call in person(60) for pair in frames_of(call)]:
        assert writer.append(header, payload)
    drain(store)
    if database != "sqlite":
        with store._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("ANALYZE")  # what a server does by itself: it keeps samples of what is said
    assert any(clean(folder) for folder in [tmp_path, *files_of(store)])
    store.close()
    killed = subprocess.run([sys.executable, "-c", KILLED, url, point], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with open_store(url) as again:
        resume(again)
        if point == "after drained":  # nothing was written down yet
            erase(again, calls=again.calls().where(user="u-secret-9"))
        assert fsck(again) == []
        assert [clean(folder) for folder in [tmp_path, *files_of(again)] if clean(folder)] == []
        assert [call.status for call in again.calls("main")].count("erased") == 6
    writer.close()


@pytest.fixture
def another_url(postgres_server: str) -> Iterator[str]:
    """Another database on the same server."""
    with postgres.database(postgres_server) as url:
        yield url


@pytest.mark.parametrize("where", ["this database, reading", "another database, writing"])
def test_waits_for_transactions_that_still_see_it(
    postgres_url: str, another_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A snapshot sees what was there when the oldest writer of the whole server began."""
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journals"))
    reading = where.endswith("reading")
    engine = create_engine(postgres_url if reading else another_url, isolation_level="REPEATABLE READ")
    with everything(postgres_url, [*person(1), *others(20)]) as store, engine.connect() as older:
        older.exec_driver_sql("SELECT count(*) FROM pg_class" if reading else "CREATE TABLE written (n int)")
        with monkeypatch.context() as patched:
            patched.setattr(changing, "_PATIENCE", 0.2)
            with pytest.raises(StoreLocked, match="still sees"):
                erase(store, calls=store.calls().where(user="u-secret-9"))
        older.rollback()
        resume(store)
        assert [clean(folder) for folder in files_of(store)] == [[]]
    engine.dispose()


def test_a_disk_that_fails_within_a_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment that is half overwritten is overwritten again."""
    path = tmp_path / "store.db"
    store = everything(path, [*person(1), *others(20)])
    writer = journal.Writer(journal.folder_for(store.url))
    for header, payload in [pair for call in person(60) for pair in frames_of(call)]:
        assert writer.append(header, payload)
    drain(store)

    def fail(*_: object) -> None:
        raise OSError("no more")

    with monkeypatch.context() as patched:
        patched.setattr(blotting, "_overwrite", fail)
        with pytest.raises(OSError, match="no more"):
            erase(store, calls=store.calls().where(user="u-secret-9"))
    resume(store)
    assert clean(tmp_path) == []
    assert fsck(store) == []
    store.close()
    writer.close()


def test_what_was_erased_stays_erased_when_it_is_said_what_is_left(tmp_path: Path) -> None:
    with everything(tmp_path / "store.db", [*person(1), *others(20)]) as store:
        steps = list(erase_steps(store, calls=store.calls().where(user="u-secret-9")))
        assert steps[:2] == ["drained", "written down"]
        assert steps[-1] == "done"
        assert resume(store).calls == 0
        assert erase(store, calls=store.calls()).calls == 5  # the others
    assert (tmp_path / "store.db").stat().st_mode & 0o777 == 0o600


def test_what_was_erased_and_is_said_again_is_content_again(tmp_path: Path) -> None:
    location = tmp_path / "store.db"
    said: list[dict[str, Any]] = [{"role": "user", "content": f"I am {SECRET}"}]
    first, _ = stored(location, [chat(1, said, f"dear {SECRET}")])
    with first as store:
        erase(store, calls=list(store.calls()))
        assert clean(tmp_path) == []
    again, _ = stored(location, [chat(2, said, f"dear {SECRET}")])
    with again as store:
        *_, call = store.calls()
        assert call.status == "completed"
        assert call.request["messages"] == said
        assert call.response["choices"][0]["message"]["content"] == f"dear {SECRET}"
        assert fsck(store) == []
