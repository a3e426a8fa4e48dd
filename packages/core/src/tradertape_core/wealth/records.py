"""What a broker's file states, in one form for all brokers. Money in rupees, as `Decimal`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from tradertape_core.orders.order import Side


class Segment(str, Enum):
    """A part of the market as the files name it."""

    EQUITY = "EQ"
    DERIVATIVES = "FO"
    CURRENCY = "CDS"
    COMMODITY = "MCX"


@dataclass(frozen=True, slots=True)
class BookTrade:
    """One execution of a tradebook. The side says the direction: quantity and price are above 0.

    `at` is aware, and None where the file has the day alone. `isin` is "" for derivatives and
    where the file leaves it out. `charges` is what the file says this trade cost, None where it
    says nothing (Zerodha's and Groww's files do not).
    """

    broker: str  # "kite", "upstox", "groww", or the name of a mapping of the user's own
    account: str  # the broker's client id
    exchange: str
    segment: Segment
    symbol: str
    isin: str
    side: Side
    quantity: Decimal
    price: Decimal
    traded_on: date
    at: datetime | None
    trade_id: str
    order_id: str = ""
    series: str = ""
    expiry: date | None = None
    is_auction: bool = False
    charges: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of a broker's ledger: debit is money out of the account, credit into it."""

    broker: str
    account: str
    posted_on: date | None  # None for the opening and closing balance
    particulars: str
    voucher_type: str
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class FundTransaction:
    """One transaction of a mutual fund's folio, as an account statement lists it.

    Units and amount are above 0 for what is bought, below 0 for what is sold or switched out.
    """

    folio: str
    isin: str
    scheme: str
    happened_on: date
    kind: str  # as casparser names it: PURCHASE, PURCHASE_SIP, REDEMPTION, DIVIDEND_PAYOUT, …
    units: Decimal
    nav: Decimal
    amount: Decimal
