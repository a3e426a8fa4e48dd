"""Request and response bodies of trading by hand. Prices and amounts in rupees."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tradertape_server.features.gtts.schemas import Price, Scope
from tradertape_server.platform.http.routing import Body, IstTime, Reply

Quantity = Annotated[int, Field(ge=1, le=10_000_000)]
InstrumentId = Annotated[str, Field(min_length=3, max_length=80, examples=["NSE:INFY"])]
Products = Literal["CNC", "MIS", "NRML", "MTF"]
OrderTypes = Literal["MARKET", "LIMIT", "SL", "SL-M"]


class TicketIn(Body):
    """An order as its ticket has it. A price that its type does not have is left out."""

    account_scope: Scope = "kite:paper-a"
    instrument: InstrumentId
    transaction_type: Literal["BUY", "SELL"]
    quantity: Quantity
    order_type: OrderTypes = "LIMIT"
    product: Products = "CNC"
    price: Price | None = None
    trigger_price: Price | None = None
    validity: Literal["DAY", "IOC"] = "DAY"
    variety: Literal["regular", "amo"] = "regular"


class ChangeIn(Body):
    """New terms of an open order; what is left out stays as it is."""

    quantity: Quantity | None = None
    price: Price | None = None
    trigger_price: Price | None = None
    order_type: OrderTypes | None = None


class PreferredIn(Body):
    """The account of a new order, by segment: shares, and futures and options. Null: the first."""

    equity: Scope | None = None
    derivatives: Scope | None = None


class PreferredOut(Reply):
    """What is preferred, where the account is still there; null otherwise."""

    equity: str | None
    derivatives: str | None


class SettleIn(Body):
    """A person's word, typed out: the order is not in the broker's own app."""

    confirm: Literal["NEVER PLACED"]


class ExitPositionsIn(Body):
    """What is closed: one position, or all positions placed by hand on the account.

    dry_run: reply with what would be done, and do nothing.
    """

    account_scope: Scope
    instrument: InstrumentId | None = None
    product: Products | None = None
    dry_run: bool = False


class ConvertIn(Body):
    """Units of a position placed by hand, to be carried as another product. quantity: without a
    sign, at most what you hold of it."""

    account_scope: Scope
    instrument: InstrumentId
    old_product: Products
    new_product: Products
    quantity: Annotated[int, Field(ge=1, le=10_000_000)]


class BlockedOut(Reply):
    """Why the account takes no orders now."""

    code: str
    message: str


class FundsOut(Reply):
    """Money of an account. used: by positions, open orders and losses that are held back.

    mark_to_market: the part of the cash that was paid for futures that are still open (below 0:
    taken), a day at a time; None where the broker does not say.
    realised and charges: of the account's life; None where the broker does not say.
    """

    available: float
    cash: float
    mark_to_market: float | None
    used: float
    delivery: float | None
    exposure: float | None
    unrealised: float | None
    realised: float | None
    charges: float | None
    opening: float | None
    as_of: IstTime | None
    stale: bool


class TicketAccountOut(Reply):
    """An account that orders can be placed on. blocked: empty when they can be now."""

    scope: str
    kind: Literal["paper", "broker"]
    title: str
    is_sandbox: bool
    blocked: list[BlockedOut]
    funds: FundsOut | None


class WarningOut(Reply):
    """Something to know before placing; `error` would refuse the order."""

    code: str
    message: str
    severity: Literal["error", "warning"]


class PreviewOut(Reply):
    """What an order would need and cost, and what the risk checks say of it."""

    margin_required: float
    charges: dict[str, float]
    last_price: float | None
    value: float | None
    available: float | None
    warnings: list[WarningOut]
    is_allowed: bool


class HandOrderOut(Reply):
    """An order of yours. run: the worker run that placed it; None for by hand and for GTTs.

    scaled: its quantities are scaled by your agent.

    can_change: by you, here; a run's orders can be cancelled but are changed by their strategy.
    """

    order_id: str
    account_scope: str
    kind: Literal["paper", "broker"]
    environment: Literal["paper", "sandbox", "live"]
    scaled: bool
    run: str | None
    is_external: bool
    instrument: str
    transaction_type: str
    product: str
    order_type: str
    variety: str
    validity: str
    quantity: int
    filled_quantity: int
    pending_quantity: int
    price: float
    trigger_price: float
    average_price: float | None
    status: str
    status_message: str | None
    is_open: bool
    in_doubt: bool
    can_cancel: bool
    can_change: bool
    placed_at: IstTime
    updated_at: IstTime


class HandPositionOut(Reply):
    """An open position at the latest price. run: the worker run it belongs to.

    scaled: its quantity and amounts are scaled by your agent: they are not rupees.
    """

    account_scope: str
    kind: Literal["paper", "broker"]
    environment: Literal["paper", "sandbox", "live"]
    scaled: bool
    run: str | None
    instrument: str
    product: str
    quantity: int
    average_price: float
    last_price: float | None
    value: float
    unrealised: float
    day_net: float
    is_stale: bool
    opened_at: IstTime


class ExitPositionsOut(Reply):
    """The progress of an exit. close, cancel: what is closed and cancelled, of a dry run too.

    not_at_broker: units that the broker is known not to have, in words: they stay open.
    """

    account_scope: str
    status: Literal["closed", "exiting", "failed", "dry_run"]
    orders: list[str]
    cancel: list[str]
    close: list[str]
    not_at_broker: list[str]
