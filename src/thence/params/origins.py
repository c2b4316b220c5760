"""Places: how a file and a line are written as an origin, relative to the project where they can be."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

__all__ = ["absolute", "caller", "file_of", "package_of", "place", "project_root", "relative"]

_MARKS: Final = (".git", "thence.toml", "pyproject.toml")
_PASSED_OVER: Final = frozenset({"IPython", "thence", "contextlib", "functools", "wrapt"})


def absolute(path: str | Path, folder: Path | None = None) -> Path:
    """``path``, from ``folder`` or the working directory on, without ``..``; links stay what they are.

    Raises:
        OSError: the working directory is gone.
    """
    return Path(os.path.normpath(((folder or Path()) / Path(path)).absolute()))


def project_root(start: str | Path | None = None) -> Path:
    """The nearest folder upward from ``start`` (the working directory by default) that looks like a project's root:
    it holds ``.git``, ``thence.toml`` or ``pyproject.toml``. ``start`` itself where none does.
    """
    return _root(str(absolute(start or _working_directory())))


def relative(path: str | Path) -> str:
    """``path`` relative to the project, with forward slashes; as it is where it lies elsewhere, or nobody can say."""
    text = str(path)
    root = str(project_root()).rstrip(os.sep) + os.sep
    try:
        whole = text if text.startswith("<") else str(absolute(text))
    except OSError:  # the working directory is gone
        return text
    return whole[len(root) :].replace(os.sep, "/") if whole.startswith(root) else text


def place(file: str | Path, line: int, function: str = "") -> str:
    """An origin: ``app.py:12``, or ``app.py:12 main`` with the function."""
    spot = f"{relative(file)}:{line}"
    return f"{spot} {function}" if function and function != "<module>" else spot


def caller() -> str | None:
    """The place of the innermost frame outside Thence and the machinery between; None where there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if package_of(frame) not in _PASSED_OVER:
            return place(file_of(frame.f_code), frame.f_lineno)
        frame = frame.f_back
    return None


def file_of(code: CodeType) -> str:
    """The file that ``code`` stands in, as its author knows it: of a notebook's cell its number, ``In[4]``, and not the
    file that the kernel makes up for it.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", _nothing)()
    cell = getattr(getattr(shell, "compile", None), "format_code_name", _nothing)(code.co_filename)
    return str(cell[1]) if cell else code.co_filename


def _nothing(*_: str) -> None:
    """What a process without a notebook says."""


def package_of(frame: FrameType) -> str:
    """The top-level package that runs in ``frame``; empty where code was given no name, or one that is no text."""
    name = frame.f_globals.get("__name__")
    return name.partition(".")[0] if isinstance(name, str) else ""


def _working_directory() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was deleted under us
        return os.sep


@lru_cache(maxsize=64)
def _root(start: str) -> Path:
    here = Path(start)
    for folder in (here, *here.parents):
        if any(os.path.lexists(folder / mark) for mark in _MARKS):
            return folder
    return here
