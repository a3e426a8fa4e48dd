"""Trades of uploaded tradebooks as evidence: those of an account that no order of ours made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from tradertape_core.kernel.clock import IST
from tradertape_core.orders.order import Fill, Order, Side
from tradertape_core.portfolio.reconciliation import UploadedTrade
from tradertape_core.wealth.records import BookTrade
from tradertape_server.features.reconciliation.adopted import Adopted

Keyed = tuple[str, BookTrade]


class Uploads(Protocol):
    """What a person has uploaded."""

    def trades_in(
        self, user_id: int, *, symbols: Collection[str], isins: Collection[str]
    ) -> Sequence[Keyed]: ...


class OwnFills(Protocol):
    """What orders of ours executed."""

    def fills_in(self, account_id: int, instruments: Collection[str]) -> Sequence[Fill]: ...

    def orders_by_id(self, order_ids: Collection[str]) -> dict[str, Order]: ...


@dataclass(frozen=True, slots=True)
class UploadedTrades:
    """Reads uploads beside our own fills."""

    uploads: Uploads
    fills: OwnFills
    adopted: Adopted

    def of(
        self, user_id: int, scope: str, account_id: int | None, names: Mapping[str, str]
    ) -> dict[str, tuple[UploadedTrade, ...]]:
        """By instrument: the trades that are neither ours nor taken by a correction, by day.

        account_id: the account's at TraderTape, None where it has none yet. names: instruments,
        each with its ISIN or "".
        """
        if not names:
            return {}
        given = self.uploads.trades_in(
            user_id,
            symbols={name.partition(":")[2] for name in names},
            isins={isin for isin in names.values() if isin},
        )
        found = _by_instrument((one for one in given if _is_of(one[1], scope)), names)
        if not found:
            return {}
        fills = [] if account_id is None else self.fills.fills_in(account_id, found.keys())
        orders = self.fills.orders_by_id({fill.order_id for fill in fills})
        used = self.adopted.used_trades(user_id, scope)
        bases = self.adopted.bases(user_id, scope, found.keys())
        left: dict[str, tuple[UploadedTrade, ...]] = {}
        for name, trades in found.items():
            foreign = not_ours(trades, [one for one in fills if one.instrument == name], orders)
            left[name] = tuple(
                UploadedTrade(
                    on=one.traded_on, key=key, units=bases[name].units(_signed(one), one.traded_on),
                    price=bases[name].price(one.price, one.traded_on),
                )
                for key, one in foreign
                if key not in used and one.quantity == int(one.quantity)
            )  # fmt: skip
        return left


def not_ours(
    trades: Sequence[Keyed], fills: Sequence[Fill], orders: dict[str, Order]
) -> list[Keyed]:
    """The trades that no fill of ours is, in their order.

    A trade is one of our fills by its id or its order's; where a file has other ids or none, by
    day, side, quantity and price, each fill once.
    """
    of_fill = {(fill.trade_id, _day(fill)) for fill in fills}
    of_order = {name for order in orders.values() for name in _names(order)}
    is_known = [
        (one.trade_id, one.traded_on) in of_fill or one.order_id in of_order for _, one in trades
    ]
    named = [one for (_, one), known in zip(trades, is_known, strict=True) if known]
    trade_ids = {(one.trade_id, one.traded_on) for one in named}
    order_ids = {one.order_id for one in named}
    alike = Counter(
        (_day(fill), fill.side, Decimal(fill.quantity), fill.price)
        for fill in fills
        if (fill.trade_id, _day(fill)) not in trade_ids
        and order_ids.isdisjoint(_names(orders.get(fill.order_id)))
    )
    left: list[Keyed] = []
    for (key, one), known in zip(trades, is_known, strict=True):
        terms = (one.traded_on, one.side, one.quantity, one.price)
        if not known and alike[terms]:
            alike[terms] -= 1
        elif not known:
            left.append((key, one))
    return left


def _names(order: Order | None) -> list[str]:
    """What the broker and the exchange call an order."""
    given = () if order is None else (order.venue_order_id, order.exchange_order_id)
    return [name for name in given if name]


def _is_of(trade: BookTrade, scope: str) -> bool:
    """Whether a trade is of an account; one whose file names none is of any at its broker."""
    broker, _, account = scope.partition(":")
    return trade.broker == broker and trade.account.upper() in ("", account.upper())


def _by_instrument(trades: Iterable[Keyed], names: Mapping[str, str]) -> dict[str, list[Keyed]]:
    """By the instrument's symbol at its exchange, or by its ISIN at any."""
    of_isin = {isin: name for name, isin in names.items() if isin}
    found: dict[str, list[Keyed]] = defaultdict(list)
    for one in trades:
        trade = one[1]
        name = f"{trade.exchange}:{trade.symbol}"
        named = name if name in names else of_isin.get(trade.isin)
        if named is not None:
            found[named].append(one)
    return found


def _signed(trade: BookTrade) -> int:
    units = int(trade.quantity)
    return units if trade.side is Side.BUY else -units


def _day(fill: Fill) -> date:
    return fill.at.astimezone(IST).date()
