"""The profit of scopes at the beginning of the day, week and month, and at its highest: kept in
memory, written by the watch, read again after a start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST
from tradertape_core.risk.rulebook.rule import Scope
from tradertape_server.features.risk import repository


class ScopeOf(NamedTuple):
    """A scope of a person's paper or real money."""

    user_id: int
    money: str
    scope: Scope


@dataclass(slots=True)
class Mark:
    """Totals in paise. start: at the beginning of the day; week, month: of theirs; best: the
    highest of the day; peak: the highest of all days."""

    day: date
    start: int
    week: int
    month: int
    best: int
    peak: int
    last: int
    is_written: bool = False

    def take(self, total: int) -> None:
        """Take the present total in."""
        if total != self.last or total > self.best:
            self.is_written = False
        self.last = total
        self.best, self.peak = max(self.best, total), max(self.peak, total)


class Histories:
    """The marks that were asked for, until it is told to forget."""

    def __init__(self) -> None:
        self._marks: dict[ScopeOf, Mark] = {}

    def mark(
        self, session: Session, of: ScopeOf, *, total: int, started_at: int, now: datetime
    ) -> Mark:
        """The mark of today with the present total. started_at: the total at the beginning of the
        day, for the first day that is kept."""
        today = now.astimezone(IST).date()
        mark = self._marks.get(of)
        if mark is None or mark.day != today:
            mark = self._marks[of] = _read(session, of, today, total, started_at)
        mark.take(total)
        return mark

    def write(self, session: Session, user_id: int, now: datetime) -> None:
        """Write a person's marks that have moved."""
        for of, mark in self._marks.items():
            if of.user_id != user_id or mark.is_written:
                continue
            repository.put_day(
                session,
                {
                    "user_id": of.user_id,
                    "money": of.money,
                    "scope_level": of.scope.level.value,
                    "scope_id": of.scope.id or "",
                    "day": mark.day,
                    "start_paise": mark.start,
                    "best_paise": mark.best,
                    "last_paise": mark.last,
                    "peak_paise": mark.peak,
                    "at": now,
                },
            )
            mark.is_written = True

    def begin_peak(self, user_id: int) -> None:
        """Let a person's drawdowns begin anew, from the present totals."""
        for of, mark in self._marks.items():
            if of.user_id == user_id:
                mark.peak, mark.is_written = mark.last, False

    def forget(self) -> None:
        """Read everything again."""
        self._marks.clear()


def _read(session: Session, of: ScopeOf, today: date, total: int, started_at: int) -> Mark:
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    rows = repository.days(session, of.user_id, of.money, of.scope, min(monday, first))
    present = next((row for row in rows if row.day == today), None)
    former = [row for row in rows if row.day < today]
    start = present.start_paise if present else former[-1].last_paise if former else started_at
    peak = present.peak_paise if present else former[-1].peak_paise if former else total
    best = present.best_paise if present else max(start, total)

    def begun(since: date) -> int:
        return next((row.start_paise for row in former if row.day >= since), start)

    return Mark(today, start, begun(monday), begun(first), best, peak, total)
