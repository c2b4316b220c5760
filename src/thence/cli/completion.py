"""``thence completion``: the script by which a shell completes commands and options."""

from __future__ import annotations

import rich_click as click

__all__ = ["completion"]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script by which a shell completes commands and options.

    \b
    thence completion bash >> ~/.bashrc
    thence completion fish > ~/.config/fish/completions/thence.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None  # the choice above
    click.echo(kind(ctx.find_root().command, {}, "thence", "_THENCE_COMPLETE").source())
