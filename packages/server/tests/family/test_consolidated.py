"""FM-05 over the API: what is summed, what is a percentage, and when access ends."""

from __future__ import annotations

from collections.abc import Callable

from packages.server.tests.family.conftest import (
    FamilyOf,
    Known,
    MakePerson,
    join,
    share,
)

from tradertape_server.container import Container

MakeFamily = Callable[[str], FamilyOf]


def by_id(view, key: str = "members"):
    return {one["user_id"]: one for one in view[key]}


def test_fm_05_totals_are_of_members_who_share_amounts_in_full(
    family: MakeFamily, known: Known
) -> None:
    home = family("home")
    known.shares = {
        home.owner.id: [("INFY", 10, 100)],
        home.admin.id: [("INFY", 5, 100), ("TCS", 5, 100)],
        home.member.id: [("TCS", 1, 100)],
    }
    share(home.member, home.id, amounts="full")
    view = home.owner.wealth(home.id)
    # The own book in full, the member's as it is shared, the admin's as percentages.
    assert view["totals"]["net_worth"] == "1100.00"
    assert view["totals"]["day_pnl"] == "11.00"
    members = by_id(view)
    assert members[home.admin.id]["net_worth"] is None
    assert members[home.member.id]["share_pct"] == "9.09"
    infy = view["holdings"][0]
    assert (infy["symbol"], infy["quantity"], infy["value"]) == ("INFY", "10", "1000.00")
    assert by_id(infy, "by_member")[home.admin.id] == {
        "user_id": home.admin.id, "quantity": None, "value": None, "weight_pct": "50",
    }  # fmt: skip
    assert [one["name"] for one in view["allocation"]["by_broker"]] == ["kite"]
    assert any("percentages only" in one for one in view["warnings"])


def test_the_switcher_shows_only_me_or_chosen_members(family: MakeFamily, known: Known) -> None:
    home = family("home")
    known.shares = {one.id: [("INFY", 1, 100)] for one in (home.owner, home.admin, home.member)}
    assert set(by_id(home.admin.wealth(home.id, home.admin.id))) == {home.admin.id}
    chosen = home.admin.wealth(home.id, home.admin.id, home.member.id)
    assert set(by_id(chosen)) == {home.admin.id, home.member.id}
    assert len(by_id(home.admin.wealth(home.id))) == 3
    nobody = {"group_id": home.id, "members": "987654"}
    home.admin.ask("GET", "/consolidated", 404, params=nobody)
    home.admin.ask("GET", "/consolidated", 422, params={"members": "1;2"})


def test_a_member_sees_the_own_data_alone(family: MakeFamily, known: Known) -> None:
    home = family("home")
    known.shares = {one.id: [("INFY", 1, 100)] for one in (home.owner, home.admin, home.member)}
    share(home.owner, home.id, amounts="full")
    assert set(by_id(home.member.wealth(home.id))) == {home.member.id}
    asked = {"group_id": home.id, "members": f"{home.owner.id}"}
    home.member.ask("GET", "/consolidated", 403, params=asked)


def test_a_hidden_members_book_is_not_even_read(family: MakeFamily, known: Known) -> None:
    home = family("home")
    known.shares = {home.admin.id: [("INFY", 1, 100)]}
    share(home.admin, home.id, amounts="hidden")
    view = home.owner.wealth(home.id)
    assert home.admin.id not in known.reads
    assert by_id(view)[home.admin.id]["by_asset"] == []


def test_an_obfuscated_member_is_a_percentage_for_all(family: MakeFamily, known: Known) -> None:
    home = family("home")
    known.shares = {home.admin.id: [("INFY", 1, 100)]}
    known.scaled = {home.admin.id}
    share(home.admin, home.id, amounts="full")
    for one in (home.owner, home.admin):
        view = one.wealth(home.id)
        assert view["totals"]["net_worth"] == "0.00"
        assert by_id(view)[home.admin.id]["obfuscated"] is True
        assert any("obfuscated" in text for text in view["warnings"])


def test_a_broker_that_answers_replaces_the_files_of_its_account(
    person: MakePerson, known: Known
) -> None:
    asha = person("asha")
    group = asha.ask("POST", "/groups", 201, json={"name": "x"})["id"]
    known.shares = {asha.id: [("INFY", 10, 100)]}
    known.live = {asha.id: [("INFY", 12, 110)]}
    view = asha.wealth(group)
    (row,) = view["holdings"]
    assert (row["quantity"], row["value"]) == ("12", "1320.00")
    assert (view["totals"]["cash"], view["totals"]["day_pnl"]) == ("500.00", "12.00")
    assert by_id(view)[asha.id]["sources"] == [
        {
            "broker": "kite", "account": "AB1", "source": "broker",
            "as_of": "2026-01-05T10:00:00+05:30", "instead_of": ["upload"],
        }
    ]  # fmt: skip


