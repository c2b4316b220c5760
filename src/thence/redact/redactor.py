"""The redactor: what stands between a call and everything that is written of it.

It runs on the caller's path, so nearly all of its work is to find out that there is nothing to do: one search for each
anchor and for each known value that no anchor shows (see :mod:`thence.redact.kinds`), in all some 3 ns a byte.

A conversation sends all of itself every time. What was found clean is remembered (the last few larger bodies, so that
comparing memory decides, not a digest), and of a body that begins like one of them only the rest is searched, with so
much overlap that nothing can hide across the seam. So a call costs what is new in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

from thence.redact.edits import Edit, merged, spliced, through_pieces
from thence.redact.kinds import FAMILIES
from thence.redact.known import KNOWN, Known
from thence.redact.rules import FAILED, Rules, compile_rules

__all__ = ["Redactor", "redact_value"]

_REMEMBERED = 4
_SMALLEST, _LARGEST = 16 << 10, 2 << 20
_BLOCK = 16 << 10
_TELLING = re.compile(r"(?:key|authorization|_token|secret|secret_value)$", re.IGNORECASE)
_OVERLAP = 1024
"""No token's tell-tale is longer, whatever it is followed by; known values add their own length."""

# An ASCII letter, digit or sign written as an escape, as no usual encoder writes it (a few write <, >, & and ' so).
_ODD_ESCAPE = re.compile(rb"\\u00[2-7][0-9a-fA-F]")
_ESCAPE = re.compile(rb"(\\+)u00([2-7][0-9a-fA-F])")

_HINTS = tuple((family.needs, family.hint.search) for family in FAMILIES)


def _unescaped(match: re.Match[bytes]) -> bytes:
    """The character that an escape stands for; two backslashes are an escape in a JSON string within one."""
    slashes, code = match[1], int(match[2], 16)
    if code in b'"\\\x7f':
        return match[0]
    return slashes[: (len(slashes) - 1) // 2 * 2] + bytes((code,))


class _Clean:
    """Bodies that were found clean, the newest first. Replaced as a whole; a lost entry costs a search, no more."""

    def __init__(self) -> None:
        self._bodies: tuple[bytes, ...] = ()
        self._known: tuple[bytes, ...] = ()

    def common(self, body: bytes, known: tuple[bytes, ...]) -> int:
        """How far ``body`` is one that was found clean when ``known`` was known: a multiple of a block's length."""
        if known is not self._known:
            return 0
        return max((self._shared(body, other) for other in self._bodies), default=0)

    @staticmethod
    def _shared(body: bytes, other: bytes) -> int:
        at, stop = 0, min(len(body), len(other))
        while at < stop and body.startswith(other[at : at + _BLOCK], at):
            at += _BLOCK
        while at < stop and body.startswith(other[at : at + _OVERLAP], at):
            at += _OVERLAP
        return min(at, stop)

    def add(self, body: bytes, known: tuple[bytes, ...], at: int) -> None:
        """Remember a clean body; it replaces one that it continues."""
        kept = [other for other in self._bodies if known is self._known and not (at and body.startswith(other[:at]))]
        self._known, self._bodies = known, (body, *kept[: _REMEMBERED - 1])


class Redactor:
    """Replaces secrets by ``[redacted:KIND]``: known values, tokens of known kinds, and what the user's rules say.

    Args:
        rules: what ``redact=`` was given.
        known: the known values; by default those of this process.

    Raises:
        ConfigError: ``rules`` holds something that is no rule.
    """

    def __init__(self, rules: Rules | None = None, known: Known = KNOWN) -> None:
        self.known = known
        self._rules = compile_rules(rules)
        self._clean = _Clean()

    def suspects(self, body: bytes) -> bool:
        """Whether anything in ``body`` may have to be replaced. Where this is False, nothing has."""
        return bool(self._rules) or self._suspects(body)

    def _suspects(self, body: bytes) -> bool:
        if self.known.may_hold(body):
            return True
        for needs, hinted in _HINTS:
            if needs in body and hinted(body) is not None:
                return True
        return b"\\" in body and _ODD_ESCAPE.search(body) is not None

    def _secrets(self, body: bytes) -> list[Edit]:
        found: list[Edit] = [*self.known.find(body)]
        for family in FAMILIES:
            if family.may_hold(body):
                found += family.find(body)
        return merged(found)

    def _without_secrets(self, body: bytes) -> bytes:
        needles = self.known.needles
        large = _SMALLEST <= len(body) <= _LARGEST
        at = self._clean.common(body, needles) if large else 0
        rest = body[max(0, at - _OVERLAP - self.known.longest) :] if at else body
        if not self._suspects(rest):
            if large:
                self._clean.add(body, needles, at)
            return body
        if _ODD_ESCAPE.search(body) is not None:
            plain = _ESCAPE.sub(_unescaped, body)
            if self._secrets(plain):
                body = plain
        return spliced(body, self._secrets(body))

    def __call__(self, body: bytes) -> bytes:
        """``body`` as it may be written; the same object where nothing had to be replaced."""
        body = self._without_secrets(body)
        for find in self._rules:
            body = spliced(body, find(body))
        return body

    def stream(self, body: bytes) -> bytes:
        """The bytes of a streamed answer as they may be written: as they stand, and across their pieces."""
        body = self.pieces(self(body))
        for find in self._rules:
            body = through_pieces(body, find)
        return body

    def pieces(self, body: bytes) -> bytes:
        """A streamed answer without the secrets that lie across its pieces; the same object where there is none."""
        return through_pieces(body, self._secrets_where_suspected)

    def _secrets_where_suspected(self, body: bytes) -> Iterable[Edit]:
        return self._secrets(body) if self._suspects(body) else ()

    def text(self, text: str) -> str:
        """Error text, a URL, a name: as it may be written."""
        body = text.encode("utf-8", "surrogatepass")
        clean = self(body)
        if clean is body:
            return text
        return (clean.strip(b'"') if clean == FAILED else clean).decode("utf-8", "replace")

    def url(self, url: str) -> str:
        """A URL as it may be written: as it stands, and as its reader decodes it."""
        clean = self.text(url)
        for decode in (unquote, unquote_plus):  # a space is written in two ways
            decoded = decode(clean)
            hidden = self.text(decoded)
            if hidden is not decoded:
                clean = quote(hidden, safe=":/?&=[]@")
        return clean

    def _member(self, name: Any, value: Any) -> Any:
        """A value, seen beside its name: some secrets are told by the name alone."""
        clean = self.value(value)
        if clean is value and isinstance(value, str) and isinstance(name, str) and _TELLING.search(name):
            told = f"{name}={value}"
            hidden = self.text(told)
            if hidden is not told:
                return hidden[len(name) + 1 :] if hidden.startswith(f"{name}=") else hidden
        return clean

    def value(self, value: Any) -> Any:
        """A value of dicts, lists and text as it may be written: names too. The same object where nothing changed."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self(value)
        if isinstance(value, dict):
            pairs = [(self.value(name), self._member(name, member)) for name, member in value.items()]
            changed = any(n is not m or v is not w for (n, v), (m, w) in zip(pairs, value.items(), strict=True))
            return dict(pairs) if changed else value
        if isinstance(value, (list, tuple)):
            members = [self.value(member) for member in value]
            changed = any(new is not old for new, old in zip(members, value, strict=True))
            return (members if isinstance(value, list) else tuple(members)) if changed else value
        return value


_process = Redactor()


def redact_value(value: Any) -> Any:
    """A parsed JSON value without the secrets that this process knows by value or by kind; for a folded stream."""
    return _process.value(value)
