"""Placing orders: one, or a basket; and what is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tradertape_core.execution import engine
from tradertape_core.execution.basket import BasketDecision, LegDecision, place_basket
from tradertape_core.execution.decision import Decision, Facts
from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.orders import events as ev
from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.fields import order_problems, read_order
from tradertape_core.orders.order import OrderRequest
from tradertape_core.orders.reports import CancelReason
from tradertape_server.features.execution.errors import InProgress, KeyReused, OrderDenied
from tradertape_server.features.execution.orders import unwinding
from tradertape_server.features.execution.orders.facts import basket_denials, facts_for
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
    keep_answer,
    kept,
)
from tradertape_server.features.execution.orders.risk_facts import NO_RISK, Legs, Risk
from tradertape_server.features.execution.state.command import GO_ON, Wish
from tradertape_server.features.execution.state.unit_of_work import Desk
from tradertape_server.features.execution.store.timeline_text import wish as in_words
from tradertape_server.platform.crash_points import reach
from tradertape_server.platform.errors import ApiError

MOST_LEGS = 50
Json = dict[str, Any]


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A wish with its key. `mode` is `paper` or `dry_run`."""

    account_id: int
    run_id: str
    mode: str
    key: str
    kind: str
    request_hash: str
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    risk: Risk = NO_RISK
    strict: bool = False  # answer in the published client's strict shape

    @property
    def is_dry(self) -> bool:
        return self.mode == "dry_run"

    @property
    def asker(self) -> Asker:
        """As previews know it."""
        return Asker(self.account_id, self.run_id, self.risk)


@dataclass(frozen=True, slots=True)
class Reserved:
    """The key is taken; its answer follows when the venue has answered.

    row: the intent; None for the same wish again, which waits for the first one's answer.
    """

    row: Json | None = None


# What becomes of an intent, once it is known whose it is.
Decide = Callable[[Desk, Intent], Outcome | Reserved]


def intent_wish(intent: Intent, decide: Decide) -> Wish:
    """The wish of an intent whose run is known."""
    return keyed_wish(intent.run_id, intent.key, lambda desk: decide(desk, intent))


def order_decision(document: Mapping[str, Any], ids: OrderIds) -> Decide:
    """Place one order. Raises InvalidDocument when its fields break a rule."""
    reach("before_validate")
    request = read_order(document)

    def decide(desk: Desk, intent: Intent) -> Outcome | Reserved:
        known = replayed(desk, intent)
        if known is not None:
            return known
        command = _command(intent, request, ids.next(desk.now))
        decision = engine.place(command, facts_for(desk, command, intent.risk), desk.now)
        if decision.is_denied:
            return _denied(desk, intent, decision.denials, in_words(request))
        reach("after_validate")
        legs = [{"index": 0, "order_id": command.order_id}]
        details: Json = {"legs": legs}
        if intent.is_dry:
            details["preview"] = preview_order(desk, intent.asker, request)
        row = reserve(desk, intent, details)
        _record(desk, intent, decision)
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
    """Place several orders as one wish. Raises InvalidDocument when the basket cannot stand.

    unwind: `reverse` undoes what filled when the venue refuses a leg after others were taken.
    labels: names of the legs, given back with each.
    """
    reach("before_validate")
    read = read_legs(documents, all_or_none=all_or_none)

    def decide(desk: Desk, intent: Intent) -> Outcome | Reserved:
        known = replayed(desk, intent)
        if known is not None:
            return known
        basket = _Basket(intent, read, ids, all_or_none=all_or_none)
        decided = basket.decide(desk)
        refusals = [denial for leg in decided.legs for denial in leg.decision.denials]
        if refusals and (all_or_none or decided.decision.events == ()):
            return _denied(desk, intent, refusals, f"basket of {len(documents)}")
        reach("after_validate")
        details = basket.details(desk, decided, dry_run=dry_run, labels=labels)
        row = reserve(desk, intent, {**details, "unwind": unwind})
        if not dry_run:
            _record(desk, intent, decided.decision)
        return Reserved(row)

    return decide


