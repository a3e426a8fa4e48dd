from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.cli.data.text import import_text
from tradertape_server.features.market.data_sets.candles import rows_from
from tradertape_server.features.market.data_sets.reference_rows import (
    Action,
    Dividend,
    spells_from_lists,
)
from tradertape_server.features.market.importing import run
from tradertape_server.features.market.importing.actions import parse_actions
from tradertape_server.features.market.importing.dividends import implied_dividends
from tradertape_server.features.market.importing.parsing.file_tables import read_table
from tradertape_server.features.market.importing.parsing.input_files import open_input_file
from tradertape_server.features.market.importing.request import ImportRequest

RAW = (
    "date,symbol,open,high,low,close,volume\n"
    "2024-01-01,INFY,1000,1020,990,1000,100\n"
    "2024-01-02,INFY,1000,1020,990,1010,100\n"
    "2024-01-03,INFY,500,510,495,505,200\n"
    "2024-01-04,INFY,101,102,100,101,1000\n"
)
ACTIONS = "symbol,ex_date,kind,ratio\nINFY,2024-01-03,bonus,1:1\nINFY,2024-01-04,split,5\n"


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def found_in(write, text):
    return parse_actions(read_table(open_input_file(write("actions.csv", text))))


def bring(market, *paths, **options):
    request = ImportRequest(paths=paths, **options)
    return run.import_files(market.store, market.clock, request)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Bonus 1:1", [("bonus", 2.0)]),
        ("Bonus issue 3:2", [("bonus", 2.5)]),
        (
            "Face Value Split (Sub-Division) - From Rs 10/- Per Share To Rs 2/- Per Share",
            [("split", 5.0)],
        ),
        ("Face Value Split - From Rs 2/- To Re 1/-", [("split", 2.0)]),
        ("Consolidation Of Shares From Re 1/- To Rs 10/-", [("consolidation", 0.1)]),
        ("Dividend - Rs 7.50 Per Share", [("dividend", 7.5)]),
        ("Annual General Meeting/Dividend - Rs  3.50 Per Share", [("dividend", 3.5)]),
        (
            "Interim Dividend - Rs 8 Per Share/Special Dividend - Rs 67 Per Share",
            [("dividend", 75.0)],
        ),
        ("Dividend - Re 1 Per Share/ Bonus 1:2", [("bonus", 1.5), ("dividend", 1.0)]),
        ("AGM/DIV-RS.2.50 PER SHARE", [("dividend", 2.5)]),
        ("Special Dividend - Rs 1,250 Per Share", [("dividend", 1250.0)]),
        ("Dividend - Rs 2/- Per Share/Bonus 1:1", [("bonus", 2.0), ("dividend", 2.0)]),
        ("FV SPLIT RS.10 TO RE.1", [("split", 10.0)]),
        ("FV SPLT FRM RS 10 TO RS 2", [("split", 5.0)]),
        ("BON 1:1", [("bonus", 2.0)]),
        ("Annual General Meeting", []),
        ("Buy Back Of Shares", []),
    ],
)
def test_the_exchanges_own_words_are_understood(write, subject, expected):
    found = found_in(write, f'ex_date,symbol,subject\n2024-01-03,INFY,"{subject}"\n')
    got = [(action.kind, action.ratio) for action in found.actions]
    got += [("dividend", dividend.amount) for dividend in found.dividends]
    assert got == expected
    assert (found.rejects, found.not_applied) == ([], [])


@pytest.mark.parametrize(
    ("subject", "what", "dividends"),
    [
        ("Rights 1:30 @ Premium Rs 418/-", ["rights issue"], []),
        ("Demerger", ["demerger"], []),
        ("De-merger", ["demerger"], []),
        ("Amalgamation", ["merger"], []),
        ("Capital Reduction", ["capital reduction"], []),
        (
            "Scheme Of Arrangement - Bonus Ncrps 1:10",
            ["bonus of other securities than shares", "scheme of arrangement"],
            [],
        ),
        ("Bonus Debentures 1:1", ["bonus of other securities than shares"], []),
        ("Interim Dividend", ["dividend without an amount"], []),
        ("AGM/DIV.FIN-30%", ["dividend as a percentage of the face value"], []),
        (
            "Interim Dividend/Special Dividend - Rs 4 Per Share",
            ["dividend of which one part has no amount"],
            [4.0],
        ),
        ("Distribution - Rs 2.50 Per Unit", ["distribution"], []),
        ("Annual General Meeting/Rights 1:2/Dividend - Re 1", ["rights issue"], [1.0]),
    ],
)
def test_what_is_not_applied_is_named(write, subject, what, dividends):
    found = found_in(write, f'ex_date,symbol,subject\n2024-01-03,INFY,"{subject}"\n')
    assert found.not_applied == [(2, "INFY", date(2024, 1, 3), one) for one in what]
    assert [dividend.amount for dividend in found.dividends] == dividends
    assert (found.actions, found.rejects) == ([], [])


