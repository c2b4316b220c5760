"""The provider SDKs' own tests, plain and with every client wrapped: the same pass, and the same requests are sent.

Run: ``python -m tests.upstream.run [SUITE ...] [--full] [--mode fixture|construct|both] [--short]``.

A suite is run plain (once: the outcome is kept) and then wrapped: ``fixture`` wraps the clients that the suite's
fixtures give, ``construct`` every client that a test makes. A test that passes plain and fails wrapped is *broken*. In
construct mode every request that reaches the mock server must be on record. ``--short`` runs the construct mode only,
and plain only what failed in it; what failed wrapped alone is run wrapped once more.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.upstream import compare, environment
from tests.upstream.mock import HEALTH, REQUEST_ID
from tests.upstream.suites import SUITES, Suite

PLUGINS = ("pytest_asyncio.plugin", "anyio.pytest_plugin", "xdist.plugin", "pytest_timeout")
OWN_PLUGINS = ("upstream_loopback", "upstream_wrapping", "upstream_outcomes")
# WebSocket sessions take minutes and no wrapped call is in them.
NOT_CORE = "--ignore-glob=tests/lib/responses/test_websocket_*"


@dataclass(frozen=True)
class Options:
    """What the command line asked for."""

    full: bool
    workers: int
    verbose: bool
    again: bool


@dataclass(frozen=True)
class Run:
    """One run of one suite: what happened to the tests, on the wire, and in the store."""

    outcomes: dict[str, compare.Outcome]
    requests: Counter[compare.Request]
    recorded: Counter[tuple[str, str]]

    def __str__(self) -> str:
        ended = Counter(outcome.outcome for outcome in self.outcomes.values())
        touched = sum(outcome.wrapped for outcome in self.outcomes.values())
        seconds = sum(outcome.seconds for outcome in self.outcomes.values())
        said = f"{ended['passed']} passed, {ended['failed']} failed, {self.requests.total()} requests, {seconds:.0f} s"
        return said + (f"; {touched} tests with a wrapped client, {self.recorded.total()} recorded" if touched else "")


@contextmanager
def served(python: Path, suite: Suite, log: Path) -> Iterator[str]:
    """A mock server of the suite's SDK; its ``host:port``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(python), "-m", "tests.upstream.mock", suite.package, str(port), str(log)]
    with log.with_suffix(".mock.log").open("w") as said:
        server = subprocess.Popen(command, cwd=environment.ROOT, stdout=said, stderr=said)
    place = f"127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://{place}{HEALTH}", timeout=5)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield place
    finally:
        server.terminate()
        server.wait()


def run(suite: Suite, mode: str, options: Options, tests: Sequence[str] = ()) -> Run:
    """Run a suite, or some of its tests, in ``mode``; ``plain`` wraps nothing."""
    python, tree = environment.interpreter(suite), environment.tree(suite)
    part = "some" if tests else "full" if options.full else "core"
    out = environment.folder() / "results" / f"{suite.name}-{suite.version}-{part}-{mode}"
    if mode == "plain" and not tests and (out / "outcomes.json").exists() and not options.again:
        return Run(compare.outcomes(out / "outcomes.json"), compare.requests(out / "requests"), Counter())
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    log, stores = out / "requests", out / "stores"
    stores.mkdir()
    with served(python, suite, log) as place, (out / "pytest.log").open("w") as said:
        variables = {
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(environment.HERE / "plugins"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "DEFER_PYDANTIC_BUILD": "false",
            "TEST_API_BASE_URL": f"http://{place}",
            "THENCE_STRICT": "1",
            "UPSTREAM_MODE": "" if mode == "plain" else mode,
            "UPSTREAM_PACKAGE": suite.package,
            "UPSTREAM_OUTCOMES": str(out / "outcomes.json"),
            "UPSTREAM_STORES": str(stores),
        }
        command = [
            str(python),
            "-m",
            "pytest",
            *_arguments(suite, options, tree),
            *(tests or _paths(suite, options, tree)),
        ]
        subprocess.run(command, cwd=tree, env={**os.environ, **variables}, stdout=said, stderr=said, check=False)
    recorded = {} if mode == "plain" else _recorded(python, stores)
    if not (out / "outcomes.json").exists():
        sys.exit(f"{suite.name} {mode}: the tests did not run; see {out / 'pytest.log'}")
    return Run(compare.outcomes(out / "outcomes.json"), compare.requests(log), Counter(recorded))


def _arguments(suite: Suite, options: Options, tree: Path) -> list[str]:
    plugins = [word for name in (*PLUGINS, *suite.plugins, *OWN_PLUGINS) for word in ("-p", name)]
    asked = ["-o", "addopts=", "-p", "no:cacheprovider", "--rootdir", str(tree), "-q", "--tb=native", "--timeout=120"]
    return [*asked, *plugins, "-n", str(options.workers), *([] if options.full else [NOT_CORE])]


def _paths(suite: Suite, options: Options, tree: Path) -> list[str]:
    if options.full:
        return ["tests"]
    return [f"tests/{path}" for path in suite.core if (tree / "tests" / path).exists()]


def _recorded(python: Path, stores: Path) -> dict[tuple[str, str], int]:
    command = [str(python), str(environment.HERE / "recorded.py"), str(stores), REQUEST_ID]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=stores)
    return {(method, path): times for method, path, times in json.loads(done.stdout)}


