"""The hashes that name things: content, commits, forms, configurations and seals.

A hash is 33 bytes: one byte for the version of the canonical form that was hashed, then a sha256. Its text is
``t1:<64 hex digits>``. The version is part of the name, so that a later canonical form can't split a store in silence.

What is hashed is never ambiguous: a record's domain comes first, then each field with its length before it, and an
absent field is told apart from an empty one. So no two different records share one encoding.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable

__all__ = ["commit_hash", "content_hash", "form_hash", "from_text", "record_hash", "short", "to_text"]

VERSION = b"\x01"
_ABSENT = b"\xff\xff\xff\xff"
_TEXT = re.compile(r"t(\d{1,3}):([0-9a-f]{64})\Z")
_length = struct.Struct(">I").pack


def content_hash(content: bytes) -> bytes:
    """The name of exact bytes."""
    return VERSION + hashlib.sha256(content).digest()


def record_hash(domain: str, fields: Iterable[bytes | None]) -> bytes:
    """The name of a record of ``fields`` in the given ``domain``."""
    parts = [domain.encode(), b"\n"]
    for field in fields:
        if field is None:
            parts.append(_ABSENT)
        else:
            parts += (_length(len(field)), field)
    return VERSION + hashlib.sha256(b"".join(parts)).digest()


def commit_hash(
    parent: bytes | None, content_type: str, operation: str, edit_target: bytes | None, content: bytes
) -> bytes:
    """The name of a commit: what was said, after what. ``content`` is the content's hash."""
    return record_hash("thence.commit", (parent, content_type.encode(), operation.encode(), edit_target, content))


def form_hash(parent: bytes | None, text: bytes) -> bytes:
    """The name of a request item in its exact form, after the exact forms before it."""
    return record_hash("thence.form", (parent, hashlib.sha256(text).digest()))


def to_text(name: bytes) -> str:
    """``t1:<hex>`` of a hash."""
    return f"t{name[0]}:{name[1:].hex()}"


def from_text(text: str) -> bytes:
    """The hash of ``t1:<hex>``.

    Raises:
        ValueError: the text is no hash.
    """
    found = _TEXT.match(text)
    if not found:
        raise ValueError(f"{text[:80]!r} is no hash of the form t1:<64 hex digits>")
    return bytes([int(found[1])]) + bytes.fromhex(found[2])


def short(name: bytes | str, digits: int = 10) -> str:
    """The first hex digits of a hash, as people read and type them."""
    return (to_text(name) if isinstance(name, bytes) else name).partition(":")[2][:digits]
