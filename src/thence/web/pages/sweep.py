"""Sweep: one question that was asked with many settings; any of them against what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from thence.reading.sweeping import OUTCOMES, asked_again, newest_sweep

if TYPE_CHECKING:
    from thence.web.page import Asked

__all__ = ["document"]

MOST: Final = 500


def document(asked: Asked) -> dict[str, Any]:
    """The URL says ``rev`` (a call of it; else the newest sweep's), ``x`` and ``y``: what is plotted."""
    rev = asked.text("rev") or newest_sweep(asked.record) or ""
    shown: dict[str, Any] = {"rev": rev, "outcomes": OUTCOMES, "most": MOST, "names": [], "calls": [], "question": None}
    if rev:
        shown |= asked_again(asked.record, asked.record.call(rev), MOST)
    numbers = [name for name in shown["names"] if _is_number(name, shown["calls"])]
    x, y = asked.text("x"), asked.text("y")
    shown["x"] = x if x in numbers or x in OUTCOMES else next(iter(numbers), "output_tokens")
    shown["y"] = y if y in OUTCOMES else "output_tokens" if numbers else "duration"
    return {**shown, "numbers": numbers}


def _is_number(name: str, calls: list[dict[str, Any]]) -> bool:
    """Whether all that a parameter was, where it was anything, are numbers."""
    held = [call["values"][name] for call in calls if call["values"].get(name) is not None]
    return bool(held) and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in held)
