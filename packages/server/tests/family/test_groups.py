"""Groups, invitations and roles over the API."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from packages.server.tests.conftest import FrozenClock
from packages.server.tests.family.conftest import FamilyOf, MakePerson, Person, join

from tradertape_server.container import Container
from tradertape_server.features.auth.models import AuditEntry
from tradertape_server.features.family.invitations import MOST_A_DAY
from tradertape_server.features.family.models import FamilyInvitation
from tradertape_server.features.family.service import MOST_GROUPS

MakeFamily = Callable[[str], FamilyOf]


def token_of(link: str) -> str:
    return link.partition("#")[2]


def invite(one: Person, group_id: int, email: str, **more: object) -> str:
    """The token of an invitation's link."""
    body = {"email": email, **more}
    return token_of(one.ask("POST", f"/groups/{group_id}/invite", 201, json=body)["link"])


def test_fm_01_and_02_a_group_is_listed_for_its_members_alone(person: MakePerson) -> None:
    asha, other = person("asha"), person("other")
    made = asha.ask("POST", "/groups", 201, json={"name": "  Home "})
    assert (made["name"], made["my_role"]) == ("Home", "owner")
    (mine,) = made["members"]
    assert (mine["display_name"], mine["role"], mine["is_you"]) == ("Asha", "owner", True)
    assert mine["share"] == {
        "holdings": True, "positions": True, "mutual_funds": True, "amounts": "percent",
    }  # fmt: skip
    assert asha.ask("GET", "/groups") == [made]
    assert other.ask("GET", "/groups") == []


def test_fm_03_the_answer_is_the_same_whether_or_not_the_address_has_an_account(
    person: MakePerson, container: Container
) -> None:
    asha, known = person("asha"), person("ravi")
    group = asha.ask("POST", "/groups", 201, json={"name": "Home"})["id"]
    answers = [
        asha.ask("POST", f"/groups/{group}/invite", 201, json={"email": email})
        for email in (known.email, "stranger@example.com", asha.email)
    ]
    assert {frozenset(one) for one in answers} == {frozenset(("invite_id", "expires_at", "link"))}
    assert {len(one["link"]) for one in answers} == {len(answers[0]["link"])}
    assert len({one["expires_at"] for one in answers}) == 1


def test_the_link_carries_the_token_in_its_fragment_and_the_database_its_hash_alone(
    person: MakePerson, container: Container, newest_mail: Callable[[], EmailMessage]
) -> None:
    asha = person("asha")
    group = asha.ask("POST", "/groups", 201, json={"name": "Home"})["id"]
    link = asha.ask(
        "POST", f"/groups/{group}/invite", 201, json={"email": "Ravi@Example.com"}
    )["link"]  # fmt: skip
    page, _, token = link.partition("#")
    assert page.endswith("/family/invitation")
    assert "?" not in link
    mail = newest_mail()
    assert mail["To"] == "ravi@example.com"
    assert link in mail.get_content()
    with container.database.read() as session:
        row = session.query(FamilyInvitation).one()
        audited = session.query(AuditEntry).filter_by(action="family_invited").one()
        assert token not in repr((row.__dict__, audited.__dict__))


def test_fm_04_a_link_is_accepted_once_by_whoever_holds_it(person: MakePerson) -> None:
    asha, ravi, late = person("asha"), person("ravi"), person("late")
    group = asha.ask("POST", "/groups", 201, json={"name": "Home"})["id"]
    token = invite(asha, group, "elsewhere@example.com")
    seen = ravi.ask("POST", "/invitations/look", json={"token": token})
    assert (seen["group_id"], seen["group_name"], seen["invited_by"]) == (group, "Home", "Asha")
    joined = ravi.ask("POST", f"/groups/{group}/accept", json={"token": token})
    assert [one["display_name"] for one in joined["members"]] == ["Asha", "Ravi"]
    assert joined["my_role"] == "member"
    late.ask("POST", f"/groups/{group}/accept", 404, json={"token": token})
    late.ask("POST", "/invitations/look", 404, json={"token": token})


