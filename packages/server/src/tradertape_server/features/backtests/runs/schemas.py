"""Request and response bodies of backtests."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tradertape_core.backtest.config import BacktestConfig, FlatCharges, Sizing
from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.backtests.runs.report_schemas import ReportBody
from tradertape_server.platform.http.routing import Body, IstTime, RowId, either

Percent = Annotated[float, Field(gt=0, le=100)]
Symbols = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=1000)
]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=20)]
RunStatus = Literal["queued", "running", "completed", "failed", "cancelled"]


class FlatChargesIn(Body):
    """Charges as a proportion of each side's value and a fee for each order."""

    bps: Annotated[float, Field(ge=0, le=1000)] = 0.0
    per_order: Annotated[float, Field(ge=0, le=100_000)] = 0.0


class SizingIn(Body):
    """How large positions are; see the Backtesting guide."""

    method: Literal["equal_pct", "risk_pct", "atr", "conviction"] = "equal_pct"
    risk_per_trade_pct: Percent = 1.0


class BacktestRequest(Body):
    """One backtest. Money in rupees, percentages in percent units, dates inclusive.

    Name a saved strategy by `strategy_id`, or send a whole document as `strategy`.
    """

    strategy_id: RowId | None = None
    strategy: dict[str, Any] | None = Field(
        default=None, description="A strategy document in place of a saved one."
    )
    universe: str | Symbols = Field(
        default="nifty_100",
        description="A universe's name, `custom:INFY,TCS`, or a list of symbols.",
    )
    start_date: date
    end_date: date
    starting_capital: float = 1_000_000
    position_size_pct: float = 10
    max_positions: int = 10
    max_per_sector: int = 2
    slippage_bps: float = 5
    participation_pct: float = Field(
        default=5,
        description="Largest part of a day's volume, and of its 20-day median, that is traded; "
        "0: no limit.",
    )
    circuit_limits: bool = Field(
        default=True, description="Whether stocks locked at a circuit limit cannot be traded."
    )
    dividends: bool = Field(
        default=True,
        description="Whether dividends are paid in cash, where prices are not adjusted for them.",
    )
    benchmark: Annotated[str, Field(max_length=60)] = "NIFTY 50"
    charges: str | FlatChargesIn = "zerodha_equity_delivery"
    fill_model: Literal["auto", "next_open", "close", "gtt_touch"] = Field(
        default="auto",
        description="auto: gtt_touch for a GTT or limit entry, next_open for a market entry.",
    )
    intrabar_order: Literal["conservative", "t_doc"] = "conservative"
    point_in_time_universe: bool = True
    sizing: SizingIn = Field(default_factory=SizingIn)
    risk_free_pct: Annotated[float, Field(ge=0, le=100)] = 0
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    data_set: Annotated[str, Field(max_length=60)] | None = Field(
        default=None, description="The data set to run on; by default the active one."
    )
    name: Annotated[str, Field(max_length=120)] = ""
    tags: Tags = Field(default_factory=list)
    save: bool = True
    is_async: bool = Field(
        default=False,
        alias="async",
        description="Reply 202 with the run's id at once; poll the run until it is finished.",
    )

    model_config = ConfigDict(
        populate_by_name=True, json_schema_extra=either(("strategy_id",), ("strategy",))
    )

    @model_validator(mode="after")
    def _one_strategy(self) -> BacktestRequest:
        if (self.strategy_id is None) == (self.strategy is None):
            raise ValueError("give either strategy_id or strategy, and not both")
        return self

    @property
    def universe_name(self) -> str:
        """The universe as one text."""
        if isinstance(self.universe, str):
            return self.universe
        return "custom:" + ",".join(self.universe)

    def config(self) -> BacktestConfig:
        """The core's configuration.

        Raises InvalidInput where the end is not after the start, InvalidDocument for other values
        out of range.
        """
        if self.end_date <= self.start_date:
            raise InvalidInput("end_date must be after start_date", pointer="/end_date")
        flat = self.charges
        if not isinstance(flat, str):
            flat = FlatCharges(bps=flat.bps, per_order=flat.per_order)
        return BacktestConfig(
            start_date=self.start_date,
            end_date=self.end_date,
            universe=self.universe_name,
            starting_capital=self.starting_capital,
            position_size_pct=self.position_size_pct,
            max_positions=self.max_positions,
            max_per_sector=self.max_per_sector,
            slippage_bps=self.slippage_bps,
            participation_pct=self.participation_pct,
            circuit_limits=self.circuit_limits,
            dividends=self.dividends,
            benchmark=self.benchmark,
            charges=flat,
            fill_model=self.fill_model,
            intrabar_order=self.intrabar_order,
            point_in_time_universe=self.point_in_time_universe,
            sizing=Sizing(
                method=self.sizing.method, risk_per_trade_pct=self.sizing.risk_per_trade_pct
            ),
            risk_free_pct=self.risk_free_pct,
            seed=self.seed,
        )


class StrategyRef(BaseModel):
    """Which strategy a run used, as it was then."""

    id: int | None
    name: str
    version: int | None


class Headline(BaseModel):
    """The figures of lists and cards, and some sixty points of the equity curve."""

    ending_capital: float
    total_return: float
    cagr: float | None
    benchmark_cagr: float | None
    sharpe: float | None
    max_drawdown: float
    win_rate: float | None
    profit_factor: float | None
    total_trades: int
    exposure_pct: float
    spark: list[float]


class RunOut(BaseModel):
    """A backtest as lists show it."""

    run_id: str
    status: RunStatus
    name: str
    tags: list[str]
    strategy: StrategyRef
    universe: str
    data_set: str
    data_version: str
    simulated: bool
    start_date: date
    end_date: date
    created_at: IstTime
    finished_at: IstTime | None
    took_ms: float | None
    error: str
    headline: Headline | None


class LabelsIn(Body):
    """A run's name and tags; both are replaced."""

    name: Annotated[str, Field(max_length=120)] = ""
    tags: Tags = Field(default_factory=list)


class Report(ReportBody):
    """A backtest with its whole report; every figure is explained in the Backtesting guide."""

    model_config = ConfigDict(extra="forbid")

    run_id: str | None
    status: RunStatus
    name: str
    tags: list[str]
    strategy: StrategyRef
    data_set: str
    created_at: IstTime


class Choice(BaseModel):
    """One value of a form's field and its label."""

    value: str
    label: str


class Options(BaseModel):
    """The choices of a backtest form, and its defaults."""

    defaults: dict[str, Any]
    charges: list[Choice]
    fill_models: list[Choice]
    intrabar_orders: list[Choice]
    sizing_methods: list[Choice]
    benchmarks: list[str]
