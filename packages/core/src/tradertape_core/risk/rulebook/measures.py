"""What each type of rule measures: used and limit of a scope, with or without an order.

A measure says how much of its limit is used, in words too. One that cannot be taken, because a fact
is missing, is `unknown`: an order is refused then, since the limit could be passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import grouped, inr, price_text
from tradertape_core.kernel.money import Price, notional
from tradertape_core.risk.rulebook.figures import Entry, Figures, Held
from tradertape_core.risk.rulebook.parameters import WEEKDAYS
from tradertape_core.risk.rulebook.rule import RuleType, names

Params = Mapping[str, Any]
_T = RuleType
_AMOUNT, _PERCENT, _NUMBER, _SECONDS = "amount", "percent", "number", "seconds"
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """used, limit: in `unit` (amounts in paise); None where there is nothing to count, as with a
    list of symbols. used_pct: how much of the limit is used, 100 at the limit. words: what a
    message says after the rule's name."""

    words: str
    is_breached: bool = False
    is_known: bool = True
    used: Decimal | None = None
    limit: Decimal | None = None
    used_pct: Decimal | None = None
    unit: str = _NUMBER


def _within(what: str, used: Any, limit: Any, unit: str, *, reaching: bool = False) -> Measure:
    """Of an upper limit. reaching: it is passed when it is reached."""
    used, limit = Decimal(used), Decimal(limit)
    is_over = used > limit
    is_breached = is_over or (reaching and used == limit and used > 0)
    verb = "is over" if is_over else "has reached" if is_breached else "is within"
    shown, most = _text(used, unit), _text(limit, unit)
    return Measure(
        words=f"{what} {shown} {verb} the limit {most}",
        is_breached=is_breached,
        used=used,
        limit=limit,
        used_pct=_share(used, limit),
        unit=unit,
    )


def _at_least(what: str, used: Any, limit: Any, unit: str) -> Measure:
    """Of a lower limit: near where four fifths of what is there are needed."""
    used, limit = Decimal(used), Decimal(limit)
    is_breached = used < limit
    verb = "is below" if is_breached else "is above"
    return Measure(
        words=f"{what} {_text(used, unit)} {verb} the minimum {_text(limit, unit)}",
        is_breached=is_breached,
        used=used,
        limit=limit,
        used_pct=_share(limit, used) if used > 0 else Decimal(100 if limit else 0),
        unit=unit,
    )


def _is(words: str, *, breached: bool) -> Measure:
    return Measure(words=words, is_breached=breached)


def _unknown(words: str) -> Measure:
    return Measure(words=words, is_known=False)


def _share(used: Decimal, limit: Decimal) -> Decimal:
    share = used * 100 / limit if limit else Decimal(100 if used > 0 else 0)
    return max(share, Decimal(0)).quantize(_CENT, ROUND_HALF_EVEN)


def _text(value: Decimal, unit: str) -> str:
    if unit == _AMOUNT:
        return inr(value / 100, 2 if value % 100 else 0)
    if unit == _PERCENT:
        return f"{value.quantize(_CENT, ROUND_HALF_EVEN).normalize():f}%"
    text = grouped(value) if value == int(value) else f"{value.normalize():f}"
    return f"{text} s" if unit == _SECONDS else text


def _capital(params: Params, figures: Figures) -> int | None:
    return params["capital"] if params.get("capital") is not None else figures.capital


def _part_of_capital(what: str, params: Params, figures: Figures, used: int) -> Measure:
    capital = _capital(params, figures)
    if capital is None or capital <= 0:
        return _no_capital()
    return _within(what, Decimal(used) * 100 / capital, params["pct"], _PERCENT)


def _no_capital() -> Measure:
    return _unknown("the capital is not known: set it in the rule")


# --- losses and profits ---------------------------------------------------------------------------


def _loss(what: str, loss: int, params: Params, figures: Figures) -> Measure:
    limit = params["amount"]
    if limit is None:
        capital = _capital(params, figures)
        if capital is None or capital <= 0:
            return _no_capital()
        limit = int(params["pct"] * capital / 100)
    return _within(what, max(loss, 0), limit, _AMOUNT, reaching=True)


def _open_part(params: Params, figures: Figures) -> int:
    """What to leave out: the profit of open positions, where only closed trades count."""
    return 0 if params["include_unrealised"] else figures.day_pnl - figures.day_realised


def daily_loss(params: Params, figures: Figures, _: Entry | None) -> Measure:
    """The day's loss."""
    loss = _open_part(params, figures) - figures.day_pnl
    return _loss("today's loss", loss, params, figures)