def test_fm_04_without_the_token_the_signed_in_address_must_be_the_invited_one(
    person: MakePerson,
) -> None:
    asha, ravi, other = person("asha"), person("ravi"), person("other")
    group = asha.ask("POST", "/groups", 201, json={"name": "Home"})["id"]
    invite(asha, group, "RAVI@example.com")
    other.ask("POST", f"/groups/{group}/accept", 404, json={})
    assert other.ask("GET", "/invitations") == []
    assert [one["group_id"] for one in ravi.ask("GET", "/invitations")] == [group]
    ravi.ask("POST", f"/groups/{group}/accept", json={})
    assert ravi.ask("GET", "/invitations") == []


def test_a_token_of_another_group_opens_none(person: MakePerson) -> None:
    asha, ravi = person("asha"), person("ravi")
    mine, other = (asha.ask("POST", "/groups", 201, json={"name": n})["id"] for n in "ab")
    token = invite(asha, mine, "x@example.com")
    ravi.ask("POST", f"/groups/{other}/accept", 404, json={"token": token})


def test_an_invitation_ends_after_seven_days(person: MakePerson, clock: FrozenClock) -> None:
    asha, ravi = person("asha"), person("ravi")
    group = asha.ask("POST", "/groups", 201, json={"name": "Home"})["id"]
    token = invite(asha, group, ravi.email)
    clock.advance(seconds=7 * 86400)
    for body in ({"token": token}, {}):
        ravi.ask("POST", f"/groups/{group}/accept", 404, json=body)
    assert asha.ask("GET", "/groups")[0]["invitations"] == []


def test_declined_withdrawn_and_replaced_invitations_cannot_be_accepted(
    person: MakePerson,
) -> None:
    asha, ravi = person("asha"), person("ravi")
    group = asha.ask("POST", "/groups", 201, json={"name": "Home"})["id"]
    first = invite(asha, group, ravi.email)
    second = invite(asha, group, ravi.email)
    ravi.ask("POST", f"/groups/{group}/accept", 404, json={"token": first})
    ravi.ask("POST", f"/groups/{group}/decline", 204, json={"token": second})
    ravi.ask("POST", f"/groups/{group}/accept", 404, json={"token": second})
    third = invite(asha, group, ravi.email)
    (open_one,) = asha.ask("GET", "/groups")[0]["invitations"]
    asha.ask("DELETE", f"/groups/{group}/invitations/{open_one['id']}", 204)
    ravi.ask("POST", f"/groups/{group}/accept", 404, json={"token": third})


def test_a_group_that_is_deleted_takes_its_invitations_along(person: MakePerson) -> None:
    asha, ravi = person("asha"), person("ravi")
    group = asha.ask("POST", "/groups", 201, json={"name": "Home"})["id"]
    token = invite(asha, group, ravi.email)
    asha.ask("DELETE", f"/groups/{group}", 204)
    assert ravi.ask("GET", "/invitations") == []
    ravi.ask("POST", "/invitations/look", 404, json={"token": token})


def test_a_flood_of_invitations_ends_also_over_new_groups(person: MakePerson) -> None:
    asha = person("asha")
    for place in range(MOST_A_DAY):
        if place % 10 == 0:
            group = asha.ask("POST", "/groups", 201, json={"name": "x"})["id"]
        invite(asha, group, f"p{place}@example.com")
    for one in asha.ask("GET", "/groups"):
        asha.ask("DELETE", f"/groups/{one['id']}", 204)
    group = asha.ask("POST", "/groups", 201, json={"name": "x"})["id"]
    asha.ask("POST", f"/groups/{group}/invite", 429, json={"email": "more@example.com"})


