"""A portfolio beside the backtest of its own strategy, settings and days, and what sets them apart.

The backtest is computed when it is asked for, outside of any transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from tradertape_core.backtest.config import Simulation
from tradertape_core.backtest.simulation.simulate import simulate
from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.money import paise_from_rupees, rupees
from tradertape_core.market.panel import Panel
from tradertape_core.portfolio.twin import (
    Fate,
    Gap,
    SignalFacts,
    Traded,
    compare,
    fate_of_signal,
)
from tradertape_core.strategy.language.walk import warm_up_bars
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioDay,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.state import settings_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import NotFound

Json = dict[str, Any]
MOST_PARTS = 200
CloseOf = Callable[[str], float | None]


@dataclass(frozen=True, slots=True)
class _Read:
    """A portfolio as stored."""

    row: Portfolio
    days: Sequence[PortfolioDay]
    signals: Sequence[PortfolioSignal]
    positions: Sequence[PortfolioPosition]


@dataclass(frozen=True, slots=True)
class TwinService:
    """Answers `GET /api/model/portfolios/{id}/twin`."""

    database: Database
    market: MarketService

    def of(self, user_id: int, portfolio_id: int) -> Json:
        """The comparison up to the last scanned day. Raises NotFound."""
        read = self._read(user_id, portfolio_id)
        if not read.days:
            return {"as_of": None, "equity": None, "twin_equity": None, "gap": None,
                    "causes": [], "parts": [], "curve": []}  # fmt: skip
        panel, run = self._simulated(read)
        gap = _gap(read, panel, run)
        return {
            "as_of": read.days[-1].day,
            "equity": rupees(gap.equity),
            "twin_equity": rupees(gap.twin_equity),
            "gap": rupees(gap.amount),
            "causes": _causes(gap),
            "parts": _parts(gap),
            "curve": _curve(read.days, panel, run),
        }

    def _read(self, user_id: int, portfolio_id: int) -> _Read:
        with self.database.read() as session:
            row = repository.own(session, user_id, portfolio_id)
            if row is None:
                raise NotFound("Portfolio")
            signals, _ = repository.signals(session, user_id, portfolio_id=portfolio_id)
            positions, _ = repository.positions(session, user_id, portfolio_id=portfolio_id)
            read = _Read(
                row, repository.days(session, row.id, row.epoch),
                [one for one in signals if one.epoch == row.epoch and one.side == "BUY"],
                [one for one in positions if one.epoch == row.epoch],
            )  # fmt: skip
            session.expunge_all()
            return read

    def _simulated(self, read: _Read) -> tuple[Panel, Simulation]:
        settings, strategy = settings_of(read.row), parse_strategy(read.row.document)
        first, last = read.days[0].day, read.days[-1].day
        panel = self.market.panel(
            settings.universe, first, last, data_set=read.row.data_set,
            warm_up_bars=warm_up_bars(strategy), benchmark=settings.benchmark,
        )  # fmt: skip
        # The panel ends on the last scanned day, whatever end the configuration names.
        return panel, simulate(panel, strategy, settings.backtest(first))


def _gap(read: _Read, panel: Panel, run: Simulation) -> Gap:
    day = read.days[-1]
    row = _row(panel, day.day)
    signals = {(one.symbol, one.signal_date): one for one in read.signals if one.number == 0}
    by_id = {one.id: one for one in read.signals}
    verdicts = _Verdicts(read.days)

    def fate(twin: Traded) -> Fate:
        signal = signals.get(twin.key)
        facts = None if signal is None else _facts(signal)
        return fate_of_signal(facts, verdicts.of(twin.signal_date, twin.symbol), twin)

    ours = [
        found for one in read.positions
        if (found := _traded(one, by_id, day.day, _closes(panel, row))) is not None
    ]  # fmt: skip
    return compare(
        ours, _of_simulation(run, panel),
        equity=day.equity_paise, twin_equity=int(run.equity[row]), fate_of=fate,
    )  # fmt: skip


class _Verdicts:
    """What each day's scan said of a symbol; a day is looked through when it is asked for."""

    def __init__(self, days: Sequence[PortfolioDay]) -> None:
        self._days = {one.day: one for one in days}

    def of(self, day: date, symbol: str) -> str | None:
        found = self._days.get(day)
        if found is None:
            return None
        return next((why for why, names in found.verdicts.items() if symbol in names), None)


def _row(panel: Panel, day: date) -> int:
    return int(np.searchsorted(panel.dates, np.datetime64(day, "D")))


def _closes(panel: Panel, row: int) -> CloseOf:
    def last_close(symbol: str) -> float | None:
        if symbol not in panel.symbols:
            return None
        known = panel.close[: row + 1, panel.symbols.index(symbol)]
        known = known[~np.isnan(known)]
        return float(known[-1]) if known.size else None

    return last_close


