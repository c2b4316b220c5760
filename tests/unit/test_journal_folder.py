"""Where a store's journal is."""

from __future__ import annotations

from pathlib import Path

import pytest

from thence import journal


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("THENCE_JOURNAL_DIR", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.mark.parametrize(
    "url",
    [
        ".thence/store.db",
        "{here}/.thence/store.db",
        "sqlite:///.thence/store.db",
        "sqlite:///{here}/.thence/store.db",
        "sqlite+pysqlite:///.thence/store.db?timeout=5",
        "sqlite:///file:.thence/store.db?uri=true",
    ],
)
def test_beside_a_sqlite_file(tmp_path: Path, url: str) -> None:
    assert journal.folder_for(url.format(here=tmp_path)) == tmp_path / ".thence/store.db.journal"


def test_one_folder_for_a_file_and_a_link_to_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert journal.folder_for("link/store.db") == journal.folder_for("real/store.db")


def test_in_the_users_state_folder_for_a_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = journal.folder_for("postgresql+psycopg://ann:secret@Host:5432/runs")
    assert folder.parent == home / ".local/state/thence/journal"
    assert folder.name.startswith("runs-")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    assert journal.folder_for("postgresql://ann@host:5432/runs") == home / "state/thence/journal" / folder.name


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("postgresql://a:1@h/d", "postgresql+psycopg://a:2@h/d", True),
        ("postgresql://a@h/d?password=1&x=2", "postgresql://a@h/d?x=2&password=3", True),
        ("postgresql://a@h/d", "postgresql://b@h/d", False),
        ("postgresql://a@h/d", "postgresql://a@h/e", False),
        ("postgresql://a@h/d", "postgresql://a@h:5433/d", False),
        ("postgresql:///d?host=/run/one", "postgresql:///d?host=/run/two", False),
        ("sqlite:///a.db", "sqlite:///b.db", False),
        ("sqlite://", "sqlite:///:memory:", True),
    ],
)
@pytest.mark.parametrize("root", [None, Path("journals")])
def test_one_folder_a_store(one: str, other: str, same: bool, root: Path | None) -> None:
    assert (journal.folder_for(one, root) == journal.folder_for(other, root)) is same


def test_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", "~/spool")
    folder = journal.folder_for("sqlite:///a/store.db")
    assert folder.parent == tmp_path / "home/spool"
    assert folder.name.startswith("store.db-")
    assert journal.folder_for("sqlite:///b/store.db") != folder
    assert journal.folder_for("sqlite:///a/store.db", tmp_path / "there").parent == tmp_path / "there"


def test_where_the_configuration_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "thence.toml").write_text('journal_dir = "journals"\n')
    monkeypatch.chdir(tmp_path)
    assert journal.folder_for("sqlite:///a/store.db").parent == tmp_path / "journals"


def test_no_password_in_the_name() -> None:
    assert "secret" not in str(journal.folder_for("mysql://u:secret@h/"))


def test_only_segments_are_segments(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert journal.segments(tmp_path) == []
    assert journal.segments(tmp_path / "notes.txt") == []
