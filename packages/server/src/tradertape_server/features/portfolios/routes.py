"""HTTP of model portfolios."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.portfolios import repository, views
from tradertape_server.features.portfolios.build import Portfolios
from tradertape_server.features.portfolios.dashboard_schemas import DashboardOut
from tradertape_server.features.portfolios.live.changes import Change
from tradertape_server.features.portfolios.live.closing import Sale
from tradertape_server.features.portfolios.models import Portfolio
from tradertape_server.features.portfolios.readiness import warnings_of
from tradertape_server.features.portfolios.reading_schemas import PortfoliosOverviewOut
from tradertape_server.features.portfolios.schemas import (
    AlertOut,
    ApproveIn,
    BulkIn,
    BulkResultOut,
    CloseIn,
    DeployIn,
    PlaceIn,
    PlaceOut,
    PortfolioOut,
    PortfolioStatus,
    PositionOut,
    PromoteIn,
    ReasonIn,
    ScanIn,
    ScanOut,
    ScanRunOut,
    SignalOut,
    SignalStatus,
    VerdictsOut,
)
from tradertape_server.features.strategies.schemas import Explanation
from tradertape_server.platform.errors import NotFound
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import DbSession, Page, RowId, TransactionRoute, part

router = APIRouter(prefix="/api/model", tags=["model portfolios"], route_class=TransactionRoute)

Parts = Annotated[Portfolios, Depends(part("portfolios"))]
Status = Annotated[list[PortfolioStatus] | None, Query()]
SignalStatuses = Annotated[list[SignalStatus] | None, Query()]
PositionStatus = Annotated[str | None, Query(pattern="^(open|partially_open|exit_pending|closed)$")]


def _shown(session: Session, row: Portfolio) -> PortfolioOut:
    session.flush()
    live, held = repository.live_signals(session, row.id), repository.count_open(session, row.id)
    return views.portfolio(row, live, held, warnings_of(session, row))


def _changed(parts: Portfolios, user_id: int, portfolio_id: int, *steps: Change) -> PortfolioOut:
    """Take steps, each stored before the next, with orders at venues ended in between."""
    parts.changes.withdrawn(portfolio_id, *steps)
    with parts.changes.database.read() as session:
        return _shown(session, parts.service.get(session, user_id, portfolio_id))


def _by(caller: Identity) -> str:
    return caller.email


# --- portfolios -----------------------------------------------------------------------------------


@router.get("/portfolios")
def list_portfolios(
    session: DbSession, user: CurrentUser, parts: Parts, *, status: Status = None
) -> list[PortfolioOut]:
    """Your portfolios, oldest first; the active ones unless `status` says otherwise."""
    rows = parts.service.find(session, user.id, status or ("active",))
    return [_shown(session, row) for row in rows]


@router.post("/portfolios/deploy", status_code=201)
def deploy_portfolio(
    session: DbSession, user: CurrentUser, parts: Parts, body: DeployIn
) -> PortfolioOut:
    """Put a strategy to work, pinned to its version of now; live with `confirm_live` alone."""
    row = parts.service.deploy(
        session, user.id, strategy_id=body.strategy_id, name=body.name, settings=body.settings(),
        confirm_live=body.confirm_live,
    )  # fmt: skip
    return _shown(session, row)


@router.get("/portfolios/{portfolio_id}")
def get_portfolio(
    session: DbSession, user: CurrentUser, parts: Parts, portfolio_id: RowId
) -> PortfolioOut:
    """One portfolio."""
    return _shown(session, parts.service.get(session, user.id, portfolio_id))


@router.post("/portfolios/{portfolio_id}/pause")
def pause_portfolio(user: CurrentUser, parts: Parts, portfolio_id: RowId) -> PortfolioOut:
    """Stop proposing and buying. What is held keeps its stops and exits; entry orders that rest are
    withdrawn."""

    def pause(session: Session) -> object:
        return parts.service.pause(session, user.id, portfolio_id, by=_by(user))

    return _changed(parts, user.id, portfolio_id, pause)


@router.post("/portfolios/{portfolio_id}/resume")
def resume_portfolio(
    session: DbSession, user: CurrentUser, parts: Parts, portfolio_id: RowId
) -> PortfolioOut:
    """Propose and buy again."""
    return _shown(session, parts.service.resume(session, user.id, portfolio_id))


@router.post("/portfolios/{portfolio_id}/retire")
def retire_portfolio(user: CurrentUser, parts: Parts, portfolio_id: RowId) -> PortfolioOut:
    """End a portfolio for good; 409 while it has open positions."""

    def retire(session: Session) -> object:
        return parts.service.retire(session, user.id, portfolio_id, by=_by(user))

    def withdraw(session: Session) -> object:
        parts.service.demand_flat(session, user.id, portfolio_id)
        return parts.service.withdraw_entries(
            session, user.id, portfolio_id, by=_by(user), why="the portfolio is retired"
        )

    return _changed(parts, user.id, portfolio_id, withdraw, retire)


@router.post("/portfolios/{portfolio_id}/reset")
def reset_portfolio(user: CurrentUser, parts: Parts, portfolio_id: RowId) -> PortfolioOut:
    """Begin anew with the starting capital; signals and positions are kept as an epoch."""
    was_active: list[bool] = []

    def withdraw(session: Session) -> object:
        parts.service.demand_paper(session, user.id, portfolio_id)
        was_active.append(
            parts.service.withdraw_entries(
                session, user.id, portfolio_id, by=_by(user), why="the portfolio is reset"
            )
        )
        return None

    def reset(session: Session) -> object:
        return parts.service.reset(session, user.id, portfolio_id, is_active=was_active[0])

    return _changed(parts, user.id, portfolio_id, withdraw, reset)


@router.post("/portfolios/{portfolio_id}/promote", status_code=201)
def promote_portfolio(
    session: DbSession, user: CurrentUser, parts: Parts, portfolio_id: RowId, body: PromoteIn
) -> PortfolioOut:
    """Deploy a live portfolio with the strategy and settings of one on paper, which goes on."""
    row = parts.service.promote(
        session, user.id, portfolio_id, name=body.name, placed_by=body.placed_by,
        confirm_live=body.confirm_live,
    )  # fmt: skip
    return _shown(session, row)


@router.get("/portfolios/{portfolio_id}/alerts")
def list_alerts(
    session: DbSession, user: CurrentUser, parts: Parts, portfolio_id: RowId
) -> list[AlertOut]:
    """What to look at now: triggers near their price, limits, stops that differ."""
    row = parts.service.get(session, user.id, portfolio_id)
    return [views.alert(one) for one in repository.alerts(session, row.id)]


@router.get("/portfolios/{portfolio_id}/verdicts")
def get_verdicts(
    session: DbSession, user: CurrentUser, parts: Parts, portfolio_id: RowId, *, day: date
) -> VerdictsOut:
    """Why each symbol was a signal on a day, or not."""
    row = parts.service.get(session, user.id, portfolio_id)
    found = next((d for d in repository.days(session, row.id, row.epoch) if d.day == day), None)
    if found is None:
        raise NotFound("Scanned day")
    return VerdictsOut(
        day=found.day, evaluated=found.evaluated, insufficient_data=found.insufficient,
        data_version=found.data_version, verdicts=found.verdicts,
    )  # fmt: skip


@router.get("/portfolios/{portfolio_id}/explain")
def explain_symbol(
    session: DbSession, user: CurrentUser, parts: Parts, portfolio_id: RowId,
    *, symbol: Annotated[str, Query(min_length=1, max_length=40)], day: date,
) -> Explanation:  # fmt: skip
    """The entry rules with their values for a symbol at a close."""
    row = parts.service.get(session, user.id, portfolio_id)
    found = parts.signals.explain_day(row, symbol.strip().upper().removeprefix("NSE:"), day)
    return Explanation.model_validate(found)


@router.get("/dashboard")
def get_dashboard(
    session: DbSession, user: CurrentUser, parts: Parts, *, portfolio_id: RowId | None = None
) -> DashboardOut | PortfoliosOverviewOut:
    """Everything about one portfolio, after its last traded day.

    Without `portfolio_id` all your portfolios together, as `GET /api/model/overview`.
    """
    if portfolio_id is None:
        return PortfoliosOverviewOut.model_validate(parts.overview.of(session, user.id))
    row = parts.service.get(session, user.id, portfolio_id)
    return DashboardOut.model_validate(parts.dashboard.of(session, row))


# --- scans ----------------------------------------------------------------------------------------


@router.post("/scan")
def scan(user: CurrentUser, parts: Parts, body: ScanIn | None = None) -> ScanOut:
    """Trade your portfolios' days up to the last final one, and raise new signals.

    409 while another scan of yours is running. Running it twice is harmless.
    """
    wanted = body or ScanIn()
    return ScanOut.model_validate(
        parts.scans.scan(
            user.id,
            portfolio_id=wanted.portfolio_id,
            as_of=wanted.as_of,
            dry_run=wanted.dry_run,
        )
    )


@router.get("/scans")
def list_scans(session: DbSession, user: CurrentUser, parts: Parts, page: Page) -> list[ScanRunOut]:
    """Your scans, newest first, those by schedule too."""
    rows = parts.scans.history(session, user.id, limit=page.limit, offset=page.offset)
    return [ScanRunOut.model_validate(row) for row in rows]


# --- signals --------------------------------------------------------------------------------------


@router.get("/signals")
def list_signals(
    user: CurrentUser, parts: Parts, page: Page,
    *, portfolio_id: RowId | None = None, status: SignalStatuses = None,
) -> list[SignalOut]:  # fmt: skip
    """Your signals, newest first, the best of a day first."""
    with parts.checking.database.read() as session:
        rows, total = repository.signals(
            session, user.id, portfolio_id=portfolio_id, statuses=status or (),
            limit=page.limit, offset=page.offset,
        )  # fmt: skip
        session.expunge_all()
    page.total(total)
    verdicts = parts.checking.of_waiting(rows)
    return [views.signal(row, verdicts.get(row.id)) for row in rows]


@router.post("/signals/bulk")
def act_on_signals(
    session: DbSession, user: CurrentUser, parts: Parts, body: BulkIn
) -> list[BulkResultOut]:
    """Approve, reject, expire, cancel or retry several; one that cannot be does not keep the
    others. An order at a venue is cancelled a moment later."""
    found = parts.signals.bulk(session, user.id, body.ids, body.action, by=_by(user))
    return [BulkResultOut.model_validate(one) for one in found]


@router.post("/signals/{signal_id}/approve")
def approve_signal(
    session: DbSession, user: CurrentUser, parts: Parts, signal_id: RowId,
    body: ApproveIn | None = None,
) -> SignalOut:  # fmt: skip
    """Move a signal to the cart."""
    wanted = body or ApproveIn()
    row = parts.signals.act(
        session, user.id, signal_id, "approve", by=_by(user), note=wanted.note,
        quantity=wanted.quantity,
    )  # fmt: skip
    return views.signal(row)


@router.post("/signals/{signal_id}/reject")
def reject_signal(
    session: DbSession, user: CurrentUser, parts: Parts, signal_id: RowId,
    body: ReasonIn | None = None,
) -> SignalOut:  # fmt: skip
    """Reject a signal, from the cart too."""
    note = body.reason if body else ""
    row = parts.signals.act(session, user.id, signal_id, "reject", by=_by(user), note=note)
    return views.signal(row)


@router.post("/signals/{signal_id}/expire")
def expire_signal(
    session: DbSession, user: CurrentUser, parts: Parts, signal_id: RowId,
    body: ReasonIn | None = None,
) -> SignalOut:  # fmt: skip
    """Let a signal expire now."""
    note = body.reason if body else ""
    row = parts.signals.act(session, user.id, signal_id, "expire", by=_by(user), note=note)
    return views.signal(row)


@router.post("/signals/{signal_id}/retry")
def retry_signal(
    session: DbSession, user: CurrentUser, parts: Parts, signal_id: RowId
) -> SignalOut:
    """Return a signal whose order failed to the cart; three attempts are the most."""
    row = parts.signals.act(session, user.id, signal_id, "retry", by=_by(user), note="")
    return views.signal(row)


@router.post("/signals/{signal_id}/cancel")
def cancel_signal(
    user: CurrentUser, parts: Parts, signal_id: RowId, body: ReasonIn | None = None
) -> SignalOut:
    """Cancel the order of a signal that waits for its trigger."""
    reason = body.reason if body else ""
    return views.signal(parts.signals.cancel(user.id, signal_id, by=_by(user), note=reason))


@router.get("/signals/{signal_id}/explain")
def explain_signal(
    session: DbSession, user: CurrentUser, parts: Parts, signal_id: RowId
) -> Explanation:
    """The entry rules with their values at the signal's close."""
    return Explanation.model_validate(parts.signals.explain(session, user.id, signal_id))


