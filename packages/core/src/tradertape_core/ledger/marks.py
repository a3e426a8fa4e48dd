"""Which ticks may value a position or fire a protection: fresh and plausible ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tradertape_core.market.tick import Tick

FRESH_FOR = timedelta(seconds=5)  # of a tick that may fire a protection
STALE_AFTER = timedelta(seconds=30)  # of a tick that values a position

# A share or future that is five times, or a fifth of, yesterday's close is a broken packet or a
# split that was not announced: neither is a price to act on. Options do move like that.
_FREAK = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """A price to value at, rupees; `price` None where there is none that can be trusted."""

    price: Decimal | None
    at: datetime | None
    is_stale: bool


NO_MARK = Mark(None, None, is_stale=True)


def mark_of(
    ticks: Mapping[str, Tick], instrument: str, now: datetime, *, within: timedelta = STALE_AFTER
) -> Mark:
    """Return the mark of an instrument (`NSE:INFY`); stale if older than `within` or implausible.

    A time in the future counts as an equal age: the clock was set back since.
    """
    tick = ticks.get(instrument)
    if tick is None or not is_plausible(tick):
        return NO_MARK
    return Mark(tick.last_price, tick.at, is_stale=abs(now - tick.at) > within)


def is_plausible(tick: Tick) -> bool:
    """Whether the last price is one: finite, above 0, within the day's limits, near yesterday."""
    price = tick.last_price
    if not price.is_finite() or price <= 0:
        return False
    if tick.lower_circuit is not None and price < tick.lower_circuit:
        return False
    if tick.upper_circuit is not None and price > tick.upper_circuit:
        return False
    if tick.close is None or tick.close <= 0 or is_option(tick.instrument_id):
        return True
    return tick.close < price * _FREAK and price < tick.close * _FREAK


def is_option(instrument: str) -> bool:
    """Whether an id names an option: `NFO:NIFTY26JUN24000CE`."""
    exchange, _, symbol = instrument.partition(":")
    return exchange in ("NFO", "BFO") and symbol.endswith(("CE", "PE"))
