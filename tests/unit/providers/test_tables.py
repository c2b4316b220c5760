"""Rows: which route they are for, whose host it is, counts and common names."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from thence import providers
from thence.providers import Usage

ROUTES = [
    ("POST", "https://api.openai.com/v1/chat/completions", "chat_completions", None),
    ("post", "/v1/chat/completions?x=1", "chat_completions", None),
    (
        "POST",
        "https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=1",
        "chat_completions",
        None,
    ),
    ("POST", "/anthropic/v1/messages", "messages", None),
    ("POST", "/v1/messages?beta=true", "messages", None),
    ("POST", "/v1/messages/count_tokens", "count_tokens", None),
    ("POST", "/v1/threads/t/messages", "thread_messages", None),
    ("POST", "/v1/projects/p/locations/l/publishers/anthropic/models/c:streamRawPredict", "messages", "c"),
    ("POST", "/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict", "count_tokens", None),
    ("POST", "/v1beta/models/gemini-2:streamGenerateContent", "gemini", "gemini-2"),
    ("POST", "/model/us.anthropic.claude%3A0/converse", "converse", "us.anthropic.claude:0"),
    ("POST", "/model/amazon.titan-embed-text-v2/invoke", "bedrock_embeddings", "amazon.titan-embed-text-v2"),
    ("POST", "/model/amazon.titan-text/invoke", "invoke", "amazon.titan-text"),
    ("POST", "/v1/responses", "responses", None),
    ("POST", "/v1/responses/compact", "responses_compact", None),
    ("GET", "/v1/responses/resp_1", "responses_read", None),
    ("POST", "/v1/embeddings/", "embeddings", None),
    ("POST", "/v1/completions", "completions", None),
    ("POST", "/api/chat", "ollama_chat", None),
    ("POST", "/v2/chat", "cohere_chat", None),
    ("GET", "/v1/chat/completions", "unknown", None),
    ("POST", "/v1/files", "unknown", None),
    ("DELETE", "/v1/responses/resp_1", "unknown", None),
    ("POST", "", "unknown", None),
    ("POST", "http://[broken", "unknown", None),
]


@pytest.mark.parametrize(("method", "url", "name", "model"), ROUTES)
def test_the_end_of_a_path_says_the_shape(method: str, url: str, name: str, model: str | None) -> None:
    assert providers.find(method, url).name == name
    assert providers.model_of(url, method) == model


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("api.openai.com", "openai"),
        ("api.openai.com:443", "openai"),
        ("API.GROQ.COM", "groq"),
        ("x.openai.azure.com", "azure"),
        ("m.eastus.models.ai.azure.com", "azure"),
        ("adb-1.2.azuredatabricks.net", "databricks"),
        ("api.sambanova.ai", "sambanova"),
        ("bedrock-runtime.eu-west-1.amazonaws.com", "bedrock"),
        ("runtime.sagemaker.us-east-1.amazonaws.com", "aws"),
        ("us-central1-aiplatform.googleapis.com", "vertex"),
        ("generativelanguage.googleapis.com", "gemini"),
        ("notopenai.com", "notopenai.com"),
        ("llm.internal.example.co.uk", "example.co.uk"),
        ("gateway.example.org", "example.org"),
        ("127.0.0.1:8080", "local"),
        ("localhost", "local"),
        ("[::1]:9000", "local"),
        ("::1", "local"),
        ("localhost:11434", "ollama"),
        ("10.0.0.7", "10.0.0.7"),
        ("[2001:db8::1]:80", "[2001:db8::1]"),
        ("inference", "inference"),
        ("", "local"),
    ],
)
def test_the_host_says_the_provider(host: str, provider: str) -> None:
    assert providers.provider_of(host, providers.find("POST", "/v1/chat/completions")) == provider


def test_ollamas_own_shape_on_a_loopback_port() -> None:
    assert providers.provider_of("localhost:9", providers.find("POST", "/api/chat")) == "ollama"


def test_names_are_unique_and_one_field_grows_at_most() -> None:
    names = [endpoint.name for endpoint in providers.ENDPOINTS]
    assert len(set(names)) == len(names)
    assert all(sum(content.growing for content in endpoint.content) <= 1 for endpoint in providers.ENDPOINTS)


COUNTS: list[tuple[Any, Usage]] = [
    (
        {"prompt_tokens": 9, "completion_tokens": 0, "input_tokens": 0, "output_tokens": 0, "cached_tokens": 0},
        Usage(9, 0, None, 0),
    ),
    (
        {
            "prompt_tokens": 9,
            "completion_tokens": 12,
            "total_tokens": 21,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 5},
        },
        Usage(9, 12, 21, 4, None, 5),
    ),
    (
        {"input_tokens": 1, "output_tokens": 2, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 0},
        Usage(1, 2, None, 0, 3),
    ),
    (
        {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 8, "thoughtsTokenCount": 5},
        Usage(1, 2, 8, None, None, 5),
    ),
    ({"inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "cacheWriteInputTokens": 4}, Usage(1, 2, 3, None, 4)),
    ({"billed_units": {"input_tokens": 2.0, "output_tokens": 3.0}, "tokens": {"input_tokens": 7}}, Usage(7, 3)),
    ({"usage": {"input_tokens": 1}}, Usage(1)),
    (
        SimpleNamespace(prompt_tokens=1, completion_tokens_details=SimpleNamespace(reasoning_tokens=2)),
        Usage(1, reasoning_output_tokens=2),
    ),
    (SimpleNamespace(usage=SimpleNamespace(input_tokens=4)), Usage(4)),
    ({}, Usage()),
    (None, Usage()),
    ("many", Usage()),
    ({"input_tokens": None, "output_tokens": -1, "total_tokens": True}, Usage()),
    ({"input_tokens": "7", "output_tokens": 1.5, "total_tokens": math.inf}, Usage()),
    ({"input_tokens": math.nan, "output_tokens": [1], "total_tokens": {}}, Usage()),
    ({"input_tokens": 0}, Usage(0)),
]


@pytest.mark.parametrize(("verbatim", "usage"), COUNTS)
def test_counts_of_every_vendor(verbatim: Any, usage: Usage) -> None:
    assert providers.usage_of(verbatim) == usage


def test_common_names() -> None:
    chat, gemini = providers.find("POST", "/chat/completions"), providers.find("POST", "/models/g:generateContent")
    params = {
        "model": "m",
        "max_completion_tokens": 5,
        "max_tokens": 6,
        "n": 2,
        "stop": None,
        "top_k": 3,
        "stream": False,
    }
    assert providers.common(chat, params) == {
        "request.model": "m",
        "max_tokens": 5,
        "choice_count": 2,
        "top_k": 3,
        "stream": False,
    }
    assert providers.common(gemini, {"generationConfig": {"temperature": 0.0, "topP": 1}}) == {
        "temperature": 0.0,
        "top_p": 1,
    }
    cut = providers.split(chat, '{"messages":[],"temperature":0.5}')
    assert providers.common(chat, cut.params) == {"temperature": 0.5}


def test_what_the_sdk_adds() -> None:
    embeddings, chat = providers.find("POST", "/v1/embeddings"), providers.find("POST", "/v1/chat/completions")
    given = providers.split(embeddings, '{"input":"a","model":"m","encoding_format":"base64"}').params
    assert providers.injected(embeddings, given, {}) == {"encoding_format"}
    given = providers.split(embeddings, '{"input":"a","model":"m","encoding_format":"float"}').params
    assert providers.injected(embeddings, given, {}) == set()
    given = providers.split(chat, '{"messages":[],"model":"m","stream":true}').params
    assert providers.injected(chat, given, {}) == set()
    helped = {"x-stainless-helper-method": "chat.completions.stream"}
    assert providers.injected(chat, given, helped) == {"stream"}
    parsed = {"x-stainless-helper-method": "chat.completions.parse"}
    assert providers.injected(chat, given, parsed) == set()
    given = providers.split(chat, '{"messages":[],"model":"m","stream":false}').params
    assert providers.injected(chat, given, parsed) == {"stream"}
    assert providers.injected(chat, given, helped) == providers.injected(chat, given, {}) == set()
