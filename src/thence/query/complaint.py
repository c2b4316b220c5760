"""What is wrong with a query that can't be read, said in its own words, at its column."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from lark import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from thence.errors import QueryError
from thence.query.fields import suggestion
from thence.query.spelling import KEYWORDS
from thence.query.tree import OPERATORS

__all__ = ["complaint"]

# What may stand at a place, told by the terminals that the parser would take there.
_EXPECTED: Final = (
    ("WORD", "a value"),
    ("COMPARISON", "an operator"),
    ("_AND", "`and`, `or` or the end"),
    ("INDEX", "a list's index"),
    ("NAME", "a name"),
    ("COMMA", "`,`"),
    ("COLON", "`:`"),
    ("RPAR", "`)`"),
    ("LPAR", "`(`"),
)

# Operators of other languages.
_FOREIGN: Final = MappingProxyType(
    {
        "like": "~",
        "ilike": "~",
        "glob": "~",
        "matches": "~",
        "=~": "~",
        "is": "=",
        "eq": "=",
        "equals": "=",
        ":": "=",
        "gt": ">",
        "lt": "<",
        "has": "contains",
        "includes": "contains",
        "&&": "and",
        "&": "and",
        "||": "or",
        "|": "or",
        "!": "not",
    }
)
_PIECE: Final = re.compile(r"[\w\-]+|[^\w\s\"'()\[\],]+|\S")


def complaint(text: str, error: UnexpectedInput) -> QueryError:
    """The error to raise where the parser stumbled over ``text``."""
    column = error.pos_in_stream
    if isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
        ended = error.token.type == "$END"
    else:
        expected = set(error.allowed or ()) if isinstance(error, UnexpectedCharacters) else set()
        ended = False
    column = len(text.rstrip()) if ended or column is None or column < 0 else column
    wanted = next((words for terminal, words in _EXPECTED if terminal in expected), None)
    found = _PIECE.match(text, column)
    if ended or found is None:
        return QueryError(f"the query ends where {wanted or 'more'} should follow", text=text, column=column)
    piece = found[0]
    message = f"`{piece}` stands where {wanted} should" if wanted else f"`{piece}` can't be read"
    return QueryError(message, text=text, column=column, hint=_hint(text, column, piece, expected))


def _hint(text: str, column: int, piece: str, expected: set[str]) -> str | None:
    hint = None
    if piece[0] in "\"'":
        hint = f"a {piece[0]} that is opened must be closed"
    elif piece.lower() in _FOREIGN:
        hint = f"did you mean `{_FOREIGN[piece.lower()]}`?"
    elif "WORD" in expected:
        hint = "put text that is no plain word in quotes"
    elif "COMPARISON" in expected:
        hint = suggestion(piece, OPERATORS) or f"use {', '.join(OPERATORS)}"
    elif "_AND" in expected:
        words = re.search(r"[\w\-]\s*$", text[:column])
        hint = suggestion(piece, ("and", "or")) or ("put text of several words in quotes" if words else None)
    elif "NAME" in expected and piece.lower() in KEYWORDS:
        hint = "put a name that is a word of the language in quotes"
    elif piece == ")":
        hint = "it closes nothing"
    return hint
