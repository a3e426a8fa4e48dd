"""What a chain implies and what it sums to (KQ-01)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.options.chain import (
    CALL,
    PUT,
    Chain,
    ChainQuotes,
    around_money,
    build_chain,
    max_pain,
    put_call_ratio,
)
from tradertape_core.options.greeks import RISK_FREE_RATE, forward_price


def quotes_of(strikes: list[float], oi: list[list[int]], spot: float = 100.0) -> ChainQuotes:
    shape = (len(strikes), 2)
    units = np.array(oi, dtype=np.int64)
    return ChainQuotes(
        spot=spot, strikes=np.array(strikes), last=np.full(shape, 1.0), bid=np.zeros(shape),
        ask=np.zeros(shape), volume=units * 2, oi=units,
    )  # fmt: skip


def test_a_chain_finds_the_forward_its_prices_were_made_with(chain: Chain) -> None:
    made_with = forward_price(chain.quotes.spot, chain.years, RISK_FREE_RATE)
    assert chain.forward_source == "parity"
    assert chain.forward == pytest.approx(float(made_with), abs=0.1)


def test_calls_and_puts_of_one_strike_imply_one_volatility(chain: Chain) -> None:
    near = np.abs(chain.strikes / chain.forward - 1) < 0.01
    difference = chain.volatility[near, CALL] - chain.volatility[near, PUT]
    assert np.abs(difference).max() < 0.005


def test_deltas_fall_from_one_to_nothing(chain: Chain) -> None:
    delta = chain.greeks.delta
    assert (np.diff(delta[:, CALL]) <= 0.01).all()
    assert delta[0, CALL] > 0.98
    assert delta[-1, PUT] < -0.98
    assert delta[:, CALL] - delta[:, PUT] == pytest.approx(np.ones(len(delta)), abs=0.01)


def test_an_option_whose_price_implies_nothing_borrows_its_twins_volatility(chain: Chain) -> None:
    """Deep in the money the middle of bid and ask may lie below the intrinsic value."""
    quotes = chain.quotes
    low = quotes.last.copy()
    low[0, CALL] = 0.5 * (chain.forward - quotes.strikes[0])
    stale = replace(quotes, last=low, bid=np.zeros_like(low), ask=np.zeros_like(low))
    found = build_chain(stale, years=chain.years)
    assert np.isnan(found.volatility[0, CALL])
    assert found.greeks.delta[0, CALL] == pytest.approx(1.0, abs=0.01)


def test_without_prices_there_are_no_greeks_and_the_forward_is_the_carry() -> None:
    quotes = quotes_of([95.0, 100.0, 105.0], [[0, 0]] * 3)
    empty = replace(quotes, last=np.full((3, 2), np.nan))
    found = build_chain(empty, years=0.1)
    assert found.forward_source == "carry"
    assert np.isnan(found.greeks.delta).all()
    assert found.volatility_at_money is None
    assert build_chain(replace(empty, future=101.0), years=0.1).forward == 101.0


def test_at_the_money_is_the_nearest_strike_and_the_lower_of_two() -> None:
    assert (
        build_chain(quotes_of([95.0, 100.0, 105.0], [[0, 0]] * 3, 101.0), years=0.1).at_money == 1
    )
    assert (
        build_chain(quotes_of([95.0, 100.0, 105.0], [[0, 0]] * 3, 102.5), years=0.1).at_money == 1
    )


def test_a_window_keeps_its_strikes_and_their_figures(chain: Chain) -> None:
    small = around_money(chain, 3)
    assert small.strikes.tolist() == [23_900.0 + 50 * n for n in range(7)]
    middle = chain.at_money
    assert small.greeks.delta.tolist() == chain.greeks.delta[middle - 3 : middle + 4].tolist()
    assert small.forward == chain.forward
    assert around_money(chain, 10_000).strikes.size == chain.strikes.size
    with pytest.raises(InvalidInput):
        around_money(chain, -1)


def test_the_window_is_cut_at_the_end_of_the_chain(make_chain: Callable[..., Chain]) -> None:
    edge = make_chain(spot=22_010.0)
    assert around_money(edge, 2).strikes.tolist() == [22_000.0, 22_050.0, 22_100.0]


def test_the_ratio_is_puts_over_calls() -> None:
    ratio = put_call_ratio(quotes_of([95.0, 105.0], [[10, 30], [40, 20]]))
    assert (ratio.call_oi, ratio.put_oi) == (50, 50)
    assert ratio.by_oi == ratio.by_volume == 1.0
    assert put_call_ratio(quotes_of([95.0], [[0, 5]])).by_oi is None


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=30
    ),
    st.floats(50.0, 400.0),
)  # fmt: skip
def test_max_pain_is_what_brute_force_finds(oi: list[tuple[int, int]], spot: float) -> None:
    strikes = [100.0 + 5.0 * number for number in range(len(oi))]
    found = max_pain(quotes_of(strikes, [list(pair) for pair in oi], spot))

    def payout(settled: float) -> float:
        return sum(
            calls * max(settled - strike, 0.0) + puts * max(strike - settled, 0.0)
            for strike, (calls, puts) in zip(strikes, oi, strict=True)
        )

    expected = [payout(strike) for strike in strikes]
    assert found.payout.tolist() == expected
    if any(calls or puts for calls, puts in oi):
        assert payout(found.strike) == min(expected)
    else:
        assert found.strike is None


@pytest.mark.parametrize("strikes", [[], [100.0, 100.0], [105.0, 100.0]])
def test_a_chain_needs_rising_strikes(strikes: list[float]) -> None:
    with pytest.raises(InvalidInput):
        quotes_of(strikes, [[0, 0]] * len(strikes) or [])
