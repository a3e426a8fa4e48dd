"""Answers about protections: as requested, and their state."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from tradertape_server.platform.http.units import Percent, Price, Quantity, Rupees, Seconds, Time

Side = Literal["BUY", "SELL"]


class ProtectedPosition(TypedDict):
    """A protected position, by `symbol` or `instrument_token`."""

    symbol: NotRequired[str]
    instrument_token: NotRequired[int]
    exchange: NotRequired[str]
    tradingsymbol: NotRequired[str]
    product: str
    side: Side
    quantity: Quantity
    entry_price: Price
    stoploss_pct: NotRequired[Percent]
    target_pct: NotRequired[Percent]
    trailing_stoploss_pct: NotRequired[Percent]


class BasketRules(TypedDict):
    """Limits on the profit of all positions together, in percent of `basis`."""

    basis: NotRequired[Literal["entry_value", "premium"]]
    stoploss_pct: NotRequired[Percent]
    target_pct: NotRequired[Percent]
    trailing_activate_pct: NotRequired[Percent]
    trailing_drawdown_pct: NotRequired[Percent]


class OperationRules(TypedDict):
    """Exits when the worker is silent, and before the close for intraday positions (seconds)."""

    exit_on_worker_stale: NotRequired[bool]
    worker_stale_sec: NotRequired[Seconds]
    mis_squareoff_buffer_sec: NotRequired[Seconds]


class ProtectionDocument(TypedDict):
    """The protection as requested by a worker or a user."""

    enabled: bool
    mode: str
    version: int
    positions: NotRequired[list[ProtectedPosition]]
    basket: NotRequired[BasketRules]
    operations: NotRequired[OperationRules]


class ProtectionLeg(TypedDict):
    """The state of one position's protection. best_price: since it was armed."""

    instrument: str
    product: str
    side: Side
    quantity: Quantity
    status: str
    entry_price: Price
    best_price: Price | None
    stop_price: Price | None
    target_price: Price | None
    trailing_price: Price | None
    exit_price: Price | None


class ProtectionSnapshot(TypedDict):
    """The state of a run's protection. generation: rises with every change."""

    status: str
    generation: int
    triggered_rule: str | None
    exit_claim_id: str | None
    reason: str | None
    reset_trailing: bool
    backend_protection: ProtectionDocument | None
    legs: list[ProtectionLeg]
    basket_peak_pct: Percent | None


class ChangedProtection(TypedDict):
    """A run's protection after a change."""

    strategy_run_id: str
    backend_protection: ProtectionDocument
    backend_protection_state: ProtectionSnapshot
    timeline_cursor: int


class OptionLegRules(TypedDict):
    """Limits of one leg in percent of its entry price."""

    leg_id: str
    stoploss_pct: NotRequired[Percent | None]
    target_pct: NotRequired[Percent | None]
    trailing_stoploss_pct: NotRequired[Percent | None]


class OptionProtectionDocument(TypedDict):
    """The protection of an option run as requested: one kind of stop and one of target.

    `_inr` in rupees, `_premium` in rupees of combined premium a unit.
    """

    enabled: NotRequired[bool]
    basis: NotRequired[Literal["entry_value", "premium"]]
    stoploss_pct: NotRequired[Percent]
    stoploss_inr: NotRequired[Rupees]
    stoploss_premium: NotRequired[Price]
    target_pct: NotRequired[Percent]
    target_inr: NotRequired[Rupees]
    target_premium: NotRequired[Price]
    trailing_stoploss_pct: NotRequired[Percent]
    trailing_activate_pct: NotRequired[Percent]
    trailing_drawdown_pct: NotRequired[Percent]
    leg_stoploss_pct: NotRequired[Percent]
    leg_target_pct: NotRequired[Percent]
    leg_trailing_stoploss_pct: NotRequired[Percent]
    legs: NotRequired[list[OptionLegRules]]
    operations: NotRequired[OperationRules]


class OptionProtectionState(ProtectionSnapshot):
    """The state of an option run's protection. profit_pct: now, in percent of `basis`."""

    strategy_run_id: str
    protection: OptionProtectionDocument | None
    basis: Literal["entry_value", "premium"]
    profit_pct: Percent | None
    waits_for_entry: bool


class ChangedOptionProtection(TypedDict):
    """An option run's protection after a change."""

    strategy_run_id: str
    protection: OptionProtectionDocument
    protection_state: ProtectionSnapshot
    timeline_cursor: int


class ReplayExit(TypedDict):
    """An exit that the protection would have placed; price: of the path."""

    instrument: str
    transaction_type: Side
    quantity: Quantity
    price: Price | None


class ReplayTrigger(TypedDict):
    """A rule that would have triggered at a snapshot of the path."""

    index: int
    at: Time
    rule: str
    scope: str
    reason: str
    pnl_pct: Percent | None
    pnl: Rupees | None
    exits: list[ReplayExit]


class ReplayStep(TypedDict):
    """The evaluation of one snapshot. fired: rules."""

    index: int
    at: Time
    pnl_pct: Percent | None
    pnl: Rupees | None
    peak_pct: Percent | None
    fired: list[str]


class OptionReplay(TypedDict):
    """What a protection would have done on a path.

    base: rupees that are 100 percent; null where the path has percentages alone.
    """

    strategy_run_id: str
    source: Literal["given", "recorded"]
    entry_is_assumed: bool
    protection: OptionProtectionDocument | None
    backend_protection: ProtectionDocument
    would_have_fired: bool
    first: ReplayTrigger | None
    triggers: list[ReplayTrigger]
    snapshots: int
    evaluated: int
    basis: Literal["entry_value", "premium"]
    base: Rupees | None
    steps: list[ReplayStep]
