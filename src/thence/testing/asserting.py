"""Assertions on a call's parameters: their values on the wire, and where these came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thence.params import ABSENT, ParameterSource
from thence.params.display import display, shown
from thence.params.exact import same

if TYPE_CHECKING:
    from thence.store import Call

__all__ = ["assert_params", "assert_source"]


def assert_source(call: Call, name: str, source: ParameterSource | str, *, origin: str | None = None) -> None:
    """That the value of a parameter came from a source.

    Args:
        call: a recorded call.
        name: the parameter: ``temperature``, ``extra_body``'s by their own names.
        source: :attr:`ParameterSource.PRESET`, or its name.
        origin: what must stand in its origin: a file, a preset, a variable.

    Raises:
        AssertionError: it did not; the message shows every parameter with its source, as ``thence blame`` does.
    """
    __tracebackhide__ = True
    wanted = ParameterSource[source] if isinstance(source, str) else source
    parameter = call.params.get(name)
    if parameter is None:
        raise AssertionError(_told(call, f"{name} was not set; {wanted.name} was expected"))
    if parameter.source is not wanted:
        raise AssertionError(_told(call, f"{name} came from {parameter.source.name}, not from {wanted.name}"))
    if origin is not None and origin not in (parameter.origin or ""):
        raise AssertionError(_told(call, f"{name} came from {parameter.origin or 'nowhere known'}, not from {origin}"))


def assert_params(call: Call, **sent: Any) -> None:
    """That parameters stood on the wire with these values; :data:`~thence.params.ABSENT` says that one did not.

    Raises:
        AssertionError: one did not; the message shows every parameter with its source.
    """
    __tracebackhide__ = True
    wire = call.generation_config
    for name, value in sent.items():
        found = wire.get(name, ABSENT)
        if found is value or (found is not ABSENT and value is not ABSENT and same(found, value)):
            continue
        was = "was not sent" if found is ABSENT else f"was sent as {shown(found)}"
        wanted = "it should not have been" if value is ABSENT else f"{shown(value)} was expected"
        raise AssertionError(_told(call, f"{name} {was}; {wanted}"))


def _told(call: Call, said: str) -> str:
    head = f"{call.operation} {call.request_model or ''}".rstrip()
    blame = display(call.params.values()) or "(no parameters)"
    return f"{said}\n\n{head}, {call.status}, from {call.callsite or 'an unknown place'}\n{blame}"
