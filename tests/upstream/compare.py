"""What differs between a plain and a wrapped run: outcomes of tests, requests on the wire, records."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

__all__ = ["Outcome", "broken", "different_requests", "grouped", "outcomes", "requests", "unrecorded"]

PASSED = ("passed", "xfailed")


class Outcome(NamedTuple):
    """How a test ended, and whether it had a wrapped client."""

    outcome: str
    wrapped: bool
    reason: str
    seconds: float


@dataclass(frozen=True, order=True)
class Request:
    """A request as the mock server wrote it down."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    digest: str
    body: str


def outcomes(path: Path) -> dict[str, Outcome]:
    """The outcomes that the plugin wrote."""
    return {test: Outcome(*found) for test, found in json.loads(path.read_text()).items()}


def requests(path: Path) -> Counter[Request]:
    """The requests that the mock server wrote down."""
    lines = (json.loads(line) for line in path.read_text().splitlines())
    return Counter(Request(m, p, tuple((n, v) for n, v in h), digest, body) for m, p, h, digest, body in lines)


def broken(plain: dict[str, Outcome], wrapped: dict[str, Outcome]) -> dict[str, str]:
    """Tests that pass plain and not wrapped, with the reason."""
    lost = {}
    for test, outcome in plain.items():
        if outcome.outcome in PASSED:
            now = wrapped.get(test)
            if now is None or now.outcome not in PASSED:
                lost[test] = "did not run" if now is None else now.reason or now.outcome
    return lost


def grouped(reasons: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Tests by reason, the most frequent first; addresses and numbers in a reason don't count."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for test, reason in reasons:
        by_reason[re.sub(r"0x[0-9a-f]+|\b\d{3,}\b", "N", reason)[:200]].append(test)
    return sorted(by_reason.items(), key=lambda item: -len(item[1]))


def different_requests(plain: Counter[Request], wrapped: Counter[Request]) -> list[str]:
    """What reached the wire in one run only, as lines: a request of the one beside the like of the other."""
    gone, new = list((plain - wrapped).elements()), list((wrapped - plain).elements())
    said = []
    for request in new:
        like = next((r for r in gone if (r.method, r.path) == (request.method, request.path)), None)
        if like is not None:
            gone.remove(like)
        said.append(f"{request.method} {request.path}: {'extra' if like is None else _difference(like, request)}")
    return said + [f"{request.method} {request.path}: missing" for request in gone]


def _difference(plain: Request, wrapped: Request) -> str:
    one, two = dict(plain.headers), dict(wrapped.headers)
    names = [name for name in sorted({**one, **two}) if one.get(name) != two.get(name)]
    said = [f"{name}: {one.get(name)!r} -> {two.get(name)!r}" for name in names]
    if plain.digest != wrapped.digest:
        said.append(f"body {plain.body[:200]!r} -> {wrapped.body[:200]!r}")
    return "; ".join(said)


def unrecorded(seen: Counter[Request], recorded: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Requests that the mock server saw and no record tells of, by method and path (negative: a record too many)."""
    by_route: Counter[tuple[str, str]] = Counter()
    for request, times in seen.items():
        by_route[request.method, request.path.partition("?")[0]] += times
    by_route.subtract(recorded)
    return Counter({route: times for route, times in by_route.items() if times})
