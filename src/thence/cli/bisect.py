"""``thence bisect run``: the call on a branch since which a check fails."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import rich_click as click

from thence.cli.options import as_json, store_options

if TYPE_CHECKING:
    from rich.text import Text

    from thence.reading.bisecting import Found, Verdict
    from thence.reading.record import Record

__all__ = ["bisect"]

UNSURE = 1
SKIP = 125
STOPPED = 128  # from here on an exit code says that the check itself came to an end that it did not want


@click.command()
@click.argument("run", type=click.Choice(["run"]), metavar="run")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD")
@click.option("--good", required=True, metavar="REV", help="A call whose outcome was as it should be.")
@click.option("--bad", default="HEAD", show_default=True, metavar="REV", help="A later one whose outcome was not.")
@click.option("--branch", metavar="NAME", help="Whose calls in between are asked about; that of --bad unless given.")
@click.option("--where", metavar="EXPR", help="Only calls that EXPR is true of; as in thence query.")
@click.option("--every", is_flag=True, help="Ask of every call, and tell each time that it changed.")
@as_json
@store_options
@click.pass_context
def bisect(
    ctx: click.Context,
    *,
    run: str,
    command: tuple[str, ...],
    good: str,
    bad: str,
    branch: str | None,
    where: str | None,
    every: bool,
    as_json: bool,
    store: str | None,
    tract: str | None,
) -> None:
    """Find the call on a branch since which a check fails, and show what changed there.

    \b
    thence bisect run --good v1 -- python check.py
    thence bisect run --good 3f2a91c0 --where 'label = ask' -- grep -q 42

    CMD is run for the calls between the two, by halves. It gets the call as JSON on standard input (as thence show
    --json prints it), and its id in THENCE_REV. As for git bisect run, 0 means good, 125 that this call tells nothing,
    any other code below 128 bad, and one from there on ends the search. What CMD prints goes to standard error.

    Halving finds one change. Where there were several, --every tells. Exits 1 where several calls could be the first,
    for those between could not be checked, or where the outcome changed more than once.
    """
    from thence.cli.diff import diff_document, diff_lines
    from thence.cli.record import Record
    from thence.cli.terminal import print_json, show
    from thence.reading.bisecting import ask_all, halve
    from thence.reading.differing import compare

    del run
    with Record.opened(store, tract) as record:
        calls = _between(record, good, bad, branch, where)
        ask = _asking(record, calls, command, store)
        if not every:
            _check_ends(ask, good, bad, len(calls))
        found = (ask_all if every else halve)(len(calls), ask)
        sides = [(record.call(calls[last]), record.call(calls[first])) for last, first in found.changes]
        compared = [compare(record, *pair) for pair in sides]
        if as_json:
            told = [diff_document(*each) for each in zip(sides, compared, strict=True)]
            print_json(_document(calls, found, told))
        else:
            show(lambda width: _lines(calls, found, [diff_lines(*e, width) for e in zip(sides, compared, strict=True)]))
    if len(found.changes) != 1 or found.back or any(_unsure(*pair) for pair in found.changes):
        ctx.exit(UNSURE)


def _between(record: Record, good: str, bad: str, branch: str | None, where: str | None) -> list[str]:
    """The ids of the calls from the good to the bad one, oldest first, both included."""
    first, last = record.call(good), record.call(bad)
    if first.id >= last.id:
        raise click.UsageError(f"{good} was not asked before {bad}")
    named = branch or last.branch
    calls = record.store.calls(record.tract)
    calls = calls.where(branch=named) if named else calls.where("branch missing")
    if where:
        calls = calls.where(where)
    # ids sort by time, and a call's time is that of its id to the millisecond
    inside = [call.id for call in calls.since(first.started_at).before(last.id) if call.id > first.id]
    return [first.id, *inside, last.id]


def _asking(
    record: Record, calls: Sequence[str], command: Sequence[str], store: str | None
) -> Callable[[int], Verdict]:
    """What runs the check for the call at a place."""
    import json

    from thence.errors import ThenceError
    from thence.params.exact import encode
    from thence.reading.document import call_document
    from thence.reading.facts import call_id

    def ask(place: int) -> Verdict:
        call = record.call(calls[place])
        environment = {**os.environ, "THENCE_REV": call.id, "THENCE_TRACT": record.tract}
        if store is not None:
            environment["THENCE_STORE"] = store
        told = json.dumps(encode(call_document(call, whole=True))).encode()
        try:
            done = subprocess.run(command, input=told, env=environment, stdout=2, check=False)  # noqa: S603
        except OSError as error:
            raise click.UsageError(f"can't run {command[0]}: {error.strerror}") from error
        if not 0 <= done.returncode < STOPPED:
            raise ThenceError(f"the check ended with {done.returncode} at {call.id}", hint="0 is good, 1 to 127 bad")
        verdict: Verdict = "good" if done.returncode == 0 else "skip" if done.returncode == SKIP else "bad"
        click.echo(f"{verdict:<4}  {call_id(call)}", err=True)
        return verdict

    return ask


def _check_ends(ask: Callable[[int], Verdict], good: str, bad: str, count: int) -> None:
    for place, said, name in ((0, "good", good), (count - 1, "bad", bad)):
        verdict = ask(place)
        if verdict != said:
            raise click.UsageError(f"{name} should be {said}, and the check says {verdict}")


def _unsure(last: int, first: int) -> bool:
    """Whether calls that could not be checked stand between the last good and the first bad one."""
    return first - last > 1


def _document(calls: Sequence[str], found: Found, differences: list[Any]) -> dict[str, Any]:
    return {
        "changes": [
            {"last_good": calls[last], "first_bad": calls[first], "skipped": calls[last + 1 : first], "diff": diff}
            for (last, first), diff in zip(found.changes, differences, strict=True)
        ],
        "back": [{"last_bad": calls[last], "first_good": calls[first]} for last, first in found.back],
        "calls": len(calls),
        "asked": [{"call": calls[place], "verdict": found.verdicts[place]} for place in sorted(found.verdicts)],
    }


def _lines(calls: Sequence[str], found: Found, differences: list[Iterator[Text]]) -> Iterator[Text]:
    from rich.text import Text

    for (last, first), lines in zip(found.changes, differences, strict=True):
        between = first - last - 1
        if between:
            yield Text(f"{calls[first]} is the first that is bad; {between} before it could not be checked", "bold")
        else:
            yield Text(f"{calls[first]} is the first bad call", "bold")
        yield from lines
        yield Text()
    for last, first in found.back:
        yield Text(f"{calls[first]} is good again, after {calls[last]}", "bold")
    if not found.changes:
        yield Text("nothing went bad")
    told = f"{len(found.verdicts)} of {len(calls)} calls asked"
    whole = len(found.verdicts) == len(calls)
    yield Text(told if whole else f"{told}; if it changed more than once, this is one time: --every finds all", "dim")
