"""Request and response bodies of model portfolios."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tradertape_core.backtest.config import Sizing
from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_server.platform.http.routing import MAX_ID, Body, IstTime, Reply, RowId

Json = dict[str, Any]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
PortfolioStatus = Literal["active", "paused", "retired"]
SignalStatus = Literal[
    "pending_approval", "in_cart", "approved", "executed", "rejected", "expired", "cancelled",
    "failed",
]  # fmt: skip
PaperFillName = Literal["close", "next_open", "touch", "live"]
Guard = Literal["broker", "server", "candles"]


class SizingIn(Body):
    """How large a position is; see the Backtesting guide."""

    method: Literal["equal_pct", "risk_pct", "atr", "conviction"] = "equal_pct"
    risk_per_trade_pct: Annotated[float, Field(gt=0, le=100)] = 1.0


class DeployIn(Body):
    """A new portfolio. Money in rupees, percentages in percent units."""

    strategy_id: RowId
    name: Name
    universe: Annotated[str, Field(min_length=1, max_length=4000)] = "nifty_100"
    starting_capital: float = 1_000_000
    position_size_pct: float = 10
    max_positions: int = 10
    max_per_sector: int = Field(default=2, description="0: no cap.")
    max_oversubscription: float = Field(
        default=1.0, description="How many times the free cash may be committed by approvals."
    )
    paper_mode: bool = True
    broker: Annotated[str, Field(max_length=40)] = "kite"
    auto_place_signals: bool = Field(
        default=False, description="Place every signal without approval."
    )
    min_hold_days: int | None = Field(default=None, description="In place of the strategy's.")
    atr_stop_multiplier: float | None = Field(
        default=None, description="In place of the strategy's; 0: no ATR stop."
    )
    sizing: SizingIn = Field(default_factory=SizingIn)
    benchmark: Annotated[str, Field(max_length=60)] = "NIFTY 50"
    paper_fill: PaperFillName = Field(
        default="close",
        description="Where a paper purchase is filled: at the signal's close, at the next open, "
        "where a day's candle touches the order, or (`live`) at the paper market on live prices.",
    )
    slippage_bps: float = 5
    signal_valid_days: int = Field(
        default=1,
        description="Trading days that a signal waits for approval, at `touch` and `live`.",
    )
    exit_approval: Literal["auto", "manual"] = Field(
        default="auto",
        description="Whether sales that rules or the clock ask for wait for approval, where orders "
        "are executed. Stops and targets never do.",
    )
    replace_on_unfilled: bool = Field(
        default=False,
        description="A triggered entry that was not filled returns to the cart, at most twice.",
    )
    placed_by: Literal["server", "agent"] = Field(
        default="server",
        description="Who sends real orders: this server, or the agent on your machine.",
    )
    stops_at: Literal["broker", "server"] = Field(
        default="broker",
        description="Where stops and targets of real positions wait: at the broker as a trigger, "
        "which works while this server is down, or in this server.",
    )
    confirm_live: bool = Field(
        default=False, description="Required with `paper_mode` false: orders are real."
    )

    def settings(self) -> PortfolioSettings:
        """As core knows them. Raises InvalidDocument for a value out of its range."""
        values = self.model_dump(exclude={"strategy_id", "name", "sizing", "confirm_live"})
        return PortfolioSettings(**values, sizing=Sizing(**self.sizing.model_dump()))


class PortfolioOut(Reply):
    """A portfolio. Capital in rupees, after its last traded day."""

    id: int
    name: str
    strategy_id: int
    strategy_version: int
    strategy_name: str
    universe: str
    status: PortfolioStatus
    paper_mode: bool
    paper_fill: PaperFillName
    paper_fill_rule: str
    broker: str
    starting_capital: float
    current_capital: float
    deployed_capital: float
    committed_capital: float
    cash: float
    equity: float
    day_pnl: float
    total_pnl: float
    position_size: float
    position_size_pct: float
    max_positions: int
    max_per_sector: int
    max_oversubscription: float
    min_hold_days: int | None
    atr_stop_multiplier: float | None
    auto_place_signals: bool
    sizing: SizingIn
    benchmark: str
    slippage_bps: float
    signal_valid_days: int
    exit_approval: Literal["auto", "manual"]
    replace_on_unfilled: bool
    placed_by: Literal["server", "agent"]
    stops_at: Literal["broker", "server"]
    is_executed: bool = Field(
        description="Its orders go to a trading account; otherwise candles alone fill them."
    )
    account_id: int | None
    scaled: bool = Field(
        description="Quantities and amounts are scaled by your agent: they are not rupees."
    )
    promoted_from: int | None
    live_warnings: list[LiveWarningOut] = Field(
        description="What to set before its orders are real; of a paper portfolio, before it is "
        "promoted."
    )
    data_set: str
    epoch: int
    open_positions: int
    started_on: date | None
    traded_until: date | None
    created_at: IstTime
    paused_at: IstTime | None
    retired_at: IstTime | None


class ScanIn(Body):
    """A scan. as_of: the last day to trade, by default the last with final prices."""

    portfolio_id: RowId | None = None
    as_of: date | None = None
    dry_run: bool = Field(default=False, description="Say what would happen; store nothing.")


class SkippedOut(Reply):
    """A symbol whose entry rules held, and why it is no signal.

    `late`: the day was scanned after its signals could be traded, by a portfolio that trades on
    live prices. A sale that is found late is raised, unless its limit was not reached meanwhile.
    """

    symbol: str
    reason: str


class ScannedSignalOut(Reply):
    """A signal that a scan raised."""

    symbol: str
    signal_date: date
    conviction: float
    status: SignalStatus
    quantity: int
    side: Literal["BUY", "SELL"]
    is_late: bool


class PortfolioScanOut(Reply):
    """What a scan found for one portfolio. evaluated, insufficient_data: on its last day."""

    portfolio_id: int
    as_of: date | None
    days: int
    evaluated: int
    insufficient_data: int
    matched: int
    created: int
    skipped: list[SkippedOut]
    exits: int
    signals: list[ScannedSignalOut]


class ScanOut(Reply):
    """What a scan found. scan_id: null for a dry run."""

    scan_id: int | None
    as_of: date | None
    dry_run: bool
    portfolios: list[PortfolioScanOut]
    took_ms: int


class ScanRunOut(Reply):
    """A scan of the history."""

    id: int
    trigger: Literal["manual", "schedule"]
    as_of: date | None
    portfolios: int
    created: int
    exits: int
    error: str
    took_ms: int
    at: IstTime


class NoteIn(Body):
    """Why; kept with the signal."""

    note: Note = ""


class ApproveIn(NoteIn):
    """Why, and how many shares of the proposed number; by default all."""

    quantity: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None


class PromoteIn(Body):
    """A live portfolio from one on paper. name: by default the paper portfolio's, marked live.

    placed_by: who sends its orders, this server or the agent on the person's own machine.
    """

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    placed_by: Literal["server", "agent"] = "server"
    confirm_live: bool = False


class ReasonIn(Body):
    """Why; kept with the signal."""

    reason: Note = ""


class BulkIn(Body):
    """The same for several signals."""

    ids: Annotated[list[RowId], Field(min_length=1, max_length=500)]
    action: Literal["approve", "reject", "expire", "cancel", "retry"]


class BulkResultOut(Reply):
    """What became of one of them; detail: why it could not be done."""

    signal_id: int
    status: SignalStatus | None
    detail: str


class CheckOut(Reply):
    """A condition of an approval or of a placement, and what it saw."""

    name: str
    passed: bool
    text: str


class SignalCheckOut(Reply):
    """The verdict on a signal, judged when it is asked for.

    results: the portfolio's own limits, the kill switch, and each risk rule that would refuse its
    order now. can_approve: an approval is not refused; a rule that does not pass refuses the
    placement. capital_after: the cash then neither deployed nor committed.
    """

    passed: bool
    can_approve: bool
    capital_after: float
    results: list[CheckOut]


class LiveWarningOut(Reply):
    """What to set before a portfolio's orders are real."""

    code: str
    text: str


