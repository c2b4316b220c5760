"""``/v1/messages``: Anthropic's shape, on its own host, Bedrock, Vertex, and the servers that imitate it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from thence.providers.endpoint import COMMON, Content, Endpoint, Folded
from thence.providers.exact import loads
from thence.providers.fold import append, grown, kept_beside, member, place
from thence.providers.shapes.retold import as_blocks
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
            folding.take(event.value, event)
        else:
            folding.others.append(event)
    return folding.result()


_SILENT = frozenset({"ping", "content_block_stop", "message_stop"})
_METRICS = "amazon-bedrock-invocationMetrics"


class _Folding:
    def __init__(self) -> None:
        self.body: dict[str, Any] = {}
        self.blocks: dict[int, dict[str, Any]] = {}
        self.others: list[Event] = []
        self.complete = False
        self.error: Any = None
        self.steps: dict[str, Callable[[dict[str, Any]], None]] = {
            "message_start": self.message_start,
            "content_block_start": self.block_start,
            "content_block_delta": self.block_delta,
            "message_delta": self.message_delta,
        }

    def take(self, value: dict[str, Any], event: Event) -> None:
        kind = value.get("type")
        kind = kind if kind is None or isinstance(kind, str) else str(kind)
        self.complete = self.complete or kind == "message_stop"
        if kind == "error" or (kind is None and value.get("error")):
            self.error = value.get("error") or value
        if _METRICS in value:
            self.body[_METRICS] = value[_METRICS]
        step = self.steps.get(kind or "")
        if step:
            step(value)
        elif kind not in _SILENT:
            self.others.append(event)

    def message_start(self, event: dict[str, Any]) -> None:
        message = event.get("message")
        if isinstance(message, dict):
            self.body = {**message, "usage": dict(member(message, "usage"))}
            content = message.get("content")
            blocks = content if isinstance(content, list) else []
            self.blocks = {at: dict(block) for at, block in enumerate(blocks) if isinstance(block, dict)}

    def block_start(self, event: dict[str, Any]) -> None:
        block = event.get("content_block")
        if isinstance(block, dict):
            self.blocks[place(event)] = dict(block)
            if block.get("type") == "fallback" and isinstance(member(block, "to").get("model"), str):
                self.body["model"] = block["to"]["model"]  # whose answer it is from here on

    def block_delta(self, event: dict[str, Any]) -> None:
        block = self.blocks.setdefault(place(event), {})
        for name, value in member(event, "delta").items():
            if name == "citation":
                known = block.get("citations")
                block["citations"] = [*(known if isinstance(known, list) else []), value]
            elif isinstance(value, str) and name not in {"type", "signature"}:
                append(block, name, value)
            elif isinstance(value, list) and isinstance(block.get(name), list):
                block[name] = [*block[name], *value]
            elif isinstance(value, dict) and isinstance(block.get(name), dict):
                block[name] = {**block[name], **value}
            elif name == "estimated_tokens" and isinstance(value, int):
                known = block.get(name)
                block[name] = value + (known if isinstance(known, int) else 0)
            elif name != "type" and (value is not None or name not in block):
                block[name] = value

    def message_delta(self, event: dict[str, Any]) -> None:
        for name, value in member(event, "delta").items():
            if value is not None or name not in self.body:
                self.body[name] = value
        if isinstance(event.get("usage"), dict):
            known = self.body["usage"] = member(self.body, "usage")
            known.update(
                {name: value for name, value in event["usage"].items() if value is not None or name not in known}
            )
        for name, value in event.items():
            if name not in {"type", "delta", "usage"}:
                self.body[name] = value

    def result(self) -> Folded:
        if self.body or self.blocks:
            self.body["content"] = [_completed(grown(self.blocks[at])) for at in sorted(self.blocks)]
        return Folded(kept_beside(self.body, self.others), self.complete, self.error)


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
    retold=as_blocks,
    fold=fold,
    finish=("stop_reason",),
    echoed={
        "model": "model",
        "service_tier": "usage.service_tier",
        "inference_geo": "usage.inference_geo",
        "speed": "usage.speed",
    },
    common={**COMMON, "max_tokens": ("max_tokens",), "stop": ("stop_sequences",)},
    injected={"stream": True},
    conversation=True,
)