def judged(suite: Suite, modes: Sequence[str], options: Options) -> int:
    """Run a suite plain and wrapped, print what differs, and give the number of differences."""
    plain = run(suite, "plain", options)
    print(f"{suite.name} plain      {plain}", flush=True)
    wrong = 0
    for mode in modes:
        wrapped = run(suite, mode, options)
        lost = compare.broken(plain.outcomes, wrapped.outcomes)
        different = compare.different_requests(plain.requests, wrapped.requests)
        print(f"{suite.name} {mode:<10} {wrapped}: {len(lost)} broken, {len(different)} requests different", flush=True)
        wrong += len(lost) + len(different) + missing(mode, wrapped, options)
        report(lost, different, options)
    return wrong


def short(suite: Suite, options: Options) -> int:
    """Run a suite in construct mode, and plain only what failed there; what only failed wrapped, wrapped once more."""
    wrapped = run(suite, "construct", options)
    failed = [test for test, outcome in wrapped.outcomes.items() if outcome.outcome == "failed"]
    plain = run(suite, "plain", options, failed).outcomes if failed else {}
    lost = compare.broken(plain, wrapped.outcomes)
    if lost:  # a few of the SDKs' tests depend on the machine's pace, or on when garbage is collected
        once, suspects = lost, {test: plain[test] for test in lost}
        lost = compare.broken(suspects, run(suite, "construct", options, list(suspects)).outcomes)
        for test in once.keys() - lost.keys():
            print(f"    failed once, and passed again: {test} ({once[test]})")
    print(f"{suite.name} construct  {wrapped}: {len(lost)} broken", flush=True)
    report(lost, [], options)
    return len(lost) + missing("construct", wrapped, options)


def missing(mode: str, wrapped: Run, options: Options) -> int:
    """Say which requests no record tells of, and which records tell of none; only construct mode sees every client."""
    routes = compare.unrecorded(wrapped.requests, wrapped.recorded)
    said = list(routes.items()) if options.verbose else routes.most_common(8)
    for (method, path), times in said:
        print(f"    {'not recorded' if times > 0 else 'recorded too often'}: {abs(times)} x {method} {path}")
    return sum(abs(times) for times in routes.values() if mode == "construct" or times < 0)


def report(lost: dict[str, str], different: Sequence[str], options: Options) -> None:
    """Print the broken tests by reason, and the requests that differ."""
    for reason, tests in compare.grouped(lost.items()):
        print(f"    {len(tests):4} x {reason}")
        for test in tests if options.verbose else tests[:1]:
            print(f"           {test}")
    for line in different if options.verbose else different[:8]:
        print(f"    {line}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES), default=[])
    parser.add_argument("--full", action="store_true", help="all tests of the suites, not the core")
    parser.add_argument("--mode", choices=["fixture", "construct", "both"], default="both")
    parser.add_argument("--short", action="store_true", help="construct mode only, and plain only what failed in it")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--verbose", action="store_true", help="every test and request by name")
    parser.add_argument("--again", action="store_true", help="run plain too where its outcome is known")
    given = parser.parse_args()
    options = Options(full=given.full, workers=given.workers, verbose=given.verbose, again=given.again)
    modes = ["fixture", "construct"] if given.mode == "both" else [given.mode]
    try:
        chosen = [SUITES[name] for name in given.suites or SUITES]
        wrong = sum(short(suite, options) if given.short else judged(suite, modes, options) for suite in chosen)
    except KeyError as error:
        parser.error(f"no suite {error}; there are {', '.join(SUITES)}")
    except environment.Unavailable as error:
        print(f"skipped: the SDKs' own tests, which are on the package index ({error})")
        return
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
