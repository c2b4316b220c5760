"""Puts into the pages what the program itself says.

==============================  ==========================================================================
``<!-- help: blame -->``        ``thence blame --help``
``<!-- screen: blame -->``      what ``thence blame`` prints, from the screens that the tests of the commands check
``<!-- settings -->``           every setting: its variable, kind, default and meaning, from the code
==============================  ==========================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARK = re.compile(r"<!-- (?P<what>help|screen): (?P<name>[a-z-]*) -->")
ROLE = re.compile(r":(?:func|meth|class|mod|data|attr|exc):(?=<code>)")  # Sphinx's, in docstrings
SETTINGS = "<!-- settings -->"
SCREENS = Path(__file__).parents[1] / "tests/cli/screens"


def help_of(name: str) -> str:
    """The help of a command, as plain text; of ``thence`` itself where ``name`` is empty."""
    from click.testing import CliRunner

    from thence.cli import app

    shown = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "80"}).invoke(app, [*name.split(), "--help"], prog_name="thence")
    return "\n".join(line.rstrip() for line in shown.output.strip("\n").splitlines())


def settings() -> Iterator[str]:
    """The table of settings, line by line."""
    from thence.params import known
    from thence.settings import _DEFAULTS, Settings

    said = dict(re.findall(r"^        (\w+): (.*(?:\n            .*)*)", Settings.__doc__ or "", re.MULTILINE))
    yield "| key | variable | kind | default | meaning |"
    yield "|---|---|---|---|---|"
    for name, kind in known.SETTINGS.items():
        default = _DEFAULTS.get(name)
        shown = "the nearest `.thence/store.db` upward" if name == "store" else _spelled(default)
        meaning = " ".join(said[name].replace("``", "`").split()).rstrip(".")
        yield f"| `{name}` | `THENCE_{name.upper()}` | {kind} | {shown} | {meaning} |"


def _spelled(value: Any) -> str:
    return "none" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _put(match: re.Match[str]) -> str:
    name = match["name"]
    if match["what"] == "help":
        return f"```text\n{help_of(name)}\n```"
    form = "json" if name.endswith("-json") else "text"
    return f"```{form}\n{(SCREENS / f'{name}.txt').read_text().strip()}\n```"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by MkDocs for each page."""
    return MARK.sub(_put, markdown).replace(SETTINGS, "\n".join(settings()) if SETTINGS in markdown else "")


def on_page_content(html: str, **_: Any) -> str:
    """Called by MkDocs for each page, when it is HTML."""
    return ROLE.sub("", html)
