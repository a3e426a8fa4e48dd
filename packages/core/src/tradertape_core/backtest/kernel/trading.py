"""Buying and selling: levels, sizing and money."""

from __future__ import annotations

import math

from tradertape_core.backtest.config import ExitReason, SkipReason
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.kernel.liquidity import (
    purchase_refusal,
    sellable,
    taken,
    trade_volume,
)
from tradertape_core.backtest.kernel.records import record, share
from tradertape_core.backtest.kernel.shapes import Sim
from tradertape_core.ledger.charge_table import (
    BUYING,
    SELLING,
    day_trade_difference,
    demat_charge,
    fill_charges,
)

STOP = int(ExitReason.STOP)
TRAILING = int(ExitReason.TRAILING)
BREAKEVEN = int(ExitReason.BREAKEVEN)
OPEN = int(ExitReason.OPEN)
DELISTED = int(ExitReason.DELISTED)
NO_CAPITAL = int(SkipReason.NO_CAPITAL)
LESS_THAN_ONE_SHARE = int(SkipReason.LESS_THAN_ONE_SHARE)
LIQUIDITY = int(SkipReason.LIQUIDITY)
NO_ATR = int(SkipReason.NO_ATR)
NAN = math.nan


def paise(price: float, quantity: int) -> int:
    """Return price x quantity in whole paise, half up (kernel.money.paise_from_rupees)."""
    return math.floor(price * quantity * 100.0 + 0.5 + 1e-6)


def higher(level: float, other: float) -> float:
    """Return the higher of two levels; NaN is none."""
    if level != level or other > level:
        return other
    return level


# --- levels ---------------------------------------------------------------------------------------


def follow(sim: Sim, slot: int, atr: float) -> None:
    """Arm breakeven and trailing stop from the peak; neither ever falls."""
    rules = sim.rules
    num = sim.book.num
    peak = num[slot, k.PEAK]
    avg = num[slot, k.AVG]
    if rules.breakeven_pct > 0.0 and peak >= avg * (1.0 + rules.breakeven_pct / 100.0):
        sim.book.whole[slot, k.BREAKEVEN_ON] = 1
    if rules.trails and peak >= avg * (1.0 + rules.trail_from_pct / 100.0):
        level = num[slot, k.TRAIL]
        if rules.trail_pct > 0.0:
            level = higher(level, peak * (1.0 - rules.trail_pct / 100.0))
        if rules.trail_atr_mult > 0.0:
            level = higher(level, peak - rules.trail_atr_mult * atr)
        num[slot, k.TRAIL] = level


def set_levels(sim: Sim, slot: int) -> None:
    """Set stop and target for the next bar: the highest of the stops, the nearest target."""
    rules = sim.rules
    num = sim.book.num
    avg = num[slot, k.AVG]
    stop = NAN
    kind = STOP
    if rules.stop_loss_pct > 0.0:
        stop = avg * (1.0 - rules.stop_loss_pct / 100.0)
    if rules.atr_stop_mult > 0.0:
        stop = higher(stop, avg - rules.atr_stop_mult * num[slot, k.ATR])
    if sim.book.whole[slot, k.BREAKEVEN_ON] == 1 and not stop >= avg:
        stop = avg
        kind = BREAKEVEN
    trail = num[slot, k.TRAIL]
    if trail == trail and not stop >= trail:
        stop = trail
        kind = TRAILING
    num[slot, k.STOP] = stop
    sim.book.whole[slot, k.STOP_KIND] = kind
    num[slot, k.TARGET] = target_level(sim, slot)


def target_level(sim: Sim, slot: int) -> float:
    """Return the nearer of the two targets, NaN without any."""
    rules = sim.rules
    num = sim.book.num
    avg = num[slot, k.AVG]
    target = NAN
    if rules.target_pct > 0.0:
        target = avg * (1.0 + rules.target_pct / 100.0)
    risk = num[slot, k.ENTRY] - num[slot, k.INITIAL_STOP]
    if rules.target_r > 0.0 and risk > 0.0:
        level = avg + rules.target_r * risk
        if not target <= level:
            target = level
    return target


# --- buying ---------------------------------------------------------------------------------------


