"""The servers that the tests run on: real, shared, apart, and gone when their users are gone."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests.store import postgres

ROOT = Path(__file__).resolve().parents[2]
USER = """
import os, sys, pathlib
from tests.store import postgres
with postgres.running(pathlib.Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


def alive(pid: int) -> bool:
    """Whether it runs: a zombie that nobody has waited for has no command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def test_a_store_answers(store_url: str) -> None:
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE told (what TEXT)"))
        connection.execute(text("INSERT INTO told VALUES (:what)"), {"what": "é\n'"})
        assert connection.execute(text("SELECT what FROM told")).scalar_one() == "é\n'"
    engine.dispose()


@pytest.mark.parametrize("round_", [1, 2])
def test_databases_are_apart(postgres_url: str, round_: int) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (round INT)"))
        connection.execute(text("INSERT INTO mine VALUES (:r)"), {"r": round_})
        assert connection.execute(text("SELECT round FROM mine")).scalars().all() == [round_]
    engine.dispose()


@pytest.mark.skipif(postgres.binaries() is None, reason="no PostgreSQL binaries here")
def test_users_share_a_server_and_the_last_one_takes_it_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(postgres.URL_VARIABLE, raising=False)
    command = [sys.executable, "-c", USER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": ROOT}
    first = subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload]
    second = subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload]
    urls = [first.stdout.readline(), second.stdout.readline()]
    assert urls[0] == urls[1]
    folder = Path(urls[0].strip().partition("host=")[2])
    pid = int((folder / "cluster" / "postmaster.pid").read_text().split()[0])
    assert alive(pid)
    first.communicate("\n")
    assert alive(pid)
    second.kill()
    second.communicate()
    deadline = time.monotonic() + 20
    while folder.exists() or alive(pid):
        assert time.monotonic() < deadline, "the server outlived its users"
        time.sleep(0.05)
