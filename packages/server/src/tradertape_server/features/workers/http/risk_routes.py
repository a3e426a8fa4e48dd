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
    """Return whether the user's kill switch is on, or the whole server's."""
    return switches.status(caller.id)


@router.post("/kill-switch")
def set_kill_switch(
    switches: KillSwitches, caller: CurrentUser, where: Origin, body: KillSwitchIn
) -> KillSwitchOut:
    """Turn the user's kill switch on or off.

    While it is on, every new entry is denied, on every path; exits and cancellations are allowed,
    and GTTs that would open a position are held back. `cancel_orders` cancels orders that would
    open or enlarge one, `exit_positions` closes everything too. Open runs are `halted` until it is
    off again.
    """
    return switches.set(caller, body, where)


@router.get("/kill-switch/server")
def server_kill_switch(switches: KillSwitches, admin: AdminUser) -> KillSwitchOut:
    """Return whether all trading on this server is stopped."""
    return switches.status(admin.id, is_server=True)


@router.post("/kill-switch/server")
def set_server_kill_switch(
    switches: KillSwitches, admin: AdminUser, where: Origin, body: KillSwitchIn
) -> KillSwitchOut:
    """Stop all accounts of this server, or release them; otherwise as for a single user."""
    return switches.set(admin, body, where, is_server=True)