def enter(
    sim: Sim,
    row: int,
    symbol: int,
    signal_row: int,
    score: float,
    halved: int,
    level: float,
    price: float,
    inside: int,
) -> int:
    """Buy at `price`; return 0, or why not (SkipReason)."""
    atr = atr_before(sim, signal_row, row, symbol)
    if needs_atr(sim) and atr != atr:
        return NO_ATR
    reason = purchase_refusal(sim, row, symbol)
    if reason > 0:
        return reason
    slot = sim.book.order[sim.out.counts[k.OPEN]]
    prepare(sim, slot, symbol, atr, score, price)
    quantity = entry_quantity(sim, slot, row, price, halved)
    if quantity < 1:
        size = position_size(sim, slot, row, halved)
        return NO_CAPITAL if sim.out.counts[k.CASH] < size else LESS_THAN_ONE_SHARE
    whole = sim.book.whole
    whole[slot, k.WANTED] = quantity
    quantity = taken(sim, row, symbol, quantity)
    if quantity < 1:
        return LIQUIDITY
    if quantity < whole[slot, k.WANTED]:
        sim.out.counts[k.CUT] += 1
    whole[slot, k.SEQUENCE] = sim.out.counts[k.SEQUENCES]
    whole[slot, k.SIGNAL_ROW] = signal_row
    whole[slot, k.ENTRY_ROW] = row
    whole[slot, k.INITIAL_QUANTITY] = quantity
    whole[slot, k.INSIDE] = inside
    sim.book.num[slot, k.LAST_CLOSE] = level
    pay(sim, slot, row, quantity, level, price)
    sim.book.slot_of[symbol] = slot
    if sim.market.sector[symbol] >= 0:
        sim.book.in_sector[sim.market.sector[symbol]] += 1
    sim.out.counts[k.OPEN] += 1
    sim.out.counts[k.SEQUENCES] += 1
    return 0


def prepare(sim: Sim, slot: int, symbol: int, atr: float, score: float, price: float) -> None:
    """Write a fresh position bought at `price` into the slot, its levels included."""
    num = sim.book.num
    whole = sim.book.whole
    for column in range(k.WHOLES):
        whole[slot, column] = 0
    whole[slot, k.SYMBOL] = symbol
    whole[slot, k.EXIT_RULE] = -1
    whole[slot, k.DEMAT_ROW] = -1
    whole[slot, k.LEFT_TRADE] = -1
    num[slot, k.AVG] = price
    num[slot, k.ENTRY] = price
    num[slot, k.LAST_BUY] = price
    num[slot, k.PEAK] = price
    num[slot, k.LOWEST] = price
    num[slot, k.LAST_CLOSE] = price
    num[slot, k.TRAIL] = NAN
    num[slot, k.LIMIT] = NAN
    num[slot, k.INITIAL_STOP] = NAN
    num[slot, k.ATR] = atr
    num[slot, k.SCORE] = score
    follow(sim, slot, atr)
    set_levels(sim, slot)
    num[slot, k.INITIAL_STOP] = num[slot, k.STOP]
    num[slot, k.TARGET] = target_level(sim, slot)


def needs_atr(sim: Sim) -> bool:
    """Whether stop or size of a position is in ATRs."""
    return sim.rules.atr_stop_mult > 0.0 or sim.rules.sizing == k.ATR_RISK


def atr_before(sim: Sim, signal_row: int, row: int, symbol: int) -> float:
    """Return the ATR of the symbol's last bar before the fill; the signal's own at a close fill."""
    last = signal_row
    for earlier in range(row - 1, signal_row, -1):
        if sim.market.close[earlier, symbol] == sim.market.close[earlier, symbol]:
            last = earlier
            break
    return sim.market.atr[last, symbol]


def previous_equity(sim: Sim, row: int) -> int:
    """Equity in paise at the close before; the capital on the first day."""
    if row == sim.rules.first:
        return sim.rules.capital
    return sim.out.equity[row - 1]


def position_size(sim: Sim, slot: int, row: int, halved: int) -> float:
    """Return the most that the position may cost, in paise."""
    size = float(previous_equity(sim, row)) * sim.rules.size_pct / 100.0
    if sim.rules.sizing == k.CONVICTION:
        size = size * sim.book.num[slot, k.SCORE] / 100.0
    return size * 0.5 if halved == 1 else size


