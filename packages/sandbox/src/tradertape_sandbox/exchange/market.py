"""The market of the exchange: the simulated world live, with prices set by hand on top."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import numpy as np

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.candle import Candle, Interval, resample
from tradertape_core.market.hours import TradingHours, last_session_hours, session_hours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Segment
from tradertape_core.market.tick import Tick
from tradertape_core.market.ticks import tick_paise
from tradertape_core.market.world import DEFAULT_SEED, World, generate
from tradertape_core.market.world.day import MarketDay, market_day
from tradertape_core.market.world.intraday import Pull, Share
from tradertape_core.market.world.live import STEPS_A_SECOND, LiveMarket
from tradertape_core.market.world.quoting import rupees_of
from tradertape_core.options.contract_path import contract_candles
from tradertape_core.options.pricer import SurfacePricer
from tradertape_sandbox.exchange.contracts import ContractPrices
from tradertape_sandbox.exchange.further import simulated_symbol, with_further
from tradertape_sandbox.exchange.listing import Listing, listing_of
from tradertape_sandbox.exchange.observed import ObservedMinutes
from tradertape_sandbox.exchange.prices import SetPrice, rescaled, rescaled_candle, tick_at
from tradertape_sandbox.exchange.sessions import TradingTimes, day_of

_STEP_US = 1_000_000 // STEPS_A_SECOND
_SECOND = timedelta(seconds=1)
_INDEX_PULL = Pull(1.0, "", 0.0, 0.0)


class Market:
    """Prices of every listed instrument at the clock's time. Each moment has one tick of each."""

    def __init__(self, clock: Clock, times: TradingTimes, *, seed: int = DEFAULT_SEED) -> None:
        self._clock = clock
        self.times = times
        self._seed = seed
        self._pricer = SurfacePricer()
        self._contracts = ContractPrices(self._pricer)
        self._observed = ObservedMinutes()
        self._world: World | None = None
        self._day: MarketDay | None = None
        self._live: LiveMarket | None = None
        self._listing: Listing | None = None
        self._listed_on: date | None = None
        self._set: dict[str, SetPrice] = {}
        self._factors: dict[str, Decimal] = {}
        self._latest: dict[str, Tick] = {}
        self._seq = 0

    @property
    def instruments(self) -> Listing:
        """The instruments of the day."""
        today = day_of(self._clock.now())
        if self._listing is None or self._listed_on != today:
            self._session_of(self._clock.now())
            begun = today if self._day is None else self._day.day
            self._listing = _listed(self._seed, begun, today, self.times.calendar)
            self._listed_on = today
        return self._listing

    def make_ready(self, moment: datetime) -> None:
        """Make the world of a moment's day, so that the clock gets there without a pause: it takes
        seconds, in which nobody is answered. Any thread may call it."""
        calendar = self.times.calendar
        begun = self._begun(self.times.latest(moment) or self._first_hours(), moment)
        _world_until(self._seed, begun)
        _listed(self._seed, begun, day_of(moment), calendar)

    def tick(self, instrument_id: str) -> Tick | None:
        """The latest market of an instrument; None without a price."""
        instrument = self.instruments.get(instrument_id)
        if instrument is None:
            return None
        moment = _step(self._clock.now())
        live = self._session_of(moment)
        segment = Segment.DERIVATIVES if instrument.is_derivative else Segment.CASH
        if self.times.hours(moment, segment) is None:
            last = self.times.latest(moment, segment) or live.hours
            moment = min(moment, last.end - _SECOND)
        known = self._latest.get(instrument_id)
        if known is not None and known.at == moment:
            return known
        tick = self._simulated(live, instrument, moment)
        held = self._set.get(instrument_id)
        if tick is not None and held is not None:
            tick = tick_at(tick, instrument, held, moment, self._seq)
            self._observed.add(instrument_id, tick)
        if tick is not None:
            self._latest[instrument_id] = tick
        return tick

    def prepare(self, instrument_ids: Iterable[str]) -> None:
        """Price the contracts among these at once, for the `tick` of each that follows."""
        moment = _step(self._clock.now())
        live = self._session_of(moment)
        if self.times.hours(moment, Segment.DERIVATIVES) is None:
            return
        groups: dict[str, list[Instrument]] = {}
        for name in instrument_ids:
            one = self.instruments.get(name)
            if one is not None and one.is_derivative:
                groups.setdefault(one.underlying, []).append(one)
        for group in groups.values():
            underlying = self.instruments.spot_of(group[0])
            if underlying is not None:
                held = self._set.get(underlying.id)
                spot = None if held is None else float(held.price)
                name = underlying.tradingsymbol
                self._contracts.prepare(live, group, name, moment, spot=spot)

    def set_price(self, instrument_id: str, price: Decimal) -> None:
        """Have an instrument trade at a price until it is released.

        Raises InvalidInput for an unknown instrument or a price off its tick.
        """
        instrument = self.instruments.get(instrument_id)
        before = self.tick(instrument_id)
        if instrument is None or before is None:
            raise InvalidInput(f"{instrument_id} is not a listed instrument with a price")
        if not price.is_finite() or price <= 0 or price % instrument.tick_size:
            raise InvalidInput(
                f"the price of {instrument_id} must be above 0 and a multiple of "
                f"{instrument.tick_size}, was {price}"
            )
        held = self._set.get(instrument_id)
        if held is None:
            self._set[instrument_id] = SetPrice(price, high=price, low=price)
        else:
            held.move(price)
        self._latest.pop(instrument_id, None)
        self.tick(instrument_id)  # its candles know of it, whether anybody asks for ticks or not

    def release_price(self, instrument_id: str | None = None) -> None:
        """Return an instrument, or every one, to the simulation's prices."""
        released = [instrument_id] if instrument_id is not None else list(self._set)
        for one in released:
            self._set.pop(one, None)
            self._latest.pop(one, None)

    def rescale(self, instrument_id: str, factor: Decimal) -> None:
        """Multiply every price of an instrument from now on: a split or a bonus."""
        self._factors[instrument_id] = self._factors.get(instrument_id, Decimal(1)) * factor
        self.release_price(instrument_id)
        self._latest.pop(instrument_id, None)

    def reset(self) -> None:
        """Return every instrument to the simulation's own prices."""
        self._factors.clear()
        self._observed.clear()
        self._latest.clear()
        self.release_price()

    @property
    def set_prices(self) -> dict[str, Decimal]:
        """The prices that were set and hold, by instrument."""
        return {name: held.price for name, held in self._set.items()}

    def opening_price(self, instrument: Instrument, hours: TradingHours) -> Decimal | None:
        """The price that a session opens at, as its pre-open auction finds it."""
        held = self._set.get(instrument.id)
        if held is not None:
            return held.price
        _, day = _world_until(self._seed, hours.day)
        live = LiveMarket(day, hours)
        if not instrument.is_derivative:
            tick = live.tick(instrument, hours.start)
            return None if tick is None else tick.open
        spot = self.instruments.spot_of(instrument)
        if spot is None:
            return None
        contracts = ContractPrices(self._pricer)
        name = spot.tradingsymbol
        tick = contracts.tick(live, instrument, name, hours.start, hours=hours, seq=0)
        return None if tick is None else tick.open

    def previous_close(self, instrument_id: str) -> Decimal | None:
        """The close of the session before."""
        tick = self.tick(instrument_id)
        return None if tick is None else tick.close

    def candles(
        self, instrument: Instrument, interval: Interval, start: datetime, end: datetime
    ) -> Sequence[Candle]:
        """Candles that begin between two aware moments, oldest first, up to the clock's time."""
        now = self._clock.now()
        made = list(self._past(instrument, interval, start, min(end, now)))
        live = self._session_of(now)
        if start <= live.hours.end and end >= live.hours.start:
            made += self._today(live, instrument, interval, now)
        if interval is Interval.DAY:
            made = _one_a_day(made)
        factor = self._factors.get(instrument.id)
        if factor is not None:
            made = [rescaled_candle(one, factor, instrument.tick_size) for one in made]
        made = self._observed.laid_over(made, instrument.id, interval)
        found = {one.start: one for one in made if start <= one.start <= end}
        return [found[at] for at in sorted(found)]

    # --- the simulation -----------------------------------------------------------------------

    def _simulated(self, live: LiveMarket, instrument: Instrument, moment: datetime) -> Tick | None:
        self._seq += 1
        if not instrument.is_derivative:
            tick = live.tick(instrument, moment, seq=self._seq)
            factor = self._factors.get(instrument.id)
            return tick if tick is None or factor is None else rescaled(tick, instrument, factor)
        underlying = self.instruments.spot_of(instrument)
        if underlying is None:
            return None
        hours = self.times.hours(moment, Segment.DERIVATIVES) or live.hours
        held = self._set.get(underlying.id)
        spot = None if held is None else float(held.price)
        return self._contracts.tick(
            live,
            instrument,
            underlying.tradingsymbol,
            moment,
            hours=hours,
            seq=self._seq,
            spot=spot,
        )

    def _session_of(self, moment: datetime) -> LiveMarket:
        hours = self.times.latest(moment) or self._first_hours()
        if self._live is None or self._live.hours != hours:
            self._live = LiveMarket(self._market_day(hours, moment), hours)
            self._contracts = ContractPrices(self._pricer)
            self._latest.clear()
            self._observed.clear()
        return self._live

    def _first_hours(self) -> TradingHours:
        """A session for a moment that the calendar knows nothing about: its last one."""
        calendar = self.times.calendar
        hours = session_hours(calendar, calendar.last_day)
        if hours is None:
            raise InvalidInput("the trading calendar has no session; set the clock to another day")
        return hours

    def _market_day(self, hours: TradingHours, moment: datetime) -> MarketDay:
        begun = self._begun(hours, moment)
        if self._day is None or self._world is None or self._day.day != begun:
            self._world, self._day = _world_until(self._seed, begun)
        return self._day

    def _begun(self, hours: TradingHours, moment: datetime) -> date:
        """The day of the world that a session's prices begin with."""
        if not hours.is_demo:
            return hours.day
        last = last_session_hours(self.times.calendar, moment)
        return last.day if last else self.times.calendar.last_day

    # --- candles ------------------------------------------------------------------------------

    def _today(
        self, live: LiveMarket, instrument: Instrument, interval: Interval, now: datetime
    ) -> list[Candle]:
        moment = _step(now)
        name = instrument.tradingsymbol
        if instrument.is_derivative:
            spot = self.instruments.spot_of(instrument)
            if spot is None or not live.knows(spot.tradingsymbol):
                return []
            hours = self.times.hours(moment, Segment.DERIVATIVES) or live.hours
            made = contract_candles(
                live, instrument, spot.tradingsymbol, self._pricer, Interval.MINUTE,
                hours=hours, until=moment,
            )  # fmt: skip
        elif live.knows(name):
            made = live.candles(name, Interval.MINUTE, until=moment)
        else:
            return []
        return resample(made, interval, lambda _at: live.hours)

    def _past(
        self, instrument: Instrument, interval: Interval, start: datetime, end: datetime
    ) -> Sequence[Candle]:
        """Candles of the sessions before the present one; contracts have none."""
        self._session_of(self._clock.now())
        world, live = self._world, self._live
        if world is None or live is None or instrument.is_derivative:
            return []
        rows = _daily(world, simulated_symbol(instrument.tradingsymbol))
        made: list[Candle] = []
        for place, (day, candle, volume) in enumerate(rows):
            is_wanted = start.astimezone(IST).date() <= day <= end.astimezone(IST).date()
            if not is_wanted or (day == live.hours.day and not live.hours.is_demo):
                continue
            if interval is Interval.DAY:
                made.append(_day_candle(day, candle, volume))
            else:
                previous = rows[place - 1][1][3] if place else candle[0]
                made += self._past_session(instrument, day, candle, volume, previous, interval)
        return made

    def _past_session(
        self, instrument: Instrument, day: date, candle: tuple[float, ...], volume: float,
        previous: float, interval: Interval,
    ) -> Sequence[Candle]:  # fmt: skip
        hours = session_hours(self.times.calendar, day)
        if hours is None or self._day is None:
            return []
        name = instrument.tradingsymbol
        tick = 5 if name in self._day.indices else tick_paise(previous, day)
        share = Share(previous, *candle, volume=volume, tick_paise=tick)
        pulls = {name: self._day.pulls.get(name, _INDEX_PULL)}
        past = replace(self._day, day=day, shares={name: share}, pulls=pulls, indices={})
        return LiveMarket(past, hours).candles(name, interval)