def test_our_own_format_names_what_is_not_applied_too(write):
    text = (
        "symbol,ex_date,kind,ratio\n"
        "INFY,2024-01-03,rights,1:4\n"
        "INFY,2024-01-03,dividend,\n"
        "INFY,2024-01-03,dividend,some\n"
    )
    found = found_in(write, text)
    assert [(line, what) for line, _, _, what in found.not_applied] == [
        (2, "rights"),
        (3, "dividend without an amount"),
    ]
    assert found.rejects == [(4, "INFY", "amount cannot be read")]


def test_yahoos_unreadable_dividend_is_a_reject(write):
    found = found_in(write, "date,symbol,dividend,split_ratio\n2024-01-03,TCS,some,0\n")
    assert found.rejects == [(2, "TCS", "amount cannot be read")]


def test_what_is_not_applied_is_reported_with_its_lines_and_in_a_file(market, write):
    listed = write(
        "events.csv",
        "ex_date,symbol,subject\n2024-01-03,INFY,Bonus 1:1\n2024-01-04,TCS,Rights 1:4\n",
    )
    report = bring(market, write("raw.csv", RAW), basis="split", source_basis="raw", actions=listed)
    first = report.files[0]
    assert [(one.line, one.symbol, one.date, one.action) for one in first.not_applied] == [
        (3, "TCS", "2024-01-04", "rights issue")
    ]
    with open(first.not_applied_file) as file:  # noqa: PTH123 - a str path
        assert file.read() == "line,symbol,date,action\n3,TCS,2024-01-04,rights issue\n"
    assert "line 3: TCS 2024-01-04 rights issue" in import_text(report)


def test_a_list_of_nothing_but_what_is_not_applied_is_no_damaged_file(market, write):
    bring(market, write("raw.csv", RAW), basis="raw")
    report = bring(market, write("a.csv", "ex_date,symbol,subject\n2024-01-04,TCS,Demerger\n"))
    assert (report.files[0].outcome, len(report.files[0].not_applied)) == ("imported", 1)


def test_what_cannot_be_understood_is_a_reject_not_a_guess(write):
    text = (
        "symbol,ex_date,kind,ratio\n"
        "INFY,2024-01-03,swap,2\n"
        "INFY,soon,split,2\n"
        "INFY,2024-01-03,split,two\n"
        "INFY,2024-01-03,split,0\n"
        ",2024-01-03,split,2\n"
    )
    found = found_in(write, text)
    assert found.actions == []
    assert [line for line, _, _ in found.rejects] == [2, 3, 4, 5, 6]


def test_a_split_without_its_face_values_is_a_reject(write):
    found = found_in(write, "ex_date,symbol,subject\n2024-01-03,INFY,Stock Split\n")
    assert found.rejects == [(2, "INFY", "ratio cannot be read")]


def test_yahoos_columns_hold_both_kinds(write):
    found = found_in(
        write, "date,symbol,dividend,split_ratio\n2024-01-03,TCS,0.9,2.0\n2024-02-01,TCS,1.5,0.0\n"
    )
    assert found.actions == [Action("TCS", date(2024, 1, 3), "split", 2.0)]
    assert found.dividends == [
        Dividend("TCS", date(2024, 1, 3), 0.9, adjusted=True),
        Dividend("TCS", date(2024, 2, 1), 1.5, adjusted=True),
    ]


def test_raw_prices_are_served_adjusted_for_splits_and_bonuses(market, write):
    report = bring(
        market,
        write("raw.csv", RAW),
        basis="split",
        source_basis="raw",
        actions=write("actions.csv", ACTIONS),
    )
    assert report.data_version.startswith("nse-split-")
    series = market.candles("INFY")
    np.testing.assert_allclose(series.close, [100.0, 101.0, 101.0, 101.0])
    np.testing.assert_allclose(series.volume, [1000.0, 1000.0, 1000.0, 1000.0])
    assert {check.name: check.verdict for check in market.verify()}["splits"] == "ok"


def test_raw_prices_kept_raw_are_a_note_and_verify_finds_the_split(market, write):
    report = bring(market, write("raw.csv", RAW), basis="raw")
    assert any("unadjusted" in note for note in report.notes)
    splits = next(check for check in market.verify() if check.name == "splits")
    assert splits.verdict == "warning"
    assert [text.split(":")[0] for text in splits.examples] == [
        "INFY 2024-01-03",
        "INFY 2024-01-04",
    ]


