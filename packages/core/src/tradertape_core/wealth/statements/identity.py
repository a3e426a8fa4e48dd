"""What makes two rows the same trade, whichever files they are in.

A trade with an id is known by (broker, account, exchange, segment, day, id, side): exchanges
number their segments apart, and both sides of a trade with oneself have one id. Without an id, by
all it states and by how many equal rows of its file came before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from typing import TypeVar

from tradertape_core.wealth.records import BookTrade, FundTransaction, LedgerLine

T = TypeVar("T")


def trade_keys(trades: Iterable[BookTrade]) -> list[str]:
    """The key of each trade of one file, without its account: 32 hex digits.

    The order of the rows changes no key, except among rows that are equal in every part.
    """
    return _counted(
        (_numbered(one) if one.trade_id else _stated(one), not one.trade_id) for one in trades
    )


def ledger_keys(lines: Iterable[LedgerLine]) -> list[str]:
    """The key of each ledger line of one file, without its account."""
    return _counted(
        (
            "\x1f".join(
                (
                    "ledger", one.broker, str(one.posted_on), one.particulars, one.voucher_type,
                    f"{one.debit:f}", f"{one.credit:f}", f"{one.balance:f}",
                )
            ),
            True,
        )
        for one in lines
    )  # fmt: skip


def fund_keys(transactions: Iterable[FundTransaction]) -> list[str]:
    """The key of each transaction of one account statement."""
    return _counted(
        (
            "\x1f".join(
                (
                    "fund", one.folio, one.scheme, one.happened_on.isoformat(),
                    one.kind, f"{one.units:f}", f"{one.nav:f}", f"{one.amount:f}",
                )
            ),
            True,
        )
        for one in transactions
    )  # fmt: skip


def distinct(rows: Iterable[tuple[str, str, T]]) -> list[T]:
    """Of rows that are given as (account, key, row), one for each account and key, in order.

    A row whose file names no account is the row of any account that has its key.
    """
    given = list(rows)
    named = {key for account, key, _ in given if account}
    seen: set[tuple[str, str]] = set()
    kept: list[T] = []
    for account, key, row in given:
        if (account, key) in seen or (not account and key in named):
            continue
        seen.add((account, key))
        kept.append(row)
    return kept


def content_of(trade: BookTrade) -> str:
    """What must not differ between two rows with one key: 16 hex digits."""
    return _hash(f"{trade.quantity:f}\x1f{trade.price:f}")[:16]


def _numbered(trade: BookTrade) -> str:
    return "\x1f".join(
        (
            "trade", trade.broker, trade.exchange, trade.segment.value,
            trade.traded_on.isoformat(), trade.trade_id, trade.side.value,
        )
    )  # fmt: skip


def _stated(trade: BookTrade) -> str:
    return "\x1f".join(
        (
            "row", trade.broker, trade.exchange, trade.segment.value, trade.traded_on.isoformat(),
            trade.at.isoformat() if trade.at else "", trade.symbol, trade.isin, trade.side.value,
            f"{trade.quantity:f}", f"{trade.price:f}", trade.order_id,
        )
    )  # fmt: skip


def _counted(parts: Iterable[tuple[str, bool]]) -> list[str]:
    seen: Counter[str] = Counter()
    keys: list[str] = []
    for text, is_counted in parts:
        seen[text] += 1
        keys.append(_hash(f"{text}\x1f{seen[text]}" if is_counted else text))
    return keys


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
