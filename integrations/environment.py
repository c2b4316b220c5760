"""Make the environment that an integration runs in, and print its interpreter: ``python environment.py NAME``.

An integration says what it needs in its ``requirements.txt``, and where a pin of somebody else's must give way, in
``overrides.txt``. Where the interpreter at hand meets that, it is taken. Else an environment is made once, by ``uv``
(which ``pip install uv`` brings), in ``THENCE_INTEGRATIONS_DIR`` or in the user's cache, and made anew where the
requirements have changed. Thence itself is installed into it from this checkout.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
_NAMED = re.compile(r"(?P<name>[\w.-]+)(?P<extras>\[[^\]]*\])?(?P<floor>[^;#]*)")


def names() -> list[str]:
    """Every integration."""
    return sorted(path.parent.name for path in HERE.glob("*/smoke.py"))


def interpreter(name: str) -> Path:
    """The interpreter of an environment with what the integration needs and this checkout of Thence.

    Raises:
        RuntimeError: it can't be made; the message says why.
    """
    if is_at_hand(name):
        return Path(sys.executable)
    recipe = HERE / name / "requirements.txt"
    folder = _cache() / f"{name}-{_digest(recipe.parent)}"
    python = folder / "bin" / "python"
    if (folder / "thence-ready").exists():
        return python
    into = ["--quiet", "--python", str(python), "--requirements", str(recipe), "--editable", str(ROOT)]
    if (overrides := recipe.with_name("overrides.txt")).exists():
        into += ["--overrides", str(overrides)]
    for command in (
        [_uv(), "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        [_uv(), "pip", "install", *into],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[1:3])} failed: {' '.join(done.stderr.split())[-300:] or 'no word'}")
    (folder / "thence-ready").touch()
    return python


def is_at_hand(name: str) -> bool:
    """Whether the running interpreter has what the integration needs."""
    return all(_is_installed(line) for line in _requirements(HERE / name))


def _requirements(folder: Path) -> list[str]:
    path = folder / "requirements.txt"
    lines = [line.partition("#")[0].strip() for line in path.read_text().splitlines()] if path.exists() else []
    return [line for line in lines if line]


def _is_installed(requirement: str) -> bool:
    """Whether a distribution is here, in the release asked for. Extras can't be told, so these are never at hand."""
    found = _NAMED.match(requirement)
    if found is None or found["extras"]:
        return False
    try:
        version = distribution(found["name"]).version
    except PackageNotFoundError:
        return False
    floor = re.search(r">=\s*([\d.]+)", found["floor"])
    return floor is None or _numbers(version) >= _numbers(floor[1])


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _uv() -> str:
    uv = shutil.which("uv") or shutil.which("uv", path=str(ROOT / ".tools" / "bin"))
    if uv is None:
        raise RuntimeError("uv is not installed: pip install uv")
    return uv


def _cache() -> Path:
    named = os.environ.get("THENCE_INTEGRATIONS_DIR")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "thence" / "integrations"


def _digest(folder: Path) -> str:
    recipe = [path.read_bytes() for path in (folder / "requirements.txt", folder / "overrides.txt") if path.exists()]
    told = b"".join(recipe) + f"{ROOT} {sys.version_info[:2]}".encode()
    return hashlib.sha256(told).hexdigest()[:12]


if __name__ == "__main__":
    if sys.argv[1:2] not in [[name] for name in names()]:
        sys.exit(f"python environment.py NAME, one of: {', '.join(names())}")
    try:
        print(interpreter(sys.argv[1]))
    except RuntimeError as error:
        sys.exit(str(error))
