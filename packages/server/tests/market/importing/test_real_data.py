"""The importers on real prices, where they are present; its README tells what is in them."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, date, datetime

import numpy as np
import pytest

from tradertape_server.features.market.data_sets.draft import read_draft
from tradertape_server.features.market.importing import run
from tradertape_server.features.market.importing.actions import parse_actions
from tradertape_server.features.market.importing.parsing.file_tables import read_table
from tradertape_server.features.market.importing.parsing.input_files import open_input_file
from tradertape_server.features.market.importing.request import ImportRequest
from tradertape_server.features.market.service import MarketService

pytestmark = pytest.mark.real_data


class _Today:
    def now(self):
        return datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def real(tmp_path_factory, real_data_dir):
    """A service with the split-adjusted prices, the indices and the NIFTY 50 lists imported."""
    folder = real_data_dir
    market = MarketService(tmp_path_factory.mktemp("real"), _Today())
    reports = {}
    for name, options in {
        "nse_daily.parquet": {"basis": "split"},
        "nse_indices.parquet": {},
        "universes/nifty50_pit.csv": {},
    }.items():
        request = ImportRequest(paths=(folder / name,), **options)
        reports[name] = run.import_files(market.store, market.clock, request)
    return market, folder, reports


def bring(market, path, **options):
    return run.import_files(market.store, market.clock, ImportRequest(paths=(path,), **options))


def test_the_split_basis_has_the_rows_its_readme_counts(real):
    _, _, reports = real
    report = reports["nse_daily.parquet"]
    assert (report.candles, report.symbols) == (126_378 + 87_993, 89)
    assert report.files[0].filtered == 788_959 - 214_371
    assert (report.first, report.last) == ("2015-01-01", "2026-04-24")
    assert report.files[0].rejected == 0
    assert report.activated


@pytest.mark.parametrize(
    ("basis", "rows", "symbols"), [("total_return", 458_973, 213), ("split_2023", 115_615, 59)]
)
def test_every_other_basis_is_a_set_of_its_own(real, basis, rows, symbols):
    market, folder, _ = real
    name = basis.replace("_", "-")
    report = bring(market, folder / "nse_daily.parquet", basis=basis, data_set=name)
    assert (report.candles, report.symbols, report.files[0].rejected) == (rows, symbols, 0)
    assert not report.activated


def test_without_a_choice_of_basis_the_file_is_refused_with_the_counts(real):
    market, folder, _ = real
    report = bring(market, folder / "nse_daily.parquet", data_set="unsaid")
    assert "split (214,371 rows, 89 symbols)" in report.files[0].error
    assert "total_return (458,973 rows, 213 symbols)" in report.files[0].error
    assert not market.store.exists("unsaid")


def test_dividends_are_those_that_were_paid(real):
    market, folder, _ = real
    found = {
        (d.symbol, d.ex_date): d.amount
        for d in read_draft(market.store, market.store.manifest("nse")).dividends
    }
    assert found["TCS", date(2025, 1, 17)] == pytest.approx(76.00, abs=0.05)
    assert found["TCS", date(2026, 1, 16)] == pytest.approx(57.00, abs=0.05)
    assert found["ITC", date(2020, 7, 6)] == pytest.approx(10.15, abs=0.05)
    with gzip.open(folder / "implied_dividends_2020_2026.csv.gz", "rt") as file:
        known = {
            (row["symbol"], date.fromisoformat(row["date"])): float(row["implied_dividend"])
            for row in csv.DictReader(file)
        }
    recent = {key: amount for key, amount in found.items() if key[1] >= date(2020, 1, 3)}
    shared = recent.keys() & known.keys()
    assert len(shared) >= 0.97 * len(known)
    assert len(recent.keys() - known.keys()) <= 0.05 * len(known)
    differences = np.array([abs(recent[key] - known[key]) for key in shared])
    assert np.mean(differences < 0.1) > 0.95


def test_closes_are_the_adjusted_ones_and_verify_finds_only_known_defects(real):
    market, folder, _ = real
    with (folder / "adjustment_factor_2020-01-01.csv").open() as file:
        known = {row["symbol"]: float(row["adjusted_close"]) for row in csv.DictReader(file)}
    _, columns = market.columns("nse")
    row = int(np.searchsorted(columns.dates, np.datetime64("2020-01-01")))
    for symbol in set(known) & set(columns.symbols):
        close = columns.values["close"][row, columns.symbols.index(symbol)]
        assert close == pytest.approx(known[symbol], abs=0.011), symbol
    checks = {check.name: check for check in market.verify("nse")}
    assert not [check for check in checks.values() if check.verdict == "error"]
    assert {text.split(":")[0] for text in checks["splits"].examples} == {
        "ADANIENT 2018-09-06",  # both are demergers its readme names
        "CGPOWER 2016-03-15",
    }


def test_indices_come_in_and_lack_what_the_source_lacks(real):
    market, _, reports = real
    file = reports["nse_indices.parquet"].files[0]
    assert (file.rows, file.rejected) == (42_541, 1)
    nifty = market.candles("NIFTY 50", date(2015, 1, 1), date(2015, 3, 31))
    assert np.isnan(nifty.open).all()
    assert not np.isnan(nifty.close).any()
    panel = market.panel("nifty_50", date(2018, 1, 1), date(2026, 1, 1), warm_up_bars=0)
    without = panel.dates[np.isnan(panel.indices["NIFTY 50"].close)].astype(str).tolist()
    assert without == ["2020-11-14"]  # a Muhurat session that Yahoo lacks


def test_the_nifty_50_has_fifty_members_on_each_day_of_its_lists(real):
    market, folder, _ = real
    with (folder / "universes/nifty50_pit.csv").open() as file:
        rows = list(csv.DictReader(file))
    for day in sorted({row["valid_from"] for row in rows}):
        assert len(market.members("nifty_50", date.fromisoformat(day))[2]) == 50


def test_a_universe_with_gaps_in_it_is_a_warning(real):
    market, _, _ = real
    panel = market.panel("nifty_100", date(2020, 1, 1), date(2026, 1, 1))
    assert panel.shape[1] == 88
    assert any(t.startswith("No data for 12 of 100 symbols") for t in panel.universe_warnings)


def test_a_real_bhavcopy_comes_in_raw(real):
    market, folder, _ = real
    report = bring(market, folder / "cm_bhavcopy_2020-01-01.csv.gz", data_set="bhavcopy")
    file = report.files[0]
    assert file.layout == "NSE bhavcopy"
    assert (file.rows + file.filtered, file.rejected) == (1_910, 0)
    assert file.rows == _traded(folder)
    with (folder / "adjustment_factor_2020-01-01.csv").open() as adjusted:
        known = {row["symbol"]: float(row["raw_close"]) for row in csv.DictReader(adjusted)}
    _, columns = market.columns("bhavcopy")
    for symbol, raw_close in known.items():
        if symbol in columns.symbols:
            place = columns.symbols.index(symbol)
            assert columns.values["close"][0, place] == pytest.approx(raw_close)


def _traded(folder):
    with gzip.open(folder / "cm_bhavcopy_2020-01-01.csv.gz", "rt") as file:
        return sum(row["SERIES"] in {"EQ", "BE"} for row in csv.DictReader(file))


def test_the_exchanges_list_of_actions_is_read_without_a_loss(real):
    _, folder, _ = real
    path = folder / "corporate_actions_nse_2022_2023.csv.gz"
    found = parse_actions(read_table(open_input_file(path)))
    with gzip.open(path, "rt") as file:
        kinds = [row["kind"] for row in csv.DictReader(file)]
    splits = sum(action.kind != "bonus" for action in found.actions)
    bonuses = sum(action.kind == "bonus" for action in found.actions)
    assert bonuses == kinds.count("bonus")
    assert splits == kinds.count("split")
    assert len(found.dividends) >= 0.97 * kinds.count("dividend")
    assert all(0.01 <= action.ratio <= 100 for action in found.actions)


def test_the_yahoo_list_of_actions_is_read(real):
    _, folder, _ = real
    found = parse_actions(
        read_table(open_input_file(folder / "corporate_actions_largecap10_1996_2024.csv"))
    )
    assert found.rejects == []
    assert len(found.actions) + len(found.dividends) >= 364
