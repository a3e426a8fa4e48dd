"""Whether a protection fires: positions, basket and operations against ticks and the clock.

Pure: the same state, positions and ticks give the same answer. A price fires only when its tick
is fresh and plausible (`ledger.marks`); the worker's age and the clock need none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.format import inr
from tradertape_core.ledger.marks import FRESH_FOR, mark_of
from tradertape_core.ledger.position import Exit, Position, exits_of
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Product, Side
from tradertape_core.risk import protection_state as ps
from tradertape_core.risk.protection_decision import (
    Evaluation,
    LegExit,
    Surroundings,
    Trigger,
    Watched,
)
from tradertape_core.risk.protection_document import Basis
from tradertape_core.risk.protection_state import (
    BasketState,
    Claim,
    LegState,
    ProtectionState,
    ProtectionStatus,
    Rule,
    leg_scope,
)

_BASES = {Basis.ENTRY_VALUE: "entry value", Basis.PREMIUM: "net premium"}


def check(
    state: ProtectionState,
    positions: Sequence[Position],
    ticks: Mapping[str, Tick],
    around: Surroundings,
) -> Evaluation:
    """Return what fires now: at most one trigger a leg, one of the basket, one of a stale worker,
    one of the square-off of each exchange.

    positions: the run's. ticks: the latest by instrument id. What exits more comes first: a run
    that exits because of its stale worker fires nothing else, and a basket's trigger takes its legs
    along. Legs of a position that is gone, or not there yet, rest.
    """
    stale = _worker_stale(state, positions, around)
    if stale is not None:
        return Evaluation(state=ps.claimed(state, stale.claim), triggers=(stale,), changed=True)
    before = state
    triggers: list[Trigger] = []
    for exchange, close in around.mis_close_at.items():
        square_off = _square_off(state, positions, exchange, close, around.now)
        if square_off is not None:
            triggers.append(square_off)
            state = ps.claimed(state, square_off.claim)
    state = _with_best(state, watch(state, positions, ticks, around.now))
    watched = watch(state, positions, ticks, around.now)
    state, basket = _basket(state, watched, around.now)
    if basket is not None:
        triggers.append(basket)
        state = ps.claimed(state, basket.claim)
        watched = watch(state, positions, ticks, around.now)
    for one in watched:
        trigger = _position(state, one, around.now)
        if trigger is not None:
            triggers.append(trigger)
            state = ps.claimed(state, trigger.claim)
    blind = {one.leg.instrument for one in watched if one.is_armed and one.price is None}
    return Evaluation(
        state=state,
        triggers=tuple(triggers),
        blind=tuple(sorted(blind)),
        changed=state != before,
    )


def watch(
    state: ProtectionState,
    positions: Iterable[Position],
    ticks: Mapping[str, Tick],
    now: datetime,
) -> tuple[Watched, ...]:
    """Return every leg with its share of the open units, oldest rule first, and a fresh price.

    Two legs never claim the same unit; a leg that is done holds none. A basket that names no
    positions is all that the run holds, at its average prices.
    """
    held = [one for one in positions if one.is_open]
    left = {(p.key.instrument, p.key.product, p.side): abs(p.quantity) for p in held}
    found: list[Watched] = []
    for index, leg in enumerate(state.legs or _whole_run(state, held)):
        place = (leg.instrument, leg.product, leg.side)
        done = leg.status is ProtectionStatus.DONE
        quantity = 0 if done else min(leg.quantity, left.get(place, 0))
        left[place] = left.get(place, 0) - quantity
        mark = mark_of(ticks, leg.instrument, now, within=FRESH_FOR)
        found.append(Watched(index, leg, quantity, None if mark.is_stale else mark.price))
    return tuple(found)


def _whole_run(state: ProtectionState, held: Sequence[Position]) -> tuple[LegState, ...]:
    if state.basket is None:
        return ()
    return tuple(
        LegState(
            instrument=one.key.instrument,
            product=one.key.product,
            side=Side.BUY if one.quantity > 0 else Side.SELL,
            quantity=abs(one.quantity),
            entry_price=one.average_price,
        )
        for one in held
    )


# --- operations -----------------------------------------------------------------------------------


def _worker_stale(
    state: ProtectionState, positions: Sequence[Position], around: Surroundings
) -> Trigger | None:
    operations, age = state.operations, around.worker_age_s
    if operations is None or operations.stale_status is not ProtectionStatus.ARMED or age is None:
        return None
    limit = operations.rules.worker_stale_sec or 0
    if age < limit:
        return None
    message = (
        f"The worker has been silent for {int(age)} s, its limit is {limit} s: exiting the run"
    )
    covers = tuple(s for s, status in state.statuses.items() if status is ProtectionStatus.ARMED)
    claim = _claim(state, ps.WORKER_STALE, Rule.WORKER_STALE, message, around.now, covers)
    exits = tuple(_exit(one, one.quantity) for one in exits_of(positions))
    return Trigger(claim=claim, exits=exits, whole_run=True)


def _square_off(
    state: ProtectionState,
    positions: Sequence[Position],
    exchange: str,
    close: datetime,
    now: datetime,
) -> Trigger | None:
    operations = state.operations
    buffer_s = None if operations is None else operations.rules.mis_squareoff_buffer_sec
    if buffer_s is None or (close - now).total_seconds() > buffer_s:
        return None
    scope = ps.square_off_scope(exchange)
    if any(one.scope == scope and one.status in ps.UNSETTLED for one in state.claims):
        return None
    exits = _square_off_exits(state, positions, exchange)
    if not exits:
        return None
    message = f"Intraday positions of {exchange} are squared off {buffer_s} s before their close"
    legs = tuple(
        leg_scope(index)
        for index, leg in enumerate(state.legs)
        if leg.product is Product.MIS
        and leg.status is ProtectionStatus.ARMED
        and ps.exchange_of(leg.instrument) == exchange
    )
    covers = (ps.MIS_SQUAREOFF, *legs)
    claim = _claim(state, scope, Rule.MIS_SQUAREOFF, message, now, covers)
    # It comes again the next day: a number tells its claims apart.
    number = 1 + sum(one.scope == scope for one in state.claims)
    return Trigger(claim=replace(claim, claim_id=f"{claim.claim_id}:{number}"), exits=exits)


def _square_off_exits(
    state: ProtectionState, positions: Sequence[Position], exchange: str
) -> tuple[LegExit, ...]:
    """All intraday units of an exchange but those that another trigger is exiting already."""
    moving: defaultdict[tuple[str, Side], int] = defaultdict(int)
    for leg in state.legs:
        if leg.product is Product.MIS and leg.status in ps.UNSETTLED:
            moving[leg.instrument, leg.side.opposite] += leg.quantity
    exits = (
        _exit(one, one.quantity - moving[one.key.instrument, one.side])
        for one in exits_of(positions, product=Product.MIS)
        if ps.exchange_of(one.key.instrument) == exchange
    )
    return tuple(one for one in exits if one.quantity > 0)


def _exit(one: Exit, quantity: int) -> LegExit:
    return LegExit(one.key.instrument, one.key.product, one.side, quantity)


# --- the basket -----------------------------------------------------------------------------------


def _basket(
    state: ProtectionState, watched: Sequence[Watched], now: datetime
) -> tuple[ProtectionState, Trigger | None]:
    """The basket's peak moved on, and its trigger; blind while one open leg has no fresh price."""
    basket = state.basket
    if basket is None or basket.status is not ProtectionStatus.ARMED:
        return state, None
    profit_pct = basket_profit_pct(watched, basket.rules.basis)
    if profit_pct is None:
        return state, None
    armed = [one for one in watched if one.is_armed]
    return basket_at(state, profit_pct, now, armed)


