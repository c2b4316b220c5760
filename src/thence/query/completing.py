"""What a query that is being typed may go on with: names, operators, values, ``and`` and ``or``.

A query in the middle of being typed can rarely be parsed, so this looks at its last words only: behind a name stands an
operator, behind an operator a value, behind a value ``and``. Where that guess is wrong, the parser says so in the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from thence.query.fields import FIELDS, FUNCTIONS
from thence.query.spelling import path, text
from thence.query.tree import OPERATORS

__all__ = ["Completion", "Completions", "completions"]

_TOKEN: Final = re.compile(
    r"""
      (?P<text> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )
    | (?P<open> ["'].*\Z )
    | (?P<operator> <= | >= | != | [=<>~] | \b(?:not\s+in|in|between|contains)\b )
    | (?P<whole> \b(?:exists|missing)\b )
    | (?P<join> \b(?:and|or|not)\b | [(,] )
    | (?P<closed> \) )
    | (?P<word> [^\s"'()<>=!~,]+ )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_PARTIAL: Final = re.compile(r"(?:[\"'][^\"']*|[\w.\-*:]*)\Z")
_JOINS: Final = {"and": "both are true", "or": "one of them is true"}


class Completion(NamedTuple):
    """What may stand there, and what it means."""

    text: str
    meaning: str


class Completions(NamedTuple):
    """What may replace the text from ``start`` on."""

    start: int
    found: list[Completion]


def completions(
    query: str, names: Iterable[str], values: Callable[[str], Iterable[str]], *, most: int = 12
) -> Completions:
    """What may follow.

    Args:
        query: the text up to the cursor.
        names: parameters that there are.
        values: gives values that a name is known to have.
        most: how many are given.
    """
    match = _PARTIAL.search(query)
    start = match.start() if match else len(query)
    begun = query[start:].lower()
    tokens = [(str(each.lastgroup), each.group()) for each in _TOKEN.finditer(query[:start])]
    fitting = [each for each in _following(tokens, names, values) if _fits(each.text, begun)]
    fitting.sort(key=lambda each: not each.text.lower().lstrip("\"'").startswith(begun.lstrip("\"'")))
    return Completions(start, [each for each in fitting if each.text.lower() != begun][:most])


def _fits(offered: str, begun: str) -> bool:
    return begun.lstrip("\"'") in offered.lower()


def _following(
    tokens: list[tuple[str, str]], names: Iterable[str], values: Callable[[str], Iterable[str]]
) -> Iterator[Completion]:
    kind = tokens[-1][0] if tokens else "join"
    in_list = kind == "join" and tokens[-1:] and tokens[-1][1] in "(," and _operator_before(tokens)
    if kind == "operator" or in_list:
        yield from _values(_subject(tokens), values)
    elif (kind == "word" and not _is_value(tokens)) or (kind == "closed" and _is_function(tokens)):
        yield from (Completion(name, meaning) for name, meaning in OPERATORS.items())
    elif kind == "join":
        yield from _names(names, inside=_in_function(tokens))
    else:
        yield from (Completion(name, meaning) for name, meaning in _JOINS.items())


def _names(names: Iterable[str], *, inside: bool) -> Iterator[Completion]:
    for name in sorted(set(names)):
        yield Completion(path([name]), "parameter")
    if not inside:
        yield from (Completion(name, field.meaning) for name, field in FIELDS.items())
        yield from (Completion(f"{name}(", f"of a parameter: {each.meaning}") for name, each in FUNCTIONS.items())


def _values(subject: str, values: Callable[[str], Iterable[str]]) -> Iterator[Completion]:
    known = FIELDS.get(subject) or FUNCTIONS.get(subject.partition("(")[0])
    if known is not None and known.choices:
        yield from (Completion(each, "") for each in known.choices)
        return
    for value in values(subject):
        plain = re.fullmatch(r"[A-Za-z][\w\-]*|-?\d+(?:\.\d+)?|true|false", value)
        yield Completion(value if plain else text(value), "")


def _operator_before(tokens: list[tuple[str, str]]) -> bool:
    """Whether the list that is open began behind ``in`` or ``not in``."""
    for number in range(len(tokens) - 1, 0, -1):
        if tokens[number][1] == "(":
            return tokens[number - 1][0] == "operator"
    return False


def _subject(tokens: list[tuple[str, str]]) -> str:
    """The name before the last operator; with its function: ``source(temperature)``."""
    at = max((number for number, (kind, _) in enumerate(tokens) if kind == "operator"), default=0)
    before = tokens[:at]
    if before and before[-1][0] == "closed":
        return "".join(word for _, word in before[-4:])
    return before[-1][1] if before else ""


def _is_value(tokens: list[tuple[str, str]]) -> bool:
    return len(tokens) > 1 and (
        tokens[-2][0] == "operator" or (tokens[-2][1] in "(," and _operator_before(tokens[:-1]))
    )


def _is_function(tokens: list[tuple[str, str]]) -> bool:
    return len(tokens) > 3 and tokens[-4][1].lower() in FUNCTIONS and tokens[-3][1] == "("


def _in_function(tokens: list[tuple[str, str]]) -> bool:
    return len(tokens) > 1 and tokens[-1][1] == "(" and tokens[-2][1].lower() in FUNCTIONS
