"""A history as one file, for another store, another database, another decade.

A bundle is a zip file with members of known names: ``manifest.json`` and a file of JSON lines for each kind of row.
Contents are in it whole, whatever codec the store packed them with. The format is told in the reference.

An import trusts nothing. Members are read by their names and never unpacked to a disk; lines and sizes are bounded;
the rows go into a store of their own first, all of which is proven, hash by hash; only then are they pulled.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from thence.errors import NotFound, StoreCorrupt, StoreTooNew, StoreUnavailable, ThenceError
from thence.hashing import from_text, to_text
from thence.ingest import drain
from thence.store import exact, merging, open_store, proof, schema
from thence.store.naming import tract_id_of
from thence.store.packing import RAW, Packed, pack, unpack
from thence.store.portable import from_portable, to_portable
from thence.store.raw import Row, bases_in, named, pages
from thence.upkeep.fsck import fsck
from thence.upkeep.pull import Pulled, pull

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from thence.store import Store

__all__ = ["FORMAT", "VERSION", "export_bundle", "import_bundle"]

FORMAT, VERSION = "thence.bundle", 1

_MANIFEST = "manifest.json"
_TABLES = {table.name: table for table in (*merging.HISTORY, schema.refs)}
_LINE = 64 << 20  # bytes of one line at most: the largest body that is kept, in base64, and more
_LIMIT = 64 << 30


def export_bundle(store: Store, destination: str | os.PathLike[str], *, tract: str | None = None) -> Path:
    """Write a store, or one tract of it, into a bundle; what its journal holds is taken in first.

    Calls in flight are left out. The file is there, whole, or it is not.

    Raises:
        StoreCorrupt: a content is damaged: see ``thence fsck``.
        StoreUnavailable: the file can't be written.
    """
    drain(store)
    path = Path(destination).expanduser().absolute()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with store.reading() as connection:
            tracts = proof.known_tracts(connection) if tract is None else [tract_id_of(tract)]
            with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "wb") as file:
                _write(connection, tracts, file)
                file.flush()
                os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise StoreUnavailable(f"{path} can't be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def import_bundle(store: Store, source: str | os.PathLike[str] | IO[bytes], *, limit: int = _LIMIT) -> Pulled:
    """Bring in what a bundle holds, as :func:`~thence.upkeep.pull.pull` does; nothing, where any of it is not sound.

    Args:
        store: where to.
        source: a file.
        limit: bytes that its members may come to.

    Raises:
        StoreTooNew: it was written by a newer Thence.
        StoreCorrupt: it is no bundle, or not what its hashes say, or larger than ``limit``.
    """
    with (
        tempfile.TemporaryDirectory(prefix="thence-import-") as folder,
        open_store(Path(folder) / "store.db") as scratch,
    ):
        try:
            with zipfile.ZipFile(source) as bundle:
                scratch.write(lambda connection: _read(bundle, connection, limit))
        except (
            StoreCorrupt,  # a row that is a part of none
            NotFound,  # an item without its content
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            ValueError,
            KeyError,
            TypeError,  # a value of a kind that its place has no use for
            AttributeError,
            OverflowError,
        ) as error:
            said = getattr(error, "message", error)
            raise StoreCorrupt(f"this is no bundle that can be read: {said}", hint="export it again") from error
        faults = fsck(scratch)
        if faults:
            raise StoreCorrupt(f"the bundle is not what it says: {faults[0]}", hint="export it again")
        return pull(store, scratch)


def _write(connection: Connection, tracts: list[str], file: IO[bytes]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as bundle:
        manifest = {"format": FORMAT, "version": VERSION, "made_at": time.time_ns(), "tracts": tracts}
        bundle.writestr(_MANIFEST, json.dumps(manifest))
        for name, table in _TABLES.items():
            with bundle.open(f"{name}.jsonl", "w", force_zip64=True) as member:
                for tract in tracts:
                    for row in _rows(connection, table, tract):
                        member.write(json.dumps({"tract": tract, **row}, separators=(",", ":")).encode() + b"\n")


def _rows(connection: Connection, table: Any, tract: str) -> Iterator[dict[str, Any]]:
    if table is schema.blobs:
        yield from _contents(connection, tract)
        return
    for page in pages(connection, table, tract):
        known = _known(connection, tract, page) if table is schema.forms else {}
        for row in page:
            if table is schema.calls and row["status"] == "pending":
                continue
            said = to_portable(table, row)
            if table is schema.forms and row["body"] is not None:
                text = unpack(Packed(row["codec"], row["body"]), [known[to_text(row["content_hash"])]])
                said |= {"codec": RAW, "body": base64.b64encode(text).decode()}
            yield said


def _known(connection: Connection, tract: str, page: list[Row]) -> dict[str, bytes]:
    return exact.blobs_of(connection, tract, {to_text(row["content_hash"]) for row in page if row["body"] is not None})


def _contents(connection: Connection, tract: str) -> Iterator[dict[str, Any]]:
    """Blobs, each after those that it repeats."""
    done: set[str] = set()
    for page in pages(connection, schema.blobs, tract, 200):
        rows = {to_text(row["hash"]): row for row in page}
        waiting = list(rows)
        while waiting:
            name = waiting[-1]
            if name not in rows:
                rows[name] = _row(connection, tract, name)
            before = [base for base in bases_in(rows[name]) if base not in done]
            if before and name not in done:
                waiting += before
                continue
            waiting.pop()
            if name not in done:
                done.add(name)
                yield _content(connection, tract, name, rows[name])


def _row(connection: Connection, tract: str, name: str) -> Row:
    row = named(connection, schema.blobs, tract, from_text(name))
    if row is None:
        raise StoreCorrupt(f"there is no content {name}, which another repeats", hint="thence fsck")
    return row


def _content(connection: Connection, tract: str, name: str, row: Row) -> dict[str, Any]:
    said: dict[str, Any] = {"hash": name, "size": row["size"], "bases": bases_in(row)}
    if row["body"] is not None:
        said["body"] = base64.b64encode(exact.blobs_of(connection, tract, [name])[name]).decode()
    return said


def _read(bundle: zipfile.ZipFile, connection: Connection, limit: int) -> None:
    members = {info.filename: info for info in bundle.infolist()}
    expected = {_MANIFEST, *(f"{name}.jsonl" for name in _TABLES)}
    if members.keys() != expected or len(members) != len(bundle.infolist()):
        raise ValueError(f"it has not the members that a bundle has: {min(members.keys() ^ expected)[:80]!r}")
    if sum(info.file_size for info in members.values()) > limit:
        raise ValueError(f"it is larger than {limit} bytes")
    tracts = _tracts(bundle)
    for name, table in _TABLES.items():
        for tract, rows in _pages(bundle, f"{name}.jsonl", tracts):
            if table is schema.blobs:
                for row in rows:
                    merging.merge(connection, tract, [(table, [_blob(connection, tract, row)])])
                continue
            read = [from_portable(table, tract, row) for row in rows]
            merging.merge(
                connection, tract, [(table, _packed(connection, tract, read) if table is schema.forms else read)]
            )


def _tracts(bundle: zipfile.ZipFile) -> set[str]:
    said = next(_lines(bundle, _MANIFEST))
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise ValueError(f"its manifest is not that of a {FORMAT}")
    if not isinstance(said.get("version"), int) or said["version"] > VERSION:
        raise StoreTooNew(
            f"the bundle has version {said.get('version')}, this Thence reads up to {VERSION}",
            hint="upgrade Thence: pip install -U thence",
        )
    return {tract for tract in said["tracts"] if tract_id_of(tract) == tract}


def _pages(bundle: zipfile.ZipFile, member: str, tracts: set[str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Rows of one tract, a few hundred at a time."""
    rows: list[dict[str, Any]] = []
    at = None
    for row in _lines(bundle, member):
        tract = row.pop("tract", None) if isinstance(row, dict) else None
        if not isinstance(tract, str) or tract not in tracts:
            raise ValueError(f"{member} has a row of no tract")
        if rows and (tract != at or len(rows) == 200):
            yield str(at), rows
            rows = []
        at = tract
        rows.append(row)
    if rows:
        yield str(at), rows


