"""Days of one portfolio, applied to its signals and positions; nothing here touches a table.

Rows are worked on detached from any session: whoever stores them checks that nobody changed the
portfolio meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, cast

import numpy as np

from tradertape_core.backtest.config import ExitReason, SkipReason
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.portfolio.book import Holding, PaperBook
from tradertape_core.portfolio.daily import PaperTrading, explanation
from tradertape_core.portfolio.day import Candidate, Day, Lapse, Sale
from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_core.portfolio.signals import Event, Status
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.portfolios.models import (
    PortfolioDay,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.schedule_times import SESSION_END, SESSION_OPEN
from tradertape_server.features.portfolios.state import (
    PAPER,
    SCAN,
    approved_quantity,
    commitment,
    exit_reason,
    move,
)

Json = dict[str, Any]
CLOSE_ENOUGH = 0.01  # a close that was corrected since, and not divided by a split
About = Callable[[str], tuple[str, str]]  # company and ISIN of a symbol


def next_session(day: date) -> date:
    """The exchange's next trading day."""
    return nse_calendar().next_session(day)


def expiry(settings: PortfolioSettings, day: date) -> datetime:
    """Until when a signal of a day can be approved: at a fill that is fixed by the next open, until
    then, else until the end of its last valid day."""
    last = next_session(day)
    if settings.paper_fill != "touch" and not settings.is_executed:
        return datetime.combine(last, SESSION_OPEN, IST)
    for _ in range(settings.signal_valid_days - 1):
        last = next_session(last)
    return datetime.combine(last, SESSION_END, IST)


def order_validity(day: date, valid_days: int) -> datetime:
    """Until when the entry order of a day's signal is left to be triggered."""
    last = day
    for _ in range(max(valid_days, 1)):
        last = next_session(last)
    return datetime.combine(last, SESSION_END, IST)


