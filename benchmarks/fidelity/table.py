"""The comparison as a table: for a terminal, for a page, as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fidelity.calls import CALLS
from fidelity.reading import ABSENT, Reading, shown

__all__ = ["as_json", "markdown", "screen"]

Readings = dict[str, dict[str, Reading]]  # tool -> call -> reading
Versions = dict[str, dict[str, str | None]]

_SUMS = ("recorded right", "wrong", "not recorded", "request changed", "source named")
_WORDS = {"missing": "not recorded", "changed": "request changed", "unfit": "not applicable"}


def _cell(reading: Reading, texts: bool) -> str:
    if reading.verdict in _WORDS:
        return _WORDS[reading.verdict]
    if texts:
        return "both messages"
    values = dict.fromkeys(shown(v) for _, v in reading.recorded if v is not None or reading.sent is None)
    text = " and ".join(values) or "none"
    return f"{text}: wrong" if reading.verdict == "wrong" else text


def _sent(readings: list[Reading], texts: bool) -> str:
    seen = next((r.sent for r in readings if r.verdict not in ("changed", "unfit")), ABSENT)
    return "both messages" if texts else shown(seen)


def _rows(readings: Readings) -> list[list[str]]:
    rows = []
    for form in CALLS:
        of_all = [calls[form.id] for calls in readings.values() if form.id in calls]
        if of_all:
            told = [calls.get(form.id, Reading("unfit")) for calls in readings.values()]
            cells = [_cell(r, bool(form.texts)) + (f" ({r.source})" if r.source else "") for r in told]
            rows.append([form.title, _sent(of_all, bool(form.texts)), *cells])
    return rows


def _sums(readings: Readings) -> list[list[str]]:
    """A row for each tool: how often it was right, wrong, and in the way, and how often it named the source."""
    with_source = {form.id for form in CALLS if form.sources}
    rows = []
    for calls in readings.values():
        fit = {name: r for name, r in calls.items() if r.verdict != "unfit"}
        count = Counter(r.verdict for r in fit.values())
        sourced = with_source & set(fit)
        named = sum(fit[name].source is not None for name in sourced)
        amiss = [str(count[verdict]) for verdict in ("wrong", "missing", "changed")]
        rows.append([f"{count['right'] + count['beside']} of {len(fit)}", *amiss, f"{named} of {len(sourced)}"])
    return rows


def _piped(lines: list[list[str]]) -> str:
    head, *rows = lines
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def markdown(names: list[str], readings: Readings, versions: Versions) -> str:
    """For a page: the sums, every call, and the versions."""
    sums = [[name, *row] for name, row in zip(names, _sums(readings), strict=True)]
    tables = (_piped([["", *_SUMS], *sums]), _piped([["call", "sent", *names], *_rows(readings)]))
    return "\n\n".join((*tables, _versions(names, versions)))


def screen(names: list[str], readings: Readings, versions: Versions) -> str:
    """For a terminal: a block for each call, a line for each tool."""
    lines = []
    for title, sent, *cells in _rows(readings):
        lines += [f"{title}   sent: {sent}", *(f"    {n:<14}{cell}" for n, cell in zip(names, cells, strict=True))]
    lines += ["", f"{'':<18}{'  '.join(_SUMS)}"]
    for name, row in zip(names, _sums(readings), strict=True):
        lines.append(f"{name:<18}" + "  ".join(f"{cell:<{len(head)}}" for head, cell in zip(_SUMS, row, strict=True)))
    return "\n".join(lines) + "\n\n" + _versions(names, versions)


def _versions(names: list[str], versions: Versions) -> str:
    told = []
    for name, packages in zip(names, versions.values(), strict=True):
        told.append(f"{name}: {', '.join(f'{package} {v}' for package, v in packages.items() if v)}")
    return "; ".join(told) + "."


def as_json(readings: Readings, versions: Versions, not_installed: dict[str, str]) -> dict[str, Any]:
    """Everything, with the places where each value was found."""
    tools = {
        tool: {
            "versions": versions[tool],
            "calls": {
                name: {
                    "verdict": r.verdict,
                    **({} if r.sent is ABSENT else {"sent": r.sent}),
                    "recorded": [{"where": where, "value": value} for where, value in r.recorded],
                    "source": r.source,
                    "note": r.note,
                }
                for name, r in calls.items()
            },
        }
        for tool, calls in readings.items()
    }
    return {"tools": tools, "not_installed": not_installed}
