"""``plan`` and ``config``: what files and variables say, and what they say wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli import golden
from tests.cli.conftest import Run

FILE = """\
store = "record.db"
preset = "precise"

[params]
temperature = 0.7

[params."gpt-4*"]
top_p = 0.9

[presets.precise]
temperature = 0.0
seed = 7

[presets.careful]
extends = "precise"
top_k = 40

[prices."my-tune*"]
input = 0.5
output = 2
"""
VARIABLES = {"THENCE_PARAM_TEMPERATURE": "0.5", "THENCE_CAPTURE": "params"}

SCREENS = {
    "plan": ["plan", "model=gpt-4o", "max_tokens=64"],
    "plan-responses": ["plan", "--endpoint", "/v1/responses", "--preset", "careful", "model=gpt-4o"],
    "plan-json": ["plan", "--json", "model=gpt-4o"],
    "config": ["config"],
    "config-json": ["config", "--json"],
}


@pytest.fixture
def configured(nothing: Path) -> Path:
    (nothing / "thence.toml").write_text(FILE)
    return nothing


@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str, configured: Path, run: Run) -> None:
    done = run(*SCREENS[name], **VARIABLES)
    assert (done.exit_code, done.stderr) == (0, "")
    golden.check(name, done.stdout, configured, wide=name.endswith("json"))


def test_a_plan_makes_no_file(configured: Path, run: Run) -> None:
    run("plan", "model=gpt-4o")
    assert [file.name for file in configured.iterdir()] == ["thence.toml"]


@pytest.mark.parametrize("form", ["--table", "--json", "--csv"])
def test_the_password_of_the_store_is_not_shown(form: str, nothing: Path, run: Run) -> None:
    (nothing / "thence.toml").write_text('store = "postgresql://me:hunter2@localhost/calls"\n')
    shown = run("config", form, THENCE_STORE="postgresql://me:hunter3@localhost/calls").stdout
    assert "postgresql://me:***@" in shown
    assert "hunter" not in shown


def test_a_plan_opens_extra_body(configured: Path, run: Run) -> None:
    (configured / "thence.toml").write_text("[params.extra_body]\nmin_p = 0.1\n")
    planned = json.loads(run("plan", "--json", "model=NaN", 'extra_body={"min_p": 0.5}').stdout)
    assert list(planned) == ["min_p", "model"]
    assert planned["model"]["value"] == "NaN"
    min_p = planned["min_p"]
    assert (min_p["value"], min_p["source"], min_p["change"]) == (0.5, "CALL", None)
    assert [each["value"] for each in min_p["shadowed"]] == [0.1]


def test_nothing_is_set(nothing: Path, run: Run) -> None:
    del nothing
    assert run("plan").stderr == "/v1/chat/completions: nothing is set here; the provider's own defaults hold\n"
    assert json.loads(run("config", "--json").stdout)["params"] == []


@pytest.mark.parametrize(
    ("said", "line", "complaint"),
    [
        ("temprature = 1", 3, "unknown key temprature\n  parameters stand below [params]"),
        ('stop = "x"', 3, "unknown key stop\n  parameters stand below [params]"),
        ("parms = 1", 3, "unknown key parms: did you mean params?"),
        ("[params]\nstream = true", 4, "stream can't be set from outside"),
        ("store = 5", 3, "store must be a text"),
        ('[presets.a]\nextends = "b"\n[presets.b]\nextends = "a"', 6, "in a circle: a -> b -> a"),
        ("x = [", 4, "is no TOML"),
        ('preset = "nope"', 3, "no preset nope"),
        ("[params]\ntemperature = 2026-01-01", 4, "must be a number"),
    ],
)
@pytest.mark.parametrize("command", [["plan", "model=m"], ["config"], ["config", "--json"], ["log"]])
def test_a_wrong_file_is_named_with_its_line(
    nothing: Path, run: Run, command: list[str], said: str, line: int, complaint: str
) -> None:
    (nothing / "thence.toml").write_text(f"\n\n{said}\n")
    done = run(*command)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"thence: thence.toml:{line}: ")
    assert complaint in done.stderr


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["plan", "temperature"], 2, "NAME=VALUE"),
        (["plan", "--preset", "nope"], 2, "no preset nope"),
        (["blame", "--history", "temprature"], 3, "no calls yet"),
    ],
)
def test_wrong_use(nothing: Path, run: Run, command: list[str], code: int, said: str) -> None:
    del nothing
    done = run(*command)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


def test_the_history_of_a_parameter_that_never_was(history: Path, run: Run) -> None:
    del history
    done = run("blame", "--history", "temprature")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "no call on main had a parameter temprature" in done.stderr


def test_the_history_of_a_parameter_as_json(history: Path, run: Run) -> None:
    del history
    changes = json.loads(run("blame", "--history", "temperature", "--json").stdout)
    assert [(each["parameter"] or {}).get("value") for each in changes] == [0.4, 1.2, 0.2, 0.2]
    assert sum(each["calls"] for each in changes) == 4
