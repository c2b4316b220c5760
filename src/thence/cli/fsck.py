"""``thence fsck``: proof that a store is what was written."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import forms, store_option

__all__ = ["fsck"]


@click.command()
@forms
@store_option
@click.pass_context
def fsck(ctx: click.Context, *, form: str, store: str | None) -> None:
    """Prove every hash, seal and link of a store and its journal; nothing is changed.

    \b
    thence fsck
    thence fsck --store backup.db --json

    Exits 6 where anything is damaged; what is, is said with what to do. Losses that are known already are notices.
    """
    from dataclasses import asdict, fields

    from thence.cli.forms import print_rows
    from thence.cli.progress import pages
    from thence.cli.record import Record
    from thence.errors import StoreCorrupt
    from thence.reading.visible import one_line
    from thence.upkeep import Finding
    from thence.upkeep import fsck as prove

    with Record.opened(store, None, fresh=False) as record, pages("proving"):
        findings = prove(record.store)
    if form != "table":
        print_rows(form, [asdict(finding) for finding in findings], [each.name for each in fields(Finding)])
    for finding in findings if form == "table" else ():
        click.echo(f"{finding.level:<6}  {one_line(str(finding))}\n        {one_line(finding.remedy)}")
    if not findings:
        click.echo("every hash, seal and link holds", err=True)
    if any(finding.level == "damage" for finding in findings):
        ctx.exit(StoreCorrupt.exit_code)
