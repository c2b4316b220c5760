"""Calls woven into the history: which commits are new, how the request wrote them, what the call points at.

One :class:`Weaver` lives as long as its store is open in this process. It remembers the newest conversations and the
names of what it wrote, so that a turn costs what is new in it; :meth:`Weaver.forget` voids that memory, which must be
done when a transaction fails or another process has collected garbage.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

from thence import faults
from thence.errors import StoreError, TimeLimit
from thence.ingest import rows
from thence.ingest.reading import LIMIT, Call, Configurations, Settings, answer_of, body_of
from thence.lineage import LOOSE, ROOT, Form, Line, Lines, Point, Step, forms, steps
from thence.providers import UNKNOWN, Answer, Endpoint, Split, find, model_of, split
from thence.store import recall, schema
from thence.store.batch import Batch, Remembered
from thence.store.naming import branch_of, tract_id_of
from thence.store.recall import Followed
from thence.store.refs import Move
from thence.store.relinking import Answered
from thence.store.writing import Woven

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Weaver"]

_COLD = 4  # items of a conversation that is not in memory, above which the store is asked how deep it knows it
_SPEAKING = frozenset({"chat", "text_completion", "generate_content"})
_LINKED = 10_000  # responses and conversations whose answers are remembered
_ANSWERS = 64  # of one conversation


class _Context(NamedTuple):
    """A call's request, as context."""

    base: Point
    chain: Sequence[bytes]
    after: Point
    form: bytes | None
    follows: str | None


