"""How two texts differ, word by word: what is gone and what is new, as git's ``--word-diff`` marks them.

Words are compared where texts are short; beyond :data:`MOST_WORDS` whole lines are, for the comparison of words grows
with their square.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final, NamedTuple

__all__ = ["MOST_WORDS", "Piece", "compared"]

MOST_WORDS: Final = 4_000

_WORD: Final = re.compile(r"\s+|\w+|[^\w\s]")


class Piece(NamedTuple):
    """A stretch of text: what both have (``removed == added``), or what one has and what the other has there."""

    removed: str
    added: str


def compared(one: str, other: str) -> Iterator[Piece]:
    """The pieces of two texts, in order."""
    here, there = _words(one), _words(other)
    if max(len(here), len(there)) > MOST_WORDS:
        here, there = one.splitlines(keepends=True), other.splitlines(keepends=True)
    matcher = SequenceMatcher(None, here, there, autojunk=False)
    for _, start, end, begin, finish in matcher.get_opcodes():
        yield Piece("".join(here[start:end]), "".join(there[begin:finish]))


def _words(text: str) -> list[str]:
    return _WORD.findall(text)
