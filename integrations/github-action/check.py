"""Whether the recorded calls' parameters still come from where a committed baseline says. What the action runs.

    python check.py thence-sources.json                  compare: 0 as the baseline says, 1 a change, 2 wrong use
    python check.py thence-sources.json --write          make the baseline from what is recorded

Calls are told apart by who made them (the decorated function, else file and function; never a line number, which moves
with every edit), operation and model. ``thence query`` does the reading.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LINE = re.compile(r"(?P<file>\S+?):\d+(?P<rest>.*)")


def recorded(store: str, query: str) -> list[dict[str, Any]]:
    """The calls, oldest first, as ``thence query --json`` gives them."""
    command = ["thence", "query", query or "operation exists", "--json", "--store", store]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.strip() or f"thence ended with {done.returncode}")
    return sorted(json.loads(done.stdout), key=lambda call: call["id"])


def baseline_of(calls: list[dict[str, Any]], *, values: bool) -> dict[str, dict[str, list[Any]]]:
    """Who called, then each parameter, with every source, origin and value that it had."""
    found: dict[str, dict[str, list[Any]]] = {}
    for call in calls:
        who = call["label"] or _lineless(call["callsite"] or "unknown")
        mine = found.setdefault(f"{who} {call['operation']} {call['request_model'] or ''}".strip(), {})
        for name, parameter in call["params"].items():
            if parameter["source"] == "PROVIDER":
                continue  # what a provider says of itself is no change of the program
            said = {"source": parameter["source"], "origin": _lineless(parameter["origin"] or "")}
            if values:
                said["value"] = parameter["value"]
            if said not in mine.setdefault(name, []):
                mine[name].append(said)
    return {
        who: {name: sorted(mine[name], key=json.dumps) for name in sorted(mine)} for who, mine in sorted(found.items())
    }


def changes(then: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """What differs, a line each."""
    for who in sorted({*then, *now}):
        if who not in now:
            yield f"{who}: no such call any more"
        elif who not in then:
            yield f"{who}: a call that the baseline does not have"
        else:
            for name in sorted({*then[who], *now[who]}):
                before, after = then[who].get(name), now[who].get(name)
                if before != after:
                    yield f"{who}: {name}: {_shown(before)} -> {_shown(after)}"


def _lineless(place: str) -> str:
    """``app.py:12 main`` without the line; files below the working directory are told from there."""
    found = _LINE.fullmatch(place.removeprefix(f"{Path.cwd()}/"))
    return f"{found['file']}{found['rest']}" if found else place


def _shown(said: list[dict[str, Any]] | None) -> str:
    if said is None:
        return "not set"
    each = (
        f"{json.dumps(one['value']) + ' ' if 'value' in one else ''}{one['source']} {one['origin']}" for one in said
    )
    return " or ".join(text.strip() for text in each)


def main(arguments: list[str]) -> int:
    """Compare, or write the baseline."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("baseline", type=Path)
    parser.add_argument("--store", default=".thence/store.db")
    parser.add_argument("--query", default="")
    parser.add_argument("--values", choices=("true", "false"), default="true")
    parser.add_argument("--write", action="store_true")
    said = parser.parse_args(arguments)
    now = baseline_of(recorded(said.store, said.query), values=said.values == "true")
    if said.write:
        said.baseline.write_text(json.dumps(now, indent=2, ensure_ascii=False) + "\n")
        return 0
    if not said.baseline.exists():
        print(f"{said.baseline} is not there; make it: python check.py {said.baseline} --write", file=sys.stderr)
        return 2
    found = list(changes(json.loads(said.baseline.read_text()), now))
    for line in found:
        print(f"::error title=A parameter changed::{line}" if os.environ.get("GITHUB_ACTIONS") else line)
    if found:
        print(f"if this is meant: python check.py {said.baseline} --write, and commit it", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
