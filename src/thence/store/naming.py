"""Names of tracts and refs: what is legal, and what becomes of the rest.

A name comes from a program that is in the middle of a call, so nothing is refused there: a tract with an impossible
name gets an id that says which (a hash), a branch with one is spelled legally. Names that people type are checked
instead.
"""

from __future__ import annotations

import hashlib
import re

from thence.errors import NotFound, ThenceError

__all__ = ["MAIN", "branch_of", "check_ref", "legible", "spelled", "tract_id_of"]

MAIN = "main"
_TRACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,47}\Z|=[0-9a-f]{32}\Z")
_REF = re.compile(r"(?!-)(?!.*(\.\.|@\{|//|/\.|\.lock(/|\Z)))[^\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]{1,200}(?<![./])\Z")
_UNHELD = re.compile("[\x00\ud800-\udfff]")
_RESERVED = frozenset({"HEAD", "@"})


def tract_id_of(name: str | None) -> str:
    """The id of a tract: its name where that is short and plain, else a hash of it.

    It is equal on every host. An id, as :meth:`Store.tracts` gives it, is its own.
    """
    name = name or MAIN
    if _TRACT.match(name):
        return name
    return "=" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def check_ref(name: str) -> str:
    """``name``, which is a legal name of a branch or tag, as git has it.

    Raises:
        ThenceError: it is not.
    """
    if not isinstance(name, str) or not _REF.match(name) or name in _RESERVED or _is_hash(name):
        raise ThenceError(f"{name!r:.80} is no name for a branch or tag", hint="letters, digits, - _ . / and no spaces")
    return name


def legible(name: str) -> str:
    """``name``, which may be that of something in a store, whatever it is.

    Raises:
        NotFound: no database could hold it.
    """
    if not isinstance(name, str):
        raise NotFound(f"a {type(name).__name__} is no name", hint="names are text")
    if _UNHELD.search(name):
        raise NotFound(f"{name[:80]!a}: nothing can be called this", hint="thence log")
    return name


def branch_of(name: str | None) -> str:
    """The branch that a call's branch name means; an illegal one is spelled with its legal characters and a hash."""
    name = name or MAIN
    if _REF.match(name) and name not in _RESERVED and not _is_hash(name):
        return name
    return spelled(name)


def spelled(name: str) -> str:
    """A legal name for a branch that can't have this one: its legal characters and a hash."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9_]+', '-', name).strip('-')[:60] or 'branch'}-{digest}"


def _is_hash(name: str) -> bool:
    """Whether a name would be taken for the hash of a commit."""
    return bool(re.match(r"t\d+:|[0-9a-f]{8,64}\Z", name))
