"""Steps 1 and 2 of a day: exits, add-ons and entries at the open (entries at the close too)."""

from __future__ import annotations

import math

from tradertape_core.backtest.config import ExitReason, SkipReason
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.kernel.shapes import Sim
from tradertape_core.backtest.kernel.trading import add, enter, sell, sell_left

STOP_GAP = int(ExitReason.STOP_GAP)
TARGET_GAP = int(ExitReason.TARGET_GAP)
GAP_DOWN = int(ExitReason.GAP_DOWN)
EXIT_RULE = int(ExitReason.EXIT_RULE)
TIME = int(ExitReason.TIME)
DELISTED = int(ExitReason.DELISTED)

REGIME = int(SkipReason.REGIME)
MIN_CONVICTION = int(SkipReason.MIN_CONVICTION)
ALREADY_OPEN = int(SkipReason.ALREADY_OPEN)
COOLDOWN = int(SkipReason.COOLDOWN)
MAX_POSITIONS = int(SkipReason.MAX_POSITIONS)
SECTOR_CAP = int(SkipReason.SECTOR_CAP)
NO_BAR = int(SkipReason.NO_BAR)


def has_bar(sim: Sim, row: int, symbol: int) -> bool:
    """Whether the symbol traded that day: its close is a number."""
    return sim.market.close[row, symbol] == sim.market.close[row, symbol]


# --- exits ----------------------------------------------------------------------------------------


def exit_at_open(sim: Sim, row: int) -> None:
    """Close what the open, the calendar or the last close's decision closes."""
    i = 0
    while i < sim.out.counts[k.OPEN]:
        slot = sim.book.order[i]
        held = sim.out.counts[k.OPEN]
        symbol = sim.book.whole[slot, k.SYMBOL]
        if has_bar(sim, row, symbol):
            sim.book.whole[slot, k.BARS] += 1
            price = sim.market.open[row, symbol]
            sell_left(sim, slot, row, price)
            if sim.out.counts[k.OPEN] == held and not is_leaving(sim, slot):
                sell_at_open(sim, row, slot, price)
        elif row - sim.market.last_bar[symbol] >= k.DELISTED_AFTER:
            sell_all(sim, row, slot, sim.book.num[slot, k.LAST_CLOSE], DELISTED)
        if sim.out.counts[k.OPEN] == held:
            i += 1


def is_leaving(sim: Sim, slot: int) -> bool:
    """Whether all of a position is being sold already."""
    whole = sim.book.whole
    return whole[slot, k.LEFT] > 0 and whole[slot, k.LEFT] == whole[slot, k.QUANTITY]


def sell_at_open(sim: Sim, row: int, slot: int, price: float) -> None:
    """Sell a position at the open if a rule, a gap or its stop asks for it."""
    reason = reason_at_open(sim, slot, price)
    if reason == EXIT_RULE:
        sell_by_rule(sim, row, slot, price)
    elif reason > 0:
        sell_all(sim, row, slot, price, reason)


def reason_at_open(sim: Sim, slot: int, price: float) -> int:
    """Return the first reason that applies, 0 for none."""
    gap = gap_reason(sim, slot, price)
    decided = decided_reason(sim, slot, price)
    target = TARGET_GAP if price >= sim.book.num[slot, k.TARGET] else 0
    if sim.rules.target_first:
        if decided > 0:
            return decided
        return target if target > 0 else gap
    if gap == STOP_GAP:
        return gap
    if target > 0:
        return target
    return gap if gap > 0 else decided


def gap_reason(sim: Sim, slot: int, price: float) -> int:
    """The exit reason of an open below the stop or the gap limit; 0 for none."""
    num = sim.book.num
    if price <= num[slot, k.STOP]:
        return STOP_GAP
    limit = num[slot, k.LAST_CLOSE] * (1.0 - sim.rules.gap_down_pct / 100.0)
    return GAP_DOWN if sim.rules.gap_down_pct > 0.0 and price < limit else 0


