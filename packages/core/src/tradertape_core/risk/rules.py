"""The risk rules on a new order: each returns a denial or None. `gate` evaluates them all.

A limit that is None is off. Amounts are integer paise, percentages Decimals of what each names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import inr
from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.kernel.money import Paise, Price, notional
from tradertape_core.orders.denials import Denial, DenialReason, denial
from tradertape_core.orders.order import OrderRequest, Side, Variety
from tradertape_core.risk.run_checks import RunFacts

_R = DenialReason
_NOTHING, _LEAST = Paise(0), Paise(1)
_BAND, _OPTION_BAND = Decimal(5), Decimal(40)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """Limits of a run or an account.

    daily_loss_pct, max_per_symbol_pct, exposure_pct and cash_buffer_pct are of the capital;
    allocation_paise caps the run's gross exposure. Price bands are distances from the last price;
    options have their own, since their prices move in tens of percent.
    """

    daily_loss_paise: Paise | None = None
    daily_loss_pct: Decimal | None = None
    max_order_value_paise: Paise | None = None
    max_orders_per_day: int | None = None
    max_positions: int | None = None
    max_per_symbol_pct: Decimal | None = None
    exposure_pct: Decimal | None = None
    allocation_paise: Paise | None = None
    cash_buffer_pct: Decimal | None = None
    price_band_pct: Decimal | None = _BAND
    option_price_band_pct: Decimal | None = _OPTION_BAND
    stale_after_s: float | None = 30.0
    window: tuple[time, time] | None = None  # IST, first included, last not
    duplicate_within_s: float | None = None
    allowed: frozenset[str] | None = None  # instrument ids; None: all
    refused: frozenset[str] = frozenset()


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFacts:
    """The facts the rules depend on, as of now.

    position_quantity: of the run in the order's instrument and product, below 0 when short.
    exiting_quantity: units that open orders are closing of it already. last_price: None when there
    is no plausible one; tick_age_s its age. exposures: the value, without a sign, that positions
    can have once all open orders have filled; added_exposure_paise: what the order adds to it, None
    for its whole value.
    required_paise, free_paise: margin the order needs and what is free, None where it is judged
    elsewhere. same_order_age_s: seconds since an equal order was placed, None without one.
    run: of a worker's run; None for orders that belong to none.
    """

    now: datetime
    limits: RiskLimits = field(default_factory=RiskLimits)
    kill_switch: str | None = None  # why it is on
    halted: str | None = None  # why new positions are halted
    capital_paise: Paise = _NOTHING
    day_pnl_paise: Paise = _NOTHING
    orders_today: int = 0
    open_instruments: frozenset[str] = frozenset()
    position_quantity: int = 0
    exiting_quantity: int = 0
    gross_exposure_paise: Paise = _NOTHING
    symbol_exposure_paise: Paise = _NOTHING
    added_exposure_paise: Paise | None = None
    last_price: Decimal | None = None
    tick_age_s: float | None = None
    is_option: bool = False
    required_paise: Paise | None = None
    free_paise: Paise | None = None
    same_order_age_s: float | None = None
    run: RunFacts | None = None


Rule = Callable[[OrderRequest, RiskFacts], Denial | None]


def order_value(request: OrderRequest, facts: RiskFacts) -> Paise:
    """Value of an order at its limit, else its trigger, else the last price; 0 without any."""
    price = request.price or request.trigger_price or facts.last_price or Decimal(0)
    return notional(Price(price), request.quantity)


def kill_switch(_: OrderRequest | None, facts: RiskFacts) -> Denial | None:
    """Deny while the account's kill switch is on."""
    if facts.kill_switch is None:
        return None
    return denial(_R.KILL_SWITCH_ACTIVE, why=facts.kill_switch)


def halted(_: OrderRequest | None, facts: RiskFacts) -> Denial | None:
    """Deny while trading is halted."""
    return None if facts.halted is None else denial(_R.TRADING_HALTED, why=facts.halted)


