"""The viewer's pages, one module each, in the order of the menu.

A page is added by a module here with a function that makes its document, a template of its name, and a line in the
table.
"""

from __future__ import annotations

from typing import Final

from thence.web.page import Page
from thence.web.pages import call, compile, complete, diff, log, sources, status, sweep, usage  # noqa: A004 - pages are named as the commands are

__all__ = ["DATA", "PAGES"]

PAGES: Final = (
    Page("log", "Log", log.document, key="l"),
    Page("call", "Call", call.document),
    Page("diff", "Diff", diff.document, key="d"),
    Page("compile", "Compile", compile.document, key="c"),
    Page("usage", "Usage", usage.document, key="u"),
    Page("sources", "Sources", sources.document, key="o"),
    Page("sweep", "Sweep", sweep.document, key="w"),
    Page("status", "Status", status.document, key="s"),
)
"""What people look at."""

DATA: Final = (Page("complete", "Complete", complete.document),)
"""What only scripts of pages ask for: JSON, and no template."""
