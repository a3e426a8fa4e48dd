"""Orders that triggers place at a broker: whose they are, within a transaction.

The broker places the order of a trigger without a mark of ours. It belongs to the trigger whose
result names it, or, where the broker names none, to the one whose terms it has; its fills are the
trigger's owner's. One that may be a trigger's waits for the broker's list before it counts as
another terminal's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tradertape_core.execution.applying import applied
from tradertape_core.execution.decision import server_key, tag_for
from tradertape_core.kernel.clock import IST
from tradertape_core.orders import broker_gtts as core
from tradertape_core.orders import events as ev
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.reports import VenueOrder
from tradertape_core.orders.transitions import evolve
from tradertape_server.features.execution.gtt import at_broker
from tradertape_server.features.execution.gtt.rules import closed_by
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store.timeline_text import order_in_words


def take_in(
    uow: UnitOfWork, account_id: int, entries: Sequence[VenueOrder]
) -> tuple[VenueOrder, ...]:
    """Record the orders among these that our triggers placed; returns those of other terminals.

    entries: orders of the broker's book that are not ours as far as is known.
    """
    left: list[VenueOrder] = []
    for entry in entries:
        gtt, leg = _maker(uow, account_id, entry, entries)
        if gtt is not None and leg is not None:
            _record(uow, gtt, leg, entry)
        elif uow.gtts.maybe_made(account_id, entry) is None or not uow.gtts.is_held(
            account_id, entry.venue_order_id
        ):
            left.append(entry)
    return tuple(left)


def _maker(
    uow: UnitOfWork, account_id: int, entry: VenueOrder, entries: Sequence[VenueOrder]
) -> tuple[Gtt | None, int | None]:
    waiting = [one for one in uow.gtts.of(account_id) if core.waits_for_order(one)]
    for gtt in waiting:
        if core.state_of(gtt).order_id == entry.venue_order_id:
            return gtt, gtt.fired_leg or 0
    for gtt in waiting:
        if core.state_of(gtt).order_id is not None:
            continue
        leg = core.leg_of(gtt, entry.request, entry.placed_at)
        alike = [one for one in entries if core.leg_of(gtt, one.request, one.placed_at) is not None]
        if leg is not None and len(alike) == 1:
            return gtt, leg
    return None, None


def _record(uow: UnitOfWork, gtt: Gtt, leg: int, entry: VenueOrder) -> None:
    """Record an order as the trigger's owner's, with what the broker reports of it."""
    account_id = int(gtt.account)
    closed = closed_by(uow, gtt, entry.request)
    run_id = gtt.run_id or (None if closed is None else closed.run_id)
    placed = ev.OrderPlaced(
        order_id=uow.ids.next(uow.now),
        at=entry.placed_at or entry.at,
        account=gtt.account,
        run_id=run_id,
        request=entry.request,
        venue=uow.account(account_id).kind,
        tag=tag_for(gtt.account, run_id or "", server_key(f"gtt:{gtt.trigger_id}:{leg}")),
    )
    order = evolve(None, placed)
    uow.keep_instrument(entry.request.instrument)
    entry = replace(entry, trades=uow.own_trades(order, entry.trades))
    uow.take_steps(
        order, [(placed, order), *applied(entry.report_on(order.order_id), order, uow.now)]
    )
    done = core.with_order(gtt, leg, placed.order_id, uow.now)
    said = f"Trigger reached at the broker: {at_broker.words(gtt)}, {order_in_words(entry.request)}"
    at_broker.keep(uow, done, "gtt_triggered", said)


def conclude(uow: UnitOfWork, account_id: int) -> None:
    """Today's order book has no order of a trigger that was reached on an earlier day: it is not
    shown any more, and what it bought or sold is told by the broker's positions alone."""
    today = uow.now.astimezone(IST).date()
    for gtt in uow.gtts.of(account_id):
        at = core.state_of(gtt)
        if not core.waits_for_order(gtt) or at.fired_at is None:
            continue
        day = at.fired_at.astimezone(IST).date()
        if day >= today:
            continue
        name = f"order {at.order_id}" if at.order_id else "the order"
        reason = (
            f"{name} of {day:%d %b %Y} is no longer in the broker's order book: compare the "
            "position with the broker's"
        )
        done = core.with_order(gtt, gtt.fired_leg or 0, None, uow.now, reason=reason)
        at_broker.keep(uow, done, "gtt_order_unknown", f"{at_broker.words(gtt)}: {reason}")
