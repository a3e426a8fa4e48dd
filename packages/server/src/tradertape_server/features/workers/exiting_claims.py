"""Sending what a protection's claim exits, as often as it takes, and each thing once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tradertape_core.ledger.position import Position, exits_of
from tradertape_core.orders.checks import slices_of
from tradertape_core.orders.order import Order, OrderType, Product, Side, Variety
from tradertape_core.risk import protection_state as ps
from tradertape_core.risk.protection import watch
from tradertape_core.risk.protection_decision import LegExit, Watched
from tradertape_core.risk.protection_state import (
    Claim,
    ProtectionState,
    ProtectionStatus,
    exit_band_pct,
)
from tradertape_server.features.execution.exits.run_exit import is_stuck
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import EXIT_RUN, UnitOfWork
from tradertape_server.features.execution.store.models import IntentRow
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.batches import ref
from tradertape_server.features.workers.trading.exit_runs import LeavingService
from tradertape_server.platform.errors import ApiError, Conflict, NotFound
from tradertape_server.platform.logging import get_logger

RETRY_AFTER_S, RETRY_LATEST_S = 5.0, 30.0  # a failed attempt, so much later each time
Keep = Callable[[ProtectionState, str, str], None]

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Closed:
    """What a claim's orders have closed of a leg, over all attempts."""

    quantity: int = 0
    value: Decimal = Decimal(0)

    @property
    def average_price(self) -> Decimal:
        return (self.value / self.quantity).quantize(Decimal("0.0001"))


FirstOrders = list[tuple[str, Command]]  # each with the id of its claim


