"""The tear sheet: one file, no scripts, nothing from outside, nothing unescaped."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.backtest.report.report import build_report
from tradertape_core.backtest.tearsheet.page import tear_sheet
from tradertape_core.backtest.tearsheet.svg import (
    Line,
    bar_chart,
    histogram,
    line_chart,
    round_ticks,
)


def report_of(run, **document):
    return build_report(
        run.simulation, run.panel, run.strategy, run.config,
        document={"name": "Dips"} | document, took_ms=1, engine_version="1",
    )  # fmt: skip


class Balanced(HTMLParser):
    """Fails on a tag closed out of order."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.seen = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_complete_and_stands_alone(busy_run):
    page = tear_sheet(report_of(busy_run))
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert "script" not in parser.seen
    assert not re.search(r"https?://|url\(|@import|src=", page)
    for part in ("Equity and benchmark", "Monthly returns", "Deepest drawdowns", "All figures",
                 "prefers-color-scheme", "@media print", "₹10.15 lakh"):  # fmt: skip
        assert part in page


def test_the_page_is_the_same_for_the_same_report(busy_run):
    assert tear_sheet(report_of(busy_run)) == tear_sheet(report_of(busy_run))


def test_names_and_texts_cannot_become_markup(busy_run):
    evil = "<img src=x onerror=alert(1)>"
    run = replace(
        busy_run,
        panel=replace(busy_run.panel, symbols=(evil, "B"), sectors=(evil, "B"),
                      universe_warnings=(evil,)),
    )  # fmt: skip
    assert evil not in tear_sheet(report_of(run, name=evil))


def test_simulated_prices_carry_a_banner(busy_run):
    banner = "Simulated prices: no such market existed."
    assert banner not in tear_sheet(report_of(busy_run))
    simulated = replace(busy_run, panel=replace(busy_run.panel, simulated=True))
    assert banner in tear_sheet(report_of(simulated))


def test_a_run_without_anything_still_makes_a_page(run_of):
    page = tear_sheet(report_of(run_of([1000.0])))
    assert "The entry rules gave no signal" in page
    assert "Best and worst trades" not in page


def test_charts_are_well_formed_and_stay_within_their_frame():
    values = np.array([1.0, np.nan, -2.0, 3.0])
    dates = ["2023-12-29", "2024-01-01", "2024-01-02", "2025-01-01"]
    lines = [Line(values, "own"), Line(-np.abs(values), "drawdown", is_area=True)]
    chart = line_chart(dates, lines, height=100, label=str, title="a < b")
    root = ET.fromstring(chart)  # noqa: S314 - our own text
    for shape in root.iter():
        for point in (shape.get("points") or "").split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 960
            assert 0 <= y <= 100
    ET.fromstring(bar_chart(["a", "<b>"], [1, -1], height=90, label=str, title=""))  # noqa: S314
    ET.fromstring(histogram(np.array([1.0, -2, 3]), height=90, title=""))  # noqa: S314


def test_the_deepest_day_survives_when_a_long_curve_is_thinned():
    values = np.zeros(5000)
    values[2345] = -50.0
    dates = [str(day) for day in np.arange("2000-01-01", "2013-09-09", dtype="datetime64[D]")]
    chart = line_chart(dates[:5000], [Line(values, "drawdown", is_area=True)], height=100,
                       label=str, title="")  # fmt: skip
    heights = [float(p.split(",")[1]) for p in re.search('points="([^"]+)"', chart)[1].split()]
    assert max(heights) == pytest.approx(76)
    assert len(heights) < 500


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_nothing_to_draw_is_no_chart(values):
    assert (
        line_chart(["a", "b"], [Line(np.array(values), "own")], height=9, label=str, title="") == ""
    )
    assert histogram(np.array(values), height=9, title="") == ""


@given(st.floats(-1e5, 1e5), st.floats(0.1, 1e9))
def test_ticks_span_the_values_in_few_round_steps(low, size):
    ticks = round_ticks(low, low + size)
    step = ticks[1] - ticks[0]
    assert ticks[0] <= low + step * 1e-6
    assert ticks[-1] >= low + size - step * 1e-6
    assert 2 <= len(ticks) <= 8
