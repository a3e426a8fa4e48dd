"""Studies as response bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradertape_server.features.backtests.models import BacktestStudy
from tradertape_server.features.backtests.runs.schemas import StrategyRef
from tradertape_server.features.backtests.studies.goal import Goal
from tradertape_server.features.backtests.studies.results import ROWS_SHOWN
from tradertape_server.features.backtests.studies.schemas import StudyDetail, StudyOut
from tradertape_server.features.backtests.studies.service import result_of

Json = dict[str, Any]

# Of a walk-forward's window; the stitched curve of the result has them.
_CURVE = ("dates", "equity")


def present_study(row: BacktestStudy) -> StudyOut:
    """A study as lists show it."""
    return StudyOut.model_validate(_fields(row))


def present_detail(row: BacktestStudy, rows: Mapping[int, Json]) -> StudyDetail:
    """A study with its rows and its result."""
    numbered = [{"number": number, **body} for number, body in rows.items()]
    return StudyDetail.model_validate(
        {
            **_fields(row),
            "request": row.request,
            "rows": _shown(row, numbered),
            "rows_total": len(numbered),
            "result": result_of(row),
        }
    )


def _fields(row: BacktestStudy) -> Json:
    strategy = StrategyRef(id=row.strategy_id, name=row.strategy_name, version=row.strategy_version)
    return {
        "study_id": row.public_id,
        "kind": row.kind,
        "status": row.status,
        "name": row.name,
        "run_id": row.run_id,
        "strategy": strategy,
        "universe": row.universe,
        "data_set": row.data_set,
        "data_version": row.data_version,
        "simulated": row.is_simulated,
        "start_date": row.start_date,
        "end_date": row.end_date,
        "metric": row.metric,
        "done": row.done,
        "total": row.total,
        "eta_s": row.eta_s,
        "error": row.error,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def _shown(row: BacktestStudy, rows: list[Json]) -> list[Json]:
    match row.kind:
        case "sweep" | "search":
            goal = Goal(row.metric, row.request["min_trades"])
            return sorted(rows, key=lambda one: _rank(goal, one))[:ROWS_SHOWN]
        case "walk_forward":
            return [
                {name: value for name, value in one.items() if name not in _CURVE} for one in rows
            ]
        case _:
            return []  # a single piece: it is the result


def _rank(goal: Goal, row: Json) -> tuple[bool, float]:
    value = goal.value(row)
    return value is None, -(value or 0.0)
