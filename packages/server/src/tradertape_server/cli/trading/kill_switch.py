"""Switches kill switches from the command line, while the server runs or is stopped.

A running server is sent an HTTP request, with a session created for it: only the server knows the
open orders at its venue. Without a server this process takes the trading lease for the moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradertape_server.cli.output import fail

if TYPE_CHECKING:
    from tradertape_server.container import Container
    from tradertape_server.platform.http.identity import Identity

_AGENT = "tradertape command line"
_TIMEOUT_S = 30.0
_NO_ADMIN = (
    "There is no administrator in whose name it could be recorded: create one with "
    "`tradertape user create <email> --admin`, or stop one account with --account <email>."
)


@dataclass(frozen=True, slots=True)
class SwitchRequest:
    """How to set a kill switch. account: an e-mail address; None: the server's switch."""

    active: bool
    account: str | None
    reason: str = ""
    cancel_orders: bool = False
    exit_positions: bool = False

    @property
    def body(self) -> dict[str, Any]:
        """The body of the API's request."""
        scope = "user" if self.account else "server"
        if not self.active:
            return {"confirm": "RELEASE", "scope": scope}
        return {
            "scope": scope,
            "reason": self.reason,
            "cancel_orders": self.cancel_orders,
            "close_positions": self.exit_positions,
        }


def set_kill_switch(request: SwitchRequest) -> dict[str, Any]:
    """Set the switch. Returns its state, `done_by`, and the `open` orders and positions."""
    from tradertape_server.cli.opening import opened

    with opened(role="all") as container:
        person = _person(container, request.account)
        address = _running_at(container)
        if address:
            done = _send(container, request, person, address)
        else:
            done = _set_here(container, request, person)
        done = {**done, "done_by": f"the server at {address}" if address else "this command"}
        return {**done, "open": _still_open(container, person if request.account else None)}


def _person(container: Container, account: str | None) -> Identity:
    """The account; for the whole server the first administrator, in whose name it is recorded."""
    from tradertape_server.features.auth.queries import account_by_email, first_administrator
    from tradertape_server.platform.errors import NotFound

    with container.database.read() as session:
        if account is None:
            return first_administrator(session) or fail(_NO_ADMIN)
        known = account_by_email(session, account)
    if known is None:
        raise NotFound(f"Account {account}")
    return known


def _running_at(container: Container) -> str:
    """The address of the process that trades; empty when none does."""
    from tradertape_server.platform.processes.trader_lease import LeaseTable
    from tradertape_server.platform.server_lock import ServerLock

    holder = LeaseTable(container.database).read()
    if not holder.is_alive:
        return ""
    # On SQLite a lease does not expire: there the lock of the home folder decides.
    home = container.settings.effective_home
    is_there = not container.database.is_sqlite or ServerLock(home).holder() is not None
    return holder.address if is_there else ""


def _send(
    container: Container, request: SwitchRequest, person: Identity, address: str
) -> dict[str, Any]:
    import httpx

    from tradertape_server.features.auth.sign_in.command_line_session import command_line_session

    path = "/api/risk/kill" if request.active else "/api/risk/kill/release"
    signed_in = command_line_session(
        container.database, container.clock, person.id, user_agent=_AGENT
    )
    with signed_in as cookies:
        try:
            response = httpx.post(
                f"{address}{path}",
                json=request.body,
                cookies=cookies,
                headers={"User-Agent": _AGENT},
                timeout=_TIMEOUT_S,
            )
        except httpx.TransportError as error:
            fail(
                f"The server at {address} did not answer ({type(error).__name__}): check "
                "with `tradertape status`, or stop the server and try again."
            )
    if response.status_code != httpx.codes.OK:
        fail(f"The server at {address} refused: {response.json().get('detail', response.text)}")
    return response.json()


def _set_here(container: Container, request: SwitchRequest, person: Identity) -> dict[str, Any]:
    from tradertape_server.features.auth.audit import COMMAND_LINE
    from tradertape_server.features.risk.schemas import KillIn

    election = container.processes.election
    election.start((container.execution.trader,))
    if not election.is_trader:
        fail("A server is starting: try again in a moment.")
    switch = container.risk.kill_switch
    if request.active:
        done = switch.kill(person, KillIn(**request.body), COMMAND_LINE)
    else:
        is_server = request.account is None
        done = switch.release(person, COMMAND_LINE, is_server=is_server, is_held=False)
    return done.model_dump(mode="json")


def _still_open(container: Container, person: Identity | None) -> list[dict[str, Any]]:
    """Open orders and positions of a person's accounts, or of all."""
    execution = container.execution
    account_ids = (
        execution.open_accounts()
        if person is None
        else [one.id for one in execution.accounts(person.id)]
    )
    found: list[dict[str, Any]] = []
    for account_id in account_ids:
        found += [
            {
                "account": account_id,
                "run": order.run_id,
                "order": order.order_id,
                "what": f"{order.request.side} {order.pending_quantity} "
                f"{order.request.instrument} {order.status}",
            }
            for order in execution.orders(account_id=account_id, open_only=True)
        ]
        found += [
            {
                "account": account_id,
                "run": held.key.run_id,
                "order": None,
                "what": f"{held.quantity:+} {held.key.instrument} {held.key.product}",
            }
            for held in execution.positions(account_id=account_id, open_only=True)
        ]
    return found


def as_text(result: dict[str, Any], request: SwitchRequest) -> str:
    """The result as text."""
    whose = f"account {request.account}" if request.account else "the whole server"
    if request.active:
        head = f"Trading is stopped for {whose}: only exits are accepted (by {result['done_by']})."
        after = f"tradertape resume{f' --account {request.account}' if request.account else ''}"
        lines = [head, f"It stays stopped, also after a restart, until `{after}`."]
    else:
        lines = [f"Trading is resumed for {whose} (by {result['done_by']})."]
        if result["active"]:
            lines.append(
                f"But the server's own switch is still on: {result['reason'] or 'no reason'}."
            )
    if result["open"]:
        lines.append("Still open:")
        lines += [f"  {one['what']}  run {one['run'] or '-'}" for one in result["open"]]
    else:
        lines.append("Nothing is open.")
    return "\n".join(lines)
