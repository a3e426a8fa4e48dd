"""A family's wealth: what a member shares, and what others then see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.wealth.instruments import stable_isin


class Amounts(StrEnum):
    """How a member's figures are shown to the others."""

    FULL = "full"
    PERCENT = "percent"  # weights within the member's own book
    HIDDEN = "hidden"  # the name alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What a member shows to the others. What is not shared is not in the member's sums either."""

    holdings: bool = True
    positions: bool = True
    mutual_funds: bool = True
    amounts: Amounts = Amounts.PERCENT


EVERYTHING = Sharing(amounts=Amounts.FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldShare:
    """Shares of one instrument at one broker. price: None without one, then valued at cost.

    instrument: what is the same share for all members, see `share_key`.
    """

    instrument: str
    symbol: str
    broker: str
    quantity: Decimal
    cost: Decimal
    price: Decimal | None
    isin: str = ""
    name: str = ""
    sector: str = ""
    day_profit: Decimal | None = None

    @property
    def value(self) -> Decimal:
        """Rupees at the price, at cost without one."""
        return self.cost if self.price is None else self.price * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFund:
    """Units of one fund. xirr: 0.1 is 10 % a year."""

    isin: str
    scheme: str
    units: Decimal
    cost: Decimal
    nav: Decimal | None
    value: Decimal
    xirr: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPosition:
    """Open exposure at one broker."""

    symbol: str
    broker: str
    product: str
    quantity: int
    average_price: Decimal
    last_price: Decimal
    profit: Decimal


class From(StrEnum):
    """Where figures of an account come from, the surest first."""

    BROKER = "broker"  # which answered just now
    AGENT = "agent"  # the last it sent
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the figures of an account come from. account: "" where the source does not name it.

    instead_of: sources that know of the account too and are not counted.
    """

    broker: str
    account: str
    source: From
    as_of: datetime | None
    instead_of: Sequence[From] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberBook:
    """All that is known of a member. cash: by broker. notes: what makes the book incomplete.

    flows: money put into shares and funds and taken out of them, their worth at the end, for the
    rate of several members together; empty where it is not known. is_scaled: the stored quantities
    are scaled by a factor that the server does not know.
    """

    user_id: int
    name: str
    sharing: Sharing
    shares: Sequence[HeldShare] = ()
    funds: Sequence[HeldFund] = ()
    positions: Sequence[OpenPosition] = ()
    cash: Sequence[tuple[str, Decimal]] = ()
    xirr: float | None = None
    flows: Sequence[tuple[date, Decimal]] = ()
    is_scaled: bool = False
    last_sync: datetime | None = None
    sources: Sequence[Source] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole. value: rupees; None where percentages alone are shown."""

    name: str
    value: Decimal | None
    pct: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """A member as the others see it. share_pct: of the family's rupees; None outside of them."""

    user_id: int
    name: str
    amounts: Amounts
    is_scaled: bool
    is_stale: bool
    last_sync: datetime | None
    net_worth: Decimal | None
    day_profit: Decimal | None
    day_profit_pct: Decimal | None
    share_pct: Decimal | None
    xirr_pct: Decimal | None
    by_asset: Sequence[Part]
    sources: Sequence[Source]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPart:
    """A member's part of a row. weight_pct: of the member's own shares and funds."""

    user_id: int
    quantity: Decimal | None
    value: Decimal | None
    weight_pct: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """One share over all members; figures are None where no member shares amounts in full."""

    symbol: str
    isin: str
    name: str
    sector: str
    price: Decimal | None
    quantity: Decimal | None
    average_price: Decimal | None
    cost: Decimal | None
    value: Decimal | None
    profit: Decimal | None
    day_profit: Decimal | None
    weight_pct: Decimal | None
    by_member: Sequence[MemberPart]


@dataclass(frozen=True, slots=True, kw_only=True)
class FundRow:
    """One fund over all members, see `ShareRow`. xirr_pct: where one member alone holds it."""

    isin: str
    scheme: str
    nav: Decimal | None
    units: Decimal | None
    cost: Decimal | None
    value: Decimal | None
    weight_pct: Decimal | None
    xirr_pct: Decimal | None
    by_member: Sequence[MemberPart]


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A member's position; only of members who share amounts in full."""

    user_id: int
    position: OpenPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums in rupees over the members who share amounts in full."""

    net_worth: Decimal
    equity: Decimal
    mutual_funds: Decimal
    cash: Decimal
    invested: Decimal
    unrealised: Decimal
    day_profit: Decimal
    day_profit_pct: Decimal | None
    positions_profit: Decimal
    xirr_pct: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consolidated:
    """The family's wealth as one viewer may see it."""

    totals: Totals
    members: Sequence[MemberView]
    holdings: Sequence[ShareRow]
    funds: Sequence[FundRow]
    positions: Sequence[PositionRow]
    by_asset: Sequence[Part]
    by_sector: Sequence[Part]
    by_member: Sequence[Part]
    by_broker: Sequence[Part]
    warnings: Sequence[str]


def share_key(symbol: str, isin: str) -> str:
    """What makes two rows one share: the part of the ISIN that splits leave, else the symbol."""
    return stable_isin(isin) if isin else symbol


def shown_to(viewer: int, book: MemberBook) -> MemberBook:
    """The part of a member's book that a viewer may see; one's own in full.

    A scaled book is shown in percentages to its owner too: the server knows no rupees of it.
    """
    sharing = EVERYTHING if book.user_id == viewer else book.sharing
    if book.is_scaled and sharing.amounts is Amounts.FULL:
        sharing = replace(sharing, amounts=Amounts.PERCENT)
    seen = replace(book, sharing=sharing)
    if sharing.amounts is Amounts.HIDDEN:
        return replace(seen, shares=(), funds=(), positions=(), cash=(), xirr=None, flows=(),
                       notes=(), sources=(), last_sync=None)  # fmt: skip
    return replace(
        seen,
        shares=book.shares if sharing.holdings else (),
        cash=book.cash if sharing.holdings else (),
        funds=book.funds if sharing.mutual_funds else (),
        positions=book.positions if sharing.positions else (),
        # The rate is of shares and funds together: with one of them it would be another's.
        xirr=book.xirr if sharing.holdings and sharing.mutual_funds else None,
        flows=book.flows if sharing.holdings and sharing.mutual_funds else (),
    )
