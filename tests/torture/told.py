"""What callers were told: a file of their own, outside Thence, in which each writes before and after every call.

One line is one ``write`` to a file opened for appending, without a sync: it survives ``kill -9`` of its writer, as a
record must. What stands there *after* a call is what the store has to hold.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Log", "Told", "Turn", "told_in"]

SUFFIX = ".told"


@dataclass
class Turn:
    """One call as its caller knows it.

    Attributes:
        series: the thread or task, whose calls came one after the other.
        token: the text that only this call has asked.
        history: the tokens that were asked and answered before, in the same conversation.
        outcome: what the caller was told in the end: ``completed``, ``closed``, ``dropped`` (a stream that was let
            go), ``failed``, ``interrupted``; None where it was told nothing, because it was killed.
        text: the answer, where there was one.
    """

    series: str
    token: str
    history: Sequence[str] = ()
    outcome: str | None = None
    text: str | None = None


@dataclass
class Told:
    """Every call, in the order in which each series made them."""

    turns: dict[str, Turn] = field(default_factory=dict)

    @property
    def acknowledged(self) -> list[Turn]:
        """The calls whose callers were told how they ended."""
        return [turn for turn in self.turns.values() if turn.outcome is not None]

    def series(self) -> dict[str, list[Turn]]:
        """The calls of each thread or task."""
        found: dict[str, list[Turn]] = {}
        for turn in self.turns.values():
            found.setdefault(turn.series, []).append(turn)
        return found


class Log:
    """A writer's file. Threads may share it.

    Args:
        folder: where the files of a round are.
        name: of the writer; a process that writes under a name that was used before goes on with its file.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._fd = os.open(folder / (name + SUFFIX), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)

    def before(self, turn: Turn) -> None:
        """The call is about to be made."""
        self._write(["before", turn.series, turn.token, list(turn.history)])

    def after(self, turn: Turn, outcome: str, text: str | None = None) -> None:
        """The caller was told how it ended."""
        self._write(["after", turn.token, outcome, text])

    def _write(self, line: list[object]) -> None:
        os.write(self._fd, json.dumps(line).encode() + b"\n")


def _lines(folder: Path) -> Iterator[list[object]]:
    for path in sorted(folder.glob("*" + SUFFIX)):
        whole, _, _torn = path.read_bytes().rpartition(b"\n")
        for line in whole.split(b"\n"):
            if line:
                yield json.loads(line)


def told_in(folder: Path) -> Told:
    """What the files of a folder say."""
    told = Told()
    for kind, *rest in _lines(folder):
        if kind == "before":
            series, token, history = rest
            told.turns[str(token)] = Turn(str(series), str(token), [str(each) for each in history])  # type: ignore[attr-defined]
        else:
            token, outcome, text = rest
            turn = told.turns[str(token)]
            turn.outcome, turn.text = str(outcome), None if text is None else str(text)
    return told
