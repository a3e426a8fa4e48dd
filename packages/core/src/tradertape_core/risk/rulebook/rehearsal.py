"""What rules would have done: stored orders and fills, judged again in their order.

Only what orders and fills tell is judged: profits are realised ones, holdings count at cost, and
prices between fills are not replayed. Rules that need more are named by `not_judged`. An entry that
is refused is left out with its fills, and exits of what was never bought with it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.money import Price, notional
from tradertape_core.ledger.position import Position, PositionKey, apply_fill
from tradertape_core.orders.order import Fill, Order, Side
from tradertape_core.risk.rulebook.evaluation import Latch, Outcome, judge_entry, latch_of
from tradertape_core.risk.rulebook.figures import Entry, Figures, Held
from tradertape_core.risk.rulebook.rule import Action, Owner, Rule, RuleType, covers

_T = RuleType
NOT_JUDGED = frozenset(
    {_T.STALE_DATA, _T.PRICE_BAND, _T.CASH_BUFFER, _T.CORRELATION_CAP, _T.MIN_LIQUIDITY}
)
OwnerOf = Callable[[Order], Owner]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that would have been refused, with every reason."""

    order: Order
    action: Action
    outcomes: tuple[Outcome, ...]
    messages: tuple[str, ...]


@dataclass(slots=True)
class Rehearsal:
    """pnl: what was realised; kept_pnl: what would have been without the refused entries."""

    orders: int = 0
    entries: int = 0
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    broken: Counter[int] = field(default_factory=Counter[int])
    first_at: dict[int, datetime] = field(default_factory=dict[int, datetime])
    pnl: int = 0
    kept_pnl: int = 0
    not_judged: tuple[str, ...] = ()


def rehearse(
    orders: Sequence[Order],
    rules: Sequence[Rule],
    *,
    capital: int,
    owner_of: OwnerOf,
    sector_of: Callable[[str], str] = lambda _: "",
) -> Rehearsal:
    """Judge orders, oldest first, by rules. capital: the equity at the beginning, in paise."""
    judged = [rule for rule in rules if rule.type not in NOT_JUDGED]
    found = Rehearsal(not_judged=tuple(sorted(r.name for r in rules if r.type in NOT_JUDGED)))
    real, kept = _Books(capital), _Books(capital)
    latches: list[Latch] = []
    for order in sorted(orders, key=lambda one: one.placed_at):
        if order.slices or order.parent_order_id:
            continue
        found.orders += 1
        kept.begin(order.placed_at)
        is_exit = kept.closes(order)
        if real.closes(order) or is_exit:
            kept.take(order, only=kept.held(order) if not is_exit else order.filled_quantity)
        else:
            found.entries += 1
            refusal = _judged(order, judged, kept, owner_of(order), sector_of, latches)
            if refusal is None:
                kept.take(order)
            else:
                _count(found, refusal)
        real.begin(order.placed_at)
        real.take(order)
    found.pnl, found.kept_pnl = real.realised, kept.realised
    return found


