"""What strategies pay, against what can be said by hand (KQ-03)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.options.chain import Chain
from tradertape_core.options.greeks import forward_price
from tradertape_core.options.normal import cumulative
from tradertape_core.options.payoff import Payoff, PayoffLeg, payoff, profit_at
from tradertape_core.options.selection import choose, read_selection
from tradertape_core.options.spreads import SPREADS, build_spread

YEARS, SPOT = 7 / 365, 24_000.0


def leg(kind: str, quantity: int, price: float, strike: float = 0.0, **more: float) -> PayoffLeg:
    return PayoffLeg(
        kind=kind, quantity=quantity, price=price, strike=strike,
        **{"years": YEARS, "volatility": 0.13, **more},
    )  # fmt: skip


def work_out(*legs: PayoffLeg, volatility: float | None = 0.13) -> Payoff:
    return payoff(legs, spot=SPOT, volatility=volatility)


def test_a_bull_call_spread() -> None:
    found = work_out(leg("CE", 65, 120.0, 24_000.0), leg("CE", -65, 40.0, 24_200.0))
    assert found.max_loss == pytest.approx(-80.0 * 65)
    assert found.max_profit == pytest.approx(120.0 * 65)
    assert found.breakevens == (24_080.0,)
    assert found.net_premium == pytest.approx(-80.0 * 65)
    assert found.is_exact


def test_a_short_straddle_can_lose_without_limit_above_and_much_below() -> None:
    found = work_out(leg("CE", -65, 150.0, 24_000.0), leg("PE", -65, 130.0, 24_000.0))
    assert found.max_loss is None
    assert found.max_profit == pytest.approx(280.0 * 65)
    assert found.breakevens == pytest.approx((23_720.0, 24_280.0))


def test_a_long_call_gains_without_limit_and_a_short_put_loses_down_to_nothing() -> None:
    call = work_out(leg("CE", 65, 100.0, 24_000.0))
    assert (call.max_profit, call.max_loss) == (None, -6_500.0)
    assert call.breakevens == (24_100.0,)
    put = work_out(leg("PE", -65, 100.0, 24_000.0))
    assert put.max_loss == pytest.approx(-(24_000.0 - 100.0) * 65)
    assert put.max_profit == pytest.approx(6_500.0)


def test_an_iron_condor_has_two_breakevens_and_both_limits() -> None:
    found = work_out(
        leg("PE", 65, 10.0, 23_400.0), leg("PE", -65, 30.0, 23_600.0),
        leg("CE", -65, 35.0, 24_400.0), leg("CE", 65, 12.0, 24_600.0),
    )  # fmt: skip
    assert found.max_profit == pytest.approx(43.0 * 65)
    assert found.max_loss == pytest.approx(-157.0 * 65)
    assert found.breakevens == pytest.approx((23_557.0, 24_443.0))


def test_a_covered_future_is_a_short_put() -> None:
    found = work_out(leg("FUT", 65, 24_050.0), leg("CE", -65, 100.0, 24_000.0))
    assert found.max_profit == pytest.approx(50.0 * 65)
    assert found.breakevens == pytest.approx((23_950.0,))
    assert found.net_premium == pytest.approx(6_500.0)


def test_a_future_alone_has_neither_limit_above_nor_below_for_its_seller() -> None:
    long, short = work_out(leg("FUT", 65, 24_050.0)), work_out(leg("FUT", -65, 24_050.0))
    assert (long.max_profit, long.max_loss) == (None, pytest.approx(-24_050.0 * 65))
    assert (short.max_profit, short.max_loss) == (pytest.approx(24_050.0 * 65), None)
    assert long.breakevens == short.breakevens == pytest.approx((24_050.0,))


def test_the_chance_of_a_profit_is_the_closed_form() -> None:
    found = work_out(leg("CE", 65, 100.0, 24_000.0))
    deviation = 0.13 * math.sqrt(YEARS)
    forward = float(forward_price(SPOT, YEARS, 0.06))
    expected = cumulative(math.log(forward / 24_100.0) / deviation - deviation / 2)
    assert found.probability_of_profit == pytest.approx(float(expected), rel=1e-12)
    seller = work_out(leg("CE", -65, 100.0, 24_000.0))
    assert seller.probability_of_profit == pytest.approx(1.0 - float(expected), rel=1e-12)
    assert work_out(leg("CE", 65, 1.0, 24_000.0), volatility=None).probability_of_profit is None


def test_the_curve_today_joins_the_one_at_expiry_as_time_passes() -> None:
    legs = [leg("CE", 65, 120.0, 24_000.0), leg("CE", -65, 40.0, 24_200.0)]
    found = payoff(legs, spot=SPOT, volatility=0.13)
    nearly = profit_at(legs, found.levels, years_passed=YEARS - 1e-9)
    assert np.abs(found.now - found.at_expiry).max() > 1_000.0
    assert nearly == pytest.approx(found.at_expiry, abs=5.0)
    assert {24_000.0, 24_200.0, SPOT} <= set(found.levels.tolist())


def test_a_calendar_is_valued_at_the_first_expiry() -> None:
    """Bought far and sold near: a limited loss, the most profit near the strike."""
    near, far = leg("CE", -65, 150.0, 24_000.0), leg("CE", 65, 290.0, 24_000.0, years=28 / 365)
    found = work_out(near, far)
    assert not found.is_exact
    assert found.horizon_years == YEARS
    assert found.max_loss == pytest.approx(-140.0 * 65, rel=0.01)
    best = found.levels[np.argmax(found.at_expiry)]
    assert best == pytest.approx(24_000.0, rel=0.005)
    assert len(found.breakevens) == 2


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["CE", "PE"]), st.integers(-3, 3).filter(bool),
            st.integers(90, 110), st.floats(0.05, 12.0),
        ),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_breakevens_and_extremes_are_those_of_a_fine_grid(legs: list[tuple]) -> None:
    """A law of straight lines: signs change at the breakevens and nowhere else."""
    made = [
        leg(kind, quantity, price, float(strike), volatility=0.2)
        for kind, quantity, strike, price in legs
    ]
    found = payoff(made, spot=100.0, volatility=0.2)
    grid = np.linspace(0.01, 400.0, 20_000)
    profit = profit_at(made, grid, years_passed=YEARS)
    if found.max_profit is not None:
        assert profit.max() <= found.max_profit + 1e-6
    if found.max_loss is not None:
        assert profit.min() >= found.max_loss - 1e-6
    for index in np.flatnonzero(profit[:-1] * profit[1:] < -1e-6):
        assert any(grid[index] - 1e-6 <= at <= grid[index + 1] + 1e-6 for at in found.breakevens)
    for at in found.breakevens:
        assert profit_at(made, [at], years_passed=YEARS)[0] == pytest.approx(0.0, abs=1e-6)
    assert 0.0 <= (found.probability_of_profit or 0.0) <= 1.0 + 1e-12


@pytest.mark.parametrize("name", list(SPREADS))
def test_every_named_strategy_resolves_and_pays_as_its_name_says(
    make_chain: Callable[..., Chain], name: str
) -> None:
    chain = make_chain(days=7.0)
    legs = []
    for part in build_spread(name):
        document = {"option_type": part.option_type, "offset": part.offset}
        found = choose(chain, read_selection(document))
        sign = 1 if part.transaction_type == "BUY" else -1
        quotes = chain.quotes
        legs.append(
            leg(
                part.option_type,
                sign * part.lots * 65,
                float(quotes.last[found.row, found.column]),
                float(chain.strikes[found.row]),
            )
        )
    pays = profit_at(legs, [20_000.0, SPOT, 28_000.0], years_passed=YEARS)
    expected = {
        "up": pays[2] > pays[0], "down": pays[0] > pays[2],
        "still": pays[1] > max(pays[0], pays[2]), "moving": pays[1] < min(pays[0], pays[2]),
    }  # fmt: skip
    assert expected[SPREADS[name].outlook]
    if name.endswith("spread"):
        found = payoff(legs, spot=chain.quotes.spot, volatility=0.13)
        assert found.max_profit is not None
        assert found.max_loss is not None
        assert found.max_profit - found.max_loss == pytest.approx(100.0 * 65)


def test_bought_legs_come_first_so_that_hedges_stand_before_what_they_cover() -> None:
    ways = [part.transaction_type for part in build_spread("iron_condor", lots=3)]
    assert ways == ["BUY", "BUY", "SELL", "SELL"]
    assert {part.lots for part in build_spread("iron_condor", lots=3)} == {3}
    assert [part.offset for part in build_spread("bull_call_spread", width=1)] == [
        "ATM",
        "+1_strike",
    ]


@pytest.mark.parametrize(
    ("numbers", "wings"),
    [({}, 2), ({"width": 3}, 3), ({"distance": 4}, 4), ({"distance": 0, "width": 1}, 1)],
)
def test_an_iron_butterfly_sells_at_the_money_whatever_the_distance(
    numbers: dict[str, int], wings: int
) -> None:
    legs = [(leg.option_type, leg.offset) for leg in build_spread("iron_butterfly", **numbers)]
    bought = [("PE", f"-{wings}_strike"), ("CE", f"+{wings}_strike")]
    assert legs == [*bought, ("PE", "ATM"), ("CE", "ATM")]


@pytest.mark.parametrize(
    ("arguments", "pointer"),
    [
        ({"name": "free_lunch"}, "/spread"), ({"name": "iron_condor", "width": 0}, "/width"),
        ({"name": "long_call", "distance": -1}, "/distance"),
        ({"name": "long_call", "lots": 0}, "/lots"),
        ({"name": "short_straddle", "distance": 2}, "/distance"),
    ],
)  # fmt: skip
def test_what_makes_no_strategy_is_refused(arguments: dict, pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        build_spread(**arguments)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    ("legs", "pointer"),
    [
        ([], "/legs"), ([("CE", 0, 1.0, 100.0)], "/legs/0/quantity"),
        ([("CE", 1, 1.0, 0.0)], "/legs/0/strike"),
    ],
)  # fmt: skip
def test_a_strategy_without_substance_is_refused(legs: list[tuple], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        work_out(*(leg(*part) for part in legs))
    assert refused.value.pointer == pointer
