"""What a query that is being typed may go on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from thence.params import ParameterSource
from thence.query.completing import completions
from thence.store.known import known_names, known_values
from thence.store.naming import tract_id_of

if TYPE_CHECKING:
    from thence.web.page import Asked

__all__ = ["document"]

_MOST: Final = 200  # values that are looked through


def document(asked: Asked) -> dict[str, Any]:
    """Of ``q``, the query up to the cursor: ``start``, from which on one of ``found`` may stand."""
    store, tract = asked.record.store, tract_id_of(asked.record.tract)

    def values(name: str) -> list[str]:
        if name.startswith("source("):
            return [source.name.lower() for source in ParameterSource]
        return known_values(store, tract, name, _MOST)

    start, found = completions(asked.given.get("q", ""), known_names(store, tract), values)
    return {"start": start, "found": [each._asdict() for each in found]}
