"""Commits, edits and usage made by hand: each one transaction's work, on values that it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from thence.errors import NotFound, ThenceError
from thence.hashing import from_text, short
from thence.providers import Canonical, Usage, usage_of
from thence.store import exact, finding, handmade, queries
from thence.store.batch import Batch, Remembered
from thence.store.handmade import Tip
from thence.store.refs import descends
from thence.tract.drafting import Draft, Inherited, offer_call, offer_commit
from thence.tract.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Place", "appended", "picked", "row_of", "tip_of", "usage_values", "used"]

Row = Mapping[str, Any]
Given = Union[Settings, Inherited, None]
_MODELS = frozenset({"assistant", "model"})


class Place(NamedTuple):
    """Where work is done: a tract's id and name, and the branch that moves."""

    tract: str
    name: str
    branch: str


def tip_of(connection: Connection, place: Place) -> Tip:
    """Where the branch is.

    Raises:
        NotFound: it was deleted.
        ThenceError: it is a tag.
    """
    tip = handmade.tip(connection, place.tract, place.branch)
    if not tip.exists and handmade.kind_of(connection, place.tract, place.branch) == "tag":
        raise ThenceError(
            f"{place.branch} is a tag, which does not move",
            hint=f"make a branch there: tract.branch(NAME, at={place.branch!r}, switch=True)",
        )
    if not tip.exists and finding.last_move(connection, place.tract, place.branch) == "delete":
        raise NotFound(
            f"the branch {place.branch} was deleted",
            hint=f"switch to another, or make it anew: tract.branch({place.branch!r}, at=...)",
        )
    return tip


def row_of(connection: Connection, tract: str, commit: bytes) -> dict[str, Any] | None:
    """The row of a commit; None where there is none."""
    row = connection.execute(queries.named_commits(tract, [commit])).mappings().first()  # type: ignore[list-item]
    return None if row is None else dict(row)


def appended(connection: Connection, place: Place, draft: Draft, settings: Given, origin: str | None) -> Row:
    """Commit a draft on the branch's tip, wherever that is by now; the commit's row.

    Raises:
        NotFound: the branch was deleted, or what is edited is not there.
        ThenceError: what is edited does not stand before the tip.
    """
    tract, branch = place.tract, place.branch
    tip = tip_of(connection, place)
    at = tip.now
    given = settings
    if draft.target is not None:
        target = _editable(connection, tract, tip, draft.target)
        given = settings or _inherited(connection, tract, draft.target)
        draft = draft._replace(target=target)
    batch = Batch(Remembered())
    batch.tract(tract, place.name, at)
    made = offer_commit(batch, tract, draft, tip, at, given.text if given else None)
    known = row_of(connection, tract, made.commit)
    if known and known["produced_at"] is not None and known["produced_at"] >= at:
        at = known["produced_at"] + 1
    if given:
        offer_call(batch, tract, made.commit, tip.commit, at, given, branch=branch, origin=origin)
    batch.write(connection)
    if known:
        handmade.describe(connection, tract, made.commit, message=draft.message, metadata_json=draft.metadata)
        if given:
            handmade.reconfigure(connection, tract, made.commit, given.text, at)
    handmade.move(connection, tract, branch, tip, made.commit, "commit" if draft.target is None else "edit", at)
    row = row_of(connection, tract, made.commit)
    assert row is not None
    return row


def picked(connection: Connection, place: Place, commit: bytes, origin: str | None) -> Row:
    """Commit what another commit says on the branch's tip, with all that was given with it; the new commit's row.

    Raises:
        NotFound: there is no such commit, the branch was deleted, or what is edited is not there.
        ThenceError: what is edited does not stand before the tip.
    """
    row = row_of(connection, place.tract, commit)
    if row is None:
        raise NotFound(f"there is no commit {short(commit)} to pick", hint="thence log")
    text = exact.blobs_of(connection, place.tract, [row["content_hash"]])[row["content_hash"]].decode()
    draft = Draft(
        Canonical(row["content_type"], row["role"], text),
        row["operation"],
        from_text(row["edit_target"]) if row["edit_target"] else None,
        row["message"],
        row["metadata_json"],
    )
    return appended(connection, place, draft, _inherited(connection, place.tract, commit), origin)


