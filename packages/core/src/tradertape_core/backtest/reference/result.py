"""The records of the reference simulator, and their form as a `Simulation`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tradertape_core.backtest.config import ExitReason, Simulation, SkipReason
from tradertape_core.backtest.reference.market import Exit, Position


class Skipped(NamedTuple):
    """A signal that was not bought, with its reason. day, symbol: indexes."""

    day: int
    rank: int  # of the signal among those of its day
    symbol: int
    reason: SkipReason
    conviction: float


class Closed(NamedTuple):
    """One trade: a position, or the part of one that was sold."""

    number: int
    symbol: int
    signal_day: int
    entry_day: int
    exit_day: int
    entry_price: float
    exit_price: float
    quantity: int
    invested: int
    gross: int
    charges: int
    slippage: int
    initial_stop: float
    bars: int
    reason: ExitReason
    rule: int
    conviction: float
    addons: int
    mae: float
    mfe: float
    wanted: int
    dividends: int

    @classmethod
    def of(
        cls,
        position: Position,
        today: int,
        price: float,
        quantity: int,
        value: int,
        charges: int,
        slippage: int,
        reason: ExitReason,
        rule: int,
    ) -> Closed:
        """Take `quantity` shares and their part of what was paid out of the position."""
        held = position.quantity
        invested = position.invested * quantity // held
        entry_charges = position.charges * quantity // held
        entry_slippage = position.slippage * quantity // held
        wanted = position.wanted * quantity // held
        dividends = position.dividends * quantity // held
        position.quantity -= quantity
        position.invested -= invested
        position.charges -= entry_charges
        position.slippage -= entry_slippage
        position.wanted -= wanted
        position.dividends -= dividends
        stop = position.initial_stop
        return cls(
            number=position.number,
            symbol=position.symbol,
            signal_day=position.signal_day,
            entry_day=position.entry_day,
            exit_day=today,
            entry_price=position.average,
            exit_price=price,
            quantity=quantity,
            invested=invested,
            gross=value - invested,
            charges=entry_charges + charges,
            slippage=entry_slippage + slippage,
            initial_stop=float("nan") if stop is None else stop,
            bars=position.bars,
            reason=reason,
            rule=rule,
            conviction=position.conviction,
            addons=position.addons,
            mae=min(0.0, (min(position.lowest, price) / position.average - 1.0) * 100.0),
            mfe=max(0.0, (max(position.peak, price) / position.average - 1.0) * 100.0),
            wanted=wanted,
            dividends=dividends,
        )

    def and_later(self, part: Closed) -> Closed:
        """This trade with a later part of the same exit."""
        quantity = self.quantity + part.quantity
        paid = self.exit_price * self.quantity + part.exit_price * part.quantity
        return self._replace(
            exit_day=part.exit_day,
            bars=part.bars,
            entry_price=part.entry_price,
            exit_price=paid / quantity,
            quantity=quantity,
            invested=self.invested + part.invested,
            gross=self.gross + part.gross,
            charges=self.charges + part.charges,
            slippage=self.slippage + part.slippage,
            mae=min(self.mae, part.mae),
            mfe=max(self.mfe, part.mfe),
            wanted=self.wanted + part.wanted,
            dividends=self.dividends + part.dividends,
        )


@dataclass(slots=True)
class Ledger:
    """Everything that happened, day by day."""

    days: int
    capital: int
    closed: list[Closed] = field(default_factory=list[Closed])
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    equity: list[int] = field(default_factory=list[int])
    cash: list[int] = field(default_factory=list[int])
    positions: list[int] = field(default_factory=list[int])
    turnover: list[int] = field(default_factory=list[int])
    traded: int = 0
    signals: int = 0
    ambiguous: int = 0
    cut: int = 0
    delayed: int = 0

    def __post_init__(self) -> None:
        self.equity = [self.capital] * self.days
        self.cash = [self.capital] * self.days
        self.positions = [0] * self.days
        self.turnover = [0] * self.days

    def write(self, exit_: Exit, part: Closed) -> None:
        """Record a part of an exit: the parts of one exit are one trade."""
        if exit_.trade is None:
            exit_.trade = len(self.closed)
            self.closed.append(part)
        else:
            self.closed[exit_.trade] = self.closed[exit_.trade].and_later(part)

    def close_day(self, today: int, equity: int, cash: int, positions: int) -> None:
        """Record the day's equity, cash and turnover (paise) and number of positions."""
        self.equity[today] = equity
        self.cash[today] = cash
        self.positions[today] = positions
        self.turnover[today] = self.traded
        self.traded = 0


def to_simulation(ledger: Ledger, insufficient: int) -> Simulation:
    """Return the ledger as the arrays that the report reads."""
    closed = sorted(ledger.closed, key=lambda trade: trade.number)

    def whole(name: str) -> np.ndarray:
        return np.array([getattr(trade, name) for trade in closed], dtype=np.int64)

    def number(name: str) -> np.ndarray:
        return np.array([getattr(trade, name) for trade in closed], dtype=np.float64)

    skipped = sorted(ledger.skipped, key=lambda one: (one.day, one.rank))
    return Simulation(
        symbol=whole("symbol"),
        signal_row=whole("signal_day"),
        entry_row=whole("entry_day"),
        exit_row=whole("exit_day"),
        entry_price=number("entry_price"),
        exit_price=number("exit_price"),
        quantity=whole("quantity"),
        invested=whole("invested"),
        gross_pnl=whole("gross"),
        charges=whole("charges"),
        slippage=whole("slippage"),
        initial_stop=number("initial_stop"),
        bars_held=whole("bars"),
        exit_reason=whole("reason"),
        exit_rule=whole("rule"),
        conviction=number("conviction"),
        addons=whole("addons"),
        mae_pct=number("mae"),
        mfe_pct=number("mfe"),
        wanted=whole("wanted"),
        dividends=whole("dividends"),
        equity=np.array(ledger.equity, dtype=np.int64),
        cash=np.array(ledger.cash, dtype=np.int64),
        positions=np.array(ledger.positions, dtype=np.int64),
        turnover=np.array(ledger.turnover, dtype=np.int64),
        skipped_row=np.array([one.day for one in skipped], dtype=np.int64),
        skipped_symbol=np.array([one.symbol for one in skipped], dtype=np.int64),
        skipped_reason=np.array([one.reason for one in skipped], dtype=np.int64),
        skipped_conviction=np.array([one.conviction for one in skipped], dtype=np.float64),
        signals_total=ledger.signals,
        insufficient_data=insufficient,
        cut_purchases=ledger.cut,
        delayed_exits=ledger.delayed,
        ambiguous_bars=ledger.ambiguous,
        engine="reference",
    )
