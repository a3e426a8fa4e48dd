"""Contracts that expired while they were held: no broker's tradebook has a row of it.

What is worth nothing at its expiry is in no file at all, and what is settled is in the ledger
alone. So the end of a contract is an execution of our own, at what is known of its worth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from tradertape_core.ledger.charges import exercise_tax
from tradertape_core.market.hours import last_trade
from tradertape_core.orders.order import Side
from tradertape_core.wealth.executions import NIL, Execution, Kind, in_time
from tradertape_core.wealth.records import BookTrade

_OPTION = {"CE": 1, "CALL": 1, "CA": 1, "PE": -1, "PUT": -1, "PA": -1}
_FUTURE = re.compile(r"FUT[A-Z]*")
_WEEKLY_MONTHS = "123456789OND"
# Rupees a unit of a contract was worth at its expiry; None where it is not known.
WorthOf = Callable[[BookTrade], Decimal | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a contract's name says. right: 1 of a call, -1 of a put, 0 of a future."""

    underlying: str
    right: int
    strike: Decimal = NIL

    def worth(self, closing: Decimal) -> Decimal:
        """Rupees a unit is worth at a closing price of the underlying."""
        return max((closing - self.strike) * self.right, NIL) if self.right else closing


def terms_of(symbol: str, expiry: date) -> Terms | None:
    """Read a contract's name: `NIFTY2441022000CE`, `INFY24APRFUT` as Zerodha writes it, or the
    words of Upstox's report, `NIFTY 10APR24 22000 CE`. None if it is neither.
    """
    words = symbol.upper().split()
    if len(words) == 1:
        month = f"{expiry:%y%b}".upper()
        week = f"{expiry:%y}{_WEEKLY_MONTHS[expiry.month - 1]}{expiry:%d}"
        for token in (month, week):
            underlying, found, rest = symbol.upper().partition(token)
            if found and underlying:
                words = [underlying, rest[:-2], rest[-2:]] if rest[-2:] in _OPTION else [rest]
                words = [underlying, rest] if len(words) == 1 else words
                break
    elif f"{expiry:%d%b%y}".upper() in words:
        words.remove(f"{expiry:%d%b%y}".upper())
    if len(words) < 2:
        return None
    if _FUTURE.fullmatch(words[-1]):
        return Terms(" ".join(words[:-1]), 0)
    if words[-1] not in _OPTION or len(words) < 3:
        return None
    try:
        strike = Decimal(words[-2])
    except InvalidOperation:
        return None
    return Terms(" ".join(words[:-2]), _OPTION[words[-1]], strike)


def settled_at_expiry(
    executions: Sequence[Execution], worth_of: WorthOf, today: date
) -> list[Execution]:
    """Close what was held when its contract expired, at its worth, where that is known.

    executions: with charges, in the order of time; so is the result. today: a contract whose expiry
    is before it has expired. An exercised option has its transaction tax, all else no charges, and
    each is marked as estimated.
    """
    held: dict[tuple[str, str, str], Decimal] = {}
    last: dict[tuple[str, str, str], Execution] = {}
    for one in executions:
        expiry = one.trade.expiry
        if one.kind is not Kind.DERIVATIVE or expiry is None or expiry >= today:
            continue
        key = one.trade.broker, one.trade.account, one.instrument
        held[key] = held.get(key, NIL) + (one.quantity if one.is_buy else -one.quantity)
        last[key] = one
    ends = [
        _end(last[key], quantity, worth)
        for key, quantity in held.items()
        if quantity and (worth := worth_of(last[key].trade)) is not None
    ]
    return sorted((*executions, *ends), key=_in_time) if ends else list(executions)


def expired_symbols(trades: Iterable[BookTrade], today: date) -> set[tuple[str, date]]:
    """The contracts in some trades that have expired, by name and day."""
    return {
        (one.symbol, one.expiry) for one in trades if one.expiry is not None and one.expiry < today
    }


def _end(last: Execution, held: Decimal, worth: Decimal) -> Execution:
    trade = last.trade
    expiry = trade.expiry or trade.traded_on
    terms = terms_of(trade.symbol, expiry)
    tax = NIL
    if held > 0 and worth and terms is not None and terms.right:
        tax = Decimal(exercise_tax(expiry, worth * held)) / 100
    end = replace(
        trade, side=Side.SELL if held > 0 else Side.BUY, quantity=abs(held), price=worth,
        traded_on=expiry, at=last_trade(expiry), trade_id="", order_id="", is_auction=False,
        charges=None,
    )  # fmt: skip
    return replace(
        last, trade=end, quantity=abs(held), charges=tax, stt=tax, is_estimated=True, amount=None,
        is_expiry=True,
    )  # fmt: skip


def _in_time(one: Execution) -> tuple[object, ...]:
    return *in_time(one.trade), one.kind.value
