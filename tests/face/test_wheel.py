"""What is published: a wheel with all that is needed and nothing else, that works in an empty environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv") or shutil.which(ROOT / ".tools/bin/uv")
NEEDED = (
    "py.typed",
    "openai.pyi",
    "anthropic.pyi",
    "query/grammar.lark",
    "launch/sitecustomize.py",
    "store/migrations/env.py",
    "store/migrations/versions/0001_first.py",
    "web/templates/base.html",
    "web/static/htmx.min.js",
)

pytestmark = pytest.mark.skipif(UV is None, reason="uv is not installed, and not in .tools/")


def uv(*arguments: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(UV), "--quiet", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "error sending request" in done.stderr or "dns error" in done.stderr:
        pytest.skip(f"no package index: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--out-dir", folder)
    return folder


def test_what_is_in_the_wheel(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"thence/{name}" for name in NEEDED} <= set(names)
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"thence"}
    sources = {f"thence/{file.relative_to(ROOT / 'src/thence')}" for file in (ROOT / "src/thence").rglob("*.py")}
    assert sources <= set(names)


def test_what_is_in_the_source_archive(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as held:
        names = {name.partition("/")[2] for name in held.getnames()}
    assert {"README.md", "LICENSE", "Makefile", "noxfile.py", "uv.lock", ".ci/env", ".ci/run"} <= names
    assert {"tests/face/test_wheel.py", "docs/index.md", "examples/README.md"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith((".venv", "site", ".thence"))]


def test_the_wheel_works_where_nothing_else_is(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    uv("venv", "--python", sys.executable, tmp_path / "venv")
    uv("pip", "install", "--python", tmp_path / "venv/bin/python", wheel)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        program = [str(tmp_path / "venv/bin" / command[0]), *command[1:]]
        return subprocess.run(
            program,
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=False,
        )

    assert "thence log --graph" in run("thence", "--help").stdout
    for command in ("log", "sources", "plan", "config", "doctor", "init", "status", "fsck"):
        done = run("thence", command)
        assert done.returncode == 0, done.stderr
    said = "thence.DialogueContent(role='user', text='hi')"
    done = run("python", "-c", f"import thence; thence.Tract.open('t.db').commit({said})")
    assert (done.returncode, done.stderr) == (0, "")
    for command, extra in (("ui", "web"), ("serve-local", "local")):
        done = run("thence", command)
        assert done.returncode != 0
        assert f"pip install 'thence[{extra}]'" in done.stderr
