"""What an erasure comes to: which commits, contents and items go with the calls that do, and which stay.

Theory. A call repeats its whole conversation, and conversations share beginnings. Erasing a call takes

- its answer, unless another call gave the same one;
- what it was asked with, as far as no other call was asked with it: those that *continue* the call (they hold its
  answer) have no say in that, or no turn of a conversation could ever be erased.

What continues an erased call loses those items from its own request, and its answer's body where that repeats them.
Its parameters are its own and stay. Where a commit is named, its content goes from wherever the tract has it. Names
stay, so that every chain can still be proven.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from thence.errors import NotFound
from thence.hashing import to_text
from thence.params import ResolvedConfig
from thence.store import changing, exact, proof, schema
from thence.store.configuration import config_text, read_parameters
from thence.store.projection import Encoded
from thence.store.raw import every_row
from thence.store.sealing import seal_of
from thence.upkeep.reach import Links, along, links_of, turned

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["commits_of", "erase_rows"]

_TELLING = 8  # characters of a text, from which on other answers are searched for it
_KINDS = frozenset({"role", "type", "name", "status", "media_type", "mime_type", "format", "detail"})
_GIVEN = frozenset({"input", "arguments", "args", "json", "parameters"})  # in which such names are a tool's own


def commits_of(links: Links, calls: Collection[bytes]) -> set[bytes]:
    """The commits that go with calls."""
    foreign = _foreign(links, calls)
    return along(links.parents, links.tips(calls)) - along(links.parents, links.tips(foreign))


def _foreign(links: Links, calls: Collection[bytes]) -> set[bytes]:
    """The calls that continue none of ``calls``."""
    said = {name for call in calls for name in links.answers.get(call, ())}
    later = along(turned(links.parents), said)
    return {call for call, row in links.calls.items() if call not in calls and row["base"] not in later}


def erase_rows(connection: Connection, tract: str, calls: set[bytes], commits: set[bytes], *, everywhere: bool) -> None:
    """Erase calls, and commits with their content; with ``everywhere``, from the commits that stay too."""
    changing.alone(connection, tract)
    links = links_of(connection, tract)
    calls, commits = calls & links.calls.keys(), commits & links.parents.keys()
    others = links.calls.keys() - calls
    kept = {links.contents[name] for name in links.parents.keys() - commits}
    contents = {links.contents[name] for name in commits} - (set() if everywhere else kept)
    forms = {name for name, content in links.form_contents.items() if content in contents}
    forms |= links.held(calls).forms - links.held(_foreign(links, calls)).forms
    touched = _touched(links, others, commits, forms)
    needles = _needles(connection, tract, contents - links.blank)
    going = contents | {name for call in calls for name in links.own_blobs(call)} - _kept_blobs(links, others)
    going |= _telling(connection, tract, {links.calls[call]["response_hash"] for call in touched} - going, needles)
    changing.blank(connection, schema.forms, tract, forms)
    changing.blank(connection, schema.blobs, tract, _with_bases(links, going))
    _drop_configurations(connection, tract, links, calls, others)
    changing.unmark(connection, tract, commits)
    _configure_anew(connection, tract, links, calls, commits)
    changing.drop(connection, schema.call_parameters, tract, "call_id", calls)
    for call in sorted(calls):
        changing.wipe_call(connection, tract, call)
    _silence_errors(connection, tract, touched, needles)


def _touched(links: Links, others: Iterable[bytes], commits: set[bytes], forms: set[bytes]) -> set[bytes]:
    """The calls that stay and hold something of what goes."""
    later = along(turned(links.parents), commits)
    items = along(turned(links.forms), forms)
    return {call for call in others if links.tips([call]) & later or links.calls[call]["form_hash"] in items}


def _kept_blobs(links: Links, others: Iterable[bytes]) -> set[bytes]:
    return along(links.bases, (name for call in others for name in links.own_blobs(call)))


def _with_bases(links: Links, going: set[bytes]) -> set[bytes]:
    """``going``, the blobs that repeat any of it, and what it repeats itself and nothing else does."""
    growing = True
    while growing:
        leaning = {name for name, bases in links.bases.items() if name not in going and going.intersection(bases)}
        going |= leaning
        growing = bool(leaning)
    below = along(links.bases, going) - going
    named = {links.contents[name] for name in links.parents} | set(links.form_contents.values())
    named |= {name for call in links.calls for name in links.own_blobs(call)}
    staying = along(links.bases, (name for name in links.bases if name in named and name not in going))
    return going | (below - staying)


def _needles(connection: Connection, tract: str, names: Iterable[bytes]) -> list[bytes]:
    """The texts in contents, as JSON may write them."""
    found = set()
    for content in exact.blobs_of(connection, tract, [to_text(name) for name in names]).values():
        for text in _texts(json.loads(content)):
            if len(text) >= _TELLING:
                found |= {json.dumps(text)[1:-1].encode(), text.encode("utf-8", "surrogatepass")}
                found.add(json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"))
    return sorted(found)


def _texts(value: Any, given: bool = False) -> Iterator[str]:
    """What is said in a content; of which kind its parts are, and whose, every other answer says, too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member, given)
    elif isinstance(value, dict):
        for name, member in value.items():
            if given or name not in _KINDS or not isinstance(member, str):
                yield from _texts(member, given or name in _GIVEN)


