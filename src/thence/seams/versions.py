"""What the call was made with: versions of the SDK, its HTTP library, Python and Thence, and the code's own revision.

Found once a process and SDK, from what is loaded already: no package metadata is searched, no command is run.
"""

from __future__ import annotations

import platform
import re
import sys
from functools import lru_cache
from pathlib import Path

from thence.params.origins import project_root

__all__ = ["versions"]

_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@lru_cache(maxsize=64)
def versions(sdk: str) -> dict[str, str]:
    """Name to version. ``revision`` is the commit that the program's git checkout is on, where there is one."""
    import thence

    found = {"python": platform.python_version(), "thence": thence.__version__}
    for name in (sdk, "httpx", "httpx2"):
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str):
            found[name] = version
    revision = _revision(project_root())
    return found if revision is None else {**found, "revision": revision}


def _revision(root: Path) -> str | None:
    """The commit that HEAD of the checkout at ``root`` is on, read as git's own files say it."""
    try:
        folder = root / ".git"
        if folder.is_file():  # a worktree's pointer
            folder = (root / folder.read_text().partition(":")[2].strip()).resolve()
        head = (folder / "HEAD").read_text().strip()
        if head.startswith("ref: "):
            head = _ref(folder, head[5:])
    except (OSError, UnicodeError, ValueError):
        return None
    return head if _HASH.fullmatch(head) else None


def _ref(folder: Path, name: str) -> str:
    pointer = folder / "commondir"
    common = (folder / pointer.read_text().strip()).resolve() if pointer.is_file() else folder
    if (common / name).is_file():
        return (common / name).read_text().strip()
    packed = (common / "packed-refs").read_text().splitlines()
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
