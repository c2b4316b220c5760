"""``thence plan``: what a call made here and now would be sent with, and who says so. Nothing is sent."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import assignment, forms

__all__ = ["plan"]


@click.command()
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--endpoint", default="/v1/chat/completions", show_default=True, help="The path that the call goes to.")
@click.option("--preset", metavar="NAME", help="As thence.wrap(client, preset=NAME).")
@forms
def plan(*, arguments: tuple[str, ...], endpoint: str, preset: str | None, form: str) -> None:
    """Show what a call made from this folder would be sent with, and where each value comes from. Nothing is sent.

    \b
    thence plan model=gpt-4o temperature=0.2
    thence plan --endpoint /v1/embeddings model=text-embedding-3-small

    NAME=VALUE are the call's own arguments; a VALUE is JSON where it can be read as JSON, else text. Layers that only a
    running program has (sessions, clients, decorators) are not known here.
    """
    from thence.cli.forms import print_rows
    from thence.cli.parameters import glance
    from thence.cli.terminal import print_json, show
    from thence.params.layers import load_layers
    from thence.params.plan import planned
    from thence.reading.document import parameter_rows, parameters_document
    from thence.settings import Settings

    layers = load_layers(Settings.load(), preset=preset)
    config = planned(dict(map(assignment, arguments)), layers, endpoint=endpoint, origin="thence plan")
    if form == "json":
        print_json(parameters_document(config))
    elif form != "table":
        print_rows(form, parameter_rows(config))
    else:
        show(lambda width: glance(config, width))
    if not config:
        click.echo(f"{endpoint}: nothing is set here; the provider's own defaults hold", err=True)
