"""``query``, ``log``, ``diff``, ``stats`` and ``sql``: every form obeys every filter, and nothing is written."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.cli.history import BLUE, COLOUR, History
from tests.seams.forms import client_of

import thence
from thence.errors import StoreUnavailable
from thence.store import Store
from thence.testing import Answer, Provider

THENCE = [sys.executable, "-m", "thence.cli"]

FILTERS: list[tuple[Sequence[str], int]] = [
    ((), 5),
    (("--last", "2"), 2),
    (("--since", "2026-02-25T06:13:23Z"), 3),
    (("--until", "2026-02-25T06:13:23Z"), 2),
    (("--since", "2026-02-25T06:13:22Z", "--last", "1"), 1),
    (("--since", "2030-01-01"), 0),
    (("--since", "1h"), 0),
    (("--until", "1h"), 5),
    (("--until", "1h ago"), 5),
]
FORMS = ("--json", "--jsonl", "--csv", "--table")


def rows(form: str, printed: str) -> list[Any]:
    if form == "--json":
        found: list[Any] = json.loads(printed)
        return found
    if form == "--jsonl":
        return [json.loads(line) for line in printed.splitlines()]
    return list(csv.DictReader(io.StringIO(printed))) if form == "--csv" else printed.splitlines()[1:]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("filters", "count"), FILTERS)
def test_every_form_of_query_obeys_every_filter(
    history: Path, run: Run, form: str, filters: Sequence[str], count: int
) -> None:
    del history
    done = run("query", 'model = "gpt-4o"', form, *filters)
    assert done.exit_code == 0
    assert len(rows(form, done.stdout)) == count
    assert done.stderr == ("" if count else "no calls\n")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("filters", "count"), FILTERS)
def test_every_form_of_log_obeys_every_filter(
    history: Path, run: Run, form: str, filters: Sequence[str], count: int
) -> None:
    del history
    done = run("log", "--oneline", "--where", 'model = "gpt-4o"', form, *filters)
    found = done.stdout.splitlines() if form == "--table" else rows(form, done.stdout)
    assert len(found) == count


@pytest.mark.parametrize("form", FORMS[:3])
def test_stats_count_what_is_chosen(history: Path, run: Run, form: str) -> None:
    del history
    (row,) = rows(form, run("stats", "status = completed", "--last", "2", "--by", "status", form).stdout)
    assert {name: str(value) for name, value in row.items() if name != "mean"} == {
        "status": "completed",
        "calls": "2",
        "failed": "0",
        "in": "13",
        "out": "6",
        "cached": "0",
    }


def test_stats_group_numbers_by_what_they_are(nothing: Path, run: Run) -> None:
    written = History(nothing / ".thence" / "store.db")
    for temperature in (1, 1.0, 0.5, True):
        written.chat([COLOUR], BLUE, temperature=temperature)
    written.writer.close()
    found = json.loads(run("stats", "--by", "temperature", "--json").stdout)
    assert [(row["temperature"], row["calls"]) for row in found] == [(1, 2), (0.5, 1), (True, 1)]


def test_csv_of_nothing_has_no_line(history: Path, run: Run) -> None:
    del history
    for command in (
        ("query", "temperature = 99"),
        ("stats", "temperature = 99"),
        ("log", "--where", "temperature = 99"),
    ):
        assert run(*command, "--csv").stdout == ""
    assert run("tag", "--csv").stdout == "name,commit,moved_at,current\n"


def test_as_many_as_there_are_is_no_mistake(history: Path, run: Run) -> None:
    del history
    for words in (("log",), ("query", "model exists"), ("log", "--graph")):
        assert run(*words, "-n", str(10**20)).exit_code == 0


def test_an_unknown_parameter_is_guessed(history: Path, run: Run) -> None:
    del history
    done = run("query", "temprature > 1", "--json")
    assert (done.exit_code, done.stdout) == (0, "[]\n")
    assert "did you mean `temperature`?" in done.stderr


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["query", "temperature >"], 2, "  temperature >\n               ^"),
        (["query", "a = 1", "--since", "whenever"], 2, "whenever"),
        (["log", "--follow", "--graph"], 2, "--follow does not go with"),
        (["log", "main", "--follow"], 2, "--follow does not go with"),
        (["stats", "--by", "id"], 2, "can't be grouped by id"),
        (["stats", "--by", ""], 2, "can't be grouped by ''"),
        (["stats", "--by", "model,temperature"], 2, "(by one field, parameter or source(NAME) at a time)"),
        (["stats", "--by", "temperature >"], 2, "can't be grouped by 'temperature >'"),
        (["stats", "--by", "seed = 7 or seed"], 2, "can't be grouped by 'seed = 7 or seed'"),
        (["blame", "HEAD", "top_p", "--history", "temperature"], 2, "PARAM or --history NAME"),
        (["diff", "HEAD...main"], 2, "two dots"),
        (["log", "HEAD...main"], 2, "two dots"),
        (["show", "HEAD~x"], 3, "~x names no place before it"),
        (["show", "main@{old}"], 3, "@{old} names no place before it"),
        (["diff", "HEAD", "nowhere"], 3, "nowhere"),
        (["sql", "delete from calls"], 2, "only reading is allowed"),
        (["sql", "attach 'other.db' as other"], 2, "only reading is allowed"),
        (["sql", "pragma journal_mode = delete"], 2, "only reading is allowed"),
        (["sql", "select 1; delete from calls"], 2, "one statement"),
        (["sql", "selec"], 2, "syntax error"),
        (["sql", ""], 2, "say a statement"),
        (["sql", "/* nothing */"], 2, "say a statement"),
        (["sql", "select * from cals"], 2, "the tables are annotations, "),
        (["sql", "select load_extension('x')"], 2, "only reading is allowed"),
    ],
)
def test_wrong_use(history: Path, run: Run, command: list[str], code: int, said: str) -> None:
    before = (history / ".thence/store.db").read_bytes()
    done = run(*command)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert (history / ".thence/store.db").read_bytes() == before
    assert not (history / "other.db").exists()


def test_sql_is_bounded_in_time(history: Path, run: Run) -> None:
    del history
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"
    done = run("sql", endless, "--timeout", "0.2")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "longer than 0.2 s" in done.stderr


@pytest.mark.skipif(sys.version_info < (3, 11), reason="sqlite3 sets no limits yet")
def test_sql_is_bounded_in_size(history: Path, run: Run) -> None:
    del history
    done = run("sql", "select length(zeroblob(1000000000))")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "too big" in done.stderr


@pytest.mark.parametrize("form", FORMS)
def test_sql_in_every_form(history: Path, run: Run, form: str) -> None:
    del history
    done = run("sql", "select status, count(*) as n from calls group by 1 order by 2 desc, 1", form)
    found = rows(form, done.stdout)
    assert len(found) == 3
    if form != "--table":
        assert (found[0]["status"], int(found[0]["n"])) == ("completed", 5)


@pytest.mark.parametrize("form", FORMS[:3])
def test_columns_of_one_name_are_told_apart(history: Path, run: Run, form: str) -> None:
    del history
    (row,) = rows(form, run("sql", "select 1 as a, 2 as a, 3 as a_2, 4 as a", form).stdout)
    assert {name: int(value) for name, value in row.items()} == {"a": 1, "a_3": 2, "a_2": 3, "a_4": 4}


def test_a_second_statement_is_all_that_is_said(history: Path, run: Run) -> None:
    del history
    assert "the tables are" not in run("sql", "select 1; select 2").stderr


@pytest.mark.parametrize("text", ["=1+2", "+1", "-1+2", "@SUM(A1)", "\t=1", "\uff1d1", '=cmd|" /C calc"!A0'])
def test_csv_holds_no_formula(nothing: Path, run: Run, text: str) -> None:
    history = History(nothing / ".thence/store.db")
    history.chat([COLOUR], BLUE, temperature=-0.5, user=text)
    history.writer.close()
    (call,) = rows("--csv", run("query", "temperature exists", "--csv").stdout)
    assert call["param.user"][0] == "'"
    assert call["param.temperature"] == "-0.5"
    literal = text.replace("'", "''")
    (row,) = rows("--csv", run("sql", f"select '{literal}' as said, -1 as number", "--csv").stdout)
    assert (row["said"][0], row["number"]) == ("'", "-1")


def test_diff_says_that_nothing_differs(history: Path, run: Run) -> None:
    del history
    assert run("diff", "HEAD", "HEAD", "--exit-code").exit_code == 0
    assert "nothing differs" in run("diff", "HEAD", "HEAD").stdout
    assert run("diff", "a7b00f5b69", "a830acdcf4", "--exit-code").exit_code == 1


def test_diff_lists_no_parameter_that_is_the_same(history: Path, run: Run) -> None:
    del history
    found = json.loads(run("diff", "28a19889bb", "019c936e-4f70", "--json").stdout)
    assert "model" not in found["params"]  # the one was answered and the other was not
    assert "beside 1 that both have" in run("diff", "28a19889bb", "019c936e-4f70").stdout
    assert "beside" not in run("diff", "019c936e-4b88", "28a19889bb").stdout


# ref or range -> the last digits of the calls on the way there
RANGES = {
    "a830acdcf4": "31",
    "a830acdcf4~2": "1",
    "28a19889bb..a830acdcf4": "3",
    "a830acdcf4..28a19889bb": "",
    "a7b00f5b69..a830acdcf4": "3",
    "main": "64",
    "..main": "",
    "019c936e-43b8": "31",
}


@pytest.mark.parametrize("revision", RANGES)
def test_log_of_a_revision(history: Path, run: Run, revision: str) -> None:
    del history
    done = run("log", revision, "--format", "{id}")
    assert "".join(line[-1] for line in done.stdout.splitlines()) == RANGES[revision]


def test_log_of_a_revision_obeys_the_other_filters(history: Path, run: Run) -> None:
    del history
    assert run("log", "a830acdcf4", "--where", "seed = 7", "--format", "{id:.13}").stdout == "019c936e-43b8\n"
    assert run("log", "a830acdcf4", "-n", "1", "--format", "{id:.13}").stdout == "019c936e-43b8\n"
    assert run("log", "nowhere").exit_code == 3


def test_diff_of_a_call_and_what_it_was_asked(history: Path, run: Run) -> None:
    del history
    shown = run("diff", "a830acdcf4~1", "a830acdcf4").stdout
    assert "nothing differs" not in shown
    assert "{+A plum, at a stretch.+}" in shown
    assert json.loads(run("diff", "a830acdcf4~1", "a830acdcf4", "--json").stdout)["context"][0][0] is None


def test_follow_goes_on_with_what_ends(history: Path) -> None:
    with subprocess.Popen([*THENCE, "log", "--follow", "--jsonl", "-n", "1"], stdout=subprocess.PIPE) as log:
        try:
            assert log.stdout is not None
            assert json.loads(log.stdout.readline())["status"] == "interrupted"
            later = History(history / ".thence/store.db")
            later.calls = 100
            later.chat([COLOUR], BLUE, temperature=0.9)
            later.writer.close()
            assert json.loads(log.stdout.readline())["params"]["temperature"]["value"] == 0.9
            log.send_signal(signal.SIGINT)
            assert log.wait(20) == 130
        finally:
            log.kill()


def test_a_call_that_no_table_has_a_word_for_is_told_by_its_path(nothing: Path, run: Run) -> None:
    with Provider(lambda seen: {"id": "b1"} if seen.method == "POST" else Answer(b"\x00" * 900)) as provider:
        client = thence.wrap(client_of("openai", provider.url), store=str(nothing / ".thence" / "store.db"))
        client.batches.create(input_file_id="f", endpoint="/v1/responses", completion_window="24h")
        client.files.content("f1")
    assert {call["operation"] for call in json.loads(run("log", "--json").stdout)} == {"unknown"}
    for told in (run("log").stdout, run("log", "--graph").stdout):
        assert "POST /v1/batches " in told
        assert "GET /v1/files/f1/content " in told
    newest = run("log", "--format", "{id}").stdout.split()[0]
    assert "GET /v1/files/f1/content  local" in run("show", newest).stdout
    assert "answer    900 bytes" in run("show", newest).stdout
    assert "GET /v1/files/f1/content " in run("blame", newest).stdout


@pytest.mark.usefixtures("history")
def test_what_is_stored_is_shown_where_nothing_more_can_be(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_store: Store, _timeout: float | None = None) -> None:
        raise StoreUnavailable("store.db can't be used: database or disk is full")

    monkeypatch.setattr(Store, "flush", full)
    done = run("log", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)
    assert "disk is full; the newest calls may be missing here" in done.stderr
