"""Where a parameter's value came from.

A :class:`ParameterSource` is a member of one total order; *smaller means more explicit*, so ``source < X`` reads "more
explicit than X", as in Click. It behaves like an ``enum.IntEnum`` (names, iteration, lookup, comparison) and is none,
because an enum is closed: a plug-in layer stands *between* two sources, and :meth:`ParameterSource.register` gives it a
rank in the gap. A source is stored by its name; ranks are how this process orders them.

Four things that a value can be are kept apart everywhere: absent (:data:`ABSENT`), an explicit null (``None``), an
SDK's mark for "not given" (which is absent), and a value.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import total_ordering
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal

__all__ = [
    "ABSENT",
    "BUILT_IN",
    "Absent",
    "Candidate",
    "Change",
    "Parameter",
    "ParameterProvenance",
    "ParameterSource",
    "State",
    "is_absent",
]


class Absent(enum.Enum):
    """The type of :data:`ABSENT`: no value at all, which is not a null."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent.ABSENT

_MARKS: Final = frozenset({"NotGiven", "Omit"})


def is_absent(value: object) -> bool:
    """Whether ``value`` is :data:`ABSENT` or an SDK's mark for "not given", known by the name of its type."""
    return value is ABSENT or type(value).__name__ in _MARKS


class _Register(type):
    """Gives the class :class:`ParameterSource` the face of an enum: iteration, length, lookup, membership."""

    _members: dict[str, ParameterSource]
    _growing: threading.Lock

    def __iter__(cls) -> Iterator[ParameterSource]:
        return iter(sorted(cls._members.values()))

    def __len__(cls) -> int:
        return len(cls._members)

    def __getitem__(cls, name: str) -> ParameterSource:
        return cls._members[name]

    def __contains__(cls, item: object) -> bool:
        return isinstance(item, ParameterSource) and cls._members.get(item.name) is item

    @property
    def __members__(cls) -> Mapping[str, ParameterSource]:
        return MappingProxyType({source.name: source for source in cls})


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class ParameterSource(metaclass=_Register):
    """One place that a parameter's value can come from. Smaller is more explicit.

    Attributes:
        name: as it is stored and queried.
        rank: its place in the order; gaps are left for plug-ins.
        set_by: what puts a value there.
        origin: what is recorded as the origin of such a value.
        example: one line that does it.
    """

    name: str
    rank: int
    set_by: str = ""
    origin: str = ""
    example: str = ""

    _members: ClassVar[dict[str, ParameterSource]] = {}
    _growing: ClassVar[threading.Lock] = threading.Lock()

    OVERRIDE: ClassVar[ParameterSource]
    CALL: ClassVar[ParameterSource]
    DECORATOR: ClassVar[ParameterSource]
    SESSION: ClassVar[ParameterSource]
    CLIENT: ClassVar[ParameterSource]
    ENV: ClassVar[ParameterSource]
    CONFIG_FILE: ClassVar[ParameterSource]
    PRESET: ClassVar[ParameterSource]
    SDK: ClassVar[ParameterSource]
    PROVIDER: ClassVar[ParameterSource]

    @property
    def value(self) -> int:
        """The rank, under the name that an enum gives it."""
        return self.rank

    @classmethod
    def register(
        cls,
        name: str,
        *,
        between: tuple[ParameterSource, ParameterSource],
        set_by: str = "",
        origin: str = "",
        example: str = "",
    ) -> ParameterSource:
        """A source of a plug-in's own, ranked between two others. Registering the same again gives the same.

        Args:
            name: upper-case identifier, unlike any other source's.
            between: the next more explicit source and the next less explicit one, in either order.
            set_by: what puts a value there, for ``thence sources``.
            origin: what its layers record as origin, for ``thence sources``.
            example: one line that does it.

        Raises:
            ValueError: the name is no upper-case identifier or is taken elsewhere, or no rank is left in the gap.
        """
        above, below = sorted(between)
        if not (name.isidentifier() and name.isupper()):
            raise ValueError(f"{name!r} is no upper-case identifier")
        with cls._growing:
            known = cls._members.get(name)
            if known is not None:
                if above < known < below:
                    return known
                raise ValueError(f"{name} is registered already, with rank {known.rank}")
            taken = {source.rank for source in cls._members.values()}
            free = [rank for rank in range(above.rank + 1, below.rank) if rank not in taken]
            if not free:
                raise ValueError(f"no rank is left between {above.name} and {below.name}")
            middle = (above.rank + below.rank) / 2
            member = cls(name, min(free, key=lambda rank: abs(rank - middle)), set_by, origin, example)
            cls._members[name] = member
            return member

    @classmethod
    def stored(cls, name: str, rank: int) -> ParameterSource:
        """The source of a stored name; one that no plug-in registers here is given with the rank it was stored with."""
        return cls._members.get(name) or cls(name, rank)

    def __eq__(self, other: object) -> bool:
        return self.name == other.name if isinstance(other, ParameterSource) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, ParameterSource):
            return NotImplemented
        return (self.rank, self.name) < (other.rank, other.name)

    def __int__(self) -> int:
        return self.rank

    def __repr__(self) -> str:
        return f"ParameterSource.{self.name}"

    def __str__(self) -> str:
        return self.name

    def __copy__(self) -> ParameterSource:
        return self

    def __deepcopy__(self, _memo: object) -> ParameterSource:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return ParameterSource.stored, (self.name, self.rank)


