"""Every example runs as it stands, on one local model for all of them, and prints what it promises."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.litellm_environment import interpreter

from thence import local
from thence.errors import NotFound

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(file.name for file in EXAMPLES.glob("*.py"))

# file -> what it prints, as an expression; the model's own words are not in it
PRINTS = {
    "anthropic_tools.py": r"14:20\.\n(.|\n)*HEAD -> main.*\n.*> 14:20\n.*tide\(\{\"place\": \"Dover\"\}\)",
    "async_calls.py": r"task-0  temperature 0\.0  SESSION(.|\n)*task-3  temperature 0\.3  SESSION",
    "decorator.py": r"0\.3 from DECORATOR(.|\n)*1\.1 from CALL(.|\n)*0\.3 from CALL",
    "demo.py": r"\$ thence blame HEAD\n(.|\n)*V PROVIDER  nobody asked",
    "drop_in.py": r"still the SDK's own: True\n(.|\n)*temperature  0\.3 +CALL +\S*drop_in\.py:\d+ main",
    "litellm_callback.py": r"max_tokens +8 +CALL +sent as asked\n(.|\n)*verbosity +low +CALL +dropped",
    "presets_and_files.py": r"max_tokens +16 +CONFIG_FILE +thence\.toml:2\n(.|\n)*over 0 of PRESET",
    "quickstart.py": r"Say good morning\.(.|\n)*at temperature 1\.5: ",
    "redaction.py": r"recorded: .*\[redacted:email\].*\[redacted:openai\]\nfound in \d+ files.*: none of it",
    "responses_api.py": r"asked after 3 items(.|\n)*'previous_response_id'(.|\n)*'truncation': 'disabled'",
    "retry_and_compare.py": r"seed: - → 7\n(.|\n)*temperature +0\.0 C +1\.3 C",
    "session_and_branch.py": r"\(wild\)(.|\n)*\(calm\)(.|\n)*1\.4 S(.|\n)*0\.0 S",
    "sweep_and_plot.py": r"1\.5 +24  \d of 3 (.|\n)*sweep\.png shows it",
    "postgresql.py": r"'temperature': 0\.2(.|\n)*1 calls in postgresql.*\nproven: 0 findings",
}


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    try:
        with local.serve() as server:
            yield server.url
    except NotFound as absent:
        pytest.skip(str(absent))


def run(name: str, folder: Path, url: str, *arguments: str, python: str = sys.executable, seconds: int = 110) -> None:
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("THENCE_")}
    surroundings |= {"THENCE_LOCAL_URL": url, "COLUMNS": "80", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    done = subprocess.run(
        [python, str(EXAMPLES / name), *arguments],
        cwd=folder,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(PRINTS[name], done.stdout), done.stdout


ELSEWHERE = ("litellm_callback.py", "postgresql.py", "quickstart.py")  # the last is what the demo runs first


@pytest.mark.parametrize("name", [name for name in FILES if name not in ELSEWHERE])
def test_example(name: str, model: str, tmp_path: Path) -> None:
    run(name, tmp_path, model)
    assert (tmp_path / ".thence/store.db").exists()
    if "plot" in name:
        assert (tmp_path / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_postgresql(model: str, tmp_path: Path, postgres_url: str) -> None:
    run("postgresql.py", tmp_path, model, postgres_url)
    assert not (tmp_path / ".thence/store.db").exists()


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_litellm(model: str, tmp_path: Path) -> None:
    run("litellm_callback.py", tmp_path, model, python=interpreter(), seconds=600)


@pytest.mark.parametrize("name", FILES)
def test_it_opens_with_three_lines(name: str) -> None:
    said = ast.get_docstring(ast.parse((EXAMPLES / name).read_text()))
    assert said
    assert name in ("demo.py", "quickstart.py") or len(said.splitlines()) == 3


def test_the_index_lists_every_file() -> None:
    listed = re.findall(r"^\| \[`(.*?)`\]\((.*?)\)", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(name for name, _ in listed) == FILES
    assert all(name == target for name, target in listed)
    assert set(PRINTS) == set(FILES)
