"""The wire of the agent: docs/agent-api.md. Members that are not known are ignored."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from tradertape_server.features.portfolios.schemas import PortfolioStatus, SignalOut
from tradertape_server.platform.http.routing import MAX_ID, IstTime, Reply

Json = dict[str, Any]
BrokerName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,20}$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Ident = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
FactorId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
# Base64 of at most 1.5 MB: 5000 holdings have about 1.2 MB.
Sealed = Annotated[str, StringConstraints(max_length=2_000_000, pattern=r"^[A-Za-z0-9+/]+=*$")]
Outcome = Literal[
    "placed", "triggered", "partially_filled", "filled", "rejected", "failed", "cancelled",
    "expired", "unknown",
]  # fmt: skip
Units = Annotated[Decimal, Field(ge=0, max_digits=24, decimal_places=8)]


class AgentBody(BaseModel):
    """What an agent sends: a later agent may say more."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class ItemOrder(Reply):
    """The order of an item; see the page for which members count at which type."""

    type: Literal["gtt_single", "gtt_oco", "market", "limit"]
    trigger_price: float | None
    limit_price: float | None
    stop_trigger: float | None
    stop_limit: float | None
    target_trigger: float | None
    target_limit: float | None
    tick_size: float
    market_protection: float | None


class Item(Reply):
    """A signal that is to be executed, or, with `requires_approval`, to be approved."""

    id: int
    version: int
    portfolio_id: int
    paper: bool
    symbol: str
    exchange: str
    isin: str
    side: Literal["BUY", "SELL"]
    kind: str
    quantity: int
    product: str
    order: ItemOrder
    ref_price: float
    max_slippage_pct: float | None
    valid_until: IstTime | None
    expires_at: IstTime | None
    requires_approval: bool
    conviction: float
    reason: str
    risk: Json
    idempotency_key: str | None
    lease_until: IstTime | None
    scaled: bool


class Withdrawn(Reply):
    """A leased item that must not be sent any more."""

    id: int
    idempotency_key: str
    reason: Literal["kill_switch", "expired", "cancelled", "paused"]


class Cancellation(Reply):
    """An order that is to be cancelled at the broker."""

    signal_id: int
    idempotency_key: str
    gtt_id: str | None
    order_id: str | None
    reason: str


class InCart(Reply):
    """An approved entry that is not handed out yet, and why; it is tried with each poll."""

    id: int
    reason: str


class PendingSignals(Reply):
    """What an agent has to do."""

    server_time: IstTime
    poll_after_s: int
    kill_switch: bool
    items: list[Item]
    withdrawn: list[Withdrawn]
    cancellations: list[Cancellation]
    in_cart: list[InCart]
    held: str | None = None


class SignalResult(AgentBody):
    """What became of an order.

    filled_share: in the place of filled_quantity, of an order that was handed out in real units
    before obfuscation was turned on: a scaled figure beside its size would tell the factor.
    """

    signal_id: Annotated[int, Field(ge=1, le=MAX_ID)]
    version: int | None = None
    idempotency_key: Key
    outcome: Outcome
    gtt_id: Ident | None = None
    order_id: Ident | None = None
    filled_quantity: Units | None = None
    filled_share: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    average_price: Annotated[Decimal, Field(gt=0, max_digits=16, decimal_places=6)] | None = None
    fees: Json | float | None = None
    broker: BrokerName
    broker_status: Words | None = None
    message: Words | None = None
    occurred_at: AwareDatetime
    scaled: bool = False
    factor_id: FactorId | None = None

    @model_validator(mode="after")
    def _complete(self) -> SignalResult:
        if self.outcome == "placed" and not (self.gtt_id or self.order_id):
            raise ValueError("an order that was placed has a gtt_id or an order_id")
        is_fill = self.outcome in ("filled", "partially_filled")
        units = self.filled_share or self.filled_quantity
        if is_fill and (not units or self.average_price is None):
            raise ValueError(
                "a fill has a filled_quantity above 0, or a filled_share, and an average_price"
            )
        return self


class StopFilled(AgentBody):
    """A stop that the agent placed itself has sold. filled_share: of what the signal bought."""

    signal_id: Annotated[int, Field(ge=1, le=MAX_ID)]
    idempotency_key: Key
    filled_share: Annotated[Decimal, Field(gt=0, le=1)]
    occurred_at: AwareDatetime


class StopFilledOut(Reply):
    """What the books do about it: closing: an exit of the units is handed out, or follows; report
    it as filled. closed: nothing of the position is open."""

    state: Literal["closing", "closed"]
    position_id: int | None