class ClaimExits:
    """Takes a run's claims further, one step a call."""

    def __init__(self, execution: ExecutionService, leaving: LeavingService) -> None:
        self._execution = execution
        self._leaving = leaving
        # What a start forgets is sent again under the same keys, and tried again at once.
        # By run and claim: the attempt whose orders went out last, and when it failed.
        self._begun: dict[tuple[str, str], int] = {}
        self._failed_s: dict[tuple[str, str], float] = {}

    def first_orders(
        self, uow: UnitOfWork, run: WorkerRun, state: ProtectionState, claims: Iterable[Claim]
    ) -> FirstOrders:
        """What can be sent in the very transaction that makes claims: `go_on` does all the others.

        state: with the claims begun.
        """
        held = uow.account(run.account_id)
        mine = [one for key, one in held.positions.items() if key.run_id == run.strategy_run_id]
        taken = {
            (one.request.instrument, one.request.product, one.request.side)
            for one in held.orders.values()
            if one.run_id == run.strategy_run_id
        }
        found: FirstOrders = []
        for name in (one.claim_id for one in claims):
            claim = ps.claim_of(state, name)
            if _leaves(run, claim):
                key = _leaving_key(claim)
                found.append(
                    (name, self._leaving.force_command(run, key=key, reason=claim.message))
                )
                continue
            exits = self._exits(state, claim, mine, {})
            places = {(one.instrument, one.product, one.side) for one in exits}
            if taken.isdisjoint(places):
                orders = self._orders(state, claim, exits)
                found += [(name, self._execution.place_command(ref(run), **one)) for one in orders]
            if claim.rule is ps.Rule.MIS_SQUAREOFF:
                taken |= places  # a basket of all that the run holds names them too
        return found

    def go_on(
        self,
        run: WorkerRun,
        state: ProtectionState,
        keep: Keep,
        sent: Collection[str] = (),
    ) -> ProtectionState:
        """Exit every claim that is not settled; `keep` stores the state after each step.

        sent: ids of claims whose first orders were sent when they were made.
        """
        for claim in state.claims:
            if claim.status in ps.UNSETTLED:
                is_sent = claim.claim_id in sent
                state = self._exit(run, state, claim, keep, is_sent=is_sent)
        return state

    def _exit(
        self,
        run: WorkerRun,
        state: ProtectionState,
        claim: Claim,
        keep: Keep,
        *,
        is_sent: bool,
    ) -> ProtectionState:
        if claim.status is not ProtectionStatus.EXITING:
            if claim.status is ProtectionStatus.FAILED and not self._is_due(run, claim):
                return state
            state = ps.begin_exit(state, claim.claim_id)
            keep(state, "protection_exiting", f"Exiting: {claim.message}")
            claim = ps.claim_of(state, claim.claim_id)
        if _leaves(run, claim):
            return self._leave(run, state, claim, keep)
        name = run.strategy_run_id, claim.claim_id
        if not is_sent and self._begun.get(name) != claim.attempts:
            self._send(run, state, claim)
        self._begun[name] = claim.attempts
        closed = self._closed(run, claim)
        left = self._left(run, state, claim, closed)
        if not left:
            prices = {scope: one.average_price for scope, one in closed.items() if one.quantity}
            state = self._finish(run, state, claim, prices)
            keep(state, "protection_done", f"Protection exit done: {claim.message}")
            self._close_if_flat(run, claim)
            return state
        if self._waits(run, claim):
            return state
        why = f"{sum(one.quantity for one in left)} units are still open"
        return self._fail(run, state, claim, why, keep)

    def _finish(
        self, run: WorkerRun, state: ProtectionState, claim: Claim, prices: Mapping[str, Decimal]
    ) -> ProtectionState:
        name = run.strategy_run_id, claim.claim_id
        self._begun.pop(name, None)
        self._failed_s.pop(name, None)
        return ps.finish_exit(state, claim.claim_id, prices)

    def _fail(
        self, run: WorkerRun, state: ProtectionState, claim: Claim, why: str, keep: Keep
    ) -> ProtectionState:
        now_s = self._execution.clock.monotonic()
        self._failed_s[run.strategy_run_id, claim.claim_id] = now_s
        state = ps.fail_exit(state, claim.claim_id, why)
        keep(state, "protection_exit_failed", f"Protection exit failed, it is tried again: {why}")
        return state

    def _leave(
        self, run: WorkerRun, state: ProtectionState, claim: Claim, keep: Keep
    ) -> ProtectionState:
        key = _leaving_key(claim)
        answer = self._leaving.force(run, key=key, reason=claim.message)
        if answer.status_code != 200:
            return state
        if answer.document.get("status") == "failed":
            return self._fail(run, state, claim, "positions could not be closed", keep)
        state = self._finish(run, state, claim, {})
        keep(state, "protection_done", f"Run left: {claim.message}")
        return state

    def _close_if_flat(self, run: WorkerRun, claim: Claim) -> None:
        """Close an option run whose last leg was exited."""
        if run.option_run and not self._held(run):
            key = f"protection:{claim.claim_id}:closing"
            self._leaving.force(run, key=key, reason=claim.message)

    def _send(self, run: WorkerRun, state: ProtectionState, claim: Claim) -> None:
        if self._is_being_left(run):
            return
        for exit_ in self._exits(state, claim, self._held(run), {}):
            self._free(run, claim, exit_)
        positions = self._held(run)  # as they are once nothing rests that could close them too
        # Nothing of a first attempt can have been closed: the way to it stays short.
        closed = {} if claim.attempts == 1 else self._closed(run, claim)
        exits = self._exits(state, claim, positions, closed)
        for order in self._orders(state, claim, exits):
            # A key that is taken is an attempt before a crash: its orders are what counts.
            with contextlib.suppress(ApiError):
                self._execution.place(ref(run), **order)

    def _orders(
        self, state: ProtectionState, claim: Claim, exits: Sequence[LegExit]
    ) -> Iterator[dict[str, Any]]:
        """Orders for a claim's exits, each with the key that its attempt gives it."""
        for exit_ in exits:
            scope = exit_.scope if state.legs else None
            name = f"{scope or ''}:{exit_.instrument}:{exit_.product}"
            for number, part in enumerate(self._parts(exit_)):
                yield {
                    "order": _order(exit_, part, claim.attempts),
                    "key": f"protection:{claim.claim_id}:{claim.attempts}:{name}:{number}",
                    "metadata": {"scope": scope},
                }

    def _parts(self, exit_: LegExit) -> tuple[int, ...]:
        """The quantity in orders the exchange takes: none above its freeze quantity."""
        instrument = self._execution.market.instrument(exit_.instrument)
        if instrument is None or instrument.freeze_quantity is None:
            return (exit_.quantity,)
        return slices_of(exit_.quantity, instrument.freeze_quantity, instrument.lot_size)

    def _closed(self, run: WorkerRun, claim: Claim) -> dict[str, Closed]:
        """What the claim's orders closed so far, by the scope of the leg."""
        orders = {one.order_id: one for one in self._execution.orders(run_id=run.strategy_run_id)}
        found: dict[str, Closed] = {}
        for intent in self._sent(run, f"protection:{claim.claim_id}:"):
            scope = intent.details["metadata"].get("scope")
            for leg in intent.details["legs"] if scope else ():
                order = orders[leg["order_id"]]
                before = found.get(scope, Closed())
                value = sum((fill.price * fill.quantity for fill in order.fills), before.value)
                found[scope] = Closed(before.quantity + order.filled_quantity, value)
        return found

    def _free(self, run: WorkerRun, claim: Claim, exit_: LegExit) -> None:
        """Take back what rests on the same side: it would sell the same units twice.

        What this very attempt sent, before a stop, goes on.
        """
        mine = self._sent_by(run, claim)
        for order in self._resting(run):
            request = order.request
            same = (request.instrument, request.product, request.side)
            is_same = same == (exit_.instrument, exit_.product, exit_.side)
            if is_same and order.order_id not in mine:
                # Over already is well; with trading paused it rests, and nothing may be sent.
                with contextlib.suppress(Conflict, NotFound):
                    self._execution.cancel(run.strategy_run_id, order.order_id)

    def _left(
        self, run: WorkerRun, state: ProtectionState, claim: Claim, closed: Mapping[str, Closed]
    ) -> list[LegExit]:
        return self._exits(state, claim, self._held(run), closed)

    def _waits(self, run: WorkerRun, claim: Claim) -> bool:
        """Whether an order of this attempt, or who leaves the run, is still on the way."""
        if self._is_being_left(run):
            return True
        mine = self._sent_by(run, claim)
        resting = [order for order in self._resting(run) if order.order_id in mine]
        return bool(resting) and not any(self._is_stuck(order) for order in resting)

    def _is_being_left(self, run: WorkerRun) -> bool:
        """Whether an exit of all of it is under way: that closes what a claim would."""
        waiting = self._execution.intents(run.strategy_run_id, unanswered=True)
        return any(one.kind == EXIT_RUN and one.details["product"] is None for one in waiting)

    def _is_stuck(self, order: Order) -> bool:
        market, name = self._execution.market, order.request.instrument
        instrument = market.instrument(name)
        if instrument is None:
            return False
        now = self._execution.clock.now()
        return is_stuck(order, market.tick(name), market.phase(instrument, now), now)

    def _held(self, run: WorkerRun) -> list[Position]:
        return self._execution.positions(run_id=run.strategy_run_id, open_only=True)

    def _resting(self, run: WorkerRun) -> list[Order]:
        return self._execution.orders(run_id=run.strategy_run_id, open_only=True)

    def _sent_by(self, run: WorkerRun, claim: Claim) -> set[str]:
        """Ids of the orders of this attempt."""
        sent = self._sent(run, f"protection:{claim.claim_id}:{claim.attempts}:")
        return {leg["order_id"] for one in sent for leg in one.details["legs"]}

    def _sent(self, run: WorkerRun, prefix: str) -> list[IntentRow]:
        intents = self._execution.intents(run.strategy_run_id, prefix=prefix)
        return [one for one in intents if one.key.startswith(prefix) and "legs" in one.details]

    def _exits(
        self,
        state: ProtectionState,
        claim: Claim,
        positions: Sequence[Position],
        closed: Mapping[str, Closed],
    ) -> list[LegExit]:
        """What the claim still has to close, what was bought last.

        Of a protected position no more than was protected, however much more the run holds.
        """
        now = self._execution.clock.now()
        legs = [
            exit_
            for one in watch(state, positions, {}, now)
            if ps.leg_scope(one.index) in claim.covers
            and (exit_ := _owed(one, closed if state.legs else {})).quantity > 0
        ]
        if claim.rule is ps.Rule.MIS_SQUAREOFF:
            legs = [
                LegExit(one.key.instrument, one.key.product, one.side, one.quantity)
                for one in exits_of(positions, product=Product.MIS)
                if ps.square_off_scope(ps.exchange_of(one.key.instrument)) == claim.scope
            ]
        return sorted(legs, key=lambda one: one.side is Side.SELL)

    def _is_due(self, run: WorkerRun, claim: Claim) -> bool:
        failed_s = self._failed_s.get((run.strategy_run_id, claim.claim_id))
        if failed_s is None:
            return True
        wait_s = min(RETRY_AFTER_S * claim.attempts, RETRY_LATEST_S)
        return self._execution.clock.monotonic() - failed_s >= wait_s


def _leaving_key(claim: Claim) -> str:
    """Of an attempt: what an exit that failed was answered is not asked for again."""
    again = f":{claim.attempts}" if claim.attempts > 1 else ""
    return f"protection:{claim.claim_id}{again}"


def _leaves(run: WorkerRun, claim: Claim) -> bool:
    """Whether all of the run is left: an option run is its strategy, and over when that is."""
    return claim.scope == ps.WORKER_STALE or (claim.scope == ps.BASKET and bool(run.option_run))


def _owed(one: Watched, closed: Mapping[str, Closed]) -> LegExit:
    done = closed.get(ps.leg_scope(one.index), Closed()).quantity
    return replace(one.exit, quantity=min(one.quantity, one.leg.quantity - done))


def _order(exit_: LegExit, quantity: int, attempt: int) -> dict[str, Any]:
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
