"""The simulated market, live: the seeded world carried on second by second.

Outside the exchange's hours it continues in demo sessions, which start at the last close and return
to it, so that the next open follows from the world alone. Everything is a function of the seed, the
session and the second: which other names are read, and since when, changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.candle import Candle, Interval, bucket_at
from tradertape_core.market.hours import TradingHours
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.tick import Depth, Tick
from tradertape_core.market.world.day import MarketDay
from tradertape_core.market.world.intraday import (
    Paise,
    Path,
    Share,
    Tape,
    Whole,
    demo_shares,
    index_path,
)
from tradertape_core.market.world.quoting import Book, book_at, depth_of, rupees_of

STEPS_A_SECOND = 10
_BAND = 20  # percent of the previous close, the widest fixed one; it flexes where a day goes beyond
_INDEX_VOLATILITY = 0.01  # a day
_CAP_WITH_NARROW_SPREAD = 5e12  # rupees


@dataclass(frozen=True, slots=True)
class _FullBook:
    best: Book
    depth: Depth | None
    lower: int
    upper: int


class LiveMarket:
    """One session. Paths are drawn when a name is first read, and kept."""

    def __init__(self, day: MarketDay, hours: TradingHours) -> None:
        self.day = day
        self.hours = hours
        self._shares = (
            demo_shares(day.seed, hours, day.shares, day.volatility) if hours.is_demo
            else day.shares
        )  # fmt: skip
        self._tape = Tape(day.seed, hours)
        self._paths: dict[str, Path] = {}
        self._late_walks: dict[str, NDArray[np.float64]] = {}

    def knows(self, name: str) -> bool:
        """Whether a share or an index moves in this session."""
        return name in self._shares or name in self.day.indices

    def path(self, name: str) -> Path:
        """The whole session of a share or an index; KeyError where it does not move."""
        found = self._paths.get(name)
        if found is None:
            found = self._paths[name] = self._draw(name)
        return found

    def previous_close(self, name: str) -> float:
        """The close before this session; rupees or index points."""
        if name in self._shares:
            return self._shares[name].previous
        index = self.day.indices[name]
        return index.close if self.hours.is_demo else index.previous

    def spot(self, name: str, moment: datetime) -> float:
        """The price of a share or an index at a moment of the session."""
        second = max(0, self.hours.second_of(moment))
        return int(self.path(name).price[second]) / 100

    def implied(self, name: str, moment: datetime) -> float:
        """The price futures and options go by: the spot, and after the close a walk from it."""
        spot = self.spot(name, moment)
        if moment < self.hours.end:
            return spot
        late = int((moment - self.hours.end).total_seconds())
        walk = self._late_walks.get(name)
        if walk is None:
            a_second = self.day.volatility.get(name, _INDEX_VOLATILITY) / self.hours.seconds**0.5
            walk = self._late_walks[name] = self._tape.late_walk(name, a_second)
        return spot * float(np.exp(walk[min(late, len(walk) - 1)]))

    def tick(
        self, instrument: Instrument, moment: datetime, *, seq: int = 0, with_depth: bool = True
    ) -> Tick | None:
        """The market of a share or an index at a moment; None before the session starts."""
        second = self.hours.second_of(moment)
        name = instrument.tradingsymbol
        if second < 0 or not self.knows(name):
            return None
        path, previous = self.path(name), self.previous_close(name)
        if instrument.instrument_type is InstrumentType.INDEX:
            return _index_tick(instrument, path, previous, moment, second, seq)
        book = self._book(instrument, path, moment, second, with_depth=with_depth)
        volume = int(path.volume[second])
        before = int(path.volume[second - 1]) if second else 0
        average = f"{path.turnover[second] / volume:.2f}" if volume else None
        return Tick(
            instrument_token=instrument.instrument_token,
            instrument_id=instrument.id,
            last_price=rupees_of(int(path.price[second])),
            at=moment,
            exchange_at=moment,
            seq=seq,
            last_quantity=volume - before,
            volume=volume,
            average_price=None if average is None else Decimal(average),
            open=rupees_of(int(path.price[0])),
            high=rupees_of(int(path.high[second])),
            low=rupees_of(int(path.low[second])),
            close=rupees_of(round(previous * 100)),
            bid=None if book.best.bid is None else rupees_of(book.best.bid),
            ask=None if book.best.ask is None else rupees_of(book.best.ask),
            bid_quantity=book.best.bid_quantity,
            ask_quantity=book.best.ask_quantity,
            lower_circuit=rupees_of(book.lower),
            upper_circuit=rupees_of(book.upper),
            depth=book.depth,
        )

    def candles(
        self, name: str, interval: Interval, *, until: datetime | None = None
    ) -> list[Candle]:
        """Candles of the session up to a moment, or of all of it; the last may be incomplete."""
        last = self.hours.seconds - 1 if until is None else self.hours.second_of(until)
        path = self.path(name)
        return candles_of(path.price[: last + 1], path.volume, interval, self.hours)

    def _draw(self, name: str) -> Path:
        if name in self._shares:
            return self._tape.path(name, self._shares[name], self.day.pulls[name])
        index = self.day.indices[name]
        members: Sequence[tuple[float, float, Path]] = [
            (self.day.outstanding[one], self._shares[one].previous, self.path(one))
            for one in index.members
            if one in self._shares
        ]
        base = index.close if self.hours.is_demo else index.previous
        return index_path(base, members, self.hours.seconds)

    def _book(
        self, instrument: Instrument, path: Path, moment: datetime, second: int, *,
        with_depth: bool,
    ) -> _FullBook:  # fmt: skip
        share = self._shares[instrument.tradingsymbol]
        lower, upper = limits_of(share, int(path.high[second]), int(path.low[second]))
        token = instrument.instrument_token
        step = second * STEPS_A_SECOND + moment.microsecond * STEPS_A_SECOND // 1_000_000
        cap = self.day.outstanding.get(instrument.tradingsymbol, 1e9) * share.previous
        best = book_at(
            int(path.price[second]),
            tick=share.tick_paise,
            token=token,
            moment=step,
            usual=max(1, int(share.volume / self.hours.seconds * 6)),
            spread_bps=1.5 + min(4.0, (_CAP_WITH_NARROW_SPREAD / max(cap, 1.0)) ** 0.5),
            lower=lower,
            upper=upper,
        )
        depth = None
        if with_depth:
            depth = depth_of(best, token=token, moment=step, lot=1, lower=lower, upper=upper)
        return _FullBook(best, depth, lower, upper)


def _index_tick(
    instrument: Instrument, path: Path, previous: float, moment: datetime, second: int, seq: int
) -> Tick:
    """An index is quoted and not traded: it has no book and no volume."""
    return Tick(
        instrument_token=instrument.instrument_token,
        instrument_id=instrument.id,
        last_price=rupees_of(int(path.price[second])),
        at=moment,
        exchange_at=moment,
        seq=seq,
        open=rupees_of(int(path.price[0])),
        high=rupees_of(int(path.high[second])),
        low=rupees_of(int(path.low[second])),
        close=rupees_of(round(previous * 100)),
    )


def limits_of(share: Share, high: int, low: int) -> tuple[int, int]:
    """The day's price limits in paise, on the tick, flexed by 5 % until the prices so far fit."""
    tick, previous = share.tick_paise, share.previous * 100
    percent = _BAND
    while True:
        lower = max(tick, -int(-previous * (100 - percent) / 100 // tick) * tick)
        upper = int(previous * (100 + percent) / 100 // tick) * tick
        if (lower <= low and high <= upper) or percent >= 95:
            return lower, upper
        percent += 5


def candles_of(
    price: Paise, volume: Whole, interval: Interval, hours: TradingHours, *,
    interest: Whole | None = None,
) -> list[Candle]:  # fmt: skip
    """Candles of a session by the second, as far as there are prices; the last may be incomplete.

    volume: so far, at least as long as `price`. interest: units open at each second.
    """
    made, first = list[Candle](), 0
    while first < len(price):
        bucket = bucket_at(interval, _moment_of(hours, first), hours)
        if bucket is None:
            break
        end = hours.seconds if bucket.end >= hours.end else hours.second_of(bucket.end)
        stop = min(end, len(price))
        one = _candle(price, volume, first, stop, bucket.label, is_complete=end == stop)
        made.append(one if interest is None else replace(one, oi=int(interest[stop - 1])))
        first = end
    return made


def _moment_of(hours: TradingHours, second: int) -> datetime:
    """The moment at which a second of trading begins."""
    for start, end in hours.windows:
        length = int((end - start).total_seconds())
        if second < length:
            return start + second * (end - start) / length
        second -= length
    return hours.end


def _candle(
    price: Paise, volume: Whole, first: int, end: int, label: datetime, *, is_complete: bool
) -> Candle:
    part = price[first:end]
    before = int(volume[first - 1]) if first else 0
    return Candle(
        label,
        rupees_of(int(part[0])),
        rupees_of(int(np.max(part))),
        rupees_of(int(np.min(part))),
        rupees_of(int(part[-1])),
        int(volume[end - 1]) - before,
        is_complete=is_complete,
    )
