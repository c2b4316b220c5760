"""One tract of a store, as everything that shows a record reads it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from typing_extensions import TypeIs

from thence.errors import NotFound, QueryError
from thence.reading.document import call_document, commit_document
from thence.store import Call, CommitInfo
from thence.store.call import REPLAY
from thence.store.naming import branch_of, tract_id_of
from thence.store.revisions import branch_in, head_of

if TYPE_CHECKING:
    from thence.store import Store

__all__ = ["NothingYet", "Record", "check_range", "document", "is_call"]


class NothingYet(NotFound):
    """Nothing was recorded yet ``where`` it would be."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(
            f"no calls yet in {where}",
            hint="wrap a client and make a call: client = thence.wrap(openai.OpenAI())",
        )


class Record:
    """One tract of a store."""

    def __init__(self, store: Store, tract: str) -> None:
        self.store = store
        self.tract = tract
        self._names: dict[str, list[str]] | None = None

    def newest(self, limit: int) -> list[Call]:
        """The newest calls, newest first; at least one.

        Raises:
            NothingYet: there is none.
        """
        calls = list(self.store.calls(self.tract).newest_first(limit))
        if not calls:
            raise NothingYet(f"{self.store.url}, tract {self.tract}")
        return calls

    def find(self, revision: str) -> Call | CommitInfo:
        """What a revision names: a call, or the commit that no call gave.

        Of several calls that gave a commit the newest on the branch that was named counts; else the newest that repeats
        no other, for a replay with an equal answer must not take the place of what it repeats; else the newest.

        Raises:
            NotFound: nothing, or several things.
        """
        found = self.store.resolve(revision, self.tract)
        if is_call(found):
            return found
        calls = self.store.calls_of(found)
        if len(calls) < 2:
            return calls[0] if calls else found
        branch = branch_in(self.store, revision, tract_id_of(self.tract))
        on_branch = (call for call in calls if branch_of(call.branch) == branch)
        first_asked = (call for call in calls if not any(tag.startswith(REPLAY) for tag in call.tags))
        return next(chain(on_branch, first_asked, calls))

    def call(self, revision: str) -> Call:
        """The call that a revision names.

        Raises:
            NotFound: nothing is named so, or a commit that no call gave.
        """
        found = self.find(revision)
        if not is_call(found):
            said = f"{revision} is what the {found.role or 'program'} said: no call gave it"
            raise NotFound(said, hint=f"the answer to it has parameters; thence show {found.short}")
        return found

    def range(self, revision: str) -> list[CommitInfo]:
        """The commits up to a revision, newest first; of ``A..B``, those up to B and not to A. HEAD where one is empty.

        Raises:
            NotFound: what they say.
            QueryError: they are parted otherwise.
        """
        check_range(revision)
        start, dots, end = revision.rpartition("..")
        known = {commit.hash for commit in self._up_to(start or "HEAD")} if dots else set()
        return [commit for commit in self._up_to(end or "HEAD") if commit.hash not in known]

    def _up_to(self, revision: str) -> list[CommitInfo]:
        found = self.store.resolve(revision, self.tract)
        tip = found.commit or found.base if is_call(found) else found
        return self.store.walk(tip) if tip else []

    def context(self, commit: CommitInfo, limit: int) -> list[CommitInfo]:
        """The commits up to ``commit``, oldest first, ``limit`` at most."""
        return self.store.walk(commit, limit)[::-1]

    def commit(self, name: str) -> CommitInfo:
        """A commit by its whole hash."""
        return self.store.commit(tract_id_of(self.tract), name)

    def tips(self) -> list[CommitInfo]:
        """Where branches and tags stand."""
        return [self.commit(row["commit_hash"]) for row in self.store.refs(self.tract) if row["commit_hash"]]

    def names_of(self, commit: CommitInfo | None) -> list[str]:
        """The branches and tags at a commit, HEAD's first."""
        if self._names is None:
            self._names = self._all_names()
        return self._names.get(commit.hash, []) if commit else []

    def _all_names(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        try:
            current, _ = head_of(self.store, tract_id_of(self.tract))
        except NotFound:
            return names
        for row in sorted(self.store.refs(self.tract), key=lambda row: (row["name"] != current, row["name"])):
            if row["commit_hash"]:
                shown = f"HEAD -> {row['name']}" if row["name"] == current else str(row["name"])
                names.setdefault(row["commit_hash"], []).append(shown)
        return names


def check_range(revision: str) -> None:
    """See that there are two dots in ``A..B``: git's three mean something else, which nothing here does.

    Raises:
        QueryError: there are more.
    """
    if "..." in revision:
        raise QueryError(f"{revision}: there is no A...B here", hint="A..B has two dots")


def is_call(found: Call | CommitInfo) -> TypeIs[Call]:
    """Whether a revision named a call."""
    return isinstance(found, Call)


def document(found: Call | CommitInfo, *, whole: bool = False) -> dict[str, Any]:
    """A call or a commit as JSON."""
    return call_document(found, whole=whole) if is_call(found) else commit_document(found)
