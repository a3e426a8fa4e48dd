from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets.reference_rows import (
    Action,
    Dividend,
    Spell,
)

START, END = date(2024, 2, 1), date(2024, 12, 31)
HEAVY = ("pandas", "pyarrow", "exchange_calendars", "sqlalchemy", "fastapi")


def test_a_panel_holds_the_range_and_its_warm_up(make_set, market):
    make_set("toy", ["TCS", "INFY"], days=40)
    panel = market.panel(["NSE:INFY", "tcs"], START, END, warm_up_bars=10)
    assert panel.symbols == ("INFY", "TCS")
    assert panel.first == 10
    assert panel.dates[panel.first] == np.datetime64("2024-02-01")
    assert panel.close.flags.c_contiguous
    assert panel.close.dtype == np.float64
    assert panel.member.all()
    assert panel.sectors == ("IT", "IT")
    assert panel.indices["NIFTY 50"].close.shape == panel.dates.shape
    assert panel.data_version.startswith("toy-split-")


def test_warm_up_is_what_there_is_when_the_set_begins_late(make_set, market):
    make_set("toy", ["INFY"], days=40)
    panel = market.panel(["INFY"], date(2020, 1, 1), END)
    assert panel.first == 0
    assert any("begins on 2024-01-01" in text for text in panel.universe_warnings)


def test_a_missing_candle_is_nan_and_not_filled(make_set, market):
    make_set("toy", ["INFY", "TCS"], gaps=[("INFY", 25)])
    panel = market.panel("all", date(2024, 1, 1), END)
    row = 25
    assert np.isnan(panel.close[row, 0])
    assert np.isnan(panel.volume[row, 0])
    assert not np.isnan(panel.close[row, 1])


def test_membership_is_point_in_time(make_set, market):
    spells = [
        Spell("toy_2", "INFY", date(2024, 1, 1)),
        Spell("toy_2", "TCS", date(2024, 1, 1), date(2024, 1, 15)),
        Spell("toy_2", "WIPRO", date(2024, 1, 15)),
    ]
    make_set("toy", ["INFY", "TCS", "WIPRO"], spells=spells)
    panel = market.panel("toy_2", date(2024, 1, 1), END)
    row = int(np.searchsorted(panel.dates, np.datetime64("2024-01-15")))
    assert panel.symbols == ("INFY", "TCS", "WIPRO")
    assert panel.member[row - 1].tolist() == [True, True, False]
    assert panel.member[row].tolist() == [True, False, True]
    today = market.panel("toy_2", date(2024, 1, 1), END, point_in_time=False)
    assert today.symbols == ("INFY", "WIPRO")
    assert today.member.all()
    assert any("survivorship" in text for text in today.universe_warnings)


def test_before_the_first_list_the_membership_is_a_warning(make_set, market):
    make_set("toy", ["INFY"], spells=[Spell("toy_1", "INFY", date(2024, 2, 1))])
    panel = market.panel("toy_1", date(2024, 1, 1), END)
    assert panel.member.all()
    assert any("2024-02-01" in text for text in panel.universe_warnings)


def test_a_company_is_found_under_its_old_symbol(make_set, market):
    make_set("toy", ["INFY", "ZOMATO"])
    assert market.panel(["ETERNAL", "INFY"], START, END).symbols == ("INFY", "ZOMATO")


@pytest.mark.parametrize(
    "written", ["custom:INFY,TCS", "custom:[INFY, TCS]", "Custom: nse:infy,tcs"]
)
def test_bt_06_a_custom_universe_is_written_with_or_without_brackets(make_set, market, written):
    make_set("toy", ["INFY", "TCS", "WIPRO"])
    assert market.panel(written, START, END).symbols == ("INFY", "TCS")


def test_bt_01_a_few_symbols_without_data_are_a_warning(make_set, market):
    make_set("toy", ["INFY", "TCS", "WIPRO"])
    panel = market.panel(["INFY", "TCS", "WIPRO", "ABB"], START, END)
    assert panel.symbols == ("INFY", "TCS", "WIPRO")
    assert "No data for 1 of 4 symbols: ABB" in panel.universe_warnings


