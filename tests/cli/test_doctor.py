"""Broken situations, and what a person is told about each: what is wrong, and what to do."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import openai
import pytest
from tests.cli.conftest import Run
from tests.store.conftest import postgres_server, postgres_url

import thence
from thence import faults, journal
from thence.reading import checks
from thence.testing import Provider

__all__ = ["postgres_server", "postgres_url"]

Monkey = pytest.MonkeyPatch


def _newer(folder: Path, _: Monkey) -> None:
    with sqlite3.connect(folder / ".thence" / "store.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def _junk(folder: Path, _: Monkey) -> None:
    (folder / ".thence" / "store.db").write_bytes(b"no database" * 1000)


def _file(name: str, text: str) -> Callable[[Path, Monkey], None]:
    return lambda folder, _: [(folder / name).write_text(text)].clear()


def _set(**variables: str) -> Callable[[Path, Monkey], None]:
    def put(_: Path, monkeypatch: Monkey) -> None:
        for name, text in variables.items():
            monkeypatch.setenv(name, text)

    return put


def _has(versions: dict[str, str]) -> Callable[[Path, Monkey], None]:
    def version(name: str) -> str:
        if name not in {"thence", *versions}:
            raise PackageNotFoundError(name)
        return versions.get(name, "1")

    return lambda _, monkeypatch: monkeypatch.setattr(checks, "version", version)


def _free(count: int) -> Callable[[Path, Monkey], None]:
    usage = shutil._ntuple_diskusage(count, 0, count)
    return lambda _, monkeypatch: monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)


def _segment(change: Callable[[Path], object]) -> Callable[[Path, Monkey], None]:
    def make(folder: Path, _: Monkey) -> None:
        writer = journal.Writer(journal.folder_for(str(folder / ".thence" / "store.db")))
        writer.append(b"header", bytes(5000))
        writer.append(b"header", bytes(5000))
        writer.close()
        change(journal.segments(writer.folder)[0].path)

    return make


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[2000] ^= 1
    path.write_bytes(content)


def _lost(folder: Path, _: Monkey) -> None:
    with sqlite3.connect(folder / ".thence" / "store.db") as connection:
        connection.execute("UPDATE ingested SET lost = 3")


SITUATIONS: dict[str, tuple[Callable[[Path, Monkey], None], str, str, str]] = {
    # what is done to a sound installation -> subject, what is said, what to do
    "disabled": (_set(THENCE_DISABLED="1"), "bad recording", "switched off by THENCE_DISABLED", "take THENCE_DISABLED"),
    "capture off": (_set(THENCE_CAPTURE="off"), "bad recording", "capture is off (THENCE_CAPTURE)", "say full"),
    "no text": (_set(THENCE_CAPTURE="params"), "note recording", "parameters, and no text", ""),
    "a slip in a variable": (_set(THENCE_CAPTURE="ful"), "bad config", "not 'ful'", "configuration.md"),
    "a broken file": (_file("thence.toml", "a = = 1"), "bad config", "thence.toml:1", "configuration.md"),
    "a folder for a file": (lambda f, _: (f / "thence.toml").mkdir(), "bad config", "no regular file", "configuration"),
    "a newer schema": (_newer, "bad schema", "schema 9999", "upgrade Thence"),
    "no database": (_junk, "bad schema", "not a database", "restore a backup"),
    "no store yet": (lambda f, _: shutil.rmtree(f / ".thence"), "note schema", "no store yet", "first call makes it"),
    "rights too wide": (lambda f, _: (f / ".thence/store.db").chmod(0o644), "bad rights", "others can read", "chmod"),
    "a server that is down": (
        _set(THENCE_STORE="postgresql://me:hush@127.0.0.1:1/calls"),
        "bad schema",
        "me:***@127.0.0.1:1",
        "is the server up",
    ),
    "a journal that is no folder": (_set(THENCE_JOURNAL_DIR="/dev/null/x"), "bad journal", "no folder", "JOURNAL_DIR"),
    "a damaged journal": (_segment(_flip), "bad journal", "were changed after", "look at the disk"),
    "a torn journal": (_segment(lambda p: os.truncate(p, 9000)), "note journal", "broke off", "nothing to do"),
    "a clock that went back": (_segment(lambda p: os.utime(p, (2e9, 2e9))), "bad clock", "hours from now", "set it"),
    "a full disk": (_free(1 << 20), "bad disk", "1 MiB free", "make room"),
    "records lost": (_lost, "bad losses", "records and 0 bytes were lost", "thence status says which"),
    "an SDK too old": (_has({"openai": "1.3.0"}), "bad openai", "too old, it must be 1.40", "pip install -U openai"),
    "an SDK too new": (_has({"openai": "9.0"}), "note openai", "newer than Thence knows", "check a few"),
    "a malicious release": (_has({"litellm": "1.82.7"}), "bad litellm", "malicious", "change your keys"),
    "no SDK": (_has({}), "note SDKs", "neither openai nor anthropic", "pip install"),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_person_is_told_what_is_wrong_and_what_to_do(name: str, history: Path, run: Run, monkeypatch: Monkey) -> None:
    assert run("doctor").exit_code == 0
    spoil, subject, said, advice = SITUATIONS[name]
    spoil(history, monkeypatch)
    done = run("doctor", "--json")
    findings = {f"{each['verdict']} {each['subject']}": each for each in json.loads(done.stdout)}
    assert said in findings[subject]["said"]
    assert advice in findings[subject]["advice"]
    assert done.exit_code == any(key.startswith("bad") for key in findings)
    assert "hush" not in done.stdout
    text = run("doctor")
    assert text.exit_code == done.exit_code
    assert said in text.stdout
    assert advice in text.stdout


def test_a_wrong_password_and_a_database_that_is_not_there(postgres_url: str, nothing: Path, run: Run) -> None:
    del nothing
    assert run("doctor", THENCE_STORE=postgres_url).exit_code == 0
    missing = postgres_url.replace("/thence_", "/missing_")
    done = run("doctor", THENCE_STORE=missing)
    assert done.exit_code == 1
    assert "does not exist" in done.stdout
    assert run("status", THENCE_STORE=missing).exit_code == 69


def test_faults_of_a_program_are_told_to_whoever_asks(history: Path, run: Run, monkeypatch: Monkey) -> None:
    monkeypatch.setattr(faults, "_counts", Counter())

    def careless(_: bytes) -> bytes:
        raise ValueError("said by a caller")

    with Provider() as provider:
        client = thence.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none"), redact=careless)
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
        faults.note("a test", RuntimeError("said by a caller"))
        faults.note("ingest.store", OSError(28, "no space"))
    told = run("doctor").stdout
    assert "redact rule: ValueError in a rule given as redact=" in told
    assert "a test: RuntimeError (" in told
    assert "ingest.store: OSError: [Errno 28] no space" in told
    assert "thence ingest" in told
    assert "said by a caller" not in told
    (written,) = history.rglob("faults.jsonl")
    assert written.stat().st_mode & 0o777 == 0o600
    written.write_text("no json\n[1]\n" + written.read_text())
    assert run("doctor").stdout == told


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody without rights")
@pytest.mark.parametrize("mode", [0o755, 0o700], ids=["read-only", "closed"])
def test_without_rights(mode: int, run: Run, monkeypatch: Monkey) -> None:
    """As somebody else, who may not even read this checkout: root may do anything."""
    monkeypatch.setattr(checks, "version", functools.cache(version))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "sub"
        folder.mkdir()
        Path(name).chmod(mode)
        variables = {"THENCE_STORE": str(folder / "store.db")}
        assert run("doctor", **variables).exit_code == 0
        os.seteuid(65534)
        try:
            done = run("doctor", **variables)
        finally:
            os.seteuid(0)
    assert done.exit_code == 1
    assert ("can't be written" if mode == 0o755 else "can't be reached") in done.stdout
    assert "THENCE_STORE" in done.stdout
