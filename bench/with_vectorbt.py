"""The same rules in vectorbt: `python bench/with_vectorbt.py DAYS SYMBOLS [sweep]`.

Two ways, both `Portfolio.from_order_func`. The documented one: an order function that is asked
for every column of every row, in a sequence set before; a day takes two rows, its open and its
inside. And `flexible`: one function of our own writes a day's orders down by itself, vectorbt
only keeps the books: our kind of loop inside theirs. Indicators and masks are arrays, as in ours.
"""

from __future__ import annotations

import itertools
import sys
import time
import warnings

import numpy as np
import setting
import sweep
import vectorbt as vbt
from numba import njit
from vectorbt.portfolio import nb
from vectorbt.portfolio.enums import NoOrder

from tradertape_core.strategy.evaluation.cache import IndicatorCache

warnings.filterwarnings("ignore")

ENTRY, STOP, TARGET, HELD, LAST = range(5)
AT_OPEN, INSIDE = True, False
SLIP, FEE = setting.SLIPPAGE_BPS / 1e4, setting.FEE_BPS / 1e4


@njit
def exit_price(state, col, row, opens, highs, lows, at_open):
    """The level at which the position leaves, NaN to stay."""
    stop, target = state[col, STOP], state[col, TARGET]
    if at_open:
        price = opens[row, col]
        gone = price <= stop or price >= target or state[col, HELD] >= setting.BARS
        return price if gone else np.nan
    if lows[row, col] <= stop:
        return stop
    return target if highs[row, col] >= target else np.nan


@njit
def pre_segment(c, state, todo, sectors, equity, opens, highs, lows, closes, signal, order, target):
    """Write the day's orders down in their sequence: (column, signed quantity, price)."""
    row, cash = c.i, c.last_cash[c.group]
    count, held = 0, 0
    sectors[:] = 0
    was_held = c.last_position[c.from_col : c.to_col] > 0
    for col in range(opens.shape[1]):
        if was_held[col]:
            state[col, HELD] += 1
            level = exit_price(state, col, row, opens, highs, lows, AT_OPEN)
            if np.isnan(level):
                held += 1
                sectors[col % setting.SECTORS] += 1
            else:
                quantity, price = c.last_position[col], level * (1 - SLIP)
                todo[count, 0], todo[count, 1], todo[count, 2] = col, -quantity, price
                cash += quantity * price * (1 - FEE)
                state[col, LAST] = -1.0
                count += 1
    if row > 0:
        for rank in range(opens.shape[1]):
            col = order[row - 1, rank]
            if not signal[row - 1, col] or held >= setting.SLOTS:
                break
            if was_held[col] or sectors[col % setting.SECTORS] >= setting.A_SECTOR:
                continue
            price = opens[row, col] * (1 + SLIP)
            budget = min(cash, equity[0] * setting.SIZE_PCT / 100)
            quantity = np.floor(budget / (price * (1 + FEE)))
            if quantity < 1:
                continue
            todo[count, 0], todo[count, 1], todo[count, 2] = col, quantity, price
            cash -= quantity * price * (1 + FEE)
            state[col, ENTRY], state[col, HELD], state[col, LAST] = price, 0, quantity
            state[col, STOP] = price * (1 - setting.STOP_PCT / 100)
            state[col, TARGET] = price * (1 + target / 100)
            count, held = count + 1, held + 1
            sectors[col % setting.SECTORS] += 1
    equity[0] = cash
    for col in range(opens.shape[1]):
        quantity = state[col, LAST]
        if quantity > 0:
            level = exit_price(state, col, row, opens, highs, lows, INSIDE)
            if np.isnan(level):
                equity[0] += quantity * closes[row, col]
            else:
                price = level * (1 - SLIP)
                todo[count, 0], todo[count, 1], todo[count, 2] = col, -quantity, price
                equity[0] += quantity * price * (1 - FEE)
                state[col, LAST] = -1.0
                count += 1
    todo[count, 0] = -1
    return (todo,)


@njit
def next_order(c, todo):
    at = c.call_idx
    col = int(todo[at, 0])
    if col < 0:
        return -1, NoOrder
    return col, nb.order_nb(size=todo[at, 1], price=todo[at, 2], fees=FEE)


def run(panel, signal, order, target=setting.TARGET_PCT):
    symbols = panel.shape[1]
    state = np.zeros((symbols, 5))
    return vbt.Portfolio.from_order_func(
        panel.close, next_order, flexible=True, init_cash=setting.CAPITAL,
        cash_sharing=True, group_by=np.zeros(symbols, dtype=int), max_orders=panel.close.size // 10,
        pre_segment_func_nb=pre_segment,
        pre_segment_args=(
            state, np.zeros((3 * symbols + 1, 3)), np.zeros(setting.SECTORS),
            np.array([setting.CAPITAL]), panel.open, panel.high, panel.low, panel.close, signal,
            order, float(target),
        ),
    )  # fmt: skip


