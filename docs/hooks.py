"""Puts the help of each command into the pages: ``<!-- help: blame -->`` becomes ``thence blame --help``."""

from __future__ import annotations

import re
from typing import Any

MARK = re.compile(r"<!-- help: ([a-z-]*) -->")


def help_of(name: str) -> str:
    """The help of a command, as plain text; of ``thence`` itself where ``name`` is empty."""
    from click.testing import CliRunner

    from thence.cli import app

    shown = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "80"}).invoke(app, [*name.split(), "--help"], prog_name="thence")
    return "\n".join(line.rstrip() for line in shown.output.strip("\n").splitlines())


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by MkDocs for each page."""
    return MARK.sub(lambda match: f"```text\n{help_of(match.group(1))}\n```", markdown)
