"""Use cases of family groups: who is in, as what, and what each shows to the others.

owner    everything, and the only one who gives roles, hands the group over and deletes it
admin    sees what members share, invites members, removes members, withdraws invitations
member   sees the own data in the family's view, decides what to share, may leave
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.queries import display_names
from tradertape_server.features.family import repository, schemas, views
from tradertape_server.features.family.models import FamilyGroup, FamilyMember
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, Forbidden, NotFound

MOST_GROUPS = 10
MOST_MEMBERS = 20


class FamilyService:
    """Each method is one transaction; what a person is not in answers like what does not exist."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def groups(self, session: Session, user_id: int) -> list[schemas.FamilyGroupOut]:
        """The groups a person is a member of."""
        return self._shown(session, user_id, repository.groups_of(session, user_id))

    def group(self, session: Session, user_id: int, group_id: int) -> schemas.FamilyGroupOut:
        """One of them. Raises NotFound for who is not in it."""
        found, _ = membership(session, user_id, group_id, lock=False)
        return self._one(session, user_id, found)

    def create(self, session: Session, user_id: int, name: str) -> schemas.FamilyGroupOut:
        """Create a group owned by the person. Raises Conflict over the limit of groups."""
        self._database.advisory_lock(session, f"family of {user_id}")
        demand_room(session, user_id)
        now = self._clock.now()
        made = FamilyGroup(name=name, owner_id=user_id, created_at=now)
        session.add(made)
        session.flush()
        session.add(new_member(made.id, user_id, "admin", now))
        session.flush()
        return self._one(session, user_id, made)

    def rename(
        self, session: Session, user_id: int, group_id: int, name: str
    ) -> schemas.FamilyGroupOut:
        """Rename a group; for the owner."""
        found = self._owned(session, user_id, group_id)
        found.name = name
        session.flush()
        return self._one(session, user_id, found)

    def delete(self, session: Session, user_id: int, group_id: int) -> None:
        """Delete a group with its memberships; for the owner."""
        found = self._owned(session, user_id, group_id)
        repository.end_invitations(session, group_id, self._clock.now())
        session.delete(found)

    def share(
        self, session: Session, user_id: int, group_id: int, wanted: schemas.FamilyShareIn
    ) -> schemas.FamilyGroupOut:
        """Set what the person shows to the others of a group."""
        found, mine = membership(session, user_id, group_id, lock=True)
        mine.shares_holdings, mine.shares_positions = wanted.holdings, wanted.positions
        mine.shares_mutual_funds, mine.amounts = wanted.mutual_funds, wanted.amounts
        session.flush()
        return self._one(session, user_id, found)

    def leave(self, session: Session, user_id: int, group_id: int) -> None:
        """Leave a group. Raises Conflict for its owner."""
        found, mine = membership(session, user_id, group_id, lock=True)
        if found.owner_id == user_id:
            raise Conflict(
                "The owner cannot leave: transfer the ownership to a member, or delete the group"
            )
        self._depart(session, mine)

    def remove(self, session: Session, user_id: int, group_id: int, other: int) -> None:
        """Remove a member: the owner anybody else, an admin those with the role member."""
        found, mine = membership(session, user_id, group_id, lock=True)
        role = demand_admin(found, mine)
        theirs = self._other(session, group_id, other)
        if other == user_id:
            raise Conflict("To go yourself, leave the group")
        if role != "owner" and role_of(found, theirs) != "member":
            raise Forbidden("The owner alone removes an admin.")
        self._depart(session, theirs)

    def change_role(
        self, session: Session, user_id: int, group_id: int, other: int, role: schemas.GivenRole
    ) -> schemas.FamilyGroupOut:
        """Make a member an admin or an admin a member; for the owner."""
        found = self._owned(session, user_id, group_id)
        theirs = self._other(session, group_id, other)
        if other == found.owner_id:
            raise Conflict("The owner's role changes when the ownership is transferred")
        theirs.role = role
        if role == "member":
            self._end_invitations_of(session, theirs)
        session.flush()
        return self._one(session, user_id, found)

    def transfer(
        self, session: Session, user_id: int, group_id: int, other: int
    ) -> schemas.FamilyGroupOut:
        """Make another member the owner; who was it becomes an admin."""
        found = self._owned(session, user_id, group_id)
        mine = self._other(session, group_id, user_id)
        found.owner_id = self._other(session, group_id, other).user_id
        mine.role = "admin"
        # An owner alone invites an admin: a link of the former one does so no longer.
        now = self._clock.now()
        repository.end_invitations(session, group_id, now, invited_by=user_id, role="admin")
        session.flush()
        return self._one(session, user_id, found)

    def _depart(self, session: Session, member: FamilyMember) -> None:
        self._end_invitations_of(session, member)
        session.delete(member)

    def _end_invitations_of(self, session: Session, member: FamilyMember) -> None:
        """Links that somebody made as an admin let nobody in once they are none."""
        now = self._clock.now()
        repository.end_invitations(session, member.group_id, now, invited_by=member.user_id)

    def _owned(self, session: Session, user_id: int, group_id: int) -> FamilyGroup:
        found, mine = membership(session, user_id, group_id, lock=True)
        if role_of(found, mine) != "owner":
            raise Forbidden("The owner of the group alone may do this.")
        return found

    def _other(self, session: Session, group_id: int, user_id: int) -> FamilyMember:
        found = repository.member(session, group_id, user_id)
        if found is None:
            raise NotFound("Member")
        return found

    def _one(self, session: Session, user_id: int, group: FamilyGroup) -> schemas.FamilyGroupOut:
        return self._shown(session, user_id, [group])[0]

    def _shown(
        self, session: Session, user_id: int, groups: Sequence[FamilyGroup]
    ) -> list[schemas.FamilyGroupOut]:
        ids = [one.id for one in groups]
        members = repository.members(session, ids)
        pending = repository.pending(session, ids, self._clock.now())
        people = {one.user_id for one in members} | {one.invited_by for one in pending}
        names = display_names(session, people)
        return [views.group_out(one, user_id, members, pending, names) for one in groups]


def membership(
    session: Session, user_id: int, group_id: int, *, lock: bool
) -> tuple[FamilyGroup, FamilyMember]:
    """A group and a person's place in it. Raises NotFound for who is not in it.

    lock: for a change. Who changes a group waits for others who do, and sees what they left.
    """
    group = repository.group(session, group_id, lock=lock)
    mine = None if group is None else repository.member(session, group_id, user_id)
    if group is None or mine is None:
        raise NotFound("Group")
    return group, mine


def role_of(group: FamilyGroup, member: FamilyMember) -> schemas.Role:
    """A member's role."""
    return views.role_of(group, member)


def demand_admin(group: FamilyGroup, member: FamilyMember) -> schemas.Role:
    """The role of an owner or admin. Raises Forbidden for a member."""
    role = role_of(group, member)
    if role == "member":
        raise Forbidden("The owner and the admins of the group alone may do this.")
    return role


def demand_room(session: Session, user_id: int) -> None:
    """Raise Conflict for a person who is in as many groups as one can be."""
    if len(repository.groups_of(session, user_id)) >= MOST_GROUPS:
        raise Conflict(f"You are in {MOST_GROUPS} groups, the most one can be in: leave one")


def new_member(group_id: int, user_id: int, role: str, now: datetime) -> FamilyMember:
    """A membership that begins with percentages only."""
    return FamilyMember(
        group_id=group_id, user_id=user_id, role=role, shares_holdings=True,
        shares_positions=True, shares_mutual_funds=True, amounts="percent", joined_at=now,
    )  # fmt: skip