def replayed(desk: Desk, intent: Intent) -> Outcome | Reserved | None:
    """What the key was answered; None when it is new."""
    row = desk.intent(intent.run_id, intent.key)
    if row is None:
        return None
    if row["request_hash"] != intent.request_hash:
        return KeyReused(intent.key)
    answer = kept(row, is_replay=True)
    if answer is not None:
        return answer
    if desk.is_reserving(intent.run_id, intent.key):
        return Reserved()  # the one before us in this turn: its answer is ours
    return InProgress(intent.key)


def reserve(desk: Desk, intent: Intent, details: Json) -> Json:
    """Take the key, before anything is sent."""
    strict = {"strict": True} if intent.strict else {}
    row = {
        "account_id": intent.account_id,
        "run_id": intent.run_id,
        "key": intent.key,
        "kind": intent.kind,
        "mode": intent.mode,
        "request_hash": intent.request_hash,
        "details": {**details, "metadata": dict(intent.metadata), **strict},
        "status_code": None,
        "answer": None,
        "created_at": desk.now,
    }
    desk.reserve(row)
    return row


def keyed_wish(run_id: str, key: str, decide: Callable[[Desk], Outcome | Reserved]) -> Wish:
    """A wish that is answered once for its key, when the venue has answered."""

    def settle(desk: Desk, carry: Outcome | Reserved) -> Any:
        if not isinstance(carry, Reserved):
            return carry
        if carry.row is not None:
            if unwinding.go_on(desk, carry.row):
                return GO_ON
            return keep_answer(desk, carry.row) or InProgress(key)
        row = desk.intent(run_id, key)
        answer = None if row is None else kept(row, is_replay=True)
        return answer or InProgress(key)

    return Wish(decide, settle, key=(run_id, key))


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

    def decide(self, desk: Desk) -> BasketDecision:
        """Raises InvalidDocument when none of the legs can stand, or one cannot and all must."""
        now, facts, legs = desk.now, list[Facts](), Legs()
        for index, request in self._requests.items():
            command = _command(self._intent, request, self._ids.next(now), leg=index)
            try:
                known = facts_for(desk, command, self._intent.risk, legs=legs)
            except InvalidDocument as error:
                self._problems[index] = error.problems
                continue
            facts.append(known)
            self._commands.append(command)
            if not engine.place(command, known, now).is_denied:
                legs.take(request, is_exit=known.held > 0)
        if self._problems and (self._all_or_none or not self._commands):
            raise _invalid(self._problems)
        denials = basket_denials(desk, self._intent.account_id, self._commands, facts)
        return place_basket(
            self._commands, facts, now, all_or_none=self._all_or_none, denials=denials
        )

    def details(
        self, desk: Desk, decided: BasketDecision, *, dry_run: bool, labels: Sequence[str]
    ) -> Json:
        """What is kept with the basket's key."""
        legs = _labelled(self.legs(decided), labels)
        details: Json = {"basket_id": self._ids.next(desk.now), "legs": legs}
        if self._intent.is_dry or dry_run:
            details["preview"] = preview_basket(desk, self._intent.asker, self.known)
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


def _command(intent: Intent, request: OrderRequest, order_id: str, *, leg: int = 0) -> PlaceOrder:
    return PlaceOrder(
        order_id=order_id,
        account=str(intent.account_id),
        run_id=intent.run_id,
        key=intent.key,
        venue=intent.mode,
        request=request,
        leg=leg,
    )


def _record(desk: Desk, intent: Intent, decision: Decision) -> None:
    desk.record(decision)
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
            desk.record(Decision(events=(ended,)))


def _denied(desk: Desk, intent: Intent, denials: Sequence[Denial], what: str) -> ApiError:
    """Refuse, and say so in the timeline; the key stays free."""
    error = OrderDenied(denials)
    codes = [denial.reason.value for denial in denials]
    desk.note(
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
