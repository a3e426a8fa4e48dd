"""What a study computes: its work and its plan, from the request. Reads no database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.robustness.grid import Dimension, apply_parameters, grid, search_space
from tradertape_core.backtest.robustness.walkforward import walk_forward_windows
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.strategy.language.walk import warm_up_bars
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.backtests.studies import plans
from tradertape_server.features.backtests.studies.goal import Goal
from tradertape_server.features.backtests.studies.plans import Plan
from tradertape_server.features.backtests.studies.schemas import StudyRequest
from tradertape_server.features.backtests.studies.variant_work import VariantWork
from tradertape_server.features.market.service import MarketService

Json = dict[str, Any]

MAX_WALK_FORWARD = 20_000
_SETTLED_BARS = 300  # the recursive analysis compares with at least this much history


def work_of(
    request: StudyRequest,
    market: MarketService,
    *,
    data_set: str,
    document: Json,
    config: BacktestConfig,
) -> VariantWork:
    """The work of a study's backtests, with the history that the longest of them reads."""
    return VariantWork(
        home=str(market.home),
        data_set=data_set,
        data_version=market.data_version(data_set),
        document=document,
        config=config,
        warm_up=_longest_warm_up(request, document),
    )


def plan_of(request: StudyRequest, work: VariantWork, report: Callable[[], Json]) -> Plan:
    """The plan of a study. report: of the backtest itself, for Monte Carlo. Raises InvalidInput."""
    goal = Goal(request.metric, request.min_trades)
    match request.kind:
        case "sweep":
            return plans.Sweep(work, _points(request, work), goal)
        case "search":
            space = search_space(request.ranges)
            return plans.Search(work, space, request.trials, request.seed, goal)
        case "walk_forward":
            return _walk_forward(request, work, goal)
        case "monte_carlo":
            return plans.monte_carlo_study(report(), _draws(request))
        case "lookahead":
            return plans.lookahead_study(work, samples=request.samples, seed=request.seed)
        case "recursive":
            return plans.recursive_study(work, bars=request.start_up_bars)


def _points(request: StudyRequest, work: VariantWork) -> list[Json]:
    points = grid(request.ranges)
    # A name that does not exist is wrong in every combination: raise here.
    apply_parameters(work.document, points[0])
    return points


def _walk_forward(request: StudyRequest, work: VariantWork, goal: Goal) -> Plan:
    config = work.config
    windows = walk_forward_windows(
        config.start_date,
        config.end_date,
        train_months=request.train_months,
        test_months=request.test_months,
        anchored=request.anchored,
    )
    plan = plans.WalkForward(work, windows, _points(request, work), goal)
    if plan.total > MAX_WALK_FORWARD:
        raise InvalidInput(
            f"{len(windows)} windows of {len(plan.points):,} combinations are {plan.total:,} "
            f"backtests; at most {MAX_WALK_FORWARD:,}: widen the steps or the windows",
            pointer="/parameters",
        )
    return plan


def _draws(request: StudyRequest) -> Json:
    return {
        "method": request.method,
        "runs": request.runs,
        "seed": request.seed,
        "ruin_pct": request.ruin_pct,
        "block_days": request.block_days,
    }


def _longest_warm_up(request: StudyRequest, document: Json) -> int:
    """The most history that any variant reads, in bars: that of the ranges' corners."""
    longest = warm_up_bars(parse_strategy(document))
    if request.kind == "recursive":
        return max(longest, *request.start_up_bars, _SETTLED_BARS)
    if not request.parameters:
        return longest
    space = search_space(request.ranges)
    for highest in (False, True):
        corner = {axis.name: _end(axis, highest=highest) for axis in space}
        try:
            variant = parse_strategy(apply_parameters(document, corner))
        except InvalidInput:
            continue  # such a variant is invalid
        longest = max(longest, warm_up_bars(variant))
    return longest


def _end(axis: Dimension, *, highest: bool) -> Any:
    """The lowest or highest value of an axis; the first where the values have no order."""
    if axis.kind != "choice":
        bound = axis.high if highest else axis.low
        return int(bound) if axis.kind == "int" else bound
    numbers = [value for value in axis.choices if isinstance(value, int | float)]
    if len(numbers) < len(axis.choices):
        return axis.choices[0]
    return max(numbers) if highest else min(numbers)
