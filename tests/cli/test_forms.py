"""Every command that lists prints every form, and every form has the same rows; ``--format`` fills a template."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cli.conftest import Run

from thence.cli import app
from thence.cli.catalogue import Later
from thence.cli.template import filled

# command -> its first column, and how many rows it prints of the history
LISTS: dict[str, tuple[Sequence[str], str, int]] = {
    "log": (["log"], "id", 7),
    "log of a branch": (["log", "main"], "id", 2),
    "query": (["query", "temperature exists"], "id", 6),
    "stats": (["stats"], "model", 3),
    "sql": (["sql", "select name, kind from refs"], "name", 2),
    "branch": (["branch"], "name", 1),
    "tag": (["tag"], "name", 1),
    "reflog": (["reflog"], "name", 3),
    "blame": (["blame", "a830acdcf4"], "name", 6),
    "blame of one": (["blame", "a830acdcf4", "seed"], "name", 1),
    "blame over time": (["blame", "--history", "temperature"], "since", 4),
    "plan": (["plan", "model=m", "seed=1"], "name", 2),
    "config": (["config"], "kind", 9),
    "sources": (["sources"], "source", 10),
    "doctor": (["doctor"], "subject", 10),
    "fsck": (["fsck"], "kind", 0),
}
MAPPINGS = ("blame", "plan", "config")  # whose JSON is an object: parameters by name


@pytest.fixture
def tagged(history: Path, run: Run) -> Path:
    assert run("tag", "shipped", "a830acdcf4").exit_code == 0
    return history


@pytest.mark.parametrize("name", LISTS)
def test_every_form_has_the_same_rows(tagged: Path, run: Run, name: str) -> None:
    del tagged
    command, first, count = LISTS[name]
    printed = {form: run(*command, form).stdout for form in ("--json", "--jsonl", "--csv")}
    lines = [json.loads(line) for line in printed["--jsonl"].splitlines()]
    cells = list(csv.DictReader(io.StringIO(printed["--csv"])))
    template = run(*command, "--format", f"{{{first}}}").stdout.splitlines()
    assert len(lines) == len(cells) == len(template) == count
    assert [str(line[first]) for line in lines] == [row[first] for row in cells] == template
    document = json.loads(printed["--json"])
    if name.partition(" ")[0] in MAPPINGS and name != "blame over time":
        assert isinstance(document, dict)
    else:
        assert document == lines
    assert run(*command, "--format", "table").stdout == run(*command).stdout


def test_every_command_that_prints_rows_is_here() -> None:
    named = {command[0] for command, _, _ in LISTS.values()} | {"sweep"}  # which tests/replay has
    listing = set()
    for name, later in app.commands.items():
        assert isinstance(later, Later)
        if any("--csv" in parameter.opts for parameter in later.real.params):
            listing.add(name)
    assert listing == named


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (["show", "a830acdcf4"], "operation"),
        (["status"], "schema"),
        (["diff", "a830acdcf4", "a7b00f5b69"], "shared"),
        (["compile", "a830acdcf4"], "token_count"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_one_document_has_every_form(history: Path, run: Run, command: Sequence[str], field: str) -> None:
    del history
    document = json.loads(run(*command, "--json").stdout)
    line = run(*command, "--jsonl").stdout
    assert json.loads(line) == document
    assert line.count("\n") == 1
    assert run(*command, "--format", f"<{{{field}}}>").stdout == f"<{document[field]}>\n"
    assert run(*command, "--format", "table").stdout == run(*command, "--table").stdout == run(*command).stdout
    assert run(*command, "--format", "csv").exit_code == 2


def test_a_template_reaches_into_documents(history: Path, run: Run) -> None:
    del history
    template = r"{commit.hash:.13}\t{params.temperature.value:>5}|{usage.input_tokens:>4}|{attempts.0.status}"
    shown = run("log", "--where", 'model = "gpt-4o" and status = completed', "--format", template).stdout
    assert shown == "t1:a830acdcf4\t  1.2|  31|200\nt1:a7b00f5b69\t  0.2|  31|200\nt1:28a19889bb\t  0.2|  31|200\n"


def test_what_is_absent_is_empty(history: Path, run: Run) -> None:
    del history
    shown = run("log", "-n", "2", "--format", "[{params.seed.value:>4d}][{commit}][{usage.output_tokens}]").stdout
    assert shown == "[    ][][]\n[    ][][]\n"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{stats}", "did you mean `status`"),
        ("{nothing_like_it}", "there is no field"),
        ("{id", "expected '}'"),
        ("status", "neither json, jsonl, csv, table nor a template"),
        ("{id:d}", "format code"),
    ],
)
def test_a_wrong_template_is_said(history: Path, run: Run, template: str, said: str) -> None:
    del history
    done = run("log", "--format", template, COLUMNS="200")
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


NAMES = st.text("ab.$'é -", min_size=1, max_size=8)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NAMES, NAMES, st.integers() | st.text("aé,"))
def test_names_with_dots_are_found(outer: str, inner: str, value: Any) -> None:
    assert filled(f"{{{outer}.{inner}}}", {outer: {inner: value}}) == str(value)


def test_what_was_said_by_a_model_is_written_out() -> None:
    assert filled("{text}", {"text": "\x1b[2J\u202e"}) == "\\x1b[2J\\u202e"


def test_a_wrong_template_is_a_wrong_use() -> None:
    with pytest.raises(click.UsageError, match="Single"):
        filled("}", {})
