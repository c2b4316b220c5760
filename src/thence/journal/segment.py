"""One segment file that is being written: created, locked, appended to, and found to be still ours before each write.

The lock is ``flock``: it belongs to the open file, so it goes when the owner is gone, however that happened, and a
child that closes its inherited copy takes nothing from its parent.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from thence import faults
from thence.journal import layout

__all__ = ["OpenSegment", "contended", "from_outside"]

_VECTOR_MAX: Final = os.sysconf("SC_IOV_MAX")
_FLAGS: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


class OpenSegment:
    """A segment and the lock on it. ``end`` is its length after the last whole record.

    Args:
        path: the file, which must not exist.
        marker: the writer's.
        power: whether a write must survive a power cut.

    Raises:
        OSError: the file can't be made or locked. It is not left behind. :func:`contended` says whether that is for
            somebody who looked at it before it was locked.
    """

    __slots__ = ("_device", "_inode", "_power", "end", "fd", "path")

    def __init__(self, path: Path, marker: bytes, *, power: bool) -> None:
        self.path = path
        self.fd = self._device = self._inode = -1
        self.end = 0
        self._power = power
        self.fd = _create(path)
        try:
            status = os.fstat(self.fd)
            self._device, self._inode = status.st_dev, status.st_ino
            _lock(self.fd)
            os.fchmod(self.fd, 0o600)
            self.append([layout.preamble(marker)], layout.PREAMBLE_SIZE)
            if power:
                _sync_folder(path.parent)
        except BaseException:
            self.remove()
            raise

    def intact(self) -> bool:
        """Whether the file is still this one, has a name, and ends where the last append left it.

        False after its folder was deleted, the descriptor was closed or now means another file, the file was
        truncated, or a write broke off half-way (the disk is full, a signal handler raised). Nothing may be appended
        then: a torn record may only ever be the last one of its segment.
        """
        try:
            status = os.fstat(self.fd)
        except OSError as error:
            if from_outside(error):
                raise
            return False
        return (
            status.st_size == self.end
            and status.st_ino == self._inode
            and status.st_dev == self._device
            and status.st_nlink > 0
        )

    def append(self, buffers: list[bytes], size: int) -> None:
        """Append buffers of ``size`` bytes together, in one write where the system takes them in one.

        Raises:
            OSError: not all of it was written; :meth:`intact` is false from now on if any of it was.
        """
        written = os.writev(self.fd, buffers if len(buffers) <= _VECTOR_MAX else buffers[:_VECTOR_MAX])
        if written < size:
            self._append_rest(buffers, written)
        if self._power:
            os.fdatasync(self.fd)
        self.end += size

    def _append_rest(self, buffers: Sequence[bytes], written: int) -> None:
        rest = [memoryview(buffer) for buffer in buffers]
        while True:
            while rest and written >= len(rest[0]):
                written -= len(rest.pop(0))
            if not rest:
                return
            rest[0] = rest[0][written:]
            written = os.writev(self.fd, rest[:_VECTOR_MAX])
            if not written:
                raise OSError(errno.ENOSPC, "nothing more is written")

    def close(self) -> None:
        """Give up the lock and let go of the file. For its owner only: a forked child would unlock its parent's."""
        self._let_go(unlock=True)

    def forget(self) -> None:
        """Let go of the file, without a word to whoever else has it open."""
        self._let_go(unlock=False)

    def _let_go(self, *, unlock: bool) -> None:
        fd, self.fd = self.fd, -1
        try:
            status = os.fstat(fd)
            if self._inode >= 0 and (status.st_dev, status.st_ino) != (self._device, self._inode):
                return  # the number means another file by now
            try:
                if unlock:
                    fcntl.flock(fd, fcntl.LOCK_UN)
            finally:
                os.close(fd)
        except OSError as error:
            if from_outside(error):
                raise  # otherwise somebody else has closed it, and there is nothing to let go of

    def remove(self) -> None:
        """Delete the file, in which there is nothing whole, and let go of it."""
        with suppress(OSError):  # it is gone already, or stays as an empty one
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()
        self.close()

    def __del__(self) -> None:
        if self.fd >= 0:
            self.forget()


def from_outside(error: OSError) -> bool:
    """Whether it is no system call's, but a signal handler's (a ``TimeoutError``, say) that came in between."""
    return error.errno is None or faults.from_outside(error)


def contended(error: OSError) -> bool:
    """Whether a new segment was looked at, or retired as an empty one of nobody, before its owner had locked it."""
    return error.errno in {errno.EAGAIN, errno.EWOULDBLOCK, errno.ESTALE}


def _create(path: Path) -> int:
    try:
        fd = os.open(path, _FLAGS, 0o600)
    except FileNotFoundError:
        _make_folder(path.parent)
        fd = os.open(path, _FLAGS, 0o600)
    if fd > 2:
        return fd
    # In a process without standard streams the lowest numbers are free, and whatever it prints would land here.
    try:
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        os.close(fd)


def _make_folder(folder: Path) -> None:
    """Make a folder and its parents for their owner alone, whatever the umask."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    try:
        folder.mkdir(0o700)
    except FileExistsError:
        return
    folder.chmod(0o700)


def _lock(fd: int) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # On a file system without locks segments count as alive: they are read, and never deleted.
        if error.errno not in {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL}:
            raise
    if not os.fstat(fd).st_nlink:
        raise OSError(errno.ESTALE, "the new file was taken for that of a writer that is gone")


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
