"""What an account at Groww holds: the port of `portfolio.PortfolioPort`, and margins of orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradertape_brokers.errors import Refused, Unavailable
from tradertape_brokers.groww.answers import as_object, rows_of
from tradertape_brokers.groww.names import CASH, Listed, Names
from tradertape_brokers.groww.orders_mapping import PRODUCTS, margin_row
from tradertape_brokers.groww.quotes import DayPrices, day_prices
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.groww.session import NAME, profile_of
from tradertape_brokers.portfolio import Holding, Margin, Position, PositionKind
from tradertape_brokers.sessions import Profile
from tradertape_core.kernel.money import Paise, paise_from_rupees
from tradertape_core.orders.order import NIL, OrderRequest, Product

_UNREADABLE = (KeyError, TypeError, ValueError, ArithmeticError)
_UNKNOWN = DayPrices(NIL, NIL)
Prices = Mapping[Listed, DayPrices]


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
    """Reads an account's portfolio. Each method raises BrokerError.

    Groww's rows have no prices of the market: those are asked for with them.
    """

    def __init__(self, rest: Rest, names: Names) -> None:
        self._rest = rest
        self._names = names

    def holdings(self) -> Sequence[Holding]:
        """Delivered shares. Groww names no exchange: they are named as NSE's."""
        rows = rows_of(self._rest.get("/holdings/user"), "holdings")
        try:
            listed = [Listed("NSE", CASH, str(row["trading_symbol"])) for row in rows]
            prices = day_prices(self._rest, listed)
            return [holding_of(row, self._names, prices) for row in rows]
        except _UNREADABLE as error:
            raise Unavailable(f"Groww's holdings cannot be read: {error!r}") from error

    def positions(self) -> Sequence[Position]:
        """Positions of every segment, of both kinds."""
        rows = rows_of(self._rest.get("/positions/user"), "positions")
        try:
            prices = day_prices(self._rest, [listed_of_row(row) for row in rows])
            found = (positions_of(row, self._names, prices) for row in rows)
            return [one for both in found for one in both]
        except _UNREADABLE as error:
            raise Unavailable(f"Groww's positions cannot be read: {error!r}") from error

    def margins(self) -> Sequence[Margin]:
        """Money, used and free."""
        answer = as_object(self._rest.get("/margins/detail/user")) or {}
        try:
            return [margin_of(answer)]
        except _UNREADABLE as error:
            raise Unavailable(f"Groww's margins cannot be read: {error!r}") from error

    def profile(self) -> Profile:
        """Whose account it is."""
        return profile_of(as_object(self._rest.get("/user/detail")) or {})

    def margin_need(self, requests: Sequence[OrderRequest]) -> MarginNeed:
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


def holding_of(row: Mapping[str, Any], names: Names, prices: Prices) -> Holding:
    """A row of holdings. Raises ValueError and its like."""
    listed = Listed("NSE", CASH, str(row["trading_symbol"]))
    exchange, symbol = names.ours(listed)
    at = prices.get(listed, _UNKNOWN)
    t1, pledged = _units(row.get("t1_quantity")), _units(row.get("pledge_quantity"))
    return Holding(
        broker=NAME,
        exchange=exchange,
        tradingsymbol=symbol,
        isin=str(row.get("isin") or ""),
        product=Product.CNC,
        quantity=_units(row["quantity"]) - t1 - pledged,  # Groww counts them in
        t1_quantity=t1,
        pledged_quantity=pledged,
        average_price=_rupees(row.get("average_price")),
        last_price=at.last_price,
        close_price=at.close_price,
    )


def listed_of_row(row: Mapping[str, Any]) -> Listed:
    """What a row of positions is of. Raises KeyError."""
    return Listed(str(row["exchange"]), str(row["segment"]), str(row["trading_symbol"]))


def positions_of(row: Mapping[str, Any], names: Names, prices: Prices) -> Iterable[Position]:
    """Both kinds of a row; credit is bought, debit sold. Raises ValueError and its like."""
    listed = listed_of_row(row)
    exchange, symbol = names.ours(listed)
    at = prices.get(listed, _UNKNOWN)
    bought, sold = _flow(row, "credit"), _flow(row, "debit")
    carried_in = _flow(row, "carry_forward_credit")
    carried_out = _flow(row, "carry_forward_debit")
    common: dict[str, Any] = {
        "broker": NAME,
        "exchange": exchange,
        "tradingsymbol": symbol,
        "product": PRODUCTS[str(row["product"])],
        "last_price": at.last_price,
        "close_price": at.close_price,
    }
    yield Position(
        kind=PositionKind.NET,
        quantity=_units(row["quantity"]),
        average_price=_rupees(row.get("net_price")),
        overnight_quantity=_units(row.get("net_carry_forward_quantity")),
        buy_quantity=bought[0] + carried_in[0],
        buy_value=bought[1] + carried_in[1],
        sell_quantity=sold[0] + carried_out[0],
        sell_value=sold[1] + carried_out[1],
        **common,
    )
    if not bought[0] and not sold[0]:
        return  # nothing was traded today
    open_units = bought[0] - sold[0]
    flow = bought if open_units > 0 else sold
    yield Position(
        kind=PositionKind.DAY,
        quantity=open_units,
        average_price=flow[1] / flow[0] if open_units else NIL,
        buy_quantity=bought[0],
        buy_value=bought[1],
        sell_quantity=sold[0],
        sell_value=sold[1],
        **common,
    )


def margin_of(row: Mapping[str, Any]) -> Margin:
    """The margins of a user; futures, options and shares draw on the same money.

    Raises ValueError and its like.
    """
    shares = as_object(row["equity_margin_details"]) or {}
    cash, used = _rupees(row["clear_cash"]), _rupees(row["net_margin_used"])
    free = _rupees(shares["cnc_balance_available"])
    return Margin(
        broker=NAME,
        segment="equity",
        available_cash=free,
        available_margin=free,
        used_margin=used,
        collateral=_rupees(row.get("collateral_available")),
        opening_balance=cash + _rupees(row.get("brokerage_and_charges")),
        net=cash - used,
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


def _flow(row: Mapping[str, Any], name: str) -> tuple[int, Decimal]:
    """Units of one side and what they came to."""
    quantity = _units(row.get(f"{name}_quantity"))
    return quantity, quantity * _rupees(row.get(f"{name}_price"))


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
