"""Historical candles with their origin: daily ones of the data set, intraday ones of the source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isfinite

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import segment_of
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.world.quoting import rupees_of
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.market.service import MarketService

# The longest range of one request in days, as Kite limits it.
LONGEST_DAYS = {
    Interval.MINUTE: 60,
    Interval.MINUTE_3: 100,
    Interval.MINUTE_5: 100,
    Interval.MINUTE_10: 100,
    Interval.MINUTE_15: 200,
    Interval.MINUTE_30: 200,
    Interval.MINUTE_60: 400,
    Interval.DAY: 2_000,
}
_DEFAULT_DAYS = {Interval.DAY: 366}


@dataclass(frozen=True, slots=True)
class History:
    """Candles, oldest first, and their origin. ingestion: status and number of candles found."""

    candles: list[Candle]
    source: str
    start: datetime
    end: datetime
    ingestion: dict[str, object]


class CandleHistory:
    """Reads historical candles of an instrument."""

    def __init__(self, market: MarketService, feed: Feed, *, is_real: bool = False) -> None:
        self._market = market
        self._is_real = is_real  # daily candles come from brokers: data sets may be simulated
        self._feed = feed

    def read(
        self, instrument: Instrument, interval: Interval, start: datetime | None,
        end: datetime | None,
    ) -> History:  # fmt: skip
        """Candles that begin from `start` to `end`; without a start, a default number of days.

        Raises InvalidInput when the range is empty or longer than the limit of one request.
        """
        now = self._feed.now
        if start is not None and end is not None and start > end:
            raise InvalidInput("to must not be before from", pointer="/to")
        if start is not None and start > now:
            raise InvalidInput("from must not lie in the future", pointer="/from")
        end = min(end or now, now)  # a replay has future data, which must not be shown
        start = start or end - timedelta(days=_DEFAULT_DAYS.get(interval, 5))
        longest = LONGEST_DAYS[interval]
        if end - start > timedelta(days=longest):
            raise InvalidInput(
                f"one request may cover at most {longest} days with {interval.value} candles",
                pointer="/from",
            )
        days = [moment.astimezone(IST).date() for moment in (start, end)]
        if interval is Interval.DAY:
            days[1] = self._last_whole_day(days[1])
            found = self._daily(instrument, days[0], days[1])
            source = self._feed.source.name if self._is_real else "db"
        else:
            found, source = self._intraday(instrument, interval, *days), self._feed.source.name
        first = start if interval is not Interval.DAY else start - timedelta(days=1)
        kept = [candle for candle in found if first < candle.start <= end or candle.start == start]
        status = "complete" if kept else "no_data"
        return History(kept, source, start, end, {"status": status, "candles": len(kept)})

    def _last_whole_day(self, day: date) -> date:
        """The day, or the one before it while its session is in progress."""
        hours = self._feed.hours()
        return day - timedelta(days=1) if hours is not None and hours.day == day else day

    def close_on(self, instrument: Instrument, day: date) -> Decimal | None:
        """The closing price of a day in the data set, None if it has none."""
        found = self._daily(instrument, day, day)
        return found[-1].close if found else None

    def _daily(self, instrument: Instrument, start: date, end: date) -> list[Candle]:
        if self._is_real:
            return self._feed.source.past_candles(instrument, Interval.DAY, start, end)
        if instrument.is_derivative:
            return []
        try:
            series = self._market.candles(instrument.tradingsymbol, start, end)
        except InvalidInput:  # the data set does not have it, such as some indices
            return []
        made: list[Candle] = []
        volumes = series.volume
        for i, day in enumerate(series.dates.tolist()):
            prices = [float(f[i]) for f in (series.open, series.high, series.low, series.close)]
            if not all(map(isfinite, prices)):
                continue
            volume = 0.0 if volumes is None or not isfinite(volumes[i]) else float(volumes[i])
            midnight = datetime.combine(day, datetime.min.time(), tzinfo=IST)
            opening, high, low, close = (rupees_of(round(p * 100)) for p in prices)
            made.append(Candle(midnight, opening, high, low, close, int(volume)))
        return made

    def _intraday(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        hours, now = self._feed.hours(segment_of(instrument)), self._feed.now
        today = hours.day if hours is not None and not hours.is_demo else None
        try:
            past = self._feed.source.past_candles(instrument, interval, start, end)
        except InvalidInput:
            past = []
        if today is None or not start <= today <= end:
            return past
        session = self._feed.candle_cache.session(instrument, interval, now)
        began = session[0].start if session else now
        return [*(candle for candle in past if candle.start < began), *session]
