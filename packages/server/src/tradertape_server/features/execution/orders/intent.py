"""An intent: a command with its key, and what is common to placing one order and a basket."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tradertape_core.execution.decision import Decision
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.orders import events as ev
from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.order import OrderRequest
from tradertape_server.features.execution.errors import (
    InProgress,
    KeyReused,
    OrderDenied,
)
from tradertape_server.features.execution.orders.intent_settlement import Reserved
from tradertape_server.features.execution.orders.preview import (
    Asker,
)
from tradertape_server.features.execution.orders.replies import (
    CANCEL_ORDER,
    MODIFY_ORDER,
    PLACE_BASKET,
    PLACE_ORDER,
    Outcome,
    current_reply,
    kept,
)
from tradertape_server.features.execution.orders.risk_facts import NO_RISK, Risk
from tradertape_server.features.execution.orders.run_ref import RunRef
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.venues.gateway import OUTSIDE
from tradertape_server.platform.errors import ApiError

VENUES = ("dry_run", "paper", "broker", "agent")
KINDS = (PLACE_ORDER, PLACE_BASKET, CANCEL_ORDER, MODIFY_ORDER)
Json = dict[str, Any]


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A command with its key. `venue` is `paper`, `broker` or `dry_run`."""

    account_id: int
    run_id: str
    venue: str
    key: str
    kind: str
    request_hash: str
    former_hash: str = ""  # as earlier versions hashed the same request
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    risk: Risk = NO_RISK
    strict: bool = False  # answer in the published client's strict shape

    @property
    def is_dry(self) -> bool:
        return self.venue == "dry_run"

    @property
    def asker(self) -> Asker:
        """As previews know it."""
        return Asker(self.account_id, self.run_id or None, self.risk)


# What becomes of an intent, once it is known whose it is.
Decide = Callable[[UnitOfWork, Intent], Outcome | Reserved]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The content of an intent, apart from its run and key."""

    kind: str
    request_hash: str
    former_hash: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    strict: bool = False

    def intent(self, run: RunRef, key: str) -> Intent:
        """The intent of a run. Raises InvalidInput for a venue it cannot have."""
        require_venue(run.venue)
        return Intent(
            account_id=run.account_id,
            run_id=run.run_id,
            venue=run.venue,
            key=key,
            kind=self.kind,
            request_hash=self.request_hash,
            former_hash=self.former_hash,
            metadata=self.metadata,
            risk=run.risk,
            strict=self.strict,
        )


def replayed(uow: UnitOfWork, intent: Intent) -> Outcome | Reserved | None:
    """Return the reply that the key has; None when it is new."""
    row = uow.intent(intent.run_id, intent.key)
    if row is None:
        return None
    if row["request_hash"] not in {intent.request_hash, intent.former_hash}:
        return KeyReused(intent.key)
    answer = kept(row, is_replay=True)
    if answer is not None:
        return answer
    if uow.is_reserving(intent.run_id, intent.key):
        return Reserved()  # the one before it in this batch: the reply is the same
    if row["venue"] in OUTSIDE and row["kind"] in KINDS:
        return current_reply(uow, row) or InProgress(intent.key)
    return InProgress(intent.key)


def reserve(uow: UnitOfWork, intent: Intent, details: Json) -> Json:
    """Take the key, before anything is sent."""
    strict = {"strict": True} if intent.strict else {}
    row = {
        "account_id": intent.account_id,
        "run_id": intent.run_id,
        "key": intent.key,
        "kind": intent.kind,
        "venue": intent.venue,
        "request_hash": intent.request_hash,
        "details": {**details, "metadata": dict(intent.metadata), **strict},
        "status_code": None,
        "answer": None,
        "created_at": uow.now,
    }
    uow.reserve(row)
    return row


def require_venue(venue: str) -> None:
    """Raise InvalidInput for what is no venue."""
    if venue not in VENUES:
        raise InvalidInput(f"execution_mode must be dry_run, paper or live, was {venue!r}")


def order_command(
    intent: Intent, request: OrderRequest, order_id: str, *, leg: int = 0
) -> PlaceOrder:
    """The core's command for an order of the intent. leg: its index in a basket."""
    return PlaceOrder(
        order_id=order_id,
        account=str(intent.account_id),
        run_id=intent.run_id or None,
        key=intent.key,
        venue=intent.venue,
        request=request,
        leg=leg,
    )


def record(uow: UnitOfWork, intent: Intent, decision: Decision) -> None:
    """Record what was decided; a dry run's order is complete with that, a sliced one as well."""
    uow.record(decision)
    if not intent.is_dry:
        return
    for event in decision.events:
        if isinstance(event, ev.OrderPlaced):
            uow.record(Decision(events=(ev.DryRunCompleted(order_id=event.order_id, at=event.at),)))


def denied(uow: UnitOfWork, intent: Intent, denials: Sequence[Denial], what: str) -> ApiError:
    """Refuse, and say so in the timeline; the key stays free."""
    error = OrderDenied(denials)
    codes = [denial.reason.value for denial in denials]
    uow.note(
        account_id=intent.account_id,
        run_id=intent.run_id or None,
        kind="execution",
        event_type="order_denied",
        source="risk",
        summary=f"Denied: {what} ({error.detail})",
        payload={"key": intent.key, "reasons": codes, "kind": intent.kind},
    )
    return error
