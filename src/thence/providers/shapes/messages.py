"""``/v1/messages``: Anthropic's shape, on its own host, Bedrock, Vertex, and the servers that imitate it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from thence.providers.endpoint import COMMON, Content, Endpoint, Folded
from thence.providers.exact import loads
from thence.providers.fold import Growing, grown
from thence.providers.sse import Event

__all__ = ["MESSAGES", "choices", "fold"]


def choices(body: Any) -> list[list[Any]]:
    """One choice: the message that the blocks make."""
    if isinstance(body, dict) and isinstance(body.get("content"), list) and body.get("type", "message") == "message":
        return [[{"role": body.get("role", "assistant"), "content": body["content"]}]]
    return []


def fold(events: Sequence[Event]) -> Folded:
    """Events as one message. Counts in ``message_delta`` are totals and replace those of ``message_start``."""
    folding = _Folding()
    for event in events:
        if isinstance(event.value, dict):
            folding.take(event.value)
    return folding.result()


class _Folding:
    def __init__(self) -> None:
        self.body: dict[str, Any] = {}
        self.blocks: dict[Any, dict[str, Any]] = {}
        self.complete = False
        self.error: Any = None
        self.steps: dict[str, Callable[[dict[str, Any]], None]] = {
            "message_start": self.message_start,
            "content_block_start": self.block_start,
            "content_block_delta": self.block_delta,
            "message_delta": self.message_delta,
        }

    def take(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        self.complete = self.complete or kind == "message_stop"
        if kind == "error" or (kind is None and event.get("error")):
            self.error = event.get("error") or event
        if "amazon-bedrock-invocationMetrics" in event:
            self.body["amazon-bedrock-invocationMetrics"] = event["amazon-bedrock-invocationMetrics"]
        step = self.steps.get(kind) if isinstance(kind, str) else None
        if step:
            step(event)

    def message_start(self, event: dict[str, Any]) -> None:
        message = event.get("message")
        if isinstance(message, dict):
            self.body = {**message, "usage": dict(message.get("usage") or {})}
            content = message.get("content")
            self.blocks = dict(enumerate(content)) if isinstance(content, list) else {}

    def block_start(self, event: dict[str, Any]) -> None:
        block = event.get("content_block")
        if isinstance(block, dict):
            self.blocks[event.get("index", len(self.blocks))] = dict(block)

    def block_delta(self, event: dict[str, Any]) -> None:
        delta, block = event.get("delta"), self.blocks.setdefault(event.get("index", 0), {})
        if not isinstance(delta, dict):
            return
        for name, value in delta.items():
            if name == "citation":
                block["citations"] = [*(block.get("citations") or []), value]
            elif name == "signature":
                block[name] = value
            elif isinstance(value, str) and name != "type":
                before = block.get(name)
                if isinstance(before, Growing):
                    before.pieces.append(value)
                else:
                    block[name] = Growing((before or "") + value)
            elif name != "type":
                block[name] = value

    def message_delta(self, event: dict[str, Any]) -> None:
        delta, usage = event.get("delta"), event.get("usage")
        if isinstance(delta, dict):
            for name, value in delta.items():
                if value is not None or name not in self.body:
                    self.body[name] = value
        if isinstance(usage, dict):
            known = self.body.setdefault("usage", {})
            known.update({name: value for name, value in usage.items() if value is not None or name not in known})
        for name, value in event.items():
            if name not in {"type", "delta", "usage"}:
                self.body[name] = value

    def result(self) -> Folded:
        if self.body or self.blocks:
            blocks = sorted(self.blocks.items(), key=lambda block: block[0] if isinstance(block[0], int) else 0)
            self.body["content"] = [_completed(grown(block)) for _, block in blocks]
        return Folded(self.body, self.complete, self.error)


def _completed(block: dict[str, Any]) -> dict[str, Any]:
    """A block with its input as the value that the pieces spell; pieces that spell none (a cut) stay beside it."""
    spelled = block.get("partial_json")
    if isinstance(spelled, str):
        with suppress(ValueError, RecursionError):  # what came of it is kept under its own name
            block["input"] = loads(spelled) if spelled else block.get("input", {})
            del block["partial_json"]
    return block


MESSAGES = Endpoint(
    name="messages",
    operation="chat",
    routes=(
        "/v1/messages",
        "/publishers/anthropic/models/{model}:rawPredict",
        "/publishers/anthropic/models/{model}:streamRawPredict",
    ),
    content=(Content("system"), Content("messages", growing=True)),
    choices=choices,
    fold=fold,
    finish=("stop_reason",),
    echoed={"model": "model", "service_tier": "usage.service_tier", "inference_geo": "usage.inference_geo"},
    common={**COMMON, "max_tokens": ("max_tokens",), "stop": ("stop_sequences",)},
    injected=frozenset({"stream"}),
    conversation=True,
)
