"""How the record stands, and whether calls can be recorded here: ``thence status`` and ``thence doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from thence.reading.checks import examine
from thence.reading.standing import standing
from thence.store.records import moment

if TYPE_CHECKING:
    from thence.web.page import Asked

__all__ = ["document"]

_REFS: Final = 200  # branches and tags that are listed, the last moved first


def document(asked: Asked) -> dict[str, Any]:
    """What is recorded, what waits, what was lost; branches and tags; and what the checks found."""
    now = standing(asked.record)
    told = now.document()
    rows = asked.record.store.refs(asked.record.tract)
    refs = [
        {
            "name": row["name"],
            "kind": row["kind"],
            "commit": row["commit_hash"],
            "moved_at": moment(row["moved_at"]).isoformat(),
            "current": row["name"] == told["head"],
        }
        for row in rows[:_REFS]
    ]
    return {
        **told,
        "writers": now.writers,
        "lines": [list(line) for line in now.lines()],
        "refs": refs,
        "more_refs": len(rows) - len(refs),
        "tracts": asked.record.store.tracts(),
        "findings": [finding._asdict() for finding in examine()],
    }
