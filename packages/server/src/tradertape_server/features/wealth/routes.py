"""Routes of wealth."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.wealth import export, schemas
from tradertape_server.features.wealth.service import WealthService
from tradertape_server.features.wealth.settlements import SettlementIn, SettlementOut
from tradertape_server.platform.http.routing import MAX_PAGE, Page, part

router = APIRouter(prefix="/api/wealth", tags=["wealth"])

Wealth = Annotated[WealthService, Depends(part("wealth"))]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
Year = Annotated[
    str | None,
    Query(max_length=10, description="A financial year: 2024-25", examples=["2024-25"]),
]


@router.get("/status")
def read_book_status(user: CurrentUser, wealth: Wealth) -> schemas.BookStatusOut:
    """Whether the figures are of your files as they are now, and how far their reckoning is.

    While there is no book yet, the other routes answer 503 with code `book_being_reckoned`.
    """
    return wealth.status(user.id)


@router.get("/summary")
def read_summary(user: CurrentUser, wealth: Wealth) -> schemas.WealthSummaryOut:
    """Net worth, profit and returns of everything you uploaded, by the market's last closes."""
    return wealth.summary(user.id)


@router.get("/holdings")
def read_wealth_holdings(user: CurrentUser, wealth: Wealth) -> schemas.WealthHoldingsOut:
    """The shares you hold with their first lots, open contracts, and sales without a purchase."""
    return wealth.holdings(user.id)


@router.get("/lots")
def list_lots(
    user: CurrentUser,
    wealth: Wealth,
    page: Page,
    instrument: Annotated[str, Query(max_length=120, description="As the holdings name it.")],
) -> list[schemas.LotOut]:
    """The lots of a share you hold, the oldest first."""
    total, found = wealth.lots(user.id, instrument, page.limit, page.offset)
    page.total(total)
    return found


@router.get("/contracts")
def list_open_contracts(
    user: CurrentUser, wealth: Wealth, page: Page
) -> list[schemas.OpenContractOut]:
    """Futures and options that no trade of your files has closed."""
    total, found = wealth.contracts(user.id, page.limit, page.offset)
    page.total(total)
    return found


@router.get("/settlements")
def list_settlements(user: CurrentUser, wealth: Wealth, page: Page) -> list[SettlementOut]:
    """Contracts that were held until they expired, and what they were settled at."""
    total, found = wealth.settlements(user.id, page.limit, page.offset)
    page.total(total)
    return found


@router.put("/settlements", status_code=204)
def set_settlement(user: CurrentUser, wealth: Wealth, body: SettlementIn) -> None:
    """State what a contract was worth when it expired, where your files have no closing trade.

    Without it, the close of the underlying on that day counts, if the market data has it. The
    figures follow once the book is reckoned anew.
    """
    wealth.set_settlement(user.id, body)


@router.get("/unmatched")
def list_unmatched(user: CurrentUser, wealth: Wealth, page: Page) -> list[schemas.UnmatchedOut]:
    """Sales that no purchase in your files covers."""
    total, found = wealth.unmatched(user.id, page.limit, page.offset)
    page.total(total)
    return found


@router.get("/funds")
def list_funds(user: CurrentUser, wealth: Wealth) -> list[schemas.FundOut]:
    """Your mutual funds by folio, at the latest net asset value your statements have."""
    return wealth.funds(user.id)


@router.put("/funds/class", status_code=204)
def set_fund_class(user: CurrentUser, wealth: Wealth, body: schemas.FundClassIn) -> None:
    """Set whether a fund is an equity, debt or hybrid fund, which decides how its gain is taxed.

    Without it, the class is guessed from the fund's name. The figures follow once the book is
    reckoned anew.
    """
    wealth.set_fund_class(user.id, body)


@router.get("/realised")
def read_realised(
    user: CurrentUser,
    wealth: Wealth,
    fy: Year = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    offset: Offset = 0,
    sort: Literal["closed_on", "profit", "symbol", "days", "proceeds"] = "closed_on",
    order: Literal["asc", "desc"] = "desc",
) -> schemas.RealisedOut:
    """Purchases and the sales that closed them, the latest first; of all years without `fy`."""
    return wealth.realised(
        user.id, fy, sort=sort, is_descending=order == "desc", limit=limit, offset=offset
    )


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
def read_dividends(
    user: CurrentUser,
    wealth: Wealth,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    offset: Offset = 0,
) -> schemas.DividendsOut:
    """Dividends by what companies declared while you held their shares, and payouts of funds."""
    return wealth.dividends(user.id, limit, offset)


@router.get("/networth")
def read_net_worth(
    user: CurrentUser,
    wealth: Wealth,
    points: Annotated[int, Query(ge=2, le=schemas.MOST_POINTS)] = 500,
) -> schemas.NetWorthOut:
    """What your shares and funds were worth over time."""
    return wealth.net_worth(user.id, points)


@router.get("/reconciliation")
def read_wealth_reconciliation(user: CurrentUser, wealth: Wealth) -> schemas.CashReconciliationOut:
    """Each ledger beside your trades: every difference, and why it is there."""
    return wealth.reconciliation(user.id)


@router.get("/quality")
def read_import_quality(user: CurrentUser, wealth: Wealth) -> schemas.QualityOut:
    """What is missing or uncertain in your files: totals that differ, days without a file, sales
    without a purchase, estimated charges, and shares the market data does not have."""
    return wealth.quality(user.id)
