"""Orders and fills: what we asked, and what the exchange executed. Kite's words throughout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.kernel.python310 import StrEnum

NIL = Decimal(0)
DRY_RUN = "dry_run"  # the venue of orders that are checked and recorded, and never sent
DRY_RUN_MESSAGE = "dry run: recorded, not sent"
_AVERAGE_STEP = Decimal("0.0001")  # an average is a quotient: kept to a hundredth of a paisa


class Side(StrEnum):
    """The transaction type."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> Side:
        """BUY for SELL and SELL for BUY."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Product(StrEnum):
    """How a position is carried: delivery, intraday, derivatives overnight, margin funding."""

    CNC = "CNC"
    MIS = "MIS"
    NRML = "NRML"
    MTF = "MTF"


class OrderType(StrEnum):
    """How the price is limited; the two SL types wait for their trigger."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    SL = "SL"
    SL_M = "SL-M"

    @property
    def has_limit(self) -> bool:
        """Whether an order of this type has a limit price."""
        return self in (OrderType.LIMIT, OrderType.SL)

    @property
    def has_trigger(self) -> bool:
        """Whether an order of this type has a trigger price."""
        return self in (OrderType.SL, OrderType.SL_M)


class Variety(StrEnum):
    """The kind of order the broker handles."""

    REGULAR = "regular"
    AMO = "amo"
    CO = "co"
    ICEBERG = "iceberg"
    AUCTION = "auction"


class Validity(StrEnum):
    """How long an order rests."""

    DAY = "DAY"
    IOC = "IOC"
    TTL = "TTL"


class OrderStatus(StrEnum):
    """Kite's states, and ours for an order whose answer was lost."""

    PUT_REQUESTED = "PUT ORDER REQ RECEIVED"
    AMO_REQUESTED = "AMO REQ RECEIVED"
    VALIDATION_PENDING = "VALIDATION PENDING"
    OPEN_PENDING = "OPEN PENDING"
    TRIGGER_PENDING = "TRIGGER PENDING"
    OPEN = "OPEN"
    MODIFY_VALIDATION_PENDING = "MODIFY VALIDATION PENDING"
    MODIFY_PENDING = "MODIFY PENDING"
    MODIFIED = "MODIFIED"
    MODIFY_AMO_REQUESTED = "MODIFY AMO REQ RECEIVED"
    CANCEL_PENDING = "CANCEL PENDING"
    IN_DOUBT = "IN_DOUBT"
    COMPLETE = "COMPLETE"
    CANCELLED = "CANCELLED"
    CANCELLED_AMO = "CANCELLED AMO"
    REJECTED = "REJECTED"

    @property
    def is_terminal(self) -> bool:
        """Whether the status is final."""
        return self in TERMINAL


TERMINAL = frozenset(
    {
        OrderStatus.COMPLETE,
        OrderStatus.CANCELLED,
        OrderStatus.CANCELLED_AMO,
        OrderStatus.REJECTED,
    }
)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """The request of an order. Prices in rupees; `price` 0 for MARKET and SL-M.

    market_protection: -1 the broker's own band, above 0 a percentage, 0 none.
    squareoff, stoploss, trailing_stoploss: rupees away from the entry (variety co).
    """

    exchange: str
    tradingsymbol: str
    side: Side
    product: Product
    order_type: OrderType
    quantity: int
    variety: Variety = Variety.REGULAR
    validity: Validity = Validity.DAY
    price: Decimal = NIL
    trigger_price: Decimal = NIL
    disclosed_quantity: int = 0
    market_protection: Decimal = NIL
    validity_ttl: int | None = None  # minutes
    autoslice: bool = False
    iceberg_legs: int | None = None
    iceberg_quantity: int | None = None
    auction_number: str | None = None
    squareoff: Decimal | None = None
    stoploss: Decimal | None = None
    trailing_stoploss: Decimal | None = None

    @property
    def instrument(self) -> str:
        """The instrument's id, `NSE:INFY`."""
        return f"{self.exchange}:{self.tradingsymbol}"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What the exchange executed of an order. `trade_id` is unique within the account."""

    trade_id: str
    order_id: str
    account: str
    run_id: str | None
    instrument: str
    product: Product
    side: Side
    quantity: int
    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a modification changes; None keeps what is there."""

    quantity: int | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    order_type: OrderType | None = None
    validity: Validity | None = None
    validity_ttl: int | None = None
    disclosed_quantity: int | None = None
    market_protection: Decimal | None = None

    def applied_to(self, request: OrderRequest) -> OrderRequest:
        """The request with these changes made."""
        values = {name: getattr(self, name) for name in CHANGEABLE}
        changed = replace(request, **{name: v for name, v in values.items() if v is not None})
        if changed.validity is not Validity.TTL:
            changed = replace(changed, validity_ttl=None)
        return changed

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return all(getattr(self, name) is None for name in CHANGEABLE)


