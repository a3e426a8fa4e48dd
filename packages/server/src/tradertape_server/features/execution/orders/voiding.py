"""Using up a key whose command may still be on its way, for a caller that lost the answer."""

from __future__ import annotations

from tradertape_server.features.execution.orders import replies
from tradertape_server.features.execution.orders.intent import Intent, reserve
from tradertape_server.features.execution.orders.replies import PLACE_ORDER
from tradertape_server.features.execution.orders.run_ref import RunRef
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork

_VOIDED = "voided"  # stands where the hash of a request does: no command has it


def void_key(uow: UnitOfWork, run: RunRef, key: str) -> str | None:
    """The order that a key placed, "" where it did something else; None: it never will do anything.

    A key that was not used is used up: the command that comes late is refused.
    """
    row = uow.intent(run.run_id, key)
    if row is not None and row["request_hash"] == _VOIDED:
        return None
    if row is not None:
        legs = row["details"].get("legs") or [{"order_id": ""}]
        return str(legs[0]["order_id"] or "")
    intent = Intent(
        account_id=run.account_id, run_id=run.run_id, venue=run.venue, key=key,
        kind=PLACE_ORDER, request_hash=_VOIDED,
    )  # fmt: skip
    replies.keep(uow, reserve(uow, intent, {}), {"status": _VOIDED})
    return None
