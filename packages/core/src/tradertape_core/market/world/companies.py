"""The companies of the world: what stays the same while prices move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.calendar_facts import SPECIAL_SESSIONS
from tradertape_core.market.world.factors import Sessions
from tradertape_core.market.world.names import STARTS, Start
from tradertape_core.market.world.parameters import (
    MINUTES_A_DAY,
    TRAITS,
    Model,
    yearly_to_daily,
)
from tradertape_core.market.world.schedules import ORIGIN, Schedule, rows_of, schedule_of
from tradertape_core.market.world.streams import normals

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Companies:
    """N companies; arrays are (N,).

    beta, loading: on the market and on the sector. own: daily volatility. price: the first one,
    adjusted for the splits to come. shares: on that basis. listed, delisted: rows of the first
    session with and the first without trading; T or more when beyond the last session.
    """

    starts: tuple[Start, ...]
    schedules: tuple[Schedule, ...]
    sectors: tuple[str, ...]
    beta: Floats
    loading: Floats
    own: Floats
    price: Floats
    shares: Floats
    listed: NDArray[np.int64]
    delisted: NDArray[np.int64]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in the order of the columns."""
        return tuple(start.symbol for start in self.starts)


def companies_of(model: Model, seed: int, days: Days) -> Companies:
    """Draw the lasting traits of every company of the table."""
    symbols = [start.symbol for start in STARTS]
    traits = [TRAITS[start.fact.sector] for start in STARTS]
    schedules = tuple(schedule_of(start, seed) for start in STARTS)
    beta, loading, spread = (
        normals(seed, trait, symbols, 1)[0] for trait in ("beta", "loading", "own spread")
    )
    split = np.array([schedule.split_factor for schedule in schedules])
    price = np.array([start.price for start in STARTS]) / split
    cap = np.array([start.cap * 1e10 for start in STARTS])
    own = np.array([trait.own_volatility for trait in traits]) * np.exp(model.own_spread * spread)
    never = date.max
    return Companies(
        STARTS,
        schedules,
        tuple(start.fact.sector for start in STARTS),
        np.clip(np.array([t.beta for t in traits]) + model.beta_spread * beta, 0.3, 1.8),
        np.clip(1 + model.loading_spread * loading, 0.4, 1.6),
        yearly_to_daily(own),
        price,
        cap / price,
        np.searchsorted(days, np.array([s.listed or ORIGIN for s in STARTS], "datetime64[D]")),
        np.searchsorted(days, np.array([s.delisted or never for s in STARTS], "datetime64[D]")),
    )


def lengths_of(days: Days) -> Sessions:
    """Nights grow with the days they bridge; special sessions are shorter."""
    gaps = np.clip(np.diff(days.astype(np.int64), prepend=days[0].astype(np.int64) - 1), 1, 4)
    minutes = np.full(len(days), MINUTES_A_DAY)
    for special in SPECIAL_SESSIONS:
        row = int(np.searchsorted(days, np.datetime64(special.day)))
        if (
            special.windows is not None
            and row < len(days)
            and days[row] == np.datetime64(special.day)
        ):
            spans = [(b.hour - a.hour) * 60 + b.minute - a.minute for a, b in special.windows]
            minutes[row] = sum(spans) or 60.0
    return Sessions(np.sqrt(1 + 0.1 * (gaps - 1)), np.sqrt(np.minimum(minutes / MINUTES_A_DAY, 1)))


def suspended(days: Days, companies: Companies) -> NDArray[np.bool_]:
    """Days on which a listed company is not traded, (T, N)."""
    found = np.zeros((len(days), len(companies.starts)), dtype=np.bool_)
    for j, schedule in enumerate(companies.schedules):
        for day, count in schedule.suspensions:
            for row in rows_of(days, [day]).tolist():
                found[row : row + count, j] = row > companies.listed[j] + 60
    return found
