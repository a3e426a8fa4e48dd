"""What portfolios that candles fill hold and made, as risk rules measure it. Nothing is read here.

They have no trading account: their money is measured apart from paper accounts and real money, at
the last close.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tradertape_core.kernel.clock import IST
from tradertape_core.risk.rulebook.figures import Figures, Held
from tradertape_core.risk.rulebook.rule import Level, Owner, Rule, Scope, covers, names
from tradertape_server.features.portfolios.schedule_times import SESSION_END

PAPER = "paper"  # the broker of a scope that has them


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleBook:
    """A portfolio after its last close; amounts in paise.

    free: the cash that nothing is committed of. committed: what approvals commit. history: the
    equity at each close, oldest first.
    holdings: values by instrument, with what waits to be bought. placed, filled: the days of its
    orders and of its purchases, with the instrument. closed: day, instrument and profit of each
    position that was closed, newest first.
    """

    portfolio_id: int
    strategy_id: int
    starting: int
    equity: int
    free: int
    committed: int
    history: Sequence[tuple[date, int]]
    holdings: Mapping[str, Held]
    placed: Sequence[tuple[date, str]]
    filled: Sequence[tuple[date, str]]
    closed: Sequence[tuple[date, str, int]]

    @property
    def owner(self) -> Owner:
        """As scopes name it."""
        return Owner(broker=PAPER, strategy=str(self.strategy_id), portfolio=str(self.portfolio_id))

    def equity_before(self, day: date) -> int:
        """At the last close before a day."""
        earlier = [equity for at, equity in self.history if at < day]
        return earlier[-1] if earlier else self.starting


@dataclass(frozen=True, slots=True)
class CandleFigures:
    """Figures of each rule's scope, of a person's books at a moment."""

    books: Sequence[CandleBook]
    now: datetime

    def __call__(self, rule: Rule, since: datetime | None) -> Figures:
        """Figures for a rule. since: when it last began a halt; losses before count no more."""
        return self.of(rule.scope, since)

    @property
    def committed(self) -> int:
        """What waits to be bought, in paise."""
        return sum(one.committed for one in self.books)

    def of(self, scope: Scope, since: datetime | None = None) -> Figures:
        """Figures of what a scope contains."""
        today = self.now.astimezone(IST).date()
        books = [one for one in self.books if covers(scope, one.owner, None)]
        results = self._results(books, scope, today)
        streak, last = self._streak(books, scope, since)
        return Figures(
            now=self.now,
            capital=sum(one.equity for one in self.books),
            cash=sum(one.free for one in books),
            fall=0 if scope.level is Level.SYMBOL else _fall(books),
            day_pnl=results(today),
            day_realised=_realised(books, scope, today),
            day_peak=max(results(today), 0),
            week_pnl=results(today - timedelta(days=today.weekday())),
            month_pnl=results(today.replace(day=1)),
            holdings=_holdings(books, scope),
            orders=_on(today, scope, [one for book in books for one in book.placed]),
            trades=_on(today, scope, [one for book in books for one in book.filled]),
            losing_streak=streak,
            last_loss_at=last,
        )

    def _results(
        self, books: Sequence[CandleBook], scope: Scope, today: date
    ) -> Callable[[date], int]:
        """Profit from a day on; of one instrument that of its closed positions."""
        if scope.level is Level.SYMBOL:
            days = {at for book in books for at, _, _ in book.closed if at <= today}
            return lambda first: sum(_realised(books, scope, day) for day in days if day >= first)
        return lambda first: sum(one.equity - one.equity_before(first) for one in books)

    def _streak(
        self, books: Sequence[CandleBook], scope: Scope, since: datetime | None
    ) -> tuple[int, datetime | None]:
        closed = sorted(
            (one for book in books for one in book.closed if _is_in(scope, one[1])), reverse=True
        )
        streak, last = 0, None
        for day, _, net in closed:
            if net >= 0 or (since is not None and day <= since.astimezone(IST).date()):
                break
            streak, last = (
                streak + 1,
                last or datetime.combine(day, SESSION_END, IST),
            )
        return streak, last


def _is_in(scope: Scope, instrument: str) -> bool:
    return scope.level is not Level.SYMBOL or names(scope.id or "", instrument)


def _on(today: date, scope: Scope, found: Sequence[tuple[date, str]]) -> int:
    return sum(day == today and _is_in(scope, name) for day, name in found)


def _realised(books: Sequence[CandleBook], scope: Scope, today: date) -> int:
    return sum(
        net
        for book in books
        for day, name, net in book.closed
        if day == today and _is_in(scope, name)
    )


def _holdings(books: Sequence[CandleBook], scope: Scope) -> dict[str, Held]:
    found: dict[str, Held] = {}
    for book in books:
        for name, one in book.holdings.items():
            if _is_in(scope, name):
                before = found[name].paise if name in found else 0
                found[name] = Held(before + one.paise, one.sector)
    return found


def _fall(books: Sequence[CandleBook]) -> int:
    """How far the equity of all together is below its highest close."""
    equity = {one.portfolio_id: one.starting for one in books}
    peak = sum(equity.values())
    changes = sorted((day, one.portfolio_id, paise) for one in books for day, paise in one.history)
    for place, (day, portfolio_id, paise) in enumerate(changes):
        equity[portfolio_id] = paise
        if place + 1 == len(changes) or changes[place + 1][0] != day:
            peak = max(peak, sum(equity.values()))
    now = sum(one.equity for one in books)
    return max(peak, now) - now
