"""``thence run``: an unchanged program in a process of its own, recorded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import thence
from thence.testing import Provider

APP = """
import sys
import openai
client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="sk-test")
client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}], temperature=0.7)
sys.exit(7)
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    file = tmp_path / "app.py"
    file.write_text(APP)
    return file


def start(app: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "thence.cli", "run", *args], cwd=app.parent, capture_output=True, text=True, check=False
    )


def test_records_and_keeps_the_exit_code(app: Path) -> None:
    with Provider() as provider:
        done = start(app, "--", sys.executable, "app.py", provider.url)
        assert (done.returncode, done.stderr) == (7, "")
    with thence.open(app.parent / ".thence" / "store.db") as store:
        store.flush()
        (call,) = store.calls()
    assert call.params["temperature"].value == 0.7
    assert call.params["temperature"].source.name == "CALL"
    assert "app.py" in str(call.callsite)


def test_set_locks_and_keeps_what_it_shadows(app: Path) -> None:
    with Provider() as provider:
        assert start(app, "--set", "temperature=0", "--", sys.executable, "app.py", provider.url).returncode == 7
        assert json.loads(provider.seen[0].body)["temperature"] == 0
    with thence.open(app.parent / ".thence" / "store.db") as store:
        store.flush()
        (call,) = store.calls()
    temperature = call.params["temperature"]
    assert (temperature.value, temperature.source.name) == (0, "OVERRIDE")
    assert [(c.source.name, c.value) for c in temperature.shadowed] == [("CALL", 0.7)]


def test_the_environments_own_sitecustomize_still_runs(app: Path) -> None:
    own = app.parent / "site"
    own.mkdir()
    (own / "sitecustomize.py").write_text("import builtins; builtins.own_ran = True")
    app.write_text("import builtins, thence.seams.install as i; print(builtins.own_ran, bool(i.installed()))")
    done = subprocess.run(
        [sys.executable, "-m", "thence.cli", "run", "--", sys.executable, "app.py"],
        cwd=app.parent,
        env={"PYTHONPATH": str(own), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "True True\n", done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--set", "temperature", "--", "true"), "NAME=VALUE"),
        (("--", "no-such-program"), "can't run no-such-program"),
        (("--preset", "nope", "--", "true"), "no preset nope"),
    ],
)
def test_what_cannot_work_is_said_before_the_program_starts(app: Path, args: tuple[str, ...], said: str) -> None:
    done = start(app, *args)
    assert done.returncode == 2
    assert said in done.stderr