def test_one_account_is_in_ten_groups_at_most(person: MakePerson) -> None:
    asha = person("asha")
    for _ in range(MOST_GROUPS):
        asha.ask("POST", "/groups", 201, json={"name": "x"})
    answer = asha.ask("POST", "/groups", 409, json={"name": "x"})
    assert "leave one" in answer["detail"]


def test_roles_are_given_by_the_owner_and_admins_invite_members_only(family: MakeFamily) -> None:
    home = family("home")
    guest = {"email": "g@example.com", "role": "admin"}
    home.admin.ask("POST", f"/groups/{home.id}/invite", 403, json=guest)
    home.owner.ask("POST", f"/groups/{home.id}/invite", 201, json=guest)
    place = f"/groups/{home.id}/members/{home.member.id}"
    home.admin.ask("PATCH", place, 403, json={"role": "admin"})
    home.owner.ask("PATCH", place, json={"role": "admin"})
    assert home.member.ask("GET", "/groups")[0]["my_role"] == "admin"
    home.admin.ask("DELETE", place, 403)


def test_ownership_is_handed_over_and_the_former_owner_may_then_leave(family: MakeFamily) -> None:
    home = family("home")
    answer = home.owner.ask("POST", f"/groups/{home.id}/leave", 409)
    assert "transfer" in answer["detail"]
    body = {"user_id": home.member.id}
    home.owner.ask("POST", f"/groups/{home.id}/transfer", json=body)
    roles = {
        one["display_name"]: one["role"] for one in home.member.ask("GET", "/groups")[0]["members"]
    }
    assert roles == {"Home-Owner": "admin", "Home-Admin": "admin", "Home-Member": "owner"}
    home.owner.ask("POST", f"/groups/{home.id}/leave", 204)
    home.owner.ask("POST", f"/groups/{home.id}/transfer", 404, json=body)


@pytest.mark.parametrize("end", ["removed", "demoted", "left"])
def test_d9_who_is_no_admin_any_more_comes_back_by_no_link(
    family: MakeFamily, person: MakePerson, end: str
) -> None:
    """A link that was made for a second address of one's own, before one was put out."""
    home, other = family("home"), person("second")
    made = invite(home.admin, home.id, other.email)
    kept = invite(home.owner, home.id, "guest@example.com")
    place = f"/groups/{home.id}/members/{home.admin.id}"
    if end == "removed":
        home.owner.ask("DELETE", place, 204)
    elif end == "demoted":
        home.owner.ask("PATCH", place, json={"role": "member"})
    else:
        home.admin.ask("POST", f"/groups/{home.id}/leave", 204)
    other.ask("POST", f"/groups/{home.id}/accept", 404, json={"token": made})
    other.ask("POST", f"/groups/{home.id}/accept", 404, json={})
    person("guest").ask("POST", f"/groups/{home.id}/accept", json={"token": kept})


def test_open_invitations_are_shown_to_owner_and_admins_alone(family: MakeFamily) -> None:
    home = family("home")
    invite(home.admin, home.id, "g@example.com")
    seen = {
        one.name: len(one.ask("GET", "/groups")[0]["invitations"])
        for one in (home.owner, home.admin, home.member)
    }
    assert seen == {"home-owner": 1, "home-admin": 1, "home-member": 0}


def test_no_address_of_a_member_is_told_to_the_others(family: MakeFamily) -> None:
    home = family("home")
    assert "@" not in repr(home.member.ask("GET", "/groups"))


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_name_has_one_to_sixty_characters(person: MakePerson, name: str) -> None:
    person("asha").ask("POST", "/groups", 422, json={"name": name})


def test_accepting_twice_says_that_one_is_a_member(person: MakePerson) -> None:
    asha, ravi = person("asha"), person("ravi")
    group = asha.ask("POST", "/groups", 201, json={"name": "Home"})["id"]
    join(asha, ravi, group)
    token = invite(asha, group, ravi.email)
    ravi.ask("POST", f"/groups/{group}/accept", 409, json={"token": token})
