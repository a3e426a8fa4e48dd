"""Fetching, against a local server that answers like the source.

What is real here: our URLs, headers, retries, resumption, unpacking and import, all over HTTP; for
Yahoo also yfinance itself, whose session is turned to the local server. What is not: the sources'
own behaviour, which nobody can test offline.
"""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.cli.main import app
from tradertape_server.features.market.fetching import nse, run
from tradertape_server.features.market.fetching.request import FetchRequest

OLD_HEADER = (
    "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,TOTALTRADES,"
    "ISIN\n"
)
NO_CHART = {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data"}}}
UDIFF_HEADER = (
    "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,OpnPric,HghPric,LwPric,"
    "ClsPric,TtlTradgVol\n"
)


class Source(ThreadingHTTPServer):
    """Answers by path: a function of the path, or one from a queue of odd answers first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.odd: dict[str, list[tuple[int, bytes]]] = {}
        self.asked: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.missing = b"Not here"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Source

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.server.asked[path] += 1
        self.server.agents.add(self.headers.get("User-Agent", ""))
        odd = self.server.odd.get(path)
        content = self.server.files.get(path)
        status, body = (
            odd.pop(0) if odd else (200, content) if content else (404, self.server.missing)
        )
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "7")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_arguments) -> None: ...


@pytest.fixture
def source():
    server = Source()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def fetch(market, source, waits):
    def fetch(start, end, **options):
        request = FetchRequest(
            start=date.fromisoformat(start),
            end=date.fromisoformat(end),
            base_url=source.url,
            **{"source": "nse", "indices": False, **options},
        )
        return run.fetch(market.home, market.store, market.clock, request, sleep=waits.append)

    return fetch


def old_file(day: date, close: float = 101.0) -> bytes:
    row = f"INFY,EQ,100,102,99,{close},101,100,10,1010,{day:%d-%b-%Y},5,INE009A01021\n"
    return packed(f"cm{day:%d%b%Y}bhav.csv".upper(), OLD_HEADER + row)


def udiff_file(day: date) -> bytes:
    row = f"{day},{day},CM,NSE,STK,1594,INE009A01021,INFY,EQ,100,102,99,101,10\n"
    return packed("bhav.csv", UDIFF_HEADER + row)


def packed(name: str, text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return content.getvalue()


def publish(source: Source, *days: str) -> list[str]:
    paths = []
    for day in map(date.fromisoformat, days):
        is_udiff = day >= nse.UDIFF_FROM
        path = nse.udiff_path(day) if is_udiff else nse.old_path(day)
        source.files[path] = udiff_file(day) if is_udiff else old_file(day)
        paths.append(path)
    return paths


def test_the_archive_paths_are_the_exchanges():
    assert nse.paths_of(date(2020, 1, 1)) == [
        "/content/historical/EQUITIES/2020/JAN/cm01JAN2020bhav.csv.zip"
    ]
    assert nse.paths_of(date(2024, 7, 8))[0] == (
        "/content/cm/BhavCopy_NSE_CM_0_0_0_20240708_F_0000.csv.zip"
    )
    assert nse.paths_of(date(2024, 7, 5))[0].endswith("/2024/JUL/cm05JUL2024bhav.csv.zip")


def test_both_layouts_come_in_over_the_change(fetch, source, market):
    publish(source, "2024-07-04", "2024-07-05", "2024-07-08", "2024-07-09")
    report = fetch("2024-07-04", "2024-07-09")
    assert (report.downloaded, report.absent, report.failed) == (4, [], [])
    assert report.imported.data_set == "nse-raw"
    assert report.imported.basis == "raw"
    assert market.candles("INFY").dates.astype(str).tolist() == [
        "2024-07-04",
        "2024-07-05",
        "2024-07-08",
        "2024-07-09",
    ]


def test_holidays_and_weekends_are_not_asked_for(fetch, source):
    publish(source, "2024-01-25", "2024-01-29")  # the 26th is Republic Day, then a weekend
    report = fetch("2024-01-25", "2024-01-29")
    assert report.downloaded == 2
    assert not any("26JAN" in path or "27JAN" in path for path in source.asked)


def test_a_session_the_source_lacks_is_reported(fetch, source):
    publish(source, "2024-01-01")
    report = fetch("2024-01-01", "2024-01-02")
    assert report.absent == ["2024-01-02"]
    assert report.imported.candles == 1


def test_a_busy_source_is_asked_again_after_the_time_it_names(fetch, source, waits):
    (path,) = publish(source, "2024-01-01")
    source.odd[path] = [(429, b""), (503, b"")]
    assert fetch("2024-01-01", "2024-01-01").downloaded == 1
    assert source.asked[path] == 3
    assert 7 in waits


def test_a_truncated_zip_is_asked_for_again(fetch, source):
    (path,) = publish(source, "2024-01-01")
    source.odd[path] = [(200, source.files[path][:60])]
    report = fetch("2024-01-01", "2024-01-01")
    assert (report.downloaded, source.asked[path]) == (1, 2)


def test_a_refusal_is_not_repeated(fetch, source):
    (path,) = publish(source, "2024-01-01")
    source.odd[path] = [(403, b"")] * 9
    report = fetch("2024-01-01", "2024-01-01")
    assert report.failed == ["2024-01-01: the source responds with status 403"]
    assert source.asked[path] == 1
    assert report.imported is None


def test_a_source_that_stays_broken_is_given_up_and_the_rest_comes_in(fetch, source):
    broken, _ = publish(source, "2024-01-01", "2024-01-02")
    source.odd[broken] = [(500, b"")] * 9
    report = fetch("2024-01-01", "2024-01-02")
    assert len(report.failed) == 1
    assert source.asked[broken] == 4
    assert report.imported.candles == 1


def test_what_is_here_is_not_asked_for_again(fetch, source, market):
    publish(source, "2024-01-01", "2024-01-02")
    fetch("2024-01-01", "2024-01-01")
    source.asked.clear()
    report = fetch("2024-01-01", "2024-01-02")
    assert (report.kept, report.downloaded) == (1, 1)
    assert sum(source.asked.values()) == 1
    assert [file.outcome for file in report.imported.files] == ["unchanged", "imported"]


def test_an_interrupted_fetch_goes_on_where_it_stopped(fetch, source, market, monkeypatch):
    publish(source, "2024-01-01", "2024-01-02", "2024-01-03")
    whole = nse.write_atomically
    written: list[str] = []

    def interrupted(path, content):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path.name)
        whole(path, content)

    monkeypatch.setattr(nse, "write_atomically", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch("2024-01-01", "2024-01-03")
    monkeypatch.undo()
    assert market.data_sets() == []
    report = fetch("2024-01-01", "2024-01-03")
    assert (report.kept, report.downloaded) == (2, 1)
    assert report.imported.candles == 3


def test_requests_look_like_a_browser_and_keep_a_distance(fetch, source, waits):
    publish(source, "2024-01-01", "2024-01-02", "2024-01-03")
    fetch("2024-01-01", "2024-01-03")
    assert all(agent.startswith("Mozilla/") for agent in source.agents)
    assert len(waits) == 2
    assert min(waits) >= 0.3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"source": "bloomberg"}, "--source must be one of nse, yahoo"),
        ({"source": "yahoo"}, "--symbols"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(options, words):
    with pytest.raises(InvalidInput, match=words):
        FetchRequest(start=date(2024, 1, 1), **options)


def test_the_closing_values_of_the_indices_come_along(fetch, source, market):
    publish(source, "2024-01-01", "2024-01-02")
    source.files["/content/indices/ind_close_all_01012024.csv"] = (
        b"Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,"
        b"Closing Index Value,Points Change,Change(%),Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield\n"
        b"Nifty 50,01-01-2024,21727.75,21834.35,21680.85,21741.90,10.50,.05,1,2,23,3,1\n"
        b"India VIX,01-01-2024,14.5,14.9,14.1,14.68,.18,1.2,-,-,-,-,-\n"
        b"Nifty1D Rate Index,01-01-2024,-,-,-,2231.64,.4,.02,-,-,-,-,-\n"
    )
    report = fetch("2024-01-01", "2024-01-02", indices=True)
    assert report.absent == ["2024-01-02 indices"]
    assert report.failed == []
    assert market.candles("NIFTY 50").close.tolist() == [21741.9]
    panel = market.panel("all", date(2024, 1, 1), date(2024, 1, 2))
    assert set(panel.indices) == {"NIFTY 50", "INDIA VIX", "NIFTY1D RATE INDEX"}


def test_a_page_in_place_of_the_index_file_is_not_taken_for_it(fetch, source):
    publish(source, "2024-01-01")
    source.files["/content/indices/ind_close_all_01012024.csv"] = b"<html>Busy</html>"
    report = fetch("2024-01-01", "2024-01-01", indices=True)
    assert report.failed == ["2024-01-01 indices: the downloaded file is damaged (4 attempts)"]
    assert report.imported.candles == 1


def test_days_to_come_are_refused(fetch):
    with pytest.raises(InvalidInput, match="no session"):
        fetch("2030-01-01", "2030-01-05")


def chart(symbol: str, days: list[str], close: list[float], adjusted: list[float]) -> bytes:
    """An answer of Yahoo's chart service, as yfinance reads it."""
    moments = [
        int(datetime.fromisoformat(f"{day}T03:45:00").replace(tzinfo=UTC).timestamp())
        for day in days
    ]
    meta = {
        "currency": "INR",
        "symbol": f"{symbol}.NS",
        "exchangeName": "NSI",
        "fullExchangeName": "NSE",
        "instrumentType": "EQUITY",
        "firstTradeDate": 820467900,
        "regularMarketTime": moments[-1],
        "gmtoffset": 19800,
        "timezone": "IST",
        "exchangeTimezoneName": "Asia/Kolkata",
        "regularMarketPrice": close[-1],
        "priceHint": 2,
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "1mo", "max"],
    }
    quote = {
        "open": close,
        "high": [value + 1 for value in close],
        "low": [value - 1 for value in close],
        "close": close,
        "volume": [1000] * len(close),
    }
    result = {
        "meta": meta,
        "timestamp": moments,
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": adjusted}]},
    }
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