class ResultPosition(Reply):
    """The position that fills made."""

    id: int
    portfolio_id: int
    symbol: str
    status: str
    open_quantity: int
    average_price: float
    stop_price: float | None
    target_price: float | None
    protection_status: str


class SignalResultOut(Reply):
    """What became of a report. reason: why it was not applied."""

    applied: bool
    reason: Literal["duplicate", "out_of_order", "superseded", "signal_over"] | None
    signal: SignalOut
    position: ResultPosition | None


class ExpectedPart(Reply):
    """Of one portfolio."""

    portfolio_id: int
    quantity: int


class ExpectedHolding(Reply):
    """What open positions amount to in a symbol."""

    symbol: str
    exchange: str
    isin: str
    quantity: int
    by_portfolio: list[ExpectedPart]
    scaled: bool


class Row(AgentBody):
    """A holding or position; what else the agent says of it is kept.

    quantity: absent where the agent keeps it to itself.
    """

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    symbol: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    exchange: Annotated[str, StringConstraints(max_length=10)] = "NSE"
    quantity: Annotated[Decimal, Field(max_digits=24, decimal_places=8)] | None = None


class DriftSummary(AgentBody):
    """How the agent's reconciliation ended."""

    status: Literal["ok", "drift", "stale", "broker_unavailable"]
    symbols: int = 0
    ok: int = 0
    drift: int = 0
    ignored: int = 0


class Snapshot(AgentBody):
    """What every snapshot has. sealed: what its agent encrypted; this server has no key for it."""

    as_of: AwareDatetime
    broker: BrokerName
    scaled: bool = False
    factor_id: FactorId | None = None
    sealed: Sealed | None = None

    @model_validator(mode="after")
    def _labelled(self) -> Snapshot:
        if self.scaled and self.factor_id is None:
            raise ValueError("scaled values need the factor_id of their factor")
        if self.sealed is not None and not self.scaled:
            raise ValueError("a sealed document belongs to scaled values")
        return self


class SyncHoldings(Snapshot):
    """Holdings and margins at a broker."""

    holdings: Annotated[list[Row], Field(max_length=5000)]
    margins: Json | None = None
    drift_summary: DriftSummary | None = None


class SyncPositions(Snapshot):
    """Positions at a broker."""

    positions: Annotated[list[Row], Field(max_length=5000)]


class SyncWarning(Reply):
    """What is odd about a snapshot that was stored."""

    code: str
    detail: str


class SyncOut(Reply):
    """Whether a snapshot was stored, and of which day it is."""

    stored: bool
    day: date
    warnings: list[SyncWarning]


class HeartbeatBroker(AgentBody):
    """A broker of the agent."""

    name: BrokerName
    connected: bool = False
    primary: bool = False


class Heartbeat(AgentBody):
    """What an agent says of itself."""

    version: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    brokers: Annotated[list[HeartbeatBroker | BrokerName], Field(max_length=20)] = []
    auto_execute: bool = False
    obfuscation: bool | Annotated[str, StringConstraints(max_length=20)] = False
    last_poll: datetime | None = None
    instance: Annotated[str, StringConstraints(max_length=64)] | None = None


class HeartbeatOut(Reply):
    """What an agent is told."""

    server_time: IstTime
    poll_after_s: int
    kill_switch: bool
    obfuscation: bool
    latest_version: str
    min_supported: str
    update_available: bool
    auto_execute_allowed: bool


class ConfigPortfolio(Reply):
    """A portfolio that the agent executes."""

    id: int
    name: str
    status: PortfolioStatus
    auto_place_signals: bool
    paper: bool


class ConfigOut(Reply):
    """What an agent asks at its start."""

    server_time: IstTime
    poll_after_s: int
    lease_s: int
    kill_switch: bool
    obfuscation: bool
    latest_version: str
    min_supported: str
    portfolios: list[ConfigPortfolio]


class LatestVersion(Reply):
    """The latest agent."""

    version: str
    min_supported: str
    released_at: date
    notes_url: str


class PendingToken(Reply):
    """A broker's request token, which is delivered once."""

    request_token: str
    broker: str
    created_at: IstTime


class AccessToken(AgentBody):
    """A broker's session that an agent opened."""

    broker: BrokerName
    access_token: Annotated[SecretStr, Field(min_length=1, max_length=2000)]
    user_id: Ident
    login_time: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None


class AccessTokenOut(Reply):
    """The token is stored; nothing returns it."""

    stored: bool
    broker: str
    expires_at: IstTime | None
