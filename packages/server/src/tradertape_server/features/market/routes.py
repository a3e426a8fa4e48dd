"""Routes of market data: read-only; data is imported with the command line."""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Path, Query

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.calendar_facts import SPECIAL_SESSIONS
from tradertape_core.market.session_times import PhaseKind
from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.market.schemas import (
    CandleOut,
    CandlesOut,
    DataSetOut,
    MembersOut,
    SessionOut,
    SymbolOut,
    UniverseOut,
)
from tradertape_server.features.market.service import CandleSeries, MarketService, SymbolRow
from tradertape_server.platform.http.routing import Page, part

router = APIRouter(prefix="/api/market", tags=["market"])

Market = Annotated[MarketService, Depends(part("market"))]
SetName = Annotated[str | None, Query(max_length=40, description="Default: the active data set.")]
From = Annotated[date | None, Query(alias="from")]
To = Annotated[date | None, Query(alias="to")]
Day = Annotated[date | None, Query(alias="date", description="Default: the set's last day.")]
Name = Annotated[str, Path(max_length=60)]

_LONGEST_CALENDAR = timedelta(days=3 * 366)
_SPECIAL = {session.day: session.kind for session in SPECIAL_SESSIONS}


@router.get("/data-sets")
def list_data_sets(_user: CurrentUser, market: Market) -> list[DataSetOut]:
    """Every data set with its price basis, range and gaps, and which one new runs use."""
    found: list[DataSetOut] = []
    for one in market.status():
        manifest = one.manifest
        indices = () if one.problem else market.columns(manifest.name)[1].index_names
        found.append(
            DataSetOut(
                name=manifest.name,
                active=one.active,
                simulated=manifest.simulated,
                basis=manifest.basis,
                data_version=manifest.data_version,
                source=manifest.source,
                first=_day(manifest.first),
                last=_day(manifest.last),
                symbols=manifest.symbols,
                candles=manifest.candles,
                indices=list(indices),
                gaps=one.gaps,
                rejected=manifest.rejected,
                updated_at=manifest.updated_at,  # pyright: ignore[reportArgumentType] - parsed
                problem=one.problem,
            )
        )
    return found


@router.get("/universes")
def list_universes(
    _user: CurrentUser, market: Market, *, day: Day = None, data_set: SetName = None
) -> list[UniverseOut]:
    """Universes a backtest may use, with their sizes; `custom:INFY,TCS` is also accepted."""
    return [UniverseOut.model_validate(one) for one in market.universes(day, data_set=data_set)]


@router.get("/universes/{name}")
def show_universe(
    name: Name, _user: CurrentUser, market: Market, *, day: Day = None, data_set: SetName = None
) -> MembersOut:
    """The members of a universe on a day."""
    universe, when, rows = market.members(name, day, data_set=data_set)
    members = [_symbol(row) for row in rows]
    return MembersOut(name=universe.name, title=universe.title, date=when, members=members)


@router.get("/symbols")
def find_symbols(
    _user: CurrentUser,
    market: Market,
    page: Page,
    *,
    q: Annotated[str, Query(max_length=60, description="Part of the symbol or company name.")] = "",
    data_set: SetName = None,
) -> list[SymbolOut]:
    """Symbols of a data set, the best match first; similar names if none match."""
    rows, total = market.search(q, data_set=data_set, limit=page.limit, offset=page.offset)
    page.total(total)
    return [_symbol(row) for row in rows]


@router.get("/candles/{symbol}")
def show_candles(
    symbol: Annotated[str, Path(max_length=60, examples=["INFY", "NIFTY 50"])],
    _user: CurrentUser,
    market: Market,
    *,
    start: From = None,
    end: To = None,
    data_set: SetName = None,
) -> CandlesOut:
    """Daily candles of a symbol, or of an index by its name, for charts."""
    series = market.candles(symbol, start, end, data_set=data_set)
    return CandlesOut(
        symbol=series.symbol,
        name=series.name,
        sector=series.sector,
        data_version=series.data_version,
        simulated=series.simulated,
        candles=_candles(series),
    )


@router.get("/calendar")
def show_calendar(
    _user: CurrentUser,
    start: Annotated[date, Query(alias="from")],
    end: Annotated[date, Query(alias="to")],
) -> list[SessionOut]:
    """Trading sessions of the exchange with their hours, for at most three years."""
    if end < start:
        raise InvalidInput("to must not be before from", pointer="/to")
    if end - start > _LONGEST_CALENDAR:
        raise InvalidInput("the range must not exceed three years", pointer="/to")
    return [_session(day) for day in nse_calendar().sessions_between(start, end)]


def _session(day: date) -> SessionOut:
    phases = nse_calendar().session_times(day)
    traded = [phase for phase in phases if phase.kind is PhaseKind.CONTINUOUS]
    kind = _SPECIAL.get(day)
    return SessionOut(
        date=day,
        open=traded[0].start if traded else None,
        close=traded[-1].end if traded else None,
        special=None if kind is None else str(kind.value),
        published=nse_calendar().is_published(day),
    )


def _symbol(row: SymbolRow) -> SymbolOut:
    has_candles = row.candles > 0
    return SymbolOut(
        symbol=row.symbol,
        name=row.name,
        isin=row.isin,
        sector=row.sector,
        first=row.first if has_candles else None,
        last=row.last if has_candles else None,
        candles=row.candles,
    )


def _candles(series: CandleSeries) -> list[CandleOut]:
    missing = np.full(len(series.dates), np.nan)
    volume = missing if series.volume is None else series.volume
    columns = (series.open, series.high, series.low, series.close, volume)
    cells = [[None if isnan(value) else value for value in column.tolist()] for column in columns]
    return [
        CandleOut.model_construct(
            date=day, open=open_, high=high, low=low, close=close, volume=volume
        )
        for day, open_, high, low, close, volume in zip(series.dates.tolist(), *cells, strict=True)
    ]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
