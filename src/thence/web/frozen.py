"""The viewer's pages in one file that opens from disk: nothing is asked of a server, or of anybody.

Every page lies in a ``<template>`` of the file, and a script shows the one that the address names behind its ``#``.
Links go to pages that are in the file; others are no links. The policy in the file's head lets only the scripts and
styles run that are written there, known by their hashes, and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from markupsafe import Markup

from thence.errors import Unavailable
from thence.web.page import Asked, Page
from thence.web.pages import PAGES
from thence.web.pages.log import COUNT
from thence.web.render import body_of, environment, static_file, url

if TYPE_CHECKING:
    from thence.reading.record import Record

__all__ = ["ABSENT", "MOST", "freeze"]

MOST: Final = 5_000
"""Calls that a file holds at most: each is some 10 KB, and a browser reads all of it."""

ABSENT: Final = "#absent"
"""Where a link to a page goes that is not in the file."""

_SCRIPTS: Final = ("theme.js", "uPlot.iife.min.js", "thence.js", "usage.js", "sweep.js", "frozen.js")
_STYLES: Final = ("thence.css", "uPlot.min.css", "frozen.css")
_MENU: Final = ("log", "usage", "sources", "sweep")
_PAGES: Final = {page.name: page for page in PAGES}


class _Frozen(NamedTuple):
    """A page of the file: its place there, what it is, and the parameters that its document is made with."""

    at: str
    page: Page
    given: Mapping[str, str]


def freeze(
    record: Record, destination: str | os.PathLike[str], *, where: str = "", last: int = 500
) -> tuple[Path, int]:
    """Write the pages of a record into a file. It is there, whole, or it is not.

    Args:
        record: the tract.
        destination: the file.
        where: only calls that this query is true of.
        last: the newest of them; at most :data:`MOST`.

    Returns:
        The file, and the number of calls in it.

    Raises:
        QueryError: the query can't be read.
        Unavailable: the file can't be written.
    """
    last = min(last, MOST)
    if where:
        record.store.calls(record.tract).where(where)
    logs = list(_logs(record, where, last))
    rows = [row for _, document in logs for row in document["rows"]]
    path = Path(destination).expanduser().absolute()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            for piece in _file(record, logs, rows, where):
                file.write(piece)
        unfinished.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} can't be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path, len(rows)


def _logs(record: Record, where: str, last: int) -> Iterator[tuple[_Frozen, dict[str, Any]]]:
    """The log in pages, with the document of each."""
    page, before, left = _PAGES["log"], "", last
    while left > 0:
        given = {"q": where, "before": before}
        document = page.document(Asked(record, given))
        document["rows"] = document["rows"][:left]
        left -= COUNT
        document["older"] = document["older"] if left > 0 else None
        yield _Frozen(url("log", **given)[1:], page, given), document
        before = document["older"]
        if not before:
            return


def _rest(rows: list[dict[str, Any]], where: str) -> Iterator[_Frozen]:
    """The pages beside the log: each call, what changed since the one before, and the figures."""
    ids = {row["id"] for row in rows}
    for row in rows:
        yield _named("call", rev=row["id"])
        if row["before"] in ids:
            yield _named("diff", a=row["before"], b=row["id"])
    for name in ("usage", "sources"):
        yield _Frozen(name, _PAGES[name], {"q": where})
    yield _Frozen("sweep", _PAGES["sweep"], {})


def _named(name: str, **given: str) -> _Frozen:
    return _Frozen(url(name, **given)[1:], _PAGES[name], given)


def _file(
    record: Record, logs: list[tuple[_Frozen, dict[str, Any]]], rows: list[dict[str, Any]], where: str
) -> Iterator[str]:
    rest = list(_rest(rows, where))
    places = {page.at for page, _ in logs} | {page.at for page in rest}

    def link(name: str, **given: Any) -> str:
        at = url(name, **given)[1:]
        if name == "log" and at == "log":
            at = logs[0][0].at
        return f"#{at}" if at in places else ABSENT

    def pages() -> Iterator[dict[str, Any]]:
        frame = {"pages": (), "given": {}, "tract": record.tract, "json_at": ABSENT}
        for page, document in logs:
            yield {"at": page.at, "title": page.page.title, "html": body_of(page.page, document, link, frame)}
        for page in rest:
            document = page.page.document(Asked(record, page.given))
            title = page.given.get("rev", "")[:13] or page.page.title
            yield {"at": page.at, "title": title, "html": body_of(page.page, document, link, frame)}

    scripts, styles = ([static_file(name).decode() for name in names] for names in (_SCRIPTS, _STYLES))
    chosen = f" where {where}" if where else ""
    yield from (
        environment()
        .get_template("frozen.html")
        .generate(
            policy=_policy(scripts, styles),
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - files of ours
            styles=[Markup(style) for style in styles],  # noqa: S704 - likewise
            mark=_mark(),
            first=logs[0][0].at,
            menu=[
                {"at": logs[0][0].at if n == "log" else n, "title": _PAGES[n].title, "key": _PAGES[n].key}
                for n in _MENU
            ],
            told=f"{len(rows)} calls{chosen}, {datetime.now().astimezone():%-d %b %Y %H:%M}",
            pages=pages(),
            frame={},
        )
    )


def _mark() -> Markup:
    drawn = static_file("thence.svg").decode()
    return Markup(drawn.replace("<svg ", '<svg width="18" height="18" aria-hidden="true" '))  # noqa: S704 - a file of ours


def _policy(scripts: list[str], styles: list[str]) -> str:
    """Only these may run and be used; nothing may be fetched, sent, or put into a frame."""
    code, looks = (" ".join(map(_hash, texts)) for texts in (scripts, styles))
    return f"default-src 'none'; script-src {code}; style-src {looks}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
