"""Bodies of the routes of family. Rupees are text with two decimals; percentages are text too."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Literal

from pydantic import PlainSerializer, StringConstraints

from tradertape_server.features.auth.schemas import Email
from tradertape_server.platform.http.routing import Body, IstTime, Reply, RowId

_PAISA = Decimal("0.01")


def _to_paisa(amount: Decimal) -> str:
    return f"{amount.quantize(_PAISA, ROUND_HALF_UP):f}"


def _plainly(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


Rupees = Annotated[Decimal, PlainSerializer(_to_paisa, return_type=str)]
Number = Annotated[Decimal, PlainSerializer(_plainly, return_type=str)]
Percent = Number

Role = Literal["owner", "admin", "member"]
GivenRole = Literal["admin", "member"]
AmountsShown = Literal["full", "percent", "hidden"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Token = Annotated[str, StringConstraints(strip_whitespace=True, min_length=20, max_length=100)]


class GroupIn(Body):
    """A group's name."""

    name: Name


class InviteIn(Body):
    """Whom to invite, and as what."""

    email: Email
    role: GivenRole = "member"


class AnswerIn(Body):
    """The token of the link; without one, the invitation of the signed-in address is meant."""

    token: Token | None = None


class TokenIn(Body):
    """The token of the link."""

    token: Token


class RoleIn(Body):
    """A member's new role; for an owner there is `transfer`."""

    role: GivenRole


class TransferIn(Body):
    """The member who becomes the owner."""

    user_id: RowId


class FamilyShareIn(Body):
    """What you show to the others. amounts: `percent` shows weights, `hidden` your name alone."""

    holdings: bool = True
    positions: bool = True
    mutual_funds: bool = True
    amounts: AmountsShown = "percent"


class ShareOut(Reply):
    """What a member shows to the others."""

    holdings: bool
    positions: bool
    mutual_funds: bool
    amounts: AmountsShown


class FamilyMemberOut(Reply):
    """A member of a group. is_you: the one who asks."""

    user_id: int
    display_name: str
    role: Role
    status: Literal["active"]
    is_you: bool
    share: ShareOut
    joined_at: IstTime


class PendingOut(Reply):
    """An invitation that nobody has answered yet, for those who may withdraw it."""

    id: int
    email: str
    role: GivenRole
    status: Literal["invited"]
    invited_by: str
    expires_at: IstTime


class FamilyGroupOut(Reply):
    """A group you are a member of. invitations: for the owner and admins; empty for members."""

    id: int
    name: str
    my_role: Role
    members: list[FamilyMemberOut]
    invitations: list[PendingOut]


class InviteOut(Reply):
    """An invitation, with the link that is shown once: only its hash is kept.

    The answer is the same whether or not the address has an account here.
    """

    invite_id: int
    expires_at: IstTime
    link: str


class InvitationOut(Reply):
    """An invitation as the invited person sees it."""

    group_id: int
    group_name: str
    invited_by: str
    role: GivenRole
    expires_at: IstTime


class PartOut(Reply):
    """A part of a whole. value: rupees; null where percentages alone are shown."""

    name: str
    value: Rupees | None
    pct: Percent


class FamilyTotalsOut(Reply):
    """Sums over the members who share amounts in full. xirr_pct: of their payments together; null
    where those of one who has shares or funds are not known."""

    net_worth: Rupees
    equity: Rupees
    mutual_funds: Rupees
    cash: Rupees
    invested: Rupees
    unrealised_pnl: Rupees
    day_pnl: Rupees
    day_pnl_pct: Percent | None
    positions_pnl: Rupees
    xirr_pct: Percent | None


class SourceOut(Reply):
    """Where the figures of an account come from: the `broker` just now, what an `agent` sent last,
    or an `upload`. instead_of: sources that know of it too and are not counted."""

    broker: str
    account: str
    source: Literal["broker", "agent", "upload"]
    as_of: IstTime | None
    instead_of: list[Literal["broker", "agent", "upload"]]


class MemberTotalsOut(Reply):
    """A member's part; null: not shared. share_pct: of the family's rupees."""

    user_id: int
    display_name: str
    amounts: AmountsShown
    obfuscated: bool
    stale: bool
    last_sync: IstTime | None
    net_worth: Rupees | None
    day_pnl: Rupees | None
    day_pnl_pct: Percent | None
    share_pct: Percent | None
    xirr_pct: Percent | None
    by_asset: list[PartOut]
    sources: list[SourceOut]


class MemberPartOut(Reply):
    """A member's part of a holding. weight_pct: of the member's own shares and funds."""

    user_id: int
    quantity: Number | None
    value: Rupees | None
    weight_pct: Percent


class FamilyHoldingOut(Reply):
    """One share over all members; null where nobody who holds it shares amounts in full."""

    symbol: str
    isin: str
    name: str
    sector: str
    quantity: Number | None
    average_price: Rupees | None
    invested: Rupees | None
    ltp: Number | None
    value: Rupees | None
    pnl: Rupees | None
    day_pnl: Rupees | None
    weight_pct: Percent | None
    by_member: list[MemberPartOut]


class FamilyFundOut(Reply):
    """One fund over all members."""

    isin: str
    scheme: str
    units: Number | None
    nav: Number | None
    invested: Rupees | None
    value: Rupees | None
    weight_pct: Percent | None
    xirr_pct: Percent | None
    by_member: list[MemberPartOut]


class FamilyPositionOut(Reply):
    """A member's open position; only of members who share amounts in full."""

    user_id: int
    broker: str
    symbol: str
    product: str
    quantity: int
    average_price: Number
    ltp: Number
    pnl: Rupees


class AllocationOut(Reply):
    """How the family's rupees are spread."""

    by_asset: list[PartOut]
    by_sector: list[PartOut]
    by_member: list[PartOut]
    by_broker: list[PartOut]


class ConsolidatedOut(Reply):
    """The family's wealth as you may see it. warnings: what makes it incomplete, in words."""

    group_id: int
    as_of: IstTime
    currency: Literal["INR"]
    totals: FamilyTotalsOut
    members: list[MemberTotalsOut]
    holdings: list[FamilyHoldingOut]
    positions: list[FamilyPositionOut]
    mutual_funds: list[FamilyFundOut]
    allocation: AllocationOut
    warnings: list[str]
