"""The slow reference simulator: docs/fills.md in plain Python, one position and one day at a time.

It shares the evaluator, the charge rules in their Decimal form and nothing else with the day loop
of `kernel`: tests demand the same trades, charges, cash and equity of both. It is for tests and for
reading, not for use: some hundred times slower.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tradertape_core.backtest.config import (
    BacktestConfig,
    ExitReason,
    FlatCharges,
    Simulation,
    SkipReason,
    with_fill_model,
)
from tradertape_core.backtest.reference.liquidity import Liquidity
from tradertape_core.backtest.reference.market import (
    DayTable,
    Decider,
    Exit,
    Position,
    Quote,
    no_less,
)
from tradertape_core.backtest.reference.purse import Purse
from tradertape_core.backtest.reference.result import Closed, Ledger, Skipped, to_simulation
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.ledger.charge_table import flat_table, table_for
from tradertape_core.market.panel import NO_DIVIDENDS, Panel
from tradertape_core.market.ticks import floor_to_tick
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.evaluation.entries import evaluate_entries
from tradertape_core.strategy.evaluation.evaluate import for_strategy
from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.entry_price import buffer_side, entry_prices

DELISTED_AFTER_DAYS = 10


def simulate_reference(
    panel: Panel,
    strategy: rules.Strategy,
    config: BacktestConfig,
    *,
    cache: IndicatorCache | None = None,
) -> Simulation:
    """Simulate as `simulate` does, from the words of docs/fills.md."""
    run = _Run(panel, strategy, with_fill_model(config, strategy), cache)
    for today in range(panel.first, len(run.table.dates)):
        run.day(today)
    return run.result()


@dataclass(slots=True)
class _Order:
    """A trigger order that rests at the broker."""

    symbol: int
    placed: int
    rank: int
    conviction: float
    halved: bool
    trigger: float
    limit: float


class _Run:
    def __init__(
        self,
        panel: Panel,
        strategy: rules.Strategy,
        config: BacktestConfig,
        cache: IndicatorCache | None,
    ) -> None:
        evaluation = for_strategy(panel, strategy, cache=cache)
        entries = evaluate_entries(strategy, evaluation)
        self.strategy, self.config = strategy, config
        self.table = DayTable(panel, evaluation.cache.named("atr14"))
        self.liquidity = Liquidity(panel, self.table, config)
        self.paid = panel.dividends if config.dividends else NO_DIVIDENDS
        self.decider = Decider(strategy, evaluation)
        self.signals = self.table.signals(entries)
        self.regime_ok: list[bool] = entries.regime_ok.tolist()
        self.insufficient = int(entries.insufficient[panel.first :].sum())
        flat = config.charges
        rates = (
            flat_table(flat.bps, flat.per_order, len(panel.dates))
            if isinstance(flat, FlatCharges)
            else table_for(flat, panel.dates)
        )
        self.purse = Purse(config, self.table.dates, rates.proportion.tolist(), rates.fee.tolist())
        self.first = panel.first
        self.slip = config.slippage_bps / 10_000.0
        self.cash = int(paise_from_rupees(config.starting_capital))
        self.equity = self.cash  # of the previous close
        self.open: list[Position] = []
        self.orders: list[_Order] = []
        self.last_exit: dict[int, int] = {}
        self.opened = 0
        self.book = Ledger(len(self.table.dates), self.cash)

    # --- the day ----------------------------------------------------------------------------------

    def day(self, today: int) -> None:
        model = self.config.fill_model
        self.pay_dividends(today)
        self.step_1_exits(today)
        if model != "close":
            self.add_ons(today, at_close=False)
        if model == "next_open" and today > self.first:
            self.enter_signals(today - 1, today)
        if model == "gtt_touch":
            self.touch_orders(today)
        self.step_3_inside(today)
        self.move_levels(today)
        if model == "close":
            self.trade_at_close(today)
        else:
            for position in self.open:
                if self.is_decided(today, position):
                    self.decide(today, position)
        if model == "gtt_touch" and today < len(self.table.dates) - 1:
            self.place_orders(today)
        self.keep_accounts(today)

    def keep_accounts(self, today: int) -> None:
        self.equity = self.cash + sum(
            paise_from_rupees(position.last_close * position.quantity) for position in self.open
        )
        self.book.close_day(today, self.equity, self.cash, len(self.open))

    def pay_dividends(self, today: int) -> None:
        rows = zip(self.paid.row, self.paid.symbol, self.paid.amount, strict=True)
        for symbol, amount in [(s, float(a)) for day, s, a in rows if day == today]:
            for position in self.open:
                if position.symbol == symbol:
                    paid = paise_from_rupees(amount * position.quantity)
                    position.dividends += paid
                    self.cash += paid

    # --- step 1 -----------------------------------------------------------------------------------

    def step_1_exits(self, today: int) -> None:
        for position in list(self.open):
            quote = self.table.quote(today, position.symbol)
            if quote is not None:
                position.bars += 1
                self.sell_rest(today, position, quote.open)
                if position.quantity and not position.is_leaving:
                    self.exit_at_open(today, position, quote)
            elif today - self.table.last_day[position.symbol] >= DELISTED_AFTER_DAYS:
                self.sell(today, position, position.last_close, ExitReason.DELISTED)

    def exit_at_open(self, today: int, position: Position, quote: Quote) -> None:
        stops = self.strategy.stops
        gap = stops.gap_down_exit_pct
        decides_at_open = self.config.fill_model != "close"
        rule_fills = position.decided is not None and (
            self.config.fill_model == "next_open" or quote.open >= position.exit_limit
        )
        applies = {
            ExitReason.STOP_GAP: position.stop is not None and quote.open <= position.stop,
            ExitReason.TARGET_GAP: position.target is not None and quote.open >= position.target,
            ExitReason.GAP_DOWN: bool(gap)
            and quote.open < position.last_close * (1.0 - (gap or 0.0) / 100.0),
            ExitReason.EXIT_RULE: decides_at_open and rule_fills,
            ExitReason.TIME: decides_at_open and self.is_over(position),
        }
        order = list(applies)
        if self.config.intrabar_order == "t_doc":
            order = [order[3], order[4], order[1], order[0], order[2]]
        reason = next((one for one in order if applies[one]), None)
        if reason is ExitReason.EXIT_RULE:
            self.sell_decided(today, position, quote.open)
        elif reason is not None:
            self.sell(today, position, quote.open, reason)

    def is_over(self, position: Position) -> bool:
        limits = (self.strategy.stops.time_exit_days, self.strategy.config.max_hold)
        return any(limit and position.bars >= limit for limit in limits)

    # --- step 2 -----------------------------------------------------------------------------------

    def add_ons(self, today: int, *, at_close: bool) -> None:
        for position in self.open:
            wanted, position.adding = position.adding, False
            quote = self.table.quote(today, position.symbol)
            if wanted and quote is not None and position.exit_under_way is None:
                self.add(today, position, quote.close if at_close else quote.open)

    def add(self, today: int, position: Position, level: float) -> None:
        price = level * (1.0 + self.slip)
        wanted = math.floor(
            position.first_quantity * self.strategy.addon_rules.size_pct_of_initial / 100.0
        )
        if position.adding_half:
            wanted //= 2
        quantity = min(wanted, self.for_budget(today, price, float(self.cash)))
        quantity = self.payable(today, price, quantity)
        allowed = self.liquidity.to_buy(today, position.symbol)
        refused = self.liquidity.refusal(today, position.symbol) is not None
        if min(quantity, allowed) > 0 and not refused:
            position.wanted += quantity
            quantity = self.cut(quantity, allowed)
            position.add(price, quantity)
            self.pay(today, position, level, price, quantity)
            position.set_levels(self.strategy)

    def cut(self, quantity: int, allowed: int) -> int:
        self.book.cut += quantity > allowed
        return min(quantity, allowed)

    def enter_signals(self, signal_day: int, today: int) -> None:
        for rank, (symbol, conviction) in enumerate(self.signals[signal_day]):
            self.book.signals += 1
            reason = self.refusal(signal_day, today, symbol, conviction)
            quote = self.table.quote(today, symbol)
            if reason is None and quote is None:
                reason = SkipReason.NO_BAR
            if reason is None and quote is not None:
                level = quote.open if signal_day < today else quote.close
                order = _Order(
                    symbol, signal_day, rank, conviction, self.is_half(signal_day), 0.0, 0.0
                )
                price = level * (1.0 + self.slip)
                reason = self.buy(today, order, level, price, inside=False)
            if reason is not None:
                self.book.skipped.append(Skipped(signal_day, rank, symbol, reason, conviction))

    def refusal(
        self, signal_day: int, fill_day: int, symbol: int, conviction: float
    ) -> SkipReason | None:
        regime = self.strategy.regime_filter
        blocks = regime is not None and regime.when_false == "block_entries"
        taken = [position.symbol for position in self.open]
        taken += [order.symbol for order in self.orders]
        last_exit = self.last_exit.get(symbol)
        waiting = self.strategy.entry.cooldown_days
        sector = self.table.sectors[symbol]
        in_sector = sum(self.table.sectors[other] == sector for other in taken)
        cap = self.config.max_per_sector
        reason = None
        if blocks and not self.regime_ok[signal_day]:
            reason = SkipReason.REGIME
        elif conviction < self.strategy.config.min_conviction:
            reason = SkipReason.MIN_CONVICTION
        elif symbol in taken or last_exit == fill_day:
            reason = SkipReason.ALREADY_OPEN
        elif last_exit is not None and fill_day - last_exit <= waiting:
            reason = SkipReason.COOLDOWN
        elif len(taken) >= self.config.max_positions:
            reason = SkipReason.MAX_POSITIONS
        elif cap and sector and in_sector >= cap:
            reason = SkipReason.SECTOR_CAP
        return reason

    def is_half(self, day: int) -> bool:
        return not self.regime_ok[day]

    # --- buying -----------------------------------------------------------------------------------

    def buy(
        self, today: int, order: _Order, level: float, price: float, *, inside: bool
    ) -> SkipReason | None:
        atr = self.table.atr_before(order.placed, today, order.symbol)
        stops = (self.strategy.stops.atr_stop_mult, self.strategy.config.atr_stop_mult)
        if atr is None and (any(stops) or self.config.sizing.method == "atr"):
            return SkipReason.NO_ATR
        refusal = self.liquidity.refusal(today, order.symbol)
        if refusal is not None:
            return refusal
        position = Position(
            symbol=order.symbol,
            number=self.opened,
            signal_day=order.placed,
            entry_day=today,
            conviction=order.conviction,
            price=price,
            atr=atr,
            inside=inside,
            last_close=level,
        )
        position.open_levels(self.strategy)
        size = self.size(order)
        quantity = self.quantity(today, position, order, size)
        if quantity < 1:
            short = self.cash < size
            return SkipReason.NO_CAPITAL if short else SkipReason.LESS_THAN_ONE_SHARE
        allowed = self.liquidity.to_buy(today, order.symbol)
        if allowed < 1:
            return SkipReason.LIQUIDITY
        position.wanted = quantity
        quantity = self.cut(quantity, allowed)
        position.first_quantity = position.quantity = quantity
        self.pay(today, position, level, price, quantity)
        self.open.append(position)
        self.opened += 1
        return None

    def size(self, order: _Order) -> float:
        size = float(self.equity) * self.config.position_size_pct / 100.0
        if self.config.sizing.method == "conviction":
            size = size * order.conviction / 100.0
        return size * 0.5 if order.halved else size

    def quantity(self, today: int, position: Position, order: _Order, size: float) -> int:
        sizing = self.config.sizing
        quantity = self.for_budget(today, position.price, min(float(self.cash), size))
        risk = float(self.equity) * sizing.risk_per_trade_pct / 100.0
        if order.halved:
            risk = risk * 0.5
        distance = None
        if sizing.method == "risk_pct" and position.stop is not None:
            distance = position.price - position.stop
        if sizing.method == "atr":
            distance = position.atr
        if distance is not None and distance > 0.0 and risk / (distance * 100.0) < 1e15:
            quantity = min(quantity, math.floor(risk / (distance * 100.0)))
        return self.payable(today, position.price, quantity)

    def for_budget(self, today: int, price: float, budget: float) -> int:
        cost = price * 100.0 * (1.0 + self.purse.proportion[today])
        return math.floor((budget - self.purse.fee[today]) / cost)

    def payable(self, today: int, price: float, quantity: int) -> int:
        while quantity > 0:
            value = paise_from_rupees(price * quantity)
            if value + self.purse.charges(today, "BUY", value) <= self.cash:
                return quantity
            quantity -= 1
        return 0

    def pay(
        self, today: int, position: Position, level: float, price: float, quantity: int
    ) -> None:
        value = paise_from_rupees(price * quantity)
        charges = self.purse.charges(today, "BUY", value)
        position.invested += value
        position.charges += charges
        position.slippage += value - paise_from_rupees(level * quantity)
        self.cash -= value + charges
        self.book.traded += value
        self.liquidity.trade(today, position.symbol, quantity)

    # --- step 3 -----------------------------------------------------------------------------------

    def step_3_inside(self, today: int) -> None:
        for position in list(self.open):
            quote = self.table.quote(today, position.symbol)
            if quote is None or position.is_leaving:
                continue
            if position.inside and position.entry_day == today:
                if no_less(position.stop, quote.low):
                    self.sell(today, position, position.stop or 0.0, position.stop_reason)
            else:
                self.meet_levels(today, position, quote)

    def meet_levels(self, today: int, position: Position, quote: Quote) -> None:
        stopped = no_less(position.stop, quote.low)
        limit = position.exit_limit if self.has_exit_order(position) else math.inf
        target = math.inf if position.target is None else position.target
        reached = quote.high >= min(limit, target)
        self.book.ambiguous += stopped and reached
        if reached and not (stopped and self.config.intrabar_order == "conservative"):
            if limit <= target:
                self.sell_decided(today, position, limit)
            if quote.high >= target and position.quantity and not position.is_leaving:
                self.sell(today, position, max(target, quote.open), ExitReason.TARGET)
        if stopped and position.quantity and not position.is_leaving:
            level = min(position.stop or 0.0, quote.open)
            self.sell(today, position, level, position.stop_reason)

    def has_exit_order(self, position: Position) -> bool:
        return self.config.fill_model == "gtt_touch" and position.decided is not None

    # --- step 4 -----------------------------------------------------------------------------------

    def move_levels(self, today: int) -> None:
        for position in self.open:
            quote = self.table.quote(today, position.symbol)
            if quote is not None:
                fresh = position.inside and position.entry_day == today
                position.see(quote.close if fresh else quote.high, quote.low, quote.close)
                position.follow(self.strategy, quote.atr)
                position.set_levels(self.strategy)

    def is_decided(self, today: int, position: Position) -> bool:
        """Whether the close decides on a position; an exit that is under way is let be."""
        if position.exit_under_way is not None:
            position.decided, position.adding = None, False
            return False
        return self.table.quote(today, position.symbol) is not None

    def decide(self, today: int, position: Position) -> None:
        position.decided = self.decider.exit_rule(today, position)
        position.adding = False
        if position.decided is not None:
            position.exit_limit = self.exit_level(today, position, position.decided)
        elif self.decider.may_add(today, position, regime_ok=self.regime_ok[today]):
            position.adding, position.adding_half = True, self.is_half(today)

    def exit_level(self, today: int, position: Position, rule: int) -> float:
        quote = self.table.candle(today, position.symbol)
        price = self.decider.exit_price(rule, today, position)
        price = quote.close if price is None else price
        price = price * (1.0 - self.strategy.config.exit_buffer_pct / 100.0)
        if self.config.fill_model == "close":
            return min(max(price, quote.low), quote.high)
        return floor_to_tick(price, self.table.dates[today])

    def trade_at_close(self, today: int) -> None:
        for position in list(self.open):
            quote = self.table.quote(today, position.symbol)
            if quote is None or not self.is_decided(today, position):
                continue
            self.decide(today, position)
            if position.decided is not None:
                self.sell_decided(today, position, position.exit_limit)
            elif self.is_over(position):
                self.sell(today, position, quote.close, ExitReason.TIME)
        self.add_ons(today, at_close=True)
        self.enter_signals(today, today)

    # --- resting orders ---------------------------------------------------------------------------

    def place_orders(self, today: int) -> None:
        for rank, (symbol, conviction) in enumerate(self.signals[today]):
            self.book.signals += 1
            reason = self.refusal(today, today + 1, symbol, conviction)
            if reason is not None:
                self.book.skipped.append(Skipped(today, rank, symbol, reason, conviction))
                continue
            close = self.table.candle(today, symbol).close
            prices = entry_prices(self.strategy, close, self.table.dates[today])
            limit = math.inf if prices.limit is None else prices.limit
            trigger = limit if prices.trigger is None else prices.trigger
            half = self.is_half(today)
            self.orders.append(_Order(symbol, today, rank, conviction, half, trigger, limit))

    def touch_orders(self, today: int) -> None:
        for order in list(self.orders):
            quote = self.table.quote(today, order.symbol)
            level, inside, is_gone = self.touch(order, quote)
            is_late = today - order.placed >= self.strategy.entry.valid_days
            if level is None and not is_gone and not is_late:
                continue
            self.orders.remove(order)
            reason: SkipReason | None = SkipReason.NOT_TRIGGERED
            if level is not None:
                price = min(level * (1.0 + self.slip), order.limit)
                reason = self.buy(today, order, level, price, inside=inside)
            if reason is not None:
                skipped = Skipped(order.placed, order.rank, order.symbol, reason, order.conviction)
                self.book.skipped.append(skipped)

    def touch(self, order: _Order, quote: Quote | None) -> tuple[float | None, bool, bool]:
        """The level of the fill, whether it was inside the candle, whether the order is gone."""
        if quote is None:
            return None, False, False
        entry = self.strategy.entry
        if entry.order != "gtt" or buffer_side(self.strategy) == "below":
            if quote.open <= order.trigger:
                return quote.open, False, True
            if quote.low <= order.trigger:
                return order.trigger, True, True
        elif quote.open > order.limit:
            return (order.limit if quote.low <= order.limit else None), True, True
        elif quote.open >= order.trigger:
            return quote.open, False, True
        elif quote.high >= order.trigger:
            return order.trigger, True, True
        return None, False, False

    # --- selling ----------------------------------------------------------------------------------

    def sell_decided(self, today: int, position: Position, level: float) -> None:
        rule = position.decided
        if rule is None:
            return
        part = self.strategy.exit_rules[rule].size_pct
        quantity = max(1, math.floor(position.quantity * part / 100.0))
        position.fired.add(rule)
        position.decided, position.adding = None, False
        self.sell(
            today, position, level, ExitReason.EXIT_RULE, min(quantity, position.quantity), rule
        )

    def sell(
        self,
        today: int,
        position: Position,
        level: float,
        reason: ExitReason,
        quantity: int = 0,
        rule: int = -1,
    ) -> None:
        position.exit_under_way = Exit(reason, rule, quantity or position.quantity)
        if reason is ExitReason.DELISTED:
            self.sell_part(today, position, level, position.quantity)
            return
        self.sell_rest(today, position, level)
        self.book.delayed += position.is_exiting

    def sell_rest(self, today: int, position: Position, level: float) -> None:
        """Sell of the exit under way what the candle takes."""
        exit_ = position.exit_under_way
        if exit_ is not None:
            most = self.liquidity.to_sell(today, position.symbol)
            self.sell_part(today, position, level, min(exit_.shares, most))

    def sell_part(self, today: int, position: Position, level: float, quantity: int) -> None:
        exit_ = position.exit_under_way
        if exit_ is None or not quantity:
            return
        price = level * (1.0 - self.slip)
        value = paise_from_rupees(price * quantity)
        delivers = position.delivered_on != today
        charges = self.purse.charges(today, "SELL", value, delivers=delivers)
        position.delivered_on = today
        slippage = paise_from_rupees(level * quantity) - value
        part = Closed.of(
            position, today, price, quantity, value, charges, slippage, exit_.reason, exit_.rule
        )
        self.book.write(exit_, part)
        self.cash += value - charges
        self.book.traded += value
        self.liquidity.trade(today, position.symbol, quantity)
        exit_.shares -= quantity
        if not exit_.shares:
            position.exit_under_way = None
        if not position.quantity:
            self.open.remove(position)
            self.last_exit[position.symbol] = today

    def result(self) -> Simulation:
        for position in self.open:
            price = position.last_close
            value = paise_from_rupees(price * position.quantity)
            self.book.closed.append(
                Closed.of(position, -1, price, position.quantity, value, 0, 0, ExitReason.OPEN, -1)
            )
        return to_simulation(self.book, self.insufficient)
