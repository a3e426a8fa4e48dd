"""A broker's list of instruments is downloaded, checked and swapped; the last good one is kept."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packages.brokers.tests.masters.listing import MORNING, MovableClock, contract, masters, share

from tradertape_brokers.errors import Unavailable
from tradertape_brokers.masters import files, schedule
from tradertape_brokers.masters.checking import BadMaster, checked
from tradertape_brokers.masters.files import Master
from tradertape_brokers.masters.renames import joined, renamed
from tradertape_brokers.masters.store import MasterStore
from tradertape_core.market.instrument import Instrument

SHARES = [share(number) for number in range(1, 101)]
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def store(tmp_path: Path, clock: MovableClock) -> MasterStore:
    return MasterStore("kite", tmp_path, clock)


def unreachable():
    raise Unavailable("Kite cannot be reached")


@given(listed=masters())
def test_what_is_written_is_read_again(tmp_path_factory, listed):
    path = tmp_path_factory.mktemp("masters") / "kite.json.gz"
    master = Master(broker="kite", downloaded_at=MORNING, instruments=listed)

    files.write(path, master)

    assert files.read(path) == replace(master, former_names=[])


@given(st.lists(st.sampled_from(["good", "short", "twice", "unreachable"]), max_size=8))
def test_the_list_in_use_is_always_the_last_good_one(tmp_path_factory, downloads):
    folder, clock = tmp_path_factory.mktemp("masters"), MovableClock()
    store = MasterStore("kite", folder, clock)
    rows = {"good": SHARES, "short": SHARES[:50], "twice": [*SHARES, SHARES[0]]}
    in_use: list[Instrument] = []
    for kind in downloads:
        is_usable = kind == "good" or (kind == "short" and len(in_use) <= 50)
        download = unreachable if kind == "unreachable" else lambda kind=kind: rows[kind]

        assert store.refresh_if_due(download) is is_usable

        in_use = rows[kind] if is_usable else in_use
        assert bool(store.state.reason) is not is_usable
        assert list(store.instruments) == in_use
        assert list(MasterStore("kite", folder, clock).instruments) == in_use
        clock.advance(DAY)


def test_a_list_is_had_on_first_use_and_then_once_a_day_from_eight(store, clock):
    asked: list[datetime] = []

    def download():
        asked.append(clock.at)
        return SHARES

    for _ in range(49):  # each half hour of a day
        store.refresh_if_due(download)
        clock.advance(timedelta(minutes=30))

    assert asked == [MORNING, MORNING + DAY]


def test_a_failure_is_tried_again_after_growing_pauses_and_told(store, clock):
    assert store.refresh_if_due(lambda: SHARES)
    clock.advance(DAY)
    asked: list[float] = []

    def download():
        asked.append(clock.seconds)
        return unreachable()

    for _ in range(60):  # an hour
        store.refresh_if_due(download)
        clock.advance(timedelta(minutes=1))

    gaps = [after - before for before, after in pairwise(asked)]
    assert gaps == sorted(gaps)
    assert max(gaps) <= 900
    assert 5 <= len(asked) <= 12
    state = store.state
    assert (state.instruments, state.is_stale) == (100, True)
    assert state.age is not None
    assert state.age > DAY
    assert "Kite cannot be reached" in state.reason


def test_a_list_is_stale_from_a_quarter_to_nine_and_not_before():
    yesterday = datetime(2026, 11, 23, 2, 31, tzinfo=UTC)  # 08:01 IST

    assert not schedule.is_stale(yesterday, datetime(2026, 11, 24, 3, 14, tzinfo=UTC))
    assert schedule.is_stale(yesterday, datetime(2026, 11, 24, 3, 15, tzinfo=UTC))
    assert not schedule.is_stale(
        datetime(2026, 11, 24, 2, 30, tzinfo=UTC), datetime(2026, 11, 24, 3, 15, tzinfo=UTC)
    )


def test_a_damaged_file_is_downloaded_again(tmp_path, store, clock):
    store.refresh_if_due(lambda: SHARES)
    path = tmp_path / "kite.json.gz"
    path.write_bytes(path.read_bytes()[:-20])

    again = MasterStore("kite", tmp_path, clock)

    assert not again.instruments
    assert again.refresh_if_due(lambda: SHARES)
    assert len(again.instruments) == 100


def test_a_full_disk_keeps_the_list_in_use(monkeypatch, tmp_path, store, clock):
    store.refresh_if_due(lambda: SHARES)
    clock.advance(DAY)

    def full(_self, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert not store.refresh_if_due(lambda: [*SHARES, share(999)])

    assert len(store.instruments) == 100
    assert "No space" in store.state.reason
    assert [one.name for one in tmp_path.iterdir()] == ["kite.json.gz"]  # no draft is left


def test_two_threads_make_one_download(store):
    entered, leave, asked = threading.Event(), threading.Event(), []

    def download():
        asked.append(1)
        entered.set()
        leave.wait(10)
        return SHARES

    first = threading.Thread(target=lambda: store.refresh_if_due(download))
    first.start()
    assert entered.wait(10)
    assert not store.refresh_if_due(download)
    leave.set()
    first.join(10)

    assert len(asked) == 1
    assert len(store.instruments) == 100


def test_a_shorter_list_is_taken_when_a_person_accepts_it(store):
    store.refresh_if_due(lambda: SHARES)
    with pytest.raises(BadMaster, match="NSE has 50 shares and indices after 100"):
        store.refresh(lambda: SHARES[:50])

    assert store.refresh(lambda: SHARES[:50], accept_losses=True).instruments == 50


def test_an_exchange_may_lose_a_months_contracts_and_no_more():
    contracts = [contract(number, strike=number) for number in range(1, 101)]

    assert len(checked([*SHARES, *contracts[60:]], [*SHARES, *contracts])) == 140
    with pytest.raises(BadMaster, match="NFO has 39 contracts after 100"):
        checked([*SHARES, *contracts[61:]], [*SHARES, *contracts])


@pytest.mark.parametrize(
    "wrong",
    [
        {"lot_size": 0},
        {"lot_size": 10_000_000},
        {"tick_size": Decimal(0)},
        {"tick_size": Decimal("NaN")},
        {"tick_size": Decimal(500)},
        {"instrument_token": 0},
        {"tradingsymbol": ""},
    ],
)
def test_a_wrong_row_is_left_out_and_many_make_the_list_bad(wrong):
    bad = replace(share(5000), **wrong)

    assert checked([*SHARES, bad]) == SHARES
    with pytest.raises(BadMaster, match="2 with"):
        checked([*SHARES, bad, bad])


def test_options_without_terms_are_left_out():
    for wrong in ({"strike": None}, {"strike": Decimal(0)}, {"expiry": None}, {"underlying": ""}):
        assert checked([*SHARES, replace(contract(1), **wrong)]) == SHARES


@pytest.mark.parametrize("twin", [share(500, "SHARE1"), replace(share(1), tradingsymbol="OTHER")])
def test_two_rows_of_one_name_or_token_are_refused(twin):
    with pytest.raises(BadMaster, match="of another"):
        checked([*SHARES, twin])


def test_a_renamed_share_is_found_by_both_names_and_the_old_one_says_so(store, clock, tmp_path):
    store.refresh_if_due(lambda: [share(500, "ZOMATO", ""), *SHARES])
    clock.advance(DAY)
    store.refresh_if_due(lambda: [share(500, "ETERNAL", ""), *SHARES])
    clock.advance(DAY)
    store.refresh_if_due(lambda: [share(500, "ENDLESS", ""), *SHARES])

    for reader in (store, MasterStore("kite", tmp_path, clock)):
        now, old = reader.find("NSE:ENDLESS"), reader.find("NSE:ZOMATO")
        assert now is not None
        assert now.former_name is None
        assert old is not None
        assert old.instrument.id == "NSE:ENDLESS"
        assert old.former_name is not None
        assert old.former_name.since == date(2026, 11, 25)
        assert reader.find("NSE:NOTHING") is None


def test_a_merged_share_leads_to_the_one_with_its_isin():
    old, heir = share(1, "OLD", "INE1"), share(2, "HEIR", "INE1")

    (found,) = renamed([old, heir], [heir], on=date(2026, 11, 24))

    assert (found.old_id, found.new_id) == ("NSE:OLD", "NSE:HEIR")


def test_a_number_given_to_another_company_is_no_rename():
    on = date(2026, 11, 24)
    assert renamed([share(1, "OLD", "INE1")], [share(1, "NEW", "INE2")], on=on) == []
    assert renamed([contract(1)], [contract(1, strike=25000)], on=on) == []
    twins = [share(2, "A", "INE1"), share(3, "B", "INE1")]
    assert renamed([share(1, "OLD", "INE1")], twins, on=on) == []


@given(masters(), st.data())
def test_a_former_name_leads_to_a_listed_instrument_and_is_itself_not_listed(listed, data):
    symbols = st.sampled_from([f"N{i}" for i in range(6)])
    known: list = []
    before = listed
    for _ in range(3):
        chosen = data.draw(st.sampled_from(before))
        name = data.draw(symbols)
        if any(one.tradingsymbol == name for one in before):
            continue
        after = [replace(o, tradingsymbol=name) if o is chosen else o for o in before]
        ids = {one.id for one in after}
        known = joined(known, renamed(before, after, on=date(2026, 11, 24)), ids)
        assert all(one.new_id in ids and one.old_id not in ids for one in known)
        before = after
