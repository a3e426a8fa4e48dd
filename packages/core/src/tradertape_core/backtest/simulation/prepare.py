"""From panel, strategy and configuration to the arrays the day loop works on."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradertape_core.backtest.config import BacktestConfig, FlatCharges
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.simulation.program import compile_program
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.ledger.charge_table import ChargeTable, flat_table, table_for
from tradertape_core.market.panel import NO_DIVIDENDS, Panel
from tradertape_core.market.ticks import TICK_TABLES
from tradertape_core.strategy.evaluation.entries import Entries, evaluate_entries
from tradertape_core.strategy.evaluation.evaluate import Evaluation
from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.entry_price import buffer_side
from tradertape_core.strategy.language.walk import trees, walk

_ONE_CELL: Any = np.full((1, 1), np.nan)
_FILL_MODELS = {"next_open": k.NEXT_OPEN, "close": k.CLOSE, "gtt_touch": k.GTT_TOUCH}
_ORDERS = {"gtt": k.GTT, "limit": k.LIMIT_ORDER, "market": k.MARKET_ORDER}
_TICK_CHANGES = np.array([table.since for table in TICK_TABLES[1:]], dtype="datetime64[D]")
_SIZINGS = {
    "equal_pct": k.EQUAL_PCT,
    "risk_pct": k.RISK_PCT,
    "atr": k.ATR_RISK,
    "conviction": k.CONVICTION,
}


def prepare(
    panel: Panel, strategy: rules.Strategy, config: BacktestConfig, evaluation: Evaluation
) -> tuple[k.Sim, Entries]:
    """Evaluate the strategy on the panel and lay out what the loop reads and writes.

    Raises InvalidInput for an empty panel or an unknown charge schedule.
    """
    if not panel.shape[0] or not panel.shape[1] or panel.first >= panel.shape[0]:
        raise InvalidInput("there is no trading day with prices to run on")
    entries = evaluate_entries(strategy, evaluation)
    signals = _signals(entries, panel.first)
    prepared = scalars(panel, strategy, config)
    sim = k.Sim(
        market=_market(panel, strategy, config, evaluation),
        signals=signals,
        rules=prepared,
        program=compile_program(strategy, evaluation),
        charges=charge_table(config, panel.dates),
        book=new_book(panel.shape[1], prepared.max_positions),
        out=_out(panel.shape[0], entries.row.size, strategy, prepared),
    )
    return sim, entries


def charge_table(config: BacktestConfig, dates: NDArray[np.datetime64]) -> ChargeTable:
    """Return the rates of the configuration's charges on each date."""
    if isinstance(config.charges, FlatCharges):
        return flat_table(config.charges.bps, config.charges.per_order, dates.size)
    return table_for(config.charges, dates)


def tighter(one: float | None, other: float | None) -> float:
    """Return the smaller of two settings where None and 0 mean off; 0.0 if both are."""
    given = [float(value) for value in (one, other) if value]
    return min(given, default=0.0)


def scalars(panel: Panel, strategy: rules.Strategy, config: BacktestConfig) -> k.Rules:
    """Return the numbers of strategy and configuration, "off" as 0."""
    stops, hold, entry, addon = (
        strategy.stops,
        strategy.config,
        strategy.entry,
        strategy.addon_rules,
    )
    trailing = stops.trailing or rules.Trailing()
    regime = strategy.regime_filter
    time_exit = tighter(stops.time_exit_days, hold.max_hold)
    return k.Rules(
        fill_model=_FILL_MODELS[config.fill_model],
        target_first=config.intrabar_order == "t_doc",
        first=int(panel.first),
        capital=int(paise_from_rupees(config.starting_capital)),
        max_positions=int(config.max_positions),
        max_per_sector=int(config.max_per_sector),
        slippage=config.slippage_bps / 10_000.0,
        participation_pct=float(config.participation_pct),
        circuit_limits=config.circuit_limits,
        size_pct=float(config.position_size_pct),
        sizing=_SIZINGS[config.sizing.method],
        risk_pct=float(config.sizing.risk_per_trade_pct),
        min_score=float(hold.min_conviction),
        regime_blocks=regime is not None and regime.when_false == "block_entries",
        stop_loss_pct=tighter(stops.stop_loss_pct, None),
        atr_stop_mult=tighter(stops.atr_stop_mult, hold.atr_stop_mult),
        target_pct=tighter(stops.target_pct, None),
        target_r=tighter(stops.target_r, None),
        trails=stops.trailing is not None,
        trail_from_pct=float(trailing.activate_pct or 0.0),
        trail_pct=tighter(trailing.trail_pct, None),
        trail_atr_mult=tighter(trailing.trail_atr_mult, None),
        breakeven_pct=tighter(stops.breakeven_at_pct, None),
        gap_down_pct=tighter(stops.gap_down_exit_pct, None),
        time_exit=int(time_exit) if time_exit else k.NEVER,
        min_hold=int(hold.min_hold),
        exit_buffer_pct=float(hold.exit_buffer_pct),
        cooldown=int(entry.cooldown_days),
        order_kind=_ORDERS[entry.order],
        trigger_above=entry.order == "gtt" and buffer_side(strategy) == "above",
        trigger_pct=float(entry.buffer_pct),
        limit_pct=float(entry.limit_offset_pct),
        valid_days=int(entry.valid_days),
        max_addons=int(addon.max_addons) if addon.enabled and addon.condition else 0,
        addon_pct=float(addon.size_pct_of_initial),
        addon_gap_pct=float(addon.min_gap_pct),
        addon_bars=int(addon.min_bars_between),
    )


# --- arrays ---------------------------------------------------------------------------------------


