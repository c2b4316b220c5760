"""Reference texts, written from the code: the table of sources and the JSON schema of a stored configuration.

``python -m thence.params.reference DOCS`` writes both below the folder ``DOCS``; a test compares.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

from thence.params.resolved import FORMAT
from thence.params.source import BUILT_IN, Change, State

__all__ = ["PAGES", "resolved_config_schema", "sources_table"]

_BEGIN: Final = "<!-- generated: sources -->"
_END: Final = "<!-- end -->"


def sources_table() -> str:
    """The chain of sources as a Markdown table, the most explicit first."""
    rows = ["| source | rank | set by | origin recorded | example |", "|---|---|---|---|---|"]
    for source in BUILT_IN:
        example = source.example.replace("|", "\\|")
        rows.append(f"| `{source.name}` | {source.rank} | {source.set_by} | {source.origin} | `{example}` |")
    return "\n".join(rows)


def resolved_config_schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of what :meth:`ResolvedConfig.to_json` writes."""
    text = {"type": "string"}
    value = {"$ref": "#/$defs/value"}
    source = {"$ref": "#/$defs/source"}
    parameter: dict[str, Any] = {
        "value": value,
        "source": source,
        "state": {"enum": list(get_args(State))},
        "origin": text,
        "asked": value,
        "sent": value,
        "used": value,
        "same": {
            "description": "which of asked, sent and used are value again; absent is what is neither here nor given",
            "type": "array",
            "items": {"enum": ["asked", "sent", "used"]},
            "uniqueItems": True,
        },
        "change": {"enum": list(get_args(Change))},
        "alias": {"description": "the other name of a renamed parameter", **text},
        "shadowed": {"type": "array", "items": {"$ref": "#/$defs/candidate"}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ResolvedConfig",
        "description": "The parameters of one call, each with where its value came from.",
        **_object(
            {
                "format": {"const": FORMAT},
                "ranks": {
                    "description": "ranks of the sources that plug-ins registered",
                    "type": "object",
                    "additionalProperties": {"type": "integer"},
                },
                "parameters": {"type": "object", "additionalProperties": {"$ref": "#/$defs/parameter"}},
            },
            "format",
            "parameters",
        ),
        "$defs": {
            "parameter": _object(parameter, "value", "source", "state"),
            "candidate": _object({"source": source, "origin": text, "value": value}, "source", "value"),
            "source": {
                "description": "one of those in examples, or a plug-in's whose rank is in ranks",
                "examples": [source.name for source in BUILT_IN],
                "pattern": "^[A-Z_][A-Z0-9_]*$",
                **text,
            },
            "value": {
                "description": "any JSON; what JSON can't say is an object of one member: $float (NaN, Infinity, "
                "-Infinity), $int (hexadecimal), $number (decimal), $bytes (base64), $dict (pairs), $opaque (a type)",
            },
        },
    }


def _object(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _schema_page(_current: str) -> str:
    return json.dumps(resolved_config_schema(), indent=2) + "\n"


def _sources_page(current: str) -> str:
    """The page with its table renewed; the prose around it is written by hand."""
    before, _, rest = current.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{sources_table()}\n{_END}{after}"


PAGES: Final = {
    "reference/resolved-config.schema.json": _schema_page,
    "reference/sources.md": _sources_page,
}
"""Page below ``docs/`` to what it should be, given what it is."""


def main(docs: Path) -> None:
    """Write every page below ``docs``."""
    for name, renewed in PAGES.items():
        page = docs / name
        page.write_text(renewed(page.read_text("utf-8") if page.exists() else ""), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
