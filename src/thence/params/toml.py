"""TOML with the line of every key.

No parser of TOML gives positions. Theory: a text that a parser has accepted is simple to walk. A statement is a header
(``[a.b]``, ``[[a.b]]``) or a key, ``=`` and a value; a value is a string, an array, an inline table, or a run of other
characters. :class:`_Walk` follows just that and notes the line at which each key path first appears; what values *mean*
is the parser's to say. Where the parser refuses the text and names no line, or overlooks a table that is given twice,
the walk says where.

The parser is the standard library's where there is one (Python 3.11), else tomlkit.
"""

from __future__ import annotations

import re
import stat
from bisect import bisect_right
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from thence.errors import ConfigError
from thence.params.origins import relative

__all__ = ["LIMIT", "Document", "parse", "read", "text_of"]

LIMIT: Final = 1 << 20  # bytes of a configuration file; a longer one is a mistake

KeyPath = tuple[str, ...]

_SPACE: Final = re.compile(r"[ \t]*")
_TRIVIA: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[A-Za-z0-9_-]+')
_STRING: Final = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|""?(?!"))*"""(?:""?)?'
    r"|'''(?:[^']|''?(?!'))*'''(?:''?)?"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
)
_SCALAR: Final = re.compile(r"[^,\]}#\n]+")
_LINE_NAMED: Final = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file that was read.

    Attributes:
        path: of the file.
        values: what it says, plain.
        lines: key path to the line on which it first appears, 1-based.
    """

    path: Path
    values: Mapping[str, Any]
    lines: Mapping[KeyPath, int]

    def line(self, *keys: str) -> int:
        """The line of a key path; of its nearest ancestor where it is within an array."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)

    def origin(self, *keys: str) -> str:
        """``file:line`` of a key path."""
        return f"{relative(self.path)}:{self.line(*keys)}"


def text_of(path: Path) -> str:
    """The text of a configuration file, without a byte-order mark.

    Raises:
        ConfigError: it can't be read, is no file, is too long, or is not UTF-8.
    """
    shown = relative(path)
    try:
        # Asked before opening: a named pipe would hold the program until somebody writes to it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigError("is no regular file", origin=shown)
        with path.open("rb") as file:
            raw = file.read(LIMIT + 1)
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror or error}", origin=shown) from error
    if len(raw) > LIMIT:
        raise ConfigError(f"is longer than {LIMIT >> 20} MiB, which no configuration is", origin=f"{shown}:1")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"is not UTF-8: byte {raw[error.start]:#04x}", origin=f"{shown}:{line}") from error


def read(path: Path) -> Document:
    """The document in a file.

    Raises:
        ConfigError: it can't be read, or is no TOML; names file and line.
    """
    return parse(text_of(path), path)


def parse(text: str, path: Path) -> Document:
    """The document that ``text`` is; ``path`` names it in errors.

    Raises:
        ConfigError: it is no TOML; names file and line.
    """
    walk = _Walk(text)
    fault: Exception | None = None
    values: dict[str, Any] = {}
    try:
        values = _loads(text)
    except (ValueError, RecursionError) as error:
        fault = error
    with suppress(IndexError, RecursionError):  # it is no TOML, and the parser has said so
        walk.statements()
    named = _LINE_NAMED.search(str(fault))
    line = int(named[1]) if named else text.count("\n") + 1
    if walk.twice is not None and walk.twice[1] <= line:
        keys, line = walk.twice
        message = f"{'.'.join(keys)} is given twice, first on line {walk.lines[keys]}"
    elif fault is None:
        return Document(path, values, walk.lines)
    else:
        message = "is nested too deeply" if isinstance(fault, RecursionError) else f"is no TOML: {fault}"
    raise ConfigError(message, origin=f"{relative(path)}:{line}") from fault


def _loads(text: str) -> dict[str, Any]:
    """What the text says.

    Raises:
        ValueError: it is no TOML.
    """
    try:
        import tomllib  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        try:
            return dict(tomlkit.parse(text).unwrap())
        except TOMLKitError as error:
            raise ValueError(str(error)) from error
    loaded: dict[str, Any] = tomllib.loads(text.replace("\r\n", "\n"))
    return loaded


