"""The revision of the program's own code, read from git's files as git itself says it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from thence.seams.versions import _revision, versions


def git(folder: Path, *args: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    return subprocess.run(
        ["git", *identity, *args], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "one")
    return folder


def test_on_a_branch(checkout: Path) -> None:
    assert _revision(checkout) == git(checkout, "rev-parse", "HEAD")


def test_packed_and_detached(checkout: Path) -> None:
    git(checkout, "pack-refs", "--all")
    assert _revision(checkout) == git(checkout, "rev-parse", "HEAD")
    git(checkout, "checkout", "-q", "--detach")
    assert _revision(checkout) == git(checkout, "rev-parse", "HEAD")


def test_in_a_worktree(checkout: Path) -> None:
    git(checkout, "worktree", "add", "-q", "../other")
    assert _revision(checkout.parent / "other") == git(checkout, "rev-parse", "HEAD")


def test_without_git(tmp_path: Path) -> None:
    assert _revision(tmp_path) is None


def test_names() -> None:
    assert {"python", "thence"} <= set(versions("openai"))
