from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets.store import MarketStore
from tradertape_server.features.market.importing import run
from tradertape_server.features.market.importing.request import ImportRequest, parse_columns

HEADER = "date,symbol,open,high,low,close,volume\n"
GOOD = (
    HEADER
    + "2024-01-01,INFY,100,102,99,101,1000\n"
    + "2024-01-02,INFY,101,103,100,102,1100\n"
    + "2024-01-01,TCS,200,204,198,202,500\n"
)
OLD_BHAVCOPY = (
    "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,TOTALTRADES,"
    "ISIN,\n"
    "INFY,EQ,1500,1520,1490,1510.5,1511,1495,1000,1510500,02-JAN-2024,90,INE009A01021,\n"
    "INFY,BL,1500,1500,1500,1500,1500,1495,50,75000,02-JAN-2024,1,INE009A01021,\n"
    "ZOMATO,BE,125,127,124,126,126,124,9000,1134000,02-JAN-2024,50,INE758T01015,\n"
)
UDIFF = (
    "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,OpnPric,HghPric,"
    "LwPric,ClsPric,LastPric,PrvsClsgPric,TtlTradgVol,TtlTrfVal\n"
    "2024-07-08,2024-07-08,CM,NSE,STK,1594,INE009A01021,INFY,EQ,,1640,1660.1,1630,1655.25,1655,"
    "1641,8000,13242000\n"
    "2024-07-08,2024-07-08,CM,NSE,STK,9,IN0020220011,724GS2030,GS,,100,100,100,100,100,100,5,500\n"
)


@pytest.fixture
def bring(market, tmp_path):
    """Write files and import them: `bring({"a.csv": "…"}, basis="raw")`."""

    def bring(files, **options):
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        paths = []
        for name, content in files.items():
            path = folder / name
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(path)
        return run.import_files(
            market.store, market.clock, ImportRequest(paths=tuple(paths), **options)
        )

    return bring


def close_of(market, symbol, data_set="nse"):
    series = market.candles(symbol, data_set=data_set)
    return dict(zip(series.dates.astype(str).tolist(), series.close.tolist(), strict=True))


