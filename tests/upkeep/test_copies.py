"""Backups, pulls and bundles hold the same history as the store they come from."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from tests.store.journals import chat, conversation, responses, stored
from tests.store.snapshots import LOCAL, snapshot
from tests.upkeep.stores import calls_of_everything, everything

from thence.errors import Conflict, StoreCorrupt, ThenceError
from thence.store import Store, open_store
from thence.tract import Tract
from thence.upkeep import backup, erase, export_bundle, fsck, gc, import_bundle, pull

WITHOUT = LOCAL | {"erasures"}


@pytest.fixture(autouse=True)
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journals"))


def history(store: Store) -> str:
    return snapshot(store, without=WITHOUT)


def test_a_backup_is_made_while_others_write(tmp_path: Path) -> None:
    with everything(tmp_path / "store.db") as store:
        stop = threading.Event()

        def write() -> None:
            number = 100
            while not stop.is_set():
                stored(tmp_path / "store.db", [chat(number, [{"role": "user", "content": f"{number}"}])])[0].close()
                number += 1

        thread = threading.Thread(target=write)
        thread.start()
        copies = [backup(store, tmp_path / f"copy{number}.db") for number in range(3)]
        stop.set()
        thread.join()
        for path in copies:
            assert path.stat().st_mode & 0o777 == 0o600
            with open_store(path) as copy:
                assert fsck(copy) == []
                assert len(copy.calls()) >= len(calls_of_everything())
        with pytest.raises(Conflict, match="exists"):
            backup(store, copies[0])
        assert sorted(tmp_path.glob(".*")) == []


def test_a_backup_is_the_store(store_url: str, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with everything(store_url) as store:
        path = backup(store, tmp_path / "copy.db", progress=lambda done, pages: told.append((done, pages)))
        with open_store(path) as copy:
            assert history(copy) == history(store)
            assert fsck(copy) == []
        assert told[-1][0] == told[-1][1]


def test_a_backup_is_not_mixed_with_the_log_of_the_one_before(tmp_path: Path) -> None:
    """Somebody who wrote to the earlier copy was killed: its write-ahead log is still there."""
    write = "import os, sys, thence; thence.Tract.open(sys.argv[1], 'old').commit('x'); os.kill(os.getpid(), 9)"
    with everything(tmp_path / "store.db") as store:
        backup(store, tmp_path / "copy.db")
        subprocess.run([sys.executable, "-c", write, str(tmp_path / "copy.db")], check=False)
        with Tract.open(store, "newer") as tract:
            tract.commit("since then")
        backup(store, tmp_path / "copy.db", overwrite=True)
        with open_store(tmp_path / "copy.db") as copy:
            assert copy.tracts() == store.tracts()
            assert fsck(copy) == []


def test_two_stores_become_one(store_url: str, tmp_path: Path) -> None:
    calls = calls_of_everything()
    with (
        stored(store_url, calls[::2])[0] as one,
        stored(tmp_path / "two.db", calls[1::2])[0] as two,
        stored(tmp_path / "both.db", calls)[0] as both,
    ):
        found = pull(one, two)
        assert found.calls == len(calls[1::2])
        assert history(one) == history(both)
        again = pull(one, two)
        assert (again.calls, again.commits) == (0, 0)
        pull(two, one)
        assert history(two) == history(both)
        assert fsck(one) == []
        assert fsck(two) == []
        assert "main/main" in pull(both, one).diverged or one.resolve("HEAD") == both.resolve("HEAD")


def test_what_is_pulled_is_compiled_where_it_had_been_before(store_url: str, tmp_path: Path) -> None:
    with Tract.open(store_url) as here, Tract.open(str(tmp_path / "there.db")) as there:
        for number, tract in enumerate((here, there)):
            tract.commit("a", generation_config={"temperature": number})
        assert here.compile().generation_configs == [{"temperature": 0}]
        pull(here.store, there.store)
        assert here.compile().generation_configs == [{"temperature": 1}]
        there.annotate("HEAD", "skip")
        pull(here.store, there.store)
        assert here.compile().messages == []


def test_a_response_that_is_pulled_links_what_continues_it(tmp_path: Path) -> None:
    first, second = responses(1, "a", "b", "resp_1"), responses(2, "c", "d", "resp_2", "resp_1")
    with stored(tmp_path / "one.db", [second])[0] as one, stored(tmp_path / "two.db", [first])[0] as two:
        pull(one, two)
        assert [len(one.walk(call.commit)) for call in one.calls() if call.commit] == [2, 4]
        assert fsck(one) == []


def test_what_was_erased_is_not_brought_back(tmp_path: Path) -> None:
    secret = "Rosalind-Zyx-4711"
    calls = [
        chat(1, [{"role": "user", "content": f"I am {secret}"}], f"hello {secret}", user=secret),
        *conversation(2, 5),
    ]
    with stored(tmp_path / "one.db", calls)[0] as one, stored(tmp_path / "two.db", calls)[0] as two:
        erase(one, calls=one.calls().where(user=secret))
        pull(one, two)
        assert fsck(one) == []
        assert gc(one).blobs == 0
        one.close()
        assert secret.encode() not in (tmp_path / "one.db").read_bytes()


def test_what_comes_after_an_erasure_comes_whole(store_url: str, tmp_path: Path) -> None:
    """A program's calls share their parameters, and what their requests stood in, with the one that was erased."""
    tools = [{"type": "function", "function": {"name": "f", "description": "d" * 2000}}]
    theirs = [
        chat(5, [{"role": "user", "content": "another"}], tools=tools),
        chat(6, [{"role": "user", "content": "one more"}], tools=tools, temperature=0.7),
    ]
    erased = chat(1, [{"role": "user", "content": "I am Rosalind"}], tools=tools)
    with stored(store_url, [erased])[0] as store, stored(tmp_path / "theirs.db", [erased, *theirs])[0] as other:
        erase(store, calls=store.calls())
        for _ in range(2):
            pull(store, other)
            assert fsck(store) == []
            gone, *calls = store.calls()
            assert gone.status == "erased"
            assert [call.request for call in calls] == [call.body for call in theirs]
            assert [call.params["tools"].value for call in calls] == [tools, tools]
            assert [call.versions for call in calls] == [{"python": "3.11.7"}] * 2
            assert "Rosalind" not in history(store)


