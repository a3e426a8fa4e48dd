"""Use cases of invitations: a link with a token by mail, answered once.

A link is for whoever holds it, as a forwarded one is; without it, the invited address must be the
one that is signed in. Every account's address is verified: it is signed in to by mail, or was made
at the server's command line, and cannot be changed.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.auth.queries import display_names
from tradertape_server.features.family import repository, schemas, views
from tradertape_server.features.family.mail_texts import invitation_mail
from tradertape_server.features.family.models import FamilyGroup, FamilyInvitation
from tradertape_server.features.family.service import (
    MOST_MEMBERS,
    demand_admin,
    demand_room,
    membership,
    new_member,
)
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, Forbidden, NotFound, TooMany
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.mail import Mailer
from tradertape_server.platform.secrets import new_token, token_hash

VALID_FOR = timedelta(days=7)
MOST_PENDING = 20
MOST_A_DAY = 20
_KEPT_FOR = timedelta(days=30)
_DAY = timedelta(days=1)


class InvitationService:
    """Each method is one transaction; mail is sent after it."""

    def __init__(self, database: Database, clock: Clock, mailer: Mailer, public_url: str) -> None:
        self._database = database
        self._clock = clock
        self._mailer = mailer
        self._page = f"{public_url}/family/invitation"

    def invite(
        self, who: Identity, group_id: int, wanted: schemas.InviteIn, origin: RequestOrigin
    ) -> schemas.InviteOut:
        """Invite an address, in place of an earlier invitation of it. Raises Forbidden for members
        and for an admin who names an admin, Conflict and TooMany over the limits."""
        token, email, now = new_token(), wanted.email, self._clock.now()
        with self._database.write() as session:
            self._database.advisory_lock(session, f"family invitations of {who.id}")
            group, mine = membership(session, who.id, group_id, lock=True)
            if demand_admin(group, mine) != "owner" and wanted.role == "admin":
                raise Forbidden("The owner alone invites an admin.")
            repository.end_invitations(session, group_id, now, email=email)
            self._demand_room(session, who.id, group_id)
            made = FamilyInvitation(
                group_id=group_id, email=email, role=wanted.role, token_hash=token_hash(token),
                invited_by=who.id, created_at=now, expires_at=now + VALID_FOR,
            )  # fmt: skip
            session.add(made)
            self._audit(session, who, origin, "family_invited", group)
            session.flush()
            name, inviter = group.name, display_names(session, {who.id})[who.id]
        # In the fragment: a browser sends it to no server, so it is in no log and no referrer.
        link = f"{self._page}#{token}"
        self._mailer.send(
            invitation_mail(to=email, link=link, inviter=inviter, group=name, until=made.expires_at)
        )
        return schemas.InviteOut(invite_id=made.id, expires_at=made.expires_at, link=link)

    def withdraw(self, session: Session, user_id: int, group_id: int, invitation_id: int) -> None:
        """End an invitation that nobody has answered; for the owner and admins."""
        group, mine = membership(session, user_id, group_id, lock=True)
        demand_admin(group, mine)
        now = self._clock.now()
        for one in repository.pending(session, [group_id], now):
            if one.id == invitation_id:
                one.ended_at = now
                return
        raise NotFound("Invitation")

    def for_address(self, session: Session, who: Identity) -> list[schemas.InvitationOut]:
        """The open invitations of the signed-in address."""
        found = repository.pending_for(session, who.email, self._clock.now())
        return [self._shown(session, one) for one in found]

    def of_token(self, session: Session, token: str) -> schemas.InvitationOut:
        """What a link invites to. Raises NotFound for one that cannot be used, or no longer."""
        found = repository.invitation_by_token(session, token_hash(token), self._clock.now())
        if found is None:
            raise _not_found()
        return self._shown(session, found)

    def accept(
        self, session: Session, who: Identity, group_id: int, token: str | None,
        origin: RequestOrigin,
    ) -> None:  # fmt: skip
        """Become a member. Raises NotFound without a valid invitation, Conflict for a member."""
        self._database.advisory_lock(session, f"family of {who.id}")
        group, found = self._answered(session, who, group_id, token)
        if repository.member(session, group_id, who.id) is not None:
            raise Conflict("You are a member of this group already")
        if len(repository.members(session, [group_id])) >= MOST_MEMBERS:
            raise Conflict(f"The group has {MOST_MEMBERS} members, the most a group can have")
        demand_room(session, who.id)
        now = self._clock.now()
        found.ended_at = now
        session.add(new_member(group_id, who.id, found.role, now))
        self._audit(session, who, origin, "family_joined", group)
        session.flush()

    def decline(self, session: Session, who: Identity, group_id: int, token: str | None) -> None:
        """End an invitation as the invited person. Raises NotFound without a valid one."""
        _, found = self._answered(session, who, group_id, token)
        found.ended_at = self._clock.now()

    def _answered(
        self, session: Session, who: Identity, group_id: int, token: str | None
    ) -> tuple[FamilyGroup, FamilyInvitation]:
        group = repository.group(session, group_id, lock=True)
        now = self._clock.now()
        if token is not None:
            by_token = repository.invitation_by_token(session, token_hash(token), now)
            open_ones = [] if by_token is None else [by_token]
        else:
            open_ones = repository.pending_for(session, who.email, now)
        found = next((one for one in open_ones if one.group_id == group_id), None)
        if group is None or found is None:
            raise _not_found()
        return group, found

    def _demand_room(self, session: Session, user_id: int, group_id: int) -> None:
        now = self._clock.now()
        repository.forget_invitations(session, now - _KEPT_FOR)
        if len(repository.pending(session, [group_id], now)) >= MOST_PENDING:
            raise Conflict(f"{MOST_PENDING} invitations are open: withdraw one or wait for answers")
        if repository.sent_since(session, user_id, now - _DAY) >= MOST_A_DAY:
            raise TooMany(
                f"You have sent {MOST_A_DAY} invitations in a day: try again tomorrow",
                retry_after_s=int(_DAY.total_seconds()),
            )

    def _shown(self, session: Session, one: FamilyInvitation) -> schemas.InvitationOut:
        group = (
            None if one.group_id is None else repository.group(session, one.group_id, lock=False)
        )
        if group is None:
            raise _not_found()
        return views.invitation_out(one, group, display_names(session, {one.invited_by}))

    def _audit(
        self, session: Session, who: Identity, origin: RequestOrigin, action: str,
        group: FamilyGroup,
    ) -> None:  # fmt: skip
        record(
            session, action, user_id=who.id, actor=who.email, origin=origin,
            now=self._clock.now(), group=group.name,
        )  # fmt: skip


def _not_found() -> NotFound:
    return NotFound("Invitation")
