"""The Backtesting guide says of every figure what the code says."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.metrics.summary import FIGURES

GUIDE = Path(__file__).parents[5] / "docs" / "backtesting.md"


@pytest.fixture(scope="module")
def guide():
    return GUIDE.read_text(encoding="utf-8")


def test_the_table_of_figures_is_the_one_in_the_code(guide):
    _, part = guide.split("### Every figure", 1)
    part, _ = part.split("### ", 1)
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| (.+) \|$", part, re.MULTILINE)
    written = [(name, unit, meaning.replace("\\|", "|")) for name, unit, meaning in rows]
    assert written == [(name, f.unit, f.meaning) for name, f in FIGURES.items()]


def test_every_field_of_a_backtest_stands_in_the_guide_with_its_default(guide):
    _, part = guide.split("## What you can ask for", 1)
    part, _ = part.split("\n## ", 1)
    for field in fields(BacktestConfig):
        assert f"`{field.name}`" in part, field.name
        default = field.default
        if isinstance(default, str | int | float) and not isinstance(default, bool):
            text = default if isinstance(default, str) else f"{default:g}".replace("e+06", "000000")
            row = next(line for line in part.splitlines() if line.startswith(f"| `{field.name}`"))
            assert text in row, field.name