class Weaver:
    """Turns calls into rows of a batch.

    Args:
        connect: gives a connection to ask the store with; asked only when memory does not do.
    """

    def __init__(self, connect: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._connect = connect
        self._lines = Lines()
        self._configurations = Configurations()
        self._answered: OrderedDict[tuple[str, str], list[Followed]] = OrderedDict()
        self.remembered = Remembered()

    def forget(self) -> None:
        """Void what is remembered of the store."""
        self._lines.clear()
        self._answered.clear()
        self.remembered.clear()

    def weave(self, batch: Batch, call: Call) -> Woven:
        """Put the rows of a call into a batch. One that can't be understood is stored as far as its frames say.

        Raises:
            StoreError, TimeLimit: the store can't be asked; the call waits in the journal.
        """
        mark = batch.mark()
        try:
            return self._weave(batch, call)
        except (StoreError, TimeLimit):
            raise
        except Exception as error:
            batch.back_to(mark)
            self.forget()
            faults.note("ingest.call", error)
        tract = tract_id_of(call.begin.tract)
        batch.tract(tract, call.begin.tract or tract, call.begin.at)
        batch.call(**rows.pending(tract, call, UNKNOWN, Split((), {}, "")))
        return Woven(tract, call.begin.call_id)

    def _weave(self, batch: Batch, call: Call) -> Woven:
        begin = call.begin
        tract = tract_id_of(begin.tract)
        batch.tract(tract, begin.tract or tract, begin.at)
        endpoint = find(begin.method, begin.url)
        text = body_of(call)
        line = self._lines.find(tract, endpoint, text) if text else None
        cut = split(endpoint, text, line.split if line else None) if text else Split((), {}, "")
        if len(call.request) > LIMIT:
            cut = Split((), cut.params, "")  # its parameters are kept, its text is not
        if call.status == "pending":
            batch.call(**rows.pending(tract, call, endpoint, cut))
            return Woven(tract, begin.call_id)
        answer = answer_of(call, endpoint)
        call = call._replace(status=answer.ending(call.status))
        if endpoint.conversation or endpoint.operation in _SPEAKING:
            context = self._context(batch, tract, call, endpoint, cut, line)
        else:
            context = _Context(ROOT, (), ROOT, rows.loose(batch, tract, cut), None)
        large = rows.large(batch, tract, cut)
        settings = self._configurations.of(call, endpoint, cut, answer, large)
        rows.configuration(batch, tract, settings, cut, large)
        answers = self._answers(batch, tract, call, context, settings, answer)
        tip = answers[0][-1] if answers else None
        row = {
            **rows.facts(batch, tract, call, endpoint),
            **rows.request(batch, tract, call, None if text is None else cut, large),
            **rows.response(batch, tract, call, endpoint, answer, [step for links in answers for step in links]),
            **settings.columns,
            "configuration_hash": settings.name,
            "base": context.base.commit,
            "commit_hash": tip.commit if tip else None,
            "form_hash": context.form,
            "follows": context.follows,
        }
        row["request_model"] = row["request_model"] or model_of(begin.url, begin.method)
        row["seal"] = rows.seal(row, [step.commit for links in answers for step in links], settings)
        batch.call(**row)
        for own in settings.own:
            batch.add(schema.call_parameters, tract_id=tract, call_id=begin.call_id, **own)
        if tip is None:
            base, depth = context.base
            if not (endpoint.conversation and answer.id and base):
                return Woven(tract, begin.call_id)
            self._remember(tract, recall.READ + answer.id, Followed(begin.call_id, base, depth))  # until it is read
            return Woven(tract, begin.call_id, None, Answered(tract, begin.call_id, answer.id, context.follows))
        return self._woven(tract, call, context, answer, answers[0], row["started_at"] + (row["duration"] or 0))

    def _woven(
        self, tract: str, call: Call, context: _Context, answer: Answer, said: Sequence[Step], ended: int
    ) -> Woven:
        """An answered call: what may continue it is remembered, and the branch that it moves is said."""
        begin, tip = call.begin, said[-1]
        followed = Followed(begin.call_id, tip.commit, tip.depth + 1)
        talk = context.follows if context.follows and context.follows.startswith(recall.CONVERSATION) else None
        for name in filter(None, (None if answer.truncated else answer.id, talk)):
            self._remember(tract, name, followed)
        chain = [*context.chain, *(step.commit for step in said)]
        move = Move(tract, branch_of(begin.branch), ended, chain, context.after.commit)
        return Woven(tract, begin.call_id, move, Answered(tract, begin.call_id, answer.id, context.follows))

    def _context(
        self, batch: Batch, tract: str, call: Call, endpoint: Endpoint, cut: Split, line: Line | None
    ) -> _Context:
        """The commits and forms of a request, those that are new as rows."""
        at = call.begin.at
        follows = rows.followed(call, cut)
        after = self._answer(tract, follows, call.begin.call_id) if follows else ROOT
        known = line.shared(cut) if line and not follows else 0
        names = line.commits[:known] if line else []
        written = line.forms[:known] if line else []
        items = cut.items[known:]
        fresh = list(steps(items, Point(names[-1], known) if names else after))
        new = list(forms(items, LOOSE if follows else written[-1] if written else None))
        if line and known and at < line.since:
            batch.earlier(tract, names, at)
        there = self._depth_known(tract, new) if not known and not follows and len(new) > _COLD else 0
        if there:
            batch.earlier(tract, [step.commit for step in fresh[:there]], at)
        for step, form in zip(fresh[there:], new[there:], strict=True):
            rows.commit(batch, tract, step, at)
            rows.form(batch, tract, form, step)
        names += [step.commit for step in fresh]
        written += [form.name for form in new]
        now = Line(cut, after, names, written, at)
        if names and not follows:
            self._lines.keep(tract, endpoint, now, line if line and known == len(line.commits) else None)
        return _Context(now.base, names, after, written[-1] if written else None, follows)

    def _answers(
        self, batch: Batch, tract: str, call: Call, context: _Context, settings: Settings, answer: Answer
    ) -> list[list[Step]]:
        """The answer's commits, a list for each choice."""
        if call.status not in ("completed", "closed") or answer.error or call.end is None:
            return []
        at = call.begin.at + call.end.elapsed
        answers = []
        for choice in answer.choices:
            links = list(steps(choice, context.base))
            for step in links:
                rows.commit(batch, tract, step, at, settings.config)
            if links:
                answers.append(links)
        for number, links in enumerate(answers):
            for position, step in enumerate(links):
                batch.add(
                    schema.answers,
                    tract_id=tract,
                    call_id=call.begin.call_id,
                    choice=number,
                    position=position,
                    commit_hash=step.commit,
                )
        return answers

    def _depth_known(self, tract: str, chain: Sequence[Form]) -> int:
        with self._connect() as connection:
            return recall.depth_known(connection, tract, [form.name for form in chain])

    def _answer(self, tract: str, follows: str, call_id: bytes) -> Point:
        """Where a call goes on from; the root, for as long as that is not known."""
        known = [each for each in self._answered.get((tract, follows), ()) if each.call_id < call_id]
        talk = follows.startswith(recall.CONVERSATION)
        if talk or not known:  # of a response it is all the same; in a conversation, others may have spoken meanwhile
            with self._connect() as connection:
                found = recall.link_of(connection, tract, follows, call_id)
            if found:
                known.append(found)
        if not known:
            return ROOT
        chosen = max(known) if talk else min(known)
        return Point(chosen.commit, chosen.depth)

    def _remember(self, tract: str, name: str, followed: Followed) -> None:
        answers = self._answered.setdefault((tract, name), [])
        answers.append(followed)
        del answers[:-_ANSWERS]
        if len(self._answered) > _LINKED:
            self._answered.popitem(last=False)
