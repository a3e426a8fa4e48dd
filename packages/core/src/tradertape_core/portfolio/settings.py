"""What a portfolio is deployed with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from tradertape_core.backtest.config import BacktestConfig, FillModel, Sizing
from tradertape_core.kernel.errors import InvalidDocument, Problem

PaperFill = Literal["close", "next_open", "touch", "live"]
ExitApproval = Literal["auto", "manual"]
PlacedBy = Literal["server", "agent"]
StopsAt = Literal["broker", "server"]
FILL_MODELS: dict[PaperFill, FillModel] = {
    "close": "close",
    "next_open": "next_open",
    "touch": "gtt_touch",
    "live": "gtt_touch",  # of the candle book beside it
}
PAPER_FILL_WORDS: dict[PaperFill, str] = {
    "close": "Signals are filled at the close they are made from: optimistic, as a close is known "
    "only once it can no longer be traded.",
    "next_open": "Signals are filled at the next open.",
    "touch": "Signals become trigger orders that are filled when a day's candle touches them.",
    "live": "Signals become trigger orders at the paper market, which fills them on live prices.",
}
BROKER_WORDS = "Signals become trigger orders at the broker; fills are real."
AGENT_WORDS = "Signals become orders that your agent places at your broker; fills are real."
CHARGES = {"kite": "zerodha_equity_delivery"}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PortfolioSettings:
    """The settings of a portfolio; money in rupees, percentages in percent units.

    max_oversubscription: signals waiting for a fill may commit this many times the free cash.
    min_hold_days, atr_stop_multiplier: in place of the strategy's own, where given.
    signal_valid_days: trading days that a signal waits for approval. exit_approval: whether sales
    that rules or the clock ask for wait for approval; stops and targets never do.
    replace_on_unfilled: a triggered entry that was not filled returns to the cart. placed_by: who
    sends its orders to the broker: this server, or the agent on the person's own machine. stops_at:
    where stops and targets of real positions wait: at the broker as a trigger, or in this server.
    """

    universe: str = "nifty_100"
    starting_capital: float = 1_000_000.0
    position_size_pct: float = 10.0
    max_positions: int = 10
    max_per_sector: int = 2
    max_oversubscription: float = 1.0
    paper_mode: bool = True
    broker: str = "kite"
    auto_place_signals: bool = False
    min_hold_days: int | None = None
    atr_stop_multiplier: float | None = None
    sizing: Sizing = field(default_factory=Sizing)
    benchmark: str = "NIFTY 50"
    paper_fill: PaperFill = "close"
    slippage_bps: float = 5.0
    signal_valid_days: int = 1
    exit_approval: ExitApproval = "auto"
    replace_on_unfilled: bool = False
    placed_by: PlacedBy = "server"
    stops_at: StopsAt = "broker"

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise InvalidDocument(problems)
        self.backtest(date(2000, 1, 1))  # checks what a backtest checks

    @property
    def is_executed(self) -> bool:
        """Whether its orders go to a trading account; otherwise candles alone fill them."""
        return self.paper_fill == "live" or not self.paper_mode

    @property
    def fill_words(self) -> str:
        """How its signals are filled, for people."""
        if self.paper_mode:
            return PAPER_FILL_WORDS[self.paper_fill]
        return AGENT_WORDS if self.is_placed_by_agent else BROKER_WORDS

    @property
    def is_placed_by_agent(self) -> bool:
        """Whether the person's agent sends its orders."""
        return not self.paper_mode and self.placed_by == "agent"

    @property
    def rests_stops_at_broker(self) -> bool:
        """Whether its stops and targets wait at the broker, where that has such triggers."""
        return not self.paper_mode and self.placed_by == "server" and self.stops_at == "broker"

    def backtest(self, started_on: date) -> BacktestConfig:
        """The backtest that trades as the portfolio does, from its first day."""
        return BacktestConfig(
            start_date=started_on,
            end_date=started_on + timedelta(days=1),
            universe=self.universe,
            starting_capital=self.starting_capital,
            position_size_pct=self.position_size_pct,
            max_positions=self.max_positions,
            max_per_sector=self.max_per_sector,
            slippage_bps=self.slippage_bps,
            benchmark=self.benchmark,
            charges=CHARGES[self.broker],
            fill_model="gtt_touch" if self.is_executed else FILL_MODELS[self.paper_fill],
            sizing=self.sizing,
        )

    def applied_to(self, document: Mapping[str, Any]) -> Json:
        """The strategy's document with the settings that replace its own."""
        whole = {**document, "config": dict(document["config"])}
        if self.min_hold_days is not None:
            whole["config"]["min_hold"] = self.min_hold_days
        if self.atr_stop_multiplier is not None:
            # The tighter of two multiples counts: the portfolio's is to be the only one.
            whole["config"]["atr_stop_mult"] = self.atr_stop_multiplier
            whole["stops"] = {**document.get("stops", {}), "atr_stop_mult": None}
        return whole


def _problems(settings: PortfolioSettings):
    if settings.broker not in CHARGES:
        known = ", ".join(CHARGES)
        yield Problem("/broker", f"{settings.broker} is not known; there is {known}")
    if not 0 < settings.max_oversubscription <= 10:
        yield Problem("/max_oversubscription", "must be above 0 and at most 10")
    if settings.min_hold_days is not None and not 0 <= settings.min_hold_days <= 1_000:
        yield Problem("/min_hold_days", "must be between 0 and 1,000")
    if settings.atr_stop_multiplier is not None and not 0 <= settings.atr_stop_multiplier <= 20:
        yield Problem("/atr_stop_multiplier", "must be between 0 (no ATR stop) and 20")
    if settings.paper_mode and settings.placed_by == "agent":
        yield Problem("/placed_by", "an agent places real orders: it needs paper_mode false")
    if not 1 <= settings.signal_valid_days <= 30:
        yield Problem("/signal_valid_days", "must be between 1 and 30")
    if not 0 < settings.sizing.risk_per_trade_pct <= 100:
        yield Problem("/sizing/risk_per_trade_pct", "must be above 0 and at most 100")
