"""What an account at Upstox holds: delivered shares, positions and money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tradertape_brokers.errors import Unavailable
from tradertape_brokers.limiter import Urgency
from tradertape_brokers.portfolio import Conversion, Holding, Margin, Position, PositionKind
from tradertape_brokers.sessions import Profile
from tradertape_brokers.upstox.amounts import UNREADABLE, paise, rupees, units
from tradertape_brokers.upstox.answers import as_object, rows_of
from tradertape_brokers.upstox.keys import EXCHANGES, KeyBook
from tradertape_brokers.upstox.orders_mapping import margin_row, product_of, product_word
from tradertape_brokers.upstox.rest import Rest
from tradertape_brokers.upstox.session import NAME, profile_of
from tradertape_core.kernel.money import Paise
from tradertape_core.orders.order import NIL, OrderRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginNeed:
    """What orders need: one by one, and together."""

    required_paise: Paise
    final_paise: Paise


class UpstoxPortfolio:
    """An account's portfolio: the ports `portfolio.PortfolioPort` and `portfolio.ConversionPort`.
    Each method raises BrokerError."""

    def __init__(self, rest: Rest, keys: KeyBook) -> None:
        self._rest = rest
        self._keys = keys

    def holdings(self) -> list[Holding]:
        """Delivered shares."""
        rows = rows_of(self._rest.get("/v2/portfolio/long-term-holdings"), "holdings")
        try:
            return [holding_of(row, self._keys) for row in rows]
        except UNREADABLE as error:
            raise Unavailable(f"Upstox's holdings cannot be read: {error!r}") from error

    def positions(self) -> list[Position]:
        """Positions with what was carried over, and what today's trades made."""
        rows = rows_of(self._rest.get("/v2/portfolio/short-term-positions"), "positions")
        try:
            return [one for row in rows for one in positions_of(row, self._keys)]
        except UNREADABLE as error:
            raise Unavailable(f"Upstox's positions cannot be read: {error!r}") from error

    def margins(self) -> list[Margin]:
        """Money; all of it is under equity since July 2025."""
        answer = as_object(self._rest.get("/v2/user/get-funds-and-margin")) or {}
        try:
            return [margin_line(as_object(answer["equity"]) or {})]
        except UNREADABLE as error:
            raise Unavailable(f"Upstox's funds cannot be read: {error!r}") from error

    def convert(self, conversion: Conversion) -> None:
        """Convert units of a position, once. Upstox knows itself what was carried over.

        Source: upstox.com/developer/api-documentation/convert-positions.
        """
        body = {
            "instrument_token": self._keys.key_of(conversion.exchange, conversion.tradingsymbol),
            "transaction_type": conversion.side.value,
            "quantity": conversion.quantity,
            "old_product": product_word(conversion.old_product),
            "new_product": product_word(conversion.new_product),
        }
        self._rest.write("PUT", "/v2/portfolio/convert-position", Urgency.EXIT, body=body)

    def profile(self) -> Profile:
        """Whose account it is."""
        return profile_of(self._rest.get("/v2/user/profile"))

    def margin_of(self, requests: Sequence[OrderRequest]) -> MarginNeed:
        """What orders need."""
        rows = [
            margin_row(one, self._keys.key_of(one.exchange, one.tradingsymbol)) for one in requests
        ]
        answer = as_object(self._rest.ask("/v2/charges/margin", {"instruments": rows})) or {}
        try:
            return MarginNeed(
                required_paise=paise(answer["required_margin"]),
                final_paise=paise(answer["final_margin"]),
            )
        except UNREADABLE as error:
            raise Unavailable(f"Upstox's margin cannot be read: {error!r}") from error


def holding_of(row: Mapping[str, Any], keys: KeyBook) -> Holding:
    """A row of holdings, whose quantity has the unsettled shares in it. Raises ValueError and its
    like."""
    exchange, symbol = names_of(row, keys)
    unsettled = units(row.get("t1_quantity"))
    pledged = units(row.get("collateral_quantity"))
    return Holding(
        broker=NAME,
        exchange=exchange,
        tradingsymbol=symbol,
        isin=str(row.get("isin") or ""),
        product=product_of(row.get("product") or "D", exchange),
        quantity=units(row["quantity"]) - unsettled - pledged,
        average_price=rupees(row.get("average_price")),
        last_price=rupees(row.get("last_price")),
        close_price=rupees(row.get("close_price")),
        t1_quantity=unsettled,
        pledged_quantity=pledged,
    )


def positions_of(row: Mapping[str, Any], keys: KeyBook) -> list[Position]:
    """A row of positions as the position and, where it was traded today, the day's part of it.

    Raises ValueError and its like.
    """
    exchange, symbol = names_of(row, keys)
    last, close = rupees(row.get("last_price")), rupees(row.get("close_price"))
    bought, sold = units(row.get("day_buy_quantity")), units(row.get("day_sell_quantity"))
    net = Position(
        broker=NAME,
        kind=PositionKind.NET,
        exchange=exchange,
        tradingsymbol=symbol,
        product=product_of(row["product"], exchange),
        quantity=units(row["quantity"]),
        average_price=rupees(row.get("average_price")),
        last_price=last,
        close_price=close,
        overnight_quantity=units(row.get("overnight_quantity")),
        buy_quantity=bought + units(row.get("overnight_buy_quantity")),
        buy_value=rupees(row.get("buy_value")),
        sell_quantity=sold + units(row.get("overnight_sell_quantity")),
        sell_value=rupees(row.get("sell_value")),
        multiplier=rupees(row.get("multiplier") or 1),
    )
    if not (bought or sold):
        return [net]
    day = replace(
        net,
        kind=PositionKind.DAY,
        quantity=bought - sold,
        average_price=rupees(row.get("day_buy_price" if bought >= sold else "day_sell_price")),
        overnight_quantity=0,
        buy_quantity=bought,
        buy_value=rupees(row.get("day_buy_value")),
        sell_quantity=sold,
        sell_value=rupees(row.get("day_sell_value")),
    )
    return [net, day]


def margin_line(row: Mapping[str, Any]) -> Margin:
    """The money of a segment. Upstox names no cash apart, nor collateral. Raises ValueError and
    its like."""
    available, used = rupees(row["available_margin"]), rupees(row["used_margin"])
    return Margin(
        broker=NAME,
        segment="equity",
        available_cash=available,
        available_margin=available,
        used_margin=used,
        collateral=NIL,
        opening_balance=available + used - rupees(row.get("payin_amount")),
        net=available,
    )


def names_of(row: Mapping[str, Any], keys: KeyBook) -> tuple[str, str]:
    """Core's exchange and symbol; those of Upstox where core lists no such instrument."""
    key = str(row["instrument_token"])
    exchange = EXCHANGES.get(key.partition("|")[0], str(row.get("exchange") or ""))
    symbol = str(row.get("trading_symbol") or row["tradingsymbol"])
    found = keys.named(key, exchange, symbol)
    return (exchange, symbol) if found is None else (found.exchange, found.tradingsymbol)
