"""``:generateContent`` and its siblings: Gemini's shape, on Google's AI host and on Vertex, in camel or snake case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from thence.providers.canonical import Canonical, pruned, seal
from thence.providers.endpoint import Content, Endpoint, Folded, dig
from thence.providers.fold import place
from thence.providers.shapes.embeddings import material
from thence.providers.shapes.retold import as_parts
from thence.providers.sse import Event

__all__ = ["GEMINI", "GEMINI_COUNT", "GEMINI_EMBED"]

_ROLES = {"model": "assistant", "function": "tool", None: "user"}
_URL_SAFE = str.maketrans("-_", "+/")


def _turn(field: str, value: Any) -> Canonical:
    """A content as a message: its parts in camel case, a lone text as a string."""
    system = field in {"systemInstruction", "system_instruction"}
    if isinstance(value, str):
        value = {"parts": [{"text": value}]}
    if not isinstance(value, dict):
        return seal("freeform", None, value)
    role = "system" if system else _ROLES.get(value.get("role"), value.get("role"))
    parts = value.get("parts") or []
    parts = [_part(part) for part in (parts if isinstance(parts, list) else [parts])]
    parts = [part for part in parts if part != {"text": ""}] or parts
    texts = [part["text"] for part in parts if isinstance(part, dict) and part.keys() == {"text"}]
    said = {"role": role, "content": texts[0] if len(parts) == len(texts) == 1 else parts}
    if system:
        return seal("instruction", role, said)
    kinds = {name for part in parts if isinstance(part, dict) for name in part.keys() - {"thoughtSignature"}}
    kind = {"functionCall": "tool_call", "functionResponse": "tool_result"}.get(next(iter(kinds), ""), "dialogue")
    return seal(kind if len(kinds) == 1 else "dialogue", role, said)


def _part(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    kept = {_camel(name): member for name, member in pruned(part).items()}
    if "text" in kept and not kept.get("thought"):  # callers who send back the text send it without
        kept.pop("thoughtSignature", None)
    call = kept.get("functionCall")
    if isinstance(call, dict):  # its id is optional, and callers make one up
        kept["functionCall"] = {"args": {}, **{name: member for name, member in call.items() if name != "id"}}
    if isinstance(kept.get("thoughtSignature"), str):  # one SDK sends back the URL-safe alphabet
        kept["thoughtSignature"] = kept["thoughtSignature"].translate(_URL_SAFE).rstrip("=")
    return kept


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda letter: letter.group(1).upper(), name)


def _choices(body: Any) -> list[list[Any]]:
    return [[content] for content in dig(body, "candidates.*.content") if isinstance(content, dict) and content]


def _fold(events: Sequence[Event]) -> Folded:
    """Chunks as one answer: texts that follow each other are one part; counts are those of the last chunk."""
    body: dict[str, Any] = {}
    found: dict[int, dict[str, Any]] = {}
    error = None
    for event in events:
        chunk = event.value
        if not isinstance(chunk, dict):
            continue
        error = chunk.get("error") or error
        for candidate in dig(chunk, "candidates.*"):
            if isinstance(candidate, dict):
                _candidate(found.setdefault(place(candidate), {}), candidate)
        body.update({name: value for name, value in chunk.items() if value is not None and name != "candidates"})
    if found:
        body["candidates"] = [found[index] for index in sorted(found)]
    blocked = any(dig(body, "promptFeedback.blockReason"))
    return Folded(body, blocked or any(dig(body, "candidates.*.finishReason")), error)


def _candidate(into: dict[str, Any], chunk: dict[str, Any]) -> None:
    content = chunk.get("content")
    into.update({name: value for name, value in chunk.items() if value is not None and name != "content"})
    if not isinstance(content, dict):
        return
    whole = into.setdefault("content", {"parts": []})
    whole.update({name: value for name, value in content.items() if name != "parts"})
    parts = content.get("parts")
    for part in parts if isinstance(parts, list) else []:
        last = whole["parts"][-1] if whole["parts"] else None
        if last is not None and _goes_on(last, part):
            last.update({**part, "text": last["text"] + part["text"]})
        else:
            whole["parts"].append(dict(part) if isinstance(part, dict) else part)


def _goes_on(last: Any, part: Any) -> bool:
    both = [isinstance(one, dict) and isinstance(one.get("text"), str) for one in (last, part)]
    return all(both) and last.get("thought") == part.get("thought") and "thoughtSignature" not in last


def _config(*names: str) -> tuple[str, ...]:
    return tuple(f"{config}.{name}" for config in ("generationConfig", "generation_config") for name in names)


_CONTENT = (Content("systemInstruction"), Content("system_instruction"), Content("contents", growing=True))

GEMINI = Endpoint(
    name="gemini",
    operation="generate_content",
    routes=("/models/{model}:generateContent", "/models/{model}:streamGenerateContent"),
    content=_CONTENT,
    former=_turn,
    choices=_choices,
    retold=as_parts,
    fold=_fold,
    id=("responseId",),
    model=("modelVersion",),
    finish=("candidates.*.finishReason", "promptFeedback.blockReason"),
    usage=("usageMetadata",),
    echoed={"model": "modelVersion"},
    common={
        "temperature": _config("temperature"),
        "top_p": _config("topP", "top_p"),
        "top_k": _config("topK", "top_k"),
        "max_tokens": _config("maxOutputTokens", "max_output_tokens"),
        "stop": _config("stopSequences", "stop_sequences"),
        "seed": _config("seed"),
        "frequency_penalty": _config("frequencyPenalty", "frequency_penalty"),
        "presence_penalty": _config("presencePenalty", "presence_penalty"),
        "choice_count": _config("candidateCount", "candidate_count"),
    },
    conversation=True,
)

GEMINI_COUNT = Endpoint(
    name="gemini_count_tokens",
    operation="count_tokens",
    routes=("/models/{model}:countTokens",),
    content=_CONTENT,
    former=_turn,
    usage=(),
    counted=("totalTokens", "cachedContentTokenCount"),
)

GEMINI_EMBED = Endpoint(
    name="gemini_embeddings",
    operation="embeddings",
    routes=("/models/{model}:embedContent", "/models/{model}:batchEmbedContents"),
    content=(Content("content"), Content("requests")),
    former=material,
    usage=("usageMetadata",),
)
