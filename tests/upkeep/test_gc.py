"""Garbage is what nothing reaches, and only that."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.store.journals import chat, conversation, stored
from tests.store.snapshots import snapshot
from tests.upkeep.stores import everything

from thence import journal
from thence.ingest import drain
from thence.store import open_store
from thence.tract import Tract
from thence.upkeep import fsck, gc

NOW = timedelta(0)


@pytest.fixture(autouse=True)
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journals"))


def test_nothing_of_a_recorded_history_is_garbage(store_url: str) -> None:
    with everything(store_url) as store:
        before = snapshot(store)
        found = gc(store, grace=NOW)
        assert (found.commits, found.forms, found.blobs, found.configurations) == (0, 0, 0, 0)
        assert snapshot(store) == before


def test_a_deleted_branch_goes_after_its_grace(store_url: str) -> None:
    with Tract.open(store_url) as tract:
        tract.commit("kept")
        tract.branch("side")
        tract.switch("side")
        lost = tract.commit("lost " * 100)
        tract.switch("main")
        tract.delete("side")
    with open_store(store_url) as store:
        before = snapshot(store)
        assert gc(store).commits == 0
        planned = gc(store, grace=NOW, dry_run=True)
        assert (planned.commits, planned.blobs) == (1, 1)
        assert planned.size > 0
        assert snapshot(store) == before
        assert gc(store, grace=NOW) == planned
        assert planned.moves > 0
        assert lost.hash not in snapshot(store)
        assert fsck(store) == []


def test_a_writer_that_remembers_what_was_collected_writes_it_again(tmp_path: Path) -> None:
    from tests.store.journals import write

    path = tmp_path / "store.db"
    with stored(path, conversation(2))[0] as store, open_store(path) as other:
        with other.writing() as connection:
            for table in ("answers", "call_parameters", "calls"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
            for table in ("refs", "reflog"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        assert gc(other, grace=NOW).commits == 5
        write(journal.folder_for(store.url), [*conversation(3)[2:], chat(9, [{"role": "user", "content": "new"}])])
        drain(store)
        assert len(store.calls()) == 2
        assert fsck(store) == []