def decided_reason(sim: Sim, slot: int, price: float) -> int:
    """Exit rule of the last close, then time; the close model does both at the close."""
    if sim.rules.fill_model == k.CLOSE:
        return 0
    if sim.book.whole[slot, k.EXIT_RULE] >= 0:
        market_order = sim.rules.fill_model == k.NEXT_OPEN
        if market_order or price >= sim.book.num[slot, k.LIMIT]:
            return EXIT_RULE
    return TIME if sim.book.whole[slot, k.BARS] >= sim.rules.time_exit else 0


def sell_all(sim: Sim, row: int, slot: int, level: float, reason: int) -> None:
    """Sell all units of a position at a price level."""
    sell(sim, slot, row, level, sim.book.whole[slot, k.QUANTITY], reason, -1)


def sell_by_rule(sim: Sim, row: int, slot: int, level: float) -> None:
    """Sell the part the decided exit rule asks for; a rule fires once in a position's life."""
    whole = sim.book.whole
    rule = whole[slot, k.EXIT_RULE]
    held = whole[slot, k.QUANTITY]
    wanted = math.floor(held * sim.program.size_pct[rule] / 100.0)
    whole[slot, k.FIRED] |= 1 << rule
    whole[slot, k.EXIT_RULE] = -1
    whole[slot, k.ADDON] = 0
    sell(sim, slot, row, level, min(held, max(1, int(wanted))), EXIT_RULE, rule)


# --- add-ons and entries --------------------------------------------------------------------------


def add_at(sim: Sim, row: int, at_close: bool) -> None:
    """Execute the add-ons that were decided; without a candle they lapse."""
    for i in range(sim.out.counts[k.OPEN]):
        slot = sim.book.order[i]
        if sim.book.whole[slot, k.ADDON] == 1:
            sim.book.whole[slot, k.ADDON] = 0
            symbol = sim.book.whole[slot, k.SYMBOL]
            if has_bar(sim, row, symbol) and sim.book.whole[slot, k.LEFT] == 0:
                prices = sim.market.close if at_close else sim.market.open
                add(sim, slot, row, prices[row, symbol])


def take_signals(sim: Sim, signal_row: int, row: int) -> None:
    """Enter the signals of `signal_row`, best first, at the open of `row` or at its close."""
    prices = sim.market.open if signal_row < row else sim.market.close
    signals = sim.signals
    for i in range(signals.start[signal_row], signals.start[signal_row + 1]):
        symbol = signals.symbol[i]
        score = signals.score[i]
        sim.out.counts[k.SIGNALS] += 1
        reason = refusal(sim, signal_row, row, symbol, score)
        if reason == 0 and not has_bar(sim, row, symbol):
            reason = NO_BAR
        if reason == 0:
            level = prices[row, symbol]
            price = level * (1.0 + sim.rules.slippage)
            halved = is_halved(sim, signal_row)
            reason = enter(sim, row, symbol, signal_row, score, halved, level, price, 0)
        sim.out.verdict[i] = reason


def is_halved(sim: Sim, row: int) -> int:
    """Return 1 where a false regime halves the size; one that blocks was handled before."""
    return 0 if sim.signals.regime_ok[row] else 1


def refusal(sim: Sim, signal_row: int, fill_row: int, symbol: int, score: float) -> int:
    """Return why a signal cannot become an order for `fill_row`, 0 if it can."""
    rules = sim.rules
    book = sim.book
    reason = 0
    if rules.regime_blocks and not sim.signals.regime_ok[signal_row]:
        reason = REGIME
    elif score < rules.min_score:
        reason = MIN_CONVICTION
    elif (
        book.slot_of[symbol] >= 0
        or book.resting_of[symbol] == 1
        or book.exit_row[symbol] == fill_row
    ):
        reason = ALREADY_OPEN
    elif fill_row <= book.exit_row[symbol] + rules.cooldown:
        reason = COOLDOWN
    elif sim.out.counts[k.OPEN] + sim.out.counts[k.RESTING] >= rules.max_positions:
        reason = MAX_POSITIONS
    elif sector_is_full(sim, symbol):
        reason = SECTOR_CAP
    return reason


def sector_is_full(sim: Sim, symbol: int) -> bool:
    """Whether positions and resting orders of the symbol's sector reach its limit."""
    sector = sim.market.sector[symbol]
    cap = sim.rules.max_per_sector
    return cap > 0 and sector >= 0 and sim.book.in_sector[sector] >= cap
