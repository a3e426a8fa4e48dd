"""A position of the reference simulator and its levels (docs/fills.md, sections 1 and 3)."""

from __future__ import annotations

from dataclasses import dataclass, field

from tradertape_core.backtest.config import ExitReason
from tradertape_core.backtest.reference.candles import Candle, Signal
from tradertape_core.strategy.language import rules


@dataclass(slots=True)
class Exit:
    """An exit that has begun: what is left of it to sell. trade: its place among the trades."""

    reason: ExitReason
    rule: int
    is_whole: bool
    left: int
    trade: int | None = None


@dataclass(slots=True)
class Position:
    """Shares held. Prices in rupees, amounts in paise. entry_atr: of section 3, None if unknown."""

    strategy: rules.Strategy
    number: int
    signal: Signal
    entry_day: int
    price: float  # of the first fill
    quantity: int
    entry_atr: float | None
    is_inside: bool = False  # filled inside the candle of the entry
    at_close: bool = False  # filled at the close of the entry
    first_quantity: int = 0
    average: float = 0.0
    peak: float = 0.0
    trough: float = 0.0
    bars: int = 0
    addons: int = 0
    bars_at_purchase: int = 0
    purchase_price: float = 0.0
    invested: int = 0
    charges: int = 0
    slippage: int = 0
    wanted: int = 0
    dividends: int = 0
    stop: float | None = None
    stop_reason: ExitReason = ExitReason.STOP
    initial_stop: float | None = None
    target: float | None = None
    breakeven_on: bool = False
    trail: float | None = None
    rules_done: set[int] = field(default_factory=set[int])
    exit: Exit | None = None  # one that has begun
    decided: int | None = None  # an exit rule, for the next candle
    limit: float | None = None  # of the exit order that the decided rule has become
    adds: bool = False  # an add-on was decided
    adds_half: bool = False
    close: float = 0.0  # of the candle at which fields are read

    def __post_init__(self) -> None:
        self.first_quantity = self.quantity
        self.average = self.peak = self.trough = self.purchase_price = self.price
        self.follow(self.entry_atr)
        self.set_levels()
        self.initial_stop = self.stop
        self.set_target()

    @property
    def symbol(self) -> int:
        return self.signal.symbol

    @property
    def is_leaving(self) -> bool:
        """Whether all of it is being sold."""
        return self.exit is not None and self.exit.is_whole

    @property
    def time(self) -> int | None:
        """Bars held after which it is sold."""
        limits = (self.strategy.stops.time_exit_days, self.strategy.config.max_hold)
        return min((bars for bars in limits if bars), default=None)

    def add(self, price: float, quantity: int) -> None:
        """Average the price of an add-on in, and set the levels anew."""
        total = self.quantity + quantity
        self.average = (self.average * self.quantity + price * quantity) / total
        self.quantity = total
        self.addons += 1
        self.bars_at_purchase, self.purchase_price = self.bars, price
        self.set_levels()
        self.set_target()

    def see(self, candle: Candle) -> None:
        """Move peak, trough and levels at a close."""
        if candle.day > self.entry_day or not (self.is_inside or self.at_close):
            high, low = candle.high, candle.low
        elif self.is_inside:
            high, low = candle.close, candle.low
        else:
            return
        self.peak, self.trough = max(self.peak, high), min(self.trough, low)
        self.follow(candle.atr)
        self.set_levels()
        self.set_target()

    def set_levels(self) -> None:
        """Set the stop on the average price as it is now."""
        stops = self.strategy.stops
        found: list[float] = []
        if stops.stop_loss_pct:
            found.append(self.average * (1 - stops.stop_loss_pct / 100))
        multiple = atr_multiple(self.strategy)
        if multiple and self.entry_atr is not None:
            found.append(self.average - multiple * self.entry_atr)
        stop, reason = max(found, default=None), ExitReason.STOP
        if self.breakeven_on and (stop is None or self.average > stop):
            stop, reason = self.average, ExitReason.BREAKEVEN
        if self.trail is not None and (stop is None or self.trail > stop):
            stop, reason = self.trail, ExitReason.TRAILING
        self.stop, self.stop_reason = stop, reason

    def set_target(self) -> None:
        """Set the target; its part in R hangs on the initial stop."""
        stops, found = self.strategy.stops, list[float]()
        if stops.target_pct:
            found.append(self.average * (1 + stops.target_pct / 100))
        if stops.target_r and self.initial_stop is not None:
            found.append(self.average + stops.target_r * (self.price - self.initial_stop))
        self.target = min(found, default=None)

    def follow(self, atr: float | None) -> None:
        """Switch breakeven and trail on where the peak has reached them, and move the trail.

        atr: of the last candle.
        """
        breakeven, trailing = self.strategy.stops.breakeven_at_pct, self.strategy.stops.trailing
        if breakeven and self.peak >= self.average * (1 + breakeven / 100):
            self.breakeven_on = True
        if trailing is None:
            return
        reached = self.average * (1 + trailing.activate_pct / 100)
        if self.peak < reached:
            return  # the trail stays where it is
        found = [] if self.trail is None else [self.trail]
        if trailing.trail_pct:
            found.append(self.peak * (1 - trailing.trail_pct / 100))
        if trailing.trail_atr_mult and atr is not None:
            found.append(self.peak - trailing.trail_atr_mult * atr)
        self.trail = max(found, default=None)

    def value(self, name: rules.PositionField) -> float | None:
        """A field of the position as of `close`."""
        values = {
            "total_bars_held": float(self.bars),
            "bars_since_entry": float(self.bars),
            "avg_price": self.average,
            "entry_price": self.price,
            "qty": float(self.quantity),
            "pnl_pct": (self.close / self.average - 1) * 100,
            "max_pnl_pct": (self.peak / self.average - 1) * 100,
            "drawdown_from_peak_pct": (1 - self.close / self.peak) * 100,
            "addon_count": float(self.addons),
            "bars_since_addon": float(self.bars - self.bars_at_purchase),
            "atr_at_entry": self.entry_atr,
            "stop_price": self.stop,
        }
        return values[name]


def atr_multiple(strategy: rules.Strategy) -> float | None:
    """The multiple of the ATR stop, the smaller where two name one; None without one."""
    given = (strategy.stops.atr_stop_mult, strategy.config.atr_stop_mult)
    return min((multiple for multiple in given if multiple), default=None)
