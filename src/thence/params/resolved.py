"""The parameters of one call, as a whole: a mapping from name to :class:`~thence.params.source.Parameter`.

One serialiser, :meth:`ResolvedConfig.to_json`, with one schema (``docs/reference/resolved-config.schema.json``). Equal
configurations give equal text, so that a store keeps each once. Names are sorted; the order inside a value is kept, for
it can mean something to a model (the properties of a JSON schema do).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from thence.markup import table
from thence.params.display import display, shown
from thence.params.exact import decode, encode, same
from thence.params.names import BESIDE_THE_BODY
from thence.params.source import ABSENT, BUILT_IN, Candidate, Parameter, ParameterSource

__all__ = ["FORMAT", "ResolvedConfig"]

FORMAT: Final = 1  # of the serialised form

_STORIES: Final = ("asked", "sent", "used")
_KNOWN: Final = frozenset(source.name for source in BUILT_IN)


class ResolvedConfig(Mapping[str, Parameter]):
    """The parameters of one call, sorted by name. Immutable; equal where every detail is equal.

    The methods that select give a :class:`ResolvedConfig` again, so ``config.explicit().to_dict()`` reads well.

    Args:
        parameters: in any order; of two with one name the later stands.
    """

    __slots__ = ("_members", "_text")

    def __init__(self, parameters: Iterable[Parameter] = ()) -> None:
        self._members = {p.name: p for p in sorted(parameters, key=lambda p: p.name)}
        self._text: str | None = None

    def __getitem__(self, name: str) -> Parameter:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __eq__(self, other: object) -> bool:
        return self.to_json() == other.to_json() if isinstance(other, ResolvedConfig) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        return f"<ResolvedConfig {', '.join(self._members) or 'empty'}>"

    def __str__(self) -> str:
        return self.display()

    def _repr_html_(self) -> str:
        ordered = sorted(self.values(), key=lambda p: (p.source, p.name))
        rows = ((p.name, shown(p.value), p.source.name, p.origin or "", _notes(p)) for p in ordered)
        return table(("parameter", "value", "source", "origin", ""), rows)

    def source_of(self, name: str) -> ParameterSource | None:
        """Where the value of ``name`` came from; None where the call has no such parameter."""
        found = self._members.get(name)
        return found.source if found else None

    def get_provenance(self, name: str) -> Parameter | None:
        """The whole story of ``name``; None where the call has no such parameter."""
        return self._members.get(name)

    def get_parameters_by_source(self, source: ParameterSource) -> ResolvedConfig:
        """The parameters whose value came from ``source``."""
        return self._only(lambda p: p.source == source)

    def to_dict(self) -> dict[str, Any]:
        """Plain values: what the call ran with, what the provider added included, what was dropped left out."""
        return {name: p.effective for name, p in self._members.items() if p.effective is not ABSENT}

    def wire(self) -> dict[str, Any]:
        """Plain values: what was sent in the body, and nothing else."""
        sent = {name: p.sent for name, p in self._members.items() if p.sent is not ABSENT}
        return {name: value for name, value in sent.items() if name not in BESIDE_THE_BODY}

    def explicit(self) -> ResolvedConfig:
        """What the program's own code set: at the call, by decorator, session, client, or an override."""
        return self._only(lambda p: p.source < ParameterSource.ENV)

    def non_default(self) -> ResolvedConfig:
        """What comes from no preset, SDK or provider: somebody chose it for this program or this run."""
        return self._only(lambda p: p.source < ParameterSource.PRESET)

    def overrides(self) -> dict[str, Any]:
        """Plain values: what goes into a file to get this run again. The rest, the SDK and the provider add."""
        sent = self._only(lambda p: p.sent is not ABSENT and p.source < ParameterSource.SDK)
        return {name: p.sent for name, p in sent.items()}

    def get_non_default_parameters(self) -> ResolvedConfig:
        """The same as :meth:`non_default`."""
        return self.non_default()

    def get_overrides(self) -> dict[str, Any]:
        """The same as :meth:`overrides`."""
        return self.overrides()

    def to_summary_dict(self) -> dict[str, dict[str, Any]]:
        """Value and source of each parameter, as plain JSON data."""
        return {name: {"value": encode(p.value), "source": p.source.name} for name, p in self._members.items()}

    def display(self, *, everything: bool = False, width: int = 80) -> str:
        """Compact text, grouped by source. What is default is only counted, unless ``everything``."""
        if everything:
            return display(self._members.values(), width)
        told = self.non_default()
        others = Counter(p.source for name, p in self._members.items() if name not in told)
        counted = ", ".join(f"{count} {source.name}" for source, count in sorted(others.items()))
        return "\n".join(filter(None, (display(told.values(), width), counted and f"not shown: {counted}"[:width])))

    def to_json(self) -> str:
        """The one stored form: ASCII, no spaces, exact (:mod:`thence.params.exact`)."""
        if self._text is None:
            document: dict[str, Any] = {"format": FORMAT}
            ranks = {s.name: s.rank for p in self._members.values() for s in _sources(p) if s.name not in _KNOWN}
            if ranks:
                document["ranks"] = dict(sorted(ranks.items()))
            document["parameters"] = {name: _dump(p) for name, p in self._members.items()}
            self._text = json.dumps(document, separators=(",", ":"), allow_nan=False)
        return self._text

    @classmethod
    def from_json(cls, text: str | bytes) -> ResolvedConfig:
        """The configuration that :meth:`to_json` wrote.

        Raises:
            ValueError: the text is none, or was written by a newer Thence.
        """
        try:
            document = json.loads(text)
            if document["format"] > FORMAT:
                raise ValueError(f"format {document['format']} is newer than {FORMAT}")
            ranks = document.get("ranks", {})
            return cls(_load(name, entry, ranks) for name, entry in document["parameters"].items())
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no stored configuration: {error!r}") from error

    def _only(self, wanted: Callable[[Parameter], bool]) -> ResolvedConfig:
        return ResolvedConfig(p for p in self._members.values() if wanted(p))


