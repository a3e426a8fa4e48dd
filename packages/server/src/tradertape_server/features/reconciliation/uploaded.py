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
    fill_ids = {(fill.trade_id, _day(fill)) for fill in fills}
    order_ids = {
        name
        for order in orders.values()
        for name in (order.venue_order_id, order.exchange_order_id)
        if name
    }
    known = [
        one for one in trades
        if (one[1].trade_id, one[1].traded_on) in fill_ids or one[1].order_id in order_ids
    ]  # fmt: skip
    known_ids = {(one.trade_id, one.traded_on) for _, one in known}
    unmatched = [
        fill
        for fill in fills
        if (fill.trade_id, _day(fill)) not in known_ids and not _has_order(fill, orders, known)
    ]
    alike = Counter((_day(one), one.side, Decimal(one.quantity), one.price) for one in unmatched)
    left: list[Keyed] = []
    for one in trades:
        trade = one[1]
        terms = (trade.traded_on, trade.side, trade.quantity, trade.price)
        if one in known:
            continue
        if alike[terms]:
            alike[terms] -= 1
        else:
            left.append(one)
    return left


def _has_order(fill: Fill, orders: dict[str, Order], known: Sequence[Keyed]) -> bool:
    order = orders.get(fill.order_id)
    if order is None:
        return False
    names = {order.venue_order_id, order.exchange_order_id} - {None}
    return any(trade.order_id in names for _, trade in known)


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
