"""``redact=``: what a rule may be, what each does, and that a faulty one leaks nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from thence import faults
from thence.errors import ConfigError
from thence.redact import Known, Redactor


def _clean(rules: Any, text: str) -> str:
    body = json.dumps({"content": text}).encode()
    content = json.loads(Redactor(rules, known=Known())(body))["content"]
    assert isinstance(content, str)
    return content


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("email", "write to jane.doe+x@mail.example.org now", "write to [redacted:email] now"),
        ("email", "line\njane@example.org", "line\n[redacted:email]"),
        ("phone", "call +44 20 7946 0958 or (555) 123-4567", "call [redacted:phone] or [redacted:phone]"),
        ("credit-card", "card 4111 1111 1111 1111, order 4111 1111 1111 1112", None),
        ("iban", "to GB29 NWBK 6016 1331 9268 19.", "to [redacted:iban]."),
        ("ip", "from 192.168.10.254, version 1.2.3", "from [redacted:ip], version 1.2.3"),
        ("ssn", "ssn 078-05-1120, date 2024-05-11", "ssn [redacted:ssn], date 2024-05-11"),
        ("Project Nightjar", "the Project Nightjar budget", "the [redacted:literal] budget"),
        ("Zoë", "ask Zoë", "ask [redacted:literal]"),
        (b"nightjar", "a nightjar", "a [redacted:literal]"),
        (re.compile(r"(?i)customer \d+"), "Customer 4711\nCustomer 12", "[redacted:rule]\n[redacted:rule]"),
        (re.compile(rb"order-[0-9]+"), "\norder-17", "\n[redacted:rule]"),
        (lambda body: body.replace(b"red", b"blue"), "a red fox", "a blue fox"),
        (["email", re.compile("fox"), b"dog"], "a@b.io fox dog", "[redacted:email] [redacted:rule] [redacted:literal]"),
        ("openai", "nothing to add: it is always on", "nothing to add: it is always on"),
    ],
)
def test_rules(rule: Any, text: str, expected: str | None) -> None:
    expected = expected or "card [redacted:credit-card], order 4111 1111 1111 1112"
    assert _clean(rule, text) == expected


def test_rules_see_pieces_of_a_stream() -> None:
    said = "write to jane.doe@example.org, please"
    stream = "".join(f'data: {{"delta":"{piece}"}}\n\n' for piece in re.findall("..?.?", said)).encode()
    for rules in ("email", re.compile(r"\S+@\S+(?=,)"), lambda body: re.sub(rb"\S+@[a-z.]+", b"-", body)):
        clean = Redactor(rules, known=Known()).stream(stream)
        told = "".join(json.loads(line[6:])["delta"] for line in clean.decode().split("\n\n") if line)
        assert "jane" not in told
        assert "example.org" not in told
        assert told.startswith("write to ")
        assert told.endswith(", please")


@pytest.mark.parametrize("rule", [lambda _: 1 / 0, lambda _: None, lambda body: body.decode(), lambda: b""])
def test_a_faulty_rule_leaks_nothing_and_is_counted(rule: Any, caplog: pytest.LogCaptureFixture) -> None:
    before = faults.counts().get("redact rule", 0)
    redactor = Redactor(["email", rule], known=Known())
    body = b'{"messages":[{"content":"a private matter"}]}'
    assert json.loads(redactor(body)) == "[redacted:failed-rule]"
    assert redactor.text("a private matter") == "[redacted:failed-rule]"
    assert b"private" not in redactor.stream(b'data: {"delta":"a private matter"}\n\n')
    assert faults.counts()["redact rule"] > before
    assert "private" not in caplog.text


@pytest.mark.parametrize("rules", ["emial", "e-mail", "Credit_Card", "", 7, [object()]])
def test_what_is_no_rule_is_refused(rules: Any) -> None:
    with pytest.raises(ConfigError):
        Redactor(rules)


def test_a_rule_that_changes_nothing_changes_nothing() -> None:
    redactor = Redactor([re.compile("nowhere"), lambda body: body], known=Known())
    body = b'{"a": "b"}'
    assert redactor(body) is body
    assert redactor.suspects(body)  # only the rule itself can know
