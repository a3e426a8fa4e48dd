"""What the risk gate has to know about a moment, gathered from the unit of work."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.marks import is_plausible, mark_of
from tradertape_core.ledger.pnl import pnl_of
from tradertape_core.ledger.position import PositionKey
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Order, OrderRequest, Side
from tradertape_core.risk.pending import NONE_PENDING
from tradertape_core.risk.rules import RiskFacts, RiskLimits
from tradertape_core.risk.run_checks import RunFacts
from tradertape_server.features.execution.state.account_state import AccountState
from tradertape_server.features.execution.state.margin_groups import Standing
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What a run may do. kill_switch, halted: why nothing new is taken, if so.

    run: what its owner knows of it; orders and prices are added here. stop: of an entry, the price
    at which its caller would give it up.
    """

    limits: RiskLimits = field(default_factory=RiskLimits)
    kill_switch: str | None = None
    halted: str | None = None
    stop: Decimal | None = None
    run: RunFacts | None = None


NO_RISK = Risk()


@dataclass(slots=True)
class Legs:
    """The legs of a basket that stand so far: the next is judged as if they were placed."""

    entries: list[OrderRequest] = field(default_factory=list[OrderRequest])
    exits: list[OrderRequest] = field(default_factory=list[OrderRequest])

    def __len__(self) -> int:
        return len(self.entries) + len(self.exits)

    def take(self, request: OrderRequest, *, is_exit: bool) -> None:
        """Take a leg in that nothing refuses."""
        (self.exits if is_exit else self.entries).append(request)

    def units(self, request: OrderRequest) -> int:
        """Units that they take on the same side of the same holding."""
        place = (request.instrument, request.product, request.side)
        legs = (*self.entries, *self.exits)
        return sum(o.quantity for o in legs if (o.instrument, o.product, o.side) == place)


def risk_facts(
    uow: UnitOfWork,
    account_id: int,
    run_id: str | None,
    request: OrderRequest,
    risk: Risk,
    *,
    required: Paise | None,
    legs: Legs | None = None,
    changed: Order | None = None,
    taken_in: int = 0,
) -> RiskFacts:
    """Return the facts about one order. required: None when its margin is judged elsewhere.

    legs: those of its basket before it. changed: the order whose new terms the request is.
    taken_in: units that it takes into its position (`from_holdings`).
    What costs a look at the database is gathered only where a limit asks for it.
    """
    state, now, legs = uow.account(account_id), uow.now, legs or Legs()
    tick = _plausible_tick(uow, request.instrument)
    key = PositionKey(str(account_id), run_id, request.instrument, request.product)
    position = state.positions.get(key)
    quantity = (position.quantity if position else 0) + taken_in
    limits, halt = risk.limits, uow.halt(account_id)
    return RiskFacts(
        now=now,
        limits=limits,
        kill_switch=risk.kill_switch if halt is None else halt.words,
        halted=risk.halted or uow.entry_rules.halted(uow, account_id, run_id),
        capital_paise=Paise(limits.allocation_paise or state.cash_paise),
        day_pnl_paise=_day_pnl(uow, account_id, run_id, limits),
        orders_today=_orders_today(uow, run_id, now, limits) + len(legs),
        position_quantity=quantity,
        exiting_quantity=_exiting(state, run_id, request, quantity) + legs.units(request),
        last_price=tick.last_price if tick else None,
        tick_age_s=abs((now - tick.at).total_seconds()) if tick else None,
        is_option=uow.known(request.instrument).is_option,
        required_paise=required,
        # What a broker's account has is known to the broker, which checks it.
        free_paise=state.margins.available(state.cash_paise, now) if state.is_paper else None,
        same_order_age_s=_same_order_age(state, run_id, request, now, limits),
        run=_run_facts(uow, state, run_id, risk.run),
        **_in_the_market(uow, state, run_id, request, limits, legs, changed),
    )


def standing_facts(uow: UnitOfWork, account_id: int, run_id: str | None, risk: Risk) -> RiskFacts:
    """Return the facts about a run before there is an order: what a safety check is judged by.

    Raises OtherMarket, as an order of its account does.
    """
    state, now, halt = uow.account(account_id), uow.now, uow.halt(account_id)
    limits, exposure = risk.limits, 0
    if limits.allocation_paise is not None:
        standing = state.margins.standing(run_id, now)
        exposure = sum(one.largest_paise for one in standing.values())
    run = _run_facts(uow, state, run_id, risk.run)
    if run is not None and not uow.market.never_closes:
        run = replace(run, is_market_closed=not uow.market.is_open(now))
    return RiskFacts(
        now=now,
        limits=limits,
        kill_switch=risk.kill_switch if halt is None else halt.words,
        halted=risk.halted or uow.entry_rules.halted(uow, account_id, run_id),
        capital_paise=Paise(limits.allocation_paise or state.cash_paise),
        day_pnl_paise=_day_pnl(uow, account_id, run_id, limits),
        orders_today=_orders_today(uow, run_id, now, limits),
        gross_exposure_paise=Paise(exposure),
        run=run,
    )


