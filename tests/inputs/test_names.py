"""Names and values made to break out of where they stand: in queries, in names of branches and tracts."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from tests.seams.conftest import Tape
from tests.seams.forms import client_of
from tests.store.conftest import sqlite_url, store_url

import thence
from thence.errors import ThenceError
from thence.ingest import open_store as opened
from thence.testing import Provider
from thence.tract import Tract
from thence.upkeep import fsck

__all__ = ["sqlite_url", "store_url"]

PIECES = (
    "'; drop table calls; --",
    "' or '1'='1",
    "1; delete from commits",
    "union select tract_id from tracts",
    "$.a[*]",
    "a'||(select 1)||'",
    "%(x)s %s",
    ":x ?",
    "{0.__class__}",
    "e\u0301\u202e\0\ud800",
    "\\' \\\\",
    "/* */ --",
    "$$;select pg_sleep(9)$$",
    "\x1b]0;x\x07",
    "__proto__.a",
    "CAST(1 AS TEXT)",
    "../../etc/passwd",
    "\r\nX: y",
    "=cmd|' /C calc'!A0",
    '{"$gt": ""}',
)
AROUND = ("{}", '"{}', "'{}'", "({})", "{}#", "`{}`", "[{}]", "{}\\", "a.{}", "{} --")
PAYLOADS = [around.replace("{}", piece) for around, piece in product(AROUND, PIECES)]
NAMES = ("../x", "-x", "HEAD", "a" * 300, "", "a\0b", "@{1}", "\ud800", "x.lock", ".", "..", "a b", "é/../..", "t1:00")


def test_two_hundred_payloads_as_fields_and_values(store_url: str) -> None:
    assert len(PAYLOADS) == 200
    with Tract.open(store_url) as tract:
        with tract.batch():
            for payload in PAYLOADS:
                tract.commit("hi", generation_config={payload: payload})
        with tract.store.writing() as connection:
            connection.exec_driver_sql("ANALYZE")  # as PostgreSQL does by itself, a minute after a load
        for payload in PAYLOADS:
            (found,) = tract.query_by_config({payload: payload})
            assert found.generation_config == {payload: payload}
        assert len(tract.log()) == len(PAYLOADS)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_call_is_recorded_whatever_its_branch_is_called(name: str, tape: Tape, tmp_path: Path) -> None:
    with Provider() as provider:
        client = tape.wrap(client_of("openai", provider.url))
        with thence.session(tract=name, branch=name):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
    tape.writer.close()
    with opened(tmp_path / "store.db") as store:
        assert store.flush().calls == 1
        (call,) = store.calls()
        spelled = name.encode("utf-8", "backslashreplace").decode() or None
        (branch,) = store.refs(spelled)
        assert store.resolve(str(branch["name"]), spelled) == call.commit
        assert fsck(store) == []
    assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} <= {"store.db", "store.db.journal"}
    with Tract.open(tmp_path / "own.db") as tract:
        tract.commit("hi")
        with pytest.raises(ThenceError):
            tract.branch(name)
