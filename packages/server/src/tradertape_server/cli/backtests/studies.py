"""Studies on the command line: planned as the API's are, on this machine or the cluster; nothing is
stored."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from pydantic import ValidationError

from tradertape_core.backtest.robustness.sweep import METRICS
from tradertape_server.cli.backtests import study_text
from tradertape_server.cli.backtests.options import SavedRun
from tradertape_server.cli.backtests.run import (
    account,
    active_set,
    opened_market,
    read_strategy,
    request_of,
    run_plain,
)
from tradertape_server.cli.output import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradertape_server.cli.backtests.options import BacktestOptions
    from tradertape_server.features.backtests.studies.plans import Plan
    from tradertape_server.features.backtests.studies.schemas import StudyRequest
    from tradertape_server.features.backtests.studies.variant_work import VariantWork
    from tradertape_server.platform.compute.service import Compute

Json = dict[str, Any]
_WHAT = {
    "monte_carlo": "Draws",
    "lookahead": "Look-ahead check",
    "recursive": "Indicators",
}


def run_study(
    examined: BacktestOptions | SavedRun,
    settings: Json,
    *,
    params: Sequence[str] = (),
    top: int = 10,
    as_json: bool,
) -> None:
    """Compute a study and print its result. settings: fields of the API's request."""
    with _stop_event() as stop:
        request = _request(examined, settings, params)
        work, plan = _planned(request, examined)
        rows: dict[int, Json] = {}
        done = _fill(rows, request.kind, plan, work, stop, quiet=examined.quiet)
        result = {**plan.result(rows), "total": plan.total} if rows else None
    if result is not None:
        show(result, as_json=as_json, text=lambda: study_text.render(result, top))
    if done < plan.total:
        typer.secho(f"Stopped after {done:,} of {plan.total:,}.", err=True, fg="yellow")
        raise typer.Exit(1)
    if result is not None and not result.get("passed", True):
        raise typer.Exit(1)


def read_bars(text: str) -> list[int]:
    """The numbers of bars of `--start-up-bars 30,60`."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter("write 30,60,120", param_hint="--start-up-bars") from None


def _request(
    examined: BacktestOptions | SavedRun, settings: Json, params: Sequence[str]
) -> StudyRequest:
    from tradertape_server.features.backtests.studies.schemas import StudyRequest

    if settings.get("metric", METRICS[0]) not in METRICS:
        raise typer.BadParameter(f"one of {', '.join(METRICS)}", param_hint="--metric")
    if isinstance(examined, SavedRun):
        about = {"run_id": examined.run_id}
    else:
        about = {"backtest": request_of(examined)}
    body = {
        **settings,
        **about,
        "parameters": dict(_range(text) for text in params),
        "seed": examined.seed,
    }
    try:
        return StudyRequest.model_validate(body)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        raise typer.BadParameter(
            "; ".join(f"/{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in problems)
        ) from None


def _planned(
    request: StudyRequest, examined: BacktestOptions | SavedRun
) -> tuple[VariantWork, Plan]:
    if isinstance(examined, SavedRun):
        with account(examined.user) as (container, user_id), container.database.read() as session:
            study = container.backtests.studies.prepare(session, user_id, request)
            return study.work, study.plan
    return _planned_anew(request, examined)


def _planned_anew(request: StudyRequest, options: BacktestOptions) -> tuple[VariantWork, Plan]:
    from tradertape_server.features.backtests.studies.planning import plan_of, work_of

    market = opened_market(options)
    document, _ = read_strategy(options)
    work = work_of(
        request,
        market,
        data_set=options.data_set or active_set(market),
        document=document,
        config=options.config,
    )
    return work, plan_of(request, work, lambda: run_plain(options))


def _compute() -> Compute:
    from tradertape_server.platform.compute import numba_cache
    from tradertape_server.platform.compute.service import Compute
    from tradertape_server.settings import Settings

    settings = Settings()
    return Compute(
        workers=settings.workers,
        ray_address=settings.ray_address,
        numba_cache=numba_cache.numba_cache(settings.effective_home),
    )


def _fill(
    rows: dict[int, Json],
    kind: str,
    plan: Plan,
    work: VariantWork,
    stop: threading.Event,
    *,
    quiet: bool,
) -> int:
    """Collect the finished pieces. Returns how many units of work were done before a Ctrl-C."""
    from tradertape_server.cli.progress import progress_bar

    what, done, compute = _WHAT.get(kind, "Backtests"), 0, _compute()
    try:
        with progress_bar(hidden=quiet) as progress:
            progress(what, 0, plan.total)
            for step in plan.steps({}, compute.mapper(work)):
                rows.update(step.rows)
                done += step.units
                progress(what, done, plan.total)
                if stop.is_set():
                    break
    except KeyboardInterrupt:
        pass
    finally:
        compute.close()
    return done


@contextmanager
def _stop_event() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second interrupts at once.

    An exception raised within a compilation would be lost.
    """
    stopped = threading.Event()

    def stop(_number: int, _frame: Any) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _range(text: str) -> tuple[str, Any]:
    name, equals, values = text.rpartition("=")
    if not equals or not name or not values:
        raise typer.BadParameter(f"{text!r}: write NAME=4,5,6 or NAME=4:8:2", param_hint="--param")
    parts = values.split(":")
    if len(parts) in {2, 3}:
        return name, {
            bound: _value(part) for bound, part in zip(("min", "max", "step"), parts, strict=False)
        }
    return name, [_value(part) for part in values.split(",")]


def _value(text: str) -> float | int | str | bool:
    if text in {"true", "false"}:
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
