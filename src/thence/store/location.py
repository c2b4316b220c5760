"""Where a store is, when nobody says so: ``THENCE_STORE``, else the nearest ``.thence/`` upward, else one here."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["nearest"]

_FOLDER = ".thence"
_FILE = "store.db"


def nearest(start: Path | None = None) -> str:
    """A path or URL; the store need not exist.

    Args:
        start: the folder to look from; the current one, where it is None.
    """
    chosen = os.environ.get("THENCE_STORE")
    if chosen:
        return chosen
    start = (start or Path.cwd()).absolute()
    for folder in (start, *start.parents):
        if (folder / _FOLDER).is_dir():
            return str(folder / _FOLDER / _FILE)
    return str(start / _FOLDER / _FILE)
