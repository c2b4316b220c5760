"""What a call's parameters were, told from what was asked and from what stood on the wire.

Theory. A layer *asks*: it holds a name, whatever the value. Presence decides, never comparison, so an explicit value
that equals a default is still explicit. The wire *answers*: whatever was asked, the value recorded for a name that was
sent is the value that was sent. The two are joined by name, and then what is left on either side is explained:

1. sent and asked: the most explicit layer that asked is the source, the others are shadowed; a value that differs from
   the asked one was ``rewritten``;
2. sent, and asked by the most explicit layer under another name of its family (``max_tokens``): ``renamed``; the asked
   name is kept beside it;
3. sent, and nobody asked: the SDK ``filled`` it;
4. asked and not sent: ``dropped``, unless it stands within an object that nobody asked for
   (``generationConfig.temperature``): ``renamed``;
5. neither, and the provider's answer says what it used: source ``PROVIDER``.

The provider's word never changes what is recorded as sent; it stands beside it (``used``, ``resolved``).
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

from thence.params.chain import Layer
from thence.params.exact import same
from thence.params.names import COMMON_NAMES, family, is_aliased
from thence.params.resolved import ResolvedConfig
from thence.params.source import ABSENT, Candidate, Change, Parameter, ParameterSource, State, is_absent

__all__ = ["reconcile"]

_Asked = dict[str, list[tuple[int, Candidate]]]
"""By name, winner first; beside each candidate, which layer's it is."""


def reconcile(
    layers: Sequence[Layer],
    sent: Mapping[str, Any],
    *,
    sdk: str | None = None,
    used: Mapping[str, tuple[Any, str]] | None = None,
    content: Collection[str] = (),
    common: Mapping[str, Sequence[str]] | None = None,
) -> ResolvedConfig:
    """The configuration of one call; ``config[name].value == sent[name]`` for every name that was sent.

    Args:
        layers: every layer that spoke, the call's own arguments included; within one source the earlier wins (so
            ``extra_body`` stands before the keyword arguments, as it does on the wire).
        sent: the request's members as they stood on the wire, without content.
        sdk: name and version of what put the request together: the origin of what nobody asked for.
        used: parameter to the value that the provider says it used, and the response field that says so.
        content: names of members that are content and no parameters: that they were asked for is not recorded here.
        common: common names and the paths where the request may hold them.
    """
    asked = _candidates(layers, content)
    stranded = [name for name in asked if name not in sent and is_aliased(name)]
    found: dict[str, Parameter] = {}
    for name, value in sent.items():
        kin = [old for old in stranded if family(old) == family(name)] if stranded else []
        found[name] = _sent(name, value, asked, kin, sdk)
        stranded = [old for old in stranded if old not in kin]
        for old in kin:  # an asked name that won is kept; one that lost is shadowed, and that is all of it
            if old == found[name].alias:
                found[old] = _unsent(old, asked[old], name, found[name].change)
            del asked[old]
    for name, candidates in asked.items():
        if name not in found:
            place, change = _within(name, candidates[0][1].value, sent, asked, common or {})
            found[name] = _unsent(name, candidates, place, change)
    for name, (value, place) in (used or {}).items():
        if name not in content:
            found[name] = _used(found.get(name), name, value, place)
    return ResolvedConfig(found.values())


def _candidates(layers: Sequence[Layer], content: Collection[str]) -> _Asked:
    """Every value that a layer offers, by name, winner first."""
    asked: _Asked = {}
    for order, layer in enumerate(sorted(layers, key=lambda layer: layer.source)):
        for name, value in layer.values.items():
            if not is_absent(value) and name not in content:
                asked.setdefault(name, []).append((order, Candidate(layer.source, layer.origin_of(name), value)))
    return asked


def _sent(name: str, value: Any, asked: _Asked, kin: Sequence[str], sdk: str | None) -> Parameter:
    """A member of the request. ``kin`` are the other names of its family that were asked for and not sent."""
    state: State = "null" if value is None else "sent"
    offers = [(order, candidate, name) for order, candidate in asked.get(name, ())]
    if kin:
        offers += [(order, candidate, old) for old in kin for order, candidate in asked[old]]
        offers.sort(key=itemgetter(0))  # within one layer, the name that was sent comes first
    if not offers:
        return Parameter(name, value, ParameterSource.SDK, sdk, sent=value, change="filled", state=state)
    _, winner, asked_as = offers[0]
    renamed = asked_as != name
    change: Change | None = None
    if renamed and (same(winner.value, value) or same([winner.value], value)):
        change = "renamed"
    elif not same(winner.value, value):
        change = "rewritten"
    return Parameter(
        name,
        value,
        winner.source,
        winner.origin,
        shadowed=tuple(candidate for _, candidate, _ in offers[1:]),
        asked=winner.value,
        sent=value,
        change=change,
        state=state,
        alias=asked_as if renamed else None,
    )


def _within(
    name: str, value: Any, sent: Mapping[str, Any], asked: _Asked, common: Mapping[str, Sequence[str]]
) -> tuple[str | None, Change]:
    """Where an asked parameter stands within an object that nobody asked for, and what became of it."""
    for path in common.get(COMMON_NAMES.get(name, family(name)), ()):
        head, _, rest = path.partition(".")
        outer = sent.get(head)
        if rest and head not in asked and isinstance(outer, Mapping) and rest in outer:
            is_same = same(value, outer[rest]) or same([value], outer[rest])
            return path, "renamed" if is_same else "rewritten"
    return None, "dropped"


def _unsent(
    name: str, candidates: Sequence[tuple[int, Candidate]], sent_as: str | None, change: Change | None
) -> Parameter:
    """A parameter that was asked for under ``name`` and does not stand on the wire under it."""
    winner, *shadowed = (candidate for _, candidate in candidates)
    return Parameter(
        name,
        winner.value,
        winner.source,
        winner.origin,
        tuple(shadowed),
        asked=winner.value,
        change=change,
        state="dropped",
        alias=sent_as,
    )


def _used(found: Parameter | None, name: str, value: Any, place: str) -> Parameter:
    """``found`` with the provider's word on it; a parameter of the provider's own where nothing was asked or sent."""
    if found is None:
        return Parameter(name, value, ParameterSource.PROVIDER, place, used=value, state="server")
    differs = found.sent is not ABSENT and not _agrees(found.sent, value)
    return replace(found, used=value, change=found.change or ("resolved" if differs else None))


def _agrees(sent: Any, used: Any) -> bool:
    """Whether ``used`` says of all that was sent what was sent. A provider completes objects with what was left out."""
    if isinstance(sent, dict) and isinstance(used, dict):
        return all(name in used and _agrees(value, used[name]) for name, value in sent.items())
    return same(sent, used, numbers=True) or _is_single_precision_of(used, sent)


def _is_single_precision_of(used: Any, sent: Any) -> bool:
    """Whether a provider that computes in 32 bits says of ``sent`` what it made of it: 0.05000000074505806 of 0.05."""
    if type(used) is not float or type(sent) is not float:
        return False
    try:
        return bool(struct.unpack("f", struct.pack("f", sent))[0] == used)
    except OverflowError:
        return False
