"""Where in the caller's source a call was made."""

from __future__ import annotations

import sys
from types import FrameType

from thence.frames import Origin
from thence.params.origins import file_of, package_of

__all__ = ["call_origin"]

# Frameworks that call the SDK for a program: the line that tells something is the program's, not theirs.
FRAMEWORKS = frozenset(
    {"dspy", "instructor", "langchain", "langchain_anthropic", "langchain_core", "langchain_openai", "langgraph"}
    | {"llama_index", "llama_index_instrumentation", "pydantic_ai", "pydantic_graph"}
)
# Frames of these packages are machinery between the caller's line and the seam. An event loop is where the trail of a
# coroutine that was handed to create_task() ends, a pool's worker where that of a method that was handed to submit()
# does: there is no caller's line then, and none is made up. A loop that a framework runs for one call of its own is
# machinery, too.
MACHINERY = FRAMEWORKS | frozenset(
    {"thence", "wrapt", "contextlib", "functools", "warnings", "typing_extensions", "anyio", "tenacity", "backoff"}
    | {"click", "rich_click"}
)
INSTALLED = frozenset({"workflows"})
"""Likewise, where it is the library of that name (LlamaIndex's), for programs call packages of their own so."""
LOOPS = frozenset({"asyncio", "uvloop", "trio", "threading", "selectors", "concurrent", "multiprocessing"})
COMMANDS = "thence.cli.group"  # a call of thence replay's was made by nobody's line


def call_origin(sdk: str, depth: int = 1) -> Origin | None:
    """The innermost frame outside the package ``sdk`` and other machinery.

    Args:
        sdk: top-level name of the package whose frames are passed over.
        depth: how many frames above the caller of this function to begin.

    Returns:
        The place, with the file's path as the interpreter has it; None where an event loop, a thread or a command
        of Thence's began the call.
    """
    frame: FrameType | None = sys._getframe(depth + 1)
    module: object = None
    root = ""
    looped = False
    while frame is not None:
        if frame.f_globals is not module:  # neighbours are mostly of one module
            module, root = frame.f_globals, package_of(frame)
        code = frame.f_code
        if root in LOOPS:
            looped = True
        elif (looped and root not in FRAMEWORKS) or (root == "thence" and frame.f_globals["__name__"] == COMMANDS):
            return None
        elif root == sdk or root in MACHINERY or (root in INSTALLED and "-packages" in code.co_filename):
            looped = False
        else:
            return Origin(file_of(code), frame.f_lineno, getattr(code, "co_qualname", code.co_name))
        frame = frame.f_back
    return None
