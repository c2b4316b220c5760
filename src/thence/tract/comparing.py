"""What two commits have in common, and what each has beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from thence.params.exact import same
from thence.store import CommitInfo

__all__ = ["Difference", "config_changes"]


@dataclass(frozen=True)
class Difference:
    """How the line of one commit differs from that of another.

    Attributes:
        base: the last commit that both lines have.
        removed: commits that only the first line has, oldest first.
        added: commits that only the second line has.
        config: what differs between the generation configs of the two: name to the value here and there, None where it
            is not there.
    """

    base: CommitInfo
    removed: list[CommitInfo]
    added: list[CommitInfo]
    config: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.removed or self.added or self.config)


def config_changes(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> dict[str, tuple[Any, Any]]:
    """The parameters that differ; see :attr:`Difference.config`."""
    here, there = one or {}, other or {}
    names = sorted({*here, *there})
    return {
        name: (here.get(name), there.get(name))
        for name in names
        if (name in here) != (name in there) or not same(here[name], there[name])
    }
