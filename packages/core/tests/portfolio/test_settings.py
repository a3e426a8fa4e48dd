"""What a portfolio may be deployed with, and the backtest that trades as it does."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.backtest.config import Sizing
from tradertape_core.kernel.errors import InvalidDocument
from tradertape_core.portfolio.capital import Capital
from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_core.strategy.parse.document import complete, parse_strategy


def test_the_defaults_are_those_of_the_design():
    found = PortfolioSettings()
    assert (found.universe, found.starting_capital, found.position_size_pct) == (
        "nifty_100", 1_000_000, 10,
    )  # fmt: skip
    assert (found.max_positions, found.max_per_sector, found.max_oversubscription) == (10, 2, 1)
    assert (found.paper_mode, found.broker, found.auto_place_signals) == (True, "kite", False)
    assert (found.sizing, found.benchmark) == (Sizing("equal_pct", 1.0), "NIFTY 50")
    assert (found.min_hold_days, found.atr_stop_multiplier, found.paper_fill) == (
        None, None, "close",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("broker", "nobody"), ("max_oversubscription", 0), ("min_hold_days", -1),
        ("atr_stop_multiplier", 99), ("signal_valid_days", 0), ("max_positions", 0),
        ("position_size_pct", 0), ("starting_capital", 1), ("max_per_sector", -1),
    ],
)  # fmt: skip
def test_a_setting_out_of_its_range_is_named(field, value):
    with pytest.raises(InvalidDocument) as refused:
        PortfolioSettings(**{field: value})
    assert f"/{field}" in [one.pointer for one in refused.value.problems]


@pytest.mark.parametrize(
    ("paper_fill", "model"),
    [("close", "close"), ("next_open", "next_open"), ("touch", "gtt_touch")],
)
def test_the_paper_fill_is_a_fill_model_of_the_backtest(paper_fill, model):
    config = PortfolioSettings(paper_fill=paper_fill).backtest(date(2024, 1, 1))
    assert config.fill_model == model


def test_hold_and_stop_of_the_portfolio_take_the_place_of_the_strategys():
    document = complete(BASE_MODELS["v2_breakout"])
    whole = PortfolioSettings(min_hold_days=7, atr_stop_multiplier=4.0).applied_to(document)
    strategy = parse_strategy(whole)
    assert strategy.config.min_hold == 7
    assert {strategy.config.atr_stop_mult, strategy.stops.atr_stop_mult} == {4}
    assert PortfolioSettings().applied_to(document) == document


@given(
    cash=st.integers(0, 10**12), deployed=st.integers(0, 10**12), committed=st.integers(0, 10**12),
    factor=st.floats(0.1, 10),
)  # fmt: skip
def test_free_capital_is_never_negative_and_never_counts_positions(
    cash, deployed, committed, factor
):
    capital = Capital(0, cash, deployed, committed)
    assert capital.current == cash + deployed
    assert 0 <= capital.free(factor) <= cash * factor
    assert capital.free(factor) == Capital(0, cash, 0, committed).free(factor)
