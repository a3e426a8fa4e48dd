"""Use cases of backtests: run, read, label, cancel, delete.

A run follows from its request, the strategy's document and the data set; all three are stored with
it. A synchronous run is stored before the reply; an asynchronous one is a queued row that the job
threads take, also after a restart.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.run import run_backtest
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.language.walk import warm_up_bars
from tradertape_core.strategy.parse.document import complete, parse_strategy
from tradertape_server.features.backtests.models import BacktestReport, BacktestRun
from tradertape_server.features.backtests.runs import repository
from tradertape_server.features.backtests.runs.run_filter import EVERY_RUN, RunFilter
from tradertape_server.features.backtests.runs.schemas import BacktestRequest
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.strategies.service import StrategyService
from tradertape_server.platform.errors import Conflict, NotFound
from tradertape_server.platform.http.routing import in_ist

Json = dict[str, Any]

HEADLINE = (
    "ending_capital",
    "total_return",
    "cagr",
    "benchmark_cagr",
    "sharpe",
    "max_drawdown",
    "win_rate",
    "profit_factor",
    "total_trades",
    "exposure_pct",
)
SPARK_POINTS = 60
MAX_RUNS = 20_000
_COMPRESSION = 1  # zlib level: a report shrinks to a tenth at the fastest


@dataclass(frozen=True, slots=True)
class PreparedBacktest:
    """A checked request with its strategy, as it is now, and its data set."""

    request: BacktestRequest
    config: BacktestConfig
    document: Json
    strategy_id: int | None
    strategy_version: int | None
    data_set: str


@dataclass(frozen=True, slots=True)
class BacktestService:
    """Use cases of backtests; methods with a session run in the caller's transaction."""

    clock: Clock
    market: MarketService
    strategies: StrategyService

    def prepare(self, session: Session, user_id: int, request: BacktestRequest) -> PreparedBacktest:
        """Check a request and load the strategy it names.

        Raises InvalidDocument, InvalidInput, NotFound.
        """
        config = request.config()
        if request.strategy_id is not None:
            row = self.strategies.get(session, user_id, request.strategy_id)
            document, version = row.document, row.version
        else:
            document, version = complete(request.strategy or {}), None
        data_set = self._data_set(request.data_set)
        return PreparedBacktest(request, config, document, request.strategy_id, version, data_set)

    def run(self, session: Session, user_id: int, prepared: PreparedBacktest) -> Json:
        """Run a backtest and store it where the request says so. Returns the full report."""
        return self.store(session, user_id, prepared, self.simulate_timed(prepared))

    def simulate_timed(self, prepared: PreparedBacktest) -> Json:
        """The report with `took_ms`, the time the simulation took. Needs no transaction."""
        started = self.clock.monotonic()
        report = self.simulate(prepared)
        report["took_ms"] = _elapsed_ms(started, self.clock)
        return report

    def store(
        self, session: Session, user_id: int, prepared: PreparedBacktest, report: Json
    ) -> Json:
        """Store a finished run where its request says so. Returns the full report."""
        row = self._row(user_id, prepared, status="completed")
        _finish(row, report, self.clock)
        if not prepared.request.save:
            return full_report(row, report, run_id=None)
        self._demand_room(session, user_id)
        session.add(row)
        session.flush()
        session.add(BacktestReport(run_id=row.id, body=_packed(report)))
        return full_report(row, report)

    def finish(self, session: Session, run: int, report: Json) -> None:
        """Complete a running run; one that was cancelled meanwhile stays cancelled."""
        row = session.get(BacktestRun, run)
        if row is None or row.status != "running":
            return
        _finish(row, report, self.clock)
        session.add(BacktestReport(run_id=row.id, body=_packed(report)))

    def fail(self, session: Session, run: int, error: str) -> None:
        """Mark a running run as failed, with the reason."""
        row = session.get(BacktestRun, run)
        if row is not None and row.status == "running":
            row.status, row.error, row.finished_at = "failed", error, self.clock.now()

    def enqueue(
        self, session: Session, user_id: int, prepared: PreparedBacktest, *, status: str = "queued"
    ) -> BacktestRun:
        """Store a run for the job threads, or as `running` where it is being computed already."""
        self._demand_room(session, user_id)
        row = self._row(user_id, prepared, status=status)
        session.add(row)
        session.flush()
        return row

    def restore(self, row: BacktestRun) -> PreparedBacktest:
        """The prepared backtest of a stored run, with the strategy as it was then."""
        kept = dict(row.request)
        document = kept.pop("strategy_document")
        request = BacktestRequest.model_validate(kept)
        return PreparedBacktest(
            request,
            request.config(),
            document,
            row.strategy_id,
            row.strategy_version,
            row.data_set,
        )

    def simulate(self, prepared: PreparedBacktest) -> Json:
        """Compute the report. Raises StoredDataDamaged if the prices changed meanwhile."""
        report = run_backtest(self.panel(prepared), prepared.document, prepared.config)
        self.market.require_unchanged(prepared.data_set)
        return report

    def panel(self, prepared: PreparedBacktest) -> Panel:
        """The candles a backtest needs, warm-up included."""
        config = prepared.config
        return self.market.panel(
            config.universe,
            config.start_date,
            config.end_date,
            data_set=prepared.data_set,
            warm_up_bars=warm_up_bars(parse_strategy(prepared.document)),
            benchmark=config.benchmark,
            point_in_time=config.point_in_time_universe,
        )

    def find(
        self,
        session: Session,
        user_id: int,
        wanted: RunFilter = EVERY_RUN,
        *,
        limit: int,
        offset: int,
    ) -> tuple[Sequence[BacktestRun], int]:
        """One page of the user's runs, newest first, and how many there are in all."""
        return repository.find(session, user_id, wanted, limit=limit, offset=offset)

    def latest(self, session: Session, user_id: int) -> Sequence[BacktestRun]:
        """The last finished run of each saved strategy."""
        return repository.latest_by_strategy(session, user_id)

    def get(self, session: Session, user_id: int, run_id: str) -> BacktestRun:
        """One of the user's runs. Raises NotFound."""
        row = repository.own(session, user_id, run_id)
        if row is None:
            raise NotFound("Backtest run")
        return row

    def report(self, session: Session, user_id: int, run_id: str) -> Json:
        """A finished run's full report. Raises NotFound; Conflict while it is not finished."""
        row = self.get(session, user_id, run_id)
        stored = repository.report(session, row)
        if stored is None:
            raise Conflict(
                f"The run is {row.status}{': ' + row.error if row.error else ''}.",
                code=f"run_{row.status}",
            )
        return full_report(row, stored_report(stored.body))

    def label(
        self, session: Session, user_id: int, run_id: str, *, name: str, tags: list[str]
    ) -> BacktestRun:
        """Replace a run's name and tags."""
        row = self.get(session, user_id, run_id)
        row.name, row.tags = name, tags
        return row

    def cancel(self, session: Session, user_id: int, run_id: str) -> BacktestRun:
        """Cancel a run; a result it still computes is dropped. Raises Conflict once finished."""
        row = self.get(session, user_id, run_id)
        if row.status not in repository.UNFINISHED:
            raise Conflict(f"The run is {row.status} and cannot be cancelled.")
        row.status, row.finished_at = "cancelled", self.clock.now()
        return row

    def delete(self, session: Session, user_id: int, run_id: str) -> None:
        """Delete a run and its report. Raises NotFound; Conflict while it is running."""
        row = self.get(session, user_id, run_id)
        if row.status == "running":
            raise Conflict("The run is in progress; cancel it first.")
        session.delete(row)

    def _data_set(self, name: str | None) -> str:
        for known in self.market.data_sets():
            if name == known.manifest.name or (name is None and known.active):
                return known.manifest.name
        if name is None:
            raise InvalidInput("there is no market data yet", pointer="/data_set")
        names = ", ".join(one.manifest.name for one in self.market.data_sets())
        raise InvalidInput(
            f"there is no data set {name!r}; there are: {names}", pointer="/data_set"
        )

    def _row(self, user_id: int, prepared: PreparedBacktest, *, status: str) -> BacktestRun:
        request = prepared.request
        return BacktestRun(
            public_id=f"bt_{secrets.token_hex(12)}",
            user_id=user_id,
            status=status,
            name=request.name,
            tags=list(request.tags),
            strategy_id=prepared.strategy_id,
            strategy_name=prepared.document["name"],
            strategy_version=prepared.strategy_version,
            universe=prepared.config.universe,
            data_set=prepared.data_set,
            start_date=prepared.config.start_date,
            end_date=prepared.config.end_date,
            request={
                **request.model_dump(mode="json", by_alias=True),
                "strategy_document": prepared.document,
            },
            headline={},
            created_at=self.clock.now(),
        )

    def _demand_room(self, session: Session, user_id: int) -> None:
        _, kept = repository.find(session, user_id, EVERY_RUN, limit=1, offset=0)
        if kept >= MAX_RUNS:
            raise Conflict(
                f"You have {kept:,} runs, the most one account can keep: delete some first."
            )


