"""Two families, three roles and three kinds of outsiders, on every route: no unexpected success.

FAULTS: somebody else's family answers like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from packages.server.tests.family.conftest import URL, FamilyOf, MakePerson, Person, join
from sqlalchemy import delete, insert, select

from tradertape_server.container import Container
from tradertape_server.features.family.models import FamilyGroup, FamilyInvitation, FamilyMember

TABLES = (FamilyGroup, FamilyMember, FamilyInvitation)
CALLERS = ("owner", "admin", "member", "invited", "removed", "stranger")
EVERYBODY = frozenset({"owner", "admin", "member"})
OWNER, ADMINS, INVITED = frozenset({"owner"}), frozenset({"owner", "admin"}), frozenset({"invited"})


@dataclass(frozen=True)
class Cell:
    """A route of a group, and which of its own people get a success."""

    method: str
    path: str
    allowed: frozenset[str]
    body: dict[str, Any] | None = None


# {group}, {owner} … are of the family that is called upon.
CELLS = (
    Cell("PATCH", "/groups/{group}", OWNER, {"name": "Other"}),
    Cell("DELETE", "/groups/{group}", OWNER),
    Cell("POST", "/groups/{group}/invite", ADMINS, {"email": "new@example.com"}),
    Cell("POST", "/groups/{group}/invite", OWNER, {"email": "new@example.com", "role": "admin"}),
    Cell("DELETE", "/groups/{group}/invitations/{invitation}", ADMINS),
    Cell("POST", "/groups/{group}/accept", INVITED, {}),
    Cell("POST", "/groups/{group}/decline", INVITED, {}),
    Cell("POST", "/groups/{group}/leave", frozenset({"admin", "member"})),
    Cell("PUT", "/groups/{group}/share", EVERYBODY, {"amounts": "full"}),
    Cell("PATCH", "/groups/{group}/members/{member}", OWNER, {"role": "admin"}),
    Cell("PATCH", "/groups/{group}/members/{admin}", OWNER, {"role": "member"}),
    Cell("PATCH", "/groups/{group}/members/{owner}", frozenset(), {"role": "member"}),
    Cell("DELETE", "/groups/{group}/members/{member}", ADMINS),
    Cell("DELETE", "/groups/{group}/members/{admin}", OWNER),
    Cell("DELETE", "/groups/{group}/members/{owner}", frozenset()),
    Cell("POST", "/groups/{group}/transfer", OWNER, {"user_id": "{member}"}),
    Cell("POST", "/groups/{group}/transfer", OWNER, {"user_id": "{admin}"}),
    Cell("GET", "/consolidated?group_id={group}", EVERYBODY),
    Cell("GET", "/consolidated?group_id={group}&members={owner}", ADMINS),
    Cell("GET", "/consolidated?group_id={group}&members={member}", EVERYBODY),
)
CALLERS_OWN = {"GET /groups", "POST /groups", "GET /invitations", "POST /invitations/look"}


@dataclass(frozen=True)
class Side:
    """A family and the outsiders who know it."""

    family: FamilyOf
    invitation: int
    callers: dict[str, Person]

    def url(self, text: str) -> str:
        home = self.family
        return text.format(
            group=home.id, owner=home.owner.id, admin=home.admin.id, member=home.member.id,
            invitation=self.invitation,
        )  # fmt: skip

    def body(self, body: dict[str, Any] | None) -> dict[str, Any] | None:
        return body and {
            key: int(self.url(value)) if str(value).startswith("{") else value
            for key, value in body.items()
        }


@pytest.fixture
def sides(family: Callable[[str], FamilyOf], person: MakePerson) -> list[Side]:
    stranger = person("stranger")

    def side(name: str) -> Side:
        home = family(name)
        removed, invited = person(f"{name}-removed"), person(f"{name}-invited")
        join(home.owner, removed, home.id)
        home.owner.ask("DELETE", f"/groups/{home.id}/members/{removed.id}", 204)
        body = {"email": invited.email}
        made = home.owner.ask("POST", f"/groups/{home.id}/invite", 201, json=body)
        known = {
            "owner": home.owner, "admin": home.admin, "member": home.member, "invited": invited,
            "removed": removed, "stranger": stranger,
        }  # fmt: skip
        return Side(home, made["invite_id"], known)

    return [side("ones"), side("others")]


@pytest.fixture
def restore(container: Container, sides: list[Side]) -> Callable[[], bool]:
    """Puts every table back to how it was; whether anything was changed."""

    def rows() -> list[list[dict[str, Any]]]:
        # PostgreSQL gives rows without an order as they lie, which a restored table changes.
        with container.database.read() as session:
            return [
                [
                    dict(row._mapping)
                    for row in session.execute(
                        select(*table.__table__.columns).order_by(*table.__table__.primary_key)
                    )
                ]
                for table in TABLES
            ]

    first = rows()

    def restore() -> bool:
        if rows() == first:
            return False
        with container.database.write() as session:
            for table in reversed(TABLES):
                session.execute(delete(table))
            for table, kept in zip(TABLES, first, strict=True):
                session.execute(insert(table), kept)
        return True

    return restore


def calls(sides: list[Side]) -> Iterator[tuple[str, Cell, Side, str, Person, bool]]:
    """Every caller of both families on every route of both."""
    for cell in CELLS:
        for target in sides:
            for own in sides:
                for role in CALLERS:
                    is_own = own is target or role == "stranger"
                    allowed = own is target and role in cell.allowed
                    name = f"{role} {'own' if is_own else 'other'} {cell.method} {cell.path}"
                    yield name, cell, target, role, own.callers[role], allowed


@pytest.mark.slow
def test_the_matrix_has_no_unexpected_success_and_no_unexpected_refusal(
    sides: list[Side], restore: Callable[[], bool]
) -> None:
    wrong: list[str] = []
    counted = 0
    for name, cell, target, role, caller, allowed in calls(sides):
        answer = caller.client.request(
            cell.method, URL + target.url(cell.path), json=target.body(cell.body)
        )
        changed = restore()
        is_success = answer.status_code < 300
        inside = target.callers[role].id == caller.id and role in EVERYBODY
        # Who has no invitation has none to answer, inside or outside.
        expected = {403, 409} if inside and cell.allowed != INVITED else {404}
        if is_success is not allowed or (not is_success and answer.status_code not in expected):
            wrong.append(f"{name}: {answer.status_code}")
        if changed and not is_success:
            wrong.append(f"{name}: refused, and changed something")
        counted += 1
    assert wrong == []
    assert counted == len(CELLS) * 2 * 2 * len(CALLERS)


def test_every_route_of_a_group_is_in_the_matrix(app) -> None:
    described = {
        f"{method.upper()} {path.removeprefix(URL)}"
        for path, methods in app.openapi()["paths"].items() if path.startswith(URL)
        for method in methods
    }  # fmt: skip
    named = {
        f"{cell.method} {cell.path.partition('?')[0]}".replace("{group}", "{group_id}")
        .replace("{invitation}", "{invitation_id}")
        .replace("{owner}", "{user_id}").replace("{admin}", "{user_id}")
        .replace("{member}", "{user_id}")
        for cell in CELLS
    }  # fmt: skip
    assert described == named | CALLERS_OWN


def test_a_foreign_group_answers_like_one_that_does_not_exist(sides: list[Side]) -> None:
    ones, others = sides
    for cell in CELLS:
        path = URL + others.url(cell.path)
        missing = path.replace(f"groups/{others.family.id}", "groups/987654").replace(
            f"group_id={others.family.id}", "group_id=987654"
        )
        answers = [
            ones.family.owner.client.request(cell.method, url, json=others.body(cell.body))
            for url in (path, missing)
        ]
        assert {one.status_code for one in answers} == {404}
        assert answers[0].json() == answers[1].json()
