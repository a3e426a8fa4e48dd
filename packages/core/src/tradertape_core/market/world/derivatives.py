"""Ticks of futures and options around fair prices, which a pricer derives from the spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.tick import Tick
from tradertape_core.market.world.quoting import book_at, depth_of, rupees_of, scatter

_TURNOVER = 3  # times a day the open contracts change hands
_SPREAD_BPS = {InstrumentType.FUT: 2.0, InstrumentType.CE: 40.0, InstrumentType.PE: 40.0}


class DerivativePricer(Protocol):
    """What the live market asks for the price of a contract."""

    def prices(
        self, instruments: Sequence[Instrument], *, spot: float, volatility: float, at: datetime
    ) -> NDArray[np.float64]:
        """Fair prices in rupees, (n,), of contracts on one underlying; NaN where it has none.

        spot: of the underlying. volatility: yearly, expected by the market (its volatility index).
        """
        ...

    def path(
        self, instrument: Instrument, *, spot: NDArray[np.float64],
        volatility: NDArray[np.float64], years: NDArray[np.float64],
    ) -> NDArray[np.float64]:  # fmt: skip
        """Fair prices of one contract along a path of its underlying, all (n,)."""
        ...

    def interest(
        self, instruments: Sequence[Instrument], *, spot: float, volatility: float, at: datetime
    ) -> NDArray[np.int64]:
        """Units open at the start of the session, (n,): whole lots, 0 where unknown."""
        ...


@dataclass(frozen=True, slots=True)
class Running:
    """A contract's session so far, paise: close before it, open, extremes and last price.

    interest: units that were open at its start; 0 where unknown.
    """

    previous: int
    open: int
    high: int
    low: int
    last: int
    interest: int = 0

    def moved_to(self, price: int) -> Running:
        """The session after one more price."""
        high, low = max(self.high, price), min(self.low, price)
        return Running(self.previous, self.open, high, low, price, self.interest)


def on_tick(fair: float, tick_paise: int) -> int:
    """A fair price as one that can trade: paise, on the tick, at least one tick."""
    return max(1, round(fair * 100 / tick_paise)) * tick_paise


def ticks_of(fair: NDArray[np.float64], tick_paise: int) -> NDArray[np.int32]:
    """The same of many prices."""
    return np.maximum(1, np.rint(fair * 100 / tick_paise)).astype(np.int32) * np.int32(tick_paise)


def derivative_tick(
    instrument: Instrument, running: Running, moment: datetime, *, through: float, step: int,
    seq: int = 0, with_depth: bool = True,
) -> Tick:  # fmt: skip
    """The market of a contract at its running price.

    through: part of the session that is over, 0 to 1. step: any counter of the moment.
    """
    token, lot = instrument.instrument_token, instrument.lot_size
    lots_a_day = lots_traded(instrument, running.interest)
    book = book_at(
        running.last,
        tick=round(instrument.tick_size * 100),
        token=token,
        moment=step,
        usual=lot * max(1, lots_a_day // 400),
        spread_bps=_SPREAD_BPS[instrument.instrument_type],
        lot=lot,
    )
    return Tick(
        instrument_token=token,
        instrument_id=instrument.id,
        last_price=rupees_of(running.last),
        at=moment,
        exchange_at=moment,
        seq=seq,
        last_quantity=lot,
        volume=int(lots_a_day * through) * lot,
        average_price=rupees_of((running.open + running.last) // 2),
        open=rupees_of(running.open),
        high=rupees_of(running.high),
        low=rupees_of(running.low),
        close=rupees_of(running.previous),
        bid=None if book.bid is None else rupees_of(book.bid),
        ask=None if book.ask is None else rupees_of(book.ask),
        bid_quantity=book.bid_quantity,
        ask_quantity=book.ask_quantity,
        oi=int(interest_at(instrument, running.interest, np.array(through))),
        depth=depth_of(book, token=token, moment=step, lot=lot) if with_depth else None,
    )


def lots_traded(instrument: Instrument, interest: int) -> int:
    """How many lots of a contract change hands in a session. interest: units open at its start."""
    return max(1, _open_lots(instrument, interest) * _TURNOVER)


def interest_at(
    instrument: Instrument, interest: int, through: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Units open when so much of a session is over, 0 to 1. interest: units open at its start."""
    open_lots = _open_lots(instrument, interest)
    return (open_lots + (open_lots * through / 16).astype(np.int64)) * instrument.lot_size


def _open_lots(instrument: Instrument, interest: int) -> int:
    return interest // instrument.lot_size or 2 ** (10 + scatter(instrument.instrument_token) % 10)
