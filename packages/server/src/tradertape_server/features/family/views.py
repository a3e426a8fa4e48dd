"""Rows of family as response bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tradertape_core.wealth.family import (
    Amounts,
    Consolidated,
    MemberBook,
    MemberPart,
    Part,
    Sharing,
)
from tradertape_server.features.family import schemas
from tradertape_server.features.family.models import FamilyGroup, FamilyInvitation, FamilyMember


def role_of(group: FamilyGroup, member: FamilyMember) -> schemas.Role:
    """A member's role: the group says who owns it."""
    if group.owner_id == member.user_id:
        return "owner"
    return "admin" if member.role == "admin" else "member"


def sharing_of(member: FamilyMember) -> Sharing:
    """What a member shows to the others."""
    return Sharing(
        holdings=member.shares_holdings,
        positions=member.shares_positions,
        mutual_funds=member.shares_mutual_funds,
        amounts=Amounts(member.amounts),
    )


def empty_book(member: FamilyMember, name: str) -> MemberBook:
    """The book of a member who shows nothing: it is not even read."""
    return MemberBook(user_id=member.user_id, name=name, sharing=sharing_of(member))


def with_sharing(book: MemberBook, member: FamilyMember) -> MemberBook:
    """A book with what its owner shares now, which may be less than when it was read."""
    return replace(book, sharing=sharing_of(member))


def group_out(
    group: FamilyGroup,
    viewer: int,
    members: Sequence[FamilyMember],
    pending: Sequence[FamilyInvitation],
    names: Mapping[int, str],
) -> schemas.FamilyGroupOut:
    """A group as one of its members sees it; `members` and `pending` may be of others too."""
    inside = [one for one in members if one.group_id == group.id]
    my_role: schemas.Role = next(role_of(group, one) for one in inside if one.user_id == viewer)
    invited = [one for one in pending if one.group_id == group.id and my_role != "member"]
    return schemas.FamilyGroupOut(
        id=group.id,
        name=group.name,
        my_role=my_role,
        members=[_member_out(group, one, viewer, names) for one in inside],
        invitations=[_pending_out(one, names) for one in invited],
    )


def _member_out(
    group: FamilyGroup, member: FamilyMember, viewer: int, names: Mapping[int, str]
) -> schemas.FamilyMemberOut:
    return schemas.FamilyMemberOut(
        user_id=member.user_id,
        display_name=names.get(member.user_id, f"User {member.user_id}"),
        role=role_of(group, member),
        status="active",
        is_you=member.user_id == viewer,
        share=schemas.ShareOut.model_validate(sharing_of(member)),
        joined_at=member.joined_at,
    )


def _pending_out(one: FamilyInvitation, names: Mapping[int, str]) -> schemas.PendingOut:
    return schemas.PendingOut(
        id=one.id,
        email=one.email,
        role=given_role(one),
        status="invited",
        invited_by=names.get(one.invited_by, f"User {one.invited_by}"),
        expires_at=one.expires_at,
    )


def given_role(invitation: FamilyInvitation) -> schemas.GivenRole:
    """The role an invitation gives."""
    return "admin" if invitation.role == "admin" else "member"


def invitation_out(
    one: FamilyInvitation, group: FamilyGroup, names: Mapping[int, str]
) -> schemas.InvitationOut:
    """An invitation as the invited person sees it."""
    return schemas.InvitationOut(
        group_id=group.id,
        group_name=group.name,
        invited_by=names.get(one.invited_by, f"User {one.invited_by}"),
        role=given_role(one),
        expires_at=one.expires_at,
    )


def consolidated_out(
    group_id: int, found: Consolidated, warnings: Iterable[str], now: datetime
) -> schemas.ConsolidatedOut:
    """The family's wealth."""
    totals = found.totals
    return schemas.ConsolidatedOut(
        group_id=group_id,
        as_of=now,
        currency="INR",
        totals=schemas.FamilyTotalsOut(
            net_worth=totals.net_worth,
            equity=totals.equity,
            mutual_funds=totals.mutual_funds,
            cash=totals.cash,
            invested=totals.invested,
            unrealised_pnl=totals.unrealised,
            day_pnl=totals.day_profit,
            day_pnl_pct=totals.day_profit_pct,
            positions_pnl=totals.positions_profit,
            xirr_pct=totals.xirr_pct,
        ),
        members=_members_out(found),
        holdings=_holdings_out(found),
        positions=_positions_out(found),
        mutual_funds=_funds_out(found),
        allocation=schemas.AllocationOut(
            by_asset=_parts(found.by_asset),
            by_sector=_parts(found.by_sector),
            by_member=_parts(found.by_member),
            by_broker=_parts(found.by_broker),
        ),
        warnings=[*found.warnings, *warnings],
    )


def _members_out(found: Consolidated) -> list[schemas.MemberTotalsOut]:
    return [
        schemas.MemberTotalsOut(
            user_id=one.user_id,
            display_name=one.name,
            amounts=one.amounts.value,
            obfuscated=one.is_scaled,
            stale=one.is_stale,
            last_sync=one.last_sync,
            net_worth=one.net_worth,
            day_pnl=one.day_profit,
            day_pnl_pct=one.day_profit_pct,
            share_pct=one.share_pct,
            xirr_pct=one.xirr_pct,
            by_asset=_parts(one.by_asset),
            sources=[schemas.SourceOut.model_validate(source) for source in one.sources],
        )
        for one in found.members
    ]


def _holdings_out(found: Consolidated) -> list[schemas.FamilyHoldingOut]:
    return [
        schemas.FamilyHoldingOut(
            symbol=row.symbol,
            isin=row.isin,
            name=row.name,
            sector=row.sector,
            quantity=row.quantity,
            average_price=row.average_price,
            invested=row.cost,
            ltp=row.price,
            value=row.value,
            pnl=row.profit,
            day_pnl=row.day_profit,
            weight_pct=row.weight_pct,
            by_member=_by_member(row.by_member),
        )
        for row in found.holdings
    ]


def _funds_out(found: Consolidated) -> list[schemas.FamilyFundOut]:
    return [
        schemas.FamilyFundOut(
            isin=row.isin,
            scheme=row.scheme,
            units=row.units,
            nav=row.nav,
            invested=row.cost,
            value=row.value,
            weight_pct=row.weight_pct,
            xirr_pct=row.xirr_pct,
            by_member=_by_member(row.by_member),
        )
        for row in found.funds
    ]


def _positions_out(found: Consolidated) -> list[schemas.FamilyPositionOut]:
    return [
        schemas.FamilyPositionOut(
            user_id=row.user_id,
            broker=row.position.broker,
            symbol=row.position.symbol,
            product=row.position.product,
            quantity=row.position.quantity,
            average_price=row.position.average_price,
            ltp=row.position.last_price,
            pnl=row.position.profit,
        )
        for row in found.positions
    ]


def _parts(parts: Sequence[Part]) -> list[schemas.PartOut]:
    return [schemas.PartOut.model_validate(one) for one in parts]


def _by_member(parts: Sequence[MemberPart]) -> list[schemas.MemberPartOut]:
    return [schemas.MemberPartOut.model_validate(one) for one in parts]
