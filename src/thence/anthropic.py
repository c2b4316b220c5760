"""``from thence.anthropic import Anthropic``: the class of ``anthropic``, whose instances record every call.

Every other public name of ``anthropic`` is here too, as it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anthropic import *  # noqa: F403
    from anthropic import __version__ as __version__  # noqa: PLC0414 - re-exported
else:
    try:
        import anthropic as _sdk
    except ModuleNotFoundError as error:
        from thence.errors import ThenceError

        raise ThenceError("thence.anthropic needs the anthropic SDK", hint="pip install 'thence[anthropic]'") from error
    from thence.dropin import attributes_of

    CLIENTS = frozenset(
        name
        for name in (
            "Anthropic",
            "AsyncAnthropic",
            "Client",
            "AsyncClient",
            "AnthropicAWS",
            "AsyncAnthropicAWS",
            "AnthropicBedrock",
            "AsyncAnthropicBedrock",
            "AnthropicBedrockMantle",
            "AsyncAnthropicBedrockMantle",
            "AnthropicFoundry",
            "AsyncAnthropicFoundry",
            "AnthropicVertex",
            "AsyncAnthropicVertex",
        )
        if hasattr(_sdk, name)
    )
    __all__ = list(_sdk.__all__)
    __getattr__ = attributes_of(_sdk, CLIENTS)

    def __dir__() -> list[str]:
        return sorted({*__all__, *globals()})
