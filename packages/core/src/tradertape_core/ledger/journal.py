"""Double entry in integer paise: every posting sums to zero, and none is ever edited.

An entry above 0 is a debit, below 0 a credit. What a position changes into decides the entries, so
fills, corporate actions and corrections share one rule (`_movement`). Delivery and option premium
are settled in cash; intraday shares, margin funding and futures owe their value (`obligations`)
and move cash by what is realised. Futures are marked to market each day: what is paid before it is
realised is kept apart (`mark_to_market`), and comes off what closing pays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.frozen import members_of, quickly_made
from tradertape_core.kernel.money import Paise
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.ledger.charges import COMPONENTS, NO_CHARGES, Charges
from tradertape_core.ledger.conversion import Conversion, apply_conversion
from tradertape_core.ledger.corporate import (
    CashDividend,
    CorporateAction,
    apply_action,
    apply_dividend,
)
from tradertape_core.ledger.mark_to_market import DailyMark, apply_mark
from tradertape_core.ledger.position import (
    Position,
    PositionKey,
    apply_fill,
    joined,
    key_of,
    roll,
    trading_day,
)
from tradertape_core.ledger.settlement import Settlement, apply_settlement
from tradertape_core.ledger.write_off import WriteOff, apply_write_off
from tradertape_core.market.instrument import InstrumentType
from tradertape_core.orders.order import Fill, Product

# What moves a position, in the order it happened.
Movement = Fill | CorporateAction | CashDividend | DailyMark | Settlement | Conversion | WriteOff


class LedgerAccount(StrEnum):
    """Accounts of the ledger. Assets and costs rise by debits; capital and profit by credits."""

    CASH = "cash"
    MARGIN = "margin"  # cash set aside for open positions and orders
    HOLDINGS = "holdings"  # delivered shares at cost
    POSITIONS = "positions"  # all other positions at cost
    OBLIGATIONS = "obligations"  # the value of positions that cash does not move for
    MARK_TO_MARKET = "mark_to_market"  # paid for open futures, and not realised yet
    CAPITAL = "capital"
    REALISED = "realised"
    BROKERAGE = "brokerage"
    STT = "stt"
    TRANSACTION = "transaction"
    SEBI = "sebi"
    STAMP = "stamp"
    GST = "gst"
    DEMAT = "demat"


CHARGE_ACCOUNTS = tuple(LedgerAccount(name) for name in COMPONENTS)
_HELD = frozenset({Product.CNC, Product.MTF})
_OPTIONS = frozenset({InstrumentType.CE, InstrumentType.PE})


class PostingKind(StrEnum):
    """The kind of event that was posted."""

    FILL = "fill"
    CHARGES = "charges"
    REVERSAL = "reversal"
    CORRECTION = "correction"
    CORPORATE_ACTION = "corporate_action"
    CONVERSION = "conversion"
    WRITE_OFF = "write_off"
    DIVIDEND = "dividend"
    MARK_TO_MARKET = "mark_to_market"
    SETTLEMENT = "settlement"
    MARGIN = "margin"
    CAPITAL = "capital"


@quickly_made
@dataclass(frozen=True, slots=True)
class Entry:
    """One line: an account, debit above 0, credit below 0."""

    account: LedgerAccount
    paise: Paise


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Postings:
    """Entries made together. `reference` is the trade or action; `position` what it left behind.

    Raises InvariantBroken when the entries do not sum to zero.
    """

    kind: PostingKind
    reference: str
    account: str
    run_id: str | None
    at: datetime
    entries: tuple[Entry, ...]
    instrument: str | None = None
    position: Position | None = None
    vacated: PositionKey | None = None  # the key a renamed position had before

    def __post_init__(self) -> None:
        rest = sum(entry.paise for entry in self.entries)
        if rest:
            raise InvariantBroken(f"postings of {self.reference} are off by {rest} paise")


@dataclass(frozen=True, slots=True)
class Book:
    """The present positions of accounts."""

    positions: Mapping[PositionKey, Position] = field(default_factory=dict[PositionKey, Position])

    def position(self, key: PositionKey) -> Position:
        """The position of a key; a flat one where there is none."""
        return self.positions.get(key) or Position(key=key)

    def after(self, *postings: Postings) -> Book:
        """The book after postings, in their order."""
        positions = dict(self.positions)
        for one in postings:
            if one.vacated is not None:
                positions.pop(one.vacated, None)
            if one.position is not None:
                positions[one.position.key] = one.position
        return Book(positions)


def post_fill(fill: Fill, charges: Charges, book: Book, *, kind: InstrumentType) -> Postings:
    """Return the postings of a fill and its charges, with the position after it.

    kind: of the fill's instrument; it decides whether cash moves at once.
    """
    return post_fill_of(book.position(key_of(fill)), fill, charges, kind=kind)


def post_fill_of(
    before: Position, fill: Fill, charges: Charges, *, kind: InstrumentType
) -> Postings:
    """Return the same where the fill's position is known."""
    after = apply_fill(before, fill, charges)
    return _posted(PostingKind.FILL, fill.trade_id, fill.at, before, after, kind)


