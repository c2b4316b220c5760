"""Tenants of one PostgreSQL store: none can read, write or infer another's rows by any SQL, nor learn from an error."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from tests.store.journals import Spoken, chat, conversation, write

from thence import journal
from thence.errors import NotFound, StoreUnavailable, ThenceError
from thence.ingest import drain
from thence.store import Store, open_store
from thence.store.schema import metadata
from thence.store.tenants import admit, dismiss, partition, tenants
from thence.tract import Tract
from thence.upkeep import erase, fsck, gc, resume

SECRET = "Rosalind-Zyx-4711"
SHARED = "What is the capital of France?"
TABLES = [table.name for table in metadata.sorted_tables]
ELSEWHERE = str(uuid.UUID(int=7))  # no call's id


@dataclass
class Shared:
    """A server's store, two roles, and how each of the three opens it."""

    owner: str
    alpha: str
    beta: str
    journals: Path
    monkeypatch: pytest.MonkeyPatch

    def role(self, who: str) -> str:
        """The name of a tenant's role."""
        name = make_url(getattr(self, who)).username
        assert name
        return name

    def open(self, who: str) -> Store:
        """The store as the owner or a tenant sees it, with a journal of its own, as on a host of its own."""
        self.monkeypatch.setenv("THENCE_JOURNAL_DIR", str(self.journals / who))
        return open_store(getattr(self, who))

    def record(self, who: str, calls: list[Spoken], tract: str | None = None) -> Store:
        """What a program of a tenant's records and ingests."""
        store = self.open(who)
        for call in calls:
            call.facts = {**call.facts, "tract": tract or who}
        write(journal.folder_for(store.url), calls)
        drain(store)
        return store

    def ask(self, who: str, statement: str, **values: Any) -> list[Any]:
        """What a tenant's own SQL gives, whatever becomes of it afterwards."""
        engine = create_engine(getattr(self, who))
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(text(statement), values)]
        finally:
            engine.dispose()

    def change(self, who: str, statement: str, **values: Any) -> int:
        """How many rows a tenant's own statement changes; it is taken back."""
        engine = create_engine(getattr(self, who))
        try:
            with engine.connect() as connection:
                return connection.execute(text(statement), values).rowcount
        finally:
            engine.dispose()

    def refused(self, who: str, statement: str, **values: Any) -> str:
        """What the server says when it refuses a tenant's statement."""
        with pytest.raises(DBAPIError) as caught:
            self.change(who, statement, **values)
        return str(caught.value.orig)


@pytest.fixture
def shared(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shared]:
    url = make_url(postgres_url)
    names = {who: f"{who}_{uuid.uuid4().hex[:8]}" for who in ("alpha", "beta")}
    owner = create_engine(url)
    with owner.begin() as connection:
        for name in names.values():
            connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
    urls = {who: url.set(username=name).render_as_string(hide_password=False) for who, name in names.items()}
    store = Shared(postgres_url, journals=tmp_path / "journals", monkeypatch=monkeypatch, **urls)
    try:
        with store.open("owner") as opened:
            if getattr(request, "param", 0):
                partition(opened, request.param)
            for who, name in names.items():
                admit(opened, name, who)
        yield store
    finally:
        with owner.begin() as connection:
            for name in names.values():
                connection.exec_driver_sql(f"DROP OWNED BY {name}")
                connection.exec_driver_sql(f"DROP ROLE {name}")
        owner.dispose()


def secrets() -> list[Spoken]:
    return [
        *conversation(2, 10, system=f"I am {SECRET}"),
        chat(20, [{"role": "user", "content": SHARED}], "Paris", user=SECRET, stop=[SECRET * 100]),
    ]


def everything_told(store: Store) -> str:
    """Whatever a store says of itself."""
    said: list[Any] = [store.tracts(), store.status(), store.refs("alpha"), store.reflog("main", "alpha"), fsck(store)]
    for call in [*store.calls(), *store.calls("alpha")]:
        said += [call.request, call.response, call.params.to_dict(), call.commit and store.walk(call.commit)]
    return repr(said)


