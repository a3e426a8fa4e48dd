"""What `simulate` promises beside the fills: engines, money, refusals, real shapes of a run."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from tradertape_core.backtest.config import BacktestConfig, ExitReason, FlatCharges, Sizing
from tradertape_core.backtest.kernel import engine as engines
from tradertape_core.backtest.kernel.resting import ceil_tick, floor_tick, tick_paise
from tradertape_core.backtest.simulation.simulate import simulate, warm_up
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.money import Price
from tradertape_core.ledger.charges import Leg, charges_for, schedule
from tradertape_core.market import ticks
from tradertape_core.market.panel import Panel
from tradertape_core.strategy.language import rules as r

ALWAYS = r.Compare(r.Indicator("close", name="close"), ">", r.Number(0.0))


def panel(close: list[list[float]], **changes) -> Panel:
    """Candles without a body: every price of a day is its close."""
    prices = np.array(close, dtype=float)
    dates = np.busday_offset("2024-01-01", np.arange(len(prices))).astype("datetime64[D]")
    symbols = tuple(f"S{column}" for column in range(prices.shape[1]))
    given = {
        "open": prices, "high": prices, "low": prices, "close": prices,
        "volume": np.where(np.isnan(prices), np.nan, 1e9), "sectors": ("",) * len(symbols),
    } | changes  # fmt: skip
    return Panel(
        dates=dates, symbols=symbols, member=np.ones(prices.shape, dtype=bool), **given
    )  # fmt: skip


def strategy(**changes) -> r.Strategy:
    return r.Strategy(**{"name": "s", "base_model": "v1_momentum", "entry_rules": ALWAYS} | changes)


def config(**changes) -> BacktestConfig:
    plain = {"charges": "none", "slippage_bps": 0.0, "fill_model": "next_open"}
    return BacktestConfig(date(2024, 1, 1), date(2024, 12, 31), **plain | changes)


def test_charges_of_a_round_trip_are_those_of_the_contract_notes():
    """100 shares bought at 1500 and sold at 1520 in April 2026: 178.12 and 173.03 rupees."""
    prices = panel([[1500.0], [1500.0], [1520.0], [1520.0]])
    dates = np.array(["2026-04-01", "2026-04-02", "2026-04-06", "2026-04-07"], "datetime64[D]")
    at_2026 = Panel(**{name: getattr(prices, name) for name in prices.__slots__} | {"dates": dates})
    run = simulate(
        at_2026,
        strategy(stops=r.Stops(time_exit_days=1)),
        config(
            charges="zerodha_equity_delivery", starting_capital=150_200.0, position_size_pct=100.0
        ),
    )
    assert run.quantity[0] == 100
    assert run.charges[0] == 17812 + 17303
    assert run.gross_pnl[0] == 200_000


INTRADAY_TRIP = [Leg("BUY", Price(Decimal(150_000)), 1), Leg("SELL", Price(Decimal(135_000)), 1)]


@pytest.mark.parametrize("broker", ["zerodha", "upstox", "groww"])
def test_shares_bought_and_sold_on_one_day_pay_what_an_intraday_trade_pays(broker):
    """Bought at the open of 2 April 2026 and stopped out in the same candle: 100 shares."""
    prices = panel([[1500.0], [1500.0], [1500.0], [1500.0]])
    dates = np.array(["2026-04-01", "2026-04-02", "2026-04-06", "2026-04-07"], "datetime64[D]")
    low = np.array([[1500.0], [1300.0], [1500.0], [1500.0]])
    given = {name: getattr(prices, name) for name in prices.__slots__}
    run = simulate(
        Panel(**given | {"dates": dates, "low": low}),
        strategy(stops=r.Stops(stop_loss_pct=10)),
        config(
            charges=f"{broker}_equity_delivery", starting_capital=151_000.0, position_size_pct=100.0
        ),
    )
    assert (run.entry_row[0], run.exit_row[0], run.quantity[0]) == (1, 1, 100)
    terms = schedule(f"{broker}_equity_intraday")
    owed = sum(charges_for(terms, date(2026, 4, 2), [leg]).total for leg in INTRADAY_TRIP)
    assert run.charges[0] == owed
    as_delivery = schedule(f"{broker}_equity_delivery")
    assert owed < charges_for(as_delivery, date(2026, 4, 2), INTRADAY_TRIP).total


def test_a_written_off_symbol_pays_its_last_close_after_ten_days():
    nan = float("nan")
    run = simulate(panel([[100.0, 50.0]] * 2 + [[nan, 50.0]] * 12), strategy(), config())
    gone = run.exit_reason == ExitReason.DELISTED
    assert run.exit_row[gone].tolist() == [11]
    assert run.exit_price[gone].tolist() == [100.0]


def test_a_suspended_symbol_that_returns_is_not_written_off():
    nan = float("nan")
    run = simulate(panel([[100.0]] * 2 + [[nan]] * 15 + [[90.0]]), strategy(), config())
    assert run.exit_reason.tolist() == [ExitReason.OPEN]
    assert run.equity[-1] == run.equity[0] - 1000 * 1000


def test_risk_sizing_loses_the_chosen_part_at_the_stop():
    sizing = Sizing("risk_pct", risk_per_trade_pct=1.0)
    stops = r.Stops(stop_loss_pct=10)
    capital = config(sizing=sizing, position_size_pct=50.0, starting_capital=1_000_000.0)
    run = simulate(panel([[100.0], [100.0], [90.0]]), strategy(stops=stops), capital)
    assert run.gross_pnl.tolist() == [-1_000_000]  # paise: 1 % of ten lakh rupees


def test_the_best_conviction_is_served_first():
    by_volume = r.ScoreLinear("v", r.Indicator("volume", name="volume"), 0, 4e9, 50)
    volume = np.array([[1e9, 3e9, 2e9]] * 3)
    prices = panel([[100.0, 100.0, 100.0]] * 3, volume=volume)
    run = simulate(prices, strategy(conviction_scoring=(by_volume,)), config(max_positions=2))
    assert run.symbol.tolist() == [1, 2]
    assert run.conviction.tolist() == [87.5, 75.0]


def test_more_bars_of_warm_up_do_not_trade():
    run = simulate(panel([[100.0]] * 6, first=3), strategy(), config())
    assert (run.signal_row[0], run.entry_row[0]) == (3, 4)
    assert run.signals_total == 2
    assert run.equity.tolist() == [100_000_000] * 6


def test_an_unknown_engine_room_is_refused_in_words():
    with pytest.raises(InvalidInput, match="known: groww"):
        simulate(panel([[100.0]] * 3), strategy(), config(charges="zerodah"))
    with pytest.raises(InvalidInput, match="no trading day"):
        simulate(panel([[100.0]] * 3, first=3), strategy(), config())


def test_a_cross_over_a_position_field_is_refused():
    crossing = r.Cross("above", r.PositionValue("pnl_pct"), r.Number(1.0))
    rule = r.ExitRule("x", 0, crossing)
    with pytest.raises(InvalidInput, match="bars before"):
        simulate(panel([[100.0]] * 3), strategy(exit_rules=(rule,)), config())


def test_read_only_panels_are_simulated_as_they_are():
    prices = panel([[100.0]] * 4)
    for array in (prices.open, prices.close, prices.volume, prices.member):
        array.flags.writeable = False
    for engine in ("python", "numba"):
        assert simulate(prices, strategy(), config(), engine=engine).engine == engine


def test_after_warm_up_auto_is_compiled():
    warm_up()
    assert engines.is_compiled()
    assert simulate(panel([[100.0]] * 3), strategy(), config()).engine == "numba"


def test_whatever_is_run_the_loop_is_compiled_once():
    """The first request after a start must not wait for a compiler."""
    warm_up()
    rule = r.ExitRule("x", 0, r.Compare(r.PositionValue("pnl_pct"), ">", r.Indicator("close")))
    fancy = strategy(exit_rules=(rule, rule), stops=r.Stops(atr_stop_mult=2.0, target_r=1.0))
    prices = panel([[100.0, 101.0]] * 5)
    prices.close.flags.writeable = False
    for terms in ("none", "zerodha_equity_delivery", FlatCharges(3.0)):
        simulate(prices, fancy, config(charges=terms, fill_model="gtt_touch"), engine="numba")
    assert len(engines._compiled[0].signatures) == 1


def test_a_cold_process_simulates_without_loading_numba():
    code = (
        "import sys\n"
        "from tradertape_core.backtest.simulation.simulate import simulate, "
        "_tiny_panel, _TINY_STRATEGY, _TINY_CONFIG\n"
        "assert simulate(_tiny_panel(), _TINY_STRATEGY, _TINY_CONFIG).engine == 'python'\n"
        "assert 'numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_charges_of_one_proportion_are_halves_up():
    run = simulate(
        panel([[100.0], [100.0]]),
        strategy(),
        config(charges=FlatCharges(bps=3.0, per_order=20.0), starting_capital=10_000.0),
    )
    assert run.quantity.tolist() == [9]
    assert run.charges.tolist() == [2027]


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2024, 6, 10), date(2025, 4, 15)])
@pytest.mark.parametrize("price", [3.333, 249.999, 250.0, 777.77, 1000.0, 4321.1, 9999.9, 20001.0])
def test_the_loop_rounds_to_the_tick_as_the_order_path_does(day, price):
    table = [each.since for each in ticks.TICK_TABLES if each.since <= day].__len__() - 1
    assert tick_paise(table, price) == ticks.tick_paise(price, day)
    assert floor_tick(table, price) == ticks.floor_to_tick(price, day)
    assert ceil_tick(table, price) == ticks.ceil_to_tick(price, day)