def daily_loss(_: OrderRequest | None, facts: RiskFacts) -> Denial | None:
    """A loss that has reached the limit stops new positions; the smaller of two limits counts."""
    limits = (
        facts.limits.daily_loss_paise,
        _part(facts.limits.daily_loss_pct, facts.capital_paise),
    )
    known = [limit for limit in limits if limit is not None]
    loss = -facts.day_pnl_paise
    if not known or loss < min(known) or loss <= 0:
        return None
    words = {"used": _inr(loss), "limit": _inr(min(known))}
    is_over = "is over" if loss > min(known) else "has reached"
    return denial(_R.DAILY_LOSS_LIMIT, is_over=is_over, **words)


def orders_per_day(_: OrderRequest | None, facts: RiskFacts) -> Denial | None:
    """Deny when the day's number of orders is used up."""
    limit = facts.limits.max_orders_per_day
    if limit is None or facts.orders_today < limit:
        return None
    return denial(_R.MAX_ORDERS_REACHED, used=facts.orders_today, limit=limit)


def value(request: OrderRequest, facts: RiskFacts) -> Denial | None:
    """Deny an order above the largest value."""
    limit = facts.limits.max_order_value_paise
    return None if limit is None else _over(_R.MAX_ORDER_VALUE, order_value(request, facts), limit)


def positions(request: OrderRequest, facts: RiskFacts) -> Denial | None:
    """Deny a position beyond the allowed number; adding to an open one is not counted."""
    limit, used = facts.limits.max_positions, len(facts.open_instruments)
    if limit is None or used < limit or request.instrument in facts.open_instruments:
        return None
    return denial(_R.MAX_POSITIONS, used=used, limit=limit)


def one_symbol(request: OrderRequest, facts: RiskFacts) -> Denial | None:
    """Deny what exceeds one symbol's share of the capital."""
    limit = _part(facts.limits.max_per_symbol_pct, facts.capital_paise)
    if limit is None:
        return None
    used = Paise(facts.symbol_exposure_paise + _added(request, facts))
    return _over(_R.MAX_PER_SYMBOL, used, limit, instrument=request.instrument)


def _added(request: OrderRequest | None, facts: RiskFacts) -> Paise:
    if request is None:
        return _LEAST
    added = facts.added_exposure_paise
    return order_value(request, facts) if added is None else added


def exposure(request: OrderRequest | None, facts: RiskFacts) -> Denial | None:
    """Deny what exceeds the gross exposure, a share of the capital."""
    limit = _part(facts.limits.exposure_pct, facts.capital_paise)
    if limit is None:
        return None
    used = Paise(facts.gross_exposure_paise + _added(request, facts))
    return _over(_R.EXPOSURE_CAP, used, limit)


def allocation(request: OrderRequest | None, facts: RiskFacts) -> Denial | None:
    """Deny what exceeds the run's allocation."""
    limit = facts.limits.allocation_paise
    if limit is None:
        return None
    used = Paise(facts.gross_exposure_paise + _added(request, facts))
    if used <= limit:
        return None
    uses = "would use"
    if request is None:
        used, uses = facts.gross_exposure_paise, "uses, with its open orders filled,"
    return denial(_R.ALLOCATION_CAP_REACHED, uses=uses, used=_inr(used), limit=_inr(limit))


def cash_buffer(_: OrderRequest, facts: RiskFacts) -> Denial | None:
    """Deny what leaves less free cash than the buffer."""
    limit = _part(facts.limits.cash_buffer_pct, facts.capital_paise)
    if limit is None or facts.free_paise is None or facts.required_paise is None:
        return None
    left = facts.free_paise - facts.required_paise
    if left >= limit:
        return None
    return denial(_R.CASH_BUFFER, used=_inr(left), limit=_inr(limit))


def is_against_position(request: OrderRequest, facts: RiskFacts) -> bool:
    """Whether the order would close units of the position: all of them at most.

    Other orders may be closing them already: a stop beside a target is one.
    """
    held = facts.position_quantity
    is_opposite = held != 0 and (held > 0) != (request.side is Side.BUY)
    return is_opposite and request.quantity <= abs(held)


