"""The smallest JSON value that a type of an SDK admits: what the mock server answers with."""

from __future__ import annotations

import datetime as dt
import enum
import types
import typing
from typing import Any

import pydantic

__all__ = ["smallest"]

_PLAIN: dict[Any, Any] = {
    type(None): None,
    str: "string",
    bool: True,
    int: 0,
    float: 0.0,
    dt.datetime: "2026-01-01T00:00:00Z",
    dt.date: "2026-01-01",
}
# Members whose value sends a pager or a tool runner on: a value that ends it.
_ENDING = {"has_more": False, "next_page": None, "stop_reason": "end_turn"}
_DEEP = 4
_LISTS = {"list", "Iterable", "Sequence", "Collection"}
_MARKS = {"Annotated", "Required", "NotRequired", "ReadOnly", "ClassVar"}


def smallest(kind: Any, depth: int = 0, outer: tuple[Any, ...] = ()) -> Any:
    """A value of ``kind``, an annotation; ``outer`` are the models it stands in, which end a recursion."""
    kind = _bare(kind)
    if isinstance(kind, type) and kind in _PLAIN:
        return _PLAIN[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    name = getattr(origin, "__name__", str(origin))
    if name == "Literal":
        return arguments[0]
    if origin is typing.Union or name == "UnionType":
        return _of_union(arguments, depth, outer)
    if name in _LISTS:
        ends = depth > _DEEP or (arguments and arguments[0] in outer)
        return [] if ends else [smallest(arguments[0], depth + 1, outer)]
    if origin is tuple:
        return [smallest(each, depth + 1, outer) for each in arguments if each is not Ellipsis]
    cls = origin if isinstance(origin, type) else kind
    if isinstance(cls, type) and issubclass(cls, enum.Enum):
        return next(iter(cls)).value
    if isinstance(cls, type) and issubclass(cls, pydantic.BaseModel):
        return _of_model(kind, depth, outer)
    return {}


def _bare(kind: Any) -> Any:
    """Without aliases and marks around it."""
    while True:
        if kind is None:
            return types.NoneType
        if hasattr(kind, "__value__"):
            kind = kind.__value__
        elif getattr(typing.get_origin(kind), "__name__", str(typing.get_origin(kind))) in _MARKS:
            kind = typing.get_args(kind)[0]
        elif hasattr(kind, "__metadata__"):
            kind = kind.__origin__
        else:
            return kind


def _of_union(kinds: tuple[Any, ...], depth: int, outer: tuple[Any, ...]) -> Any:
    if types.NoneType in kinds and (depth > _DEEP - 1 or any(kind in outer for kind in kinds)):
        return None
    wanted = [kind for kind in kinds if kind is not types.NoneType]
    return smallest(next((kind for kind in wanted if kind not in outer), wanted[0]), depth, outer)


def _of_model(model: Any, depth: int, outer: tuple[Any, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if model in outer and not field.is_required():
            continue
        key = field.alias or name
        made[key] = _ENDING[key] if key in _ENDING else smallest(field.annotation, depth + 1, (*outer, model))
    return made
