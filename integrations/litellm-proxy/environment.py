"""Make the environment that LiteLLM's proxy runs in, and print its interpreter: ``python environment.py``.

It is made once, in ``THENCE_LITELLM_ENV`` or in the user's cache, by ``uv`` (which ``pip install uv`` brings), and made
anew where ``requirements.txt`` has changed. Thence itself is installed into it from this checkout.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RECIPE = ("requirements.txt", "overrides.txt")


def environment() -> Path:
    """The interpreter of an environment with LiteLLM's proxy and this checkout of Thence.

    Raises:
        RuntimeError: it can't be made; the message says why.
    """
    named = os.environ.get("THENCE_LITELLM_ENV")
    folder = Path(named) if named else _cache() / f"litellm-{_digest()}"
    python = folder / "bin" / "python"
    if (folder / "thence-ready").exists() or (named and python.exists()):
        return python
    uv = shutil.which("uv")
    if uv is None:
        raise RuntimeError("uv is not installed: pip install uv")
    into = ["--quiet", "--python", str(python), "--overrides", str(HERE / "overrides.txt")]
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", *into, "--requirements", str(HERE / "requirements.txt"), "--editable", str(ROOT)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[1:3])} failed: {done.stderr.strip().splitlines()[-1:] or 'no word'}")
    (folder / "thence-ready").touch()
    return python


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "thence"


def _digest() -> str:
    told = b"".join((HERE / name).read_bytes() for name in RECIPE) + f"{ROOT} {sys.version_info[:2]}".encode()
    return hashlib.sha256(told).hexdigest()[:12]


if __name__ == "__main__":
    try:
        print(environment())
    except RuntimeError as error:
        sys.exit(str(error))