def _run_facts(
    uow: UnitOfWork, state: AccountState, run_id: str | None, run: RunFacts | None
) -> RunFacts | None:
    """What is known of a run, with its orders and the age of the prices that it trades on."""
    if run is None:
        return None
    now = uow.now
    held = {
        key.instrument
        for key, position in state.positions.items()
        if key.run_id == run_id and position.is_open
    }
    ticks = {name: tick for name in held if (tick := uow.tick(name)) is not None}
    return replace(
        run,
        order_in_doubt=any(
            order.in_doubt and order.run_id == run_id for order in state.orders.values()
        ),
        is_feed_stale=uow.market.is_stale,
        are_positions_stale=any(mark_of(ticks, name, now).is_stale for name in held),
    )


def _in_the_market(
    uow: UnitOfWork,
    state: AccountState,
    run_id: str | None,
    request: OrderRequest,
    limits: RiskLimits,
    legs: Legs,
    changed: Order | None,
) -> dict[str, Any]:
    """What the run holds, and what that can be worth once its orders and the legs before this one
    have filled as they may, where a limit asks for it."""
    if not _asks_for_holdings(limits):
        return {}
    margins, now = state.margins, uow.now
    standing = margins.standing(run_id, now)
    if changed is not None:
        asked = changed.request
        former = margins.pending_of(asked, changed.pending_quantity, now)
        place = asked.instrument, asked.product
        standing[place] = standing.get(place, Standing()).plus(asked.side, NONE_PENDING - former)
    for leg in (*legs.entries, *legs.exits):
        place, more = (leg.instrument, leg.product), margins.pending_of(leg, leg.quantity, now)
        standing[place] = standing.get(place, Standing()).plus(leg.side, more)
    place = request.instrument, request.product
    before = standing.get(place, Standing())
    left = request.quantity - (changed.filled_quantity if changed else 0)
    after = before.plus(request.side, margins.pending_of(request, left, now))
    of_symbol = [one for key, one in standing.items() if key[0] == request.instrument]
    return {
        "open_instruments": frozenset(name for (name, _), one in standing.items() if one.stands),
        "gross_exposure_paise": Paise(sum(one.largest_paise for one in standing.values())),
        "symbol_exposure_paise": Paise(sum(one.largest_paise for one in of_symbol)),
        "added_exposure_paise": Paise(after.largest_paise - before.largest_paise),
    }


def _asks_for_holdings(limits: RiskLimits) -> bool:
    asked = (
        limits.max_positions,
        limits.max_per_symbol_pct,
        limits.exposure_pct,
        limits.allocation_paise,
    )
    return any(one is not None for one in asked)


def _plausible_tick(uow: UnitOfWork, name: str) -> Tick | None:
    tick = uow.tick(name)
    return tick if tick is not None and is_plausible(tick) else None


def _exiting(state: AccountState, run_id: str | None, request: OrderRequest, quantity: int) -> int:
    side = Side.SELL if quantity > 0 else Side.BUY
    return state.margins.pending(request.instrument, request.product, side, run_id)


def _day_pnl(uow: UnitOfWork, account_id: int, run_id: str | None, limits: RiskLimits) -> Paise:
    if limits.daily_loss_paise is None and limits.daily_loss_pct is None:
        return Paise(0)
    today = uow.now.astimezone(IST).date()
    stored = repository.positions(uow.session, account_id=account_id, run_id=run_id or "")
    current = [uow.position(one.key) for one in stored]
    moved = [one for one in current if one.is_open or one.today.day == today]
    ticks: dict[str, Tick] = {}
    for one in moved:
        tick = uow.tick(one.key.instrument)
        if tick is not None:
            ticks[one.key.instrument] = tick
    found = pnl_of(moved, ticks, uow.now, today_only=True)
    return found.totals.net_paise


def _orders_today(uow: UnitOfWork, run_id: str | None, now: datetime, limits: RiskLimits) -> int:
    if limits.max_orders_per_day is None or run_id is None:
        return 0
    midnight = now.astimezone(IST).replace(hour=0, minute=0, second=0, microsecond=0)
    stored = repository.count_orders(uow.session, run_id, since=midnight)
    return stored + uow.placed_now(run_id)


def _same_order_age(
    state: AccountState,
    run_id: str | None,
    request: OrderRequest,
    now: datetime,
    limits: RiskLimits,
) -> float | None:
    if limits.duplicate_within_s is None:
        return None
    ages = [
        (now - order.placed_at).total_seconds()
        for order in state.orders.values()
        if order.run_id == run_id and order.request == request
    ]
    return min(ages, default=None)
