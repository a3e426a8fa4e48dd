"""The whole run: one day after another, in the order of docs/fills.md."""

from __future__ import annotations

from tradertape_core.backtest.config import ExitReason
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.kernel.deciding import decide
from tradertape_core.backtest.kernel.opening import (
    add_at,
    exit_at_open,
    has_bar,
    is_leaving,
    sell_all,
    sell_by_rule,
    take_signals,
)
from tradertape_core.backtest.kernel.records import record
from tradertape_core.backtest.kernel.resting import place_orders, touch_orders
from tradertape_core.backtest.kernel.shapes import Sim
from tradertape_core.backtest.kernel.trading import (
    NAN,
    OPEN,
    follow,
    paise,
    sell,
    set_levels,
)

EXIT_RULE = int(ExitReason.EXIT_RULE)
TIME = int(ExitReason.TIME)
TARGET = int(ExitReason.TARGET)
AT_THE_OPEN = False
AT_THE_CLOSE = True


def run(sim: Sim) -> None:
    """Simulate rows `rules.first` to the last; everything is left in `sim.out`."""
    rules = sim.rules
    rows = sim.market.close.shape[0]
    for row in range(rules.first, rows):
        pay_dividends(sim, row)
        exit_at_open(sim, row)
        add_at(sim, row, AT_THE_OPEN)
        if rules.fill_model == k.NEXT_OPEN and row > rules.first:
            take_signals(sim, row - 1, row)
        elif rules.fill_model == k.GTT_TOUCH:
            touch_orders(sim, row)
        exit_inside(sim, row)
        mark(sim, row)
        if rules.fill_model == k.CLOSE:
            trade_at_close(sim, row)
        else:
            decide_all(sim, row)
            if rules.fill_model == k.GTT_TOUCH and row < rows - 1:
                place_orders(sim, row)
        keep_accounts(sim, row)
    record_open(sim)


def pay_dividends(sim: Sim, row: int) -> None:
    """Credit the dividends of the day to the positions held since before."""
    market = sim.market
    for i in range(market.paid_from[row], market.paid_from[row + 1]):
        slot = sim.book.slot_of[market.paid_symbol[i]]
        if slot >= 0:
            amount = paise(market.paid[i], sim.book.whole[slot, k.QUANTITY])
            sim.book.whole[slot, k.DIVIDENDS] += amount
            sim.out.counts[k.CASH] += amount


# --- step 3: inside the candle --------------------------------------------------------------------


def exit_inside(sim: Sim, row: int) -> None:
    """Exit the open positions whose stop or target the day's candle reaches."""
    i = 0
    while i < sim.out.counts[k.OPEN]:
        slot = sim.book.order[i]
        held = sim.out.counts[k.OPEN]
        symbol = sim.book.whole[slot, k.SYMBOL]
        if has_bar(sim, row, symbol) and not is_leaving(sim, slot):
            if sim.book.whole[slot, k.INSIDE] == 1 and sim.book.whole[slot, k.ENTRY_ROW] == row:
                stop_after_touch(sim, row, slot, symbol)
            else:
                exit_candle(sim, row, slot, symbol)
        if sim.out.counts[k.OPEN] == held:
            i += 1


def stop_after_touch(sim: Sim, row: int, slot: int, symbol: int) -> None:
    """Sell a position bought within the candle at its stop in the same candle, never its target."""
    stop = sim.book.num[slot, k.STOP]
    if sim.market.low[row, symbol] <= stop:
        sell_all(sim, row, slot, stop, sim.book.whole[slot, k.STOP_KIND])


def exit_candle(sim: Sim, row: int, slot: int, symbol: int) -> None:
    """Apply the candle to the levels: the stop first, unless `target_first` is set."""
    num = sim.book.num
    stop = num[slot, k.STOP]
    stopped = sim.market.low[row, symbol] <= stop
    reached = is_reached(sim, row, slot, symbol)
    if stopped and reached:
        sim.out.counts[k.AMBIGUOUS] += 1
    if reached and (sim.rules.target_first or not stopped):
        sell_reached(sim, row, slot, symbol)
    if stopped and sim.book.slot_of[symbol] >= 0 and not is_leaving(sim, slot):
        level = min(stop, sim.market.open[row, symbol])
        sell_all(sim, row, slot, level, sim.book.whole[slot, k.STOP_KIND])


def limit_of(sim: Sim, slot: int) -> float:
    """Return the price (₹) of the resting exit order; 1e300 where there is none."""
    if sim.rules.fill_model == k.GTT_TOUCH and sim.book.whole[slot, k.EXIT_RULE] >= 0:
        return sim.book.num[slot, k.LIMIT]
    return 1e300