def _sources(parameter: Parameter) -> Iterator[ParameterSource]:
    yield parameter.source
    yield from (candidate.source for candidate in parameter.shadowed)


def _dump(p: Parameter) -> dict[str, Any]:
    """One parameter. Absent is a member left out; ``same`` names the values that are ``value`` again."""
    entry: dict[str, Any] = {"value": encode(p.value), "source": p.source.name, "state": p.state}
    if p.origin is not None:
        entry["origin"] = p.origin
    alike = []
    for story in _STORIES:
        told = getattr(p, story)
        if told is not ABSENT:
            if same(told, p.value):
                alike.append(story)
            else:
                entry[story] = encode(told)
    if alike:
        entry["same"] = alike
    if p.change is not None:
        entry["change"] = p.change
    if p.alias is not None:
        entry["alias"] = p.alias
    if p.shadowed:
        entry["shadowed"] = [_dump_candidate(candidate) for candidate in p.shadowed]
    return entry


def _dump_candidate(candidate: Candidate) -> dict[str, Any]:
    entry = {"source": candidate.source.name, "value": encode(candidate.value)}
    return entry if candidate.origin is None else {**entry, "origin": candidate.origin}


def _load(name: str, entry: Mapping[str, Any], ranks: Mapping[str, int]) -> Parameter:
    value = decode(entry["value"])
    alike = entry.get("same", ())
    asked, sent, used = (
        value if story in alike else decode(entry[story]) if story in entry else ABSENT for story in _STORIES
    )
    return Parameter(
        name,
        value,
        _source(entry["source"], ranks),
        entry.get("origin"),
        tuple(
            Candidate(_source(each["source"], ranks), each.get("origin"), decode(each["value"]))
            for each in entry.get("shadowed", ())
        ),
        asked=asked,
        sent=sent,
        used=used,
        change=entry.get("change"),
        state=entry["state"],
        alias=entry.get("alias"),
    )


def _source(name: str, ranks: Mapping[str, int]) -> ParameterSource:
    """A source by its stored name; a plug-in's rank was stored beside, the built-in ones are known."""
    return ParameterSource[name] if name in _KNOWN else ParameterSource.stored(name, ranks[name])


def _notes(p: Parameter) -> str:
    """What a parameter's value stands over, and how it differs from what was asked, sent and used."""
    over = [
        f"over {shown(each.value)} ({each.source.name} {each.origin or ''})".replace(" )", ")") for each in p.shadowed
    ]
    stories = [
        f"{name} {shown(said)}" for name, said in (("asked", p.asked), ("used", p.used)) if _differs(said, p.value)
    ]
    return "; ".join([*([p.change] if p.change else []), *over, *stories])


def _differs(said: Any, value: Any) -> bool:
    return said is not ABSENT and not same(said, value)
