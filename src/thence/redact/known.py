"""Secrets that are known by their value: the clients' own keys, and what the environment holds under telling names.

A value may stand in a body in several *forms*: as it is, as JSON writes it, as JSON inside a JSON string writes it
(arguments of tool calls), or as a URL writes it. All forms hold the value's longest plain run of characters, so one
search for that run says whether any form can be there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

from thence.forks import Lock
from thence.redact.edits import Edit
from thence.redact.kinds import FAMILIES, mark

__all__ = ["KNOWN", "Known", "secrets_in"]

MIN_LENGTH = 8
MAX_LENGTH = 8192
LIMIT = 128
"""How many values are known at most; the oldest give way."""

# What programs put where a key is required and none is needed. To hide such a word everywhere would only do harm.
_NO_SECRETS = frozenset(
    {
        "anything",
        "changeme",
        "disabled",
        "dummy-key",
        "fake-api-key",
        "fake-key",
        "llama.cpp",
        "lm-studio",
        "localhost",
        "my-api-key",
        "no-api-key",
        "no-key-required",
        "none-needed",
        "not-needed",
        "not-required",
        "notneeded",
        "password",
        "placeholder",
        "required",
        "sk-no-key-required",
        "sk-placeholder",
        "test-api-key",
        "test-key",
        "undefined",
        "your-api-key",
    }
)
_SECRET_WORDS = frozenset({"SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASSPHRASE", "APIKEY", "APITOKEN", "BEARER"})
_LAST_WORDS = frozenset({"KEY", "TOKEN", "PAT", "PASS", "PWD", "CREDENTIAL", "CREDENTIALS", "AUTH", "KEYS", "TOKENS"})
_NO_VALUES = frozenset(
    {"FILE", "PATH", "DIR", "SOCK", "NAME", "ID", "ARN", "HOST", "USER", "PUBLIC", "TTL", "EXPIRY", "TYPE", "REGION"}
)
_URL_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://[^\s/:@]*:([^\s@]+)@", re.IGNORECASE)
_RUN = re.compile(rb"[A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")


def _names_a_secret(name: str) -> bool:
    words = [word.rstrip("0123456789") for word in name.upper().replace("-", "_").split("_") if word]
    words = [word for word in words if word]
    if not words or (len(words) == 1 and words[0] in {"PWD", "AUTH", "PASS"}):
        return False
    if words[-1] in _NO_VALUES or "PUBLIC" in words:
        return False
    return words[-1] in _LAST_WORDS or not _SECRET_WORDS.isdisjoint(words) or "API_KEY" in name.upper()


def is_secret(value: str) -> bool:
    """Whether a value is long and peculiar enough to be hidden wherever it stands."""
    if not MIN_LENGTH <= len(value) <= MAX_LENGTH or value.lower().replace("_", "-") in _NO_SECRETS:
        return False
    # A number could stand bare in JSON, and a path is where a secret is, not the secret.
    return not value.isdigit() and not re.fullmatch(r"(?:~|\.{0,2})/[\w.@ -]+(?:/[\w.@ -]+)+/?", value)


def secrets_in(environ: Mapping[str, str]) -> dict[str, str]:
    """The values of variables whose names say that they are keys, and the passwords of URLs, by variable name."""
    found: dict[str, str] = {}
    for name, value in environ.items():
        if _names_a_secret(name):
            found[name] = value.strip()
        elif "://" in value and (match := _URL_PASSWORD.match(value)) is not None:
            found[name] = match[1]
    return {name: value for name, value in found.items() if is_secret(value)}


def forms(value: str) -> list[bytes]:
    """Every way in which ``value`` is written in a body, a header or a URL; the longest first."""
    if _PLAIN.fullmatch(value):
        return [value.encode()]
    written = {value, quote(value, safe=""), quote_plus(value), quote(value)}
    for ascii_only in (True, False):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        written |= {once, once.replace("/", "\\/"), json.dumps(once, ensure_ascii=ascii_only)[1:-1]}
    encoded = {text.encode("utf-8", "surrogatepass") for text in written}
    return sorted(encoded, key=lambda form: (-len(form), form))


def _needles(value: str, written: list[bytes]) -> list[bytes]:
    """What must be searched for to know that no form of ``value`` is there."""
    if _PLAIN.fullmatch(value) and any(family.may_hold(written[0]) for family in FAMILIES):
        return []  # the search for its kind finds it
    runs = _RUN.findall(value.encode("utf-8", "surrogatepass"))
    longest = max(runs, key=len, default=b"")
    return [longest] if len(longest) >= 6 else written


class Known:
    """The known values of a process. Grown by a lock, read without: what readers see is replaced as a whole."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: dict[str, str] = {}
        self.needles: tuple[bytes, ...] = ()
        self.replacements: tuple[tuple[bytes, bytes], ...] = ()
        self.longest = 0

    def __contains__(self, value: object) -> bool:
        """Whether there is nothing to learn of ``value``: it is known, or no secret."""
        return value in self._values or not (isinstance(value, str) and is_secret(value))

    def learn(self, secrets: Mapping[str, str]) -> None:
        """Know these values (by label) from now on. A value that is known keeps its label."""
        new = {value: label for label, value in secrets.items() if value not in self._values and is_secret(value)}
        if not new:
            return
        with self._lock:
            values = {**self._values, **new}
            for value in list(values)[: max(0, len(values) - LIMIT)]:
                del values[value]
            written = {value: forms(value) for value in values}
            pairs = [(form, mark(values[value])) for value, all_forms in written.items() for form in all_forms]
            self.replacements = tuple(sorted(pairs, key=lambda pair: -len(pair[0])))
            self.longest = len(self.replacements[0][0])
            needles = (needle for value, all_forms in written.items() for needle in _needles(value, all_forms))
            self.needles = tuple(dict.fromkeys(needles))
            self._values = values

    def forget(self) -> None:
        """Know nothing any more."""
        with self._lock:
            self._values, self.needles, self.replacements, self.longest = {}, (), (), 0

    def may_hold(self, body: bytes) -> bool:
        """Whether a value may be in ``body`` that no search for kinds would find."""
        for needle in self.needles:  # noqa: SIM110 - a generator costs more than the search
            if needle in body:
                return True
        return False

    def find(self, body: bytes) -> Iterator[Edit]:
        """Every known value in ``body``, in whatever form; longer forms first."""
        for form, put in self.replacements:
            at = body.find(form)
            while at >= 0:
                yield Edit(at, at + len(form), put)
                at = body.find(form, at + len(form))


KNOWN = Known()
"""What this process knows. One for all clients: the key of one may stand in the prompt of another."""
