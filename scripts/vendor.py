"""Takes the libraries of the viewer's pages from npm into the package, and writes down which: ``make vendor``.

The versions are in the table below. To take newer ones, change them there, run this, and look at every page.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

STATIC = Path(__file__).parents[1] / "src/thence/web/static"


class Library(NamedTuple):
    """One package of npm: its version, its files (there: here), and its licence's text there."""

    name: str
    version: str
    files: dict[str, str]
    licence: str


LIBRARIES = (
    Library("htmx.org", "4.0.1", {"dist/htmx.min.js": "htmx.min.js"}, "LICENSE"),
    Library(
        "uplot",
        "1.6.32",
        {"dist/uPlot.iife.min.js": "uPlot.iife.min.js", "dist/uPlot.min.css": "uPlot.min.css"},
        "LICENSE",
    ),
)

HEAD = """\
# What is not ours

Made by `make vendor`; nothing here is loaded from anywhere else. The licences stand beside this file.

| package | version | licence | file | sha256 |
|---|---|---|---|---|
"""


def taken(library: Library, folder: Path) -> list[str]:
    """Take one library in; its lines of the table."""
    command = ["npm", "pack", "--json", f"{library.name}@{library.version}"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    packed = json.loads(done.stdout)[0]["filename"]
    lines = []
    with tarfile.open(folder / packed) as archive:
        manifest = json.loads(_read(archive, "package.json"))
        (STATIC / f"LICENSE-{library.name}.txt").write_bytes(_read(archive, library.licence))
        for there, here in library.files.items():
            content = _read(archive, there)
            (STATIC / here).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            lines.append(f"| {library.name} | {library.version} | {manifest['license']} | {here} | `{digest}` |")
    return lines


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(f"package/{name}")
    if member is None:
        raise SystemExit(f"{name} is no file of the package")
    return member.read()


def main() -> None:
    """Take all in, and say so in VENDORED.md."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [line for library in LIBRARIES for line in taken(library, Path(folder))]
    (STATIC / "VENDORED.md").write_text(HEAD + "\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
