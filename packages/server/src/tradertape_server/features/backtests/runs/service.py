"""What a person can do with backtests: run one, look at it, label it, delete it.

A run is decided by its request, the strategy's document and the data set; all three are kept with
it. A synchronous run is answered when it is stored; an asynchronous one is a queued row that the
job threads pick up, also after a restart.
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
_COMPRESSION = 1  # a report shrinks to a tenth at the cheapest level


@dataclass(frozen=True, slots=True)
class Asked:
    """A request made ready: which strategy, as it is now, on which data set."""

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

    def ask(self, session: Session, user_id: int, request: BacktestRequest) -> Asked:
        """Check a request and find what it names.

        Raises InvalidDocument, InvalidInput, NotFound.
        """
        config = request.config()
        if request.strategy_id is not None:
            row = self.strategies.get(session, user_id, request.strategy_id)
            document, version = row.document, row.version
        else:
            document, version = complete(request.strategy or {}), None
        data_set = self._data_set(request.data_set)
        return Asked(request, config, document, request.strategy_id, version, data_set)

    def run(self, session: Session, user_id: int, asked: Asked) -> Json:
        """Run now and, unless asked otherwise, store it. Returns the whole answer."""
        return self.keep(session, user_id, asked, self.timed(asked))

    def timed(self, asked: Asked) -> Json:
        """The report of what was asked with the time it took. Needs no transaction."""
        started = self.clock.monotonic()
        report = self.simulate(asked)
        report["took_ms"] = _since(started, self.clock)
        return report

    def keep(self, session: Session, user_id: int, asked: Asked, report: Json) -> Json:
        """Store a finished run, unless asked otherwise. Returns the whole answer."""
        row = self._row(user_id, asked, status="completed")
        _finish(row, report, self.clock)
        if not asked.request.save:
            return answer(row, report, run_id=None)
        self._demand_room(session, user_id)
        session.add(row)
        session.flush()
        session.add(BacktestReport(run_id=row.id, body=_packed(report)))
        return answer(row, report)

    def finish(self, session: Session, run: int, report: Json) -> None:
        """Complete a run that was under way; one cancelled meanwhile stays so."""
        row = session.get(BacktestRun, run)
        if row is None or row.status != "running":
            return
        _finish(row, report, self.clock)
        session.add(BacktestReport(run_id=row.id, body=_packed(report)))

    def fail(self, session: Session, run: int, error: str) -> None:
        """End a run that was under way by what went wrong."""
        row = session.get(BacktestRun, run)
        if row is not None and row.status == "running":
            row.status, row.error, row.finished_at = "failed", error, self.clock.now()

    def queue(
        self, session: Session, user_id: int, asked: Asked, *, status: str = "queued"
    ) -> BacktestRun:
        """Store a run for the job threads, or as `running` where one is at it already."""
        self._demand_room(session, user_id)
        row = self._row(user_id, asked, status=status)
        session.add(row)
        session.flush()
        return row

    def asked_by(self, row: BacktestRun) -> Asked:
        """What a stored run asked for, with the strategy as it was then."""
        kept = dict(row.request)
        document = kept.pop("strategy_document")
        request = BacktestRequest.model_validate(kept)
        return Asked(
            request,
            request.config(),
            document,
            row.strategy_id,
            row.strategy_version,
            row.data_set,
        )

    def simulate(self, asked: Asked) -> Json:
        """The report of what was asked, computed here and now."""
        return run_backtest(self.panel(asked), asked.document, asked.config)

    def panel(self, asked: Asked) -> Panel:
        """The candles a request needs, settled indicators included."""
        config = asked.config
        return self.market.panel(
            config.universe,
            config.start_date,
            config.end_date,
            data_set=asked.data_set,
            warm_up_bars=warm_up_bars(parse_strategy(asked.document)),
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
        """One page of the user's runs, newest first, and the whole number."""
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
        """A finished run's whole answer. Raises NotFound; Conflict while it is not finished."""
        row = self.get(session, user_id, run_id)
        stored = repository.report(session, row)
        if stored is None:
            raise Conflict(
                f"The run is {row.status}{': ' + row.error if row.error else ''}.",
                code=f"run_{row.status}",
            )
        return answer(row, unpacked(stored.body))

    def label(
        self, session: Session, user_id: int, run_id: str, *, name: str, tags: list[str]
    ) -> BacktestRun:
        """Replace a run's name and tags."""
        row = self.get(session, user_id, run_id)
        row.name, row.tags = name, tags
        return row

    def cancel(self, session: Session, user_id: int, run_id: str) -> BacktestRun:
        """Take back a run; what it finds while under way is dropped. Raises Conflict once done."""
        row = self.get(session, user_id, run_id)
        if row.status not in repository.UNFINISHED:
            raise Conflict(f"The run is {row.status} and cannot be cancelled.")
        row.status, row.finished_at = "cancelled", self.clock.now()
        return row

    def delete(self, session: Session, user_id: int, run_id: str) -> None:
        """Delete a run and its report. Raises NotFound; Conflict while it is under way."""
        row = self.get(session, user_id, run_id)
        if row.status == "running":
            raise Conflict("The run is under way; cancel it first.")
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

    def _row(self, user_id: int, asked: Asked, *, status: str) -> BacktestRun:
        request = asked.request
        return BacktestRun(
            public_id=f"bt_{secrets.token_hex(12)}",
            user_id=user_id,
            status=status,
            name=request.name,
            tags=list(request.tags),
            strategy_id=asked.strategy_id,
            strategy_name=asked.document["name"],
            strategy_version=asked.strategy_version,
            universe=asked.config.universe,
            data_set=asked.data_set,
            start_date=asked.config.start_date,
            end_date=asked.config.end_date,
            request={
                **request.model_dump(mode="json", by_alias=True),
                "strategy_document": asked.document,
            },
            headline={},
            created_at=self.clock.now(),
        )

    def _demand_room(self, session: Session, user_id: int) -> None:
        _, kept = repository.find(session, user_id, EVERY_RUN, limit=1, offset=0)
        if kept >= MAX_RUNS:
            raise Conflict(f"You keep {kept:,} runs, the most one account can: delete some first.")


def answer(row: BacktestRun, report: Json, *, run_id: str | None = "") -> Json:
    """A report with what the server knows of the run around it."""
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
    """The few figures that lists and cards show, with a small curve."""
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


def _since(started: float, clock: Clock) -> float:
    return round((clock.monotonic() - started) * 1000, 3)


def _packed(report: Json) -> bytes:
    return zlib.compress(orjson.dumps(report), _COMPRESSION)


def unpacked(body: bytes) -> Json:
    """A stored report."""
    return orjson.loads(zlib.decompress(body))
