"""Kite's list of instruments, its quotes and its candles: the ports of `marketdata`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tradertape_brokers.errors import Refused
from tradertape_brokers.kite.market_mapping import candle_of, instruments_of, tick_of
from tradertape_brokers.kite.orders_mapping import IST
from tradertape_brokers.kite.reading import reading, rows_of
from tradertape_brokers.kite.rest import Rest
from tradertape_brokers.limiter import Kind
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick

MOST_QUOTES: Final = 500  # of a request. Source: kite.trade/docs/connect/v3/market-quotes
# Days of a request. Source: kite.trade/forum, "Historical data: limits per request", 2020.
CANDLE_DAYS: Final[Mapping[Interval, int]] = {
    Interval.MINUTE: 60,
    Interval.MINUTE_3: 100,
    Interval.MINUTE_5: 100,
    Interval.MINUTE_10: 100,
    Interval.MINUTE_15: 200,
    Interval.MINUTE_30: 200,
    Interval.MINUTE_60: 400,
    Interval.DAY: 2000,
}
_LIST_PATIENCE_S: Final = 60.0
_SECOND: Final = timedelta(seconds=1)


class KiteInstruments:
    """Reads the list of what can be traded."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def download(self) -> Sequence[Instrument]:
        """Read today's whole list. Raises BrokerError."""
        answer = self._rest.read(lambda kite: kite.instruments(), patience_s=_LIST_PATIENCE_S)
        with reading("list of instruments"):
            return instruments_of(rows_of(answer))


class KiteQuotes:
    """Prices on request."""

    def __init__(self, rest: Rest, clock: Clock) -> None:
        self._rest = rest
        self._clock = clock

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[str, Tick]:
        """Read quotes with depth, by instrument id. Raises BrokerError."""
        found: dict[str, Tick] = {}
        for first in range(0, len(instruments), MOST_QUOTES):
            found |= self._batch(instruments[first : first + MOST_QUOTES])
        return found

    def candles(
        self, instrument: Instrument, interval: Interval, start: datetime, end: datetime,
    ) -> Sequence[Candle]:  # fmt: skip
        """Read candles that begin within [start, end], oldest first. Raises BrokerError."""
        if start.tzinfo is None or end.tzinfo is None or start > end:
            raise Refused("start must not be after end, and both need a time zone")
        now = self._clock.now()
        found: dict[datetime, Candle] = {}
        for since, until in _parts(start, end, timedelta(days=CANDLE_DAYS[interval])):
            rows = self._rows(instrument.instrument_token, interval, since, until)
            with reading("candles"):
                read = [candle_of(row, interval, now) for row in rows_of(rows)]
            found |= {one.start: one for one in read if start <= one.start <= end}
        return [found[at] for at in sorted(found)]

    def _batch(self, instruments: Sequence[Instrument]) -> dict[str, Tick]:
        names = [one.id for one in instruments]
        answer = self._rest.read(lambda kite: kite.quote(*names), Kind.QUOTES)
        now = self._clock.now()
        with reading("quotes"):
            ticks = [tick_of(answer[one.id], one, now) for one in instruments if one.id in answer]
        return {tick.instrument_id: tick for tick in ticks if tick is not None}

    def _rows(self, token: int, interval: Interval, since: datetime, until: datetime) -> Any:
        begin, end = since.astimezone(IST), until.astimezone(IST)
        return self._rest.read(
            lambda kite: kite.historical_data(token, begin, end, interval.value, oi=True),
            Kind.HISTORY,
        )


def _parts(start: datetime, end: datetime, most: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """[start, end] in pieces that are no longer than `most`; Kite counts whole seconds."""
    while start <= end:
        until = min(start + most, end)
        yield start, until
        start = until + _SECOND
