"""A store with one call of each kind, and commands that are run on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.cli.history import write

from thence.cli import app
from thence.ingest import open_store

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a journal that nobody has read yet."""
    folder = tmp_path_factory.mktemp("history")
    write(folder / "store.db")
    return folder


@pytest.fixture(scope="session")
def ingested(journal: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after its journal was taken in."""
    folder = tmp_path_factory.mktemp("ingested")
    shutil.copytree(journal, folder, dirs_exist_ok=True)
    with open_store(folder / "store.db") as store:
        store.flush()
    return folder


@pytest.fixture
def history(ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory whose nearest store has the history; 80 columns, no colour, UTC."""
    shutil.copytree(ingested, tmp_path / ".thence")
    here(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory where nothing was ever recorded."""
    here(tmp_path, monkeypatch)
    return tmp_path


def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for name in ("THENCE_STORE", "THENCE_TRACT", "THENCE_JOURNAL_DIR", "COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture
def run() -> Run:
    """Runs a command in this process, with variables set: ``run("log", "--graph", COLUMNS="60")``."""

    def invoke(*arguments: str, **variables: str) -> Result:
        return CliRunner(env=variables).invoke(app, arguments, prog_name="thence", catch_exceptions=False)

    return invoke