def weekly_loss(params: Params, figures: Figures, _: Entry | None) -> Measure:
    """The loss since Monday."""
    loss = _open_part(params, figures) - figures.week_pnl
    return _loss("this week's loss", loss, params, figures)


def monthly_loss(params: Params, figures: Figures, _: Entry | None) -> Measure:
    """The loss since the first of the month."""
    loss = _open_part(params, figures) - figures.month_pnl
    return _loss("this month's loss", loss, params, figures)


def drawdown_kill(params: Params, figures: Figures, _: Entry | None) -> Measure:
    """The fall of the equity from its peak."""
    capital = _capital(params, figures)
    if capital is None or capital + figures.fall <= 0:
        return _no_capital()
    drawdown = Decimal(max(figures.fall, 0)) * 100 / (capital + figures.fall)
    return _within("the drawdown from the peak", drawdown, params["pct"], _PERCENT, reaching=True)


def daily_profit_lock(params: Params, figures: Figures, _: Entry | None) -> Measure:
    """A profit that was reached may not be given back."""
    best, now = max(figures.day_peak, figures.day_pnl), figures.day_pnl
    armed, shown = params["arm_at"], inr(Decimal(now) / 100, 0)
    if best < armed:
        return _is(f"today's profit {shown} has not armed the lock", breached=False)
    floor = max(params["floor"] or 0, best - params["trail"] if params["trail"] else 0)
    if not params["floor"] and not params["trail"]:
        return _is("the lock has no floor", breached=False)
    least = inr(Decimal(floor) / 100, 0)
    verb = "is below" if now < floor else "is above"
    room = max(best - floor, 1)
    return Measure(
        words=f"today's profit {shown} {verb} the floor {least}",
        is_breached=now < floor,
        used=Decimal(now),
        limit=Decimal(floor),
        used_pct=_share(Decimal(best - now), Decimal(room)),
        unit=_AMOUNT,
    )


# --- holdings -------------------------------------------------------------------------------------


