"""An environment for each tool, made once by ``uv``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["NotInstalled", "environment", "thence_with_litellm"]

PROXY = Path(__file__).resolve().parents[2] / "integrations" / "litellm-proxy"


class NotInstalled(Exception):
    """A tool's environment can't be made; the message says why."""


def _folder() -> Path:
    named = os.environ.get("THENCE_FIDELITY_DIR")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else cache / "thence" / "fidelity"


def environment(name: str, requirements: tuple[str, ...]) -> Path:
    """The interpreter of an environment with these requirements; it is made anew where they have changed.

    Raises:
        NotInstalled: the package index lacks something, or there is no ``uv``.
    """
    folder = _folder() / f"{name}-{sys.version_info[0]}.{sys.version_info[1]}"
    python, recipe = folder / "bin" / "python", folder / "requirements.txt"
    told = "\n".join(requirements)
    if recipe.exists() and recipe.read_text() == told:
        return python
    uv = shutil.which("uv")
    if uv is None:
        raise NotInstalled("uv is not installed: pip install uv")
    into = ["--quiet", "--python", str(python), "--overrides", str(PROXY / "overrides.txt")]
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", *into, *requirements],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotInstalled(" ".join(done.stderr.split())[-300:] or "uv says nothing")
    recipe.write_text(told)
    return python


def thence_with_litellm() -> Path:
    """The interpreter of the environment that ``integrations/litellm-proxy`` makes.

    Raises:
        NotInstalled: it can't be made.
    """
    command = [sys.executable, str(PROXY.with_name("environment.py")), PROXY.name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(done.stderr.strip())
    return Path(done.stdout.strip())
