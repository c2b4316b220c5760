"""What holds for every test."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# That a loaded machine is slow is no failure of a test: everywhere, as in Hypothesis' own profile for CI.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A shell's background jobs begin with Ctrl-C ignored, and so would every program that a test starts from there.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the end of what failed before the tests, named in ``CI_FAILED``: a log may be read from its end only."""
    for path in map(Path, os.environ.get("CI_FAILED", "").split()):
        terminalreporter.section(f"failed before the tests: {path.name}")
        terminalreporter.write("\n".join(path.read_text(errors="replace").splitlines()[-60:]) + "\n")
