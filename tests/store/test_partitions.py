"""Tables that are hash-partitioned by their tract: nothing in them needs more than one partition; they do all the same.

The whole suite runs on such tables too: ``make partitioned``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from tests.store import postgres
from tests.store.journals import conversation, stored, write
from tests.store.snapshots import snapshot
from tests.store.test_order import CALLS, EXPECTED
from tests.upkeep.stores import everything

from thence import journal
from thence.errors import ThenceError
from thence.ingest import drain
from thence.store import Store, open_store
from thence.store.schema import metadata
from thence.store.tenants import partition
from thence.tract import Tract
from thence.upkeep import erase, fsck, gc, pull

NUMBER = 4
OWN = {"alembic_version"}  # of the migrations, not of a tract
KEYS = """
    SELECT c.relname, k.conname, k.contype, (
        SELECT array_agg(a.attname ORDER BY at) FROM unnest(k.conkey) WITH ORDINALITY AS key (number, at)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = number
    ) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = 'public'::regnamespace AND k.contype IN ('p', 'u', 'f', 'x')"""
INDEXES = """
    SELECT c.relname, x.relname, i.indisunique, (
        SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = i.indkey[0]
    ) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
    WHERE c.relnamespace = 'public'::regnamespace"""


@pytest.fixture
def url(postgres_url: str) -> str:
    if not postgres.PARTITIONS:
        postgres.parted(postgres_url, NUMBER)
    return postgres_url


def ask(store: Store, query: str) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_no_key_goes_beyond_a_tract(url: str) -> None:
    with open_store(url) as store:
        relations = ask(store, "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        kinds = {str(name): kind for name, kind in relations}
        assert {kinds[name] for name in metadata.tables} == {"p"}
        assert "S" not in kinds.values()  # no sequence
        for table, name, _, columns in ask(store, KEYS):
            assert table in OWN or columns[0] == "tract_id", name  # type: ignore[index]
        for table, name, _, first in ask(store, INDEXES):
            assert table in OWN or first == "tract_id", name
        defaults = "SELECT column_default FROM information_schema.columns WHERE table_schema = 'public'"
        assert {row[0] for row in ask(store, defaults)} == {None}
        with store.reading() as connection:
            tables = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
            differences = compare_metadata(MigrationContext.configure(connection, opts=tables), metadata)
        # A foreign key's entries for each partition that it refers to are no keys of their own.
        assert {kind for kind, *_ in differences} <= {"remove_fk"}
        assert all(re.fullmatch(r"[a-z]+_\d+", key.referred_table.name) for _, key in differences)


def test_a_store_is_parted_with_what_is_in_it(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journals"))
    with everything(postgres_url) as store:
        before = snapshot(store)
        if not postgres.PARTITIONS:
            partial = (
                "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%WHERE%' AND schemaname = 'public'"
            )
            names = {row[0] for row in ask(store, partial)}
            assert names > {"ix_calls_response", "ix_calls_follows", "mirror_refs"}
            assert partition(store, NUMBER)
            assert names <= {row[0] for row in ask(store, partial)}
        assert not partition(store, NUMBER)
        assert snapshot(store) == before
        assert fsck(store) == []
        write(journal.folder_for(store.url), conversation(2, 90))
        assert drain(store).calls == 2


def test_it_does_all_the_same(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journals"))
    store, report = stored(url, CALLS)
    with store:
        assert report.complete
        assert snapshot(store) == EXPECTED
        with Tract.open(url, tract="hand") as tract:
            tract.commit("one", generation_config={"temperature": 0.9})
            tract.branch("side")
            tract.switch("side")
            tract.commit("two", generation_config={"temperature": 0.1})
            assert [info.content["content"] for info in tract.query_by_config("temperature", ">", 0.5)] == ["one"]
            assert len(tract.compile().messages) == 2
        with everything(tmp_path / "other.db", conversation(2, 500)) as other:
            assert pull(store, other).calls == len(other.calls())
        gc(store)
        erase(store, tract="hand")
        erase(store, calls=list(store.calls("second")))
        assert fsck(store) == []
        assert "hand" not in store.tracts()


def test_only_postgresql_parts_tables(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store, pytest.raises(ThenceError, match="only a store on PostgreSQL"):
        partition(store, 4)
