"""Mutual funds at Kite (Coin): the port of `portfolio.FundsPort`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tradertape_brokers.kite.reading import amount, reading, rows_of
from tradertape_brokers.kite.rest import Rest
from tradertape_brokers.kite.session import NAME
from tradertape_brokers.portfolio import FundHolding

Row = Mapping[str, Any]


class KiteFunds:
    """Reads units of one account."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def holdings(self) -> Sequence[FundHolding]:
        """Read the units."""
        answer = self._rest.read(lambda kite: kite.mf_holdings())
        with reading("mutual funds"):
            return [holding_of(row) for row in rows_of(answer)]


def holding_of(row: Row) -> FundHolding:
    """One row. Source: kite.trade/docs/connect/v3/mutual-funds, whose tradingsymbol is the ISIN."""
    day = str(row.get("last_price_date") or "")
    return FundHolding(
        broker=NAME,
        fund=str(row["fund"]),
        isin=str(row["tradingsymbol"]),
        folio=str(row.get("folio") or ""),
        quantity=amount(row, "quantity"),
        average_price=amount(row, "average_price"),
        last_price=amount(row, "last_price"),
        last_on=date.fromisoformat(day[:10]) if day else None,
    )
