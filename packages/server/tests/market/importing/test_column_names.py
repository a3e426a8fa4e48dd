"""The volume, the prices and the date under every name that NSE and others give them."""

from __future__ import annotations

import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.importing import run
from tradertape_server.features.market.importing.parsing.column_names import resembles_volume
from tradertape_server.features.market.importing.parsing.layouts import check_volume, find_columns
from tradertape_server.features.market.importing.request import ImportRequest

UTF8_MARK = "\ufeff"
# What the exchange publishes, as it spells it, with its next columns: a header and a row.
PUBLISHED = {
    "bhavcopy to July 2024": (
        "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,"
        "TOTALTRADES,ISIN,",
        "INFY,EQ,100,103,99,101,101.5,100.5,1234,125000,02-JAN-2024,90,INE009A01021,",
    ),
    "UDiFF": (
        "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,OpnPric,HghPric,"
        "LwPric,ClsPric,LastPric,PrvsClsgPric,OpnIntrst,TtlTradgVol,TtlTrfVal,TtlNbOfTxsExctd,"
        "SsnId,NewBrdLotQty",
        "2024-01-02,2024-01-02,CM,NSE,STK,1594,INE009A01021,INFY,EQ,,100,103,99,101,101.5,100.5,,"
        "1234,125000,90,F1,1",
    ),
    "sec_bhavdata_full": (
        "SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, "
        "CLOSE_PRICE, AVG_PRICE, TTL_TRD_QNTY, TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER",
        "INFY, EQ, 02-Jan-2024, 100.5, 100, 103, 99, 101.5, 101, 101.2, 1234, 1.25, 90, 600, 48.62",
    ),
    "history per security": (
        '"Symbol  ","Series  ","Date  ","Prev Close  ","Open Price  ","High Price  ","Low Price  ",'
        '"Last Price  ","Close Price  ","Average Price ","Total Traded Quantity  ","Turnover ₹  ",'
        '"No. of Trades  ","Deliverable Qty  ","% Dly Qt to Traded Qty  "',
        '"INFY","EQ","02-Jan-2024","100.50","100.00","103.00","99.00","101.50","101.00","101.20",'
        '"1,234","1,25,000.00","90","600","48.62"',
    ),
    "page of a security": (
        '"Date ","series ","OPEN ","HIGH ","LOW ","PREV. CLOSE ","ltp ","close ","vwap ","52W H ",'
        '"52W L ","VOLUME ","VALUE ","No of trades ","Symbol"',
        '"02-Jan-2024","EQ","100","103","99","100.5","101.5","101","101.2","150","90","1,234",'
        '"1,25,000","90","INFY"',
    ),
    "API of the history": (
        "CH_SYMBOL,CH_SERIES,CH_TRADE_HIGH_PRICE,CH_TRADE_LOW_PRICE,CH_OPENING_PRICE,"
        "CH_CLOSING_PRICE,CH_LAST_TRADED_PRICE,CH_PREVIOUS_CLS_PRICE,CH_TOT_TRADED_QTY,"
        "CH_TOT_TRADED_VAL,CH_TIMESTAMP,COP_DELIV_QTY",
        "INFY,EQ,103,99,100,101,101.5,100.5,1234,125000,2024-01-02,600",
    ),
    "PR archive": (
        "SERIES,SYMBOL,PREV_CL_PR,OPEN_PRICE,HIGH_PRICE,LOW_PRICE,CLOSE_PRICE,NET_TRDVAL,"
        "NET_TRDQTY,HI_52_WK,LO_52_WK,DATE",
        "EQ,INFY,100.5,100,103,99,101,125000,1234,150,90,2024-01-02",
    ),
    "BSE, history": (
        "Date,Open Price,High Price,Low Price,Close Price,WAP,No.of Shares,No. of Trades,"
        "Total Turnover (Rs.),Deliverable Quantity,% Deli. Qty to Traded Qty,Spread High-Low,"
        "Symbol",
        "2-January-2024,100,103,99,101,101.2,1234,90,125000,600,48.62,4,INFY",
    ),
    "header over several lines": (
        '"SYMBOL \n","DATE \n","OPEN \n","HIGH \n","LOW \n","CLOSE \n","VOLUME \n(shares)"',
        '"INFY","02-Jan-2024","100","103","99","101","1,234"',
    ),
}


