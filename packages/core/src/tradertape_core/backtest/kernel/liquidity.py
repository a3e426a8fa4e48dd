"""What a candle can take: its volume, the day's allowance, circuit limits; section 6 of
docs/fills.md."""

from __future__ import annotations

import math

from tradertape_core.backtest.config import SkipReason
from tradertape_core.backtest.kernel.shapes import Sim

NO_VOLUME = int(SkipReason.NO_VOLUME)
CIRCUIT = int(SkipReason.CIRCUIT)
UPPER = True
LOWER = False
MEDIAN_CANDLES = 20
BAND_TOLERANCE = 0.3  # percentage points: bands are rounded to the tick


def purchase_refusal(sim: Sim, row: int, symbol: int) -> int:
    """Why nothing of a symbol is sold to anybody on a day (SkipReason), 0 if something is."""
    if is_limited(sim, row, symbol) and not sim.market.volume[row, symbol] > 0.0:
        return NO_VOLUME
    if sim.rules.circuit_limits and is_locked(sim, row, symbol, UPPER):
        return CIRCUIT
    return 0


def sellable(sim: Sim, row: int, symbol: int, wanted: int) -> int:
    """How many of the shares wanted can still be sold on a day."""
    if sim.rules.circuit_limits and is_locked(sim, row, symbol, LOWER):
        return 0
    return taken(sim, row, symbol, wanted)


def is_limited(sim: Sim, row: int, symbol: int) -> bool:
    """Whether the volume limits what is traded: from its first known value on."""
    return sim.rules.participation_pct > 0.0 and row >= sim.market.first_volume[symbol]


def taken(sim: Sim, row: int, symbol: int, wanted: int) -> int:
    """How many of the shares wanted the day's volume still takes."""
    if not is_limited(sim, row, symbol):
        return wanted
    traded = sim.book.traded[symbol] if sim.book.traded_on[symbol] == row else 0
    # Nearly every order is small against the volume, and that is seen without a median.
    if is_plenty(sim, row, symbol, wanted + traded):
        return wanted
    return max(0, min(wanted, allowance(sim, row, symbol) - traded))


def trade_volume(sim: Sim, row: int, symbol: int, quantity: int) -> None:
    """Count what was bought or sold against the day's allowance."""
    book = sim.book
    if book.traded_on[symbol] != row:
        book.traded_on[symbol] = row
        book.traded[symbol] = 0
    book.traded[symbol] += quantity


def is_plenty(sim: Sim, row: int, symbol: int, needed: int) -> bool:
    """Whether the day's allowance surely is `needed` shares: more than half of the volumes are."""
    least = needed * 100.0 / sim.rules.participation_pct * (1.0 + 1e-9)
    return sim.market.volume[row, symbol] >= least and median_reaches(sim, row, symbol, least)


def median_reaches(sim: Sim, row: int, symbol: int, least: float) -> bool:
    """Whether the median volume surely is that large: most of the last volumes are.

    Of the last rows, which hold no more candles than the median is of.
    """
    large = 0
    for earlier in range(max(0, row - MEDIAN_CANDLES), row):
        if sim.market.volume[earlier, symbol] >= least:
            large += 1
    return 2 * large > MEDIAN_CANDLES


def allowance(sim: Sim, row: int, symbol: int) -> int:
    """How many shares of a symbol may be traded on a day."""
    volume = sim.market.volume[row, symbol]
    if not volume > 0.0:
        return 0
    base = volume
    if not median_reaches(sim, row, symbol, volume):
        base = min(volume, median_volume(sim, row, symbol, volume))
    return math.floor(base * sim.rules.participation_pct / 100.0)


def median_volume(sim: Sim, row: int, symbol: int, otherwise: float) -> float:
    """The median volume of the last candles before a day; `otherwise` without any."""
    stack = sim.book.stack
    count = 0
    earlier = row - 1
    while earlier >= 0 and count < MEDIAN_CANDLES:
        if sim.market.close[earlier, symbol] == sim.market.close[earlier, symbol]:
            volume = sim.market.volume[earlier, symbol]
            volume = volume if volume > 0.0 else 0.0
            place = count
            while place > 0 and stack[place - 1] > volume:
                stack[place] = stack[place - 1]
                place -= 1
            stack[place] = volume
            count += 1
        earlier -= 1
    if count == 0:
        return otherwise
    half = count // 2
    if count % 2 == 1:
        return stack[half]
    return (stack[half - 1] + stack[half]) / 2.0


def is_locked(sim: Sim, row: int, symbol: int, upper: bool) -> bool:
    """Whether the whole candle stood at the upper, or the lower, circuit limit."""
    market = sim.market
    band = market.band[row, symbol] if market.has_bands else math.nan
    nearest = market.low[row, symbol] if upper else market.high[row, symbol]
    # Seen before anything else is read: of nearly every candle the range alone tells.
    if band != band and nearest != (market.high[row, symbol] if upper else market.low[row, symbol]):
        return False
    before = close_before(sim, row, symbol)
    if before != before:
        return False
    change = (nearest / before - 1.0) * 100.0
    away = change if upper else -change
    if band == band:
        return band > 0.0 and away >= band - BAND_TOLERANCE
    return is_near(away, 5.0) or is_near(away, 10.0) or is_near(away, 20.0)


def is_near(change: float, band: float) -> bool:
    """Whether a change is that of a price band, both in percent."""
    return abs(change - band) <= BAND_TOLERANCE


def close_before(sim: Sim, row: int, symbol: int) -> float:
    """The close of the symbol's last candle before a day; NaN without any."""
    for earlier in range(row - 1, -1, -1):
        close = sim.market.close[earlier, symbol]
        if close == close:
            return close
    return math.nan
