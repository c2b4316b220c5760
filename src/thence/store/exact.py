"""Exact bytes, read back: blobs, and requests put together from what was kept of them.

A blob may repeat other blobs, and these others again (an answer its text, a text its images), so reading goes by
levels: one statement fetches all blobs of a level, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, and_, select

from thence.errors import Erased, NotFound, StoreCorrupt
from thence.hashing import to_text
from thence.providers import join
from thence.store.packing import Packed, unpack
from thence.store.projection import decode
from thence.store.schema import blobs, call_parameters, forms

__all__ = ["bases_of", "blobs_of", "exact_items", "request_of"]

_CHUNK = 10_000  # names in one statement; both databases take three times as many
_HASH = 33


def blobs_of(connection: Connection, tract: str, names: Iterable[str]) -> dict[str, bytes]:
    """The exact bytes of blobs, by hash.

    Raises:
        Erased: one was erased.
        NotFound: one is not there.
        StoreCorrupt: one is damaged.
    """
    rows: dict[str, Any] = {}
    waiting = set(names)
    while waiting:
        for row in _rows(connection, tract, sorted(waiting)):
            rows[row.hash] = row
        missing = waiting - rows.keys()
        if missing:
            raise NotFound(f"the store has no content {min(missing)}", hint="thence fsck")
        waiting = {base for name in waiting for base in bases_of(rows[name].bases)} - rows.keys()
    known: dict[str, bytes] = {}
    return {name: _unpacked(name, rows, known) for name in set(names)}


def request_of(connection: Connection, row: Mapping[str, Any]) -> bytes | None:
    """The exact request body of a call; None where it was not kept.

    Raises:
        Erased: a part of it was erased.
        NotFound: a part of it is not there.
        StoreCorrupt: a part of it is damaged.
    """
    tract, name = row["tract_id"], row["envelope_hash"]
    if name is None:
        return None
    envelope = blobs_of(connection, tract, [name])[name]
    if row["body"] == "bytes":
        return envelope
    told = decode(envelope)
    large = blobs_of(connection, tract, told["large"].values())
    members = {member: _text(large[blob]) for member, blob in told["large"].items()}
    own = select(call_parameters.c.record, call_parameters.c.name, call_parameters.c.exact).where(
        call_parameters.c.tract_id == tract,
        call_parameters.c.call_id == row["id"],
        call_parameters.c.exact.is_not(None),
    )
    for record, short, exact in connection.execute(own):
        members[_whole_name(record, short)] = _text(exact)
    items = exact_items(connection, tract, row["form_hash"])
    try:
        return join(told["shape"], items, members).encode("utf-8", "surrogatepass")
    except (KeyError, ValueError, IndexError) as error:
        raise StoreCorrupt(f"the request of call {row['id']} can't be put together: {error!r}") from error


def exact_items(connection: Connection, tract: str, tip: str | None) -> list[str]:
    """The request items up to a form, in their order, as they were written."""
    if tip is None:
        return []
    columns = (forms.c.hash, forms.c.parent, forms.c.content_hash, forms.c.codec, forms.c.body)
    line = select(*columns).where(forms.c.tract_id == tract, forms.c.hash == tip).cte("line", recursive=True)
    line = line.union_all(select(*columns).where(and_(forms.c.tract_id == tract, forms.c.hash == line.c.parent)))
    rows = {row.hash: row for row in connection.execute(select(line))}
    contents = blobs_of(connection, tract, {row.content_hash for row in rows.values()})
    items = []
    at: str | None = tip
    while at in rows:
        row = rows[at]
        if row.body is None:
            raise Erased(f"the item {at} was erased")
        try:
            items.append(_text(unpack(Packed(row.codec, bytes(row.body)), [contents[row.content_hash]])))
        except ValueError as error:
            raise StoreCorrupt(f"the form {at} is damaged: {error}") from error
        at = row.parent
    return items[::-1]


def _rows(connection: Connection, tract: str, names: list[str]) -> Iterable[Any]:
    for start in range(0, len(names), _CHUNK):
        query = select(blobs).where(blobs.c.tract_id == tract, blobs.c.hash.in_(names[start : start + _CHUNK]))
        yield from connection.execute(query)


def bases_of(bases: bytes | None) -> list[str]:
    """The names of the blobs that a body repeats, by what its row says in ``bases``."""
    packed = bytes(bases or b"")
    return [to_text(packed[at : at + _HASH]) for at in range(0, len(packed), _HASH)]


def _unpacked(name: str, rows: Mapping[str, Any], known: dict[str, bytes]) -> bytes:
    if name not in known:
        row = rows[name]
        if row.body is None:
            raise Erased(f"the content {name} was erased")
        try:
            bases = [_unpacked(base, rows, known) for base in bases_of(row.bases)]
            known[name] = unpack(Packed(row.codec, bytes(row.body)), bases)
        except ValueError as error:
            raise StoreCorrupt(f"the content {name} is damaged: {error}", hint="thence fsck") from error
    return known[name]


def _whole_name(record: bytes, short: str) -> str:
    """The name of a parameter, which its row has cut where it is long."""
    from thence.store.configuration import read_parameters

    return next((parameter.name for parameter in read_parameters([bytes(record)])), short)


def _text(exact: bytes) -> str:
    return bytes(exact).decode("utf-8", "surrogatepass")
