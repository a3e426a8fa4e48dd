from __future__ import annotations

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tradertape_core.kernel.errors import StoredDataDamaged
from tradertape_server.cli.main import app
from tradertape_server.cli.opening import read_settings
from tradertape_server.cli.server.doctor import examine

GOOD = "date,symbol,open,high,low,close,volume\n2024-01-01,INFY,100,102,99,101,1000\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRADERTAPE_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def data(home):
    def run(*arguments):
        return CliRunner().invoke(app, ["data", *map(str, arguments)])

    return run


@pytest.fixture
def good(home):
    path = home / "good.csv"
    path.write_text(GOOD)
    return path


def test_an_import_says_what_came_in_and_what_is_active(data, good):
    done = data("import", good, "--basis", "split")
    assert done.exit_code == 0, done.output
    assert "✓ good.csv: 1 candles; 1 new" in done.output
    assert "nse is now the active data set" in done.output
    assert "= good.csv: imported before" in data("import", good, "--basis", "split").output


def test_json_is_the_whole_answer(data, good):
    report = json.loads(data("import", good, "--basis", "split", "--json").stdout)
    assert report["data_version"].startswith("nse-split-")
    assert report["activated"] is True
    assert report["files"][0]["outcome"] == "imported"
    (status,) = json.loads(data("status", "--json").stdout)
    assert (status["name"], status["active"], status["candles"]) == ("nse", True, 1)
    checks = json.loads(data("verify", "--json").stdout)
    assert {check["name"] for check in checks} >= {"content", "prices", "gaps", "cache", "splits"}


def test_a_refused_file_is_exit_code_1(data, good):
    done = data("import", good)
    assert done.exit_code == 1
    assert "state how the prices are adjusted" in done.output


def test_a_mistyped_command_is_exit_code_2(data, home):
    assert data("import", home / "absent.csv").exit_code == 2
    assert data("fetch").exit_code == 2


def test_rejects_are_told_with_their_file(data, home):
    path = home / "bad.csv"
    path.write_text(GOOD + "2024-01-02,INFY,0,1,1,1,1\n")
    done = data("import", path, "--basis", "split")
    assert done.exit_code == 0
    assert "1 rows rejected: a price is zero or negative (1)" in done.output
    assert "bad.rejects.csv" in done.output


def test_use_switches_the_active_set(data, good):
    data("import", good, "--basis", "split")
    data("import", good, "--basis", "total_return", "--data-set", "other")
    assert "New runs use other" in data("use", "other").output
    table = data("status").output
    assert "*  other" in table
    assert data("use", "absent").exit_code == 1


def test_status_of_an_empty_home_says_what_to_do(data):
    assert "There is no data set yet" in data("status").output
    assert json.loads(data("status", "--json").stdout) == []


def test_verify_fails_on_a_damaged_set(data, good, home):
    data("import", good, "--basis", "split")
    manifest = home / "home" / "market" / "nse" / "manifest.json"
    document = json.loads(manifest.read_text())
    document["content_hash"] = "0" * 64
    manifest.write_text(json.dumps(document))
    done = data("verify")
    assert done.exit_code == 1
    assert "✗ files       its manifest.json has been altered" in done.output
    assert "✗ nse: its manifest.json has been altered" in data("status").output


@pytest.mark.parametrize("size", [0, 100, 1000])
def test_truncated_parquet_is_told_by_every_command_without_a_traceback(data, good, home, size):
    data("import", good, "--basis", "split")
    (path,) = (home / "home/market/nse/day").glob("candles-*.parquet")
    content = path.read_bytes()
    os.truncate(path, min(size, len(content) - 1))
    done = data("verify")
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert f"✗ files       day/{path.name} has been altered or truncated" in done.output
    assert "tradertape data discard nse" in done.output
    assert path.name in data("status").output
    assert isinstance(data("import", good).exception, StoredDataDamaged)
    finding = {one.name: one for one in examine(read_settings())}["market data"]
    assert finding.status == "fail"
    assert path.name in finding.detail
    assert "tradertape data discard nse" in finding.mend
    path.write_bytes(content)
    assert data("verify").exit_code == 0


def test_a_damaged_cache_is_a_warning_of_the_doctor_and_an_error_of_verify(data, good, home):
    data("import", good, "--basis", "split")
    (path,) = (home / "home/market/nse/columns").glob("*/day/close.npy")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    done = data("verify")
    assert done.exit_code == 1
    assert "✗ cache       the column cache is damaged (close.npy has been altered)" in done.output
    finding = {one.name: one for one in examine(read_settings())}["market data"]
    assert (finding.status, "close.npy has been altered" in finding.detail) == ("warn", True)
    assert data("status").exit_code == 0  # the first reader builds it again
    assert data("verify").exit_code == 0


def test_accept_and_discard(data, good, home):
    before = json.loads(data("import", good, "--basis", "split", "--json").stdout)["data_version"]
    (path,) = (home / "home/market/nse/day").glob("candles-*.parquet")
    table = pq.read_table(path)
    place = table.schema.get_field_index("volume")
    pq.write_table(table.set_column(place, "volume", pa.array([2000.0])), path)
    assert data("verify").exit_code == 1
    accepted = json.loads(data("accept", "nse", "--json").stdout)["data_version"]
    assert accepted != before
    assert data("verify").exit_code == 0
    done = data("discard", "nse")
    assert ".discarded" in done.output
    assert "There is no data set yet" in data("status").output


HEAD = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,"
    "lot_size,instrument_type,segment,exchange\n"
)
ROWS = (
    "408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE\n"
    "9001,35,NIFTY30JAN25000CE,NIFTY,0,2030-01-29,25000,0.05,65,CE,NFO-OPT,NFO\n"
    "1,1,CRUDE,CRUDE,0,,0,1,1,FUT,MCX-FUT,MCX\n"
)


@pytest.mark.parametrize("kind", ["auto", "instruments"])
def test_a_brokers_instrument_file_takes_the_place_of_ours(data, home, kind):
    path = home / "instruments.csv"
    path.write_text(HEAD + ROWS)
    done = data("import", path, "--kind", kind)
    assert done.exit_code == 0, done.output
    assert "2 instruments, 1 of them derivatives; skipped: 1 for another exchange" in done.output
    assert (home / "home/instruments/kite.csv").read_text() == HEAD + ROWS
    report = json.loads(data("import", path, "--json").stdout)
    assert (report["instruments"], report["derivatives"]) == (2, 1)


def test_an_instrument_file_comes_alone_and_whole_or_not_at_all(data, home, good):
    path = home / "instruments.csv"
    path.write_text(HEAD)
    refused = data("import", path, "--kind", "instruments")
    assert refused.exit_code == 1
    assert "no row of the file could be read" in str(refused.exception or refused.output)
    assert "imported alone" in str(data("import", path, good).exception)
    assert not (home / "home/instruments/kite.csv").exists()
