"""The parts of a message's content in the words of each vendor's API.

Each API has words of its own for a part (``image_url``, ``input_image`` and ``image`` are one thing). A part goes over
where the target has a word for it, and is left out where only others have one. A part that no API is known to have a
word for is the target's own, most likely, and newer than these tables.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["anthropic_part", "chat_part", "kind_of", "responses_part"]

_CHAT: Final = frozenset({"text", "image_url", "input_audio", "file", "refusal"})
_RESPONSES: Final = frozenset({"input_text", "output_text", "input_image", "input_file", "refusal"})
_ANTHROPIC: Final = frozenset(
    {
        "text",
        "image",
        "document",
        "search_result",
        "thinking",
        "redacted_thinking",
        "tool_use",
        "tool_result",
        "tool_reference",
        "server_tool_use",
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result",
        "mcp_tool_use",
        "mcp_tool_result",
        "container_upload",
    }
)
_KNOWN: Final = _CHAT | _RESPONSES | _ANTHROPIC
_PDF: Final = "application/pdf"


def kind_of(part: Any) -> str:
    """The word for a part; empty where it has none."""
    kind = part.get("type") if isinstance(part, dict) else None
    return kind if isinstance(kind, str) else ""


def chat_part(part: Any) -> Any:
    """A part as chat completions have it; None where they have no word for it."""
    kind = kind_of(part)
    if kind in ("input_text", "output_text"):
        return {**part, "type": "text"}
    if kind == "image":
        url = _url_of(part.get("source"))
        return {"type": "image_url", "image_url": {"url": url}} if url else None
    if kind == "input_image":
        image = {"url": part.get("image_url"), "detail": part.get("detail")}
        return {"type": "image_url", "image_url": _given(image)} if image["url"] else None
    if kind == "input_file":
        file = _given({name: part.get(name) for name in ("file_data", "file_id", "filename")})
        return {"type": "file", "file": file} if file.keys() & {"file_data", "file_id"} else None
    if kind == "document":
        data = _url_of(part.get("source"))
        filed = {"file_data": data, "filename": part.get("title")}
        return {"type": "file", "file": _given(filed)} if data and data.startswith("data:") else None
    return part if kind in _CHAT or kind not in _KNOWN else None


def responses_part(part: Any, role: str) -> Any:
    """A part as the Responses API has it in a message of ``role``; None where it has no word for it."""
    kind = kind_of(part)
    if kind in ("input_image", "input_file"):
        return part
    said = chat_part(part)
    kind = kind_of(said)
    if kind == "text":
        return {**said, "type": "output_text" if role == "assistant" else "input_text"}
    if kind == "image_url":
        image = _image(said)
        return {"type": "input_image", "image_url": image.get("url"), **_given({"detail": image.get("detail")})}
    if kind == "file":
        return {"type": "input_file", **said.get("file", {})}
    return said if kind in _RESPONSES or kind not in _KNOWN else None


def anthropic_part(part: Any) -> Any:
    """A part as Anthropic's Messages have it; None where they have no word for it."""
    kind = kind_of(part)
    if kind in _ANTHROPIC:
        return part
    if kind == "refusal":
        return {"type": "text", "text": part.get("refusal") or ""}
    said = chat_part(part)
    kind = kind_of(said)
    if kind == "image_url":
        url = _image(said).get("url")
        return {"type": "image", "source": _source_of(url)} if isinstance(url, str) and url else None
    if kind == "file":
        source = _source_of(said["file"].get("file_data")) if isinstance(said.get("file"), dict) else {}
        titled = _given({"title": said["file"].get("filename")}) if source else {}
        return {"type": "document", "source": source, **titled} if source.get("media_type") == _PDF else None
    return said if kind in _ANTHROPIC or kind not in _KNOWN else None


def _image(part: Any) -> dict[str, Any]:
    image = part.get("image_url")
    return image if isinstance(image, dict) else {"url": image}


def _url_of(source: Any) -> str | None:
    """The URL of Anthropic's source of a file: where it is, or all of it."""
    if not isinstance(source, dict):
        return None
    if source.get("type") == "base64":
        return f"data:{source.get('media_type')};base64,{source.get('data')}"
    url = source.get("url")
    return url if isinstance(url, str) else None


def _source_of(url: Any) -> dict[str, Any]:
    """A URL as Anthropic's source of a file."""
    if not isinstance(url, str):
        return {}
    head, comma, body = url.partition(";base64,")
    if comma and head.startswith("data:"):
        return {"type": "base64", "media_type": head[5:], "data": body}
    return {"type": "url", "url": url}


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
