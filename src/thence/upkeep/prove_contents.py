"""Proof of what is named by its bytes: blobs, request items, commits, configurations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from thence.errors import ThenceError
from thence.hashing import commit_hash, content_hash, form_hash, to_text
from thence.params import ResolvedConfig
from thence.params.exact import same
from thence.store import exact, proof, schema
from thence.store.configuration import read_config, read_parameters, rows_of
from thence.store.packing import Packed, unpack
from thence.store.raw import Row, bases_in, pages
from thence.upkeep.findings import Finding

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["blobs", "commits", "configs", "expected_rows", "faulted", "forms", "rows_differ"]

_PAGE = 200
_NOTHING = ResolvedConfig()


def blobs(connection: Connection, tract: str) -> Iterator[Finding]:
    """Contents that are not the bytes that they are named after."""
    for page in pages(connection, schema.blobs, tract, _PAGE):
        known = _contents(connection, tract, (base for row in page for base in bases_in(row)))
        for row in page:
            if row["body"] is None:
                continue  # erased: its name is all there is
            fault = _blob_fault(row, known)
            if fault:
                yield Finding("blob", to_text(row["hash"]), fault, tract=tract)


def _blob_fault(row: Row, known: dict[str, bytes]) -> str | None:
    try:
        content = unpack(Packed(row["codec"], row["body"]), [known[base] for base in bases_in(row)])
    except (ValueError, KeyError, IndexError) as error:
        return f"can't be unpacked: {error}"
    if content_hash(content) != row["hash"]:
        return "is not the content that it is named after"
    return None if len(content) == row["size"] else f"is said to have {row['size']} bytes, and has {len(content)}"


def forms(connection: Connection, tract: str) -> Iterator[Finding]:
    """Request items that are not the texts that they are named after."""
    for page in pages(connection, schema.forms, tract, _PAGE):
        known = _contents(connection, tract, (to_text(row["content_hash"]) for row in page))
        for row in page:
            if row["body"] is None:
                continue
            base = known.get(to_text(row["content_hash"]))
            try:
                text = unpack(Packed(row["codec"], row["body"]), [] if base is None else [base])
                fault = (
                    None if form_hash(row["parent"], text) == row["hash"] else "is not the text that it is named after"
                )
            except ValueError as error:
                fault = f"can't be unpacked: {error}"
            if fault:
                yield Finding("form", to_text(row["hash"]), fault, tract=tract)


def commits(connection: Connection, tract: str) -> Iterator[Finding]:
    """Commits that are not what they are named after, or that say what no call of theirs does."""
    configurations: dict[bytes, ResolvedConfig | None] = {}
    for page in pages(connection, schema.commits, tract, _PAGE):
        for row in page:
            named = commit_hash(
                row["parent"], row["content_type"], row["operation"], row["edit_target"], row["content_hash"]
            )
            if named != row["hash"]:
                yield Finding("commit", to_text(row["hash"]), "is not what it is named after", tract=tract)
        said = [row for row in page if row["generation_config_json"] is not None]
        yield from _generation_configs(connection, tract, said, configurations)
    for name in proof.broken_depths(connection, tract):
        yield Finding("commit", to_text(name), "does not stand where its depth says", tract=tract)


def _generation_configs(
    connection: Connection, tract: str, page: list[Row], configurations: dict[bytes, ResolvedConfig | None]
) -> Iterator[Finding]:
    names = [row["hash"] for row in page]
    produced = proof.producers(connection, tract, names) if names else {}
    callers = [call for calls in produced.values() for call in calls]
    _load(connection, tract, {call["configuration_hash"] for call in callers}, configurations)
    own = proof.own_parameters(connection, tract, [call["id"] for call in callers])
    for row in page:
        named = [configurations.get(call["configuration_hash"], _NOTHING) for call in produced.get(row["hash"], ())]
        if None in named:
            continue  # what the call was asked with is told of itself
        stories = [own.get(call["id"], ()) for call in produced.get(row["hash"], ())]
        fault = faulted(partial(_config_fault, connection, tract, row["generation_config_json"], named, stories))
        if fault:
            yield Finding("commit", to_text(row["hash"]), fault, tract=tract)


def _config_fault(
    connection: Connection, tract: str, text: str, shared: Iterable[ResolvedConfig | None], own: Iterable[Iterable[Row]]
) -> str | None:
    if json.dumps(json.loads(text), separators=(",", ":")) != text:
        return "its generation config is not written as it was"
    config = read_config(text, lambda name: exact.blobs_of(connection, tract, [name])[name])
    sent = (
        ResolvedConfig([*(one or {}).values(), *_stories(rows)]).wire() for one, rows in zip(shared, own, strict=True)
    )
    if not any(same(config, each) for each in sent):
        return "its generation config is not that of the call that gave it"
    return None


def configs(connection: Connection, tract: str) -> Iterator[Finding]:
    """Configurations that are not what they are named after, or whose rows do not repeat their stories."""
    for page in pages(connection, schema.configurations, tract, _PAGE):
        rows = proof.rows_of_configurations(connection, tract, [row["hash"] for row in page])
        long = (to_text(row["record_hash"]) for each in rows.values() for row in each if row["record_hash"])
        blobs = _contents(connection, tract, long)
        for row in page:
            mine = rows.get(row["hash"], [])
            fault = None if row["size"] < 0 else faulted(partial(_configuration_fault, row, mine, blobs))  # -1: erased
            if fault:
                yield Finding("configuration", to_text(row["hash"]), fault, tract=tract)


def _configuration_fault(row: Row, mine: list[Row], blobs: dict[str, bytes]) -> str | None:
    found = _told(mine, blobs)
    if found is None:
        return None  # that content is told of itself
    if content_hash(ResolvedConfig(found).to_json().encode()) != row["hash"] or len(found) != row["size"]:
        return "is not what it is named after"
    return rows_differ(mine, [each for parameter in found for each in rows_of(parameter)[0]])


def _told(rows: Iterable[Row], blobs: dict[str, bytes]) -> list[Any] | None:
    """The parameters that rows tell of; None where a content that one stands in can't be read."""
    whole = [row for row in rows if not row["path"]]
    if any(row["record_hash"] and to_text(row["record_hash"]) not in blobs for row in whole):
        return None
    return read_parameters(blobs[to_text(row["record_hash"])] if row["record_hash"] else row["record"] for row in whole)


