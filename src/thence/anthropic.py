"""``from thence.anthropic import Anthropic``: the class of ``anthropic``, whose instances record every call.

Every other public name of ``anthropic`` is here too, as it is there. What type checkers see stands in the stub beside
this file.
"""

from __future__ import annotations

try:
    import anthropic as _sdk
except ModuleNotFoundError as error:
    from thence.errors import MissingSDK

    raise MissingSDK("thence.anthropic needs the anthropic SDK", hint="pip install 'thence[anthropic]'") from error

from thence.dropin import attributes_of, clients_in

CLIENTS = clients_in(_sdk)
"""Names of the client classes, whose instances come wrapped."""

__all__ = list(_sdk.__all__)
__getattr__ = attributes_of(_sdk)


def __dir__() -> list[str]:
    return sorted({*__all__, *CLIENTS, *globals()})
