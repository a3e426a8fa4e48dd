"""Validation of candles; every invalid row gets one reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.calendar import Calendar
from tradertape_server.features.market.data_sets.candles import FIELDS, Days, Floats
from tradertape_server.features.market.importing.parsing.file_tables import Parsed

# Two prices of one candle, each rounded to a paisa, may disagree by this much.
ROUNDING_RUPEES = 0.0101
_PRICES = FIELDS[:4]

NO_DATE = "date cannot be read"
FUTURE = "date is in the future"
NO_SESSION = "the exchange was closed that day"
NO_SYMBOL = "no symbol"
UNKNOWN_SYMBOL = "unknown symbol"
NOT_A_NUMBER = "a price is missing or not a number"
NOT_POSITIVE = "a price is zero or negative"
BAD_VOLUME = "volume is negative or not a number"
HIGH_BELOW_LOW = "high is below low"
OUTSIDE_RANGE = "open or close lies outside low and high"
DUPLICATE = "duplicate day"


@dataclass(frozen=True, slots=True)
class Rules:
    """Facts from outside the file. symbols: every valid one, None without a list."""

    calendar: Calendar
    today: date
    symbols: Collection[str] | None = None
    close_only: bool = False  # index rows may lack open, high and low


def reasons(parsed: Parsed, rules: Rules) -> NDArray[np.object_]:
    """(n,) the first reason against each row, "" for a valid one."""
    found = np.full(len(parsed), "", dtype=object)

    def against(rows: NDArray[np.bool_], reason: str) -> None:
        found[rows & (found == "")] = reason

    against(np.isnat(parsed.day), NO_DATE)
    against(parsed.day > np.datetime64(rules.today, "D"), FUTURE)
    against(_closed(parsed.day, rules.calendar), NO_SESSION)
    against(parsed.symbol == "", NO_SYMBOL)
    if rules.symbols is not None:
        known = {symbol: symbol in rules.symbols for symbol in set(parsed.symbol.tolist())}
        strange = np.fromiter((not known[s] for s in parsed.symbol), np.bool_, len(parsed))
        against(strange, UNKNOWN_SYMBOL)
    _check_prices(parsed, rules, against)
    against(_repeated(parsed, found == ""), DUPLICATE)
    return found


def repaired(values: dict[str, Floats]) -> dict[str, Floats]:
    """Extend high and low to include open and close, which may differ by rounding."""
    high, low = values["high"], values["low"]
    for name in ("open", "close"):
        high, low = np.fmax(high, values[name]), np.fmin(low, values[name])
    # Index rows with a close alone keep the other three empty.
    empty = np.isnan(values["high"])
    high, low = np.where(empty, np.nan, high), np.where(empty, np.nan, low)
    return {**values, "high": high, "low": low}


def _check_prices(parsed: Parsed, rules: Rules, against) -> None:
    values = parsed.values
    required = ("close",) if rules.close_only else _PRICES
    with np.errstate(invalid="ignore"):
        for name in required:
            against(~np.isfinite(values[name]), NOT_A_NUMBER)
        for name in _PRICES:
            if name in values:
                against(values[name] <= 0, NOT_POSITIVE)
        if "volume" in values and not rules.close_only:
            against(~(values["volume"] >= 0) | np.isinf(values["volume"]), BAD_VOLUME)
        if all(name in values for name in _PRICES):
            high, low = values["high"], values["low"]
            against(high < low, HIGH_BELOW_LOW)
            for name in ("open", "close"):
                outside = (values[name] > high + ROUNDING_RUPEES) | (
                    values[name] < low - ROUNDING_RUPEES
                )
                against(outside, OUTSIDE_RANGE)


def _closed(days: Days, calendar: Calendar) -> NDArray[np.bool_]:
    first = np.datetime64(calendar.first_day, "D")
    certain = (days >= first) & (days <= np.datetime64(calendar.published_until, "D"))
    return certain & ~np.isin(days, calendar.days)


def _repeated(parsed: Parsed, good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows whose symbol and day an earlier valid row has."""
    repeated = np.zeros(len(parsed), np.bool_)
    rows = np.flatnonzero(good)
    place: dict[str, int] = {}
    code = np.fromiter(
        (place.setdefault(symbol, len(place)) for symbol in parsed.symbol[rows]),
        np.int64,
        len(rows),
    )
    key = code * 200_000 + parsed.day[rows].astype(np.int64)
    _, first = np.unique(key, return_index=True)
    repeated[rows] = True
    repeated[rows[first]] = False
    return repeated
