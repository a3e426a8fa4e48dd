"""Rows as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from tradertape_core.kernel.money import rupees
from tradertape_server.features.portfolios.late_exits import is_late
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioAlert,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.schemas import (
    AlertOut,
    EntryOut,
    Guard,
    PortfolioOut,
    PositionOut,
    SaleOut,
    SignalCheckOut,
    SignalOut,
)
from tradertape_server.features.portfolios.state import (
    book_of,
    capital_of,
    commitment,
    settings_of,
    state_of,
)


def portfolio(
    row: Portfolio, live: Sequence[PortfolioSignal], held: int,
    live_warnings: Sequence[dict[str, str]] = (),
) -> PortfolioOut:  # fmt: skip
    """A portfolio with its capital. live: its signals that are not over; held: open positions."""
    settings, capital, book = settings_of(row), capital_of(row, live), book_of(row)
    return PortfolioOut.model_validate(
        {
            **asdict(settings),
            "id": row.id,
            "name": row.name,
            "strategy_id": row.strategy_id,
            "strategy_version": row.strategy_version,
            "strategy_name": row.strategy_name,
            "status": row.status,
            "paper_fill_rule": settings.fill_words,
            "current_capital": rupees(capital.current),
            "deployed_capital": rupees(capital.deployed),
            "committed_capital": rupees(capital.committed),
            "cash": rupees(capital.cash),
            "equity": rupees(capital.current),
            "day_pnl": rupees(book.equity - book.equity_before),
            "total_pnl": rupees(capital.current - capital.starting),
            "position_size": round(rupees(capital.current) * settings.position_size_pct / 100, 2),
            "data_set": row.data_set,
            "epoch": row.epoch,
            "is_executed": settings.is_executed,
            "account_id": row.account_id,
            "scaled": row.is_scaled,
            "promoted_from": row.promoted_from,
            "live_warnings": list(live_warnings),
            "open_positions": held,
            "started_on": row.started_on,
            "traded_until": row.traded_until,
            "created_at": row.created_at,
            "paused_at": row.paused_at,
            "retired_at": row.retired_at,
        }
    )


def signal(row: PortfolioSignal, risk_check: dict[str, Any] | None = None) -> SignalOut:
    """A signal. risk_check: the verdict on one that waits."""
    price = row.limit_price or row.ref_price
    risk = None if row.stop_price is None else round((price - row.stop_price) * row.quantity, 2)
    return SignalOut(
        id=row.id,
        portfolio_id=row.portfolio_id,
        symbol=row.symbol,
        exchange="NSE",
        isin=row.isin,
        name=row.company,
        sector=row.sector,
        side=row.side,
        kind=row.kind,
        is_late=is_late(row),
        status=row.status,  # type: ignore[arg-type]
        gtt_status=row.gtt_status,
        stage=state_of(row).stage,
        conviction=round(row.conviction, 4),
        rank=row.rank,
        reason=row.reason,
        signal_date=row.signal_date,
        ref_price=row.ref_price,
        trigger_price=row.trigger_price,
        limit_price=None if row.limit_price is None else round(row.limit_price, 2),
        stop_price=None if row.stop_price is None else round(row.stop_price, 2),
        target_price=None if row.target_price is None else round(row.target_price, 2),
        quantity=row.quantity,
        notional=rupees(commitment(row)),
        risk_amount=risk,
        risk_check=None if risk_check is None else SignalCheckOut.model_validate(risk_check),
        filled_quantity=row.filled_quantity,
        average_price=None if row.average_price is None else round(row.average_price, 4),
        failure_reason=row.failure_reason,
        order_type=row.order_type,  # type: ignore[arg-type]
        gtt_id=row.gtt_id,
        order_id=row.order_id,
        position_id=row.position_id,
        attempts=row.attempts,
        valid_until=row.valid_until,
        withdraw_reason=row.withdraw_reason,
        placement_key=row.placement_key,
        expires_at=row.expires_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        placed_at=row.placed_at,
        filled_at=row.filled_at,
        version=row.version,
        actor_history=row.history,
    )


def position(row: PortfolioPosition, *, is_scaled: bool = False) -> PositionOut:
    """A position, valued at its last close. is_scaled: whether its portfolio is."""
    sold = sum(one["quantity"] for one in row.sales)
    gross = sum(one["gross_paise"] for one in row.sales)
    charges = sum(one["charges_paise"] for one in row.sales) + row.charges_paise
    dividends = sum(one["dividends_paise"] for one in row.sales) + row.dividends_paise
    value = round(row.last_close * row.open_quantity * 100)
    unrealised = value - row.invested_paise if row.open_quantity else 0
    net = gross + unrealised + dividends - charges
    risk = None
    if row.initial_stop is not None and row.initial_stop < row.entry_price:
        risk = (row.entry_price - row.initial_stop) * (sold + row.open_quantity)
    is_closed = row.open_quantity == 0
    average = row.average_price or 1.0
    return PositionOut(
        id=row.id,
        portfolio_id=row.portfolio_id,
        signal_id=row.signal_id,
        symbol=row.symbol,
        exchange="NSE",
        isin=row.isin,
        sector=row.sector,
        status=row.status,
        quantity=sold + row.open_quantity,
        open_quantity=row.open_quantity,
        average_price=round(row.average_price, 4),
        entry_date=row.entry_date,
        stop_price=row.stop_price,
        stop_source=row.stop_source,
        target_price=row.target_price,
        exit_date=row.exit_date,
        exit_price=row.sales[-1]["price"] if row.sales and is_closed else None,
        exit_reason=row.exit_reason,
        ltp=row.last_close,
        invested=rupees(row.invested_paise),
        market_value=rupees(value),
        unrealised_pnl=rupees(unrealised),
        unrealised_pct=round(unrealised / row.invested_paise * 100, 2)
        if row.invested_paise
        else None,
        realised_pnl=rupees(gross),
        charges=rupees(charges),
        net_pnl=rupees(net),
        r_multiple=None if not risk else round(rupees(net) / risk, 2),
        bars_held=row.bars_held,
        addons=row.addons,
        mae_pct=round(min(0.0, (row.lowest / average - 1) * 100), 2),
        mfe_pct=round(max(0.0, (row.peak / average - 1) * 100), 2),
        entry_order_id=row.entry_order_id,
        entry_gtt_id=row.entry_gtt_id,
        exit_order_id=row.exit_order_id,
        exit_gtt_id=row.exit_gtt_id or row.standing_gtt_id,
        protection_status=row.protection_status or "unarmed",
        guarded_by=_guarded_by(row),
        standing_problem=row.standing_problem if row.open_quantity else None,
        entries=[_entry(one) for one in row.entries or ()],
        sales=[_sale(one) for one in row.sales],
        scaled=is_scaled,
    )


def _guarded_by(row: PortfolioPosition) -> Guard | None:
    if not row.open_quantity:
        return None
    if row.run_id is None:
        return "candles" if row.stop_price or row.target_price else None
    if row.standing_gtt_id is not None:
        return "broker"
    return "server" if row.protection_status not in (None, "unarmed", "done") else None


def _entry(one: dict[str, Any]) -> EntryOut:
    return EntryOut(
        order_id=one["order_id"], quantity=one["quantity"], price=round(one["price"], 4),
        charges=rupees(one["charges_paise"]), at=datetime.fromisoformat(one["at"]),
    )  # fmt: skip


def alert(row: PortfolioAlert) -> AlertOut:
    """Something to look at."""
    return AlertOut(
        code=row.code, subject=row.subject, text=row.text, since=row.since,
        level=row.level,  # type: ignore[arg-type]
    )  # fmt: skip


def _sale(one: dict[str, object]) -> SaleOut:
    return SaleOut.model_validate(
        {
            "date": one["date"],
            "reason": one["reason"],
            "quantity": one["quantity"],
            "price": one["price"],
            "gross_pnl": rupees(one["gross_paise"]),  # type: ignore[arg-type]
            "charges": rupees(one["charges_paise"]),  # type: ignore[arg-type]
            "dividends": rupees(one["dividends_paise"]),  # type: ignore[arg-type]
            "order_id": one.get("order_id"),
        }
    )
