"""How many tokens a context has: as the vendor counted it, as far as it did, and estimated beyond.

An *anchor* is a commit up to which a vendor has counted: the context that a call was asked in (its input tokens), or an
answer (input and output together). It counts for every later context that begins alike; what was edited or skipped
since then makes it void. Nothing is downloaded: the estimate is one token for four bytes of canonical JSON text, and a
fixed price for an image or a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from thence.compile.effective import Link

__all__ = ["Anchor", "TokenCount", "count_tokens", "estimate"]

TokenSource = Literal["usage", "usage+estimate", "estimate"]

_BYTES = 4  # of canonical text, for one token
_ATTACHED = 1_000  # tokens of an image or a file: between a vendor's smallest (85) and largest (1,600) price of one
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{2048,}")


class Anchor(NamedTuple):
    """A commit at which a vendor has counted, where on the line it stands, and when (nanoseconds since the epoch)."""

    position: int
    tokens: int
    at: int


class TokenCount(NamedTuple):
    """Tokens, and where the number comes from: ``usage``, ``estimate``, or ``usage+estimate`` for what came since."""

    tokens: int
    source: TokenSource


def estimate(text: str) -> int:
    """About how many tokens a canonical text has."""
    attached = 0
    if len(text) >= 2048:
        text, attached = _BASE64.subn("", text)
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return -(-size // _BYTES) + attached * _ATTACHED


def count_tokens(
    links: Sequence[Link],
    shown: Sequence[Link],
    anchors: Iterable[Anchor],
    changed: Iterable[tuple[int, int]],
    estimates: Sequence[int],
) -> TokenCount:
    """The tokens of a context.

    Args:
        links: its line from the root on.
        shown: what of it is in force.
        anchors: where vendors counted; of several at one place the first stands.
        changed: what changed the line after it was said: position and time of each.
        estimates: of each that is shown.
    """
    changes = list(changed)
    edited = _edited(links)
    for anchor in sorted(anchors, key=lambda each: -each.position):
        void = any(where <= anchor.position and at > anchor.at for where, at in changes)
        if void or any(where <= anchor.position < by for where, by in edited):
            continue
        rest = 0
        for link, tokens in zip(reversed(shown), reversed(estimates), strict=True):
            if link.depth <= anchor.position:
                break
            rest += tokens
        return TokenCount(anchor.tokens + rest, "usage+estimate" if rest else "usage")
    return TokenCount(sum(estimates), "estimate")


def _edited(links: Sequence[Link]) -> list[tuple[int, int]]:
    """The places of edits: of what is replaced, and of what replaces it."""
    edits = [link for link in links if link.edits]
    if not edits:
        return []
    depth_of = {link.hash: link.depth for link in links}
    return [(depth_of.get(link.edits, 0), link.depth) for link in edits if link.edits]