def basket_at(
    state: ProtectionState, profit_pct: Decimal, now: datetime, armed: Sequence[Watched]
) -> tuple[ProtectionState, Trigger | None]:
    """The basket at a profit in percent of its basis: its peak moved on, and what fires then."""
    if state.basket is None:
        return state, None
    basket = _with_peak(state.basket, profit_pct)
    state = replace(state, basket=basket)
    fired = _basket_rule(basket, profit_pct)
    if fired is None:
        return state, None
    covers = (ps.BASKET, *(leg_scope(one.index) for one in armed))
    claim = _claim(state, ps.BASKET, fired[0], fired[1], now, covers)
    exits = sorted((one.exit for one in armed), key=lambda leg: leg.side is Side.SELL)
    return state, Trigger(claim=claim, exits=tuple(exits))


def basket_profit_pct(
    watched: Sequence[Watched], basis: Basis = Basis.ENTRY_VALUE
) -> Decimal | None:
    """Profit of the legs, open and exited by us, in percent of the basis."""
    profit = base = premium = Decimal(0)
    is_open = False
    for one in watched:
        price = one.price if one.quantity else one.leg.exit_price
        quantity = one.quantity or one.leg.quantity
        if one.quantity and price is None:
            return None
        is_open = is_open or one.is_armed
        if price is not None and (one.quantity or one.leg.exit_price is not None):
            profit += one.leg.profit(price, quantity)
            value = one.leg.entry_price * quantity
            base += value
            premium += value if one.leg.is_long else -value
    whole = base if basis is Basis.ENTRY_VALUE else abs(premium)
    return profit * 100 / whole if whole and is_open else None