def _editable(connection: Connection, tract: str, tip: Tip, target: bytes) -> bytes:
    """The commit that an edit replaces: of an edit, the one that it replaced itself."""
    row = row_of(connection, tract, target)
    if row is None:
        raise NotFound(f"there is no commit {short(target)} to edit", hint="thence log")
    if tip.commit is None or not descends(connection, tract, tip.commit, target):
        raise ThenceError(
            f"{short(target)} does not stand before the tip of the branch", hint="switch to a branch that has it"
        )
    return from_text(row["edit_target"]) if row["edit_target"] else target


def _inherited(connection: Connection, tract: str, commit: bytes) -> Inherited | None:
    """The settings of a commit, for another that says none of its own."""
    row = row_of(connection, tract, commit)
    if row is None or row["generation_config_json"] is None:
        return None
    call = handmade.settings_of(connection, tract, commit)
    if call is None:
        return None
    return Inherited(row["generation_config_json"], call, handmade.parameters_of(connection, tract, call["id"]))


def usage_values(usage: Any) -> tuple[Usage, Any]:
    """The common view of a usage object, and the object itself as JSON.

    Raises:
        ThenceError: nothing in it counts tokens.
    """
    dump = getattr(usage, "model_dump", None)
    verbatim = dump(mode="json", exclude_none=True) if callable(dump) else usage
    if not isinstance(verbatim, Mapping):
        to_dict = getattr(type(usage), "to_dict", None)
        verbatim = to_dict(usage) if callable(to_dict) else dict(getattr(usage, "__dict__", {}))
    view = usage_of(usage)
    if all(getattr(view, name) is None for name in Usage.__struct_fields__):
        raise ThenceError(
            f"nothing in this {type(usage).__name__} counts tokens",
            hint="give the usage of a provider's answer, as an object or as a dict",
        )
    return view, _as_json(verbatim)


def _as_json(value: Any, depth: int = 100) -> Any:
    """A value as JSON has it; what JSON does not have is told in words.

    Raises:
        ThenceError: it is nested too deeply.
    """
    if not depth:
        raise ThenceError("usage is nested too deeply", hint="give the numbers that matter")
    if isinstance(value, Mapping):
        return {str(name): _as_json(member, depth - 1) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(member, depth - 1) for member in value]
    if value is None or isinstance(value, bool):
        return value
    plain = next((kind for kind in (int, float) if isinstance(value, kind)), str)
    return plain(value)


def used(
    connection: Connection, place: Place, usage: tuple[Usage, Any], settings: Settings | None, origin: str | None
) -> Row:
    """Put what a call really used on the branch's tip, with the settings that produced it; the commit's row.

    At an answer, the usage is that of the call which gave it; at anything else, that of a call asked there.

    Raises:
        NotFound: the branch was deleted, or has no commits.
    """
    tract, branch = place.tract, place.branch
    tip = tip_of(connection, place)
    row = row_of(connection, tract, tip.commit) if tip.commit else None
    if tip.commit is None or row is None:
        raise NotFound(f"there is no commit on {branch} that usage could be of", hint="commit something first")
    at = max(tip.now, (row["produced_at"] or 0) + 1)
    answered = row["role"] in _MODELS
    base = (from_text(row["parent"]) if row["parent"] else None) if answered else tip.commit
    batch = Batch(Remembered())
    given = settings or _inherited(connection, tract, tip.commit)
    offer_call(batch, tract, tip.commit, base, at, given, branch=branch, origin=origin, usage=usage)
    batch.write(connection)
    if settings:
        handmade.reconfigure(connection, tract, tip.commit, settings.text, at)
    else:
        handmade.annotate(connection, tract, tip.commit, "usage", None)
    found = row_of(connection, tract, tip.commit)
    assert found is not None
    return found
