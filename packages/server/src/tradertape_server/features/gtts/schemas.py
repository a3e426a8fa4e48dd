"""Request and response bodies of the console's GTT page. Prices in rupees."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tradertape_server.platform.http.routing import Body, IstTime, Reply

Scope = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,19}:[A-Za-z0-9][A-Za-z0-9._-]{0,58}$",
        examples=["kite:paper-a"],
    ),
]
Price = Annotated[float, Field(gt=0, le=100_000_000)]


class GttAccountOut(Reply):
    """A trading account of yours and the number of active triggers on it."""

    id: int
    scope: str
    active: int


class GttLegIn(Body):
    """A trigger price, and the limit order it places."""

    trigger: Price
    transaction_type: Literal["BUY", "SELL"]
    quantity: Annotated[int, Field(ge=1, le=10_000_000)]
    price: Price
    product: Literal["CNC", "NRML"] = "CNC"


class GttLegsIn(Body):
    """One leg is a single trigger; of two, the first that fires cancels the other."""

    legs: list[GttLegIn] = Field(min_length=1, max_length=2)


class GttIn(GttLegsIn):
    """A new trigger. account_scope: one of your paper accounts."""

    account_scope: Scope = "kite:paper-a"
    instrument: Annotated[str, Field(min_length=3, max_length=80, examples=["NSE:INFY"])]


class GttResultOut(Reply):
    """The result of a leg: its order and fills, or the reason why there is none."""

    at: IstTime
    order_id: str | None
    reason: str | None
    status: str | None
    filled_quantity: int
    average_price: float | None


class GttLegOut(Reply):
    """A leg; result is null until it fires."""

    trigger: float
    transaction_type: str
    quantity: int
    price: float
    product: str
    result: GttResultOut | None


class GttOut(Reply):
    """A trigger. reference: the price at its creation; its triggers are above or below it."""

    id: int
    account_scope: str
    type: str
    status: str
    instrument: str
    reference: float
    legs: list[GttLegOut]
    created_at: IstTime
    updated_at: IstTime
    expires_at: IstTime