def _with_peak(basket: BasketState, profit_pct: Decimal) -> BasketState:
    activate = basket.rules.trailing_activate_pct
    if basket.rules.trailing_drawdown_pct is None:
        return basket
    if basket.peak_pct is None and activate is not None and profit_pct < activate:
        return basket
    return replace(basket, peak_pct=max(profit_pct, basket.peak_pct or profit_pct))


def _basket_rule(basket: BasketState, profit_pct: Decimal) -> tuple[Rule, str] | None:
    rules, peak = basket.rules, basket.peak_pct
    now = f"profit {_pct(profit_pct)} of the {_BASES[rules.basis]}"
    if rules.stoploss_pct is not None and profit_pct <= -rules.stoploss_pct:
        limit = _pct(-rules.stoploss_pct)
        return Rule.BASKET_STOPLOSS, f"Stop-loss of the basket at {limit}: {now}"
    if rules.target_pct is not None and profit_pct >= rules.target_pct:
        return Rule.BASKET_TARGET, f"Target of the basket at {_pct(rules.target_pct)}: {now}"
    drawdown = rules.trailing_drawdown_pct
    if peak is None or drawdown is None or profit_pct > peak - drawdown:
        return None
    words = f"Trailing stop of the basket, {_pct(drawdown)} under its peak of {_pct(peak)}: {now}"
    return Rule.BASKET_TRAILING, words


# --- positions ------------------------------------------------------------------------------------


def _with_best(state: ProtectionState, watched: Sequence[Watched]) -> ProtectionState:
    if not state.legs:
        return state
    legs = tuple(
        one.leg.seen(one.price) if one.is_armed and one.price is not None else one.leg
        for one in watched
    )
    return replace(state, legs=legs) if legs != state.legs else state


def _position(state: ProtectionState, one: Watched, now: datetime) -> Trigger | None:
    if not one.is_armed or one.price is None:
        return None
    fired = _position_rule(one.leg, one.price)
    if fired is None:
        return None
    rule, level, name = fired
    leg = one.leg
    message = (
        f"{name} of {leg.instrument} at {inr(level)} (entry {inr(leg.entry_price)}): "
        f"last price {inr(one.price)}"
    )
    scope = leg_scope(one.index)
    claim = _claim(state, scope, rule, message, now, (scope,))
    return Trigger(claim=claim, exits=(one.exit,))


def _position_rule(leg: LegState, price: Decimal) -> tuple[Rule, Decimal, str] | None:
    """The rule that fires at a price, with its level; the stop before the target."""
    losing = (
        (Rule.POSITION_STOPLOSS, leg.stop_price, "Stop-loss"),
        (Rule.POSITION_TRAILING_STOPLOSS, leg.trailing_price, "Trailing stop"),
    )
    for rule, level, name in losing:
        if level is not None and (price <= level if leg.is_long else price >= level):
            return rule, level, name
    target = leg.target_price
    if target is not None and (price >= target if leg.is_long else price <= target):
        return Rule.POSITION_TARGET, target, "Target"
    return None


# --- words and shapes -----------------------------------------------------------------------------


def _claim(
    state: ProtectionState,
    scope: str,
    rule: Rule,
    message: str,
    at: datetime,
    covers: tuple[str, ...],
) -> Claim:
    claim_id = f"g{state.generation}:{scope}"
    return Claim(claim_id=claim_id, scope=scope, rule=rule, message=message, at=at, covers=covers)


def _pct(value: Decimal) -> str:
    """Two places, and four where two would be nothing."""
    exact = Decimal("0.0001") if abs(value) < Decimal("0.01") else Decimal("0.01")
    return f"{value.quantize(exact).normalize():f}%"