class SignalOut(Reply):
    """A signal: what the user decided (`status`), what became of the order (`gtt_status`)."""

    id: int
    portfolio_id: int
    symbol: str
    exchange: str
    isin: str
    name: str
    sector: str
    side: str
    kind: str
    is_late: bool = Field(
        description="A sale by an exit rule or time that was found after the session in which it "
        "was to be made: it is sold at the market, at the next open. `reason` has what the "
        "backtest did."
    )
    status: SignalStatus
    gtt_status: str | None
    stage: str
    conviction: float
    rank: int
    reason: str
    signal_date: date
    ref_price: float
    trigger_price: float | None
    limit_price: float | None
    stop_price: float | None
    target_price: float | None
    quantity: int
    notional: float
    risk_amount: float | None
    risk_check: SignalCheckOut | None = Field(
        default=None,
        description="Of a signal that waits for approval or placement, read alone or among the "
        "first hundred of a list of signals: the verdict at this moment. Null elsewhere.",
    )
    filled_quantity: int
    average_price: float | None
    failure_reason: str | None
    order_type: Literal["gtt", "limit", "market"] | None
    gtt_id: int | None
    order_id: str | None
    position_id: int | None
    attempts: int
    valid_until: IstTime | None
    withdraw_reason: str | None
    placement_key: str | None
    expires_at: IstTime
    created_at: IstTime
    updated_at: IstTime
    placed_at: IstTime | None
    filled_at: IstTime | None
    version: int
    actor_history: list[Json]


