"""Purchases at a close that is over, of portfolios that candles fill."""

from __future__ import annotations

from collections.abc import Sequence

from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.portfolio.signals import Event, Status
from tradertape_server.features.portfolios.days import PortfolioDays
from tradertape_server.features.portfolios.models import PortfolioSignal
from tradertape_server.features.portfolios.state import PAPER, move


def buy_at_close(work: PortfolioDays, chosen: Sequence[PortfolioSignal]) -> None:
    """Fill placed signals of the book's day at its close, or say why not."""
    work.book, lapses = work.trader.buy_at_close(
        work.book, {one.symbol for one in chosen}, work.most(chosen)
    )
    refused = {one.symbol: one.reason for one in lapses}
    for row in chosen:
        reason, held = refused.get(row.symbol), work.book.holding(row.symbol)
        if reason is None and held is not None:
            work.filled(
                row.symbol, row.signal_date, held.whole[k.INITIAL_QUANTITY], held.num[k.ENTRY]
            )
            work.held(held)
            continue
        if row.status == Status.APPROVED:
            row.failure_reason = reason.name.lower() if reason is not None else "not filled"
            move(row, Event.TRIGGER, by=PAPER, now=work.now)
            move(row, Event.ORDER_REJECTED, by=PAPER, now=work.now)
