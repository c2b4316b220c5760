"""The twelve calls, each with the parameter that is looked at and what a good record says of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["CALLS", "PRESETS", "USED", "VARIABLE", "Form"]

MODEL = "gpt-4o"
CLAUDE = "claude-sonnet-4-5"
QUESTION = [{"role": "user", "content": "first question"}]
CONVERSATION = [
    *QUESTION,
    {"role": "assistant", "content": "middle answer"},
    {"role": "user", "content": "second question"},
]
PRESETS = Path("presets.json")  # what the application has where the tool has no presets of its own
USED = 0.85  # what the provider says to the call "echo"; nobody's default
VARIABLE = "APP_TEMPERATURE"

CALL_SITE = {r"calls\.py": "call site"}
EXTRA_BODY = {"extra_body": "extra_body", **CALL_SITE}


@dataclass(frozen=True)
class Form:
    """One way of calling.

    Attributes:
        id: its name; the witness finds the call by it.
        title: what the table says.
        make: makes the call, with a tool and the address of the provider.
        parameter: the name that is looked for in what the tool recorded.
        sent: whether the bare SDK sends that parameter.
        texts: for content: what a record must hold.
        sources: where the value came from: pattern in the record -> word in the table; empty where nothing was given.
        used: what the provider says that it used; looked for instead of what was sent.
    """

    id: str
    title: str
    make: Callable[[Any, str], Any]
    parameter: str = "temperature"
    sent: bool = True
    texts: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    used: Any = None
    litellm: bool = False


def _chat(tool: Any, base: str, messages: Any = QUESTION, **given: Any) -> Any:
    client = tool.openai(base_url=f"{base}/v1", api_key="sk-none", max_retries=0)
    return client.chat.completions.create(model=MODEL, messages=messages, **given)


def _nothing(tool: Any, base: str) -> Any:
    return _chat(tool, base)


def _zero(tool: Any, base: str) -> Any:
    return _chat(tool, base, temperature=0)


def _extra_body(tool: Any, base: str) -> Any:
    return _chat(tool, base, temperature=0.7, extra_body={"temperature": 0.1})


def _anthropic(tool: Any, base: str) -> Any:
    client = tool.anthropic(base_url=base, api_key="sk-none", max_retries=0)
    # The newest SDK's own arguments don't include it.
    return client.messages.create(model=CLAUDE, max_tokens=64, messages=QUESTION, extra_body={"temperature": 0.1})


def _null(tool: Any, base: str) -> Any:
    return _chat(tool, base, temperature=None)


def _not_given(tool: Any, base: str) -> Any:
    from openai import NOT_GIVEN

    return _chat(tool, base, temperature=NOT_GIVEN)


def _unknown(tool: Any, base: str) -> Any:
    return _chat(tool, base, extra_body={"min_p": 0.05})


def _generator(tool: Any, base: str) -> Any:
    return _chat(tool, base, messages=(message for message in CONVERSATION))


def _preset(tool: Any, base: str) -> Any:
    if tool.has_layers:
        return _chat(tool.with_preset("frugal"), base)
    return _chat(tool, base, **json.loads(PRESETS.read_text())["frugal"])


def _environment(tool: Any, base: str) -> Any:
    if tool.has_layers:
        return _chat(tool.with_variable("TEMPERATURE", "0.4"), base)
    os.environ[VARIABLE] = "0.4"
    return _chat(tool, base, temperature=float(os.environ[VARIABLE]))


def _echo(tool: Any, base: str) -> Any:
    client = tool.openai(base_url=f"{base}/v1", api_key="sk-none", max_retries=0)
    return client.responses.create(model=MODEL, input="first question")


def _litellm(tool: Any, base: str) -> Any:
    return tool.litellm().completion(
        model=f"anthropic/{CLAUDE}",
        messages=QUESTION,
        frequency_penalty=0.5,
        drop_params=True,
        api_base=base,
        api_key="sk-none",
    )


CALLS = (
    Form("nothing", "no parameters", _nothing, sent=False),
    Form("zero", "temperature=0", _zero, sources=CALL_SITE),
    Form("extra-body", "temperature=0.7, extra_body 0.1", _extra_body, sources=EXTRA_BODY),
    Form("anthropic", "Anthropic, extra_body 0.1", _anthropic, sources=EXTRA_BODY),
    Form("null", "temperature=None", _null, sources=CALL_SITE),
    Form("not-given", "temperature=NOT_GIVEN", _not_given, sent=False),
    Form("unknown", "unknown: extra_body min_p=0.05", _unknown, "min_p", sources=EXTRA_BODY),
    Form("generator", "messages from a generator", _generator, "messages", texts=("first question", "middle answer")),
    Form("preset", "0.3 from a preset", _preset, sources={"frugal": "preset"}),
    Form("environment", "0.4 from the environment", _environment, sources={r"(APP|PARAM)_TEMPERATURE": "variable"}),
    Form(
        "echo",
        f"the answer says {USED} was used",
        _echo,
        sent=False,
        used=USED,
        sources={r"(?i)\b(response|outputs?|used)\b": "answer"},
    ),
    Form(
        "litellm",
        "LiteLLM drops it",
        _litellm,
        "frequency_penalty",
        sent=False,
        sources={r"\bdropped\b": "dropped"},
        litellm=True,
    ),
)