def is_reached(sim: Sim, row: int, slot: int, symbol: int) -> bool:
    """Whether the day's high reaches the position's target or the limit of its exit order."""
    high = sim.market.high[row, symbol]
    return high >= sim.book.num[slot, k.TARGET] or high >= limit_of(sim, slot)


def sell_reached(sim: Sim, row: int, slot: int, symbol: int) -> None:
    """Sell at the exit order's price and at the target, the nearer first."""
    target = sim.book.num[slot, k.TARGET]
    limit = limit_of(sim, slot)
    high = sim.market.high[row, symbol]
    if high >= limit and not limit > target:
        sell_by_rule(sim, row, slot, limit)
    if high >= target and sim.book.slot_of[symbol] >= 0 and not is_leaving(sim, slot):
        level = max(target, sim.market.open[row, symbol])
        sell(sim, slot, row, level, sim.book.whole[slot, k.QUANTITY], TARGET, -1)


# --- step 4: the close ----------------------------------------------------------------------------


def mark(sim: Sim, row: int) -> None:
    """Update the positions from the candle: last close, peak, low, and the next levels."""
    num = sim.book.num
    whole = sim.book.whole
    for i in range(sim.out.counts[k.OPEN]):
        slot = sim.book.order[i]
        symbol = whole[slot, k.SYMBOL]
        if has_bar(sim, row, symbol):
            close = sim.market.close[row, symbol]
            fresh = whole[slot, k.INSIDE] == 1 and whole[slot, k.ENTRY_ROW] == row
            high = close if fresh else sim.market.high[row, symbol]
            num[slot, k.LAST_CLOSE] = close
            num[slot, k.PEAK] = max(num[slot, k.PEAK], high)
            num[slot, k.LOWEST] = min(num[slot, k.LOWEST], sim.market.low[row, symbol])
            atr = sim.market.atr[row, symbol] if sim.rules.trail_atr_mult > 0.0 else NAN
            follow(sim, slot, atr)
            set_levels(sim, slot)


def decide_all(sim: Sim, row: int) -> None:
    """Decide on the close of the day for every open position that has a candle."""
    for i in range(sim.out.counts[k.OPEN]):
        slot = sim.book.order[i]
        if is_decidable(sim, row, slot):
            decide(sim, row, slot)


def is_decidable(sim: Sim, row: int, slot: int) -> bool:
    """Whether the close decides on a position: it has a candle, and no exit is under way."""
    whole = sim.book.whole
    if whole[slot, k.LEFT] > 0:
        whole[slot, k.EXIT_RULE] = -1
        whole[slot, k.ADDON] = 0
        return False
    return has_bar(sim, row, whole[slot, k.SYMBOL])


def trade_at_close(sim: Sim, row: int) -> None:
    """The close model: exits, add-ons and entries on the candle that decides them."""
    i = 0
    while i < sim.out.counts[k.OPEN]:
        slot = sim.book.order[i]
        held = sim.out.counts[k.OPEN]
        if is_decidable(sim, row, slot):
            decide(sim, row, slot)
            if sim.book.whole[slot, k.EXIT_RULE] >= 0:
                sell_by_rule(sim, row, slot, sim.book.num[slot, k.LIMIT])
            elif sim.book.whole[slot, k.BARS] >= sim.rules.time_exit:
                sell_all(sim, row, slot, sim.book.num[slot, k.LAST_CLOSE], TIME)
        if sim.out.counts[k.OPEN] == held:
            i += 1
    add_at(sim, row, AT_THE_CLOSE)
    take_signals(sim, row, row)


def keep_accounts(sim: Sim, row: int) -> None:
    """Record equity, cash and turnover (paise) and the number of positions of the day."""
    out = sim.out
    equity = out.counts[k.CASH]
    for i in range(out.counts[k.OPEN]):
        slot = sim.book.order[i]
        equity += paise(sim.book.num[slot, k.LAST_CLOSE], sim.book.whole[slot, k.QUANTITY])
    out.equity[row] = equity
    out.cash[row] = out.counts[k.CASH]
    out.positions[row] = out.counts[k.OPEN]
    out.turnover[row] = out.counts[k.TRADED]
    out.counts[k.TRADED] = 0


def record_open(sim: Sim) -> None:
    """List the positions still held, marked at their last known close."""
    for i in range(sim.out.counts[k.OPEN]):
        slot = sim.book.order[i]
        price = sim.book.num[slot, k.LAST_CLOSE]
        quantity = sim.book.whole[slot, k.QUANTITY]
        record(sim, slot, -1, price, quantity, paise(price, quantity), 0, 0, OPEN, -1)
