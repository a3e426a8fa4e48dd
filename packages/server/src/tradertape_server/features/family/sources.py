"""A member's book from what other features know: the brokers that are connected, and the uploads.

A broker that answers is newer than files of it, so shares and cash of such an account come from the
broker alone, and those of all other accounts from the files. Nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tradertape_core.wealth.family import (
    HeldFund,
    HeldShare,
    MemberBook,
    OpenPosition,
    Sharing,
    share_key,
)
from tradertape_server.features.brokerage.errors import NotConnected
from tradertape_server.features.family.ports import Brokers, Uploaded
from tradertape_server.features.holdings.schemas import AtBroker, HoldingOut, MarginOut, PositionOut
from tradertape_server.features.holdings.service import Listing
from tradertape_server.features.wealth.schemas import WealthHoldingOut
from tradertape_server.platform.errors import ApiError

NIL = Decimal(0)
SEVERAL = "several brokers"  # of a share with more lots than the book's page lists


@dataclass(slots=True)
class AtBrokers:
    """What a member's connected brokers answered. accounts: (broker, account) that did."""

    holdings: Sequence[HoldingOut] = ()
    positions: Sequence[PositionOut] = ()
    margins: Sequence[MarginOut] = ()
    accounts: set[tuple[str, str]] = field(default_factory=set)
    is_sandbox: bool = False
    oldest: datetime | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FromFiles:
    """What a member's uploads amount to, apart from accounts whose broker answered."""

    shares: list[HeldShare] = field(default_factory=list)
    funds: list[HeldFund] = field(default_factory=list)
    cash: list[tuple[str, Decimal]] = field(default_factory=list)
    xirr: float | None = None
    is_empty: bool = True
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """A member's book, and whether it is of real accounts and of a sandbox's."""

    book: MemberBook
    has_real: bool
    has_sandbox: bool


@dataclass(frozen=True, slots=True)
class MemberBooks:
    """Reads a member's book. No transaction is open while a broker is asked.

    is_scaled: whether an account is obfuscated. last_upload: when files last changed.
    """

    brokers: Brokers
    uploaded: Uploaded
    is_scaled: Callable[[int], bool]
    last_upload: Callable[[int], datetime | None]

    def read(self, user_id: int, name: str, sharing: Sharing, *, sandbox: bool) -> Found:
        """A member's book. sandbox: with the accounts of a sandbox, whose money is not real."""
        live = self._at_brokers(user_id)
        has_sandbox = live.is_sandbox
        if has_sandbox and not sandbox:
            live = AtBrokers(notes=live.notes)
        files = self._from_files(user_id, live.accounts)
        syncs = [live.oldest, None if files.is_empty else self.last_upload(user_id)]
        book = MemberBook(
            user_id=user_id,
            name=name,
            sharing=sharing,
            shares=[*map(_live_share, live.holdings), *files.shares],
            funds=files.funds,
            positions=[_position(one) for one in live.positions],
            cash=[*((one.broker, one.available_cash) for one in live.margins), *files.cash],
            # What was paid for shares at a connected broker is not known to the server.
            xirr=None if live.holdings else files.xirr,
            is_scaled=self.is_scaled(user_id),
            last_sync=min((at for at in syncs if at is not None), default=None),
            notes=[*live.notes, *files.notes],
        )
        return Found(book, bool(live.accounts and not has_sandbox) or not files.is_empty,
                     has_sandbox)  # fmt: skip

    def _at_brokers(self, user_id: int) -> AtBrokers:
        try:
            held = self.brokers.holdings(user_id, None)
            positions = self.brokers.positions(user_id, None)
            margins = self.brokers.margins(user_id, None)
        except NotConnected:
            return AtBrokers()
        except ApiError:
            return AtBrokers(notes=["broker did not answer: what is there is missing"])
        answers: Sequence[Listing[HoldingOut] | Listing[PositionOut] | Listing[MarginOut]] = (
            held, positions, margins,
        )  # fmt: skip
        rows: list[AtBroker] = [row for one in answers for row in one.rows]
        failed = {_broker_of(scope) for one in answers for scope in one.failures}
        return AtBrokers(
            holdings=[row for row in held.rows if row.quantity + row.t1_quantity],
            positions=[row for row in positions.rows if row.kind == "net" and row.quantity],
            margins=margins.rows,
            accounts={_account_of(row.account) for row in rows},
            is_sandbox=any(row.environment == "sandbox" for row in rows),
            oldest=min((row.as_of for row in rows), default=None),
            notes=[f"account at {one} did not answer: old figures" for one in sorted(failed)],
        )

    def _from_files(self, user_id: int, live: Collection[tuple[str, str]]) -> FromFiles:
        try:
            summary = self.uploaded.summary(user_id)
            if summary.is_empty:
                return FromFiles()
            held = self.uploaded.holdings(user_id).holdings
            funds = self.uploaded.funds(user_id)
            ledgers = self.uploaded.reconciliation(user_id).accounts
        except ApiError:
            return FromFiles(notes=["uploads are being reckoned: repeat this in a few seconds"])
        return FromFiles(
            shares=[part for row in held for part in _file_shares(row, live)],
            funds=[
                HeldFund(
                    isin=one.isin, scheme=one.scheme, units=one.units, cost=one.cost, nav=one.nav,
                    value=one.value, xirr=one.xirr,
                )
                for one in funds if one.units > 0
            ],
            cash=[
                (one.broker, one.closing)
                for one in ledgers if not _is_live(one.broker, one.account, live)
            ],
            xirr=summary.xirr,
            is_empty=False,
        )  # fmt: skip


