"""The trades that are written down."""

from __future__ import annotations

from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.kernel.shapes import Sim


def record(
    sim: Sim,
    slot: int,
    row: int,
    price: float,
    quantity: int,
    value: int,
    fees: int,
    slippage: int,
    reason: int,
    rule: int,
) -> None:
    """Write the sale of `quantity` shares down and take its share of the costs off the position.

    What an exit left before, and sells now, goes into the trade of its first part.
    """
    whole = sim.book.whole
    at = whole[slot, k.LEFT_TRADE]
    if at < 0 or row < 0:
        at = sim.out.counts[k.TRADES]
        sim.out.counts[k.TRADES] += 1
        new_trade(sim, slot, at, reason, rule)
        whole[slot, k.LEFT_TRADE] = at
    record_prices(sim, slot, at, price, quantity)
    held = whole[slot, k.QUANTITY]
    invested = take_share(sim, slot, k.INVESTED, quantity, held)
    trade = sim.out.trade_whole
    trade[at, k.T_EXIT_ROW] = row
    trade[at, k.T_BARS] = whole[slot, k.BARS]
    trade[at, k.T_QUANTITY] += quantity
    trade[at, k.T_INVESTED] += invested
    trade[at, k.T_GROSS] += value - invested
    trade[at, k.T_CHARGES] += take_share(sim, slot, k.CHARGES, quantity, held) + fees
    trade[at, k.T_SLIPPAGE] += take_share(sim, slot, k.SLIPPAGE, quantity, held) + slippage
    trade[at, k.T_WANTED] += take_share(sim, slot, k.WANTED, quantity, held)
    trade[at, k.T_DIVIDENDS] += take_share(sim, slot, k.DIVIDENDS, quantity, held)
    whole[slot, k.QUANTITY] = held - quantity


def new_trade(sim: Sim, slot: int, at: int, reason: int, rule: int) -> None:
    """Begin the row of a trade: whose it is and why it is made, its amounts 0."""
    whole = sim.book.whole
    trade = sim.out.trade_whole
    for column in range(k.T_WHOLES):
        trade[at, column] = 0
    trade[at, k.T_SEQUENCE] = whole[slot, k.SEQUENCE]
    trade[at, k.T_SYMBOL] = whole[slot, k.SYMBOL]
    trade[at, k.T_SIGNAL_ROW] = whole[slot, k.SIGNAL_ROW]
    trade[at, k.T_ENTRY_ROW] = whole[slot, k.ENTRY_ROW]
    trade[at, k.T_REASON] = reason
    trade[at, k.T_RULE] = rule
    trade[at, k.T_ADDONS] = whole[slot, k.ADDONS]


def take_share(sim: Sim, slot: int, column: int, quantity: int, held: int) -> int:
    """Take the share of `quantity` of the shares held off an amount of the position."""
    whole = sim.book.whole
    part = share(whole[slot, column], quantity, held)
    whole[slot, column] -= part
    return part


def record_prices(sim: Sim, slot: int, at: int, price: float, quantity: int) -> None:
    """Record a trade's prices (₹), its score and its worst and best excursion (percent)."""
    num = sim.book.num
    trade = sim.out.trade_num
    avg = num[slot, k.AVG]
    worst = min(0.0, (min(num[slot, k.LOWEST], price) / avg - 1.0) * 100.0)
    best = max(0.0, (max(num[slot, k.PEAK], price) / avg - 1.0) * 100.0)
    before = sim.out.trade_whole[at, k.T_QUANTITY]
    if before > 0:
        sold = trade[at, k.T_EXIT_PRICE] * before + price * quantity
        price = sold / (before + quantity)
        worst = min(worst, trade[at, k.T_MAE])
        best = max(best, trade[at, k.T_MFE])
    trade[at, k.T_ENTRY_PRICE] = avg
    trade[at, k.T_EXIT_PRICE] = price
    trade[at, k.T_INITIAL_STOP] = num[slot, k.INITIAL_STOP]
    trade[at, k.T_SCORE] = num[slot, k.SCORE]
    trade[at, k.T_MAE] = worst
    trade[at, k.T_MFE] = best


def share(amount: int, part: int, whole: int) -> int:
    """Return amount x part / whole rounded down, without overflow."""
    return amount // whole * part + amount % whole * part // whole
