"""What ``fsck`` finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["RESTORE", "Finding"]

RESTORE = "restore it from a backup, or pull a store that has it into a new one"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written.

    Attributes:
        kind: of what: ``file``, ``schema``, ``blob``, ``form``, ``commit``, ``configuration``, ``call``, ``link``,
            ``journal``.
        name: which one: a hash, an id, a file.
        message: what is wrong with it.
        remedy: what to do.
        tract: where; None for what belongs to the store as a whole.
        level: ``damage``, or ``notice`` for what was lost before it got here and is known to be.
    """

    kind: str
    name: str
    message: str
    remedy: str = RESTORE
    tract: str | None = None
    level: Literal["damage", "notice"] = "damage"

    def __str__(self) -> str:
        where = f" in {self.tract}" if self.tract else ""
        return f"{self.kind} {self.name}{where}: {self.message}"