def post_charges(
    key: PositionKey, charges: Charges, book: Book, *, reference: str, at: datetime
) -> Postings:
    """Return the postings of charges that belong to no fill: depository, square-off, interest."""
    before = roll(book.position(key), at.astimezone(IST).date())
    today = replace(before.today, charges=before.today.charges + charges)
    after = replace(before, charges=before.charges + charges, today=today)
    return _posted(PostingKind.CHARGES, reference, at, before, after, InstrumentType.EQ)


def post_action(
    action: CorporateAction, key: PositionKey, book: Book, *, at: datetime
) -> Postings | None:
    """Return the postings of a corporate action on one position, None if applied before.

    Only what is paid for a fraction moves money. A renamed position joins one that is there under
    the new name.
    """
    before = book.position(key)
    after = apply_action(before, action)
    if after is before:
        return None
    kind = InstrumentType.EQ
    posted = _posted(PostingKind.CORPORATE_ACTION, action.action_id, at, before, after, kind)
    if after.key == key:
        return posted
    there = roll(book.position(after.key), action.ex_date)
    return replace(posted, position=joined(there, after), vacated=key)


def post_dividend(
    dividend: CashDividend, key: PositionKey, book: Book, *, at: datetime
) -> Postings | None:
    """Return the postings of a dividend on one position, None if applied before."""
    before = book.position(key)
    after = apply_dividend(before, dividend)
    if after is before:
        return None
    reference = f"{dividend.action_id}:{key.product}"
    return _posted(PostingKind.DIVIDEND, reference, at, before, after, InstrumentType.EQ)


def post_mark(mark: DailyMark, key: PositionKey, book: Book, *, at: datetime) -> Postings | None:
    """Return the postings of a day's mark-to-market of a future, None where nothing is due.

    Cash moves by what the open units gained since they were marked, or traded, last.
    """
    before = book.position(key)
    after = apply_mark(before, mark)
    if after is before:
        return None
    reference = f"{mark.day.isoformat()}:{key.run_id or ''}:{mark.instrument}:{key.product}"
    kind = InstrumentType.FUT
    return _posted(PostingKind.MARK_TO_MARKET, reference, at, before, after, kind)


def post_settlement(
    settlement: Settlement,
    charges: Charges,
    key: PositionKey,
    book: Book,
    *,
    kind: InstrumentType,
    at: datetime,
) -> Postings | None:
    """Return the postings of a contract's settlement, None where nothing is open."""
    before = book.position(key)
    if not before.is_open:
        return None
    after = apply_settlement(before, settlement, charges)
    reference = f"{settlement.settlement_id}:{key.product}"
    return _posted(PostingKind.SETTLEMENT, reference, at, before, after, kind)


def post_conversion(
    conversion: Conversion, key: PositionKey, book: Book, *, kind: InstrumentType
) -> tuple[Postings, Postings]:
    """Return the postings of a conversion: of the position that units leave, and of the other.

    key: of the former. Cash moves where one product is paid for and the other is not.
    """
    posted: list[Postings] = []
    for product in (conversion.old_product, conversion.new_product):
        before = book.position(replace(key, product=product))
        after = apply_conversion(before, conversion)
        reference = f"{conversion.conversion_id}:{product}"
        what = PostingKind.CONVERSION
        posted.append(_posted(what, reference, conversion.at, before, after, kind))
    return posted[0], posted[1]


def post_write_off(
    one: WriteOff, key: PositionKey, book: Book, *, kind: InstrumentType
) -> Postings:
    """Return the postings of units that leave a position at their value, or return."""
    before = book.position(key)
    after = apply_write_off(before, one)
    reference = f"{one.write_off_id}:{key.run_id or ''}:{key.product}"
    if one.is_undone:
        reference += ":undone"
    return _posted(PostingKind.WRITE_OFF, reference, one.at, before, after, kind)


def post_void(
    voided: Fill,
    original: Postings,
    history: Sequence[Movement],
    book: Book,
    *,
    refund: Charges,
    kind: InstrumentType,
    at: datetime,
) -> tuple[Postings, ...]:
    """Return the reversal of a trade the exchange voided, and the correction of later trades.

    original: what the trade was posted as; it stays, beside its reversal. history:
    the position's other movements, in the order they were posted. refund: what the order's
    charges fall by (`billing.void_refund`). A second posting, the correction, follows when later
    trades closed lots of the voided one, or when the refund is not the charges of the trade.
    """
    before = book.position(key_of(voided))
    after = _without(voided, history, before, refund)
    undone = tuple(Entry(e.account, Paise(-e.paise)) for e in original.entries)
    reversal = replace(original, kind=PostingKind.REVERSAL, at=at, entries=undone, position=None)
    wanted = (*_movement(before, after, kind), *original.entries)
    entries = _merged(wanted)
    if not entries:
        return (replace(reversal, position=after),)
    correction = replace(reversal, kind=PostingKind.CORRECTION, entries=entries, position=after)
    return reversal, correction