def full_report(row: BacktestRun, report: Json, *, run_id: str | None = "") -> Json:
    """A report with the identity of its run: id, status, name, tags, strategy, data set."""
    return {
        "run_id": row.public_id if run_id == "" else run_id,
        "status": row.status,
        "name": row.name,
        "tags": row.tags,
        "strategy": {
            "id": row.strategy_id,
            "name": row.strategy_name,
            "version": row.strategy_version,
        },
        "data_set": row.data_set,
        "created_at": in_ist(row.created_at),
        **report,
    }


def headline(report: Json) -> Json:
    """The figures that lists and cards show, with some sixty points of the equity curve."""
    summary, curve = report["summary"], report["equity_curve"]
    step = max(1, len(curve) // SPARK_POINTS)
    spark = [round(day["equity"]) for day in [*curve[::step], *curve[-1:]]]
    return {**{name: summary.get(name) for name in HEADLINE}, "spark": spark}


def _finish(row: BacktestRun, report: Json, clock: Clock) -> None:
    row.status = "completed"
    row.headline = headline(report)
    row.data_version = report["data_version"]
    row.is_simulated = report["simulated"]
    row.took_ms = report["took_ms"]
    row.finished_at = clock.now()


def _elapsed_ms(started: float, clock: Clock) -> float:
    return round((clock.monotonic() - started) * 1000, 3)


def _packed(report: Json) -> bytes:
    return zlib.compress(orjson.dumps(report), _COMPRESSION)


def unpacked(body: bytes) -> Json:
    """A stored document, decompressed."""
    return orjson.loads(zlib.decompress(body))


def stored_report(body: bytes) -> Json:
    """A report as it is now, of an earlier version too: before engine version 2 there were neither
    dividends nor limits of the volume."""
    report = unpacked(body)
    if "as_entered" in report:
        return report
    for trade in (*report["trades"], *report["open_positions"]):
        trade.update(dividends=0.0, wanted_quantity=trade["quantity"])
    report["summary"].update(total_dividends=0.0, cut_purchases=0, delayed_exits=0)
    report["costs"]["dividends"] = 0.0
    report["as_entered"] = None
    return report
