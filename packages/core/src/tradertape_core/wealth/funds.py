"""Mutual funds: an account statement's transactions as executions, and each fund's class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.order import Side
from tradertape_core.wealth.executions import NIL, Execution, Kind
from tradertape_core.wealth.records import BookTrade, FundTransaction, Segment

BROKER = "mutual fund"  # in place of a broker's name: a folio is held at the fund house
REVERSAL = "REVERSAL"


class FundClass(StrEnum):
    """How a fund's gain is taxed. A name tells equity funds from others; debt and hybrid funds are
    what a person says of them.

    equity: at least 65% in shares of Indian companies (explanation (a) of section 112A).
    """

    EQUITY = "equity"
    DEBT = "debt"
    HYBRID = "hybrid"
    OTHER = "other"
    UNKNOWN = "unknown"


_OTHER = re.compile(
    r"\b(liquid|overnight|gilt|bonds?|debt|money market|duration|income|credit risk|gold|silver|"
    r"banking (and|&) psu|floater|floating|treasury|g-?sec|sdl|commodit\w*|fixed (term|maturity)|"
    r"fmp|conservative|savings?|corporate|international|overseas|global|nasdaq|s&p 500|fof|"
    r"fund of funds?|us)\b"
)
_EQUITY = re.compile(
    r"\b(equity|flexi ?cap|multi ?cap|large( and| &)?( ?mid)? ?cap|large ?cap|mid ?cap|small ?cap|"
    r"elss|tax saver|tax relief|blue ?chip|value|contra|focused|nifty( ?\d+)?|sensex|index|"
    r"dividend yield|arbitrage|aggressive hybrid|pharma|technology|infrastructure|banking|"
    r"consumption)\b"
)


def fund_class(scheme: str) -> FundClass:
    """Judge by the words of a scheme's name; one that names both is not an equity fund."""
    text = scheme.lower()
    if _OTHER.search(text):
        return FundClass.OTHER
    return FundClass.EQUITY if _EQUITY.search(text) else FundClass.UNKNOWN


@dataclass(frozen=True, slots=True)
class FundClasses:
    """The class of each fund: what the person set, else a guess by its name.

    chosen: by instrument, which is the ISIN, or the name where a statement has no ISIN.
    """

    chosen: Mapping[str, FundClass] = field(default_factory=dict[str, FundClass])

    def of(self, instrument: str, scheme: str) -> FundClass:
        """The class of a fund."""
        return self.chosen.get(instrument) or fund_class(scheme)

    def is_guess(self, instrument: str) -> bool:
        """Whether the class of a fund is by its name alone."""
        return instrument not in self.chosen


def fund_executions(transactions: Sequence[FundTransaction]) -> list[Execution]:
    """Return what changed units, in the order of time; the amount stated is what it cost.

    A reversed purchase (a payment that failed) is taken out together with its reversal.
    Transactions without units (stamp duty, taxes, dividends paid out) are left out.
    """
    kept = _without_reversed(one for one in transactions if one.units)
    # On one day, what comes in is there before what goes out.
    kept.sort(key=lambda one: (one.happened_on, one.units < 0))
    return [_execution(place, one) for place, one in enumerate(kept)]


def fund_payouts(transactions: Iterable[FundTransaction]) -> list[FundTransaction]:
    """Dividends (income distributions) that were paid out in money."""
    return [one for one in transactions if one.kind == "DIVIDEND_PAYOUT"]


def _without_reversed(transactions: Iterable[FundTransaction]) -> list[FundTransaction]:
    kept: list[FundTransaction] = []
    for one in sorted(transactions, key=lambda each: each.happened_on):
        if one.kind == REVERSAL and one.units < 0:
            place = _reversed(kept, one)
            if place is not None:
                del kept[place]
                continue
        kept.append(one)
    return kept


def _reversed(kept: Sequence[FundTransaction], reversal: FundTransaction) -> int | None:
    for place in range(len(kept) - 1, -1, -1):
        one = kept[place]
        if (one.folio, one.isin, one.units) == (reversal.folio, reversal.isin, -reversal.units):
            return place
    return None


def _execution(place: int, one: FundTransaction) -> Execution:
    units, amount = abs(one.units), abs(one.amount)
    trade = BookTrade(
        broker=BROKER, account=one.folio, exchange="", segment=Segment.EQUITY,
        symbol=one.scheme, isin=one.isin, side=Side.BUY if one.units > 0 else Side.SELL,
        quantity=units, price=one.nav, traded_on=one.happened_on, at=None, trade_id=str(place),
        charges=Decimal(0),
    )  # fmt: skip
    return Execution(trade, one.isin or one.scheme, Kind.FUND, units, NIL, NIL, amount=amount)