def faulted(work: Callable[[], str | None]) -> str | None:
    """What ``work`` finds wrong; where damaged bytes break it off, that."""
    try:
        return work()
    except Exception as error:
        return f"can't be read: {type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def expected_rows(own: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows that parameters kept with a call come to; their stories stand in them, however long."""
    expected = []
    for parameter in _stories(own):
        rows, story = rows_of(parameter)
        if story:
            rows[0].update(record=story[1], record_hash=None)
        expected += rows
    return expected


def rows_differ(found: Iterable[Row], expected: Iterable[Row]) -> str | None:
    """What is wrong with parameter rows; None where they are those that are expected."""
    here = {(row["name"], row["path"]): row for row in found}
    there = {(row["name"], row["path"]): row for row in expected}
    if here.keys() != there.keys():
        return f"has not the rows that it should: {min(here.keys() ^ there.keys())[0]}"
    for key, row in there.items():
        for column, value in row.items():
            if here[key][column] != value:
                return f"{column} of its row {key[0]}{key[1]} is not what its story says"
    return None


def _stories(rows: Iterable[Row]) -> list[Any]:
    return read_parameters(row["record"] for row in rows if not row["path"])


def _load(
    connection: Connection, tract: str, names: set[bytes | None], known: dict[bytes, ResolvedConfig | None]
) -> None:
    if len(known) > 1000:
        known.clear()
    wanted = [name for name in names if name is not None and name not in known]
    for name, rows in proof.rows_of_configurations(connection, tract, wanted).items():
        blobs = _contents(connection, tract, (to_text(row["record_hash"]) for row in rows if row["record_hash"]))
        try:
            told = _told(rows, blobs)
        except Exception:  # damaged, which :func:`configs` says
            told = None
        known[name] = None if told is None else ResolvedConfig(told)


def _contents(connection: Connection, tract: str, names: Iterable[str]) -> dict[str, bytes]:
    """Blobs that can be read, by name."""
    wanted = set(names)
    try:
        return exact.blobs_of(connection, tract, wanted)
    except ThenceError:
        found: dict[str, bytes] = {}
        for name in wanted:
            try:
                found |= exact.blobs_of(connection, tract, [name])
            except ThenceError:
                continue  # its own row is told of; here it is only missing
        return found
