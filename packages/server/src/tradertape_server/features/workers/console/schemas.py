"""Replies of the console's pages of workers. Amounts, prices in rupees; distances in percent."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import JsonValue

from tradertape_server.platform.http.routing import IstTime, Reply

Json = dict[str, Any]
Mode = Literal["dry_run", "paper", "live"]
Environment = Literal["paper", "sandbox", "live"]


class RunPnl(Reply):
    """A run at the latest prices. is_stale: a price of an open position is too old."""

    net: float
    gross: float
    realised: float
    unrealised: float
    charges: float
    is_stale: bool


class RunHealth(Reply):
    """The health of the run's worker."""

    heartbeat_age_sec: int | None
    health_status: str
    session_status: str
    recovery_status: str


class Step(Reply):
    """Something that the protection will do by itself, and how far it is from that.

    price: of the instrument now. level: at which the rule triggers. distance_pct: from price to
    level, in percent of the price, or in percentage points of profit for rules of the basket. Those
    have a basis too (entry_value or premium), amount (the profit in rupees at which they trigger)
    and away (the rupees left to it).
    """

    rule: str
    instrument: str | None = None
    level: float | None = None
    price: float | None = None
    distance_pct: float | None = None
    basis: Literal["entry_value", "premium"] | None = None
    amount: float | None = None
    away: float | None = None
    in_sec: int | None = None


class RunPulse(Reply):
    """The live values of a run."""

    strategy_run_id: str
    status: str
    status_reason: str
    health: RunHealth
    pnl: RunPnl
    position_count: int
    protection_status: str
    next: Step | None
    attention: list[str]
    summary_fields: list[dict[str, JsonValue]]


class RunCard(RunPulse):
    """The card of a run. environment: what orders on its account move, whoever is signed in now.
    spark: its latest net profits, oldest first."""

    template_id: str
    name: str
    account_scope: str
    execution_mode: Mode
    environment: Environment
    is_option_run: bool
    token_id: int | None
    created_at: IstTime
    updated_at: IstTime
    closed_at: IstTime | None
    spark: list[float]


class OptionCardLeg(Reply):
    """A leg as requested."""

    leg_id: str
    instrument: str
    side: Literal["BUY", "SELL"]
    quantity: int
    option_type: str | None
    strike: float | None
    expiry: date


class OptionPremium(Reply):
    """The net premium of one unit; below 0 it was received. now: at the latest prices."""

    units: int
    entry: float
    now: float | None


class OptionRunCard(Reply):
    """The card of an option run."""

    card: RunCard
    option_status: str
    underlying: str
    expiry: date
    product: str
    legs: list[OptionCardLeg]
    premium: OptionPremium | None
    waits_for_entry: bool


class RunLeg(Reply):
    """A position of a run."""

    instrument: str
    product: str
    quantity: int
    average_price: float
    last_price: float | None
    value: float
    realised: float
    unrealised: float
    charges: float
    net: float
    is_stale: bool
    broker_quantity: int | None


class BrokerDifference(Reply):
    """Units recorded on the account, over its runs and your own orders, and those at the broker."""

    instrument: str
    product: str
    here: int
    at_broker: int
    since: IstTime
    words: str


class RunLive(Reply):
    """The live values of a run's page. differences: at the broker, of instruments it has traded."""

    pulse: RunPulse
    legs: list[RunLeg]
    steps: list[Step]
    differences: list[BrokerDifference]


class RunPage(Reply):
    """A run's page: its card, legs, controls, limits in force, metadata and what blocks it."""

    card: RunCard
    live: RunLive
    risk_schema: list[dict[str, JsonValue]]
    risk: dict[str, JsonValue]
    limits: dict[str, float | None]
    risk_changed_at: IstTime | None
    allowed_actions: list[str]
    metadata: dict[str, JsonValue]
    heartbeat: dict[str, JsonValue] | None
    last_heartbeat_at: IstTime | None
    protection: dict[str, JsonValue] | None
    can_trade: bool
    blocking_reasons: list[str]


class PnlAt(Reply):
    """Net and realised profit at a moment."""

    at: IstTime
    net: float
    realised: float


class TimelineEvent(Reply):
    """An event of a run."""

    cursor: int
    event_kind: str
    event_source: str
    event_type: str
    related_resource_type: str | None
    related_resource_id: str | None
    summary: str
    payload: dict[str, JsonValue]
    created_at: str


class ExitOrder(Reply):
    """An order of an exit. price and value: at the latest price; null without one."""

    instrument: str
    side: str
    quantity: int
    product: str
    order_type: str
    price: float | None
    value: float | None


class ExitPlanOut(Reply):
    """What an exit of a run would do now."""

    cancel: list[str]
    close: list[ExitOrder]
    value: float | None
    execution_mode: Mode


class ModeSummary(Reply):
    """Runs of one execution mode that are not closed; live ones of the sandbox apart from real
    ones. Modes are never added up."""

    execution_mode: Mode
    environment: Environment
    runs: int
    positions: int
    open_orders: int
    net: float
    is_stale: bool


class Attention(Reply):
    """A run that needs a person's attention, with a code and a sentence."""

    strategy_run_id: str
    name: str
    execution_mode: Mode
    reason: str
    words: str


class OverviewOut(Reply):
    """The runs in short. open_orders, open_positions: of all accounts, with or without a run.

    at_brokers: whose money they move there, real money (`live`) before the sandbox's.
    """

    modes: list[ModeSummary]
    attention: list[Attention]
    open_orders: int
    open_positions: int
    at_brokers: Literal["none", "sandbox", "live"]
