"""The gtt_touch model: trigger orders that rest some days until the price touches them."""

from __future__ import annotations

import math

from tradertape_core.backtest.config import SkipReason
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.kernel.opening import has_bar, is_halved, refusal
from tradertape_core.backtest.kernel.shapes import Sim
from tradertape_core.backtest.kernel.trading import enter

NOT_TRIGGERED = int(SkipReason.NOT_TRIGGERED)

UNTOUCHED, AT_OPEN, INSIDE, MISSED = range(4)


def tick_paise(table: int, price: float) -> int:
    """Return the NSE cash tick in paise at a price; the tables are those of market.ticks."""
    if table == 0:
        return 5
    if price < 250.0:
        return 1
    if table == 1 or price <= 1000.0:
        return 5
    if price <= 5000.0:
        return 10
    if price <= 10000.0:
        return 50
    return 100 if price <= 20000.0 else 500


def floor_tick(table: int, price: float) -> float:
    """The price in rupees, rounded down to the tick."""
    tick = tick_paise(table, price)
    return math.floor(price * 100.0 / tick + 1e-6) * tick / 100.0


def ceil_tick(table: int, price: float) -> float:
    """The price in rupees, rounded up to the tick."""
    tick = tick_paise(table, price)
    return math.ceil(price * 100.0 / tick - 1e-6) * tick / 100.0


def place_orders(sim: Sim, row: int) -> None:
    """Turn the signals of `row` into resting orders; each reserves a slot."""
    signals = sim.signals
    for i in range(signals.start[row], signals.start[row + 1]):
        symbol = signals.symbol[i]
        score = signals.score[i]
        sim.out.counts[k.SIGNALS] += 1
        reason = refusal(sim, row, row + 1, symbol, score)
        sim.out.verdict[i] = reason
        if reason == 0:
            rest(sim, row, i)


def rest(sim: Sim, row: int, signal: int) -> None:
    """Place the entry order of a signal: its trigger, limit and last day."""
    at = sim.out.counts[k.RESTING]
    symbol = sim.signals.symbol[signal]
    trigger = trigger_price(sim, row, sim.market.close[row, symbol])
    limit = trigger
    if sim.rules.order_kind == k.GTT:
        table = sim.market.tick_table[row]
        limit = ceil_tick(table, trigger * (1.0 + sim.rules.limit_pct / 100.0))
    sim.book.order_num[at, k.TRIGGER] = trigger
    sim.book.order_num[at, k.ORDER_LIMIT] = limit
    sim.book.order_num[at, k.ORDER_SCORE] = sim.signals.score[signal]
    sim.book.order_whole[at, k.ORDER_SYMBOL] = symbol
    sim.book.order_whole[at, k.ORDER_SIGNAL_ROW] = row
    sim.book.order_whole[at, k.ORDER_LAST_ROW] = row + sim.rules.valid_days
    sim.book.order_whole[at, k.ORDER_HALVED] = is_halved(sim, row)
    sim.book.order_whole[at, k.ORDER_SIGNAL] = signal
    sim.out.counts[k.RESTING] += 1
    reserve(sim, symbol, 1)


def trigger_price(sim: Sim, row: int, close: float) -> float:
    """Return the price that must trade; a limit order's limit, no bound for a market order."""
    rules = sim.rules
    table = sim.market.tick_table[row]
    if rules.order_kind == k.MARKET_ORDER:
        return math.inf
    if rules.order_kind == k.LIMIT_ORDER:
        return ceil_tick(table, close * (1.0 + rules.limit_pct / 100.0))
    if rules.trigger_above:
        return ceil_tick(table, close * (1.0 + rules.trigger_pct / 100.0))
    trigger = floor_tick(table, close * (1.0 - rules.trigger_pct / 100.0))
    return max(trigger, tick_paise(table, trigger) / 100.0)


def reserve(sim: Sim, symbol: int, change: int) -> None:
    """Count a resting order into (+1) or out of (−1) its symbol and sector."""
    sim.book.resting_of[symbol] += change
    sector = sim.market.sector[symbol]
    if sector >= 0:
        sim.book.in_sector[sector] += change


def touch_orders(sim: Sim, row: int) -> None:
    """Fill, drop or keep the resting orders, oldest first."""
    i = 0
    while i < sim.out.counts[k.RESTING]:
        symbol = sim.book.order_whole[i, k.ORDER_SYMBOL]
        outcome = touch(sim, row, i, symbol) if has_bar(sim, row, symbol) else UNTOUCHED
        if outcome == UNTOUCHED and row < sim.book.order_whole[i, k.ORDER_LAST_ROW]:
            i += 1
            continue
        signal = sim.book.order_whole[i, k.ORDER_SIGNAL]
        reason = NOT_TRIGGERED
        if outcome in (AT_OPEN, INSIDE):
            reason = fill_order(sim, row, i, symbol, outcome)
        else:
            remove_order(sim, i, symbol)
        sim.out.verdict[signal] = reason


def touch(sim: Sim, row: int, at: int, symbol: int) -> int:
    """Return how the candle meets the order: not, at its open, inside, or beyond its limit."""
    trigger = sim.book.order_num[at, k.TRIGGER]
    limit = sim.book.order_num[at, k.ORDER_LIMIT]
    price = sim.market.open[row, symbol]
    low = sim.market.low[row, symbol]
    if not sim.rules.trigger_above:
        if price <= trigger:
            return AT_OPEN
        return INSIDE if low <= trigger else UNTOUCHED
    if price > limit:
        return INSIDE if low <= limit else MISSED
    if price >= trigger:
        return AT_OPEN
    return INSIDE if sim.market.high[row, symbol] >= trigger else UNTOUCHED


def fill_order(sim: Sim, row: int, at: int, symbol: int, outcome: int) -> int:
    """Buy at the touched level, slipped but never above the limit; return why not, or 0."""
    limit = sim.book.order_num[at, k.ORDER_LIMIT]
    price = sim.market.open[row, symbol]
    level = price
    if outcome == INSIDE:
        above_limit = sim.rules.trigger_above and price > limit
        level = limit if above_limit else sim.book.order_num[at, k.TRIGGER]
    paid = min(level * (1.0 + sim.rules.slippage), limit)
    signal_row = sim.book.order_whole[at, k.ORDER_SIGNAL_ROW]
    score = sim.book.order_num[at, k.ORDER_SCORE]
    halved = sim.book.order_whole[at, k.ORDER_HALVED]
    inside = 1 if outcome == INSIDE else 0
    remove_order(sim, at, symbol)
    return enter(sim, row, symbol, signal_row, score, halved, level, paid, inside)


def remove_order(sim: Sim, at: int, symbol: int) -> None:
    """Take the order out, keeping the others in the order of their placing."""
    for i in range(at, sim.out.counts[k.RESTING] - 1):
        for column in range(k.ORDER_NUMS):
            sim.book.order_num[i, column] = sim.book.order_num[i + 1, column]
        for column in range(k.ORDER_WHOLES):
            sim.book.order_whole[i, column] = sim.book.order_whole[i + 1, column]
    sim.out.counts[k.RESTING] -= 1
    reserve(sim, symbol, -1)
