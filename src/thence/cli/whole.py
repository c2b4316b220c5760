"""``thence show``: a call with everything that is known of it, or a commit, on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rich.text import Text

from thence.cli.lines import names, status
from thence.cli.parameters import summary
from thence.cli.render import place, value, wrapped
from thence.reading.facts import does, model, name_of, paid, tokens
from thence.reading.said import said_by
from thence.reading.values import clock, elapsed, size_of
from thence.reading.visible import one_line, visible

if TYPE_CHECKING:
    from thence.cli.record import Record
    from thence.store import Call, CommitInfo

__all__ = ["whole_call", "whole_commit"]

CONTEXT: Final = 10  # items of context before the answer


def whole_call(record: Record, call: Call, width: int) -> Iterator[Text]:
    """The call's facts, its parameters at a glance, the context it was asked in, and the answer."""
    title = Text("call ", "yellow") + Text(f"{call.id}  ", "yellow")
    if call.commit:
        title += Text(f"commit {call.commit.short} ", "yellow") + names(record.names_of(call.commit))
    title.rstrip()
    yield title
    yield Text(f"  {does(call)}  {call.provider or '-'}  {model(call)}  ") + status(call)
    for word, told in _facts(call, width):
        yield Text(f"  {word:<10}", "dim").append(told, "default")
    settings = summary(call.params)
    if settings:
        yield Text()
        yield Text("parameters", "bold").append(f"  where from: thence blame {name_of(call)}", "dim")
        yield Text(wrapped(settings, width, "  "))
    context = record.context(call.base, CONTEXT) if call.base else []
    if context:
        yield Text()
        yield Text("context", "bold")
        if context[0].depth:
            yield Text(f"  … {context[0].depth} before these", "dim")
        for commit in context:
            yield from _item(commit)
    for number, choice in enumerate(call.answers):
        yield Text()
        yield Text(f"answer {number + 1} of {len(call.answers)}" if len(call.answers) > 1 else "answer", "bold")
        for commit in choice:
            yield from _item(commit)


def whole_commit(record: Record, commit: CommitInfo, width: int) -> Iterator[Text]:
    """A commit that no call produced: who said it, when, after what."""
    yield Text("commit ", "yellow") + Text(f"{commit.hash} ", "yellow") + names(record.names_of(commit))
    parent = record.commit(commit.parent).short if commit.parent else "none: it is a root"
    yield Text(f"  {'after':<10}", "dim").append(parent, "default")
    yield Text(f"  {'said':<10}", "dim").append(clock(commit.created_at), "default")
    for word, told in _noted(commit, width):
        yield Text(f"  {word:<10}", "dim").append(told, "default")
    yield Text()
    yield from _item(commit)


def _facts(call: Call, width: int) -> Iterator[tuple[str, str]]:
    first = call.time_to_first_chunk
    times = [clock(call.started_at), elapsed(call.duration)]
    if call.streamed and first is not None:
        times.append(f"first chunk after {elapsed(first)}")
    yield "when", "  ".join(times)
    yield from _asked(call, width)
    if tokens(call):
        cached = call.usage.cache_read_input_tokens
        yield "tokens", tokens(call) + (f", {cached} from cache" if cached else "")
        yield "cost", one_line(paid(call))
    if call.finish_reasons:
        yield "finish", one_line(", ".join(call.finish_reasons))
    if call.error:
        yield "error", one_line(call.error)
    if call.sdk:
        yield "sdk", one_line(call.sdk)
    if call.parent_id:
        yield "within", call.parent_id
    if call.trace_id:
        yield "trace", f"{call.trace_id}  span {call.span_id}"
    if call.tags:
        yield "tags", one_line(", ".join(call.tags))
    if call.metadata:
        yield "metadata", value(call.metadata, width - 12)


def _asked(call: Call, width: int) -> Iterator[tuple[str, str]]:
    if call.url:
        yield "request", place(f"{call.method} {call.url}", width - 12)
    elif call.commit:
        yield from _noted(call.commit, width)
    for number, attempt in enumerate(call.attempts, 1):
        told = [str(attempt.status or attempt.error or "no answer"), elapsed(attempt.duration), attempt.request_id]
        yield f"attempt {number}", one_line("  ".join(filter(None, told)))
    if call.response_size and not (call.commit or call.error):
        yield "answer", size_of(call.response_size)
    if call.callsite:
        yield "caller", place(call.callsite, width - 12)


def _noted(commit: CommitInfo, width: int) -> Iterator[tuple[str, str]]:
    """What who made a commit by hand wrote beside it."""
    if commit.message:
        yield "message", one_line(commit.message)
    if commit.metadata:
        yield "metadata", value(commit.metadata, width - 12)


def _item(commit: CommitInfo) -> Iterator[Text]:
    """Who said it, and all of what was said."""
    yield Text(f"  {commit.short} ", "yellow") + Text(one_line(commit.role or commit.content_type), "bold")
    for line in visible(said_by(commit)).splitlines():
        yield Text(f"    {line}")