@router.post("/cart/place")
def place_cart(user: CurrentUser, parts: Parts, body: PlaceIn | None = None) -> PlaceOut:
    """Place what is in the cart; 400 when nothing is."""
    wanted = body or PlaceIn()
    return PlaceOut.model_validate(
        parts.signals.place(
            user.id,
            portfolio_id=wanted.portfolio_id,
            signal_ids=wanted.signal_ids,
            dry_run=wanted.dry_run,
            by=_by(user),
        )
    )


# --- positions ------------------------------------------------------------------------------------


@router.get("/positions")
def list_positions(
    session: DbSession, user: CurrentUser, page: Page,
    *, portfolio_id: RowId | None = None, status: PositionStatus = None,
) -> list[PositionOut]:  # fmt: skip
    """Your positions, newest first; `open` includes those whose exit is under way."""
    wanted = {None: (), "open": repository.OPEN}.get(status, (status or "",))
    rows, total = repository.positions(
        session, user.id, portfolio_id=portfolio_id, statuses=wanted,
        limit=page.limit, offset=page.offset,
    )  # fmt: skip
    page.total(total)
    scaled = repository.scaled_portfolios(session, user.id)
    return [views.position(row, is_scaled=row.portfolio_id in scaled) for row in rows]


@router.post("/positions/{position_id}/close")
def close_position(
    user: CurrentUser, parts: Parts, position_id: RowId, body: CloseIn | None = None
) -> PositionOut:
    """Sell a position, or a part of it; 409 when it is closed or being closed already.

    One that candles fill is sold at the last close. Else the order goes to the market, or waits for
    it to open.
    """
    wanted = body or CloseIn()
    sale = Sale(
        quantity=wanted.quantity, order_type=wanted.order, limit_price=wanted.limit_price,
        reason=wanted.reason,
    )  # fmt: skip
    return views.position(parts.closing.close(user.id, position_id, sale, by=_by(user)))
