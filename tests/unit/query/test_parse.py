"""Text to tree: what reads as what, canonical text, and errors that point."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.query.strategies import expressions

from thence.errors import QueryError
from thence.query import Expression, Value, parse, read_path, read_time

READS = {
    # written: its canonical text
    'temperature > 0.8 and model ~ "gpt-4*" and source(temperature) = preset and usage.output_tokens > 1000': (
        'temperature > 0.8 and model ~ "gpt-4*" and source(temperature) = "PRESET" and usage.output_tokens > 1000'
    ),
    "a == 1 AND NOT b <> 2 Or c = 3": "a = 1 and not b != 2 or c = 3",
    "(a = 1 or b = 2) and ((c = 3))": "(a = 1 or b = 2) and c = 3",
    "not (a = 1 and b = 2)": "not (a = 1 and b = 2)",
    "not not a exists": "not not a exists",
    "a in (1, 'x', null, true)": 'a in (1, "x", null, true)',
    "a not in [1]": "a not in (1)",
    "a in ()": "a in ()",
    "a between 1 and 2 and b = 3": "a between 1 and 2 and b = 3",
    "exists(a) or missing (b.c)": "a exists or b.c missing",
    "model = gpt-4.1-mini": 'model = "gpt-4.1-mini"',
    "tool_choice = none": 'tool_choice = "none"',
    "model ~ */llama-3?": None,
    "model ~ meta/llama-3*": 'model ~ "meta/llama-3*"',
    "extra_body.min_p = .5": "min_p = 0.5",
    "params.status = 'x'": 'params.status = "x"',
    "params.params.a = 1": "params.params.a = 1",
    "source(status) = call": 'source(status) = "CALL"',
    '"a.b".c[0]."in"."é" = 1': '"a.b".c[0]."in".é = 1',
    '"" = 1': '"" = 1',
    "in = 1": '"in" = 1',
    "stop = [1, 'a', {'b': [null, true]}]": 'stop = [1,"a",{"b":[null,true]}]',
    "a = 1_000_000": "a = 1000000",
    "a = -1e3": "a = -1000.0",
    "a = 1e999": "a = inf",
    "a = -inf or a = NaN": "a = -inf or a = nan",
    "duration > 1.5s": "duration > 1.5",
    "duration > 500ms and duration < 2m": "duration > 0.5 and duration < 120.0",
    "started_at > 90 minutes ago": "started_at > 90m ago",
    "started_at > 1 day ago": "started_at > 1d ago",
    "since yesterday until now": None,
    "since yesterday and until now": "started_at >= yesterday and started_at < now",
    "started_at >= 2026-11-22T10:00:00.5+02:00": "started_at >= 2026-11-22T08:00:00.500000Z",
    "started_at < 2026-11-22 10:00Z": "started_at < 2026-11-22T10:00:00Z",
    "status = COMPLETED and tags = x and finish_reasons = stop": (
        'status = "completed" and tag = "x" and finish_reason = "stop"'
    ),
    'a = "\\"\\n\\u00e9\\ud83d\\ude00\\0"': 'a = "\\"\\n\u00e9\U0001f600\\u0000"',
    "a = '\x9b31m\u202e'": 'a = "\\u009b31m\u202e"',
    "a\n=\t1": "a = 1",
}


@pytest.mark.parametrize("written", READS)
def test_what_reads_as_what(written: str) -> None:
    canonical = READS[written]
    if canonical is None:
        with pytest.raises(QueryError):
            parse(written)
    else:
        assert str(parse(written)) == canonical


@given(expressions())
@settings(max_examples=200, deadline=None)
def test_canonical_text_parses_back(tree: Expression) -> None:
    text = str(tree)
    text.encode()
    again = parse(text)
    assert again == tree
    assert str(again) == text


ERRORS: dict[str, tuple[int | None, str]] = {
    # query: (column, what the message says)
    "": (0, "the query ends where a name should follow"),
    "temperature": (11, "an operator should follow"),
    "temperature >": (13, "a value should follow"),
    "temperature like 0.5": (12, "did you mean `~`?"),
    "temperature contians 1": (12, "did you mean `contains`?"),
    "a = 1 && b = 2": (6, "did you mean `and`?"),
    "a = 1 adn b = 2": (6, "did you mean `and`?"),
    "a = foo bar": (8, "put text of several words in quotes"),
    "a = 4o-mini": (4, "in quotes"),
    'a = "x': (4, "must be closed"),
    "a = 1)": (5, "it closes nothing"),
    "(a = 1": (6, "should follow"),
    "a = $x": (4, "in quotes"),
    "status = complete": (9, "did you mean `completed`?"),
    "status > failed": (9, "has none"),
    "sorce(x) = call": (0, "did you mean `source`?"),
    "a = 1 or source(x) = prset": (21, "did you mean `preset`?"),
    "usage.output_token > 5": (0, "did you mean `usage.output_tokens`?"),
    "usage.other > 5": (0, "params.usage.other"),
    "started_at > 5": (13, "2h ago"),
    "started_at > 2026-13-01": (13, "month"),
    "started_at > 3 fortnights ago": (13, "no unit of time"),
    "temperature > true": (14, "has none"),
    "x > 2026-01-01": (4, "in quotes"),
    "x ~ 5": (4, "use ="),
    "started_at ~ 2h ago": (13, "use ="),
    "a = [2026-01-01]": (5, "no JSON value"),
    "a in 5": (5, "should"),
    "a = " + "1" * 70_000: (None, "65,536 characters"),
    "not " * 60 + "a = 1": (None, "20 levels"),
    " and ".join(["a = 1"] * 201): (None, "200 conditions"),
    "a in (" + ",".join(["1"] * 5001) + ")": (6, "5,000 values"),
}


@pytest.mark.parametrize("text", ERRORS, ids=lambda text: text[:30])
def test_errors_point_and_suggest(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    column, said = ERRORS[text]
    assert caught.value.column == column
    assert said in str(caught.value)


@given(st.text(st.sampled_from("ab\"'\\()[]{}.,:=<>~!*? \n01e-+_$&|éinotrdgswh\x00\ud800"), max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    for read in (parse, read_path, read_time):
        column = fault(read, text)
        assert column is None or 0 <= column <= len(text)


def fault(read: Callable[[str], object], text: str) -> int | None:
    """The column of the error that reading ``text`` raises, if it does and has one."""
    try:
        read(text)
    except QueryError as error:
        return error.column
    return None


@pytest.mark.parametrize("text", ["(" * 60_000, "[" * 60_000, "a=" + "[" * 60_000, "a" * 60_000, "not " * 16_000])
def test_hostile_text_is_refused_soon(text: str) -> None:
    begin = time.thread_time()
    with pytest.raises(QueryError):
        parse(text)
    assert time.thread_time() - begin < 5


def test_deep_lists_are_refused() -> None:
    with pytest.raises(QueryError):
        parse("a = " + "[" * 30_000 + "]" * 30_000)


def test_numbers_of_any_size() -> None:
    (condition,) = parse("a = " + "7" * 20_000).conditions()
    assert str(condition) == "a = " + "7" * 20_000
    assert parse("a = 9007199254740993") != parse("a = 9007199254740992")


def test_kinds_stay_apart() -> None:
    trees = [parse(f"a = {value}") for value in ("1", "true", '"1"', "null", "[1]")]
    assert all(one != other for at, one in enumerate(trees) for other in trees[at + 1 :])
    assert parse("a = 1") == parse("a = 1.0")


def test_dates_without_a_zone_are_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert read_time("2026-11-22") == Value("time", datetime(2026, 11, 21, 15, tzinfo=timezone.utc))
    finally:
        monkeypatch.undo()
        time.tzset()


def test_times_and_paths_stand_alone() -> None:
    assert read_time("2 weeks ago") == Value("ago", timedelta(weeks=2).total_seconds())
    assert read_path('response_format."json.schema"[2].name') == ("response_format", "json.schema", 2, "name")
    with pytest.raises(QueryError, match="time"):
        read_time("5")
