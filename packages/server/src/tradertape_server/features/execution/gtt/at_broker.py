"""Triggers that rest at brokers: asking, and what the broker answers, within a transaction.

The row of a trigger is its own outbox: what was asked is committed in it before anything leaves, an
account's lane asks it once, and what has no answer is looked for in the broker's list and never
asked for again. See the decision record on triggers at brokers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tradertape_core.kernel.format import price_text
from tradertape_core.orders import broker_gtts as core
from tradertape_core.orders.gtt import Gtt, GttAsk, GttRequest, GttStatus
from tradertape_server.features.execution.state.unit_of_work import RequestKey, UnitOfWork
from tradertape_server.features.execution.store import batch_writes, gtt_store, mapping
from tradertape_server.features.execution.store.models import GttRow
from tradertape_server.features.execution.venues.gateway import GttAnswered, GttRules, Outcome
from tradertape_server.features.execution.venues.outside import OutsideGtt
from tradertape_server.platform.errors import Conflict

_S = GttStatus


class Pending(Conflict):
    """What was asked about the trigger before has no answer yet."""

    def __init__(self, gtt: Gtt) -> None:
        at = core.state_of(gtt)
        what = {GttAsk.PLACE: "placed", GttAsk.MODIFY: "changed"}.get(at.ask or GttAsk.PLACE)
        words = f"Trigger {gtt.trigger_id} is being {what or 'deleted'}"
        if at.in_doubt:
            words = f"The broker's answer about trigger {gtt.trigger_id} was lost"
        super().__init__(f"{words}: try again when the broker's list shows it.", code="gtt_pending")


def begin(
    uow: UnitOfWork,
    trigger_id: int,
    account_id: int,
    request: GttRequest,
    rules: GttRules,
    *,
    run_id: str | None,
    is_exit: bool,
) -> Gtt:
    """Store a trigger that is to be placed, and have it sent once it is on disk."""
    tick = uow.market.tick(request.instrument)
    gtt = core.begin(
        trigger_id, str(account_id), request, last_price=tick.last_price if tick else None,
        now=uow.now, life=rules.life, run_id=run_id,
    )  # fmt: skip
    uow.keep_instrument(request.instrument)
    batch_writes.add(uow.connection, GttRow, [mapping.gtt_row(gtt)])
    tell(uow, gtt, "gtt_sent", f"Trigger sent to the broker: {words(gtt)}")
    _send(uow, gtt, GttAsk.PLACE, request=request, is_exit=is_exit)
    uow.gtts.keep(gtt)
    return gtt


def change(uow: UnitOfWork, gtt: Gtt, request: GttRequest) -> Gtt:
    """Ask for other terms. Raises Pending."""
    if not core.may_ask(gtt):
        raise Pending(gtt)
    asked = core.ask(gtt, GttAsk.MODIFY, uow.now, request)
    keep(uow, asked, "gtt_change_sent", f"Change of a trigger sent to the broker: {words(gtt)}")
    _send(uow, asked, GttAsk.MODIFY, request=request, is_exit=True)
    return asked


def cancel(uow: UnitOfWork, gtt: Gtt) -> Gtt:
    """Ask for its end. One whose placement has no answer yet is taken back if it has not left, and
    otherwise ends as soon as it is known to rest. Raises Pending while a change has no answer."""
    at = core.state_of(gtt)
    if core.may_ask(gtt):
        asked = core.ask(gtt, GttAsk.CANCEL, uow.now)
        keep(uow, asked, "gtt_cancel_sent", f"End of a trigger sent to the broker: {words(gtt)}")
        _send(uow, asked, GttAsk.CANCEL, is_exit=True)
        return asked
    if at.ask is not GttAsk.PLACE:
        if at.ask is GttAsk.CANCEL:
            return gtt
        raise Pending(gtt)
    ending = core.end_when_known(gtt, uow.now)
    keep(uow, ending, "gtt_cancel_sent", f"Trigger to be ended: {words(gtt)}")
    if not at.in_doubt:
        _send(uow, ending, None, is_exit=True)
    return ending


def cancel_soon(uow: UnitOfWork, gtt: Gtt) -> None:
    """The same, where a change that has no answer yet is waited for."""
    at = core.state_of(gtt)
    if at.ask is GttAsk.MODIFY:
        ending = core.end_when_known(gtt, uow.now)
        keep(uow, ending, "gtt_cancel_sent", f"Trigger to be ended: {words(gtt)}")
    else:
        cancel(uow, gtt)


def answered(uow: UnitOfWork, event: GttAnswered) -> None:
    """Record what came of the last thing asked about a trigger."""
    gtt = uow.gtts.find(event.trigger_id) or gtt_store.find(uow.session, event.trigger_id)
    if gtt is None or gtt.at_broker is None:
        return
    at = gtt.at_broker
    if at.ask is None or at.number != event.number or at.in_doubt:
        return  # settled by the list before the answer came
    uow.gtts.settled(gtt.trigger_id)
    match event.outcome:
        case Outcome.REPORTED:
            _accepted(uow, gtt, event.venue_trigger_id)
        case Outcome.UNKNOWN:
            _lost(uow, gtt, event.reason)
        case Outcome.WITHDRAWN:
            done = core.not_done(gtt, event.outcome.value, uow.now)
            keep(uow, done, "gtt_deleted", f"Trigger taken back before it was sent: {words(gtt)}")
        case Outcome.REFUSED | Outcome.NOT_SENT:
            done = core.not_done(gtt, event.reason, uow.now)
            said = "The broker refused" if event.outcome is Outcome.REFUSED else "Not sent"
            what = {GttAsk.PLACE: "a trigger", GttAsk.MODIFY: "a trigger's change"}
            name = what.get(at.ask, "a trigger's end")
            text = f"{said}: {name}, {words(gtt)} ({event.reason})"
            keep(uow, done, "gtt_rejected" if at.ask is GttAsk.PLACE else "gtt_refused", text)
            if at.ask is GttAsk.MODIFY and at.ends:
                cancel(uow, done)


def _accepted(uow: UnitOfWork, gtt: Gtt, venue_id: str | None) -> None:
    what = core.state_of(gtt).ask
    done = core.accepted(gtt, venue_id, uow.now)
    kind, said = {
        GttAsk.PLACE: ("gtt_created", "Trigger rests at the broker"),
        GttAsk.MODIFY: ("gtt_modified", "Trigger changed at the broker"),
    }.get(what or GttAsk.CANCEL, ("gtt_deleted", "Trigger deleted at the broker"))
    keep(uow, done, kind, f"{said}: {words(done)}")
    follow_up(uow, done)


def follow_up(uow: UnitOfWork, gtt: Gtt) -> None:
    """End a trigger that was to end as soon as it is known to rest."""
    if core.may_ask(gtt) and core.state_of(gtt).ends:
        cancel(uow, gtt)


def _lost(uow: UnitOfWork, gtt: Gtt, reason: str) -> None:
    """Keep what was asked as it is: it is looked for, and never asked for again."""
    lost = core.doubted(gtt, reason, uow.now)
    text = f"The broker's answer was lost, its list is read: {words(gtt)} ({reason})"
    keep(uow, lost, "gtt_in_doubt", text)
    uow.gtts.settled(gtt.trigger_id)
    uow.gtts.want(int(gtt.account))


def doubt_lost(
    uow: UnitOfWork, is_on_its_way: Callable[[int, RequestKey], bool], reason: str
) -> None:
    """What a stop interrupted: what was being asked is in doubt, unless a lane still has it."""
    for gtt in uow.gtts.all():
        at, account_id = core.state_of(gtt), int(gtt.account)
        if at.ask is None or at.in_doubt or not uow.is_traded(account_id):
            continue
        if not is_on_its_way(account_id, _request(gtt, at.ask, is_exit=True).key):
            _lost(uow, gtt, reason)


def keep(uow: UnitOfWork, gtt: Gtt, event_type: str, summary: str) -> None:
    """Store a trigger as it is now, and say why in the timeline."""
    store(uow, gtt)
    tell(uow, gtt, event_type, summary)


def store(uow: UnitOfWork, gtt: Gtt) -> None:
    """Store a trigger as it is now."""
    batch_writes.change_gtts(uow.connection, [mapping.gtt_row(gtt)])
    uow.gtts.keep(gtt)


def tell(uow: UnitOfWork, gtt: Gtt, event_type: str, summary: str) -> None:
    """Write into the timeline of its account and owner."""
    uow.note(
        account_id=int(gtt.account),
        run_id=gtt.run_id,
        kind="execution",
        event_type=event_type,
        source="gtt",
        summary=summary,
        payload={"trigger_id": gtt.trigger_id, "status": gtt.status.value},
        resource=("gtt", str(gtt.trigger_id)),
    )


def words(gtt: Gtt) -> str:
    """A trigger in a few words."""
    values = " / ".join(price_text(value) for value in gtt.request.trigger_values)
    return f"{gtt.request.instrument} at {values}"


def is_due_for_alert(gtt: Gtt, now: datetime) -> bool:
    """Whether a person is to be told that the broker's answer stays unknown."""
    at = core.state_of(gtt)
    since = at.asked_at or gtt.created_at
    return at.in_doubt and not at.is_told and now - since >= core.ALERT_AFTER


def _send(
    uow: UnitOfWork, gtt: Gtt, what: GttAsk | None, *, is_exit: bool,
    request: GttRequest | None = None,
) -> None:  # fmt: skip
    uow.staged.gtts.append(_request(gtt, what, is_exit=is_exit, request=request))


def _request(
    gtt: Gtt, what: GttAsk | None, *, is_exit: bool, request: GttRequest | None = None
) -> OutsideGtt:
    at = core.state_of(gtt)
    return OutsideGtt(
        trigger_id=gtt.trigger_id, account_id=int(gtt.account), ask=what, number=at.number,
        is_exit=is_exit, request=request, venue_trigger_id=at.trigger_id,
    )  # fmt: skip