def price_band(request: OrderRequest, facts: RiskFacts) -> Denial | None:
    """Deny an entry at a price far from the last one: probably a typing error.

    Exits are taken at any price: a stop or a target is far away by its nature.
    """
    limits, last = facts.limits, facts.last_price
    limit = limits.option_price_band_pct if facts.is_option else limits.price_band_pct
    if limit is None or last is None or last <= 0 or is_against_position(request, facts):
        return None
    for name, price in (("price", request.price), ("trigger_price", request.trigger_price)):
        distance = abs(price - last) * 100
        if price and distance > limit * last:
            used = f"{distance / last:.2f}%"
            reach = last * limit / 100
            words = {
                "value": inr(price), "last_price": inr(last), "limit": f"{limit.normalize():f}%",
                "low": inr(last - reach), "high": inr(last + reach),
            }  # fmt: skip
            return denial(_R.PRICE_BAND, pointer=f"/{name}", field=name, used=used, **words)
    return None


def fresh_prices(request: OrderRequest, facts: RiskFacts) -> Denial | None:
    """Deny an order on a price that is missing or too old; an AMO needs only some price."""
    limit, age = facts.limits.stale_after_s, facts.tick_age_s
    if limit is None:
        return None
    if facts.last_price is None:
        age = None
    if request.variety is Variety.AMO:
        # Any price tells what it needs; without one it would need nothing.
        if age is not None or request.price or request.trigger_price:
            return None
    elif age is not None and age <= limit:
        return None
    used = "no price" if age is None else f"a price {age:.0f} s old"
    what = f"{request.instrument} has {used}, the limit is {limit:.0f} s"
    return denial(_R.MARKET_DATA_STALE, what=what)


def time_window(request: OrderRequest, facts: RiskFacts) -> Denial | None:
    """Deny outside the window of the day (IST); an AMO is allowed at any time."""
    window = facts.limits.window
    if window is None or request.variety is Variety.AMO:
        return None
    clock_time = facts.now.astimezone(IST).time()
    if window[0] <= clock_time < window[1]:
        return None
    limit = f"from {window[0]:%H:%M} to {window[1]:%H:%M}"
    return denial(_R.TIME_WINDOW, used=f"{clock_time:%H:%M}", limit=limit)


def symbols(request: OrderRequest, facts: RiskFacts) -> Denial | None:
    """Deny instruments that are refused, or not among those allowed."""
    allowed, name = facts.limits.allowed, request.instrument
    if name not in facts.limits.refused and (allowed is None or name in allowed):
        return None
    return denial(_R.SYMBOL_NOT_ALLOWED, pointer="/tradingsymbol", instrument=name)


def duplicate(_: OrderRequest, facts: RiskFacts) -> Denial | None:
    """Deny an equal order within the time in which it counts as a duplicate."""
    limit, age = facts.limits.duplicate_within_s, facts.same_order_age_s
    if limit is None or age is None or age >= limit:
        return None
    return denial(_R.DUPLICATE_ORDER, used=f"{age:.0f} s", limit=f"{limit:.0f} s")


RULES: tuple[Rule, ...] = (
    kill_switch,
    halted,
    daily_loss,
    orders_per_day,
    symbols,
    time_window,
    fresh_prices,
    price_band,
    duplicate,
    value,
    positions,
    one_symbol,
    exposure,
    allocation,
    cash_buffer,
)
# Those that say something before there is an order: of the smallest that could be placed.
OF_ANY_ORDER = (kill_switch, halted, daily_loss, orders_per_day, exposure, allocation)


def _part(pct: Decimal | None, capital: Paise) -> Paise | None:
    return None if pct is None else Paise(int(pct * capital / 100))


def _over(
    reason: DenialReason, used: Paise, limit: Paise, *, instrument: str = ""
) -> Denial | None:
    if used <= limit:
        return None
    return denial(reason, used=_inr(used), limit=_inr(limit), instrument=instrument)


def _inr(paise: int) -> str:
    """Rupees for a message; paise only where there are any."""
    return inr(Decimal(paise) / 100, 2 if paise % 100 else 0)