# yfinance calls pandas in ways that its next major version will drop.
@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_yahoo_comes_in_split_adjusted_with_its_dividends_apart(fetch, source, market):
    days = ["2025-01-15", "2025-01-16", "2025-01-17"]
    close = [4200.0, 4228.0, 4124.3]
    factor = 1 - 76 / 4228
    adjusted = [round(close[0] * factor, 2), round(close[1] * factor, 2), close[2]]
    source.files["/v8/finance/chart/TCS.NS"] = chart("TCS", days, close, adjusted)
    source.files["/v1/test/getcrumb"] = b"crumb"
    source.missing = json.dumps(NO_CHART).encode()
    nifty = [23213.2, 23311.8, 23203.2]
    source.files["/v8/finance/chart/%5ENSEI"] = chart("^NSEI", days, nifty, nifty)
    report = fetch(
        "2025-01-15", "2025-01-17", source="yahoo", symbols=("NSE:TCS", "NOSUCH"), indices=True
    )
    assert report.downloaded == 2
    assert report.failed == []
    assert report.absent == ["NOSUCH", "NIFTY BANK"]
    assert market.candles("NIFTY 50").close.tolist() == nifty
    assert (report.imported.data_set, report.imported.basis) == ("yahoo", "split")
    series = market.candles("TCS")
    assert series.dates.astype(str).tolist() == days
    assert series.close.tolist() == close
    (dividend,) = _dividends(market, "yahoo")
    assert (dividend.symbol, str(dividend.ex_date)) == ("TCS", "2025-01-17")
    assert dividend.amount == pytest.approx(76, abs=0.05)
    again = fetch("2025-01-15", "2025-01-17", source="yahoo", symbols=("TCS",))
    assert (again.kept, again.downloaded) == (1, 0)


def _dividends(market, name):
    from tradertape_server.features.market.data_sets.draft import read_draft

    return read_draft(market.store, market.store.manifest(name)).dividends


def test_the_command_fetches_and_imports(source, tmp_path, monkeypatch):
    monkeypatch.setenv("TRADERTAPE_HOME", str(tmp_path / "home"))
    publish(source, "2024-01-01")
    asked = ["data", "fetch", "--from", "2024-01-01", "--to", "2024-01-01", "--data-set", "mine"]
    asked.append("--no-indices")
    done = CliRunner().invoke(app, [*asked, "--base-url", source.url])
    assert done.exit_code == 0, done.output
    assert "1 downloaded, 0 already present" in done.output
    assert "Data set mine: 1 candles" in done.output
    broken = [*asked[:3], "2024-01-02", "--to", "2024-01-02", "--no-indices", "--json"]
    broken += ["--base-url", source.url]
    source.odd[nse.old_path(date(2024, 1, 2))] = [(403, b"")]
    refused = CliRunner().invoke(app, broken)
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["failed"] == [
        "2024-01-02: the source responds with status 403"
    ]
