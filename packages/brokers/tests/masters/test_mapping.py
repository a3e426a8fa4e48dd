"""An instrument of one broker is found at another for certain, or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packages.brokers.tests.masters.listing import contract, index, masters, share

from tradertape_brokers.masters.mapping import Ambiguous, Mapping, NotListed
from tradertape_core.market.instrument import Instrument


@given(masters(), st.randoms(use_true_random=False), st.booleans())
def test_every_instrument_of_the_same_list_is_found_in_any_order(listed, random, has_isins):
    theirs = list(listed)
    random.shuffle(theirs)
    ours = listed if has_isins else [replace(one, isin="") for one in listed]

    mapping = Mapping("upstox", theirs)

    assert [mapping.find(one).id for one in ours] == [one.id for one in listed]


_numbers = st.integers(1, 4)
_loose = st.builds(
    lambda token, symbol, isin: share(token, f"S{symbol}", f"INE{isin}" if isin else ""),
    _numbers,
    _numbers,
    st.integers(0, 4),
)


@given(st.lists(_loose, max_size=6, unique_by=lambda one: one.id), _loose)
def test_what_is_found_agrees_in_two_identifiers_and_contradicts_in_none(listed, wanted):
    try:
        found = Mapping("upstox", listed).find(wanted)
    except NotListed:
        assert not any(_agreements(wanted, one) for one in listed)
        return
    except Ambiguous:
        assert any(_agreements(wanted, one) for one in listed)
        return

    assert _agreements(wanted, found) >= 2
    rivals = [one for one in listed if one is not found and _agreements(wanted, one) >= 2]
    assert not (wanted.isin and found.isin and wanted.isin != found.isin)
    # A rival that agrees as well must at least lack the symbol: two series share token and ISIN.
    assert all(one.tradingsymbol != wanted.tradingsymbol for one in rivals)


def _agreements(wanted: Instrument, found: Instrument) -> int:
    pairs = [
        wanted.exchange_token == found.exchange_token,
        wanted.tradingsymbol == found.tradingsymbol,
        bool(wanted.isin) and wanted.isin == found.isin,
    ]
    return sum(pairs)


def test_a_token_of_one_and_a_symbol_of_another_are_refused_with_both():
    mapping = Mapping("upstox", [share(1, "ZOMATO"), share(2, "ETERNAL")])

    with pytest.raises(Ambiguous, match="Choose the instrument") as refused:
        mapping.find(share(1, "ETERNAL", isin=""))

    assert {one.id for one in refused.value.candidates} == {"NSE:ZOMATO", "NSE:ETERNAL"}


def test_a_renamed_share_is_found_by_token_and_isin_and_not_by_the_token_alone():
    mapping = Mapping("upstox", [share(1, "ETERNAL")])

    assert mapping.find(share(1, "ZOMATO")).id == "NSE:ETERNAL"
    with pytest.raises(Ambiguous):
        mapping.find(share(1, "ZOMATO", isin=""))  # as in Kite's list, which has no ISIN


def test_another_isin_under_the_same_symbol_and_token_is_refused():
    with pytest.raises(Ambiguous):
        Mapping("upstox", [share(1, isin="INE0A")]).find(share(1, isin="INE0B"))


def test_series_of_one_isin_are_told_apart():
    plain, series = share(1, "INFY", "INE009A"), share(2, "INFY-BE", "INE009A")
    mapping = Mapping("groww", [plain, series])

    assert mapping.find(plain).id == "NSE:INFY"
    assert mapping.find(series).id == "NSE:INFY-BE"


def test_a_contract_needs_its_terms_and_its_token():
    mapping = Mapping("groww", [replace(contract(7), tradingsymbol="NIFTY24NOV2624000CE")])

    assert mapping.find(contract(7)).tradingsymbol == "NIFTY24NOV2624000CE"
    with pytest.raises(Ambiguous):
        mapping.find(contract(8))
    with pytest.raises(Ambiguous):
        mapping.find(contract(7, strike=24050))


def test_an_index_is_found_by_its_symbol_whatever_its_number():
    mapping = Mapping("upstox", [index("NIFTY 50", 26_000), share(256265)])

    assert mapping.find(index("NIFTY 50", 1001)).exchange_token == 26_000
    with pytest.raises(NotListed):
        mapping.find(index("NIFTY BANK", 26_000))
