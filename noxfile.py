"""The versions of Python and of the SDKs that Thence is tested with, and what it is tested beside.

    nox -s matrix table      every cell, then the table of the docs (``make matrix``)
    nox -s "matrix(py310-openai-1.109.1-anthropic-0.125.0)"    one cell
    nox -s coexist           beside other instrumentation, installed before and after

Four Pythons, four releases of each SDK. The cells are a Latin square: sixteen of the 64 combinations, in which every
release meets every Python, and every release of the one SDK meets every release of the other. LiteLLM has cells of its
own, with a floor: where it can't be had with an SDK as it is asked for, a resolver silently takes one of a year ago.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["matrix", "table"]

ROOT = Path(__file__).parent
TABLE = ROOT / "docs" / "reference" / "compatibility.md"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
OPENAI = ("1.109.1", "2.54.0", "3.0.0", "3.57.0")
ANTHROPIC = ("0.125.0", "1.0.0", "1.17.0", "2.14.0")
TOOLS = (
    "boto3",
    "certifi",
    "hypothesis",
    "numpy",
    "psutil",
    "pytest>=8.3",
    "pytest-timeout",
    "pytest-xdist",
    "websockets<17",
)
TRAFFIC = ("traffic", "through_sdks", "accumulators", "streams")
LAWS = ("tests/seams", "tests/inputs/test_callers.py", *(f"tests/laws/test_{name}.py" for name in TRAFFIC))
LITELLMS = ("tests/seams/test_litellm.py", "tests/seams/test_forms.py", "tests/laws/test_through_sdks.py")
# LiteLLM imports these in its callbacks and retries, without asking for them.
LITELLM = (
    "litellm>={0},=={0}.*,!=1.82.7,!=1.82.8",
    "backoff",
    "fastapi",
    "mcp",
    "orjson",
    "redis",
    "soundfile",
    "tenacity",
)


@dataclass(frozen=True)
class Cell:
    """One environment: a Python and what is installed into it."""

    python: str
    openai: str
    anthropic: str
    litellm: str = ""

    def __str__(self) -> str:
        said = f"py{self.python.replace('.', '')}-openai-{self.openai}-anthropic-{self.anthropic}"
        return f"{said}-litellm-{self.litellm}" if self.litellm else said

    @property
    def requirements(self) -> list[str]:
        """What is installed beside Thence and the test tools."""
        wanted = [f"openai=={self.openai}", f"anthropic=={self.anthropic}"]
        return [*wanted, *(each.format(self.litellm) for each in LITELLM)] if self.litellm else wanted


CELLS = [
    *(
        Cell(python, OPENAI[column], ANTHROPIC[(row + column) % len(ANTHROPIC)])
        for (row, python), column in product(enumerate(PYTHONS), range(len(OPENAI)))
    ),
    Cell("3.11", "2.54.0", "0.125.0", "1.106"),
    Cell("3.13", "3.57.0", "2.14.0", "1.110"),
]
NOT_COMBINED = """\
LiteLLM 1.106 and older allow `openai` below 3 only; 1.108 and newer allow 3, and ask for a `certifi` that some package
indexes do not carry: the cells override `certifi`. Asked for LiteLLM without a floor, a resolver falls back to releases
of a year before. LiteLLM 1.82.7 and 1.82.8 were malicious releases and are excluded everywhere."""


@nox.session(python=False)
@nox.parametrize("cell", CELLS, ids=[str(cell) for cell in CELLS])
def matrix(session: nox.Session, cell: Cell) -> None:
    """The seam tests and a sample of the traffic laws in one cell."""
    result = {"cell": str(cell), "outcome": "could not be made", "versions": {}}
    try:
        python = environment(session, str(cell), cell.python, [*cell.requirements, *TOOLS])
        result["versions"] = versions(session, python, "openai", "anthropic", "litellm")
        result["outcome"] = tested(session, python, LITELLMS if cell.litellm else LAWS, session.posargs)
    finally:
        (results("matrix") / f"{cell}.json").write_text(json.dumps(result))
    if "failed" in str(result["outcome"]) or "error" in str(result["outcome"]):
        session.error(str(result["outcome"]))


def results(kind: str) -> Path:
    """Where outcomes are kept until the table is written."""
    folder = ROOT / ".nox" / kind
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def environment(session: nox.Session, name: str, version: str, requirements: Sequence[str]) -> str:
    """An environment of its own with Thence as it is here; its Python."""
    folder = ROOT / ".nox" / re.sub(r"[^\w.-]", "_", name)
    python = str(folder / "bin" / "python")
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    if not Path(python).exists():
        session.run(uv, "venv", "--quiet", "--python", interpreter(version), str(folder), external=True)
    override = folder / "override.txt"
    override.write_text("certifi\n")
    command = [uv, "pip", "install", "--quiet", "--python", python, "--override", str(override)]
    session.run(*command, "-e", str(ROOT), *requirements, external=True)
    return python


def interpreter(version: str) -> str:
    """A Python on the PATH or among pyenv's; none is downloaded."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(root.glob(f"versions/{version}.*/bin/python"))
    return str(found[-1]) if found else shutil.which(f"python{version}") or version


