"""What commands do beside their screens: exit codes, JSON, empty states, and what goes to which stream."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from tests.cli.conftest import Run
from tests.cli.history import BLUE, COLOUR, History, chat_answer

from thence import DialogueContent, Tract
from thence.frames import Asked
from thence.params import ParameterSource

LISTS = [
    ["log"],
    ["log", "--graph"],
    ["log", "--oneline"],
    ["query", "model exists"],
    ["stats"],
    ["branch"],
    ["tag"],
    ["sources", "--used"],
]


@pytest.mark.parametrize("command", LISTS)
def test_a_list_of_nothing_says_what_to_do(nothing: Path, run: Run, command: list[str]) -> None:
    done = run(*command)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "no calls yet" in done.stderr
    assert "thence.wrap(" in done.stderr
    assert list(nothing.iterdir()) == []  # looking makes no file


@pytest.mark.parametrize("command", LISTS)
def test_a_list_of_nothing_is_an_empty_list(nothing: Path, run: Run, command: list[str]) -> None:
    del nothing
    assert json.loads(run(*command, "--json").stdout) == []
    assert run(*command, "--csv").stdout == ""


def test_status_of_nothing(nothing: Path, run: Run) -> None:
    done = run("status")
    assert (done.exit_code, "nothing recorded yet" in done.stdout) == (0, True)
    now = json.loads(run("status", "--json").stdout)
    assert (now["schema"], now["calls"], now["losses"]) == (None, {}, [])
    assert "nothing is recorded here" not in done.stderr
    assert "nothing is recorded here: THENCE_DISABLED" in run("status", THENCE_DISABLED="1").stderr
    assert list(nothing.iterdir()) == []


def test_ingest_of_nothing_makes_no_store(nothing: Path, run: Run) -> None:
    done = run("ingest")
    assert (done.exit_code, done.stdout) == (0, "0 calls, 0 interrupted, 0 still in flight\n")
    assert list(nothing.iterdir()) == []


@pytest.mark.parametrize("command", [*LISTS, ["status"], ["ingest"], ["show"], ["fsck"], ["sql", "select 1"]])
def test_a_store_that_is_named_is_there(nothing: Path, run: Run, command: list[str]) -> None:
    for done in (run(*command, "--store", "typo.db"), run(*command, THENCE_STORE="typo.db")):
        assert (done.exit_code, done.stdout) == (3, "")
        assert f"there is no store {nothing / 'typo.db'}" in done.stderr
    assert list(nothing.iterdir()) == []


@pytest.mark.parametrize("command", [["show"], ["blame"], ["show", "HEAD~3"], ["branch", "new"], ["tag", "-d", "old"]])
def test_there_is_nothing_to_be_found_yet(nothing: Path, run: Run, command: list[str]) -> None:
    done = run(*command)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "thence.wrap(" in done.stderr
    assert list(nothing.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["blame", "nonsense"], 3, "nonsense"),
        (["blame", "HEAD~99"], 3, "before the first commit"),
        (["show", "0000000000"], 3, "0000000000"),
        (["show", "019c"], 3, "give more digits: 019c936e-3b"),
        (["show", "1d"], 3, "at least four digits"),
        (["blame", "HEAD~1"], 3, "no call gave it"),
        (["blame", "HEAD", "temprature"], 3, "did you mean `temperature`?"),
        (["log", "-n", "0"], 2, "-n"),
        (["log", "--nonsense"], 2, "--nonsense"),
        (["log", "--tract", "elsewhere"], 3, "there is no tract elsewhere"),
        (["log", "--tract", "mian"], 3, "did you mean `main`?"),
    ],
)
def test_exit_codes(history: Path, run: Run, command: list[str], code: int, said: str) -> None:
    del history
    done = run(*command)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_store_is_said(history: Path, run: Run) -> None:
    broken = history / "broken.db"
    broken.write_bytes(b"no database at all " * 400)
    done = run("log", "--store", str(broken))
    assert (done.exit_code, done.stdout) == (6, "")


def test_a_newer_store_is_left_alone(history: Path, run: Run) -> None:
    store = history / ".thence" / "store.db"
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = store.read_bytes()
    assert run("log").exit_code == 7
    assert store.read_bytes() == before


def test_log_is_json_newest_first(history: Path, run: Run) -> None:
    del history
    calls = json.loads(run("log", "--json").stdout)
    assert [call["status"] for call in calls[:3]] == ["interrupted", "failed", "completed"]
    assert calls == sorted(calls, key=lambda call: str(call["started_at"]), reverse=True)
    assert len(json.loads(run("log", "--json", "-n", "2").stdout)) == 2


def test_blame_is_json_with_every_layer(history: Path, run: Run) -> None:
    del history
    story = json.loads(run("blame", "a830acdcf4", "temperature", "--json").stdout)
    assert (story["value"], story["source"]) == (1.2, "CALL")
    assert [layer["source"] for layer in story["shadowed"]] == ["CONFIG_FILE", "PRESET"]


def test_sources_is_the_chain(run: Run) -> None:
    assert [row["source"] for row in json.loads(run("sources", "--json").stdout)] == [s.name for s in ParameterSource]


def test_what_a_model_said_never_controls_the_terminal(history: Path, run: Run) -> None:
    del history
    for command in (["log"], ["log", "--graph"], ["log", "--oneline"], ["show"], ["blame"], ["show", "--json"]):
        shown = run(*command).stdout
        assert not set(shown) & {"\x1b", "\x07", "\u202e", "\u202c"}, command


def test_status_counts(history: Path, run: Run) -> None:
    del history
    done = run("status", "--json")
    assert done.exit_code == 0
    now = json.loads(done.stdout)
    assert now["calls"] == {"completed": 5, "failed": 1, "interrupted": 1}
    assert (now["head"], now["waiting"], now["losses"]) == ("main", 0, [])


def test_status_exits_1_where_records_were_lost(history: Path, run: Run) -> None:
    with sqlite3.connect(history / ".thence" / "store.db") as connection:
        connection.execute("UPDATE ingested SET lost = 3")
    connection.close()
    done = run("status")
    assert done.exit_code == 1
    assert "3 records that could not be kept" in done.stdout


def test_ingest_takes_in_once(journal: Path, nothing: Path, run: Run) -> None:
    shutil.copytree(journal, nothing / ".thence")
    assert run("ingest").stdout == "6 calls, 1 interrupted, 0 still in flight\n"
    assert run("ingest").stdout == "0 calls, 0 interrupted, 0 still in flight\n"
    assert json.loads(run("ingest", "--json").stdout)["frames"] == 0


def test_doctor_finds_rights_that_are_too_wide(history: Path, run: Run) -> None:
    assert run("doctor").exit_code == 0
    store = history / ".thence" / "store.db"
    store.chmod(0o644)
    done = run("doctor", "--json")
    assert done.exit_code == 1
    (bad,) = [finding for finding in json.loads(done.stdout) if finding["verdict"] == "bad"]
    assert bad["advice"] == f"chmod 600 {store}"


def test_doctor_says_that_recording_is_off(history: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    del history
    monkeypatch.setenv("THENCE_DISABLED", "1")
    done = run("doctor")
    assert done.exit_code == 1
    assert "switched off by THENCE_DISABLED" in done.stdout


def test_a_wrong_setting_is_named(history: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    del history
    monkeypatch.setenv("THENCE_CAPTURE", "everything")
    done = run("log")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "THENCE_CAPTURE" in done.stderr


@pytest.mark.parametrize("columns", ["40", "60", "80", "160"])
@pytest.mark.parametrize("command", [["log", "--graph"], ["log", "--oneline"], ["blame", "a830acdcf4"]])
def test_screens_take_the_width_there_is(history: Path, run: Run, columns: str, command: list[str]) -> None:
    del history
    shown = run(*command, COLUMNS=columns).stdout.splitlines()
    assert max(map(cell_len, shown)) <= max(int(columns), 60)


def test_what_a_hand_made_commit_tells_is_shown(tmp_path: Path, run: Run) -> None:
    store = str(tmp_path / "hand.db")
    tract = Tract.open(store)
    tract.commit(
        DialogueContent(role="user", text="A joke?"),
        message="the first of them",
        metadata={"who": "ada"},
        generation_config={"temperature": 0.9},
    )
    told = run("show", "--store", store).stdout
    assert "the first of them" in told
    assert '{"who": "ada"}' in told
    assert "None" not in told


def test_names_that_are_too_long_leave_lines_that_fit(tmp_path: Path, run: Run) -> None:
    history = History(tmp_path / "store.db")
    layers = [Asked(name, "app.py:1", {f"x_{name}".lower(): 1}) for name in ("OVERRIDE", "DECORATOR", "SESSION")]
    layers += [Asked(name, "app.py:1", {f"x_{name}".lower(): 1}) for name in ("CLIENT", "CONFIG_FILE", "PRESET")]
    layers.append(Asked("CALL", "app.py:2", same=["model"]))
    body: dict[str, Any] = {"model": "ft:" + "long-name:" * 20, "messages": [COLOUR]}
    body |= {name: 1 for layer in layers for name in layer.values}
    history.end(history.begin("chat/completions", body, asked=layers), chat_answer(1, BLUE))
    history.writer.close()
    for command in (["log"], ["blame"], ["sources", "--used"]):
        told = run(*command, "--store", str(tmp_path / "store.db"), COLUMNS="80").stdout
        assert max(map(cell_len, told.splitlines())) <= 80, told
    assert "O OVERRIDE" in told
    assert "C CALL" in told
