"""``thence run``: a program as it is, with every client that it makes wrapped."""

from __future__ import annotations

import os
from pathlib import Path

import rich_click as click

from thence.cli.options import assignment

__all__ = ["run"]


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Lock a parameter for every call.")
@click.option("--store", metavar="PATH|URL", help="Where calls are recorded.")
@click.option("--tract", help="The tract that calls belong to.")
@click.option("--branch", help="The branch whose head moves.")
@click.option("--preset", help="A preset whose values fill what nothing else sets.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(
    settings: tuple[str, ...],
    store: str | None,
    tract: str | None,
    branch: str | None,
    preset: str | None,
    command: tuple[str, ...],
) -> None:
    """Run a program and record the calls that it makes; the program needs no change.

    \b
    thence run -- python app.py
    thence run --set temperature=0 --branch cold -- python app.py

    The program takes this process's place: signals, output and exit code are its own. A value of --set is JSON where it
    can be read as JSON, else text; what the program asked for instead is kept as shadowed.
    """
    import json

    import thence.launch
    from thence.settings import Settings

    environment = dict(os.environ)
    folder = str(Path(thence.launch.__file__).parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, environment.get("PYTHONPATH"))))
    chosen = {"THENCE_STORE": store, "THENCE_TRACT": tract, "THENCE_BRANCH": branch, "THENCE_PRESET": preset}
    environment |= {name: value for name, value in chosen.items() if value is not None}
    if settings:
        environment["THENCE_OVERRIDES"] = json.dumps(dict(assignment(text) for text in settings))
    Settings.load(environ=environment)  # what can't work is said here, before the program starts
    try:
        os.execvpe(command[0], list(command), environment)  # noqa: S606 - starting a program is what this does
    except OSError as error:
        raise click.UsageError(f"can't run {command[0]}: {error.strerror}") from error
