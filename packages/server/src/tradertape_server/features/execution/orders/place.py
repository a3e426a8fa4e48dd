"""Placing orders: one, or a basket; and what is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tradertape_core.execution import engine
from tradertape_core.execution.basket import BasketDecision, LegDecision, place_basket
from tradertape_core.execution.decision import Decision, Facts
from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, Problem
from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.orders import events as ev
from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.fields import order_problems, read_order
from tradertape_core.orders.order import OrderRequest
from tradertape_core.orders.reports import CancelReason
from tradertape_server.features.execution.errors import (
    InProgress,
    KeyReused,
    LiveDisabled,
    OrderDenied,
)
from tradertape_server.features.execution.orders import unwinding
from tradertape_server.features.execution.orders.authorization import RunAuthorization
from tradertape_server.features.execution.orders.facts import basket_denials, facts_for
from tradertape_server.features.execution.orders.intent_settlement import (
    awaits_venue,
    settle_intent,
)
from tradertape_server.features.execution.orders.order_ids import OrderIds
from tradertape_server.features.execution.orders.preview import (
    Asker,
    preview_basket,
    preview_order,
)
from tradertape_server.features.execution.orders.replies import (
    PLACE_BASKET,
    PLACE_ORDER,
    Outcome,
    current_reply,
    kept,
)
from tradertape_server.features.execution.orders.risk_facts import NO_RISK, Legs, Risk
from tradertape_server.features.execution.orders.run_ref import RunRef
from tradertape_server.features.execution.state.command import (
    AWAITING_VENUE,
    NotSettled,
    VenueCommand,
)
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store.timeline_text import order_in_words as in_words
from tradertape_server.features.execution.venues.gateway import OUTSIDE
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.errors import ApiError

VENUES = ("dry_run", "paper", "broker")
MOST_LEGS = 50
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
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    risk: Risk = NO_RISK
    strict: bool = False  # answer in the published client's strict shape

    @property
    def is_dry(self) -> bool:
        return self.venue == "dry_run"

    @property
    def asker(self) -> Asker:
        """As previews know it."""
        return Asker(self.account_id, self.run_id, self.risk)


@dataclass(frozen=True, slots=True)
class Reserved:
    """The key is taken; its reply follows when the venue has answered.

    row: the intent; None for a repeated command, which shares the first one's reply.
    """

    row: Json | None = None


# What becomes of an intent, once it is known whose it is.
Decide = Callable[[UnitOfWork, Intent], Outcome | Reserved]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The content of an intent, apart from its run and key."""

    kind: str
    request_hash: str
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    strict: bool = False

    def intent(self, run: RunRef, key: str) -> Intent:
        """The intent of a run. Raises LiveDisabled, InvalidInput for a venue it cannot have."""
        require_venue(run.venue)
        return Intent(
            account_id=run.account_id,
            run_id=run.run_id,
            venue=run.venue,
            key=key,
            kind=self.kind,
            request_hash=self.request_hash,
            metadata=self.metadata,
            risk=run.risk,
            strict=self.strict,
        )


def order_decision(document: Mapping[str, Any], ids: OrderIds) -> Decide:
    """Place one order. Raises InvalidDocument when its fields break a rule."""
    crash_point("before_validate")
    request = read_order(document)

    def decide(uow: UnitOfWork, intent: Intent) -> Outcome | Reserved:
        known = replayed(uow, intent)
        if known is not None:
            return known
        command = _command(intent, request, ids.next(uow.now))
        decision = engine.place(command, facts_for(uow, command, intent.risk), uow.now)
        if decision.is_denied:
            return _denied(uow, intent, decision.denials, in_words(request))
        crash_point("after_validate")
        legs = [{"index": 0, "order_id": command.order_id}]
        details: Json = {"legs": legs}
        if intent.is_dry:
            details["preview"] = preview_order(uow, intent.asker, request)
        row = reserve(uow, intent, details)
        _record(uow, intent, decision)
        return Reserved(row)

    return decide


def basket_decision(
    documents: Sequence[Mapping[str, Any]],
    ids: OrderIds,
    *,
    all_or_none: bool,
    dry_run: bool,
    unwind: str = unwinding.NONE,
    labels: Sequence[str] = (),
) -> Decide:
    """Place several orders as one command. Raises InvalidDocument when the basket cannot stand.

    unwind: `reverse` undoes what filled when the venue refuses a leg after others were taken.
    labels: names of the legs, given back with each.
    """
    crash_point("before_validate")
    read = read_legs(documents, all_or_none=all_or_none)

    def decide(uow: UnitOfWork, intent: Intent) -> Outcome | Reserved:
        known = replayed(uow, intent)
        if known is not None:
            return known
        basket = _Basket(intent, read, ids, all_or_none=all_or_none)
        decided = basket.decide(uow)
        refusals = [denial for leg in decided.legs for denial in leg.decision.denials]
        if refusals and (all_or_none or decided.decision.events == ()):
            return _denied(uow, intent, refusals, f"basket of {len(documents)}")
        crash_point("after_validate")
        details = basket.details(uow, decided, dry_run=dry_run, labels=labels)
        row = reserve(uow, intent, {**details, "unwind": unwind})
        if not dry_run:
            _record(uow, intent, decided.decision)
        return Reserved(row)

    return decide


