"""`tradertape backtest run`. A run that is not saved opens no database and loads neither a web
framework nor an ORM, so that a new process prints its report within a second."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import orjson
import typer

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.cli.backtests.options import BacktestOptions
from tradertape_server.cli.output import fail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradertape_server.container import Container
    from tradertape_server.features.market.service import MarketService

Json = dict[str, Any]
Engine = Literal["auto", "numba", "python"]


def run_plain(options: BacktestOptions) -> Json:
    """Run without saving; the result has the shape of the API's report."""
    from tradertape_core.backtest.run import run_backtest
    from tradertape_core.strategy.language.walk import warm_up_bars
    from tradertape_core.strategy.parse.document import parse_strategy

    if options.engine not in get_args(Engine):
        raise typer.BadParameter(f"one of {', '.join(get_args(Engine))}", param_hint="--engine")
    market = opened_market(options)
    document, strategy = read_strategy(options)
    config = options.config
    started = time.perf_counter()
    panel = market.panel(
        config.universe,
        config.start_date,
        config.end_date,
        data_set=options.data_set,
        warm_up_bars=warm_up_bars(parse_strategy(document)),
        benchmark=config.benchmark,
        point_in_time=config.point_in_time_universe,
    )
    report = run_backtest(panel, document, config, engine=cast("Engine", options.engine))
    market.require_unchanged(options.data_set)
    report["took_ms"] = round((time.perf_counter() - started) * 1000, 3)
    return {
        "run_id": None,
        "status": "completed",
        "name": options.name,
        "tags": [],
        "strategy": strategy,
        "data_set": options.data_set or active_set(market),
        "created_at": None,
        **report,
    }


def run_saved(options: BacktestOptions) -> Json:
    """Run and save the run in a person's history, as the console does."""
    if not options.user:
        raise typer.BadParameter("--save needs --user EMAIL", param_hint="--save")
    from tradertape_server.features.backtests.runs.schemas import BacktestRequest

    opened_market(options)
    with account(options.user) as (container, user_id):
        request = BacktestRequest.model_validate(request_of(options))
        with container.database.read() as session:
            prepared = container.backtests.runs.prepare(session, user_id, request)
        report = container.backtests.runs.simulate_timed(prepared)
        with container.database.write() as session:
            return container.backtests.runs.store(session, user_id, prepared, report)


def opened_market(options: BacktestOptions) -> MarketService:
    """The market data; the simulated market is built where there is no data set."""
    from tradertape_server.cli.progress import progress_bar
    from tradertape_server.features.market.service import MarketService
    from tradertape_server.platform.clock import SystemClock
    from tradertape_server.platform.compute import numba_cache
    from tradertape_server.settings import Settings

    settings = Settings()
    home = settings.effective_home
    numba_cache.use_cache(home)
    market = MarketService(home, SystemClock(), data_set=settings.data_set)
    if not market.data_sets():
        with progress_bar(hidden=options.quiet) as progress:
            market.ensure_simulated_world(progress)
    return market


def read_strategy(options: BacktestOptions) -> tuple[Json, Json]:
    """The complete document, and the report's reference to where it is from."""
    from tradertape_core.strategy.language.base_models import BASE_MODELS
    from tradertape_core.strategy.parse.document import complete

    wanted = options.strategy
    if wanted.isdigit():
        return _saved_strategy(options)
    if wanted in BASE_MODELS:
        document = complete(dict(BASE_MODELS[wanted]))
    elif Path(wanted).is_file():
        document = complete(_document(Path(wanted)))
    else:
        raise InvalidInput(
            f"no strategy {wanted!r}: name a built-in ({', '.join(BASE_MODELS)}), a JSON file, or "
            "the number of a saved one with --user"
        )
    return document, {"id": None, "name": document["name"], "version": None}


def write_files(result: Json, *, html: Path | None, trades_csv: Path | None) -> None:
    """Write the requested files."""
    if html is not None:
        from tradertape_core.backtest.tearsheet.page import tear_sheet

        html.write_text(tear_sheet(result), encoding="utf-8")
    if trades_csv is not None:
        from tradertape_core.backtest.report.csv_export import trades_csv as as_csv

        trades_csv.write_text(as_csv(result), encoding="utf-8", newline="")


def show_report(result: Json, *, as_json: bool) -> None:
    """Print the report: JSON for scripts, text for people."""
    if as_json:
        typer.echo(orjson.dumps(result, default=str).decode())
        return
    from tradertape_core.backtest.report.text import render

    typer.echo(render(result), nl=False)
    if result["run_id"] is not None:
        typer.echo(f"\nSaved as {result['run_id']}")


@contextmanager
def account(email: str) -> Iterator[tuple[Container, int]]:
    from tradertape_server.cli.opening import opened

    with opened() as container:
        user_id = container.auth.user_id_of(email)
        if user_id is None:
            fail(f"There is no account {email}; `tradertape user list` shows them.")
        yield container, user_id


def _saved_strategy(options: BacktestOptions) -> tuple[Json, Json]:
    if not options.user:
        raise typer.BadParameter(
            "the number of a saved strategy needs --user EMAIL", param_hint="--strategy"
        )
    with account(options.user) as (container, user_id), container.database.read() as session:
        row = container.strategies.get(session, user_id, int(options.strategy))
        about = {"id": row.id, "name": row.name, "version": row.version}
        return dict(row.document), about


def request_of(options: BacktestOptions) -> Json:
    """The body of the same request to the API."""
    from dataclasses import asdict

    config = asdict(options.config)
    named = {"strategy_id": int(options.strategy)} if options.strategy.isdigit() else None
    return {
        **config,
        **(named or {"strategy": read_strategy(options)[0]}),
        "data_set": options.data_set,
        "name": options.name,
    }


def _document(path: Path) -> Json:
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInput(f"{path} holds no strategy document")
    return document


def active_set(market: MarketService) -> str:
    """The name of the active data set."""
    return next((one.manifest.name for one in market.data_sets() if one.active), "")
