"""``thence log --follow``: calls as they end.

A call is shown once, when it has ended. What is still in flight is looked at again, so the place from which on to look
is the beginning of the eldest call that has not ended.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NoReturn

from thence.cli.forms import print_documents
from thence.cli.lines import block, call_line
from thence.cli.record import Record, take_in
from thence.cli.terminal import console
from thence.reading.document import call_document

if TYPE_CHECKING:
    from rich.console import Console

    from thence.store import Call, Calls

__all__ = ["followed"]

SECONDS = 0.5
_IN_FLIGHT = "pending"


def followed(record: Record, calls: Calls, count: int, *, form: str, oneline: bool) -> NoReturn:
    """Print the last ``count`` calls, oldest first, then each that ends; until the process is interrupted."""
    screen = console()
    recent = list(calls.newest_first(count))[::-1]
    shown: set[str] = set()
    while True:
        for call in recent:
            if call.id not in shown and call.status != _IN_FLIGHT:
                shown.add(call.id)
                _print(record, call, screen, form=form, oneline=oneline)
        sys.stdout.flush()
        time.sleep(SECONDS)
        take_in(record.store)
        record = Record(record.store, record.tract)  # whose branches are where they are now
        waiting = [call for call in recent if call.status == _IN_FLIGHT] or recent[-1:]
        recent = list(calls.since(waiting[0].started_at) if waiting else calls)


def _print(record: Record, call: Call, screen: Console, *, form: str, oneline: bool) -> None:
    if form != "table":
        print_documents(form, [call_document(call)])
        return
    refs = record.names_of(call.commit)
    for line in [call_line(call, refs, screen.width)] if oneline else block(call, refs, screen.width):
        screen.print(line, soft_wrap=True)
    if not oneline:
        screen.print()
