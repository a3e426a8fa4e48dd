"""What every engine is measured on: one made-up market and one set of rules.

Rules: enter at the next open when close < SMA20 x 0.97 and RSI14 < 35, lowest RSI first; +8 %
target, -5 % stop, 20-bar time exit, 20 positions of 10 %, 2 a sector, 5 bps slippage, 3 bps fee.
"""

from __future__ import annotations

import json
import platform
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from tradertape_core.backtest.config import BacktestConfig, FlatCharges, Simulation
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.language import rules as r

DIP, OVERSOLD, TARGET_PCT, STOP_PCT, BARS = 0.97, 35.0, 8.0, 5.0, 20
SLOTS, SIZE_PCT, A_SECTOR, SLIPPAGE_BPS, FEE_BPS, CAPITAL = 20, 10.0, 2, 5.0, 3.0, 1_000_000.0
SECTORS = 20

CLOSE = r.Indicator("close", name="close")
SMA20 = r.Indicator("sma", (("period", 20),), name="sma20")
RSI14 = r.Indicator("rsi", (("period", 14),), name="rsi14")


def market(days: int, symbols: int, seed: int = 7) -> Panel:
    """Correlated random walks with gaps between close and open."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0.0003, 0.009, (days, 1))
    close = 100 * np.exp(np.cumsum(common + rng.normal(0, 0.016, (days, symbols)), axis=0))
    before = np.vstack([np.full((1, symbols), 100.0), close[:-1]])
    opened = before * np.exp(rng.normal(0, 0.005, (days, symbols)))
    high = np.maximum(opened, close) * (1 + np.abs(rng.normal(0, 0.006, (days, symbols))))
    low = np.minimum(opened, close) * (1 - np.abs(rng.normal(0, 0.006, (days, symbols))))
    return Panel(
        dates=np.busday_offset("1990-01-01", np.arange(days)).astype("datetime64[D]"),
        symbols=tuple(f"S{column:03d}" for column in range(symbols)),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=rng.integers(1_000, 100_000, (days, symbols)).astype(float),
        member=np.ones((days, symbols), dtype=bool),
        sectors=tuple(f"sector {column % SECTORS}" for column in range(symbols)),
    )


def strategy(
    *, dip: float = DIP, oversold: float = OVERSOLD, target: float = TARGET_PCT
) -> r.Strategy:
    is_dip = r.Compare(CLOSE, "<", r.Arith("*", SMA20, r.Number(dip)))
    return r.Strategy(
        name="bench",
        base_model="v3_dip_buyer",
        entry_rules=r.And((is_dip, r.Compare(RSI14, "<", r.Number(oversold)))),
        stops=r.Stops(stop_loss_pct=STOP_PCT, target_pct=target, time_exit_days=BARS),
        conviction_scoring=(r.ScoreLinear("lowest RSI", RSI14, 100.0, 0.0, 50.0),),
    )


def config() -> BacktestConfig:
    return BacktestConfig(
        start_date=date(1990, 1, 1),
        end_date=date(2030, 1, 1),
        starting_capital=CAPITAL,
        position_size_pct=SIZE_PCT,
        max_positions=SLOTS,
        max_per_sector=A_SECTOR,
        slippage_bps=SLIPPAGE_BPS,
        charges=FlatCharges(bps=FEE_BPS),
        fill_model="next_open",
        # The peers know neither; `ours.py` measures both beside this.
        participation_pct=0.0,
        circuit_limits=False,
    )


Trade = tuple[int, int, int, int]  # column, row of entry, row of exit, quantity


def closed_trades(run: Simulation) -> list[Trade]:
    """The trades that an engine of another make must find too."""
    columns = (run.symbol, run.entry_row, run.exit_row, run.quantity)
    found = zip(*(column.tolist() for column in columns), strict=True)
    return sorted(trade for trade in found if trade[2] >= 0)


def median_ms(work: Callable[[], object], times: int) -> float:
    took: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return statistics.median(took) * 1_000


@dataclass(frozen=True)
class Machine:
    name: str
    cores: int
    python: str
    day: str


def machine() -> Machine:
    """What a figure is worth nothing without."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.split(": ")[1] for line in text.splitlines() if line.startswith("model name")]
    name = models[0] if models else platform.processor() or platform.machine()
    day = datetime.now(UTC).date().isoformat()
    return Machine(name, len(models) or 1, platform.python_version(), day)


def report(**figures: object) -> None:
    """Print figures and the process's peak memory as one line of JSON, which bench/run.py reads."""
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({**figures, "peak_mb": round(kibibytes / 1024)}))
