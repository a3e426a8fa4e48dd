"""`tradertape account`: a person's trading accounts."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tradertape_server.cli.output import AsJson, show

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Open and list paper accounts.")

UserOption = Annotated[str, typer.Option("--user", metavar="EMAIL", help="Whose account.")]


@app.command()
def create(
    scope: Annotated[str, typer.Argument(help="Its name, such as kite:paper-b.")],
    *,
    user: UserOption,
    cash: Annotated[
        float | None,
        typer.Option(help="Rupees it begins with; default: as everybody's kite:paper-a."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open a paper account. Everybody has kite:paper-a."""
    from tradertape_core.kernel.errors import InvalidInput
    from tradertape_core.kernel.money import paise_from_rupees
    from tradertape_server.cli.opening import opened
    from tradertape_server.features.auth.token_scope import SCOPE

    if not SCOPE.fullmatch(scope):
        raise InvalidInput(f"{scope!r} is no name of an account: it must look like kite:paper-b")
    if cash is not None and not 0 <= cash <= 1e12:
        raise InvalidInput("--cash must be between 0 and 1e12 rupees")
    paise = None if cash is None else int(paise_from_rupees(cash))
    with opened() as container:
        made = container.execution.open_paper_account(_user_id(container, user), scope, paise)
    result = {"account_scope": made.scope, "opening_cash": made.opening_paise / 100}
    show(result, as_json=as_json, text=lambda: _line(result))


@app.command("list")
def list_accounts(*, user: UserOption, as_json: AsJson = False) -> None:
    """List a person's accounts."""
    from tradertape_server.cli.opening import opened

    with opened() as container:
        rows = container.execution.accounts(_user_id(container, user))
        found = [
            {"account_scope": one.scope, "opening_cash": one.opening_paise / 100} for one in rows
        ]
    show(found, as_json=as_json, text=lambda: "\n".join(map(_line, found)) or "kite:paper-a only")


def _user_id(container: Any, email: str) -> int:
    from tradertape_server.platform.errors import NotFound

    user_id: int | None = container.auth.user_id_of(email)
    if user_id is None:
        raise NotFound(f"Account {email}")
    return user_id


def _line(row: dict[str, Any]) -> str:
    from tradertape_core.kernel.format import inr

    return f"{row['account_scope']}  {inr(row['opening_cash'], 0)}"
