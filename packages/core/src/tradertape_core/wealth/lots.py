"""First in, first out: which purchase each sale closed, over splits and bonuses.

A part of a lot keeps its share of the lot's cost by running totals, so that the parts of a lot
add up to what it cost and a closed position nets to zero exactly.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from tradertape_core.wealth.executions import NIL, Execution, Kind, part_of
from tradertape_core.wealth.instruments import ActionKind, ShareAction
from tradertape_core.wealth.records import Segment

GRANDFATHERED = date(2018, 1, 31)  # lots from before February 2018 have a floor of their cost
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Account:
    """An account's instrument: what one queue of lots belongs to."""

    broker: str
    account: str
    instrument: str


@dataclass(frozen=True, slots=True)
class OpenLot:
    """What is left of one purchase, or of one sale that nothing covers yet (`is_short`).

    quantity, value and charges are above zero or nil. value: rupees paid (received when short),
    charges apart. units_2018: units of today that one unit of 2018-01-31 has become.
    """

    account: Account
    kind: Kind
    symbol: str
    opened_on: date
    trade_id: str
    quantity: Decimal
    value: Decimal
    charges: Decimal
    stt: Decimal
    is_estimated: bool
    is_short: bool = False
    is_bonus: bool = False
    expiry: date | None = None
    segment: Segment = Segment.EQUITY
    units_2018: Decimal = _ONE


@dataclass(frozen=True, slots=True)
class Match:
    """A purchase and a sale that closed each other. Rupees; charges hold the transaction tax."""

    account: Account
    kind: Kind
    symbol: str
    bought_on: date
    sold_on: date
    quantity: Decimal
    cost: Decimal
    proceeds: Decimal
    buy_charges: Decimal
    sell_charges: Decimal
    buy_stt: Decimal
    sell_stt: Decimal
    is_estimated: bool
    is_short: bool = False  # sold before it was bought
    is_bonus: bool = False
    segment: Segment = Segment.EQUITY
    units_2018: Decimal = _ONE

    @property
    def days(self) -> int:
        """Days from the opening to the closing."""
        return abs((self.sold_on - self.bought_on).days)

    @property
    def closed_on(self) -> date:
        """The day that realised it: of the purchase when it was sold first."""
        return max(self.bought_on, self.sold_on)

    @property
    def charges(self) -> Decimal:
        """Both sides' charges."""
        return self.buy_charges + self.sell_charges

    @property
    def gross(self) -> Decimal:
        """Proceeds less cost."""
        return self.proceeds - self.cost

    @property
    def profit(self) -> Decimal:
        """Proceeds less cost and all charges."""
        return self.gross - self.charges


@dataclass(frozen=True, slots=True)
class Held:
    """Units held after a day's trades and actions, and what they cost, charges apart."""

    day: date
    quantity: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Book:
    """What was realised, oldest first, and what is open.

    history: of shares and funds, one entry for each day on which the holding changed.

    unmatched: shares sold that no purchase on file covers: the cost is not known, so they count
    in no profit. Options and futures sold first are open short lots instead.
    """

    matches: tuple[Match, ...] = ()
    lots: tuple[OpenLot, ...] = ()
    unmatched: tuple[OpenLot, ...] = ()
    history: Mapping[Account, tuple[Held, ...]] = field(
        default_factory=dict[Account, "tuple[Held, ...]"]
    )


def build_book(
    executions: Sequence[Execution], actions: Mapping[str, Sequence[ShareAction]] | None = None
) -> Book:
    """Match executions, in the order of time, first in first out within each account.

    executions: from `split_by_kind`, with their charges. actions: by instrument; each applies
    to the lots from before its ex-date.
    """
    queues: dict[tuple[Account, Kind], list[Execution]] = defaultdict(list)
    for one in executions:
        trade = one.trade
        queues[Account(trade.broker, trade.account, one.instrument), one.kind].append(one)
    matches: list[Match] = []
    lots: list[OpenLot] = []
    unmatched: list[OpenLot] = []
    history: dict[Account, tuple[Held, ...]] = {}
    for (account, kind), queue in queues.items():
        of_kind = (actions or {}).get(account.instrument, ()) if kind is Kind.DELIVERY else ()
        made = _Queue(account, kind)
        made.run(queue, sorted(of_kind, key=lambda action: action.ex_date))
        matches += made.matches
        lots += made.open
        unmatched += made.short
        if made.history:
            history[account] = tuple(made.history)
    matches.sort(key=lambda one: (one.closed_on, one.account.instrument, one.bought_on))
    lots.sort(key=lambda lot: (lot.symbol, lot.opened_on))
    return Book(tuple(matches), tuple(lots), tuple(unmatched), history)


