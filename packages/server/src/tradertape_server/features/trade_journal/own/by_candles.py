"""Round trips of portfolios that trade by candles: their positions, in place of fills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tradertape_core.journal.trips import PositionTrips, RoundTrip
from tradertape_core.orders.order import Side
from tradertape_core.wealth.executions import Execution, Kind
from tradertape_core.wealth.records import BookTrade, Segment
from tradertape_server.features.portfolios.queries import PortfolioPosition
from tradertape_server.features.trade_journal.own.columns import Found, kept
from tradertape_server.features.trade_journal.own.origins import Origin, decimal
from tradertape_server.features.wealth.trips import Trips

BROKER = "portfolio"  # what stands for a broker
_HUNDRED = Decimal(100)


def trips_by_candles(rows: Sequence[tuple[PortfolioPosition, str]]) -> Trips:
    """The trips of positions, each with its portfolio's name."""
    found: list[Found] = []
    origins: list[Origin] = []
    for row, name in rows:
        for trip in _trips(row):
            found.append(Found(trip))
            origins.append(Origin("portfolio", name, decimal(row.initial_stop)))
    return kept(found, has_marks=False, origins=origins)


def _trips(row: PortfolioPosition) -> Iterator[RoundTrip]:
    walk = PositionTrips(Kind.DELIVERY)
    yield from walk.add(_executions(row))
    if (opened := walk.open()) is not None:
        yield opened


def _executions(row: PortfolioPosition) -> Iterator[Execution]:
    """A position as its purchase, all of it at once, and its sales."""
    cost = row.invested_paise + sum(map(_cost, row.sales))
    units = row.open_quantity + sum(one["quantity"] for one in row.sales)
    if not units:
        return
    yield _execution(row, 0, Side.BUY, row.entry_date, units, cost, row.charges_paise)
    for number, one in enumerate(row.sales, 1):
        yield _execution(
            row, number, Side.SELL, date.fromisoformat(one["date"]), one["quantity"],
            _cost(one) + one["gross_paise"], one["charges_paise"],
        )  # fmt: skip


def _execution(
    row: PortfolioPosition, number: int, side: Side, day: date, units: int, paise: int,
    charges_paise: int,
) -> Execution:  # fmt: skip
    amount = Decimal(paise) / _HUNDRED
    trade = BookTrade(
        broker=BROKER, account=str(row.portfolio_id), exchange="NSE", segment=Segment.EQUITY,
        symbol=row.symbol, isin=row.isin, side=side, quantity=Decimal(units),
        price=amount / units, traded_on=day, at=None,
        trade_id=f"{row.epoch}:{row.sequence}:{number}",
    )  # fmt: skip
    charges = Decimal(charges_paise) / _HUNDRED
    return Execution(
        trade, row.symbol, Kind.DELIVERY, trade.quantity, charges, is_estimated=True, amount=amount
    )


def _cost(sale: Mapping[str, Any]) -> int:
    return round(sale["price"] * sale["quantity"] * 100) - sale["gross_paise"]
