"""The trader's unit of work: changes to the state of one thread, staged until they are written."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from tradertape_core.execution import cover, engine
from tradertape_core.execution.applying import Step
from tradertape_core.execution.decision import NOTHING, Decision, VenueRequest, Withdraw
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.journal import LedgerAccount, Postings
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.orders import events as ev
from tradertape_core.orders.family import summary as family_summary
from tradertape_core.orders.order import Fill, Order, OrderStatus, Variety
from tradertape_core.orders.reports import ExecutionReport, Trade
from tradertape_core.orders.transitions import evolve
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.state import fill_booking, fill_reversal, lost_legs
from tradertape_server.features.execution.state.working_state import (
    EXIT_RUN,
    Read,
    RequestKey,
    WorkingState,
    Written,
)
from tradertape_server.features.execution.store import mapping, repository, timeline_text
from tradertape_server.features.execution.store.models import IN_DOUBT, LONGEST_TRADE_ID
from tradertape_server.features.execution.store.staged_writes import Row
from tradertape_server.features.execution.venues.gateway import OUTSIDE
from tradertape_server.features.execution.venues.outside import OutsideRequest

__all__ = ["EXIT_RUN", "Read", "RequestKey", "UnitOfWork", "Written"]


class UnitOfWork(WorkingState):
    """Used by one thread at a time, between `begin` and `committed` or `forget`."""

    def switch(self, user_id: int | None, halt: Halt | None) -> None:
        """Turn a kill switch on or off; what is decided after this in the same batch obeys it."""
        if halt is None:
            repository.take_halt(self.session, user_id)
        else:
            repository.put_halt(self.session, halt)
        self.halts = repository.halts(self.session)

    def rules_changed(self) -> None:
        """Rules or their halts have changed: whichever process trades reads them again."""
        repository.count_change(self.session)
        self.entry_rules.forget()

    def record(self, decision: Decision) -> None:
        """Stage what was decided: its events, and its requests to venues."""
        for event in decision.events:
            self._take(event)
        for request in decision.requests:
            order = self.order(request.order_id)
            if order is None:
                raise InvariantBroken(f"a request about {request.order_id}, which nobody placed")
            if order.venue in OUTSIDE:
                is_exit = isinstance(request, Withdraw) or self.reduces(order)
                self._staged.outside.append(OutsideRequest(request, order, is_exit))
            else:
                self._staged.requests.append(request)

    def apply(self, report: ExecutionReport) -> None:
        """Stage what a venue reports on one of our orders."""
        order = self.order(report.order_id)
        if order is None:
            raise InvariantBroken(f"a report on {report.order_id}, which nobody placed")
        if report.trades:
            report = replace(report, trades=self.own_trades(order, report.trades))
        after = self.take_steps(order, engine.applied(report, order, self.now))
        if order.venue in OUTSIDE:
            if engine.missing_quantity(report, after):
                self.incomplete[order.order_id] = int(order.account)
            else:
                self.incomplete.pop(order.order_id, None)

    def own_trades(self, order: Order, trades: Sequence[Trade]) -> tuple[Trade, ...]:
        """A venue's trades of an order under names that no other order of the account has.

        Exchanges number trades by day and by exchange, so that a number comes again.
        """
        if order.venue not in OUTSIDE:
            return tuple(trades)
        known = {one.trade_id for one in (*order.fills, *order.voided)}
        return tuple(self._own_trade(order, one, known) for one in trades)

    def _own_trade(self, order: Order, trade: Trade, known: Container[str]) -> Trade:
        if trade.trade_id in known:
            return trade
        name = f"{trade.trade_id}@{order.order_id}"
        if len(name) > LONGEST_TRADE_ID:
            name = sha256(name.encode()).hexdigest()[:LONGEST_TRADE_ID]
        account_id = int(order.account)
        staged = (
            row["order_id"]
            for row in self._staged.fills
            if (row["account_id"], row["trade_id"]) == (account_id, trade.trade_id)
        )
        holder = next(staged, None) or repository.order_of_trade(
            self.connection, account_id, trade.trade_id
        )
        is_taken = holder not in (None, order.order_id)
        return replace(trade, trade_id=name) if is_taken or name in known else trade

    def take_steps(self, order: Order, steps: Sequence[Step]) -> Order:
        """Stage events of an order, each with the order after it, and what follows from them."""
        if not steps:
            return order
        is_new = isinstance(steps[0][0], ev.OrderPlaced)
        for event, after in steps:
            self._write_down(event, after)
            order = after
        self._keep(order, is_new=is_new)
        if order.is_external:
            return order
        if order.parent_order_id is not None:
            self._sum_up(order.parent_order_id)
        events = [event for event, _ in steps]
        if not order.is_open:
            self._note_ended_legs(order, events)
        self.record(self._follow_up(order, events, self.now))
        return order

    def reduces(self, order: Order) -> bool:
        """Whether an order takes from an open position of its run, and no more than it has."""
        request = order.request
        key = PositionKey(order.account, order.run_id, request.instrument, request.product)
        position = self.account(int(order.account)).positions.get(key)
        if position is None or position.side is request.side:
            return False
        return request.quantity - order.filled_quantity <= abs(position.quantity)

    def doubt(self, request: VenueRequest, account_id: int, reason: str) -> None:
        """Keep a request in the outbox whose answer was lost, to be looked for."""
        key = mapping.request_key(request)
        self.doubts.setdefault(account_id, {})[key] = 0
        self._stage_doubt(key, looks=0, reason=reason[:500])

    def cancel_again(self, order: Order, ask: int) -> None:
        """Have a cancellation sent that a stop interrupted: its row is in the outbox."""
        account_id = int(order.account)
        request = Withdraw(order.order_id, ask)
        self.interrupted.get(account_id, set()).discard(mapping.request_key(request))
        self._staged.again.append(OutsideRequest(request, order, is_exit=True))

    def looked_for(self, account_id: int) -> None:
        """Count a reading of the account's book for every request that is being looked for."""
        for key, looks in self.doubts.get(account_id, {}).items():
            self.doubts[account_id][key] = looks + 1
            self._stage_doubt(key, looks=looks + 1)

    def settle_by_hand(self, order: Order) -> None:
        """Stage a person's word that an order in doubt was never placed."""
        report = ExecutionReport(
            order_id=order.order_id,
            at=self.now,
            sequence=max(order.status_sequence, 1),
            status=OrderStatus.REJECTED,
            message="settled by hand: it was never placed",
        )
        self.apply(report)
        doubts = self.doubts.get(int(order.account), {})
        self.answered([key for key in doubts if key[0] == order.order_id])

    def take_broken_baskets(self) -> list[tuple[str, str]]:
        """Run and key of baskets that are to be reversed, and of which a leg has ended now."""
        found, self._broken_baskets = self._broken_baskets, []
        return found

    def answered(self, keys: Iterable[RequestKey]) -> None:
        """Delete requests from the outbox: what became of them is recorded here."""
        for key in keys:
            self._staged.answered_requests.append(key)
            self._staged.doubted.pop(key, None)
            for kept in self.interrupted.values():
                kept.discard(key)
            for account_id, doubts in list(self.doubts.items()):
                doubts.pop(key, None)
                if not doubts:
                    del self.doubts[account_id]

    def note(
        self,
        *,
        account_id: int,
        run_id: str | None,
        kind: str,
        event_type: str,
        source: str,
        summary: str,
        payload: Row | ev.OrderEvent | None = None,
        order_id: str | None = None,
        resource: tuple[str, str] | None = None,
    ) -> TimelineEvent:
        """Write something else into the timeline."""
        self._seq += 1
        happened = TimelineEvent(
            seq=self._seq,
            account_id=account_id,
            run_id=run_id,
            order_id=order_id,
            kind=kind,
            event_type=event_type,
            source=source,
            resource_type=resource[0] if resource else None,
            resource_id=resource[1] if resource else None,
            summary=summary,
            content=payload or {},
            at=self.now,
        )
        self._staged.events.append(happened)
        return happened

    def post(self, postings: Postings) -> None:
        """Write a double entry, and the position it leaves behind."""
        state = self.account(int(postings.account))
        self._staged.postings += mapping.posting_rows(postings)
        moved = sum(e.paise for e in postings.entries if e.account is LedgerAccount.CASH)
        state.cash_paise = Paise(state.cash_paise + moved)
        self._staged.cash[int(postings.account)] = state.cash_paise
        after = postings.position
        if after is None:
            return
        before = state.positions.get(after.key)
        former = before or self._flat.get(after.key) or Position(key=after.key)
        self.entry_rules.moved(self, former, after)
        if after.adjusted_quantity != former.adjusted_quantity:
            self.units_changed(int(after.key.account), after.key.instrument)
        self._count(after.key.instrument, is_open=after.is_open, was_open=bool(before))
        if after.is_open:
            state.positions[after.key] = after
            self._flat.pop(after.key, None)
        else:
            state.positions.pop(after.key, None)
            self._flat[after.key] = after  # likely to be opened again, by the same strategy
        self._staged.positions[after.key] = after
        state.margins.position_changed(after)

    @property
    def has_requests(self) -> bool:
        """Whether requests are staged that are answered within the batch."""
        return bool(self._staged.requests)

    def reserve(self, values: Row) -> None:
        """Take a key for a command."""
        self._staged.reserved[values["run_id"], values["key"]] = values
        self._new_keys.discard((values["run_id"], values["key"]))
        if values["kind"] == EXIT_RUN and values["details"]["product"] is None:
            self._exiting.add((values["run_id"], values["key"]))

    def answer(self, values: Row) -> None:
        """Stage the reply of a command."""
        key = values["run_id"], values["key"]
        if values.get("answer") is not None:
            self._exiting.discard(key)
        self._staged.answered[key] = {**self._staged.answered.get(key, {}), **values}

    # --- inside -------------------------------------------------------------------------------

    def _stage_doubt(self, key: RequestKey, *, looks: int, reason: str | None = None) -> None:
        order_id, action, ask = key
        row: Row = {"order_id": order_id, "action": action, "ask": ask}
        row |= {"status": IN_DOUBT, "looks": looks}
        if reason is not None:
            row["reason"] = reason
        self._staged.doubted[key] = {**self._staged.doubted.get(key, {}), **row}

    def _take(self, event: ev.OrderEvent) -> None:
        before = None
        if isinstance(event, ev.OrderPlaced):
            self.traded.keep(self.session, event.request.instrument)
        else:
            before = self.order(event.order_id)
        after = evolve(before, event)
        self._keep(after, is_new=before is None)
        self._write_down(event, after)

    def _write_down(self, event: ev.OrderEvent, after: Order) -> None:
        """An event with what follows from it, but for the order itself."""
        self.note(
            account_id=int(after.account),
            run_id=after.run_id,
            order_id=after.order_id,
            kind="execution",
            event_type=timeline_text.event_type(event),
            source=after.venue,
            summary=timeline_text.summary(after, event),
            payload=event,
            resource=("order", after.order_id),
        )
        if isinstance(event, ev.OrderFilled):
            self._book(after, event)
        elif isinstance(event, ev.FillVoided):
            before = self.position(fill_booking.key_of(event.fill))
            for posted in fill_reversal.reversal_of(self, after, event):
                self.post(posted)
            fill_reversal.unlist(self, event.fill)
            self._charge_day(before, event.fill, f"{event.fill.trade_id}:voided", self.now)

    def _keep(self, order: Order, *, is_new: bool) -> None:
        state = self.account(int(order.account))
        before = state.orders.get(order.order_id)
        was_open = before is not None
        state.margins.order_changed(order, self.now)
        self._count(order.request.instrument, is_open=order.is_open, was_open=was_open)
        if order.is_open:
            state.orders[order.order_id] = order
        else:
            state.orders.pop(order.order_id, None)
        self._orders[order.order_id] = order
        self.trailing.keep(order)
        if is_new:
            self.entry_rules.ordered(self, order)
        if is_new or order.order_id in self._staged.placed:
            self._staged.placed[order.order_id] = order
        else:
            self._staged.changed[order.order_id] = order

    def _book(self, order: Order, event: ev.OrderFilled) -> None:
        instrument = self.known(order.request.instrument)
        position = self.position(fill_booking.key_of(event.fill))
        broker = self.account(int(order.account)).broker
        booked = fill_booking.book(order, event.fill, position, instrument, broker=broker)
        self._staged.fills.append(mapping.fill_row(event.fill, booked.charges))
        self.entry_rules.filled(self, order, event.fill)
        self.post(booked.postings)
        self._charge_day(position, event.fill, event.fill.trade_id, event.fill.at)

    def _charge_day(self, before: Position, fill: Fill, reference: str, at: datetime) -> None:
        """Post what a fill, or its reversal, changed in the charges of the fill's day."""
        broker = self.account(int(fill.account)).broker
        instrument = self.known(fill.instrument)
        posted = self.day_charges.after(
            self, before, instrument, broker=broker, reference=f"day:{reference}", day_of=fill.at
        )
        if posted is not None:
            self.post(replace(posted, at=at))

    def _note_ended_legs(self, order: Order, events: Sequence[ev.OrderEvent]) -> None:
        for ended in lost_legs.ended_legs(self, order, events):
            if ended.is_reversed:
                self._broken_baskets.append((ended.run_id, ended.key))
            if ended.summary is not None:
                self.note(
                    account_id=int(order.account),
                    run_id=ended.run_id,
                    kind="execution",
                    event_type=lost_legs.BROKEN,
                    source="execution",
                    summary=ended.summary,
                    payload=ended.payload,
                    resource=("order", ended.leg.order_id),
                )

    def _sum_up(self, parent_order_id: str) -> None:
        parent = self.order(parent_order_id)
        if parent is not None and parent.slices:
            self._keep(family_summary(parent, self.family(parent_order_id)), is_new=False)

    def _follow_up(self, order: Order, events: Sequence[ev.OrderEvent], now: datetime) -> Decision:
        if order.request.variety is not Variety.CO or not events:
            return NOTHING
        family = self.family(order.parent_order_id or order.order_id)
        tick_size = self.known(order.request.instrument).tick_size
        return cover.follow_up(order, events, family, tick_size, now)
