from __future__ import annotations

from datetime import date

import numpy as np

from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.world.reviews import memberships, universes_of

DAYS = nse_calendar().days[:400]  # January 2015 to August 2016
COMPANIES = 110


def caps_of(changes: dict[int, tuple[int, float]]) -> np.ndarray:
    """Company j is worth 1000 - j; `changes` give {company: (row, cap from that row on)}."""
    caps = np.tile(1000.0 - np.arange(COMPANIES), (len(DAYS), 1))
    for company, (row, cap) in changes.items():
        caps[row:, company] = cap
    return caps


def row_of(day: date) -> int:
    return int(np.searchsorted(DAYS, np.datetime64(day)))


def test_without_a_change_of_sizes_the_largest_stay() -> None:
    fifty, hundred = memberships(DAYS, caps_of({}))
    assert fifty[:, :50].all()
    assert not fifty[:, 50:].any()
    assert hundred[:, :100].all()
    assert not hundred[:, 100:].any()


def test_a_company_that_grew_joins_at_the_next_review_and_the_smallest_leaves() -> None:
    fifty, hundred = memberships(DAYS, caps_of({105: (10, 5000.0)}))
    review = row_of(date(2015, 3, 30))
    assert not hundred[:review, 105].any()
    assert hundred[review:, 105].all()
    assert fifty[review:, 105].all()
    assert not hundred[review:, 99].any()
    assert not fifty[review:, 49].any()
    assert hundred[review:, 49].all()


def test_a_company_only_a_little_larger_waits() -> None:
    _, hundred = memberships(DAYS, caps_of({105: (10, 901.0 * 1.2)}))
    assert not hundred[:, 105].any()


def test_a_delisted_member_is_replaced_on_the_day_by_the_largest_outside() -> None:
    fifty, hundred = memberships(DAYS, caps_of({3: (120, np.nan)}))
    assert fifty[:120, 3].all()
    assert not hundred[120:, 3].any()
    assert hundred[120:, 100].all()
    assert fifty[120:, 50].all()
    assert set(fifty.sum(axis=1)) == {50}
    assert set(hundred.sum(axis=1)) == {100}


def test_a_newcomer_needs_sixty_sessions() -> None:
    caps = caps_of({})
    for company, listed in ((108, 40), (109, 10)):
        caps[:, company] = 9000.0
        caps[:listed, company] = np.nan
    _, hundred = memberships(DAYS, caps)
    march, september = row_of(date(2015, 3, 30)), row_of(date(2015, 9, 28))
    assert march == 60  # neither is sixty sessions old
    assert not hundred[:september, 108:].any()
    assert hundred[september:, 108:].all()


def test_spells_give_back_the_membership_they_were_made_of() -> None:
    caps = caps_of({105: (10, 5000.0), 3: (120, np.nan)})
    fifty, hundred = memberships(DAYS, caps)
    symbols = [f"S{j:03}" for j in range(COMPANIES)]
    sectors = ["Banks" if j % 10 == 0 else "IT" for j in range(COMPANIES)]
    made = universes_of(DAYS, symbols, sectors, fifty, hundred)
    np.testing.assert_array_equal(made["nifty_50"].mask(DAYS, symbols), fifty)
    np.testing.assert_array_equal(made["nifty_next_50"].mask(DAYS, symbols), hundred & ~fifty)
    banks = np.array([s == "Banks" for s in sectors])
    np.testing.assert_array_equal(made["sector_banks"].mask(DAYS, symbols), hundred & banks)
    assert "sector_media" not in made
    assert all(u.warnings_between(date(2015, 1, 1), date(2016, 1, 1)) == () for u in made.values())
