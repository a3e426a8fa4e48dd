"""A portfolio beside its backtest, on the wire. Amounts are rupees."""

from __future__ import annotations

from datetime import date

from tradertape_core.portfolio.twin import Cause
from tradertape_server.platform.http.routing import Reply


class GapCauseOut(Reply):
    """What one cause made of the gap, over how many trades."""

    cause: Cause
    amount: float
    parts: int


class GapPartOut(Reply):
    """What one cause made of the difference of one trade; `symbol` is empty where it is of none."""

    symbol: str
    signal_date: date
    cause: Cause
    amount: float
    words: str


class TwinPointOut(Reply):
    """Both equities at a day's close."""

    date: date
    equity: float
    twin_equity: float


class TwinOut(Reply):
    """The portfolio less the backtest of its own strategy, settings and days.

    gap: `equity` less `twin_equity`; the amounts of `causes` add up to it. as_of: the last scanned
    day; null before the first scan. parts: the largest differences.
    """

    as_of: date | None
    equity: float | None
    twin_equity: float | None
    gap: float | None
    causes: list[GapCauseOut]
    parts: list[GapPartOut]
    curve: list[TwinPointOut]
