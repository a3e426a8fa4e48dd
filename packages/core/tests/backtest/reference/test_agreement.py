"""Compiled, plain and reference simulator: one result, on random strategies and markets."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradertape_core.backtest.config import (
    BacktestConfig,
    FlatCharges,
    Simulation,
    Sizing,
    with_fill_model,
)
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.reference.simulator import simulate_reference
from tradertape_core.backtest.simulation.simulate import simulate, warm_up
from tradertape_core.market.panel import Dividends, IndexSeries, Panel
from tradertape_core.portfolio.book import PaperBook, document, from_document
from tradertape_core.portfolio.daily import PaperTrading
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.language import rules as r


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    warm_up()


# --- markets --------------------------------------------------------------------------------------


def market(seed: int, days: int, symbols: int, *, roughness: float, first: int) -> Panel:
    """Prices on a coarse tick, so that levels are met exactly; holes, late and early ends."""
    rng = np.random.default_rng(seed)
    moves = rng.standard_t(3, (days, symbols)) * 0.015 * roughness
    close = np.round(100 * np.exp(np.cumsum(moves, axis=0)) * rng.choice([0.2, 1, 9], symbols), 1)
    close = np.maximum(close, 1.0)
    before = np.vstack([close[:1], close[:-1]])
    jump = rng.standard_t(3, (days, symbols)) * 0.01 * roughness
    opened = np.maximum(np.round(before * np.exp(jump), 1), 0.5)
    reach = np.abs(rng.standard_t(3, (2, days, symbols))) * 0.008 * roughness
    high = np.round(np.maximum(opened, close) * (1 + reach[0]), 1)
    low = np.maximum(np.round(np.minimum(opened, close) / (1 + reach[1]), 1), 0.4)
    high, low = (
        np.maximum(high, np.maximum(opened, close)),
        np.minimum(low, np.minimum(opened, close)),
    )
    locked = rng.random((days, symbols)) < 0.08
    moves = rng.choice([-0.2, -0.1, -0.05, 0.05, 0.1, 0.2], (days, symbols))
    for prices in (opened, high, low, close):
        prices[locked] = np.maximum(np.round(before * (1 + moves), 1), 0.4)[locked]
    absent = rng.random((days, symbols)) < 0.04
    for column in range(symbols):
        if rng.random() < 0.3:
            absent[rng.integers(days // 3, days) :, column] = True
        if rng.random() < 0.2:
            absent[: rng.integers(0, days // 2), column] = True
    for prices in (opened, high, low, close):
        prices[absent] = np.nan
    usual = rng.choice([30.0, 1_000.0, 1e6], symbols) * rng.integers(0, 5, (days, symbols))
    volume = np.where(absent | (rng.random((days, symbols)) < 0.05), np.nan, usual)
    for column in range(symbols):
        volume[: rng.choice([0, 0, days // 2, days]), column] = np.nan
    paid = np.argwhere(rng.random((days, symbols)) < 0.05)
    bands = rng.choice([np.nan, np.nan, 0.0, 5.0, 10.0, 20.0], (days, symbols))
    index = np.round(1000 * np.exp(np.cumsum(rng.normal(0, 0.01, days))), 2)
    start = np.datetime64(rng.choice(["2016-03-01", "2020-06-01", "2024-05-20", "2025-03-20"]))
    return Panel(
        dates=np.busday_offset(start, np.arange(days), roll="forward").astype("datetime64[D]"),
        symbols=tuple(f"S{i}" for i in range(symbols)),
        open=opened, high=high, low=low, close=close, volume=volume,
        member=rng.random((days, symbols)) < 0.95,
        sectors=tuple(rng.choice(["", "Banks", "IT"], symbols).tolist()),
        indices={"NIFTY 50": IndexSeries(index, index, index, index)},
        first=first,
        dividends=Dividends(paid[:, 0], paid[:, 1], rng.integers(1, 999, len(paid)) / 100),
        bands=bands if rng.random() < 0.5 else None,
    )  # fmt: skip


markets = st.builds(
    market,
    st.integers(0, 2**32 - 1),
    st.integers(24, 60),
    st.integers(1, 6),
    roughness=st.sampled_from([0.5, 1.0, 2.0]),
    first=st.integers(0, 18),
)

lone_markets = st.builds(
    market,
    st.integers(0, 2**32 - 1),
    st.integers(24, 60),
    st.just(1),
    roughness=st.sampled_from([0.5, 2.0]),
    first=st.integers(0, 18),
)

# --- strategies -----------------------------------------------------------------------------------

CLOSE = r.Indicator("close", name="close")
SMA = r.Indicator("sma", (("period", 3),))
RSI = r.Indicator("rsi", (("period", 2),))
off = st.none()
position_values = st.sampled_from(
    [
        "total_bars_held", "bars_since_entry", "avg_price", "entry_price", "qty", "pnl_pct",
        "max_pnl_pct", "drawdown_from_peak_pct", "addon_count", "bars_since_addon", "atr_at_entry",
        "stop_price",
    ]
).map(r.PositionValue)  # fmt: skip
numbers = st.sampled_from([-3.0, 0.0, 1.0, 2.0, 3.0, 5.0, 50.0, 100.0]).map(r.Number)
operands = st.one_of(st.sampled_from([CLOSE, SMA, RSI]), numbers, position_values, position_values)
values = st.one_of(
    operands, st.builds(r.Arith, st.sampled_from(["+", "-", "*", "/"]), operands, operands)
)
compares = st.builds(r.Compare, values, st.sampled_from([">", ">=", "<", "<=", "==", "!="]), values)
leaves = st.one_of(
    compares,
    st.builds(r.Between, values, values, values),
    st.builds(r.In, values, st.just((0.0, 1.0, 2.0))),
    st.builds(r.Cross, st.sampled_from(["above", "below"]), st.just(CLOSE), st.just(SMA)),
    st.builds(r.Random, st.sampled_from([0.1, 0.4]), st.integers(0, 5)),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda found: r.And(tuple(found))),
        st.lists(inner, min_size=1, max_size=3).map(lambda found: r.Or(tuple(found))),
        st.builds(r.Not, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda found: r.Count(2, tuple(found))),
    ),
    max_leaves=4,
)
exit_rules = st.lists(
    st.builds(
        r.ExitRule,
        name=st.just("rule"),
        priority=st.just(0),
        condition=conditions,
        ignore_min_hold=st.booleans(),
        exit_price=st.one_of(
            st.just(CLOSE), st.just(SMA), st.just(r.PositionValue("avg_price")), values
        ),
        size_pct=st.sampled_from([100.0, 50.0, 33.0]),
    ),
    max_size=3,
).map(tuple)
stops = st.builds(
    r.Stops,
    stop_loss_pct=st.one_of(off, st.sampled_from([0.01, 2.0, 5.0, 12.0])),
    atr_stop_mult=st.one_of(off, st.sampled_from([1.0, 2.5])),
    target_pct=st.one_of(off, st.sampled_from([1.0, 4.0, 10.0])),
    target_r=st.one_of(off, st.sampled_from([1.0, 2.0])),
    trailing=st.one_of(
        off,
        st.builds(
            r.Trailing,
            activate_pct=st.sampled_from([0.0, 2.0, 5.0]),
            trail_pct=st.one_of(off, st.sampled_from([2.0, 5.0])),
            trail_atr_mult=st.one_of(off, st.sampled_from([1.0, 3.0])),
        ),
    ),
    breakeven_at_pct=st.one_of(off, st.sampled_from([1.0, 4.0])),
    gap_down_exit_pct=st.one_of(off, st.sampled_from([0.5, 3.0])),
    time_exit_days=st.one_of(off, st.sampled_from([1, 4, 9])),
)
addons = st.builds(
    r.AddonRules,
    enabled=st.booleans(),
    condition=conditions,
    max_addons=st.integers(1, 3),
    size_pct_of_initial=st.sampled_from([30.0, 100.0, 150.0]),
    min_gap_pct=st.sampled_from([0.0, 1.0]),
    min_bars_between=st.sampled_from([0, 1, 2]),
)
entries = st.builds(
    r.EntryPlan,
    order=st.sampled_from(["gtt", "gtt", "gtt", "limit", "market"]),
    buffer_pct=st.sampled_from([0.0, 0.5, 1.5]),
    buffer_side=st.sampled_from(["auto", "above", "below"]),
    limit_offset_pct=st.sampled_from([0.0, 0.3, 1.0]),
    valid_days=st.integers(1, 4),
    cooldown_days=st.sampled_from([0, 0, 1, 3]),
)
regimes = st.one_of(
    off,
    st.builds(
        r.RegimeFilter,
        index=st.just("NIFTY 50"),
        condition=st.just(r.Compare(r.Market(CLOSE), ">", r.Market(SMA))),
        when_false=st.sampled_from(["block_entries", "halve_size"]),
    ),
)
strategies = st.builds(
    r.Strategy,
    name=st.just("random"),
    base_model=st.sampled_from(["v1_momentum", "v3_dip_buyer"]),
    entry_rules=st.sampled_from(
        [
            r.Random(0.15, 1),
            r.Random(0.5, 2),
            r.Compare(CLOSE, ">", SMA),
            r.Compare(CLOSE, ">", r.Number(0.0)),
        ]
    ),
    exit_rules=exit_rules,
    regime_filter=regimes,
    entry=entries,
    stops=stops,
    addon_rules=addons,
    conviction_scoring=st.sampled_from([(), (r.ScoreLinear("rsi", RSI, 100, 0, 50),)]),
    config=st.builds(
        r.HoldConfig,
        min_hold=st.sampled_from([0, 0, 2, 5]),
        max_hold=st.one_of(off, st.sampled_from([3, 7])),
        atr_stop_mult=st.sampled_from([0.0, 0.0, 2.0]),
        exit_buffer_pct=st.sampled_from([0.0, 0.5]),
        min_conviction=st.sampled_from([0.0, 60.0]),
        conviction_base=st.just(50.0),
    ),
)
configs = st.builds(
    BacktestConfig,
    start_date=st.just(date(2016, 1, 1)),
    end_date=st.just(date(2030, 1, 1)),
    starting_capital=st.sampled_from([1_000.0, 30_000.0, 1_000_000.0]),
    position_size_pct=st.sampled_from([10.0, 35.0, 100.0]),
    max_positions=st.integers(1, 5),
    max_per_sector=st.integers(0, 2),
    slippage_bps=st.sampled_from([0.0, 5.0, 80.0]),
    participation_pct=st.sampled_from([0.0, 5.0, 5.0, 50.0]),
    circuit_limits=st.booleans(),
    dividends=st.booleans(),
    charges=st.one_of(
        st.sampled_from(
            ["zerodha_equity_delivery", "groww_equity_delivery", "upstox_equity_delivery", "none"]
        ),
        st.builds(FlatCharges, st.sampled_from([0.0, 3.0, 12.5]), st.sampled_from([0.0, 20.0])),
    ),
    fill_model=st.sampled_from(["auto", "next_open", "close", "gtt_touch"]),
    intrabar_order=st.sampled_from(["conservative", "conservative", "t_doc"]),
    sizing=st.builds(
        Sizing,
        st.sampled_from(["equal_pct", "risk_pct", "atr", "conviction"]),
        st.sampled_from([0.5, 3.0]),
    ),
)


# --- the law --------------------------------------------------------------------------------------


def differences(one: Simulation, other: Simulation) -> list[str]:
    """Names of the fields in which two simulations differ; integers must be equal, and floats
    are results of the same operations, so they must be too."""
    return [
        field.name
        for field in fields(Simulation)
        if field.name != "engine"
        and not np.array_equal(
            getattr(one, field.name),
            getattr(other, field.name),
            equal_nan=isinstance(getattr(one, field.name), np.ndarray)
            and getattr(one, field.name).dtype == np.float64,
        )
    ]


def trade_the_same(panel, strategy, config) -> None:
    cache = IndicatorCache(panel)
    reference = simulate_reference(panel, strategy, config, cache=cache)
    plain = simulate(panel, strategy, config, cache=cache, engine="python")
    assert differences(reference, plain) == []
    compiled = simulate(panel, strategy, config, cache=cache, engine="numba")
    assert differences(plain, compiled) == []


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(panel=markets, strategy=strategies, config=configs)
def test_compiled_plain_and_reference_trade_the_same_to_the_paisa(panel, strategy, config):
    trade_the_same(panel, strategy, config)


@pytest.mark.slow
@settings(max_examples=8_000, suppress_health_check=list(HealthCheck), deadline=None)
@given(panel=markets, strategy=strategies, config=configs)
def test_they_trade_the_same_on_thousands_of_markets(panel, strategy, config):
    trade_the_same(panel, strategy, config)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(panel=lone_markets, strategy=strategies, config=configs)
def test_no_day_takes_more_than_its_allowance(panel, strategy, config):
    run = simulate(panel, strategy, config, engine="python")
    volume, high = panel.volume[:, 0], panel.high[:, 0]
    known = ~np.isnan(volume)
    first = known.argmax() if known.any() else len(volume)
    allowed = np.floor(np.nan_to_num(volume) * config.participation_pct / 100)
    dearest = allowed * np.nan_to_num(high) * (1 + config.slippage_bps / 10_000)
    days = ~np.isnan(high) & (np.arange(len(volume)) >= first)  # write-offs are on days without
    if config.participation_pct:
        assert (run.turnover[days] / 100 <= dearest[days] + 0.02).all()


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(panel=markets, strategy=strategies, config=configs)
def test_money_is_neither_made_nor_lost(panel, strategy, config):
    run = simulate(panel, strategy, config, engine="python")
    earned = int((run.gross_pnl - run.charges + run.dividends).sum())
    assert run.equity[-1] == round(config.starting_capital * 100) + earned
    assert (run.cash >= 0).all()
    assert (run.positions <= config.max_positions).all()
    still_open = run.exit_row == -1
    assert run.positions[-1] == still_open.sum()
    assert (run.entry_row >= panel.first).all()
    assert (run.exit_row[~still_open] >= run.entry_row[~still_open]).all()
    assert (run.quantity <= run.wanted).all()
    assert (run.mae_pct <= 0).all()
    assert (run.mfe_pct >= 0).all()


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(panel=markets, strategy=strategies, config=configs, cut=st.integers(1, 12))
def test_what_happened_does_not_depend_on_what_comes_later(panel, strategy, config, cut):
    """BT-01: with the last days cut off, equity and cash of the days before are unchanged."""
    end = len(panel.dates) - cut
    if end <= panel.first:
        return
    parts = ("open", "high", "low", "close")
    shorter = Panel(
        dates=panel.dates[:end], symbols=panel.symbols,
        **{name: getattr(panel, name)[:end] for name in (*parts, "volume")},
        member=panel.member[:end], sectors=panel.sectors, first=panel.first,
        indices={
            name: IndexSeries(*(getattr(each, part)[:end] for part in parts))
            for name, each in panel.indices.items()
        },
        last_traded=panel.last_trading_days(),
        dividends=Dividends(
            *(getattr(panel.dividends, part)[panel.dividends.row < end]
              for part in ("row", "symbol", "amount"))
        ),
        bands=None if panel.bands is None else panel.bands[:end],
    )  # fmt: skip
    whole = simulate(panel, strategy, config, engine="python")
    part = simulate(shorter, strategy, config, engine="python")
    assert np.array_equal(whole.equity[:end], part.equity)
    assert np.array_equal(whole.cash[:end], part.cash)


# --- a portfolio is traded one day at a time ------------------------------------------------------


def day_by_day(panel, strategy, config):
    """Trade a portfolio whose signals are all placed; its book is stored as JSON every evening."""
    trader = PaperTrading(panel, strategy, with_fill_model(config, strategy))
    stored, placed, sold, equity, lapses = (
        PaperBook.opened(int(config.starting_capital * 100)),
        set(),
        {},
        [],
        [],
    )
    for day in trader.days_after(None):
        found = trader.trade(stored, day, placed, take_all=True)
        for sale in found.sales:
            key = (sale.sequence, sale.trade.whole[k.T_REASON], sale.trade.whole[k.T_RULE])
            sold[key] = sale.trade
        placed = {one.symbol for one in found.candidates if one.reason is None}
        book = found.book
        book = replace(book, resting=tuple(replace(one, is_placed=True) for one in book.resting))
        stored = from_document(json.loads(json.dumps(document(book), allow_nan=False)))
        equity.append((stored.equity, stored.cash, len(stored.holdings)))
        lapses += found.lapses
    return stored, sold, equity, lapses


@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
@given(panel=markets, strategy=strategies, config=configs)
def test_a_portfolio_traded_day_by_day_trades_as_the_backtest_does(panel, strategy, config):
    run = simulate(panel, strategy, config, engine="python")
    stored, sold, equity, _ = day_by_day(panel, strategy, config)
    first = panel.first
    assert equity == list(
        zip(run.equity[first:].tolist(), run.cash[first:].tolist(), run.positions[first:].tolist(),
            strict=True)
    )  # fmt: skip
    closed = run.exit_row >= 0
    ours = sorted(
        (t.whole[k.T_QUANTITY], t.whole[k.T_GROSS], t.whole[k.T_CHARGES], t.num[k.T_EXIT_PRICE])
        for t in sold.values()
    )
    theirs = sorted(
        zip(run.quantity[closed].tolist(), run.gross_pnl[closed].tolist(),
            run.charges[closed].tolist(), run.exit_price[closed].tolist(), strict=True)
    )  # fmt: skip
    assert ours == theirs
    held = [(one.symbol, one.quantity) for one in stored.holdings]
    still = [(panel.symbols[s], q) for s, q, c in
             zip(run.symbol, run.quantity.tolist(), closed, strict=True) if not c]  # fmt: skip
    assert held == still
