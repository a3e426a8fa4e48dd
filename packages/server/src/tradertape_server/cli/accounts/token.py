"""`tradertape token`: keys for agents and workers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.cli.output import AsJson, show

if TYPE_CHECKING:
    from tradertape_server.features.auth.schemas import KeyRow

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Create and list keys for agents and workers."
)


class KeyKind(StrEnum):
    """Who uses a key."""

    agent = "agent"
    worker = "worker"


UserOption = Annotated[str, typer.Option("--user", help="The address of the account.")]
KindOption = Annotated[
    KeyKind, typer.Option("--kind", help="agent: zt_…, worker: kwa_….", case_sensitive=False)
]
AccountOption = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        help="An account a worker may trade on, such as kite:paper-a. Repeatable; default: all.",
    ),
]
IpOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ip", help="An address or network a worker may connect from. Repeatable; default: any."
    ),
]

BandOption = Annotated[
    float | None,
    typer.Option(
        "--price-band",
        min=0.01,
        max=1000,
        help="Percent of the last price beyond which an entry is refused, in runs that a worker "
        "creates and gives none; default: 5.",
    ),
]
OptionBandOption = Annotated[
    float | None,
    typer.Option(
        "--option-price-band", min=0.01, max=1000, help="The same for options; default: 40."
    ),
]


@app.command()
def create(
    *,
    user: UserOption,
    kind: KindOption,
    name: Annotated[str, typer.Option("--name", help="What the key is for.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="Repeatable; default: the usual scopes.")
    ] = None,
    account: AccountOption = None,
    ip: IpOption = None,
    price_band: BandOption = None,
    option_price_band: OptionBandOption = None,
    as_json: AsJson = False,
) -> None:
    """Create a key and print only it; it is not shown again.

    Example: export KITE_ALGO_WORKER_TOKEN=$(tradertape token create --user me@example.com
    --kind worker --name laptop)
    """
    from tradertape_server.cli.opening import opened
    from tradertape_server.features.auth.schemas import checked_scopes
    from tradertape_server.features.auth.token_limits import TokenLimits
    from tradertape_server.features.auth.token_scope import checked_token_scope

    scopes, token_scope = checked_scopes(kind.value, scope), checked_token_scope(account, ip)
    limits = TokenLimits.of(price_band, option_price_band)
    if kind is KeyKind.agent and (account or ip or limits.given):
        raise InvalidInput("--account, --ip and price bands are for worker tokens; leave them out")
    with opened() as container:
        token = container.auth.create_token(
            user, kind.value, name=name, scopes=scopes, token_scope=token_scope, limits=limits
        )
    result = {"user": user, "kind": kind.value, "name": name, "scopes": scopes, "token": token}
    result |= {"account_scopes": token_scope.account_scopes, "allowed_ips": token_scope.allowed_ips}
    result |= {"price_band_pct": price_band, "option_price_band_pct": option_price_band}
    show(result, as_json=as_json, text=lambda: token)


@app.command("list")
def list_tokens(*, user: UserOption, kind: KindOption, as_json: AsJson = False) -> None:
    """List an account's keys, without their secrets."""
    from tradertape_server.cli.opening import opened
    from tradertape_server.features.auth.queries import active_keys
    from tradertape_server.platform.errors import NotFound

    with opened() as container, container.database.read() as session:
        user_id = container.auth.user_id_of(user)
        if user_id is None:
            raise NotFound(f"Account {user}")
        rows = active_keys(session, user_id, kind.value)
    found = [row.model_dump(mode="json") for row in rows]
    show(found, as_json=as_json, text=lambda: "\n".join(map(_line, rows)) or "No keys.")


def _line(row: KeyRow) -> str:
    reach = [*row.account_scopes, *(f"from {one}" for one in row.allowed_ips)]
    return f"{row.id:>5}  {row.prefix}…  {row.label}  {' '.join([*row.scopes, *reach])}"