def _market(
    panel: Panel, strategy: rules.Strategy, config: BacktestConfig, evaluation: Evaluation
) -> k.Market:
    rows, columns = panel.shape
    names = {name: i for i, name in enumerate(sorted({*panel.sectors} - {""}))}
    sector = [names.get(name, -1) for name in panel.sectors]
    needs_atr = reads_atr(strategy, config)
    return k.Market(
        open=_dense(panel.open),
        high=_dense(panel.high),
        low=_dense(panel.low),
        close=_dense(panel.close),
        volume=_dense(panel.volume),
        band=_ONE_CELL if panel.bands is None else _dense(panel.bands),
        has_bands=panel.bands is not None,
        atr=_dense(evaluation.cache.named("atr14")) if needs_atr else _no_atr(rows, columns),
        first_volume=_first_volume(panel),
        last_bar=_last_bar(panel),
        sector=_whole(sector),
        tick_table=_whole(np.searchsorted(_TICK_CHANGES, panel.dates, side="right")),
        **_paid(panel, config),
    )


def _last_bar(panel: Panel) -> Any:
    """(N,) row of each symbol's last candle of all, past the last row where it still trades."""
    return _whole(np.searchsorted(panel.dates, panel.last_trading_days()))


def _first_volume(panel: Panel) -> Any:
    """(N,) row of each symbol's first known volume; NEVER without any."""
    first = _integers(panel.shape[1])
    late = np.flatnonzero(np.isnan(panel.volume[0]))  # of most symbols the first row is known
    known = ~np.isnan(panel.volume[:, late])
    first[late] = np.where(known.any(axis=0), known.argmax(axis=0), k.NEVER)
    return first


def _paid(panel: Panel, config: BacktestConfig) -> dict[str, Any]:
    """The dividends by row."""
    paid = panel.dividends if config.dividends else NO_DIVIDENDS
    rows = np.arange(panel.shape[0] + 1)
    return {
        "paid_from": _whole(np.searchsorted(paid.row, rows)),
        "paid_symbol": _whole(paid.symbol),
        "paid": _dense(paid.amount),
    }


def reads_atr(strategy: rules.Strategy, config: BacktestConfig) -> bool:
    """Whether anything depends on the ATR at a fill."""
    stops = strategy.stops
    if stops.atr_stop_mult or strategy.config.atr_stop_mult or config.sizing.method == "atr":
        return True
    if stops.trailing is not None and stops.trailing.trail_atr_mult:
        return True
    return any(
        isinstance(node, rules.PositionValue) and node.field == "atr_at_entry"
        for tree in trees(strategy)
        for node in walk(tree)
    )


@lru_cache(maxsize=2)
def _no_atr(rows: int, columns: int) -> Any:
    return np.full((rows, columns), np.nan)


def _signals(entries: Entries, first: int) -> k.Signals:
    """The entry signals in the order they are served, those of the warm-up left out."""
    begin = int(entries.starts[first])
    row = entries.row[begin:]
    column = entries.column[begin:]
    return k.Signals(
        start=_whole(np.maximum(entries.starts - begin, 0)),
        symbol=_whole(column),
        score=_dense(entries.conviction[row, column]),
        regime_ok=_flags(entries.regime_ok),
    )


def new_book(symbols: int, slots: int) -> k.Book:
    """An empty book: nothing held, nothing resting."""
    return k.Book(
        num=_zeros(slots, k.NUMS),
        whole=_integers(slots, k.WHOLES),
        order=_whole(np.arange(slots)),
        order_num=_zeros(slots, k.ORDER_NUMS),
        order_whole=_integers(slots, k.ORDER_WHOLES),
        slot_of=_integers(symbols, fill=-1),
        resting_of=_integers(symbols),
        exit_row=_integers(symbols, fill=-k.NEVER),
        in_sector=_integers(symbols),
        traded=_integers(symbols),
        traded_on=_integers(symbols, fill=-1),
        bought=_integers(symbols),
        bought_paise=_integers(symbols),
        bought_on=_integers(symbols, fill=-1),
        most=_integers(symbols, fill=k.NEVER),
        stack=_zeros(k.STACK),
    )


def _out(rows: int, signals: int, strategy: rules.Strategy, scalar: k.Rules) -> k.Out:
    partial = sum(rule.size_pct < 100.0 for rule in strategy.exit_rules)
    # What an exit leaves is part of its trade, but for the rest that is held at the end.
    most = min(signals, rows * scalar.max_positions) * (2 + partial)
    counts = _integers(k.COUNTS)
    counts[k.CASH] = scalar.capital
    # What may be long is left unwritten: memory that is never touched costs nothing.
    return k.Out(
        counts=counts,
        trade_whole=_integers(most + 1, k.T_WHOLES, fill=None),
        trade_num=_dense(np.empty((most + 1, k.T_NUMS))),
        equity=_integers(rows, fill=scalar.capital),
        cash=_integers(rows, fill=scalar.capital),
        positions=_integers(rows),
        turnover=_integers(rows),
        verdict=_integers(signals + 1),
    )


# The loop sees arrays as `Cells`, which numpy's own types do not fit: hence Any.


def _dense(values: NDArray[np.float64]) -> Any:
    return np.ascontiguousarray(values, dtype=np.float64)


def _whole(values: object) -> Any:
    return np.ascontiguousarray(values, dtype=np.int64)


def _flags(values: object) -> Any:
    return np.ascontiguousarray(values, dtype=np.bool_)


def _zeros(*shape: int) -> Any:
    return np.zeros(shape)


def _integers(*shape: int, fill: int | None = 0) -> Any:
    if fill is None:
        return np.empty(shape, dtype=np.int64)
    return np.full(shape, fill, dtype=np.int64)
