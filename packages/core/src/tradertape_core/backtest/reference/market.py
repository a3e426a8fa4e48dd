"""The data of the reference simulator: candles as lists, positions, and their rules."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np

from tradertape_core.backtest.config import ExitReason
from tradertape_core.market.panel import Matrix, Panel
from tradertape_core.strategy.evaluation.entries import Entries
from tradertape_core.strategy.evaluation.evaluate import Evaluation, reads_position
from tradertape_core.strategy.language import rules


class Quote(NamedTuple):
    """One candle, with the ATR as of its close (None in the warm-up)."""

    open: float
    high: float
    low: float
    close: float
    atr: float | None


class DayTable:
    """The panel as one list of candles a symbol, None on a day without."""

    def __init__(self, panel: Panel, atr: Matrix) -> None:
        self.dates: list[date] = panel.dates.astype("datetime64[D]").tolist()
        self.sectors = panel.sectors
        self.symbols = panel.symbols
        self._quotes = [_quotes(panel, atr, symbol) for symbol in range(panel.shape[1])]
        ends: list[date | None] = panel.last_trading_days().astype("datetime64[D]").tolist()
        self.last_day = [len(self.dates) if end is None else self._day_of(end) for end in ends]

    def _day_of(self, day: date) -> int:
        """The index of a date, the number of dates for a later one."""
        return bisect_left(self.dates, day)

    def quote(self, day: int, symbol: int) -> Quote | None:
        """The candle of a symbol on a day; None where it did not trade."""
        return self._quotes[symbol][day]

    def candle(self, day: int, symbol: int) -> Quote:
        """The candle of a symbol on a day on which it traded."""
        quote = self._quotes[symbol][day]
        assert quote is not None  # noqa: S101 - asked only of days with a candle
        return quote

    def atr_before(self, signal_day: int, today: int, symbol: int) -> float | None:
        """The ATR of the symbol's last candle before the fill, the signal's at the earliest."""
        for day in range(today - 1, signal_day, -1):
            quote = self.quote(day, symbol)
            if quote is not None:
                return quote.atr
        return self.candle(signal_day, symbol).atr

    def signals(self, entries: Entries) -> list[list[tuple[int, float]]]:
        """(symbol, conviction) by day: best conviction, then turnover, then symbol first."""
        by_day: list[list[tuple[int, float]]] = []
        for day in range(len(self.dates)):
            found = [
                (-float(entries.conviction[day, symbol]), _worst(entries, day, symbol), symbol)
                for symbol in range(len(self.symbols))
                if entries.signal[day, symbol]
            ]
            by_day.append([(symbol, -minus) for minus, _, symbol in sorted(found)])
        return by_day


def _quotes(panel: Panel, atr: Matrix, symbol: int) -> list[Quote | None]:
    columns = (panel.open, panel.high, panel.low, panel.close, atr)
    rows = zip(*(column[:, symbol].tolist() for column in columns), strict=True)
    return [
        Quote(opened, high, low, close, _known(at)) if close == close else None
        for opened, high, low, close, at in rows
    ]


def _worst(entries: Entries, day: int, symbol: int) -> float:
    turnover = _known(float(entries.turnover[day, symbol]))
    return float("inf") if turnover is None else -turnover


def _known(value: float) -> float | None:
    return value if value == value else None


def no_less(level: float | None, price: float) -> bool:
    """Whether there is a level, and the price is at or below it."""
    return level is not None and price <= level


# --- a position -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Exit:
    """An exit of which shares are still to be sold. trade: its place among the closed trades, None
    before its first part."""

    reason: ExitReason
    rule: int
    shares: int
    trade: int | None = None


@dataclass(slots=True)
class Position:
    """An open position, amounts in paise, prices in rupees; None is no level."""

    symbol: int
    number: int
    signal_day: int
    entry_day: int
    conviction: float
    price: float  # of the first fill
    atr: float | None
    inside: bool
    last_close: float
    quantity: int = 0
    first_quantity: int = 0
    invested: int = 0
    charges: int = 0
    slippage: int = 0
    bars: int = 0
    bars_at_purchase: int = 0
    purchase_price: float = 0.0
    average: float = 0.0
    addons: int = 0
    peak: float = 0.0
    lowest: float = 0.0
    stop: float | None = None
    stop_reason: ExitReason = ExitReason.STOP
    target: float | None = None
    initial_stop: float | None = None
    trail: float | None = None
    breakeven: bool = False
    decided: int | None = None
    exit_limit: float = 0.0
    adding: bool = False
    adding_half: bool = False
    fired: set[int] = field(default_factory=set[int])
    delivered_on: int = -1
    wanted: int = 0
    dividends: int = 0
    exit_under_way: Exit | None = None

    def __post_init__(self) -> None:
        self.average = self.peak = self.lowest = self.purchase_price = self.price

    @property
    def is_exiting(self) -> bool:
        """Whether shares of an exit are still to be sold."""
        return self.exit_under_way is not None

    @property
    def is_leaving(self) -> bool:
        """Whether all that is held is being sold already."""
        exit_ = self.exit_under_way
        return exit_ is not None and exit_.shares == self.quantity

    def open_levels(self, strategy: rules.Strategy) -> None:
        """Set stop and targets for a new position, and keep its first stop."""
        self.follow(strategy, self.atr)
        self.set_levels(strategy)
        self.initial_stop = self.stop
        self.set_levels(strategy)

    def add(self, price: float, quantity: int) -> None:
        """Add units bought at a price (₹) and average the entry price."""
        total = self.quantity + quantity
        self.average = (self.average * self.quantity + price * quantity) / total
        self.quantity = total
        self.purchase_price = price
        self.bars_at_purchase = self.bars
        self.addons += 1

    def see(self, high: float, low: float, close: float) -> None:
        """Update the highest, lowest and last price from the day's candle."""
        self.peak = max(self.peak, high)
        self.lowest = min(self.lowest, low)
        self.last_close = close

    def follow(self, strategy: rules.Strategy, atr: float | None) -> None:
        """Arm breakeven and trailing stop."""
        stops = strategy.stops
        at = stops.breakeven_at_pct
        if at and self.peak >= self.average * (1.0 + at / 100.0):
            self.breakeven = True
        trailing = stops.trailing
        if trailing is None or self.peak < self.average * (1.0 + trailing.activate_pct / 100.0):
            return
        levels = [] if self.trail is None else [self.trail]
        if trailing.trail_pct:
            levels.append(self.peak * (1.0 - trailing.trail_pct / 100.0))
        if trailing.trail_atr_mult and atr is not None:
            levels.append(self.peak - trailing.trail_atr_mult * atr)
        self.trail = max(levels, default=None)

    def set_levels(self, strategy: rules.Strategy) -> None:
        """Set stop, target and their reasons from the strategy's stops."""
        stops = strategy.stops
        levels: list[float] = []
        if stops.stop_loss_pct:
            levels.append(self.average * (1.0 - stops.stop_loss_pct / 100.0))
        multiples = [m for m in (stops.atr_stop_mult, strategy.config.atr_stop_mult) if m]
        if multiples and self.atr is not None:
            levels.append(self.average - min(multiples) * self.atr)
        self.stop, self.stop_reason = max(levels, default=None), ExitReason.STOP
        if self.breakeven and (self.stop is None or self.average > self.stop):
            self.stop, self.stop_reason = self.average, ExitReason.BREAKEVEN
        if self.trail is not None and (self.stop is None or self.trail > self.stop):
            self.stop, self.stop_reason = self.trail, ExitReason.TRAILING
        self.target = self._target(stops)

    def _target(self, stops: rules.Stops) -> float | None:
        targets: list[float] = []
        if stops.target_pct:
            targets.append(self.average * (1.0 + stops.target_pct / 100.0))
        risk = 0.0 if self.initial_stop is None else self.price - self.initial_stop
        if stops.target_r and risk > 0.0:
            targets.append(self.average + stops.target_r * risk)
        return min(targets, default=None)

    def field(self, name: rules.PositionField) -> float | None:
        """A field as the rules read it at a close."""
        fields: dict[rules.PositionField, float | None] = {
            "total_bars_held": self.bars,
            "bars_since_entry": self.bars,
            "avg_price": self.average,
            "entry_price": self.price,
            "qty": self.quantity,
            "pnl_pct": (self.last_close / self.average - 1.0) * 100.0,
            "max_pnl_pct": (self.peak / self.average - 1.0) * 100.0,
            "drawdown_from_peak_pct": (1.0 - self.last_close / self.peak) * 100.0,
            "addon_count": self.addons,
            "bars_since_addon": self.bars - self.bars_at_purchase,
            "atr_at_entry": self.atr,
            "stop_price": self.stop,
        }
        return fields[name]


