"""What an account holds at Kite: the port of `portfolio.PortfolioPort`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from tradertape_brokers.errors import OutcomeUnknown
from tradertape_brokers.kite.orders_mapping import product_of
from tradertape_brokers.kite.reading import amount, reading, rows_of
from tradertape_brokers.kite.rest import Rest
from tradertape_brokers.kite.session import NAME, profile_of
from tradertape_brokers.limiter import Urgency
from tradertape_brokers.portfolio import Conversion, Holding, Margin, Position, PositionKind
from tradertape_brokers.sessions import Profile
from tradertape_core.orders.order import Product

Row = Mapping[str, Any]
_SEGMENTS: Final = ("equity", "commodity")


class KitePortfolio:
    """Reads holdings, positions and funds of one account, and converts positions."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def holdings(self) -> Sequence[Holding]:
        """Read the delivered shares; those bought on margin funding are rows of their own."""
        answer = self._rest.read(lambda kite: kite.holdings())
        with reading("holdings"):
            return [one for row in rows_of(answer) for one in holdings_of(row)]

    def positions(self) -> Sequence[Position]:
        """Read the positions of both kinds."""
        answer = self._rest.read(lambda kite: kite.positions())
        with reading("positions"):
            return [
                position_of(row, kind) for kind in PositionKind for row in rows_of(answer[kind])
            ]

    def margins(self) -> Sequence[Margin]:
        """Read the funds of each segment that is enabled."""
        answer = self._rest.read(lambda kite: kite.margins())
        with reading("margins"):
            found = {name: answer[name] for name in _SEGMENTS if answer.get(name)}
            return [margin_of(name, row) for name, row in found.items() if row["enabled"]]

    def convert(self, conversion: Conversion) -> None:
        """Convert units of a position, once."""
        form = conversion_form(conversion)
        if self._rest.write(lambda kite: kite.convert_position(**form), Urgency.EXIT) is not True:
            raise OutcomeUnknown("Kite's answer to a conversion cannot be read")

    def profile(self) -> Profile:
        """Read whose account it is."""
        return profile_of(self._rest.read(lambda kite: kite.profile()))


def conversion_form(conversion: Conversion) -> dict[str, Any]:
    """The parameters of a conversion. Source: kite.trade/docs/connect/v3/portfolio."""
    return {
        "exchange": conversion.exchange,
        "tradingsymbol": conversion.tradingsymbol,
        "transaction_type": conversion.side.value,
        "position_type": "overnight" if conversion.is_overnight else "day",
        "quantity": conversion.quantity,
        "old_product": conversion.old_product.value,
        "new_product": conversion.new_product.value,
    }


def holdings_of(row: Row) -> list[Holding]:
    """One row of the holdings: shares that are paid for, and those on margin funding."""
    own = Holding(
        broker=NAME,
        exchange=str(row["exchange"]),
        tradingsymbol=str(row["tradingsymbol"]),
        isin=str(row.get("isin") or ""),
        product=product_of(row),
        quantity=int(row["quantity"]),
        t1_quantity=int(row.get("t1_quantity") or 0),
        pledged_quantity=int(row.get("collateral_quantity") or 0),
        average_price=amount(row, "average_price"),
        last_price=amount(row, "last_price"),
        close_price=amount(row, "close_price"),
        instrument_token=int(row["instrument_token"]),
    )
    funding: Row = row.get("mtf") or {}
    funded = Holding(
        broker=NAME,
        exchange=own.exchange,
        tradingsymbol=own.tradingsymbol,
        isin=own.isin,
        product=Product.MTF,
        quantity=int(funding.get("quantity") or 0),
        average_price=amount(funding, "average_price"),
        last_price=own.last_price,
        close_price=own.close_price,
        instrument_token=own.instrument_token,
    )
    return [one for one in (own, funded) if one.total_quantity]


def position_of(row: Row, kind: PositionKind) -> Position:
    """One row of the positions."""
    return Position(
        broker=NAME,
        kind=kind,
        exchange=str(row["exchange"]),
        tradingsymbol=str(row["tradingsymbol"]),
        product=product_of(row),
        quantity=int(row["quantity"]),
        average_price=amount(row, "average_price"),
        last_price=amount(row, "last_price"),
        close_price=amount(row, "close_price"),
        overnight_quantity=int(row.get("overnight_quantity") or 0),
        buy_quantity=int(row["buy_quantity"]),
        buy_value=amount(row, "buy_value"),
        sell_quantity=int(row["sell_quantity"]),
        sell_value=amount(row, "sell_value"),
        multiplier=amount(row, "multiplier") or Decimal(1),
        instrument_token=int(row["instrument_token"]),
    )


def margin_of(segment: str, row: Row) -> Margin:
    """The funds of one segment."""
    available, used = row["available"], row["utilised"]
    return Margin(
        broker=NAME,
        segment=segment,
        available_cash=amount(available, "live_balance"),
        available_margin=amount(row, "net"),
        used_margin=amount(used, "debits"),
        collateral=amount(available, "collateral"),
        opening_balance=amount(available, "opening_balance"),
        net=amount(row, "net"),
    )
