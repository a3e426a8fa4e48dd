"""One day of a paper portfolio, by the fill rules of docs/fills.md and with the backtest's own
functions: a portfolio whose signals are all placed trades exactly as the backtest does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, cast

import numpy as np

from tradertape_core.backtest.config import BacktestConfig, SkipReason
from tradertape_core.backtest.kernel import day as steps
from tradertape_core.backtest.kernel import engine, opening, resting, trading
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.simulation.prepare import prepare
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.panel import Panel
from tradertape_core.portfolio.book import (
    PaperBook,
    Resting,
    holdings_of,
    load,
    trade_at,
)
from tradertape_core.portfolio.day import Candidate, Day, Lapse, Sale
from tradertape_core.portfolio.rescaling import rescaled
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.evaluation.evaluate import for_strategy
from tradertape_core.strategy.language.rules import Strategy

Chosen = Collection[str]  # symbols
_SLOTS_BESIDE = 600  # resting orders that wait for their approval


class PaperTrading:
    """Trades days of one panel for one portfolio; the panel begins on the portfolio's first day,
    warm-up before it, so that every indicator has seen what the backtest's has."""

    def __init__(self, panel: Panel, strategy: Strategy, config: BacktestConfig) -> None:
        self.panel = panel
        evaluation = for_strategy(panel, strategy, cache=IndicatorCache(panel))
        sim, self._entries = prepare(panel, strategy, config, evaluation)
        self._sim = cast("Any", sim)
        self._model: int = sim.rules.fill_model
        self._partial = sum(rule.size_pct < 100.0 for rule in strategy.exit_rules)

    def row(self, day: date) -> int:
        """The row of a trading day. Raises InvalidInput where the panel does not have it."""
        at = int(np.searchsorted(self.panel.dates, np.datetime64(day, "D")))
        if at >= self.panel.dates.size or self.panel.dates[at].item() != day:
            raise InvalidInput(f"there are no prices of {day}")
        return at

    def days_after(self, day: date | None) -> list[date]:
        """The panel's trading days after one, from the first asked for."""
        days = [one.item() for one in self.panel.dates[self.panel.first :]]
        return [one for one in days if day is None or one > day]

    def trade(
        self,
        stored: PaperBook,
        day: date,
        placed: Chosen,
        *,
        most: Mapping[str, int] | None = None,
        take_all: bool = False,
        add_on: bool = True,
    ) -> Day:
        """Trade the day after `stored`.

        placed: symbols whose signals of the last close are to be bought (model `next_open`).
        most: by symbol, the most shares that were approved of a placed signal or order.
        take_all: every signal is placed: at model `close` it is bought here, at `next_open` it
        waits for the room the open makes. Otherwise no more are raised than there is room for.
        add_on: False where nothing is bought for positions either; what was decided lapses.
        """
        row, stored = self.row(day), rescaled(stored, self.panel).book
        sim = self._limited(self._loaded(stored, row), most or {})
        if not add_on:
            sim = _without_addons(sim)
        first_row = sim.rules.first
        steps.pay_dividends(sim, row)
        opening.exit_at_open(sim, row)
        opening.add_at(sim, row, steps.AT_THE_OPEN)
        orders, lapses = stored.resting, tuple[Lapse, ...]()
        if self._model == k.NEXT_OPEN and row > first_row:
            lapses = self._buy(sim, row - 1, row, placed)
        elif self._model == k.GTT_TOUCH:
            orders, lapses = self._touch(sim, stored, row)
        steps.exit_inside(sim, row)
        steps.mark(sim, row)
        candidates = self._close(sim, row, orders, take_all=take_all)
        steps.keep_accounts(sim, row)
        if self._model == k.GTT_TOUCH:
            orders = (*orders, *_orders(candidates, day, sim.rules.valid_days))
        book = self._stored(sim, row, orders, stored)
        return Day(
            day=day,
            book=book,
            candidates=tuple(self._planned(book, row, one) for one in candidates),
            lapses=lapses,
            sales=self._sales(sim, row),
            evaluated=int(np.count_nonzero(self._open_to(row))),
            insufficient=int(self._entries.insufficient[row]),
        )

    def buy_at_close(
        self, stored: PaperBook, chosen: Chosen, most: Mapping[str, int] | None = None
    ) -> tuple[PaperBook, tuple[Lapse, ...]]:
        """Buy signals of the book's day at its close, as approvals after the close do.

        most: by symbol, the most shares that were approved.
        """
        if stored.day is None or self._model != k.CLOSE:
            raise InvalidInput("only signals that are filled at their close are bought after it")
        row, stored = self.row(stored.day), rescaled(stored, self.panel).book
        sim = self._limited(self._loaded(stored, row, before=stored.equity_before), most or {})
        lapses = self._buy(sim, row, row, chosen)
        steps.keep_accounts(sim, row)
        return self._stored(sim, row, stored.resting, stored, same_day=True), lapses

    def sell_at_close(
        self, stored: PaperBook, symbol: str, quantity: int, reason: int
    ) -> tuple[PaperBook, tuple[Sale, ...]]:
        """Sell shares of a position at the close of the book's day, slippage and charges as ever;
        what that day's candle does not take is sold at the next opens."""
        row, stored = self.row(cast("date", stored.day)), rescaled(stored, self.panel).book
        sim = self._loaded(stored, row, before=stored.equity_before)
        slot = next(i for i, one in enumerate(stored.holdings) if one.symbol == symbol)
        trading.sell(sim, slot, row, sim.book.num[slot, k.LAST_CLOSE], quantity, reason, -1)
        steps.keep_accounts(sim, row)
        book = self._stored(sim, row, stored.resting, stored, same_day=True)
        return book, self._sales(sim, row)

    # --- inside -------------------------------------------------------------------------------

    def _loaded(self, stored: PaperBook, row: int, before: int | None = None) -> Any:
        rules = self._sim.rules
        slots = rules.max_positions + _SLOTS_BESIDE
        out = _out(self.panel.shape[0], slots * (2 + self._partial), self._entries.row.size)
        book = load(stored, self.panel, slots, out)
        if row > 0:
            cast("Any", out.equity)[row - 1] = stored.equity if before is None else before
        sim = self._sim._replace(book=book, out=out)
        return engine.buffers(sim)

    def _limited(self, sim: Any, most: Mapping[str, int]) -> Any:
        for symbol, shares in most.items():
            sim.book.most[self.panel.symbols.index(symbol)] = shares
        return sim

    def _open_to(self, row: int) -> Any:
        return self.panel.member[row] & ~np.isnan(self.panel.close[row])

    def _signals(self, row: int) -> range:
        start = self._sim.signals.start
        return range(int(start[row]), int(start[row + 1]))

    def _buy(self, sim: Any, signal_row: int, row: int, chosen: Chosen) -> tuple[Lapse, ...]:
        """Buy the chosen signals of a close, in the order of their rank."""
        symbol, score = self._sim.signals.symbol, self._sim.signals.score
        taken = [i for i in self._signals(signal_row) if self.panel.symbols[symbol[i]] in chosen]
        start = np.zeros(self.panel.shape[0] + 1, dtype=np.int64)
        start[signal_row + 1 :] = len(taken)
        signals = k.Signals(
            start=start,  # type: ignore[arg-type]
            symbol=np.array([symbol[i] for i in taken], dtype=np.int64),  # type: ignore[arg-type]
            score=np.array([score[i] for i in taken], dtype=np.float64),  # type: ignore[arg-type]
            regime_ok=self._sim.signals.regime_ok,
        )
        opening.take_signals(sim._replace(signals=signals), signal_row, row)
        day = self.panel.dates[signal_row].item()
        return tuple(
            Lapse(
                symbol=self.panel.symbols[int(symbol[i])],
                signal_date=day,
                reason=SkipReason(int(sim.out.verdict[at])),
                is_touched=True,
            )
            for at, i in enumerate(taken)
            if sim.out.verdict[at]
        )

    def _touch(
        self, sim: Any, stored: PaperBook, row: int
    ) -> tuple[tuple[Resting, ...], tuple[Lapse, ...]]:
        """Fill, drop or keep the placed orders; those that wait only grow older."""
        placed = [one for one in stored.resting if one.is_placed]
        for at, one in enumerate(placed):
            self._rest(sim, at, at, one, row)
        resting.touch_orders(sim, row)
        left = {
            int(sim.book.order_whole[at, k.ORDER_SIGNAL])
            for at in range(int(sim.out.counts[k.RESTING]))
        }
        lapses: list[Lapse] = []
        for at, one in enumerate(placed):
            verdict = int(sim.out.verdict[at])
            if at not in left and verdict:
                reason = SkipReason(verdict)
                touched = reason is not SkipReason.NOT_TRIGGERED or one.days_left > 1
                lapses.append(Lapse(one.symbol, one.signal_date, reason, is_touched=touched))
        kept = {placed[at].symbol for at in left}
        orders = tuple(
            replace(one, days_left=one.days_left - 1)
            for one in stored.resting
            if not one.is_placed or one.symbol in kept
        )
        return orders, tuple(lapses)

    def _rest(self, sim: Any, at: int, number: int, one: Resting, row: int) -> None:
        column = self.panel.symbols.index(one.symbol)
        book = sim.book
        book.order_num[at, k.TRIGGER] = one.trigger
        book.order_num[at, k.ORDER_LIMIT] = one.limit
        book.order_num[at, k.ORDER_SCORE] = one.score
        book.order_whole[at, k.ORDER_SYMBOL] = column
        book.order_whole[at, k.ORDER_SIGNAL_ROW] = self.row(one.signal_date)
        book.order_whole[at, k.ORDER_LAST_ROW] = row + one.days_left - 1
        book.order_whole[at, k.ORDER_HALVED] = int(one.is_halved)
        book.order_whole[at, k.ORDER_SIGNAL] = number
        sim.out.counts[k.RESTING] += 1
        resting.reserve(sim, column, 1)

    def _close(
        self, sim: Any, row: int, orders: tuple[Resting, ...], *, take_all: bool
    ) -> list[Candidate]:
        """Decide on the close, and find what is a signal."""
        if self._model == k.CLOSE:
            self._trade_at_close(sim, row)
            found = self._candidates(sim, row, row, take_all=take_all)
            if take_all:
                chosen = {one.symbol for one in found}
                refused = {one.symbol: one for one in self._buy(sim, row, row, chosen)}
                found = [_refused(one, refused.get(one.symbol)) for one in found]
            return found
        steps.decide_all(sim, row)
        if self._model == k.GTT_TOUCH:
            waiting = [one for one in orders if not one.is_placed]
            for one in waiting:
                self._rest(sim, int(sim.out.counts[k.RESTING]), 0, one, row + 1)
        return self._candidates(sim, row, row + 1, take_all=take_all)

    def _trade_at_close(self, sim: Any, row: int) -> None:
        """The close model's exits and add-ons; its entries are chosen afterwards."""
        nothing = np.zeros(self.panel.shape[0] + 1, dtype=np.int64)
        signals = sim.signals._replace(start=nothing)
        steps.trade_at_close(sim._replace(signals=signals), row)

    def _candidates(self, sim: Any, row: int, fill_row: int, *, take_all: bool) -> list[Candidate]:
        """The entry signals of a close with what refuses them, best first."""
        found: list[Candidate] = []
        keeps_room = self._model == k.GTT_TOUCH or not take_all
        symbol, score = self._sim.signals.symbol, self._sim.signals.score
        for rank, i in enumerate(self._signals(row), start=1):
            column, points = int(symbol[i]), float(score[i])
            reason = opening.refusal(sim, row, fill_row, column, points)
            if not keeps_room and self._model == k.NEXT_OPEN and reason in _KNOWN_AT_THE_OPEN:
                reason = 0  # what is sold at the open makes room
            price = float(self.panel.close[row, column])
            one = Candidate(
                symbol=self.panel.symbols[column],
                score=points,
                rank=rank,
                ref=price,
                reason=SkipReason(int(reason)) if reason else None,
                is_halved=bool(opening.is_halved(sim, row)),
            )
            if not reason and self._model == k.GTT_TOUCH:
                one = self._ordered(sim, row, price, one)
            if not reason and keeps_room:
                resting.reserve(sim, column, 1)
                sim.out.counts[k.RESTING] += 1
            found.append(one)
        if keeps_room:
            for one in found:
                if one.reason is None:
                    resting.reserve(sim, self.panel.symbols.index(one.symbol), -1)
                    sim.out.counts[k.RESTING] -= 1
        return found

    def _ordered(self, sim: Any, row: int, price: float, one: Candidate) -> Candidate:
        """The candidate with its trigger and limit, as the kernel places them."""
        trigger = limit = float(resting.trigger_price(sim, row, price))
        if sim.rules.order_kind == k.GTT:
            table = sim.market.tick_table[row]
            limit = float(resting.ceil_tick(table, trigger * (1.0 + sim.rules.limit_pct / 100.0)))
        return replace(one, trigger=trigger, limit=limit)

    def _planned(self, book: PaperBook, row: int, one: Candidate) -> Candidate:
        """The candidate with its quantity and levels, if it is a signal."""
        if one.reason is not None or book.holding(one.symbol) is not None:
            return one
        sim = self._loaded(book, row, before=book.equity)
        column, slot = self.panel.symbols.index(one.symbol), len(book.holdings)
        slipped = one.ref * (1.0 + sim.rules.slippage)
        price = one.limit if one.limit is not None and np.isfinite(one.limit) else slipped
        atr = float(sim.market.atr[row, column])
        trading.prepare(sim, slot, column, atr, one.score, price)
        quantity = 0
        if not (trading.needs_atr(sim) and np.isnan(atr)):
            quantity = trading.entry_quantity(sim, slot, row, price, int(one.is_halved))
        num = sim.book.num
        return replace(
            one,
            limit=price,
            # The kernel keeps a limit order's limit as the price that is to be touched.
            trigger=one.trigger if sim.rules.order_kind == k.GTT else None,
            stop=_known(num[slot, k.STOP]),
            target=_known(num[slot, k.TARGET]),
            quantity=max(0, int(quantity)),
        )

    def _sales(self, sim: Any, row: int) -> tuple[Sale, ...]:
        found: list[Sale] = []
        out = sim.out
        for at in range(int(out.counts[k.TRADES])):
            if int(out.trade_whole[at, k.T_EXIT_ROW]) != row:
                continue
            trade = trade_at(_arrays(out), at)
            whole = trade.whole
            found.append(
                Sale(
                    symbol=self.panel.symbols[whole[k.T_SYMBOL]],
                    signal_date=self.panel.dates[whole[k.T_SIGNAL_ROW]].item(),
                    entry_date=self.panel.dates[whole[k.T_ENTRY_ROW]].item(),
                    sequence=whole[k.T_SEQUENCE],
                    trade=trade,
                )
            )
        return tuple(found)

    def _stored(
        self,
        sim: Any,
        row: int,
        orders: tuple[Resting, ...],
        before: PaperBook,
        *,
        same_day: bool = False,
    ) -> PaperBook:
        book, out = _arrays(sim.book), _arrays(sim.out)
        exited = np.flatnonzero(book.exit_row == row)
        day = self.panel.dates[row].item()
        return PaperBook(
            cash=int(out.counts[k.CASH]),
            equity=int(out.equity[row]),
            equity_before=before.equity_before if same_day else before.equity,
            day=day,
            sequences=int(out.counts[k.SEQUENCES]),
            holdings=holdings_of(book, out, self.panel),
            resting=tuple(one for one in orders if one.days_left > 0),
            exits={**before.exits, **{self.panel.symbols[at]: day for at in exited}},
        )


