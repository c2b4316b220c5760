"""``init``, ``fsck``, ``backup``, ``export``, ``import``, ``gc``, ``erase``, ``migrate`` and ``completion``."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import Run


def ids(run: Run, *arguments: str) -> list[str]:
    return [call["id"] for call in json.loads(run("log", "--json", *arguments).stdout)]


def test_init_makes_a_store_once(nothing: Path, run: Run) -> None:
    done = run("init")
    assert (done.exit_code, done.stdout) == (0, f"{nothing}/.thence/store.db\n")
    assert (nothing / ".thence/store.db").stat().st_mode & 0o077 == 0
    assert "there already" in run("init").stderr


def test_fsck_of_a_sound_store(history: Path, run: Run) -> None:
    del history
    assert (run("fsck").exit_code, run("fsck").stdout) == (0, "")
    assert json.loads(run("fsck", "--json").stdout) == []


def test_fsck_names_what_was_changed(history: Path, run: Run) -> None:
    with sqlite3.connect(history / ".thence/store.db") as connection:
        connection.execute("UPDATE calls SET request_model = 'gpt-5' WHERE request_model = 'gpt-4o'")
    connection.close()
    done = run("fsck")
    assert done.exit_code == 6
    assert done.stdout.startswith("damage  call")
    assert {finding["level"] for finding in json.loads(run("fsck", "--json").stdout)} == {"damage"}


def test_a_backup_is_the_same(history: Path, run: Run) -> None:
    done = run("backup", "copy.db")
    assert (done.exit_code, done.stdout) == (0, f"{history}/copy.db\n")
    assert ids(run, "--store", "copy.db") == ids(run)
    assert run("backup", "copy.db").exit_code == 5
    assert run("backup", "copy.db", "--overwrite").exit_code == 0


def test_a_bundle_goes_out_and_in(history: Path, run: Run) -> None:
    assert run("export", "all.thence").exit_code == 0
    assert run("import", "all.thence", "--store", "other.db").stdout == "7 calls, 9 commits\n"
    assert run("import", "all.thence", "--store", "other.db").stdout == "0 calls, 0 commits\n"
    assert run("import", "--from-store", "other.db", "--json").exit_code == 0
    assert ids(run, "--store", "other.db") == ids(run)
    (history / "all.thence").write_bytes(b"PK nonsense")
    assert run("import", "all.thence").exit_code == 6
    assert run("import", "nowhere.thence").exit_code == 3


def test_gc_only_says_what_would_go(history: Path, run: Run) -> None:
    del history
    before = ids(run)
    assert run("gc", "--dry-run").stdout.startswith("would take away nothing")
    assert json.loads(run("gc", "--json", "--grace", "0").stdout)["commits"] == 0
    assert ids(run) == before


def test_erase_leaves_no_byte(history: Path, run: Run) -> None:
    done = run("erase", "temperature = 1.2", "--yes", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["calls"] == 1
    for file in history.rglob("*"):
        assert not file.is_file() or b"A plum, at a stretch." not in file.read_bytes()
    assert run("fsck").exit_code == 0


@pytest.mark.parametrize("arguments", [(), ("temperature = 1", "--everything"), ("--resume", "--commit", "HEAD")])
def test_erase_wants_to_know_what(history: Path, run: Run, arguments: tuple[str, ...]) -> None:
    del history
    assert run("erase", *arguments).exit_code == 2


def test_erase_asks_first(history: Path, run: Run) -> None:
    del history
    before = ids(run)
    done = run("erase", "temperature = 1.2")
    assert done.exit_code == 1
    assert "Erase 1 call, 0 commits" in done.stderr
    assert ids(run) == before


def test_erase_asks_nothing_where_nothing_is_meant(history: Path, run: Run) -> None:
    del history
    done = run("erase", "temprature = 1.2")
    assert (done.exit_code, done.stdout) == (0, "erased 0 calls, 0 commits\n")
    assert "did you mean `temperature`?" in done.stderr


def test_an_erased_call_has_no_request_to_show(history: Path, run: Run) -> None:
    del history
    run("erase", "temperature = 1.2", "--yes")
    assert "None" not in run("show", "a830acdcf4").stdout


@pytest.mark.parametrize("rev", ["a830acdcf4~1", "a830acdcf4"])
def test_what_is_left_is_shown_after_an_erasure(history: Path, run: Run, rev: str) -> None:
    del history
    run("erase", "--commit", rev, "--yes")
    for command in (
        ("show", "a830acdcf4"),
        ("show", rev),
        ("log",),
        ("log", "--graph"),
        ("diff", "main", "a830acdcf4"),
        ("diff", "a7b00f5b69", "a830acdcf4"),
    ):
        done = run(*command)
        assert (done.exit_code, "Traceback" in done.stderr) == (0, False), done.stderr
        assert "(erased)" in done.stdout or command[1:] == ("a7b00f5b69", "a830acdcf4")
        assert run(*command, "--json").exit_code == 0
    shown = json.loads(run("show", rev, "--json").stdout)
    assert "content" not in shown.get("commit", shown)
    assert run("reflog").exit_code == 0


def test_what_is_missing_is_not_called_erased(history: Path, run: Run) -> None:
    (store,) = history.rglob("*.db")
    with closing(sqlite3.connect(store)) as opened, opened:
        opened.execute("DELETE FROM blobs")
    done = run("show", "a830acdcf4")
    assert (done.exit_code, "(erased)" in done.stdout) == (3, False)
    assert "thence fsck" in done.stderr


def test_migrate_says_the_schema(history: Path, run: Run) -> None:
    del history
    assert " has schema " in run("migrate").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script(run: Run, shell: str) -> None:
    assert "_THENCE_COMPLETE" in run("completion", shell).stdout


def test_completion_knows_commands_and_options() -> None:
    words = {"COMP_WORDS": "thence log --o", "COMP_CWORD": "2", "_THENCE_COMPLETE": "bash_complete"}
    done = subprocess.run(
        ["thence"],
        executable=Path(sys.executable).with_name("thence"),
        env={**os.environ, **words},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "--oneline" in done.stdout


def test_parquet_is_written_once(history: Path, run: Run) -> None:
    pytest.importorskip("pyarrow")
    pytest.importorskip("fsspec")
    assert run("export", "--format", "parquet", "--partition-by", "provider", "calls").stdout == "7 calls\n"
    folders = {folder.name for folder in (history / "calls").rglob("provider=*")}
    assert folders == {"provider=openai", "provider=anthropic"}
    assert run("export", "--format", "parquet", "--partition-by", "provider", "calls").stdout == "0 calls\n"
    assert run("export", "--format", "parquet", "calls").exit_code == 2
    assert run("export", "--format", "parquet", "--partition-by", "nosuch", "calls").exit_code == 2
    assert run("export", "--partition-by", "day", "all.thence").exit_code == 2
