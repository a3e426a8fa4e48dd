"""What `tradertape backtest sweep` does: a grid on this machine or the cluster, nothing stored."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from tradertape_core.backtest.robustness.grid import apply_parameters, grid
from tradertape_core.backtest.robustness.sweep import METRICS
from tradertape_core.kernel.format import grouped, percent
from tradertape_core.strategy.language.walk import warm_up_bars
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.cli.backtests.run import BacktestOptions, opened_market, read_strategy
from tradertape_server.cli.output import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tradertape_server.features.backtests.studies.plans import Sweep
    from tradertape_server.platform.compute.service import Compute

Json = dict[str, Any]
_COLUMNS = ("cagr", "max_drawdown", "sharpe", "win_rate", "profit_factor", "total_trades")
_PERCENT = {"cagr", "max_drawdown", "win_rate", "total_return"}


def run_sweep(
    options: BacktestOptions,
    params: list[str],
    *,
    metric: str,
    min_trades: int,
    top: int,
    as_json: bool,
) -> None:
    """Run the grid and print its best rows."""
    if metric not in METRICS:
        raise typer.BadParameter(f"one of {', '.join(METRICS)}", param_hint="--metric")
    plan = _plan(options, params, metric, min_trades)
    compute = _compute()
    rows: dict[int, Json] = {}
    is_whole = False
    try:
        is_whole = _fill(rows, plan, compute, quiet=as_json)
        if rows:
            result = {**plan.result(rows), "total": plan.total}
            show(result, as_json=as_json, text=lambda: _text(result, top))
    finally:
        compute.close()
    if not is_whole:
        typer.secho(f"Stopped after {len(rows)} of {plan.total}.", err=True, fg="yellow")
        raise typer.Exit(1)


def _plan(options: BacktestOptions, params: list[str], metric: str, min_trades: int) -> Sweep:
    from tradertape_server.features.backtests.studies.goal import Goal
    from tradertape_server.features.backtests.studies.plans import Sweep
    from tradertape_server.features.backtests.studies.variant_work import VariantWork

    market = opened_market(options)
    document, _ = read_strategy(options)
    points = grid(dict(_range(text) for text in params))
    variants = [apply_parameters(document, point) for point in points[:: max(1, len(points) - 1)]]
    data_set = options.data_set or next(d.manifest.name for d in market.data_sets() if d.active)
    work = VariantWork(
        home=str(market.home),
        data_set=data_set,
        data_version=market.data_version(data_set),
        document=document,
        config=options.config,
        warm_up=max(warm_up_bars(parse_strategy(one)) for one in (document, *variants)),
    )
    return Sweep(work, points, Goal(metric, min_trades))


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


def _fill(rows: dict[int, Json], plan: Sweep, compute: Compute, *, quiet: bool) -> bool:
    """Collect finished rows; False when a Ctrl-C ended it."""
    from tradertape_server.cli.progress import progress_bar

    try:
        with progress_bar(hidden=quiet) as progress, _stop_event() as stop:
            for step in plan.steps({}, compute.mapper(plan.work)):
                rows.update(step.rows)
                progress("Backtests", len(rows), plan.total)
                if stop.is_set():
                    return len(rows) == plan.total
    except KeyboardInterrupt:
        return False
    return True


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
    if len(parts) == 3:
        low, high, step = (_value(part) for part in parts)
        return name, {"min": low, "max": high, "step": step}
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


def _text(result: Mapping[str, Any], top: int) -> str:
    rows = result["ranked"][:top]
    names = list(rows[0]["parameters"]) if rows else []
    widths = [max(10, len(name) + 2) for name in names]
    head = "".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True))
    lines = [head + "".join(f"{name:>15}" for name in _COLUMNS)]
    for row in rows:
        values = (
            f"{row['parameters'][name]!s:>{width}}"
            for name, width in zip(names, widths, strict=True)
        )
        lines.append("".join(values) + "".join(f"{_figure(n, row[n]):>15}" for n in _COLUMNS))
    lines.append(f"{result['runs']:,} of {result['total']:,} combinations, by {result['metric']}")
    if result["failed"]:
        lines.append(
            f"{result['failed']:,} could not be run: the strategy does not allow these values"
        )
    best = result["best"]
    if best and best["deflated_sharpe"] is not None:
        chance = percent(best["deflated_sharpe"] * 100, 1)
        lines.append(
            f"Probability that the best result is not chance, given the number of trials: {chance}"
        )
    return "\n".join(lines)


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name == "total_trades":
        return grouped(value, 0)
    return percent(value, 1) if name in _PERCENT else grouped(value, 2)
