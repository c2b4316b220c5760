"""Which commands there are: their names and what each does in a line, known without importing any of them."""

from __future__ import annotations

from importlib import import_module
from keyword import iskeyword
from typing import Any, Final

import rich_click as click

__all__ = ["COMMANDS", "Later"]

COMMANDS: Final = {
    "Look": {
        "log": "Show what was asked and answered, newest first.",
        "show": "Show a call or a commit, whole.",
        "blame": "Show where each parameter of a call came from.",
        "status": "Show what is recorded, what waits, and whether anything was lost.",
        "ui": "Show the record in a browser on this machine.",
    },
    "Ask": {
        "query": "Find calls by parameters, sources and outcomes.",
        "diff": "Show what differs between two calls or commits.",
        "stats": "Count calls, tokens and seconds by anything.",
        "sql": "Ask the store in SQL, read-only.",
    },
    "Move": {
        "compile": "Show a context, or write it as a request to an API.",
        "branch": "List, make and delete branches.",
        "switch": "Let HEAD mean another branch.",
        "tag": "List, give and delete tags.",
        "reset": "Move a branch to another commit.",
        "reflog": "Show where a branch was.",
    },
    "Plan": {
        "plan": "Show what a call made from this folder would be sent with.",
        "config": "Show what is configured from this folder, and where.",
        "sources": "Show where a parameter's value can come from.",
    },
    "Again": {
        "replay": "Send a recorded request again, exactly or changed.",
        "sweep": "Send a recorded request over a grid of settings.",
        "bisect": "Find the call since which a check fails.",
    },
    "Record": {
        "run": "Run a program and record the calls that it makes.",
        "ingest": "Take what the journal holds into the store.",
        "serve-local": "Serve a small real model on this machine.",
    },
    "Keep": {
        "init": "Make a store in this folder.",
        "doctor": "Find what is wrong with recording here, and what to do.",
        "fsck": "Prove every hash, seal and link of the store.",
        "backup": "Copy the store while programs write to it.",
        "export": "Write the store, or a tract, into a bundle.",
        "import": "Bring in a bundle, or another store.",
        "gc": "Take away what nothing reaches any more.",
        "erase": "Erase calls or contents for good.",
        "migrate": "Bring the store's tables to this Thence's schema.",
        "tenants": "Show and change whose the tracts of a shared store are.",
        "completion": "Print the script by which a shell completes.",
    },
}
"""Room of the help -> name -> what it does."""


class Later(click.RichCommand):
    """A command that is imported when it is used; until then it is its name and a line of help."""

    def __init__(self, name: str, short_help: str, panel: str) -> None:
        super().__init__(name=name, short_help=short_help, help=short_help, panel=panel)

    @property
    def real(self) -> click.Command:
        """The command itself."""
        assert self.name is not None
        name = self.name.replace("-", "_") + ("_" if iskeyword(self.name) else "")
        command: click.Command = getattr(import_module(f"thence.cli.{name}"), name)
        return command

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """The context of the command itself: what is asked of it from here on is the command's own."""
        return self.real.make_context(*args, **kwargs)
