"""Answers about option runs. Premium and Greeks are those of all units."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue
from typing_extensions import TypedDict

from tradertape_server.features.options.answers import Delta, Gamma, Rho, Theta, Vega
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
from tradertape_server.platform.http.units import (
    Date,
    PercentPerYear,
    Price,
    Quantity,
    Rupees,
    Time,
)

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
    strike: Price | None
    option_type: str | None
    expiry_key: Date
    transaction_type: Side
    quantity: Quantity
    lots: int
    lot_size: Quantity
    product: str
    order_type: str
    price: Price | None
    metadata: dict[str, JsonValue]


class LegGreeks(TypedDict):
    """Volatility in percent a year, and Greeks of the leg's units with their sign."""

    iv: PercentPerYear | None
    delta: Delta | None
    gamma: Gamma | None
    theta: Theta | None
    vega: Vega | None
    rho: Rho | None


class OptionLegState(OptionLeg):
    """A leg with its order, its position and its value."""

    order_id: str | None
    order_status: str | None
    detail: str | None
    filled_quantity: Quantity
    entry_price: Price | None
    net_quantity: Quantity
    ltp: Price | None
    unrealized_pnl: Rupees | None
    realized_pnl: Rupees
    greeks: LegGreeks | None


class CreatedOptionRun(WorkerRun):
    """An option run with its legs; nothing is placed."""

    strategy_name: str
    underlying: str
    expiry: Date
    product: str
    option_status: OptionStatus
    legs: list[OptionLeg]
    protection: OptionProtectionDocument | None


class CombinedPremium(TypedDict):
    """Premium of all legs, and of one unit of each; negative if received."""

    net: Rupees
    per_unit: Price


class OptionPremiumState(TypedDict):
    """The premium at the entry and now. entry_value: gross, the base of percentages."""

    units: Quantity
    entry_value: Rupees
    entry: CombinedPremium
    now: CombinedPremium | None


class SummedGreeks(TypedDict):
    """Greeks of all legs together."""

    delta: Delta | None
    gamma: Gamma | None
    theta: Theta | None
    vega: Vega | None
    rho: Rho | None


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
    spot_ltp: Price | None
    expiry: Date
    product: str
    legs: list[OptionLegState]
    pnl: PnlTotals
    is_stale: bool
    premium: OptionPremiumState | None
    greeks: SummedGreeks | None
    protection: OptionProtectionState
    entered_at: Time | None
    closed_at: Time | None
    updated_at: Time


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
