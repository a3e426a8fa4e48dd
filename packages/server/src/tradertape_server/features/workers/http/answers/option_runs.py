"""Answers about option runs. Prices in rupees a unit, premium in rupees, Greeks of all units."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue
from typing_extensions import TypedDict

from tradertape_server.features.workers.http.answers.monitoring import PnlTotals
from tradertape_server.features.workers.http.answers.orders import (
    CostContract,
    ExitReply,
    PreviewOfBasket,
)
from tradertape_server.features.workers.http.answers.protection import (
    OptionProtectionDocument,
    OptionProtectionState,
    Side,
)
from tradertape_server.features.workers.http.answers.runs import WorkerRun

OptionStatus = Literal[
    "created", "entering", "entered", "partial", "unwound", "rejected", "dry_run", "flat",
    "exiting", "exited", "closed",
]  # fmt: skip


class OptionLeg(TypedDict):
    """A leg as created. quantity: units, `lots` times `lot_size`."""

    leg_id: str
    exchange: str
    tradingsymbol: str
    instrument_token: int
    underlying: str
    strike: float | None
    option_type: str | None
    expiry_key: str
    transaction_type: Side
    quantity: int
    lots: int
    lot_size: int
    product: str
    order_type: str
    price: float | None
    metadata: dict[str, JsonValue]


class LegGreeks(TypedDict):
    """Volatility in percent a year, and Greeks of the leg's units with their sign."""

    iv: float | None
    delta: float | None
    gamma: float | None
    theta: float | None
    vega: float | None
    rho: float | None


class OptionLegState(OptionLeg):
    """A leg with its order, its position and its value."""

    order_id: str | None
    order_status: str | None
    detail: str | None
    filled_quantity: int
    entry_price: float | None
    net_quantity: int
    ltp: float | None
    unrealized_pnl: float | None
    realized_pnl: float
    greeks: LegGreeks | None


class CreatedOptionRun(WorkerRun):
    """An option run with its legs; nothing is placed."""

    strategy_name: str
    underlying: str
    expiry: str
    product: str
    option_status: OptionStatus
    legs: list[OptionLeg]
    protection: OptionProtectionDocument | None


class CombinedPremium(TypedDict):
    """Premium of all legs, and of one unit of each; negative if received."""

    net: float
    per_unit: float


class OptionPremiumState(TypedDict):
    """The premium at the entry and now. entry_value: gross, the base of percentages."""

    units: int
    entry_value: float
    entry: CombinedPremium
    now: CombinedPremium | None


class SummedGreeks(TypedDict):
    """Greeks of all legs together."""

    delta: float | None
    gamma: float | None
    theta: float | None
    vega: float | None
    rho: float | None


class OptionState(TypedDict):
    """An option run at the latest prices."""

    strategy_run_id: str
    strategy_name: str
    status: str
    status_reason: str
    option_status: OptionStatus
    execution_mode: str
    account_scope: str
    underlying: str
    spot_ltp: float | None
    expiry: str
    product: str
    legs: list[OptionLegState]
    pnl: PnlTotals
    is_stale: bool
    premium: OptionPremiumState | None
    greeks: SummedGreeks | None
    protection: OptionProtectionState
    entered_at: str | None
    closed_at: str | None
    updated_at: str


class OptionEntryPreview(TypedDict):
    """Margin and charges of the entry as a whole; nothing is placed."""

    strategy_run_id: str
    mode: str
    option_status: OptionStatus
    can_enter: bool
    preview: PreviewOfBasket


class OptionExitPreview(ExitReply):
    """The orders of an exit now, with their charges; nothing is placed."""

    option_status: OptionStatus
    cost_contract: CostContract | None