def _telling(connection: Connection, tract: str, names: set[bytes], needles: list[bytes]) -> set[bytes]:
    """The blobs in which one of the texts stands."""
    found = set()
    for name in names - {None} if needles else ():
        try:
            content = exact.blobs_of(connection, tract, [to_text(name)])[to_text(name)]
        except NotFound:
            continue  # erased before
        if any(needle in content for needle in needles):
            found.add(name)
    return found


def _drop_configurations(
    connection: Connection, tract: str, links: Links, calls: Collection[bytes], others: Iterable[bytes]
) -> None:
    """Take the parameters of configurations that no other call has; a size of -1 says that they were erased."""
    gone = {links.calls[call]["configuration_hash"] for call in calls}
    gone -= {links.calls[call]["configuration_hash"] for call in others} | {None}
    changing.drop(connection, schema.parameters, tract, "configuration_hash", gone)
    for name in gone:
        changing.set_columns(connection, schema.configurations, tract, "hash", name, {"size": -1})


def _configure_anew(
    connection: Connection, tract: str, links: Links, calls: Collection[bytes], commits: Collection[bytes]
) -> None:
    """Commits that stay, and whose generation config was an erased call's, get that of the newest call that is left."""
    ended = {call: row["started_at"] + (row["duration"] or 0) for call, row in links.calls.items()}
    givers: dict[bytes, list[bytes]] = {}
    for call, names in links.answers.items():
        for name in names:
            givers.setdefault(name, []).append(call)
    for name in {name for call in calls for name in links.answers.get(call, ())} - set(commits):
        left = [call for call in givers[name] if call not in calls and links.calls[call]["configuration_hash"]]
        newest = max(left, key=lambda call: ended[call], default=None)
        values: dict[str, Any] = {"generation_config_json": None, "produced_at": None}
        if newest is not None:
            config = _config_of(connection, tract, newest, links.calls[newest]["configuration_hash"])
            values = {"generation_config_json": config_text(config.wire(), {}), "produced_at": ended[newest]}
        changing.set_columns(connection, schema.commits, tract, "hash", name, values)


def _config_of(connection: Connection, tract: str, call: bytes, configuration: bytes) -> ResolvedConfig:
    rows = [
        *proof.rows_of_configurations(connection, tract, [configuration]).get(configuration, []),
        *proof.own_parameters(connection, tract, [call]).get(call, []),
    ]
    blobs = exact.blobs_of(connection, tract, [to_text(row["record_hash"]) for row in rows if row["record_hash"]])
    records = (
        blobs[to_text(row["record_hash"])] if row["record_hash"] else row["record"] for row in rows if not row["path"]
    )
    return ResolvedConfig(read_parameters(records))


def _silence_errors(connection: Connection, tract: str, touched: set[bytes], needles: list[bytes]) -> None:
    """Error texts of calls that stay and quote what goes."""
    for row in every_row(connection, schema.calls, tract) if touched and needles else ():
        quoted = (row["error"] or "").encode()
        if row["id"] in touched and any(needle in quoted for needle in needles):
            said = proof.answers_to(connection, tract, [row["id"]]).get(row["id"], [])
            own = proof.own_parameters(connection, tract, [row["id"]]).get(row["id"], [])
            stories = [(each["name"], each["record"]) for each in own if not each["path"]]
            values: dict[str, Any] = {"error": "erased"}
            sealed = proof.as_written({**row, **values})
            usage = None if row["usage_verbatim"] is None else Encoded(row["usage_verbatim"])
            values["seal"] = seal_of(sealed, [each["commit_hash"] for each in said], stories, usage)
            changing.set_columns(connection, schema.calls, tract, "id", row["id"], values)
