"""Disks: full, not to be written, and stores that are changed behind the back of those who have them open."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner
from tests.torture import asking
from tests.torture.place import Place, Skip, wait_for
from tests.torture.told import told_in
from tests.torture.trial import Trial

from thence import faults
from thence.cli import app
from thence.errors import StoreError
from thence.ingest import open_store

__all__ = ["ROWS", "losses"]

NOBODY = 65534
PAUSE = 0.15  # seconds; a little longer than a writer stands by a refusal
PLAIN = (asking.Way("plain"), asking.Way("plain", stream=True))
UNKEPT = ("lost", "losses", "difference", "parents", "pending")


def small_disk(place: Place, size: str) -> Path:
    """A file system of its own, of a few hundred kilobytes.

    Raises:
        Skip: only root can make one.
    """
    small = place.folder / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", str(small)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, check=False, capture_output=True).returncode:
        raise Skip("only root can make a small disk")
    return small


def disk_full(place: Place) -> None:
    """The disk of the store, of the journal, or of both fills up, and has room again."""
    which = ("store", "journal", "both")[place.seed % 3]
    small = small_disk(place, "900k")
    if which != "journal":
        place.store = str(small / "store.db")
    if which != "store":
        os.environ["THENCE_JOURNAL_DIR"] = str(small / "journal")
    else:
        os.environ["THENCE_JOURNAL_DIR"] = str(place.folder / "journal")
    place.begin()
    room = place.folder / "room"

    def ask() -> None:
        asking.run(place.asking("before", threads=1, calls=2, ways=PLAIN))
        time.sleep(1)  # the background takes them in
        fill(small)
        asking.run(place.asking("full", threads=2, calls=12, ways=PLAIN))
        (small / "ballast").unlink()
        room.touch()
        if place.seed // 3 % 2:  # nobody calls any more: the losses are said even so
            time.sleep(7)
            return
        time.sleep(PAUSE)
        asking.run(place.asking("after", threads=1, calls=3, ways=PLAIN))

    place.wait_all(place.fork(ask))
    place.hold(room.exists(), "the calls did not go on")
    told = told_in(place.folder)
    failed = [turn.token for turn in told.acknowledged if turn.outcome != "completed"]
    place.hold(not failed, f"a full disk reached callers: {failed}")
    if which == "store":
        place.check()
    else:
        losses(place)
    subprocess.run(["umount", "--lazy", str(small)], check=False)


def fill(folder: Path) -> None:
    """Leave no room on a disk."""
    with (folder / "ballast").open("wb", buffering=0) as ballast:
        for size in (1 << 16, 1 << 12, 256, 1):
            try:
                while True:
                    ballast.write(bytes(size))
            except OSError:
                continue


def losses(place: Place) -> None:
    """What could not be kept is counted to the last record, said, and all else is there."""
    history = place.check(allowed=UNKEPT)
    said = CliRunner().invoke(app, ["status", "--json", "--store", place.store])
    now = json.loads(said.stdout)
    lost = sum(segment["lost"] for segment in now["segments"])
    with open_store(place.store) as store:
        whole = sum(1 for call in store.calls() if call.status == "completed" and call.request)
        half = len(store.calls()) - whole
    told = history.told
    place.hold(
        2 * whole + half + lost == 2 * told, f"{told} calls: {whole} whole, {half} half, {lost} records said lost"
    )
    place.hold(lost > 0, "the fault did not bite")
    place.hold(said.exit_code == 1 and bool(now["losses"]), f"`thence status` exits {said.exit_code}: {said.output}")
    place.hold("not kept" in place.said(), "no line in the log says so")
    place.figures["records_lost_and_said"] = lost


def read_only(place: Place) -> None:
    """A folder that may not be written, for another user: root is refused nothing."""
    guarded = place.folder / "guarded"
    guarded.mkdir()
    place.store = str(guarded / "store.db")
    told = place.folder
    told.chmod(0o777)
    if place.seed % 2:  # a store that can be read, and whose journal has no place
        place.begin()
        Path(place.store).chmod(0o444)
    opened = place.folder / "opened"
    warm = place.folder / "warm"  # where everything is imported that another user could not read
    warm.mkdir()

    def ask() -> None:
        asking.run(replace(place.asking("warm", calls=2, ways=PLAIN), folder=warm, store=str(warm / "store.db")))
        if not os.geteuid():
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        asking.run(place.asking("refused", threads=2, calls=5, ways=PLAIN))
        assert faults.counts().get("journal", 0) > 0, faults.counts()
        (told / "asked").touch()
        wait_for(opened.exists)
        time.sleep(PAUSE)
        asking.run(place.asking("after", threads=1, calls=3, ways=PLAIN))

    guarded.chmod(0o555)
    caller = place.fork(ask)
    try:
        wait_for(lambda: (told / "asked").exists() or _gone(caller))
    finally:
        guarded.chmod(0o777)
        if Path(place.store).exists():
            Path(place.store).chmod(0o666)
        opened.touch()
    place.wait_all(caller)
    failed = [turn.token for turn in told_in(told).acknowledged if turn.outcome != "completed"]
    place.hold(not failed, f"a read-only folder reached callers: {failed}")
    losses(place)


def _gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}/stat").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text()


def store_replaced(place: Place) -> None:
    """The store's file is deleted, replaced, cut, or deleted without its log, while callers have it open."""
    how: tuple[Callable[[Path], None], ...] = (_delete, _replace(place.template), _cut, _delete_alone)
    change = how[place.seed % len(how)]
    place.begin()
    caller = place.ask("w", threads=2)
    place.wait_told(30)
    time.sleep(place.chance.random())
    change(Path(place.store))
    before = {turn.token for turn in told_in(place.folder).turns.values()}
    place.wait_told(2 * len(before) + 40)
    time.sleep(1)
    place.kill(caller)
    if change is _cut:
        _refuses(place)
        _delete(Path(place.store))
    history = place.check(allowed=("lost",))
    lost = [broken for broken in history.broken if broken.kind == "lost"]
    later = [broken for broken in lost if broken.said.partition(",")[0] not in before]
    for broken in later:
        place.fail("lost", broken.said)
    place.figures["kept_after"] = history.kept


def _refuses(place: Place) -> None:
    """A store that was cut says that it is damaged, or holds what is left; it is never taken for a sound one."""
    try:
        with open_store(place.store) as store:
            store.flush(10)
            list(store.calls())
    except StoreError:
        return


def _delete(store: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)


def _delete_alone(store: Path) -> None:
    store.unlink()


def _replace(template: Path) -> Callable[[Path], None]:
    def replace(store: Path) -> None:
        other = store.with_name("other.db")
        shutil.copy(template, other)
        _delete(store)
        other.rename(store)

    return replace


def _cut(store: Path) -> None:
    os.truncate(store, store.stat().st_size // 2)


ROWS = (
    Trial(
        "disk-full",
        "the disk of the store, of the journal, of both is full for a while (a small file system of its own)",
        "callers notice nothing; what the journal could not keep is counted to the record, logged, and said by `thence "
        "status`, which exits with 1; all else is there",
        disk_full,
        rounds=12,
        short=1,
    ),
    Trial(
        "read-only",
        "a folder that another user's program may not write",
        "the same",
        read_only,
        rounds=6,
        short=1,
    ),
    Trial(
        "store-replaced",
        "the store's file deleted, replaced, cut in half, deleted without its write-ahead log, while it is open",
        "callers notice nothing; whatever is called from then on is in the new store, once",
        store_replaced,
        rounds=12,
        short=1,
    ),
)