def test_a_bundle_round_trips(store_url: str, tmp_path: Path) -> None:
    with everything(store_url) as store, open_store(tmp_path / "other.db") as other:
        bundle = export_bundle(store, tmp_path / "bundle.thence")
        assert bundle.stat().st_mode & 0o777 == 0o600
        found = import_bundle(other, bundle)
        assert found.calls == len(store.calls())
        assert history(other) == history(store)
        assert [call.request_body for call in other.calls()] == [call.request_body for call in store.calls()]
        assert fsck(other) == []
        assert import_bundle(other, bundle).calls == 0
        assert {row["name"] for row in other.refs()} == {row["name"] for row in store.refs()}


def test_a_bundle_crosses_databases(postgres_url: str, tmp_path: Path) -> None:
    with everything(tmp_path / "store.db") as store, open_store(postgres_url) as other:
        import_bundle(other, export_bundle(store, tmp_path / "bundle.thence"))
        assert history(other) == history(store)
        assert fsck(other) == []


def test_one_tract_of_a_bundle(tmp_path: Path) -> None:
    with everything(tmp_path / "store.db") as store, open_store(tmp_path / "other.db") as other:
        import_bundle(other, export_bundle(store, tmp_path / "bundle.thence", tract="second"))
        assert other.tracts() == ["second"]


def rewritten(bundle: Path, change: dict[str, bytes | None], extra: dict[str, bytes] | None = None) -> io.BytesIO:
    """A bundle with members changed, left out or added."""
    made = io.BytesIO()
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = change.get(name, source.read(name))
            if content is not None:
                target.writestr(name, content)
        for name, content in (extra or {}).items():
            target.writestr(name, content)
    return made


def manifest(bundle: Path, **changes: object) -> bytes:
    with zipfile.ZipFile(bundle) as source:
        return json.dumps(json.loads(source.read("manifest.json")) | changes).encode()


def test_a_bundle_from_a_stranger(tmp_path: Path) -> None:
    with everything(tmp_path / "store.db") as store, open_store(tmp_path / "other.db") as other:
        bundle = export_bundle(store, tmp_path / "bundle.thence")
        with zipfile.ZipFile(bundle) as source:
            commits, blobs, calls, forms = (
                source.read(f"{name}.jsonl") for name in ("commits", "blobs", "calls", "forms")
            )
        said = json.loads(forms.partition(b"\n")[0])["content_hash"].encode()
        strangers = {
            "a newer format": rewritten(bundle, {"manifest.json": manifest(bundle, version=99)}),
            "another format": rewritten(bundle, {"manifest.json": manifest(bundle, format="x")}),
            "no manifest": rewritten(bundle, {"manifest.json": None}),
            "a broken manifest": rewritten(bundle, {"manifest.json": b"[" * 100_000}),
            "a path": rewritten(bundle, {}, {"../../evil": b"x"}),
            "an absolute path": rewritten(bundle, {}, {"/etc/evil": b"x"}),
            "a missing member": rewritten(bundle, {"commits.jsonl": None}),
            "a line that is no row": rewritten(bundle, {"commits.jsonl": b'{"hash": 1}\n'}),
            "a line of another kind": rewritten(bundle, {"commits.jsonl": b"null\n" + commits}),
            "a column that is not ours": rewritten(bundle, {"commits.jsonl": commits.replace(b'"role"', b'"r; DROP"')}),
            "a changed commit": rewritten(bundle, {"commits.jsonl": commits.replace(b'"dialogue"', b'"freeform"', 1)}),
            "a lost commit": rewritten(bundle, {"commits.jsonl": commits.partition(b"\n")[2]}),
            "a lost blob": rewritten(bundle, {"blobs.jsonl": blobs.partition(b"\n")[2]}),
            "a lost call": rewritten(bundle, {"calls.jsonl": calls.partition(b"\n")[2]}),
            "lost configurations": rewritten(bundle, {"configurations.jsonl": b""}),
            "an item of no content": rewritten(bundle, {"forms.jsonl": forms.replace(said, b"t1:" + b"0" * 64)}),
            "a bomb": rewritten(bundle, {"commits.jsonl": b" " * (80 << 20)}),
        }
        for what, made in strangers.items():
            made.seek(0)
            with pytest.raises(ThenceError) as caught:
                import_bundle(other, made)
            assert caught.value.hint != "thence fsck", what  # it is not this store that is damaged
            assert caught.value.hint or isinstance(caught.value, StoreCorrupt), what
            assert other.tracts() == [], what
        with pytest.raises(StoreCorrupt):
            import_bundle(other, io.BytesIO(bundle.read_bytes()[:1000]))
        with pytest.raises(StoreCorrupt, match="larger"):
            import_bundle(other, bundle, limit=1000)
    assert not (tmp_path.parent / "evil").exists()
