"""Who may come in: this machine, under its own names, with the token; and no GET changes anything."""

from __future__ import annotations

import hashlib
import sqlite3
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.web.conftest import TOKEN, Site, served
from tests.web.payloads import PAYLOADS

from thence.cli import app
from thence.web.doors import Doors, is_loopback
from thence.web.pages import PAGES

SESSION = {"Authorization": f"Bearer {TOKEN}"}
PATHS = [f"/{page.name}{form}" for page in PAGES for form in ("", ".json")]

STRANGERS = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "localhost",
    "localhost.evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "127.0.0.1:{port}@evil.example",
    "evil.example#127.0.0.1:{port}",
    "0.0.0.0:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "127.0.0.1:{port}0",
]


@pytest.mark.parametrize("host", STRANGERS)
def test_another_name_is_not_answered(site: Site, host: str) -> None:
    assert site.ask("/log", {"Host": host.format(port=site.port), **SESSION}).status == 421


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LocalHost:{port}", "[::1]:{port}"])
def test_its_own_names_are(site: Site, host: str) -> None:
    assert site.ask("/log", {"Host": host.format(port=site.port), **SESSION}).status == 200


CAUSED = [
    ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, 200),
    ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200),  # a link
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, 403),
    ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403),  # another port
]


@pytest.mark.parametrize(("caused", "status"), CAUSED)
def test_what_another_site_causes_is_not_answered(site: Site, caused: dict[str, str], status: int) -> None:
    assert site.ask("/log.json", {**caused, **SESSION}).status == status


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1"]
)
def test_a_token_comes_from_a_page_of_ours(site: Site, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin.format(port=site.port)}
    answer = site.ask("/session", headers, method="POST", body=TOKEN)
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


def entered(site: Site, token: str) -> tuple[int, str]:
    answer = site.ask("/session", {"Origin": f"http://127.0.0.1:{site.port}"}, method="POST", body=token)
    return answer.status, answer.headers.get("set-cookie", "")


def test_a_token_is_exchanged_for_a_cookie_that_no_script_reads(site: Site) -> None:
    status, cookie = entered(site, TOKEN)
    assert status == 204
    value, *attributes = cookie.split("; ")
    assert {each.lower() for each in attributes} == {"httponly", "path=/", "samesite=strict"}
    assert TOKEN not in value
    assert site.ask("/log", {"Cookie": value}).status == 200
    assert site.ask("/log", {"Cookie": f"{value}x"}).status == 401


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], f"{TOKEN}x", "é" * 10, "x" * 900, "x" * 5000])
def test_another_token_opens_nothing(site: Site, token: str) -> None:
    status, cookie = entered(site, token)
    assert status in (403, 413)
    assert cookie == ""


@pytest.mark.parametrize("path", PATHS)
def test_without_a_session_a_page_says_nothing_of_the_record(site: Site, path: str) -> None:
    answer = site.ask(path)
    assert answer.status == 401
    assert "gpt-4o" not in answer.text
    assert "colour" not in answer.text


@pytest.mark.parametrize("given", ["Basic x", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}"])
def test_only_the_token_is_taken_for_it(site: Site, given: str) -> None:
    assert site.ask("/log", {"Authorization": given}).status == 401


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POST"])
@pytest.mark.parametrize("path", ["/log", "/", "/static/thence.js", "/session"])
def test_other_methods_are_refused(site: Site, method: str, path: str) -> None:
    answer = site.ask(path, {**SESSION, "Origin": f"http://127.0.0.1:{site.port}"}, method=method)
    assert answer.status in (403, 405)


@pytest.mark.parametrize("path", ["/", "/log", "/log.json", "/nothing", "/static/thence.css", "/static/nothing"])
def test_every_answer_tells_browsers_what_may_run(site: Site, path: str) -> None:
    for headers in ({}, SESSION, {"Host": "evil.example"}):
        answer = site.ask(path, headers)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "name", ["..%2f..%2fapp.py", "../app.py", "..%5capp.py", "%2e%2e/app.py", ".hidden", "%00", "app.py", "a" * 3000]
)
def test_only_static_files_are_given(site: Site, name: str) -> None:
    assert site.ask(f"/static/{name}", SESSION).status == 404


def test_no_get_changes_anything(history: Path) -> None:
    with served(history) as own:
        before = contents(history)
        for path in PATHS:
            for given in ("", "?q=status%3Dfailed", "?rev=HEAD", "?a=HEAD&b=HEAD~1", "?rev=HEAD&to=openai"):
                own.ask(path + given, SESSION)
        assert contents(history) == before


def contents(store: Path) -> str:
    """All that a store says."""
    connection = sqlite3.connect(store)
    told = hashlib.sha256("\n".join(connection.iterdump()).encode("utf-8", "surrogatepass")).hexdigest()
    connection.close()
    return told


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes: what text alone can't change."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[tuple[str, tuple[str, ...]]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add((tag, tuple(sorted(name for name, _ in attrs))))


def shape(text: str) -> set[tuple[str, tuple[str, ...]]]:
    parser = Shape()
    parser.feed(text)
    return parser.tags


REFLECTED = [("log", "q"), ("log", "branch"), ("log", "before"), ("log", "tract"), ("call", "rev"), ("diff", "a")]


@pytest.mark.parametrize(("name", "parameter"), REFLECTED)
def test_what_an_address_says_is_text(site: Site, name: str, parameter: str) -> None:
    plain: set[tuple[str, tuple[str, ...]]] = set()
    for harmless in ("nothing", "nothing =", "nothing = 1", "0000", '"'):
        plain |= shape(site.page(name, **{parameter: harmless}).text)
    for payload in PAYLOADS:
        answer = site.page(name, **{parameter: payload})
        assert answer.status < 500
        assert shape(answer.text) <= plain, payload


def test_a_session_is_one_servers_own(site: Site, history: Path) -> None:
    _, cookie = entered(site, TOKEN)
    with served(history) as other:
        assert other.ask("/log", {"Cookie": cookie.partition(";")[0]}).status == 401


def test_what_the_browser_is_started_with_opens_one_session(site: Site) -> None:
    token = site.doors.url_once().partition("#")[2]
    assert token != site.doors.token
    assert entered(site, token)[0] == 204
    assert entered(site, token)[0] == 403


LOOPBACK = [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True)]
PUBLIC = [("0.0.0.0", False), ("::", False), ("192.168.1.7", False), ("8.8.8.8", False), ("example.org", False)]


@pytest.mark.parametrize(("host", "expected"), [*LOOPBACK, *PUBLIC])
def test_which_addresses_are_this_machine_alone(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(("token", "said"), [("", "set THENCE_UI_TOKEN"), ("short", "shorter than 32 characters")])
def test_a_public_address_is_refused_without_a_token(token: str, said: str) -> None:
    done = CliRunner(env={"THENCE_UI_TOKEN": token}).invoke(app, ["ui", "--host", "0.0.0.0", "--no-open"])
    assert done.exit_code == 2
    assert said in done.output


def test_tokens_are_long_and_new_each_time() -> None:
    tokens = {Doors("127.0.0.1", 1).token for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 43


def test_a_session_outlives_its_server_where_the_token_does() -> None:
    def cookie(token: str) -> str:
        return Doors("127.0.0.1", 8432, token).opened_by(token).headers["set-cookie"]

    assert cookie(TOKEN) == cookie(TOKEN)
    assert cookie(TOKEN) != cookie(TOKEN[::-1])
    assert TOKEN not in cookie(TOKEN)