class _Books:
    """Positions and counts as they grow with fills."""

    def __init__(self, capital: int) -> None:
        self.capital = capital
        self.positions: dict[PositionKey, Position] = {}
        self.realised = self.peak = self.at_midnight = self.at_monday = self.at_first = 0
        self.best = 0
        self.day: date | None = None
        self.orders = self.trades = self.losses = 0
        self.recent: deque[datetime] = deque()
        self.last: dict[tuple[str | None, str, Side], datetime] = {}

    def begin(self, at: datetime) -> None:
        """Begin the day, week and month of a moment."""
        day = at.astimezone(IST).date()
        if self.day == day:
            return
        former, self.day = self.day, day
        self.at_midnight, self.best, self.orders, self.trades = self.realised, 0, 0, 0
        if former is None or former.isocalendar()[:2] != day.isocalendar()[:2]:
            self.at_monday = self.realised
        if former is None or (former.year, former.month) != (day.year, day.month):
            self.at_first = self.realised

    def held(self, order: Order) -> int:
        """Units of the order's place that it could close."""
        position = self.positions.get(_key(order))
        if position is None or position.side is order.request.side:
            return 0
        return abs(position.quantity)

    def closes(self, order: Order) -> bool:
        """Whether the order only takes from what is held."""
        held = self.held(order)
        return held > 0 and order.request.quantity <= held

    def take(self, order: Order, *, only: int | None = None) -> None:
        """Take an order's fills in, as many units as `only` says."""
        left = order.filled_quantity if only is None else only
        self.orders += 1
        self.recent.append(order.placed_at)
        self.last[order.run_id, order.request.instrument, order.request.side] = order.placed_at
        self.trades += bool(left and order.fills)
        for fill in order.fills:
            units = min(fill.quantity, left)
            if units > 0:
                self._fill(fill, units)
            left -= units

    def figures(
        self, is_in: Callable[[Position], bool], sector_of: Callable[[str], str], now: datetime
    ) -> Figures:
        """Figures as the gate has them, realised alone."""
        while self.recent and now - self.recent[0] >= timedelta(seconds=1):
            self.recent.popleft()
        holdings: dict[str, Held] = {}
        for key, position in self.positions.items():
            if position.is_open and is_in(position):
                value = abs(position.cost_paise)
                former = holdings.get(key.instrument)
                value += former.paise if former else 0
                holdings[key.instrument] = Held(value, sector_of(key.instrument))
        return Figures(
            now=now,
            capital=self.capital + self.realised,
            cash=None,
            fall=self.peak - self.realised,
            day_pnl=self.realised - self.at_midnight,
            day_realised=self.realised - self.at_midnight,
            day_peak=self.best,
            week_pnl=self.realised - self.at_monday,
            month_pnl=self.realised - self.at_first,
            holdings=holdings,
            orders=self.orders,
            trades=self.trades,
            second_orders=len(self.recent),
            losing_streak=self.losses,
        )

    def _fill(self, fill: Fill, units: int) -> None:
        key = PositionKey(fill.account, fill.run_id, fill.instrument, fill.product)
        before = self.positions.get(key) or Position(key=key)
        part = Fill(
            trade_id=fill.trade_id, order_id=fill.order_id, account=fill.account,
            run_id=fill.run_id, instrument=fill.instrument, product=fill.product, side=fill.side,
            quantity=units, price=fill.price, at=fill.at,
        )  # fmt: skip
        after = self.positions[key] = apply_fill(before, part)
        gain = after.realised_paise - before.realised_paise
        self.realised += gain
        self.peak = max(self.peak, self.realised)
        self.best = max(self.best, self.realised - self.at_midnight)
        if before.is_open and not after.is_open:
            self.losses = self.losses + 1 if gain < 0 else 0


def _judged(
    order: Order,
    rules: Iterable[Rule],
    books: _Books,
    owner: Owner,
    sector_of: Callable[[str], str],
    latches: list[Latch],
) -> Refusal | None:
    now, instrument = order.placed_at, order.request.instrument
    halted = [
        one for one in latches if not one.is_over(now) and covers(one.scope, owner, instrument)
    ]
    if halted:
        return Refusal(order, halted[0].action, (), tuple(one.words for one in halted))

    def figures(rule: Rule) -> Figures:
        def is_in(position: Position) -> bool:
            same_run = position.key.run_id == order.run_id
            of = owner if same_run else Owner(broker=owner.broker)
            return covers(rule.scope, of, position.key.instrument)

        return books.figures(is_in, sector_of, now)

    verdict = judge_entry(rules, owner, _entry(order, books, sector_of), figures)
    latches += [latch for one in verdict.broken if (latch := latch_of(one, now)) is not None]
    if verdict.passes or verdict.action is None:
        return None
    messages = tuple(one.message for one in verdict.denials)
    return Refusal(order, verdict.action, verdict.broken, messages)


def _entry(order: Order, books: _Books, sector_of: Callable[[str], str]) -> Entry:
    request = order.request
    price = request.price or request.trigger_price or order.average_price or None
    value = notional(Price(price or Decimal(0)), request.quantity)
    last = books.last.get((order.run_id, request.instrument, request.side))
    return Entry(
        instrument=request.instrument,
        side=request.side,
        quantity=request.quantity,
        price=price,
        value=value,
        added=value,
        is_amo=request.variety.value == "amo",
        sector=sector_of(request.instrument),
        same_age_s=None if last is None else (order.placed_at - last).total_seconds(),
    )


def _count(found: Rehearsal, refusal: Refusal) -> None:
    found.refusals.append(refusal)
    for outcome in refusal.outcomes:
        found.broken[outcome.rule.id] += 1
        found.first_at.setdefault(outcome.rule.id, refusal.order.placed_at)


def _key(order: Order) -> PositionKey:
    return PositionKey(order.account, order.run_id, order.request.instrument, order.request.product)