def zipped(name, content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def rejects_of(report):
    with open(report.files[0].rejects_file) as file:  # noqa: PTH123 - a str path
        return {int(row["line"]): row["reason"] for row in csv.DictReader(file)}


def test_a_csv_comes_in_and_becomes_the_active_set(bring, market):
    report = bring({"prices.csv": GOOD}, basis="split")
    assert report.activated
    assert (report.candles, report.symbols, report.first) == (3, 2, "2024-01-01")
    assert (report.files[0].new, report.files[0].rejected) == (3, 0)
    assert close_of(market, "INFY") == {"2024-01-01": 101.0, "2024-01-02": 102.0}
    assert market.panel("all", date(2024, 1, 1), date(2024, 1, 2)).data_version.startswith(
        "nse-split-"
    )


def test_the_same_file_twice_changes_nothing(bring, market):
    first = bring({"prices.csv": GOOD}, basis="split")
    second = bring({"prices.csv": GOOD}, basis="split")
    assert second.files[0].outcome == "unchanged"
    assert second.data_version == first.data_version
    assert not second.activated


def test_p18_the_same_rows_in_another_file_are_not_counted_twice(bring, market):
    first = bring({"prices.csv": GOOD}, basis="split")
    lines = GOOD.splitlines()
    again = bring({"shuffled.csv": "\n".join([lines[0], *reversed(lines[1:])])}, basis="split")
    assert (again.files[0].new, again.files[0].changed, again.files[0].same) == (0, 0, 3)
    assert again.data_version == first.data_version
    assert again.candles == 3


def test_a_later_file_corrects_and_extends(bring, market):
    bring({"a.csv": GOOD}, basis="split")
    newer = (
        HEADER + "2024-01-02,INFY,101,103,100,102.5,1100\n2024-01-03,INFY,102,104,101,103,1200\n"
    )
    report = bring({"b.csv": newer})
    assert (report.files[0].new, report.files[0].changed) == (1, 1)
    assert close_of(market, "INFY")["2024-01-02"] == 102.5
    assert report.candles == 4


def test_files_of_one_run_that_overlap_keep_their_order(bring, market):
    corrected = HEADER + "2024-01-02,INFY,101,103,100,102.5,1100\n"
    report = bring({"a.csv": GOOD, "b.csv": corrected}, basis="split")
    assert [file.new for file in report.files] == [3, 0]
    assert report.files[1].changed == 1
    assert close_of(market, "INFY")["2024-01-02"] == 102.5


def test_bad_rows_are_named_with_line_and_reason(bring, market):
    bad = [
        "2024-01-03,INFY,-1,102,99,101,10",
        "2024-01-03,INFY,,102,99,101,10",
        "2024-01-03,INFY,nan,102,99,101,10",
        "2024-01-03,INFY,100,98,99,101,10",
        "2024-01-03,INFY,100,102,99,103,10",
        "2024-01-03,INFY,100,102,99,101,-5",
        "2024-01-01,INFY,100,102,99,101,10",
        "2024-01-06,INFY,100,102,99,101,10",
        "yesterday,INFY,100,102,99,101,10",
        "2027-01-04,INFY,100,102,99,101,10",
        "2024-01-03,INFY,100,102",
        "2024-01-03,,100,102,99,101,10",
    ]
    report = bring({"a.csv": GOOD + "\n".join(bad) + "\n"}, basis="split", max_rejects_pct=90)
    assert rejects_of(report) == {
        5: "a price is zero or negative",
        6: "a price is missing or not a number",
        7: "a price is missing or not a number",
        8: "high is below low",
        9: "open or close lies outside low and high",
        10: "volume is negative or not a number",
        11: "duplicate day",
        12: "the exchange was closed that day",
        13: "date cannot be read",
        14: "date is in the future",
        15: "wrong number of columns",
        16: "no symbol",
    }
    assert report.candles == 3
    assert market.store.manifest("nse").rejected == 12


def test_a_day_that_only_the_rule_closes_is_not_refused(bring, market, clock):
    clock.advance(days=500)  # May 2027: no list of its holidays and special sessions is typed
    saturday = "2027-01-09,INFY,100,102,99,101,10\n"
    assert bring({"a.csv": GOOD + saturday}, basis="split").candles == 4
    assert close_of(market, "INFY")["2027-01-09"] == 101


def test_blank_lines_do_not_shift_line_numbers(bring):
    text = GOOD.replace("\n2024-01-02", "\n\n2024-01-02") + "2024-01-03,INFY,0,1,1,1,1\n"
    assert rejects_of(bring({"a.csv": text}, basis="split")) == {6: "a price is zero or negative"}


def test_rounding_to_a_paisa_is_mended_and_not_rejected(bring, market):
    report = bring({"a.csv": HEADER + "2024-01-01,INFY,100,100,99,100.01,5\n"}, basis="split")
    assert report.files[0].rejected == 0
    assert market.candles("INFY").high.tolist() == [100.01]


def test_a_file_with_too_many_bad_rows_comes_in_not_at_all(bring, market):
    bring({"good.csv": GOOD}, basis="split")
    before = market.store.manifest("nse")
    rows = "".join(f"2024-01-03,S{i},0,1,1,1,1\n" for i in range(11))
    report = bring({"a.csv": HEADER + "2024-01-03,INFY,1,1,1,1,1\n" + rows})
    assert report.files[0].outcome == "refused"
    assert "11 of 12 rows are invalid" in report.files[0].error
    assert len(rejects_of(report)) == 11
    assert market.store.manifest("nse") == before


def test_one_refused_file_does_not_stop_the_others(bring, market):
    report = bring({"a.csv": GOOD, "b.csv": "x,y\n1,2\n", "c.json": "{"}, basis="split")
    assert [file.outcome for file in report.files] == ["imported", "refused", "refused"]
    assert report.candles == 3


def test_a_new_set_of_refused_files_does_not_come_to_be(bring, market):
    report = bring({"b.csv": "x,y\n1,2\n"}, basis="split")
    assert not report.created
    assert market.data_sets() == []


def test_a_crash_while_importing_leaves_the_old_set(bring, market, monkeypatch):
    bring({"a.csv": GOOD}, basis="split")
    before = market.store.manifest("nse")

    def crash(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(MarketStore, "publish", crash)
    with pytest.raises(KeyboardInterrupt):
        bring({"b.csv": HEADER + "2024-01-03,INFY,1,1,1,1,1\n"})
    monkeypatch.undo()
    assert market.store.manifest("nse") == before
    report = bring({"b.csv": HEADER + "2024-01-03,INFY,1,1,1,1,1\n"})
    assert report.files[0].new == 1


def test_a_new_set_must_say_its_basis(bring):
    report = bring({"a.csv": GOOD})
    assert "state how the prices are adjusted" in report.files[0].error


def test_a_file_that_mixes_bases_needs_a_choice(bring, market):
    rows = GOOD.replace("volume", "volume,basis").replace("1000\n", "1000,split\n")
    rows = rows.replace("1100\n", "1100,split\n").replace("500\n", "500,total_return\n")
    refused = bring({"a.csv": rows})
    assert "split (2 rows, 1 symbols), total_return (1 rows, 1 symbols)" in refused.files[0].error
    report = bring({"a.csv": rows}, basis="split")
    assert (report.candles, report.files[0].filtered, report.basis) == (2, 1, "split")
    other = bring({"a.csv": rows}, basis="total_return")
    assert "has prices on the basis 'split'" in other.files[0].error
    apart = bring({"a.csv": rows}, basis="total_return", data_set="nse-tr")
    assert apart.data_version.startswith("nse-tr-total_return-")


def test_columns_are_mapped_by_name_and_numbers_have_indian_grouping(bring, market):
    text = (
        "Day;Scrip Name;Opening;High;Low;Last;Qty\n"
        '01-04-2024;infy;"1,000";1010;990;1005.5;1,20,000\n'
    )
    refused = bring({"a.csv": text}, basis="raw", columns={"open": "Nope"})
    assert "no column Nope" in refused.files[0].error
    columns = parse_columns(["open=Opening,close=Last", "symbol=Scrip Name", "volume=Qty"])
    report = bring({"a.csv": text}, basis="raw", columns=columns)
    assert report.candles == 1
    assert market.candles("INFY").volume.tolist() == [120000.0]
    assert close_of(market, "INFY") == {"2024-04-01": 1005.5}


@pytest.mark.parametrize("text", ["date", "date=", "date= "])
def test_a_mapping_without_a_column_is_refused(text):
    with pytest.raises(InvalidInput, match="--map takes"):
        parse_columns([text])


def test_a_mapping_of_a_column_nobody_knows_is_refused(bring):
    report = bring({"a.csv": GOOD}, basis="raw", columns={"opening": "open"})
    assert "--map accepts date, symbol" in report.files[0].error


@pytest.mark.parametrize("packing", ["plain", "gz", "zip"])
def test_an_old_bhavcopy_comes_in_raw_its_eq_and_be_series(bring, market, packing):
    content = OLD_BHAVCOPY.encode()
    name = "cm02JAN2024bhav.csv"
    packed = {
        "plain": {name: content},
        "gz": {f"{name}.gz": gzip.compress(content)},
        "zip": {f"{name}.zip": zipped(name, content)},
    }[packing]
    report = bring(packed)
    assert report.files[0].layout == "NSE bhavcopy"
    assert (report.basis, report.candles, report.files[0].filtered) == ("raw", 2, 1)
    assert close_of(market, "INFY") == {"2024-01-02": 1510.5}
    assert any("unadjusted" in note for note in report.notes)


def test_a_udiff_bhavcopy_comes_in(bring, market):
    report = bring({"BhavCopy_NSE_CM_0_0_0_20240708_F_0000.csv": UDIFF})
    assert report.files[0].layout == "NSE bhavcopy (UDiFF)"
    assert close_of(market, "INFY") == {"2024-07-08": 1655.25}
    assert report.files[0].filtered == 1


def test_p6_a_changed_symbol_goes_on_under_the_new_one(bring, market):
    report = bring({"a.csv": OLD_BHAVCOPY})
    assert report.files[0].renamed == {"ZOMATO": "ETERNAL"}
    assert close_of(market, "ETERNAL") == {"2024-01-02": 126.0}


def test_a_file_of_symbol_changes_adds_to_the_known_ones(bring, market, tmp_path):
    changes = tmp_path / "changes.csv"
    changes.write_text("old_symbol,new_symbol,effective_date\nTCS,TATACS,2024-01-02\n")
    later = GOOD + "2024-01-02,TCS,200,204,198,203,500\n"
    report = bring({"a.csv": later}, basis="split", renames=changes)
    assert report.files[0].renamed == {"TCS": "TATACS"}
    assert list(close_of(market, "TATACS")) == ["2024-01-01"]
    assert list(close_of(market, "TCS")) == ["2024-01-02"]


def test_an_unknown_symbol_is_rejected_where_a_list_is_given(bring, tmp_path):
    listed = tmp_path / "valid.csv"
    listed.write_text("Company Name,Industry,Symbol,Series,ISIN Code\nInfosys,IT,INFY,EQ,INE9\n")
    report = bring({"a.csv": GOOD}, basis="split", symbols=listed)
    assert rejects_of(report) == {4: "unknown symbol"}


def test_a_list_of_symbols_picks_from_a_bhavcopy_and_names_by_isin(bring, market, tmp_path):
    listed = tmp_path / "valid.csv"
    listed.write_text("symbol,isin\nNEWINFY,INE009A01021\n")
    report = bring({"a.csv": OLD_BHAVCOPY}, symbols=listed)
    assert (report.candles, report.files[0].rejected, report.files[0].filtered) == (1, 0, 2)
    assert "2024-01-02" in close_of(market, "NEWINFY")


@pytest.mark.parametrize(
    "stamps",
    [
        ("2024-01-01T00:00:00+0530", "2024-01-02T00:00:00+0530"),
        ("2024-01-01T00:00:00+05:30", "2024-01-02T00:00:00+05:30"),
        ("2023-12-31T18:30:00Z", "2024-01-01T18:30:00Z"),
    ],
    ids=["kite", "upstox", "utc"],
)
def test_p8_candle_json_of_brokers_falls_on_indian_days(bring, market, stamps):
    rows = [[stamp, 100, 102, 99, 101, 1000, 0] for stamp in reversed(stamps)]
    report = bring({"INFY.json": json.dumps({"data": {"candles": rows}})}, basis="split")
    assert report.files[0].layout == "broker candles"
    assert list(close_of(market, "INFY")) == ["2024-01-01", "2024-01-02"]


def test_intraday_candles_are_refused(bring):
    rows = [[f"2024-01-01T09:{minute}:00+0530", 1, 1, 1, 1, 1] for minute in (15, 16)]
    report = bring({"INFY.json": json.dumps({"data": {"candles": rows}})}, basis="split")
    assert "intraday" in report.files[0].error


def test_a_file_that_names_no_symbol_asks_for_one(bring, market):
    text = "Date,Open,High,Low,Close,Volume\n2024-01-01,1,1,1,1,5\n"
    refused = bring({"prices.csv": text}, basis="split")
    assert "--symbol INFY" in refused.files[0].error
    bring({"prices.csv": text}, basis="split", symbol="NSE:INFY")
    bring({"TCS.csv": text}, basis="split")
    bring({"SMALLCO.csv": text}, symbol_from_name=True)
    assert [row.symbol for row in market.search("")[0]] == ["INFY", "SMALLCO", "TCS"]


def test_parquet_comes_in_with_its_types(bring, market):
    table = pa.table(
        {
            "ts": pa.array(np.array(["2024-01-01", "2024-01-02"], "datetime64[us]")),
            "ticker": ["INFY.NS", "INFY.NS"],
            "o": [1.0, 2.0],
            "h": [2.0, 3.0],
            "l": [1.0, 2.0],
            "c": [1.5, 2.5],
            "v": pa.array([10, 20], pa.int64()),
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    bring({"a.parquet": buffer.getvalue()}, basis="split")
    assert close_of(market, "INFY") == {"2024-01-01": 1.5, "2024-01-02": 2.5}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv.gz", b"\x1f\x8b\x08\x00broken", "damaged"),
        ("a.zip", b"PK\x03\x04 not really", "damaged"),
        ("a.csv", b"", "empty"),
        ("a.parquet", b"PAR1 nonsense", "cannot be read"),
        ("a.csv.gz", gzip.compress(b"0" * 40_000_000, mtime=0), "far larger than a price file"),
        ("a.zip", zipped("a.csv", b"a,b\n")[:40], "damaged"),
    ],
    ids=["gzip", "zip", "empty", "parquet", "bomb", "truncated"],
)
def test_a_damaged_file_is_refused_with_the_reason(bring, name, content, words):
    assert words in bring({name: content}, basis="split").files[0].error


def test_formulas_in_rejects_are_made_harmless(bring):
    report = bring({"a.csv": GOOD + '2024-01-03,"=CMD()",0,1,1,1,1\n'}, basis="split")
    with open(report.files[0].rejects_file) as file:  # noqa: PTH123
        assert "'=CMD()" in file.read()


def test_the_simulated_world_takes_no_other_prices(bring):
    with pytest.raises(InvalidInput, match="simulated"):
        bring({"a.csv": GOOD}, data_set="simulated")
