"""One call, read: what its frames say, in the words of providers and params, before it has a place in the history."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from thence.frames import PARAMETER_HEADERS, Asked, Begin, End, restore
from thence.hashing import content_hash
from thence.params import Layer, ParameterSource, ResolvedConfig, reconcile
from thence.params.chain import flat
from thence.providers import Answer, Endpoint, Member, Split, common, injected, model_of, read_answer
from thence.providers.exact import dumps
from thence.store.configuration import as_number, columns_of, config_text, is_volatile, rows_of
from thence.store.projection import plain

__all__ = ["LIMIT", "Call", "Configurations", "Settings", "Story", "answer_of", "body_of", "response_of"]

LIMIT = 16 << 20  # bytes of a body, beyond which its size and hash are kept and no more
_REMEMBERED = 512  # distinct requests, whose settings are not worked out again
_TEXTUAL = ("json", "options", "form")
Row = dict[str, Any]
_encode = msgspec.msgpack.Encoder().encode


class Call(NamedTuple):
    """The frames of one call. ``end`` is None while it is open, or for good where its process was killed."""

    begin: Begin
    request: bytes
    end: End | None = None
    answer: bytes = b""
    status: str = "pending"


def body_of(call: Call) -> str | None:
    """The request's body as text; None where it has none, or is no text."""
    if call.begin.body not in _TEXTUAL or not call.request:
        return None
    try:
        return call.request.decode()
    except UnicodeDecodeError:
        return None


def answer_of(call: Call, endpoint: Endpoint) -> Answer:
    """What the answer says; an empty one where there is none."""
    end = call.end
    if end is None or not (call.answer and end.kept):
        return Answer()
    last = end.attempts[-1] if end.attempts else None
    return read_answer(
        endpoint,
        call.answer,
        end.content_type,
        end.content_encoding,
        last.status if last else None,
        last.headers if last else {},
    )


def response_of(endpoint: Endpoint, answer: Answer) -> bytes | None:
    """The bytes of the answer that are kept: its JSON, folded where it was streamed; its text; no vectors, no files."""
    if answer.body is not None:
        if endpoint.operation == "embeddings":
            text = dumps(_without_vectors(answer.body))
        else:
            text = dumps(answer.body) if answer.text is None else answer.text
    elif answer.text:
        text = answer.text
    else:
        return None
    content = text.encode("utf-8", "surrogatepass")
    return content if len(content) <= LIMIT else None


def _without_vectors(body: Any) -> Any:
    """An embeddings answer with all it says but the vectors, which nobody reads in a history."""
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        return body
    kept = [{n: v for n, v in row.items() if n != "embedding"} if isinstance(row, dict) else row for row in rows]
    return {**body, "data": kept}


class Story(NamedTuple):
    """A parameter's story that is too long for its row: a blob, and which parameter it is of."""

    parameter: str
    name: bytes
    content: bytes


class Settings(NamedTuple):
    """A call's parameters, ready to be stored.

    ``rows`` and ``stories`` belong to the configuration ``name``, ``own`` to the call alone. ``config`` is the JSON
    text of a commit's generation config, ``columns`` the common fields of a call.
    """

    name: bytes
    rows: list[Row]
    stories: list[Story]
    config: str
    columns: Row
    own: Sequence[Row] = ()


