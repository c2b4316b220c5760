"""The check, run as the action's own step runs it: it passes on the same program and names what changed in another."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from program import surroundings

from thence.testing import Provider

HERE = Path(__file__).parent
PROGRAM = """
import openai, thence
client = thence.wrap(openai.OpenAI(), params={"top_p": 0.9})

def ask():
    client.chat.completions.create(model="m", temperature=0.2, messages=[{"role": "user", "content": "hi"}])

ask()
"""
PRESET = """
[presets.precise]
temperature = 0.2
"""


def step(folder: Path, environ: dict[str, str]) -> tuple[int, str]:
    """The composite action's step, with its inputs' defaults, in bash."""
    action = (HERE / "action.yml").read_text()
    defaults = dict(re.findall(r'^  (\w+):\n    description: .*\n    default: "?(.*?)"?$', action, re.MULTILINE))
    given = {name.upper(): defaults[name] for name in ("store", "baseline", "query", "values")}
    (run,) = re.findall(r"^      run: (.*)$", action, re.MULTILINE)
    environ = {**environ, **given, "GITHUB_ACTION_PATH": str(HERE), "GITHUB_ACTIONS": "true"}
    done = subprocess.run(
        ["bash", "-e", "-c", run], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def play(folder: Path, environ: dict[str, str], program: str) -> None:
    """A CI run of a program: a fresh store, and its calls in it."""
    for path in (folder / ".thence").glob("store.db*"):
        if path.is_file():
            path.unlink()
    (folder / "app.py").write_text(program)
    subprocess.run([sys.executable, "app.py"], cwd=folder, env=environ, check=True)


with tempfile.TemporaryDirectory() as name, Provider() as provider:
    folder = Path(name)
    environ = surroundings(provider.url, folder / ".thence" / "store.db")
    environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    (folder / "thence.toml").write_text(PRESET)

    play(folder, environ, PROGRAM)
    code, said = step(folder, environ)
    assert code == 2, said
    assert "is not there" in said

    subprocess.run(
        [sys.executable, HERE / "check.py", "thence-sources.json", "--write"], cwd=folder, env=environ, check=True
    )
    print((folder / "thence-sources.json").read_text())
    code, said = step(folder, environ)
    assert code == 0, said

    play(folder, environ, "# a comment: lines move\n" + PROGRAM)
    code, said = step(folder, environ)
    assert code == 0, said

    changed = PROGRAM.replace("temperature=0.2, ", "").replace("params=", 'preset="precise", params=')
    play(folder, environ, changed.replace("0.9", "0.8"))
    code, said = step(folder, environ)
    print(said)
    assert code == 1, said
    assert (
        "::error title=A parameter changed::app.py ask chat m: temperature: 0.2 CALL app.py ask -> 0.2 PRESET" in said
    )
    assert "top_p: 0.9 CLIENT app.py -> 0.8 CLIENT app.py" in said
