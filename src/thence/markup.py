"""What notebooks show of Thence's objects: small pieces of HTML, in which everything that somebody said is text.

Nothing is trusted: each value is escaped where it is put in, and no attribute, style or script comes from outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["listed", "preformatted", "table"]

_LONGEST = 4_000  # characters of one text


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "") -> str:
    """A table; cells are text, left-aligned."""
    title = f"<caption>{_text(caption)}</caption>" if caption else ""
    head = "".join(f"<th>{_text(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def listed(facts: Iterable[tuple[str, object]]) -> str:
    """Names and what they are, without those that are not known."""
    rows = "".join(
        f"<tr><th>{_text(name)}</th>{_cell(said)}</tr>" for name, said in facts if said not in (None, "", [])
    )
    return f"<table><tbody>{rows}</tbody></table>"


def preformatted(text: str) -> str:
    """Text with its own lines."""
    return f'<pre style="white-space: pre-wrap">{_text(text)}</pre>'


def _cell(said: object) -> str:
    return f'<td style="text-align: left">{_text(str(said))}</td>'


def _text(text: str) -> str:
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … {len(text) - _LONGEST} more characters"
    return escape(shown.encode("utf-8", "backslashreplace").decode())
