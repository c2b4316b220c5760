"""``thence query``: the calls that an expression is true of."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import forms, store_options, which

__all__ = ["query"]


@click.command()
@click.argument("expression", metavar="EXPR")
@which
@forms
@store_options
def query(
    *,
    expression: str,
    since: str | None,
    until: str | None,
    last: int | None,
    form: str,
    store: str | None,
    tract: str | None,
) -> None:
    """Find calls by their parameters, the sources of these, and what came of them; newest first.

    \b
    thence query 'temperature > 0.8 and model = "gpt-4o"' --last 10
    thence query 'source(temperature) = preset and status = failed' --csv

    \b
    =  !=  <  <=  >  >=   values; numbers, text, true, false, null, times
    ~ "gpt-4*"            text that matches a pattern
    in (..)  between .. and ..  contains ..  exists  missing
    and  or  not  ( )     conditions together

    A name is a field of the call (status, provider, usage.input_tokens, started_at, tag, ...) or else a parameter by
    its path: temperature, response_format.type. Of a parameter, source(x), origin(x), asked(x), sent(x), used(x) and
    change(x) can be asked. Every form prints the same calls.
    """
    from thence.cli.columns import call_lines, nothing_found
    from thence.cli.forms import listing, print_calls
    from thence.cli.options import chosen
    from thence.cli.record import Record
    from thence.cli.terminal import show

    with listing(form), Record.opened(store, tract) as record:
        calls = chosen(record, expression, since, until, last)
        if form != "table":
            found = print_calls(form, calls) > 0
        else:
            found = bool(calls)
            if found:
                show(lambda width: call_lines(calls, expression, width))
        if not found:
            nothing_found(calls)
