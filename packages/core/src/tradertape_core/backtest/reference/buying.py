"""Purchases of the reference simulator: entries, add-ons and resting orders."""

from __future__ import annotations

from tradertape_core.backtest.config import SkipReason
from tradertape_core.backtest.reference.book import Book, Order
from tradertape_core.backtest.reference.candles import Candle, Signal
from tradertape_core.backtest.reference.position import Position, atr_multiple
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.market.ticks import ceil_to_tick, floor_to_tick

_BUYS_DIPS = "v3_dip_buyer"


class Buyer:
    """Buys what signals ask for, as far as cash, slots and candles allow."""

    def __init__(self, book: Book) -> None:
        self._book = book

    # --- add-ons ----------------------------------------------------------------------------------

    def add_ons(self, day: int, *, at_close: bool = False) -> None:
        """The add-ons that were decided; they lapse without a candle and beside an exit."""
        for position in list(self._book.positions):
            adds, position.adds = position.adds, False
            candle = self._book.market.candle(day, position.symbol)
            is_selling = position.number in self._book.sold_today or position.exit is not None
            if adds and candle is not None and not is_selling:
                self._add(candle, position, candle.close if at_close else candle.open)

    def _add(self, candle: Candle, position: Position, level: float) -> None:
        book, price = self._book, level * (1 + self._book.slippage)
        size = book.strategy.addon_rules.size_pct_of_initial
        wanted = int(position.first_quantity * size / 100)
        wanted = wanted // 2 if position.adds_half else wanted
        affordable = book.purse.affordable(candle.day, price, book.purse.cash / 100)
        wanted = self._payable(candle.day, price, min(wanted, affordable))
        quantity = book.liquidity.bought(candle, position.symbol, wanted)
        if quantity == 0:
            return
        book.records.cut += quantity < wanted
        self._pay(candle.day, position, level, price, quantity)
        position.wanted += wanted
        position.add(price, quantity)

    # --- entries ----------------------------------------------------------------------------------

    def signals(self, signal_day: int, day: int, *, at_close: bool = False) -> None:
        """Buy the signals of a day, at the open of the next or at its own close."""
        for signal in self._book.signals[signal_day]:
            self._book.records.signals += 1
            reason = self._refusal(signal, day)
            if reason is None:
                candle = self._book.market.candle(day, signal.symbol)
                reason = (
                    SkipReason.NO_BAR
                    if candle is None
                    else self._buy(
                        signal,
                        candle,
                        candle.close if at_close else candle.open,
                        at_close=at_close,
                    )
                )
            if reason is not None:
                self._book.records.skip(signal, reason)

    def _refusal(self, signal: Signal, day: int) -> SkipReason | None:
        """Reasons 1 to 6 of step 2."""
        book = self._book
        plan, config = book.strategy.entry, book.config
        taken = [*(each.symbol for each in book.positions), *(each.symbol for each in book.orders)]
        held = set(taken)
        if config.fill_model != "gtt_touch":
            held |= book.held_before
        earliest = day + (config.fill_model == "gtt_touch")
        ago = earliest - book.last_exit.get(signal.symbol, -1_000_000)
        sector = book.market.sectors[signal.symbol]
        peers = sum(book.market.sectors[each] == sector for each in taken)
        if book.blocks(signal.day):
            return SkipReason.REGIME
        if signal.conviction < book.strategy.config.min_conviction:
            return SkipReason.MIN_CONVICTION
        if signal.symbol in held:
            return SkipReason.ALREADY_OPEN
        if ago <= plan.cooldown_days:
            return SkipReason.COOLDOWN
        if len(taken) >= config.max_positions:
            return SkipReason.MAX_POSITIONS
        if sector and config.max_per_sector and peers >= config.max_per_sector:
            return SkipReason.SECTOR_CAP
        return None

    def _buy(
        self,
        signal: Signal,
        candle: Candle,
        level: float,
        *,
        limit: float | None = None,
        is_inside: bool = False,
        at_close: bool = False,
    ) -> SkipReason | None:
        """Buy at a level; the reason where nothing is bought (8 to 11 of step 2)."""
        book = self._book
        price = level * (1 + book.slippage)
        price = price if limit is None else min(price, limit)
        before = book.market.before(candle.day, signal.symbol)
        atr = candle.atr if at_close else (before[0].atr if before else None)
        if atr is None and (atr_multiple(book.strategy) or book.config.sizing.method == "atr"):
            return SkipReason.NO_ATR
        refusal = book.liquidity.why_not_bought(candle, signal.symbol)
        if refusal is not None:
            return refusal
        position = Position(
            book.strategy,
            book.numbered,
            signal,
            candle.day,
            price,
            1,
            atr,
            is_inside=is_inside,
            at_close=at_close,
        )
        size = self._size(signal)
        wanted = self._wanted(candle.day, position, size)
        if wanted == 0:
            is_poor = book.purse.cash < size
            return SkipReason.NO_CAPITAL if is_poor else SkipReason.LESS_THAN_ONE_SHARE
        quantity = book.liquidity.bought(candle, signal.symbol, wanted)
        if quantity == 0:
            return SkipReason.LIQUIDITY
        book.records.cut += quantity < wanted
        position.quantity = position.first_quantity = quantity
        position.wanted = wanted
        self._pay(candle.day, position, level, price, quantity)
        book.positions.append(position)
        book.numbered += 1
        return None

    def _size(self, signal: Signal) -> float:
        """The size of a position in paise."""
        config = self._book.config
        size = self._book.equity * config.position_size_pct / 100
        if config.sizing.method == "conviction":
            size *= signal.conviction / 100
        return size / 2 if self._book.halves(signal.day) else size

    def _wanted(self, day: int, position: Position, size: float) -> int:
        book = self._book
        budget = min(book.purse.cash, size) / 100
        quantity = book.purse.affordable(day, position.price, budget)
        sizing = book.config.sizing
        distance: float | None = None
        if sizing.method == "risk_pct" and position.stop is not None:
            distance = position.price - position.stop
        elif sizing.method == "atr":
            distance = position.entry_atr
        if distance is not None and distance > 0:
            risk = book.equity / 100 * sizing.risk_per_trade_pct / 100
            risk = risk / 2 if book.halves(position.signal.day) else risk
            quantity = min(quantity, int(risk / distance))
        return self._payable(day, position.price, quantity)

    def _payable(self, day: int, price: float, quantity: int) -> int:
        """The quantity, or as many shares fewer as it takes for the cash to suffice."""
        purse = self._book.purse
        quantity = min(quantity, int(purse.cash / 100 / price) + 1)
        while quantity > 0 and purse.cost(day, price, quantity) > purse.cash:
            quantity -= 1
        return quantity

    def _pay(self, day: int, position: Position, level: float, price: float, quantity: int) -> None:
        value, charges = self._book.purse.buy(day, position.symbol, price, quantity)
        position.invested += value
        position.charges += charges
        position.slippage += value - paise_from_rupees(level * quantity)

    # --- resting orders ---------------------------------------------------------------------------

    def place(self, day: int) -> None:
        """Turn the signals of a close into resting orders."""
        for signal in self._book.signals[day]:
            self._book.records.signals += 1
            reason = self._refusal(signal, day)
            candle = self._book.market.candle(day, signal.symbol)
            if reason is not None:
                self._book.records.skip(signal, reason)
            elif candle is not None:
                self._book.orders.append(self._order(signal, candle))

    def _order(self, signal: Signal, candle: Candle) -> Order:
        plan, today = self._book.strategy.entry, self._book.market.dates[candle.day]
        offset = 1 + plan.limit_offset_pct / 100
        if plan.order == "market":
            return Order(signal, above=False, trigger=None, limit=None)
        if plan.order == "limit":
            level = ceil_to_tick(candle.close * offset, today)
            return Order(signal, above=False, trigger=level, limit=level)
        above = plan.buffer_side == "above"
        if plan.buffer_side == "auto":
            above = self._book.strategy.base_model != _BUYS_DIPS
        if above:
            trigger = ceil_to_tick(candle.close * (1 + plan.buffer_pct / 100), today)
        else:
            trigger = floor_to_tick(candle.close * (1 - plan.buffer_pct / 100), today)
        return Order(signal, above, trigger, ceil_to_tick(trigger * offset, today))

    def touch(self, day: int) -> None:
        """Fill the resting orders that the day touches, the oldest first."""
        for order in list(self._book.orders):
            candle = self._book.market.candle(day, order.symbol)
            level, is_inside, is_dropped = None, False, False
            if candle is not None:
                level, is_inside, is_dropped = _touched(order, candle)
            if candle is not None and level is not None:
                self._book.orders.remove(order)
                reason = self._buy(
                    order.signal, candle, level, limit=order.limit, is_inside=is_inside
                )
                if reason is not None:
                    self._book.records.skip(order.signal, reason)
            elif is_dropped or day - order.signal.day >= self._book.strategy.entry.valid_days:
                self._book.orders.remove(order)
                self._book.records.skip(order.signal, SkipReason.NOT_TRIGGERED)


def _touched(order: Order, candle: Candle) -> tuple[float | None, bool, bool]:
    """The level at which an order fills, whether inside the candle; and whether it is dropped."""
    if order.trigger is None or order.limit is None:
        return candle.open, False, False
    if not order.above:
        if candle.open <= order.trigger:
            return candle.open, False, False
        return (order.trigger if candle.low <= order.trigger else None), True, False
    if candle.open > order.limit:
        touches = candle.low <= order.limit
        return (order.limit if touches else None), True, not touches
    if candle.open >= order.trigger:
        return candle.open, False, False
    return (order.trigger if candle.high >= order.trigger else None), True, False
