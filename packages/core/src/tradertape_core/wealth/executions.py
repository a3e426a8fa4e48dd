"""Trades split by what they were: squared off within the day, delivered, or a derivative."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal

from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.order import Side
from tradertape_core.wealth.instruments import Identities, identify
from tradertape_core.wealth.records import BookTrade, Segment

NIL = Decimal(0)
STEP = Decimal("0.00000001")  # what a share of an amount is rounded to
_FIRST = datetime(1, 1, 1, tzinfo=timezone.utc)


class Kind(StrEnum):
    """How the tax law sees an execution: speculative, capital, or non-speculative business."""

    INTRADAY = "intraday"
    DELIVERY = "delivery"
    DERIVATIVE = "derivative"
    FUND = "fund"  # units of a mutual fund, from an account statement


@dataclass(frozen=True, slots=True)
class Execution:
    """A trade, or the part of it that has one kind. charges, stt: rupees of this quantity.

    is_expiry: the end of a contract at its expiry, which is in no file.
    """

    trade: BookTrade
    instrument: str
    kind: Kind
    quantity: Decimal
    charges: Decimal = NIL  # all of them, the transaction tax inside
    stt: Decimal = NIL
    is_estimated: bool = False
    amount: Decimal | None = None  # rupees, where they are stated and not price by quantity
    is_expiry: bool = False

    @property
    def value(self) -> Decimal:
        """Turnover in rupees."""
        return self.quantity * self.trade.price if self.amount is None else self.amount

    @property
    def day(self) -> date:
        """The day of the trade."""
        return self.trade.traded_on

    @property
    def is_buy(self) -> bool:
        """Whether it bought."""
        return self.trade.side is Side.BUY


def split_by_kind(
    trades: Sequence[BookTrade], identities: Identities | None = None
) -> list[Execution]:
    """Split trades into executions of one kind each, in the order of time.

    Shares bought and sold on one day, with one account on one exchange, are squared off: the
    smaller side is intraday, earliest first, and only what is left is delivered. The parts of a
    trade add up to its quantity. An auction buys in what was sold before, and is delivery.
    """
    names = identities or identify(trades)
    days: dict[tuple[str, str, str, str, date], list[BookTrade]] = defaultdict(list)
    found: list[Execution] = []
    for trade in trades:
        instrument = names.of(trade)
        if trade.segment is not Segment.EQUITY:
            found.append(Execution(trade, instrument, Kind.DERIVATIVE, trade.quantity))
        elif trade.is_auction:
            found.append(Execution(trade, instrument, Kind.DELIVERY, trade.quantity))
        else:
            days[trade.broker, trade.account, trade.exchange, instrument, trade.traded_on].append(
                trade
            )
    for (_, _, _, instrument, _), of_day in days.items():
        found += _split_day(instrument, of_day)
    found.sort(key=_order)
    return found


def _split_day(instrument: str, trades: list[BookTrade]) -> Iterator[Execution]:
    bought = sum((one.quantity for one in trades if one.side is Side.BUY), NIL)
    sold = sum((one.quantity for one in trades if one.side is Side.SELL), NIL)
    squared = min(bought, sold)
    left = {Side.BUY: squared, Side.SELL: squared}
    for trade in sorted(trades, key=in_time):
        intraday = min(left[trade.side], trade.quantity)
        left[trade.side] -= intraday
        if intraday:
            yield Execution(trade, instrument, Kind.INTRADAY, intraday)
        if trade.quantity > intraday:
            yield Execution(trade, instrument, Kind.DELIVERY, trade.quantity - intraday)


def in_time(trade: BookTrade) -> tuple[date, datetime, str, str]:
    """The order of trades; of a day without times, by their number at the exchange."""
    number = trade.trade_id.rjust(24, "0")  # numbers are text, of unequal length
    return trade.traded_on, trade.at or _FIRST, number, trade.side.value


def _order(execution: Execution) -> tuple[tuple[date, datetime, str, str], str]:
    return in_time(execution.trade), execution.kind.value


def part_of(amount: Decimal, quantity: Decimal, whole: Decimal) -> Decimal:
    """The share of an amount that belongs to `quantity` of `whole`; amount less it is exact."""
    share = amount if quantity == whole else amount * quantity / whole
    return share.quantize(STEP)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, zero of nothing."""
    return sum(amounts, NIL)
