"""What goes over the wire about market data."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from tradertape_server.platform.http.routing import Reply


class DataSetOut(BaseModel):
    """One data set."""

    name: str
    active: bool = Field(description="Whether new runs use it when they name none.")
    simulated: bool = Field(description="True: say “simulated prices” wherever they are shown.")
    basis: str = Field(description="How prices are adjusted: raw, split, total_return, …")
    data_version: str = Field(description="What a result records of the prices it used.")
    source: str
    first: date | None = Field(description="Day of the first candle; null without candles.")
    last: date | None
    symbols: int
    candles: int
    indices: list[str]
    gaps: int = Field(
        description="Candles missing against the exchange's calendar. Suspensions of the "
        "simulated market do not count."
    )
    rejected: int = Field(description="Rows of imported files that were turned away.")
    updated_at: datetime


class UniverseOut(Reply):
    """A universe and how many companies it has on a day."""

    name: str
    title: str
    members: int
    with_candles: int = Field(description="Members the data set has candles of.")
    since: date | None = Field(
        description="First day whose membership is known; null: today's list throughout, so "
        "results carry survivorship bias."
    )


class SymbolOut(BaseModel):
    """A symbol of a data set. first and last are null where it has no candle."""

    symbol: str
    name: str
    isin: str
    sector: str
    first: date | None
    last: date | None
    candles: int


class MembersOut(BaseModel):
    """Who belongs to a universe on a day."""

    name: str
    title: str
    date: date
    members: list[SymbolOut]


class CandleOut(BaseModel):
    """One day. Prices in rupees on the set's basis (index points for an index)."""

    date: date
    open: float | None
    high: float | None
    low: float | None
    close: float
    volume: float | None = Field(description="Shares; null for an index.")


class CandlesOut(BaseModel):
    """Candles of one symbol, oldest first."""

    symbol: str
    name: str
    sector: str
    data_version: str
    simulated: bool
    candles: list[CandleOut]


class SessionOut(BaseModel):
    """One trading day. Hours are IST, null where the exchange has not confirmed them."""

    date: date
    open: datetime | None
    close: datetime | None
    special: str | None = Field(description="muhurat, weekend, … on an extraordinary session.")
