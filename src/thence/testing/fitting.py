"""What an answer must be to fit a request: a tool that it insists on, a schema that it gives, else an echo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["ToolCall", "answer_text", "fitting", "forced_tool", "words"]

_DEEPEST = 12
_PLAIN: Mapping[str, Any] = {"string": "text", "integer": 1, "number": 0.5, "boolean": True, "null": None}


class ToolCall(NamedTuple):
    """A call of a tool: its name, and arguments that fit its schema."""

    name: str
    arguments: dict[str, Any]

    @property
    def text(self) -> str:
        """The arguments as JSON."""
        return json.dumps(self.arguments)


def forced_tool(request: Mapping[str, Any]) -> ToolCall | None:
    """The tool that a request insists on: the one it names, else its first; None where it leaves that to the model."""
    choice = request.get("tool_choice")
    named = choice.get("name") or (choice.get("function") or {}).get("name") if isinstance(choice, dict) else None
    if named is None and choice != "required" and not (isinstance(choice, dict) and choice.get("type") == "any"):
        return None
    for tool in request.get("tools") or []:
        told = tool.get("function") or tool
        if told.get("name") and named in (None, told["name"]):
            schema = told.get("parameters") or told.get("input_schema") or {}
            return ToolCall(told["name"], dict(fitting(schema) or {}))
    return None


def _text_asked_for(request: Mapping[str, Any]) -> str | None:
    """JSON that fits the schema of the answer that a request asks for; None where it asks for text."""
    chat, responses = request.get("response_format"), (request.get("text") or {})
    told = chat if isinstance(chat, dict) else responses.get("format") if isinstance(responses, dict) else None
    if not isinstance(told, dict) or told.get("type") not in ("json_schema", "json_object"):
        return None
    schema = told.get("schema") or (told.get("json_schema") or {}).get("schema") or {"type": "object"}
    return json.dumps(fitting(schema))


def fitting(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None, depth: int = 0) -> Any:
    """A value that fits a JSON schema: the simplest one."""
    root = schema if root is None else root
    if "$ref" in schema:
        found: Any = root
        for step in str(schema["$ref"]).lstrip("#/").split("/"):
            found = found.get(step, {})
        return fitting(found, root, depth + 1) if depth < _DEEPEST else None
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return fitting(schema[name][0], root, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        wanted = schema.get("required", list(schema.get("properties") or {}))
        members = schema.get("properties") or {}
        return {name: fitting(members.get(name, {}), root, depth + 1) for name in wanted} if depth < _DEEPEST else {}
    if kind == "array":
        return [fitting(schema.get("items") or {}, root, depth + 1)] if depth < _DEEPEST else []
    return schema.get("minimum", _PLAIN[kind]) if kind in ("integer", "number") else _PLAIN.get(kind)


def answer_text(request: Mapping[str, Any]) -> str:
    """The text of an answer: what fits the schema that the request gives, else ``You said: …``."""
    asked = _text_asked_for(request)
    return f"You said: {_last_text(request)}" if asked is None else asked


def _last_text(request: Mapping[str, Any]) -> str:
    """The newest text of a request in any of the shapes."""
    asked = request.get("messages") or request.get("input") or request.get("prompt") or ""
    while isinstance(asked, (list, dict)):
        if isinstance(asked, dict):
            asked = asked.get("content") or asked.get("text") or asked.get("output") or ""
        else:
            asked = asked[-1] if asked else ""
    return str(asked)


def words(text: str) -> list[str]:
    """The pieces that a text is streamed in."""
    return [word if n == 0 else f" {word}" for n, word in enumerate(text.split(" "))]
