"""Build orders: functions for the common ones, `OrderBuilder` for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from kite_algo_worker.order_checks.rules import check_order

OrderPayload = dict[str, Any]

__all__ = [
    "OrderBuilder",
    "OrderPayload",
    "equity_market_order",
    "limit_order",
    "market_order",
    "option_market_order",
    "sl_m_order",
    "sl_order",
]


def market_order(
    exchange: str,
    tradingsymbol: str,
    transaction_type: str,
    product: str,
    quantity: int,
    variety: str = "regular",
    **kwargs: Any,
) -> OrderPayload:
    """Return a market order.

    transaction_type: `BUY` or `SELL`. product: `CNC`, `MIS`, `NRML`, `MTF`. quantity: units, whole
    lots of derivatives. Of `kwargs` there are `validity`, `validity_ttl` (minutes),
    `disclosed_quantity`, `market_protection` (-1 the broker's band, or percent), `autoslice`,
    `iceberg_legs`, `iceberg_quantity`, `auction_number`, `squareoff`, `stoploss`,
    `trailing_stoploss` (rupees from the entry); any other raises TypeError.

    ```python
    market_order("NSE", "INFY", "BUY", "CNC", 1)
    ```
    """
    head = _head(exchange, tradingsymbol, transaction_type, product, quantity, variety)
    return _order(head, "MARKET", **kwargs)


def limit_order(
    exchange: str,
    tradingsymbol: str,
    transaction_type: str,
    product: str,
    quantity: int,
    price: float,
    variety: str = "regular",
    **kwargs: Any,
) -> OrderPayload:
    """Return a limit order at `price` rupees. `kwargs` are those of `market_order`.

    ```python
    limit_order("NSE", "INFY", "BUY", "CNC", 1, price=1450.0)
    ```
    """
    head = _head(exchange, tradingsymbol, transaction_type, product, quantity, variety)
    return _order(head, "LIMIT", price=price, **kwargs)


def sl_order(
    exchange: str,
    tradingsymbol: str,
    transaction_type: str,
    product: str,
    quantity: int,
    price: float,
    trigger_price: float,
    variety: str = "regular",
    **kwargs: Any,
) -> OrderPayload:
    """Return an SL order: a limit of `price` once `trigger_price` trades, both in rupees.

    `kwargs` are those of `market_order`.

    ```python
    sl_order("NSE", "INFY", "BUY", "CNC", 1, price=1450.0, trigger_price=1445.0)
    ```
    """
    head = _head(exchange, tradingsymbol, transaction_type, product, quantity, variety)
    return _order(head, "SL", price=price, trigger_price=trigger_price, **kwargs)


def sl_m_order(
    exchange: str,
    tradingsymbol: str,
    transaction_type: str,
    product: str,
    quantity: int,
    trigger_price: float,
    variety: str = "regular",
    **kwargs: Any,
) -> OrderPayload:
    """Return an SL-M order: a market order once `trigger_price` rupees trade.

    `kwargs` are those of `market_order`.

    ```python
    sl_m_order("NSE", "INFY", "BUY", "CNC", 1, trigger_price=1445.0)
    ```
    """
    head = _head(exchange, tradingsymbol, transaction_type, product, quantity, variety)
    return _order(head, "SL-M", trigger_price=trigger_price, **kwargs)


def option_market_order(
    tradingsymbol: str,
    transaction_type: str,
    quantity: int,
    *,
    product: str = "NRML",
    exchange: str = "NFO",
    variety: str = "regular",
    **kwargs: Any,
) -> OrderPayload:
    """Return a market order of an option; quantity is lots times lot size.

    ```python
    option_market_order("NIFTY26MAY25000CE", "BUY", 75)
    ```
    """
    return market_order(
        exchange, tradingsymbol, transaction_type, product, quantity, variety, **kwargs
    )


def equity_market_order(
    tradingsymbol: str,
    transaction_type: str,
    quantity: int,
    *,
    product: str = "CNC",
    exchange: str = "NSE",
    variety: str = "regular",
    **kwargs: Any,
) -> OrderPayload:
    """Return a market order of a share, for delivery unless `product` is given.

    ```python
    equity_market_order("INFY", "BUY", 1, product="MIS")
    ```
    """
    return market_order(
        exchange, tradingsymbol, transaction_type, product, quantity, variety, **kwargs
    )


def _head(
    exchange: str, tradingsymbol: str, transaction_type: str, product: str, quantity: int,
    variety: str,
) -> tuple[str, str, str, str, int, str]:  # fmt: skip
    return exchange, tradingsymbol, transaction_type, product, quantity, variety


def _order(
    head: tuple[str, str, str, str, int, str],
    order_type: str,
    *,
    price: float | None = None,
    trigger_price: float | None = None,
    validity: str = "DAY",
    validity_ttl: int | None = None,
    disclosed_quantity: int | None = None,
    market_protection: float | None = None,
    autoslice: bool | None = None,
    iceberg_legs: int | None = None,
    iceberg_quantity: int | None = None,
    auction_number: str | None = None,
    squareoff: float | None = None,
    stoploss: float | None = None,
    trailing_stoploss: float | None = None,
) -> OrderPayload:
    exchange, tradingsymbol, transaction_type, product, quantity, variety = head
    order: OrderPayload = {
        "exchange": exchange,
        "tradingsymbol": tradingsymbol,
        "transaction_type": transaction_type,
        "variety": variety,
        "product": product,
        "order_type": order_type,
        "quantity": quantity,
        "price": price,
        "trigger_price": trigger_price,
        "validity": validity,
        "validity_ttl": validity_ttl,
        "disclosed_quantity": disclosed_quantity,
        "market_protection": market_protection,
        "autoslice": autoslice,
        "iceberg_legs": iceberg_legs,
        "iceberg_quantity": iceberg_quantity,
        "auction_number": auction_number,
        "squareoff": squareoff,
        "stoploss": stoploss,
        "trailing_stoploss": trailing_stoploss,
    }
    return {name: value for name, value in order.items() if value is not None}


@dataclass(frozen=True)
class OrderBuilder:
    """Any order, built step by step; each step returns a new builder.

    ```python
    OrderBuilder("NSE", "INFY", "BUY", "CNC", 1).market().regular().build()
    ```

    The functions of this module are here too, as static methods.
    """

    exchange: str = ""
    tradingsymbol: str = ""
    transaction_type: str = ""
    product: str = ""
    quantity: int = 0
    _fields: OrderPayload = field(default_factory=OrderPayload, init=False, repr=False)

    market_order = staticmethod(market_order)
    limit_order = staticmethod(limit_order)
    sl_order = staticmethod(sl_order)
    sl_m_order = staticmethod(sl_m_order)
    option_market_order = staticmethod(option_market_order)
    equity_market_order = staticmethod(equity_market_order)

    def _with(self, **fields: Any) -> OrderBuilder:
        made = replace(self)
        object.__setattr__(made, "_fields", {**self._fields, **fields})
        return made

    def market(self) -> OrderBuilder:
        """At the market's price."""
        return self._with(order_type="MARKET", price=None, trigger_price=None)

    def limit(self, price: float) -> OrderBuilder:
        """At `price` rupees or better."""
        return self._with(order_type="LIMIT", price=price, trigger_price=None)

    def sl(self, price: float, trigger_price: float) -> OrderBuilder:
        """At `price` or better once `trigger_price` is touched."""
        return self._with(order_type="SL", price=price, trigger_price=trigger_price)

    def sl_m(self, trigger_price: float) -> OrderBuilder:
        """At the market's price once `trigger_price` is touched."""
        return self._with(order_type="SL-M", price=None, trigger_price=trigger_price)

    def regular(self) -> OrderBuilder:
        """A usual order: the default of `build`."""
        return self._with(variety="regular")

    def amo(self) -> OrderBuilder:
        """An order placed after hours, for the next session."""
        return self._with(variety="amo")

    def co(
        self, squareoff: float, stoploss: float, trailing_stoploss: float | None = None
    ) -> OrderBuilder:
        """A cover order: stop-loss and target in rupees from the entry; a target of 0 is none."""
        return self._with(
            variety="co",
            squareoff=squareoff,
            stoploss=stoploss,
            trailing_stoploss=trailing_stoploss,
        )

    def iceberg(self, legs: int, quantity: int | None = None) -> OrderBuilder:
        """Shown to the market in 2 to 10 legs, each of `quantity` units if given."""
        return self._with(variety="iceberg", iceberg_legs=legs, iceberg_quantity=quantity)

    def auction(self, number: str) -> OrderBuilder:
        """In the auction of this number."""
        return self._with(variety="auction", auction_number=number)

    def day(self) -> OrderBuilder:
        """Good until the session ends: the default of `build`."""
        return self._with(validity="DAY", validity_ttl=None)

    def ioc(self) -> OrderBuilder:
        """Immediate or cancelled."""
        return self._with(validity="IOC", validity_ttl=None)

    def ttl(self, minutes: int) -> OrderBuilder:
        """Good for 1 to 365 minutes."""
        return self._with(validity="TTL", validity_ttl=minutes)

    def disclosed(self, quantity: int) -> OrderBuilder:
        """Show the market this many units."""
        return self._with(disclosed_quantity=quantity)

    def market_protection(self, percent: float) -> OrderBuilder:
        """Fill within this many percent of the last price; -1 is the broker's own band."""
        return self._with(market_protection=percent)

    def autoslice(self) -> OrderBuilder:
        """Cut what is over the freeze quantity into several orders."""
        return self._with(autoslice=True)

    def build(self) -> OrderPayload:
        """Return the order. Raises BrokerValidationError, with every rule that it breaks."""
        head = {
            "exchange": self.exchange,
            "tradingsymbol": self.tradingsymbol,
            "transaction_type": self.transaction_type,
            "variety": "regular",
            "product": self.product,
        }
        order = {**head, "quantity": self.quantity, "validity": "DAY", **self._fields}
        given = {name: value for name, value in order.items() if value not in (None, "")}
        check_order(given, at="")
        return given
