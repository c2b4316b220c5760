"""Column types of the store: hashes, call ids and JSON that no value can break.

Each type stores compact bytes and shows text: a hash is 33 bytes in the database and ``t1:<hex>`` in Python, a call id
16 bytes and a UUID's text. Both accept either form when bound, so that ingest can feed statements with the bytes that
it holds. They are types of one step, not decorators of others: ingest binds millions of values.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import LargeBinary, Text
from sqlalchemy.engine import Dialect

from thence.hashing import from_text, to_text
from thence.store.projection import Encoded, decode, encode

__all__ = ["CallId", "Hash", "Json", "Plain", "plain_text"]

Processor = Callable[[Any], Any]


class _Named(LargeBinary):
    """Bytes that have a text."""

    cache_ok = True
    size: int

    def __init__(self) -> None:
        super().__init__(self.size)

    def bind_processor(self, dialect: Dialect) -> Processor:
        del dialect
        read = self._read
        return lambda value: read(value) if type(value) is str else value

    def literal_processor(self, dialect: Dialect) -> Processor | None:
        del dialect
        return None

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        del dialect, coltype
        write = self._write
        return lambda value: None if value is None else write(bytes(value))

    @staticmethod
    def _read(text: str) -> bytes:
        raise NotImplementedError

    @staticmethod
    def _write(value: bytes) -> str:
        raise NotImplementedError


class Hash(_Named):
    """A versioned sha256: 33 bytes there, ``t1:<hex>`` here."""

    size = 33

    @staticmethod
    def _read(text: str) -> bytes:
        return from_text(text)

    @staticmethod
    def _write(value: bytes) -> str:
        return to_text(value)


class CallId(_Named):
    """A UUIDv7: 16 bytes there, the usual text here. Sorts by time."""

    size = 16

    @staticmethod
    def _read(text: str) -> bytes:
        return uuid.UUID(text).bytes

    @staticmethod
    def _write(value: bytes) -> str:
        return str(uuid.UUID(bytes=value))


class Json(Text):
    """A value as JSON text of :mod:`thence.store.projection`: reads back equal, and every JSON function accepts it."""

    cache_ok = True

    def adapt(self, cls: type[Any], **options: Any) -> Any:  # noqa: D102
        del cls, options  # a driver's own type of text would forget what is done here
        return type(self)()

    def bind_processor(self, dialect: Dialect) -> Processor:  # noqa: D102
        del dialect
        return lambda value: value if value is None or type(value) is Encoded else encode(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:  # noqa: D102
        del dialect, coltype
        return lambda value: None if value is None else decode(value)


class Plain(Text):
    """Text from outside: what PostgreSQL can't hold (NUL, lone surrogates) is escaped with a backslash."""

    cache_ok = True

    def adapt(self, cls: type[Any], **options: Any) -> Any:  # noqa: D102
        del cls, options  # a driver's own type of text would forget what is done here
        return type(self)()

    def bind_processor(self, dialect: Dialect) -> Processor:  # noqa: D102
        del dialect
        return plain_text

    def result_processor(self, dialect: Dialect, coltype: object) -> None:  # noqa: D102
        del dialect, coltype


def plain_text(value: str | None) -> str | None:
    """Text as :class:`Plain` stores it."""
    if value is None or (value.isascii() and "\0" not in value):
        return value
    return value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
