"""Rounds: each in a process of its own, forked from one with the SDKs imported, and ended with all that it started."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import certifi
from tests.torture.place import Place, Skip
from tests.torture.provider import provider
from tests.torture.trial import Trial

__all__ = ["Rig", "Round", "rig"]

PRELOADED = ["tests.torture.preloaded"]


@dataclass
class Round:
    """How one round went. ``broken`` are the promises that did not hold, as text."""

    trial: str
    seed: int
    told: int = 0
    kept: int = 0
    kills: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    skipped: str = ""
    broken: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Rig:
    """What all rounds share: the process that they are forked from, the provider, an empty store, a folder."""

    context: Any
    folder: Path
    template: Path
    url: str
    short: bool
    keep: bool = False

    def play(self, trial: Trial, seed: int) -> Round:
        """One round, from its beginning to the end of everything that it has started."""
        folder = Path(tempfile.mkdtemp(prefix=f"{trial.name}-{seed}-", dir=self.folder))
        folder.chmod(0o755)
        place = Place(folder, self.template, self.url, seed, self.short)
        ours, theirs = self.context.Pipe(duplex=False)
        process = self.context.Process(target=_play, args=(trial.run, place, theirs))
        began = time.monotonic()
        process.start()
        theirs.close()
        result = Round(trial.name, seed)
        try:
            if ours.poll(trial.patience):
                vars(result).update(ours.recv())
            else:
                result.broken = [f"hang: no end in {trial.patience:.0f} s"]
        except EOFError:
            result.broken = ["round: it ended without a word"]
        finally:
            _end(process.pid)
            process.join()
        result.seconds = time.monotonic() - began
        subprocess.run(["umount", "--lazy", "--quiet", str(folder / "small")], check=False, capture_output=True)
        if result.broken and self.keep:
            result.broken.append(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
        return result


def _end(leader: int | None) -> None:
    try:
        os.killpg(leader or 0, signal.SIGKILL)
    except ProcessLookupError:
        return


def _play(run: Any, place: Place, told: Connection) -> None:
    """In a round's own process."""
    os.setpgid(0, 0)
    os.chdir(place.folder)
    os.environ["HOME"] = os.environ["XDG_STATE_HOME"] = str(place.folder)
    skipped = ""
    try:
        run(place)
    except Skip as reason:
        skipped = str(reason)
    except BaseException:
        place.fail("round", traceback.format_exc())
    said = place.said()
    told.send(
        {
            "told": place.told,
            "kept": place.kept,
            "kills": place.kills,
            "cpu": sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)),
            "figures": place.figures,
            "skipped": skipped,
            "broken": [*map(str, place.broken), *([f"stderr: {said[-2000:]}"] if place.broken and said else [])],
        }
    )
    told.close()


def _make(template: str) -> None:
    from thence.store import open_store

    open_store(template).close()


@contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="thence-torture-"))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def rig(*, short: bool, keep: bool = False) -> Iterator[Rig]:
    """Everything that rounds need. ``keep``: the folders of rounds that failed stay."""
    with _folder(keep=keep) as folder:
        folder.chmod(0o755)
        _surroundings(folder)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        template = folder / "template.db"
        maker = context.Process(target=_make, args=(str(template),))
        maker.start()
        maker.join()
        with provider(context) as url:
            yield Rig(context, folder, template, url, short, keep)


def _surroundings(folder: Path) -> None:
    """No variable of Thence's own, and one certificate instead of two hundred for each client to load."""
    for variable in [name for name in os.environ if name.startswith("THENCE_")]:
        del os.environ[variable]
    first = Path(certifi.where()).read_text(encoding="utf-8").partition("-----END CERTIFICATE-----")
    one = folder / "one.pem"
    one.write_text(first[0] + first[1] + "\n", encoding="utf-8")
    os.environ["SSL_CERT_FILE"] = str(one)
