"""HTTP of what pages read over all portfolios, of scanned days and of a position's story."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.portfolios import reading, stories, views
from tradertape_server.features.portfolios.build import Portfolios
from tradertape_server.features.portfolios.reading_schemas import (
    LedgerLineOut,
    PortfoliosOverviewOut,
    ScannedDayOut,
    StoryOut,
)
from tradertape_server.features.portfolios.schemas import SignalCheckOut, SignalOut
from tradertape_server.features.portfolios.twin_schemas import TwinOut
from tradertape_server.platform.http.routing import DbSession, RowId, TransactionRoute, part

router = APIRouter(prefix="/api/model", tags=["model portfolios"], route_class=TransactionRoute)

Parts = Annotated[Portfolios, Depends(part("portfolios"))]
Days = Annotated[int, Query(ge=1, le=1000)]
Symbol = Annotated[str, Query(min_length=1, max_length=40)]


@router.get("/overview")
def get_overview(session: DbSession, user: CurrentUser, parts: Parts) -> PortfoliosOverviewOut:
    """All your portfolios together: worth, what waits for a decision, and what is near a stop."""
    return PortfoliosOverviewOut.model_validate(parts.overview.of(session, user.id))


@router.get("/portfolios/{portfolio_id}/days")
def list_scanned_days(
    session: DbSession, user: CurrentUser, parts: Parts, portfolio_id: RowId, *, limit: Days = 250
) -> list[ScannedDayOut]:
    """The last scanned days, newest first: the equity, and how many symbols met which verdict."""
    row = parts.service.get(session, user.id, portfolio_id)
    found = reading.scanned_days(session, row, limit)
    return [ScannedDayOut.model_validate(one) for one in found]


@router.get("/portfolios/{portfolio_id}/ledger")
def get_ledger(
    session: DbSession, user: CurrentUser, parts: Parts, portfolio_id: RowId,
    *, symbol: Symbol, limit: Days = 250,
) -> list[LedgerLineOut]:  # fmt: skip
    """Why one symbol was a signal or not, day by day, newest first."""
    row = parts.service.get(session, user.id, portfolio_id)
    name = symbol.strip().upper().removeprefix("NSE:")
    found = reading.ledger(session, row, name, limit)
    return [LedgerLineOut.model_validate(one) for one in found]


@router.get("/portfolios/{portfolio_id}/twin")
def get_twin(user: CurrentUser, parts: Parts, portfolio_id: RowId) -> TwinOut:
    """The portfolio beside the backtest of its own strategy, settings and days: the gap by cause.

    The amounts of the causes add up to the gap exactly."""
    return TwinOut.model_validate(parts.twin.of(user.id, portfolio_id))


@router.get("/signals/{signal_id}")
def get_signal(user: CurrentUser, parts: Parts, signal_id: RowId) -> SignalOut:
    """One signal, with the verdict on it while it waits."""
    row = parts.checking.signal(user.id, signal_id)
    return views.signal(row, parts.checking.of_waiting([row]).get(row.id))


@router.get("/signals/{signal_id}/check")
def check_signal(user: CurrentUser, parts: Parts, signal_id: RowId) -> SignalCheckOut:
    """What an approval and the placement of the signal demand now, and whether each is met."""
    row = parts.checking.signal(user.id, signal_id)
    return SignalCheckOut.model_validate(parts.checking.of([row])[row.id])


@router.get("/positions/{position_id}/story")
def get_story(session: DbSession, user: CurrentUser, position_id: RowId) -> StoryOut:
    """A position from its signal to its exit, each step with its time and reason."""
    return StoryOut.model_validate(stories.of_position(session, user.id, position_id))