def _lines(bundle: zipfile.ZipFile, member: str) -> Iterator[Any]:
    with bundle.open(member) as file:
        while line := file.readline(_LINE + 1):
            if len(line) > _LINE:
                raise ValueError(f"{member} has a line beyond {_LINE} bytes")
            try:
                yield json.loads(line)
            except RecursionError:
                raise ValueError(f"{member} is nested too deeply") from None


def _blob(connection: Connection, tract: str, said: dict[str, Any]) -> Row:
    """A content, packed for this store."""
    bases = said.get("bases", [])
    if not isinstance(bases, list) or len(bases) > 10_000:
        raise ValueError("the bases of a blob are a list")
    if said.get("body") is None:
        return {**from_portable(schema.blobs, tract, {"hash": said["hash"], "size": said["size"], "codec": "erased"})}
    content = base64.b64decode(said["body"], validate=True)
    try:
        known = exact.blobs_of(connection, tract, bases)
    except ThenceError as error:
        raise ValueError(f"a blob repeats one that is not there before it: {error.message}") from error
    codec, body = pack(content, [known[base] for base in bases])
    leans = b"".join(_names(bases)) if codec in ("zlib+dict", "splice") else None
    row = from_portable(schema.blobs, tract, {"hash": said["hash"], "size": len(content), "codec": codec})
    return {**row, "body": body, "bases": leans}


def _packed(connection: Connection, tract: str, rows: list[Row]) -> list[Row]:
    """Request items, packed for this store: as what they add to their contents."""
    known = _known(connection, tract, rows)
    found = []
    for row in rows:
        if row["body"] is not None:
            codec, body = pack(row["body"], [known[to_text(row["content_hash"])]])
            row = {**row, "codec": codec, "body": body}  # noqa: PLW2901
        found.append(row)
    return found


def _names(bases: Iterable[str]) -> Iterator[bytes]:
    return (from_text(base) for base in bases)
