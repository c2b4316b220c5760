"""What a type checker must see through the public face. Never run: mypy and pyright read it.

A wrapped client is of the type that went in, so every overload of the SDKs is seen as without Thence.
"""

from __future__ import annotations

import anthropic as anthropic_sdk
import openai as openai_sdk
from anthropic.types import Message, ParsedMessage, RawMessageStreamEvent
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel
from typing_extensions import assert_type

import thence
import thence.anthropic
import thence.openai


class Answer(BaseModel):
    """A parsed answer."""

    text: str


class MyClient(openai_sdk.OpenAI):
    """A program's own subclass."""


def wrap_keeps_the_type(mine: MyClient) -> None:
    assert_type(thence.wrap(openai_sdk.OpenAI()), openai_sdk.OpenAI)
    assert_type(thence.wrap(openai_sdk.AsyncOpenAI(), tract="t", params={"temperature": 0}), openai_sdk.AsyncOpenAI)
    assert_type(thence.wrap(openai_sdk.AzureOpenAI()), openai_sdk.AzureOpenAI)
    assert_type(thence.wrap(anthropic_sdk.Anthropic()), anthropic_sdk.Anthropic)
    assert_type(thence.wrap(anthropic_sdk.AsyncAnthropic()), anthropic_sdk.AsyncAnthropic)
    assert_type(thence.wrap(mine), MyClient)
    assert_type(thence.unwrap(thence.wrap(mine)), MyClient)
    assert_type(thence.is_wrapped(mine), bool)


def drop_in_names_are_the_classes() -> None:
    assert_type(thence.openai.OpenAI(), openai_sdk.OpenAI)
    assert_type(thence.openai.AsyncOpenAI(), openai_sdk.AsyncOpenAI)
    assert_type(thence.openai.AzureOpenAI(api_version="1"), openai_sdk.AzureOpenAI)
    assert_type(thence.anthropic.Anthropic(max_retries=1), anthropic_sdk.Anthropic)
    assert_type(thence.anthropic.AsyncAnthropic(), anthropic_sdk.AsyncAnthropic)
    assert_type(thence.openai.NOT_GIVEN, openai_sdk.NotGiven)


def openai_overloads(client: thence.openai.OpenAI, whether: bool) -> None:
    chat = client.chat.completions
    assert_type(chat.create(model="m", messages=[]), ChatCompletion)
    assert_type(chat.create(model="m", messages=[], stream=False), ChatCompletion)
    assert_type(chat.create(model="m", messages=[], stream=True), openai_sdk.Stream[ChatCompletionChunk])
    either = chat.create(model="m", messages=[], stream=whether)
    assert_type(either, "ChatCompletion | openai_sdk.Stream[ChatCompletionChunk]")
    assert_type(chat.parse(model="m", messages=[], response_format=Answer), ParsedChatCompletion[Answer])
    assert_type(chat.with_raw_response.create(model="m", messages=[]).parse(), ChatCompletion)
    assert_type(client.responses.create(model="m", input="hi"), Response)
    assert_type(client.responses.create(model="m", input="hi", stream=True), openai_sdk.Stream[ResponseStreamEvent])
    assert_type(client.embeddings.create(model="m", input="hi"), CreateEmbeddingResponse)
    assert_type(client.with_options(timeout=3), openai_sdk.OpenAI)
    with chat.with_streaming_response.create(model="m", messages=[]) as response:
        assert_type(response.parse(), ChatCompletion)


async def async_openai_overloads(client: thence.openai.AsyncOpenAI) -> None:
    chat = client.chat.completions
    assert_type(await chat.create(model="m", messages=[]), ChatCompletion)
    assert_type(await chat.create(model="m", messages=[], stream=True), openai_sdk.AsyncStream[ChatCompletionChunk])
    assert_type(await client.responses.create(model="m", input="hi"), Response)


def anthropic_overloads(client: thence.anthropic.Anthropic) -> None:
    messages = client.messages
    assert_type(messages.create(model="m", max_tokens=1, messages=[]), Message)
    stream = messages.create(model="m", max_tokens=1, messages=[], stream=True)
    assert_type(stream, anthropic_sdk.Stream[RawMessageStreamEvent])
    with messages.stream(model="m", max_tokens=1, messages=[]) as helper:
        assert_type(helper.get_final_message(), ParsedMessage[None])


async def async_anthropic_overloads(client: thence.anthropic.AsyncAnthropic) -> None:
    assert_type(await client.messages.create(model="m", max_tokens=1, messages=[]), Message)


@thence.record
def bare(question: str, *, temperature: float = 0.3) -> int:
    """A function that is labelled."""
    return len(question) + round(temperature)


@thence.record(temperature=0.2, label="b")
async def configured(question: str) -> str:
    """A coroutine function with values of its own."""
    return question


async def decorated_functions_keep_their_signatures() -> None:
    assert_type(bare("hi", temperature=1), int)
    assert_type(await configured("hi"), str)
    assert_type(thence.install(tract="t"), None)
    assert_type(thence.uninstall(), None)
    with thence.session("t", params={"temperature": 0.1}), thence.override(temperature=0.0):
        pass


def mistakes_are_seen(client: thence.openai.OpenAI) -> None:
    client.chat.completions.create(model="m")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    thence.openai.OpenAI(no_such_option=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    thence.wrap(client, tract=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    bare(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    bare("hi", temprature=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    thence.openai.NoSuchName  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