def replayed(uow: UnitOfWork, intent: Intent) -> Outcome | Reserved | None:
    """Return the reply that the key has; None when it is new."""
    row = uow.intent(intent.run_id, intent.key)
    if row is None:
        return None
    if row["request_hash"] != intent.request_hash:
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


class PlaceCommand(VenueCommand[Outcome]):
    """Place the orders of one intent, once for its key, and reply when the venue has answered.

    decide_orders: what is placed, once it is known for whom. kind, payload: what makes two
    intents the same. strict: reply in the published client's own shape.
    """

    __slots__ = ("_authorization", "_decide_orders", "_decided", "_key", "_payload")

    def __init__(
        self,
        authorization: RunAuthorization,
        key: str,
        payload: Payload,
        decide_orders: Decide,
    ) -> None:
        super().__init__(key=(authorization.run_id, key), read=authorization.read)
        self._authorization = authorization
        self._key = key
        self._payload = payload
        self._decide_orders = decide_orders
        self._decided: Outcome | Reserved | None = None

    @property
    def run_id(self) -> str:
        """The run it is for."""
        return self._authorization.run_id

    @property
    def is_new(self) -> bool:
        """Whether its key was new, and its orders were placed."""
        return isinstance(self._decided, Reserved) and self._decided.row is not None

    def again(self) -> PlaceCommand:
        """The same command, to be executed once more."""
        return type(self)(self._authorization, self._key, self._payload, self._decide_orders)

    def decide(self, uow: UnitOfWork) -> None:
        run_id, key = self._authorization.run_id, self._key
        is_known = uow.intent(run_id, key) is not None
        run = self._authorization.authorize(uow, is_known_key=is_known)
        intent = self._payload.intent(run, key)
        _require_account(uow, intent)
        self._decided = self._decide_orders(uow, intent)
        if self.is_new:
            self._authorization.accepted(uow)

    def settle(self, uow: UnitOfWork) -> Outcome | NotSettled:
        decided = self._decided
        if not isinstance(decided, Reserved):
            return decided or InProgress(self._key)
        if decided.row is not None:
            settled = settle_intent(uow, decided.row)
            return settled or InProgress(self._key)
        row = uow.intent(self._authorization.run_id, self._key)
        reply = None if row is None else kept(row, is_replay=True)
        if reply is None and row is not None and awaits_venue(uow, row):
            return AWAITING_VENUE
        return reply or InProgress(self._key)

    def overdue(self, uow: UnitOfWork) -> Outcome:
        row = uow.intent(self._authorization.run_id, self._key)
        reply = None if row is None else current_reply(uow, row)
        return reply or InProgress(self._key)


# --- legs -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadLegs:
    """The legs that could be read, by index, and what is wrong with the others."""

    requests: dict[int, OrderRequest]
    problems: dict[int, tuple[Problem, ...]]


def read_legs(documents: Sequence[Mapping[str, Any]], *, all_or_none: bool) -> ReadLegs:
    """Read a basket's orders.

    Raises InvalidDocument when there are none or too many, when none can be read, or one cannot
    and all or none was asked.
    """
    if not 1 <= len(documents) <= MOST_LEGS:
        message = f"a basket has 1 to {MOST_LEGS} orders, had {len(documents)}"
        raise InvalidDocument([Problem("/orders", message)])
    problems = {
        index: found
        for index, document in enumerate(documents)
        if (found := order_problems(document, at=f"/orders/{index}"))
    }
    if problems and (all_or_none or len(problems) == len(documents)):
        raise _invalid(problems)
    requests = {
        index: read_order(document)
        for index, document in enumerate(documents)
        if index not in problems
    }
    return ReadLegs(requests, problems)


def _invalid(problems: Mapping[int, Sequence[Problem]]) -> InvalidDocument:
    return InvalidDocument([one for index in sorted(problems) for one in problems[index]])


