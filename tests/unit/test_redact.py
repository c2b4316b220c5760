"""Secrets in bodies: every kind is found wherever JSON puts it, and nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.security.tokens import TOKENS, secret_part

from thence.redact import KINDS, Known, Redactor, secrets_in

REDACTOR = Redactor(known=Known())
SECRET_MEMBERS = ["client_secret", "access_token", "refresh_token", "secret_value"]
ORDINARY = [
    "task-0123456789abcdef is done; see desk-lamp-of-the-century-and-more",
    "call_abcdefghijklmnopqrstuvwx chatcmpl-9abcdefghijklmnopqrstuvwxyz toolu_01ABCDEFGHIJKLMNOPQRSTUV",
    "3f2504e0-4f89-41d3-9a0c-0305e82c3301 claude-sonnet-4-5-20250929 text-embedding-3-small",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "max_completion_tokens get_current_weather_forecast_for_the_next_days parallel_tool_calls",
    "https://example.org:8443/path?x=1@2 someone@example.org git@github.com:owner/name.git",
    "AKIA, sk-, ghp_ and eyJ are how tokens begin; sk-learn is no token; pip install scikit-learn",
    "api_key = os.environ['OPENAI_API_KEY']; Authorization: Bearer <token>",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "CoUBAVSoXO4Qk9r8_" + "b7Qm2" * 8 + "-zR3 EpwGCkYIBxhf_" + "b7Qm2" * 8 + "_9",  # signatures of thoughts
    "tCxJuaZhujBhxOF3OX-0c8cojlcGMghp_" + "b7Qm2" * 8 + "-gsk_" + "b7Qm2" * 8,  # by chance, in the midst of one
    "com.example.service.internal.configuration.ApplicationPropertiesLoader",
    "-----BEGIN CERTIFICATE----- and -----BEGIN PUBLIC KEY-----",
    "access_token=oauth2.fetch_token() refresh_token: str; domain_secrets and static_bearer; https://x.y/?a=1&sig=short",
    "this_week_0123456789abcdef0123 and the_token_values_that_follow=somewhere",
]


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize(
    "shape",
    [
        lambda token: json.dumps({"content": token}),
        lambda token: json.dumps({"content": f"first line\n{token}\nlast line"}),
        lambda token: json.dumps({"arguments": json.dumps({"note": f"it is\n{token}"})}),
        lambda token: json.dumps({"content": f"the key is '{token}', keep it"}, indent=2),
        lambda token: "".join(f"\\u{ord(c):04x}" if c.isalnum() else json.dumps(c)[1:-1] for c in token).join(
            ('{"content":"x ', '"}')
        ),
    ],
    ids=["alone", "lines", "arguments", "prose", "escaped"],
)
def test_every_kind_is_found(name: str, shape: object) -> None:
    assert callable(shape)
    text = shape(TOKENS[name])
    clean = REDACTOR(text.encode())
    secret = secret_part(TOKENS[name])
    assert secret.encode() not in clean
    assert secret not in str(json.loads(clean))
    assert f"[redacted:{name.split(' ', maxsplit=1)[0]}".encode() in clean or name in {"jwt", "azure client"}


def test_every_kind_has_a_token_here() -> None:
    assert {name.split(" ")[0] for name in TOKENS} == set(KINDS)
    assert len(KINDS) >= 40


@pytest.mark.parametrize("text", ORDINARY)
def test_what_is_no_secret_stays(text: str) -> None:
    body = json.dumps({"content": text}).encode()
    assert REDACTOR(body) is body


def test_what_stands_around_a_secret_stays() -> None:
    url = TOKENS["url-password"]
    assert REDACTOR.text(f"see {url}!") == "see postgresql://reader:[redacted:url-password]@db.example.org/calls!"
    assert REDACTOR.text(TOKENS["authorization"]) == "Authorization: Bearer [redacted:authorization]"
    assert REDACTOR.text("x" + TOKENS["npm"]) == "x[redacted:npm]"


@pytest.mark.parametrize("quote", ['"', '\\"'], ids=["json", "json in json"])
@pytest.mark.parametrize("name", ["authorization", "authorization_token", "api_key", *SECRET_MEMBERS])
def test_what_is_assigned_to_a_telling_name_is_a_secret_without_any_look(name: str, quote: str) -> None:
    secret = TOKENS["api-key"].split("=")[1]
    text = f"{{{quote}{name}{quote}: {quote}{secret}{quote}}}"
    assert secret not in REDACTOR.text(text)
    assert REDACTOR.text(text).replace(" ", "") == text.replace(secret, f"[redacted:{_kind(name)}]").replace(" ", "")
    assert REDACTOR.value({name: secret}) == {name: f"[redacted:{_kind(name)}]"}
    for ordinary in ({"type": "string", "description": "a key"}, "none", "see the manual of it"):
        body = json.dumps({name: ordinary}).encode()
        assert REDACTOR(body) is body


def _kind(name: str) -> str:
    return {"api_key": "api-key", **dict.fromkeys(SECRET_MEMBERS, "secret")}.get(name, "authorization")


@pytest.mark.parametrize(
    "told",
    [
        {"type": "static_bearer", "token": "hunter2", "mcp_server_url": "https://example.org"},
        {"token": "hunter2", "type": "static_bearer"},
        {"domain_secrets": [{"domain": "example.org", "name": "API", "value": "hunter2"}], "allowed_domains": ["a"]},
        {"domain_secrets": [{"value": "hunter2", "name": "API", "domain": "example.org"}]},
    ],
)
@pytest.mark.parametrize("inside", [False, True], ids=["json", "json in json"])
def test_what_an_api_takes_for_a_secret_is_one_whatever_it_looks_like(told: dict[str, object], inside: bool) -> None:
    text = json.dumps(told)
    body = json.dumps({"auth": text if inside else told, "value": "kept", "token": "kept"}).encode()
    clean = REDACTOR(body)
    assert b"hunter2" not in clean
    assert clean == body.replace(b"hunter2", b"[redacted:secret]")
    assert REDACTOR(clean) == clean


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.sampled_from(sorted(TOKENS)), st.text(max_size=200), st.booleans())
def test_any_text_around_a_token_stays_json(before: str, name: str, after: str, ascii_only: bool) -> None:
    body = json.dumps({"content": f"{before} {TOKENS[name]} {after}"}, ensure_ascii=ascii_only)
    clean = REDACTOR(body.encode("utf-8", "surrogatepass"))
    assert secret_part(TOKENS[name]).encode() not in clean
    assert json.loads(clean.decode("utf-8", "surrogatepass"))["content"].startswith(before)
    assert REDACTOR(clean) == clean


def test_a_growing_conversation_is_searched_where_it_is_new() -> None:
    redactor = Redactor(known=Known())
    turns = [f"turn {n}: " + "some words about nothing in particular, " * 20 for n in range(60)]
    for n in range(30, 60):
        body = json.dumps({"messages": turns[:n], "model": "m"}).encode()
        assert redactor(body) is body
    for place in (0, 15, 45, 59):
        body = json.dumps({"messages": [*turns[:place], turns[place] + TOKENS["npm"], *turns[place + 1 :]]}).encode()
        assert TOKENS["npm"].encode() not in redactor(body)


def test_a_token_that_continues_what_was_clean_is_found() -> None:
    for cut in range(1, len(TOKENS["openai"])):
        redactor = Redactor(known=Known())
        base = b'{"messages":"' + b"clean words " * 3000 + TOKENS["openai"][:cut].encode()
        redactor(base)
        assert TOKENS["openai"].encode() not in redactor(base + TOKENS["openai"][cut:].encode() + b'"}')


def test_a_value_learned_later_is_found_in_what_was_clean() -> None:
    known = Known()
    redactor = Redactor(known=known)
    body = b'{"messages":"' + b"clean words " * 3000 + b'correct+horse+battery"}'
    assert redactor(body) is body
    known.learn({"PASSPHRASE": "correct+horse+battery"})
    assert b"[redacted:PASSPHRASE]" in redactor(body)


@pytest.mark.parametrize(
    "value",
    [
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        'quo"ted\\pass word',
        "pässwörd-ünïcode",
        "a/b/c/d/e/f+g=",
        "line\nbreak\nkey",
    ],
)
def test_a_known_value_is_found_in_every_form(value: str) -> None:
    known = Known()
    known.learn({"api_key": value})
    redactor = Redactor(known=known)
    from urllib.parse import quote, quote_plus, urlencode

    for text in (
        value,
        json.dumps(value),
        json.dumps(value, ensure_ascii=False),
        json.dumps({"arguments": json.dumps({"k": value})}),
        json.dumps(value).replace("/", "\\/"),
        quote(value),
        quote_plus(value),
        urlencode({"k": value}),
    ):
        assert "[redacted:api_key]" in redactor.text(text), text


def test_environment_values_with_telling_names() -> None:
    found = secrets_in(
        {
            "OPENAI_API_KEY": "x" * 20,
            "DB_PASSWORD": "hunter2hunter2",
            "GITHUB_TOKEN": "abcdefgh12345",
            "DATABASE_URL": "postgresql://me:s3cr3tpass@host/db",
            "AWS_SECRET_ACCESS_KEY": "w" * 40,
            "COOKIE_SECRET_KEY_2": "secretsecret2",
            "PWD": "/work/here/and/there",
            "SSH_AUTH_SOCK": "/tmp/ssh-agent.sock",
            "GOOGLE_APPLICATION_CREDENTIALS": "/home/me/key.json",
            "TOKENIZERS_PARALLELISM": "false-or-true",
            "MAX_TOKENS": "100000000",
            "SHORT_KEY": "abc",
            "LOCAL_API_KEY": "not-needed",
            "KEYBOARD_LAYOUT": "something-long",
            "PATH": "/usr/bin:/bin",
            "AWS_ACCESS_KEY_ID": "no-secret-by-itself",
        }
    )
    assert set(found) == {
        "OPENAI_API_KEY",
        "DB_PASSWORD",
        "GITHUB_TOKEN",
        "DATABASE_URL",
        "AWS_SECRET_ACCESS_KEY",
        "COOKIE_SECRET_KEY_2",
    }
    assert found["DATABASE_URL"] == "s3cr3tpass"


def test_what_is_known_is_bounded() -> None:
    known = Known()
    for n in range(140):
        known.learn({f"KEY_{n}": f"value-of-key-{n:05}-end"})
    assert len(known.replacements) == 128
    assert "value-of-key-00139-end" in known
    assert "value-of-key-00000-end" not in known


@pytest.mark.parametrize(
    "field", ["content", "text", "delta", "partial_json", "arguments", "thinking", "summary", "transcript", "value"]
)
@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("name", ["openai", "github fine", "jwt", "private-key", "url-password"])
def test_a_token_in_the_pieces_of_a_stream(field: str, size: int, name: str) -> None:
    said = f"before {TOKENS[name]} after"
    pieces = [said[at : at + size] for at in range(0, len(said), size)]
    events = [json.dumps({"index": 0, field: piece}, separators=(",", ":")) for piece in pieces]
    stream = "".join(f"data: {event}\n\n" for event in events).encode()
    clean = REDACTOR.stream(stream)
    lines = [json.loads(line[6:]) for line in clean.decode().split("\n\n") if line]
    assert len(lines) == len(events)
    told = "".join(line[field] for line in lines)
    assert secret_part(TOKENS[name]) not in told
    assert told.startswith("before ")
    assert told.endswith(" after")


def test_pieces_of_other_fields_stay() -> None:
    token = TOKENS["npm"]
    events = [{"content": "same"}, {"arguments": token[:9]}, {"content": "words"}, {"arguments": token[9:] + "!"}]
    stream = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    told = [json.loads(line[6:]) for line in REDACTOR.stream(stream).decode().split("\n\n") if line]
    assert told == [{"content": "same"}, {"arguments": "[redacted:npm]"}, {"content": "words"}, {"arguments": "!"}]


def test_a_clean_stream_stays_as_it_is() -> None:
    stream = b"".join(b'data: {"delta":"%d words"}\n\n' % n for n in range(50))
    assert REDACTOR.stream(stream) is stream


def test_values() -> None:
    value = {"a": [1, None, "fine", {"b": 2.5}], "c": True}
    assert REDACTOR.value(value) is value
    secret = {"a": ["x", {TOKENS["npm"]: TOKENS["xai"]}], "aws_secret_access_key": "A" * 20 + "/" + "b1" * 9 + "c"}
    assert REDACTOR.value(secret) == {
        "a": ["x", {"[redacted:npm]": "[redacted:xai]"}],
        "aws_secret_access_key": "[redacted:aws-secret]",
    }


def test_urls_are_read_decoded_too() -> None:
    from urllib.parse import quote

    url = "https://example.org/v1/x?q=" + quote(TOKENS["aws-secret"], safe="") + "&y=1%20"
    assert secret_part(TOKENS["aws-secret"]) not in REDACTOR.url(url)
    assert REDACTOR.url(url).startswith("https://example.org/v1/x?q=aws_secret")
    assert REDACTOR.url("https://example.org/a%20b?c=d") == "https://example.org/a%20b?c=d"


def test_an_image_is_no_token() -> None:
    """Base64 of a few megabytes holds any four letters somewhere."""
    image = "iVBORw0KGgo" + "Wh5rs01O/k0z" * 20 + "ABSK" + "EhMtqllG5UI1wSH7F" * 4000
    body = json.dumps({"content": f"data:image/png;base64,{image}"}).encode()
    assert Redactor(known=Known())(body) == body
    for begins in ("AIza", "sk-", "xai-", "xoxo-", "gldt-", "gsk_"):
        image = "Wh5rs01O+k0z" * 3 + begins + "EhMtqllG5UI1wSH7F" * 20
        body = json.dumps({"content": f"data:image/png;base64,{image}"}).encode()
        assert Redactor(known=Known())(body) == body
        assert Redactor(known=Known())(body.replace(b"k0z" + begins.encode(), b"k0z " + begins.encode())) != body
    key = "ABSK" + "QmVkcm9ja0FQSUtleS1" * 6
    assert key.encode() not in Redactor(known=Known())(json.dumps({"content": f"line\n{key}"}).encode())
