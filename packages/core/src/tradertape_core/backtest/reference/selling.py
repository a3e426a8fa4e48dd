"""Sales of the reference simulator: exits at the open, inside the candle and at the close."""

from __future__ import annotations

from collections.abc import Callable

from tradertape_core.backtest.config import ExitReason
from tradertape_core.backtest.reference.book import Book
from tradertape_core.backtest.reference.candles import Candle
from tradertape_core.backtest.reference.position import Exit, Position
from tradertape_core.backtest.reference.records import part_of
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.market.ticks import floor_to_tick

_DELISTED_AFTER_DAYS = 10


class Seller:
    """Sells what the rules and levels ask for, as far as the candles can take it."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._model = book.config.fill_model
        self._targets_first = book.config.intrabar_order == "t_doc"

    # --- step 1 -----------------------------------------------------------------------------------

    def at_open(self, day: int) -> None:
        """Exits at the open, and delistings."""
        for position in list(self._book.positions):
            candle = self._book.market.candle(day, position.symbol)
            if candle is None:
                gone = self._book.market.days_since_delisting(day, position.symbol)
                if gone >= _DELISTED_AFTER_DAYS:
                    self._write_off(day, position)
                continue
            position.bars += 1
            if position.exit is not None:
                self._continue(candle, position, candle.open)
            if self._book.is_open(position):
                self._first_that_applies(candle, position)

    def _first_that_applies(self, candle: Candle, position: Position) -> None:
        stop, target, gap, rule, time = (
            self._stop_gap, self._target_gap, self._gap_down, self._decided, self._time,
        )  # fmt: skip
        order: list[Callable[[Candle, Position], bool]]
        if self._targets_first:
            order = [rule, time, target, stop, gap]
        else:
            order = [stop, target, gap, rule, time]
        if self._model == "close":
            order = [each for each in order if each not in (rule, time)]
        any(each(candle, position) for each in order)

    def _stop_gap(self, candle: Candle, position: Position) -> bool:
        if position.stop is None or candle.open > position.stop:
            return False
        self._sell_all(candle, position, candle.open, ExitReason.STOP_GAP)
        return True

    def _target_gap(self, candle: Candle, position: Position) -> bool:
        if position.target is None or candle.open < position.target:
            return False
        self._sell_all(candle, position, candle.open, ExitReason.TARGET_GAP)
        return True

    def _gap_down(self, candle: Candle, position: Position) -> bool:
        pct = self._book.strategy.stops.gap_down_exit_pct
        if not pct:
            return False
        last = self._book.market.last_close(candle.day - 1, position.symbol)
        if candle.open >= last * (1 - pct / 100):
            return False
        self._sell_all(candle, position, candle.open, ExitReason.GAP_DOWN)
        return True

    def _decided(self, candle: Candle, position: Position) -> bool:
        if position.decided is None:
            return False
        if position.limit is not None and candle.open < position.limit:
            return False
        self._sell_by_rule(candle, position, candle.open, position.decided)
        return True

    def _time(self, candle: Candle, position: Position) -> bool:
        if position.time is None or position.bars < position.time:
            return False
        self._sell_all(candle, position, candle.open, ExitReason.TIME)
        return True

    def _write_off(self, day: int, position: Position) -> None:
        level = self._book.market.last_close(day, position.symbol)
        position.exit = Exit(ExitReason.DELISTED, -1, is_whole=True, left=position.quantity)
        self._take(day, position, level, position.quantity)

    # --- step 3 -----------------------------------------------------------------------------------

    def inside(self, day: int) -> None:
        """Stops, exit orders and targets inside the candle."""
        for position, candle in self._book.with_candles(day):
            if not self._book.is_open(position):
                continue
            is_fresh = position.is_inside and position.entry_day == day
            at_stop = position.stop is not None and candle.low <= position.stop
            at_target = self._reaches_target(candle, position) or self._reaches_limit(
                candle, position
            )
            self._book.records.ambiguous += at_stop and at_target
            if self._targets_first:
                self._order_and_target(candle, position)
            if at_stop and self._book.is_open(position) and position.stop is not None:
                level = position.stop if is_fresh else min(position.stop, candle.open)
                self._sell_all(candle, position, level, position.stop_reason)
            if not self._targets_first and self._book.is_open(position):
                self._order_and_target(candle, position)

    def _reaches_target(self, candle: Candle, position: Position) -> bool:
        if position.is_inside and position.entry_day == candle.day:
            return False  # the high may have come before the fill
        return position.target is not None and candle.high >= position.target

    def _reaches_limit(self, candle: Candle, position: Position) -> bool:
        """Whether the exit order of `gtt_touch` is still there and reached."""
        if position.limit is None or position.number in self._book.sold_today:
            return False
        return candle.high >= position.limit

    def _order_and_target(self, candle: Candle, position: Position) -> None:
        target, limit = position.target, position.limit
        is_first = limit is not None and (target is None or limit <= target)
        if limit is not None and is_first and self._reaches_limit(candle, position):
            self._sell_by_rule(candle, position, limit, position.decided or 0)
        if self._book.is_open(position) and self._reaches_target(candle, position):
            level = max(position.target or 0.0, candle.open)
            self._sell_all(candle, position, level, ExitReason.TARGET)

    # --- step 4 -----------------------------------------------------------------------------------

    def decide(self, day: int) -> None:
        """Decide exit rules and add-ons for the next candle."""
        for position, candle in self._book.with_candles(day):
            position.decided = position.limit = None
            position.adds = False
            if position.exit is not None:
                continue
            position.decided = self._rule(day, position, candle)
            if position.decided is None:
                position.adds = self.may_add(day, position, candle)
                position.adds_half = self._book.halves(day)
            elif self._model == "gtt_touch":
                level = self._exit_level(day, position, candle, position.decided)
                position.limit = floor_to_tick(level, self._book.market.dates[day])

    def at_close(self, day: int) -> None:
        """Exit rules and time of the model `close`."""
        for position, candle in self._book.with_candles(day):
            if position.exit is not None or position.entry_day == day:
                continue
            rule = self._rule(day, position, candle)
            if rule is not None:
                level = self._exit_level(day, position, candle, rule)
                level = min(max(level, candle.low), candle.high)
                self._sell_by_rule(candle, position, level, rule)
            elif position.time is not None and position.bars >= position.time:
                self._sell_all(candle, position, candle.close, ExitReason.TIME)

    def may_add(self, day: int, position: Position, candle: Candle) -> bool:
        """Whether an add-on is decided at the close."""
        plan = self._book.strategy.addon_rules
        away = abs(candle.close / position.purchase_price - 1) * 100
        if (
            not plan.enabled
            or plan.condition is None
            or position.addons >= plan.max_addons
            or position.bars - position.bars_at_purchase < plan.min_bars_between
            or away < plan.min_gap_pct
            or self._book.blocks(day)
        ):
            return False
        position.close = candle.close
        return self._book.conditions.truth(plan.condition, day, position) is True

    def _rule(self, day: int, position: Position, candle: Candle) -> int | None:
        position.close = candle.close
        for index, rule in enumerate(self._book.strategy.exit_rules):
            waits = position.bars < self._book.strategy.config.min_hold
            if index in position.rules_done or (waits and not rule.ignore_min_hold):
                continue
            if self._book.conditions.truth(rule.condition, day, position) is True:
                return index
        return None

    def _exit_level(self, day: int, position: Position, candle: Candle, rule: int) -> float:
        position.close = candle.close
        operand = self._book.strategy.exit_rules[rule].exit_price
        price = self._book.conditions.value(operand, day, position)
        buffer = self._book.strategy.config.exit_buffer_pct
        return (candle.close if price is None else price) * (1 - buffer / 100)

    # --- a sale -----------------------------------------------------------------------------------

    def _sell_by_rule(self, candle: Candle, position: Position, level: float, rule: int) -> None:
        size = self._book.strategy.exit_rules[rule].size_pct
        quantity = position.quantity
        if size < 100:
            quantity = min(quantity, max(1, int(quantity * size / 100)))
            position.rules_done.add(rule)
        is_whole = quantity == position.quantity
        self._begin(candle, position, level, Exit(ExitReason.EXIT_RULE, rule, is_whole, quantity))

    def _sell_all(
        self, candle: Candle, position: Position, level: float, reason: ExitReason
    ) -> None:
        self._begin(
            candle, position, level, Exit(reason, -1, is_whole=True, left=position.quantity)
        )

    def _begin(self, candle: Candle, position: Position, level: float, begun: Exit) -> None:
        position.exit = begun
        self._book.sold_today.add(position.number)
        self._continue(candle, position, level)
        self._book.records.delayed += begun.left > 0

    def _continue(self, candle: Candle, position: Position, level: float) -> None:
        if position.exit is None:
            return
        self._book.sold_today.add(position.number)
        quantity = self._book.liquidity.sold(candle, position.symbol, position.exit.left)
        if quantity:
            self._take(candle.day, position, level, quantity)

    def _take(self, day: int, position: Position, level: float, quantity: int) -> None:
        """Sell shares at a level, and end the exit with its last one."""
        book, exit_ = self._book, position.exit
        if exit_ is None:
            return
        price = level * (1 - book.slippage)
        value, charges = book.purse.sell(day, position.symbol, price, quantity)
        part = part_of(
            position, day, price, quantity, value=value, reason=exit_.reason, rule=exit_.rule
        )
        part.charges += charges
        part.slippage += paise_from_rupees(level * quantity) - value
        if exit_.trade is None:
            exit_.trade = len(book.records.trades)
            book.records.trades.append(part)
        else:
            book.records.trades[exit_.trade].extend(part)
        exit_.left -= quantity
        if exit_.left == 0:
            position.exit = None
        if position.quantity == 0:
            book.positions.remove(position)
            book.last_exit[position.symbol] = day
