"""The trees with the SDKs' tests, and the environments that the tests run in, made by uv where they are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.upstream.suites import Suite

__all__ = ["Unavailable", "folder", "interpreter", "tree"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class Unavailable(Exception):
    """The package index can't be reached."""


def folder() -> Path:
    """Where trees, environments and results are kept: ``UPSTREAM_DIR``, else a folder for temporary files."""
    path = Path(os.environ.get("UPSTREAM_DIR") or Path(tempfile.gettempdir()) / "thence-upstream")
    path.mkdir(parents=True, exist_ok=True)
    return path


def tree(suite: Suite) -> Path:
    """The unpacked source distribution of a suite's SDK."""
    made = folder() / "trees" / f"{suite.package}-{suite.version}"
    if not (made / "tests").is_dir():
        archives = folder() / "sdist"
        pip = [*_uv("tool", "run"), "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        _run([*pip, "--dest", str(archives), f"{suite.package}=={suite.version}"])
        with tarfile.open(archives / f"{suite.package}-{suite.version}.tar.gz") as archive:
            archive.extractall(made.parent, filter="data") if sys.version_info >= (3, 12) else archive.extractall(
                made.parent
            )
    return made


def interpreter(suite: Suite) -> Path:
    """The Python of the environment of a suite, with the SDK, its test tools, and this project as it is now."""
    made = folder() / "environments" / suite.environment
    python = made / "bin" / "python"
    wanted = HERE / f"requirements-{suite.environment}.txt"
    stamp = made / "made-of"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        _run([*_uv("venv"), "--quiet", "--clear", "--python", sys.executable, str(made)])
        _run([*_uv("pip", "install"), "--quiet", "--python", str(python), "-r", str(wanted), str(ROOT)])
        stamp.write_text(wanted.read_text())
    else:
        again = ["--no-deps", "--reinstall-package", "thence"]
        _run([*_uv("pip", "install"), "--quiet", "--python", str(python), *again, str(ROOT)])
    return python


def _uv(*words: str) -> list[str]:
    found = shutil.which("uv")
    return [found, *words] if found else [sys.executable, "-m", "uv", *words]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip() or "no word"
        if not _is_index_there():
            raise Unavailable(f"no package index: {said.splitlines()[-1]}")
        sys.exit(f"{' '.join(command)}\n{said}")


def _is_index_there() -> bool:
    """Whether the package index answers, asked as it was asked before."""
    command = [*_uv("pip", "compile"), "--quiet", "--no-header", "--refresh", "--no-deps", "-"]
    return subprocess.run(command, input="certifi", capture_output=True, text=True, check=False).returncode == 0
