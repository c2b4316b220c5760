"""Which row a request belongs to, and whose host it goes to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote

from thence.providers.endpoint import Endpoint, route_pattern
from thence.providers.shapes import ENDPOINTS, UNKNOWN

__all__ = ["find", "model_of", "provider_of", "read_of"]

_ROUTES: list[tuple[str, re.Pattern[str], Endpoint]] = sorted(
    ((route, route_pattern(route), endpoint) for endpoint in ENDPOINTS for route in endpoint.routes),
    key=lambda row: (len(re.sub(r"\{.*?\}", "", row[0])), len(row[0])),
    reverse=True,
)


def find(method: str, url_or_path: str) -> Endpoint:
    """The row of a request; ``UNKNOWN`` for a route that no row knows.

    Args:
        method: the HTTP method.
        url_or_path: a URL or a path; host and query play no part.
    """
    return _found(method.upper(), _path(url_or_path))[0]


def model_of(url_or_path: str, method: str = "POST") -> str | None:
    """The model (or deployment) that a path names; None where the body names it."""
    named = _found(method.upper(), _path(url_or_path))[1]
    model = named.get("model") or named.get("deployment")
    return unquote(model) if model else None


def read_of(url_or_path: str, method: str = "GET") -> str | None:
    """The id of the response that a path names: what is read was asked for before; None where it names none."""
    named = _found(method.upper(), _path(url_or_path))[1].get("response")
    return unquote(named) if named else None


def _path(url_or_path: str) -> str:
    path = url_or_path.partition("?")[0]
    _, scheme, rest = path.partition("://")
    return "/" + rest.partition("/")[2] if scheme else path


@lru_cache(maxsize=1024)
def _found(method: str, path: str) -> tuple[Endpoint, Mapping[str, str]]:
    for _, pattern, endpoint in _ROUTES:
        found = pattern.search(path) if method in endpoint.methods else None
        if found:
            return endpoint, found.groupdict()
    return UNKNOWN, {}


_HOSTS = (
    ("openai.azure.com", "azure"),
    ("cognitiveservices.azure.com", "azure"),
    ("ai.azure.com", "azure"),
    ("openai.com", "openai"),
    ("anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gemini"),
    ("googleapis.com", "vertex"),
    ("api.aws", "bedrock"),
    ("openrouter.ai", "openrouter"),
    ("groq.com", "groq"),
    ("mistral.ai", "mistral"),
    ("deepseek.com", "deepseek"),
    ("x.ai", "xai"),
    ("cohere.com", "cohere"),
    ("cohere.ai", "cohere"),
    ("together.ai", "together"),
    ("together.xyz", "together"),
    ("fireworks.ai", "fireworks"),
    ("cerebras.ai", "cerebras"),
    ("perplexity.ai", "perplexity"),
    ("huggingface.co", "huggingface"),
    ("ollama.com", "ollama"),
    ("snowflakecomputing.com", "snowflake"),
    ("cloudflare.com", "cloudflare"),
    ("cloud.ibm.com", "watsonx"),
    ("voyageai.com", "voyage"),
    ("replicate.com", "replicate"),
    ("nvidia.com", "nvidia"),
    ("moonshot.ai", "moonshot"),
    ("moonshot.cn", "moonshot"),
    ("aliyuncs.com", "dashscope"),
    ("databricks.com", "databricks"),
    ("azuredatabricks.net", "databricks"),
    ("sambanova.ai", "sambanova"),
    ("writer.com", "writer"),
    ("portkey.ai", "portkey"),
    ("crusoecloud.com", "crusoe"),
)
_LOOPBACK = re.compile(r"localhost$|127\.|0\.0\.0\.0$|\[?::1(\]|$)|.*\.local$|host\.docker\.internal$")
_PORT = re.compile(r"(?P<name>\[.*\]|[^:]*)(:(?P<port>\d+))?")
_PORTS = {"11434": "ollama"}
_ADDRESS = re.compile(r"[\d.]+$|.*:.*:")


def provider_of(host: str, endpoint: Endpoint | None = None) -> str:
    """Whose host it is: a known name, else the registrable part of the host; ``local`` for loopback.

    Args:
        host: a host, with or without a port.
        endpoint: the row of the request; ollama's own shape tells who is behind a loopback port.
    """
    found = _PORT.fullmatch(host.strip().lower())
    name, port = (found["name"], found["port"]) if found else (host, None)
    name = name.rstrip(".")
    if _LOOPBACK.match(name) or not name:
        return (endpoint and endpoint.provider) or _PORTS.get(port or "", "local")
    if name.endswith(".amazonaws.com"):
        return "bedrock" if name.startswith("bedrock") else "aws"
    for suffix, provider in _HOSTS:
        if name == suffix or name.endswith(f".{suffix}"):
            return provider
    labels = name.split(".")
    if _ADDRESS.match(name) or len(labels) == 1:
        return name
    second_level = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in {"co", "com", "ac", "org", "net", "gov"}
    return ".".join(labels[-3:] if second_level else labels[-2:])
