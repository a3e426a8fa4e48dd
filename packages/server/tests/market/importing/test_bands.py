"""Price bands in the layouts of NSE's files, and what backtests see of them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets.draft import read_draft
from tradertape_server.features.market.data_sets.reference_rows import PriceBand
from tradertape_server.features.market.importing.request import ImportRequest
from tradertape_server.features.market.service import MarketService

SYMBOLS = ["INFY", "TCS", "WIPRO"]
RANGE = (date(2024, 1, 1), date(2024, 12, 31))
LIST = """Symbol,Series,Security Name,Band,Remarks
INFY,EQ,Infosys Limited,No Band,-
TCS,EQ,Tata Consultancy Services Limited,20,-
TCS,GB,Some bond,40,-
"""
CHANGES = """Sr. No,Symbol,Series,Security Name,From,To
1,TCS,EQ,Tata Consultancy Services Limited,20,5
"""
HISTORY = """date,symbol,band %
2024-01-10,INFY,10
2024-01-20,INFY,5.00 %
2024-01-10,TCS,x
"""


@pytest.fixture
def bring(make_set, market, tmp_path):
    make_set("toy", SYMBOLS)

    def run(name: str, text: str, **options):
        path = tmp_path / name
        path.write_text(text)
        request = ImportRequest(paths=(path,), data_set="toy", max_rejects_pct=50, **options)
        (report,) = market.import_files(request).files
        return report

    return run


def stored(market: MarketService) -> list[PriceBand]:
    return read_draft(market.store, market.store.manifest("toy")).bands


def test_nses_list_and_its_changes_give_the_band_of_each_day(bring, market):
    before = market.store.manifest("toy").data_version
    assert market.panel("all", *RANGE).bands is None
    first = bring("sec_list_05012024.csv", LIST)
    assert (first.kind, first.rows, first.new, first.outcome) == ("bands", 2, 2, "imported")
    second = bring("eq_band_changes_15012024.csv", CHANGES)
    assert (second.kind, second.rows) == ("bands", 1)
    assert sorted(stored(market)) == [
        PriceBand("INFY", date(2024, 1, 5), 0.0),
        PriceBand("TCS", date(2024, 1, 5), 20.0),
        PriceBand("TCS", date(2024, 1, 15), 5.0),
    ]
    assert market.store.manifest("toy").data_version != before
    panel = market.panel("all", *RANGE)
    assert panel.bands is not None
    assert panel.bands.shape == panel.close.shape
    days = panel.dates.astype(object)
    expected = np.full(panel.close.shape, np.nan)
    expected[days >= date(2024, 1, 5), 0] = 0
    expected[days >= date(2024, 1, 5), 1] = 20
    expected[days >= date(2024, 1, 15), 1] = 5
    np.testing.assert_array_equal(panel.bands, expected)


def test_a_panel_that_begins_later_knows_the_band_from_before(bring, market):
    bring("sec_list_05012024.csv", LIST)
    panel = market.panel(["TCS"], date(2024, 2, 1), date(2024, 2, 20), warm_up_bars=0)
    assert panel.bands is not None
    assert set(panel.bands[:, 0]) == {20.0}


def test_a_history_has_its_own_dates_and_a_bad_band_is_rejected(bring, market):
    report = bring("bands.csv", HISTORY)
    assert (report.rows, report.rejected) == (2, 1)
    assert report.reasons == {"band is no percentage": 1}
    assert [one.percent for one in stored(market)] == [10.0, 5.0]


def test_a_list_without_a_day_is_refused_with_what_to_do(bring, market):
    report = bring("list.csv", LIST)
    assert report.outcome == "refused"
    assert "--valid-from" in report.error
    assert bring("list.csv", LIST, valid_from=date(2024, 1, 5)).rows == 2


def test_the_same_file_again_changes_nothing(bring, market):
    bring("sec_list_05012024.csv", LIST)
    version = market.store.manifest("toy").data_version
    assert bring("sec_list_05012024.csv", LIST).outcome == "unchanged"
    assert market.store.manifest("toy").data_version == version


def test_sectors_have_one_name_whatever_the_list_calls_them(bring, market):
    bring(
        "instruments.csv",
        "Company Name,Industry,Symbol,Series,ISIN Code\n"
        "Infosys,Information Technology,INFY,EQ,INE009A01021\n"
        "TCS,NIFTY IT,TCS,EQ,INE467B01029\n"
        "Wipro,it,WIPRO,EQ,INE075A01022\n",
    )
    assert set(market.panel("all", *RANGE).sectors) == {"IT"}


def test_a_file_of_something_else_is_no_list_of_bands(bring):
    report = bring("other.csv", "Symbol,Colour\nINFY,blue\n", kind="bands")
    assert report.outcome == "refused"
    assert "columns symbol and band" in report.error
    with pytest.raises(InvalidInput):
        bring("a.csv", LIST, kind="band")
