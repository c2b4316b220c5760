"""``thence serve-local``: the small model of :mod:`thence.local`, in the foreground."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import address

__all__ = ["serve_local"]


@click.command("serve-local")
@address(8765)
def serve_local(host: str, port: int) -> None:
    """Serve a small real model on this machine, without a key or an account.

    \b
    thence serve-local
    thence serve-local --port 0

    Prints the base URL for OpenAI's client once the model answers; Anthropic's client takes the same without the /v1.
    Runs until Ctrl-C, SIGTERM, or the end of the process that started it.
    """
    from thence import local

    def say(server: local.LocalServer) -> None:
        click.echo(server.base_url)
        click.echo(f"{local.MODEL_NAME} answers; Ctrl-C ends it", err=True)

    local.run(host, port, say)