@njit
def set_sequence(c, slots, order, closes):
    """Before a row: at an open, held columns first, then the signals of the day before by rank."""
    day, inside = c.i // 2, c.i % 2
    if inside == 0:
        slots[0], slots[1:], at = 0.0, 0.0, 0
        equity = c.last_cash[c.group]
        for col in range(closes.shape[1]):
            if c.last_position[col] > 0:
                slots[0] += 1
                slots[2 + col % setting.SECTORS] += 1
                equity += c.last_position[col] * closes[max(day - 1, 0), col]
                c.call_seq_now[at] = col
                at += 1
        slots[1] = equity
        for rank in range(closes.shape[1]):
            col = order[max(day - 1, 0), rank]
            if c.last_position[col] <= 0:
                c.call_seq_now[at] = col
                at += 1
    return ()


@njit
def order_of_cell(c, state, slots, opens, highs, lows, signal, target):
    """What one column does at an open or inside its candle."""
    day, col, inside = c.i // 2, c.col, c.i % 2
    if c.position_now > 0:
        if inside == 0:
            state[col, HELD] += 1
        level = exit_price(state, col, day, opens, highs, lows, inside == 0)
        if np.isnan(level):
            return NoOrder
        if inside == 0:
            slots[0] -= 1
            slots[2 + col % setting.SECTORS] -= 1
        return nb.order_nb(size=-c.position_now, price=level * (1 - SLIP), fees=FEE)
    if inside == 1 or day == 0 or not signal[day - 1, col]:
        return NoOrder
    sector = 2 + col % setting.SECTORS
    if slots[0] >= setting.SLOTS or slots[sector] >= setting.A_SECTOR:
        return NoOrder
    price = opens[day, col] * (1 + SLIP)
    budget = min(c.cash_now, slots[1] * setting.SIZE_PCT / 100)
    quantity = np.floor(budget / (price * (1 + FEE)))
    if quantity < 1:
        return NoOrder
    state[col, ENTRY], state[col, HELD] = price, 0
    state[col, STOP] = price * (1 - setting.STOP_PCT / 100)
    state[col, TARGET] = price * (1 + target / 100)
    slots[0] += 1
    slots[sector] += 1
    return nb.order_nb(size=quantity, price=price, fees=FEE)


def run_documented(panel, signal, order, target=setting.TARGET_PCT):
    symbols = panel.shape[1]
    slots = np.zeros(2 + setting.SECTORS)
    return vbt.Portfolio.from_order_func(
        np.repeat(panel.close, 2, axis=0), order_of_cell, np.zeros((symbols, 5)), slots, panel.open,
        panel.high, panel.low, signal, float(target), init_cash=setting.CAPITAL, cash_sharing=True,
        group_by=np.zeros(symbols, dtype=int), max_orders=panel.close.size // 10,
        pre_segment_func_nb=set_sequence, pre_segment_args=(slots, order, panel.close),
    )  # fmt: skip


def signals(panel, average, strength, dip=setting.DIP, oversold=setting.OVERSOLD):
    signal = (panel.close < average * dip) & (strength < oversold)
    return signal, np.argsort(np.where(signal, strength, np.inf), axis=1, kind="stable")


def trades(portfolio, rows_a_day: int) -> list[setting.Trade]:
    found = portfolio.trades.records
    closed = found[found["status"] == 1]
    entry, left = closed["entry_idx"] // rows_a_day, closed["exit_idx"] // rows_a_day
    columns = (closed["col"], entry, left, closed["size"].astype(int))
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def main(days: int, symbols: int, *, sweeps: bool) -> None:
    panel = setting.market(days, symbols)
    # Wilder's average seeded as ours: vectorbt's own starts otherwise and finds other signals.
    cache = IndicatorCache(panel)
    average = cache.indicator("sma", {"period": 20})
    strength = cache.indicator("rsi", {"period": 14})

    def once(way, dip=setting.DIP, oversold=setting.OVERSOLD, target=setting.TARGET_PCT):
        return way(panel, *signals(panel, average, strength, dip, oversold), target)

    times = 7 if days * symbols < 1_000_000 else 3
    for name, way, rows in (("vectorbt", run_documented, 2), ("vectorbt flexible", run, 1)):
        start = time.perf_counter()
        portfolio = once(way)
        figures: dict[str, object] = {
            "engine": name,
            "first_ms": (time.perf_counter() - start) * 1_000,
            "trades": trades(portfolio, rows),
            "warm_ms": setting.median_ms(lambda way=way: once(way), times),
        }
        if sweeps:
            start = time.perf_counter()
            for combination in itertools.product(sweep.DIPS, sweep.LEVELS, sweep.TARGETS):
                once(way, *combination)
            figures["sweep_s"] = time.perf_counter() - start
        setting.report(**figures)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sweeps="sweep" in sys.argv)
