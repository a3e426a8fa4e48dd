"""Request bodies of the options routes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tradertape_server.platform.http.routing import Body

Word = Annotated[str, Field(max_length=40)]
Units = Annotated[int, Field(ge=1, le=10_000_000)]
Lots = Annotated[int, Field(ge=1, le=100_000)]
Rupees = Annotated[float, Field(ge=0, le=10_000_000)]
Way = Literal["BUY", "SELL"]


class SelectionIn(Body):
    """An option type and one of strike, offset, moneyness and delta_target."""

    option_type: Word
    strike: float | str | None = None
    offset: Word | None = None
    moneyness: Word | None = None
    delta_target: float | None = None
    max_delta_gap: float | None = None
    expiry: Word | None = None


class SelectIn(Body):
    """Contracts to find. expiry: nearest, current_week, next_week, current_month, next_month or a
    date; the expiry of a leg overrides it."""

    expiry: Word | None = None
    legs: list[dict[str, Any]] = Field(min_length=1, max_length=40)


class LegIn(Body):
    """One leg: a contract by symbol or token, or a selection; its quantity and its price.

    Accepts the legs that workers' resolvers return.
    """

    transaction_type: Way
    tradingsymbol: Annotated[str, Field(max_length=60)] | None = None
    instrument_token: int | None = None
    exchange: Annotated[str, Field(max_length=10)] = "NFO"
    selection: SelectionIn | None = None
    quantity: Units | None = Field(default=None, description="Units; or give lots.")
    lots: Lots | None = None
    price: Rupees | None = Field(
        default=None,
        description="Rupees per unit; default: the ask when buying, the bid when selling.",
    )
    # Fields of a resolved leg; the contract is looked up again.
    leg_id: str | None = None
    product: str | None = None
    strike: float | None = None
    option_type: str | None = None
    expiry_key: str | None = None
    ltp: float | None = None
    lot_size: int | None = None
    order_type: str | None = None
    trigger_price: float | None = None
    market_protection: float | None = None
    exit_order_type: str | None = None
    exit_price: float | None = None
    variety: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


class PreviewIn(Body):
    """A strategy: legs, or a named spread with its strikes counted from the money."""

    strategy_name: Annotated[str, Field(max_length=100)] | None = None
    underlying: Annotated[str, Field(max_length=40)] | None = None
    expiry: Word | None = None
    product: Literal["NRML", "MIS"] = "NRML"
    broker: Literal["zerodha", "upstox", "groww", "none"] = "zerodha"
    legs: list[LegIn] = Field(default_factory=list, max_length=20)
    spread: Word | None = None
    distance: int | None = None
    width: int = 2
    lots: Lots = 1
    days_ahead: Annotated[int, Field(ge=0, le=400)] | None = Field(
        default=None,
        description="Also show the payoff after so many days; at most until the first expiry.",
    )
    metadata: dict[str, Any] = Field(default_factory=dict)
