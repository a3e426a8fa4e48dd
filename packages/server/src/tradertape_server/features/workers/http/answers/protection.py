"""Answers about protections: as requested, and their state. Limits in percent, prices in rupees."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

Side = Literal["BUY", "SELL"]


class ProtectedPosition(TypedDict):
    """A protected position, by `symbol` or `instrument_token`."""

    symbol: NotRequired[str]
    instrument_token: NotRequired[int]
    exchange: NotRequired[str]
    tradingsymbol: NotRequired[str]
    product: str
    side: Side
    quantity: int
    entry_price: float
    stoploss_pct: NotRequired[float]
    target_pct: NotRequired[float]
    trailing_stoploss_pct: NotRequired[float]


class BasketRules(TypedDict):
    """Limits on the profit of all positions together, in percent of `basis`."""

    basis: NotRequired[Literal["entry_value", "premium"]]
    stoploss_pct: NotRequired[float]
    target_pct: NotRequired[float]
    trailing_activate_pct: NotRequired[float]
    trailing_drawdown_pct: NotRequired[float]


class OperationRules(TypedDict):
    """Exits when the worker is silent, and before the close for intraday positions (seconds)."""

    exit_on_worker_stale: NotRequired[bool]
    worker_stale_sec: NotRequired[int]
    mis_squareoff_buffer_sec: NotRequired[int]


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
    quantity: int
    status: str
    entry_price: float
    best_price: float | None
    stop_price: float | None
    target_price: float | None
    trailing_price: float | None
    exit_price: float | None


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
    basket_peak_pct: float | None


class ChangedProtection(TypedDict):
    """A run's protection after a change."""

    strategy_run_id: str
    backend_protection: ProtectionDocument
    backend_protection_state: ProtectionSnapshot
    timeline_cursor: int


class OptionLegRules(TypedDict):
    """Limits of one leg in percent of its entry price."""

    leg_id: str
    stoploss_pct: NotRequired[float | None]
    target_pct: NotRequired[float | None]
    trailing_stoploss_pct: NotRequired[float | None]


class OptionProtectionDocument(TypedDict):
    """The protection of an option run as requested: one kind of stop and one of target.

    `_inr` in rupees, `_premium` in rupees of combined premium a unit.
    """

    enabled: NotRequired[bool]
    basis: NotRequired[Literal["entry_value", "premium"]]
    stoploss_pct: NotRequired[float]
    stoploss_inr: NotRequired[float]
    stoploss_premium: NotRequired[float]
    target_pct: NotRequired[float]
    target_inr: NotRequired[float]
    target_premium: NotRequired[float]
    trailing_stoploss_pct: NotRequired[float]
    trailing_activate_pct: NotRequired[float]
    trailing_drawdown_pct: NotRequired[float]
    leg_stoploss_pct: NotRequired[float]
    leg_target_pct: NotRequired[float]
    leg_trailing_stoploss_pct: NotRequired[float]
    legs: NotRequired[list[OptionLegRules]]
    operations: NotRequired[OperationRules]


class OptionProtectionState(ProtectionSnapshot):
    """The state of an option run's protection. profit_pct: now, in percent of `basis`."""

    strategy_run_id: str
    protection: OptionProtectionDocument | None
    basis: Literal["entry_value", "premium"]
    profit_pct: float | None
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
    quantity: int
    price: float | None


class ReplayTrigger(TypedDict):
    """A rule that would have triggered at a snapshot of the path."""

    index: int
    at: str
    rule: str
    scope: str
    reason: str
    pnl_pct: float | None
    pnl: float | None
    exits: list[ReplayExit]


class ReplayStep(TypedDict):
    """The evaluation of one snapshot. fired: rules."""

    index: int
    at: str
    pnl_pct: float | None
    pnl: float | None
    peak_pct: float | None
    fired: list[str]


class OptionReplay(TypedDict):
    """What a protection would have done on a path. base: rupees that are 100 percent."""

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
    base: float
    steps: list[ReplayStep]
