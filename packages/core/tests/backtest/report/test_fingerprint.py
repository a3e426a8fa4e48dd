"""Equal requests have equal hashes, however their numbers were written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.report.fingerprint import canonical_json, config_echo, report_hash

CONFIG = BacktestConfig(date(2020, 1, 1), date(2021, 1, 1))


def test_a_whole_number_of_rupees_hashes_alike_with_and_without_decimals() -> None:
    written = replace(CONFIG, starting_capital=1_000_000, slippage_bps=5, risk_free_pct=0)

    assert canonical_json(config_echo(written)) == canonical_json(config_echo(CONFIG))


def test_whatever_decides_the_figures_changes_the_hash() -> None:
    base = report_hash(CONFIG, {"name": "a"}, "v1", "1")
    others = [
        report_hash(replace(CONFIG, max_positions=11), {"name": "a"}, "v1", "1"),
        report_hash(CONFIG, {"name": "b"}, "v1", "1"),
        report_hash(CONFIG, {"name": "a"}, "v2", "1"),
        report_hash(CONFIG, {"name": "a"}, "v1", "2"),
    ]

    assert len({base, *others}) == 5
    assert report_hash(CONFIG, {"name": "a"}, "v1", "1") == base
