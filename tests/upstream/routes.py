"""The routes that an SDK knows, read off its own source: no OpenAPI specification is needed.

Every resource method says where it goes and what comes back: ``self._post("/v1/…", cast_to=T, stream_cls=Stream[E])``.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

__all__ = ["Route", "routes_of"]

_VERBS = {
    "_post": "POST",
    "_get": "GET",
    "_put": "PUT",
    "_patch": "PATCH",
    "_delete": "DELETE",
    "_get_api_list": "GET",
}


@dataclass(frozen=True)
class Route:
    """One method and path, with the type of the answer and of a stream's events."""

    method: str
    path: re.Pattern[str]
    beta: bool
    answer: Any
    parameters: int
    event: Any = None


def routes_of(package: str) -> list[Route]:
    """Every route of the resources of ``package``."""
    resources = importlib.import_module(f"{package}.resources")
    names = [module.name for module in pkgutil.walk_packages(resources.__path__, f"{resources.__name__}.")]
    return [route for name in names for route in _routes_in(importlib.import_module(name))]


def _routes_in(module: ModuleType) -> Iterator[Route]:
    for cls in ast.parse(inspect.getsource(module)).body:
        if isinstance(cls, ast.ClassDef) and not cls.name.startswith("Async"):
            for node in ast.walk(cls):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _VERBS:
                    route = _route(module, node, node.func.attr)
                    if route is not None:
                        yield route


def _route(module: ModuleType, call: ast.Call, verb: str) -> Route | None:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    cast_to = given.get("page" if verb == "_get_api_list" else "cast_to")
    text = ast.unparse(call)
    path = _path(call.args[0]) if call.args else None
    if path is None and "results_url" in text:
        path = "/v1/messages/batches/{}/results"
    if not path or cast_to is None:
        return None
    try:
        answer = _evaluated(module, cast_to)
    except NameError as error:  # a local name: a generic helper, not a route
        print(f"no type for {path} of {module.__name__}: {error}", file=sys.stderr)
        return None
    base, _, query = path.partition("?")
    beta = "beta=true" in query or "'beta': 'true'" in text
    pattern = re.compile("^" + re.escape(base).replace(r"\{\}", "[^/]+") + "$")
    return Route(_VERBS[verb], pattern, beta, answer, base.count("{}"), _event(module, given.get("stream_cls")))


def _path(node: ast.expr) -> str | None:
    """The path's text, with ``{}`` for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.Call) and node.args:
        text = _path(node.args[0])
        return None if text is None else re.sub(r"\{\w*\}", "{}", text)
    return None


def _evaluated(module: ModuleType, node: ast.expr) -> Any:
    return eval(ast.unparse(node), {**vars(module), "response_format": "json"})


def _event(module: ModuleType, node: ast.expr | None) -> Any:
    if node is None:
        return None
    try:
        return typing.get_args(_evaluated(module, node))[0]
    except (NameError, IndexError):
        return None
