"""Tables of model portfolios. Money in paise, prices in rupees, as the backtest counts them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base, DecimalText

Json = dict[str, Any]


class SimulatedPrice(DecimalText):
    """A float of the simulation: stored as the text of its decimal, and read as it was."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else f"{Decimal(repr(float(value))):f}"

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        del dialect
        return None if value is None else float(value)


def _portfolio() -> Mapped[int]:
    return mapped_column(ForeignKey("portfolios.id", ondelete="CASCADE"))


class Portfolio(Base):
    """A strategy at work with money of its own.

    document: the strategy as pinned, with the portfolio's own settings applied. book: what it holds
    after its last traded day (`core.portfolio.book`). version: one more with every change of the
    portfolio or its signals; of two concurrent changes one fails.

    Of one whose orders are executed: account_id: the trading account of its epoch; book: what
    execution's fills and ledger say it holds; shadow: the candle book of the same settings, in
    which every signal is placed. promoted_from: the paper portfolio it was made from. is_scaled:
    its figures are not rupees: the person's agent multiplies them by a factor of its own.
    capital_is_scaled: so is the capital it was opened with, which sizes its purchases.
    """

    __tablename__ = "portfolios"
    __table_args__ = (Index("ix_portfolios_user_id_status", "user_id", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    strategy_id: Mapped[int]
    strategy_version: Mapped[int]
    strategy_name: Mapped[str] = mapped_column(String(120))
    document: Mapped[Json]
    settings: Mapped[Json]
    data_set: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(12), default="active")
    epoch: Mapped[int] = mapped_column(default=1)
    started_on: Mapped[date | None]
    traded_until: Mapped[date | None]
    book: Mapped[Json]
    account_id: Mapped[int | None]
    is_scaled: Mapped[bool] = mapped_column(default=False, server_default=false())
    capital_is_scaled: Mapped[bool] = mapped_column(default=False, server_default=false())
    shadow: Mapped[Json | None]
    promoted_from: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]