def test_each_sees_its_own_and_the_owner_all(shared: Shared) -> None:
    with shared.record("alpha", secrets()) as alpha, shared.record("beta", conversation(2, 40)) as beta:
        assert (alpha.tracts(), beta.tracts()) == (["alpha"], ["beta"])
        assert ([len(alpha.calls()), len(beta.calls())]) == [3, 2]
        assert [call.request for call in alpha.calls()] == [call.body for call in secrets()]
        assert fsck(alpha) == fsck(beta) == []
        assert (len(alpha.status()["segments"]), len(beta.status()["segments"])) == (1, 1)
        assert SECRET in everything_told(alpha)
        assert SECRET not in everything_told(beta)
        assert tenants(beta) == [(shared.role("beta"), "beta")]
    with shared.open("owner") as owner:
        assert owner.tracts() == ["alpha", "beta"]
        assert len(owner.calls()) == 5
        assert fsck(owner) == []
        assert {tract for _, tract in tenants(owner)} == {"alpha", "beta"}


@pytest.mark.parametrize("shared", [0, 3], indirect=True, ids=["whole", "partitioned"])
def test_no_row_can_be_read(shared: Shared) -> None:
    shared.record("alpha", secrets()).close()
    shared.record("beta", conversation(1, 40)).close()
    assert shared.ask("owner", "SELECT count(*) FROM calls WHERE tract_id = 'alpha'") == [(3,)]
    for table in TABLES:
        rows = shared.ask("beta", f"SELECT * FROM {table}")
        assert {row[0] for row in rows} <= {"beta", f"@{shared.role('beta')}"}, table
        assert SECRET.encode() not in repr(rows).encode()
        assert shared.ask("beta", f"SELECT count(*) FROM {table} WHERE tract_id = 'alpha'") == [(0,)]
    assert shared.ask("beta", "SELECT DISTINCT tract_id FROM tract_roles") == [("beta",)]
    assert "permission denied" in shared.refused("beta", "UPDATE tract_roles SET tract_id = 'alpha'")
    # What ANALYZE keeps of other people's values
    engine = create_engine(shared.owner, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()
    assert shared.ask("beta", "SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public'") == [
        ("alembic_version",)
    ]
    # Nor by what a function may tell of the rows that it is given
    divides = (
        "SELECT count(*) FROM calls WHERE 1 / (length(tract_id) - length('alpha')) = 0"  # by zero, at one of theirs
    )
    assert shared.ask("beta", divides) == [(0,)]
    for way_out in ("SET row_security = off; SELECT * FROM calls", f"SET ROLE {shared.role('alpha')}"):
        assert SECRET not in shared.refused("beta", way_out)


def test_no_row_can_be_written(shared: Shared) -> None:
    shared.record("alpha", secrets()).close()
    shared.record("beta", conversation(1, 40)).close()
    for table in metadata.sorted_tables:
        names = ", ".join(column.name for column in table.columns if column.name != "tract_id")
        moved = f"INSERT INTO {table.name} (tract_id, {names}) SELECT 'alpha', {names} FROM {table.name}"
        if shared.ask("beta", f"SELECT count(*) FROM {table.name}") != [(0,)]:
            assert "row-level security policy" in shared.refused("beta", moved), table.name
            assert "row-level security policy" in shared.refused("beta", f"UPDATE {table.name} SET tract_id = 'alpha'")
        assert shared.change("beta", f"UPDATE {table.name} SET tract_id = tract_id WHERE tract_id = 'alpha'") == 0
        assert shared.change("beta", f"DELETE FROM {table.name} WHERE tract_id = 'alpha'") == 0
    for statement in ("TRUNCATE calls", "DROP TABLE calls", "ALTER TABLE calls DISABLE ROW LEVEL SECURITY"):
        assert "must be owner" in (said := shared.refused("beta", statement)) or "permission denied" in said
    with shared.open("beta") as beta, pytest.raises(StoreUnavailable, match="does not let this role"):
        Tract(beta, "alpha").commit("hello")


@pytest.mark.parametrize("shared", [3], indirect=True)
def test_a_partition_is_no_way_in(shared: Shared) -> None:
    shared.record("alpha", secrets()).close()
    found = shared.ask(
        "beta", "SELECT c.relname FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid AND relkind = 'r'"
    )
    for (name,) in found:
        assert "permission denied" in shared.refused("beta", f"SELECT * FROM {name}")


def test_nothing_is_inferred_from_a_hash(shared: Shared) -> None:
    """What is there, in another's tract, is answered as what is nowhere; and one's own cost the same."""
    with shared.record("alpha", secrets()) as alpha:
        theirs = next(iter(alpha.calls()))
        assert theirs.commit is not None
        hashes = [theirs.commit.hash, theirs.commit.content_hash]
        parent = theirs.id
    said = re.compile("[0-9a-f-]{8,}")
    with shared.record("beta", [chat(50, [{"role": "user", "content": "elsewhere"}])]) as beta:
        for known, unknown in [(hashes[0], "t1:" + "ab" * 32), (hashes[0][3:13], "ab" * 5), (parent, ELSEWHERE)]:
            answers = []
            for revision in (known, unknown):
                with pytest.raises(NotFound) as caught:
                    beta.resolve(revision, "alpha")
                answers.append(said.sub("", str(caught.value)))
            assert answers[0] == answers[1]
        for name in (hashes[1], "t1:" + "cd" * 32):
            with pytest.raises(NotFound):
                beta.blob("alpha", name)
        row = "INSERT INTO blobs (tract_id, hash, codec, size) VALUES ('alpha', decode(:name, 'hex'), 'raw', 1)"
        for more in ("", " ON CONFLICT DO NOTHING", " ON CONFLICT (tract_id, hash) DO UPDATE SET size = 1"):
            texts = {shared.refused("beta", row + more, name=name) for name in ("01" + hashes[1][3:], "01" + "cd" * 32)}
            assert len(texts) == 1
        # A child row whose parent is another's is refused, whether that parent exists or not.
        child = "INSERT INTO answers VALUES (:t, decode(:i, 'hex'), 0, 0, '')"
        texts = {shared.refused("beta", child, t="alpha", i=uuid.UUID(each).hex) for each in (parent, ELSEWHERE)}
        assert len(texts) == 1
        assert "is not present" in shared.refused("beta", child, t="beta", i=uuid.UUID(parent).hex)
    # The same words in one's own tract: stored, not found; as many rows as words that nobody has said.
    before = shared.ask("beta", "SELECT count(*) FROM blobs")[0][0]
    shared.record("beta", [chat(60, [{"role": "user", "content": SHARED}], "Paris")]).close()
    same = shared.ask("beta", "SELECT count(*) FROM blobs")[0][0] - before
    shared.record("beta", [chat(61, [{"role": "user", "content": "What is the height of K2?"}], "8,611 m")]).close()
    assert shared.ask("beta", "SELECT count(*) FROM blobs")[0][0] - before - same == same


def test_a_call_of_a_foreign_tract_waits(shared: Shared) -> None:
    """A program that names a tract which it was not given: nothing is lost, and everything goes on once it is."""
    beta = shared.open("beta")
    call = chat(70, [{"role": "user", "content": "hi"}])
    call.facts = {"tract": "gamma"}
    write(journal.folder_for(beta.url), [call])
    with pytest.raises(StoreUnavailable, match="does not let this role") as caught:
        drain(beta)
    assert "--admit" in str(caught.value.hint)
    with shared.open("owner") as owner:
        admit(owner, shared.role("beta"), "gamma")
    shared.monkeypatch.setenv("THENCE_JOURNAL_DIR", str(shared.journals / "beta"))
    assert drain(beta).calls == 1
    beta.close()


def test_whom_one_may_admit(shared: Shared) -> None:
    with shared.open("owner") as owner:
        with pytest.raises(NotFound, match="no role nobody-here"):
            admit(owner, "nobody-here", "x")
        with pytest.raises(ThenceError, match="does not hold"):
            admit(owner, make_url(shared.owner).username or "", "x")
        with pytest.raises(ThenceError, match="is alpha_"):
            admit(owner, shared.role("beta"), "alpha")
        with pytest.raises(NotFound, match="not admitted"):
            dismiss(owner, shared.role("beta"), "alpha")
        dismiss(owner, shared.role("beta"), "beta")
    assert "permission denied" in shared.refused("beta", "SELECT * FROM calls")
    with shared.open("alpha") as alpha, pytest.raises(StoreUnavailable):
        admit(alpha, shared.role("alpha"), "another")


def test_only_postgresql_has_tenants(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store, pytest.raises(ThenceError, match="only a store on PostgreSQL"):
        admit(store, "alpha", "alpha")


def test_upkeep_by_a_tenant(shared: Shared) -> None:
    shared.record("alpha", secrets()).close()
    with shared.record("beta", [chat(80, [{"role": "user", "content": "forget me"}], user="u-1")]) as beta:
        gc(beta)
        with pytest.raises(StoreUnavailable, match="anew") as caught:
            erase(beta, calls=beta.calls().where(user="u-1"))
        assert "--resume" in str(caught.value.hint)
        assert [call.status for call in beta.calls()] == ["erased"]
    with shared.open("owner") as owner:
        resume(owner)
        assert fsck(owner) == []
        assert [call.status for call in owner.calls("alpha")] == ["completed"] * 3
