"""The calls of a single journal segment, as a cassette is one, brought into a store."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from thence.ingest import drain
from thence.journal.folder import SUFFIX
from thence.journal.layout import PREAMBLE_SIZE, parse_preamble
from thence.store import open_store
from thence.upkeep.pull import Pulled, pull

if TYPE_CHECKING:
    from thence.store import Store

__all__ = ["import_segment", "is_segment"]


def is_segment(path: Path) -> bool:
    """Whether a file begins as a journal's segment does."""
    with path.open("rb") as file:
        return parse_preamble(file.read(PREAMBLE_SIZE)) is not None


def import_segment(store: Store, path: Path) -> Pulled:
    """Bring in the calls of a segment; those that are here already are not brought twice. The file stays as it is.

    Raises:
        StoreError: the store can't be written.
    """
    with (
        tempfile.TemporaryDirectory(prefix="thence-import-") as name,
        open_store(Path(name) / "store.db") as scratch,
    ):
        folder = Path(name) / "journal"
        folder.mkdir()
        shutil.copy(path, folder / f"imported-000001{SUFFIX}")
        drain(scratch, folder=folder)
        return pull(store, scratch)
