"""What is to be committed, as values, and the rows that it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from thence.errors import ThenceError
from thence.hashing import commit_hash, content_hash
from thence.ingest.rows import content as offer_content
from thence.providers import Canonical, Usage
from thence.providers.canonical import message
from thence.store import schema
from thence.store.batch import Batch
from thence.store.handmade import Tip
from thence.store.identity import new_id
from thence.store.projection import encode
from thence.store.sealing import seal_of
from thence.tract.settings import Settings

__all__ = ["Draft", "Inherited", "Made", "canonical_of", "check_said", "offer_call", "offer_commit"]

Row = dict[str, Any]
_JSON = (str, int, float, bool, type(None))
_ANYTHING = ("payload", "arguments", "parts")  # members of content types that take any JSON


class Draft(NamedTuple):
    """A commit to be: what it says, and what it does. ``target`` is the commit that an edit replaces."""

    canonical: Canonical
    operation: str = "append"
    target: bytes | None = None
    message: str | None = None
    metadata: Mapping[str, Any] | None = None


class Made(NamedTuple):
    """A commit after its parent: its name, its content's, and the content."""

    commit: bytes
    content_hash: bytes
    content: bytes


class Inherited(NamedTuple):
    """Settings that are stored already, with another call: its row, and those of its own parameters."""

    text: str
    row: Mapping[str, Any]
    own: Sequence[Mapping[str, Any]]


def canonical_of(content: Any) -> Canonical:
    """The canonical form of what users commit: a content type, a provider's object, a message as a dict, or text.

    Raises:
        ThenceError: it is none of these, or holds what is no JSON.
    """
    own = getattr(content, "canonical", None)
    try:
        if not callable(own):
            return _canonical_of_message(content)
        check_json([getattr(content, name, None) for name in _ANYTHING])
        found = own()
    except RecursionError as error:
        raise ThenceError("content is nested too deeply", hint="give it as text") from error
    assert isinstance(found, Canonical)
    return found


def _canonical_of_message(content: Any) -> Canonical:
    dump = getattr(content, "model_dump", None)
    value = dump(mode="json", exclude_none=True) if callable(dump) else content
    if isinstance(value, str):
        value = {"role": "user", "content": value}
    if not isinstance(value, Mapping):
        raise ThenceError(
            f"a {type(content).__name__} is no content", hint="give a content type, a message as a dict, or text"
        )
    check_json(value)
    return message("messages", dict(value))


def check_said(text: Any, metadata: Any = None) -> None:
    """Raise ThenceError where a message or note is no text, or metadata no mapping."""
    if text is not None and not isinstance(text, str):
        raise ThenceError(f"a message or note is text, not a {type(text).__name__}", hint="say it in words")
    if metadata is not None and not isinstance(metadata, Mapping):
        raise ThenceError(f"metadata is no {type(metadata).__name__}", hint='give a dict: {"run": 7}')


def check_json(value: Any, depth: int = 100) -> None:
    """Raise ThenceError where a value, or one within it, is none of JSON's."""
    if isinstance(value, Mapping) and depth:
        for name, member in value.items():
            if not isinstance(name, str):
                raise ThenceError(f"{name!r} is no name of a member of JSON", hint="names are text")
            check_json(member, depth - 1)
    elif isinstance(value, (list, tuple)) and depth:
        for item in value:
            check_json(item, depth - 1)
    elif not isinstance(value, _JSON):
        fault = "nested too deeply" if not depth else f"a {type(value).__name__}, which JSON does not have"
        raise ThenceError(f"content holds something {fault}", hint="bytes go in as base64 text, as providers want them")


def offer_commit(batch: Batch, tract: str, draft: Draft, tip: Tip, at: int, config: str | None) -> Made:
    """Put a commit after ``tip``, and its content, into a batch."""
    form = draft.canonical
    content = form.text.encode()
    name = content_hash(content)
    commit = commit_hash(tip.commit, form.content_type, draft.operation, draft.target, name)
    offer_content(batch, tract, name, content)
    batch.add(
        schema.commits,
        tract_id=tract,
        hash=commit,
        parent=tip.commit,
        depth=tip.depth,
        content_type=form.content_type,
        operation=draft.operation,
        edit_target=draft.target,
        content_hash=name,
        role=form.role,
        generation_config_json=config,
        metadata_json=None if draft.metadata is None else dict(draft.metadata),
        message=draft.message,
        produced_at=None if config is None else at,
        created_at=at,
    )
    return Made(commit, name, content)


def offer_call(
    batch: Batch,
    tract: str,
    commit: bytes,
    base: bytes | None,
    at: int,
    settings: Settings | Inherited | None,
    *,
    branch: str,
    origin: str | None,
    usage: tuple[Usage, Any] | None = None,
) -> None:
    """Put the call that stands for settings, or usage, that were given by hand into a batch."""
    call = new_id(at)
    shared: Row = {}
    own: Sequence[Mapping[str, Any]] = ()
    if isinstance(settings, Settings):
        settings.offer(batch, tract)
        shared, own = {**settings.columns, "configuration_hash": settings.name}, settings.own
    elif settings is not None:
        own = settings.own
        shared = {name: settings.row[name] for name in _SHARED}
    tokens: Row = {}
    if usage is not None:
        tokens = {name: getattr(usage[0], name) for name in Usage.__struct_fields__}
        tokens["usage_verbatim"] = usage[1]
    row: Row = {"status": "recorded", "started_at": at, "duration": 0, "operation": "commit", "seam": "hand"}
    row |= {"base": base, "commit_hash": commit, "branch": branch, "callsite": origin, "attempt_count": 0}
    row |= {"configuration_hash": None, "form_hash": None, "envelope_hash": None, "response_hash": None} | shared
    stories = sorted((each["name"], each["record"]) for each in own if not each["path"])
    verbatim = None if usage is None or usage[1] is None else encode(usage[1])
    row["seal"] = seal_of({"id": call, **row}, [commit], stories, verbatim)
    batch.call(tract_id=tract, id=call, **row, **tokens)
    for parameter in own:
        batch.add(schema.call_parameters, tract_id=tract, call_id=call, **parameter)
    batch.add(schema.answers, tract_id=tract, call_id=call, choice=0, position=0, commit_hash=commit)


_SHARED = (
    "configuration_hash",
    "request_model",
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "seed",
    "stream",
)