def test_bt_01_more_than_half_without_data_is_refused(make_set, market):
    make_set("toy", ["INFY"])
    with pytest.raises(InvalidInput, match="No data for 2 of 3 symbols: ABB, TCS"):
        market.panel(["INFY", "ABB", "TCS"], START, END)


@pytest.mark.parametrize(
    ("universe", "start", "end", "words"),
    [
        ([], START, END, "at least one symbol"),
        ("custom:", START, END, "at least one symbol"),
        (" ", START, END, "name a universe"),
        ("nifty_5000", START, END, "there are: .*nifty_50.*all"),
        ("all", date(2010, 1, 1), date(2011, 1, 1), "it has 2024-01-01 to"),
        ("all", date(2030, 1, 1), date(2031, 1, 1), "no candles from 2030-01-01"),
        ("all", END, START, "end_date must be after start_date"),
    ],
)
def test_a_panel_that_cannot_be_honest_is_refused(make_set, market, universe, start, end, words):
    make_set("toy", ["INFY"])
    with pytest.raises(InvalidInput, match=words):
        market.panel(universe, start, end)


def test_without_any_data_set_the_reader_is_told_what_to_do(market):
    with pytest.raises(InvalidInput, match="no market data yet"):
        market.panel("all", START, END)


def test_an_absent_benchmark_is_a_warning(make_set, market):
    make_set("toy", ["INFY"], index="")
    warnings = market.panel("all", START, END).universe_warnings
    assert any("No index NIFTY 50" in text for text in warnings)


def test_raw_prices_are_a_warning(make_set, market):
    make_set("toy", ["INFY"], basis="raw")
    assert any("unadjusted" in text for text in market.panel("all", START, END).universe_warnings)


def test_an_unknown_symbol_is_answered_with_near_ones(make_set, market):
    make_set("toy", ["INFY", "INDUSINDBK", "TCS"])
    with pytest.raises(InvalidInput, match="did you mean INFY"):
        market.candles("INFYY")


def test_candles_of_a_symbol_and_of_an_index(make_set, market):
    make_set("toy", ["INFY"], gaps=[("INFY", 5)])
    series = market.candles("NSE:INFY", date(2024, 1, 1), date(2024, 1, 31))
    assert len(series.dates) == len(series.close)
    assert not np.isnan(series.close).any()
    assert market.candles("NIFTY 50").volume is None


def test_search_puts_the_exact_symbol_first_and_knows_names(make_set, market):
    make_set("toy", ["TCS", "INFY", "HDFCBANK", "BANKBARODA"])
    assert [row.symbol for row in market.search("bank")[0]] == ["BANKBARODA", "HDFCBANK"]
    assert [row.symbol for row in market.search("infosys")[0]] == ["INFY"]
    assert market.search("", limit=2)[1] == 4


def test_selections_do_not_fill_the_disk(make_set, market, monkeypatch):
    monkeypatch.setattr("tradertape_server.features.market.data_sets.columns.MAX_SELECTIONS", 2)
    manifest = make_set("toy", ["ABB", "INFY", "TCS", "WIPRO"])
    for symbols in (["ABB"], ["INFY"], ["TCS"], ["WIPRO"], ["ABB", "TCS"]):
        assert market.panel(symbols, START, END).symbols == tuple(symbols)
    selections = market.store.cache_folder(manifest) / "selections"
    assert len(list(selections.iterdir())) == 2
    assert market.panel(["ABB"], START, END).shape[1] == 1


def test_threads_share_one_service(make_set, market):
    make_set("toy", ["INFY", "TCS"])
    with ThreadPoolExecutor(4) as pool:
        sums = list(pool.map(lambda _: market.panel("all", START, END).close.sum(), range(24)))
    assert len(set(sums)) == 1