# The chain itself. Program, documentation and `thence sources` read this one table.
_TABLE: Final = (
    (
        "OVERRIDE",
        "`thence.override(...)`, `thence run --set k=v`, a sweep; it locks: what the caller passed is shadowed",
        "who set it",
        "with thence.override(temperature=0): ...",
    ),
    (
        "CALL",
        "the arguments at the call site, `extra_body` included",
        "file:line and function",
        "client.chat.completions.create(temperature=0.2, ...)",
    ),
    (
        "DECORATOR",
        "`@thence.record(...)` and the decorated function's own keyword defaults",
        "function, file:line",
        "@thence.record(temperature=0.2)",
    ),
    ("SESSION", "`thence.session(params=...)`", "file:line", 'with thence.session(params={"temperature": 0.2}): ...'),
    ("CLIENT", "`thence.wrap(client, params=...)`", "file:line", 'thence.wrap(client, params={"temperature": 0.2})'),
    (
        "ENV",
        "`THENCE_PARAM_*`, from the environment or from `.env`",
        "the variable's name, or `.env:line`",
        "THENCE_PARAM_TEMPERATURE=0.2 python app.py",
    ),
    (
        "CONFIG_FILE",
        "`thence.toml`, or `[tool.thence]` in `pyproject.toml`; by model or endpoint where it says so",
        "file:line",
        '[params."gpt-4*"] temperature = 0.2',
    ),
    ("PRESET", "a named preset", "file:line and preset", "[presets.precise] temperature = 0.2"),
    (
        "SDK",
        "the SDK or LiteLLM, which put it on the wire although nobody asked",
        "package and version",
        'openai adds encoding_format="base64"',
    ),
    (
        "PROVIDER",
        "the provider: absent from the request, and its answer says which value it used",
        "field of the response",
        '{"temperature": 1.0} in an answer of /v1/responses',
    ),
)

for _rank, (_name, _set_by, _origin, _example) in enumerate(_TABLE, start=1):
    _source = ParameterSource(_name, 100 * _rank, _set_by, _origin, _example)
    ParameterSource._members[_name] = _source
    setattr(ParameterSource, _name, _source)

BUILT_IN: Final = tuple(ParameterSource)
"""The sources of Thence itself, most explicit first."""


Change = Literal["filled", "renamed", "rewritten", "dropped", "resolved"]
State = Literal["sent", "null", "dropped", "server"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that one layer offered, and that a more explicit layer shadowed."""

    source: ParameterSource
    origin: str | None
    value: Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """One generation setting of one call, and its whole story.

    Attributes:
        name: as on the wire; a member of ``extra_body`` stands under its own name.
        value: the value on the wire where there is one; else the value that was asked for and dropped; else the value
            that the provider says it used.
        source: which layer it came from.
        origin: where in that layer: ``file:line``, a variable's name, a package and its version, a response field.
        shadowed: what less explicit layers offered, most explicit first.
        asked: what the winning layer asked for; :data:`ABSENT` where no layer asked.
        sent: what stood on the wire; :data:`ABSENT` where nothing did.
        used: what the provider's answer says it used; :data:`ABSENT` where it says nothing.
        change: how asked, sent and used differ. ``filled``: sent, and nobody asked. ``renamed``: asked under another
            name. ``rewritten``: another value was sent than was asked. ``dropped``: asked and not sent. ``resolved``:
            sent, and the provider used another value. None: they agree.
        state: ``sent``; ``null``: sent as an explicit null; ``dropped``: asked, not on the wire under this name;
            ``server``: known only from the provider's answer.
        alias: the other name of a renamed parameter: the asked one where this is the sent one, and the reverse.
    """

    name: str
    value: Any
    source: ParameterSource
    origin: str | None = None
    shadowed: tuple[Candidate, ...] = ()
    asked: Any = ABSENT
    sent: Any = ABSENT
    used: Any = ABSENT
    change: Change | None = None
    state: State = "sent"
    alias: str | None = None

    @property
    def effective(self) -> Any:
        """What the call ran with: the value sent, else the one the provider used, else :data:`ABSENT`."""
        return self.sent if self.sent is not ABSENT else self.used


ParameterProvenance = Parameter
