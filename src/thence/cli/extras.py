"""What a command needs beside Thence itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from thence.errors import NotFound

__all__ = ["needing"]


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """A piece of a command that needs one of Thence's extras.

    Raises:
        NotFound: a module is missing, and how to install it.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        raise NotFound(f"{missing.name} is not installed", hint=f"pip install 'thence[{extra}]'") from missing
