"""Routes of family."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http.dependencies import CurrentUser, SessionUser
from tradertape_server.features.family import schemas
from tradertape_server.features.family.build import Family
from tradertape_server.platform.http.routing import MAX_ID, DbSession, RowId, TransactionRoute, part

router = APIRouter(prefix="/api/family", tags=["family"], route_class=TransactionRoute)

Families = Annotated[Family, Depends(part("family"))]
Chosen = Annotated[
    str | None,
    Query(
        pattern=r"^\d{1,10}(,\d{1,10}){0,49}$",
        description="User ids of members, by comma; all that you may see without it.",
        examples=["1,2"],
    ),
]


@router.get("/groups")
def list_family_groups(
    session: DbSession, user: CurrentUser, family: Families
) -> list[schemas.FamilyGroupOut]:
    """The groups you are a member of, with their members."""
    return family.groups.groups(session, user.id)


@router.post("/groups", status_code=201)
def create_family_group(
    session: DbSession, user: CurrentUser, family: Families, body: schemas.GroupIn
) -> schemas.FamilyGroupOut:
    """Create a group, with you as its owner. You begin with sharing percentages only."""
    return family.groups.create(session, user.id, body.name)


@router.patch("/groups/{group_id}")
def rename_family_group(
    session: DbSession, user: SessionUser, family: Families, group_id: RowId, body: schemas.GroupIn
) -> schemas.FamilyGroupOut:
    """Rename a group you own."""
    return family.groups.rename(session, user.id, group_id, body.name)


@router.delete("/groups/{group_id}", status_code=204)
def delete_family_group(
    session: DbSession, user: SessionUser, family: Families, group_id: RowId
) -> None:
    """Delete a group you own. Nobody's own data is touched."""
    family.groups.delete(session, user.id, group_id)


@router.post("/groups/{group_id}/invite", status_code=201)
def invite_to_family(
    user: SessionUser, family: Families, origin: Origin, group_id: RowId, body: schemas.InviteIn
) -> schemas.InviteOut:
    """Invite an address by mail; the link is in the answer too, and valid for seven days."""
    return family.invitations.invite(user, group_id, body, origin)


@router.delete("/groups/{group_id}/invitations/{invitation_id}", status_code=204)
def withdraw_family_invitation(
    session: DbSession, user: SessionUser, family: Families, group_id: RowId, invitation_id: RowId
) -> None:
    """Withdraw an invitation that nobody has answered."""
    family.invitations.withdraw(session, user.id, group_id, invitation_id)


@router.get("/invitations")
def list_family_invitations(
    session: DbSession, user: SessionUser, family: Families
) -> list[schemas.InvitationOut]:
    """The open invitations of your address."""
    return family.invitations.for_address(session, user)


@router.post("/invitations/look")
def read_family_invitation(
    session: DbSession, _user: SessionUser, family: Families, body: schemas.TokenIn
) -> schemas.InvitationOut:
    """What the link of an invitation is about; its token is sent in the body, never in a URL."""
    return family.invitations.of_token(session, body.token)


@router.post("/groups/{group_id}/accept")
def accept_family_invitation(
    session: DbSession, user: SessionUser, family: Families, origin: Origin, group_id: RowId,
    body: schemas.AnswerIn,
) -> schemas.FamilyGroupOut:  # fmt: skip
    """Become a member: with the link's token, or as the invited address. You begin with sharing
    percentages only."""
    family.invitations.accept(session, user, group_id, body.token, origin)
    return family.groups.group(session, user.id, group_id)


@router.post("/groups/{group_id}/decline", status_code=204)
def decline_family_invitation(
    session: DbSession, user: SessionUser, family: Families, group_id: RowId, body: schemas.AnswerIn
) -> None:
    """Decline an invitation, which ends it."""
    family.invitations.decline(session, user, group_id, body.token)


@router.post("/groups/{group_id}/leave", status_code=204)
def leave_family_group(
    session: DbSession, user: SessionUser, family: Families, group_id: RowId
) -> None:
    """Leave a group: the others see nothing of you from now on, nor you of them."""
    family.groups.leave(session, user.id, group_id)


@router.put("/groups/{group_id}/share")
def share_with_family(
    session: DbSession,
    user: SessionUser,
    family: Families,
    group_id: RowId,
    body: schemas.FamilyShareIn,
) -> schemas.FamilyGroupOut:
    """Set what you show to the others of a group."""
    return family.groups.share(session, user.id, group_id, body)


@router.patch("/groups/{group_id}/members/{user_id}")
def change_family_role(
    session: DbSession, user: SessionUser, family: Families, group_id: RowId, user_id: RowId,
    body: schemas.RoleIn,
) -> schemas.FamilyGroupOut:  # fmt: skip
    """Change a member's role in a group you own."""
    return family.groups.change_role(session, user.id, group_id, user_id, body.role)


@router.delete("/groups/{group_id}/members/{user_id}", status_code=204)
def remove_family_member(
    session: DbSession, user: SessionUser, family: Families, group_id: RowId, user_id: RowId
) -> None:
    """Remove a member, whose access ends at once."""
    family.groups.remove(session, user.id, group_id, user_id)


@router.post("/groups/{group_id}/transfer")
def transfer_family_group(
    session: DbSession, user: SessionUser, family: Families, group_id: RowId,
    body: schemas.TransferIn,
) -> schemas.FamilyGroupOut:  # fmt: skip
    """Make another member the owner of a group you own; you become an admin."""
    return family.groups.transfer(session, user.id, group_id, body.user_id)


@router.get("/consolidated")
def read_consolidated(
    user: CurrentUser,
    family: Families,
    group_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    members: Chosen = None,
) -> schemas.ConsolidatedOut:
    """The family's wealth as you may see it: totals of those who share amounts in full, and
    percentages of the others."""
    chosen = None if members is None else {int(one) for one in members.split(",")}
    return family.consolidated.read(user.id, group_id, chosen)