@dataclass(slots=True)
class _Queue:
    """One instrument of one account while its history runs. short: sales without a purchase."""

    account: Account
    kind: Kind
    open: deque[OpenLot] = field(default_factory=deque[OpenLot])
    short: list[OpenLot] = field(default_factory=list[OpenLot])
    matches: list[Match] = field(default_factory=list[Match])
    history: list[Held] = field(default_factory=list[Held])
    held: Decimal = NIL
    cost: Decimal = NIL

    def run(self, executions: Sequence[Execution], actions: Sequence[ShareAction]) -> None:
        waiting = deque(actions)
        if self.is_owned:
            # What is bought on one exchange can be delivered against a sale on the other.
            executions = sorted(executions, key=lambda one: (one.day, not one.is_buy))
        for one in executions:
            while waiting and waiting[0].ex_date <= one.day:
                self.apply(waiting.popleft())
            self.add(one)
            self._note(one.day)
        for action in waiting:
            self.apply(action)

    @property
    def is_owned(self) -> bool:
        """Whether it holds units that cannot be sold before they are bought."""
        return self.kind in (Kind.DELIVERY, Kind.FUND)

    def _note(self, day: date) -> None:
        if not self.is_owned:
            return
        now = Held(day, self.held, self.cost)
        if self.history and self.history[-1].day == day:
            self.history[-1] = now
        else:
            self.history.append(now)

    def add(self, one: Execution) -> None:
        lot = self._lot(one)
        if self.kind is Kind.DELIVERY and one.trade.is_auction and one.is_buy and self.short:
            self.open, kept = deque(self.short), self.open
            rest = self._close(lot)
            self.short, self.open = list(self.open), kept
        else:
            rest = self._close(lot)
        if rest is None:
            return
        if self.is_owned and rest.is_short:
            self.short.append(rest)
        else:
            self.open.append(rest)
            self.held += rest.quantity
            self.cost += rest.value

    def _close(self, lot: OpenLot) -> OpenLot | None:
        """Close the oldest lots of the other side; return what is left of `lot`."""
        rest: OpenLot | None = lot
        while rest is not None and self.open and self.open[0].is_short != rest.is_short:
            oldest = self.open.popleft()
            quantity = min(oldest.quantity, rest.quantity)
            closed, remains = cut(oldest, quantity)
            closing, rest = cut(rest, quantity)
            self.matches.append(_match(closed, closing))
            if not closed.is_short:
                self.held -= closed.quantity
                self.cost -= closed.value
            if remains is not None:
                self.open.appendleft(remains)
        return rest

    def _lot(self, one: Execution) -> OpenLot:
        trade = one.trade
        return OpenLot(
            self.account, self.kind, trade.symbol, one.day, trade.trade_id, one.quantity,
            one.value, one.charges, one.stt, one.is_estimated,
            is_short=not one.is_buy, expiry=trade.expiry, segment=trade.segment,
        )  # fmt: skip

    def apply(self, action: ShareAction) -> None:
        """Split the open lots, or add the bonus shares, at no cost, as a lot of the ex-date."""
        held = [lot for lot in self.open if lot.opened_on < action.ex_date]
        if not held:
            return
        recent = [lot for lot in self.open if lot.opened_on >= action.ex_date]
        if action.kind is ActionKind.BONUS:
            self.open = deque([*held, *_bonus(held, action), *recent])
        else:
            self.open = deque([*_rescaled(held, action), *recent])
        self.held = sum((lot.quantity for lot in self.open), NIL)
        self.cost = sum((lot.value for lot in self.open), NIL)
        self._note(action.ex_date)


def cut(lot: OpenLot, quantity: Decimal) -> tuple[OpenLot, OpenLot | None]:
    """Cut `quantity` units off a lot; both parts' amounts add up to the lot's exactly."""
    if quantity == lot.quantity:
        return lot, None
    value, charges, stt = (
        part_of(amount, quantity, lot.quantity) for amount in (lot.value, lot.charges, lot.stt)
    )
    part = replace(lot, quantity=quantity, value=value, charges=charges, stt=stt)
    rest = replace(
        lot,
        quantity=lot.quantity - quantity,
        value=lot.value - value,
        charges=lot.charges - charges,
        stt=lot.stt - stt,
    )
    return part, rest


def _match(opened: OpenLot, closing: OpenLot) -> Match:
    bought, sold = (closing, opened) if opened.is_short else (opened, closing)
    return Match(
        opened.account, opened.kind, closing.symbol, bought.opened_on, sold.opened_on,
        opened.quantity, bought.value, sold.value, bought.charges, sold.charges,
        bought.stt, sold.stt, bought.is_estimated or sold.is_estimated, opened.is_short,
        bought.is_bonus, opened.segment, bought.units_2018,
    )  # fmt: skip


def _whole(held: Sequence[OpenLot], action: ShareAction) -> list[Decimal]:
    """Units of each lot after the action; whole shares have no fraction, by running totals."""
    is_whole = all(lot.quantity == lot.quantity.to_integral_value() for lot in held)
    before = after = NIL
    found: list[Decimal] = []
    for lot in held:
        before += lot.quantity
        until = before * action.new // action.old if is_whole else before * action.new / action.old
        found.append(until - after)
        after = until
    return found


def _rescaled(held: Sequence[OpenLot], action: ShareAction) -> list[OpenLot]:
    found: list[OpenLot] = []
    value = charges = stt = NIL
    for lot, quantity in zip(held, _whole(held, action), strict=True):
        value, charges, stt = value + lot.value, charges + lot.charges, stt + lot.stt
        if not quantity:  # too small for a share: its cost goes to the next
            continue
        units = lot.units_2018
        if action.ex_date > GRANDFATHERED:
            units = units * action.new / action.old
        found.append(
            replace(lot, quantity=quantity, value=value, charges=charges, stt=stt, units_2018=units)
        )
        value = charges = stt = NIL
    if found and (value or charges or stt):
        last = found[-1]
        found[-1] = replace(
            last,
            value=last.value + value,
            charges=last.charges + charges,
            stt=last.stt + stt,
        )
    return found


def _bonus(held: Sequence[OpenLot], action: ShareAction) -> list[OpenLot]:
    given = sum(_whole(held, action), NIL) - sum((lot.quantity for lot in held), NIL)
    if not given:
        return []
    made = replace(
        held[-1], opened_on=action.ex_date, trade_id="", quantity=given, value=NIL, charges=NIL,
        stt=NIL, is_estimated=False, is_bonus=True, units_2018=_ONE,
    )  # fmt: skip
    return [made]
