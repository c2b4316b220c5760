"""When a parameter changed on a branch, and what changed it: ``thence blame --history NAME``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rich.text import Text

from thence.cli.render import cut, place, style_of, value
from thence.params import Parameter
from thence.params.exact import same
from thence.reading.document import call_document, parameters_document
from thence.reading.facts import call_id
from thence.reading.values import clock, letter
from thence.store import Call

__all__ = ["Change", "changes", "changes_document", "changes_lines"]


class Change(NamedTuple):
    """From ``call`` on, the parameter was ``now`` (None: it was not set) for ``calls`` calls."""

    call: Call
    now: Parameter | None
    calls: int


def changes(calls: Iterable[Call], name: str) -> list[Change]:
    """Each value or place that a parameter had over ``calls`` (newest first), newest first."""
    found: list[Change] = []
    for call in calls:
        now = call.params.get(name)
        if found and _alike(now, found[-1].now):
            found[-1] = Change(call, now, found[-1].calls + 1)
        else:
            found.append(Change(call, now, 1))
    return found


def _alike(one: Parameter | None, other: Parameter | None) -> bool:
    if one is None or other is None:
        return one is other
    return same(one.value, other.value) and (one.source, one.origin) == (other.source, other.origin)


def changes_document(found: Iterable[Change], name: str) -> list[dict[str, Any]]:
    """As JSON."""
    return [
        {
            "since": call_document(each.call)["id"],
            "started_at": each.call.started_at.isoformat(),
            "calls": each.calls,
            "parameter": parameters_document(each.call.params).get(name),
        }
        for each in found
    ]


def changes_lines(found: Iterable[Change], width: int) -> Iterator[Text]:
    """On the screen: since which call and when, for how many calls, what it was and who said so."""
    head = f"  {'since':<13}  {'calls':>5}  {'value':<16}  {'source':<11}  origin"
    yield Text(head, "dim")
    for each in found:
        now = each.now
        line = Text(f"{letter(now.source) if now else ' '} ", style_of(now.source) if now else "dim")
        line.append(f"{call_id(each.call):<13}  ", "yellow")
        line.append(f"{each.calls:>5}  ")
        line.append(f"{cut(value(now.value, 16) if now else 'not set', 16):<16}  ", "bold" if now else "dim")
        line.append(f"{now.source.name if now else '-':<11}  ", style_of(now.source) if now else "dim")
        line.append(place(now.origin if now else None, width - len(head) + 6), "dim")
        line.rstrip()
        yield line
        yield Text(f"  {clock(each.call.started_at)}", "dim")
