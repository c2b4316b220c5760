"""Column types of the store: hashes, call ids and JSON that no value can break.

Each type stores compact bytes and shows text: a hash is 33 bytes in the database and ``t1:<hex>`` in Python, a call id
16 bytes and a UUID's text. Both accept either form when bound, so that statements can be fed with the bytes that
ingest already holds.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import LargeBinary, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from thence.hashing import from_text, to_text
from thence.store.projection import decode, encode

__all__ = ["CallId", "Hash", "Json", "Plain"]


class Hash(TypeDecorator[str]):
    """A versioned sha256: 33 bytes there, ``t1:<hex>`` here."""

    impl = LargeBinary(33)
    cache_ok = True

    def process_bind_param(self, value: str | bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002, D102
        return from_text(value) if isinstance(value, str) else value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002, D102
        return None if value is None else to_text(bytes(value))


class CallId(TypeDecorator[str]):
    """A UUIDv7: 16 bytes there, the usual text here. Sorts by time."""

    impl = LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: str | bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002, D102
        return uuid.UUID(value).bytes if isinstance(value, str) else value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002, D102
        return None if value is None else str(uuid.UUID(bytes=bytes(value)))


class Json(TypeDecorator[Any]):
    """A value as JSON text of :mod:`thence.store.projection`: reads back equal, and every JSON function accepts it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002, D102
        return None if value is None else encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002, D102
        return None if value is None else decode(value)


class Plain(TypeDecorator[str]):
    """Text from outside: what PostgreSQL can't hold (NUL, lone surrogates) is escaped with a backslash."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002, D102
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
