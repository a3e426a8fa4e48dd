"""`tradertape resume`: resume trading after `tradertape halt`."""

from __future__ import annotations

from typing import Annotated

import typer

from tradertape_server.cli.output import AsJson, show

app = typer.Typer(add_completion=False)

Account = Annotated[
    str | None,
    typer.Option("--account", help="Only this account (an address); else the server's switch."),
]


@app.command()
def resume(*, account: Account = None, as_json: AsJson = False) -> None:
    """Turn a kill switch off: the server's, or an account's own.

    Works while the server runs or is stopped, is recorded in the audit log, and lists what is
    open. An account whose own switch is on stays stopped when the server's is turned off.
    Example: tradertape resume --account me@example.com
    """
    from tradertape_server.cli.trading.kill_switch import SwitchRequest, as_text, set_kill_switch

    request = SwitchRequest(active=False, account=account)
    result = set_kill_switch(request)
    show(result, as_json=as_json, text=lambda: as_text(result, request))
