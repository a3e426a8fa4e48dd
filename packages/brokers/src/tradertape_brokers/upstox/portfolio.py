"""What an account at Upstox holds: delivered shares, positions and money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradertape_brokers.errors import Unavailable
from tradertape_brokers.upstox.amounts import UNREADABLE, paise, rupees, units
from tradertape_brokers.upstox.answers import as_object, rows_of
from tradertape_brokers.upstox.keys import EXCHANGES, Keys
from tradertape_brokers.upstox.orders_mapping import margin_row, product_of
from tradertape_brokers.upstox.rest import Rest
from tradertape_core.kernel.money import Paise
from tradertape_core.orders.order import OrderRequest, Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Delivered shares of one company; prices are rupees.

    quantity: all of them, T1 included. used_quantity: sold today.
    """

    exchange: str
    tradingsymbol: str
    isin: str
    product: Product
    quantity: int
    t1_quantity: int
    used_quantity: int
    collateral_quantity: int
    average_price: Decimal
    last_price: Decimal
    close_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionLine:
    """A position: what was traded today, and what was carried over. Below 0 when short."""

    exchange: str
    tradingsymbol: str
    product: Product
    quantity: int
    average_price: Decimal
    overnight_quantity: int
    bought_quantity: int
    bought_price: Decimal
    sold_quantity: int
    sold_price: Decimal
    last_price: Decimal
    realised_paise: Paise
    unrealised_paise: Paise


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """Money of an account: free for orders, and held back."""

    available_paise: Paise
    used_paise: Paise
    payin_paise: Paise
    span_paise: Paise
    exposure_paise: Paise


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginNeed:
    """What orders need: one by one, and together."""

    required_paise: Paise
    final_paise: Paise


class UpstoxPortfolio:
    """Reads an account's portfolio. Each method raises BrokerError."""

    def __init__(self, rest: Rest, keys: Keys) -> None:
        self._rest = rest
        self._keys = keys

    def holdings(self) -> list[Holding]:
        """Delivered shares."""
        rows = rows_of(self._rest.get("/v2/portfolio/long-term-holdings"), "holdings")
        try:
            return [holding_of(row, self._keys) for row in rows]
        except UNREADABLE as error:
            raise Unavailable(f"Upstox's holdings cannot be read: {error!r}") from error

    def positions(self) -> list[PositionLine]:
        """Positions of the day and those carried over."""
        rows = rows_of(self._rest.get("/v2/portfolio/short-term-positions"), "positions")
        try:
            return [position_of(row, self._keys) for row in rows]
        except UNREADABLE as error:
            raise Unavailable(f"Upstox's positions cannot be read: {error!r}") from error

    def funds(self) -> Funds:
        """Money, used and free; all of it is under equity since July 2025."""
        answer = as_object(self._rest.get("/v2/user/get-funds-and-margin")) or {}
        try:
            return funds_of(as_object(answer["equity"]) or {})
        except UNREADABLE as error:
            raise Unavailable(f"Upstox's funds cannot be read: {error!r}") from error

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


def holding_of(row: Mapping[str, Any], keys: Keys) -> Holding:
    """A row of holdings. Raises ValueError and its like."""
    exchange, symbol = names_of(row, keys)
    return Holding(
        exchange=exchange,
        tradingsymbol=symbol,
        isin=str(row.get("isin") or ""),
        product=product_of(row.get("product") or "D", exchange),
        quantity=units(row["quantity"]),
        t1_quantity=units(row.get("t1_quantity")),
        used_quantity=units(row.get("cnc_used_quantity")),
        collateral_quantity=units(row.get("collateral_quantity")),
        average_price=rupees(row.get("average_price")),
        last_price=rupees(row.get("last_price")),
        close_price=rupees(row.get("close_price")),
    )


def position_of(row: Mapping[str, Any], keys: Keys) -> PositionLine:
    """A row of positions. Raises ValueError and its like."""
    exchange, symbol = names_of(row, keys)
    return PositionLine(
        exchange=exchange,
        tradingsymbol=symbol,
        product=product_of(row["product"], exchange),
        quantity=units(row["quantity"]),
        average_price=rupees(row.get("average_price")),
        overnight_quantity=units(row.get("overnight_quantity")),
        bought_quantity=units(row.get("day_buy_quantity")),
        bought_price=rupees(row.get("day_buy_price")),
        sold_quantity=units(row.get("day_sell_quantity")),
        sold_price=rupees(row.get("day_sell_price")),
        last_price=rupees(row.get("last_price")),
        realised_paise=paise(row.get("realised")),
        unrealised_paise=paise(row.get("unrealised")),
    )


def funds_of(row: Mapping[str, Any]) -> Funds:
    """The money of a segment. Raises ValueError and its like."""
    return Funds(
        available_paise=paise(row["available_margin"]),
        used_paise=paise(row["used_margin"]),
        payin_paise=paise(row.get("payin_amount")),
        span_paise=paise(row.get("span_margin")),
        exposure_paise=paise(row.get("exposure_margin")),
    )


def names_of(row: Mapping[str, Any], keys: Keys) -> tuple[str, str]:
    """Core's exchange and symbol; those of Upstox where core lists no such instrument."""
    key = str(row["instrument_token"])
    found = keys.find(key)
    if found is not None:
        return found.exchange, found.tradingsymbol
    exchange = EXCHANGES.get(key.partition("|")[0], str(row.get("exchange") or ""))
    return exchange, str(row.get("trading_symbol") or row["tradingsymbol"])
