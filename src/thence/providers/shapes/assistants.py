"""OpenAI's Assistants: threads, their messages, and runs. The conversation lies with the provider, not in the body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thence.providers.endpoint import Content, Endpoint, Folded
from thence.providers.shapes.responses import RESPONSES
from thence.providers.sse import Event

__all__ = ["RUNS", "RUN_READ", "THREADS", "THREAD_MESSAGES"]


def _fold(events: Sequence[Event]) -> Folded:
    """The last state of the run, with the messages that were completed during it."""
    run: dict[str, Any] = {}
    said: dict[Any, Any] = {}
    error = None
    for event in events:
        name, value = event.name or "", event.value
        if name == "error":
            error = value
        elif isinstance(value, dict) and value.get("object") == "thread.run":
            run = value
        elif name in {"thread.message.completed", "thread.message.incomplete"} and isinstance(value, dict):
            said[value.get("id")] = value
    complete = any(event.name == "done" for event in events)
    return Folded({**run, "messages": list(said.values())} if said else run, complete, error)


_ECHOED = (
    "model",
    "temperature",
    "top_p",
    "max_prompt_tokens",
    "max_completion_tokens",
    "truncation_strategy",
    "response_format",
    "tool_choice",
    "parallel_tool_calls",
)

THREADS = Endpoint(
    name="threads",
    operation="create_thread",
    routes=("/threads",),
    content=(Content("messages", growing=True),),
)

THREAD_MESSAGES = Endpoint(
    name="thread_messages",
    operation="create_message",
    routes=("/threads/{thread}/messages",),
    content=(Content("content"),),
)

RUNS = Endpoint(
    name="runs",
    operation="invoke_agent",
    routes=("/threads/{thread}/runs", "/threads/runs", "/threads/{thread}/runs/{run}/submit_tool_outputs"),
    content=(
        Content("instructions"),
        Content("additional_instructions"),
        Content("additional_messages", growing=True),
        Content("tool_outputs"),
    ),
    fold=_fold,
    finish=("status",),
    error=("last_error", "error"),
    echoed={name: name for name in _ECHOED},
    common=RESPONSES.common,
    injected={"stream": True},
)

RUN_READ = Endpoint(
    name="run_read",
    operation="invoke_agent",
    routes=("/threads/{thread}/runs/{run}",),
    methods=("GET",),
    finish=RUNS.finish,
    error=RUNS.error,
    echoed=RUNS.echoed,
)