def post_capital(account: str, amount: Paise, *, reference: str, at: datetime) -> Postings:
    """Return the postings of money paid in (above 0) or out (below 0)."""
    entries = _merged([Entry(LedgerAccount.CASH, amount), _credit(LedgerAccount.CAPITAL, amount)])
    return Postings(
        kind=PostingKind.CAPITAL,
        reference=reference,
        account=account,
        run_id=None,
        at=at,
        entries=entries,
    )


def post_margin(
    account: str, run_id: str | None, change: Paise, *, reference: str, at: datetime
) -> Postings:
    """Return the postings that set cash aside (above 0) or free it (below 0)."""
    entries = _merged([Entry(LedgerAccount.MARGIN, change), _credit(LedgerAccount.CASH, change)])
    return Postings(
        kind=PostingKind.MARGIN,
        reference=reference,
        account=account,
        run_id=run_id,
        at=at,
        entries=entries,
    )


def replay(
    key: PositionKey,
    history: Iterable[Movement],
    *,
    charges: Charges = NO_CHARGES,
) -> Position:
    """Return the position a history makes. charges: what it cost in all."""
    position = Position(key=key)
    for event in history:
        if isinstance(event, Fill):
            position = apply_fill(position, event)
        elif isinstance(event, Settlement):
            position = apply_settlement(position, event)
        elif isinstance(event, DailyMark):
            position = apply_mark(position, event)
        elif isinstance(event, CashDividend):
            position = apply_dividend(position, event)
        elif isinstance(event, Conversion):
            position = apply_conversion(position, event)
        elif isinstance(event, WriteOff):
            position = apply_write_off(position, event)
        else:
            position = apply_action(position, event)
    return replace(position, charges=charges)


def balances(postings: Iterable[Postings]) -> dict[LedgerAccount, Paise]:
    """Return the balance of every account after the postings; they sum to zero."""
    found: defaultdict[LedgerAccount, int] = defaultdict(int)
    for posting in postings:
        for entry in posting.entries:
            found[entry.account] += entry.paise
    return {account: Paise(amount) for account, amount in found.items()}


def is_settled_in_cash(product: Product, kind: InstrumentType) -> bool:
    """Whether buying moves the whole value in cash: delivery, and the premium of options."""
    return product is Product.CNC or kind in _OPTIONS


def _without(
    voided: Fill, history: Sequence[Movement], before: Position, refund: Charges
) -> Position:
    after = replay(before.key, history, charges=before.charges - refund)
    day = before.today.day
    if day is not None:
        after = roll(after, day)
    spent_today = before.today.charges - (refund if trading_day(voided) == day else NO_CHARGES)
    return replace(after, today=replace(after.today, charges=spent_today))


def _posted(
    what: PostingKind,
    reference: str,
    at: datetime,
    before: Position,
    after: Position,
    kind: InstrumentType,
) -> Postings:
    return Postings(
        kind=what,
        reference=reference,
        account=after.key.account,
        run_id=after.key.run_id,
        at=at,
        instrument=after.key.instrument,
        entries=_movement(before, after, kind),
        position=after,
    )


def _movement(before: Position, after: Position, kind: InstrumentType) -> tuple[Entry, ...]:
    """The entries that lead from one state of a position to another."""
    product = after.key.product
    cost = Paise(after.cost_paise - before.cost_paise)
    realised = Paise(after.realised_paise - before.realised_paise)
    charges = after.charges - before.charges
    held = LedgerAccount.HOLDINGS if product in _HELD else LedgerAccount.POSITIONS
    lines: list[tuple[LedgerAccount, int]] = [(held, cost), (LedgerAccount.REALISED, -realised)]
    if is_settled_in_cash(product, kind):
        lines.append((LedgerAccount.CASH, realised - cost))
    else:
        marked = after.mtm_paise - before.mtm_paise
        lines += [(LedgerAccount.OBLIGATIONS, -cost), (LedgerAccount.CASH, realised + marked)]
        lines.append((LedgerAccount.MARK_TO_MARKET, -marked))
    lines += zip(CHARGE_ACCOUNTS, members_of(Charges)[1](charges), strict=True)
    lines.append((LedgerAccount.CASH, -charges.total))
    return _summed(lines)


def _credit(account: LedgerAccount, amount: int) -> Entry:
    return Entry(account, Paise(-amount))


def _merged(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """One entry an account, none of zero."""
    return _summed((entry.account, entry.paise) for entry in entries)


def _summed(lines: Iterable[tuple[LedgerAccount, int]]) -> tuple[Entry, ...]:
    found: dict[LedgerAccount, int] = {}
    for account, paise in lines:
        found[account] = found.get(account, 0) + paise
    return tuple(Entry(account, Paise(paise)) for account, paise in found.items() if paise)
