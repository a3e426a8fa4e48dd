"""What the reference simulator writes down, and its form as a `Simulation`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tradertape_core.backtest.config import ExitReason, Simulation, SkipReason
from tradertape_core.backtest.reference.candles import Signal
from tradertape_core.backtest.reference.position import Position
from tradertape_core.market.panel import Panel

_PAID = ("invested", "charges", "slippage", "wanted", "dividends")


@dataclass(slots=True)
class Trade:
    """A position, or the part of one that an exit has sold; names are those of `Simulation`."""

    number: int
    symbol: int
    signal_row: int
    entry_row: int
    exit_row: int
    entry_price: float
    exit_price: float
    quantity: int
    invested: int
    charges: int
    slippage: int
    wanted: int
    dividends: int
    gross_pnl: int
    initial_stop: float
    bars_held: int
    exit_reason: ExitReason
    exit_rule: int
    conviction: float
    addons: int
    mae_pct: float
    mfe_pct: float

    def extend(self, later: Trade) -> None:
        """Take in a later part of the same exit."""
        total = self.quantity + later.quantity
        self.exit_price = (
            self.exit_price * self.quantity + later.exit_price * later.quantity
        ) / total
        self.quantity = total
        for name in (*_PAID, "gross_pnl"):
            setattr(self, name, getattr(self, name) + getattr(later, name))
        self.exit_row, self.bars_held = later.exit_row, later.bars_held
        self.mae_pct = min(self.mae_pct, later.mae_pct)
        self.mfe_pct = max(self.mfe_pct, later.mfe_pct)


def part_of(
    position: Position,
    day: int,
    price: float,
    quantity: int,
    *,
    value: int,
    reason: ExitReason,
    rule: int = -1,
) -> Trade:
    """Take shares out of a position with their part of what was paid, as a trade that is worth
    `value`."""
    paid: dict[str, int] = {}
    for name in _PAID:
        whole = getattr(position, name)
        paid[name] = whole * quantity // position.quantity
        setattr(position, name, whole - paid[name])
    position.quantity -= quantity
    average = position.average
    return Trade(
        number=position.number,
        symbol=position.symbol,
        signal_row=position.signal.day,
        entry_row=position.entry_day,
        exit_row=day,
        entry_price=average,
        exit_price=price,
        quantity=quantity,
        **paid,
        gross_pnl=value - paid["invested"],
        initial_stop=np.nan if position.initial_stop is None else position.initial_stop,
        bars_held=position.bars,
        exit_reason=reason,
        exit_rule=rule,
        conviction=position.signal.conviction,
        addons=position.addons,
        mae_pct=min(0.0, (min(position.trough, price) / average - 1) * 100),
        mfe_pct=max(0.0, (max(position.peak, price) / average - 1) * 100),
    )


@dataclass(slots=True)
class Records:
    """Trades, skipped signals, and the accounts of every day in paise."""

    panel: Panel
    capital: int
    trades: list[Trade] = field(default_factory=list[Trade])
    skipped: list[tuple[Signal, SkipReason]] = field(
        default_factory=list[tuple[Signal, SkipReason]]
    )
    days: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    signals: int = 0
    insufficient: int = 0
    ambiguous: int = 0
    cut: int = 0
    delayed: int = 0

    def __post_init__(self) -> None:
        length = len(self.panel.dates)
        self.days = {name: [self.capital] * length for name in ("equity", "cash")}
        self.days |= {name: [0] * length for name in ("positions", "turnover")}

    def skip(self, signal: Signal, reason: SkipReason) -> None:
        """Record a signal that did not become a position."""
        self.skipped.append((signal, reason))

    def close_day(self, day: int, **amounts: int) -> None:
        """Record a day's equity, cash, positions and turnover."""
        for name, amount in amounts.items():
            self.days[name][day] = amount

    def simulation(self) -> Simulation:
        """The records as the arrays that a report reads."""
        trades = sorted(self.trades, key=lambda trade: trade.number)
        skipped = sorted(self.skipped, key=lambda one: (one[0].day, one[0].rank))
        floats = {
            "entry_price", "exit_price", "initial_stop", "conviction", "mae_pct", "mfe_pct",
        }  # fmt: skip
        names = (name for name in Trade.__slots__ if name != "number")
        columns: dict[str, Any] = {
            name: np.array(
                [getattr(trade, name) for trade in trades],
                np.float64 if name in floats else np.int64,
            )
            for name in names
        }
        days: dict[str, Any] = {
            name: np.array(values, np.int64) for name, values in self.days.items()
        }
        return Simulation(
            **columns,
            **days,
            skipped_row=np.array([signal.day for signal, _ in skipped], np.int64),
            skipped_symbol=np.array([signal.symbol for signal, _ in skipped], np.int64),
            skipped_reason=np.array([reason for _, reason in skipped], np.int64),
            skipped_conviction=np.array([signal.conviction for signal, _ in skipped], np.float64),
            signals_total=self.signals,
            insufficient_data=self.insufficient,
            cut_purchases=self.cut,
            delayed_exits=self.delayed,
            ambiguous_bars=self.ambiguous,
            engine="reference",
        )
