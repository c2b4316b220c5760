"""The canned provider through the real SDKs: every shape, whole and streamed, with tools, schemas and failures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest
from pydantic import BaseModel

from thence.testing import Answer, Provider
from thence.testing.fitting import fitting

HI: Any = [{"role": "user", "content": "hi there"}]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}, "days": {"$ref": "#/$defs/days"}},
    "required": ["city", "unit", "days"],
    "$defs": {"days": {"type": "array", "items": {"type": "integer", "minimum": 3}}},
}
FITS = {"city": "text", "unit": "C", "days": [3]}


class Weather(BaseModel):
    """What a parsed answer is."""

    city: str
    days: int


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture
def client(provider: Provider) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{provider.url}/v1", api_key="k", max_retries=1)


@pytest.fixture
def claude(provider: Provider) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=provider.url, api_key="k")


def test_chat(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="m", messages=HI)
    assert whole.choices[0].message.content == "You said: hi there"
    parts = client.chat.completions.create(model="m", messages=HI, stream=True)
    assert "".join(part.choices[0].delta.content or "" for part in parts) == "You said: hi there"
    parsed = client.chat.completions.parse(model="m", messages=HI, response_format=Weather)
    assert parsed.choices[0].message.parsed == Weather(city="text", days=1)


def test_chat_with_a_tool(client: openai.OpenAI) -> None:
    tools: Any = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
    asked: dict[str, Any] = {"model": "m", "messages": HI, "tools": tools, "tool_choice": "required"}
    whole = client.chat.completions.create(**asked)
    assert whole.choices[0].finish_reason == "tool_calls"
    assert json.loads(whole.choices[0].message.tool_calls[0].function.arguments) == FITS
    with client.chat.completions.stream(**asked) as stream:
        streamed = stream.get_final_completion()
    assert streamed.choices[0].message.tool_calls is not None
    assert json.loads(streamed.choices[0].message.tool_calls[0].function.arguments) == FITS
    untold = client.chat.completions.create(model="m", messages=HI, tools=tools)
    assert untold.choices[0].message.tool_calls is None


def test_responses(client: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "name": "weather", "parameters": SCHEMA, "strict": True}
    named: Any = {"type": "function", "name": "weather"}
    assert client.responses.create(model="m", input="hi there").output_text == "You said: hi there"
    call: Any = client.responses.create(model="m", input="hi", tools=[tool], tool_choice=named).output[0]
    assert (call.name, json.loads(call.arguments)) == ("weather", FITS)
    with client.responses.stream(model="m", input="hi", tools=[tool], tool_choice=named) as stream:
        streamed: Any = stream.get_final_response().output[0]
    assert json.loads(streamed.arguments) == FITS
    assert client.responses.parse(model="m", input="hi", text_format=Weather).output_parsed == Weather(
        city="text", days=1
    )


def test_messages(claude: anthropic.Anthropic) -> None:
    tool: Any = {"name": "weather", "input_schema": SCHEMA}
    asked: dict[str, Any] = {"model": "c", "max_tokens": 9, "messages": HI}
    assert claude.messages.create(**asked).content[0].text == "You said: hi there"
    forced = {**asked, "tools": [tool], "tool_choice": {"type": "any"}}
    whole = claude.messages.create(**forced)
    assert (whole.stop_reason, whole.content[0].input) == ("tool_use", FITS)
    with claude.messages.stream(**forced) as stream:
        streamed: Any = stream.get_final_message()
    assert (streamed.stop_reason, streamed.content[0].input) == ("tool_use", FITS)


def test_embeddings_and_failures(client: openai.OpenAI, provider: Provider) -> None:
    assert client.embeddings.create(model="e", input=["a", "b"]).data[1].embedding == [1.0, 2.0, 3.0]
    provider.answer(Answer({"error": {"message": "slow"}}, status=429, headers={"retry-after-ms": "1"}))
    assert client.chat.completions.create(model="m", messages=HI).id
    provider.answer(*[Answer({"error": {"message": "no"}}, status=400)])
    with pytest.raises(openai.BadRequestError, match="no"):
        client.chat.completions.create(model="m", messages=HI)
    with pytest.raises(openai.NotFoundError, match="no such route"):
        client.get("/nowhere", cast_to=object)
    assert [seen.method for seen in provider.seen] == ["POST"] * 4 + ["GET"]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 5}, 5),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
        ({"type": ["integer", "null"]}, 1),
        ({"properties": {"a": {"type": "boolean"}}}, {"a": True}),
        ({"type": "object"}, {}),
    ],
)
def test_a_value_fits_its_schema(schema: dict[str, Any], value: Any) -> None:
    assert fitting(schema) == value


def test_a_schema_that_holds_itself_ends() -> None:
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}}}}
    assert isinstance(fitting(schema), dict)