@lru_cache(maxsize=8)  # a world takes two seconds to make
def _world_until(seed: int, day: date) -> tuple[World, MarketDay]:
    world = generate(seed, end=day)
    return world, with_further(market_day(world))


@lru_cache(maxsize=8)
def _listed(seed: int, begun: date, today: date, calendar: Calendar) -> Listing:
    _, day = _world_until(seed, begun)
    return listing_of(day, today, calendar)


def _daily(world: World, name: str) -> list[tuple[date, tuple[float, float, float, float], float]]:
    """The days of a share or an index: date, open, high, low and close, volume."""
    dates: list[date] = world.dates.tolist()
    series = world.indices.get(name)
    if series is not None:
        columns = [series.open, series.high, series.low, series.close]
        volume = np.zeros(len(dates))
    elif name in world.symbols:
        j = world.symbols.index(name)
        columns = [field[:, j] for field in (world.open, world.high, world.low, world.close)]
        volume = np.nan_to_num(world.volume[:, j])
    else:
        return []
    known = np.flatnonzero(np.isfinite(columns[3])).tolist()
    return [
        (
            dates[row],
            (
                float(columns[0][row]),
                float(columns[1][row]),
                float(columns[2][row]),
                float(columns[3][row]),
            ),
            float(volume[row]),
        )
        for row in known
    ]


def _day_candle(day: date, candle: tuple[float, float, float, float], volume: float) -> Candle:
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=IST)
    prices = (rupees_of(round(price * 100)) for price in candle)
    return Candle(midnight, *prices, volume=int(volume))


def _one_a_day(candles: Sequence[Candle]) -> list[Candle]:
    """Daily candles, one a date: a demo session after the close belongs to the day it begins on."""
    days: dict[date, Candle] = {}
    for one in candles:
        day = day_of(one.start)
        before = days.get(day)
        midnight = datetime.combine(day, datetime.min.time(), tzinfo=IST)
        days[day] = replace(one, start=midnight) if before is None else replace(
            one, start=midnight, open=before.open, high=max(before.high, one.high),
            low=min(before.low, one.low), volume=before.volume + one.volume,
        )  # fmt: skip
    return list(days.values())


def _step(now: datetime) -> datetime:
    """The start of the tenth of a second that contains a moment, in IST."""
    local = now.astimezone(IST)
    return local.replace(microsecond=local.microsecond // _STEP_US * _STEP_US)
