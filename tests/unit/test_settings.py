"""Settings: which place wins, what each says of itself, and where the store is found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from thence.errors import ConfigError
from thence.settings import Settings, is_disabled


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("THENCE_"):
            monkeypatch.delenv(name)
    return tmp_path


def test_defaults(project: Path) -> None:
    settings = Settings.load(environ={})
    assert settings == Settings(store=str(project / ".thence" / "store.db"))
    assert settings.journal_max_bytes == 1 << 30
    assert settings.config_path is None
    assert {setting.origin for setting in settings.explained.values()} == {"default"}
    assert not (project / ".thence").exists()


def test_every_place_is_kept_the_winner_first(project: Path) -> None:
    (project / "thence.toml").write_text('capture = "off"\n[profiles.ci]\ncapture = "params"\n')
    (project / ".env").write_text("\nTHENCE_CAPTURE=full\n")
    found = Settings.load(environ={"THENCE_CAPTURE": "off", "THENCE_PROFILE": "ci"}).explained["capture"]
    assert (found.value, found.origin) == ("off", "THENCE_CAPTURE")
    assert [(said.value, said.origin) for said in found.shadowed] == [
        ("full", ".env:2"),
        ("params", "thence.toml:3"),
        ("off", "thence.toml:1"),
        ("full", "default"),
    ]


def test_the_store_is_found_upward(project: Path) -> None:
    assert Settings.load(project / "deep", {}).store == str(project / "deep" / ".thence" / "store.db")
    (project / ".thence").mkdir()
    settings = Settings.load(project / "deep", {})
    assert settings.store == str(project / ".thence" / "store.db")
    assert settings.origin_of("store").startswith("nearest .thence")


def test_relative_paths_start_where_they_are_written(project: Path) -> None:
    (project / "thence.toml").write_text('store = "runs/a.db"\njournal_dir = "journals"\n')
    settings = Settings.load(project / "deep", {})
    assert settings.store == str(project / "runs" / "a.db")
    assert settings.journal_dir == project / "journals"
    assert settings.origin_of("store") == "thence.toml:1"
    assert Settings.load(project / "deep", {"THENCE_STORE": "../b.db"}).store == str(project / "b.db")


@pytest.mark.parametrize(
    ("written", "store"),
    [
        ("a.db", "{here}/a.db"),
        ("/x/a.db", "/x/a.db"),
        ("sqlite:///a.db", "{here}/a.db"),
        ("sqlite:////x/a.db", "/x/a.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite:///a.db?mode=ro", "sqlite:///a.db?mode=ro"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("deep", "{here}/deep/store.db"),
    ],
)
def test_a_store_is_a_path_or_a_url(project: Path, written: str, store: str) -> None:
    expected = store.format(here=project)
    assert Settings.store_url(written) == expected
    assert Settings.load(environ={"THENCE_STORE": written}).store == expected


@pytest.mark.parametrize(("text", "value"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("no", False)])
def test_switches(project: Path, monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    assert Settings.load(project, {"THENCE_DISABLED": text}).disabled is value
    monkeypatch.setenv("THENCE_DISABLED", text)
    assert is_disabled() is value


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"THENCE_CAPTURE": "some"}, "THENCE_CAPTURE: capture must be one of full, params, off, not 'some'"),
        ({"THENCE_DURABILITY": "x"}, "THENCE_DURABILITY: durability must be one of process, power"),
        ({"THENCE_DISABLED": "perhaps"}, "THENCE_DISABLED: disabled must be 1 or 0"),
        ({"THENCE_JOURNAL_MAX_MB": "0"}, "journal_max_mb must be a whole number above 0"),
        ({"THENCE_JOURNAL_MAX_MB": "x"}, "journal_max_mb must be a whole number above 0"),
        ({"THENCE_PRESET": "precice"}, "THENCE_PRESET: no preset precice: did you mean precise?"),
    ],
)
def test_what_can_not_be_is_told_with_its_place(project: Path, environ: dict[str, str], said: str) -> None:
    (project / "thence.toml").write_text("[presets.precise]\nseed = 1\n")
    with pytest.raises(ConfigError) as refused:
        Settings.load(environ=environ)
    assert said in str(refused.value)