def test_money_of_a_sandbox_is_never_added_to_real_money(family: MakeFamily, known: Known) -> None:
    home = family("home")
    known.live = {home.owner.id: [("INFY", 1, 100)], home.admin.id: [("INFY", 7, 100)]}
    known.environment = {home.admin.id: "sandbox"}
    share(home.admin, home.id, amounts="full")
    view = home.owner.wealth(home.id)
    assert view["totals"]["net_worth"] == "600.00"
    assert "Accounts of the sandbox are left out: their money is not real" in view["warnings"]
    alone = home.admin.wealth(home.id, home.admin.id)
    assert alone["totals"]["net_worth"] == "1200.00"
    assert "These are accounts of the sandbox: their money is not real" in alone["warnings"]


def test_a_book_that_is_being_reckoned_is_named_and_the_others_are_shown(
    family: MakeFamily, known: Known
) -> None:
    home = family("home")
    known.shares = {home.owner.id: [("INFY", 1, 100)], home.admin.id: [("TCS", 1, 100)]}
    known.reckoning = {home.admin.id}
    view = home.owner.wealth(home.id)
    assert view["totals"]["net_worth"] == "100.00"
    assert any("being reckoned" in text for text in view["warnings"])


def test_without_a_group_the_first_one_is_meant_and_nobody_else_has_one(
    person: MakePerson, known: Known
) -> None:
    asha, other = person("asha"), person("other")
    group = asha.ask("POST", "/groups", 201, json={"name": "x"})["id"]
    view = asha.ask("GET", "/consolidated")
    assert (view["group_id"], view["totals"]["net_worth"]) == (group, "0.00")
    other.ask("GET", "/consolidated", 404)


def test_access_ends_with_the_next_request_after_a_removal_and_after_leaving(
    family: MakeFamily, known: Known
) -> None:
    home = family("home")
    known.shares = {home.admin.id: [("INFY", 1, 100)]}
    home.owner.ask("DELETE", f"/groups/{home.id}/members/{home.admin.id}", 204)
    home.admin.ask("GET", "/consolidated", 404, params={"group_id": home.id})
    assert home.admin.ask("GET", "/groups") == []
    assert home.admin.id not in by_id(home.owner.wealth(home.id))
    home.member.ask("POST", f"/groups/{home.id}/leave", 204)
    home.member.ask("GET", "/consolidated", 404, params={"group_id": home.id})
    # The invitation was used: who was removed cannot come back with it.
    home.admin.ask("POST", f"/groups/{home.id}/accept", 404, json={})


def test_who_is_removed_while_the_answer_is_made_gets_none(
    family: MakeFamily, known: Known
) -> None:
    home = family("home")
    path = f"/groups/{home.id}/members/{home.admin.id}"

    def remove() -> None:
        known.on_read = None
        home.owner.ask("DELETE", path, 204)

    known.on_read = remove
    home.admin.ask("GET", "/consolidated", 404, params={"group_id": home.id})


def test_who_leaves_or_hides_while_the_answer_is_made_is_not_in_it(
    family: MakeFamily, known: Known
) -> None:
    home = family("home")
    known.shares = {one.id: [("INFY", 1, 100)] for one in (home.owner, home.admin, home.member)}
    for one in (home.admin, home.member):
        share(one, home.id, amounts="full")

    def change() -> None:
        known.on_read = None
        home.member.ask("POST", f"/groups/{home.id}/leave", 204)
        share(home.admin, home.id, amounts="hidden")

    known.on_read = change
    view = home.owner.wealth(home.id)
    assert view["totals"]["net_worth"] == "100.00"
    assert set(by_id(view)) == {home.owner.id, home.admin.id}


def test_no_stream_carries_anything_of_a_family(container: Container, app) -> None:
    """A removed member's open connection has nothing to end: family is read by request alone."""
    assert not [name for name in container.channels if "family" in name]
    described = app.openapi()["paths"]
    ours = {path: one for path, one in described.items() if path.startswith("/api/family")}
    assert ours
    assert "text/event-stream" not in repr(ours)


def test_share_settings_of_one_group_say_nothing_about_another(
    person: MakePerson, known: Known
) -> None:
    asha, ravi = person("asha"), person("ravi")
    known.shares = {asha.id: [("INFY", 1, 100)]}
    groups = [ravi.ask("POST", "/groups", 201, json={"name": n})["id"] for n in "ab"]
    for group in groups:
        join(ravi, asha, group)
    share(asha, groups[0], amounts="full")
    assert [ravi.wealth(one)["totals"]["net_worth"] for one in groups] == ["100.00", "0.00"]