def entry_quantity(sim: Sim, slot: int, row: int, price: float, halved: int) -> int:
    """Return how many shares the sizing allows and the cash pays for."""
    rules = sim.rules
    size = position_size(sim, slot, row, halved)
    quantity = affordable(sim, row, price, min(float(sim.out.counts[k.CASH]), size))
    risk = float(previous_equity(sim, row)) * rules.risk_pct / 100.0
    if halved == 1:
        risk = risk * 0.5
    distance = NAN
    if rules.sizing == k.RISK_PCT:
        distance = price - sim.book.num[slot, k.STOP]
    elif rules.sizing == k.ATR_RISK:
        distance = sim.book.num[slot, k.ATR]
    # A distance too small for an integer number of shares bounds nothing.
    if distance > 0.0 and risk / (distance * 100.0) < 1e15:
        quantity = min(quantity, math.floor(risk / (distance * 100.0)))
    quantity = min(quantity, int(sim.book.most[sim.book.whole[slot, k.SYMBOL]]))
    return within_cash(sim, row, price, quantity)


def affordable(sim: Sim, row: int, price: float, budget: float) -> int:
    """Return floor((budget - fee) / (price x (1 + proportional charges))), budget in paise."""
    cost = price * 100.0 * (1.0 + float(sim.charges.proportion[row]))
    return math.floor((budget - float(sim.charges.fee[row])) / cost)


def within_cash(sim: Sim, row: int, price: float, quantity: int) -> int:
    """Return the quantity less the shares that the rounding of charges made unaffordable."""
    cash = sim.out.counts[k.CASH]
    while quantity > 0:
        value = paise(price, quantity)
        if value + fill_charges(sim.charges.rates, row, BUYING, value) <= cash:
            break
        quantity -= 1
    return quantity


def pay(sim: Sim, slot: int, row: int, quantity: int, level: float, price: float) -> None:
    """Move the money of a purchase."""
    whole = sim.book.whole
    value = paise(price, quantity)
    fees = fill_charges(sim.charges.rates, row, BUYING, value)
    whole[slot, k.QUANTITY] += quantity
    whole[slot, k.INVESTED] += value
    whole[slot, k.CHARGES] += fees
    whole[slot, k.SLIPPAGE] += value - paise(level, quantity)
    sim.out.counts[k.CASH] -= value + fees
    sim.out.counts[k.TRADED] += value
    note_purchase(sim, row, whole[slot, k.SYMBOL], quantity, value)
    trade_volume(sim, row, whole[slot, k.SYMBOL], quantity)


def note_purchase(sim: Sim, row: int, symbol: int, quantity: int, value: int) -> None:
    """Remember what was bought today: as far as it is sold today, it is not delivered."""
    book = sim.book
    if book.bought_on[symbol] != row:
        book.bought_on[symbol] = row
        book.bought[symbol] = 0
        book.bought_paise[symbol] = 0
    book.bought[symbol] += quantity
    book.bought_paise[symbol] += value


def add(sim: Sim, slot: int, row: int, level: float) -> None:
    """Buy more of a held symbol, as far as the cash goes; levels follow the new average price."""
    num = sim.book.num
    whole = sim.book.whole
    symbol = whole[slot, k.SYMBOL]
    if purchase_refusal(sim, row, symbol) > 0:
        return
    price = level * (1.0 + sim.rules.slippage)
    planned = math.floor(whole[slot, k.INITIAL_QUANTITY] * sim.rules.addon_pct / 100.0)
    if whole[slot, k.HALVED] == 1:
        planned = planned // 2
    quantity = min(int(planned), affordable(sim, row, price, float(sim.out.counts[k.CASH])))
    quantity = within_cash(sim, row, price, quantity)
    if quantity < 1:
        return
    wanted = quantity
    quantity = taken(sim, row, symbol, wanted)
    if quantity < 1:
        return
    if quantity < wanted:
        sim.out.counts[k.CUT] += 1
    whole[slot, k.WANTED] += wanted
    held = whole[slot, k.QUANTITY]
    num[slot, k.AVG] = (num[slot, k.AVG] * held + price * quantity) / (held + quantity)
    num[slot, k.LAST_BUY] = price
    whole[slot, k.BARS_AT_BUY] = whole[slot, k.BARS]
    whole[slot, k.ADDONS] += 1
    pay(sim, slot, row, quantity, level, price)
    set_levels(sim, slot)


