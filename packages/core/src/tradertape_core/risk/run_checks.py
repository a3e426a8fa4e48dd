"""What speaks against any new position of a run, whatever the order: one function, asked by the
safety check and by the gate, so that both give the same verdict on the same facts.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.denials import Denial, DenialReason, denial
from tradertape_core.risk.protection_state import ProtectionStatus

_R = DenialReason
_UNDER_WAY = frozenset(
    {ProtectionStatus.TRIGGERED, ProtectionStatus.EXITING, ProtectionStatus.FAILED}
)


class SessionState(StrEnum):
    """A run's session: never claimed, held, held by a worker that is silent, or given back."""

    UNCLAIMED = "unclaimed"
    CLAIMED = "claimed"
    STALE = "stale"
    RELEASED = "released"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What is known of a run, its session, its protection, its orders and the prices it trades on.

    status_reason, protection_reason: why they are as they are, "" where nothing is known.
    awaits_entry: its protection is armed by its entry.
    is_market_closed: no segment takes orders; an order itself is judged by the exchange's rules.
    """

    status: str = "open"
    status_reason: str = ""
    session: SessionState = SessionState.UNCLAIMED
    protection: ProtectionStatus = ProtectionStatus.UNARMED
    protection_reason: str = ""
    requires_protection: bool = False
    awaits_entry: bool = False
    needs_recovery: bool = False
    order_in_doubt: bool = False
    is_feed_stale: bool = False
    are_positions_stale: bool = False
    is_market_closed: bool = False


def run_denials(facts: RunFacts, *, is_amo: bool = False) -> tuple[Denial, ...]:
    """Return every reason why a run may open or enlarge no position now.

    is_amo: of an after-market order, which waits for the next session and its prices. A halted run
    is not named here: what halts it is a rule of its own.
    """
    return (
        *_of_status(facts),
        *_of_session(facts),
        *_of_protection(facts),
        *(() if is_amo else _of_market(facts)),
    )


def _of_status(facts: RunFacts) -> list[Denial]:
    found: list[Denial] = []
    if facts.status == "exiting":
        found.append(denial(_R.RUN_EXITING))
    elif facts.status not in ("open", "halted"):
        found.append(denial(_R.RUN_NOT_OPEN, status=facts.status, why=_why(facts.status_reason)))
    if facts.needs_recovery:
        found.append(denial(_R.RECONCILIATION_REQUIRED, what="the run has to be reconciled first"))
    if facts.order_in_doubt:
        found.append(
            denial(
                _R.RECONCILIATION_REQUIRED,
                what="the reply to an order was lost, and whether it was placed is not known yet",
            )
        )
    return found


def _of_session(facts: RunFacts) -> list[Denial]:
    if facts.session is SessionState.RELEASED:
        return [denial(_R.SESSION_NOT_CLAIMED)]
    return [denial(_R.SESSION_STALE)] if facts.session is SessionState.STALE else []


def _of_protection(facts: RunFacts) -> list[Denial]:
    if facts.protection in _UNDER_WAY:
        return [denial(_R.PROTECTION_TRIGGERED, why=_why(facts.protection_reason))]
    is_armed = facts.protection is ProtectionStatus.ARMED
    if not facts.requires_protection or is_armed or facts.awaits_entry:
        return []
    return [denial(_R.PROTECTION_UNARMED)]


def _of_market(facts: RunFacts) -> list[Denial]:
    found: list[Denial] = []
    if facts.is_feed_stale:
        found.append(denial(_R.MARKET_DATA_STALE, what="no prices are coming in"))
    elif facts.are_positions_stale:
        what = "prices of open positions are older than they may be"
        found.append(denial(_R.MARKET_DATA_STALE, what=what))
    if facts.is_market_closed:
        found.append(denial(_R.MARKET_CLOSED))
    return found


def _why(reason: str) -> str:
    return f": {reason}" if reason else ""
