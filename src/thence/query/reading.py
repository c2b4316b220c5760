"""Text to expression tree, by a grammar. Nothing is ever evaluated.

The parser is LALR: it reads any text in linear time, and its lexer knows where every word stands, so that every error
points at a column. ``grammar.lark`` is the whole language; this module says what its rules build.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from thence.errors import QueryError
from thence.query import literals, spelling
from thence.query.check import bounded, condition, function, named
from thence.query.complaint import complaint
from thence.query.tree import Condition, Expression, Field, Not, Step, Value

__all__ = ["MOST_TEXT", "parse", "read_path", "read_time"]

MOST_TEXT: Final = 65_536
"""Characters of a query at most."""

_SPELLED_UNITS: Final = {"second": "s", "sec": "s", "minute": "m", "min": "m", "hour": "h", "day": "d", "week": "w"}


class At(NamedTuple):
    """Something that stands at a column of the text."""

    what: Any
    column: int


def parse(text: str) -> Expression:
    """The tree of a query.

    Raises:
        QueryError: it can't be read; with the column, and what was meant where that can be guessed.
    """
    return cast("Expression", _read(text, "start"))


def read_path(text: str) -> tuple[Step, ...]:
    """The steps of a parameter's path: ``response_format.type``, ``"a.b".c``, ``tools[0]``.

    Raises:
        QueryError: it is no path.
    """
    return cast("tuple[Step, ...]", _read(text, "name"))


def read_time(text: str) -> Value:
    """A moment: ``2026-11-22``, ``2h ago``, ``yesterday``.

    Raises:
        QueryError: it is none.
    """
    value = cast("Value", _read(text, "moment"))
    return condition(Field("started_at"), ">=", [value]).values[0]


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        start=["start", "moment", "name"],
        transformer=_Build(),
        maybe_placeholders=False,
    )


def _read(text: str, start: str) -> Any:
    if len(text) > MOST_TEXT:
        raise QueryError(f"a query holds {MOST_TEXT:,} characters at most, not {len(text):,}")
    try:
        built = _parser().parse(text, start=start)
    except UnexpectedInput as error:
        raise complaint(text, error) from None
    except _Misread as error:
        raise QueryError(error.said.message, text=text, column=error.column, hint=error.said.hint) from error.said
    return bounded(built) if isinstance(built, Expression) else built


class _Misread(Exception):
    """A word that the grammar allows and its meaning does not."""

    def __init__(self, said: QueryError, column: int) -> None:
        self.said = said
        self.column = column


def _condition(operand: At, symbol: str, values: list[At]) -> Condition:
    """A condition; an error points at the value that it is about, or at the operand."""
    try:
        return condition(operand.what, symbol, [value.what for value in values])
    except QueryError as error:
        raise _Misread(error, values[0].column if values else operand.column) from error


@v_args(inline=True)
class _Build(Transformer[Token, Any]):
    """What each rule of the grammar builds."""

    def start(self, tree: Expression) -> Expression:
        return tree

    def moment(self, value: At) -> Value:
        return cast("Value", value.what)

    def name(self, path: At) -> tuple[Step, ...]:
        return cast("tuple[Step, ...]", path.what)

    def disjunction(self, first: Expression, *others: Expression) -> Expression:
        for other in others:
            first = first | other
        return first

    def conjunction(self, first: Expression, *others: Expression) -> Expression:
        for other in others:
            first = first & other
        return first

    def negated(self, term: Expression) -> Not:
        return Not(term)

    def compared(self, operand: At, symbol: Token, value: At) -> Condition:
        return _condition(operand, str(symbol), [value])

    def among(self, operand: At, values: list[At]) -> Condition:
        return _condition(operand, "in", values)

    def not_among(self, operand: At, values: list[At]) -> Condition:
        return _condition(operand, "not in", values)

    def between(self, operand: At, low: At, high: At) -> Condition:
        return _condition(operand, "between", [low, high])

    def present(self, operand: At, symbol: Token) -> Condition:
        return _condition(operand, str(symbol), [])

    def asked_present(self, symbol: Token, operand: At) -> Condition:
        return _condition(operand, str(symbol), [])

    def bounded(self, word: Token, value: At) -> Condition:
        symbol = ">=" if word.lower() == "since" else "<"
        return _condition(At(Field("started_at"), value.column), symbol, [value])

    def operand(self, path: At) -> At:
        return At(_told(named, path.column, path.what), path.column)

    def function(self, name: Token, path: At) -> At:
        column = name.start_pos or 0
        return At(_told(function, column, str(name), path.what), column)

    def path(self, *tokens: Token) -> At:
        steps: list[Step] = []
        for token in tokens:
            index = token.type == "INDEX"
            steps.append(int(token) if index else spelling.read_text(token) if token.type == "QUOTED" else str(token))
        return At(tuple(steps), tokens[0].start_pos or 0)

    def values(self, *values: At) -> list[At]:
        return list(values)

    def scalar(self, token: Token) -> At:
        column = token.start_pos or 0
        return At(_told(_SCALARS[token.type], column, str(token)), column)

    def array(self, *items: At) -> At:
        column = items[0].column if items else 0
        return At([_told(_json, item.column, item.what) for item in items], column)

    def object(self, *members: tuple[str, At]) -> At:
        column = members[0][1].column if members else 0
        return At({name: _told(_json, item.column, item.what) for name, item in members}, column)

    def member(self, name: Token, value: At) -> tuple[str, At]:
        return spelling.read_text(name), value


def _told(make: Any, column: int, *what: Any) -> Any:
    """What ``make`` makes of ``what``, its complaint pointing at ``column``."""
    try:
        return make(*what)
    except QueryError as error:
        raise _Misread(error, column) from error


def _json(value: Any) -> Any:
    """What stands within a list or an object, as plain JSON."""
    if not isinstance(value, Value):
        return value
    if value.kind in ("time", "ago", "day"):
        raise QueryError(f"{value} is no JSON value", hint="put text in quotes")
    return value.value


def _number(text: str) -> Value:
    plain = text.replace("_", "")
    if any(mark in plain for mark in ".eE"):
        return Value("number", float(plain))
    return Value("number", int(Decimal(plain)))  # int() itself reads no more than 4,300 digits


def _infinite(text: str) -> Value:
    return literals.literal(float(text))


def _duration(text: str) -> Value:
    return Value("number", _seconds(text))


def _ago(text: str) -> Value:
    return Value("ago", _seconds(text.lower().removesuffix("ago").strip()))


def _now(text: str) -> Value:
    return Value("ago", 0.0) if text.lower() == "now" else Value("day", 0 if text.lower() == "today" else 1)


def _moment(text: str) -> Value:
    plain = text.upper().replace("Z", "+00:00").replace(" ", "T", 1).replace(" ", "")
    sign = max(plain.rfind("+"), plain.rfind("-", 11))
    if sign > 0 and ":" not in plain[sign:]:
        plain = f"{plain[:-2]}:{plain[-2:]}"
    point = plain.find(".")
    if point > 0:  # Python 3.10 reads three digits or six
        end = sign if sign > 0 else len(plain)
        plain = plain[:point] + plain[point:end].ljust(7, "0") + plain[end:]
    try:
        return literals.time(datetime.fromisoformat(plain))
    except ValueError as error:
        raise QueryError(f"{text} is no date", hint=str(error)) from error


def _seconds(text: str) -> float:
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = text[len(digits) :].strip()
    unit = _SPELLED_UNITS.get(unit.removesuffix("s") or unit, unit)
    if unit not in spelling.UNITS:
        raise QueryError(f"`{unit}` is no unit of time", hint="use ms, s, m, h, d or w")
    return float(Decimal(digits) * Decimal(str(spelling.UNITS[unit])))


_SCALARS: Final = {
    "TRUE": lambda _: Value("bool", True),
    "FALSE": lambda _: Value("bool", False),
    "NULL": lambda _: literals.NULL,
    "NUMBER": _number,
    "NAN": _infinite,
    "DURATION": _duration,
    "MOMENT": _moment,
    "NOW": _now,
    "AGO": _ago,
    "QUOTED": lambda text: Value("text", spelling.read_text(text)),
    "WORD": lambda text: Value("text", text),
}
