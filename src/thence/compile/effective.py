"""What is in force on a line of commits: what was appended, each in its newest version, without what is skipped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Link", "effective"]


class Link(NamedTuple):
    """A commit of a line, as compiling needs it.

    Attributes:
        hash: its name.
        depth: how many commits stand before it on the line.
        edits: the name of the commit that it replaces; None: it is appended.
        content_type, role: of its content.
        text: its canonical JSON text; None where it was erased.
        config: its generation config; None where it has none. Never changed.
    """

    hash: bytes
    depth: int
    edits: bytes | None
    content_type: str
    role: str | None
    text: str | None
    config: Mapping[str, Any] | None


def effective(links: Sequence[Link], skipped: Collection[bytes] = ()) -> list[Link]:
    """The commits in force, each under the name of the commit that was appended, in the version that is newest.

    An edit of an edit replaces the same item. A version without a configuration has that of the version before it.

    Args:
        links: a line from its root on.
        skipped: commits that are left out; of the appended ones.
    """
    if not any(link.edits for link in links):
        return [link for link in links if link.hash not in skipped] if skipped else list(links)
    shown: dict[bytes, Link] = {}
    item_of: dict[bytes, bytes] = {}
    for link in links:
        item = item_of.get(link.edits, link.edits) if link.edits else link.hash
        item_of[link.hash] = item
        before = shown.get(item)
        if link.edits is None:
            shown[item] = link
        elif before is not None:
            shown[item] = link._replace(
                hash=item, depth=before.depth, config=before.config if link.config is None else link.config
            )
    return [link for item, link in shown.items() if item not in skipped]