def test_actions_can_come_later_and_change_the_basis_served(market, write):
    before = bring(market, write("raw.csv", RAW), basis="raw")
    after = bring(market, write("actions.csv", ACTIONS), basis="split")
    assert before.data_version.startswith("nse-raw-")
    assert after.data_version.startswith("nse-split-")
    np.testing.assert_allclose(market.candles("INFY").close, [100.0, 101.0, 101.0, 101.0])


def test_the_same_actions_twice_adjust_once(market, write):
    actions = write("actions.csv", ACTIONS)
    bring(market, write("raw.csv", RAW), basis="split", source_basis="raw", actions=actions)
    first = market.candles("INFY").close.tolist()
    again = "symbol,ex_date,kind,ratio\nINFY,2024-01-03,split,2\nINFY,2024-01-04,split,5\n"
    bring(market, write("again.csv", again))
    assert market.candles("INFY").close.tolist() == first


def test_raw_prices_cannot_be_called_adjusted_without_actions(market, write):
    report = bring(market, write("raw.csv", RAW), basis="split", source_basis="raw")
    assert "requires the splits and bonuses" in report.files[0].error


def test_a_basis_is_not_invented(market, write):
    bring(market, write("raw.csv", RAW), basis="split")
    with pytest.raises(InvalidInput, match="cannot be converted to 'total_return'"):
        bring(market, write("actions.csv", ACTIONS), basis="total_return")


def test_a_dividend_is_read_from_the_two_closes():
    close = np.array([4000.0, 4100.0, 4050.0, 4060.0])
    paid = 76.0
    factor = 1 - paid / close[1]
    adjusted = np.round(close * np.array([factor, factor, 1, 1]), 2)
    rows = rows_from(
        ["TCS"] * 4,
        np.array(["2025-01-15", "2025-01-16", "2025-01-17", "2025-01-20"], "datetime64[D]"),
        dict.fromkeys(("open", "high", "low", "close", "volume"), close),
    )
    (found,) = implied_dividends(rows, adjusted)
    assert (found.symbol, found.ex_date) == ("TCS", date(2025, 1, 17))
    assert found.amount == pytest.approx(paid, abs=0.02)


def test_rounding_noise_of_small_prices_is_no_dividend():
    rng = np.random.default_rng(3)
    close = np.round(5 * np.exp(np.cumsum(rng.normal(0, 0.01, 400))), 2)
    adjusted = np.round(close * 0.731, 2)
    day = np.arange("2024-01-01", "2025-02-04", dtype="datetime64[D]")[:400]
    rows = rows_from(
        ["A"] * 400, day, dict.fromkeys(("open", "high", "low", "close", "volume"), close)
    )
    assert implied_dividends(rows, adjusted) == []


def test_lists_become_spells():
    first, second, third = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)
    lists = [(first, "A"), (first, "B"), (second, "A"), (second, "C"), (third, "A"), (third, "B")]
    spells = spells_from_lists("u", lists)
    assert [(s.symbol, s.valid_from, s.valid_to) for s in spells] == [
        ("A", first, None),
        ("B", first, second),
        ("B", third, None),
        ("C", second, third),
    ]


def test_a_membership_file_makes_a_point_in_time_universe(market, write):
    bring(market, write("raw.csv", RAW), basis="split")
    text = "valid_from,symbol\n2024-01-01,INFY\n2024-01-01,100\n2024-01-03,TCS\n"
    report = bring(market, write("nifty500_pit.csv", text))
    assert report.files[0].kind == "membership"
    assert report.files[0].reasons == {"no symbol": 1}
    universe, _, rows = market.members("nifty_500", date(2024, 1, 2))
    assert universe.known_from == date(2024, 1, 1)
    assert [row.symbol for row in rows] == ["INFY"]


def test_a_plain_list_needs_its_first_day(market, write):
    bring(market, write("raw.csv", RAW), basis="split")
    plain = write("mine.csv", "Symbol\nINFY\n")
    assert "--valid-from" in bring(market, plain).files[0].error
    bring(market, plain, valid_from=date(2024, 1, 1), universe="My picks")
    assert [row.symbol for row in market.members("my_picks")[2]] == ["INFY"]


def test_an_instrument_list_gives_names_and_sectors(market, write):
    text = RAW.replace("INFY", "SMALLCO")
    bring(market, write("raw.csv", text), basis="split")
    listed = (
        "Company Name,Industry,Symbol,Series,ISIN Code\nSmall Co Ltd.,Textiles,SMALLCO,EQ,INE1\n"
    )
    report = bring(market, write("ind_list.csv", listed))
    assert report.files[0].kind == "instruments"
    panel = market.panel("all", date(2024, 1, 1), date(2024, 1, 4))
    assert panel.sectors == ("Textiles",)
    assert market.search("small co")[0][0].isin == "INE1"
