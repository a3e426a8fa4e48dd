"""Response bodies of wealth. Rupees are strings with two decimals; returns are fractions."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Literal

from pydantic import PlainSerializer, StringConstraints

from tradertape_server.platform.http.routing import Body, IstTime, Reply

_PAISA = Decimal("0.01")


def _to_paisa(amount: Decimal) -> str:
    return f"{amount.quantize(_PAISA, ROUND_HALF_UP):f}"


def _plainly(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


Rupees = Annotated[Decimal, PlainSerializer(_to_paisa, return_type=str)]
Number = Annotated[Decimal, PlainSerializer(_plainly, return_type=str)]


# Points of the longest series of net worth.
MOST_POINTS = 5000
BookState = Literal["ready", "old", "reckoning", "failed"]


class PageOut(Reply):
    """A page of the book. factor_id: the label of the secret factor that your agent multiplied
    quantities and amounts by; where there is one, they are not rupees and shares."""

    factor_id: str | None = None
    scaled: bool = False


class BookStatusOut(Reply):
    """The book of your files.

    state: ready; old (files, the market's data or the day have changed, the figures are those of
    before, and the new book is being reckoned); reckoning (there is none yet); failed (`detail`
    says why). percent: of the reckoning. size_bytes: of the book in memory. factor_id: as of its
    pages.
    """

    state: BookState
    percent: int | None
    reckoned_at: IstTime | None
    detail: str
    size_bytes: int
    is_empty: bool
    factor_id: str | None = None


class WealthSummaryOut(PageOut):
    """The whole book. xirr, twr and benchmark_return: 0.1 is 10 %; null where there is none.

    as_of: the day of the market's last closes. unpriced: instruments without a price, valued at
    what they cost. warnings: what makes the figures incomplete, in words.
    """

    is_empty: bool
    as_of: date | None
    net_worth: Rupees
    shares: Rupees
    funds: Rupees
    cash: Rupees
    invested: Rupees
    unrealised: Rupees
    realised: Rupees
    day_profit: Rupees | None
    dividends: Rupees
    xirr: float | None
    twr: float | None
    benchmark: str
    benchmark_return: float | None
    trades: int
    unpriced: list[str]
    is_simulated: bool
    warnings: list[str]


class LotOut(Reply):
    """One purchase that is still held. long_term_from: the first day its sale is long term."""

    broker: str
    account: str
    opened_on: date
    quantity: Number
    price: Number
    cost: Rupees
    charges: Rupees
    days: int
    is_long_term: bool
    long_term_from: date
    is_bonus: bool
    is_short: bool
    is_estimated: bool


class AccountPartOut(Reply):
    """What one account holds of a share, over all of its lots."""

    broker: str
    account: str
    quantity: Number
    cost: Rupees


class WealthHoldingOut(Reply):
    """What is held of one share over all accounts. price: the last close; null without one.

    lots: the first 50 of `lot_count`; `GET /api/wealth/lots` has all of them by page. by_account is
    of all lots.
    """

    instrument: str
    symbol: str
    name: str
    sector: str
    quantity: Number
    average_price: Number
    cost: Rupees
    price: Number | None
    value: Rupees
    unrealised: Rupees | None
    day_profit: Rupees | None
    weight: float
    long_term_quantity: Number
    by_account: list[AccountPartOut]
    lot_count: int
    lots: list[LotOut]


class OpenContractOut(Reply):
    """A future or an option that no trade has closed. is_expired: its settlement is not on file."""

    broker: str
    account: str
    symbol: str
    expiry: date | None
    quantity: Number
    price: Number
    opened_on: date
    is_expired: bool


class UnmatchedOut(Reply):
    """Shares or units sold that no purchase on file covers."""

    broker: str
    account: str
    symbol: str
    sold_on: date
    quantity: Number
    proceeds: Rupees


class WealthHoldingsOut(PageOut):
    """Shares held, the largest first; open contracts; and sales without a purchase.

    Of contracts and sales the first 50 of `contract_count` and `unmatched_count`: all of them are
    in `GET /api/wealth/contracts` and `GET /api/wealth/unmatched` by page. settlement_count: of
    `GET /api/wealth/settlements`.
    """

    as_of: date | None
    holdings: list[WealthHoldingOut]
    contract_count: int
    contracts: list[OpenContractOut]
    settlement_count: int
    unmatched_count: int
    unmatched: list[UnmatchedOut]


class FundOut(Reply):
    """Units of one fund in one folio. nav: the latest a statement has, of `nav_on`.

    instrument: what its class is set by: the ISIN, or the name without one. class_is_guess: the
    class is guessed from the fund's name; guessed_class: what that gives.
    """

    folio: str
    instrument: str
    isin: str
    scheme: str
    fund_class: str
    class_is_guess: bool
    guessed_class: str
    units: Number
    cost: Rupees
    nav: Number | None
    nav_on: date | None
    value: Rupees
    unrealised: Rupees
    realised: Rupees
    payouts: Rupees
    xirr: float | None


class FundsOut(Reply):
    """All funds; how the list is kept."""

    funds: list[FundOut]


class SheetOut(Reply):
    """The summary of a tax export, cell by cell; how it is kept."""

    rows: list[list[str]]


class MatchOut(Reply):
    """A purchase and the sale that closed it. kind: intraday, delivery, derivative or fund."""

    kind: str
    broker: str
    account: str
    symbol: str
    bought_on: date
    sold_on: date
    days: int
    quantity: Number
    cost: Rupees
    proceeds: Rupees
    charges: Rupees
    profit: Rupees
    is_short: bool
    is_bonus: bool
    is_estimated: bool


class RealisedOut(PageOut):
    """A page of what a financial year realised, and the sums of the whole year by kind."""

    fy: str | None
    years: list[str]
    total: int
    profit: Rupees
    charges: Rupees
    by_kind: dict[str, Rupees]
    items: list[MatchOut]


class BucketOut(Reply):
    """Gains of one term, rate and section. remaining: after set-off; tax: without surcharge, cess.

    rate: null at your slab: its tax is not reckoned. section: of the Income-tax Act 1961; "" of a
    short term gain that no section but the slab is about.
    """

    term: str
    rate: Number | None
    section: str
    gains: Rupees
    losses: Rupees
    remaining: Rupees
    exempt: Rupees
    taxable: Rupees
    tax: Rupees


class SetOffOut(Reply):
    """A loss that relieved a gain, by a section of the Income-tax Act 1961."""

    loss: str
    gain: str
    amount: Rupees
    section: str


class BusinessOut(Reply):
    """Income taxed at the person's slab. remaining: after set-off."""

    pairs: int
    turnover: Rupees
    gross: Rupees
    charges: Rupees
    net: Rupees
    remaining: Rupees


