"""What compiling gives: a context, or a vendor's request. Values of the caller's own, made when they are looked at.

A compiled context is held by a cache and given to many callers, each of whom may change what he gets. So what is held
is never given out: messages and configurations are copied at the first look, for each context anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from thence.compile.tokens import TokenCount, TokenSource
from thence.markup import table
from thence.providers.said import said

__all__ = ["CompiledContext", "CompiledRequest", "copied"]

_FLAT = (str, int, float, type(None))


class CompiledContext:
    """A line of commits as the messages of a call.

    Attributes:
        commit: the hash of its newest commit; None where there are none.
        commit_count: how many commits are in force in it.
        token_count: its length in tokens.
        token_source: ``usage``: as the vendor counted it; ``estimate``; ``usage+estimate``: the vendor's count as far
            as there is one, and an estimate of what came since.
    """

    def __init__(
        self,
        commit: str | None,
        counted: TokenCount,
        commit_count: int,
        messages: Callable[[], Sequence[dict[str, Any]]],
        configs: Callable[[], Sequence[Mapping[str, Any] | None]],
    ) -> None:
        self.commit = commit
        self.commit_count = commit_count
        self.token_count: int = counted.tokens
        self.token_source: TokenSource = counted.source
        self._messages = messages
        self._configs = configs

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """The items in order, as chat messages; yours to change."""
        return [copied(message) for message in self._messages()]

    @cached_property
    def generation_configs(self) -> list[dict[str, Any]]:
        """One for each commit in force, ``{}`` where it has none; yours to change. Not fewer where messages of one role
        were put together.
        """
        return [copied(config) if config else {} for config in self._configs()]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CompiledContext):
            return NotImplemented
        mine, theirs = ((each.commit, each.commit_count, each.token_count, each.token_source) for each in (self, other))
        alike = mine == theirs and self.messages == other.messages
        return alike and self.generation_configs == other.generation_configs

    __hash__ = None  # type: ignore[assignment]  # it can be changed

    def _repr_html_(self) -> str:
        rows = ((message.get("role", ""), said(message)) for message in self.messages)
        caption = f"{self.commit_count} commits, {self.token_count} tokens ({self.token_source})"
        return table(("role", "message"), rows, caption=caption)

    def __repr__(self) -> str:
        return f"<CompiledContext {self.commit_count} commits, {self.token_count} tokens ({self.token_source})>"


class CompiledRequest(dict[str, Any]):
    """A request body: ``client.chat.completions.create(**tract.compile(to="openai"))``.

    Attributes:
        body: the same as JSON; of a recorded call, the very bytes that were sent.
        exact: whether it is that of a recorded call.
    """

    def __init__(self, members: Mapping[str, Any], body: bytes, *, exact: bool) -> None:
        super().__init__(members)
        self.body = body
        self.exact = exact


def copied(value: Any) -> Any:
    """A copy that shares nothing with ``value`` that can be changed."""
    if isinstance(value, dict):
        return {name: member if isinstance(member, _FLAT) else copied(member) for name, member in value.items()}
    if isinstance(value, list):
        return [item if isinstance(item, _FLAT) else copied(item) for item in value]
    return value
