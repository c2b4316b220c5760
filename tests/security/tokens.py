"""One token of each kind, made up here: nothing in this file looks like a secret to a scanner."""

from __future__ import annotations

import random
import string

__all__ = ["TOKENS", "secret_part"]

_random = random.Random(20_240_601)
_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_UPPER = string.ascii_uppercase + string.digits


def _of(alphabet: str, length: int) -> str:
    text = "".join(_random.choice(alphabet) for _ in range(length - 2))
    return text[:3] + alphabet[-1] + text[3:] + alphabet[-2]


def _uuid() -> str:
    return "-".join(_of(_HEX, length) for length in (8, 4, 4, 4, 12))


def _key_block() -> str:
    lines = "\n".join(_of(_ALNUM + "+/", 64) for _ in range(4))
    return f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{lines}\n-----END RSA {'PRIVATE'} KEY-----"


TOKENS: dict[str, str] = {
    "age": "AGE-SECRET-" + "KEY-1" + _of(_UPPER, 58),
    "anthropic": "sk-" + "ant-api03-" + _of(_ALNUM, 40) + "-_" + _of(_ALNUM, 40),
    "api-key": "MISTRAL_" + "API_KEY=" + _of(_ALNUM, 32),
    "atlassian": "ATATT3" + _of(_ALNUM, 60),
    "authorization": "Authorization: " + "Bearer " + _of(_ALNUM, 40),
    "aws": "AK" + "IA" + _of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
    "aws session": "AS" + "IA" + _of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
    "aws-secret": "aws_secret_" + "access_key = " + _of(_ALNUM, 20) + "/" + _of(_ALNUM, 19),
    "azure storage": "Account" + "Key=" + _of(_ALNUM, 86) + "==",
    "azure client": _of(_ALNUM, 3) + "8Q" + "~" + _of(_ALNUM, 34),
    "azure openai": _of(_ALNUM, 52) + "JQQ" + "J99" + _of(_ALNUM, 26),
    "bedrock": "AB" + "SK" + _of(_ALNUM, 120) + "=",
    "brevo": "xkey" + "sib-" + _of(_HEX, 64) + "-" + _of(_ALNUM, 16),
    "cerebras": "cs" + "k-" + _of(string.ascii_lowercase + string.digits, 48),
    "databricks": "da" + "pi" + _of(_HEX, 32),
    "digitalocean": "dop_" + "v1_" + _of(_HEX, 64),
    "discord": "M" + _of(_ALNUM, 25) + "." + _of(_ALNUM, 6) + "." + _of(_ALNUM, 38),
    "doppler": "dp." + "pt." + _of(_ALNUM, 43),
    "github classic": "gh" + "p_" + _of(_ALNUM, 36),
    "github app": "gh" + "s_" + _of(_ALNUM, 36),
    "github fine": "github" + "_pat_" + _of(_ALNUM, 22) + "_" + _of(_ALNUM, 59),
    "gitlab": "gl" + "pat-" + _of(_ALNUM, 20),
    "google": "AI" + "za" + _of(_ALNUM, 35),
    "google-oauth": "ya" + "29." + _of(_ALNUM, 80),
    "google client": "GOC" + "SPX-" + _of(_ALNUM, 28),
    "grafana": "gl" + "sa_" + _of(_ALNUM, 32) + "_" + _of(_HEX, 8),
    "groq": "gs" + "k_" + _of(_ALNUM, 52),
    "hubspot": "pat" + "-na1-" + _uuid(),
    "huggingface": "h" + "f_" + _of(string.ascii_letters, 34),
    "jwt": "ey" + "J" + _of(_ALNUM, 33) + ".ey" + "J" + _of(_ALNUM, 60) + "." + _of(_ALNUM, 43),
    "langfuse": "sk-" + "lf-" + _uuid(),
    "langsmith": "lsv2" + "_pt_" + _of(_HEX, 32) + "_" + _of(_HEX, 10),
    "linear": "lin" + "_api_" + _of(_ALNUM, 40),
    "mailgun": "ke" + "y-" + _of(_HEX, 32),
    "newrelic": "NR" + "AK-" + _of(_UPPER, 27),
    "notion": "nt" + "n_" + _of(_ALNUM, 46),
    "npm": "np" + "m_" + _of(_ALNUM, 36),
    "nvidia": "nv" + "api-" + _of(_ALNUM, 64),
    "openai": "s" + "k-" + _of(_ALNUM, 48),
    "openai project": "s" + "k-proj-" + _of(_ALNUM, 70) + "-_" + _of(_ALNUM, 70),
    "openai session": "e" + "k_" + _of(_HEX, 32),
    "openrouter": "sk-" + "or-v1-" + _of(_HEX, 64),
    "perplexity": "pp" + "lx-" + _of(_ALNUM, 48),
    "pinecone": "pc" + "sk_" + _of(_ALNUM, 6) + "_" + _of(_ALNUM, 63),
    "postman": "PM" + "AK-" + _of(_HEX, 24) + "-" + _of(_HEX, 34),
    "private-key": _key_block(),
    "pulumi": "pu" + "l-" + _of(_HEX, 40),
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + _of(_ALNUM, 120),
    "replicate": "r" + "8_" + _of(_ALNUM, 37),
    "resend": "re" + "_" + _of(_ALNUM, 8) + "_" + _of(_ALNUM, 24),
    "rubygems": "ruby" + "gems_" + _of(_HEX, 48),
    "secret": "client_" + "secret=" + _of(_ALNUM, 24),
    "sendgrid": "S" + "G." + _of(_ALNUM, 22) + "." + _of(_ALNUM, 43),
    "sentry": "sntry" + "u_" + _of(_HEX, 64),
    "shopify": "shp" + "at_" + _of(_HEX, 32),
    "signed-url azure": "https://example.org/a.png?se=2026-01-01T02%3A00%3A00Z&s" + "ig=" + _of(_ALNUM, 40) + "%3D",
    "signed-url aws": "https://example.org/a.png?X-Amz-Expires=3600&X-Amz-Sig" + "nature=" + _of(_HEX, 64),
    "slack bot": "xo" + "xb-" + _of(string.digits, 12) + "-" + _of(string.digits, 13) + "-" + _of(_ALNUM, 24),
    "slack app": "xa" + "pp-1-" + _of(_UPPER, 11) + "-" + _of(string.digits, 13) + "-" + _of(_HEX, 64),
    "slack hook": "https://hooks.sl"
    "ack.com/services/T" + _of(_UPPER, 10) + "/B" + _of(_UPPER, 10) + "/" + _of(_ALNUM, 24),
    "stripe": "s" + "k_live_" + _of(_ALNUM, 24),
    "stripe test": "s" + "k_test_" + _of(_ALNUM, 24),
    "supabase": "sb" + "p_" + _of(_HEX, 40),
    "tavily": "tv" + "ly-" + _of(_ALNUM, 32),
    "telegram": _of(string.digits, 10) + ":A" + "A" + _of(_ALNUM, 33),
    "twilio": "S" + "K" + _of(_HEX, 32),
    "url-password": "postgresql://reader:" + _of(_ALNUM, 20) + "@db.example.org/calls",
    "vault": "hv" + "s." + _of(_ALNUM, 24),
    "webhook": "wh" + "sec_" + _of(_ALNUM, 32),
    "xai": "xa" + "i-" + _of(_ALNUM, 80),
}
"""By name; the name begins with the kind where kinds come in several looks."""


def secret_part(token: str) -> str:
    """The part of a token that must be nowhere: without the words around it that may stay."""
    if token.startswith("-----"):
        return token.split("\n")[1]
    if "://reader:" in token:
        return token.split("reader:")[1].split("@", maxsplit=1)[0]
    for lead in ("Bearer ", "access_key = ", "API_KEY=", "AccountKey=", "/services/", "secret=", "&sig=", "Signature="):
        if lead in token:
            return token.split(lead)[1]
    return token
