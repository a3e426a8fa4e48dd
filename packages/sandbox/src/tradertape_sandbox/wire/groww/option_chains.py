"""Option chains and Greeks: core's chain of one expiry in Groww's words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.options.chain import CALL, OPTION_TYPES, PUT, Chain, ChainQuotes, build_chain
from tradertape_core.options.expiry import years_left
from tradertape_sandbox.wire.groww.names import plain, trading_symbol

TickOf = Callable[[str], Tick | None]


@dataclass(frozen=True, slots=True)
class OptionBoard:
    """The options of one underlying and expiry, their ticks, and the chain these imply."""

    strikes: tuple[Decimal, ...]
    options: dict[tuple[Decimal, str], Instrument]
    ticks: dict[str, Tick]
    spot: Decimal
    chain: Chain

    def greeks(self, option: Instrument) -> dict[str, float]:
        """Greeks of an option, `iv` in percent; 0 where its price implies none."""
        row = self.strikes.index(option.strike or Decimal(0))
        column = CALL if option.option_type == "CE" else PUT
        greeks = self.chain.greeks
        found = {
            name: float(getattr(greeks, name)[row, column])
            for name in ("delta", "gamma", "theta", "vega", "rho")
        }
        found["iv"] = self.volatility(row, column) * 100
        return {name: round(value, 6) if math.isfinite(value) else 0.0 for name, value in (
            found.items()
        )}  # fmt: skip

    def volatility(self, row: int, column: int) -> float:
        """The option's own implied volatility, else that of its twin of the same strike."""
        own, twin = self.chain.volatility[row, column], self.chain.volatility[row, 1 - column]
        return float(own if math.isfinite(own) else twin)

    def reply(self) -> dict[str, object]:
        """The chain by strike."""
        return {
            "underlying_ltp": float(self.spot),
            "strikes": {
                plain(strike): {
                    kind: self._side(self.options[strike, kind])
                    for kind in OPTION_TYPES
                    if (strike, kind) in self.options
                }
                for strike in self.strikes
            },
        }

    def _side(self, option: Instrument) -> dict[str, object]:
        tick = self.ticks.get(option.id)
        return {
            "greeks": self.greeks(option),
            "trading_symbol": trading_symbol(option),
            "ltp": float(tick.last_price) if tick else 0.0,
            "open_interest": tick.oi if tick else 0,
            "volume": tick.volume if tick else 0,
        }


def option_board(
    options: Sequence[Instrument], *, spot: Decimal, tick_of: TickOf, now: datetime
) -> OptionBoard:
    """Build the board of options of one underlying and one expiry; there is at least one."""
    by_place = {(one.strike or Decimal(0), one.option_type or ""): one for one in options}
    ticks = {one.id: tick for one in options if (tick := tick_of(one.id)) is not None}
    strikes = tuple(sorted({strike for strike, _ in by_place}))
    shape = (len(strikes), 2)
    last, bid, ask = (np.full(shape, np.nan) for _ in range(3))
    volume, interest = (np.zeros(shape, dtype=np.int64) for _ in range(2))
    for row, strike in enumerate(strikes):
        for column, kind in enumerate(OPTION_TYPES):
            option = by_place.get((strike, kind))
            tick = ticks.get(option.id) if option else None
            if tick is None:
                continue
            last[row, column] = float(tick.last_price)
            bid[row, column] = float(tick.bid) if tick.bid else np.nan
            ask[row, column] = float(tick.ask) if tick.ask else np.nan
            volume[row, column], interest[row, column] = tick.volume, tick.oi
    quotes = ChainQuotes(
        spot=float(spot),
        strikes=np.array([float(strike) for strike in strikes]),
        last=last,
        bid=bid,
        ask=ask,
        volume=volume,
        oi=interest,
    )
    expiry = options[0].expiry
    years = years_left(expiry, now) if expiry else 0.0
    return OptionBoard(strikes, by_place, ticks, spot, build_chain(quotes, years=years))
