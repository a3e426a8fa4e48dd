"""The jobs of the server: what each does, when it ran and runs next, what a missed run means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.platform.http.routing import IstTime, Reply
from tradertape_server.platform.processes.job_log import JobLog, JobRun

RunNow = Literal["scan", "reconciliation"]
Stored = Callable[[int], datetime | None]  # when a job of a person ran last, over restarts
NextRun = Callable[[datetime], datetime | None]
REMINDED_AT = time(8, 45)


@dataclass(frozen=True, slots=True)
class Job:
    """A job. every: between two runs; next_run: where the calendar says it instead.

    run_now: which call of the API runs it by hand; only of jobs that may run at any time.
    """

    name: str
    title: str
    does: str
    when: str
    if_missed: str
    every: timedelta | None = None
    next_run: NextRun | None = None
    run_now: RunNow | None = None


class JobOut(Reply):
    """A job. last_at: of its last run, over restarts where that is stored, else since the start.

    failures: since the start of the process that runs it. run_now: what may be run by hand, `scan`
    with `POST /api/model/scan`, `reconciliation` with `POST /api/reconciliation/check`.
    """

    name: str
    title: str
    does: str
    when: str
    if_missed: str
    last_at: IstTime | None
    took_ms: float | None
    is_running: bool
    next_at: IstTime | None
    status: Literal["ok", "failed", "waiting"]
    runs: int
    failures: int
    failed_at: IstTime | None
    error: str
    run_now: RunNow | None


def _morning(now: datetime) -> datetime:
    """When logins are asked for next."""
    local, calendar = now.astimezone(IST), nse_calendar()
    today = local.date()
    is_due = calendar.is_session(today) and local.time() < REMINDED_AT
    day = today if is_due else calendar.next_session(today)
    return datetime.combine(day, REMINDED_AT, IST)


def catalogue(next_scan: NextRun) -> tuple[Job, ...]:
    """Every job. next_scan: when portfolios are scanned next."""
    again = "The next look does what was due."
    return (
        Job("scans", "Scan of portfolios", "Trades the days since the last one and raises signals.",
            "16:15 IST on trading days", "Its days are made up for in their order, at the first "
            "look after a start.", next_run=next_scan, run_now="scan"),
        Job("reconciliation", "Reconciliation", "Compares our books with the brokers'.",
            "Every 5 minutes while a broker is connected", again, timedelta(minutes=5),
            run_now="reconciliation"),
        Job("reminders", "Login reminders", "Asks by mail for logins at brokers.",
            "08:45 IST on trading days", "Sent until 15:30 of the same day, once.",
            next_run=_morning),
        Job("risk", "Risk watch", "Looks at the rules of risk between orders.", "Every 5 seconds",
            "Rules judge each order as it comes in any case.", timedelta(seconds=5)),
        Job("portfolios", "Orders of portfolios", "Follows orders, arms stops, places what is due.",
            "Every second, and when something is filled",
            "A start reads what became of every order.", timedelta(seconds=1)),
        Job("execution", "Clock of the exchange", "Ends days and orders, squares off, books "
            "corporate actions, marks and expiries.", "Every second",
            "What was due is done in its order, each once.", timedelta(seconds=1)),
        Job("notifications", "Events of notifications", "Finds what happened, for the bell and the "
            "channels.", "Every second", "Events of two days are found after a stop.",
            timedelta(seconds=1)),
        Job("market_data", "Check of market data", "Compares data sets with their checksums.",
            "Every 2 seconds a part", "The next round begins anew.", timedelta(seconds=2)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Jobs:
    """Answers `GET /api/jobs`."""

    clock: Clock
    log: JobLog
    jobs: tuple[Job, ...]
    stored: Mapping[str, Stored] = field(default_factory=dict[str, Stored])

    def of(self, user_id: int) -> list[JobOut]:
        """Every job, as a person sees it."""
        runs, now = self.log.runs(), self.clock.now()
        return [self._shown(job, runs.get(job.name), user_id, now) for job in self.jobs]

    def _shown(self, job: Job, run: JobRun | None, user_id: int, now: datetime) -> JobOut:
        kept = self.stored.get(job.name)
        last = kept(user_id) if kept is not None else run.began_at if run is not None else None
        state = "waiting" if run is None else "failed" if run.has_failed else "ok"
        return JobOut(
            name=job.name, title=job.title, does=job.does, when=job.when, if_missed=job.if_missed,
            last_at=last, took_ms=run.took_ms if run else None,
            is_running=run is not None and run.is_running, next_at=_next(job, run, now),
            status=state, runs=run.runs if run else 0, failures=run.failures if run else 0,
            failed_at=run.failed_at if run else None, error=run.error if run else "",
            run_now=job.run_now,
        )  # fmt: skip


def _next(job: Job, run: JobRun | None, now: datetime) -> datetime | None:
    if job.next_run is not None:
        return job.next_run(now)
    if job.every is None or run is None:
        return None
    return max(run.began_at + job.every, now)
