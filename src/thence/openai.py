"""``from thence.openai import OpenAI``: the class of ``openai``, whose instances record every call.

Every other public name of ``openai`` is here too, as it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openai import *  # noqa: F403
    from openai import __version__ as __version__  # noqa: PLC0414 - re-exported
else:
    try:
        import openai as _sdk
    except ModuleNotFoundError as error:
        from thence.errors import ThenceError

        raise ThenceError("thence.openai needs the openai SDK", hint="pip install 'thence[openai]'") from error
    from thence.dropin import attributes_of

    CLIENTS = frozenset(
        name
        for name in (
            "OpenAI",
            "AsyncOpenAI",
            "Client",
            "AsyncClient",
            "AzureOpenAI",
            "AsyncAzureOpenAI",
            "BedrockOpenAI",
            "AsyncBedrockOpenAI",
        )
        if hasattr(_sdk, name)
    )
    __all__ = list(_sdk.__all__)
    __getattr__ = attributes_of(_sdk, CLIENTS)

    def __dir__() -> list[str]:
        return sorted({*__all__, *globals()})
