"""Scans: a portfolio's days since the last one, traded in their order, and new signals raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.candle_rules import CandleJudge, CandleRules
from tradertape_server.features.portfolios.late_exits import is_late
from tradertape_server.features.portfolios.models import Portfolio, PortfolioScan
from tradertape_server.features.portfolios.schedule_times import last_final_day
from tradertape_server.features.portfolios.working import Loaded, PortfolioWork
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, NotFound

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScanService:
    """Scans of a person's portfolios, one at a time. halt_of: the kill switch over a person."""

    database: Database
    clock: Clock
    work: PortfolioWork
    halt_of: Callable[[int], Halt | None]
    rules: CandleRules
    _running: set[int] = field(default_factory=set[int])
    _lock: Lock = field(default_factory=Lock)

    def scan(
        self,
        user_id: int,
        *,
        portfolio_id: int | None = None,
        as_of: date | None = None,
        dry_run: bool = False,
        trigger: str = "manual",
    ) -> Json:
        """Scan one portfolio, or all that are active or paused, up to a day.

        Raises NotFound, InvalidInput, Conflict while another scan of this person's is running.
        """
        started = self.clock.monotonic()
        with self._alone(user_id):
            rows = self._portfolios(user_id, portfolio_id)
            found = [self._one(user_id, row, as_of, dry_run=dry_run) for row in rows]
            took_ms = round((self.clock.monotonic() - started) * 1000)
            reached = max((one["as_of"] for one in found if one["as_of"]), default=None)
            scan_id = None
            if not dry_run:
                scan_id = self._record(user_id, trigger, reached, found, took_ms)
        return {
            "scan_id": scan_id,
            "as_of": reached,
            "dry_run": dry_run,
            "portfolios": found,
            "took_ms": took_ms,
        }

    @contextmanager
    def _alone(self, user_id: int) -> Iterator[None]:
        with self._lock:
            if user_id in self._running:
                raise Conflict("A scan is already running.", code="scan_running")
            self._running.add(user_id)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(user_id)

    def _portfolios(self, user_id: int, portfolio_id: int | None) -> Sequence[Portfolio]:
        with self.database.read() as session:
            if portfolio_id is None:
                rows = repository.portfolios(session, user_id, ("active", "paused"))
            else:
                row = repository.own(session, user_id, portfolio_id)
                if row is None:
                    raise NotFound("Portfolio")
                if row.status == "retired":
                    raise Conflict(f"Portfolio {row.id} is retired and cannot be scanned.")
                rows = [row]
            session.expunge_all()
            return rows

    def _one(self, user_id: int, row: Portfolio, as_of: date | None, *, dry_run: bool) -> Json:
        final = last_final_day(self.clock.now(), self.work.last_day(row.data_set))
        if as_of is not None and as_of > final:
            raise InvalidInput(
                f"the last day with final prices in {row.data_set} is {final}", pointer="/as_of"
            )
        until = as_of or final

        judges: list[CandleJudge] = []

        def trade(loaded: Loaded) -> bool:
            work = loaded.work
            work.halt, done = self.halt_of(user_id), loaded.row.traded_until
            judges[:] = self.rules.judges(user_id, loaded)
            work.is_judged = bool(judges)
            places = work.settings.auto_place_signals and not work.is_paused and work.halt is None
            days = [one for one in work.trader.days_after(done) if one <= until]
            for day in days:
                work.trade(day)
                for judge in judges if places else ():
                    judge.place_raised(day)
            return bool(days) and not dry_run

        if row.traded_until is not None and until <= row.traded_until:
            return _nothing_new(row)
        loaded = self.work.change(user_id, row.id, lambda _row: until, trade)
        if not dry_run:
            self.rules.keep(judges)
        return _answer(loaded)

    def _record(
        self, user_id: int, trigger: str, as_of: date | None, found: list[Json], took_ms: int
    ) -> int:
        with self.database.write() as session:
            row = PortfolioScan(
                user_id=user_id, trigger=trigger, as_of=as_of, portfolios=len(found),
                created=sum(one["created"] for one in found),
                exits=sum(one["exits"] for one in found), error="", took_ms=took_ms,
                at=self.clock.now(),
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    def history(
        self, session: Session, user_id: int, *, limit: int, offset: int
    ) -> Sequence[PortfolioScan]:
        """A person's scans, newest first."""
        return repository.scans(session, user_id, limit, offset)


def _answer(loaded: Loaded) -> Json:
    work = loaded.work
    last = work.days[-1] if work.days else None
    return {
        "portfolio_id": loaded.row.id,
        "as_of": last.day if last else loaded.row.traded_until,
        "days": len(work.days),
        "evaluated": last.evaluated if last else 0,
        "insufficient_data": last.insufficient if last else 0,
        "matched": work.matched,
        "created": work.created,
        "skipped": work.skipped,
        "exits": work.exits,
        "signals": [
            {"symbol": one.symbol, "signal_date": one.signal_date, "conviction": one.conviction,
             "status": one.status, "quantity": one.quantity, "side": one.side,
             "is_late": is_late(one)}
            for one in work.signals
            if work.days and one.signal_date >= work.days[0].day
        ],
    }  # fmt: skip


def _nothing_new(row: Portfolio) -> Json:
    return {
        "portfolio_id": row.id, "as_of": row.traded_until, "days": 0, "evaluated": 0,
        "insufficient_data": 0, "matched": 0, "created": 0, "skipped": [], "exits": 0,
        "signals": [],
    }  # fmt: skip
