r"""The kinds of token that are known by their look, as one table.

To look for some sixty kinds in every body must cost next to nothing where there is none. A token is recognised by what
its vendor put in front of it, and almost every such prefix ends in ``_``, ``-`` or ``.``, or begins with ``A``. So
kinds are grouped by such an *anchor*: one expression for each, which begins with that one literal byte and is found by
a plain scan. Only there is more looked at: is what follows a long unbroken run, and what stands before it a prefix?
Text of any sort holds many anchors, few long runs and next to no prefix. One expression that began with a choice of all
prefixes would try them all at every byte; ``benchmarks/redact.py`` says how much slower that is.

Where an anchor's hint is found, the *patterns* of its kinds run, each behind a search for its own literal. A pattern is
narrow: prefix, alphabet and length. Nothing here guesses from entropy: a digest, an id, a picture in base64 stay.

Text is seen as it stands in JSON: the letter before a token may be the ``n`` of a ``\n``, and a line of a private key
may end in ``\n`` or in ``\\n``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from thence.redact.edits import Edit, past_escape

__all__ = ["FAMILIES", "KINDS", "Family", "Kind", "mark"]


def mark(kind: str) -> bytes:
    """What stands in the place of a secret; valid inside a JSON string, a URL and a header."""
    return b"[redacted:" + kind.encode("ascii", "replace") + b"]"


class Kind(NamedTuple):
    """One kind of token.

    Attributes:
        name: what the mark says.
        hint: what follows or precedes the family's anchor where such a token may be.
        literal: bytes that every such token holds, or stands after.
        pattern: the token. A group named ``kept`` at its beginning is context and stays.
    """

    name: str
    hint: bytes
    literal: bytes
    pattern: bytes


@dataclass(frozen=True)
class Family:
    """The kinds that share an anchor; ``hint`` finds a place where one of them may be.

    ``needs`` is a byte that such a token always has about it, a rare one where there is a choice. A body without it
    isn't searched: one ``memchr`` takes a fifth of the time of a search.
    """

    hint: re.Pattern[bytes]
    needs: bytes
    kinds: tuple[tuple[bytes, re.Pattern[bytes], bytes], ...]

    def may_hold(self, body: bytes) -> bool:
        """Whether a token of this family may be in ``body``."""
        return self.needs in body and self.hint.search(body) is not None

    def find(self, body: bytes) -> Iterator[Edit]:
        """The tokens of this family in ``body``, kind by kind."""
        for literal, pattern, put in self.kinds:
            if literal in body:
                for match in pattern.finditer(body):
                    start = match.end("kept") if "kept" in pattern.groupindex else past_escape(body, match.start())
                    yield Edit(start, match.end(), put)


# The beginning of a word, in text as it stands in a JSON string: the letter of an escape is no part of the word.
_WORD = rb"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4}))"
# The same for tokens with a short prefix, which stands by chance in a long run of base64url too: not within such a run.
_ALONE = rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4})|(?<=%[0-9a-fA-F]{2}))"
# For those that may follow a word directly: not deep in a run of base64, of either alphabet.
_NO_RUN = rb"(?<![A-Za-z0-9+/_-]{24})"
_ASSIGNED = rb"(?:[\"'\\]{0,4}\s{0,4}(?:[:=]|=>)\s{0,4}[\"'\\]{0,4})"
_GIVEN = rb"(?:[\"\\]{1,4}\s{0,4}:\s{0,4}[\"\\]{1,4}|=)"
_UUID = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def _beside(told: bytes, name: bytes) -> bytes:
    """The member ``name`` of an object of plain members that holds ``told``, too, before it or after."""
    return rb"(?P<kept>\{(?=[^{}]*" + told + rb")[^{}]*?\"" + name + _GIVEN + rb")(?!\[redacted:)[^\"\\]+"


_UNDERSCORE = (
    Kind("openai", rb"(?<=ek_)", b"ek_", _ALONE + rb"ek_[A-Za-z0-9]{20,}"),
    Kind("github", rb"(?<=gh[pousr]_)", b"_", _NO_RUN + rb"gh[pousr]_[A-Za-z0-9]{36,255}"),
    Kind("github", rb"(?<=github_pat_)", b"github_pat_", rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{40,}"),
    Kind("huggingface", rb"(?<=hf_)", b"hf_", _ALONE + rb"hf_[A-Za-z0-9]{30,}"),
    Kind("npm", rb"(?<=npm_)", b"npm_", _NO_RUN + rb"npm_[A-Za-z0-9]{36}"),
    Kind("groq", rb"(?<=gsk_)", b"gsk_", _NO_RUN + rb"gsk_[A-Za-z0-9]{40,}"),
    Kind("replicate", rb"(?<=r8_)", b"r8_", _ALONE + rb"r8_[A-Za-z0-9]{37}"),
    Kind("stripe", rb"(?<=_live_)|(?<=k_test_)", b"k_", rb"[srp]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    Kind("webhook", rb"(?<=whsec_)", b"whsec_", rb"whsec_[A-Za-z0-9+/]{24,}={0,2}"),
    Kind("digitalocean", rb"(?<=do[opr]_v1_)", b"_v1_", rb"do[opr]_v1_[a-f0-9]{64}"),
    Kind("shopify", rb"(?<=shp(?:at|ca|pa|ss)_)", b"shp", rb"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    Kind("linear", rb"(?<=lin_api_)", b"lin_api_", rb"lin_api_[A-Za-z0-9]{40}"),
    Kind("langsmith", rb"(?<=lsv2_(?:pt|sk)_)", b"lsv2_", rb"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    Kind("notion", rb"(?<=ntn_)", b"ntn_", _NO_RUN + rb"ntn_[A-Za-z0-9]{40,}"),
    Kind("sentry", rb"(?<=sntry[su]_)", b"sntry", rb"sntry[su]_[A-Za-z0-9+/=_]{40,}"),
    Kind("grafana", rb"(?<=glsa_)", b"glsa_", rb"glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}"),
    Kind("pinecone", rb"(?<=pcsk_.{5}_)|(?<=pcsk_.{6}_)", b"pcsk_", rb"pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{40,}"),
    Kind("resend", rb"(?<=re_.{8}_)", b"re_", _WORD + rb"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}"),
    Kind("supabase", rb"(?<=sbp_)", b"sbp_", rb"sbp_[a-f0-9]{40}"),
    Kind("rubygems", rb"(?<=rubygems_)", b"rubygems_", rb"rubygems_[a-f0-9]{48}"),
)
_UNDERSCORE_WORDS = (
    Kind(
        "aws-secret",
        rb"(?i:access_key|secret_key)",
        b"_",
        rb"(?P<kept>(?i:secret(?:_access)?_key)" + _ASSIGNED + rb")(?:[A-Za-z0-9+/]|\\/){40}(?![A-Za-z0-9+/])",
    ),
    Kind(
        "api-key",
        rb"(?<=(?i:api)_)(?i:key)" + _ASSIGNED,
        b"_",
        rb"(?P<kept>(?i:api_key)" + _ASSIGNED + rb")(?=[A-Za-z_-]{0,40}[0-9])[A-Za-z0-9_-]{32,}",
    ),
    # Members that hold a secret by the words of the APIs that take or give it: sessions, vaults, containers.
    Kind(
        "secret",
        rb"(?:(?<=client_)secret|(?<=(?:access|efresh)_)token|(?<=secret_)value)" + _GIVEN,
        b"_",
        rb"(?P<kept>(?:client_secret|(?:access|refresh)_token|secret_value)" + _GIVEN + rb")"
        rb"(?=[A-Za-z._~+/=-]{0,40}[0-9])[A-Za-z0-9._~+/=-]{12,}(?![A-Za-z0-9._~+/=([-])",
    ),
    Kind("secret", rb"(?<=domain_)secrets", b"domain_secrets", _beside(rb"domain" + _GIVEN, b"value")),
    Kind("secret", rb"(?<=static_)bearer", b"static_bearer", _beside(rb"static_bearer", b"token")),
)
_HYPHEN = (
    Kind("anthropic", rb"(?<=sk-)(?=ant-)", b"sk-ant-", rb"sk-ant-[A-Za-z0-9_-]{20,}"),
    Kind("openrouter", rb"(?<=sk-)(?=or-v1-)", b"sk-or-v1-", rb"sk-or-v1-[a-f0-9]{40,}"),
    Kind("langfuse", rb"(?<=sk-)(?=lf-)", b"sk-lf-", rb"sk-lf-" + _UUID),
    Kind(
        "openai",
        rb"(?<=sk-)(?=(?:proj|svcacct|admin|None)-|[A-Za-z0-9]{20})",
        b"sk-",
        _WORD + _NO_RUN + rb"sk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20,})",
    ),
    Kind("slack", rb"(?<=xox[abeoprs]-)", b"xox", _NO_RUN + rb"xox[abeoprs]-[A-Za-z0-9-]{16,}"),
    Kind("slack", rb"(?<=xapp-)", b"xapp-", rb"xapp-[0-9]-[A-Za-z0-9-]{20,}"),
    Kind(
        "gitlab", rb"(?<=glpat-)|(?<=gl[dr]t-)|(?<=glptt-)", b"gl", _NO_RUN + rb"gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,}"
    ),
    Kind("pypi", rb"(?<=pypi-)", b"pypi-", rb"pypi-AgE[A-Za-z0-9_-]{50,}"),
    Kind("xai", rb"(?<=xai-)", b"xai-", _NO_RUN + rb"xai-[A-Za-z0-9]{40,}"),
    Kind("perplexity", rb"(?<=pplx-)", b"pplx-", rb"pplx-[A-Za-z0-9]{32,}"),
    Kind("nvidia", rb"(?<=nvapi-)", b"nvapi-", rb"nvapi-[A-Za-z0-9_-]{40,}"),
    Kind("tavily", rb"(?<=tvly-)", b"tvly-", rb"tvly-[A-Za-z0-9-]{28,}"),
    Kind("cerebras", rb"(?<=csk-)", b"csk-", rb"csk-[a-z0-9]{40,}"),
    Kind("google-oauth", rb"(?<=GOCSPX-)", b"GOCSPX-", rb"GOCSPX-[A-Za-z0-9_-]{28}"),
    Kind("mailgun", rb"(?<=key-)(?=[0-9a-f]{32})", b"key-", _WORD + rb"key-[0-9a-f]{32}(?![0-9a-f])"),
    Kind("brevo", rb"(?<=xkeysib-)", b"xkeysib-", rb"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    Kind("newrelic", rb"(?<=NRAK-)", b"NRAK-", rb"NRAK-[A-Z0-9]{27}"),
    Kind("postman", rb"(?<=PMAK-)", b"PMAK-", rb"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    Kind("pulumi", rb"(?<=pul-)(?=[0-9a-f]{40})", b"pul-", rb"pul-[0-9a-f]{40}"),
    Kind("hubspot", rb"(?<=pat-[a-z]{2}[0-9]-)", b"pat-", rb"pat-[a-z]{2}[0-9]-(?i:" + _UUID + rb")"),
    Kind("age", rb"(?<=AGE-SECRET-KEY-)", b"AGE-SECRET-KEY-", rb"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
)
_HYPHEN_WORDS = (
    Kind(
        "private-key",
        rb"----BEGIN [A-Z ]{0,30}PRIVATE KEY",
        b"PRIVATE KEY",
        # To the end line, or, where the key is cut off, over all that can still be key.
        rb"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
        rb"(?:(?:[^-\"]|-(?!----END)){0,20000}?-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
        rb"|(?:[A-Za-z0-9+/=\s]|\\+[nrt])*)",
    ),
)
_DOT = (
    Kind("sendgrid", rb"(?<=SG\.)", b"SG.", rb"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}"),
    Kind("google-oauth", rb"(?<=ya29\.)", b"ya29.", rb"ya29\.[A-Za-z0-9_-]{20,}"),
    Kind(
        "jwt",
        rb"(?=eyJ)",
        b".eyJ",
        rb"eyJ[A-Za-z0-9_-]{8,}={0,2}\.eyJ[A-Za-z0-9_-]{8,}={0,2}(?:\.[A-Za-z0-9_-]{0,})?",
    ),
    Kind("vault", rb"(?<=hv[sbr]\.)", b"hv", rb"hv[sbr]\.[A-Za-z0-9_-]{24,}"),
    Kind("doppler", rb"(?<=dp\.[a-z]{2}\.)", b"dp.", rb"dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9]{40,}"),
    Kind(
        "discord",
        rb"(?<=[A-Za-z0-9_-]{23}\.[A-Za-z0-9_-]{6}\.)",
        b".",
        rb"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}",
    ),
)
_DOT_WORDS = (
    Kind(
        "slack",
        rb"slack\.com/services/",
        b".slack.com/services/",
        rb"(?P<kept>\.slack\.com/services/)[A-Za-z0-9/]{20,}",
    ),
)
_CAPITAL = (
    Kind("aws", rb"[KS]IA[A-Z0-9]{16}", b"IA", rb"A[KS]IA[A-Z0-9]{16}"),
    Kind("google", rb"Iza[A-Za-z0-9_-]{35}", b"AIza", rb"AIza(?<![A-Za-z0-9+/_-]{28})[A-Za-z0-9_-]{35}"),
    Kind("telegram", rb"(?<=[0-9]:A)A[A-Za-z0-9_-]{32}", b":AA", rb"[0-9]{8,10}:AA[A-Za-z0-9_-]{32,33}"),
    Kind("atlassian", rb"TATT3", b"ATATT3", rb"ATATT3[A-Za-z0-9_=-]{50,}"),
    Kind("bedrock", rb"BSK[A-Za-z0-9+/]{60}", b"ABSK", _WORD + rb"ABSK[A-Za-z0-9+/]{60,400}={0,2}(?![A-Za-z0-9+/])"),
    Kind("azure", rb"cc(?:ount|ess)Key=", b"Key=", rb"(?P<kept>Acc(?:ount|ess)Key=)(?:[A-Za-z0-9+/]|\\/){43,86}={1,2}"),
    Kind(
        "aws-secret",
        rb"cessKey|ccessKey",
        b"ccessKey",
        rb"(?P<kept>(?i:secret)AccessKey" + _ASSIGNED + rb")(?:[A-Za-z0-9+/]|\\/){40}(?![A-Za-z0-9+/])",
    ),
)
_TILDE = (
    Kind("azure", rb"(?<=[A-Za-z0-9_~.-]{3}[0-9]Q~)", b"Q~", rb"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"),
)
_DATABRICKS = (Kind("databricks", rb"[0-9a-f]{32}", b"dapi", rb"dapi[0-9a-f]{32}(?:-[0-9])?"),)
_TWILIO = (Kind("twilio", rb"[0-9a-f]{32}", b"SK", _WORD + rb"SK[0-9a-f]{32}(?![0-9A-Za-z])"),)
_AZURE_KEY = (Kind("azure", rb"[A-Za-z0-9]{8}", b"JQQJ99", rb"[A-Za-z0-9]{40,60}JQQJ99[A-Za-z0-9]{20,40}"),)
_HEADER = (
    Kind(
        "authorization",
        rb"(?:_token)?" + _ASSIGNED,
        b"uthorization",
        rb"(?P<kept>uthorization" + _ASSIGNED + rb"(?i:bearer|basic|token|bot) +)[A-Za-z0-9._~+/=-]{16,}",
    ),
    # A member of a tool's description: no scheme stands before the token, but nothing else stands in the value.
    Kind(
        "authorization",
        rb"(?:_token)?" + _ASSIGNED,
        b"uthorization",
        rb"(?P<kept>uthorization(?:_token)?" + _GIVEN + rb")[A-Za-z0-9._~+/=-]{16,}(?=[\"\\]|\Z)",
    ),
)
_URL = (
    Kind(
        "url-password",
        rb"[^\s/:@\"\\]{0,200}:[^\s/@\"\\]{1,200}@",
        b"://",
        rb"(?P<kept>://[^\s/:@\"\\]{0,200}:)(?!\[redacted:)[^\s/@\"\\]{1,200}(?=@)",
    ),
)
_EQUALS = (
    Kind(
        "signed-url",
        rb"(?<=[?&;]sig=)|(?<=[?&;-]Signature=)",
        b"ig",
        rb"(?P<kept>[?&;](?:sig|(?:X-(?:Amz|Goog)-)?Signature)=)[A-Za-z0-9%+/_=~-]{16,}",
    ),
)


def _family(anchor: bytes, *groups: tuple[bytes, tuple[Kind, ...]], needs: bytes = b"") -> Family:
    hints = (run + b"(?:" + b"|".join(kind.hint for kind in kinds) + b")" for run, kinds in groups)
    rows = [(kind.literal, re.compile(kind.pattern), mark(kind.name)) for _, kinds in groups for kind in kinds]
    return Family(re.compile(anchor + b"(?:" + b"|".join(hints) + b")"), needs, tuple(rows))


FAMILIES: tuple[Family, ...] = (
    _family(b"_", (rb"(?=[A-Za-z0-9]{16})", _UNDERSCORE), (b"(?=[aAbkKsStv])", _UNDERSCORE_WORDS), needs=b"_"),
    _family(b"-", (rb"(?=[A-Za-z0-9_-]{16})", _HYPHEN), (b"", _HYPHEN_WORDS), needs=b"-"),
    _family(rb"\.", (rb"(?=[A-Za-z0-9_-]{16})", _DOT), (b"", _DOT_WORDS), needs=b"."),
    _family(b"A", (b"", _CAPITAL), needs=b"A"),
    _family(b"dapi", (b"", _DATABRICKS)),
    _family(b"SK", (b"", _TWILIO), needs=b"K"),
    _family(b"JQQJ99", (b"", _AZURE_KEY), needs=b"Q"),
    _family(b"uthorization", (b"", _HEADER), needs=b"z"),
    _family(b"://", (b"", _URL), needs=b"@"),
    _family(b"~", (b"", _TILDE), needs=b"~"),
    _family(b"=", (b"", _EQUALS), needs=b"="),
)
KINDS: tuple[str, ...] = tuple(
    sorted({put.decode()[len("[redacted:") : -1] for family in FAMILIES for _, _, put in family.kinds})
)
"""The names of all kinds."""
