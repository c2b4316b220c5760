"""How things look on 80 columns: sources, values, places, times, names. Letters say what colours say."""

from __future__ import annotations

import math
import struct
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from thence.cli.terminal import one_line
from thence.params import ABSENT, ParameterSource
from thence.params.display import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["badge", "clock", "cut", "elapsed", "letter", "place", "plain", "short", "style_of", "value", "wrapped"]

_LETTERS: Final = {
    "OVERRIDE": ("O", "bold red"),
    "CALL": ("C", "green"),
    "DECORATOR": ("D", "cyan"),
    "SESSION": ("S", "cyan"),
    "CLIENT": ("L", "cyan"),
    "ENV": ("E", "yellow"),
    "CONFIG_FILE": ("F", "yellow"),
    "PRESET": ("P", "yellow"),
    "SDK": ("K", "magenta"),
    "PROVIDER": ("V", "blue"),
}
_PLUG_IN: Final = ("+", "white")

_LONG: Final = 12  # digits after which a number looks like noise
_LARGEST: Final = 3e38  # of a 32-bit float


def letter(source: ParameterSource) -> str:
    """The one letter that stands for a source."""
    return _LETTERS.get(source.name, _PLUG_IN)[0]


def style_of(source: ParameterSource) -> str:
    """The colour that stands for a source, where there are colours."""
    return _LETTERS.get(source.name, _PLUG_IN)[1]


def badge(source: ParameterSource) -> Text:
    """Letter and name of a source."""
    return Text(f"{letter(source)} {source.name}", style_of(source))


def plain(text: str) -> str:
    """Markdown's marks for code left out."""
    return text.replace("`", "")


def value(of: Any, width: int) -> str:
    """A parameter's value as one line of JSON; a dash where there is none."""
    if type(of) is float:
        of = _narrow(of)
    return "-" if of is ABSENT else cut(shown(of, 10 * width), width)


def _narrow(number: float) -> float:
    """The short number that a provider with 32-bit floats was given: 0.8 where it says 0.800000011920929."""
    if len(repr(number)) > _LONG and math.isfinite(number) and abs(number) < _LARGEST:
        brief = float(f"{number:.7g}")
        if (
            struct.pack("f", brief) == struct.pack("f", number)
            and struct.unpack("f", struct.pack("f", brief))[0] == number
        ):
            return brief
    return number


def cut(text: str, width: int) -> str:
    """``text`` on one line of at most ``width`` cells, with an ellipsis where something was left out."""
    line = one_line(text)
    return line if cell_len(line) <= width else set_cell_size(line, width - 1).rstrip() + "…"


def place(origin: str | None, width: int) -> str:
    """An origin in at most ``width`` cells, paths below the working directory relative to it.

    The line number is kept longest: first the function goes, then the folders.
    """
    line = one_line(origin or "").removeprefix(f"{Path.cwd()}/")
    if cell_len(line) <= width:
        return line
    file, *words = line.split(" ")
    for count in range(len(words), -1, -1) if "/" in file else ():
        for path in (file, f"…/{file.rpartition('/')[2]}"):
            shorter = " ".join([path, *words[:count]])
            if cell_len(shorter) <= width:
                return shorter
    return "…" + line[len(line) - width + 1 :]


def short(name: str) -> str:
    """The first digits of a hash or a call's id: enough to name it by."""
    return name.rpartition(":")[2].replace("-", "")[:10] if ":" in name else name


def clock(moment: datetime) -> str:
    """Local time to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def elapsed(seconds: float | None) -> str:
    """A duration with the unit that fits it."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def wrapped(words: Iterable[str], width: int, indent: str) -> str:
    """``words`` set in lines of at most ``width`` cells, each after ``indent``."""
    lines, line = [], ""
    for word in words:
        if line and cell_len(indent) + cell_len(line) + 2 + cell_len(word) > width:
            lines.append(indent + line)
            line = word
        else:
            line = f"{line}  {word}" if line else word
    return "\n".join([*lines, indent + line] if line else lines)
