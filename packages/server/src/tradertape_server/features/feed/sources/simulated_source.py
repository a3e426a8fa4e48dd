"""The simulated market as a tick source: continues the seeded world second by second."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache, partial
from itertools import groupby

import numpy as np

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import (
    TradingHours,
    hours_at,
    last_session_hours,
    segment_of,
    session_hours,
    trading_phase,
)
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PRE_OPEN, PRE_OPEN_OVER, Phase, Segment
from tradertape_core.market.tick import Tick
from tradertape_core.market.ticks import tick_paise
from tradertape_core.market.world.day import MarketDay
from tradertape_core.market.world.derivatives import (
    DerivativePricer,
    Running,
    derivative_tick,
    on_tick,
)
from tradertape_core.market.world.intraday import Pull, Share
from tradertape_core.market.world.live import STEPS_A_SECOND, LiveMarket
from tradertape_core.options.contract_path import (
    contract_candles,
    expected_volatility,
)
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.market.live_world import LiveWorld
from tradertape_server.features.market.service import CandleSeries, MarketService

_STEP_US = 1_000_000 // STEPS_A_SECOND
_INDEX_PULL = Pull(1.0, "", 0.0, 0.0)


class SimulatedSource:
    """Runs during the exchange's hours and, with `any_hour`, in demo sessions outside them.

    Without a pricer, futures and options have no prices.
    """

    name = "simulated"
    is_simulated = True

    def __init__(
        self, world: LiveWorld, market: MarketService, instruments: InstrumentService,
        calendar: Calendar, *, any_hour: bool = True, pricer: DerivativePricer | None = None,
    ) -> None:  # fmt: skip
        self._world = world
        self._history = market
        self._instruments = instruments
        self._calendar = calendar
        self._any_hour = any_hour
        # All orders of a batch read the hours of the same moment.
        self._any_hours = lru_cache(maxsize=4)(partial(hours_at, calendar, any_hour=True))
        self.pricer = pricer
        self._lock = threading.Lock()
        self._live: LiveMarket | None = None
        self._running: dict[int, Running] = {}
        self._sent: dict[int, datetime] = {}
        self._seq = 0

    def market_time(self, now: datetime) -> datetime:
        """The clock's time: the simulation runs in real time."""
        return now

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The session at a moment; with `any_hour` it is the same for all segments."""
        if self._any_hour:
            return self._any_hours(moment)
        return hours_at(self._calendar, moment, segment)

    def phase(self, moment: datetime, segment: Segment) -> Phase | None:
        """The exchange's phase, auctions included; with `any_hour` always continuous trading."""
        if self._any_hour:
            return trading_phase(self.hours(moment), moment)
        return self._calendar.phase_at(moment, segment)

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The ticks of this tenth of a second, each once; none before the open."""
        if self._pre_open(now):
            return []
        moment = _step(now)
        fresh = [w for w in wanted if self._sent.get(w.instrument.instrument_token) != moment]
        ticks = self.quote(fresh, now)
        for tick in ticks:
            self._sent[tick.instrument_token] = moment
        return ticks

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The market at a moment; in the pre-open the last close, then the auction's price."""
        if opens_at := self._pre_open(now):
            known = {w.instrument.instrument_token: segment_of(w.instrument) for w in wanted}
            first = self.quote(wanted, opens_at)
            return [self._before_open(one, known[one.instrument_token], now) for one in first]
        with self._lock:
            live = self._market_at(now)
            if live is None:
                return []
            moment = _step(now)
            is_late = moment >= live.hours.end  # from here on only derivatives trade
            plain = [w for w in wanted if not (is_late or w.instrument.is_derivative)]
            made = [self._plain(live, one, moment) for one in plain]
            derived = [w for w in wanted if w.instrument.is_derivative]
            made += self._derived(live, derived, moment)
            return [tick for tick in made if tick is not None]

    def session_candles(
        self, instrument: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        """Candles of the session at a moment, up to it."""
        with self._lock:
            live = self._session_at(moment, segment_of(instrument))
            name = instrument.tradingsymbol
            if live is not None and instrument.is_derivative:
                return self._contract_candles(live, instrument, interval, moment)
            if live is None or not live.knows(name):
                return []
            return live.candles(name, interval, until=_step(moment))

    def past_candles(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        """Intraday candles of the simulated past; none for imported prices."""
        if instrument.is_derivative or not self._world.is_on_simulated_history:
            return []
        sessions = self._calendar.sessions_between(start, end)
        if not sessions:
            return []
        before = self._calendar.sessions_between(self._calendar.first_day, start)[-2:]
        series = self._history.candles(
            instrument.tradingsymbol, before[0] if before else start, end
        )
        made: list[Candle] = []
        for i in range(len(series.dates)):
            day: date = series.dates[i].item()
            hours = session_hours(self._calendar, day)
            if day >= start and hours is not None:
                live = self._past_day(instrument, series, i, hours)
                made += live.candles(instrument.tradingsymbol, interval)
        return made

    def _pre_open(self, now: datetime) -> datetime | None:
        """During the pre-open auction, the time at which trading begins; else None."""
        phase = None if self._any_hour else self._calendar.phase_at(now)
        if phase is None or phase.kind not in PRE_OPEN:
            return None
        hours = session_hours(self._calendar, phase.start.date())
        return None if hours is None else hours.start

    def _before_open(self, tick: Tick, segment: Segment, now: datetime) -> Tick:
        """The first tick of the day as known during the pre-open: without a book or trades."""
        phase = self._calendar.phase_at(now, segment)
        is_known = phase is not None and phase.kind in PRE_OPEN_OVER
        last = tick.last_price if is_known or tick.close is None else tick.close
        return replace(
            tick, last_price=last, at=now, exchange_at=now, volume=0, last_quantity=0,
            open=last, high=last, low=last, average_price=None,
            bid=None, ask=None, bid_quantity=0, ask_quantity=0, depth=None,
        )  # fmt: skip

    def _contract_candles(
        self, live: LiveMarket, contract: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        spot = self._instruments.spot_of(contract).tradingsymbol
        if self.pricer is None or not live.knows(spot):
            return []
        hours = self.hours(moment, Segment.DERIVATIVES) or live.hours
        return contract_candles(
            live, contract, spot, self.pricer, interval, hours=hours, until=_step(moment)
        )

    def _past_day(
        self, instrument: Instrument, series: CandleSeries, i: int, hours: TradingHours
    ) -> LiveMarket:
        begun = last_session_hours(self._calendar, self._instruments.now)
        day = self._world.day(begun.day if begun else hours.day)
        name = instrument.tradingsymbol
        previous = float(series.close[i - 1] if i else series.open[i])
        volume = 0.0 if series.volume is None else float(np.nan_to_num(series.volume[i]))
        tick = 5 if name in day.indices else tick_paise(previous, hours.day)
        prices = (float(f[i]) for f in (series.open, series.high, series.low, series.close))
        share = Share(previous, *prices, volume=volume, tick_paise=tick)
        pulls = {name: day.pulls.get(name, _INDEX_PULL)}
        return LiveMarket(
            replace(day, day=hours.day, shares={name: share}, pulls=pulls, indices={}), hours
        )

    def _session_at(self, moment: datetime, segment: Segment) -> LiveMarket | None:
        """The session of a moment; reading a former one does not replace the present one.

        segment: derivatives trade on when shares do no longer; their session is the shares'.
        """
        hours, live = self.hours(moment, segment), self._live
        if hours is None or live is None or hours.is_demo:
            return self._market_at(moment)
        session = session_hours(self._calendar, hours.day) or hours
        if session == live.hours:
            return live
        if session.start > live.hours.start:
            return self._market_at(moment)
        return LiveMarket(self._world.day(session.day), session)

    def _market_at(self, now: datetime) -> LiveMarket | None:
        hours = self.hours(now)
        if hours is None and self.hours(now, Segment.DERIVATIVES) is not None:
            hours = session_hours(self._calendar, now.astimezone(IST).date())
        if hours is None:
            return None
        if self._live is None or self._live.hours != hours:
            begun = hours.day
            if hours.is_demo:
                last = last_session_hours(self._calendar, now)
                begun = last.day if last else self._calendar.last_day
            day: MarketDay = self._world.day(begun)
            self._live = LiveMarket(day, hours)
            self._running.clear()
            self._sent.clear()
        return self._live

    def _plain(self, live: LiveMarket, wanted: Subscription, moment: datetime) -> Tick | None:
        self._seq += 1
        return live.tick(
            wanted.instrument, moment, seq=self._seq, with_depth=wanted.mode is Mode.FULL
        )

    def _derived(
        self, live: LiveMarket, wanted: Sequence[Subscription], moment: datetime
    ) -> list[Tick | None]:
        if self.pricer is None:
            return []
        made: list[Tick | None] = []
        ordered = sorted(wanted, key=lambda w: w.instrument.underlying)
        for _, group in groupby(ordered, key=lambda w: w.instrument.underlying):
            made += self._contracts(live, list(group), moment, self.pricer)
        return made

    def _contracts(
        self,
        live: LiveMarket,
        wanted: list[Subscription],
        moment: datetime,
        pricer: DerivativePricer,
    ) -> list[Tick]:
        spot = self._instruments.spot_of(wanted[0].instrument).tradingsymbol
        if not live.knows(spot):
            return []
        contracts = [one.instrument for one in wanted]
        new = [c for c in contracts if c.instrument_token not in self._running]
        if new:
            self._begin(live, new, spot, pricer)
        fair = pricer.prices(
            contracts,
            spot=live.implied(spot, moment),
            volatility=expected_volatility(live, moment),
            at=moment,
        )
        hours = self.hours(moment, Segment.DERIVATIVES) or live.hours
        through = hours.second_of(moment) / hours.seconds
        step = hours.second_of(moment) * STEPS_A_SECOND + moment.microsecond // _STEP_US
        made: list[Tick] = []
        for one, price in zip(wanted, fair.tolist(), strict=True):
            token = one.instrument.instrument_token
            if not np.isfinite(price) or token not in self._running:
                continue
            tick_size = round(one.instrument.tick_size * 100)
            self._running[token] = self._running[token].moved_to(on_tick(price, tick_size))
            self._seq += 1
            made.append(
                derivative_tick(
                    one.instrument, self._running[token], moment, through=through, step=step,
                    seq=self._seq, with_depth=one.mode is Mode.FULL,
                )
            )  # fmt: skip
        return made

    def _begin(
        self, live: LiveMarket, contracts: list[Instrument], spot: str, pricer: DerivativePricer
    ) -> None:
        """Initialize contracts with their prices at the previous close and at the open."""
        start = live.hours.start
        expected, before = expected_volatility(live, start), live.previous_close(spot)
        closes = pricer.prices(contracts, spot=before, volatility=expected, at=start)
        opens = pricer.prices(contracts, spot=live.spot(spot, start), volatility=expected, at=start)
        open_units = pricer.interest(contracts, spot=before, volatility=expected, at=start)
        rows = zip(contracts, closes.tolist(), opens.tolist(), open_units.tolist(), strict=True)
        for one, close, opening, units in rows:
            if np.isfinite(close) and np.isfinite(opening):
                tick_size = round(one.tick_size * 100)
                first, previous = on_tick(opening, tick_size), on_tick(close, tick_size)
                self._running[one.instrument_token] = Running(
                    previous, first, first, first, first, units
                )


def _step(now: datetime) -> datetime:
    """The start of the tenth of a second that contains a moment, in IST."""
    local = now.astimezone(IST)
    return local.replace(microsecond=local.microsecond // _STEP_US * _STEP_US)