class PlaceIn(Body):
    """What of the cart to place; by default all."""

    portfolio_id: RowId | None = None
    signal_ids: Annotated[list[RowId], Field(max_length=500)] | None = None
    dry_run: bool = False


class PlacedOut(Reply):
    """What became of one signal of the cart."""

    signal_id: int
    symbol: str
    status: SignalStatus | None
    gtt_status: str | None
    gtt_id: int | None
    outcome: Literal["placed", "failed", "skipped"]
    detail: str


class PlaceOut(Reply):
    """What became of the cart."""

    placed: int
    failed: int
    skipped: int
    dry_run: bool
    results: list[PlacedOut]


class CloseIn(Body):
    """How much to sell, by default all, and how, where orders are executed."""

    quantity: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None
    reason: Note = ""
    order: Literal["market", "limit", "gtt"] = Field(
        default="market",
        description="`limit` needs a limit_price; `gtt` is a trigger just under the last price.",
    )
    limit_price: Annotated[float, Field(gt=0, le=10_000_000)] | None = None


class SaleOut(Reply):
    """Shares of a position that were sold."""

    date: date
    reason: str
    quantity: int
    price: float
    gross_pnl: float
    charges: float
    dividends: float
    order_id: str | None = None


class EntryOut(Reply):
    """A purchase of a position: the first, or an add-on."""

    order_id: str
    quantity: int
    price: float
    charges: float
    at: IstTime


class PositionOut(Reply):
    """A position. Prices and profit at the last close; open_quantity 0 when it is closed."""

    id: int
    portfolio_id: int
    signal_id: int | None
    symbol: str
    exchange: str
    isin: str
    sector: str
    status: str
    quantity: int
    open_quantity: int
    average_price: float
    entry_date: date
    stop_price: float | None
    stop_source: str | None
    target_price: float | None
    exit_date: date | None
    exit_price: float | None
    exit_reason: str | None
    ltp: float
    invested: float
    market_value: float
    unrealised_pnl: float
    unrealised_pct: float | None
    realised_pnl: float
    charges: float
    net_pnl: float
    r_multiple: float | None
    bars_held: int
    addons: int
    mae_pct: float
    mfe_pct: float
    entry_order_id: str | None
    entry_gtt_id: int | None
    exit_order_id: str | None
    exit_gtt_id: int | None
    protection_status: str
    guarded_by: Guard | None = Field(
        description="Where its stop and target wait: `exit_gtt_id` at the broker, this server on "
        "each price, or the scan on each day's candle. null: nothing sells it by itself."
    )
    standing_problem: str | None = Field(
        description="Why its stop and target do not wait at the broker although they should."
    )
    entries: list[EntryOut]
    sales: list[SaleOut]
    scaled: bool = Field(description="Its quantities and amounts are scaled by your agent.")


class VerdictsOut(Reply):
    """Why each symbol of a portfolio's universe was a signal on a day, or not."""

    day: date
    evaluated: int
    insufficient_data: int
    data_version: str
    verdicts: dict[str, list[str]]


class AlertOut(Reply):
    """Something about an order or a position to look at."""

    code: str
    subject: str
    text: str
    level: Literal["info", "warning", "critical"]
    since: IstTime
