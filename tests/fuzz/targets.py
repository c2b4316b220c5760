"""Everything that reads what a stranger may have written, each as a function of bytes.

A target returns, whatever it is given. It raises where its reader raised anything but an error of Thence's own tree,
took longer than it may, or wrote outside its folder.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from thence import journal
from thence.errors import NotFound, ThenceError
from thence.params.environment import read_environment
from thence.params.files import read_config
from thence.query import parse
from thence.store import Store, open_store
from thence.tract import Tract
from thence.upkeep import export_bundle, import_bundle

__all__ = ["TARGETS", "confined", "seeds"]

SECONDS = 10.0  # of CPU time: far more than any of these inputs is worth, far less than a hang
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_MAKES = {"os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir"}
_allowed: list[str] = []


def _audited(event: str, arguments: tuple[Any, ...]) -> None:
    if not _allowed:
        return
    if event == "open":
        path, _, flags = arguments
        if isinstance(path, int) or not (flags or 0) & _WRITES:
            return
    elif event in _MAKES:
        path, *_, descriptor = arguments
        if isinstance(descriptor, int) and descriptor >= 0:
            path = Path(f"/proc/self/fd/{descriptor}").readlink() / os.fsdecode(path)
    else:
        return
    real = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - in an audit hook
    if not real.startswith((_allowed[-1], "/dev/", "/proc/")) and "__pycache__" not in real:
        raise AssertionError(f"{event} outside: {real}")


sys.addaudithook(_audited)


@contextmanager
def confined() -> Iterator[Path]:
    """A folder, for temporary files too, outside of which nothing may be written meanwhile."""
    with tempfile.TemporaryDirectory(prefix="thence-fuzz-") as name:
        before, tempfile.tempdir = tempfile.tempdir, name
        _allowed.append(os.path.realpath(name))
        try:
            yield Path(name)
        finally:
            _allowed.pop()
            tempfile.tempdir = before


@contextmanager
def _bounded() -> Iterator[None]:
    began = time.thread_time()
    with suppress(ThenceError):
        yield
    taken = time.thread_time() - began
    assert taken < SECONDS, f"{taken:.0f} s"


@cache
def _small() -> Store:
    """A store with two commits, kept for the process."""
    path = Path(tempfile.mkdtemp(prefix="thence-fuzz-store-")) / "store.db"
    with Tract.open(path) as tract:
        tract.commit("one", generation_config={"temperature": 0.5})
        tract.commit("two")
    return open_store(path)


def segment(data: bytes) -> None:
    """The reader of the journal's files, which raises nothing at all over what is in them."""
    with confined() as folder, _bounded():
        path = folder / "x.segment"
        path.write_bytes(data)
        records = list(journal.read(path))
        health = journal.check(path)
        assert sum(record.end - record.offset for record in records) + health.torn_bytes <= len(data)
        assert [record.offset for record in records] == sorted({record.offset for record in records})


def query(data: bytes) -> None:
    """The parser of queries: what it accepts, it reads again as the same, from how it writes it."""
    with _bounded():
        tree = parse(data.decode("utf-8", "surrogateescape"))
        assert parse(str(tree)) == tree


def revision(data: bytes) -> None:
    """What names a commit or a call."""
    with _bounded(), suppress(NotFound):
        _small().resolve(data.decode("utf-8", "surrogateescape"))


def toml(data: bytes) -> None:
    """The configuration file."""
    with confined() as folder, _bounded():
        (folder / "thence.toml").write_bytes(data)
        read_config(folder / "thence.toml")


def dotenv(data: bytes) -> None:
    """The file of variables."""
    with confined() as folder, _bounded():
        (folder / ".env").write_bytes(data)
        read_environment({}, folder / ".env")


def bundle(data: bytes) -> None:
    """The importer of bundles; what it refuses leaves nothing behind."""
    with confined() as folder, _bounded(), open_store(folder / "store.db") as store:
        try:
            import_bundle(store, io.BytesIO(data), limit=1 << 20)
        except ThenceError:
            assert store.tracts() == []
            assert [path.name for path in folder.iterdir() if not path.name.startswith("store.db")] == []


TARGETS: dict[str, Callable[[bytes], None]] = {
    "segment": segment,
    "query": query,
    "revision": revision,
    "toml": toml,
    "dotenv": dotenv,
    "bundle": bundle,
}


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    """What a target accepts: from the corpus, or made here where it is binary."""
    if name == "segment":
        with tempfile.TemporaryDirectory() as folder:
            writer = journal.Writer(Path(folder))
            for number in range(3):
                writer.append(b"header %d" % number, bytes(number * 40))
            writer.close()
            return tuple(each.path.read_bytes() for each in journal.segments(Path(folder)))
    if name == "bundle":
        with tempfile.TemporaryDirectory() as folder:
            return (export_bundle(_small(), Path(folder) / "a.thence").read_bytes(),)
    return tuple(path.read_bytes() for path in sorted((Path(__file__).parent / "corpus" / name).iterdir()))
