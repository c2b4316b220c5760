"""A copy of a store as it is at one moment, while programs go on writing to it."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from thence.errors import Conflict
from thence.ingest import drain
from thence.store import changing, open_store
from thence.upkeep.pull import pull

if TYPE_CHECKING:
    from thence.store import Store

__all__ = ["backup"]


def backup(
    store: Store,
    destination: str | PathLike[str],
    *,
    overwrite: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Copy a store into a new SQLite file; what its journal holds is taken in first.

    A SQLite store is copied page by page, everything in it. A server's history is pulled into a new file: without the
    reflog, and without the ledger of journals. For a whole server, use its own tools.

    Args:
        store: what to copy.
        destination: a file. It is there, whole, or it is not: the copy is made under another name.
        overwrite: whether it may replace a file.
        progress: is told pages done, and pages in all.

    Raises:
        Conflict: there is such a file, and ``overwrite`` is false.
        StoreUnavailable: the file can't be written.
    """
    path = Path(destination).expanduser().absolute()
    if path.exists() and not overwrite:
        raise Conflict(f"{path} exists", hint="name another file, or say --overwrite")
    drain(store)
    if changing.file_of(store) is not None:
        changing.copy_file(store, path, progress)
        return path
    unfinished = path.with_name(f".{path.name}.pulled")
    unfinished.unlink(missing_ok=True)
    with open_store(unfinished) as copy:
        pull(copy, store)
        changing.copy_file(copy, path, progress)
    for leftover in path.parent.glob(f".{path.name}.pulled*"):
        leftover.unlink()
    return path
