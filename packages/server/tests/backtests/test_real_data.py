"""BT-01 on real NSE prices: import the set as a person does, then run a strategy through it."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.service import MarketService
from tradertape_server.platform.clock import SystemClock

RUN = [
    "--strategy", "v3_dip_buyer", "--universe", "nifty_100",
    "--start", "2020-01-01", "--end", "2026-01-01", "--json",
]  # fmt: skip
IMPORT = ["--data-set", "nse", "--basis", "split"]


def _call(home: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tradertape_server", *arguments],
        env={**os.environ, "TRADERTAPE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def real_home(real_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("real")
    _call(home, "data", "import", str(real_data_dir / "nse_daily.parquet"), *IMPORT, "--json")
    return home


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for each in value.values() for number in _numbers(each)]
    if isinstance(value, list):
        return [number for each in value for number in _numbers(each)]
    return [value] if isinstance(value, float) else []


@pytest.mark.real_data
@pytest.mark.slow
def test_bt_01_the_dip_buyer_runs_on_real_prices_with_warnings(real_home: Path) -> None:
    report = _call(real_home, "backtest", "run", *RUN)
    again = _call(real_home, "backtest", "run", *RUN, "--data-set", "nse")

    market = MarketService(real_home, SystemClock())
    held = set(market.columns("nse")[1].symbols)
    trades = report["trades"]
    assert (report["data_set"], report["simulated"]) == ("nse", False)
    assert len(trades) == report["summary"]["total_trades"] > 100
    assert {trade["symbol"] for trade in trades} <= held
    assert all(re.fullmatch(r"[A-Z0-9&-]+", trade["symbol"]) for trade in trades)
    assert all(math.isfinite(number) for number in _numbers(report))
    assert any("survivorship" in warning for warning in report["warnings"])
    assert not any("imulated" in warning for warning in report["warnings"])
    # Nothing was bought where no such price was; where added to, the price is an average.
    for trade in [trade for trade in trades if not trade["addons"]][::25]:
        candles = market.candles(trade["symbol"])
        row = candles.dates.astype(str).tolist().index(trade["entry_date"])
        assert candles.low[row] * 0.99 <= trade["entry_price"] <= candles.high[row] * 1.01
    assert report.pop("took_ms") != again.pop("took_ms")
    assert report == again


@pytest.mark.real_data
def test_a_data_set_without_the_universe_is_an_error(real_home: Path) -> None:
    market = MarketService(real_home, SystemClock())

    with pytest.raises(InvalidInput, match="nifty_9000"):
        market.members("nifty_9000")
