"""HTTP of the kill switches."""

from __future__ import annotations

from fastapi import APIRouter

from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http.dependencies import AdminUser, CurrentUser
from tradertape_server.features.workers.http.services import KillSwitches
from tradertape_server.features.workers.schemas import KillSwitchIn, KillSwitchOut

router = APIRouter(prefix="/api/risk", tags=["risk"])


@router.get("/kill-switch")
def kill_switch(switches: KillSwitches, caller: CurrentUser) -> KillSwitchOut:
    """Say whether the account's kill switch is on, or the whole server's."""
    return switches.status(caller.id)


@router.post("/kill-switch")
def set_kill_switch(
    switches: KillSwitches, caller: CurrentUser, where: Origin, body: KillSwitchIn
) -> KillSwitchOut:
    """Turn the account's kill switch on or off.

    While it is on every new entry is denied, on every path; exits and cancellations pass, and
    triggers that would open a position wait. `cancel_orders` takes back what would open or enlarge
    one, `exit_positions` closes everything too. Open runs are `halted` until it is off again.
    """
    return switches.set(caller, body, where)


@router.get("/kill-switch/server")
def server_kill_switch(switches: KillSwitches, admin: AdminUser) -> KillSwitchOut:
    """Say whether all trading on this server is stopped."""
    return switches.status(admin.id, is_server=True)


@router.post("/kill-switch/server")
def set_server_kill_switch(
    switches: KillSwitches, admin: AdminUser, where: Origin, body: KillSwitchIn
) -> KillSwitchOut:
    """Stop all accounts of this server, or let them go on; otherwise as an account's own."""
    return switches.set(admin, body, where, is_server=True)
