"""What it costs the caller that nothing secret is written: thread CPU time for clean bodies.

Prints the redactor's time for a body of 4 kB, for one of 200 kB that is seen first, and for one that continues a
conversation; then the ways of looking that were measured against each other.

    python benchmarks/redact.py [--rounds 200]
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Callable

from thence.redact import Known, Redactor
from thence.redact.kinds import FAMILIES

PREFIXES = (
    rb"sk-|AKIA|ASIA|gh[pousr]_|github_pat_|xox[abprs]-|AIza|ya29\.|[sr]k_live_|hf_|glpat-|npm_|pypi-|eyJ|-----BEGIN"
    rb"|SG\.|dapi|gsk_|xai-|pplx-|r8_|dop_v1_|shpat_|lin_api_|ntn_|hvs\.|key-|uthorization"
)
WORDS = (  # noqa: SIM905 - words
    "the of and a to in is you that it he was for on are as with his they I at be this have from or one had by word "
    "but not what all were we when your can said there use an each which she do how their if will up other about out "
    "max_tokens tool_calls get_current_weather gpt-4o-2024-08-06 call_8fZ2kQmLx0aPq3Rt9VbN7cYd https://example.org/a-b "
).split()


def conversation(size: int, seed: int = 7) -> bytes:
    """A chat request of about ``size`` bytes: words, names, ids, links, as they come in real ones."""
    source = random.Random(seed)
    messages: list[dict[str, str]] = []
    length = 0
    while length < size:
        text = " ".join(source.choices(WORDS, k=80))
        messages.append({"role": ("user", "assistant")[len(messages) % 2], "content": text + ".\n"})
        length += len(text) + 40
    return json.dumps({"messages": messages, "model": "m", "temperature": 0.2}).encode()[:size]


def microseconds(function: Callable[[bytes], object], bodies: list[bytes]) -> float:
    """Median thread CPU time of one call."""
    times = []
    for body in bodies:
        start = time.thread_time_ns()
        function(body)
        times.append(time.thread_time_ns() - start)
    return statistics.median(times) / 1000


def clean_redactor() -> Redactor:
    """A redactor that knows three values, two of which need a search of their own."""
    known = Known()
    known.learn({"api_key": "sk-" + "a1B2" * 12, "DB_PASSWORD": "correct horse battery", "SECRET": "w+J/" * 10})
    return Redactor(known=known)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    small, large = [conversation(4_000)] * rounds, [conversation(200_000)] * max(20, rounds // 10)
    redactor = clean_redactor()
    assert redactor(small[0]) is small[0]
    assert redactor(large[0]) is large[0]
    fresh = iter([clean_redactor() for _ in large])
    turns = [conversation(200_000 + 1_500 * turn) for turn in range(max(20, rounds // 10))]
    print(f"clean body of 4 kB                    {microseconds(redactor, small):9.1f} µs")
    seen_first = microseconds(lambda body: next(fresh)(body), large)  # noqa: PLW0108 - one redactor a body
    print(f"clean body of 200 kB, seen first      {seen_first:9.1f} µs")
    print(f"the next turn of a 200 kB conversation{microseconds(redactor, turns):9.1f} µs")
    header = small[0][:700]
    print(f"header of a frame, 700 bytes          {microseconds(redactor.suspects, [header] * rounds):9.1f} µs")

    def anchors(body: bytes) -> None:
        for family in FAMILIES:
            family.may_hold(body)

    one = re.compile(PREFIXES)
    literals = [literal.replace(b"\\", b"") for literal in PREFIXES.split(b"|") if b"[" not in literal]
    print("\nways to look, 4 kB and 200 kB:")
    for name, way in (
        ("an expression an anchor (used)", anchors),
        ("a find for each of 25 prefixes", lambda body: [literal in body for literal in literals]),
        ("one expression, all prefixes", one.search),
        ("runs of 20 token characters", re.compile(rb"[A-Za-z0-9_-]{20}").findall),
        ("one find (the floor)", lambda body: b"AKIA" in body),
    ):
        print(f"  {name:36}{microseconds(way, small):9.1f} µs {microseconds(way, large):11.1f} µs")


if __name__ == "__main__":
    main()
