"""``thence ui``: the viewer, in a browser on this machine."""

from __future__ import annotations

import os

import rich_click as click

from thence.cli.options import address, store_options

__all__ = ["ui"]

_SECONDS = 15.0  # for what a page asks of the store
_SHORTEST = 32  # characters of a token that a person chose


@click.command()
@address(8432)
@click.option("--open/--no-open", "opens", default=True, help="Open the browser, or only print the address.")
@store_options
def ui(*, host: str, port: int, opens: bool, store: str | None, tract: str | None) -> None:
    """Show the record in a browser: history, calls, what differs, and what a context compiles to.

    \b
    thence ui
    thence ui --port 0 --no-open

    Prints the address, whose fragment is the token that opens it, and runs until Ctrl-C. Only this machine is served;
    for another address, set THENCE_UI_TOKEN to a secret of at least 32 characters.
    """
    from thence.cli.extras import needing
    from thence.errors import Unavailable

    with needing("web"):
        from thence.web.serving import listener, open_browser, serve
    from thence.cli.record import Record
    from thence.store import open_store
    from thence.store.bounded import bound
    from thence.web.doors import Doors, is_loopback

    token = os.environ.get("THENCE_UI_TOKEN", "")
    if token and len(token) < _SHORTEST:
        raise click.UsageError(f"THENCE_UI_TOKEN is shorter than {_SHORTEST} characters")
    if not is_loopback(host) and not token:
        raise click.UsageError(
            f"{host} is not this machine alone: set THENCE_UI_TOKEN to serve there, or leave --host out"
        )
    with Record.opened(store, tract) as record, open_store(record.location) as read:
        bound(read, _SECONDS)
        try:
            listening = listener(host, port)
        except OSError as error:
            raise Unavailable(f"{host} port {port}: {error.strerror}", hint="--port 0 takes a free one") from error
        with listening:
            doors = Doors(host, listening.getsockname()[1], token)

            def said() -> None:
                click.echo(doors.url)
                click.echo("Ctrl-C ends it", err=True)
                if opens:
                    open_browser(doors.url_once())

            serve(read, record.store, doors, listening, tract=record.tract, said=said)
