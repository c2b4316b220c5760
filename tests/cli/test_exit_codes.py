"""Each documented exit code, by a process to which that really happens."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest
from tests.cli.history import BLUE, COLOUR, History
from tests.cli.test_process import THENCE, thence

PAGE = Path(__file__).parents[2] / "docs/reference/exit-codes.md"
ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"
SHOWN = {0, 1, 2, 3, 4, 5, 6, 7, 69, 75, 130}


def test_the_page_has_these_and_no_others() -> None:
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE.read_text(), re.MULTILINE)} == SHOWN


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["log"], 0, ""),
        (["query", "temperature = 99"], 0, "no calls"),
        (["diff", "a7b00f5b69", "a830acdcf4", "--exit-code"], 1, ""),
        (["log", "--nonsense"], 2, "--nonsense"),
        (["query", "temperature >"], 2, "a value should follow"),
        (["show", "nowhere"], 3, "nowhere"),
        (["show", ""], 3, "an empty revision names nothing"),
        (["diff", "", "HEAD"], 3, "an empty revision names nothing"),
        (["reset", " "], 3, "an empty revision names nothing"),
        (["erase", "--commit", "", "--yes"], 3, "an empty revision names nothing"),
        (["log", "--store", "/nowhere/at/all.db"], 3, "there is no store"),
        (["sql", ENDLESS, "--timeout", "0.1"], 4, "longer than 0.1 s"),
        (["branch", "main"], 5, "main"),
        (["branch", "-d", "main"], 5, "HEAD is main"),
        (["log", "--store", "nosuch://host/x"], 2, "no store can be in nosuch"),
        (["log", "--store", "mysql://host/x"], 2, "no store can be in mysql"),
        (["log", "--store", "postgresql+nosuch://host/x"], 2, "no store can be in postgresql+nosuch"),
        (["import", ".thence/store.db"], 2, "--from-store"),
        (["import", "postgresql://127.0.0.1:1/x"], 2, "--from-store"),
        (["migrate", "--partitions", "4"], 2, "only a store on PostgreSQL"),
        (["tenants"], 2, "only a store on PostgreSQL"),
        (["ui", "--port", "99999"], 2, "99999"),
        (["serve-local", "--port", "99999"], 2, "99999"),
        (["diff", "HEAD", "--exit-code", "--store", "postgresql://127.0.0.1:1/x"], 69, "is the server up"),
        (["backup", "/nowhere/b.db"], 69, "/nowhere/b.db can't be written"),
        (["export", "/nowhere/b.thence"], 69, "/nowhere/b.thence can't be written"),
        (["export", "--html", "/nowhere/b.html"], 69, "/nowhere/b.html can't be written"),
    ],
)
def test_codes_that_need_no_accident(history: Path, command: list[str], code: int, said: str) -> None:
    del history
    done = thence(*command)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    if code:
        assert (done.stdout == "") == (code != 1)


@pytest.mark.parametrize(
    "command", [["log", "-n", "3"], ["log", "--json"], ["sql", "select 1"], ["show"], ["branch", "--help"], ["--help"]]
)
def test_69_for_a_full_disk_under_the_output(history: Path, command: list[str]) -> None:
    del history
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*THENCE, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (69, "thence: No space left on device\n")


def test_6_for_a_store_that_was_changed(history: Path) -> None:
    with sqlite3.connect(history / ".thence/store.db") as connection:
        connection.execute("UPDATE calls SET request_model = 'gpt-5' WHERE request_model = 'gpt-4o'")
    connection.close()
    done = thence("fsck")
    assert (done.returncode, done.stdout[:12]) == (6, "damage  call")


def test_6_for_a_file_that_is_no_store(history: Path) -> None:
    (history / "letters.db").write_bytes(b"no database at all " * 400)
    assert thence("log", "--store", "letters.db").returncode == 6


def test_7_for_a_store_of_a_newer_thence(history: Path) -> None:
    with sqlite3.connect(history / ".thence/store.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    done = thence("log")
    assert (done.returncode, done.stdout) == (7, "")
    assert "upgrade Thence" in done.stderr


def test_75_for_a_store_that_another_process_holds(history: Path) -> None:
    holder = sqlite3.connect(history / ".thence/store.db", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        done = thence("tag", "shipped")
        assert (done.returncode, done.stdout) == (75, "")
        assert "another process" in done.stderr
    finally:
        holder.close()
    assert thence("tag", "shipped").returncode == 0  # as the code says: try again


def test_what_is_there_can_be_read_while_another_process_holds_the_store(history: Path) -> None:
    later = History(history / ".thence/store.db")
    later.calls = 100
    later.chat([COLOUR], BLUE, temperature=0.9)
    later.writer.close()
    holder = sqlite3.connect(history / ".thence/store.db", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        done = thence("log", "--format", "{id}")
        assert (done.returncode, len(done.stdout.splitlines())) == (0, 7)
        assert "the newest calls may be missing" in done.stderr
    finally:
        holder.close()
    assert len(thence("log", "--format", "{id}").stdout.splitlines()) == 8


def test_130_for_ctrl_c(history: Path) -> None:
    del history
    with subprocess.Popen([*THENCE, "log", "--follow", "--jsonl"], stdout=subprocess.PIPE) as log:
        assert log.stdout is not None
        log.stdout.readline()
        log.send_signal(signal.SIGINT)
        assert log.wait(30) == 130