_KNOWN_AT_THE_OPEN = (int(SkipReason.MAX_POSITIONS), int(SkipReason.SECTOR_CAP))


def _without_addons(sim: Any) -> Any:
    for slot in range(int(sim.out.counts[k.OPEN])):
        sim.book.whole[slot, k.ADDON] = 0
    return sim._replace(rules=sim.rules._replace(max_addons=0))


def _orders(candidates: list[Candidate], day: date, valid_days: int) -> tuple[Resting, ...]:
    return tuple(
        Resting(
            symbol=one.symbol,
            signal_date=day,
            trigger=cast("float", one.trigger),
            limit=cast("float", one.limit),
            score=one.score,
            is_halved=one.is_halved,
            days_left=valid_days,
            is_placed=False,
        )
        for one in candidates
        if one.reason is None
    )


def _refused(one: Candidate, lapse: Lapse | None) -> Candidate:
    return one if lapse is None else replace(one, reason=lapse.reason)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _arrays(group: Any) -> Any:
    return type(group)(*(np.asarray(value) for value in group))


def _out(rows: int, trades: int, signals: int) -> k.Out:
    def zeros(*shape: int) -> Any:
        return np.zeros(shape, dtype=np.int64)

    return k.Out(
        counts=zeros(k.COUNTS),
        trade_whole=zeros(trades, k.T_WHOLES),
        trade_num=cast("Any", np.zeros((trades, k.T_NUMS))),
        equity=zeros(rows),
        cash=zeros(rows),
        positions=zeros(rows),
        turnover=zeros(rows),
        verdict=zeros(max(signals, 1) + 1),
    )


def explanation(trading_of: PaperTrading, day: Day) -> Mapping[str, str]:
    """Why each symbol that was looked at became a signal, or did not."""
    row = trading_of.row(day.day)
    panel = trading_of.panel
    found: dict[str, str] = {}
    for column in np.flatnonzero(panel.member[row] & ~np.isnan(panel.close[row])):
        found[panel.symbols[column]] = "rules"
    for one in day.candidates:
        found[one.symbol] = "signal" if one.reason is None else one.reason.name.lower()
    return found