class FundClassIn(Body):
    """The class of a fund. instrument: as the funds name it. fund_class: null guesses it from the
    fund's name again."""

    instrument: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    fund_class: Literal["equity", "debt", "hybrid", "other"] | None


class SoldFundOut(Reply):
    """A fund that was sold in the year, and whether its class is a guess by its name.

    is_taxed_here: its gain is in the report's figures: it is known how it is taxed.
    """

    instrument: str
    scheme: str
    fund_class: str
    class_is_guess: bool
    guessed_class: str
    is_taxed_here: bool
    profit: Rupees


class TaxOut(PageOut):
    """A financial year's report. grandfathered: pairs whose cost is the price of 2018-01-31.

    losses_left: to carry forward, by term. other_funds: gain of funds of which it is not known how
    they are taxed. tax: of the gains with a rate; those at your slab are not in it. funds: those
    sold in the year.
    """

    fy: str | None
    years: list[str]
    buckets: list[BucketOut]
    set_offs: list[SetOffOut]
    speculative: BusinessOut | None
    derivatives: BusinessOut | None
    exemption: Rupees
    tax: Rupees
    losses_left: dict[str, Rupees]
    grandfathered: int
    without_price_2018: list[str]
    is_estimated: bool
    other_funds: Rupees
    funds: list[SoldFundOut]
    notes: list[str]


class DividendOut(Reply):
    """A dividend of a share by what the company declared, or a payout of a fund."""

    paid_by: str
    account: str
    on: date
    quantity: Number | None
    per_share: Number | None
    amount: Rupees


class DividendsOut(PageOut):
    """A page of dividends, the latest first, and the sums of all by financial year."""

    by_year: dict[str, Rupees]
    total: int
    items: list[DividendOut]


class WorthPointOut(Reply):
    """One day's close. Rupees, for a chart."""

    on: date
    value: Rupees
    invested: Rupees
    benchmark: Number | None


class NetWorthOut(PageOut):
    """Shares and funds over time; the last day is always there, others as the limit allows."""

    benchmark: str
    points: list[WorthPointOut]


class CashDifferenceOut(Reply):
    """Rupees by which the ledger's settlements are above the book's trades, and why."""

    kind: str
    amount: Rupees
    days: int
    meaning: str


class CashOut(Reply):
    """One account's ledger beside its trades. gap: what the lines leave unexplained between the
    opening and the closing balance."""

    broker: str
    account: str
    first: date
    last: date
    opening: Rupees
    closing: Rupees
    gap: Rupees
    by_kind: dict[str, Rupees]
    book: Rupees
    settled: Rupees
    differences: list[CashDifferenceOut]


class CashReconciliationOut(PageOut):
    """Every account with a ledger."""

    accounts: list[CashOut]


class QualityCheckOut(Reply):
    """A total that a file states, and the same of its rows. Rupees."""

    upload_id: int
    file: str
    name: str
    stated: Rupees
    parsed: Rupees
    difference: Rupees
    is_off: bool


class QualityGapOut(Reply):
    """Days between two files of one account and segment that no file is about."""

    broker: str
    account: str
    segment: str
    first: date
    last: date


class QualityUnmatchedOut(Reply):
    """What was sold of one share without a purchase on file. on: the first such sale."""

    symbol: str
    on: date
    quantity: Number
    proceeds: Rupees


class QualityEstimateOut(Reply):
    """Executions of one broker whose charges are estimated, of all of them."""

    broker: str
    estimated: int
    executions: int
    charges: Rupees


class QualityOut(PageOut):
    """What is missing or uncertain in your files.

    Of each list the first 200; `*_count` counts all. unknown: shares that the market data does
    not have, so that they have no price and no corporate actions. is_good: nothing is wrong;
    estimated charges alone do not count.
    """

    is_good: bool
    files: int
    checks: list[QualityCheckOut]
    gaps: list[QualityGapOut]
    unmatched_count: int
    unmatched: list[QualityUnmatchedOut]
    estimates: list[QualityEstimateOut]
    unknown_count: int
    unknown: list[str]
