"""Stores with something of everything in them, for tests of upkeep."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.store.journals import Spoken, chat, conversation, reply, responses, stored, streamed

from thence.store import Store
from thence.tract import Tract

__all__ = ["FIXTURES", "calls_of_everything", "columns_of", "earlier", "everything", "files_with", "logical"]

FIXTURES = Path(__file__).parents[1] / "store" / "fixtures"


def calls_of_everything() -> list[Spoken]:
    """Conversations, a retry, a continued response, own parameters, a stream, a failure, another tract."""
    calls = [*conversation(4), *conversation(2, start=10)]
    calls.append(
        chat(20, [{"role": "user", "content": "tools"}], "ok", user="u-17", seed=7, tools=[{"d": "x" * 2000}], top_k=3)
    )
    calls.append(responses(21, "hello", "hi there", "resp_1"))
    calls.append(responses(22, "and then?", "nothing", "resp_2", "resp_1"))
    stream = chat(24, [{"role": "user", "content": "stream"}], stream=True)
    stream.answer, stream.content_type = streamed("a streamed answer"), "text/event-stream"
    failed = chat(25, [{"role": "user", "content": "fail"}])
    failed.answer, failed.status, failed.http_status = {"error": {"message": "no"}}, "failed", 400
    other = chat(26, [{"role": "user", "content": "elsewhere"}], "yes", temperature=float("nan"))
    other.answer = reply("yes", 26)
    other.facts = {"tract": "second", "tags": ["a"], "metadata": {"n": 1.5}, "label": "lab", "branch": "side"}
    return [*calls, stream, failed, other]


def everything(location: Path | str, calls: Iterable[Spoken] | None = None) -> Store:
    """A store with these calls, and a history made by hand in a tract of its own."""
    store, _ = stored(location, calls_of_everything() if calls is None else calls)
    with Tract.open(str(location), tract="hand") as tract:
        tract.commit(
            "by hand", message="first", metadata={"k": 1}, generation_config={"model": "m", "temperature": 0.9}
        )
        tract.commit("and again", generation_config={"stop": ["a" * 1500]})
    return store


def earlier(path: Path, schema: str = "0001") -> Path:
    """The kept store of an earlier schema, unpacked."""
    path.write_bytes(gzip.decompress((FIXTURES / f"schema-{schema}.db.gz").read_bytes()))
    return path


def columns_of(path: Path) -> dict[str, str]:
    """The columns of each table of a SQLite file, as SELECT takes them."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        names = {table: connection.execute("SELECT name FROM pragma_table_info(?)", (table,)) for table in tables}
        return {table: ", ".join(f'"{name}"' for (name,) in rows) for table, rows in names.items()}
    finally:
        connection.close()


def logical(path: Path, columns: dict[str, str] | None = None) -> dict[str, list[Any]]:
    """Everything that a SQLite file says, however its pages say it; or what these columns of its tables say."""
    columns = columns_of(path) if columns is None else columns
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        found: dict[str, list[Any]] = {
            table: sorted(map(repr, connection.execute(f'SELECT {names} FROM "{table}" NOT INDEXED')))
            for table, names in columns.items()
        }
        found["schema"] = sorted(map(repr, connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")))
        return found
    finally:
        connection.close()


def files_with(folder: Path, needle: bytes) -> list[str]:
    """The files of a folder, and below, that hold some bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(folder)) for path in files if needle in path.read_bytes())
