"""Recorded calls in a file, and their answers given again without a provider.

A cassette is a segment of a journal (``docs/reference/journal.md``): the frames of the calls that a test made, requests
and answers byte for byte as they went over the wire, secrets replaced. So all of Thence reads it: ``thence import``
brings it into a store.

A request is answered by the first recorded call of the same method, path and body that has not answered one yet. Hosts
don't count, nor do the order of a JSON body's members and the spaces between them. Two requests at once never get the
same call.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from thence import frames, journal
from thence.params import ABSENT
from thence.params.display import shown
from thence.params.origins import place
from thence.providers.exact import loads
from thence.redact import Redactor
from thence.seams.playing import Asked, Played

__all__ = ["Cassette", "Exchange", "Miss", "save"]

_MOST = 12  # differences that are told
_WHOLE = 1 << 40  # bytes: a cassette is one segment


class Miss(AssertionError):
    """A request that no recorded call answers; the message says what differs from the nearest one."""


class Exchange(NamedTuple):
    """A recorded call."""

    begin: frames.Begin
    request: bytes
    end: frames.End
    answer: bytes

    @property
    def path(self) -> str:
        """Path and query of its request."""
        parts = urlsplit(self.begin.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @property
    def played(self) -> Played:
        """Its answer, as a provider gives it."""
        end = self.end
        last = end.attempts[-1] if end.attempts else frames.Attempt(0)
        content = {"content-type": end.content_type, "content-encoding": end.content_encoding}
        headers = {**last.headers, **{name: value for name, value in content.items() if value}}
        return Played(last.status, headers, self.answer, end.error)


class Cassette:
    """The calls of a cassette, each ready to answer once.

    Args:
        path: the file; one that is not there has no calls.
        again: how it is recorded again; part of the message of a miss.
    """

    def __init__(self, path: Path, *, again: str = "") -> None:
        self.path = path
        self.misses: list[str] = []
        self._again = again
        self._lock = threading.Lock()
        self._waiting = list(exchanges(path)) if path.exists() else []
        self._played: dict[tuple[str, str, Any], Exchange] = {}
        self._redact = Redactor(None)

    def answer(self, asked: Asked) -> Played:
        """The answer to a request.

        Raises:
            Miss: no recorded call is left that answers it.
        """
        wanted = (asked.method, asked.path, self._body(asked.body))
        with self._lock:
            key = (*wanted[:2], repr(wanted[2]))
            if asked.is_retry and key in self._played:
                return self._played[key].played
            found = next((each for each in self._waiting if _matches(each, wanted)), None)
            if found is not None:
                self._waiting.remove(found)
                self._played[key] = found
                return found.played
            told = self._told(asked, wanted, is_spent=key in self._played)
            self.misses.append(told)
        raise Miss(told)

    def _body(self, body: bytes | None) -> Any:
        return None if not body else _read(self._redact(body))

    def _told(self, asked: Asked, wanted: tuple[str, str, Any], *, is_spent: bool) -> str:
        lines = [f"{self.path} has no call that answers {asked.method} {asked.path}"]
        alike = [each for each in self._waiting if (each.begin.method, each.path) == wanted[:2]]
        if is_spent:
            lines.append("it has one, which answered a request like this before: the program asks more often now")
        elif alike:
            differing = min((list(_differences(_read(e.request), wanted[2])), n) for n, e in enumerate(alike))
            nearest = alike[differing[1]]
            lines.append(f"from the nearest of {len(alike)}, made at {_where(nearest.begin)}, it differs in")
            lines += [f"  {_line(each, nearest.begin, asked.begin)}" for each in differing[0][:_MOST]]
        elif self._waiting:
            lines.append(
                f"what it has left: {', '.join(sorted({f'{e.begin.method} {e.path}' for e in self._waiting}))}"
            )
        elif not self.path.exists():
            lines.append("the file is not there")
        else:
            lines.append("all that it has is played")
        return "\n".join([*lines, self._again] if self._again else lines)


class _Difference(NamedTuple):
    path: str
    then: str
    now: str


def exchanges(path: Path) -> Iterator[Exchange]:
    """The calls of a segment that have ended, in the order in which they began."""
    begun: dict[bytes, tuple[frames.Begin, bytes]] = {}
    ended: dict[bytes, tuple[frames.End, bytes]] = {}
    for record in journal.read(path):
        frame = frames.decode(record.header)
        if isinstance(frame, frames.Begin):
            begun[frame.call_id] = (frame, record.payload)
        elif isinstance(frame, frames.End):
            ended[frame.call_id] = (frame, record.payload)
    for name, (begin, request) in begun.items():
        if name in ended:
            yield Exchange(begin, request, *ended[name])


def save(folder: Path, path: Path) -> int:
    """Write the calls that a journal's folder has into a cassette, whole or not at all; how many records it has."""
    records = [record for segment in journal.segments(folder) for record in journal.read(segment.path)]
    if not records:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.making")
    writer = journal.Writer(making, segment_size=_WHOLE)
    for record in records:
        writer.append(record.header, record.payload)
    writer.close()
    (segment,) = journal.segments(making)
    segment.path.replace(path)
    making.rmdir()
    return len(records)


def _matches(each: Exchange, wanted: tuple[str, str, Any]) -> bool:
    if (each.begin.method, each.path) != wanted[:2]:
        return False
    return wanted[2] is None or each.begin.body not in ("json", "bytes") or _read(each.request) == wanted[2]


def _read(body: bytes) -> Any:
    try:
        return loads(body.decode())
    except (ValueError, RecursionError):
        return body


def _differences(then: Any, now: Any, path: str = "") -> Iterator[_Difference]:
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for name in [*then, *(name for name in now if name not in then)]:
            inside = f"{path}.{name}" if path else str(name)
            yield from _differences(then.get(name, ABSENT), now.get(name, ABSENT), inside)
    elif isinstance(then, list) and isinstance(now, list):
        for n in range(max(len(then), len(now))):
            one, other = (each[n] if n < len(each) else ABSENT for each in (then, now))
            yield from _differences(one, other, f"{path}[{n}]")
    elif then is not now and (then != now or type(then) is not type(now)):
        yield _Difference(path or "the body", _shown(then), _shown(now))


def _shown(value: Any) -> str:
    return "absent" if value is ABSENT else shown(value.decode("latin-1") if isinstance(value, bytes) else value, 60)


def _line(each: _Difference, then: frames.Begin, now: frames.Begin | None) -> str:
    name = each.path.partition(".")[0].partition("[")[0]
    sources = (_source(then.asked, name), _source(now.asked, name) if now else "")
    return f"{each.path}: recorded {each.then}{sources[0]}, now {each.now}{sources[1]}"


def _source(asked: Iterable[frames.Asked], name: str) -> str:
    """Who asked for a parameter."""
    for layer in asked:
        if name in layer.same or name in layer.values:
            where = layer.origins.get(name, layer.origin)
            return f" ({layer.source} {where})" if where else f" ({layer.source})"
    return ""


def _where(begin: frames.Begin) -> str:
    site = begin.callsite
    return place(site.file, site.line, site.function) if site else "a place unknown"
