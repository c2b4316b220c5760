"""Revisions: what people call a commit or a call.

``HEAD``, ``@``, a branch, a tag; ``~n`` and ``^`` after any of them, for the commits before; ``branch@{n}`` for where a
branch was; the hash of a commit (``t1:...`` or hex digits) or the id of a call, or the beginning of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import LargeBinary, literal, select

from thence.errors import AmbiguousRevision, NotFound
from thence.hashing import VERSION
from thence.query.fields import suggestion
from thence.store import queries
from thence.store.call import Call
from thence.store.naming import legible
from thence.store.records import CommitInfo
from thence.store.schema import calls, commits, refs, tracts

if TYPE_CHECKING:
    from thence.store.store import Store

__all__ = ["branch_in", "call_row", "head_of", "resolve"]

_STEPS = re.compile(r"(?P<name>.*?)(?P<steps>(?:~\d*|\^)*)\Z", re.DOTALL)
_EARLIER = re.compile(r"(?P<name>.*)@\{(?P<count>\d+)\}\Z", re.DOTALL)
_SUFFIX = re.compile(r"(?:[~^]|@\{).*", re.DOTALL)
_HEX = re.compile(r"(?:t1:)?([0-9a-f]{4,64})\Z", re.IGNORECASE)
_SHORTEST = "at least four digits"
_LONGEST = 1_000  # characters
_MOST_STEPS = (1 << 31) - 2  # one more is what an integer of a database holds
_NAMES = 1_000  # branches and tags among which a misspelt one is looked for

Row = Mapping[str, Any]


def resolve(store: Store, revision: str, tract: str) -> Call | CommitInfo:
    """See :meth:`thence.store.store.Store.resolve`."""
    if len(legible(revision)) > _LONGEST:
        raise NotFound(f"{revision[:40]}...: no revision has {len(revision):,} characters", hint="thence log")
    if not revision.strip():  # a shell's variable that nobody set is no HEAD to erase
        raise NotFound("an empty revision names nothing", hint="HEAD is the newest answer")
    parts = _STEPS.match(revision.strip())
    assert parts is not None  # it matches any text
    name, steps = parts["name"] or "HEAD", _count(parts["steps"])
    found = _named(store, name, tract)
    if not steps:
        return found
    commit = found if isinstance(found, CommitInfo) else found.commit or found.base
    line = store.walk(commit, steps + 1) if commit else []
    if len(line) <= steps:
        raise NotFound(f"{revision} is before the first commit", hint="thence log")
    return line[steps]


def head_of(store: Store, tract: str) -> tuple[str, str]:
    """The branch that HEAD means, and the commit that it means.

    A tract's current branch; where nothing was recorded or committed on that, the branch that was moved last.

    Raises:
        NotFound: the tract has no commits yet.
    """
    current = store.rows(select(tracts.c.head).where(tracts.c.tract_id == tract))
    found = [row for row in store.rows(queries.branches(tract)) if row["kind"] == "branch" and row["commit_hash"]]
    if not found or not current:
        raise NotFound("nothing has been recorded here yet", hint="wrap a client, make a call, and look again")
    chosen = next((row for row in found if row["name"] == current[0]["head"]), found[0])
    return chosen["name"], chosen["commit_hash"]


def branch_in(store: Store, revision: str, tract: str) -> str:
    """The branch from which a revision starts: of ``HEAD~2`` the one that HEAD means, of ``main@{1}`` main.

    Of a tag, a hash or an id it is that itself, which no call is recorded on.

    Raises:
        NotFound: it starts from HEAD, and the tract has no commits yet.
    """
    name = _STEPS.sub(r"\g<name>", revision.strip(), count=1)
    earlier = _EARLIER.match(name)
    name = earlier["name"] if earlier else name
    return head_of(store, tract)[0] if name in ("", "HEAD", "@") else name


def call_row(store: Store, prefix: str) -> Row:
    """The row of the one call whose id begins with ``prefix``, with or without hyphens."""
    digits = prefix.replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{4,32}", digits):
        raise NotFound(f"{prefix[:80]!r} is no call's id", hint=f"{_SHORTEST} of one; see thence log")
    found = store.rows(select(calls).where(_between(calls.c.id, digits, 16)).limit(2))
    if not found:
        raise NotFound(f"no call's id begins with {prefix}", hint="thence log")
    if len(found) > 1:
        raise AmbiguousRevision(f"several calls' ids begin with {prefix}", hint="give more digits")
    return found[0]


def _count(steps: str) -> int:
    """How many commits back ``~2^`` is."""
    found = re.findall(r"([~^])(\d*)", steps)
    return min(sum(int(each or 1) if sign == "~" else 1 for sign, each in found), _MOST_STEPS)


def _named(store: Store, name: str, tract: str) -> Call | CommitInfo:
    if name in ("HEAD", "@"):
        return store.commit(tract, head_of(store, tract)[1])
    earlier = _EARLIER.match(name)
    if earlier:
        return _earlier(store, earlier["name"], min(int(earlier["count"]), _MOST_STEPS), tract)
    at = store.rows(select(refs.c.commit_hash).where(refs.c.tract_id == tract, refs.c.name == name))
    if at and at[0]["commit_hash"]:
        return store.commit(tract, at[0]["commit_hash"])
    return _by_digits(store, name, tract)


def _earlier(store: Store, name: str, count: int, tract: str) -> CommitInfo:
    branch = head_of(store, tract)[0] if name in ("", "HEAD", "@") else name
    log = store.rows(queries.moves(tract, branch).limit(count + 1))
    places = [row["new"] for row in log] + ([log[-1]["old"]] if log else [])
    if count >= len(places) or places[count] is None:
        raise NotFound(f"{branch} has not moved {count} times", hint="thence reflog")
    return store.commit(tract, places[count])


def _by_digits(store: Store, name: str, tract: str) -> Call | CommitInfo:
    """The commit or call whose hash or id begins with the digits."""
    found: list[Call | CommitInfo] = []
    if re.fullmatch(r"[0-9a-f]{1,3}", name, re.IGNORECASE):
        raise NotFound(f"{name} is too short", hint=f"{_SHORTEST} of a hash or an id; see thence log")
    digits = _HEX.match(name)
    if digits:
        query = select(commits).where(
            commits.c.tract_id == tract, _between(commits.c.hash, digits[1].lower(), 32, VERSION)
        )
        found += [CommitInfo(store, row) for row in store.rows(query.limit(2))]
    plain = name.replace("-", "").lower()
    if re.fullmatch(r"[0-9a-f]{4,32}", plain):
        query = select(calls).where(calls.c.tract_id == tract, _between(calls.c.id, plain, 16)).limit(2)
        found += [Call(store, row) for row in store.rows(query)]
    if not found:
        suffix = _SUFFIX.search(name)
        if suffix:
            said = f"{name[:80]}: {suffix.group()[:40]} names no place before it"
            raise NotFound(said, hint="~2, ^ and @{1} do")
        raise NotFound(f"no branch, tag, commit or call {name[:80]!r} in {tract}", hint=_hint(store, name, tract))
    if len(found) > 1:
        raise AmbiguousRevision(f"{name} names several commits or calls", hint=f"give more digits: {_many(found)}")
    return found[0]


def _hint(store: Store, name: str, tract: str) -> str:
    """Where a call is whose whole id was given, for that is in no tract twice; else the name that may be meant."""
    whole = name.replace("-", "").lower()
    if re.fullmatch(r"[0-9a-f]{32}", whole):
        for row in store.rows(select(calls.c.tract_id).where(calls.c.id == whole).limit(1)):
            return f"it is in another tract: --tract {row['tract_id']}"
    known = [row["name"] for row in store.rows(select(refs.c.name).where(refs.c.tract_id == tract).limit(_NAMES))]
    return suggestion(name[:80], ["HEAD", *known]) or "thence log"


def _many(found: list[Call | CommitInfo]) -> str:
    """The first of what digits may mean, each with as much of its name as tells them apart."""
    named = [each.id if isinstance(each, Call) else each.hash.partition(":")[2] for each in found]
    size = next((size for size in range(10, 65) if len({name[:size] for name in named}) == len(named)), 64)
    return ", ".join(name[: size + 1] for name in named)


def _between(column: Any, digits: str, size: int, version: bytes = b"") -> Any:
    """That a binary column begins with hex digits: a range, which an index answers."""
    low = version + bytes.fromhex(digits.ljust(size * 2, "0"))
    high = version + bytes.fromhex(digits.ljust(size * 2, "f"))
    return column.between(literal(low, LargeBinary), literal(high, LargeBinary))
