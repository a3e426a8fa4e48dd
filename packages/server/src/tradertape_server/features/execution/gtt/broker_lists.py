"""What a broker's list of triggers says of ours, within a transaction.

Ours are found by the broker's id; those in doubt by their terms, among what is nobody's. What is
left is of other terminals: it is shown and never changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from tradertape_core.orders import broker_gtts as core
from tradertape_core.orders.broker_gtts import VenueGtt
from tradertape_core.orders.gtt import Gtt, GttAsk, GttStatus
from tradertape_server.features.execution.gtt import at_broker
from tradertape_server.features.execution.gtt.rules import closed_by
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import gtt_store, repository
from tradertape_server.features.execution.store.gtt_store import ExternalGtt
from tradertape_server.features.execution.venues.gateway import GttsRead

_CHECKED_EVERY = timedelta(minutes=5)  # how exactly it is stored when the list last had one
_SEEN_EVERY = timedelta(minutes=1)
_S = GttStatus
_TOLD = {
    _S.TRIGGERED: ("gtt_triggered", "Trigger reached at the broker"),
    _S.DISABLED: ("gtt_disabled", "The broker disabled a trigger, as it does after a corporate "
                  "action or when it is too near the price: check it and create it again"),
    _S.EXPIRED: ("gtt_expired", "Trigger expired at the broker"),
    _S.CANCELLED: ("gtt_cancelled", "Trigger cancelled at the broker"),
    _S.REJECTED: ("gtt_rejected", "The broker rejected a trigger"),
    _S.DELETED: ("gtt_deleted", "Trigger deleted at the broker"),
}  # fmt: skip


def take_in(uow: UnitOfWork, read: GttsRead) -> None:
    """Record what one reading of an account's list settles."""
    account_id = read.account_id
    if read.failed is None and uow.is_traded(account_id):
        _compare(uow, account_id, read)
    for gtt in uow.gtts.of(account_id):
        if at_broker.is_due_for_alert(gtt, uow.now):
            _alert(uow, gtt, read.failed)


def _compare(uow: UnitOfWork, account_id: int, read: GttsRead) -> None:
    entries = {one.trigger_id: one for one in read.entries}
    ours = gtt_store.by_venue_ids(uow.session, account_id, entries.keys())
    nobodys = {name: one for name, one in entries.items() if name not in ours}
    known = gtt_store.external(uow.session, account_id)
    for name, gtt in ours.items():
        if not uow.gtts.is_outdated(gtt, read.began_s):
            _listed(uow, uow.gtts.find(gtt.trigger_id) or gtt, entries[name])
    unclear = _claim(uow, account_id, nobodys, known, read)
    for gtt in uow.gtts.of(account_id):
        at = core.state_of(gtt)
        is_missing = at.trigger_id not in entries and gtt not in unclear
        if is_missing and gtt.is_active and not uow.gtts.is_outdated(gtt, read.began_s):
            _missing(uow, gtt)
    _keep_external(uow, account_id, nobodys, known, unclear)
    uow.gtts.was_read(account_id, read.began_s)


# --- ours -----------------------------------------------------------------------------------------


def _listed(uow: UnitOfWork, gtt: Gtt, entry: VenueGtt) -> None:
    at = core.state_of(gtt)
    is_asking = at.ask is not None and not at.in_doubt
    if is_asking and entry.status is _S.ACTIVE:
        return  # its answer is on its way
    looks = uow.gtts.looked(gtt, uow.now).looks if at.in_doubt else 0
    after = core.after_list(gtt, entry, uow.now, looks=looks)
    if after is not gtt:
        uow.gtts.settled(gtt.trigger_id)
        at_broker.keep(uow, after, *_said(gtt, after))
        at_broker.follow_up(uow, after)
        _name_order(uow, after)
        _take_back(uow, uow.gtts.find(gtt.trigger_id) or after)
        return
    _take_back(uow, gtt)
    gtt = uow.gtts.find(gtt.trigger_id) or gtt
    at = core.state_of(gtt)
    if not at.in_doubt:
        uow.gtts.is_there(gtt.trigger_id)
    if gtt.is_active and (at.checked_at is None or uow.now - at.checked_at >= _CHECKED_EVERY):
        at_broker.store(uow, replace(gtt, at_broker=replace(at, checked_at=uow.now)))


def _take_back(uow: UnitOfWork, gtt: Gtt) -> None:
    """End a trigger that would open a position, while a kill switch takes entries back: its end was
    asked for and not done, or it was in doubt when the switch was turned on."""
    user_id = uow.account(int(gtt.account)).user_id
    if not core.may_ask(gtt) or not uow.halts.cancels(user_id):
        return
    if not all(closed_by(uow, gtt, one) for one in gtt.request.orders):
        at_broker.cancel(uow, gtt)


def _name_order(uow: UnitOfWork, gtt: Gtt) -> None:
    """The order of a trigger that was reached, where it was recorded before the list said so."""
    at = core.state_of(gtt)
    if not core.waits_for_order(gtt) or at.order_id is None:
        return
    stored = repository.orders_at_venue(uow.session, int(gtt.account), {at.order_id}, set())
    for order in stored:
        done = core.with_order(gtt, gtt.fired_leg or 0, order.order_id, uow.now)
        whose = "as an order of another terminal" if order.is_external else "before"
        said = f"The trigger's order was recorded {whose}: {at_broker.words(gtt)}"
        at_broker.keep(uow, done, "gtt_triggered", said)