class PortfolioSignal(Base):
    """A purchase or a sale that is proposed, and what became of it.

    number: 0 of what a scan raises, else one more for each of the same symbol, day and side.
    Of one whose order is executed: run_id: how execution attributes it, its position's; order_type:
    `gtt`, `limit` or `market`; valid_until: when its order is withdrawn; withdraw_reason: why its
    order is being withdrawn, stored before the venue is asked to; position_id: what a sale closes.
    """

    __tablename__ = "portfolio_signals"
    __table_args__ = (
        # A scan that runs twice proposes once.
        UniqueConstraint(
            "portfolio_id", "epoch", "symbol", "signal_date", "side", "number",
            name="uq_portfolio_signals_candle",
        ),
        Index("ix_portfolio_signals_portfolio_id_status", "portfolio_id", "status"),
        Index("ix_portfolio_signals_run_id", "run_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = _portfolio()
    epoch: Mapped[int]
    symbol: Mapped[str] = mapped_column(String(80))
    side: Mapped[str] = mapped_column(String(4), default="BUY")
    number: Mapped[int] = mapped_column(default=0, server_default="0")
    kind: Mapped[str] = mapped_column(String(20), default="entry")
    status: Mapped[str] = mapped_column(String(20))
    gtt_status: Mapped[str | None] = mapped_column(String(20))
    signal_date: Mapped[date]
    conviction: Mapped[float] = mapped_column(SimulatedPrice())
    rank: Mapped[int]
    sector: Mapped[str] = mapped_column(String(120))
    company: Mapped[str] = mapped_column(String(200))
    isin: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    ref_price: Mapped[float] = mapped_column(SimulatedPrice())
    trigger_price: Mapped[float | None] = mapped_column(SimulatedPrice())
    limit_price: Mapped[float | None] = mapped_column(SimulatedPrice())
    stop_price: Mapped[float | None] = mapped_column(SimulatedPrice())
    target_price: Mapped[float | None] = mapped_column(SimulatedPrice())
    quantity: Mapped[int] = mapped_column(BigInteger)
    committed_paise: Mapped[int] = mapped_column(BigInteger, default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    placement_key: Mapped[str | None] = mapped_column(String(40), unique=True)
    filled_quantity: Mapped[int] = mapped_column(BigInteger, default=0)
    average_price: Mapped[float | None] = mapped_column(SimulatedPrice())
    failure_reason: Mapped[str | None] = mapped_column(Text)
    fills_from: Mapped[date | None]  # the first day whose candle may fill it
    run_id: Mapped[str | None] = mapped_column(String(120))
    order_type: Mapped[str | None] = mapped_column(String(8))
    gtt_id: Mapped[int | None]
    order_id: Mapped[str | None] = mapped_column(String(40))
    position_id: Mapped[int | None]
    valid_until: Mapped[datetime | None]
    withdraw_reason: Mapped[str | None] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(default=1)
    history: Mapped[list[Json]] = mapped_column(JSON)
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    placed_at: Mapped[datetime | None]
    filled_at: Mapped[datetime | None]


class PortfolioPosition(Base):
    """Shares that a portfolio holds or held. sales: what was sold, each with its reason.

    Of one that execution's fills make: run_id: how its orders are attributed; entries: its
    purchases, the first and add-ons; protection: the state of its stop and target, as protection
    stores it, with its version and status. standing_gtt_id: the trigger at the broker that stands
    for stop and target; standing_key: its idempotency key, stored before it is asked for and until
    it is over: the server's protection does nothing meanwhile. standing_problem: why there is none.
    """

    __tablename__ = "portfolio_positions"
    __table_args__ = (
        UniqueConstraint("portfolio_id", "epoch", "sequence"),
        Index("ix_portfolio_positions_portfolio_id_status", "portfolio_id", "status"),
        Index("ix_portfolio_positions_run_id", "run_id", unique=True),
        Index("ix_portfolio_positions_protection_status", "protection_status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = _portfolio()
    epoch: Mapped[int]
    sequence: Mapped[int]
    signal_id: Mapped[int | None]
    symbol: Mapped[str] = mapped_column(String(80))
    sector: Mapped[str] = mapped_column(String(120))
    isin: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(16))
    open_quantity: Mapped[int] = mapped_column(BigInteger)
    average_price: Mapped[float] = mapped_column(SimulatedPrice())
    entry_price: Mapped[float] = mapped_column(SimulatedPrice())
    entry_date: Mapped[date]
    initial_stop: Mapped[float | None] = mapped_column(SimulatedPrice())
    stop_price: Mapped[float | None] = mapped_column(SimulatedPrice())
    stop_source: Mapped[str | None] = mapped_column(String(12))
    target_price: Mapped[float | None] = mapped_column(SimulatedPrice())
    last_close: Mapped[float] = mapped_column(SimulatedPrice())
    lowest: Mapped[float] = mapped_column(SimulatedPrice())
    peak: Mapped[float] = mapped_column(SimulatedPrice())
    invested_paise: Mapped[int] = mapped_column(BigInteger)
    charges_paise: Mapped[int] = mapped_column(BigInteger)
    dividends_paise: Mapped[int] = mapped_column(BigInteger)
    bars_held: Mapped[int]
    addons: Mapped[int]
    sales: Mapped[list[Json]] = mapped_column(JSON)
    run_id: Mapped[str | None] = mapped_column(String(120))
    account_id: Mapped[int | None]
    entry_order_id: Mapped[str | None] = mapped_column(String(40))
    entry_gtt_id: Mapped[int | None]
    exit_order_id: Mapped[str | None] = mapped_column(String(40))
    exit_gtt_id: Mapped[int | None]
    entries: Mapped[list[Json] | None] = mapped_column(JSON)
    protection: Mapped[Json | None]
    protection_version: Mapped[int] = mapped_column(default=0, server_default="0")
    protection_status: Mapped[str] = mapped_column(
        String(12), default="unarmed", server_default="unarmed"
    )
    standing_gtt_id: Mapped[int | None]
    standing_key: Mapped[str | None] = mapped_column(String(40))
    standing_number: Mapped[int] = mapped_column(default=0, server_default="0")
    standing_problem: Mapped[str | None] = mapped_column(Text)
    standing_retry_at: Mapped[datetime | None]
    exit_date: Mapped[date | None]
    exit_reason: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PortfolioDay(Base):
    """A traded day: the equity at its close, and why each symbol was a signal or not."""

    __tablename__ = "portfolio_days"
    __table_args__ = (UniqueConstraint("portfolio_id", "epoch", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = _portfolio()
    epoch: Mapped[int]
    day: Mapped[date]
    equity_paise: Mapped[int] = mapped_column(BigInteger)
    cash_paise: Mapped[int] = mapped_column(BigInteger)
    benchmark: Mapped[float | None] = mapped_column(SimulatedPrice())
    evaluated: Mapped[int]
    insufficient: Mapped[int]
    verdicts: Mapped[Json]  # reason to symbols
    shadow_equity_paise: Mapped[int | None] = mapped_column(BigInteger)
    data_version: Mapped[str] = mapped_column(String(80))


class PortfolioScan(Base):
    """A scan that was run. trigger: `manual` or `schedule`; error: why it failed, "" if not."""

    __tablename__ = "portfolio_scans"
    __table_args__ = (Index("ix_portfolio_scans_user_id_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    trigger: Mapped[str] = mapped_column(String(12))
    as_of: Mapped[date | None]
    portfolios: Mapped[int]
    created: Mapped[int]
    exits: Mapped[int]
    error: Mapped[str] = mapped_column(Text)
    took_ms: Mapped[int]
    at: Mapped[datetime]


class PortfolioEpoch(Base):
    """What a portfolio did before a reset: its days, positions and signals as they were shown."""

    __tablename__ = "portfolio_epochs"
    __table_args__ = (UniqueConstraint("portfolio_id", "epoch"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = _portfolio()
    epoch: Mapped[int]
    started_on: Mapped[date | None]
    traded_until: Mapped[date | None]
    equity_paise: Mapped[int] = mapped_column(BigInteger)
    signals: Mapped[list[Json]] = mapped_column(JSON)
    positions: Mapped[list[Json]] = mapped_column(JSON)
    ended_at: Mapped[datetime]


class PortfolioCursor(Base):
    """One row: the number of the last event of execution that signals and positions follow."""

    __tablename__ = "portfolio_cursor"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_seq: Mapped[int] = mapped_column(BigInteger)


class PortfolioAlert(Base):
    """Something about an order or a position that a person should look at.

    code: what, `gtt_expiring` for instance; subject: of what, `signal:12`; ended_at: when it was
    found to be so no longer.
    """

    __tablename__ = "portfolio_alerts"
    __table_args__ = (
        UniqueConstraint("portfolio_id", "code", "subject"),
        Index("ix_portfolio_alerts_portfolio_id_ended_at", "portfolio_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = _portfolio()
    code: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(String(10))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
