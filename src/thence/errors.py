"""Every error that Thence raises, in one tree.

::

    ThenceError
    ├── ConfigError            a configuration file, preset or variable says something impossible
    ├── UnsupportedClient      wrap() was given something that is no client it knows (also a TypeError)
    ├── NotFound               no such revision, call, branch, tract or store (also a LookupError)
    │   ├── AmbiguousRevision  a short hash that names several
    │   └── Erased             what was asked for was erased for good
    ├── QueryError             a query that can't be read (also a ValueError)
    ├── TimeLimit              what was asked took longer than it was given
    ├── MissingSDK             the SDK that a name of Thence's stands for is not installed (also an ImportError)
    ├── Unavailable            what is needed can't be reached or had: a server, a port, a file that can't be written
    ├── StoreError
    │   ├── StoreUnavailable   the store can't be opened or reached (also an Unavailable)
    │   ├── StoreLocked        another process holds the store
    │   ├── StoreTooNew        the store was written by a newer Thence
    │   └── StoreCorrupt       a hash, seal or link doesn't hold
    └── Conflict               a ref moved meanwhile, a name is taken

Errors reach the users of Thence's own interface (``thence.open``, ``Tract``, the command line). They never reach the
code that calls a model: there, a fault of Thence is counted and logged once (see :mod:`thence.faults`).

The message says what happened; ``hint`` says what to do; ``exit_code`` is what the command line ends with.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "AmbiguousRevision",
    "ConfigError",
    "Conflict",
    "Erased",
    "MissingSDK",
    "NotFound",
    "QueryError",
    "StoreCorrupt",
    "StoreError",
    "StoreLocked",
    "StoreTooNew",
    "StoreUnavailable",
    "ThenceError",
    "TimeLimit",
    "Unavailable",
    "UnsupportedClient",
]


class ThenceError(Exception):
    """The root of the tree.

    Args:
        message: what happened, one sentence.
        hint: what the reader can do about it.
    """

    exit_code: ClassVar[int] = 2  # never 1: that is a command's own "no", on which a script acts

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(ThenceError):
    """A configuration file, a preset or an environment variable says something impossible.

    Args:
        origin: where it says so, as ``file:line`` or the variable's name.
    """

    exit_code = 2

    def __init__(self, message: str, *, origin: str | None = None, hint: str | None = None) -> None:
        super().__init__(f"{origin}: {message}" if origin else message, hint=hint)
        self.origin = origin


class UnsupportedClient(ThenceError, TypeError):
    """``wrap`` was given something that is no client it knows."""

    exit_code = 2


class NotFound(ThenceError, LookupError):
    """No such revision, call, branch, tract or store."""

    exit_code = 3


class AmbiguousRevision(NotFound):
    """A short hash that names more than one commit or call."""


class Erased(NotFound):
    """What was asked for was erased for good. That it is gone is no damage."""


class QueryError(ThenceError, ValueError):
    """A query that can't be read.

    Args:
        text: the query.
        column: 0-based position of the fault in ``text``.
    """

    exit_code = 2

    def __init__(
        self, message: str, *, text: str | None = None, column: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.text = text
        self.column = column

    def pointed(self) -> str:
        """The query with a caret below the fault, for a terminal."""
        if self.text is None or self.column is None:
            return str(self)
        return f"{self}\n  {self.text}\n  {' ' * self.column}^"


class TimeLimit(ThenceError):
    """What was asked took longer than it was given."""

    exit_code = 4


class MissingSDK(ThenceError, ModuleNotFoundError):
    """The SDK that a name of Thence's stands for is not installed: ``except ImportError`` finds it missing, too."""


class Unavailable(ThenceError):
    """What is needed can't be reached or had: a server, a port, a file that can't be written."""

    exit_code = 69


class StoreError(ThenceError):
    """The store can't do what was asked."""


class StoreUnavailable(StoreError, Unavailable):
    """The store can't be opened or reached."""


class StoreLocked(StoreError):
    """Another process holds the store."""

    exit_code = 75


class StoreTooNew(StoreError):
    """The store was written by a newer Thence; this one does not touch it."""

    exit_code = 7


class StoreCorrupt(StoreError):
    """A hash, a seal or a link does not hold."""

    exit_code = 6


class Conflict(ThenceError):
    """A ref moved meanwhile, or a name is taken."""

    exit_code = 5