class _Walk:
    """Notes the line of every key path. ``lines`` is filled; ``twice`` is the first path given twice, with its line.

    Raises:
        IndexError: from :meth:`statements`, where the text is no TOML.
    """

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.twice: tuple[KeyPath, int] | None = None
        self._text = text
        self._at = 0
        self._breaks = [match.end() for match in re.finditer("\n", text)]
        self._headers: set[KeyPath] = set()
        self._arrays: set[KeyPath] = set()
        self._elements = 0

    def statements(self) -> None:
        """Walk the whole text."""
        table: KeyPath = ()
        self._skip(_TRIVIA)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._member(table)
            self._skip(_TRIVIA)

    def _header(self) -> KeyPath:
        """A header. Below an array of tables its path ends in a name that no key can be: elements stay apart."""
        line = self._line()
        array = self._text.startswith("[[", self._at)
        self._at += 2 if array else 1
        keys = self._keys()
        self._expect("]]" if array else "]")
        self._note(keys, line)
        if array:
            self._arrays.add(keys)
        if array or any(keys[:length] in self._arrays for length in range(1, len(keys))):
            self._elements += 1
            return (*keys, f"\n{self._elements}")
        if keys in self._headers:
            self.twice = self.twice or (keys, line)
        self._headers.add(keys)
        return keys

    def _member(self, table: KeyPath) -> None:
        """A key, ``=`` and a value, in a table or an inline table."""
        line = self._line()
        keys = (*table, *self._keys())
        self._expect("=")
        if keys in self.lines:
            self.twice = self.twice or (keys, line)
        self._note(keys, line, above=len(table))
        self._skip(_SPACE)
        self._value(keys)

    def _value(self, keys: KeyPath) -> None:
        opening = self._text[self._at]
        if opening == "[":
            self._enclosed("]", keys)
        elif opening == "{":
            self._enclosed("}", keys)
        elif opening in "\"'":
            self._skip(_STRING, must=True)
        else:
            self._skip(_SCALAR, must=True)

    def _enclosed(self, closing: str, keys: KeyPath) -> None:
        """An array or an inline table, up to its end."""
        self._at += 1
        self._skip(_TRIVIA)
        while self._text[self._at] != closing:
            if closing == "}":
                self._member(keys)
            else:
                self._elements += 1
                self._value((*keys, f"\n{self._elements}"))
            self._skip(_TRIVIA)
            if self._text[self._at] == ",":
                self._at += 1
                self._skip(_TRIVIA)
        self._at += 1

    def _keys(self) -> KeyPath:
        """A key, dotted or not."""
        keys = []
        while True:
            self._skip(_SPACE)
            keys.append(_plain(self._skip(_KEY, must=True)))
            self._skip(_SPACE)
            if self._text[self._at] != ".":
                return tuple(keys)
            self._at += 1

    def _note(self, keys: KeyPath, line: int, above: int = 0) -> None:
        for length in range(above + 1, len(keys) + 1):
            self.lines.setdefault(keys[:length], line)

    def _line(self) -> int:
        return bisect_right(self._breaks, self._at) + 1

    def _expect(self, token: str) -> None:
        if not self._text.startswith(token, self._at):
            raise IndexError(self._at)
        self._at += len(token)

    def _skip(self, pattern: re.Pattern[str], *, must: bool = False) -> str:
        match = pattern.match(self._text, self._at)
        if must and not match:
            raise IndexError(self._at)
        if match:
            self._at = match.end()
        return match[0] if match else ""


_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|(.))")
_ESCAPED: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


def _plain(key: str) -> str:
    """A key without its quotes and escapes."""
    if key[0] == "'":
        return key[1:-1]
    return _ESCAPE.sub(_unescaped, key[1:-1]) if key[0] == '"' else key


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code is None:
        return _ESCAPED.get(match[4], match[4])
    point = int(code, 16)
    return chr(point) if point <= 0x10FFFF else ""
