"""Request and response bodies of robustness studies."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tradertape_server.features.backtests.runs.schemas import (
    BacktestRequest,
    RunStatus,
    StrategyRef,
)
from tradertape_server.platform.http.routing import Body, IstTime, either

Kind = Literal["sweep", "search", "walk_forward", "monte_carlo", "lookahead", "recursive"]
Metric = Literal[
    "cagr",
    "total_return",
    "max_drawdown",
    "sharpe",
    "sortino",
    "win_rate",
    "profit_factor",
    "total_trades",
]
Value = bool | int | float | Annotated[str, Field(max_length=200)]
NEEDS_PARAMETERS = ("sweep", "search", "walk_forward")


class Range(Body):
    """Values from `min` to `max`; a grid needs a `step`, a search may do without."""

    min: float
    max: float
    step: float | None = None

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class StudyRequest(Body):
    """A robustness study of a finished run (`run_id`) or of a new backtest.

    `parameters` names what to vary: a declared parameter ("dip_pct"), or the JSON pointer of any
    value of the strategy document ("/stops/stop_loss_pct").
    """

    kind: Kind
    run_id: Annotated[str, Field(max_length=40)] | None = None
    backtest: BacktestRequest | None = None
    name: Annotated[str, Field(max_length=120)] = ""
    parameters: dict[
        Annotated[str, Field(min_length=1, max_length=200)],
        Annotated[list[Value], Field(max_length=200)] | Range,
    ] = Field(default_factory=dict, description="For sweep, search and walk_forward.")
    metric: Metric = Field(default="sharpe", description="What the best row has most of.")
    min_trades: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=10, description="A row with fewer trades does not count as good."
    )
    trials: Annotated[int, Field(ge=1, le=1000)] = Field(default=100, description="For search.")
    train_months: Annotated[int, Field(ge=1, le=240)] = 24
    test_months: Annotated[int, Field(ge=1, le=120)] = 6
    anchored: bool = Field(
        default=False, description="Every training stretch starts on the first day (walk_forward)."
    )
    method: Literal["daily_blocks", "trade_blocks", "bootstrap", "shuffle"] = Field(
        default="daily_blocks", description="What Monte Carlo draws: see the Backtesting guide."
    )
    block_days: Annotated[int, Field(ge=1, le=250)] = Field(
        default=20, description="Mean length of the blocks that Monte Carlo draws."
    )
    runs: Annotated[int, Field(ge=1, le=20_000)] = Field(
        default=1000, description="Draws of Monte Carlo."
    )
    ruin_pct: Annotated[float, Field(gt=0, le=100)] = 50
    samples: Annotated[int, Field(ge=1, le=100)] = Field(
        default=8, description="Dates at which the look-ahead check removes later candles."
    )
    start_up_bars: Annotated[list[Annotated[int, Field(ge=1, le=5000)]], Field(max_length=20)] = (
        Field(default=[30, 60, 120, 200, 300, 500], description="For recursive.")
    )
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    model_config = ConfigDict(json_schema_extra=either(("run_id",), ("backtest",)))

    @model_validator(mode="after")
    def _whole(self) -> StudyRequest:
        if (self.run_id is None) == (self.backtest is None):
            raise ValueError("give either run_id or backtest, and not both")
        if self.kind in NEEDS_PARAMETERS and not self.parameters:
            raise ValueError(f"a {self.kind} needs parameters")
        return self

    @property
    def ranges(self) -> dict[str, Any]:
        """The parameters as the core takes them."""
        return {
            name: given if isinstance(given, list) else given.model_dump(exclude_none=True)
            for name, given in self.parameters.items()
        }


class StudyOut(BaseModel):
    """A study as lists show it. `eta_s` is an estimate of the seconds left, while it runs."""

    study_id: str
    kind: Kind
    status: RunStatus
    name: str
    run_id: str | None
    strategy: StrategyRef
    universe: str
    data_set: str
    data_version: str
    simulated: bool
    start_date: date
    end_date: date
    metric: Metric
    done: int
    total: int
    eta_s: float | None
    error: str
    created_at: IstTime
    started_at: IstTime | None
    finished_at: IstTime | None


class StudyDetail(StudyOut):
    """A study with its results so far.

    `rows`: the best two hundred so far (walk_forward: the windows). `result`: null until it is
    completed, then by kind: sweep and search `{best, ranked, heat_maps, param_sensitivity, runs,
    failed, sharpe_variance}`, walk_forward `{windows, equity_curve, out_of_sample,
    in_sample_cagr, efficiency}`, monte_carlo `{unit, results, p5, p50, p95, max_drawdown,
    loss_probability, risk_of_ruin, fan}`, lookahead `{passed, checked, differences}`, recursive
    `{rows}`.
    """

    request: dict[str, Any]
    rows: list[dict[str, Any]]
    rows_total: int
    result: dict[str, Any] | None
