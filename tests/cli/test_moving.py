"""``compile``, ``branch``, ``switch``, ``tag``, ``reset`` and ``reflog``: git's verbs on what was said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.cli.history import BLUE, COLOUR, FRUIT, SYSTEM

ANSWER = "a830acdcf4"
BODY = {
    "model": "gpt-4o",
    "messages": [SYSTEM, COLOUR, BLUE, FRUIT],
    "temperature": 1.2,
    "max_tokens": 48,
    "seed": 7,
}


def named(run: Run, kind: str = "branch") -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(run(kind, "--json").stdout)}


def test_compile_gives_a_recorded_body_byte_for_byte(history: Path, run: Run) -> None:
    del history
    assert run("compile", "019c936e-43b8", "--to", "openai").stdout == json.dumps(BODY)


def test_compile_is_json(history: Path, run: Run) -> None:
    del history
    context = json.loads(run("compile", ANSWER, "--json").stdout)
    assert [message["role"] for message in context["messages"]] == ["system", "user", "assistant", "user", "assistant"]
    assert (context["token_count"], context["token_source"], context["commit_count"]) == (40, "usage", 5)


def test_a_branch_is_made_switched_to_moved_and_deleted(history: Path, run: Run) -> None:
    del history
    assert run("branch", "warm", ANSWER).exit_code == 0
    assert named(run)["warm"]["commit"].startswith(f"t1:{ANSWER}")
    assert [row["current"] for row in named(run).values()].count(True) == 1
    assert run("switch", "warm").exit_code == 0
    assert named(run)["warm"]["current"]
    assert json.loads(run("show", "HEAD", "--json").stdout)["commit"]["hash"].startswith(f"t1:{ANSWER}")
    assert run("reset", "HEAD~1").exit_code == 0
    assert [row["action"] for row in json.loads(run("reflog", "--json").stdout)] == ["reset", "branch"]
    assert json.loads(run("show", "warm@{1}", "--json").stdout)["commit"]["hash"].startswith(f"t1:{ANSWER}")
    assert run("switch", "main").exit_code == 0
    assert run("branch", "-d", "warm").exit_code == 0
    assert list(named(run)) == ["main"]


def test_switch_makes_a_branch(history: Path, run: Run) -> None:
    del history
    assert run("switch", "-c", "new").exit_code == 0
    assert named(run)["new"]["current"]


def test_reset_of_another_branch_leaves_head_alone(history: Path, run: Run) -> None:
    del history
    run("branch", "other")
    assert run("reset", "HEAD~1", "--branch", "other").exit_code == 0
    assert named(run)["main"]["commit"] != named(run)["other"]["commit"]
    assert named(run)["main"]["current"]


def test_reset_makes_no_branch(history: Path, run: Run) -> None:
    del history
    run("branch", "other")
    done = run("reset", "HEAD~1", "--branch", "othr")
    assert (done.exit_code, list(named(run))) == (3, ["other", "main"])
    assert "did you mean `other`?" in done.stderr


def test_what_was_done_is_said_beside_the_data(history: Path, run: Run) -> None:
    del history
    assert "thence tag NAME" in run("tag").stderr
    done = run("tag", "good", ANSWER)
    assert (done.stdout, done.stderr) == ("", f"tag good is at {ANSWER}\n")
    done = run("tag", "-d", "good")
    assert (done.stdout, done.stderr) == ("", f"took away tag good, which was at {ANSWER}\n")


def test_a_tag_stays(history: Path, run: Run) -> None:
    del history
    assert run("tag", "good", ANSWER).exit_code == 0
    assert list(named(run, "tag")) == ["good"]
    assert "(good)" in run("log", "--graph").stdout
    assert run("tag", "-d", "good").exit_code == 0
    assert run("tag", "--json").stdout == "[]\n"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["branch", "main"], 5, "main"),
        (["branch", "HEAD"], 2, "no name for a branch"),
        (["branch", "a b"], 2, "no name for a branch"),
        (["branch", "new", "nowhere"], 3, "nowhere"),
        (["branch", "-d", "nope"], 3, "no branch nope"),
        (["branch", "-d", "mian"], 3, "did you mean `main`?"),
        (["branch", "-d", "main"], 5, "thence switch to another branch first"),
        (["tag", "-d", "main"], 3, "no tag main"),
        (["switch", "mian"], 3, "did you mean `main`?"),
        (["compile", "mian"], 3, "did you mean `main`?"),
        (["switch", "nope"], 3, "no branch nope"),
        (["reset", "HEAD~99"], 3, "before the first commit"),
        (["reflog", "nope"], 3, "no branch nope"),
        (["compile", "nope"], 3, "nope"),
        (["compile", "--to", "fax"], 2, "fax"),
    ],
)
def test_wrong_use(history: Path, run: Run, command: list[str], code: int, said: str) -> None:
    del history
    before = named(run)
    done = run(*command)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert named(run) == before
