"""A recorded call, as users get it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from thence.markup import listed
from thence.params import ResolvedConfig
from thence.providers import Usage
from thence.providers.exact import loads
from thence.providers.said import words
from thence.store.projection import decode, plain
from thence.store.records import CommitInfo, Record, column, moment, seconds

if TYPE_CHECKING:
    from thence.prices import Cost

__all__ = ["REPLAY", "Attempt", "Call", "spoken"]

REPLAY: Final = "replay:"
"""What the tag of a call begins with that repeats another, whose id follows."""


@dataclass(frozen=True)
class Attempt:
    """One HTTP request of a call.

    Attributes:
        status: of HTTP; None where no answer came.
        request_id: as the provider's header says.
        duration: in seconds; None where it never ended.
        error: what went wrong below HTTP, as one line.
        headers: of the answer, those on the list of what is harmless.
    """

    status: int | None
    request_id: str | None
    duration: float | None
    error: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Call(Record):
    """One invocation of a provider, with every retry and the reading of its stream.

    Attributes:
        id: a UUIDv7; ids sort by time.
        tract: the id of its tract.
        status: ``completed``, ``closed`` (the caller left the stream), ``failed``, ``interrupted`` (its process died);
            ``pending`` while it is in flight; ``recorded`` for settings committed by hand; ``erased``.
        provider: whose host it was: ``openai``, ``anthropic``, ``groq``, ``local``, ...
        operation: ``chat``, ``embeddings``, ...
        endpoint: the path; ``method`` and ``url`` the whole of it.
        shape: the wire shape that read it: ``chat_completions``, ``responses``, ``messages``, ...
        request_model, response_model: the model asked for, and the one that answered.
        response_id, finish_reasons: as the provider said.
        error: what went wrong, as one line.
        streamed, truncated: whether the answer came as a stream; whether that broke off.
        callsite: ``file:line function`` of the caller; ``label`` the decorated function's.
        branch, tags, metadata: of the session.
        parent_id: the call within whose request it was made: by a middleware, an HTTP hook, a transport.
        trace_id, span_id: of the caller's span, in hex, where the program was tracing itself with OpenTelemetry.
        capture: how much was kept: ``full`` or ``params``.
        seam: what recorded it: ``stainless``, ``callsite``, ``litellm``.
        http_status, response_size: of the last attempt; bytes of the answer's body.
        usage_verbatim: the vendor's own object, as it came; None where it says nothing.
        seal: a hash over commit, parameters and usage, which ``thence fsck`` proves.
        base_hash, commit_hash: of ``base`` and ``commit``, which need not be read for them.
    """

    id: str = column("id")
    status: str = column("status")
    provider: str = column("provider")
    operation: str = column("operation")
    shape: str = column("shape")
    endpoint: str = column("endpoint")
    method: str = column("method")
    url: str = column("url")
    seam: str = column("seam")
    request_model: str | None = column("request_model")
    response_model: str | None = column("response_model")
    response_id: str | None = column("response_id")
    error: str | None = column("error")
    streamed: bool | None = column("streamed")
    truncated: bool | None = column("truncated")
    callsite: str | None = column("callsite")
    label: str | None = column("label")
    branch: str | None = column("branch")
    parent_id: str | None = column("parent_id")
    trace_id: str | None = column("trace_id")
    span_id: str | None = column("span_id")
    capture: str = column("capture")
    http_status: int | None = column("http_status")
    response_size: int | None = column("response_size")
    usage_verbatim: dict[str, Any] | None = column("usage_verbatim")
    seal: str | None = column("seal")
    base_hash: str | None = column("base")
    commit_hash: str | None = column("commit_hash")

    @property
    def _name(self) -> str:
        return self.id

    @cached_property
    def started_at(self) -> datetime:
        """When it began; aware, in UTC."""
        return moment(self._row["started_at"])

    @property
    def duration(self) -> float | None:
        """Seconds until the end of the answer; None while it is not known."""
        return seconds(self._row["duration"])

    @property
    def time_to_first_chunk(self) -> float | None:
        """Seconds until the first piece of a streamed answer."""
        return seconds(self._row["time_to_first_chunk"])

    @property
    def finish_reasons(self) -> list[str]:
        """One for each choice."""
        return list(self._row["finish_reasons"] or ())

    @property
    def tags(self) -> list[str]:
        """Of the session."""
        return list(self._row["tags"] or ())

    @property
    def metadata(self) -> dict[str, Any]:
        """Of the session."""
        return dict(self._row["metadata"] or {})

    @cached_property
    def usage(self) -> Usage:
        """Tokens in the common view; None where the vendor says nothing."""
        return Usage(**{name: self._row[name] for name in Usage.__struct_fields__})

    @property
    def is_reread(self) -> bool:
        """Whether it only reads an answer again whose usage another call has told before: that is counted once."""
        return self._source.rereads(self._row)

    @property
    def cost(self) -> Cost | None:
        """What it cost, from its usage and the prices that this machine has now; None where that is not known."""
        from thence.store.costs import cost_of

        found = cost_of(self)
        return None if isinstance(found, str) else found

    @cached_property
    def attempts(self) -> list[Attempt]:
        """Every HTTP request, first to last."""
        return [
            Attempt(
                each["status"],
                each.get("request_id"),
                None if each["ended"] is None else seconds(each["ended"] - each["started"]),
                each.get("error"),
                each.get("headers", {}),
            )
            for each in self._row["attempts"] or ()
        ]

    @cached_property
    def params(self) -> ResolvedConfig:
        """Every parameter: its value, where it came from, what that shadowed; asked, sent and used."""
        return self._source.params(self._row)

    @property
    def generation_config(self) -> dict[str, Any]:
        """The parameters as the body had them, verbatim; ``params`` holds those of the URL and the headers, too."""
        return self.params.wire()

    @cached_property
    def request_body(self) -> bytes | None:
        """The exact bytes of the request's body; None where it was not kept."""
        return self._source.request(self._row)

    @cached_property
    def request(self) -> Any:
        """The request's body as JSON; None where there is none."""
        return _json(self.request_body)

    @cached_property
    def response(self) -> Any:
        """The answer's body as JSON, folded where it was streamed; as text where it is none; None where not kept."""
        name = self._row["response_hash"]
        return None if name is None else _json(self._source.blob(self.tract, name))

    @cached_property
    def base(self) -> CommitInfo | None:
        """The context that the call was asked in: the last commit of it."""
        name = self._row["base"]
        return None if name is None else self._source.commit(self.tract, name)

    @cached_property
    def commit(self) -> CommitInfo | None:
        """The answer: the last commit of its first choice."""
        name = self._row["commit_hash"]
        return None if name is None else self._source.commit(self.tract, name)

    @cached_property
    def answers(self) -> list[list[CommitInfo]]:
        """The answer's commits, a list for each choice."""
        return self._source.answers(self._row)

    @cached_property
    def input_text(self) -> str | None:
        """All that the last item of the context says (:attr:`CommitInfo.text`): the question; None without context."""
        return None if self.base is None else self.base.text

    @cached_property
    def output_text(self) -> str | None:
        """The words of the first answer, without thoughts and tool calls; None where there is no answer."""
        return spoken(commit.content for commit in self.answers[0]) if self.answers else None

    @property
    def versions(self) -> dict[str, str]:
        """Versions of Python, the SDK, Thence and the program."""
        return dict(self._surroundings.get("versions", {}))

    @property
    def client(self) -> dict[str, Any]:
        """What the client was set to: base URL, timeout, retries."""
        return dict(self._surroundings.get("client", {}))

    @property
    def sdk(self) -> str | None:
        """Name and version of what put the request together."""
        return self._surroundings.get("sdk")

    @cached_property
    def _surroundings(self) -> Mapping[str, Any]:
        name = self._row["surroundings_hash"]
        told: Mapping[str, Any] = {} if name is None else decode(self._source.blob(self.tract, name))
        return told

    def _repr_html_(self) -> str:
        facts = [
            ("call", self.id),
            ("status", self.status),
            ("model", self.response_model or self.request_model),
            ("started", f"{self.started_at:%Y-%m-%d %H:%M:%S} UTC"),
            ("seconds", self.duration),
            ("tokens", self.usage.total_tokens),
            ("caller", self.callsite),
            ("error", self.error),
            ("tags", ", ".join(self.tags)),
        ]
        said = [commit._said() for choice in self.answers for commit in choice]
        return "".join([listed(facts), self.params._repr_html_(), *said])

    def __repr__(self) -> str:
        return f"<Call {self.id} {self.operation} {self.request_model or ''} {self.status}>"


def spoken(contents: Iterable[Any]) -> str:
    """The words of an answer, of whose commits these are the contents."""
    return "\n".join(text for content in contents if (text := words(content)))


def _json(body: bytes | None) -> Any:
    """What a body says: JSON, or text that is none, or bytes."""
    if not body:
        return None
    try:
        text = body.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return body
    try:
        return plain(loads(text))
    except (ValueError, RecursionError):
        return text
