"""The evening of a portfolio whose orders are executed: decisions on a close, and no fills.

What it holds comes from execution. Entries, exits and add-ons are decided by the backtest's own
functions on the same arrays; the market fills what follows from them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np

from tradertape_core.backtest.kernel import day as steps
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.kernel import trading
from tradertape_core.portfolio.book import Holding, PaperBook, Resting
from tradertape_core.portfolio.daily import PaperTrading
from tradertape_core.portfolio.day import Day
from tradertape_core.portfolio.rescaling import rescaled

AskKind = Literal["exit_rule", "time", "addon"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A position as execution has it. Prices in rupees, amounts in paise.

    stop: the level that is armed; it is never lowered. initial_stop: of the first purchase.
    """

    symbol: str
    sequence: int
    signal_date: date
    entry_date: date
    quantity: int
    initial_quantity: int
    average: float
    entry: float
    last_buy: float
    invested: int
    charges: int
    dividends: int = 0
    addons: int = 0
    stop: float | None = None
    initial_stop: float | None = None
    score: float = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the strategy wants with a position after a close.

    limit: the least a sale is to get; None: any price. rule: index of the exit rule, else -1.
    """

    symbol: str
    sequence: int
    kind: AskKind
    quantity: int
    rule: int = -1
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Evening:
    """The day with its signals, and what is asked of positions."""

    day: Day
    asks: tuple[Ask, ...]


class ExecutedTrading(PaperTrading):
    """Decides on the closes of one panel for one portfolio; see `PaperTrading`."""

    def decide(
        self,
        stored: PaperBook,
        day: date,
        *,
        cash: int,
        held: Sequence[Held],
        waiting: Sequence[Resting],
    ) -> Evening:
        """Decide on a close.

        stored: the book after the day before, for what is followed from day to day (peak, trailing
        stop, bars). cash, held: as execution has them. waiting: entries that keep their slots.
        """
        row, known = self.row(day), rescaled(stored, self.panel).book
        holdings = tuple(self._holding(known, one, row) for one in held)
        exits = {**known.exits, **_left(known, held, day)}
        book = replace(known, cash=cash, holdings=holdings, resting=(), exits=exits)
        sim = self._loaded(book, row)
        self._count_bars(sim, row)
        steps.mark(sim, row)
        self._keep_stops(sim, held)
        orders = tuple(replace(one, is_placed=False) for one in waiting)
        candidates = self._close(sim, row, orders, take_all=False)
        asks = self._asks(sim, row)
        steps.keep_accounts(sim, row)
        after = self._stored(sim, row, (), known)
        found = Day(
            day=day,
            book=after,
            candidates=tuple(self._planned(after, row, one) for one in candidates),
            lapses=(),
            sales=(),
            evaluated=int(self._open_to(row).sum()),
            insufficient=int(self._entries.insufficient[row]),
        )
        return Evening(found, asks)

    # --- inside -------------------------------------------------------------------------------

    def _holding(self, known: PaperBook, one: Held, row: int) -> Holding:
        same = (h for h in known.holdings if h.sequence == one.sequence)
        before = next(same, None)
        # A day that is scanned late knows a position from before it was bought: it begins anew.
        if before is None or before.entry_date != one.entry_date:
            before = self._new(known, one, row)
        num, whole = list(before.num), list(before.whole)
        num[k.AVG], num[k.ENTRY], num[k.LAST_BUY] = one.average, one.entry, one.last_buy
        if one.initial_stop is not None:
            num[k.INITIAL_STOP] = one.initial_stop
        whole[k.SEQUENCE], whole[k.QUANTITY] = one.sequence, one.quantity
        whole[k.INITIAL_QUANTITY], whole[k.INVESTED] = one.initial_quantity, one.invested
        whole[k.CHARGES], whole[k.DIVIDENDS] = one.charges, one.dividends
        if whole[k.ADDONS] != one.addons:
            whole[k.ADDONS], whole[k.BARS_AT_BUY] = one.addons, whole[k.BARS]
        whole[k.LEFT], whole[k.EXIT_RULE], whole[k.ADDON] = 0, -1, 0
        return replace(before, num=tuple(num), whole=tuple(whole), unfinished=None)

    def _new(self, known: PaperBook, one: Held, row: int) -> Holding:
        sim = self._loaded(replace(known, holdings=()), row)
        column = self.panel.symbols.index(one.symbol)
        signal_row = self.row(one.signal_date)
        atr = float(trading.atr_before(sim, signal_row, row, column))
        trading.prepare(sim, 0, column, atr, one.score, one.entry)
        whole = [int(value) for value in np.asarray(sim.book.whole)[0]]
        whole[k.SYMBOL], whole[k.INSIDE] = 0, 1
        return Holding(
            symbol=one.symbol,
            signal_date=one.signal_date,
            entry_date=one.entry_date,
            num=tuple(float(value) for value in np.asarray(sim.book.num)[0]),
            whole=tuple(whole),
        )

    def _count_bars(self, sim: Any, row: int) -> None:
        whole = sim.book.whole
        for slot in range(int(sim.out.counts[k.OPEN])):
            has_bar = not math.isnan(self.panel.close[row, whole[slot, k.SYMBOL]])
            if has_bar and whole[slot, k.ENTRY_ROW] < row:
                whole[slot, k.BARS] += 1

    def _keep_stops(self, sim: Any, held: Sequence[Held]) -> None:
        """A stop that is armed is not lowered, whatever the averages say."""
        for slot, one in enumerate(held):
            if one.stop is not None:
                sim.book.num[slot, k.STOP] = trading.higher(sim.book.num[slot, k.STOP], one.stop)

    def _asks(self, sim: Any, row: int) -> tuple[Ask, ...]:
        found: list[Ask] = []
        num, whole = sim.book.num, sim.book.whole
        for slot in range(int(sim.out.counts[k.OPEN])):
            column, quantity = int(whole[slot, k.SYMBOL]), int(whole[slot, k.QUANTITY])
            if math.isnan(self.panel.close[row, column]):
                continue
            named: dict[str, Any] = {
                "symbol": self.panel.symbols[column],
                "sequence": int(whole[slot, k.SEQUENCE]),
            }
            rule = int(whole[slot, k.EXIT_RULE])
            if rule >= 0:
                size = float(sim.program.size_pct[rule])
                part = min(quantity, max(1, math.floor(quantity * size / 100.0)))
                if part < quantity:
                    whole[slot, k.FIRED] |= 1 << rule  # a part is sold once
                limit = float(num[slot, k.LIMIT])
                found.append(Ask(**named, kind="exit_rule", quantity=part, rule=rule, limit=limit))
            elif whole[slot, k.BARS] + 1 >= sim.rules.time_exit:
                found.append(Ask(**named, kind="time", quantity=quantity))
            elif whole[slot, k.ADDON] == 1:
                planned = int(whole[slot, k.INITIAL_QUANTITY] * sim.rules.addon_pct // 100)
                planned = planned // 2 if whole[slot, k.HALVED] == 1 else planned
                if planned >= 1:
                    found.append(Ask(**named, kind="addon", quantity=planned))
        return tuple(found)


def _left(known: PaperBook, held: Sequence[Held], day: date) -> dict[str, date]:
    """Symbols that were held and are no longer: their cooldown begins."""
    still = {one.sequence for one in held}
    return {one.symbol: day for one in known.holdings if one.sequence not in still}
