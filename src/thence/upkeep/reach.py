"""What holds what: the links of a tract, in memory, and what can be reached along them.

A tract's links are some 200 bytes a row; following them here is the same on every database, and one reading serves
any number of questions.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from thence.hashing import from_text, to_text
from thence.store import exact, schema
from thence.store.projection import decode
from thence.store.raw import Row, bases_in, every_row

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Held", "Links", "along", "links_of", "turned"]

_POINTERS = ("envelope_hash", "response_hash", "surroundings_hash")


@dataclass
class Held:
    """Names of rows."""

    commits: set[bytes] = field(default_factory=set)
    forms: set[bytes] = field(default_factory=set)
    blobs: set[bytes] = field(default_factory=set)
    configurations: set[bytes] = field(default_factory=set)


@dataclass
class Links:
    """The links of one tract.

    Attributes:
        calls: by id, with their pointers.
        answers: the commits that each call answered with.
        parents: of commits; an edit's target counts as one.
        contents: of commits.
        forms, form_contents: likewise of request items.
        bases: of blobs: those that each repeats.
        blank: blobs without a body.
        stories: blobs of each configuration, and of each call's own parameters.
        members: blobs that an envelope, or a commit's generation config, puts in place.
    """

    calls: dict[bytes, Row] = field(default_factory=dict)
    answers: dict[bytes, list[bytes]] = field(default_factory=dict)
    parents: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    contents: dict[bytes, bytes] = field(default_factory=dict)
    forms: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    form_contents: dict[bytes, bytes] = field(default_factory=dict)
    bases: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    blank: set[bytes] = field(default_factory=set)
    stories: dict[bytes, set[bytes]] = field(default_factory=dict)
    members: dict[bytes, set[bytes]] = field(default_factory=dict)
    created: dict[bytes, int] = field(default_factory=dict)

    def own_blobs(self, call: bytes) -> set[bytes]:
        """The blobs that a call names itself, beside those of its context."""
        row = self.calls[call]
        found = {row[name] for name in _POINTERS if row[name] is not None}
        found |= self.members.get(row["envelope_hash"], set()) | self.stories.get(call, set())
        return found | self.stories.get(row["configuration_hash"], set())

    def tips(self, calls: Iterable[bytes]) -> set[bytes]:
        """The commits that calls point at: what they were asked after, and what they answered."""
        found: set[bytes] = set()
        for call in calls:
            row = self.calls[call]
            found.update(name for name in (row["base"], row["commit_hash"]) if name is not None)
            found.update(self.answers.get(call, ()))
        return found

    def held(self, calls: Collection[bytes], commits: Iterable[bytes] = ()) -> Held:
        """All that calls, and commits beside them, reach."""
        held = Held()
        held.commits = along(self.parents, {*self.tips(calls), *commits})
        forms = {self.calls[call]["form_hash"] for call in calls}
        held.forms = along(self.forms, (name for name in forms if name is not None))
        held.configurations = {self.calls[call]["configuration_hash"] for call in calls} - {None}
        blobs = {self.contents[name] for name in held.commits} | {self.form_contents[name] for name in held.forms}
        for call in calls:
            blobs |= self.own_blobs(call)
        for name in held.commits:
            blobs |= self.members.get(name, set())
        held.blobs = along(self.bases, blobs)
        return held


def along(links: Mapping[bytes, tuple[bytes, ...]], seeds: Iterable[bytes]) -> set[bytes]:
    """``seeds``, and all that is reached from them; names that lead nowhere are left out."""
    found: set[bytes] = set()
    waiting = [name for name in seeds if name in links]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(each for each in links[name] if each in links)
    return found


def turned(links: Mapping[bytes, tuple[bytes, ...]]) -> dict[bytes, tuple[bytes, ...]]:
    """The links the other way round."""
    back: dict[bytes, list[bytes]] = {name: [] for name in links}
    for name, targets in links.items():
        for target in targets:
            if target in back:
                back[target].append(name)
    return {name: tuple(sources) for name, sources in back.items()}


def links_of(connection: Connection, tract: str) -> Links:
    """The links of a tract, as they are now."""
    links = Links()
    kept = ("status", "base", "commit_hash", "form_hash", "configuration_hash", "started_at", "duration", *_POINTERS)
    for row in every_row(connection, schema.calls, tract):
        links.calls[row["id"]] = {name: row[name] for name in kept}
    for row in every_row(connection, schema.answers, tract):
        links.answers.setdefault(row["call_id"], []).append(row["commit_hash"])
    for row in every_row(connection, schema.commits, tract):
        name = row["hash"]
        links.parents[name] = tuple(each for each in (row["parent"], row["edit_target"]) if each is not None)
        links.contents[name] = row["content_hash"]
        links.created[name] = row["created_at"]
        if row["generation_config_json"] is not None:
            links.members[name] = _named(row["generation_config_json"])
    _contents(connection, tract, links)
    _envelopes(connection, tract, links)
    return links


def _contents(connection: Connection, tract: str, links: Links) -> None:
    for row in every_row(connection, schema.forms, tract):
        links.forms[row["hash"]] = () if row["parent"] is None else (row["parent"],)
        links.form_contents[row["hash"]] = row["content_hash"]
    for row in every_row(connection, schema.blobs, tract):
        links.bases[row["hash"]] = tuple(from_text(base) for base in bases_in(row))
        if row["body"] is None:
            links.blank.add(row["hash"])
    for table, owner in ((schema.parameters, "configuration_hash"), (schema.call_parameters, "call_id")):
        for row in every_row(connection, table, tract):
            if row["record_hash"] is not None:
                links.stories.setdefault(row[owner], set()).add(row["record_hash"])


def _envelopes(connection: Connection, tract: str, links: Links) -> None:
    names = {row["envelope_hash"] for row in links.calls.values()} - {None} - links.blank
    wanted = sorted(name for name in names if name in links.bases)
    for start in range(0, len(wanted), 500):
        chunk = [to_text(name) for name in wanted[start : start + 500]]
        for name, content in exact.blobs_of(connection, tract, chunk).items():
            try:
                large = decode(content)["large"].values()
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # the bytes of a body that is no text
            links.members[from_text(name)] = {from_text(each) for each in large}


def _named(text: str) -> set[bytes]:
    """The blobs that a generation config names."""
    members: dict[str, Any] = json.loads(text)
    tagged = (each for each in members.values() if isinstance(each, dict) and each.keys() == {"$blob"})
    return {from_text(each["$blob"]) for each in tagged}
