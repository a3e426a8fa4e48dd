"""Everything that a run of the reference simulator holds, and what the steps of a day share."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.reference.candles import Candle, Market, Signal
from tradertape_core.backtest.reference.conditions import Conditions
from tradertape_core.backtest.reference.liquidity import Liquidity
from tradertape_core.backtest.reference.position import Position
from tradertape_core.backtest.reference.purse import Purse
from tradertape_core.backtest.reference.records import Records
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.strategy.language import rules


@dataclass(slots=True)
class Order:
    """A resting order of `gtt_touch`. above: whether it waits for a rise; trigger None: market."""

    signal: Signal
    above: bool
    trigger: float | None
    limit: float | None

    @property
    def symbol(self) -> int:
        return self.signal.symbol


@dataclass(slots=True)
class Book:
    """Positions in the order of their entry, orders, money, and what is written down.

    equity: at the previous close; held_before: symbols held at it. sold_today: numbers of the
    positions of which an exit has sold, or begun to sell, something today.
    """

    strategy: rules.Strategy
    config: BacktestConfig
    market: Market
    signals: list[list[Signal]]
    regime_ok: NDArray[np.bool_]
    conditions: Conditions
    liquidity: Liquidity
    purse: Purse
    records: Records
    equity: int
    positions: list[Position] = field(default_factory=list[Position])
    orders: list[Order] = field(default_factory=list[Order])
    held_before: set[int] = field(default_factory=set[int])
    sold_today: set[int] = field(default_factory=set[int])
    last_exit: dict[int, int] = field(default_factory=dict[int, int])
    numbered: int = 0

    @property
    def slippage(self) -> float:
        """The part by which every price is worse than its level."""
        return self.config.slippage_bps / 10_000

    def blocks(self, day: int) -> bool:
        """Whether the regime of a day blocks entries and add-ons."""
        regime = self.strategy.regime_filter
        if regime is None or regime.when_false != "block_entries":
            return False
        return not self.regime_ok[day]

    def halves(self, day: int) -> bool:
        """Whether the regime of a day halves entries and add-ons."""
        regime = self.strategy.regime_filter
        if regime is None or regime.when_false != "halve_size":
            return False
        return not self.regime_ok[day]

    def with_candles(self, day: int) -> list[tuple[Position, Candle]]:
        """The positions that have a candle on the day, in the order of their entry."""
        found = [(each, self.market.candle(day, each.symbol)) for each in self.positions]
        return [(position, candle) for position, candle in found if candle is not None]

    def is_open(self, position: Position) -> bool:
        """Whether shares of it are still held and not all of them are being sold."""
        return position.quantity > 0 and not position.is_leaving

    def worth(self, day: int) -> int:
        """Cash and every position at its last known close, in paise."""
        return self.purse.cash + sum(
            paise_from_rupees(self.market.last_close(day, each.symbol) * each.quantity)
            for each in self.positions
        )

    def end_day(self, day: int) -> None:
        """Write the day's accounts down."""
        self.equity = self.worth(day)
        self.records.close_day(
            day,
            equity=self.equity,
            cash=self.purse.cash,
            positions=len(self.positions),
            turnover=self.purse.traded,
        )
        self.purse.traded = 0
        self.held_before = {each.symbol for each in self.positions}
        self.sold_today.clear()
