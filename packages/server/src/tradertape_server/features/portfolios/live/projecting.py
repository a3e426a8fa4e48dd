"""Execution's facts as the rows of signals and positions. Nothing here asks for anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST
from tradertape_core.ledger.position import Position, apply_fill, fill_value
from tradertape_core.ledger.write_off import WriteOff, apply_write_off
from tradertape_core.orders.codec import from_document
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.order import Order, Side
from tradertape_core.portfolio.levels import Levels, at_price
from tradertape_core.portfolio.orders import Executed, observed, why_not_filled
from tradertape_core.portfolio.signals import MOST_ATTEMPTS, Event, Status
from tradertape_core.portfolio.standing import is_of_stop
from tradertape_core.risk.protection_state import ProtectionState, Rule
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.execution.queries import halts
from tradertape_server.features.execution.run_record import trigger_of
from tradertape_server.features.execution.trading_accounts import AGENT
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.facts import Booked, RunFacts
from tradertape_server.features.portfolios.live.run_ids import named_by
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.state import WRITTEN_OFF, move, settings_of, state_of

Json = dict[str, Any]
VENUE = "market"  # who did it, in a signal's history
_PROTECTION = "server:protection:"
_KILL = "server:kill-switch"
_GTT = "server:gtt:"
KIND_OF_RULE = {
    Rule.POSITION_STOPLOSS: "stop",
    Rule.POSITION_TARGET: "target",
    Rule.POSITION_TRAILING_STOPLOSS: "trailing",
}
_MISSED = (Event.UNFILLED, Event.ORDER_REJECTED)


@dataclass(slots=True)
class Projection:
    """Brings the rows of one run id up to date, in the caller's transaction."""

    session: Session
    portfolio: Portfolio
    facts: RunFacts
    now: datetime

    def apply(self) -> bool:
        """Update signals, then the position; whether anything changed."""
        signals = list(repository.signals_of_run(self.session, self.facts.run_id))
        changed = sum(self._follow(row) for row in signals) > 0
        position = repository.position_of_run(self.session, self.facts.run_id)
        if self.facts.position is None:
            return changed
        if position is None:
            position = self._open(signals)
        self._raise_exits(position, signals)
        self._update(position, signals)
        return True

    # --- signals ------------------------------------------------------------------------------

    def _follow(self, row: PortfolioSignal) -> bool:
        gtt, order, events = _news(self.facts, row)
        if not events:
            return False
        if order is not None:
            row.order_id = self.facts.orders_of(row)[-1].order_id
            row.filled_quantity = order.filled
            row.average_price = None if order.filled == 0 else float(order.average_price or 0)
        taken_back = self._why_taken_back(row, order, events)
        if taken_back and gtt is None and events == (Event.TRIGGER, Event.UNFILLED):
            events = (Event.DELETED,)  # an order without a trigger, before it bought anything
        for event in events:
            note = ""
            if event in _MISSED:
                note = taken_back or why_not_filled(gtt, order)
                row.failure_reason = note or None
            elif event is Event.DISABLED:
                row.failure_reason = note = "corporate_action"
            elif event is Event.DELETED:
                row.failure_reason = note = "kill_switch" if self._is_killed else "user_deleted"
            elif event is Event.CANCEL:
                note = row.withdraw_reason or ""
            elif event is Event.VALIDITY_OVER:
                row.failure_reason = "not_triggered"
            if event in (Event.FILL, Event.PARTIAL_FILL):
                row.filled_at = self.now
            move(row, event, by=VENUE, now=self.now, note=note)
        if not taken_back:
            self._replace(row, events[-1])
        return True

    def _why_taken_back(
        self, row: PortfolioSignal, order: Executed | None, events: Sequence[Event]
    ) -> str:
        """Why an order ended that was not filled, where somebody ended it; "" where nobody did."""
        if order is None or order.is_rejected or events[-1] is not Event.UNFILLED:
            return ""
        if row.withdraw_reason is not None:
            return row.withdraw_reason
        return "kill_switch" if row.side == "BUY" and self._is_killed else ""

    @property
    def _is_killed(self) -> bool:
        """Whether a kill switch is on that takes back this person's entries."""
        mine = (None, self.portfolio.user_id)
        return any(one.cancels and one.user_id in mine for one in halts(self.session))

    def _replace(self, row: PortfolioSignal, last: Event) -> None:
        """Return an entry to the cart whose order was triggered and not filled, if it is to."""
        wanted = settings_of(self.portfolio).replace_on_unfilled and row.side == "BUY"
        is_valid = row.valid_until is None or row.valid_until > self.now
        is_missed = row.status == Status.FAILED and last is Event.UNFILLED
        if not (wanted and is_missed and is_valid) or row.attempts >= MOST_ATTEMPTS:
            return
        move(row, Event.RETRY, by=VENUE, now=self.now, note="it was not filled")
        row.gtt_id = row.order_id = row.placement_key = None
        row.expires_at = row.valid_until or row.expires_at

    def _raise_exits(self, position: PortfolioPosition, signals: list[PortfolioSignal]) -> None:
        """A signal for each sale that nobody has one for: protection and kill switch make them."""
        known = {one.order_id for row in signals for one in self.facts.orders_of(row)}
        for order in self.facts.orders.values():
            is_sale = order.request.side is Side.SELL and order.parent_order_id is None
            # An agent is asked for each sale by its signal, so it is shown before it is filled.
            is_seen = order.filled_quantity or (order.venue == AGENT and order.is_open)
            if not is_sale or order.order_id in known or not is_seen:
                continue
            kind, words = self._why(position, order)
            row = new_exit(
                self.session, self.portfolio, position, kind=kind, reason=words,
                quantity=order.request.quantity,
                price=float(order.average_price) or position.last_close, now=self.now,
            )  # fmt: skip
            row.status, row.gtt_status = Status.APPROVED.value, "triggered"
            row.order_type, row.order_id = "market", order.order_id
            self.session.add(row)
            self.session.flush()
            signals.append(row)
            self._follow(row)

    def _why(self, position: PortfolioPosition, order: Order) -> tuple[str, str]:
        # Asked for by the order: the position may have given its trigger up before this sale was
        # followed.
        gtt = trigger_of(self.session, order)
        if gtt is not None:
            leg = next(one.leg for one in gtt.results if one.order_id == order.order_id)
            level = "stop" if is_of_stop(gtt, leg) else "target"
            return level, f"The {level} at the broker was reached."
        key = self.facts.key_of(order.order_id)
        if key.startswith(_PROTECTION):
            claims = protection_of(position).claims
            claim_id = key.removeprefix(_PROTECTION)
            claim = next((one for one in claims if claim_id.startswith(f"{one.claim_id}:")), None)
            if claim is not None:
                return KIND_OF_RULE.get(claim.rule, "stop"), claim.message
            return "stop", "Protection closed the position."
        if key.startswith(_KILL):
            return "kill", "The kill switch closed the position."
        return "manual", "Sold from outside the portfolio."

    # --- the position -------------------------------------------------------------------------

    def _open(self, signals: Sequence[PortfolioSignal]) -> PortfolioPosition:
        named = named_by(self.facts.run_id)
        entry = next(one for one in signals if named is not None and one.id == named.signal_id)
        first = self._fills(Side.BUY)[0].fill
        levels = self._levels(entry, float(first.price))
        row = PortfolioPosition(
            portfolio_id=self.portfolio.id, epoch=self.portfolio.epoch,
            sequence=repository.next_sequence(
                self.session, self.portfolio.id, self.portfolio.epoch
            ),
            signal_id=entry.id, symbol=entry.symbol, sector=entry.sector, isin=entry.isin,
            status="open", open_quantity=0, average_price=float(first.price),
            entry_price=float(first.price), entry_date=first.at.astimezone(IST).date(),
            initial_stop=levels.stop, stop_price=levels.stop,
            stop_source="stop" if levels.stop is not None else None,
            target_price=levels.target, last_close=float(first.price),
            lowest=float(first.price), peak=float(first.price), invested_paise=0, charges_paise=0,
            dividends_paise=0, bars_held=0, addons=0, sales=[], run_id=self.facts.run_id,
            account_id=self.portfolio.account_id, entries=[], protection_version=0,
            protection_status="unarmed", entry_gtt_id=entry.gtt_id,
            entry_order_id=self.facts.root_of(first.order_id), created_at=self.now,
            updated_at=self.now,
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row

    def _levels(self, entry: PortfolioSignal, paid: float) -> Levels:
        """Stop and target at the price that was paid; the signal's are those of its limit."""
        planned = Levels(entry.stop_price, entry.target_price)
        strategy = parse_strategy(self.portfolio.document)
        return at_price(paid, entry.limit_price or entry.ref_price, planned, strategy)

    def _update(self, row: PortfolioPosition, signals: Sequence[PortfolioSignal]) -> None:
        held = self.facts.position
        if held is None:
            return
        self._rescale(row, held)
        entries = self._entries(held)
        entry = next((one for one in signals if one.id == row.signal_id), None)
        if entries and entry is not None:
            made = {"signal_date": entry.signal_date.isoformat(), "score": entry.conviction}
            entries[0].update(made)
        row.entries, row.addons = entries, max(0, len(entries) - 1)
        if not held.actions and entries:
            row.entry_price = entries[0]["price"]
        row.sales = self._sales(signals, held)
        row.open_quantity = held.quantity
        row.invested_paise = int(held.cost_paise)
        row.average_price = float(held.average_price if held.is_open else _bought(held))
        sold = sum(one["charges_paise"] for one in row.sales)
        row.charges_paise = int(held.charges.total) - sold
        for one in self.facts.fills:
            price = float(one.fill.price)
            if not held.actions:
                row.lowest, row.peak = min(row.lowest, price), max(row.peak, price)
        self._set_status(row, signals)
        row.updated_at = self.now

    def _set_status(self, row: PortfolioPosition, signals: Sequence[PortfolioSignal]) -> None:
        if row.open_quantity == 0:
            last = row.sales[-1] if row.sales else None
            row.status = "closed"
            if last and last["reason"] != WRITTEN_OFF:  # no price of the market
                row.last_close = last["price"]
            row.exit_reason = last["reason"] if last else "settled"
            row.exit_date = date.fromisoformat(last["date"]) if last else None
            row.exit_order_id = last["order_id"] if last and last["reason"] != WRITTEN_OFF else None
            self._end_exits(signals)
            return
        row.exit_reason = row.exit_date = None  # of units that have returned
        selling = [one for one in signals if one.side == "SELL" and one.status == Status.APPROVED]
        # A trigger fires once. Its order rests like any other: a stop ends it before it sells.
        waiting = [one for one in selling if one.order_id is None]
        row.exit_gtt_id = next((one.gtt_id for one in waiting if one.gtt_id is not None), None)
        row.exit_order_id = next((one.order_id for one in selling), None)
        is_leaving = bool(selling) or protection_of(row).is_exiting
        is_filling = any(
            one.side == "BUY" and one.gtt_status in ("triggered", "partially_filled")
            and one.status == Status.APPROVED
            for one in signals
        )  # fmt: skip
        row.status = "exit_pending" if is_leaving else "partially_open" if is_filling else "open"

    def _end_exits(self, signals: Sequence[PortfolioSignal]) -> None:
        """What still proposes to sell the position is over."""
        for one in signals:
            if one.side != "SELL":
                continue
            if one.status in (Status.PENDING, Status.IN_CART):
                move(one, Event.EXPIRE, by=VENUE, now=self.now, note="the position is closed")
            elif one.status == Status.APPROVED and one.withdraw_reason is None:
                one.withdraw_reason = "the position is closed"

    def _rescale(self, row: PortfolioPosition, held: Position) -> None:
        """A split moves what is known of the position in prices, once."""
        before = (row.entries or [{}])[0].get("actions", 0)
        if len(held.actions) <= before or not row.open_quantity or not held.quantity:
            return
        ratio = row.average_price / float(held.average_price)
        legs = protection_of(row).legs
        for name in ("entry_price", "initial_stop", "stop_price", "target_price", "lowest", "peak",
                     "last_close"):  # fmt: skip
            value = getattr(row, name)
            if value is not None:
                setattr(row, name, value / ratio)
        if legs and legs[0].stop_price is not None and row.stop_price is not None:
            row.stop_price = float(legs[0].stop_price)
        if legs and legs[0].target_price is not None and row.target_price is not None:
            row.target_price = float(legs[0].target_price)

    def _fills(self, side: Side) -> list[Booked]:
        return [one for one in self.facts.fills if one.fill.side is side]

    def _entries(self, held: Position) -> list[Json]:
        found: dict[str, Json] = {}
        for booked in self._fills(Side.BUY):
            fill = booked.fill
            root = self.facts.root_of(fill.order_id)
            one = found.setdefault(
                root, {"order_id": root, "quantity": 0, "price": 0.0, "value_paise": 0,
                       "charges_paise": 0, "at": fill.at.isoformat()},
            )  # fmt: skip
            one["quantity"] += fill.quantity
            one["value_paise"] += int(fill_value(fill))
            one["charges_paise"] += booked.charges_paise
            one["price"] = one["value_paise"] / 100 / one["quantity"]
        entries = list(found.values())
        if entries:
            entries[0]["actions"] = len(held.actions)
        return entries

    def _sales(self, signals: Sequence[PortfolioSignal], held: Position) -> list[Json]:
        reasons = {
            order.order_id: row.kind for row in signals for order in self.facts.orders_of(row)
        }
        found: dict[str, Json] = {}
        for booked, gross in _realised(self.facts, held):
            fill = booked.fill
            root = self.facts.root_of(fill.order_id)
            one = found.setdefault(
                root, {"order_id": root, "reason": reasons.get(root, "manual"), "quantity": 0,
                       "date": fill.at.astimezone(IST).date().isoformat(), "price": 0.0,
                       "value_paise": 0, "gross_paise": 0, "charges_paise": 0,
                       "dividends_paise": 0, "is_done": True},
            )  # fmt: skip
            one["quantity"] += fill.quantity
            one["value_paise"] += int(fill_value(fill))
            one["charges_paise"] += booked.charges_paise
            one["gross_paise"] += gross
            one["price"] = one["value_paise"] / 100 / one["quantity"]
        sold_at = {self.facts.root_of(one.fill.order_id): one.fill.at for one in self.facts.fills}
        told = [(sold_at[root], one) for root, one in found.items()]
        told += [(one.at, _written_off(one)) for one in _counting(self.facts.write_offs)]
        return [one for _, one in sorted(told, key=lambda pair: pair[0])]


def has_news(facts: RunFacts, signals: Sequence[PortfolioSignal]) -> bool:
    """Whether a projection would change anything: not while triggers only wait."""
    return facts.position is not None or any(_news(facts, row)[2] for row in signals)


def _news(
    facts: RunFacts, row: PortfolioSignal
) -> tuple[Gtt | None, Executed | None, tuple[Event, ...]]:
    """A signal's trigger, how far its orders are, and what has happened to it since."""
    gtt = None if row.gtt_id is None else facts.gtts.get(row.gtt_id)
    order = facts.executed(row)
    events = observed(
        state_of(row), gtt, order,
        filled=row.filled_quantity, withdraw_reason=row.withdraw_reason,
    )  # fmt: skip
    return gtt, order, events


def protection_of(row: PortfolioPosition) -> ProtectionState:
    """The state of a position's protection."""
    if row.protection is None:
        return ProtectionState()
    return from_document(ProtectionState, row.protection)


def new_exit(
    session: Session,
    portfolio: Portfolio,
    position: PortfolioPosition,
    *,
    kind: str,
    reason: str,
    quantity: int,
    price: float,
    now: datetime,
) -> PortfolioSignal:
    """A sale of a position, not stored yet; it waits for approval."""
    row = PortfolioSignal(
        portfolio_id=portfolio.id, epoch=portfolio.epoch, symbol=position.symbol, side="SELL",
        kind=kind, status=Status.PENDING.value, signal_date=now.astimezone(IST).date(),
        conviction=0.0, rank=0, sector=position.sector, company="", isin=position.isin,
        reason=reason, ref_price=price, quantity=quantity, committed_paise=0, attempts=0,
        filled_quantity=0, version=1, run_id=position.run_id, position_id=position.id,
        history=[{"event": "raised", "by": kind, "at": now.isoformat(),
                  "status": Status.PENDING.value}],
        expires_at=now, created_at=now, updated_at=now,
    )  # fmt: skip
    row.number = repository.next_number(session, row)
    return row


def _counting(write_offs: Sequence[WriteOff]) -> list[WriteOff]:
    """Those that were not undone."""
    undone = {one.write_off_id for one in write_offs if one.is_undone}
    return [one for one in write_offs if one.write_off_id not in undone]


def _written_off(one: WriteOff) -> Json:
    """Units that left without an order of ours, as a sale."""
    return {
        "order_id": one.write_off_id, "reason": WRITTEN_OFF, "quantity": one.quantity,
        "date": one.at.astimezone(IST).date().isoformat(),
        "price": int(one.value) / 100 / one.quantity, "value_paise": int(one.value),
        "gross_paise": int(one.realised_paise), "charges_paise": 0, "dividends_paise": 0,
        "is_done": True,
    }  # fmt: skip


def _realised(facts: RunFacts, held: Position) -> list[tuple[Booked, int]]:
    """The sales with what each realised, first in, first out, as the position was booked."""
    found: list[tuple[Booked, int]] = []
    fills = facts.fills
    if held.actions:  # what fills alone do not show: by the share of the quantity
        sales = [one for one in fills if one.fill.side is Side.SELL]
        units = sum(one.fill.quantity for one in sales)
        left = whole = int(held.realised_paise) - sum(
            int(one.realised_paise) for one in _counting(facts.write_offs)
        )
        for place, one in enumerate(sales):
            is_last = place == len(sales) - 1
            part = left if is_last else int(whole * one.fill.quantity / units)
            left -= part
            found.append((one, part))
        return found
    state = Position(key=held.key)
    written = list(facts.write_offs)
    for one in fills:
        while written and written[0].at <= one.fill.at:
            state = apply_write_off(state, written.pop(0))
        before = int(state.realised_paise)
        state = apply_fill(state, one.fill)
        if one.fill.side is Side.SELL:
            found.append((one, int(state.realised_paise) - before))
    return found


def _bought(held: Position) -> Decimal:
    return held.bought.average_price
