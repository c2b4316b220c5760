"""Amazon Bedrock: ``/converse``, a shape of its own, and ``/invoke``, whose body is that of the model's maker."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from thence.providers.canonical import Canonical, instruction, message, seal
from thence.providers.endpoint import COMMON, Content, Endpoint, Folded, dig
from thence.providers.exact import loads
from thence.providers.fold import grown, merge, place
from thence.providers.shapes import messages
from thence.providers.shapes.embeddings import material
from thence.providers.shapes.retold import as_blocks
from thence.providers.sse import Event

__all__ = ["BEDROCK_COUNT", "BEDROCK_EMBED", "CONVERSE", "INVOKE"]


def _turn(field: str, value: Any) -> Canonical:
    """A message of converse in the words of Anthropic's: the same blocks under other names."""
    if field == "system":
        return instruction(field, _blocks(value))
    if isinstance(value, dict) and isinstance(value.get("content"), list):
        value = {**value, "content": _blocks(value["content"])}
    return message(field, value)


def _blocks(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    blocks = [_block(block) for block in content]
    return [block for block in blocks if block]


def _block(block: Any) -> Any:
    """One block; a cache point is none."""
    if not isinstance(block, dict) or "type" in block:
        return block
    rest = {
        name: member for name, member in block.items() if name not in {"text", "toolUse", "toolResult", "cachePoint"}
    }
    if "text" in block:
        return {"type": "text", "text": block["text"], **rest}
    if isinstance(block.get("toolUse"), dict):
        use = dict(block["toolUse"])
        return {"type": "tool_use", "id": use.pop("toolUseId", None), **use, **rest}
    if isinstance(block.get("toolResult"), dict):
        result = dict(block["toolResult"])
        content = _blocks(result.pop("content", None))
        return {
            "type": "tool_result",
            "tool_use_id": result.pop("toolUseId", None),
            "content": content,
            **result,
            **rest,
        }
    return rest


def _choices(body: Any) -> list[list[Any]]:
    return [[said] for said in dig(body, "output.message") if isinstance(said, dict)]


def _fold(events: Sequence[Event]) -> Folded:
    """Events as one answer. Their names stand in the frames' headers, or, under ``/invoke``, around the payload."""
    body: dict[str, Any] = {}
    said: dict[str, Any] = {}
    blocks: dict[int, dict[str, Any]] = {}
    complete, error = False, None
    for event in events:
        name, value = _named(event)
        if not isinstance(value, dict):
            continue
        if name == "messageStart":
            said["role"] = value.get("role", "assistant")
        elif name in {"contentBlockStart", "contentBlockDelta"}:
            piece = value.get("start") or value.get("delta")
            if isinstance(piece, dict):
                merge(blocks.setdefault(place(value, "contentBlockIndex"), {}), _flat(piece))
        elif name == "messageStop":
            complete = True
            body.update({key: member for key, member in value.items() if key != "p"})
        elif name == "metadata":
            body.update({key: member for key, member in value.items() if key != "p"})
        elif name.endswith(("Exception", "Error")):
            error = {"type": name, **value}
    if said or blocks:
        said["content"] = _joined([_completed(grown(blocks[index])) for index in sorted(blocks)])
        body["output"] = {"message": said}
    return Folded(body, complete, error)


def _joined(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Text in one block: under ``/invoke`` Amazon's own models open a new one for every piece."""
    joined: list[dict[str, Any]] = []
    for block in blocks:
        if joined and block.keys() == joined[-1].keys() == {"text"} and isinstance(block["text"], str):
            joined[-1]["text"] += block["text"]
        else:
            joined.append(block)
    return joined


def _named(event: Event) -> tuple[str, Any]:
    value = event.value
    if isinstance(value, dict) and event.name in {None, "chunk"}:
        for name in ("messageStart", "contentBlockStart", "contentBlockDelta", "messageStop", "metadata"):
            if name in value:
                return name, value[name]
    return event.name or "", value


def _flat(piece: dict[str, Any]) -> dict[str, Any]:
    """A delta of reasoning in the form of the whole: text and signature stand one level deeper there."""
    reasoning = piece.get("reasoningContent")
    if isinstance(reasoning, dict) and not {"redactedContent", "reasoningText"} & reasoning.keys():
        return {**piece, "reasoningContent": {"reasoningText": reasoning}}
    return piece


def _completed(block: dict[str, Any]) -> dict[str, Any]:
    use = block.get("toolUse")
    if isinstance(use, dict) and isinstance(use.get("input", ""), str):
        with suppress(ValueError, RecursionError):  # the pieces of a call that was cut off stay as they came
            use["input"] = loads(use["input"]) if use.get("input") else {}
    return block


CONVERSE = Endpoint(
    name="converse",
    operation="chat",
    routes=("/model/{model}/converse", "/model/{model}/converse-stream"),
    content=(Content("system"), Content("messages", growing=True)),
    former=_turn,
    choices=_choices,
    retold=as_blocks,
    fold=_fold,
    id=(),
    model=("trace.promptRouter.invokedModelId",),
    finish=("stopReason",),
    error=("error", "message"),
    echoed={"model": "trace.promptRouter.invokedModelId", "serviceTier": "serviceTier"},
    common={
        "temperature": ("inferenceConfig.temperature",),
        "top_p": ("inferenceConfig.topP",),
        "top_k": ("additionalModelRequestFields.top_k", "additionalModelRequestFields.inferenceConfig.topK"),
        "max_tokens": ("inferenceConfig.maxTokens",),
        "stop": ("inferenceConfig.stopSequences",),
    },
    conversation=True,
)


def _invoked(field: str, value: Any) -> Canonical:
    if field in {"prompt", "inputText", "inputs"}:
        return seal("freeform", "user", value)
    return _turn(field, value)


def _invoked_choices(body: Any) -> list[list[Any]]:
    """Answers of Anthropic's and Amazon's own models as messages, of the others as text."""
    said = messages.choices(body) or _choices(body)
    if said:
        return said
    for path in ("results.*.outputText", "generation", "outputs.*.text", "completion", "generations.*.text"):
        texts = [[text] for text in dig(body, path) if isinstance(text, str)]
        if texts:
            return texts
    return []


def _invoked_fold(events: Sequence[Event]) -> Folded:
    values = [event.value for event in events if isinstance(event.value, dict)]
    failed = next((event for event in events if (event.name or "").endswith("Exception")), None)
    if any("messageStart" in value for value in values):
        folded = _fold(events)
    elif any(value.get("type") == "message_start" for value in values):
        folded = messages.fold(events)
    else:
        body: dict[str, Any] = {}
        for value in values:
            merge(body, value)
        folded = Folded(grown(body), any(_ended(value) for value in values))
        if isinstance(folded.body.get("outputText"), str):
            folded.body = {"results": [folded.body]}
    metrics = [value[_METRICS] for value in values if _METRICS in value]
    if metrics:
        folded.body[_METRICS] = metrics[-1]
    if failed:
        folded.error = {"type": failed.name, **(failed.value if isinstance(failed.value, dict) else {})}
    return folded


_METRICS = "amazon-bedrock-invocationMetrics"


def _ended(value: dict[str, Any]) -> bool:
    return _METRICS in value or any(value.get(name) for name in ("completionReason", "stop_reason", "finish_reason"))


INVOKE = Endpoint(
    name="invoke",
    operation="chat",
    routes=("/model/{model}/invoke", "/model/{model}/invoke-with-response-stream"),
    content=(
        Content("system"),
        Content("messages", growing=True),
        Content("prompt"),
        Content("inputText"),
        Content("inputs"),
    ),
    former=_invoked,
    choices=_invoked_choices,
    retold=as_blocks,
    fold=_invoked_fold,
    finish=("stop_reason", "stopReason", "results.*.completionReason", "outputs.*.stop_reason"),
    usage=("usage", _METRICS),
    counted=("inputTextTokenCount", "prompt_token_count", "generation_token_count"),
    error=("error", "message"),
    headers={
        "inputTokens": "x-amzn-bedrock-input-token-count",
        "outputTokens": "x-amzn-bedrock-output-token-count",
        "cacheReadInputTokens": "x-amzn-bedrock-cache-read-input-token-count",
        "cacheWriteInputTokens": "x-amzn-bedrock-cache-write-input-token-count",
    },
    common={
        **COMMON,
        "temperature": ("temperature", "inferenceConfig.temperature", "textGenerationConfig.temperature"),
        "top_p": ("top_p", "inferenceConfig.topP", "textGenerationConfig.topP"),
        "max_tokens": (
            "max_tokens",
            "inferenceConfig.maxTokens",
            "inferenceConfig.max_new_tokens",
            "textGenerationConfig.maxTokenCount",
            "max_gen_len",
        ),
        "stop": ("stop_sequences", "inferenceConfig.stopSequences", "textGenerationConfig.stopSequences"),
    },
    conversation=True,
)

BEDROCK_EMBED = Endpoint(
    name="bedrock_embeddings",
    operation="embeddings",
    routes=("/model/{model:[^/]*embed[^/]*}/invoke",),
    content=(Content("inputText"), Content("texts"), Content("singleEmbeddingParams")),
    former=material,
    usage=(),
    counted=("inputTextTokenCount",),
    error=("message",),
    headers={"inputTokens": "x-amzn-bedrock-input-token-count"},
)

BEDROCK_COUNT = Endpoint(
    name="bedrock_count_tokens",
    operation="count_tokens",
    routes=("/model/{model}/count-tokens",),
    content=(Content("input"),),
    former=material,
    usage=(),
    counted=("inputTokens",),
    error=("message",),
)