@pytest.fixture
def bring(market, tmp_path):
    def bring(text, encoding="utf-8", **options):
        path = tmp_path / "prices.csv"
        path.write_text(text, encoding=encoding)
        return run.import_files(
            market.store, market.clock, ImportRequest(paths=(path,), basis="raw", **options)
        )

    return bring


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_spelling_gives_the_same_candle(bring, market, name, encoding):
    header, row = PUBLISHED[name]
    report = bring(f"{header}\n{row}\n", encoding)
    assert [file.error for file in report.files] == [""]
    series = market.candles("INFY")
    assert series.dates.astype(str).tolist() == ["2024-01-02"]
    candle = (series.open, series.high, series.low, series.close, series.volume)
    assert [column.tolist() for column in candle] == [[100.0], [103.0], [99.0], [101.0], [1234.0]]


@pytest.mark.parametrize(
    "header",
    [
        "TOTTRDQTY",
        "TTL_TRD_QNTY",
        "TtlTradgVol",
        "Total Traded Quantity",
        "total traded qty.",
        "Traded Quantity",
        "Quantity Traded",
        "Shares Traded",
        "No. of Shares",
        "NO_OF_SHRS",
        "VOLUME ",
        " Vol.",
        "Traded Volume",
        "Volume (Nos.)",
    ],
)
def test_these_are_the_volume(header):
    assert find_columns(["Date", "Close", header, "Deliverable Qty"], {})["volume"] == header


@pytest.mark.parametrize(
    "header",
    [
        "Deliverable Qty",
        "DELIV_QTY",
        "Deliverable Volume",
        "COP_DELIV_QTY",
        "% Dly Qt to Traded Qty",
        "No. of Trades",
        "TURNOVER_LACS",
        "TOTTRDVAL",
        "Traded Value",
        "NewBrdLotQty",
        "Volatility",
        "Shares Outstanding",
        "Open Interest",
        "Total Buy Quantity",
    ],
)
def test_these_are_another_thing_than_the_volume(header):
    assert "volume" not in find_columns(["Date", "Close", header], {})
    assert not resembles_volume(header)


@pytest.mark.parametrize(
    "header", ["Qty", "Volume (Lakhs)", "Volume in 000s", "Traded Shs", "Quantity (Lots)"]
)
def test_an_unknown_name_like_the_volume_stops_the_import(bring, market, header):
    text = f"Date,Symbol,Open,High,Low,Close,{header}\n2024-01-02,INFY,100,103,99,101,1234\n"
    refused = bring(text)
    assert f"--map volume='{header}'" in refused.files[0].error
    assert refused.candles == 0

    bring(text, columns={"volume": "-"}, data_set="without")
    assert market.candles("INFY", data_set="without").volume.tolist() == [0.0]
    bring(text, columns={"volume": header}, data_set="with")
    assert market.candles("INFY", data_set="with").volume.tolist() == [1234.0]


def test_two_columns_with_one_meaning_need_a_choice(bring, market):
    text = (
        "Date,Symbol,Open,High,Low,Close,Volume,Total Traded Quantity\n"
        "2024-01-02,INFY,100,103,99,101,5,1234\n"
    )
    assert "both Volume and Total Traded Quantity may be the volume" in bring(text).files[0].error
    bring(text, columns={"volume": "total traded quantity"})
    assert market.candles("INFY").volume.tolist() == [1234.0]


def test_a_name_twice_in_a_header_is_refused(bring):
    report = bring("Date,Symbol,Open,High,Low,Close,Close\n2024-01-02,INFY,100,103,99,101,7\n")
    assert report.files[0].error == "2 columns are named Close: rename or remove all but one"


def test_the_lines_of_rejects_count_a_header_of_several_lines(bring):
    header, row = PUBLISHED["header over several lines"]
    report = bring(f"{header}\n{row}\n\nonly,two\n{row.replace('99', '-1')}\n")
    with open(report.files[0].rejects_file) as file:  # noqa: PTH123 - a str path
        lines = [line.split(",")[0] for line in file.read().splitlines()[1:]]
    assert lines == ["11", "12"]


def test_a_file_without_any_volume_passes():
    check_volume(["Date", "Close"], {"date": "Date", "close": "Close"}, {})
    with pytest.raises(InvalidInput, match="may be the volume"):
        check_volume(["Date", "Close", "Qty"], {"date": "Date", "close": "Close"}, {})
