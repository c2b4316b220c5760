"""``thence tenants``: whose the tracts are of a store that several share."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import as_json, store_option

__all__ = ["tenants"]


@click.command()
@click.option("--admit", metavar="ROLE=TRACT", multiple=True, help="Let a role of the server use a tract; repeatable.")
@click.option("--dismiss", metavar="ROLE=TRACT", multiple=True, help="Let it no longer use one; rows stay.")
@as_json
@store_option
def tenants(*, admit: tuple[str, ...], dismiss: tuple[str, ...], as_json: bool, store: str | None) -> None:
    """Show and change who may use which tracts of a store on PostgreSQL.

    \b
    thence tenants --store postgresql://host/team
    thence tenants --admit search=search --admit ads=ads

    The first --admit puts row-level security on every table: from then on a role sees its own tracts only. Run it as
    the owner of the tables, to whom that does not apply.
    """
    import json

    from thence.cli.record import Record
    from thence.reading.visible import visible
    from thence.store import tenants as known

    with Record.opened(store, None, fresh=False) as record:
        for pair in admit:
            known.admit(record.store, *_pair(pair, "--admit"))
        for pair in dismiss:
            known.dismiss(record.store, *_pair(pair, "--dismiss"))
        found = known.tenants(record.store)
    if as_json:
        click.echo(json.dumps([tenant._asdict() for tenant in found], indent=2))
        return
    for tenant in found:
        click.echo(visible(f"{tenant.role}  {tenant.tract}"))
    if not found:
        click.echo("the store is not divided: whoever can open it sees all of it", err=True)


def _pair(text: str, option: str) -> tuple[str, str]:
    role, equals, tract = text.partition("=")
    if not (role and equals and tract):
        raise click.BadParameter(f"{text!r} is not ROLE=TRACT", param_hint=option)
    return role, tract
