"""What is known of parameters and settings: names and JSON types, for telling a slip from a parameter.

Never a list of what is allowed. A name that stands here must have the type that every provider gives it; a name that
does not stand here, and is a letter or two away from one that does, is taken for a slip. ``extra_body`` is exempt: what
is in there is what the vendor says it is.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, Final

from thence.errors import ConfigError
from thence.params.names import is_protected

__all__ = ["PARAMETERS", "SETTINGS", "check_json", "check_kind", "check_parameter", "slip"]

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "text": (str,),
    "list": (list,),
    "table": (dict,),
}


def _kinds(table: Mapping[str, str]) -> dict[str, str]:
    return {name: kind for kind, names in table.items() for name in names.split()}


PARAMETERS: Final[Mapping[str, str]] = _kinds(
    {
        "number": "temperature top_p min_p top_a typical_p tfs_z top_n_sigma presence_penalty frequency_penalty "
        "repetition_penalty repeat_penalty length_penalty mirostat_tau mirostat_eta dynatemp_range dynatemp_exponent "
        "xtc_probability xtc_threshold dry_multiplier dry_base",
        "integer": "top_k max_tokens max_completion_tokens max_output_tokens max_tokens_to_sample max_new_tokens "
        "min_tokens seed top_logprobs max_tool_calls dimensions n_predict n_keep n_probs min_keep mirostat "
        "repeat_last_n dry_allowed_length truncate_prompt_tokens thinking_budget num_ctx",
        "boolean": "parallel_tool_calls store ignore_eos cache_prompt include_reasoning skip_special_tokens "
        "use_beam_search do_sample early_stopping echo logit_normalization safe_prompt drop_params verbose",
        "text": "model user service_tier reasoning_effort reasoning_format verbosity truncation encoding_format "
        "safety_identifier prompt_cache_key prompt_cache_retention grammar inference_geo input_type size quality style",
        "list": "stop_sequences include mcp_servers transforms models samplers stop_token_ids bad_words",
        "table": "logit_bias reasoning thinking metadata web_search_options prediction audio prompt_cache_options "
        "access_programs background_options billing_policy diagnostics image svg chat_template_kwargs provider",
        "number or text": "speed",
        "text or list": "stop fallbacks",
        "text or table": "tool_choice function_call container text output_config voice moderation chunking_strategy "
        "fallback_credit_token",
        "boolean or integer": "logprobs",
        "table or list": "plugins cache_control context_management",
    }
)

SETTINGS: Final[Mapping[str, str]] = {
    "store": "text",
    "tract": "text",
    "branch": "text",
    "capture": "text",
    "durability": "text",
    "journal_dir": "text",
    "journal_max_mb": "integer",
    "disabled": "boolean",
    "preset": "text",
}


def slip(name: str, known: Collection[str], closeness: float = 0.8) -> str | None:
    """The known name that ``name`` is probably a slip of."""
    from difflib import get_close_matches

    found = get_close_matches(name, list(known), 1, closeness)
    return found[0] if found else None


def check_kind(name: str, value: Any, kind: str, origin: str) -> None:
    """Refuse a value of another kind.

    Raises:
        ConfigError: with the origin.
    """
    wanted = tuple(each for part in kind.split(" or ") for each in _TYPES[part])
    if isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool)):
        return
    given = next((said for said, each in _NAMED.items() if isinstance(value, each)), type(value).__name__)
    raise ConfigError(f"{name} must be {_article(kind)}, not {_article(given)}", origin=origin)


_NAMED: Final[Mapping[str, type]] = {
    "boolean": bool,
    "integer": int,
    "number": float,
    "text": str,
    "list": list,
    "table": dict,
}


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def check_parameter(name: str, value: Any, origin: str) -> None:
    """Refuse what is surely a mistake: a protected name, a known name with another type, a slip of a known name.

    Raises:
        ConfigError: with the origin.
    """
    if is_protected(name, value):
        raise ConfigError(
            f"{name} can't be set from outside the call: it would change what the call returns",
            origin=origin,
            hint="pass it to the call itself",
        )
    kind = PARAMETERS.get(name)
    if kind is not None and value is not None:
        check_kind(name, value, kind, origin)
    elif kind is None and (meant := slip(name, PARAMETERS)):
        raise ConfigError(
            f"unknown parameter {name}: did you mean {meant}?",
            origin=origin,
            hint=f"if a provider does take {name}, write it into extra_body",
        )
    check_json(name, value, origin)


def check_json(name: str, value: Any, origin: str) -> None:
    """Refuse what JSON can't carry: TOML's dates and times, and numbers that are none.

    Raises:
        ConfigError: with the origin.
    """
    if isinstance(value, Mapping):
        for item in value.values():
            check_json(name, item, origin)
    elif isinstance(value, list):
        for item in value:
            check_json(name, item, origin)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{name} holds {value}, which JSON does not know", origin=origin)
    elif not isinstance(value, (str, int, float, bool, type(None))):
        raise ConfigError(
            f"{name} holds a {type(value).__name__}, which JSON does not know", origin=origin, hint="write it as text"
        )
