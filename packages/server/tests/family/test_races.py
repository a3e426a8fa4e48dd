"""Changes of one group at the same moment: it always has one owner, who is in it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from packages.server.tests.family.conftest import FamilyOf, MakePerson, Person

MakeFamily = Callable[[str], FamilyOf]
Call = tuple[Person, str, str, dict[str, object] | None]


def at_once(*calls: Call) -> list[int]:
    """The statuses of requests that are sent at the same moment."""
    start = Barrier(len(calls))

    def send(who: Person, method: str, path: str, body: dict[str, object] | None) -> int:
        start.wait()
        return who.client.request(method, f"/api/family{path}", json=body).status_code

    with ThreadPoolExecutor(len(calls)) as pool:
        return [one.result() for one in [pool.submit(send, *call) for call in calls]]


def roles(home: FamilyOf, *people: Person) -> dict[int, str]:
    """Each member's role, as whoever is still in the group sees it."""
    for who in people:
        for group in who.ask("GET", "/groups"):
            if group["id"] == home.id:
                return {one["user_id"]: one["role"] for one in group["members"]}
    return {}


def transfer(home: FamilyOf, who: Person, to: Person) -> Call:
    return who, "POST", f"/groups/{home.id}/transfer", {"user_id": to.id}


def leave(home: FamilyOf, who: Person) -> Call:
    return who, "POST", f"/groups/{home.id}/leave", None


@pytest.mark.parametrize("again", range(3))
def test_of_two_transfers_at_once_the_first_alone_counts(family: MakeFamily, again: int) -> None:
    home = family("home")
    found = at_once(transfer(home, home.owner, home.admin), transfer(home, home.owner, home.member))
    assert sorted(found) == [200, 403]  # the second is no owner's any more
    told = list(roles(home, home.owner).values())
    assert (told.count("owner"), len(told)) == (1, 3)
    assert roles(home, home.owner)[home.owner.id] == "admin"


@pytest.mark.parametrize("again", range(3))
def test_a_member_who_leaves_is_never_made_the_owner(family: MakeFamily, again: int) -> None:
    home = family("home")
    given, left = at_once(transfer(home, home.owner, home.member), leave(home, home.member))
    # Either the transfer finds no member, or the member finds to be the owner, who cannot leave.
    assert (given, left) in {(404, 204), (200, 409)}
    told = roles(home, home.owner)
    assert list(told.values()).count("owner") == 1
    assert (home.member.id in told) == (left == 409)


@pytest.mark.parametrize("again", range(3))
def test_an_owner_who_hands_over_and_leaves_leaves_an_owner(family: MakeFamily, again: int) -> None:
    home = family("home")
    given, left = at_once(transfer(home, home.owner, home.admin), leave(home, home.owner))
    assert (given, left) in {(200, 204), (200, 409)}
    assert roles(home, home.admin)[home.admin.id] == "owner"


@pytest.mark.parametrize("again", range(3))
def test_who_is_removed_by_an_admin_while_becoming_the_owner(
    family: MakeFamily, again: int
) -> None:
    home = family("home")
    removal = (home.admin, "DELETE", f"/groups/{home.id}/members/{home.member.id}", None)
    given, removed = at_once(transfer(home, home.owner, home.member), removal)
    assert (given, removed) in {(404, 204), (200, 403)}
    assert list(roles(home, home.owner).values()).count("owner") == 1


def test_a_link_for_an_admin_ends_when_its_maker_is_no_owner_any_more(
    family: MakeFamily, person: MakePerson
) -> None:
    home, guest = family("home"), person("guest")
    body = {"email": guest.email, "role": "admin"}
    made = home.owner.ask("POST", f"/groups/{home.id}/invite", 201, json=body)["link"]
    other = person("second")
    plain = home.owner.ask("POST", f"/groups/{home.id}/invite", 201, json={"email": other.email})
    home.owner.ask("POST", f"/groups/{home.id}/transfer", json={"user_id": home.member.id})
    token = made.partition("#")[2]
    guest.ask("POST", f"/groups/{home.id}/accept", 404, json={"token": token})
    other.ask("POST", f"/groups/{home.id}/accept", json={"token": plain["link"].partition("#")[2]})
