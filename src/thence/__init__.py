"""Records every LLM call of a Python program as a commit, and remembers where each parameter's value came from.

>>> import openai, thence
>>> client = thence.wrap(openai.OpenAI(api_key="..."))

From then on ``thence log``, ``thence show`` and ``thence blame`` answer: which settings made this answer, and who set
them? Importing this package imports no SDK, no HTTP library and no SQLAlchemy, opens no file and patches nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public name -> the room that has it. Rooms are entered on first use.
_FACE = {
    "wrap": "thence.wrapping",
    "unwrap": "thence.wrapping",
    "is_wrapped": "thence.wrapping",
    "install": "thence.wrapping",
    "uninstall": "thence.wrapping",
    "record": "thence.decorator",
    "session": "thence.scope",
    "override": "thence.scope",
    "open": "thence.face",
    "calls": "thence.face",
    "last_call": "thence.face",
    "call_of": "thence.face",
    "Attempt": "thence.store",
    "Call": "thence.store",
    "Calls": "thence.store",
    "CommitInfo": "thence.store",
    "Store": "thence.face",
    "Usage": "thence.providers",
    "Parameter": "thence.params",
    "ParameterProvenance": "thence.params",
    "ParameterSource": "thence.params",
    "ResolvedConfig": "thence.params",
    "Tract": "thence.tract",
    "CompiledContext": "thence.tract",
    "P": "thence.query",
    "source": "thence.query",
    "ArtifactContent": "thence.content",
    "DialogueContent": "thence.content",
    "FreeformContent": "thence.content",
    "InstructionContent": "thence.content",
    "OutputContent": "thence.content",
    "ReasoningContent": "thence.content",
    "ToolCallContent": "thence.content",
    "ToolResultContent": "thence.content",
}
# What IPython calls on `%load_ext thence`; no names for users.
_NOTEBOOK = ("load_ipython_extension", "unload_ipython_extension")
_ROOMS = ("asgi", "errors", "testing")
_SDKS = ("anthropic", "litellm", "openai")  # each room is named as the SDK that it imports

__all__ = [*_FACE, "__version__", "errors"]  # noqa: PLE0604

if TYPE_CHECKING:
    from thence import errors as errors
    from thence.content import ArtifactContent as ArtifactContent
    from thence.content import DialogueContent as DialogueContent
    from thence.content import FreeformContent as FreeformContent
    from thence.content import InstructionContent as InstructionContent
    from thence.content import OutputContent as OutputContent
    from thence.content import ReasoningContent as ReasoningContent
    from thence.content import ToolCallContent as ToolCallContent
    from thence.content import ToolResultContent as ToolResultContent
    from thence.decorator import record as record
    from thence.face import Store as Store
    from thence.face import call_of as call_of
    from thence.face import calls as calls
    from thence.face import last_call as last_call
    from thence.face import open as open  # noqa: A004 - thence.open, as tarfile.open
    from thence.params import Parameter as Parameter
    from thence.params import ParameterProvenance as ParameterProvenance
    from thence.params import ParameterSource as ParameterSource
    from thence.params import ResolvedConfig as ResolvedConfig
    from thence.providers import Usage as Usage
    from thence.query import P as P
    from thence.query import source as source
    from thence.scope import override as override
    from thence.scope import session as session
    from thence.store import Attempt as Attempt
    from thence.store import Call as Call
    from thence.store import Calls as Calls
    from thence.store import CommitInfo as CommitInfo
    from thence.tract import CompiledContext as CompiledContext
    from thence.tract import Tract as Tract
    from thence.wrapping import install as install
    from thence.wrapping import is_wrapped as is_wrapped
    from thence.wrapping import uninstall as uninstall
    from thence.wrapping import unwrap as unwrap
    from thence.wrapping import wrap as wrap


def __getattr__(name: str) -> Any:
    if name in _FACE:
        value = getattr(import_module(_FACE[name]), name)
    elif name in _NOTEBOOK:
        value = getattr(import_module("thence.notebook"), name)
    elif name in _ROOMS or name in _SDKS:
        value = import_module(f"thence.{name}")
    else:
        raise AttributeError(f"module 'thence' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    # Whoever goes through a module's names asks for each: freezegun does, while the clock is replaced by one that no
    # SDK can be imported with. So an SDK's room is named once the program itself has imported the SDK.
    return sorted({*__all__, *_ROOMS, *(name for name in _SDKS if name in sys.modules)})
