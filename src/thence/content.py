"""What a commit holds: an instruction, something said, a tool's call and its result, a thought, a result.

Each type gives its *canonical form*, the one that recorded calls have: ``DialogueContent(role="user", text="hi")`` and
the ``{"role": "user", "content": "hi"}`` of a request are the same content, and after the same parent the same commit.

>>> DialogueContent(role="user", text="hi").canonical().text
'{"content":"hi","role":"user"}'
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from typing_extensions import Self

from thence.providers.canonical import Canonical, message, plain, pruned, seal

__all__ = [
    "ArtifactContent",
    "Content",
    "DialogueContent",
    "FreeformContent",
    "InstructionContent",
    "OutputContent",
    "ReasoningContent",
    "ToolCallContent",
    "ToolResultContent",
]

Parts = list[dict[str, Any]]


class Content(BaseModel):
    """The root of the content types."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def canonical(self) -> Canonical:
        """Content type, role and canonical JSON text: what is hashed."""
        raise NotImplementedError


class _Said(Content):
    """Text, or parts as a provider's API has them (text, images, files); one of the two."""

    text: str | None = None
    parts: Parts | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.text is None) == (self.parts is None):
            raise ValueError("give either text or parts")
        return self

    @property
    def _content(self) -> Any:
        return self.text if self.parts is None else self.parts


class InstructionContent(_Said):
    """What the model is told to be: a system prompt, or a developer's message."""

    role: str = "system"

    def canonical(self) -> Canonical:  # noqa: D102
        value = {"role": self.role, "content": plain(self._content)}
        return seal("instruction", self.role, value)


class DialogueContent(_Said):
    """Something said by ``role``: ``user``, ``assistant``, or any other."""

    role: str
    name: str | None = None

    def canonical(self) -> Canonical:  # noqa: D102
        value = {"role": self.role, "content": self._content, "name": self.name}
        return message("messages", value)


class ToolCallContent(Content):
    """A tool that the model wants called. ``arguments`` is the object, or the JSON text that spells it."""

    id: str
    name: str
    arguments: Any = None
    role: str = "assistant"

    def canonical(self) -> Canonical:  # noqa: D102
        function = {"name": self.name, "arguments": {} if self.arguments is None else self.arguments}
        return message(
            "messages",
            {"role": self.role, "tool_calls": [{"id": self.id, "type": "function", "function": function}]},
        )


class ToolResultContent(_Said):
    """What a tool gave back, for the call of that id."""

    tool_call_id: str
    name: str | None = None
    role: str = "tool"

    def canonical(self) -> Canonical:  # noqa: D102
        value = {"role": self.role, "tool_call_id": self.tool_call_id, "content": self._content, "name": self.name}
        return message("messages", value)


class ReasoningContent(Content):
    """What the model thought, as a summary in its own words."""

    text: str

    def canonical(self) -> Canonical:  # noqa: D102
        return message("input", {"type": "reasoning", "summary": [{"type": "summary_text", "text": self.text}]})


class OutputContent(_Said):
    """A final result, told apart from the dialogue that led to it."""

    role: str = "assistant"

    def canonical(self) -> Canonical:  # noqa: D102
        return seal("output", self.role, {"role": self.role, "content": plain(self._content)})


class ArtifactContent(_Said):
    """Something made: a file, a page of code. ``kind`` says what, ``title`` which."""

    kind: str = "text"
    title: str | None = None
    role: str = "assistant"

    def canonical(self) -> Canonical:  # noqa: D102
        named = {} if self.title is None else {"title": self.title}
        value = {"role": self.role, "content": plain(self._content), "kind": self.kind, **named}
        return seal("artifact", self.role, value)


class FreeformContent(Content):
    """Any JSON, as it is."""

    payload: Any
    role: str | None = None

    def canonical(self) -> Canonical:  # noqa: D102
        value = {"payload": self.payload} if self.role is None else {"role": self.role, "payload": self.payload}
        return seal("freeform", self.role, pruned(value))
