"""Build option legs from known contracts."""

from __future__ import annotations

from typing import Any

from kite_algo_worker.options.models import new_leg_id

__all__ = ["option_leg"]


def option_leg(
    tradingsymbol: str,
    transaction_type: str,
    quantity: int,
    *,
    exchange: str = "NFO",
    product: str | None = None,
    order_type: str = "MARKET",
    price: float | None = None,
    trigger_price: float | None = None,
    market_protection: int | None = None,
    exit_order_type: str | None = None,
    exit_price: float | None = None,
    variety: str = "regular",
    leg_id: str | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """Return a leg as a dict: for `options.create_run`, and as an order of `preview_entry`.

    quantity: units, whole lots. Prices are rupees. `extra` is added last and may replace a field.

    ```python
    option_leg("NIFTY26MAY25000CE", "BUY", 75, product="NRML")
    ```
    """
    leg: dict[str, Any] = {
        "leg_id": leg_id or new_leg_id(),
        "exchange": exchange,
        "tradingsymbol": tradingsymbol,
        "transaction_type": transaction_type,
        "order_type": order_type,
        "quantity": quantity,
        "variety": variety,
    }
    optional = {
        "product": product,
        "price": price,
        "trigger_price": trigger_price,
        "market_protection": market_protection,
        "exit_order_type": exit_order_type,
        "exit_price": exit_price,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return {**leg, **given, **extra}
