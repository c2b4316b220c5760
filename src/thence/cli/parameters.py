"""The parameters of a call on the screen: all of them at a glance, or the whole story of one.

At a glance, a parameter is a row; what it shadowed and where asked, sent and used differ stand below it::

      parameter    value     source       origin
    C temperature  0.9       CALL         app.py:31 main
    F              over 0.7  CONFIG_FILE  thence.toml:4
                   used 0.8  resolved
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from rich.text import Text

from thence.cli.render import badge, cut, place, style_of, value, wrapped
from thence.params import ABSENT, Parameter, ParameterSource, ResolvedConfig
from thence.reading.values import letter

__all__ = ["glance", "story", "summary"]

# What a reader looks for first when two answers differ.
_TELLING: Final = ("temperature", "top_p", "top_k", "min_p", "seed", "max_tokens", "max_completion_tokens", "model")

_NAME: Final = 18
_VALUE: Final = 20  # at least; more where origins are short
_ORIGIN: Final = 30
_WIDEST: Final = 60
_SOURCE: Final = 11


class Row(NamedTuple):
    """One line of the table; ``name`` is empty where the line goes on with the parameter above."""

    name: str
    value: str
    word: str
    origin: str | None
    source: ParameterSource | None = None


def glance(config: ResolvedConfig, width: int, *, everything: bool = False) -> Iterator[Text]:
    """Every parameter, most explicit source first. What only the provider named is one paragraph, unless
    ``everything``.
    """
    chosen, theirs = _apart(config, everything)
    rows = [row for parameter in chosen for row in _rows(parameter)]
    if rows:
        yield from _table([Row("parameter", "value", "source", "origin"), *rows], width)
    confirmed = [p.name for p in chosen if p.sent is not ABSENT and p.used is not ABSENT and p.change != "resolved"]
    if confirmed:
        yield Text()
        yield Text("= the provider says that it used just this:", "blue")
        yield Text(wrapped(confirmed, width, "  "))
    if theirs:
        yield Text()
        yield Text(f"V PROVIDER  nobody asked; the provider says what it used ({len(theirs)})", "blue")
        yield Text(wrapped([f"{cut(p.name, 40)}={value(p.value, 24)}" for p in theirs], width, "  "))


def story(p: Parameter, width: int) -> Iterator[Text]:
    """All that is known of one parameter, in full."""
    lines = [("value", value(p.value, 10_000), badge(p.source), p.origin)]
    lines += [("over", value(c.value, 10_000), badge(c.source), c.origin) for c in p.shadowed]
    yield Text(cut(p.name, width), "bold")
    for word, shown, source, origin in lines:
        yield from _told(word, shown, width)
        yield Text("          ") + source + Text(f"  {place(origin, width - 12 - len(source))}")
    for word in ("asked", "sent", "used"):
        yield from _told(word, value(getattr(p, word), 10_000), width)
    if p.change:
        yield Text(f"  change  {p.change}{f' ({p.alias})' if p.alias else ''}")
    yield Text(f"  state   {p.state}")


def summary(config: ResolvedConfig) -> list[str]:
    """Each parameter that was given, the most telling first, as ``name=value`` and the letter of its source.

    One that was sent under another name stands there under that only.
    """
    ours, _ = _apart(config, everything=False)
    chosen = [p for p in ours if not (p.state == "dropped" and p.change == "renamed" and p.alias in config)]
    chosen.sort(key=lambda p: _TELLING.index(p.name) if p.name in _TELLING else len(_TELLING))
    return [_in_short(p) for p in chosen]


def _in_short(p: Parameter) -> str:
    dropped = " dropped" if p.change == "dropped" else ""
    return f"{cut(p.name, 40)}={value(p.value, 24)} {letter(p.source)}{dropped}"


def _apart(config: ResolvedConfig, everything: bool) -> tuple[list[Parameter], list[Parameter]]:
    """The parameters that somebody on this side gave, and those that only the provider named."""
    ordered = sorted(config.values(), key=lambda p: (p.source, p.name))
    if everything:
        return ordered, []
    ours = [p for p in ordered if p.source < ParameterSource.PROVIDER]
    return ours, ordered[len(ours) :]


def _rows(p: Parameter) -> Iterator[Row]:
    yield Row(p.name, value(p.value, _WIDEST), p.source.name, p.origin, p.source)
    for candidate in p.shadowed:
        yield Row(
            "", f"over {value(candidate.value, _WIDEST)}", candidate.source.name, candidate.origin, candidate.source
        )
    if p.change == "dropped":
        yield Row("", "not sent", p.change, f"as {p.alias}" if p.alias else None)
    elif p.change in ("renamed", "rewritten"):
        yield Row("", f"asked {value(p.asked, _WIDEST)}", p.change, f"as {p.alias}" if p.alias else None)
    if p.used is not ABSENT and p.change == "resolved":
        yield Row("", f"used {value(p.used, _WIDEST)}", p.change, None)


def _table(rows: Iterable[Row], width: int) -> Iterator[Text]:
    rows = list(rows)
    name = min(_NAME, max(len(row.name) for row in rows))
    word = max(_SOURCE, *(len(row.word) for row in rows))
    right = max(len(place(row.origin, _ORIGIN)) for row in rows)
    shown = min(max(_VALUE, width - name - word - right - 8), max(len(row.value) for row in rows))
    left = width - name - shown - word - 8
    for number, row in enumerate(rows):
        style = style_of(row.source) if row.source else "dim"
        line = Text(f"{letter(row.source) if row.source else ' '} ", style)
        if not row.name and not row.origin:  # nothing follows: the value has the room
            said = cut(row.value, width - name - len(row.word) - 6)
            line.append(f"{'':<{name}}  {said:<{shown}}  {row.word}", "dim")
            yield line
            continue
        line.append(f"{cut(row.name, name):<{name}}  ", "bold" if row.source else "")
        line.append(f"{cut(row.value, shown):<{shown}}  ", "" if row.name else "dim")
        line.append(f"{row.word:<{word}}  ", style)
        line.append(place(row.origin, left), "dim")
        line.rstrip()
        yield line if number else Text(line.plain, "dim")


def _told(word: str, shown: str, width: int) -> Iterator[Text]:
    """A word and a value, which goes on in further lines where it is long."""
    room = width - 10
    for start in range(0, max(len(shown), 1), room):
        yield Text(f"  {'' if start else word:<8}{shown[start : start + room]}")
