"""A tract: one line of context with its branches, to be written, read and compiled.

This is the face; each room behind it does one thing on values that it is given. ``drafting`` and ``settings`` say what
rows a commit comes to, ``making`` commits, ``compiling`` reads lines and remembers them, ``comparing`` compares.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, Literal, overload

from typing_extensions import Self

from thence import ingest
from thence.compile import CompiledContext, CompiledRequest
from thence.errors import NotFound, ThenceError
from thence.hashing import to_text
from thence.params.origins import caller
from thence.query.check import limited
from thence.query.config import config_query
from thence.store import Call, CommitInfo, Store, finding, history
from thence.store.naming import MAIN, branch_of, check_ref, legible, tract_id_of
from thence.store.transactions import Transactions
from thence.tract import compiling, making, moving, requests, revisions
from thence.tract.arrivals import Arrivals
from thence.tract.comparing import Difference, config_changes
from thence.tract.compiling import Compiled
from thence.tract.drafting import Draft, canonical_of, check_said
from thence.tract.making import Place
from thence.tract.revisions import Revision
from thence.tract.settings import Configuration, settings

__all__ = ["Tract"]

Target = Literal["openai", "anthropic", "responses", "litellm"]
Annotation = Literal["pin", "skip", "normal"]


class Tract:
    """One line of context in a store. Safe to share between threads and tasks; made by :meth:`open`.

    A tract works on one branch. Where several writers commit on it at once, each commit comes after the one before it
    and none is lost; a commit's parent may then not be what its writer saw last. A writer who must not find others'
    commits between his own takes a branch, or a :meth:`batch`.
    """

    def __init__(self, store: Store, name: str = MAIN, *, branch: str | None = None, owns: bool = False) -> None:
        self.name = name
        self.id = tract_id_of(name)
        self._store = store
        self._owns = owns
        self._work = Transactions(store)
        self._arrivals = Arrivals(store)
        self._memory = compiling.Memory()
        self._arrivals.take_in()
        self._branch = branch_of(branch) if branch else revisions.current_branch(store, self.id)

    @classmethod
    def open(
        cls, store: Store | str | os.PathLike[str] | None = None, tract: str = MAIN, *, branch: str | None = None
    ) -> Self:
        """Open a tract, which need not have any commits yet.

        Args:
            store: a store, its path or URL, or None: the one of the settings (``store``).
            tract: its name.
            branch: the branch to work on; where the tract's HEAD is, when it is None.

        Raises:
            StoreError: the store can't be opened.
        """
        if isinstance(store, Store):
            return cls(store, tract, branch=branch)
        return cls(ingest.open_store(store), tract, branch=branch, owns=True)

    @property
    def store(self) -> Store:
        """The store that it is in."""
        return self._work.store

    @property
    def current_branch(self) -> str:
        """The branch that it works on."""
        return self._branch

    @property
    def head(self) -> CommitInfo | None:
        """The newest commit of the branch; None where it has none."""
        return next(iter(self.log(limit=1)), None)

    # -- writing

    def commit(
        self,
        content: Any,
        *,
        operation: str = "append",
        message: str | None = None,
        edit_target: Revision | None = None,
        metadata: Mapping[str, Any] | None = None,
        generation_config: Configuration | None = None,
    ) -> CommitInfo:
        """Commit a content after the newest commit of the branch.

        Content that was said there before, by hand or in a recorded call, is the same commit again: what is given with
        it now, a message, metadata or a configuration, then replaces what it had.

        Args:
            content: a type of :mod:`thence.content`, a provider's object, a message as a dict, or a user's text.
            operation: ``append``, or ``edit``: compiled in place of ``edit_target`` from here on.
            message: what the commit is for, in words.
            edit_target: the commit that an edit replaces.
            metadata: any JSON.
            generation_config: the parameters that go with it, whatever a provider calls them, as a dict or a Pydantic
                model, of which the fields that were set. An edit without any has those of what it replaces.

        Raises:
            ThenceError: this can't be committed.
            NotFound: the branch was deleted, or what is edited is not there.
            StoreError: the store can't be written.
        """
        check_said(message, metadata)
        kind = str(getattr(operation, "value", operation)).lower()
        if kind not in ("append", "edit"):
            raise ThenceError(f"{operation!r} is no operation", hint="append, or edit")
        if (kind == "edit") != (edit_target is not None):
            raise ThenceError("an edit needs an edit_target, and nothing else has one")
        origin = caller()
        target = None if edit_target is None else self._commit_of(edit_target)
        draft = Draft(canonical_of(content), kind, target, message, metadata)
        given = None if generation_config is None else settings(generation_config, origin)
        self._take_in()
        row = self._work.write(lambda connection: making.appended(connection, self._place, draft, given, origin))
        return CommitInfo(self.store, row)

    def edit(
        self,
        target: Revision,
        content: Any,
        *,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        generation_config: Configuration | None = None,
    ) -> CommitInfo:
        """Commit ``content`` as the new version of ``target``; see :meth:`commit`."""
        return self.commit(
            content,
            operation="edit",
            edit_target=target,
            message=message,
            metadata=metadata,
            generation_config=generation_config,
        )

    def record_usage(self, usage: Any, generation_config: Configuration | None = None) -> CommitInfo:
        """Put what a call really used on the newest commit of the branch, beside the parameters that produced it.

        Args:
            usage: as a provider gave it: an object of an SDK, or a dict.
            generation_config: the parameters; they replace those that the commit has.

        Raises:
            ThenceError: nothing in ``usage`` counts tokens.
            NotFound: there is no commit.
            StoreError: the store can't be written.
        """
        origin = caller()
        given = None if generation_config is None else settings(generation_config, origin)
        values = making.usage_values(usage)
        self._take_in()
        row = self._work.write(lambda connection: making.used(connection, self._place, values, given, origin))
        return CommitInfo(self.store, row)

    def annotate(self, revision: Revision, kind: Annotation, note: str | None = None) -> None:
        """Say how a commit is compiled, on every branch: ``skip`` leaves it out, ``pin`` keeps it from being skipped,
        ``normal`` takes either back. The newest word counts.

        Raises:
            ThenceError: there is no such annotation, or the commit is pinned and can't be skipped.
            NotFound, AmbiguousRevision: what they say.
        """
        if kind not in ("pin", "skip", "normal"):
            raise ThenceError(f"{kind!r} is no annotation", hint="pin, skip, or normal")
        check_said(note)
        commit = self._commit_of(revision)
        self._work.write(lambda connection: moving.annotated(connection, self.id, commit, kind, note))

    def cherry_pick(self, revision: Revision) -> CommitInfo:
        """Commit what another commit says after the newest of this branch, with its message, metadata and parameters.

        Raises:
            NotFound, AmbiguousRevision: what they say; an edit whose target this branch does not have.
        """
        commit = self._commit_of(revision)
        origin = caller()
        row = self._work.write(lambda connection: making.picked(connection, self._place, commit, origin))
        return CommitInfo(self.store, row)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """``with tract.batch():`` makes all that is done inside one transaction: whole, or nothing of it.

        Until it ends, the store is held: nobody else can write SQLite meanwhile. So no model is called in it. What
        tasks do that are started in it belongs to it, as long as it lasts.
        """
        branch = self._branch
        try:
            with self._work.batch():
                yield
        except BaseException:
            self._branch = branch  # it may have been switched to one that never came to be
            raise

    # -- reading

    def log(self, limit: int | None = None) -> list[CommitInfo]:
        """The commits of the branch, newest first; ``limit`` of them at most.

        Raises:
            QueryError: the limit is less than 0, or no number.
        """
        limit = limited(limit)
        self._take_in()
        stamp = self._work.read(lambda connection: history.stamp(connection, self.id, self._branch))
        if stamp.commit is None:
            return []
        store = self.store
        return store.walk(store.commit(self.id, to_text(stamp.commit)), limit)

    def show(self, revision: Revision = "HEAD") -> CommitInfo | Call:
        """What a revision names: ``HEAD``, ``HEAD~2``, a branch, a tag, the hash of a commit or the id of a call.

        Raises:
            NotFound: nothing.
            AmbiguousRevision: several things.
        """
        self._take_in()
        return revisions.named(self.store, self.id, self._branch, revision)

    @overload
    def compile(self, at: Revision | None = None, *, to: None = None, aggregate: bool = False) -> CompiledContext: ...

    @overload
    def compile(self, at: Revision | None = None, *, to: Target, aggregate: bool = False) -> CompiledRequest: ...

    def compile(
        self, at: Revision | None = None, *, to: Target | None = None, aggregate: bool = False
    ) -> CompiledContext | CompiledRequest:
        """The context that a commit stands for, with edits and annotations applied.

        Args:
            at: the commit; the newest of the branch, where it is None. Of a call, the context that it was asked in.
            to: give the body of a request to that API instead: the context, and the newest parameters in it. Of a
                recorded call to that API, the request as it was sent, byte for byte in ``body``.
            aggregate: put neighbouring messages of one role together.

        Raises:
            NotFound, AmbiguousRevision: what they say.
            ThenceError: there is no such API.
        """
        self._take_in()
        call = requests.call_in(self.store, self.id, at)
        if to is not None:
            requests.check_target(to)
            if call is not None and (recorded := requests.recorded(call, to)) is not None:
                return recorded
        compiled = self._compiled(at if call is None else call.base)
        context = compiled.context(aggregate=aggregate)
        if to is None:
            return context
        return requests.written(to, context.messages, call.generation_config if call else compiled.config)

    def query_by_config(self, *what: Any, limit: int | None = None, newest: bool = True) -> list[CommitInfo]:
        """The commits whose generation config says so, of this tract's every branch.

        ``("temperature", ">", 0.8)``, a list of such, a dict that a configuration must agree with, or a Pydantic model.
        Operators: ``= != > >= < <=``, ``in``, ``not in``, ``between``, ``exists``, ``missing``, ``contains``, ``~``.

        Args:
            what: one of these.
            limit: commits at most.
            newest: the newest first; else the oldest.

        Raises:
            QueryError: it can't be read as a query, or the limit is less than 0.
        """
        where = config_query(*what)
        limit = limited(limit)
        self._take_in()
        now = datetime.now(timezone.utc)

        def found(connection: Any) -> list[Mapping[str, Any]]:
            query = finding.configured(connection, self.id, where, now, newest=newest, limit=limit)
            return [*connection.execute(query).mappings()]

        store = self.store
        return [CommitInfo(store, row) for row in self._work.read(found)]

    def merge_base(self, one: Revision, other: Revision) -> CommitInfo:
        """The newest commit that two have in common.

        Raises:
            NotFound: there is none.
        """
        self._take_in()
        first, second = self._commit_of(one), self._commit_of(other)
        found = self._work.read(lambda connection: finding.common_ancestor(connection, self.id, first, second))
        if found is None:
            raise NotFound(
                f"{one} and {other} have no commit in common", hint="they began apart: compare what they compile to"
            )
        return self.store.commit(self.id, to_text(found))

    def diff(self, one: Revision, other: Revision = "HEAD") -> Difference:
        """What ``other`` has that ``one`` has not, and the reverse.

        Raises:
            NotFound: they have nothing in common.
        """
        base = self.merge_base(one, other)
        store = self.store
        here, there = (store.commit(self.id, to_text(self._commit_of(each))) for each in (one, other))
        beyond = [store.walk(tip, tip.depth - base.depth)[::-1] if tip != base else [] for tip in (here, there)]
        changes = config_changes(here.generation_config, there.generation_config)
        return Difference(base, beyond[0], beyond[1], changes)

    # -- branches and tags

    def branches(self) -> list[str]:
        """The names of the branches, the last moved first."""
        return [row["name"] for row in self.store.refs(self.name) if row["kind"] == "branch"]

    def tags(self) -> list[str]:
        """The names of the tags."""
        return [row["name"] for row in self.store.refs(self.name) if row["kind"] == "tag"]

    def branch(self, name: str, at: Revision = "HEAD", *, switch: bool = False) -> None:
        """Make a branch; ``switch`` works on it from now on.

        Raises:
            Conflict: the name is taken.
            ThenceError: it is no name for a branch.
            NotFound, AmbiguousRevision: there is no such place for it.
        """
        self._add(check_ref(name), "branch", at)
        if switch:
            self.switch(name)

    def tag(self, name: str, at: Revision = "HEAD") -> None:
        """Give a commit a name that does not move. Raises as :meth:`branch` does."""
        self._add(check_ref(name), "tag", at)

    def delete(self, name: str) -> None:
        """Take the name of a branch or tag away; its commits stay.

        Raises:
            NotFound: there is none of this name.
        """
        named = legible(name)
        self._work.write(lambda connection: moving.dropped(connection, self.id, named))

    def switch(self, branch: str) -> None:
        """Work on another branch. It is also where the tract is opened from now on.

        Raises:
            NotFound: there is no such branch.
        """
        self._take_in()
        named = legible(branch)
        self._work.write(lambda connection: moving.headed(connection, self.id, named))
        self._branch = branch

    def reset(self, revision: Revision) -> CommitInfo:
        """Move the branch to another commit. What it leaves stays in the reflog: ``branch@{1}``.

        Raises:
            NotFound, AmbiguousRevision: what they say.
        """
        self._take_in()
        commit = self._commit_of(revision)
        self._work.write(lambda connection: moving.reset(connection, self._place, commit))
        return self.store.commit(self.id, to_text(commit))

    def close(self) -> None:
        """Close the store, if the tract was opened by its path or URL."""
        if self._owns:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Tract {self.name} on {self._branch} in {self._store.url}>"

    @property
    def _place(self) -> Place:
        return Place(self.id, self.name, self._branch)

    def _take_in(self) -> None:
        if not self._work.in_batch:
            self._arrivals.take_in()

    def _commit_of(self, revision: Revision) -> bytes:
        return revisions.commit_of(self.store, self.id, self._branch, revision)

    def _compiled(self, at: Revision | None) -> Compiled:
        """The line of a commit; what is read within a batch is not remembered, for it may never come to be."""
        ref = revisions.ref_in(at, self._branch)
        commit = self._commit_of(at) if ref is None and at is not None else None
        known = compiling.remembered(self._memory, self._work.glance(self.id, ref or self._branch), commit)
        if known is not None:
            return known
        memory = None if self._work.in_batch else self._memory
        found = self._work.read(
            lambda connection: compiling.compiled(connection, self.id, memory, ref or self._branch, commit)
        )
        if found is not None or at is None or ref == self._branch:
            return found or compiling.EMPTY
        commit = self._commit_of(at)
        found = self._work.read(lambda connection: compiling.compiled(connection, self.id, memory, "", commit))
        assert found is not None
        return found

    def _add(self, name: str, kind: str, at: Revision) -> None:
        self._take_in()
        head = isinstance(at, str) and at in ("HEAD", "@") and self.head is None
        commit = None if head and kind == "branch" else self._commit_of(at)
        self._work.write(lambda connection: moving.named(connection, self._place, name, kind, commit))
