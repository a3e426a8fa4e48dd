"""What an account at Groww holds: delivered shares, positions and money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradertape_brokers.errors import Refused, Unavailable
from tradertape_brokers.groww.answers import as_object, rows_of
from tradertape_brokers.groww.names import CASH, Listed, Names
from tradertape_brokers.groww.orders_mapping import PRODUCTS, margin_row
from tradertape_brokers.groww.rest import Rest
from tradertape_core.kernel.money import Paise, paise_from_rupees
from tradertape_core.orders.order import NIL, OrderRequest, Product

_UNREADABLE = (KeyError, TypeError, ValueError, ArithmeticError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Delivered shares of one company; prices are rupees.

    quantity: all of them. free_quantity: those that can be sold. t1_quantity: bought on the
    session before and not delivered yet.
    """

    exchange: str
    tradingsymbol: str
    isin: str
    quantity: int
    free_quantity: int
    t1_quantity: int
    pledged_quantity: int
    average_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionLine:
    """A position: what was traded today, and what was carried over. Below 0 when short."""

    exchange: str
    tradingsymbol: str
    isin: str
    product: Product
    quantity: int
    average_price: Decimal
    overnight_quantity: int
    overnight_price: Decimal
    bought_quantity: int
    bought_price: Decimal
    sold_quantity: int
    sold_price: Decimal
    realised_paise: Paise


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """Money of an account. available: for orders, by what they are for."""

    cash_paise: Paise
    used_paise: Paise
    charges_paise: Paise
    collateral_paise: Paise
    available_delivery_paise: Paise
    available_intraday_paise: Paise
    available_futures_paise: Paise
    available_option_buying_paise: Paise
    available_option_selling_paise: Paise


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginNeed:
    """What orders need together, and what they cost. total: with the charges."""

    span_paise: Paise
    exposure_paise: Paise
    premium_paise: Paise
    delivery_paise: Paise
    intraday_paise: Paise
    charges_paise: Paise
    total_paise: Paise


class GrowwPortfolio:
    """Reads an account's portfolio. Each method raises BrokerError."""

    def __init__(self, rest: Rest, names: Names) -> None:
        self._rest = rest
        self._names = names

    def holdings(self) -> list[Holding]:
        """Delivered shares. Groww names no exchange: they are named as NSE's."""
        rows = rows_of(self._rest.get("/holdings/user"), "holdings")
        try:
            return [holding_of(row, self._names) for row in rows]
        except _UNREADABLE as error:
            raise Unavailable(f"Groww's holdings cannot be read: {error!r}") from error

    def positions(self) -> list[PositionLine]:
        """Positions of every segment."""
        rows = rows_of(self._rest.get("/positions/user"), "positions")
        try:
            return [position_of(row, self._names) for row in rows]
        except _UNREADABLE as error:
            raise Unavailable(f"Groww's positions cannot be read: {error!r}") from error

    def funds(self) -> Funds:
        """Money, used and free."""
        answer = self._rest.get("/margins/detail/user")
        try:
            return funds_of(as_object(answer) or {})
        except _UNREADABLE as error:
            raise Unavailable(f"Groww's margins cannot be read: {error!r}") from error

    def margin_of(self, requests: Sequence[OrderRequest]) -> MarginNeed:
        """What orders of one segment need together."""
        listed = [self._names.theirs(one.exchange, one.tradingsymbol) for one in requests]
        segments = {one.segment for one in listed}
        if len(segments) != 1:
            raise Refused("Groww tells the margin of orders of one segment at a time")
        body = [margin_row(one, name) for one, name in zip(requests, listed, strict=True)]
        answer = self._rest.ask("/margins/detail/orders", body, {"segment": segments.pop()})
        try:
            return margin_need_of(as_object(answer) or {})
        except _UNREADABLE as error:
            raise Unavailable(f"Groww's margin cannot be read: {error!r}") from error


def holding_of(row: Mapping[str, Any], names: Names) -> Holding:
    """A row of holdings. Raises ValueError and its like."""
    exchange, symbol = names.ours(Listed("NSE", CASH, str(row["trading_symbol"])))
    return Holding(
        exchange=exchange,
        tradingsymbol=symbol,
        isin=str(row.get("isin") or ""),
        quantity=_units(row["quantity"]),
        free_quantity=_units(row.get("demat_free_quantity")),
        t1_quantity=_units(row.get("t1_quantity")),
        pledged_quantity=_units(row.get("pledge_quantity")),
        average_price=_rupees(row.get("average_price")),
    )


def position_of(row: Mapping[str, Any], names: Names) -> PositionLine:
    """A row of positions; credit is bought, debit sold. Raises ValueError and its like."""
    listed = Listed(str(row["exchange"]), str(row["segment"]), str(row["trading_symbol"]))
    exchange, symbol = names.ours(listed)
    return PositionLine(
        exchange=exchange,
        tradingsymbol=symbol,
        isin=str(row.get("symbol_isin") or ""),
        product=PRODUCTS[str(row["product"])],
        quantity=_units(row["quantity"]),
        average_price=_rupees(row.get("net_price")),
        overnight_quantity=_units(row.get("net_carry_forward_quantity")),
        overnight_price=_rupees(row.get("net_carry_forward_price")),
        bought_quantity=_units(row.get("credit_quantity")),
        bought_price=_rupees(row.get("credit_price")),
        sold_quantity=_units(row.get("debit_quantity")),
        sold_price=_rupees(row.get("debit_price")),
        realised_paise=_paise(row.get("realised_pnl")),
    )


def funds_of(row: Mapping[str, Any]) -> Funds:
    """The margins of a user. Raises ValueError and its like."""
    futures = as_object(row["fno_margin_details"]) or {}
    shares = as_object(row["equity_margin_details"]) or {}
    return Funds(
        cash_paise=_paise(row["clear_cash"]),
        used_paise=_paise(row["net_margin_used"]),
        charges_paise=_paise(row.get("brokerage_and_charges")),
        collateral_paise=_paise(row.get("collateral_available")),
        available_delivery_paise=_paise(shares["cnc_balance_available"]),
        available_intraday_paise=_paise(shares["mis_balance_available"]),
        available_futures_paise=_paise(futures["future_balance_available"]),
        available_option_buying_paise=_paise(futures["option_buy_balance_available"]),
        available_option_selling_paise=_paise(futures["option_sell_balance_available"]),
    )


def margin_need_of(row: Mapping[str, Any]) -> MarginNeed:
    """What orders need. Raises ValueError and its like."""
    return MarginNeed(
        span_paise=_paise(row.get("span_required")),
        exposure_paise=_paise(row.get("exposure_required")),
        premium_paise=_paise(row.get("option_buy_premium")),
        delivery_paise=_paise(row.get("cash_cnc_margin_required")),
        intraday_paise=_paise(row.get("cash_mis_margin_required")),
        charges_paise=_paise(row.get("brokerage_and_charges")),
        total_paise=_paise(row["total_requirement"]),
    )


def _units(value: object) -> int:
    number = Decimal(str(value or 0))
    if number != number.to_integral_value():
        raise ValueError(f"{value!r} is no number of units")
    return int(number)


def _rupees(value: object) -> Decimal:
    amount = Decimal(str(value)) if value is not None else NIL
    if not amount.is_finite():
        raise ValueError(f"{value!r} is no amount")
    return amount


def _paise(value: object) -> Paise:
    return paise_from_rupees(_rupees(value))
