"""Figures of a list of trades. Amounts in rupees, net of charges unless the name says gross."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradertape_core.backtest.config import Simulation
from tradertape_core.backtest.metrics.returns import mean, ratio, spread

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TradeTable:
    """Every trade of a simulation with what follows from its amounts; (K,) each.

    closed: False for positions still held at the end, marked at the last close. net_pnl: rupees,
    gross profit less charges, and dividends (slippage is already in the prices). return_pct:
    net_pnl per rupee invested. r_multiple: net_pnl per rupee first put at risk, (entry price -
    initial stop) x quantity; NaN without a stop below the entry price.
    """

    closed: NDArray[np.bool_]
    net_pnl: Floats
    gross_pnl: Floats
    return_pct: Floats
    r_multiple: Floats


def trade_table(simulation: Simulation) -> TradeTable:
    """Derive the net figures of every trade of `simulation`."""
    net = (simulation.gross_pnl - simulation.charges + simulation.dividends) / 100.0
    invested = simulation.invested / 100.0
    at_risk = (simulation.entry_price - simulation.initial_stop) * simulation.quantity
    with np.errstate(divide="ignore", invalid="ignore"):
        return_pct = np.where(invested > 0, net / invested * 100, np.nan)
        r_multiple = np.where(at_risk > 0, net / at_risk, np.nan)
    return TradeTable(
        closed=simulation.exit_row >= 0,
        net_pnl=net,
        gross_pnl=simulation.gross_pnl / 100.0,
        return_pct=return_pct,
        r_multiple=r_multiple,
    )


def figures(simulation: Simulation, table: TradeTable) -> dict[str, Any]:
    """The trade figures of a summary, over closed trades; NaN or None where undefined."""
    keep = table.closed
    net, pct = table.net_pnl[keep], table.return_pct[keep]
    won, lost = net > 0, net < 0
    wins, losses = int(won.sum()), int(lost.sum())
    avg_win, avg_loss = mean(net[won]), mean(net[lost])
    payoff = ratio(avg_win, abs(avg_loss))
    order = np.lexsort((simulation.entry_row[keep], simulation.exit_row[keep]))
    r = table.r_multiple[keep]
    known_r = r[np.isfinite(r)]
    return {
        "total_trades": int(keep.sum()),
        "winning_trades": wins,
        "losing_trades": losses,
        "win_rate": ratio(wins * 100.0, net.size),
        "avg_win": avg_win,
        "avg_loss": avg_loss,
        "avg_win_pct": mean(pct[won]),
        "avg_loss_pct": mean(pct[lost]),
        "payoff_ratio": payoff,
        "profit_factor": ratio(float(net[won].sum()), abs(float(net[lost].sum()))),
        "expectancy": mean(net),
        "expectancy_pct": mean(pct),
        "expectancy_r": mean(known_r),
        "best_trade_pct": float(pct.max()) if pct.size else None,
        "worst_trade_pct": float(pct.min()) if pct.size else None,
        "avg_bars_held": mean(simulation.bars_held[keep].astype(np.float64)),
        "max_consecutive_wins": longest_streak(won[order]),
        "max_consecutive_losses": longest_streak(lost[order]),
        "sqn": system_quality(known_r if known_r.size else pct),
        "kelly_pct": kelly_pct(wins, losses, payoff),
    }


def system_quality(results: Floats) -> float:
    """Van Tharp's system quality number: sqrt(n) * mean / standard deviation of the results."""
    return math.sqrt(results.size) * ratio(mean(results), spread(results))


def kelly_pct(wins: int, losses: int, payoff_ratio: float) -> float:
    """The Kelly criterion: the share of capital with the highest long-run growth, percent.

    W - (1 - W) / payoff_ratio, W being the wins among decided trades. Source: Kelly, 1956.
    """
    won = ratio(wins, wins + losses)
    return (won - ratio(1 - won, payoff_ratio)) * 100


def longest_streak(flags: NDArray[np.bool_]) -> int:
    """Length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.view(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0
