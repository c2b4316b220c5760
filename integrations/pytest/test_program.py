"""Tests of a program that calls a model: where its parameters come from, and its answers from a cassette."""

import os

import openai

import thence
from thence.testing import assert_params, assert_source


def summarise(text: str) -> str:
    """The program."""
    client = thence.wrap(openai.OpenAI(base_url=os.environ["PROVIDER"] + "/v1", api_key="test"), params={"top_p": 0.9})
    asked = [{"role": "user", "content": f"Summarise: {text}"}]
    parts = client.chat.completions.create(model="gpt-4o-mini", temperature=0.2, messages=asked, stream=True)
    return "".join(part.choices[0].delta.content or "" for part in parts if part.choices)


def test_it_asks_for_what_it_should(thence_cassette: object) -> None:
    """The answer comes from the cassette, where there is one."""
    assert summarise("a long story") == "You said: Summarise: a long story"
    call = thence_cassette.only()
    assert_params(call, temperature=0.2, model="gpt-4o-mini")
    assert_source(call, "temperature", "CALL")
    assert_source(call, "top_p", thence.ParameterSource.CLIENT, origin="test_program.py")
    assert call.usage.output_tokens is None  # nobody asked for usage in this stream
