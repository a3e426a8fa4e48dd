"""Laws of protections, on random walks: levels hold, tighter is never later, replays agree."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Product
from tradertape_core.risk.protection import check
from tradertape_core.risk.protection_state import Rule

from .conftest import NOW
from .protecting import INFY, armed, at, leg

walks = st.lists(st.integers(5_000, 20_000), min_size=1, max_size=25)
percents = st.decimals("0.1", "40", places=1)


def one_position(side):
    sign = 1 if side == "BUY" else -1
    lots = (Lot("t", NOW, sign * 10, Paise(sign * 100_000)),)
    return [Position(key=PositionKey("a", "r", INFY, Product.MIS), lots=lots)]


def first_trigger(document, side, prices):
    """Index and evaluation of the first trigger of a walk, and the trailing levels on the way."""
    state, levels = armed(document), []
    for index, paise in enumerate(prices):
        price = Decimal(paise) / 100
        tick = Tick(instrument_token=1, instrument_id=INFY, last_price=price, at=NOW)
        found = check(state, one_position(side), {INFY: tick}, at())
        state = found.state
        levels.append(state.legs[0].trailing_price)
        if found.triggers:
            return index, found.triggers[0], price, levels
    return len(prices), None, None, levels


@settings(max_examples=150)
@given(side=st.sampled_from(["BUY", "SELL"]), stop=percents, trail=percents, prices=walks)
def test_a_stop_never_fires_on_the_good_side_of_its_level(side, stop, trail, prices):
    document = {"positions": [leg(side, stoploss_pct=stop, trailing_stoploss_pct=trail)]}
    _, trigger, price, levels = first_trigger(document, side, prices)
    sign = 1 if side == "BUY" else -1
    for before, after in pairwise(levels):
        assert (after - before) * sign >= 0  # a trailing stop only tightens
    if trigger is None:
        return
    hard = 100 - sign * stop
    level = hard if trigger.rule is Rule.POSITION_STOPLOSS else levels[-1]
    assert (price - level) * sign <= 0


@settings(max_examples=150)
@given(
    side=st.sampled_from(["BUY", "SELL"]),
    rule=st.sampled_from(["stoploss_pct", "target_pct", "trailing_stoploss_pct"]),
    pair=st.tuples(percents, percents),
    prices=walks,
)
def test_a_tighter_rule_never_fires_later(side, rule, pair, prices):
    tight, loose = min(pair), max(pair)
    indexes = [
        first_trigger({"positions": [leg(side, **{rule: pct})]}, side, prices)[0]
        for pct in (tight, loose)
    ]
    assert indexes[0] <= indexes[1]


@settings(max_examples=60)
@given(side=st.sampled_from(["BUY", "SELL"]), stop=percents, prices=walks)
def test_a_replay_gives_the_same_triggers(side, stop, prices):
    document = {
        "positions": [leg(side, stoploss_pct=stop, trailing_stoploss_pct=stop)],
        "basket": {"target_pct": 10, "trailing_activate_pct": 2, "trailing_drawdown_pct": 3},
    }
    assert first_trigger(document, side, prices) == first_trigger(document, side, prices)
