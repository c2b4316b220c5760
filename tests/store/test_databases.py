"""SQLite and PostgreSQL hold the same: one script, two databases, one snapshot; and the schema is Alembic's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.store import postgres
from tests.store.journals import chat, stored, write
from tests.store.snapshots import snapshot
from tests.store.test_order import CALLS, EXPECTED

from thence import journal
from thence.ingest import drain
from thence.store import CommitInfo, migrations, open_store
from thence.store.schema import metadata
from thence.tract import Tract

NASTY = "\0 \ud800 \u202e é e\u0301 \ufeff \x1a \x10"


@pytest.fixture(autouse=True)
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journals"))


def test_a_script_gives_the_same_store_on_both(store_url: str) -> None:
    store, report = stored(store_url, CALLS)
    assert report.complete
    assert snapshot(store) == EXPECTED
    write(journal.folder_for(store_url), reversed(CALLS))
    drain(store)
    assert snapshot(store) == EXPECTED
    assert [call.request for call in store.calls()] == [call.body or None for call in sorted(CALLS, key=lambda c: c.at)]
    store.close()


def test_text_that_a_database_refuses(store_url: str) -> None:
    call = chat(1, [{"role": "user", "content": NASTY}], NASTY, stop=NASTY, user=NASTY)
    call.body[NASTY] = NASTY
    call.answer["id"] = call.answer["model"] = call.answer["choices"][0]["finish_reason"] = NASTY
    call.body = __import__("json").dumps(call.body).encode()
    call.facts = {"label": "a\0b", "tags": ["\0"], "metadata": {"k\0": float("nan")}, "branch": "b\0"}
    store, report = stored(store_url, [call])
    (found,) = store.calls()
    assert (report.calls, found.status) == (1, "completed")
    assert found.request_body == call.body
    assert found.params["stop"].value == found.params[NASTY].value == NASTY
    assert found.commit is not None
    assert found.commit.content["content"].startswith("\0 ")
    assert found.metadata.keys() == {"k\0"}
    store.close()


def test_the_tables_are_those_of_the_migrations(store_url: str) -> None:
    if postgres.PARTITIONS and not store_url.startswith("sqlite"):
        pytest.skip("test_partitions compares parted tables")
    store = open_store(store_url)
    with store.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert differences == []
    store.close()


def test_the_revisions_are_those_of_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(migrations.REVISIONS)


def test_every_key_begins_with_the_tract() -> None:
    for table in metadata.sorted_tables:
        keys = [table.primary_key.columns, *(index.columns for index in table.indexes)]
        keys += [constraint.columns for constraint in table.foreign_key_constraints]
        assert all(next(iter(key)).name == "tract_id" for key in keys), table.name


def test_a_recorded_call_moves_no_tag(store_url: str) -> None:
    with Tract.open(store_url) as tract:
        tagged = tract.commit("a")
        tract.tag("v1")
        call = chat(9, [{"role": "user", "content": "q"}])
        call.facts = {"branch": "v1"}
        stored(store_url, [call])[0].close()
        assert tract.show("v1") == tagged
        assert tract.tags() == ["v1"]
        assert len(tract.branches()) == 2
        (branch,) = [name for name in tract.branches() if name.startswith("v1-")]
        assert isinstance(answer := tract.show(branch), CommitInfo)
        assert answer.content["content"] == "answer 9"


def test_hand_made_refs_survive_an_answer(tmp_path: Path) -> None:
    from thence.store.identity import new_id
    from thence.store.refs import move

    store, _ = stored(tmp_path / "store.db", [chat(1, [{"role": "user", "content": "a"}])])
    (call,) = store.calls()
    assert call.commit is not None
    with store.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO commits SELECT tract_id, ?, hash, depth + 1, content_type, operation, edit_target,"
            " content_hash, role, NULL, NULL, 'by hand', NULL, created_at FROM commits WHERE depth = 1",
            (b"\x01" + bytes(32),),
        )
        assert call.started_at is not None
        move(connection, "main", "main", bytes([1]) + bytes.fromhex(call.commit.hash[3:]), b"\x01" + bytes(32), 10)
    write(journal.folder_for(store.url), [chat(9, [{"role": "user", "content": "unrelated"}])])
    drain(store)
    names = {row["name"]: row["commit_hash"] for row in store.refs()}
    assert names["main-2"] == "t1:" + "0" * 64  # what only hands made is never left without a name
    assert store.resolve("HEAD") == list(store.calls())[-1].commit
    assert len(new_id()) == 16
