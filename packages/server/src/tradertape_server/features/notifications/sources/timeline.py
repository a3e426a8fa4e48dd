"""Events of orders, exits, GTTs and protection, from the execution timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from tradertape_core.execution.reconcile import EXTERNAL_RUN
from tradertape_server.features.execution import queries
from tradertape_server.features.execution.orders.views import public_run_id
from tradertape_server.features.execution.queries import PersonalEvent
from tradertape_server.features.notifications.catalogue import CATALOGUE
from tradertape_server.features.notifications.publishing import Notice
from tradertape_server.features.notifications.sources.source import Found, Json

MOST = 500
PORTFOLIO_RUN = "portfolio:"  # what the run ids of portfolios' positions begin with

# The timeline's type of event: our event. What is not here is told to nobody.
EVENTS = {
    "order_filled": "order.filled",
    "order_rejected": "order.rejected",
    "order_denied": "order.denied",
    "order_cancelled": "order.cancelled",
    "order_in_doubt": "order.in_doubt",
    "basket_broken": "basket.broken",
    "basket_unwind_failed": "basket.broken",
    "set_aside": "action.set_aside",
    "gtt_triggered": "gtt.triggered",
    "gtt_expired": "gtt.expired",
    "gtt_disabled": "gtt.disabled",
    "gtt_rejected": "gtt.rejected",
    "position_settled": "position.settled",
    "exit_requested": "exit.requested",
    "exit_done": "exit.done",
    "exit_failed": "exit.failed",
    "protection_triggered": "protection.triggered",
    "protection_done": "protection.done",
    "protection_exit_failed": "protection.failed",
    "protection_unarmed": "protection.unarmed",
}


@dataclass(frozen=True, slots=True)
class TimelineSource:
    """Reads the timeline by its numbers, which have no gaps and are committed in order."""

    name: str = "timeline"

    def read(self, session: Session, state: Json | None, now: datetime) -> Found:
        """The events after the last one read."""
        del now
        newest = queries.last_event(session)
        if state is None:
            return Found(state={"seq": newest})
        found = queries.events_of_types(session, tuple(EVENTS), after=state["seq"], limit=MOST)
        until = found[-1].event.seq if len(found) == MOST else max(newest, state["seq"])
        notices = [_notice(one) for one in found if one.event.seq <= until]
        return Found(notices, {"seq": until})


def _place_of(run: str) -> tuple[str, str]:
    """Whose event it is, and its page."""
    if not run:
        return "By hand or of a GTT", "/trading?tab=orders"
    if run == EXTERNAL_RUN:
        return "Placed elsewhere", "/trading?tab=orders"
    if run.startswith(PORTFOLIO_RUN):
        portfolio_id = run.removeprefix(PORTFOLIO_RUN).split(":")[0]
        return f"Portfolio {portfolio_id}", f"/portfolios/{portfolio_id}"
    return f"Run {run}", f"/workers/{run}"


def _notice(found: PersonalEvent) -> Notice:
    event, name = found.event, EVENTS[found.event.event_type]
    run = public_run_id(event.run_id or "")
    where, path = _place_of(run)
    return Notice(
        user_id=found.user_id,
        event=name,
        key=f"timeline:{event.seq}",
        title=f"{CATALOGUE[name].title}: {event.summary}"[:200],
        text=f"{event.summary}\n{where} · account {found.scope}",
        at=event.at,
        path=path,
        subject={"run_id": run or None, "order_id": event.order_id, "account": found.scope},
    )
