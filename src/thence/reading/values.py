"""How sources, numbers and times are written for people: letters say what colours say."""

from __future__ import annotations

import math
import struct
from datetime import datetime
from typing import Final

from thence.params import ParameterSource

__all__ = ["LETTERS", "clock", "counted", "elapsed", "letter", "narrow", "size_of"]

LETTERS: Final = {
    "OVERRIDE": "O",
    "CALL": "C",
    "DECORATOR": "D",
    "SESSION": "S",
    "CLIENT": "L",
    "ENV": "E",
    "CONFIG_FILE": "F",
    "PRESET": "P",
    "SDK": "K",
    "PROVIDER": "V",
}
"""Source -> the letter that stands for it."""

_PLUG_IN: Final = "+"
_LONG: Final = 12  # digits after which a number looks like noise
_LARGEST: Final = 3e38  # of a 32-bit float


def letter(source: ParameterSource) -> str:
    """The one letter that stands for a source."""
    return LETTERS.get(source.name, _PLUG_IN)


def narrow(number: float) -> float:
    """The short number that a provider with 32-bit floats was given: 0.8 where it says 0.800000011920929."""
    if len(repr(number)) > _LONG and math.isfinite(number) and abs(number) < _LARGEST:
        brief = float(f"{number:.7g}")
        if (
            struct.pack("f", brief) == struct.pack("f", number)
            and struct.unpack("f", struct.pack("f", brief))[0] == number
        ):
            return brief
    return number


def clock(moment: datetime) -> str:
    """Local time to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def counted(count: int, name: str) -> str:
    """How many of something: ``1 call``, ``2 calls``."""
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def size_of(count: float) -> str:
    """Bytes with the unit that fits them."""
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def elapsed(seconds: float | None) -> str:
    """A duration with the unit that fits it."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
