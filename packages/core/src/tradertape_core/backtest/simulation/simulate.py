"""Run a strategy through a panel's history by the fill rules of docs/fills.md."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import numpy as np

from tradertape_core.backtest.config import BacktestConfig, Simulation, with_fill_model
from tradertape_core.backtest.kernel import engine as engines
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.simulation.prepare import prepare
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.evaluation.entries import Entries
from tradertape_core.strategy.evaluation.evaluate import for_strategy
from tradertape_core.strategy.language import rules

Engine = Literal["auto", "numba", "python"]

# What the plain loop takes on a slow machine: seconds a day and position, and a signal.
_SECONDS_A_POSITION = 8e-6
_SECONDS_A_SIGNAL = 4e-6
# Loading numba and the compiled loop from its cache; compiling takes some ten times as long.
_SECONDS_TO_LOAD = 3.0


def simulate(
    panel: Panel,
    strategy: rules.Strategy,
    config: BacktestConfig,
    *,
    cache: IndicatorCache | None = None,
    engine: Engine = "auto",
) -> Simulation:
    """Simulate the strategy on the panel from row `panel.first` to the last.

    cache: indicators of this panel, to share between runs. engine: "numba" and "python" trade the
    same; "auto" takes the compiled loop where it is loaded or the run is long enough to pay for it.
    Raises InvalidInput for an empty panel, an unknown charge schedule or market index, or if
    engine is "numba" and numba is not installed.
    """
    if engine == "numba" and not engines.has_numba():
        raise InvalidInput("numba is not installed: install tradertape-core[fast]")
    config = with_fill_model(config, strategy)
    sim, entries = prepare(panel, strategy, config, for_strategy(panel, strategy, cache=cache))
    is_compiled = engine == "numba" or (engine == "auto" and _pays_to_compile(sim))
    if is_compiled:
        engines.run_compiled(sim)
    else:
        engines.run_plain(sim)
    return _simulation(sim, entries, "numba" if is_compiled else "python")


def warm_up() -> None:
    """Load the compiled loop into this process, compiling it if its cache is empty.

    Call it once at start, after NUMBA_CACHE_DIR is set; without numba it does nothing.
    """
    if engines.has_numba():
        simulate(_tiny_panel(), _TINY_STRATEGY, _TINY_CONFIG, engine="numba")


def _pays_to_compile(sim: k.Sim) -> bool:
    if engines.is_compiled():
        return True
    days = sim.market.close.shape[0] - sim.rules.first
    symbols = sim.market.close.shape[1]
    positions = days * min(sim.rules.max_positions, symbols)
    plain = positions * _SECONDS_A_POSITION + sim.signals.symbol.shape[0] * _SECONDS_A_SIGNAL
    return plain > _SECONDS_TO_LOAD and engines.has_numba()


# --- the result -----------------------------------------------------------------------------------


def _simulation(sim: k.Sim, entries: Entries, engine: str) -> Simulation:
    out: Any = sim.out
    made = int(out.counts[k.TRADES])
    # Rows of one position stand together in the order they were sold, positions by their entry.
    order = np.argsort(out.trade_whole[:made, k.T_SEQUENCE], kind="stable")
    whole = out.trade_whole[order]
    num = out.trade_num[order]
    first = sim.rules.first
    found = int(entries.starts[first])  # signals of the warm-up, which the loop has not seen
    skipped = np.flatnonzero(out.verdict)
    rows, columns = entries.row[found:][skipped], entries.column[found:][skipped]
    return Simulation(
        symbol=whole[:, k.T_SYMBOL],
        signal_row=whole[:, k.T_SIGNAL_ROW],
        entry_row=whole[:, k.T_ENTRY_ROW],
        exit_row=whole[:, k.T_EXIT_ROW],
        entry_price=num[:, k.T_ENTRY_PRICE],
        exit_price=num[:, k.T_EXIT_PRICE],
        quantity=whole[:, k.T_QUANTITY],
        invested=whole[:, k.T_INVESTED],
        gross_pnl=whole[:, k.T_GROSS],
        charges=whole[:, k.T_CHARGES],
        slippage=whole[:, k.T_SLIPPAGE],
        initial_stop=num[:, k.T_INITIAL_STOP],
        bars_held=whole[:, k.T_BARS],
        exit_reason=whole[:, k.T_REASON],
        exit_rule=whole[:, k.T_RULE],
        conviction=num[:, k.T_SCORE],
        addons=whole[:, k.T_ADDONS],
        wanted=whole[:, k.T_WANTED],
        dividends=whole[:, k.T_DIVIDENDS],
        mae_pct=num[:, k.T_MAE],
        mfe_pct=num[:, k.T_MFE],
        equity=out.equity,
        cash=out.cash,
        positions=out.positions,
        turnover=out.turnover,
        skipped_row=rows,
        skipped_symbol=columns,
        skipped_reason=out.verdict[skipped],
        skipped_conviction=entries.conviction[rows, columns],
        signals_total=int(out.counts[k.SIGNALS]),
        insufficient_data=int(entries.insufficient[first:].sum()),
        cut_purchases=int(out.counts[k.CUT]),
        delayed_exits=int(out.counts[k.DELAYED]),
        ambiguous_bars=int(out.counts[k.AMBIGUOUS]),
        engine=engine,
    )


# --- warm-up --------------------------------------------------------------------------------------

_TINY_STRATEGY = rules.Strategy(
    name="warm-up",
    base_model="v1_momentum",
    entry_rules=rules.Compare(rules.Indicator(fn="close", name="close"), ">", rules.Number(0.0)),
)
_TINY_CONFIG = BacktestConfig(date(2024, 1, 1), date(2024, 1, 4))


def _tiny_panel() -> Panel:
    prices = np.full((4, 1), 100.0)
    return Panel(
        dates=np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]"),
        symbols=("A",),
        open=prices,
        high=prices,
        low=prices,
        close=prices,
        volume=prices,
        member=np.ones((4, 1), dtype=np.bool_),
        sectors=("",),
    )
