"""Calls and commits as lines: one for a graph, a few for a log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.text import Text

from thence.cli.parameters import summary
from thence.cli.render import cut, place, wrapped
from thence.reading.facts import call_id, does, model, name_of, tokens
from thence.reading.said import said_by
from thence.reading.values import clock, elapsed

if TYPE_CHECKING:
    from thence.store import Call, CommitInfo

__all__ = ["block", "call_line", "called", "commit_line", "names", "status", "words"]

_STATUS: Final = {"completed": "green", "closed": "yellow", "failed": "bold red", "interrupted": "bold red"}
_WORDS: Final = 26  # cells that what was said gets at least
_DOES: Final = 48  # and a path at most
_MARK: Final = {"user": ">", "assistant": "<", "model": "<", "system": "#", "developer": "#", "tool": "="}


def status(call: Call) -> Text:
    """A call's status, in its colour."""
    return Text(call.status, _STATUS.get(call.status, "yellow"))


def words(commit: CommitInfo, width: int) -> Text:
    """Who said what, on one line."""
    mark = _MARK.get(commit.role or "", "·")
    return Text(f"{mark} ", "dim").append(cut(said_by(commit), width - 2), "default")


def names(refs: list[str]) -> Text:
    """Branches and tags that stand at a commit, as git shows them."""
    return Text(f"({', '.join(refs)}) ", "bold cyan") if refs else Text()


def commit_line(commit: CommitInfo, refs: list[str], calls: list[Call], width: int) -> Text:
    """A commit on one line: its hash, what was said and, for an answer, what made it so."""
    line = Text(f"{commit.short} ", "yellow") + names(refs)
    made = _made(calls, width - line.cell_len - _WORDS) if calls else ""
    room = width - line.cell_len - (len(made) + 2 if made else 0)
    line += words(commit, max(room, 12))
    if made:
        line.append(" " * max(width - line.cell_len - Text(made).cell_len, 2)).append(made, "dim")
    line.truncate(width, overflow="ellipsis")
    return line


def _made(calls: list[Call], width: int) -> str:
    """The newest call's model and as many settings as fit, and how many calls there were if more than one."""
    newest = calls[0]
    made = [f"x{len(calls)}"] if len(calls) > 1 else []
    made.append(cut(newest.request_model or newest.response_model or "-", 20))
    settings = _settings(newest, width - sum(map(len, made)) - 2 * len(made))
    return "  ".join([*made, settings] if settings else made)


def call_line(call: Call, refs: list[str], width: int) -> Text:
    """A call on one line: its name, the model, how it ended where it did not simply complete, the answer, settings."""
    name = name_of(call)
    line = Text(f"{name} ", "yellow") + names(refs)
    operation = "" if call.operation == "chat" else f"{cut(does(call), _DOES)} "
    line += Text(f"{operation}{cut(call.request_model or call.response_model or '-', 24)} ")
    if call.status != "completed":
        line += status(call) + Text(" ")
    made = _settings(call, width - line.cell_len - _WORDS) if call.commit or not call.error else ""
    room = width - line.cell_len - 1 - (len(made) + 2 if made else 0)
    if call.commit:
        line += Text(" ") + words(call.commit, max(room, 12))
    elif call.error:
        line.append(f" {cut(call.error, max(room, 12))}", "dim")
    if made:
        line.append(" " * max(width - line.cell_len - Text(made).cell_len, 2)).append(made, "dim")
    line.truncate(width, overflow="ellipsis")
    return line


def _settings(call: Call, width: int) -> str:
    """As many settings as fit, the most telling first."""
    chosen: list[str] = []
    for setting in summary(call.params):
        if not setting.startswith("model=") and sum(map(len, chosen)) + 2 * len(chosen) + len(setting) <= width:
            chosen.append(setting)
    return "  ".join(chosen)


def called(call: Call, start: str, width: int) -> Text:
    """Operation, provider, model and status after ``start``; a model with a very long name is cut."""
    before, ended = f"{start}{cut(does(call), _DOES)}  {call.provider or '-'}  ", status(call)
    room = max(width - cell_len(before) - 2 - ended.cell_len, _WORDS)
    return Text(f"{before}{cut(model(call), room)}  ") + ended


def block(call: Call, refs: list[str], width: int) -> Iterator[Text]:
    """A call as a few lines: name, model, time and tokens, settings, and the last question with its answer."""
    title = Text("call ", "yellow") + Text(call_id(call), "yellow")
    if call.commit:
        title += Text(f"  commit {call.commit.short} ", "yellow") + names(refs)
    title.rstrip()
    yield title
    yield called(call, "  ", width)
    told = [clock(call.started_at), elapsed(call.duration), tokens(call), place(call.callsite, 40)]
    yield Text(f"  {'  '.join(filter(None, told))}")
    settings = summary(call.params)
    if settings:
        yield Text(wrapped(settings, width, "  "), "dim")
    for commit in (call.base, call.commit):
        if commit:
            yield Text("  ") + words(commit, width - 2)
    if call.error:
        yield Text(f"  ! {cut(call.error, width - 4)}", "red")
