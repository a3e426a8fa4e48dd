"""A family's books together: sums of full members, percentages of the others, and no leak."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.wealth.consolidation import consolidate
from tradertape_core.wealth.family import (
    Amounts,
    HeldFund,
    HeldShare,
    MemberBook,
    OpenPosition,
    Sharing,
    share_key,
)

D = Decimal
NOW = datetime(2025, 3, 3, 10, tzinfo=timezone.utc)
FULL, PERCENT, HIDDEN = (Sharing(amounts=one) for one in Amounts)
INFY = "INE009A01021"


def share(symbol: str, quantity: object, price: object, **more: object) -> HeldShare:
    units, rupees = D(str(quantity)), D(str(price))
    given: dict = {
        "instrument": symbol, "symbol": symbol, "broker": "kite", "quantity": units,
        "cost": units * rupees, "price": rupees, "day_profit": units,
    } | more  # fmt: skip
    return HeldShare(**given)


def fund(value: object) -> HeldFund:
    rupees = D(str(value))
    return HeldFund(
        isin="INF1", scheme="Alpha", units=rupees, cost=rupees, nav=D(1), value=rupees, xirr=0.1
    )


def book(user_id: int, sharing: Sharing, *shares: HeldShare, **more: object) -> MemberBook:
    given: dict = {"user_id": user_id, "name": f"M{user_id}", "sharing": sharing} | more
    return MemberBook(shares=shares, **given)


def test_quantities_of_full_members_are_summed_and_the_price_is_the_average_paid() -> None:
    mine = book(1, FULL, share("INFY", 10, 100), cash=[("kite", D(50))])
    theirs = book(2, FULL, share("INFY", 30, 100, cost=D(6000)), funds=[fund(1000)])
    found = consolidate(9, [mine, theirs], NOW)
    (row,) = found.holdings
    assert (row.quantity, row.cost, row.average_price) == (40, 7000, 175)
    assert [(part.user_id, part.quantity) for part in row.by_member] == [(1, 10), (2, 30)]
    totals = found.totals
    assert (totals.net_worth, totals.equity, totals.mutual_funds, totals.cash) == (
        5050, 4000, 1000, 50,
    )  # fmt: skip
    assert (totals.invested, totals.unrealised, totals.day_profit) == (8000, -3000, 40)
    assert [(part.name, part.pct) for part in found.by_member] == [
        ("M2", D("79.21")), ("M1", D("20.79")),
    ]  # fmt: skip


def test_a_share_is_one_by_its_isin_also_after_a_split_and_without_one_by_its_symbol() -> None:
    before, after = share_key("INFY", INFY), share_key("INFY", "INE009A01013")
    assert before == after
    one = share("INFY", 1, 100, instrument=before, isin=INFY)
    other = share("INFY", 2, 100)
    (row,) = consolidate(9, [book(1, FULL, one), book(2, FULL, other)], NOW).holdings
    assert (row.quantity, row.isin) == (3, INFY)


def test_percent_and_obfuscated_members_are_in_no_sum_and_a_warning_says_so() -> None:
    full = book(1, FULL, share("INFY", 10, 100))
    percent = book(2, PERCENT, share("INFY", 75, 10), share("TCS", 25, 10))
    scaled = book(3, FULL, share("TCS", 7, 10), is_scaled=True)
    found = consolidate(1, [full, percent, scaled], NOW)
    assert found.totals.net_worth == 1000
    infy, tcs = found.holdings
    assert infy.quantity == 10
    assert [(one.user_id, one.quantity, one.weight_pct) for one in infy.by_member] == [
        (1, 10, 100), (2, None, 75),
    ]  # fmt: skip
    assert (tcs.quantity, tcs.value, tcs.average_price, tcs.day_profit) == (None,) * 4
    shown = {one.user_id: one for one in found.members}
    assert (shown[2].net_worth, shown[2].share_pct, shown[3].net_worth) == (None, None, None)
    assert shown[2].by_asset[0].pct == 100
    assert found.warnings == [
        "M2's amounts are shared as percentages only, in no rupee sum",
        "M3's quantities are obfuscated: percentages only, in no rupee sum",
    ]


def test_an_obfuscated_member_sees_own_percentages_too() -> None:
    found = consolidate(3, [book(3, FULL, share("TCS", 7, 10), is_scaled=True)], NOW)
    assert found.totals.net_worth == 0
    assert found.members[0].net_worth is None


def test_a_hidden_member_is_a_name_alone() -> None:
    whole = book(2, HIDDEN, share("TCS", 1, 10), cash=[("kite", D(5))], xirr=0.2, last_sync=NOW)
    found = consolidate(1, [whole], NOW)
    (view,) = found.members
    assert (view.name, view.by_asset, view.xirr_pct, view.last_sync) == ("M2", [], None, None)
    assert not found.holdings
    assert found.warnings == ["M2 shares no figures"]


def test_what_is_not_shared_is_in_no_sum_either() -> None:
    position = OpenPosition(
        symbol="NIFTY", broker="kite", product="NRML", quantity=75, average_price=D(1),
        last_price=D(2), profit=D(75),
    )  # fmt: skip
    only_funds = Sharing(holdings=False, positions=False, amounts=Amounts.FULL)
    whole = book(
        2, only_funds, share("TCS", 1, 10), cash=[("kite", D(5))], funds=[fund(100)],
        positions=[position], xirr=0.2,
    )  # fmt: skip
    seen = consolidate(1, [whole], NOW)
    assert (seen.totals.net_worth, seen.totals.positions_profit) == (100, 0)
    assert (seen.positions, seen.totals.xirr_pct) == ([], None)
    own = consolidate(2, [whole], NOW)
    assert (own.totals.net_worth, own.totals.positions_profit) == (115, 75)
    assert own.totals.xirr_pct == 20


def test_old_data_is_named_with_its_age() -> None:
    old = book(2, FULL, share("TCS", 1, 10), last_sync=NOW - timedelta(days=3, hours=2))
    found = consolidate(1, [old], NOW)
    assert found.members[0].is_stale
    assert found.warnings == ["M2's data is 3 days old"]
    assert consolidate(2, [old], NOW).warnings == ["Your data is 3 days old"]


def test_a_share_without_a_price_is_valued_at_cost_and_counted_in_a_warning() -> None:
    unpriced = replace(share("XYZ", 2, 10), price=None, day_profit=None)
    found = consolidate(1, [book(2, FULL, unpriced)], NOW)
    (row,) = found.holdings
    assert (row.value, row.profit, row.day_profit, row.price) == (20, None, None, None)
    assert found.warnings == ["M2's book has 1 shares without a price, valued at cost"]


def test_rates_of_two_people_have_no_common_rate() -> None:
    both = [book(1, FULL, share("A", 1, 1), xirr=0.1), book(2, FULL, share("A", 1, 1), xirr=0.3)]
    found = consolidate(9, both, NOW)
    assert found.totals.xirr_pct is None
    assert [one.xirr_pct for one in found.members] == [10, 30]


def test_nobody_with_anything_is_a_view_of_zeros() -> None:
    found = consolidate(1, [book(1, FULL)], NOW)
    assert (found.totals.net_worth, found.totals.day_profit_pct) == (0, None)
    assert found.by_asset == found.by_broker == []


SHARES = st.lists(
    st.builds(share, st.sampled_from("ABC"), st.integers(1, 500), st.integers(1, 900)), max_size=4
)


@given(SHARES, SHARES, st.integers(2, 10))
def test_no_figure_of_the_family_tells_the_amounts_of_a_percent_member(
    mine: list[HeldShare], theirs: list[HeldShare], factor: int
) -> None:
    """Multiply everything a percent member has: nobody else sees a difference."""
    scaled = [
        replace(
            one, quantity=one.quantity * factor, cost=one.cost * factor,
            day_profit=one.day_profit * factor if one.day_profit is not None else None,
        )
        for one in theirs
    ]  # fmt: skip
    views = [
        consolidate(1, [book(1, FULL, *mine), book(2, PERCENT, *held)], NOW)
        for held in (theirs, scaled)
    ]
    assert views[0] == views[1]


@given(st.lists(SHARES, max_size=4))
def test_the_parts_of_each_split_add_up_to_the_total(held: list[list[HeldShare]]) -> None:
    books = [book(place, FULL, *shares) for place, shares in enumerate(held)]
    found = consolidate(99, books, NOW)
    for parts in (found.by_asset, found.by_sector, found.by_member, found.by_broker):
        assert sum((part.value or 0) for part in parts) == found.totals.net_worth
    assert sum((row.value or 0) for row in found.holdings) == found.totals.equity
    assert sum(row.quantity or 0 for row in found.holdings) == sum(
        one.quantity for shares in held for one in shares
    )


@pytest.mark.parametrize("sharing", [FULL, PERCENT, HIDDEN])
def test_ones_own_book_is_always_whole(sharing: Sharing) -> None:
    own = consolidate(1, [book(1, sharing, share("INFY", 10, 100))], NOW)
    assert own.totals.net_worth == 1000
