"""``thence bisect run``: real checks over a branch on which something changed, once or more often."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from tests.cli.conftest import Run
from tests.store.journals import Spoken, reply, stored

Bisect = Callable[..., Result]

CHECK = """
import json, os, sys
call = json.load(sys.stdin)
assert call["id"] == os.environ["THENCE_REV"]
said = call["commit"]["content"]["content"]
with open(os.environ["ASKED"], "a") as file:
    file.write(call["request"]["messages"][0]["content"] + " ")
print("noise")
sys.exit({"ok": 0, "wrong": 1, "?": 125, "gone": 127, "killed": 130}[said])
"""


def history(folder: Path, words: Sequence[str], changed_at: int) -> list[str]:
    """Calls with these answers, whose temperature changed at one place; their ids."""
    calls = [
        Spoken(
            number,
            {"model": "m", "temperature": 1.2 if number >= changed_at else 0.2, "messages": [question(number)]},
            reply(word, number),
            facts={"branch": "daily"},
        )
        for number, word in enumerate(words)
    ]
    calls.append(Spoken(3, {"model": "m", "messages": [question(99)]}, reply("wrong", 99), facts={"branch": "other"}))
    store, _ = stored(folder / ".thence" / "store.db", calls)
    with store:
        return [call.id for call in store.calls().where(branch="daily")]


def question(number: int) -> dict[str, str]:
    return {"role": "user", "content": f"q{number}"}


@pytest.fixture
def bisect(nothing: Path, run: Run) -> Bisect:
    (nothing / "check.py").write_text(CHECK)
    (nothing / ".thence").mkdir()

    def invoke(good: str, bad: str, *options: str) -> Result:
        check = [sys.executable, str(nothing / "check.py")]
        return run("bisect", "run", "--good", good, "--bad", bad, *options, "--", *check, ASKED=str(nothing / "asked"))

    return invoke


def told(done: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("first_bad", [1, 2, 7, 15])
def test_finds_the_call_and_what_changed_there(nothing: Path, bisect: Bisect, first_bad: int) -> None:
    ids = history(nothing, ["ok"] * first_bad + ["wrong"] * (16 - first_bad), first_bad)
    done = bisect(ids[0], ids[-1], "--json")
    assert done.exit_code == 0, done.stderr
    (change,) = told(done)["changes"]
    assert (change["last_good"], change["first_bad"]) == (ids[first_bad - 1], ids[first_bad])
    before, after = change["diff"]["params"]["temperature"]
    assert (before["value"], after["value"]) == (0.2, 1.2)
    asked = (nothing / "asked").read_text().split()
    assert len(asked) == len(set(asked)) <= 2 + 4  # both ends, and a step for each halving of what is between
    assert "q99" not in asked  # that is another branch's


def test_on_the_screen(nothing: Path, bisect: Bisect) -> None:
    ids = history(nothing, ["ok"] * 3 + ["wrong"] * 5, 3)
    done = bisect(ids[0], ids[-1])
    assert f"{ids[3]} is the first bad call" in done.stdout
    assert "temperature  0.2" in done.stdout
    assert "--every" in done.stdout
    assert "noise" not in done.stdout
    assert "good" in done.stderr


def test_skipped_calls_are_walked_around(nothing: Path, bisect: Bisect) -> None:
    ids = history(nothing, ["ok", "ok", "?", "ok", "?", "?", "ok", "wrong", "?", "wrong"], 7)
    done = bisect(ids[0], ids[-1], "--json")
    (change,) = told(done)["changes"]
    assert (change["first_bad"], change["skipped"], done.exit_code) == (ids[7], [], 0)


def test_where_only_skipped_calls_are_left_each_may_be_the_first(nothing: Path, bisect: Bisect) -> None:
    ids = history(nothing, ["ok", "ok", "?", "?", "wrong", "wrong"], 2)
    done = bisect(ids[0], ids[-1], "--json")
    (change,) = told(done)["changes"]
    assert (change["last_good"], change["first_bad"]) == (ids[1], ids[4])
    assert (change["skipped"], done.exit_code) == (ids[2:4], 1)
    assert "2 before it could not be checked" in bisect(ids[0], ids[-1]).stdout


def test_every_change_to_and_fro(nothing: Path, bisect: Bisect) -> None:
    ids = history(nothing, ["ok", "wrong", "ok", "?", "gone", "wrong"], 1)
    done = bisect(ids[0], ids[-1], "--every", "--json")
    assert done.exit_code == 1
    found = told(done)
    assert [(each["last_good"], each["first_bad"]) for each in found["changes"]] == [(ids[0], ids[1]), (ids[2], ids[4])]
    assert found["back"] == [{"last_bad": ids[1], "first_good": ids[2]}]
    assert [each["verdict"] for each in found["asked"]] == ["good", "bad", "good", "skip", "bad", "bad"]
    assert f"{ids[2]} is good again" in bisect(ids[0], ids[-1], "--every").stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["wrong", "ok", "wrong"], 2, "should be good, and the check says bad"),
        (["ok", "wrong", "ok"], 2, "should be bad, and the check says good"),
        (["ok", "killed", "wrong"], 2, "the check ended with 130"),
    ],
)
def test_what_can_not_be_answered_is_said(
    nothing: Path, bisect: Bisect, words: list[str], code: int, said: str
) -> None:
    ids = history(nothing, words, 1)
    done = bisect(ids[0], ids[-1])
    assert done.exit_code == code
    assert said in " ".join(done.stderr.replace("│", "").split())


def test_wrong_use(nothing: Path, bisect: Bisect, run: Run) -> None:
    ids = history(nothing, ["ok", "wrong"], 1)
    assert bisect(ids[1], ids[0]).exit_code == 2
    assert run("bisect", "run", "--good", ids[0], "--", str(nothing / "nowhere")).exit_code == 2
    assert run("bisect", "--good", ids[0], "--", "true").exit_code == 2


def test_a_query_narrows_it(nothing: Path, bisect: Bisect) -> None:
    ids = history(nothing, ["ok", "ok", "wrong", "ok", "ok", "wrong"], 5)
    done = bisect(ids[0], ids[-1], "--where", "temperature > 1", "--json")
    assert told(done)["changes"][0]["last_good"] == ids[0]
    assert told(done)["calls"] == 2