def max_positions(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """The number of open positions, the new one included."""
    used = len(figures.holdings) + _is_new(figures, entry)
    what = "the number of open positions"
    if entry is not None and entry.instrument in figures.holdings:  # adding is not counted
        return _within(what, min(used, params["n"]), params["n"], _NUMBER)
    return _within(what, used, params["n"], _NUMBER)


def max_per_sector(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """The number of open positions in the order's sector, or in the fullest."""
    counts = _by_sector(figures, lambda _: 1)
    if entry is None:
        sector, used = _largest(counts)
    elif not entry.sector:
        return _unknown(f"the sector of {entry.instrument} is not known")
    else:
        sector = entry.sector
        used = counts.get(sector, 0) + _is_new(figures, entry)
        if not _is_new(figures, entry):
            used = min(used, params["n"])
    what = f"the number of open positions in {sector or 'one sector'}"
    return _within(what, used, params["n"], _NUMBER)


def sector_cap(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """The share of the order's sector, or of the largest."""
    values = _by_sector(figures, lambda one: one.paise)
    if entry is None:
        sector, used = _largest(values)
    elif not entry.sector:
        return _unknown(f"the sector of {entry.instrument} is not known")
    else:
        sector, used = entry.sector, values.get(entry.sector, 0) + entry.added
    return _part_of_capital(f"the share of {sector or 'one sector'}", params, figures, used)


def max_per_symbol(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """The share of the order's instrument, or of the largest."""
    values = {name: one.paise for name, one in figures.holdings.items()}
    if entry is None:
        name, used = _largest(values)
    else:
        name = entry.instrument
        used = values.get(name, 0) + entry.added
    return _part_of_capital(f"the share of {name or 'one symbol'}", params, figures, used)


def exposure_cap(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """Everything in the market."""
    used = figures.gross + (entry.added if entry else 0)
    return _part_of_capital("the exposure", params, figures, used)


def cash_buffer(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """What stays free."""
    capital = _capital(params, figures)
    if capital is None or capital <= 0:
        return _no_capital()
    free = figures.cash
    if entry is not None and entry.free is not None:
        free = entry.free
    if free is None:
        return _unknown("the free cash of these accounts is not known")
    if entry is not None:
        free -= entry.value if entry.required is None else entry.required
    return _at_least("the free cash", Decimal(free) * 100 / capital, params["pct"], _PERCENT)


def correlation_cap(params: Params, _: Figures, entry: Entry | None) -> Measure:
    """Holdings that move with the order's instrument."""
    if entry is None:
        return _is("is looked at with each order", breached=False)
    alike = [name for name, rho in entry.correlated if rho > params["rho"]]
    over = f"the correlation is above {params['rho']} with {len(alike)} holdings"
    shown = f"{over}: {', '.join(alike)}" if alike else over
    return Measure(
        words=f"{shown}; the limit is {params['n']}",
        is_breached=len(alike) > params["n"],
        used=Decimal(len(alike)),
        limit=Decimal(params["n"]),
        used_pct=_share(Decimal(len(alike)), Decimal(params["n"])),
    )


def _is_new(figures: Figures, entry: Entry | None) -> int:
    return int(entry is not None and entry.instrument not in figures.holdings)


def _by_sector(figures: Figures, of: Callable[[Held], int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in figures.holdings.values():
        if one.sector:
            found[one.sector] = found.get(one.sector, 0) + of(one)
    return found


def _largest(values: Mapping[str, int]) -> tuple[str, int]:
    return max(values.items(), key=lambda item: item[1], default=("", 0))


# --- one order ------------------------------------------------------------------------------------


def per_trade_risk(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """The loss at the stop; the whole value where none is known."""
    if entry is None:
        return _is("is looked at with each order", breached=False)
    if entry.stop is None or entry.price is None:
        risk, what = entry.value, "the risk without a stop"
    else:
        risk = notional(Price(abs(entry.price - entry.stop)), entry.quantity)
        what = f"the risk with the stop at {price_text(entry.stop)}"
    return _part_of_capital(what, params, figures, risk)


def max_order_value(params: Params, _: Figures, entry: Entry | None) -> Measure:
    """The value of the order."""
    used = 0 if entry is None else entry.value
    return _within("the order's value", used, params["amount"], _AMOUNT)


def symbol_blacklist(params: Params, _: Figures, entry: Entry | None) -> Measure:
    """Instruments that are refused."""
    if entry is None:
        return _is(f"{len(params['symbols'])} symbols are blocked", breached=False)
    listed = _is_named(params["symbols"], entry.instrument)
    verb = "is" if listed else "is not"
    return _is(f"{entry.instrument} {verb} on the list of blocked symbols", breached=listed)


def symbol_whitelist(params: Params, _: Figures, entry: Entry | None) -> Measure:
    """Instruments that are allowed."""
    if entry is None:
        return _is(f"{len(params['symbols'])} symbols are allowed", breached=False)
    listed = _is_named(params["symbols"], entry.instrument)
    verb = "is" if listed else "is not"
    return _is(f"{entry.instrument} {verb} on the list of allowed symbols", breached=not listed)


def _is_named(symbols: Iterable[str], instrument: str) -> bool:
    return any(names(one, instrument) for one in symbols)


def surveillance_block(params: Params, _: Figures, entry: Entry | None) -> Measure:
    """Instruments under surveillance."""
    if entry is None:
        return _is("is looked at with each order", breached=False)
    listed = entry.listed in params["lists"]
    shown = f"is listed as {entry.listed}" if entry.listed else "is on no list"
    return _is(f"{entry.instrument} {shown}", breached=listed)


def min_liquidity(params: Params, _: Figures, entry: Entry | None) -> Measure:
    """The day's turnover, and the order's share of it."""
    if entry is None:
        return _is("is looked at with each order", breached=False)
    turnover, least = entry.average_turnover, params["turnover"]
    if turnover is None:
        return _unknown(f"the turnover of {entry.instrument} is not known")
    if least is not None and turnover < least:
        return _at_least(f"the daily turnover of {entry.instrument}", turnover, least, _AMOUNT)
    share = Decimal(entry.value) * 100 / turnover if turnover else Decimal(100)
    return _within(
        "the order's share of a day's turnover", share, params["max_pct_of_adv"], _PERCENT
    )


def price_band(params: Params, _: Figures, entry: Entry | None) -> Measure:
    """The distance of the order's prices from the last one."""
    if entry is None:
        return _is("is looked at with each order", breached=False)
    last = entry.last_price
    limit = params["option_pct"] if entry.is_option else params["pct"]
    if last is None or last <= 0 or not entry.limits:
        return _within("the distance from the last price", 0, limit, _PERCENT)
    name, price = max(entry.limits.items(), key=lambda item: abs(item[1] - last))
    what = f"the distance of {name} {price_text(price)} from the last price {price_text(last)},"
    return _within(what, abs(price - last) * 100 / last, limit, _PERCENT)


def time_window(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """The time of day and the weekday, in India; an after-market order is allowed at any time."""
    now = figures.now.astimezone(IST)
    day = WEEKDAYS[now.weekday()]
    inside = params["start"] <= now.time() < params["end"] and day in params["days"]
    allowed = f"{params['start']:%H:%M} to {params['end']:%H:%M}"
    days = ", ".join(one for one in WEEKDAYS if one in params["days"])
    is_breached = entry is not None and not entry.is_amo and not inside
    verb = "is in" if inside else "is outside"
    shown = f"{day} {now:%H:%M} (India) {verb} the window {allowed} on {days}"
    return _is(shown, breached=is_breached)


def duplicate_guard(params: Params, _: Figures, entry: Entry | None) -> Measure:
    """The same side of the same instrument again."""
    if entry is None or entry.same_age_s is None or entry.same_age_s >= params["seconds"]:
        return _is("the same order was not placed just now", breached=False)
    age, limit = Decimal(round(entry.same_age_s)), Decimal(params["seconds"])
    shown = f"{entry.side} {entry.instrument} was ordered {_text(age, _SECONDS)} ago"
    return _is(f"{shown}; it may be again after {_text(limit, _SECONDS)}", breached=True)


# --- counts and time ------------------------------------------------------------------------------


def max_orders_per_day(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """The day's orders, the new one included."""
    used = figures.orders + (entry is not None)
    return _within("the number of orders today", used, params["n"], _NUMBER)


def max_trades_per_day(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """The day's executed orders, the new one included."""
    used = figures.trades + (entry is not None)
    return _within("the number of trades today", used, params["n"], _NUMBER)


def max_orders_per_second(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """The orders of the last second, the new one included."""
    used = figures.second_orders + (entry is not None)
    return _within("the number of orders in a second", used, params["n"], _NUMBER)


def loss_streak_cooldown(params: Params, figures: Figures, _: Entry | None) -> Measure:
    """Closed trades in a row that lost."""
    what = "the number of losing trades in a row"
    return _within(what, figures.losing_streak, params["n"], _NUMBER, reaching=True)


def stale_data(params: Params, figures: Figures, entry: Entry | None) -> Measure:
    """The age of the oldest price among what is held and ordered."""
    known = [] if figures.data_age_s is None else [figures.data_age_s]
    if entry is not None and not entry.is_amo:
        if entry.tick_age_s is None:
            return _is(f"{entry.instrument} has no price", breached=True)
        known.append(entry.tick_age_s)
    oldest = Decimal(round(max(known, default=0)))
    return _within("the age of the oldest price", oldest, params["seconds"], _SECONDS)


MeasureOf = Callable[[Params, Figures, Entry | None], Measure]
MEASURES: Final[Mapping[RuleType, MeasureOf]] = {
    _T.DAILY_LOSS: daily_loss,
    _T.WEEKLY_LOSS: weekly_loss,
    _T.MONTHLY_LOSS: monthly_loss,
    _T.DRAWDOWN_KILL: drawdown_kill,
    _T.DAILY_PROFIT_LOCK: daily_profit_lock,
    _T.MAX_POSITIONS: max_positions,
    _T.MAX_PER_SECTOR: max_per_sector,
    _T.SECTOR_CAP: sector_cap,
    _T.MAX_PER_SYMBOL: max_per_symbol,
    _T.EXPOSURE_CAP: exposure_cap,
    _T.CASH_BUFFER: cash_buffer,
    _T.PER_TRADE_RISK: per_trade_risk,
    _T.MAX_ORDER_VALUE: max_order_value,
    _T.MAX_ORDERS_PER_DAY: max_orders_per_day,
    _T.MAX_TRADES_PER_DAY: max_trades_per_day,
    _T.MAX_ORDERS_PER_SECOND: max_orders_per_second,
    _T.LOSS_STREAK_COOLDOWN: loss_streak_cooldown,
    _T.SYMBOL_BLACKLIST: symbol_blacklist,
    _T.SYMBOL_WHITELIST: symbol_whitelist,
    _T.SURVEILLANCE_BLOCK: surveillance_block,
    _T.MIN_LIQUIDITY: min_liquidity,
    _T.PRICE_BAND: price_band,
    _T.TIME_WINDOW: time_window,
    _T.CORRELATION_CAP: correlation_cap,
    _T.STALE_DATA: stale_data,
    _T.DUPLICATE_GUARD: duplicate_guard,
}
