"""Stores of every schema version open and are migrated, once, whoever comes first; a newer one is never written."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests.store import postgres
from tests.store.journals import conversation, stored
from tests.upkeep.stores import FIXTURES, columns_of, earlier, logical

from thence.errors import StoreTooNew
from thence.store import migrations, open_store
from thence.upkeep import fsck

OPEN = "import sys; from thence.store import open_store; s = open_store(sys.argv[1]); print(len(s.calls())); s.close()"


def revision(path: Path) -> str:
    connection = sqlite3.connect(path)
    (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    return str(found)


def test_a_store_of_every_earlier_version_is_kept() -> None:
    kept = {path.name.removeprefix("schema-").removesuffix(".db.gz") for path in FIXTURES.glob("schema-*.db.gz")}
    assert kept == set(migrations.REVISIONS[:-1])


@pytest.mark.parametrize("schema", migrations.REVISIONS[:-1])
def test_an_earlier_schema_is_migrated(tmp_path: Path, schema: str) -> None:
    path = earlier(tmp_path / "store.db", schema)
    columns = columns_of(path)
    before = logical(path)
    calls = len(before["calls"])
    assert revision(path) == schema
    with open_store(path) as store:
        assert [call.status for call in store.calls()].count("completed") > 10
        assert fsck(store) == []
        assert store.status()["schema"] == migrations.REVISIONS[-1]
    after = logical(path, columns)
    for table, rows in before.items():
        if table not in ("schema", "alembic_version"):
            assert after[table] == rows, table
    stored(path, conversation(2, 50))[0].close()
    with open_store(path) as store:
        assert len(store.calls()) == calls + 2
        assert fsck(store) == []


@pytest.mark.parametrize("schema", migrations.REVISIONS[:-1])
def test_a_migrated_store_is_like_a_new_one(tmp_path: Path, schema: str) -> None:
    with open_store(earlier(tmp_path / "old.db", schema)), open_store(tmp_path / "new.db"):
        pass
    assert logical(tmp_path / "old.db")["schema"] == logical(tmp_path / "new.db")["schema"]


@pytest.mark.parametrize("kept", ["a new file", "schema 0001"])
def test_several_processes_migrate_at_once(tmp_path: Path, kept: str) -> None:
    path = tmp_path / "store.db"
    if kept == "schema 0001":
        earlier(path)
    command = [sys.executable, "-c", OPEN, str(path)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    ended = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], ended
    assert len({out for out, _ in ended}) == 1
    assert revision(path) == migrations.REVISIONS[-1]
    with open_store(path) as store:
        assert fsck(store) == []


KILLED = """
import os, signal, sys
from alembic.operations import Operations
from thence.store import open_store
made = Operations.create_index
def create_index(self, name, *args, **kwargs):
    if name == "mirror_refs":
        os.kill(os.getpid(), signal.SIGKILL)
    return made(self, name, *args, **kwargs)
Operations.create_index = create_index
import alembic.op
alembic.op.create_index = lambda name, *a, **k: create_index(alembic.op._proxy, name, *a, **k)
open_store(sys.argv[1])
"""


def test_a_migration_that_is_killed_has_done_nothing(tmp_path: Path) -> None:
    path = earlier(tmp_path / "store.db")
    process = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, capture_output=True, text=True)
    assert process.returncode == -9, process.stderr
    assert revision(path) == "0001"
    assert not any("erasures" in each for each in logical(path)["schema"])
    with open_store(path) as store:
        assert fsck(store) == []


@pytest.mark.skipif(bool(postgres.PARTITIONS), reason="the tables are there")
def test_on_a_server_too(postgres_url: str) -> None:
    """Killed half-way, nothing is there; then several come at once, and find one whole store."""
    process = subprocess.run([sys.executable, "-c", KILLED, postgres_url], check=False, capture_output=True, text=True)
    assert process.returncode == -9, process.stderr
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(text(tables)).scalar() == 0
    engine.dispose()
    command = [sys.executable, "-c", OPEN, postgres_url]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    ended = [process.communicate(timeout=100) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], ended
    with open_store(postgres_url) as store:
        assert store.status()["schema"] == migrations.REVISIONS[-1]
        assert fsck(store) == []


def test_a_newer_store_is_never_written(tmp_path: Path) -> None:
    path = earlier(tmp_path / "store.db")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match="9999"):
        open_store(path)
    assert path.read_bytes() == before
    assert {each.name for each in tmp_path.iterdir()} <= {"store.db", "store.db-wal", "store.db-shm"}
