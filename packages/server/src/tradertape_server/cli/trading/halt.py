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
    reason: Annotated[
        str, typer.Option("--reason", help="The reason, shown with every refusal.")
    ] = "",
    cancel_orders: Annotated[
        bool,
        typer.Option(
            "--cancel-orders", help="Cancel orders that would open or enlarge a position."
        ),
    ] = False,
    exit_positions: Annotated[
        bool, typer.Option("--exit-positions", help="Also close every open position.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Turn a kill switch on: nothing new is opened, exits and cancellations are allowed.

    Works while the server runs or is stopped, is recorded in the audit log, and lists what is
    still open. Example: tradertape halt --reason "broker is down" --cancel-orders
    """
    from tradertape_server.cli.trading.kill_switch import SwitchRequest, as_text, set_kill_switch

    request = SwitchRequest(
        active=True,
        account=account,
        reason=reason,
        cancel_orders=cancel_orders,
        exit_positions=exit_positions,
    )
    result = set_kill_switch(request)
    show(result, as_json=as_json, text=lambda: as_text(result, request))