def test_opening_a_panel_imports_nothing_heavy(make_set, market):
    make_set("toy", ["INFY", "TCS"])
    program = (
        "import sys; from pathlib import Path; from datetime import date\n"
        "from tradertape_server.features.market.service import MarketService\n"
        f"panel = MarketService(Path({str(market.home)!r}), None)"
        ".panel('all', date(2024, 1, 1), date(2024, 12, 31))\n"
        f"print(panel.shape, [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "(40, 2) []", done.stderr


SPLIT_DAY = date(2024, 2, 15)
PAID = [
    Dividend("INFY", date(2024, 1, 10), 10.0, adjusted=False),  # of a share before the split
    Dividend("INFY", date(2024, 1, 12), 3.0, adjusted=True),
    Dividend("INFY", date(2024, 2, 24), 4.0, adjusted=False),  # a Saturday: paid on the Monday
    Dividend("TCS", date(2024, 1, 10), 7.0, adjusted=False),
    Dividend("WIPRO", date(2024, 1, 10), 9.0, adjusted=False),  # not in the panel
    Dividend("TCS", date(2029, 1, 10), 7.0, adjusted=False),  # after the panel
]
ACTIONS = [Action("INFY", SPLIT_DAY, "split", 5.0), Action("TCS", date(2030, 1, 1), "bonus", 2.0)]


def paid(panel):
    return {
        (str(panel.dates[row]), panel.symbols[column]): amount
        for row, column, amount in zip(
            panel.dividends.row, panel.dividends.symbol, panel.dividends.amount, strict=True
        )
    }


def test_dividends_are_per_share_of_the_basis_by_the_day_they_are_paid(make_set, market):
    make_set("toy", ["INFY", "TCS", "WIPRO"], actions=ACTIONS, dividends=PAID)
    panel = market.panel(["TCS", "INFY"], date(2024, 1, 1), END)
    assert paid(panel) == {
        ("2024-01-10", "INFY"): 2.0,
        ("2024-01-10", "TCS"): 3.5,
        ("2024-01-12", "INFY"): 3.0,
        ("2024-02-26", "INFY"): 4.0,
    }
    assert (np.diff(panel.dividends.row) >= 0).all()


def test_raw_prices_pay_what_was_paid_and_total_return_prices_nothing(make_set, market):
    make_set("plain", ["INFY", "TCS"], basis="raw", actions=ACTIONS, dividends=PAID)
    found = paid(market.panel(["TCS", "INFY"], date(2024, 1, 1), END))
    assert (found["2024-01-10", "INFY"], found["2024-01-12", "INFY"]) == (10.0, 15.0)
    make_set("total", ["INFY", "TCS"], basis="total_return", actions=ACTIONS, dividends=PAID)
    assert paid(market.panel(["TCS", "INFY"], date(2024, 1, 1), END)) == {}


def test_closes_as_they_were_traded_know_splits_after_the_panel_too(make_set, market):
    make_set("toy", ["INFY", "TCS"], actions=ACTIONS)
    panel = market.panel(["TCS", "INFY"], date(2024, 1, 1), date(2024, 2, 20))
    row = int(np.searchsorted(panel.dates, np.datetime64(SPLIT_DAY)))
    traded = panel.traded_close() / panel.close
    assert traded[row - 1].tolist() == pytest.approx([5.0, 2.0])
    assert traded[row].tolist() == pytest.approx([1.0, 2.0])
    later = market.panel(["INFY"], date(2024, 2, 16), END, warm_up_bars=0)
    assert (later.traded_close() == later.close).all()


def test_a_cache_of_an_earlier_version_is_built_anew(make_set, market):
    manifest = make_set("toy", ["INFY"], dividends=[Dividend("INFY", SPLIT_DAY, 2.0, False)])
    (market.store.cache_folder(manifest) / "dividends_day.npy").unlink()
    again = type(market)(market.home, market.clock)
    assert list(paid(again.panel(["INFY"], date(2024, 1, 1), END)).values()) == [2.0]
