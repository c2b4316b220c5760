"""A page's document as HTML. What a model or a caller wrote is text here: escaped, control characters written out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from thence.params.display import shown
from thence.params.exact import encode
from thence.prices import dollars
from thence.reading.values import LETTERS, elapsed, narrow
from thence.reading.visible import visible
from thence.web.page import Page

__all__ = ["Link", "as_json", "body_of", "rendered", "static_file", "static_link", "url"]

Link = Callable[..., str]
"""Gives the address of a page: ``link("call", rev="HEAD")``."""

_WIDEST: Final = 10_000
_QUOTED: Final = re.compile(r"(?<!\S)`([^`\s]+)`(?=[\s,.:;?]|\Z)")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,60}")


def rendered(page: Page, document: Mapping[str, Any], link: Link, frame: Mapping[str, Any]) -> str:
    """The page.

    Args:
        page: which.
        document: what it shows.
        link: where other pages are.
        frame: what stands around it: ``pages`` of the menu, ``tract``, ``given`` (the URL's), ``json_at``.
    """
    told = {**document, "page": page, "link": link, "frame": frame}
    return environment().get_template(f"{page.name}.html").render(told)


def body_of(page: Page, document: Mapping[str, Any], link: Link, frame: Mapping[str, Any]) -> Markup:
    """What stands in the middle of a page, without the frame around it. The arguments are those of :func:`rendered`."""
    template = environment().get_template(f"{page.name}.html")
    told = {**document, "page": page, "link": link, "frame": frame}
    told["parts"] = environment().get_template("parts.html").make_module(told)
    return Markup("".join(template.blocks["main"](template.new_context(told))))  # noqa: S704 - it is escaped


def as_json(document: Any) -> bytes:
    """A document as JSON in ASCII: no reader obeys it, no encoding loses it."""
    return json.dumps(encode(document), indent=1).encode("ascii")


def url(name: str, tract: str = "", **given: Any) -> str:
    """The address of a page on its server."""
    said = {key: value for key, value in {**given, "tract": tract}.items() if value not in (None, "")}
    return f"/{name}" + (f"?{urlencode(said, errors='surrogatepass')}" if said else "")


@cache
def static_file(name: str) -> bytes:
    """A file of ``static/``.

    Raises:
        FileNotFoundError: there is none.
    """
    if not _NAME.fullmatch(name):
        raise FileNotFoundError(name)
    return files("thence.web").joinpath("static").joinpath(name).read_bytes()


@cache
def static_link(name: str) -> str:
    """The address of a file of ``static/``; another one when it changes."""
    return f"/static/{name}?{hashlib.sha256(static_file(name)).hexdigest()[:12]}"


@cache
def environment() -> Environment:
    """Jinja2's, with the filters that templates use."""
    made = Environment(
        loader=PackageLoader("thence.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_written,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "value": _value,
        "elapsed": elapsed,
        "json": _json,
        "count": _count,
        "letter": _letter,
        "prose": _prose,
    }
    made.filters |= {"clock": _clock, "day": _day, "place": _place, "dollars": _dollars, "moment": _moment}
    made.globals |= {"static": static_link, "letters": LETTERS}
    return made


def _written(value: Any) -> Any:
    """What stands in a page: nothing for none, and text with every control character written out."""
    if value is None:
        return ""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value)


def _value(of: Any, width: int = _WIDEST) -> str:
    """A parameter's value as one line of JSON."""
    return shown(narrow(of) if type(of) is float else of, width)


def _json(of: Any) -> str:
    """Any data as indented JSON that can be read: letters of any language as they are."""
    return json.dumps(encode(of), indent=2, ensure_ascii=False)


def _count(of: int | None) -> str:
    return "" if of is None else f"{of:,}"


def _letter(source: str) -> str:
    return LETTERS.get(source, "+")


def _prose(told: str | None) -> Markup:
    """A message to people: a word of it between backticks is code."""
    pieces = _QUOTED.split(visible(told or ""))
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(piece) if at % 2 else piece for at, piece in enumerate(pieces))


def _place(origin: str | None) -> str:
    """An origin; paths below the working directory relative to it, as on the command line."""
    return (origin or "").removeprefix(f"{Path.cwd()}/")


def _clock(moment: str) -> str:
    """The time of day of a moment in ISO form, here."""
    return datetime.fromisoformat(moment).astimezone().strftime("%H:%M:%S")


def _dollars(of: float | None) -> str:
    return "" if of is None else dollars(Decimal(str(of)))


def _moment(at: str, every: str) -> str:
    """The beginning of a span of time, on the clock that it was cut by, as exactly as the span is long."""
    form = {"minute": "%H:%M", "hour": "%-d %b %H:%M", "6 hours": "%-d %b %H:%M"}.get(every, "%-d %b %Y")
    return datetime.fromisoformat(at).strftime(form)


def _day(moment: str) -> str:
    """The day of a moment in ISO form, here."""
    return datetime.fromisoformat(moment).astimezone().strftime("%A, %-d %B %Y")
