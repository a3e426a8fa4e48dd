"""docs/indicators.md is the catalogue."""

from __future__ import annotations

from pathlib import Path

import tradertape_indicators as ta
from tradertape_indicators.catalogue.page import render

PAGE = Path(__file__).parents[3] / "docs" / "indicators.md"


def test_the_page_is_the_catalogue():
    assert PAGE.read_text(encoding="utf-8") == render(), (
        "run: python -m tradertape_indicators.catalogue > docs/indicators.md"
    )


def test_the_page_names_every_indicator_and_short_name():
    for name in (*ta.CATALOGUE, *ta.SHORT_NAMES):
        assert f"| `{name}` |" in render()
