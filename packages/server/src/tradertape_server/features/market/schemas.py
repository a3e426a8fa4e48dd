"""Response bodies of the market data routes."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from tradertape_server.platform.http.routing import Reply


class DataSetOut(BaseModel):
    """One data set."""

    name: str
    active: bool = Field(description="Whether new runs use it by default.")
    simulated: bool = Field(description="True: label its prices as simulated wherever shown.")
    basis: str = Field(description="How prices are adjusted: raw, split, total_return, …")
    data_version: str = Field(description="The version of the prices, recorded in results.")
    source: str
    first: date | None = Field(description="Day of the first candle; null without candles.")
    last: date | None
    symbols: int
    candles: int
    indices: list[str]
    gaps: int = Field(
        description="Candles missing according to the exchange's calendar, without suspensions "
        "of the simulated market."
    )
    rejected: int = Field(description="Rejected rows of imported files.")
    updated_at: datetime
    problem: str = Field(
        description="Why nothing reads the set: its files are damaged. Empty if they are intact."
    )


class UniverseOut(Reply):
    """A universe and its number of members on a day."""

    name: str
    title: str
    members: int
    with_candles: int = Field(description="Members with candles in the data set.")
    since: date | None = Field(
        description="First day with known membership; null: today's list is used for all dates, "
        "so results have survivorship bias."
    )


class SymbolOut(BaseModel):
    """A symbol of a data set. first and last are null without candles."""

    symbol: str
    name: str
    isin: str
    sector: str
    first: date | None
    last: date | None
    candles: int


class MembersOut(BaseModel):
    """The members of a universe on a day."""

    name: str
    title: str
    date: date
    members: list[SymbolOut]


class CandleOut(BaseModel):
    """One daily candle. Prices in rupees on the set's basis (index points for an index)."""

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
    """One trading day. Hours are in IST, null if the exchange has not confirmed them."""

    date: date
    open: datetime | None
    close: datetime | None
    special: str | None = Field(description="muhurat, weekend, … on an extraordinary session.")
    published: bool = Field(
        description="Whether the exchange has published the holidays of that year; else the day "
        "follows the rule: weekends, national holidays and Good Friday are closed."
    )
