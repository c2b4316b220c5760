"""pytest plugin: writes the outcome of every test to ``UPSTREAM_OUTCOMES``, as JSON.

``{node id: [outcome, whether the test had a wrapped client, the reason of a failure, seconds]}``
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_outcomes: dict[str, list[Any]] = {}


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def _reason(report: Any) -> str:
    said = report.longrepr
    crash = getattr(said, "reprcrash", None)
    text = crash.message if crash else str(said[2] if isinstance(said, tuple) else said)[-300:]
    return text.replace("\n", " ")[:400]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst of a test's setup, call and teardown."""
    if _is_worker():
        return
    wrapped = bool(dict(report.user_properties).get("wrapped"))
    outcome = _outcomes.setdefault(report.nodeid, ["passed", wrapped, "", 0.0])
    outcome[1] |= wrapped
    outcome[3] = round(outcome[3] + report.duration, 3)
    if report.failed:
        outcome[0], outcome[2] = "failed", f"{report.when}: {_reason(report)}"
    elif report.skipped and outcome[0] != "failed":
        outcome[0] = "xfailed" if hasattr(report, "wasxfail") else "skipped"


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A file that can't be collected is a test that failed."""
    if report.failed and not _is_worker():
        _outcomes[report.nodeid] = ["failed", False, f"collect: {_reason(report)}", 0.0]


def pytest_sessionfinish() -> None:
    """Write down what happened."""
    if not _is_worker():
        Path(os.environ["UPSTREAM_OUTCOMES"]).write_text(json.dumps(_outcomes, indent=0, sort_keys=True))
