"""How a session runs from its open to its close, second by second, through its high and its low.

The daily candle is given, by the world or by history; what happens in between is drawn from streams
named after the session and the share. So the same second always has the same price, a live day ends
as the next day's history shows it, and the past can be looked at by the minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.hours import TradingHours
from tradertape_core.market.world.parameters import TRAITS, Model
from tradertape_core.market.world.streams import autoregressive, stream

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Paise = NDArray[np.int32]  # 21 million rupees at most

_RANGE_OF_BRIDGE = 1.67  # mean range of a Brownian path in its standard deviations
_BUSY_ENDS = 1.6  # how much faster prices move, and shares trade, at the open than at noon
_MINUTE_MEMORY = 0.97
_MINUTE_SPREAD = 0.35  # of the log pace of prices, between minutes
_VOLUME_SPREAD = 0.5
_LEAST_PACE = 0.4  # of its own, of a share that walks where its high or low leaves little room
_USUAL_VOLATILITY = 0.015
_BOUNCE_S = 3  # seconds that the last trade stays at one side of the market
_LATE_S = 3600  # of the shares' close, within which derivatives close too
_LEAST_REACH = 0.3  # of a day's volatility: how far a demo session goes at least, up and down


@dataclass(frozen=True, slots=True)
class Share:
    """One share's session: rupees, on the tick; volume in units. `previous`: close before it."""

    previous: float
    open: float
    high: float
    low: float
    close: float
    volume: float
    tick_paise: int


@dataclass(frozen=True, slots=True)
class Pull:
    """What moves a share: weights of the market, of its sector and its own; squares sum to 1."""

    market: float
    sector_name: str
    sector: float
    own: float


@dataclass(frozen=True, slots=True)
class Path:
    """A session by the second, all (S,): price and its extremes so far in paise; volume and
    turnover (rupees) so far."""

    price: Paise
    high: Paise
    low: Paise
    volume: Whole
    turnover: Floats


def pull_of(model: Model, sector: str, beta: float, loading: float) -> Pull:
    """How a company moves within a day, from its lasting traits alone."""
    trait = TRAITS.get(sector)
    parts = (
        np.array([beta * model.market_volatility, 0.0, 0.25])
        if trait is None
        else np.array(
            [
                beta * model.market_volatility,
                loading * trait.sector_volatility,
                trait.own_volatility,
            ]
        )
    )
    market, in_sector, own = (parts / np.sqrt((parts**2).sum())).tolist()
    return Pull(market, sector, in_sector, own)


