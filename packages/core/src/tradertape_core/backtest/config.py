"""The configuration of a backtest, and the result of its simulation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.strategy.language.rules import Strategy

FillModel = Literal["next_open", "close", "gtt_touch"]
AUTO = "auto"
IntrabarOrder = Literal["conservative", "t_doc"]
SizingMethod = Literal["equal_pct", "risk_pct", "atr", "conviction"]


@dataclass(frozen=True, slots=True)
class FlatCharges:
    """Charges as one proportion and one fee per order, the same for both sides."""

    bps: float = 0.0
    per_order: float = 0.0


@dataclass(frozen=True, slots=True)
class Sizing:
    """How large a position is. equal_pct: position_size_pct of equity; risk_pct: so that the
    distance to the stop loses risk_per_trade_pct of equity; atr: so that one ATR is that part;
    conviction: equal_pct scaled by conviction / 100. Never above position_size_pct of equity but
    for equal_pct, which is that.
    """

    method: SizingMethod = "equal_pct"
    risk_per_trade_pct: float = 1.0


@dataclass(frozen=True, slots=True)
class BacktestConfig:
    """One backtest. Money in rupees, percentages in percent units, dates inclusive."""

    start_date: date
    end_date: date
    universe: str = "nifty_100"
    starting_capital: float = 1_000_000.0
    position_size_pct: float = 10.0
    max_positions: int = 10
    max_per_sector: int = 2
    slippage_bps: float = 5.0
    participation_pct: float = 5.0  # of the volume that is traded, 0: no limit
    circuit_limits: bool = True
    dividends: bool = True
    benchmark: str = "NIFTY 50"
    charges: str | FlatCharges = "zerodha_equity_delivery"
    fill_model: FillModel | Literal["auto"] = AUTO  # auto: that of the strategy's entry
    intrabar_order: IntrabarOrder = "conservative"
    point_in_time_universe: bool = True
    sizing: Sizing = field(default_factory=Sizing)
    risk_free_pct: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise InvalidDocument(problems)


def _problems(config: BacktestConfig):
    if config.end_date <= config.start_date:
        yield Problem("/end_date", "end_date must be after start_date")
    if not 1_000 <= config.starting_capital <= 1e12:
        yield Problem("/starting_capital", "starting_capital must be between 1,000 and 1e12 rupees")
    if not 0 < config.position_size_pct <= 100:
        yield Problem("/position_size_pct", "position_size_pct must be above 0 and at most 100")
    if not 1 <= config.max_positions <= 500:
        yield Problem("/max_positions", "max_positions must be between 1 and 500")
    if not 0 <= config.max_per_sector <= 500:
        yield Problem("/max_per_sector", "max_per_sector must be between 0 (no cap) and 500")
    if not 0 <= config.slippage_bps <= 1_000:
        yield Problem("/slippage_bps", "slippage_bps must be between 0 and 1,000")
    if not 0 <= config.participation_pct <= 100:
        yield Problem(
            "/participation_pct", "participation_pct must be between 0 (no limit) and 100"
        )


def entry_fill_model(strategy: Strategy) -> FillModel:
    """The fill model in which the strategy's entry orders fill as they would at the exchange."""
    return "next_open" if strategy.entry.order == "market" else "gtt_touch"


def fill_model(config: BacktestConfig, strategy: Strategy) -> FillModel:
    """The fill model asked for, `auto` being that of the strategy's entry."""
    return entry_fill_model(strategy) if config.fill_model == "auto" else config.fill_model


def with_fill_model(config: BacktestConfig, strategy: Strategy) -> BacktestConfig:
    """The configuration with `auto` replaced by the model of the strategy's entry."""
    return replace(config, fill_model=fill_model(config, strategy))


class ExitReason(IntEnum):
    """Why a trade was closed; `OPEN` marks a position still held at the end."""

    OPEN = 0
    STOP_GAP = 1
    TARGET_GAP = 2
    GAP_DOWN = 3
    EXIT_RULE = 4
    TIME = 5
    STOP = 6
    TRAILING = 7
    BREAKEVEN = 8
    TARGET = 9
    DELISTED = 10


class SkipReason(IntEnum):
    """Why a signal did not become a position."""

    MAX_POSITIONS = 1
    SECTOR_CAP = 2
    NO_CAPITAL = 3
    COOLDOWN = 4
    ALREADY_OPEN = 5
    NO_BAR = 6
    REGIME = 7
    MIN_CONVICTION = 8
    NOT_TRIGGERED = 9
    LESS_THAN_ONE_SHARE = 10
    NO_VOLUME = 11
    CIRCUIT = 12
    LIQUIDITY = 13
    NO_ATR = 14


@dataclass(frozen=True, slots=True)
class Simulation:
    """The result of a simulation. K trades in the order of their entry, one row a position closed
    (a partial exit splits a row off), positions open at the end last-marked with exit_row -1.

    Rows index the panel's dates, columns its symbols. Prices are float64 rupees, amounts int64
    paise, quantities int64.
    """

    # One row for each trade: K rows.
    symbol: NDArray[np.int64]
    signal_row: NDArray[np.int64]
    entry_row: NDArray[np.int64]
    exit_row: NDArray[np.int64]
    entry_price: NDArray[np.float64]  # average over add-ons, slipped
    exit_price: NDArray[np.float64]  # slipped; last known close while open
    quantity: NDArray[np.int64]
    invested: NDArray[np.int64]  # paise paid for the shares, charges apart
    gross_pnl: NDArray[np.int64]
    charges: NDArray[np.int64]
    slippage: NDArray[np.int64]
    initial_stop: NDArray[np.float64]  # NaN without a stop
    bars_held: NDArray[np.int64]
    exit_reason: NDArray[np.int64]  # ExitReason
    exit_rule: NDArray[np.int64]  # index into strategy.exit_rules, -1 otherwise
    conviction: NDArray[np.float64]
    addons: NDArray[np.int64]
    wanted: NDArray[np.int64]  # shares the sizing asked for, quantity of which were bought
    dividends: NDArray[np.int64]  # paise paid while it was held
    mae_pct: NDArray[np.float64]
    mfe_pct: NDArray[np.float64]

    # One row for each day of the panel: T rows, meaningful from panel.first on.
    equity: NDArray[np.int64]
    cash: NDArray[np.int64]
    positions: NDArray[np.int64]
    turnover: NDArray[np.int64]  # paise bought plus sold that day

    # One row for each signal that did not become a position: S rows.
    skipped_row: NDArray[np.int64]
    skipped_symbol: NDArray[np.int64]
    skipped_reason: NDArray[np.int64]  # SkipReason
    skipped_conviction: NDArray[np.float64]

    signals_total: int = 0
    insufficient_data: int = 0
    cut_purchases: int = 0  # that the volume allowed only a part of
    delayed_exits: int = 0  # that took more than one day
    ambiguous_bars: int = 0  # bars on which stop and target were both touched
    engine: str = ""
