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
    """A trading account of yours and the number of active triggers on it.

    kind: where its triggers rest: `paper`, with this server, or `broker`. types: what it takes.
    blocked: why none can be placed on it now, if so.
    """

    id: int
    scope: str
    kind: Literal["paper", "broker"]
    active: int
    types: list[str]
    most: int
    is_sandbox: bool
    blocked: str | None


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
    """A new trigger. account_scope: one of your accounts; at a broker it rests there."""

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


class GttAtBrokerOut(Reply):
    """How a trigger rests at a broker.

    broker_trigger_id: the broker's id; null until it is known. asked: what has no answer yet:
    `place`, `modify` or `cancel`, since asked_at; in_doubt: its answer was lost, and the broker's
    list is read for it. problem: why the last thing asked was not done, or what to do.
    broker_order_id: of the order that it placed. checked_at: when the broker's list last had it.
    """

    broker: str
    broker_trigger_id: str | None
    asked: str | None
    asked_at: IstTime | None
    in_doubt: bool
    is_ending: bool
    problem: str | None
    broker_order_id: str | None
    checked_at: IstTime | None


class ExternalGttOut(Reply):
    """A trigger at a broker that another terminal created. It is shown, and never changed here."""

    account_scope: str
    broker_trigger_id: str
    type: str
    status: str
    instrument: str
    legs: list[GttLegOut]
    created_at: IstTime
    seen_at: IstTime


class SettleIn(Body):
    """Which of the broker's triggers one in doubt is; null: it was never placed."""

    broker_trigger_id: Annotated[str | None, Field(max_length=80)] = None


class GttOut(Reply):
    """A trigger. reference: the price at its creation; its triggers are above or below it.

    status: besides the broker's words `placing` and `in_doubt`, until a broker has answered.
    at_broker: null of a paper account, whose triggers rest with this server. run_id: whose it is;
    null: yours.
    """

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
    run_id: str | None
    at_broker: GttAtBrokerOut | None
