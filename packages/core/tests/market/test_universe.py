from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.universe import (
    Spell,
    Universe,
    current_symbol,
    custom_universe,
    find_universe,
    known_universes,
    membership,
    spells_from_changes,
)
from tradertape_core.market.universe_changes import NIFTY_50_CHANGES, RENAMES, IndexChange
from tradertape_core.market.universe_facts import AS_OF, FACTS, NIFTY_100, SECTORS


def isin_checks(isin: str) -> bool:
    """The check digit of ISO 6166: letters as numbers, then Luhn."""
    digits = "".join(str(int(c, 36)) for c in isin)
    doubled = (int(c) * (2 if i % 2 else 1) for i, c in enumerate(reversed(digits)))
    return len(isin) == 12 and sum(v // 10 + v % 10 for v in doubled) % 10 == 0


def test_the_table_holds_a_hundred_companies_with_valid_isins_and_known_sectors() -> None:
    assert len(NIFTY_100) == 100
    assert [f.symbol for f in NIFTY_100] == sorted(f.symbol for f in NIFTY_100)
    assert all(isin_checks(f.isin) for f in FACTS.values())
    assert len({f.isin for f in FACTS.values()}) == len(FACTS)
    assert {f.sector for f in FACTS.values()} == set(SECTORS)


def test_the_nifty_50_has_fifty_members_at_all_times_but_the_year_of_the_tata_dvr() -> None:
    fifty = known_universes()["nifty_50"]
    for change in NIFTY_50_CHANGES:
        expected = 51 if date(2016, 4, 1) <= change.effective < date(2017, 9, 29) else 50
        assert len(fifty.members_on(change.effective)) == expected
    assert set(fifty.members_on(AS_OF)) < {f.symbol for f in NIFTY_100}
    assert set(fifty.symbols_between(date(2015, 1, 1), AS_OF)) <= set(FACTS)


def test_a_change_takes_effect_on_its_day() -> None:
    fifty = known_universes()["nifty_50"]
    assert "ETERNAL" not in fifty.members_on(date(2025, 3, 27))
    assert "ETERNAL" in fifty.members_on(date(2025, 3, 28))
    assert "BPCL" in fifty.members_on(date(2025, 3, 27))
    assert "BPCL" not in fifty.members_on(date(2025, 3, 28))


def test_fifty_and_next_fifty_make_the_hundred() -> None:
    known = known_universes()
    fifty, following = known["nifty_50"].members_on(AS_OF), known["nifty_next_50"].members_on(AS_OF)
    assert len(following) == 50
    assert sorted(fifty + following) == list(known["nifty_100"].members_on(AS_OF))


def test_the_mask_equals_the_members_of_each_day() -> None:
    dates = np.arange("2025-03-20", "2025-10-10", dtype="datetime64[D]")
    symbols = ("BPCL", "ETERNAL", "HEROMOTOCO", "INDIGO", "INFY", "NOSUCH")
    mask = membership("nifty_50", dates, symbols)
    fifty = known_universes()["nifty_50"]
    for i, day in enumerate(dates.tolist()):
        members = fifty.members_on(day)
        assert [symbols[j] for j in np.flatnonzero(mask[i])] == [s for s in symbols if s in members]


def test_an_old_symbol_stands_for_its_company_unless_the_new_one_is_there() -> None:
    dates = np.array(["2025-06-02"], dtype="datetime64[D]")
    assert membership("nifty_50", dates, ["TATAMOTORS", "ZOMATO"]).tolist() == [[True, True]]
    assert membership("nifty_50", dates, ["ETERNAL", "ZOMATO"]).tolist() == [[True, False]]
    in_2023 = np.array(["2023-08-01"], dtype="datetime64[D]")
    assert membership("nifty_50", in_2023, ["LTI", "LTIM"]).tolist() == [[False, True]]


def test_renames_lead_to_the_symbol_of_today() -> None:
    assert current_symbol("ZOMATO") == "ETERNAL"
    assert current_symbol("LTI") == current_symbol("LTIM") == "LTM"
    assert current_symbol("INFY") == "INFY"
    assert not {r.old for r in RENAMES} & set(FACTS)


@pytest.mark.parametrize("wanted", ["nifty_fifty", "", "NIFTY 50"])
def test_an_unknown_universe_is_refused_and_the_known_ones_are_named(wanted: str) -> None:
    with pytest.raises(InvalidInput, match=r"known: .*nifty_50.*sector_it") as caught:
        find_universe(wanted)
    assert caught.value.pointer == "/universe"


@pytest.mark.parametrize("empty", [[], ["", " "], "custom:", "custom: ,"])
def test_an_empty_list_is_refused(empty: list[str] | str) -> None:
    with pytest.raises(InvalidInput, match="at least one symbol"):
        find_universe(empty)


def test_a_custom_list_is_cleaned_and_never_warns() -> None:
    chosen = find_universe("custom: infy,TCS,INFY")
    assert chosen.members_on(date(2020, 1, 1)) == ("INFY", "TCS")
    assert chosen == custom_universe(["TCS", "INFY"])
    assert chosen.warnings_between(date(2001, 1, 1), date(2020, 1, 1)) == ()


def test_lists_of_today_warn_of_survivorship_and_the_nifty_50_only_before_2015() -> None:
    start, end = date(2020, 1, 1), date(2025, 12, 31)
    assert "survivorship bias" in find_universe("nifty_100").warnings_between(start, end)[0]
    assert "survivorship bias" in find_universe("sector_it").warnings_between(start, end)[0]
    assert find_universe("nifty_50").warnings_between(start, end) == ()
    assert "not known" in find_universe("nifty_50").warnings_between(date(2014, 1, 1), end)[0]


def test_other_universes_can_stand_in_for_the_typed_ones() -> None:
    mine = Universe("mine", "Mine", (Spell("INFY", date(2020, 1, 1), date(2021, 1, 1)),))
    assert find_universe("mine", {"mine": mine}) is mine
    with pytest.raises(InvalidInput, match="known: mine, custom"):
        find_universe("nifty_50", {"mine": mine})
    assert mine.members_on(date(2020, 12, 31)) == ("INFY",)
    assert mine.members_on(date(2021, 1, 1)) == ()
    assert mine.symbols_between(date(2021, 1, 1), date(2022, 1, 1)) == ()


@pytest.mark.parametrize(("joined", "left"), [(("A",), ()), ((), ("B",))])
def test_changes_that_contradict_the_membership_are_refused(
    joined: tuple[str, ...], left: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput, match="member"):
        spells_from_changes(["A"], [IndexChange(date(2020, 1, 1), joined, left, "test")])


@given(st.lists(st.tuples(st.dates(date(2019, 1, 1), date(2021, 1, 1)), st.booleans()), max_size=8))
def test_spells_follow_any_order_of_joins_and_leaves(events: list[tuple[date, bool]]) -> None:
    changes, inside, timeline = [], False, dict(sorted(events)).items()
    for day, joins in timeline:
        if joins != inside:
            names = ("A",)
            changes.append(IndexChange(day, names if joins else (), () if joins else names, "t"))
            inside = joins
    made = Universe("t", "t", spells_from_changes([], changes))
    inside = False
    for day, joins in timeline:
        inside = joins
        assert (made.members_on(day) == ("A",)) is inside


@pytest.mark.real_data
def test_the_nifty_50_agrees_with_the_point_in_time_lists(real_data_dir: Path) -> None:
    listed: dict[date, set[str]] = {}
    for row in read(real_data_dir / "universes/nifty50_pit.csv"):
        day = date.fromisoformat(row["valid_from"])
        listed.setdefault(day, set()).add(current_symbol(row["symbol"]))
    assert len(listed) > 15
    fifty = known_universes()["nifty_50"]
    for day, symbols in listed.items():
        assert set(fifty.members_on(day)) == symbols, day


@pytest.mark.real_data
def test_the_nifty_100_and_its_isins_agree_with_the_published_lists(real_data_dir: Path) -> None:
    symbols = (real_data_dir / "universes/nifty100_symbols_2026.csv").read_text().split()[1:]
    assert sorted(symbols) == [f.symbol for f in NIFTY_100]
    published = {r["Symbol"]: r for r in read(real_data_dir / "universes/ind_nifty500list.csv")}
    common = {s: f for s, f in FACTS.items() if s in published}
    assert len(common) > 120
    differing = {s for s, f in common.items() if f.isin != published[s]["ISIN Code"]}
    # Split after the list of autumn 2025 was made, which gives a new ISIN.
    assert differing == {"ADANIPOWER", "KOTAKBANK"}
    is_financial = {"Banks", "Financial Services"}
    for symbol, fact in common.items():
        industry = published[symbol]["Industry"]
        assert (fact.sector in is_financial) == (industry == "Financial Services"), symbol
        assert (fact.sector == "IT") == (industry == "Information Technology"), symbol


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))