class _Basket:
    """A basket on its way through the engine."""

    def __init__(self, intent: Intent, read: ReadLegs, ids: OrderIds, *, all_or_none: bool) -> None:
        self._intent = intent
        self._requests = read.requests
        self._problems = dict(read.problems)
        self._ids = ids
        self._all_or_none = all_or_none
        self._commands: list[PlaceOrder] = []

    @property
    def known(self) -> list[OrderRequest]:
        """The legs whose instruments there are."""
        return [command.request for command in self._commands]

    def decide(self, uow: UnitOfWork) -> BasketDecision:
        """Raises InvalidDocument when none of the legs can stand, or one cannot and all must."""
        now, facts, legs = uow.now, list[Facts](), Legs()
        for index, request in self._requests.items():
            command = _command(self._intent, request, self._ids.next(now), leg=index)
            try:
                known = facts_for(uow, command, self._intent.risk, legs=legs)
            except InvalidDocument as error:
                self._problems[index] = error.problems
                continue
            facts.append(known)
            self._commands.append(command)
            if not engine.place(command, known, now).is_denied:
                legs.take(request, is_exit=known.held > 0)
        if self._problems and (self._all_or_none or not self._commands):
            raise _invalid(self._problems)
        denials = basket_denials(uow, self._intent.account_id, self._commands, facts)
        return place_basket(
            self._commands, facts, now, all_or_none=self._all_or_none, denials=denials
        )

    def details(
        self, uow: UnitOfWork, decided: BasketDecision, *, dry_run: bool, labels: Sequence[str]
    ) -> Json:
        """What is kept with the basket's key."""
        legs = _labelled(self.legs(decided), labels)
        details: Json = {"basket_id": self._ids.next(uow.now), "legs": legs}
        if self._intent.is_dry or dry_run:
            details["preview"] = preview_basket(uow, self._intent.asker, self.known)
        if dry_run:
            details |= {"dry_run": True, "legs": [_previewed(leg) for leg in legs]}
        return details

    def legs(self, decided: BasketDecision) -> list[Json]:
        """Every leg of the caller's list with its order, or why it has none."""
        made = zip(self._commands, decided.legs, strict=True)
        legs = [_leg(command.leg, leg) for command, leg in made]
        for index, problems in self._problems.items():
            detail = "; ".join(f"{one.pointer}: {one.message}" for one in problems)
            legs.append({"index": index, "order_id": None, "status": "DENIED", "detail": detail})
        return sorted(legs, key=lambda leg: leg["index"])


def _leg(index: int, leg: LegDecision) -> Json:
    if not leg.decision.is_denied:
        return {"index": index, "order_id": leg.order_id}
    detail = "; ".join(denial.message for denial in leg.decision.denials)
    return {"index": index, "order_id": None, "status": "DENIED", "detail": detail}


def _previewed(leg: Json) -> Json:
    if leg["order_id"] is None:
        return leg
    return {**leg, "order_id": None, "status": "DRY_RUN", "detail": None}


def _labelled(legs: Sequence[Json], labels: Sequence[str]) -> list[Json]:
    return [{**leg, "leg_id": labels[leg["index"]]} if labels else leg for leg in legs]


# --- inside ---------------------------------------------------------------------------------------


def require_venue(venue: str) -> None:
    """Raise LiveDisabled, or InvalidInput for what is no venue."""
    if venue == "live":
        raise LiveDisabled
    if venue not in VENUES:
        raise InvalidInput(f"execution_mode must be dry_run, paper or live, was {venue!r}")


def _require_account(uow: UnitOfWork, intent: Intent) -> None:
    kind = uow.account(intent.account_id).kind
    if not intent.is_dry and intent.venue != kind:
        raise InvalidInput(f"orders of this account go to {kind}, not to {intent.venue}")


def _command(intent: Intent, request: OrderRequest, order_id: str, *, leg: int = 0) -> PlaceOrder:
    return PlaceOrder(
        order_id=order_id,
        account=str(intent.account_id),
        run_id=intent.run_id,
        key=intent.key,
        venue=intent.venue,
        request=request,
        leg=leg,
    )


def _record(uow: UnitOfWork, intent: Intent, decision: Decision) -> None:
    uow.record(decision)
    if not intent.is_dry:
        return
    for event in decision.events:  # recorded, never sent: its story ends where it begins
        if isinstance(event, ev.OrderPlaced) and not event.slices:
            ended = ev.OrderCancelled(
                order_id=event.order_id,
                at=event.at,
                reason=CancelReason.VENUE,
                sequence=1,
                message="dry run: recorded, not sent",
            )
            uow.record(Decision(events=(ended,)))


def _denied(uow: UnitOfWork, intent: Intent, denials: Sequence[Denial], what: str) -> ApiError:
    """Refuse, and say so in the timeline; the key stays free."""
    error = OrderDenied(denials)
    codes = [denial.reason.value for denial in denials]
    uow.note(
        account_id=intent.account_id,
        run_id=intent.run_id,
        kind="execution",
        event_type="order_denied",
        source="risk",
        summary=f"Denied: {what} ({error.detail})",
        payload={"key": intent.key, "reasons": codes, "kind": intent.kind},
    )
    return error


KINDS = (PLACE_ORDER, PLACE_BASKET)
