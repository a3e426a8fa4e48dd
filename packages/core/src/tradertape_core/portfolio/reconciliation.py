"""What our books hold beside what the broker holds: the difference, its likely cause, and evidence.

Nothing here corrects anything. A cause is a finding with a confidence, for a person to decide on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from tradertape_core.kernel.python310 import StrEnum

LAG = timedelta(minutes=2)  # how long a broker's books may follow a fill
_SURE, _LIKELY, _POSSIBLE = 0.95, 0.8, 0.5
_CLOSE_ENOUGH = Decimal("0.03")  # of an average price that a split has divided
_MOST_TRADES = 200  # that are looked through: a sum of more says nothing
_RECENT = timedelta(days=30)  # how long ago a trade is that a difference of today is surely of


class Cause(StrEnum):
    """Why the two differ."""

    MANUAL_BUY = "manual_buy"
    MANUAL_SELL = "manual_sell"
    EXTERNAL_TRADE = "external_trade"
    MISSED_FILL = "missed_fill"
    PHANTOM_FILL = "phantom_fill"
    PARTIAL_FILL = "partial_fill"
    DUPLICATE_FILL = "duplicate_fill"
    CORPORATE_ACTION = "corporate_action"
    UNSETTLED_T1 = "unsettled_t1"
    PLEDGED_OR_MTF = "pledged_or_mtf"
    SYMBOL_CHANGE = "symbol_change"
    PRE_EXISTING = "pre_existing"
    BROKER_LAG = "broker_lag"
    UNKNOWN = "unknown"


_FROM_OUTSIDE = frozenset({Cause.MANUAL_BUY, Cause.MANUAL_SELL, Cause.PRE_EXISTING, Cause.UNKNOWN})
_PAISA = Decimal("0.01")


class Action(StrEnum):
    """What a person can do about it."""

    WAIT = "wait"
    IGNORE = "ignore"
    APPLY_CORPORATE_ACTION = "apply_corporate_action"
    READ_ORDERS = "read_orders"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What our books hold of an instrument, over all owners.

    by_owner: name and units, shorts below 0. fills: units of the day's fills, sales below 0.
    """

    quantity: int = 0
    average_price: Decimal = Decimal(0)
    by_owner: tuple[tuple[str, int], ...] = ()
    last_fill_at: datetime | None = None
    fills: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AtBroker:
    """What the broker holds. position: net units bought or sold today and derivatives overnight."""

    holding: int = 0
    t1: int = 0
    pledged: int = 0
    funded: int = 0
    position: int = 0
    average_price: Decimal = Decimal(0)

    @property
    def quantity(self) -> int:
        """All of it. A purchase is a position on its day and a holding afterwards."""
        return self.holding + self.t1 + self.pledged + self.funded + self.position


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order of ours in both books: units filled, sales below 0; `wanted` units in all."""

    order_id: str
    ours: int
    broker: int
    wanted: int
    in_doubt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedTrade:
    """A trade of an uploaded tradebook that is not in our books; units sold are below 0.

    units, price: in terms of today's shares. key: the same for the same trade of another file.
    """

    on: date
    units: int
    price: Decimal
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What else is known. external: units that other terminals traded today, sales below 0.
    from_before: units beside our books from before our first trade in it, as far as known.

    uploaded: trades of uploaded tradebooks that no order of ours made, the oldest first. ratios:
    shares after for one before, with what is said of each action. renamed: units that the broker
    holds under another symbol of the same ISIN, with that symbol.
    """

    external: int = 0
    uploaded: tuple[UploadedTrade, ...] = ()
    orders: tuple[OwnOrder, ...] = ()
    ratios: tuple[tuple[Decimal, str], ...] = ()
    renamed: tuple[tuple[str, int], ...] = ()
    from_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The difference (broker less ours), its likely cause with a confidence of 0 to 1, and why.

    trades: the uploaded trades that make it up, where they do.
    """

    difference: int
    cause: Cause | None
    confidence: float = 1.0
    evidence: tuple[str, ...] = ()
    suggested: Action = Action.REVIEW
    ratio: Decimal | None = None
    trades: tuple[UploadedTrade, ...] = ()

    @property
    def lacks_trades(self) -> bool:
        """Whether trades outside of TraderTape may explain it, of which none are known."""
        return self.cause in _FROM_OUTSIDE

    @property
    def traded_at(self) -> tuple[Decimal, date] | None:
        """The average price of the trades in the difference's direction, and the last one's day."""
        same = [one for one in self.trades if (one.units > 0) == (self.difference > 0)]
        units = sum(abs(one.units) for one in same)
        if not units:
            return None
        value = sum((abs(one.units) * one.price for one in same), Decimal(0))
        return (value / units).quantize(_PAISA), same[-1].on


@dataclass(slots=True)
class _Case:
    ours: Ours
    broker: AtBroker
    known: Evidence
    now: datetime
    difference: int = field(init=False)

    def __post_init__(self) -> None:
        self.difference = self.broker.quantity - self.ours.quantity

    def found(
        self,
        cause: Cause,
        confidence: float,
        *evidence: str,
        suggested: Action = Action.REVIEW,
        ratio: Decimal | None = None,
        trades: tuple[UploadedTrade, ...] = (),
    ) -> Finding:
        return Finding(
            difference=self.difference, cause=cause, confidence=confidence, evidence=evidence,
            suggested=suggested, ratio=ratio, trades=trades,
        )  # fmt: skip


def find_cause(ours: Ours, broker: AtBroker, known: Evidence, now: datetime) -> Finding:
    """Return the difference between our books and the broker's, with its most likely cause.

    The first explanation that accounts for all of it is taken, those with proof first.
    """
    case = _Case(ours, broker, known, now)
    if case.difference == 0:
        return Finding(difference=0, cause=None)
    for explain in _EXPLANATIONS:
        finding = explain(case)
        if finding is not None:
            return finding
    return case.found(Cause.UNKNOWN, 0.0, "no order, fill or action on record accounts for it")


def _own_orders(case: _Case) -> Finding | None:
    differing = [one for one in case.known.orders if one.broker != one.ours]
    if differing and sum(one.broker - one.ours for one in differing) == case.difference:
        return _of_order(case, differing)
    doubtful = [one for one in case.known.orders if one.in_doubt]
    for one in doubtful:
        if one.wanted - one.ours == case.difference:
            words = f"order {one.order_id} is in doubt: its answer was lost"
            return case.found(Cause.MISSED_FILL, _LIKELY, words, suggested=Action.READ_ORDERS)
    return None


def _of_order(case: _Case, differing: Sequence[OwnOrder]) -> Finding:
    words = tuple(
        f"order {one.order_id}: the broker filled {abs(one.broker)}, our books have {abs(one.ours)}"
        for one in differing
    )
    is_more = all(abs(one.broker) > abs(one.ours) for one in differing)
    if not is_more:
        return case.found(Cause.PHANTOM_FILL, _SURE, *words, suggested=Action.REVIEW)
    is_part = any(one.ours and one.broker != one.wanted for one in differing)
    cause = Cause.PARTIAL_FILL if is_part else Cause.MISSED_FILL
    return case.found(cause, _SURE, *words, suggested=Action.READ_ORDERS)


def _uploaded(case: _Case) -> Finding | None:
    trades = _latest_that_make(case.difference, case.known.uploaded)
    if not trades or _action(case) is not None:  # an old purchase may equal a bonus of today
        return None
    bought = sum(one.units for one in trades if one.units > 0)
    sold = -sum(one.units for one in trades if one.units < 0)
    first, last = trades[0].on, trades[-1].on
    days = f"on {_day(last)}" if first == last else f"from {_day(first)} to {_day(last)}"
    parts = [f"{units} {verb}" for units, verb in ((bought, "bought"), (sold, "sold")) if units]
    is_one = len(trades) == 1
    words = (
        f"{' and '.join(parts)} {days}, {len(trades)} {'trade' if is_one else 'trades'} of an "
        "uploaded tradebook that no order of ours made"
    )
    is_recent = case.now.date() - first <= _RECENT
    return case.found(Cause.EXTERNAL_TRADE, _SURE if is_recent else _LIKELY, words, trades=trades)


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"


def _latest_that_make(
    difference: int, trades: Sequence[UploadedTrade]
) -> tuple[UploadedTrade, ...]:
    """The fewest of the latest trades that amount to a difference; none where they never do."""
    units = 0
    for back, one in enumerate(reversed(trades[-_MOST_TRADES:]), start=1):
        units += one.units
        if units == difference:
            return tuple(trades[len(trades) - back :])
    return ()


def _elsewhere(case: _Case) -> Finding | None:
    if case.known.external != case.difference:
        return None
    side = "bought" if case.difference > 0 else "sold"
    cause = Cause.MANUAL_BUY if case.difference > 0 else Cause.MANUAL_SELL
    words = f"{abs(case.difference)} {side} today from another terminal"
    return case.found(cause, _SURE, words, suggested=Action.IGNORE)


def _action(case: _Case) -> Finding | None:
    held = case.ours.quantity
    for ratio, words in case.known.ratios:
        if held and int(held * ratio) == case.broker.quantity:
            return case.found(
                Cause.CORPORATE_ACTION, _SURE, words,
                suggested=Action.APPLY_CORPORATE_ACTION, ratio=ratio,
            )  # fmt: skip
    return _unannounced_action(case)


def _unannounced_action(case: _Case) -> Finding | None:
    """A whole multiple at the inverse average price, without an action on record."""
    held, there = case.ours.quantity, case.broker.quantity
    price, theirs = case.ours.average_price, case.broker.average_price
    if held <= 0 or there <= held or there % held or not price or not theirs:
        return None
    ratio = Decimal(there // held)
    if abs(theirs * ratio / price - 1) > _CLOSE_ENOUGH:
        return None
    words = (
        f"{ratio} shares for each of ours", f"average price {theirs:.2f} for {price:.2f}",
        "no action on record yet",
    )  # fmt: skip
    return case.found(
        Cause.CORPORATE_ACTION, _LIKELY, *words,
        suggested=Action.APPLY_CORPORATE_ACTION, ratio=ratio,
    )  # fmt: skip


def _renamed(case: _Case) -> Finding | None:
    for symbol, units in case.known.renamed:
        if units == -case.difference:
            words = f"the broker holds {units} as {symbol}, of the same ISIN"
            return case.found(Cause.SYMBOL_CHANGE, _SURE, words)
    return None


def _lag(case: _Case) -> Finding | None:
    last = case.ours.last_fill_at
    if last is None or not timedelta(0) <= case.now - last < LAG:
        return None
    seconds = int((case.now - last).total_seconds())
    words = f"our last fill was {seconds} seconds ago"
    return case.found(Cause.BROKER_LAG, _LIKELY, words, suggested=Action.WAIT)


def _twice(case: _Case) -> Finding | None:
    fills = list(case.ours.fills)
    for units in set(fills):
        if fills.count(units) > 1 and units == -case.difference:
            words = f"our books have {fills.count(units)} fills of {abs(units)} today"
            return case.found(Cause.DUPLICATE_FILL, _POSSIBLE, words)
    return None


def _parts(case: _Case) -> Finding | None:
    """The difference is exactly one of the broker's own parts."""
    for cause, units, words in (
        (Cause.UNSETTLED_T1, case.broker.t1, "not settled yet"),
        (Cause.PLEDGED_OR_MTF, case.broker.pledged, "pledged"),
        (Cause.PLEDGED_OR_MTF, case.broker.funded, "bought with margin funding"),
    ):
        if units and abs(case.difference) == abs(units) and case.ours.quantity:
            return case.found(cause, _POSSIBLE, f"{abs(units)} {words} at the broker")
    return None


def _before_us(case: _Case) -> Finding | None:
    """Also where some were bought or sold through TraderTape since."""
    if not case.ours.quantity and case.ours.last_fill_at is None:
        words = "never traded through TraderTape"
        return case.found(Cause.PRE_EXISTING, _SURE, words, suggested=Action.IGNORE)
    if not 0 < case.difference <= case.known.from_before:
        return None
    words = f"{case.difference} held since before the first trade through TraderTape"
    return case.found(Cause.PRE_EXISTING, _LIKELY, words, suggested=Action.IGNORE)


def _by_hand(case: _Case) -> Finding | None:
    """What remains: somebody traded elsewhere on a former day."""
    if case.known.external and (case.known.external > 0) != (case.difference > 0):
        return None
    cause = Cause.MANUAL_BUY if case.difference > 0 else Cause.MANUAL_SELL
    verb = "more" if case.difference > 0 else "less"
    words = f"{abs(case.difference)} {verb} than our books, no order on record"
    return case.found(cause, _POSSIBLE, words)


_EXPLANATIONS = (
    _own_orders, _uploaded, _elsewhere, _action, _renamed, _before_us, _lag, _twice, _parts,
    _by_hand,
)  # fmt: skip
