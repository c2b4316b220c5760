"""How exact bytes are packed: as they are, compressed, or as what they add to other blobs.

An answer's body repeats its canonical text, and so does the request's own form of a message. Two codecs make use of it:

``zlib+dict``
    zlib with the base blobs as preset dictionary. Finds any repetition, but deflate looks back 32 KiB at most.
``splice``
    a program of literal bytes and runs copied out of the bases, for bases of any size (a document, an image as
    base64). Only long runs that hold no quotation mark are looked for, each by one search.

Both give nothing back but the exact bytes; the hash of a blob is that of its bytes, however they are packed.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import NamedTuple, Union

import msgspec

__all__ = ["RAW", "Packed", "pack", "unpack"]

RAW = "raw"
_WINDOW = 30_000  # deflate's 32 KiB less its margin
_WORTH = 64  # bytes below which compressing costs more than it saves
_FAST = 1 << 18  # bytes above which speed counts more than the last percent
_RUN = re.compile(rb'[^"]{48,}')

Step = Union[bytes, tuple[int, int, int]]  # literal bytes, or (base, start, length)
_program = msgspec.msgpack.Decoder(list[Step])


class Packed(NamedTuple):
    """Packed bytes and the codec that unpacks them."""

    codec: str
    body: bytes


def pack(content: bytes, bases: Sequence[bytes] = ()) -> Packed:
    """``content`` in the fewest bytes that are cheap to find; ``bases`` is what it likely repeats."""
    if bases:
        if sum(map(len, bases)) <= _WINDOW:
            packer = zlib.compressobj(6, zlib.DEFLATED, 15, 8, zlib.Z_DEFAULT_STRATEGY, b"".join(bases))
            packed = Packed("zlib+dict", packer.compress(content) + packer.flush())
        else:
            packed = Packed("splice", _splice(content, bases))
        if len(packed.body) < len(content):
            return packed
    if len(content) >= _WORTH:
        body = zlib.compress(content, 6 if len(content) < _FAST else 1)
        if len(body) < len(content) * 0.9:
            return Packed("zlib", body)
    return Packed(RAW, content)


def unpack(packed: Packed, bases: Sequence[bytes] = ()) -> bytes:
    """The exact bytes.

    Raises:
        ValueError: the body is damaged, or the codec is not known here.
    """
    codec, body = packed
    try:
        if codec == RAW:
            return body
        if codec == "zlib":
            return zlib.decompress(body)
        if codec == "zlib+dict":
            unpacker = zlib.decompressobj(15, b"".join(bases))
            return unpacker.decompress(body) + unpacker.flush()
        if codec == "splice":
            return _unsplice(body, bases)
    except (zlib.error, msgspec.MsgspecError, IndexError) as error:
        raise ValueError(f"damaged {codec} body: {error}") from error
    raise ValueError(f"unknown codec {codec!r}")


def _splice(content: bytes, bases: Sequence[bytes]) -> bytes:
    program: list[Step] = []
    done = 0
    for run in _RUN.finditer(content):
        for number, base in enumerate(bases):
            start = base.find(run.group())
            if start >= 0:
                program += [content[done : run.start()], (number, start, run.end() - run.start())]
                done = run.end()
                break
    program.append(content[done:])
    return zlib.compress(msgspec.msgpack.encode(program), 6 if len(content) - done < _FAST else 1)


def _unsplice(body: bytes, bases: Sequence[bytes]) -> bytes:
    pieces = []
    for step in _program.decode(zlib.decompress(body)):
        if isinstance(step, bytes):
            pieces.append(step)
        else:
            number, start, length = step
            pieces.append(bases[number][start : start + length])
    return b"".join(pieces)
