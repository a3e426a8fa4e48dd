"""Request bodies of option runs. Protections are parsed by the core, not here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from tradertape_server.features.auth.token_scope import AccountScope
from tradertape_server.features.options.schemas import Rupees, Units, Way
from tradertape_server.features.workers.schemas import Document, Note, RunDocument
from tradertape_server.platform.http.routing import Body

MOST_LEGS = 20
Mode = Literal["dry_run", "paper", "live"]


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


Word = Annotated[str, BeforeValidator(_upper), Field(min_length=1, max_length=60)]
OrderType = Annotated[Literal["MARKET", "LIMIT", "SL", "SL-M"], BeforeValidator(_upper)]
ProductName = Annotated[Literal["NRML", "MIS"], BeforeValidator(_upper)]
LegId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]


class OptionLegIn(Body):
    """A leg as the selection endpoints return it. The contract is found by symbol or token alone;
    strike, type, expiry and lot size are the contract's."""

    tradingsymbol: Word
    transaction_type: Annotated[Way, BeforeValidator(_upper)]
    quantity: Units
    leg_id: LegId | None = None
    exchange: Annotated[str, Field(max_length=10)] = "NFO"
    product: ProductName | None = None
    instrument_token: int | None = None
    strike: float | None = None
    option_type: str | None = None
    expiry_key: str | None = None
    ltp: float | None = None
    lot_size: int | None = None
    lots: int | None = None
    order_type: OrderType = "MARKET"
    price: Rupees | None = None
    trigger_price: Rupees | None = None
    market_protection: float | None = None
    exit_order_type: OrderType | None = None
    exit_price: Rupees | None = None
    variety: Literal["regular"] | None = None
    metadata: Note = Field(default_factory=dict)


class NewOptionRun(Body):
    """Create a run of option legs. `metadata` may name `execution_mode` and `account_scope`."""

    strategy_name: Annotated[str, Field(min_length=1, max_length=200)]
    product: ProductName
    legs: list[OptionLegIn] = Field(min_length=1, max_length=MOST_LEGS)
    protection: Document | None = None
    metadata: RunDocument = Field(default_factory=dict)


class OptionAction(Body):
    """Enter or exit an option run."""

    mode: Mode | None = None
    execution_mode: Mode | None = None
    account_scope: AccountScope | None = None
    all_or_none: bool = False
    idempotency_key: Annotated[str, Field(max_length=160)] | None = None
    metadata: Note = Field(default_factory=dict)
    order_results: list[Document] | Document | None = None
    trade_results: list[Document] | Document | None = None
    safety_token: str | None = None
    reason: Annotated[str, Field(max_length=500)] | None = None

    @property
    def wanted_mode(self) -> Mode | None:
        """The execution mode, under either of its names."""
        return self.execution_mode or self.mode


class PreviewIn(Body):
    """A preview takes the fields of an action, and orders to preview instead of the legs."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    orders: list[Document] = Field(default_factory=list, max_length=50)


class ReplayIn(Body):
    """A price path to replay the protection on; by default the one recorded since the entry."""

    metric_snapshots: list[Document] = Field(default_factory=list, max_length=50_000)
    protection: Document | None = None
