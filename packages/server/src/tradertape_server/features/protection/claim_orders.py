"""The orders of a claim: which are needed, which were sent, and what they have closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tradertape_core.execution.decision import server_key
from tradertape_core.ledger.position import Position, exits_of
from tradertape_core.orders.checks import slices_of
from tradertape_core.orders.order import Order, OrderType, Product, Side, Variety
from tradertape_core.risk import protection_state as ps
from tradertape_core.risk.protection import watch
from tradertape_core.risk.protection_decision import LegExit, Watched
from tradertape_core.risk.protection_state import Claim, ProtectionState, exit_band_pct
from tradertape_server.features.execution.exits.run_exit import is_stuck
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import EXIT_RUN
from tradertape_server.features.protection.owners import Owner

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Closed:
    """What a claim's orders have closed of a leg, over all attempts. value: rupees."""

    quantity: int = 0
    value: Decimal = Decimal(0)

    @property
    def average_price(self) -> Decimal:
        """Rupees a unit."""
        return (self.value / self.quantity).quantize(Decimal("0.0001"))


class ClaimOrders:
    """Changes nothing; every read opens a transaction of its own."""

    def __init__(self, execution: ExecutionService) -> None:
        self._execution = execution

    # --- needed -------------------------------------------------------------------------------

    def needed(
        self,
        state: ProtectionState,
        claim: Claim,
        positions: Sequence[Position],
        closed: Mapping[str, Closed],
    ) -> list[LegExit]:
        """What the claim still has to close: short positions first, long ones last.

        Of a protected leg no more than its quantity, however much more the owner holds.
        """
        now = self._execution.clock.now()
        legs = [
            exit_
            for one in watch(state, positions, {}, now)
            if ps.leg_scope(one.index) in claim.covers
            and (exit_ := _remaining(one, closed if state.legs else {})).quantity > 0
        ]
        if claim.rule is ps.Rule.MIS_SQUAREOFF:
            legs = [
                LegExit(one.key.instrument, one.key.product, one.side, one.quantity)
                for one in exits_of(positions, product=Product.MIS)
                if ps.square_off_scope(ps.exchange_of(one.key.instrument)) == claim.scope
            ]
        return sorted(legs, key=lambda one: one.side is Side.SELL)

    def closable(self, owner: Owner, exits: Sequence[LegExit]) -> list[LegExit]:
        """The same as far as the owner's account has the units at its broker."""
        return bounded(
            exits,
            lambda one: self._execution.most_to_close(
                owner.ref, (one.instrument, one.product), one.side
            ),
        )

    def documents(
        self, state: ProtectionState, claim: Claim, exits: Sequence[LegExit]
    ) -> Iterator[Json]:
        """Arguments of `ExecutionService.place` for exits, each with the key of the attempt."""
        for exit_ in exits:
            scope = exit_.scope if state.legs else None
            name = f"{scope or ''}:{exit_.instrument}:{exit_.product}"
            for number, part in enumerate(self._parts(exit_)):
                yield {
                    "order": _order(exit_, part, claim.attempts),
                    "key": f"{_of_attempt(claim)}{name}:{number}",
                    "metadata": {"scope": scope},
                }

    def _parts(self, exit_: LegExit) -> tuple[int, ...]:
        """The quantity in orders the exchange takes: none above its freeze quantity."""
        instrument = self._execution.market.instrument(exit_.instrument)
        if instrument is None or instrument.freeze_quantity is None:
            return (exit_.quantity,)
        return slices_of(exit_.quantity, instrument.freeze_quantity, instrument.lot_size)

    # --- known of an owner --------------------------------------------------------------------

    def positions(self, owner: Owner) -> list[Position]:
        """The owner's open positions."""
        ref = owner.ref
        return self._execution.positions(
            run_id=ref.run_id, account_id=ref.account_id, open_only=True
        )

    def open_orders(self, owner: Owner) -> list[Order]:
        """The owner's open orders."""
        ref = owner.ref
        return self._execution.orders(run_id=ref.run_id, account_id=ref.account_id, open_only=True)

    def is_owner_exiting(self, owner: Owner) -> bool:
        """Whether an exit of the whole owner is under way: that closes what a claim would."""
        pending = self._execution.intents(owner.run_id, unanswered=True)
        return any(one.kind == EXIT_RUN and one.details["product"] is None for one in pending)

    def closed(self, owner: Owner, claim: Claim) -> dict[str, Closed]:
        """What the claim's orders have closed so far, by the scope of the leg."""
        sent = self._sent(owner, _of_claim(claim))
        legs = [leg["order_id"] for details in sent for leg in details["legs"]]
        orders = self._execution.orders_by_id(legs)
        found: dict[str, Closed] = {}
        for details in sent:
            scope = details["metadata"].get("scope")
            for leg in details["legs"] if scope else ():
                order = orders[leg["order_id"]]
                before = found.get(scope, Closed())
                value = sum((fill.price * fill.quantity for fill in order.fills), before.value)
                found[scope] = Closed(before.quantity + order.filled_quantity, value)
        return found

    def attempted(self, owner: Owner, claim: Claim) -> set[str]:
        """Ids of the orders that the present attempt has sent."""
        sent = self._sent(owner, _of_attempt(claim))
        return {leg["order_id"] for details in sent for leg in details["legs"]}

    def is_working(self, owner: Owner, claim: Claim) -> bool:
        """Whether an order of the attempt, or an exit of the whole owner, may still fill."""
        if self.is_owner_exiting(owner):
            return True
        mine = self.attempted(owner, claim)
        working = [order for order in self.open_orders(owner) if order.order_id in mine]
        return bool(working) and not any(self._is_stuck(order) for order in working)

    def _is_stuck(self, order: Order) -> bool:
        market, name = self._execution.market, order.request.instrument
        instrument = market.instrument(name)
        if instrument is None:
            return False
        now = self._execution.clock.now()
        return is_stuck(order, market.tick(name), market.phase(instrument, now), now)

    def _sent(self, owner: Owner, prefix: str) -> list[Json]:
        intents = self._execution.intents(owner.run_id, prefix=prefix)
        return [
            one.details for one in intents if one.key.startswith(prefix) and "legs" in one.details
        ]


def bounded(
    exits: Sequence[LegExit], most: Callable[[LegExit], int | None]
) -> list[LegExit]:  # fmt: skip
    """Exits with no more units than can be closed; those without any are left out."""
    limits = [(one, most(one)) for one in exits]
    found = [
        one if limit is None or limit >= one.quantity else replace(one, quantity=limit)
        for one, limit in limits
    ]
    return [one for one in found if one.quantity]


def _of_claim(claim: Claim) -> str:
    """What the keys of a claim's orders begin with."""
    return server_key(f"protection:{claim.claim_id}:")


def _of_attempt(claim: Claim) -> str:
    """The same of its present attempt."""
    return f"{_of_claim(claim)}{claim.attempts}:"


def _remaining(one: Watched, closed: Mapping[str, Closed]) -> LegExit:
    done = closed.get(ps.leg_scope(one.index), Closed()).quantity
    return replace(one.exit, quantity=min(one.quantity, one.leg.quantity - done))


def _order(exit_: LegExit, quantity: int, attempt: int) -> Json:
    exchange, _, symbol = exit_.instrument.partition(":")
    return {
        "exchange": exchange,
        "tradingsymbol": symbol,
        "transaction_type": exit_.side.value,
        "product": exit_.product.value,
        "order_type": OrderType.MARKET.value,
        "variety": Variety.REGULAR.value,
        "quantity": quantity,
        "market_protection": float(exit_band_pct(attempt)),
    }
