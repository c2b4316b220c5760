"""The user's own rules: what ``redact=`` takes, compiled into finders.

A rule is

- the name of a ready rule: ``email``, ``phone``, ``credit-card``, ``iban``, ``ip`` or ``ssn``;
- any other string, or bytes: a literal, replaced wherever it stands, JSON-escaped forms included;
- a compiled expression over ``str`` or ``bytes``: every match is replaced;
- a function from bytes to bytes, given all that is written, piece by piece: bodies (JSON, or a stream of events), error
  text, metadata. It must take any bytes;
- a list of these, applied in order.

A rule that fails leaks nothing: what it was given is replaced as a whole, and the failure is counted.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Union

from thence import faults
from thence.errors import ConfigError
from thence.redact.edits import Edit, Finder, difference, past_escape
from thence.redact.kinds import KINDS, mark
from thence.redact.known import forms

__all__ = ["FAILED", "READY", "Rule", "Rules", "compile_rules"]

Rule = Union[str, bytes, "re.Pattern[str]", "re.Pattern[bytes]", Callable[[bytes], bytes]]
Rules = Union[Rule, Sequence[Rule]]
"""What ``redact=`` takes."""

FAILED = b'"[redacted:failed-rule]"'
"""What is written in the place of a piece whose rule failed; a JSON text."""

_EDGE = rb"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf]))"


def _luhn(match: re.Match[bytes]) -> bytes:
    digits = [int(digit) for digit in re.sub(rb"[^0-9]", b"", match[0]).decode()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return mark("credit-card") if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else match[0]


_Put = Union[bytes, Callable[["re.Match[bytes]"], bytes]]
READY: dict[str, tuple[re.Pattern[bytes], _Put]] = {
    "email": (
        re.compile(_EDGE + rb"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"),
        mark("email"),
    ),
    "phone": (
        re.compile(
            _EDGE + rb"(?:\+[0-9]{1,3}[ .-]?(?:\([0-9]{1,4}\)[ .-]?)?[0-9]{2,4}(?:[ .-]?[0-9]{2,4}){1,4}"
            rb"|\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4})(?![0-9A-Za-z])"
        ),
        mark("phone"),
    ),
    "credit-card": (re.compile(rb"(?<![0-9.])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])"), _luhn),
    "iban": (
        re.compile(_EDGE + rb"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"),
        mark("iban"),
    ),
    "ip": (
        re.compile(
            rb"(?<![0-9.])(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?![0-9.])"
        ),
        mark("ip"),
    ),
    "ssn": (re.compile(rb"(?<![0-9-])[0-9]{3}-[0-9]{2}-[0-9]{4}(?![0-9-])"), mark("ssn")),
}
"""Ready rules for what is personal. They are never on by themselves."""


def compile_rules(rules: Rules | None) -> tuple[Finder, ...]:
    """A finder for each rule, in order.

    Raises:
        ConfigError: something is no rule, or nearly the name of a ready one.
    """
    if rules is None:
        return ()
    listed: Sequence[object] = rules if isinstance(rules, (list, tuple)) else (rules,)
    return tuple(_guarded(find) for rule in listed if (find := _finder(rule)) is not None)


def _guarded(find: Finder) -> Finder:
    """``find``, or an edit of the whole where it fails."""

    def guarded(body: bytes) -> list[Edit]:
        try:
            return list(find(body))
        except Exception as error:
            # Only the error's kind is said: its text may hold what the rule was to hide.
            faults.note("redact rule", f"{type(error).__name__} in a rule given as redact=")
            return [Edit(0, len(body), FAILED)]

    return guarded


def _finder(rule: object) -> Finder | None:
    if isinstance(rule, re.Pattern):
        return _by_bytes(rule, mark("rule")) if isinstance(rule.pattern, bytes) else _by_text(rule)
    if isinstance(rule, bytes):
        return _by_literal(rule, [rule])
    if isinstance(rule, str):
        return _by_name(rule)
    if callable(rule):
        return _by_function(rule)
    raise ConfigError(
        f"redact= takes names, strings, compiled expressions and functions, not {type(rule).__name__}",
        hint=f"ready rules: {', '.join(READY)}",
    )


def _by_name(rule: str) -> Finder | None:
    if rule in KINDS:
        return None  # always on
    if rule in READY:
        return _by_bytes(*READY[rule])
    near = difflib.get_close_matches(rule.lower().replace("_", "-"), READY, n=1, cutoff=0.75)
    if near:
        raise ConfigError(f"no ready rule {rule!r}", hint=f"did you mean {near[0]!r}? a literal may be given as bytes")
    return _by_literal(rule.encode("utf-8", "surrogatepass"), forms(rule))


def _by_literal(text: bytes, written: Sequence[bytes]) -> Finder:
    if not text:
        raise ConfigError("an empty string is no rule for redact=")
    either = re.compile(b"|".join(re.escape(form) for form in written))
    return _by_bytes(either, mark("literal"))


def _by_bytes(pattern: re.Pattern[bytes], put: _Put) -> Finder:
    def find(body: bytes) -> Iterator[Edit]:
        for match in pattern.finditer(body):
            new = put if isinstance(put, bytes) else put(match)
            if match.end() > match.start() and new != match[0]:
                yield Edit(min(past_escape(body, match.start()), match.end()), match.end(), new)

    return find


def _by_text(pattern: re.Pattern[str]) -> Finder:
    put = mark("rule").decode()

    def rewritten(body: bytes) -> bytes:
        text = body.decode("utf-8", "surrogateescape")

        def hidden(match: re.Match[str]) -> str:
            start = match.start()
            escaped = start and text[start - 1] == "\\"
            return (match[0][: 5 if match[0].startswith("u") else 1] if escaped else "") + put if match[0] else ""

        return pattern.sub(hidden, text).encode("utf-8", "surrogateescape")

    return _by_function(rewritten)


def _by_function(rewrite: Callable[[bytes], bytes]) -> Finder:
    def find(body: bytes) -> list[Edit]:
        clean = rewrite(body)
        if not isinstance(clean, bytes):
            raise TypeError(f"a rule gave {type(clean).__name__}, not bytes")
        return difference(body, clean)

    return find
