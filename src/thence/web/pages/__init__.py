"""The viewer's pages, one module each, in the order of the menu.

A page is added by a module here with a function that makes its document, a template of its name, and a line in the
table.
"""

from __future__ import annotations

from typing import Final

from thence.web.page import Page
from thence.web.pages import log

__all__ = ["PAGES"]

PAGES: Final = (Page("log", "Log", log.document, key="l"),)