# --- its rules ------------------------------------------------------------------------------------


class Decider:
    """Exit rules and add-ons of a strategy, asked one position and one close at a time."""

    def __init__(self, strategy: rules.Strategy, evaluation: Evaluation) -> None:
        self._strategy = strategy
        self._evaluation = evaluation
        self._seen: dict[int, list[list[float]]] = {}

    def exit_rule(self, day: int, position: Position) -> int | None:
        """Index of the first exit rule that holds on the day; None for none."""
        for index, rule in enumerate(self._strategy.exit_rules):
            waits = position.bars < self._strategy.config.min_hold and not rule.ignore_min_hold
            if waits or index in position.fired:
                continue
            if self.truth(rule.condition, day, position) is True:
                return index
        return None

    def exit_price(self, rule: int, day: int, position: Position) -> float | None:
        """The price (₹) that an exit rule asks for; None for the market."""
        return self.value(self._strategy.exit_rules[rule].exit_price, day, position)

    def may_add(self, day: int, position: Position, *, regime_ok: bool) -> bool:
        """Whether an add-on is allowed: number, regime, and bars and distance since the last."""
        addon, regime = self._strategy.addon_rules, self._strategy.regime_filter
        away = abs(position.last_close / position.purchase_price - 1.0) * 100.0
        blocked = regime is not None and regime.when_false == "block_entries" and not regime_ok
        if (
            not addon.enabled
            or addon.condition is None
            or blocked
            or position.addons >= addon.max_addons
            or position.bars - position.bars_at_purchase < addon.min_bars_between
            or away < addon.min_gap_pct
        ):
            return False
        return self.truth(addon.condition, day, position) is True

    def truth(self, node: rules.Condition, day: int, position: Position) -> bool | None:
        """Whether a condition holds on the day; None where it is unknown."""
        if not reads_position(node):
            rows = self._rows(id(node), lambda: self._evaluation.truth(node))
            found = rows[day][position.symbol]
            return None if found < 0 else bool(found)
        match node:
            case rules.And():
                return _least([self.truth(each, day, position) for each in node.conditions])
            case rules.Or():
                found = [self.truth(each, day, position) for each in node.conditions]
                return _negated(_least([_negated(each) for each in found]))
            case rules.Not():
                return _negated(self.truth(node.condition, day, position))
            case rules.Count():
                found = [self.truth(each, day, position) for each in node.conditions]
                return _count(found, node.at_least)
            case _:
                return self._comparison(node, day, position)

    def _comparison(self, node: rules.Condition, day: int, position: Position) -> bool | None:
        match node:
            case rules.Compare():
                left = self.value(node.left, day, position)
                right = self.value(node.right, day, position)
                return _compare(left, node.op, right)
            case rules.Between():
                value, low, high = (
                    self.value(each, day, position) for each in (node.value, node.low, node.high)
                )
                if value is None or low is None or high is None:
                    return None
                return low <= value <= high
            case rules.In():
                value = self.value(node.value, day, position)
                return None if value is None else value in node.values
            case _:
                raise TypeError(node)

    def value(self, node: rules.Operand, day: int, position: Position) -> float | None:
        """The value of an operand on the day; None where it is unknown."""
        if isinstance(node, rules.PositionValue):
            return position.field(node.field)
        if isinstance(node, rules.Arith) and reads_position(node):
            left = self.value(node.left, day, position)
            right = self.value(node.right, day, position)
            return _arithmetic(left, node.op, right)
        rows = self._rows(id(node), lambda: self._evaluation.value(node))
        return _known(float(rows[day][position.symbol]))

    def _rows(self, key: int, make: Callable[[], np.ndarray]) -> list[list[float]]:
        if key not in self._seen:
            self._seen[key] = make().tolist()
        return self._seen[key]


def _least(found: list[bool | None]) -> bool | None:
    if False in found:
        return False
    return None if None in found else True


def _negated(found: bool | None) -> bool | None:
    return None if found is None else not found


def _count(found: list[bool | None], at_least: int) -> bool | None:
    if found.count(True) >= at_least:
        return True
    return None if len(found) - found.count(False) >= at_least else False


def _compare(left: float | None, op: rules.CompareOp, right: float | None) -> bool | None:
    if left is None or right is None:
        return None
    match op:
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case "==":
            return left == right
        case "!=":
            return left != right


def _arithmetic(left: float | None, op: rules.ArithOp, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else None
