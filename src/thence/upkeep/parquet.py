"""Calls as Parquet files, for analytics over more of them than a database wants to scan.

Theory of exactly once. Files are immutable and named by the number of the *segment* that they belong to. A segment is
announced (``_thence/pending.json`` names its files), written, and recorded (``_thence/NUMBER.json``: which span of call
ids it covers and how many calls it has); the record is the watermark. A run that was killed left an announced segment
without a record: the next one deletes its files and writes it again. Calls that came into the store late, with ids in a
span that is covered already, show by the span's count; they are told from the others by the ids in its files, and make
a segment of their own.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from thence.errors import ThenceError
from thence.ingest import drain
from thence.store import proof
from thence.store.naming import tract_id_of
from thence.store.raw import Row
from thence.store.settled import settings_of_calls, settled, settled_count
from thence.upkeep.columns import PARTITIONS, SCHEMA_VERSION, arrow_schema, call_row, partition_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from thence.store import Store

__all__ = ["Progress", "export_parquet"]

_NOTHING = "__HIVE_DEFAULT_PARTITION__"
_BOOKS = "_thence"


@dataclass(frozen=True)
class Progress:
    """How far an export is: calls written by this run, calls that it found to write, and the files just finished."""

    done: int
    total: int
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Span:
    """Call ids of a tract beyond ``after``, up to ``upto``, and how many of them were written."""

    tract: str
    after: str
    upto: str
    calls: int
    files: tuple[str, ...] = ()


def export_parquet(
    store: Store,
    destination: str,
    *,
    partition_by: Sequence[str] = ("day", "provider"),
    tract: str | None = None,
    segment_size: int = 50_000,
) -> Iterator[Progress]:
    """Write the calls that are not at ``destination`` yet, a segment at a time; yields after each.

    What the journal holds is taken in first. Calls in flight are left for another run. One run at a time may write to a
    destination. An erasure does not reach files that were written before it.

    Args:
        store: where the calls are.
        destination: a path or any URL of fsspec's (``s3://bucket/calls``).
        partition_by: names of :data:`~thence.upkeep.columns.PARTITIONS`; folders ``day=2026-11-22/provider=openai``.
        tract: one tract; all, where it is None.
        segment_size: calls of a segment.

    Raises:
        ThenceError: a name is none to part by, or others were used at this destination before.
        ModuleNotFoundError: pyarrow or fsspec is missing (``pip install 'thence[arrow]'``).
    """
    by = tuple(partition_by)
    unknown = [name for name in by if name not in PARTITIONS]
    if unknown:
        raise ThenceError(f"can't part by {unknown[0]}", hint=f"one of {', '.join(PARTITIONS)}")
    drain(store)
    place = _Place(destination, by)
    with store.reading() as connection:
        tracts = proof.known_tracts(connection) if tract is None else [tract_id_of(tract)]
        waiting = [span for each in tracts for span in _waiting(connection, each, place.spans)]
        done, total = 0, sum(span.calls for span in waiting)
        yield Progress(0, total)
        for span in waiting:
            for rows, covered in _segments(connection, span, place, segment_size):
                files = place.write(covered, rows, settings_of_calls(connection, span.tract, rows))
                done += len(rows)
                yield Progress(done, total, files)


def _waiting(connection: Connection, tract: str, spans: Sequence[_Span]) -> Iterator[_Span]:
    """Spans with calls to write: those that are covered and have more by now, then the one beyond them all."""
    covered: dict[tuple[str, str], int] = {}
    for span in spans:
        if span.tract == tract:
            covered[span.after, span.upto] = covered.get((span.after, span.upto), 0) + span.calls
    for (after, upto), count in covered.items():
        late = settled_count(connection, tract, bytes.fromhex(after), bytes.fromhex(upto)) - count
        if late > 0:
            yield _Span(tract, after, upto, late)
    last = max((upto for _, upto in covered), default="")
    new = settled_count(connection, tract, bytes.fromhex(last))
    if new:
        yield _Span(tract, last, "", new)


def _segments(connection: Connection, span: _Span, place: _Place, size: int) -> Iterator[tuple[list[Row], _Span]]:
    """The calls to write of a span, a segment at a time, with the span that each covers."""
    after, upto = bytes.fromhex(span.after), bytes.fromhex(span.upto) if span.upto else None
    known = place.ids_of(span) if upto else set()
    while rows := settled(connection, span.tract, after, upto, size):
        begun, after = after, rows[-1]["id"]
        fresh = [row for row in rows if row["id"] not in known]
        if not upto:
            yield fresh, _Span(span.tract, begun.hex(), after.hex(), len(fresh))
        elif fresh:
            yield fresh, _Span(span.tract, span.after, span.upto, len(fresh))


class _Place:
    """A destination: its files and its books."""

    def __init__(self, destination: str, by: tuple[str, ...]) -> None:
        self._files, self._root = import_module("fsspec.core").url_to_fs(destination)
        self._by = by
        self._books = f"{self._root}/{_BOOKS}"
        self._local = "file" in self._files.protocol
        self._folder(self._books)
        records = [self._load(name) for name in sorted(self._files.glob(f"{self._books}/[0-9]*.json"))]
        for record in records:
            if tuple(record["partition_by"]) != by or record["version"] != SCHEMA_VERSION:
                raise ThenceError(
                    f"{destination} is parted by {','.join(record['partition_by'])}, in schema {record['version']}",
                    hint="go on as it was begun, or choose another destination",
                )
        self.spans = [
            _Span(record["tract"], record["after"], record["upto"], record["calls"], tuple(record["files"]))
            for record in records
        ]
        self._number = max((record["number"] for record in records), default=0)
        self._recover()

    def ids_of(self, span: _Span) -> set[bytes]:
        """The ids of the calls in a span's files."""
        parquet = import_module("pyarrow.parquet")
        found: set[bytes] = set()
        for each in self.spans:
            if (each.tract, each.after, each.upto) == (span.tract, span.after, span.upto):
                for name in each.files:
                    with self._files.open(f"{self._root}/{name}", "rb") as file:
                        ids = parquet.read_table(file, columns=["id"]).column("id").to_pylist()
                    found.update(uuid.UUID(name).bytes for name in ids)
        return found

    def write(self, span: _Span, rows: Sequence[Row], settings: dict[bytes, list[Row]]) -> tuple[str, ...]:
        """Write a segment; its files."""
        parts: dict[tuple[str | None, ...], list[Row]] = {}
        for row in rows:
            parts.setdefault(partition_of(row, self._by), []).append(row)
        number = self._number + 1
        names = {part: self._name(part, number) for part in parts}
        files = tuple(sorted(names.values()))
        self._save("pending.json", {"number": number, "files": files})
        for part, members in parts.items():
            self._write_file(names[part], [call_row(row, settings[row["id"]], self._by) for row in members])
        record = {"version": SCHEMA_VERSION, "number": number, "partition_by": self._by, "tract": span.tract}
        record |= {"after": span.after, "upto": span.upto, "calls": len(rows), "files": files}
        self._save(f"{number:010d}.json", record)
        self._files.rm_file(f"{self._books}/pending.json")
        self._number = number
        return files

    def _recover(self) -> None:
        """Take back a segment that was announced and not recorded."""
        pending = f"{self._books}/pending.json"
        if not self._files.exists(pending):
            return
        try:
            said = self._load(pending)
        except ValueError:  # killed while it was announced: nothing of it was written yet
            said = {"number": 0, "files": []}
        if said["number"] > self._number:
            for name in said["files"]:
                if self._files.exists(f"{self._root}/{name}"):
                    self._files.rm_file(f"{self._root}/{name}")
        self._files.rm_file(pending)

    def _name(self, part: tuple[str | None, ...], number: int) -> str:
        folders = (
            f"{name}={_NOTHING if value is None else quote(value, safe='')}"
            for name, value in zip(self._by, part, strict=True)
        )
        return "/".join(["calls", *folders, f"{number:010d}.parquet"])

    def _write_file(self, name: str, rows: list[dict[str, Any]]) -> None:
        table = import_module("pyarrow").Table.from_pylist(rows, schema=arrow_schema(self._by))
        path = f"{self._root}/{name}"
        self._folder(path.rpartition("/")[0])
        self._claim(path)
        with self._files.open(path, "wb") as file:
            import_module("pyarrow.parquet").write_table(table, file, compression="zstd")

    def _folder(self, path: str) -> None:
        """Make a folder and those it is in; on a disk for their owner alone."""
        if not self._local:
            self._files.makedirs(path, exist_ok=True)
            return
        for folder in (*reversed(Path(path).parents), Path(path)):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)

    def _claim(self, path: str) -> None:
        """Make a file on a disk for its owner alone before anything is in it."""
        if self._local:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def _load(self, path: str) -> Any:
        return json.loads(self._files.cat_file(path))

    def _save(self, name: str, said: dict[str, Any]) -> None:
        path = f"{self._books}/{name}"
        if self._local:  # elsewhere a put is whole or not at all
            self._claim(f"{path}.new")
            self._files.pipe_file(f"{path}.new", json.dumps(said).encode())
            self._files.mv(f"{path}.new", path)
        else:
            self._files.pipe_file(path, json.dumps(said).encode())