@dataclass(slots=True)
class Tape:
    """Draws the paths of one session; equal seeds and hours give equal paths."""

    seed: int
    hours: TradingHours
    _pace: Floats | None = None
    _factors: dict[str, Floats] = field(default_factory=dict[str, Floats])

    def path(self, name: str, share: Share, pull: Pull) -> Path:
        """One share's session; it touches its open, high, low and close."""
        logs = self._between(name, share, pull)
        # Between two ticks trades happen at both: the nearer one more often (bid and ask).
        fair = np.round(np.exp(logs) * 100 / share.tick_paise, 6)
        ticks = np.floor(fair + self._bounce(name)).astype(np.int64)
        price = (np.maximum(ticks, 1) * share.tick_paise).astype(np.int32)
        volume = self._volumes(name, share.volume)
        bought = np.diff(volume, prepend=0)
        return Path(
            price,
            np.maximum.accumulate(price),
            np.minimum.accumulate(price),
            volume,
            np.cumsum(bought * price, dtype=np.float64) / 100,
        )

    def _bounce(self, name: str) -> Floats:
        """Which side of the market the last trade was at, as a part of a tick from 0 to 1."""
        count = self.hours.seconds
        drawn = self._stream(f"bounce {name}").random(count // _BOUNCE_S + 1)
        return np.repeat(drawn, _BOUNCE_S)[:count]

    def late_walk(self, name: str, a_second: float) -> Floats:
        """Log moves of a price in the hour after the close, by the second, each so wide."""
        steps = self._stream(f"late {name}").standard_normal(_LATE_S) * a_second
        return np.cumsum(steps, dtype=np.float64)

    def _between(self, name: str, share: Share, pull: Pull) -> Floats:
        count = self.hours.seconds
        start, end = np.log(share.open), np.log(share.close)
        if share.high <= share.low or count < 2:
            return np.asarray(np.linspace(start, end, count), np.float64)
        width = np.log(share.high / share.low) / _RANGE_OF_BRIDGE
        shape = (
            pull.market * self._factor("market")
            + pull.sector * self._factor(f"sector {pull.sector_name}")
            + pull.own * self._bridge(f"own {name}")
        )
        walked = start + (end - start) * np.linspace(0, 1, count) + width * shape
        least, most = min(start, end), max(start, end)
        lowest, highest = float(np.log(share.low)), float(np.log(share.high))
        walked = _folded(
            walked, least - (least - lowest) / _LEAST_PACE, most + (highest - most) / _LEAST_PACE
        )
        turn = self._stream(f"turn {name}").integers(1, max(2, count - 1), size=2)
        above, peak = _reaching(walked, most, highest, int(turn[0]), None)
        below, _ = _reaching(-above, -least, -lowest, int(turn[1]), peak)
        return -below

    def _volumes(self, name: str, total: float) -> Whole:
        count = self.hours.seconds
        if total <= 0:
            return np.zeros(count, np.int64)
        rng = self._stream(f"volume {name}")
        minutes = self._by_minute(rng, _VOLUME_SPREAD)
        parts = self._shape() * minutes * rng.standard_exponential(count)
        so_far = np.cumsum(parts, dtype=np.float64)
        volume = np.floor(so_far / so_far[-1] * total).astype(np.int64)
        volume[-1] = int(total)
        return volume

    def _factor(self, name: str) -> Floats:
        found = self._factors.get(name)
        if found is None:
            found = self._factors[name] = self._bridge(name)
        return found

    def _bridge(self, name: str) -> Floats:
        """A walk from 0 to 0 whose steps follow the pace of the session, of variance 1 in all."""
        pace = self._pace_of_prices()
        steps = pace * self._stream(f"walk {name}").standard_normal(len(pace))
        steps[0] = 0.0
        walk = np.cumsum(steps, dtype=np.float64)
        elapsed = np.cumsum(pace**2) - pace[0] ** 2
        return walk - walk[-1] * elapsed / max(float(elapsed[-1]), 1e-12)

    def _pace_of_prices(self) -> Floats:
        if self._pace is not None:
            return self._pace
        minutes = self._by_minute(self._stream("pace"), _MINUTE_SPREAD)
        pace: Floats = np.sqrt(self._shape()) * minutes
        pace /= np.sqrt((pace**2).sum())
        self._pace = pace
        return pace

    def _by_minute(self, rng: np.random.Generator, spread: float) -> Floats:
        """A multiple that wanders from minute to minute, for every second."""
        count = self.hours.seconds
        drawn = rng.standard_normal((count // 60 + 1, 1))
        minutes = np.exp(autoregressive(drawn, _MINUTE_MEMORY, spread)[:, 0])
        return np.repeat(minutes, 60)[:count]

    def _shape(self) -> Floats:
        """Busy at the open, quiet at noon, busy again at the close."""
        through = np.linspace(-1, 1, self.hours.seconds)
        early = np.exp(-4 * (through + 1))
        return 0.7 + _BUSY_ENDS * (0.6 * through**4 + early)

    def _stream(self, purpose: str) -> np.random.Generator:
        return stream(self.seed, f"tape {self.hours.start.isoformat()}", purpose)


def index_path(base: float, paths: Sequence[tuple[float, float, Path]], seconds: int) -> Path:
    """An index by the second: `base` moved by its members' value, in hundredths of a point.

    paths: (shares, previous close in rupees, path) of each member; without one it does not move.
    """
    value = np.zeros(seconds)
    before = 0.0
    for shares, previous, path in paths:
        value += shares * path.price
        before += shares * previous * 100
    level = base * value / before if before > 0 else np.full(seconds, base)
    price = np.round(level * 100).astype(np.int32)
    nothing = np.zeros(seconds, np.int64)
    extremes = np.maximum.accumulate(price), np.minimum.accumulate(price)
    return Path(price, *extremes, nothing, np.zeros(seconds))


def demo_shares(
    seed: int, hours: TradingHours, closes: Mapping[str, Share], volatility: Mapping[str, float]
) -> dict[str, Share]:
    """A demo session of each share: it starts from the last close and returns to it.

    volatility: daily, of each share. The range is drawn as that of a day of this length, and is
    never so narrow that prices appear to stand still.
    """
    length = np.sqrt(hours.seconds / 22_500)
    made: dict[str, Share] = {}
    for name, share in closes.items():
        rng = stream(seed, f"demo {hours.start.isoformat()}", name)
        width = volatility.get(name, _USUAL_VOLATILITY) * length
        up, down = width * (_LEAST_REACH + np.sqrt(-2 * np.log1p(-rng.random(2))) / 2)
        tick = share.tick_paise / 100
        high = np.ceil(share.close * np.exp(up) / tick) * tick
        low = max(tick, np.floor(share.close * np.exp(-down) / tick) * tick)
        volume = np.floor(0.4 * length**2 * share.volume)
        made[name] = Share(
            share.close, share.close, float(high), float(low), share.close, float(volume),
            share.tick_paise,
        )  # fmt: skip
    return made


def _folded(walked: Floats, lowest: float, highest: float) -> Floats:
    """Turn a walk back at both bounds, so that it stays between them and always moves."""
    width = highest - lowest
    above = np.mod(walked - lowest, 2 * width)
    return lowest + np.minimum(above, 2 * width - above)


def _reaching(
    walked: Floats, bound: float, highest: float, turn: int, other: int | None
) -> tuple[Floats, int | None]:
    """Have a walk, whose ends are not above `bound`, reach `highest` and no more; return where.

    What went too far is squeezed. What fell short is carried there by a slope that begins and ends
    in nothing, at the ends and at the `other` extreme: no single step becomes a jump. turn: where
    it turns if it never went above the bound.
    """
    if highest <= bound:
        return np.minimum(walked, bound), None
    top = float(walked.max())
    place = int(walked.argmax()) if top > bound else turn + (turn == other)
    if top > highest:
        squeezed = bound + (walked - bound) * ((highest - bound) / (top - bound))
        return np.where(walked > bound, squeezed, walked), place
    knots = {0: 0.0, len(walked) - 1: 0.0, place: 1.0, **({} if other is None else {other: 0.0})}
    at = sorted(knots)
    slope = np.interp(np.arange(len(walked)), at, [knots[one] for one in at])
    carried = walked + (highest - walked[place]) * slope
    return np.minimum(carried, 2 * highest - carried), place
