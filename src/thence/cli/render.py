"""How things look on 80 columns: sources, values, places, times, names. Letters say what colours say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from thence.params import ABSENT, ParameterSource
from thence.params.display import shown
from thence.reading.values import letter, narrow
from thence.reading.visible import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["badge", "cut", "place", "plain", "style_of", "value", "wrapped"]

_STYLES: Final = {
    "OVERRIDE": "bold red",
    "CALL": "green",
    "DECORATOR": "cyan",
    "SESSION": "cyan",
    "CLIENT": "cyan",
    "ENV": "yellow",
    "CONFIG_FILE": "yellow",
    "PRESET": "yellow",
    "SDK": "magenta",
    "PROVIDER": "blue",
}
_PLUG_IN: Final = "white"


def style_of(source: ParameterSource) -> str:
    """The colour that stands for a source, where there are colours."""
    return _STYLES.get(source.name, _PLUG_IN)


def badge(source: ParameterSource) -> Text:
    """Letter and name of a source."""
    return Text(f"{letter(source)} {source.name}", style_of(source))


def plain(text: str) -> str:
    """Markdown's marks for code left out."""
    return text.replace("`", "")


def value(of: Any, width: int) -> str:
    """A parameter's value as one line of JSON; a dash where there is none."""
    if type(of) is float:
        of = narrow(of)
    return "-" if of is ABSENT else cut(shown(of, 10 * width), width)


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
