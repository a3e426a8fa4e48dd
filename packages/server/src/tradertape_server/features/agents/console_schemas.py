"""Bodies of the console's page about agents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from tradertape_server.features.agents.schemas import BrokerName, LatestVersion, SyncWarning
from tradertape_server.platform.http.routing import Body, IstTime, Reply


class AgentBrokerOut(Reply):
    """A broker of an agent."""

    name: str
    connected: bool
    primary: bool


class AgentInstanceOut(Reply):
    """An installation."""

    instance: str
    version: str | None
    online: bool
    update_available: bool
    auto_execute: bool
    obfuscation: bool
    brokers: list[AgentBrokerOut]
    last_poll_at: IstTime | None
    last_seen_at: IstTime


class LeaseOut(Reply):
    """A signal that an agent was handed and has not reported on. overdue: its lease has ended."""

    id: int
    signal_id: int
    symbol: str
    side: Literal["BUY", "SELL"]
    instance: str
    leased_at: IstTime
    lease_until: IstTime
    overdue: bool


class SnapshotOut(Reply):
    """The last snapshot of a kind at a broker. Quantities are scaled where `scaled` is.

    sealed: its agent encrypted what it holds.
    """

    id: int
    kind: Literal["holdings", "positions"]
    broker: str
    day: date
    as_of: IstTime
    instance: str
    rows: int
    scaled: bool
    factor_id: str | None
    drift_status: str | None
    drift: int | None
    symbols: int | None
    sealed: bool


class SnapshotRowOut(Reply):
    """A holding or a position as the agent sent it; absent: what it kept to itself."""

    symbol: str
    exchange: str
    isin: str | None = None
    product: str | None = None
    quantity: Decimal | None = None
    average_price: Decimal | None = None
    last_price: Decimal | None = None
    value: Decimal | None = None
    pnl: Decimal | None = None


class SnapshotDetailOut(Reply):
    """A snapshot with what it holds.

    weights: quantities are rounded percentages of the portfolio. document: what the agent encrypted
    (AES-256-GCM; base64 of nonce, text and tag): JSON with `holdings` or `positions`, `margins`.
    """

    snapshot: SnapshotOut
    items: list[SnapshotRowOut]
    margins: dict[str, Decimal]
    weights: bool
    document: str | None


class AgentsOut(Reply):
    """Everything of the page. clear_files: uploads that hold real figures."""

    obfuscation: bool
    clear_files: int
    agents: list[AgentInstanceOut]
    leases: list[LeaseOut]
    snapshots: list[SnapshotOut]
    warnings: list[SyncWarning]
    latest: LatestVersion
    portfolios: int = Field(description="Portfolios that the agent executes.")


class ObfuscationIn(Body):
    """Turn obfuscation on or off."""

    enabled: bool


class OfferIn(Body):
    """The token that a broker's login page returned, for the agent."""

    broker: BrokerName
    request_token: Annotated[SecretStr, Field(min_length=1, max_length=2000)]
