"""Revisions as a tract's own: ``HEAD`` is where its branch is, whatever branch others are on."""

from __future__ import annotations

import re
from typing import Union

from thence.errors import NotFound
from thence.hashing import from_text, short
from thence.store import Call, CommitInfo, Store
from thence.store.naming import MAIN, legible
from thence.store.revisions import head_of

__all__ = ["Revision", "commit_of", "current_branch", "named", "ref_in", "spelled"]

Revision = Union[str, CommitInfo, Call]

_HEAD = re.compile(r"(?:HEAD|@)(?=\Z|[~^]|@\{)")
_STEPS = re.compile(r"[~^]|@\{")
_WHOLE = re.compile(r"t\d{1,3}:[0-9a-f]{64}\Z")


def current_branch(store: Store, tract: str) -> str:
    """The branch that the tract's HEAD means; ``main`` where there is nothing yet."""
    try:
        return head_of(store, tract)[0]
    except NotFound:
        return MAIN


def spelled(revision: str, branch: str) -> str:
    """A revision with the branch for ``HEAD``."""
    text = revision.strip()
    if text.startswith(("~", "^", "@{")):
        text = f"HEAD{text}"
    return _HEAD.sub(lambda _: branch, text, count=1)


def ref_in(revision: Revision | None, branch: str) -> str | None:
    """The branch or tag that a revision may be by itself; None where it is something else."""
    if revision is None:
        return branch
    if not isinstance(revision, str) or _WHOLE.match(revision):
        return None
    text = spelled(legible(revision), branch)
    return None if _STEPS.search(text) else text


def named(store: Store, tract: str, branch: str, revision: Revision) -> CommitInfo | Call:
    """What a revision names.

    Raises:
        NotFound: nothing, or something of another tract.
        AmbiguousRevision: several things.
    """
    if isinstance(revision, str):
        return store.resolve(spelled(revision, branch), tract)
    if not isinstance(revision, (CommitInfo, Call)):
        raise NotFound(
            f"a {type(revision).__name__} is no revision", hint='give "HEAD~2", a name, a hash, a commit or a call'
        )
    if revision.tract != tract:
        raise NotFound(
            f"that commit is of the tract {revision.tract}, and this is {tract}",
            hint="open that tract, or commit its content here",
        )
    return revision


def commit_of(store: Store, tract: str, branch: str, revision: Revision) -> bytes:
    """The commit that a revision names; of a call, its answer, or the context that it was asked in.

    Raises:
        NotFound, AmbiguousRevision: as in :func:`named`.
    """
    if isinstance(revision, str) and _WHOLE.match(revision):
        return from_text(revision)
    found = named(store, tract, branch, revision)
    commit = found if isinstance(found, CommitInfo) else found.commit or found.base
    if commit is None:
        raise NotFound(f"the call {short(revision) if isinstance(revision, str) else found} has no commits")
    return from_text(commit.hash)
