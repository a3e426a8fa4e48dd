"""What `tradertape backtest run` does. The plain run opens no database and loads neither a web
framework nor a reader of tables: a new process is to print its report within a second."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import orjson
import typer

from tradertape_core.backtest.config import BacktestConfig, FillModel, FlatCharges
from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.cli.output import fail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradertape_server.features.market.service import MarketService
    from tradertape_server.wiring import Container

Json = dict[str, Any]
Engine = Literal["auto", "numba", "python"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says. quiet: no progress bar."""

    strategy: str
    config: BacktestConfig
    data_set: str | None
    engine: str = "auto"
    name: str = ""
    user: str = ""
    quiet: bool = False


def read_config(*, charges: str, fill_model: str, **values: Any) -> BacktestConfig:
    """The configuration of the options. Raises InvalidInput for values that make no sense."""
    if fill_model not in get_args(FillModel):
        raise typer.BadParameter(
            f"one of {', '.join(get_args(FillModel))}", param_hint="--fill-model"
        )
    return BacktestConfig(
        charges=_charges(charges), fill_model=cast("FillModel", fill_model), **values
    )


def run_plain(asked: Asked) -> Json:
    """Run and keep nothing; the answer has the shape of the API's."""
    from tradertape_core.backtest.run import run_backtest
    from tradertape_core.strategy.language.walk import warm_up_bars
    from tradertape_core.strategy.parse.document import parse_strategy

    if asked.engine not in get_args(Engine):
        raise typer.BadParameter(f"one of {', '.join(get_args(Engine))}", param_hint="--engine")
    market = opened_market(asked)
    document, strategy = read_strategy(asked)
    config = asked.config
    started = time.perf_counter()
    panel = market.panel(
        config.universe,
        config.start_date,
        config.end_date,
        data_set=asked.data_set,
        warm_up_bars=warm_up_bars(parse_strategy(document)),
        benchmark=config.benchmark,
        point_in_time=config.point_in_time_universe,
    )
    report = run_backtest(panel, document, config, engine=cast("Engine", asked.engine))
    report["took_ms"] = round((time.perf_counter() - started) * 1000, 3)
    return {
        "run_id": None,
        "status": "completed",
        "name": asked.name,
        "tags": [],
        "strategy": strategy,
        "data_set": asked.data_set or _active(market),
        "created_at": None,
        **report,
    }


def run_saved(asked: Asked) -> Json:
    """Run and keep the run in a person's history, as the console would."""
    if not asked.user:
        raise typer.BadParameter("--save needs --user EMAIL", param_hint="--save")
    from tradertape_server.features.backtests.runs.schemas import BacktestRequest

    opened_market(asked)
    with account(asked.user) as (container, user_id):
        request = BacktestRequest.model_validate(_request(asked))
        with container.database.read() as session:
            ready = container.backtests.ask(session, user_id, request)
        report = container.backtests.timed(ready)
        with container.database.write() as session:
            return container.backtests.keep(session, user_id, ready, report)


def opened_market(asked: Asked) -> MarketService:
    """The data sets; the simulated world is built where there is none at all."""
    from tradertape_server.cli.data import progress_bar
    from tradertape_server.features.market.service import MarketService
    from tradertape_server.platform.clock import SystemClock
    from tradertape_server.platform.compute import numba_cache
    from tradertape_server.settings import Settings

    settings = Settings()
    home = settings.effective_home
    numba_cache.use_cache(home)
    market = MarketService(home, SystemClock(), data_set=settings.data_set)
    if not market.data_sets():
        with progress_bar(hidden=asked.quiet) as progress:
            market.ensure_simulated_world(progress)
    return market


def read_strategy(asked: Asked) -> tuple[Json, Json]:
    """The whole document, and what an answer says of where it is from."""
    from tradertape_core.strategy.language.base_models import BASE_MODELS
    from tradertape_core.strategy.parse.document import complete

    wanted = asked.strategy
    if wanted.isdigit():
        return _saved_strategy(asked)
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


def write_files(answer: Json, *, html: Path | None, trades_csv: Path | None) -> None:
    """Write what was asked for beside the report."""
    if html is not None:
        from tradertape_core.backtest.tearsheet.page import tear_sheet

        html.write_text(tear_sheet(answer), encoding="utf-8")
    if trades_csv is not None:
        from tradertape_core.backtest.report.csv_export import trades_csv as as_csv

        trades_csv.write_text(as_csv(answer), encoding="utf-8", newline="")


def show_report(answer: Json, *, as_json: bool) -> None:
    """Print the report: JSON for scripts, text for people."""
    if as_json:
        typer.echo(orjson.dumps(answer, default=str).decode())
        return
    from tradertape_core.backtest.report.text import render

    typer.echo(render(answer), nl=False)
    if answer["run_id"] is not None:
        typer.echo(f"\nSaved as {answer['run_id']}")


@contextmanager
def account(email: str) -> Iterator[tuple[Container, int]]:
    from tradertape_server.cli.opening import opened

    with opened() as container:
        user_id = container.auth.user_id_of(email)
        if user_id is None:
            fail(f"There is no account {email}; `tradertape user list` shows them.")
        yield container, user_id


def _saved_strategy(asked: Asked) -> tuple[Json, Json]:
    if not asked.user:
        raise typer.BadParameter(
            "the number of a saved strategy needs --user EMAIL", param_hint="--strategy"
        )
    with account(asked.user) as (container, user_id), container.database.read() as session:
        row = container.strategies.get(session, user_id, int(asked.strategy))
        about = {"id": row.id, "name": row.name, "version": row.version}
        return dict(row.document), about


def _request(asked: Asked) -> Json:
    from dataclasses import asdict

    config = asdict(asked.config)
    named = {"strategy_id": int(asked.strategy)} if asked.strategy.isdigit() else None
    return {
        **config,
        **(named or {"strategy": read_strategy(asked)[0]}),
        "data_set": asked.data_set,
        "name": asked.name,
    }


def _document(path: Path) -> Json:
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInput(f"{path} holds no strategy document")
    return document


def _charges(text: str) -> str | FlatCharges:
    if "=" not in text:
        return text
    given: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            given[name.strip()] = float(value)
        except ValueError:
            raise typer.BadParameter(f"{part!r} is no number", param_hint="--charges") from None
    if not given.keys() <= {"bps", "per_order"}:
        raise typer.BadParameter("give bps=… and per_order=…", param_hint="--charges")
    return FlatCharges(**given)


def _active(market: MarketService) -> str:
    return next((one.manifest.name for one in market.data_sets() if one.active), "")
