"""Runs, a form's choices and exports as response bodies."""

from __future__ import annotations

from datetime import date
from typing import Any

from tradertape_server.features.backtests.models import BacktestRun
from tradertape_server.features.backtests.runs.schemas import (
    BacktestRequest,
    Choice,
    Options,
    RunOut,
    StrategyRef,
)

CHARGES = (
    ("zerodha_equity_delivery", "Zerodha, delivery"),
    ("upstox_equity_delivery", "Upstox, delivery"),
    ("groww_equity_delivery", "Groww, delivery"),
    ("none", "None"),
)
FILL_MODELS = (
    ("auto", "As the strategy enters: GTT and limit entries are touched, others fill at the open"),
    ("next_open", "Next open: decided at the close, filled at the next day's open"),
    ("close", "Close: filled at the close that decided it"),
    ("gtt_touch", "GTT: filled when the trigger is touched within its valid days"),
)
INTRABAR_ORDERS = (
    ("conservative", "Stop first, where stop and target are both touched in a day"),
    ("t_doc", "Signal exits before stops"),
)
SIZING = (
    ("equal_pct", "Equal part of equity"),
    ("risk_pct", "Equal risk to the stop"),
    ("atr", "Equal volatility (ATR)"),
    ("conviction", "By conviction"),
)
NOT_DEFAULTS = {"strategy_id", "strategy", "start_date", "end_date", "name", "tags"}


def present_run(row: BacktestRun) -> RunOut:
    """A run as lists show it."""
    return RunOut.model_validate(
        {
            "run_id": row.public_id,
            "status": row.status,
            "name": row.name,
            "tags": row.tags,
            "strategy": StrategyRef(
                id=row.strategy_id, name=row.strategy_name, version=row.strategy_version
            ),
            "universe": row.universe,
            "data_set": row.data_set,
            "data_version": row.data_version,
            "simulated": row.is_simulated,
            "start_date": row.start_date,
            "end_date": row.end_date,
            "created_at": row.created_at,
            "finished_at": row.finished_at,
            "took_ms": row.took_ms,
            "error": row.error,
            "headline": row.headline or None,
        }
    )


def options() -> Options:
    """A form's choices; the defaults are those of the request itself."""
    # Fields without a default need some value here; they are excluded below.
    blank = BacktestRequest(strategy_id=1, start_date=date(2020, 1, 1), end_date=date(2021, 1, 1))
    return Options(
        defaults=blank.model_dump(mode="json", by_alias=True, exclude=NOT_DEFAULTS),
        charges=_choices(CHARGES),
        fill_models=_choices(FILL_MODELS),
        intrabar_orders=_choices(INTRABAR_ORDERS),
        sizing_methods=_choices(SIZING),
        benchmarks=["NIFTY 50", "NIFTY 100", "NIFTY BANK"],
    )


def _choices(pairs: tuple[tuple[str, str], ...]) -> list[Choice]:
    return [Choice(value=value, label=label) for value, label in pairs]


def export(report: dict[str, Any], what: str) -> tuple[str, str]:
    """A report as a file: its text and media type."""
    from tradertape_core.backtest.report import csv_export as exports  # noqa: PLC0415 - rarely needed
    from tradertape_core.backtest.tearsheet.page import tear_sheet  # noqa: PLC0415 - as above

    if what == "trades.csv":
        return exports.trades_csv(report), "text/csv; charset=utf-8"
    if what == "equity.csv":
        return exports.equity_csv(report), "text/csv; charset=utf-8"
    return tear_sheet(report), "text/html; charset=utf-8"
