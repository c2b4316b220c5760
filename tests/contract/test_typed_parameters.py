"""Every parameter of the SDKs' own types may be configured, as each of the types that they give it."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Any

import pytest
from anthropic.types import message_create_params as messages
from anthropic.types.beta import message_create_params as beta_messages
from openai.types import completion_create_params as completions
from openai.types import embedding_create_params as embeddings
from openai.types import image_generate_params as images
from openai.types.audio import speech_create_params as speech
from openai.types.audio import transcription_create_params as transcriptions
from openai.types.chat import completion_create_params as chat
from openai.types.responses import response_create_params as responses
from typing_extensions import get_type_hints, is_typeddict

from thence.params.files import read_config
from thence.params.names import is_protected

ENDPOINTS = {
    "/chat/completions": chat.CompletionCreateParamsBase,
    "/responses": responses.ResponseCreateParamsBase,
    "/completions": completions.CompletionCreateParamsBase,
    "/embeddings": embeddings.EmbeddingCreateParams,
    "/messages": messages.MessageCreateParamsBase,
    "/v1/messages": beta_messages.MessageCreateParamsBase,
    "/images/generations": images.ImageGenerateParamsBase,
    "/audio/speech": speech.SpeechCreateParams,
    "/audio/transcriptions": transcriptions.TranscriptionCreateParamsBase,
}
FILES = {"file"}
PLAIN = {str: '"x"', bool: "true", int: "3", float: "0.5"}


def written(kind: Any) -> set[str]:
    """A value of each of the types that ``kind`` is made of, as TOML."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind in PLAIN:
        return {PLAIN[kind]}
    if is_typeddict(kind) or origin in (dict, typing.get_origin(typing.Mapping[str, str])):
        return {"{ a = 1 }"}
    if origin is typing.Literal:
        return {PLAIN[type(value)] for value in inner if value is not None}
    if isinstance(origin, type) and issubclass(origin, typing.Iterable):
        return {"[]"}
    return set().union(*map(written, inner)) if inner else set()


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_each_typed_parameter_may_be_configured(endpoint: str, tmp_path: Path) -> None:
    """No name that an SDK knows is taken for a slip, and no type that it gives is refused."""
    hints = get_type_hints(ENDPOINTS[endpoint])
    free = {name: written(kind) for name, kind in hints.items() if not is_protected(name) and name not in FILES}
    assert all(free.values()), [name for name, values in free.items() if not values]
    path = tmp_path / "thence.toml"
    for name, values in free.items():
        for value in values:
            path.write_text(f'[params."{endpoint}"]\n{name} = {value}\n')
            (layer,) = read_config(path).layers
            assert list(layer.values) == [name]
