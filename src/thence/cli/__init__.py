"""The ``thence`` command: one module a command, heavy imports inside."""

from thence.cli.app import app, main

__all__ = ["app", "main"]