def versions(session: nox.Session, python: str, *packages: str) -> dict[str, str]:
    """What was installed."""
    code = (
        "import importlib.metadata as m, json, sys\n"
        "found = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
        "print(json.dumps({n: found[n] for n in sys.argv[1:] if n in found} | {'python': sys.version.split()[0]}))"
    )
    said = session.run(python, "-c", code, *packages, silent=True, external=True)
    return dict(json.loads(str(said)))


def tested(session: nox.Session, python: str, tests: Sequence[str], options: Sequence[str]) -> str:
    """Run tests; pytest's closing line, without the time."""
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", "-m", "not slow", "--tb=short", "-rfE"]
    surroundings = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONDONTWRITEBYTECODE": "1"}
    said = session.run(
        *command, *options, *tests, env=surroundings, silent=True, external=True, success_codes=[0, 1, 2], log=False
    )
    Path(python).parents[1].joinpath("tests.log").write_text(str(said))
    session.log(str(said)[-3000:])
    lines = [line for line in str(said).splitlines() if re.search(r"\d (passed|failed|error|skipped)", line)]
    return re.sub(r"=+ ?| in [\d.]+s.*", "", lines[-1]).strip() if lines else "error: pytest said nothing"


@nox.session(python=False)
def table(session: nox.Session) -> None:
    """Print the cells that have run, and what was tested beside; write both into the docs."""
    found = outcomes("matrix")
    rows = ["| Python | openai | anthropic | LiteLLM | tests |", "|---|---|---|---|---|"]
    for cell in CELLS:
        result = found.get(str(cell), {"outcome": "did not run", "versions": {}})
        made = {"python": cell.python, "openai": cell.openai, "anthropic": cell.anthropic, **result["versions"]}
        names = ("python", "openai", "anthropic", "litellm")
        rows.append("| " + " | ".join([*(made.get(name, "") for name in names), result["outcome"]]) + " |")
    written(session, "cells", [*rows, "", NOT_COMBINED])
    beside = outcomes("beside")
    if not beside:
        return  # nox -s coexist is a session of its own: what it found stays
    rows = ["| beside | versions | tests |", "|---|---|---|"]
    for peer, result in sorted(beside.items()):
        made = ", ".join(f"{name} {version}" for name, version in result["versions"].items() if name != "python")
        rows.append(f"| {peer} | {made} | {result['outcome']} |")
    written(session, "beside", rows)


def outcomes(kind: str) -> dict[str, dict[str, Any]]:
    """What has run, by name."""
    return {path.stem: json.loads(path.read_text()) for path in results(kind).glob("*.json")}


def written(session: nox.Session, name: str, rows: Sequence[str]) -> None:
    """Put rows between the marks of a table of the docs."""
    session.log("\n" + "\n".join(rows))
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = TABLE.read_text().partition(begin)
    TABLE.write_text(before + begin + "\n".join(["", *rows, ""]) + "\n" + end + rest.partition(end)[2])


BESIDE = {
    # It imports httpx and calls wrapt as before 2, without asking for either; 2.4b0 wants an unpublished module.
    "opentelemetry": ["opentelemetry-instrumentation-openai-v2<2.4", "opentelemetry-sdk", "httpx", "wrapt<2"],
    "openllmetry": [
        "opentelemetry-instrumentation-openai",
        "opentelemetry-instrumentation-anthropic",
        "opentelemetry-sdk",
    ],
    "openinference": [
        "openinference-instrumentation-openai",
        "openinference-instrumentation-anthropic",
        "opentelemetry-sdk",
    ],
    "langfuse": ["langfuse"],
    "langsmith": ["langsmith"],
    "instructor": ["instructor"],
    "ddtrace": ["ddtrace"],
}


@nox.session(python=False)
@nox.parametrize("peer", list(BESIDE), ids=list(BESIDE))
def coexist(session: nox.Session, peer: str) -> None:
    """Recorded once and sent the same beside another instrumentation, whichever comes first."""
    python = environment(session, f"beside-{peer}", "3.11", ["openai", "anthropic", *BESIDE[peer], *TOOLS])
    outcome = tested(session, python, ["tests/seams/test_coexistence.py"], ["-k", peer, *session.posargs])
    made = versions(session, python, "openai", "anthropic", *(re.split(r"[\[<>=!]", name)[0] for name in BESIDE[peer]))
    (results("beside") / f"{peer}.json").write_text(json.dumps({"outcome": outcome, "versions": made}))
    session.log(f"{peer}: {outcome} ({', '.join(f'{name} {version}' for name, version in made.items())})")
    if "failed" in outcome or "error" in outcome:
        session.error(outcome)
