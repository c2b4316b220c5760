"""The forms in which rows are printed for programs: JSON, lines, a template, and CSV that no spreadsheet executes.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and a formula can send what
stands beside it to anybody. Such text is printed with an apostrophe before it, which spreadsheets hide; numbers are
numbers. Control characters are written out, as on every screen.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import rich_click as click

from thence.cli.template import filled
from thence.cli.terminal import print_json
from thence.params.display import written
from thence.params.exact import encode
from thence.reading.visible import visible

if TYPE_CHECKING:
    from thence.store import Calls

__all__ = ["cell", "listing", "print_calls", "print_csv", "print_document", "print_documents", "print_rows"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # and their wide forms


@contextmanager
def listing(form: str) -> Iterator[None]:
    """Where nothing was recorded yet a list is empty: that is no error, but said on standard error."""
    from thence.reading.record import NothingYet

    try:
        yield
    except NothingYet as nothing:
        click.echo(f"{nothing.message}\n  {nothing.hint}", err=True)
        if form == "json":
            click.echo("[]")


def print_calls(form: str, calls: Calls) -> int:
    """Print calls, newest first, in a form for programs; how many there were is given back."""
    from thence.reading.document import call_documents, flat_documents

    if form == "csv":
        return print_csv(flat_documents(calls.newest_first()))
    return print_documents(form, call_documents(calls.newest_first()))


def print_document(form: str, document: Mapping[str, Any]) -> None:
    """Print one document, as ``json``, on one line or by a template."""
    if form == "json":
        print_json(document)
    else:
        print_documents(form, [document])


def print_rows(form: str, rows: Iterable[Mapping[str, Any]], columns: Sequence[str] | None = None) -> int:
    """Print rows in a form for programs, where a row of CSV has what a document has; how many there were."""
    return print_csv(rows, columns) if form == "csv" else print_documents(form, rows)


def print_documents(form: str, documents: Iterable[Any]) -> int:
    """Print documents as they come, as a ``json`` array, as ``jsonl`` or by a template; how many there were."""
    count = 0
    if form == "json":
        sys.stdout.write("[")
    for document in documents:
        if form == "json":
            text = json.dumps(encode(document), indent=2).replace("\n", "\n  ")
            sys.stdout.write(f"{',' if count else ''}\n  {text}")
        else:
            sys.stdout.write((json.dumps(encode(document)) if form == "jsonl" else filled(form, document)) + "\n")
        count += 1
    if form == "json":
        sys.stdout.write("\n]\n" if count else "]\n")
    return count


def print_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str] | None = None) -> int:
    """Print rows as CSV; the columns are those of all rows, in the order in which they come up, unless given."""
    if columns is None:
        rows = list(rows)
        columns = list(dict.fromkeys(name for row in rows for name in row))
    if not columns:
        return 0
    count = 0
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(map(cell, columns))
    for row in rows:
        writer.writerow([cell(row.get(name)) for name in columns])
        count += 1
    return count


def cell(value: Any) -> str:
    """A value as the text of a cell; empty for none, JSON for what is neither text nor number."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        text = written(value)
    elif not isinstance(value, str):
        return str(value)
    else:
        text = visible(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
