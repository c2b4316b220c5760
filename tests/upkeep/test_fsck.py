"""``fsck`` is silent on a sound store and names whatever was changed in one."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.journals import chat
from tests.upkeep.stores import earlier, everything, logical

from thence import journal
from thence.errors import StoreError
from thence.hashing import to_text
from thence.store import open_store
from thence.store.schema import metadata
from thence.upkeep import Finding, fsck

SEED = 20261122


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file, whole, without a write-ahead log."""
    path = tmp_path_factory.mktemp("sound") / "store.db"
    everything(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    return path


def check(path: Path) -> list[Finding]:
    """What ``fsck`` says of a file; a store that can't even be opened says so itself."""
    try:
        with open_store(path) as store:
            return fsck(store)
    except StoreError as error:
        return [Finding("file", path.name, error.message)]


def flipped(sound: Path, path: Path, rounds: int, seed: int) -> Iterator[tuple[str, list[Finding]]]:
    """A changed byte a round, and what is found of it."""
    chance = random.Random(seed)
    content = sound.read_bytes()
    for number in range(rounds):
        place, change = chance.randrange(len(content)), chance.randrange(1, 256)
        changed = bytearray(content)
        changed[place] ^= change
        for leftover in path.parent.glob(path.name + "*"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        path.write_bytes(changed)
        yield f"seed {seed} round {number}: byte {place} ^ {change:#x}", check(path)


def prove(sound: Path, path: Path, rounds: int, seed: int) -> int:
    """How many of the changes were named; the others must leave everything that can be read as it was."""
    whole = logical(sound)
    named = 0
    for what, found in flipped(sound, path, rounds, seed):
        if found:
            named += 1
            assert all(finding.message and finding.remedy for finding in found)
        else:
            assert logical(path) == whole, what
    return named


def test_a_sound_store_has_no_findings(store_url: str) -> None:
    with everything(store_url) as store:
        assert fsck(store) == []


@pytest.mark.timeout(600)
def test_a_changed_byte_is_named_or_harmless(sound: Path, tmp_path: Path) -> None:
    assert prove(sound, tmp_path / "store.db", 60, SEED) > 10


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_thousand_changed_bytes(sound: Path, tmp_path: Path) -> None:
    assert prove(sound, tmp_path / "store.db", 1000, SEED + 1) > 200


@pytest.mark.timeout(600)
def test_every_value_of_every_column_is_covered(sound: Path, tmp_path: Path) -> None:
    """Any value may be changed by who can write SQL, indexes and all: what is hashed or sealed shows even so."""
    covered = 0
    for table in ("blobs", "forms", "commits", "configurations", "parameters", "calls", "call_parameters", "answers"):
        for column in metadata.tables[table].columns:
            if column.name == "tract_id" or (table, column.name) in ONLY_MIRRORED:
                continue
            path = tmp_path / "store.db"
            shutil.copy(sound, path)
            connection = sqlite3.connect(path)
            where = f"WHERE rowid = (SELECT max(rowid) FROM {table} WHERE {column.name} IS NOT NULL)"
            (value,) = connection.execute(f"SELECT {column.name} FROM {table} {where}").fetchone() or (None,)
            if value is not None:
                connection.execute(f"UPDATE {table} SET {column.name} = ? {where}", (another(value),))
                connection.commit()
                connection.close()
                assert check(path), f"{table}.{column.name}"
                covered += 1
    assert covered > 60


ONLY_MIRRORED = {
    ("commits", "role"),
    ("commits", "metadata_json"),
    ("commits", "message"),
    ("commits", "created_at"),
    ("call_parameters", "exact"),
    ("answers", "choice"),
    ("answers", "position"),
}
"""No hash or seal says these (or but their order): a changed byte shows by the index, a forged value does not."""


def another(value: object) -> object:
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"
    assert isinstance(value, bytes)
    return value[:-1] + bytes([value[-1] ^ 1])


def test_what_is_missing_is_named(sound: Path, tmp_path: Path) -> None:
    for table in ("blobs", "forms", "commits", "configurations", "parameters", "answers", "call_parameters"):
        path = tmp_path / "store.db"
        shutil.copy(sound, path)
        connection = sqlite3.connect(path)
        connection.execute(f"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) / 2 + 1 FROM {table})")
        connection.commit()
        connection.close()
        assert [finding.kind for finding in check(path)], table


def test_every_one_of_several_is_named(sound: Path, tmp_path: Path) -> None:
    """Bytes that can't be read at all keep nobody from looking at the others."""
    path = tmp_path / "store.db"
    shutil.copy(sound, path)
    connection = sqlite3.connect(path)
    names = {row[0] for row in connection.execute("SELECT DISTINCT hash FROM configurations WHERE size > 0")}
    ids = {row[0] for row in connection.execute("SELECT DISTINCT call_id FROM call_parameters")}
    connection.execute("UPDATE parameters SET record = x'00', record_hash = NULL WHERE path = ''")
    connection.execute("UPDATE call_parameters SET record = x'00' WHERE path = ''")
    connection.commit()
    connection.close()
    found = check(path)
    assert {finding.name for finding in found if finding.kind == "configuration"} == {to_text(name) for name in names}
    assert {finding.name for finding in found if finding.kind == "call"} == {name.hex() for name in ids}


def test_a_damaged_journal_is_named(tmp_path: Path) -> None:
    with everything(tmp_path / "store.db", [chat(1, [{"role": "user", "content": "a"}])]) as store:
        folder = journal.folder_for(store.url)
        writer = journal.Writer(folder)
        assert writer.append(b"header", b"x" * 100)
        assert writer.append(b"header", b"y" * 100)
        (segment,) = journal.segments(folder)
        content = bytearray(segment.path.read_bytes())
        content[80] ^= 1
        segment.path.write_bytes(content)
        assert [(finding.kind, finding.level) for finding in fsck(store)] == [("journal", "damage")]
        writer.close()


def test_the_first_schema_is_proven_too(tmp_path: Path) -> None:
    with open_store(earlier(tmp_path / "store.db")) as store:
        assert fsck(store) == []
