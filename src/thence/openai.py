"""``from thence.openai import OpenAI``: the class of ``openai``, whose instances record every call.

Every other public name of ``openai`` is here too, as it is there. What type checkers see stands in the stub beside
this file.
"""

from __future__ import annotations

try:
    import openai as _sdk
except ModuleNotFoundError as error:
    from thence.errors import MissingSDK

    raise MissingSDK("thence.openai needs the openai SDK", hint="pip install 'thence[openai]'") from error

from thence.dropin import attributes_of, clients_in

CLIENTS = clients_in(_sdk)
"""Names of the client classes, whose instances come wrapped."""

__all__ = list(_sdk.__all__)
__getattr__ = attributes_of(_sdk)


def __dir__() -> list[str]:
    return sorted({*__all__, *CLIENTS, *globals()})
