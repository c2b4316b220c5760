"""What a page is: a name, and the one document that its template and its ``.json`` both show.

Every state of a page is in its URL: ``/NAME?x=y`` is for people, ``/NAME.json?x=y`` for programs. A document is plain
data (what :func:`thence.params.exact.encode` takes), so nothing is on a page that is not in its JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from thence.reading.record import Record
    from thence.store import Calls

__all__ = ["NEWEST", "Asked", "Page", "newest"]

NEWEST: Final = 50_000
"""Calls that are added up for a page unless all are asked for."""


class Asked(NamedTuple):
    """What a page is asked.

    Attributes:
        record: the tract that it is about.
        given: the parameters of the URL.
    """

    record: Record
    given: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        """A parameter, without white space around it."""
        return self.given.get(name, default).strip()


def newest(calls: Calls, asked: Asked) -> tuple[Calls, dict[str, int]]:
    """So many of the newest calls that a page about all of them is there within a second; all, where ``all=1`` says so.

    Returns:
        The calls, and for the document: how many these are, and how many there would be.
    """
    whole = len(calls)
    if asked.text("all") == "1":
        return calls, {"counted": whole, "whole": whole}
    return calls.last(NEWEST), {"counted": min(whole, NEWEST), "whole": whole}


class Page(NamedTuple):
    """One page.

    Attributes:
        name: its path, its template (``NAME.html``) and its module's name.
        title: what it is called in the browser.
        document: makes what it shows. Errors of Thence's own that it raises are shown as such.
        key: the letter after ``g`` that goes there; empty: it stands in no menu, for it needs to be told of what.
    """

    name: str
    title: str
    document: Callable[[Asked], dict[str, Any]]
    key: str = ""