# --- selling --------------------------------------------------------------------------------------


def sell(
    sim: Sim, slot: int, row: int, level: float, quantity: int, reason: int, rule: int
) -> None:
    """Sell `quantity` at level less slippage, as far as the candle takes it; the rest is left for
    the next candles."""
    whole = sim.book.whole
    now = quantity
    if reason != DELISTED:
        now = sellable(sim, row, whole[slot, k.SYMBOL], quantity)
    whole[slot, k.LEFT_TRADE] = -1
    leave(sim, slot, quantity - now, reason, rule)
    if now < quantity:
        sim.out.counts[k.DELAYED] += 1
    if now > 0:
        sell_now(sim, slot, row, level, now, reason, rule)


def leave(sim: Sim, slot: int, quantity: int, reason: int, rule: int) -> None:
    """Note how much of an exit is still to be sold."""
    whole = sim.book.whole
    whole[slot, k.LEFT] = quantity
    whole[slot, k.LEFT_REASON] = reason
    whole[slot, k.LEFT_RULE] = rule


def sell_left(sim: Sim, slot: int, row: int, level: float) -> None:
    """Sell what an earlier exit left, as far as the candle takes it."""
    whole = sim.book.whole
    now = 0
    if whole[slot, k.LEFT] > 0:
        now = sellable(sim, row, whole[slot, k.SYMBOL], whole[slot, k.LEFT])
    if now > 0:
        whole[slot, k.LEFT] -= now
        reason = whole[slot, k.LEFT_REASON]
        sell_now(sim, slot, row, level, now, reason, whole[slot, k.LEFT_RULE])


def sell_now(
    sim: Sim, slot: int, row: int, level: float, quantity: int, reason: int, rule: int
) -> None:
    """Sell `quantity` at level less slippage and write the trade down."""
    whole = sim.book.whole
    price = level * (1.0 - sim.rules.slippage)
    value = paise(price, quantity)
    fees = fill_charges(sim.charges.rates, row, SELLING, value)
    fees += settlement_charges(sim, slot, row, price, quantity)
    slippage = paise(level, quantity) - value
    record(sim, slot, row, price, quantity, value, fees, slippage, reason, rule)
    sim.out.counts[k.CASH] += value - fees
    sim.out.counts[k.TRADED] += value
    trade_volume(sim, row, whole[slot, k.SYMBOL], quantity)
    if whole[slot, k.QUANTITY] == 0:
        close_position(sim, slot, row)


def settlement_charges(sim: Sim, slot: int, row: int, price: float, quantity: int) -> int:
    """Return what a sale costs beside its own charges: the difference to intraday ones for shares
    bought today, and the depository's for the first others of a day."""
    whole = sim.book.whole
    book = sim.book
    rates = sim.charges.rates
    symbol = whole[slot, k.SYMBOL]
    both = 0
    fees = 0
    if book.bought_on[symbol] == row:
        both = min(quantity, int(book.bought[symbol]))
    if both > 0:
        paid = share(book.bought_paise[symbol], both, book.bought[symbol])
        book.bought[symbol] -= both
        book.bought_paise[symbol] -= paid
        sold = paise(price, both)
        fees += day_trade_difference(rates, sim.charges.intraday, row, paid, sold)
    if both < quantity and whole[slot, k.DEMAT_ROW] != row:
        fees += demat_charge(rates, row, paise(price, quantity - both))
        whole[slot, k.DEMAT_ROW] = row
    return fees


def close_position(sim: Sim, slot: int, row: int) -> None:
    """Free the slot, keeping the others in the order of their entry."""
    symbol = sim.book.whole[slot, k.SYMBOL]
    order = sim.book.order
    last = sim.out.counts[k.OPEN] - 1
    place = 0
    while order[place] != slot:
        place += 1
    for i in range(place, last):
        order[i] = order[i + 1]
    order[last] = slot
    sim.out.counts[k.OPEN] = last
    sim.book.slot_of[symbol] = -1
    sim.book.exit_row[symbol] = row
    if sim.market.sector[symbol] >= 0:
        sim.book.in_sector[sim.market.sector[symbol]] -= 1