def _facts(row: PortfolioSignal) -> SignalFacts:
    return SignalFacts(
        status=row.status,
        is_approved=any(entry["event"] == "approve" for entry in row.history),
        placed_at=row.placed_at,
        failure_reason=row.failure_reason or "",
    )


# --- positions ------------------------------------------------------------------------------------


def _traded(
    row: PortfolioPosition, signals: dict[int, PortfolioSignal], day: date, close_of: CloseOf
) -> Traded | None:
    """A position as it was at a day's close; None where it was bought later."""
    later_buys = [one for one in row.entries or () if _day_of(one) > day]
    if row.entry_date > day:
        return None
    sales = [one for one in row.sales if date.fromisoformat(one["date"]) <= day]
    later = [one for one in row.sales if one not in sales]
    held = row.open_quantity + _sum(later, "quantity") - _sum(later_buys, "quantity")
    cost = row.invested_paise + sum(map(_cost, later)) - _sum(later_buys, "value_paise")
    close = close_of(row.symbol) if held else None
    value = _paise(row.last_close if close is None else close, held)
    signal = signals.get(row.signal_id or 0)
    charges = row.charges_paise + _sum(sales, "charges_paise") - _sum(later_buys, "charges_paise")
    return Traded(
        symbol=row.symbol,
        signal_date=signal.signal_date if signal else row.entry_date,
        entry_date=row.entry_date,
        quantity=held + _sum(sales, "quantity"),
        bought=cost + sum(map(_cost, sales)),
        gross=_sum(sales, "gross_paise") + value - cost,
        charges=charges,
        dividends=row.dividends_paise + _sum(sales, "dividends_paise"),
        sold_on=frozenset(date.fromisoformat(one["date"]) for one in sales),
        placed_at=signal.placed_at if signal else None,
        is_outside=signal is not None and signal.kind == "external",
    )


def _day_of(entry: Json) -> date:
    return datetime.fromisoformat(entry["at"]).astimezone(IST).date()


def _sum(parts: Sequence[Json], name: str) -> int:
    return sum(int(one[name]) for one in parts)


def _cost(sale: Json) -> int:
    """What the shares of a sale had cost."""
    value = sale.get("value_paise")
    return int(_paise(sale["price"], sale["quantity"]) if value is None else value) - int(
        sale["gross_paise"]
    )


def _paise(price: float, quantity: int) -> int:
    return int(paise_from_rupees(price * quantity)) if quantity else 0


def _of_simulation(run: Simulation, panel: Panel) -> list[Traded]:
    """The positions of a backtest; one that was sold in parts is several of its trades."""
    parts: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for at in range(run.symbol.size):
        key = (int(run.symbol[at]), int(run.signal_row[at]), int(run.entry_row[at]))
        parts[key].append(at)

    def day(row: int) -> date:
        return panel.dates[row].item()

    return [
        Traded(
            symbol=panel.symbols[symbol],
            signal_date=day(signal),
            entry_date=day(entry),
            quantity=int(run.quantity[some].sum()),
            bought=int(run.invested[some].sum()),
            gross=int(run.gross_pnl[some].sum()),
            charges=int(run.charges[some].sum()),
            dividends=int(run.dividends[some].sum()),
            sold_on=frozenset(day(int(run.exit_row[at])) for at in some if run.exit_row[at] >= 0),
        )
        for (symbol, signal, entry), some in parts.items()
    ]


# --- the answer -----------------------------------------------------------------------------------


def _causes(gap: Gap) -> list[Json]:
    found: dict[str, list[int]] = defaultdict(list)
    for one in gap.parts:
        found[one.cause].append(one.amount)
    causes = [
        {"cause": cause, "amount": rupees(sum(amounts)), "parts": len(amounts)}
        for cause, amounts in found.items()
    ]
    return sorted(causes, key=lambda one: -abs(one["amount"]))


def _parts(gap: Gap) -> list[Json]:
    largest = sorted(gap.parts, key=lambda one: -abs(one.amount))[:MOST_PARTS]
    return [
        {"symbol": one.symbol, "signal_date": one.signal_date, "cause": one.cause,
         "amount": rupees(one.amount), "words": one.words}
        for one in largest
    ]  # fmt: skip


def _curve(days: Sequence[PortfolioDay], panel: Panel, run: Simulation) -> list[Json]:
    return [
        {"date": one.day, "equity": rupees(one.equity_paise),
         "twin_equity": rupees(int(run.equity[_row(panel, one.day)]))}
        for one in days
    ]  # fmt: skip
