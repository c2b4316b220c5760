"""The generation config of the commits that a call, or a hand, answered with: what its own parameters say."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from thence.errors import NotFound
from thence.hashing import from_text
from thence.params import ResolvedConfig
from thence.store import exact
from thence.store.configuration import config_text, read_parameters
from thence.store.projection import decode
from thence.store.schema import call_parameters
from thence.store.shared import configurations

__all__ = ["config_of"]


def config_of(connection: Connection, call: Any) -> dict[str, Any]:
    """The columns of a commit that say which generation config a call, whose row this is, has given it, as ingest
    writes them: nulls where it gives none, or where a part of it was erased.
    """
    try:
        text = None if call["configuration_hash"] is None else _text(connection, call)
    except NotFound:
        text = None
    at = None if text is None else call["started_at"] + (call["duration"] or 0)
    return {"generation_config_json": text, "produced_at": at}


def _text(connection: Connection, call: Any) -> str:
    tract = call["tract_id"]
    name = call["configuration_hash"]
    shared = configurations(connection, tract, [name])[name].wire()
    query = select(call_parameters.c.record).where(
        call_parameters.c.tract_id == tract, call_parameters.c.call_id == call["id"], call_parameters.c.path == ""
    )
    own = ResolvedConfig(read_parameters(map(bytes, connection.scalars(query)))).wire()
    return config_text({**shared, **own}, _large(connection, call))


def _large(connection: Connection, call: Any) -> dict[str, bytes]:
    """The members of a request that stand in blobs of their own."""
    if call["envelope_hash"] is None or call["body"] == "bytes":
        return {}
    envelope = exact.blobs_of(connection, call["tract_id"], [call["envelope_hash"]])[call["envelope_hash"]]
    return {name: from_text(blob) for name, blob in decode(envelope)["large"].items()}
