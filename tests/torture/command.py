"""The command line, the order of rounds, and what is printed and written down."""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timezone
from pathlib import Path

from tests.torture.faults import FAULTS
from tests.torture.loads import LOADS
from tests.torture.rounds import Rig, Round, rig
from tests.torture.tally import Tally
from tests.torture.trial import SLOW, Trial

__all__ = ["main"]

ALL = (*FAULTS, *LOADS)
SHORT_SEED = 4600
MEASURED = 3  # times at most that a round which measures time is played


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 where a promise did not hold."""
    options = _options().parse_args(arguments)
    if options.list:
        for trial in ALL:
            print(f"{trial.name:22} {trial.done}")
        return 0
    named = {*options.fault, *options.load}
    unknown = named - {trial.name for trial in ALL}
    if unknown:
        print(f"no such fault or load: {', '.join(sorted(unknown))}; see --list", file=sys.stderr)
        return 2
    trials = [trial for trial in ALL if not named or trial.name in named]
    first = _first(options)
    once = options.seed is not None and not options.rounds
    began = time.monotonic()
    print(f"seed {first}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with rig(short=options.short, keep=options.keep) as made:
        tallies = _play_all(made, trials, first, once, options)
    report = _report(tallies, first, options.short, time.monotonic() - began)
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n")
    failed = [tally for tally in tallies if tally.broken]
    print(
        f"{report['rounds']} rounds, {report['kills']} kills, {report['calls']} calls told, {report['seconds']:.0f} s"
    )
    for tally in failed:
        for round_ in tally.broken[:3]:
            print(f"\n{round_.trial}: python -m tests.torture --fault {round_.trial} --seed {round_.seed}")
            print("  " + "\n  ".join("\n".join(round_.broken[:6]).splitlines()[:60]))
    return 1 if failed else 0


def _first(options: argparse.Namespace) -> int:
    """The first round's seed. The short form's is always the same: integration is no place for surprises."""
    if options.seed is not None:
        return int(options.seed)
    return SHORT_SEED if options.short else random.SystemRandom().randrange(1_000_000)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--fault", action="append", default=[], metavar="NAME", help="only this one; may be repeated")
    parser.add_argument("--load", action="append", default=[], metavar="NAME", help="likewise")
    parser.add_argument("--seed", type=int, help="one round of each, with this seed; with --rounds, the first of them")
    parser.add_argument("--short", action="store_true", help="the short form")
    parser.add_argument("--rounds", type=int, help="so many of each")
    parser.add_argument("--lanes", type=int, default=os.cpu_count() or 1, help="rounds at a time")
    parser.add_argument("--minutes", type=float, default=50, help="begin no round after so many")
    parser.add_argument("--keep", action="store_true", help="leave the folders of rounds that failed")
    parser.add_argument("--json", metavar="FILE", help="where the result is written")
    parser.add_argument("--list", action="store_true", help="print what there is")
    return parser


def _play_all(made: Rig, trials: Sequence[Trial], first: int, once: bool, options: argparse.Namespace) -> list[Tally]:
    """Those that may run beside each other, the large ones first; then, one by one, those that measure time."""
    tallies = {trial.name: Tally(trial, 1 if once else _rounds(trial, options)) for trial in trials}
    lock = threading.Lock()

    def play(trial: Trial, seed: int) -> None:
        if time.monotonic() > until:
            return  # what was played counts; the number of rounds says how much that is
        result: Round = made.play(trial, seed)
        with lock:
            tallies[trial.name].add(result)

    together = [trial for trial in trials if not trial.alone]
    jobs = [(trial, first + number) for trial in together for number in range(tallies[trial.name].wanted)]
    random.Random(first).shuffle(jobs)
    jobs.sort(key=lambda job: job[0].rounds > 1)
    until = time.monotonic() + options.minutes * 60
    with ThreadPoolExecutor(options.lanes) as pool:
        for done in as_completed([pool.submit(play, *job) for job in jobs]):
            done.result()
    for trial in trials:
        if trial.alone:
            for number in range(tallies[trial.name].wanted):
                tallies[trial.name].add(_measured(made, trial, first + number))
    for tally in tallies.values():
        tally.show()
    return [tallies[trial.name] for trial in trials]


def _measured(made: Rig, trial: Trial, seed: int) -> Round:
    """A round that measures time, again where it was too slow and that alone: a busy machine is not so three times."""
    for _ in range(MEASURED):
        result = made.play(trial, seed)
        if {said.partition(":")[0] for said in result.broken if not said.startswith("stderr")} != {SLOW}:
            break
        print(f"{trial.name}: {result.broken[0]}", flush=True)
    return result


def _rounds(trial: Trial, options: argparse.Namespace) -> int:
    if options.rounds:
        return int(options.rounds)
    return trial.short if options.short else trial.rounds


def _report(tallies: Sequence[Tally], seed: int, short: bool, seconds: float) -> dict[str, object]:
    return {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "form": "short" if short else "full",
        "seed": seed,
        "seconds": round(seconds, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "rounds": sum(tally.played for tally in tallies),
        "calls": sum(tally.told for tally in tallies),
        "kills": sum(tally.kills for tally in tallies),
        "trials": [tally.document() for tally in tallies],
    }
