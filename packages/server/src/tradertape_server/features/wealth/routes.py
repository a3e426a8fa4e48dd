"""Routes of wealth."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.wealth import export, schemas
from tradertape_server.features.wealth.service import WealthService
from tradertape_server.platform.http.routing import MAX_PAGE, part

router = APIRouter(prefix="/api/wealth", tags=["wealth"])

Wealth = Annotated[WealthService, Depends(part("wealth"))]
Year = Annotated[
    str | None,
    Query(max_length=10, description="A financial year: 2024-25", examples=["2024-25"]),
]


@router.get("/summary")
def read_summary(user: CurrentUser, wealth: Wealth) -> schemas.WealthSummaryOut:
    """Net worth, profit and returns of everything you uploaded, by the market's last closes."""
    return wealth.summary(user.id)


@router.get("/holdings")
def read_wealth_holdings(user: CurrentUser, wealth: Wealth) -> schemas.WealthHoldingsOut:
    """The shares you hold with their lots, open contracts, and sales without a purchase."""
    return wealth.holdings(user.id)


@router.get("/funds")
def list_funds(user: CurrentUser, wealth: Wealth) -> list[schemas.FundOut]:
    """Your mutual funds by folio, at the latest net asset value your statements have."""
    return wealth.funds(user.id)


@router.get("/realised")
def read_realised(
    user: CurrentUser,
    wealth: Wealth,
    fy: Year = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> schemas.RealisedOut:
    """Purchases and the sales that closed them, the latest first; of all years without `fy`."""
    return wealth.realised(user.id, fy, limit=limit, offset=offset)


@router.get("/tax")
def read_tax(user: CurrentUser, wealth: Wealth, fy: Year = None) -> schemas.TaxOut:
    """Capital gains and business income of a financial year, by default the latest with a sale."""
    return wealth.tax(user.id, fy)


@router.get("/tax/export", response_class=Response)
def export_tax(
    user: CurrentUser,
    wealth: Wealth,
    fy: Annotated[str, Query(max_length=10, examples=["2024-25"])],
    form: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "xlsx",
) -> Response:
    """Every pair of a financial year as CSV, or as XLSX with a summary."""
    body = wealth.tax_file(user.id, fy, is_xlsx=form == "xlsx")
    return Response(
        body,
        media_type=export.XLSX if form == "xlsx" else export.CSV,
        headers={"Content-Disposition": f'attachment; filename="tax-{fy}.{form}"'},
    )


@router.get("/dividends")
def read_dividends(user: CurrentUser, wealth: Wealth) -> schemas.DividendsOut:
    """Dividends by what companies declared while you held their shares, and payouts of funds."""
    return wealth.dividends(user.id)


@router.get("/networth")
def read_net_worth(
    user: CurrentUser, wealth: Wealth, points: Annotated[int, Query(ge=2, le=5000)] = 500
) -> schemas.NetWorthOut:
    """What your shares and funds were worth over time."""
    return wealth.net_worth(user.id, points)


@router.get("/reconciliation")
def read_wealth_reconciliation(user: CurrentUser, wealth: Wealth) -> schemas.CashReconciliationOut:
    """Each ledger beside your trades: every difference, and why it is there."""
    return wealth.reconciliation(user.id)
