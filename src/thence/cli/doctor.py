"""``thence doctor``: is this installation able to record, and what should be done about it."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import forms

__all__ = ["doctor"]

FOUND_BAD = 1


@click.command()
@forms
@click.pass_context
def doctor(ctx: click.Context, *, form: str) -> None:
    """Check that calls can be recorded here, and say what to do where they can't.

    \b
    thence doctor
    thence doctor --json

    Looks at the SDKs, the settings, the store, the journal, the faults of programs that record here, the clock and the
    disk. Changes nothing. Exits 1 where something is bad.
    """
    from thence.cli.forms import print_rows
    from thence.cli.terminal import console
    from thence.reading.checks import examine
    from thence.reading.visible import visible

    findings = list(examine())
    if form != "table":
        print_rows(form, [finding._asdict() for finding in findings])
    else:
        from rich.text import Text

        screen = console()
        styles = {"ok": "green", "note": "yellow", "bad": "bold red"}
        for subject, verdict, said, advice in findings:
            line = (
                Text(f"{verdict:<5}", styles[verdict]).append(f"{subject:<10}", "bold").append(visible(said), "default")
            )
            screen.print(line, soft_wrap=True)
            if advice:
                screen.print(Text(f"{'':<15}→ {advice}"), soft_wrap=True)
    if any(finding.verdict == "bad" for finding in findings):
        ctx.exit(FOUND_BAD)
