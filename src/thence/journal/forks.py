"""Which objects begin anew in the child of a fork. The hook is set when there is the first of them, and once."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["follow"]


class _Forked(Protocol):
    def forked(self) -> None: ...


_followed: WeakSet[_Forked] = WeakSet()
_hooked = False


def follow(one: _Forked) -> None:
    """Call ``one.forked()`` in every child of this process, first of all, as long as ``one`` lives."""
    global _hooked  # noqa: PLW0603 - a hook can't be taken back, so it is set once a process
    _followed.add(one)
    if not _hooked:
        _hooked = True
        os.register_at_fork(after_in_child=_in_child)


def _in_child() -> None:
    for one in list(_followed):
        one.forked()