class Configurations:
    """Parameters of calls, reconciled; what the last few hundred distinct requests came to is remembered."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Any, ...], Settings] = OrderedDict()

    def of(self, call: Call, endpoint: Endpoint, split: Split, answer: Answer, large: Mapping[str, bytes]) -> Settings:
        """The settings of a call; ``large`` names the members that stand in blobs of their own."""
        begin = call.begin
        used = answer.used
        if call.end and call.end.used:
            used = used | {name: (restore(value), "response") for name, value in call.end.used.items()}
        shared = {name: member for name, member in split.params.items() if not is_volatile(name)}
        shared |= {name: member for name, member in _beside_the_body(begin).items() if name not in split.params}
        told = {name: value for name, value in used.items() if not is_volatile(name)}
        texts = tuple((name, member.text) for name, member in shared.items())
        added = frozenset(injected(endpoint, split.params, begin.headers))
        key = (endpoint.name, begin.sdk, _encode(begin.asked), added, texts, repr(told))
        settings = self._known.get(key)
        if settings is None:
            settings = self._keep(key, _settings(begin, endpoint, shared, told, large))
        else:
            self._known.move_to_end(key)
        mine = {name: member for name, member in split.params.items() if name not in shared}
        if not mine and len(told) == len(used) and not _asks_for_own(begin):
            return settings
        texts = tuple((name, member.text) for name, member in mine.items())
        own = {name: value for name, value in used.items() if name not in told}
        own_key = (*key, texts, repr(own))
        whole = self._known.get(own_key)
        if whole is None:
            whole = self._keep(own_key, _with_own(settings, begin, endpoint, mine, own))
        return whole

    def _keep(self, key: tuple[Any, ...], settings: Settings) -> Settings:
        self._known[key] = settings
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return settings


def _asks_for_own(begin: Begin) -> bool:
    """Whether a layer gave a value for a parameter that is kept with the call, be it sent or dropped."""
    return any(is_volatile(name) for asked in begin.asked for name in flat(asked.values))


def _settings(
    begin: Begin,
    endpoint: Endpoint,
    params: Mapping[str, Member],
    used: Mapping[str, tuple[Any, str]],
    large: Mapping[str, bytes],
) -> Settings:
    config = _reconciled(begin, endpoint, params, used, volatile=False)
    rows: list[Row] = []
    stories = []
    for parameter in config.values():
        mine, story = rows_of(parameter)
        rows += mine
        if story:
            stories.append(Story(parameter.name, *story))
    name = content_hash(config.to_json().encode())
    columns = columns_of(common(endpoint, params)) | {"seed": None}  # the call's own: other calls share these settings
    return Settings(name, rows, stories, config_text(config.wire(), large), columns)


def _beside_the_body(begin: Begin) -> dict[str, Member]:
    """The parameters of a call that stand in its URL and in its headers.

    A cloud platform's client moves the model there, and the wish for a stream. What nobody asked for as a parameter is
    part of an address.
    """
    query = next((asked.values["extra_query"] for asked in begin.asked if "extra_query" in asked.values), None)
    headers = {name: value for name, value in begin.headers.items() if name in PARAMETER_HEADERS}
    asked_for = {name for asked in begin.asked for name in (*asked.same, *asked.values)}
    model = model_of(begin.url, begin.method) if "model" in asked_for else None
    stream = "stream" in asked_for and begin.url.partition("?")[0].endswith("/invoke-with-response-stream")
    given = {"extra_query": restore(query), "extra_headers": headers, "model": model, "stream": stream}
    return {name: Member(dumps(value), value) for name, value in given.items() if value}


def _with_own(
    settings: Settings,
    begin: Begin,
    endpoint: Endpoint,
    params: Mapping[str, Member],
    used: Mapping[str, tuple[Any, str]],
) -> Settings:
    """``settings`` with the parameters that are kept with the call: their stories stand in their rows, however long."""
    config = _reconciled(begin, endpoint, params, used, volatile=True)
    own: list[Row] = []
    for parameter in config.values():
        rows, story = rows_of(parameter)
        if story:
            rows[0].update(record=story[1], record_hash=None)
        member = params.get(parameter.name)
        exact = member.text.encode("utf-8", "surrogatepass") if member else None
        own += [{**row, "exact": None if row["path"] else exact} for row in rows]
    seed = params.get("seed") or params.get("random_seed")  # Mistral's
    columns = settings.columns if seed is None else {**settings.columns, "seed": as_number(seed.value)}
    text = config_text(config.wire(), {})
    comma = "," if len(text) > 2 and len(settings.config) > 2 else ""
    return settings._replace(own=own, columns=columns, config=settings.config[:-1] + comma + text[1:])


def _reconciled(
    begin: Begin,
    endpoint: Endpoint,
    params: Mapping[str, Member],
    used: Mapping[str, tuple[Any, str]],
    *,
    volatile: bool,
) -> ResolvedConfig:
    """The parameters of which :func:`is_volatile` says ``volatile``."""
    sent = {name: plain(member.value) for name, member in params.items()}
    content = {content.field for content in endpoint.content}
    said = {name: (plain(value), place) for name, (value, place) in used.items()}
    theirs = {name: value for name, value in sent.items() if name not in injected(endpoint, params, begin.headers)}
    layers = [_layer(asked, theirs, volatile=volatile) for asked in begin.asked]
    return reconcile(layers, sent, sdk=begin.sdk, used=said, content=content, common=endpoint.common)


def _layer(asked: Asked, sent: Mapping[str, Any], *, volatile: bool) -> Layer:
    source = ParameterSource.__members__.get(asked.source)
    if source is None:  # a plug-in's, which is not registered here
        source = ParameterSource.stored(asked.source, ParameterSource.CLIENT.rank + 50)
    values = {name: value for name, value in flat(restore(asked.values)).items() if is_volatile(name) is volatile}
    return Layer(
        source, asked.origin, values | {name: sent[name] for name in asked.same if name in sent}, asked.origins
    )