def _said(before: Gtt, after: Gtt) -> tuple[str, str]:
    at, what = core.state_of(after), at_broker.words(after)
    if after.status is not before.status and after.status in _TOLD:
        kind, said = _TOLD[after.status]
        reason = next((one.reason for one in after.results if one.reason), at.problem)
        return kind, f"{said}: {what}" + (f" ({reason})" if reason else "")
    if after.status is _S.TRIGGERED:
        reason = next((one.reason for one in after.results if one.reason), None)
        told = f"has no order: {reason}" if reason else "has an order"
        return "gtt_triggered", f"The trigger that was reached {told}: {what}"
    if not before.is_active:
        return "gtt_found", f"A trigger that was given up rests at the broker: {what}"
    if core.state_of(before).ask is not None:
        said = "not done" if at.problem else "done"
        return "gtt_settled", f"What was asked about a trigger was {said}: {what}"
    return "gtt_modified", f"Trigger changed at the broker by another terminal: {what}"


def _claim(
    uow: UnitOfWork, account_id: int, nobodys: dict[str, VenueGtt],
    known: Mapping[str, ExternalGtt], read: GttsRead,
) -> list[Gtt]:  # fmt: skip
    """Give triggers of the list to those in doubt; returns those that cannot be told apart."""
    looked_for = [
        one for one in uow.gtts.of(account_id)
        if core.state_of(one).trigger_id is None
        and not uow.gtts.is_outdated(one, read.began_s)
        and (one.status is _S.IN_DOUBT or core.state_of(one).is_presumed)
    ]  # fmt: skip
    before = {name: one.first_seen_at for name, one in known.items()}
    pairs, unclear = core.claims(looked_for, nobodys.values(), known_before=before)
    for gtt, entry in pairs:
        del nobodys[entry.trigger_id]
        claimed = core.found(gtt, entry, uow.now)
        uow.gtts.settled(gtt.trigger_id)
        said = f"Found at the broker: {at_broker.words(gtt)}"
        at_broker.keep(uow, claimed, "gtt_created", said)
        if entry.status is not _S.ACTIVE:
            _listed(uow, claimed, entry)
        at_broker.follow_up(uow, uow.gtts.find(gtt.trigger_id) or claimed)
    return unclear


def _missing(uow: UnitOfWork, gtt: Gtt) -> None:
    at = core.state_of(gtt)
    if at.ask is GttAsk.PLACE and not at.in_doubt:
        return  # its answer is on its way
    missing = uow.gtts.looked(gtt, uow.now)
    since = at.asked_at if at.in_doubt and at.asked_at else missing.since
    after = core.without_entry(gtt, uow.now, looks=missing.looks, since=since)
    if after is gtt:
        return
    uow.gtts.settled(gtt.trigger_id)
    kind, said = _said(gtt, after)
    at_broker.keep(uow, after, kind, said)


def _alert(uow: UnitOfWork, gtt: Gtt, failed: str | None) -> None:
    """Tell a person what to do about a trigger that stays in doubt."""
    at = core.state_of(gtt)
    why = f"its list cannot be read: {failed}" if failed else "its list does not settle it"
    problem = (
        f"The broker's answer was lost and {why}. Look at the broker's own app: then say on the "
        "GTTs page which of its triggers this is, or that it was never placed"
        if at.ask is GttAsk.PLACE
        else f"The broker's answer was lost and {why}. Look at the broker's own app"
    )
    told = replace(gtt, at_broker=replace(at, is_told=True, problem=problem))
    at_broker.keep(uow, told, "gtt_in_doubt", f"{problem}: {at_broker.words(gtt)}")


def settle_by_hand(uow: UnitOfWork, gtt: Gtt, venue_trigger_id: str | None) -> Gtt:
    """Record a person's word on a trigger in doubt: the broker's id of it, or that it was never
    placed. Raises KeyError where the list has no such trigger that is nobody's."""
    known = gtt_store.external(uow.session, int(gtt.account))
    if venue_trigger_id is None:
        settled = core.not_done(gtt, "settled by hand: it was never placed", uow.now)
    else:
        settled = core.found(gtt, known[venue_trigger_id].entry, uow.now)
        gtt_store.drop_external(uow.session, int(gtt.account), [venue_trigger_id])
    uow.gtts.settled(gtt.trigger_id)
    at_broker.keep(uow, settled, "gtt_settled", f"Settled by hand: {at_broker.words(gtt)}")
    uow.gtts.want(int(gtt.account))
    return settled


# --- others ---------------------------------------------------------------------------------------


def _keep_external(
    uow: UnitOfWork, account_id: int, nobodys: Mapping[str, VenueGtt],
    known: Mapping[str, ExternalGtt], unclear: Sequence[Gtt],
) -> None:  # fmt: skip
    """Store the triggers of other terminals, and forget those that there are no longer."""
    on_their_way = [
        one
        for one in uow.gtts.of(account_id)
        if one.is_active and core.state_of(one).trigger_id is None and one not in unclear
    ]
    for name, entry in nobodys.items():
        before = known.get(name)
        if before is None and any(core.may_be(one, entry) for one in on_their_way):
            continue  # it may be ours: the answer is on its way, or is looked for
        is_new = before is None or before.entry != entry
        if is_new or (before is not None and uow.now - before.seen_at >= _SEEN_EVERY):
            first = uow.now if before is None else before.first_seen_at
            gtt_store.put_external(uow.session, account_id, ExternalGtt(entry, first, uow.now))
    gtt_store.drop_external(uow.session, account_id, [one for one in known if one not in nobodys])
