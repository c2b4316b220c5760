"""What was sent, what was recorded, and who says where it came from: Thence and its peers, the same twelve calls.

Each tool runs in an environment of its own (made once by ``uv``, in ``THENCE_FIDELITY_DIR`` or in the user's cache), as
its documentation sets it up for one who starts. A provider on loopback is the witness of what was sent; the tool's
telemetry ends on loopback too, and a guard refuses every connection that would leave the machine.

    python benchmarks/fidelity.py [--only thence,langfuse] [--json | --markdown] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fidelity.calls import CALLS, USED
from fidelity.environments import NotInstalled, environment, thence_with_litellm
from fidelity.reading import Reading, judge
from fidelity.table import Readings, Versions, as_json, markdown, screen
from fidelity.tools import TOOLS

from thence.testing import Provider, Seen
from thence.testing.canned import canned

HERE = Path(__file__).resolve().parent
PATIENCE = 600  # seconds for a tool's twelve calls


def surroundings() -> dict[str, str]:
    """The environment of a tool: nothing of the user's own telemetry or configuration is in it."""
    ours = ("THENCE_", "LANGFUSE_", "LANGSMITH_", "LANGCHAIN_", "OTEL_", "LOGFIRE_", "TRACELOOP_", "OPIK_", "LITELLM_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith((*ours, "OPENAI_", "ANTHROPIC_"))}
    kept.update(PYTHONPATH=str(HERE), LITELLM_LOCAL_MODEL_COST_MAP="True", OPENAI_API_KEY="none")
    return kept


def echo(seen: Seen) -> Any:
    """The provider's answer to the call ``echo``: it says that it used a value that nobody asked for."""
    if not _is_of(seen, "echo"):
        return None
    return {**canned(seen.method, seen.path, seen.json, 1)[1], "temperature": USED}


def ran(python: Path, tool: str, ids: list[str], keep: Path | None) -> dict[str, Any]:
    """What a tool told of these calls, with the bodies that the witness saw.

    Raises:
        NotInstalled: the tool can't be set up.
    """
    with tempfile.TemporaryDirectory() as folder, Provider(echo) as witness:
        out = Path(folder, "out.json")
        command = [str(python), "-m", "fidelity.run", tool, witness.url, str(out), ",".join(ids)]
        done = subprocess.run(
            command, cwd=folder, env=surroundings(), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if not out.exists():
            raise NotInstalled(f"does not start: {done.stderr.strip().splitlines()[-1:]}")
        told: dict[str, Any] = json.loads(out.read_text())
        if keep is not None:
            keep.joinpath(f"{tool}.json").write_text(json.dumps(told, indent=1))
        told["bodies"] = {name: [s.json for s in witness.seen if _is_of(s, name)] for name in ids}
        return told


def _is_of(seen: Seen, name: str) -> bool:
    return seen.method == "POST" and seen.path.startswith(f"/{name}/")


def told_by(tool: str, ids: list[str], keep: Path | None) -> dict[str, Any]:
    """What a tool told of these calls; Thence's own are made in two environments, for LiteLLM's pins are narrow.

    Raises:
        NotInstalled: an environment can't be made.
    """
    if tool != "thence":
        return ran(environment(tool, TOOLS[tool].requirements), tool, ids, keep)
    with_litellm = [form.id for form in CALLS if form.litellm and form.id in ids]
    told = ran(Path(sys.executable), tool, [name for name in ids if name not in with_litellm], keep)
    if with_litellm:
        try:
            more = ran(thence_with_litellm(), tool, with_litellm, None)
        except NotInstalled as reason:
            print(f"LiteLLM could not be installed beside Thence: {reason}", file=sys.stderr)
            return told
        told["versions"]["litellm"] = more["versions"]["litellm"]
        for part in ("calls", "bodies"):
            told[part].update(more[part])
    return told


def compared(tools: list[str], ids: list[str], keep: Path | None) -> tuple[Readings, Versions, dict[str, str]]:
    """Every tool's readings and versions, and the reasons of those that could not be installed."""
    readings: Readings = {}
    versions: Versions = {}
    missing: dict[str, str] = {}
    for tool in tools:
        print(f"{tool} ...", file=sys.stderr, flush=True)
        fit = [f for f in CALLS if f.id in ids and (TOOLS[tool].has_litellm or not f.litellm)]
        try:
            told = told_by(tool, [form.id for form in fit], keep)
        except NotInstalled as reason:
            missing[tool] = str(reason)
            continue
        versions[tool] = told["versions"]
        judged = {
            form.id: judge(form, told["bodies"][form.id], told["calls"][form.id])
            for form in fit
            if form.id in told["calls"]
        }
        readings[tool] = {name: judged.get(name, Reading("unfit")) for name in ids}
    return readings, versions, missing


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(TOOLS), help="tools, by comma")
    parser.add_argument("--without-litellm", action="store_true", help="leave its call out: it takes long to import")
    parser.add_argument("--keep", type=Path, help="keep what each tool recorded, whole, in this folder")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    form.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    ids = [each.id for each in CALLS if not (each.litellm and given.without_litellm)]
    readings, versions, missing = compared(given.only.split(","), ids, given.keep)
    names = [TOOLS[tool].name for tool in readings]
    if given.json:
        print(json.dumps(as_json(readings, versions, missing), indent=2))
    else:
        print((markdown if given.markdown else screen)(names, readings, versions))
    for tool, reason in missing.items():
        print(f"{TOOLS[tool].name} could not be installed: {reason}", file=sys.stderr)


if __name__ == "__main__":
    main()
