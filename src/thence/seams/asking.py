"""Who asked for what, read off the options of one call of a Stainless client.

The wire body says what was sent; which of two candidates won (a keyword, or the same name in ``extra_body``) and what
the caller did *not* ask for, only the options say. Names are written; a value is written only where the wire does not
show it: because another candidate shadowed it, or because it differs.
"""

from __future__ import annotations

import copy
import io
import os
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import json

from thence import scope
from thence.faults import from_outside
from thence.frames import PARAMETER_HEADERS, Asked, Begin, Origin, plain, plain_name
from thence.params import Layer, fill, is_absent
from thence.params.origins import place
from thence.seams.callsite_values import attributed
from thence.seams.keys import without_secrets
from thence.seams.recording import Recorder

__all__ = ["asked_and_filled", "client_facts", "described", "file_told"]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) or isinstance(value, Mapping) else {}  # noqa: SIM101 - the first is cheap


def _names(given: Iterable[Any]) -> list[str]:
    """Names as the wire has them: a mapping may have keys that are no text, or text that is no UTF-8."""
    names = list(given)
    try:
        "".join(names).encode()
    except (TypeError, UnicodeEncodeError) as error:
        if from_outside(error):
            raise
        return [plain_name(name) for name in names]
    return names


@lru_cache(maxsize=4096)
def _place(origin: Origin) -> str:
    return place(origin.file, origin.line, origin.function)


def asked_and_filled(begin: Begin, recorder: Recorder, options: Any) -> tuple[list[Asked], Any]:
    """What each layer asked for, and the options with the layers' values in the places that the caller left unset."""
    arguments, extra = _mapping(_given(options.json_data)), _mapping(options.extra_json)
    origin = None if begin.callsite is None else _place(begin.callsite)
    asked: list[Asked] = []
    if extra:
        said = "extra_body" if origin is None else f"{origin} extra_body"
        asked.append(Asked("CALL", said, same=_names(_given(extra))))
    if arguments:
        shadowed = {name: arguments[name] for name in arguments if name in extra}
        asked.append(Asked("CALL", origin, values=shadowed, same=_names(n for n in arguments if n not in extra)))
    if getattr(options, "files", None):
        asked.append(Asked("CALL", origin, same=["files"]))
    attributed(asked, {**arguments, **extra} if extra else arguments)
    asked += _beside_the_body(options, origin)

    now = scope.current()
    layers = recorder.layers
    begin.tract, begin.branch = recorder.tract, recorder.branch
    if now is not None:
        begin.tract, begin.branch = now.tract or begin.tract, now.branch or begin.branch
        begin.label = now.label
        begin.tags = list(now.tags)
        begin.metadata = {**begin.metadata, **now.metadata}
        layers = (*now.layers, *layers)
    if layers and str(options.method).lower() == "post" and arguments:
        options = _filled(asked, layers, {**arguments, **extra}, options)
    return asked, options


def _beside_the_body(options: Any, origin: str | None) -> list[Asked]:
    """Query parameters, and headers that are parameters, that the call itself gave."""
    asked = []
    if isinstance(options.params, Mapping) and options.params:
        query = {"extra_query": without_secrets(plain(options.params))}
        asked.append(Asked("CALL", f"{origin or ''} extra_query".strip(), values=query))
    if any(str(name).lower() in PARAMETER_HEADERS for name in _mapping(options.headers)):
        asked.append(Asked("CALL", f"{origin or ''} extra_headers".strip(), same=["extra_headers"]))
    return asked


def _filled(asked: list[Asked], layers: tuple[Layer, ...], given: Mapping[str, Any], options: Any) -> Any:
    model = given.get("model")
    filled = fill(given, layers, model=model if isinstance(model, str) else None, endpoint=str(options.url))
    asked += [
        Asked(layer.source.name, layer.origin, values=dict(layer.values), origins=dict(layer.origins))
        for layer in filled.layers
    ]
    if not filled.values:
        return options
    _keep_replaced(asked, filled.values, given)
    # The caller's own objects stay as they are: the options, and the mappings in them, are copied.
    options = copy.copy(options)
    extra = _mapping(options.extra_json)
    locked = {name: value for name, value in filled.values.items() if name in extra}
    if locked:
        options.extra_json = {**extra, **locked}
    options.json_data = {
        **options.json_data,
        **{name: value for name, value in filled.values.items() if name not in locked},
    }
    return options


def _keep_replaced(asked: list[Asked], replaced: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """What the caller asked for and a lock replaces: the wire will not show it, so its value is written."""
    for call in asked:
        lost = [name for name in call.same if name in replaced]
        if lost:
            call.same = [name for name in call.same if name not in replaced]
            call.values = {**call.values, **{name: given[name] for name in lost}}


def client_facts(client: Any, options: Any) -> dict[str, Any]:
    """The client-level defaults that bear on this call: retries, and the timeout in seconds."""
    facts: dict[str, Any] = {}
    for name in ("max_retries", "timeout"):
        value = getattr(options, name, None)
        if not isinstance(value, (int, float)):
            value = getattr(client, name, None)
        if isinstance(value, (int, float)):
            facts[name] = value
        elif value is not None and hasattr(value, "as_dict"):
            facts[name] = value.as_dict()
    return facts


def described(options: Any) -> Callable[[], bytes]:
    """The request as JSON, for when its body can't be read on the wire.

    A multipart form is its fields, file names and sizes: no file is read, moved or copied. Iterators stay untouched.
    The options are looked at only then.
    """

    def text() -> bytes:
        arguments, files = _given(options.json_data, options.extra_json), getattr(options, "files", None)
        if not files:
            return json.encode(plain(arguments))
        pairs = files.items() if isinstance(files, Mapping) else files
        fields = plain(arguments) if isinstance(arguments, dict) else {}
        return json.encode({**fields, "files": [file_told(name, given) for name, given in pairs]})

    return text


def _given(arguments: Any, extra: Any = None) -> Any:
    """Arguments and ``extra_body`` without the SDK's marks: some SDKs hand on what was not given, and leave it out of
    the body only.
    """
    if not isinstance(arguments, dict):
        return extra if arguments is None and extra is not None else arguments
    more = _mapping(extra)
    given = {**arguments, **more} if more else arguments
    if not any(is_absent(value) for value in dict.values(given)):
        return given
    return {name: value for name, value in dict.items(given) if not is_absent(value)}


def file_told(name: str, given: Any) -> dict[str, Any]:
    """What is recorded of a file in a form: it is not read, moved or copied."""
    filename, content = (given[0], given[1]) if isinstance(given, tuple) and len(given) > 1 else (None, given)
    size: int | None = None
    if filename is None and isinstance(path := getattr(content, "name", None), str):
        filename = Path(path).name
    if isinstance(content, (bytes, bytearray, str)):
        size = len(content)
    elif isinstance(content, io.BytesIO):
        size = content.getbuffer().nbytes
    elif callable(getattr(content, "fileno", None)):
        try:
            size = os.fstat(content.fileno()).st_size
        except (OSError, ValueError) as error:
            if from_outside(error):
                raise
            size = None  # a file-like object without a file
    return {"name": name, "filename": filename if isinstance(filename, str) else None, "size": size}