def _live_share(row: HoldingOut) -> HeldShare:
    # A broker counts shares bought a day ago apart until they are settled.
    quantity = Decimal(row.quantity + row.t1_quantity)
    return HeldShare(
        instrument=share_key(row.symbol, row.isin),
        symbol=row.symbol,
        isin=row.isin,
        broker=row.broker,
        quantity=quantity,
        cost=row.average_price * quantity,
        price=row.last_price,
        day_profit=(row.last_price - row.close_price) * quantity if row.close_price else None,
    )


def _file_shares(row: WealthHoldingOut, live: Collection[tuple[str, str]]) -> list[HeldShare]:
    """A share of the uploads by broker, without the lots of accounts whose broker answered."""
    quantity: dict[str, Decimal] = {}
    cost: dict[str, Decimal] = {}
    left, left_cost = row.quantity, row.cost
    for lot in row.lots:
        left, left_cost = left - lot.quantity, left_cost - lot.cost
        if not _is_live(lot.broker, lot.account, live):
            quantity[lot.broker] = quantity.get(lot.broker, NIL) + lot.quantity
            cost[lot.broker] = cost.get(lot.broker, NIL) + lot.cost
    if left > 0:
        broker = row.lots[-1].broker if len({lot.broker for lot in row.lots}) == 1 else SEVERAL
        if not (live and broker not in quantity):
            quantity[broker] = quantity.get(broker, NIL) + left
            cost[broker] = cost.get(broker, NIL) + left_cost
    day = None if row.day_profit is None else row.day_profit / row.quantity
    return [
        HeldShare(
            instrument=row.instrument,
            symbol=row.symbol,
            name=row.name,
            sector=row.sector,
            isin=row.instrument if len(row.instrument) == 12 else "",
            broker=broker,
            quantity=units,
            cost=cost[broker],
            price=row.price,
            day_profit=None if day is None else day * units,
        )
        for broker, units in quantity.items()
    ]


def _position(row: PositionOut) -> OpenPosition:
    return OpenPosition(
        symbol=row.symbol,
        broker=row.broker,
        product=row.product,
        quantity=row.quantity,
        average_price=row.average_price,
        last_price=row.last_price,
        profit=row.pnl,
    )


def _is_live(broker: str, account: str, live: Collection[tuple[str, str]]) -> bool:
    """Whether an account of a file is one whose broker answered; a file may name no account."""
    return any(broker == name and account in ("", own) for name, own in live)


def _account_of(scope: str) -> tuple[str, str]:
    broker, _, account = scope.partition(":")
    return broker, account


def _broker_of(scope: str) -> str:
    return _account_of(scope)[0]
