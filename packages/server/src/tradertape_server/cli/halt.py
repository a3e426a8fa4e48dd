"""`tradertape halt`: stop trading, on the whole server or for one account."""

from __future__ import annotations

from typing import Annotated

import typer

from tradertape_server.cli.output import AsJson, show

app = typer.Typer(add_completion=False)

Account = Annotated[
    str | None, typer.Option("--account", help="Only this account (an address); else all.")
]


@app.command()
def halt(
    *,
    account: Account = None,
    reason: Annotated[str, typer.Option("--reason", help="Why: every refusal says it.")] = "",
    cancel_orders: Annotated[
        bool,
        typer.Option("--cancel-orders", help="Take back what would open or enlarge a position."),
    ] = False,
    exit_positions: Annotated[
        bool, typer.Option("--exit-positions", help="Close everything that is held too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Turn a kill switch on: nothing new is opened, exits and cancellations pass.

    It works with the server running or stopped, is written to the audit log, and says what is
    still open. Example: tradertape halt --reason "broker is down" --cancel-orders
    """
    from tradertape_server.cli.switching import Wanted, switch, words

    wanted = Wanted(
        active=True,
        account=account,
        reason=reason,
        cancel_orders=cancel_orders,
        exit_positions=exit_positions,
    )
    result = switch(wanted)
    show(result, as_json=as_json, text=lambda: words(result, wanted))
