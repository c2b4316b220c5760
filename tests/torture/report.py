"""``python -m tests.torture.report``: the table of docs/reference/reliability.md, from reliability.json beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.torture.checker import KINDS

__all__ = ["PAGE", "RESULT", "table"]

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
RESULT = REFERENCE / "reliability.json"
PAGE = REFERENCE / "reliability.md"
BEGIN, END = "<!-- trials -->\n", "<!-- end of trials -->"
UNITS = {"_per_s": " a second", "_ms": " ms", "_us": " µs", "_s": " s", "_mb": " MB"}


def table(result: dict[str, Any]) -> str:
    """What was run, and what was found, as Markdown."""
    said = (
        f"{result['rounds']:,} rounds, {result['kills']:,} processes killed with `kill -9`, {result['calls']:,} calls "
        f"whose callers were told how they ended; {result['seconds'] / 60:.0f} minutes on {result['cores']} cores, "
        f"Python {result['python']}, {result['at'][:10]}, seed {result['seed']}."
    )
    columns = ("fault or load", "what is done", "what must hold", "rounds", "calls", *KINDS[:3], "other", "measured")
    rule = "|---|---|---|--:|--:|--:|--:|--:|--:|---|"
    rows = [f"| {' | '.join(columns)} |", rule, *map(_row, result["trials"])]
    return "\n".join([said, "", *rows])


def _row(trial: dict[str, Any]) -> str:
    found = trial["found"]
    others = sum(count for kind, count in found.items() if kind not in KINDS[:3])
    measured = ", ".join(_figure(*each) for each in trial["figures"].items())
    measured = "; ".join([*([measured] if measured else []), *(f"skipped: {why}" for why in trial["skipped"])])
    cells = [f"`{trial['name']}`", trial["done"], trial["holds"], f"{trial['rounds']:,}", f"{trial['calls']:,}"]
    return "| " + " | ".join([*cells, *(str(found[kind]) for kind in KINDS[:3]), str(others), measured]) + " |"


def _figure(name: str, value: float) -> str:
    for ending, unit in UNITS.items():
        if name.endswith(ending):
            return f"{name.removesuffix(ending).replace('_', ' ')} {value:.3g}{unit}"
    return f"{name.replace('_', ' ')} {value:,.0f}"


def main() -> None:
    """Write the table into the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    PAGE.write_text(before + BEGIN + "\n" + table(result) + "\n\n" + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
