"""Content encodings of an answer, undone as far as the bytes came.

Nothing is lost of an answer that was broken off: what its bytes decode to is given. Decompression is bounded, so that a
small answer can't become a large one.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any

__all__ = ["DECODED_LIMIT", "decoded"]

DECODED_LIMIT = 256 << 20
"""Bytes that a compressed answer may grow to; beyond, it is not read."""

_LIBRARIES = {"br": ("brotli", "brotlicffi"), "zstd": ("compression.zstd", "backports.zstd", "zstandard")}
"""Whatever an HTTP client may have decoded the answer with."""

_PIECE = 256  # bytes that are decompressed at a time, so that the bound is not passed by far


def decoded(body: bytes, encoding: str | None) -> bytes:
    """The body without its content encodings.

    Raises:
        ValueError: it can't be decompressed, or grows beyond the limit.
        ImportError: no library for its encoding is installed.
    """
    for name in reversed([name.strip().lower() for name in (encoding or "").split(",")]):
        if name in {"", "identity"}:
            continue
        if name in {"gzip", "x-gzip", "deflate"}:
            body = _inflated(body, name)
        elif name in _LIBRARIES:
            body = _by_library(body, name)
        else:
            raise ValueError(f"the answer's encoding {name} is not known")
    return body


def _inflated(body: bytes, name: str) -> bytes:
    for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):  # with a gzip or zlib header; bare, as some servers deflate
        decompressor = zlib.decompressobj(window)
        try:
            plain = decompressor.decompress(body, DECODED_LIMIT)
        except zlib.error as error:
            if window < 0 or name != "deflate":
                raise ValueError(f"the answer's {name} can't be read: {error}") from error
            continue
        if decompressor.unconsumed_tail:
            raise ValueError(f"the answer grows beyond {DECODED_LIMIT} bytes")
        return plain
    raise AssertionError


def _by_library(body: bytes, name: str) -> bytes:
    begin = _decompressor(name)
    decompressor = begin()
    plain: list[bytes] = []
    size = 0
    try:
        for at in range(0, len(body), _PIECE):
            piece = body[at : at + _PIECE]
            while piece:
                plain.append((decompressor.process if name == "br" else decompressor.decompress)(piece))
                size += len(plain[-1])
                piece = b""
                if name == "zstd" and decompressor.eof:  # another frame may follow
                    piece, decompressor = decompressor.unused_data, begin()
            if size > DECODED_LIMIT:
                break
    except Exception as error:
        raise ValueError(f"the answer's {name} can't be read: {error}") from error
    if size > DECODED_LIMIT:
        raise ValueError(f"the answer grows beyond {DECODED_LIMIT} bytes")
    return b"".join(plain)


def _decompressor(name: str) -> Callable[[], Any]:
    """What begins to decompress, of the first library that is installed."""
    for module in _LIBRARIES[name]:
        try:
            library = importlib.import_module(module)
        except ImportError:
            continue
        if name == "br":
            return library.Decompressor  # type: ignore[no-any-return]
        if module == "zstandard":
            return lambda: library.ZstdDecompressor().decompressobj()
        return library.ZstdDecompressor  # type: ignore[no-any-return]
    raise ImportError(f"the answer is {name}-encoded, and none of {', '.join(_LIBRARIES[name])} is installed")
