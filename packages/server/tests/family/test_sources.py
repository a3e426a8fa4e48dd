"""FM-05: where a member's figures come from, each account's from one source, and their age."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from packages.server.tests.conftest import FrozenClock
from packages.server.tests.family.conftest import (
    FamilyOf,
    Known,
    MakePerson,
    Person,
    Sent,
    share,
)

from tradertape_server.container import Container
from tradertape_server.features.agents.models import AgentSnapshot

MakeFamily = Callable[[str], FamilyOf]


def holding(symbol: str, quantity: object, price: object, average: object = 90) -> dict[str, Any]:
    return {
        "symbol": symbol, "exchange": "NSE", "isin": None, "quantity": str(quantity),
        "t1_quantity": "0", "average_price": str(average), "last_price": str(price),
        "value": "1", "invested": "1",
    }  # fmt: skip


@pytest.fixture
def asha(person: MakePerson) -> tuple[Person, int]:
    one = person("asha")
    return one, one.ask("POST", "/groups", 201, json={"name": "x"})["id"]


def mine(view: Any) -> Any:
    return view["members"][0]


def test_fm_05_what_an_agent_sent_counts_and_the_upload_of_its_broker_does_not(
    asha: tuple[Person, int], known: Known, clock: FrozenClock
) -> None:
    me, group = asha
    known.shares = {me.id: [("INFY", 10, 100)]}
    known.accounts = {me.id: [("kite", "AB1", 6, 600), ("groww", "G1", 4, 400)]}
    rows = [holding("INFY", 7, 110), holding("TCS", 2, 200)]
    position = {
        "symbol": "SBIN", "product": "MIS", "quantity": "5", "average_price": "10",
        "last_price": "12", "pnl": "10",
    }  # fmt: skip
    known.agents = {
        me.id: [
            Sent(clock.now(), rows, margins={"available_cash": "300.50"}),
            Sent(clock.now(), [position], kind="positions"),
        ]
    }
    view = me.wealth(group)
    held = {row["symbol"]: row["quantity"] for row in view["holdings"]}
    assert held == {"INFY": "11", "TCS": "2"}  # 7 of the agent and Groww's 4
    assert (view["totals"]["cash"], view["totals"]["positions_pnl"]) == ("300.50", "10.00")
    assert [(one["symbol"], one["quantity"]) for one in view["positions"]] == [("SBIN", 5)]
    assert [
        (one["broker"], one["account"], one["source"], one["instead_of"])
        for one in mine(view)["sources"]
    ] == [("kite", "", "agent", ["upload"]), ("groww", "G1", "upload", [])]


def test_a_broker_that_answers_takes_the_place_of_agent_and_upload(
    asha: tuple[Person, int], known: Known, clock: FrozenClock
) -> None:
    me, group = asha
    known.shares = {me.id: [("INFY", 10, 100)]}
    known.live = {me.id: [("INFY", 12, 110)]}
    known.agents = {me.id: [Sent(clock.now(), [holding("INFY", 7, 110)])]}
    view = me.wealth(group)
    assert [row["quantity"] for row in view["holdings"]] == ["12"]
    [source] = mine(view)["sources"]
    assert (source["source"], source["instead_of"]) == ("broker", ["agent", "upload"])


def test_an_agent_that_is_silent_gives_way_to_files_that_changed_later(
    asha: tuple[Person, int], known: Known, clock: FrozenClock
) -> None:
    me, group = asha
    known.shares = {me.id: [("INFY", 10, 100)]}
    known.agents = {me.id: [Sent(clock.now() - timedelta(days=3), [holding("INFY", 7, 110)])]}
    view = me.wealth(group)
    assert [row["quantity"] for row in view["holdings"]] == ["10"]
    [source] = mine(view)["sources"]
    assert (source["source"], source["instead_of"]) == ("upload", ["agent"])
    known.changed_at = {me.id: clock.now() - timedelta(days=9)}
    view = me.wealth(group)
    assert [row["quantity"] for row in view["holdings"]] == ["7"]
    assert "Your data is 3 days old" in view["warnings"]
    assert mine(view)["stale"] is True


def test_stale_data_of_another_is_named(
    family: MakeFamily, known: Known, clock: FrozenClock
) -> None:
    home = family("home")
    known.agents = {
        home.admin.id: [Sent(clock.now() - timedelta(days=3), [holding("INFY", 7, 110)])]
    }
    share(home.admin, home.id, amounts="full")
    view = home.owner.wealth(home.id)
    assert "Home-Admin's data is 3 days old" in view["warnings"]
    assert view["totals"]["equity"] == "770.00"


def test_scaled_figures_of_an_agent_are_percentages_and_never_added(
    family: MakeFamily, known: Known, clock: FrozenClock
) -> None:
    home = family("home")
    known.shares = {home.owner.id: [("INFY", 10, 100)]}
    rows = [holding("INFY", "3.7", 100), holding("TCS", "3.7", 300)]
    # The setting is off again: what is stored is scaled all the same.
    sent = Sent(clock.now(), rows, factor="f1", margins={"available_cash": "12345"})
    known.agents = {home.admin.id: [sent]}
    share(home.admin, home.id, amounts="full")
    for one in (home.owner, home.admin):
        view = one.wealth(home.id)
        assert view["totals"]["net_worth"] == ("1000.00" if one is home.owner else "0.00")
        theirs = next(m for m in view["members"] if m["user_id"] == home.admin.id)
        assert (theirs["obfuscated"], theirs["net_worth"]) == (True, None)
        infy = next(row for row in view["holdings"] if row["symbol"] == "INFY")
        part = next(p for p in infy["by_member"] if p["user_id"] == home.admin.id)
        assert part == {
            "user_id": home.admin.id, "quantity": None, "value": None, "weight_pct": "25",
        }  # fmt: skip
        assert "12345" not in str(view)


def test_figures_of_two_scales_are_not_put_together(
    asha: tuple[Person, int], known: Known, clock: FrozenClock
) -> None:
    me, group = asha
    known.shares = {me.id: [("INFY", 10, 100)]}
    known.accounts = {me.id: [("groww", "G1", 10, 1000)]}
    known.changed_at = {me.id: clock.now() - timedelta(hours=2)}
    known.agents = {me.id: [Sent(clock.now(), [holding("TCS", "3.7", 300)], factor="f1")]}
    view = me.wealth(group)
    assert [row["symbol"] for row in view["holdings"]] == ["TCS"]
    assert mine(view)["obfuscated"] is True
    assert any("scaled otherwise are left out" in text for text in view["warnings"])
    known.factors = {me.id: "f1"}
    view = me.wealth(group)
    assert {row["symbol"] for row in view["holdings"]} == {"TCS", "INFY"}
    known.factors = {me.id: "f2"}
    assert [row["symbol"] for row in me.wealth(group)["holdings"]] == ["TCS"]


def test_weights_and_sealed_figures_of_the_strong_modes(
    asha: tuple[Person, int], known: Known, clock: FrozenClock
) -> None:
    me, group = asha
    weights = [{"symbol": "INFY", "quantity": "75"}, {"symbol": "TCS", "quantity": "25"}]
    known.agents = {
        me.id: [
            Sent(clock.now(), weights, factor="f1"),
            Sent(clock.now(), [], broker="upstox", factor="f1", is_sealed=True),
        ]
    }
    view = me.wealth(group)
    assert view["totals"]["net_worth"] == "0.00"
    weight = {row["symbol"]: row["by_member"][0]["weight_pct"] for row in view["holdings"]}
    assert weight == {"INFY": "75", "TCS": "25"}
    assert any("at upstox are sealed" in text for text in view["warnings"])


def test_what_an_agent_wrote_wrongly_does_not_end_the_view(
    asha: tuple[Person, int], known: Known, clock: FrozenClock
) -> None:
    me, group = asha
    rows = [
        {"symbol": "INFY", "quantity": "2", "last_price": "many", "average_price": {"a": 1}},
        {"symbol": "TCS", "quantity": None},
        holding("SBIN", 1, "NaN"),
    ]  # fmt: skip
    known.agents = {me.id: [Sent(clock.now(), rows, margins={"available_cash": []})]}
    assert {row["symbol"] for row in me.wealth(group)["holdings"]} == {"INFY", "SBIN"}


def test_by_broker_is_of_all_lots(asha: tuple[Person, int], known: Known) -> None:
    me, group = asha
    known.shares = {me.id: [("INFY", 200, 100)]}
    known.accounts = {
        me.id: [("kite", "AB1", 120, 12000), ("upstox", "U1", 70, 7000), ("groww", "", 10, 1000)]
    }
    brokers = {one["name"]: one["value"] for one in me.wealth(group)["allocation"]["by_broker"]}
    assert brokers == {"kite": "12000.00", "upstox": "7000.00", "groww": "1000.00"}


def test_the_rate_of_several_is_of_their_payments_together(
    family: MakeFamily, known: Known
) -> None:
    home = family("home")
    known.shares = {home.owner.id: [("INFY", 10, 110)], home.admin.id: [("INFY", 100, 150)]}
    begin, end = date(2025, 1, 1), date(2026, 1, 1)
    known.payments = {home.owner.id: [(begin, Decimal(-1000)), (end, Decimal(1100))]}
    share(home.admin, home.id, amounts="full")
    # What the admin paid is not known: the rate would be the owner's alone.
    assert home.owner.wealth(home.id)["totals"]["xirr_pct"] is None
    known.payments[home.admin.id] = [(begin, Decimal(-10000)), (end, Decimal(15000))]
    assert home.owner.wealth(home.id)["totals"]["xirr_pct"] == "46.36"  # 16,100 by 11,000
    share(home.admin, home.id, amounts="full", mutual_funds=False)
    assert home.owner.wealth(home.id)["totals"]["xirr_pct"] is None


def test_the_newest_snapshot_of_each_broker_is_read_and_nobody_elses(
    container: Container, person: MakePerson, clock: FrozenClock
) -> None:
    mine, other = person("mine").id, person("other").id
    with container.database.write() as session:
        for user_id, broker, back in (
            (mine, "kite", 400), (mine, "kite", 399), *((mine, "upstox", n) for n in range(60)),
            (other, "groww", 0),
        ):  # fmt: skip
            as_of = clock.now() - timedelta(days=back)
            session.add(
                AgentSnapshot(
                    user_id=user_id, kind="holdings", broker=broker, day=as_of.date(), as_of=as_of,
                    instance="a", is_scaled=False, rows=[],
                )
            )  # fmt: skip
    found = container.agents.syncing.latest(mine)
    assert {one.broker: (clock.now() - one.as_of).days for one in found} == {
        "kite": 399, "upstox": 0,
    }  # fmt: skip