CHANGEABLE = (
    "quantity",
    "price",
    "trigger_price",
    "order_type",
    "validity",
    "validity_ttl",
    "disclosed_quantity",
    "market_protection",
)


@quickly_made
@dataclass(frozen=True, kw_only=True)  # no slots: it is `changed` with every event
class Order:
    """The present state of an order: a fold of its events, never edited by anything else.

    `request` holds the terms in force, modifications included. `venue_status` is the last the
    venue said, with the venue's own number of that report; `status` is what follows from it, the
    fills and our unanswered requests. A parent of slices has no fills of its own.
    """

    order_id: str
    account: str
    run_id: str | None
    request: OrderRequest
    status: OrderStatus
    venue: str
    tag: str
    placed_at: datetime
    updated_at: datetime
    filled_quantity: int = 0
    pending_quantity: int = 0
    cancelled_quantity: int = 0
    average_price: Decimal = NIL
    exchange_order_id: str | None = None
    venue_order_id: str | None = None  # the venue's own id: it modifies and cancels by it
    parent_order_id: str | None = None
    status_message: str | None = None
    version: int = 1
    slices: int = 0  # number of children an autosliced parent was cut into; 0: not sliced
    modifications: int = 0  # changes that we asked for and the venue made
    venue_status: OrderStatus = OrderStatus.PUT_REQUESTED
    status_sequence: int = 0
    terms_sequence: int = 0
    asks: int = 0  # requests to modify or cancel so far; each carries its number
    cancel_ask: int | None = None  # the unanswered one
    modify_ask: int | None = None
    asked_change: Change | None = None
    in_doubt: bool = False
    fills: tuple[Fill, ...] = ()  # by time, then trade id
    voided: tuple[Fill, ...] = ()  # executed, then voided by the exchange
    voided_ids: frozenset[str] = frozenset()
    is_external: bool | None = None  # True: placed from another terminal, never changed by us

    @property
    def is_open(self) -> bool:
        """Whether it can still be filled, changed or cancelled."""
        return self.status not in TERMINAL

    @property
    def is_dry_run(self) -> bool:
        """Whether it is only recorded: it reaches no venue, and has no fills."""
        return self.venue == DRY_RUN

    @property
    def is_resting(self) -> bool:
        """Whether the venue holds it, so that a change or a cancel makes sense."""
        return self.is_open and not self.in_doubt

    @property
    def has_fills(self) -> bool:
        """Whether any of it is filled."""
        return self.filled_quantity > 0


def average_of(fills: tuple[Fill, ...]) -> Decimal:
    """The quantity-weighted price of fills, to 0.0001 rupees half to even; 0 without any."""
    quantity = sum(fill.quantity for fill in fills)
    if not quantity:
        return NIL
    value = sum((fill.price * fill.quantity for fill in fills), NIL)
    return (value / quantity).quantize(_AVERAGE_STEP, ROUND_HALF_EVEN)
