"""Dividends of the shares of a book, from what companies declared."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tradertape_core.wealth.lots import Account, Held

_PAISA = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Declared:
    """Rupees a share, as shares were on the ex-date, for whoever held it the day before."""

    instrument: str
    symbol: str
    ex_date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Dividend:
    """What an account was entitled to, tax deducted at source not considered. Rupees."""

    account: Account
    symbol: str
    ex_date: date
    quantity: Decimal
    per_share: Decimal
    amount: Decimal


def dividends_of(
    history: Mapping[Account, Sequence[Held]], declared: Iterable[Declared]
) -> list[Dividend]:
    """Return the entitlements of all accounts, oldest first.

    A share bought on or after the ex-date has none; one sold on it still has.
    """
    by_instrument: dict[str, list[Account]] = {}
    for account in history:
        by_instrument.setdefault(account.instrument, []).append(account)
    found = [
        _entitled(account, one, quantity)
        for one in declared
        for account in by_instrument.get(one.instrument, ())
        if (quantity := held_before(history[account], one.ex_date))
    ]
    return sorted(found, key=lambda one: (one.ex_date, one.symbol, one.account.account))


def held_before(history: Sequence[Held], day: date) -> Decimal:
    """Units held at the close of the day before `day`."""
    place = bisect_left(history, day, key=lambda held: held.day)
    return history[place - 1].quantity if place else Decimal(0)


def _entitled(account: Account, one: Declared, quantity: Decimal) -> Dividend:
    amount = (one.amount * quantity).quantize(_PAISA, ROUND_HALF_UP)
    return Dividend(account, one.symbol, one.ex_date, quantity, one.amount, amount)