@dataclass(slots=True, kw_only=True)
class PortfolioDays:
    """A portfolio between two of its days, and what changes on the way.

    signals: those that are live; positions: those that are open. Both grow, and keep what ended.
    halt: the kill switch that is on now: nothing is bought while it is. is_judged: new signals are
    left for the person's risk rules to be judged by before they are placed.
    """

    portfolio_id: int
    epoch: int
    strategy_name: str
    settings: PortfolioSettings
    is_paused: bool
    book: PaperBook
    signals: list[PortfolioSignal]
    positions: list[PortfolioPosition]
    trader: PaperTrading
    rules: Sequence[str]
    about: About
    now: datetime
    actor: str = SCAN
    halt: Halt | None = None
    is_judged: bool = False
    days: list[PortfolioDay] = field(default_factory=list[PortfolioDay])
    bought_by: dict[int, PortfolioSignal | None] = field(
        default_factory=dict[int, PortfolioSignal | None]
    )
    skipped: list[Json] = field(default_factory=list[Json])
    matched: int = 0
    created: int = 0
    exits: int = 0

    def trade(self, day: date) -> Day:
        """Trade one day and apply what it brought."""
        auto = self.settings.auto_place_signals and not self.is_paused
        takes_all = auto and self.halt is None and not self.is_judged
        may_buy = not self._is_halted_on(day)
        active = {
            (one.symbol, one.signal_date)
            for one in self._with_status(Status.APPROVED)
            if may_buy and (one.fills_from is None or one.fills_from <= day)
        }
        self.book = replace(
            self.book,
            resting=tuple(
                replace(one, is_placed=(one.symbol, one.signal_date) in active)
                for one in self.book.resting
            ),
        )
        placed = {symbol for symbol, made in active if made == self.book.day}
        found = self.trader.trade(
            self.book, day, placed, most=self.most(self.signals), take_all=takes_all,
            add_on=may_buy and not self.is_paused,
        )  # fmt: skip
        self.book = found.book
        self._lapse(found.lapses)
        self._fill(found)
        self._expire(day)
        self._raise(found, auto=takes_all)
        self._keep_positions(found)
        self._drop_resting()
        self.days.append(self._day(found))
        return found

    def _is_halted_on(self, day: date) -> bool:
        """Whether the kill switch kept a day's purchases from being made: it was turned on before
        their time, which of orders that wait for their trigger is any until the close."""
        if self.halt is None:
            return False
        at = SESSION_OPEN if self.settings.paper_fill == "next_open" else SESSION_END
        return self.halt.since < datetime.combine(day, at, IST)

    def most(self, signals: Sequence[PortfolioSignal]) -> dict[str, int]:
        """By symbol, how many shares were approved where that is fewer than was proposed; in the
        shares of now: a split since then changes the number, not the value."""
        found: dict[str, int] = {}
        panel = self.trader.panel
        for one in signals:
            shares = approved_quantity(one)
            if shares is None or one.status != Status.APPROVED:
                continue
            column = panel.symbols.index(one.symbol)
            close = float(panel.close[self.trader.row(one.signal_date), column])
            ratio = one.ref_price / close
            is_split = abs(ratio - 1) >= CLOSE_ENOUGH
            found[one.symbol] = int(shares * ratio + 1e-6) if is_split else shares
        return found

    # --- signals ------------------------------------------------------------------------------

    def _with_status(self, status: Status) -> list[PortfolioSignal]:
        return [one for one in self.signals if one.status == status]

    def _signal(self, symbol: str, day: date) -> PortfolioSignal | None:
        same = (one for one in self.signals if (one.symbol, one.signal_date) == (symbol, day))
        return next(same, None)

    def _move(self, row: PortfolioSignal, event: Event, note: str = "") -> None:
        move(row, event, by=self.actor, now=self.now, note=note)

    def _lapse(self, lapses: Sequence[Lapse]) -> None:
        for lapse in lapses:
            row = self._signal(lapse.symbol, lapse.signal_date)
            if row is None or row.status != Status.APPROVED:
                continue
            row.failure_reason = lapse.reason.name.lower()
            if lapse.reason is SkipReason.NOT_TRIGGERED and not lapse.is_touched:
                self._move(row, Event.VALIDITY_OVER)
                continue
            self._move(row, Event.TRIGGER)
            missed = lapse.reason is SkipReason.NOT_TRIGGERED
            self._move(row, Event.UNFILLED if missed else Event.ORDER_REJECTED)

    def _fill(self, found: Day) -> None:
        for one in found.book.holdings:
            if one.entry_date == found.day:
                self.filled(one.symbol, one.signal_date, one.whole[k.INITIAL_QUANTITY],
                            one.num[k.ENTRY])  # fmt: skip
        for sale in found.sales:  # bought and sold on one day
            if sale.entry_date == found.day:
                whole = sale.trade.whole
                self.filled(sale.symbol, sale.signal_date, whole[k.T_QUANTITY],
                            sale.trade.num[k.T_ENTRY_PRICE])  # fmt: skip

    def filled(self, symbol: str, day: date, quantity: int, price: float) -> None:
        """Take note that a signal's purchase was made."""
        row = self._signal(symbol, day)
        if row is None or row.status != Status.APPROVED:
            return
        move(row, Event.TRIGGER, by=PAPER, now=self.now)
        row.filled_quantity, row.average_price, row.filled_at = quantity, price, self.now
        move(row, Event.FILL, by=PAPER, now=self.now)

    def _expire(self, day: date) -> None:
        for row in self.signals:
            if row.signal_date >= day:
                continue
            if row.status in (Status.PENDING, Status.IN_CART):
                if expiry(self.settings, row.signal_date).date() <= day:
                    self._move(row, Event.EXPIRE, "not approved in time")
            elif row.status == Status.APPROVED and not self._rests(row):
                is_kept = self._is_halted_on(day)
                row.failure_reason = "kill_switch" if is_kept else "not_triggered"
                self._move(row, Event.VALIDITY_OVER)

    def _rests(self, row: PortfolioSignal) -> bool:
        return any(
            (one.symbol, one.signal_date) == (row.symbol, row.signal_date)
            for one in self.book.resting
        )

    def _drop_resting(self) -> None:
        """An order whose signal is over keeps no slot."""
        live = {(s.symbol, s.signal_date) for s in self.signals
                if s.status in (Status.PENDING, Status.IN_CART, Status.APPROVED)}  # fmt: skip
        kept = tuple(o for o in self.book.resting if (o.symbol, o.signal_date) in live)
        self.book = replace(self.book, resting=kept)

    def _raise(self, found: Day, *, auto: bool) -> None:
        self.matched += len(found.candidates)
        for one in found.candidates:
            reason = None if one.reason is None else one.reason.name.lower()
            if reason is None and self.is_paused:
                reason = "paused"
            if reason is None and not auto and one.quantity < 1:
                reason = "no_capital"
            if reason is not None:
                self.skipped.append({"symbol": one.symbol, "reason": reason})
                continue
            self.created += 1
            row = self._new(one, found)
            self.signals.append(row)
            if auto:
                self._place(row, found)
            elif self.halt is not None and self.settings.auto_place_signals:
                self._keep_in_cart(row, self.halt)

    def _new(self, one: Candidate, found: Day) -> PortfolioSignal:
        company, isin = self.about(one.symbol)
        return PortfolioSignal(
            portfolio_id=self.portfolio_id,
            epoch=self.epoch,
            symbol=one.symbol,
            side="BUY",
            kind="entry",
            status=Status.PENDING.value,
            signal_date=found.day,
            conviction=one.score,
            rank=one.rank,
            sector=self._sector(one.symbol),
            company=company,
            isin=isin,
            reason=(
                f"The entry rules of {self.strategy_name} hold at the close of {found.day}; "
                f"conviction {one.score:.0f}, rank {one.rank} of {len(found.candidates)}."
            ),
            ref_price=one.ref,
            trigger_price=one.trigger,
            limit_price=one.limit,
            stop_price=one.stop,
            target_price=one.target,
            quantity=one.quantity,
            committed_paise=0,
            attempts=0,
            filled_quantity=0,
            version=1,
            history=[{"event": "raised", "by": SCAN, "at": self.now.isoformat(),
                      "status": Status.PENDING.value}],
            expires_at=expiry(self.settings, found.day),
            created_at=self.now,
            updated_at=self.now,
        )  # fmt: skip

    def _place(self, row: PortfolioSignal, found: Day) -> None:
        """Place a signal without asking, as the portfolio is set to."""
        self._move(row, Event.APPROVE, "placed automatically")
        self.place(row)
        held = found.book.holding(row.symbol)
        if held is not None and held.entry_date == found.day == row.signal_date:
            self.filled(row.symbol, found.day, held.whole[k.INITIAL_QUANTITY], held.num[k.ENTRY])

    def _keep_in_cart(self, row: PortfolioSignal, halt: Halt) -> None:
        """Approve a signal as the portfolio is set to, and place nothing while that is stopped."""
        row.committed_paise = commitment(row)
        self._move(row, Event.APPROVE, f"not placed: the kill switch is on: {halt.words}")

    def place(self, row: PortfolioSignal) -> None:
        """Place the order of a signal in the cart."""
        row.committed_paise = row.committed_paise or commitment(row)
        row.attempts += 1
        self._move(row, Event.PLACE)
        move(row, Event.ACCEPTED, by=PAPER, now=self.now)
        row.placed_at = self.now

    # --- positions ----------------------------------------------------------------------------

    def _keep_positions(self, found: Day) -> None:
        for sale in found.sales:
            self.sold(sale, found.day, found.book)
        for one in found.book.holdings:
            self.held(one)

    def held(self, one: Holding) -> None:
        """Bring the row of an open position up to date."""
        row = self._position(one.symbol, one.sequence, one.signal_date, one.entry_date)
        row.status = "exit_pending" if one.whole[k.LEFT] else "open"
        row.open_quantity, row.average_price = one.quantity, one.num[k.AVG]
        row.entry_price, row.initial_stop = one.num[k.ENTRY], one.figure(k.INITIAL_STOP)
        row.stop_price, row.target_price = one.figure(k.STOP), one.figure(k.TARGET)
        kind = one.whole[k.STOP_KIND]
        row.stop_source = ExitReason(kind).name.lower() if row.stop_price is not None else None
        row.last_close, row.lowest, row.peak = (
            one.num[k.LAST_CLOSE], one.num[k.LOWEST], one.num[k.PEAK],
        )  # fmt: skip
        row.invested_paise, row.charges_paise = one.whole[k.INVESTED], one.whole[k.CHARGES]
        row.dividends_paise = one.whole[k.DIVIDENDS]
        row.bars_held, row.addons = one.whole[k.BARS], one.whole[k.ADDONS]
        if one.whole[k.EXIT_RULE] >= 0:
            row.status = "exit_pending"

    def sold(self, sale: Sale, day: date, book: PaperBook) -> None:
        """Write a sale into its position; one that takes several days replaces its first part."""
        row = self._position(sale.symbol, sale.sequence, sale.signal_date, sale.entry_date)
        whole, num = sale.trade.whole, sale.trade.num
        document: Json = {
            "reason": exit_reason(sale.trade, self.rules),
            "date": day.isoformat(),
            "quantity": whole[k.T_QUANTITY],
            "price": num[k.T_EXIT_PRICE],
            "gross_paise": whole[k.T_GROSS],
            "charges_paise": whole[k.T_CHARGES],
            "dividends_paise": whole[k.T_DIVIDENDS],
            "is_done": True,
        }
        held = next((one for one in book.holdings if one.sequence == sale.sequence), None)
        if held is not None and held.unfinished is not None:
            document["is_done"] = held.unfinished != sale.trade
        earlier = list(row.sales)
        if earlier and not earlier[-1]["is_done"] and earlier[-1]["reason"] == document["reason"]:
            earlier.pop()
        row.sales = [*earlier, document]
        row.updated_at = self.now
        self.exits += 1
        if held is None:
            row.status, row.open_quantity = "closed", 0
            row.invested_paise = row.charges_paise = row.dividends_paise = 0
            row.average_price, row.bars_held = num[k.T_ENTRY_PRICE], whole[k.T_BARS]
            row.entry_price = row.entry_price or num[k.T_ENTRY_PRICE]
            row.last_close = num[k.T_EXIT_PRICE]
            if row.initial_stop is None and not np.isnan(num[k.T_INITIAL_STOP]):
                row.initial_stop = num[k.T_INITIAL_STOP]  # bought and sold on one day
            row.lowest = row.average_price * (1 + num[k.T_MAE] / 100)
            row.peak = row.average_price * (1 + num[k.T_MFE] / 100)
            row.exit_date, row.exit_reason = day, document["reason"]

    def _position(
        self, symbol: str, sequence: int, signal_date: date, entry_date: date
    ) -> PortfolioPosition:
        known = next((one for one in self.positions if one.sequence == sequence), None)
        if known is not None:
            known.updated_at = self.now
            return known
        self.bought_by[sequence] = self._signal(symbol, signal_date)
        row = PortfolioPosition(
            portfolio_id=self.portfolio_id, epoch=self.epoch, sequence=sequence, symbol=symbol,
            sector=self._sector(symbol), isin=self.about(symbol)[1], status="open",
            open_quantity=0, average_price=0.0, entry_price=0.0, entry_date=entry_date,
            last_close=0.0, lowest=0.0, peak=0.0, invested_paise=0, charges_paise=0,
            dividends_paise=0, bars_held=0, addons=0, sales=[], created_at=self.now,
            updated_at=self.now,
        )  # fmt: skip
        self.positions.append(row)
        return row

    # --- the day ------------------------------------------------------------------------------

    def _sector(self, symbol: str) -> str:
        panel = self.trader.panel
        return panel.sectors[panel.symbols.index(symbol)]

    def _day(self, found: Day) -> PortfolioDay:
        panel, verdicts = self.trader.panel, dict[str, list[str]]()
        for symbol, reason in explanation(self.trader, found).items():
            verdicts.setdefault(reason, []).append(symbol)
        index = panel.indices.get(self.settings.benchmark)
        value = float("nan") if index is None else float(index.close[self.trader.row(found.day)])
        return PortfolioDay(
            portfolio_id=self.portfolio_id, epoch=self.epoch, day=found.day,
            equity_paise=found.book.equity, cash_paise=found.book.cash,
            benchmark=None if np.isnan(value) else value, evaluated=found.evaluated,
            insufficient=found.insufficient, verdicts=cast("Json", verdicts),
            data_version=panel.data_version,
        )  # fmt: skip
