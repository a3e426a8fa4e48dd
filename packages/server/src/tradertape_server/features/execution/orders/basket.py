"""Placing a basket: several orders as one command, and what is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradertape_core.execution import engine
from tradertape_core.execution.basket import BasketDecision, LegDecision, place_basket
from tradertape_core.execution.decision import Facts
from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.fields import order_problems, read_order
from tradertape_core.orders.order import OrderRequest
from tradertape_server.features.execution.orders import unwinding
from tradertape_server.features.execution.orders.facts import basket_denials, facts_for
from tradertape_server.features.execution.orders.intent import (
    Decide,
    Intent,
    denied,
    order_command,
    record,
    replayed,
    reserve,
)
from tradertape_server.features.execution.orders.intent_settlement import Reserved
from tradertape_server.features.execution.orders.preview import (
    preview_basket,
)
from tradertape_server.features.execution.orders.replies import (
    Outcome,
)
from tradertape_server.features.execution.orders.risk_facts import Legs
from tradertape_server.features.execution.state.order_ids import OrderIds
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.platform.crash_points import crash_point

MOST_LEGS = 50
Json = dict[str, Any]


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
            return denied(uow, intent, refusals, f"basket of {len(documents)}")
        crash_point("after_validate")
        details = basket.details(uow, decided, dry_run=dry_run, labels=labels)
        row = reserve(uow, intent, {**details, "unwind": unwind})
        if not dry_run:
            record(uow, intent, decided.decision)
        return Reserved(row)

    return decide


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
            command = order_command(self._intent, request, self._ids.next(now), leg=index)
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
