"""The secrets that a client holds, by value: so that they are hidden wherever they turn up.

Values only: nothing is called, so a token provider stays asleep, and no value is kept anywhere but among the known
values of :mod:`thence.redact`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from thence.redact import Known

__all__ = ["QUERY", "learn", "learn_from_arguments", "secrets_of", "without_secrets"]

_ATTRIBUTES = (
    "api_key",
    "auth_token",
    "admin_api_key",
    "webhook_key",
    "webhook_secret",
    "_azure_ad_token",
    "aws_secret_key",
    "aws_session_token",
    "aws_access_key",
    "access_token",
)
_SECRET_NAME = re.compile(r"auth|key|token|secret|cookie|password|credential|signature", re.IGNORECASE)
_ARGUMENT = re.compile(
    r"(?:^|_)(?:api_?key|secret(?:_?key)?|password|authorization|credentials?|(?:api|auth|access|bearer)_?token)$"
    r"|^(?:hf_)?token$",
    re.IGNORECASE,
)
QUERY = "key|token|secret|sig|signature|password|credential"
"""What stands in the name of a query parameter that holds a secret, as an expression."""
_IN_QUERY = re.compile(QUERY, re.IGNORECASE)
_SCHEME = re.compile(r"^(?:bearer|basic|token|key)\s+", re.IGNORECASE)


def learn(client: Any, known: Known, options: Any = None) -> None:
    """Know the secrets that ``client`` holds now. Next to nothing where its key is the one that is known.

    Args:
        client: an SDK's client.
        known: what is known.
        options: of a call, whose own headers and query are looked at, too.
    """
    members = client.__dict__
    if members.get("api_key") not in known or members.get("auth_token") not in known:
        known.learn(secrets_of(client))
    for named in (getattr(options, "headers", None), getattr(options, "params", None)):
        known.learn(_named_secrets(named))


def learn_from_arguments(arguments: Mapping[str, Any], known: Known) -> None:
    """Know the secrets among a function's arguments: those called so, and those in its headers."""
    for name, value in arguments.items():
        if isinstance(value, str) and _ARGUMENT.search(name):
            known.learn({name: value})
        elif name.lower().endswith("headers"):
            known.learn(_named_secrets(value))


def without_secrets(query: Any) -> Any:
    """A call's query parameters without the values of those that name a secret, as its URL is written."""
    if not isinstance(query, dict):
        return query
    return {
        name: "[redacted]" if _IN_QUERY.search(name) and not isinstance(value, dict) else without_secrets(value)
        for name, value in query.items()
    }


def secrets_of(client: Any) -> dict[str, str]:
    """The keys and tokens of an SDK's client, by where it holds them: attributes, headers, query, URL."""
    members = getattr(client, "__dict__", {})
    found = {name.lstrip("_"): value for name in _ATTRIBUTES if isinstance(value := members.get(name), str)}
    http = members.get("_client")
    for named in (members.get("_custom_headers"), members.get("_custom_query"), getattr(http, "headers", None)):
        found |= _named_secrets(named)
    for url in (members.get("_base_url"), getattr(http, "base_url", None)):
        password = getattr(url, "password", None)
        if isinstance(password, str):
            found["url-password"] = password
    return {label: value for label, value in found.items() if value}


def _named_secrets(values: Any) -> dict[str, str]:
    """The values of headers or query parameters whose names say that they are secret; without the scheme's name."""
    if not isinstance(values, Mapping):
        return {}
    return {
        str(name).lower(): _SCHEME.sub("", value)
        for name, value in values.items()
        if isinstance(value, str) and _SECRET_NAME.search(str(name))
    }
