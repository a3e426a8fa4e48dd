"""Triggers that rest at a broker: what is asked, what is answered, and what its list settles.

A broker takes no id of ours for a trigger. Where an answer was lost the trigger is in doubt: it is
never asked for again, and is looked for in the broker's list by its terms. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.orders.gtt import (
    LIFE,
    AtBroker,
    Gtt,
    GttAsk,
    GttRequest,
    GttResult,
    GttStatus,
)
from tradertape_core.orders.order import OrderRequest

LOOKS: Final = 3  # readings of the list without a trigger before it counts as never placed,
PATIENCE: Final = timedelta(seconds=100)  # and this long: an answer may take a minute and a half
ALERT_AFTER: Final = timedelta(minutes=2)  # in doubt for so long, a person is told
CLOCKS_DIFFER: Final = timedelta(minutes=2)  # at most, between the broker's and ours
_S = GttStatus
_NOT_THERE: Final = "the broker's list does not have it"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueGtt:
    """A trigger as the broker has it. results: the legs that fired, each with its order."""

    trigger_id: str
    request: GttRequest
    status: GttStatus
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    results: tuple[GttResult, ...] = ()


# --- asking ---------------------------------------------------------------------------------------


def begin(
    trigger_id: int,
    account: str,
    request: GttRequest,
    *,
    last_price: Decimal | None,
    now: datetime,
    life: timedelta = LIFE,
    run_id: str | None = None,
) -> Gtt:
    """Return a new trigger that is on its way to a broker."""
    return Gtt(
        trigger_id=trigger_id,
        account=account,
        request=request,
        reference=last_price or request.last_price,
        status=_S.PLACING,
        created_at=now,
        updated_at=now,
        expires_at=now + life,
        run_id=run_id,
        at_broker=AtBroker(ask=GttAsk.PLACE, number=1, asked_at=now),
    )


def ask(gtt: Gtt, what: GttAsk, now: datetime, wanted: GttRequest | None = None) -> Gtt:
    """The trigger with something asked of the broker; nothing else may be without an answer."""
    at = state_of(gtt)
    if at.ask is not None or at.trigger_id is None or not gtt.is_active:
        raise InvariantBroken(f"trigger {gtt.trigger_id}: {what} while {at.ask} has no answer")
    asked = replace(
        at, ask=what, number=at.number + 1, asked_at=now, wanted=wanted, in_doubt=False,
        problem=None, is_told=False, ends=at.ends or what is GttAsk.CANCEL,
    )  # fmt: skip
    return replace(gtt, at_broker=asked, updated_at=now)


def end_when_known(gtt: Gtt, now: datetime) -> Gtt:
    """A trigger whose placement has no answer yet is to end: it is cancelled once it is found."""
    return replace(gtt, at_broker=replace(state_of(gtt), ends=True), updated_at=now)


def may_ask(gtt: Gtt) -> bool:
    """Whether it is known to rest at the broker and nothing about it is without an answer."""
    at = state_of(gtt)
    return gtt.status is _S.ACTIVE and at.ask is None and at.trigger_id is not None


# --- answers --------------------------------------------------------------------------------------


def accepted(gtt: Gtt, venue_id: str | None, now: datetime) -> Gtt:
    """The broker has done what was asked last. venue_id: its id of a new trigger."""
    at = state_of(gtt)
    done = _answered(at, now)
    match at.ask:
        case GttAsk.PLACE:
            done = replace(done, trigger_id=venue_id, checked_at=now)
            return replace(gtt, status=_S.ACTIVE, at_broker=done, updated_at=now)
        case GttAsk.MODIFY if at.wanted is not None:
            reference = at.wanted.last_price
            return replace(
                gtt, request=at.wanted, reference=reference, at_broker=done, updated_at=now
            )
        case GttAsk.CANCEL:
            return replace(gtt, status=_S.DELETED, at_broker=done, updated_at=now)
        case _:
            return gtt


def not_done(gtt: Gtt, reason: str, now: datetime, *, is_presumed: bool = False) -> Gtt:
    """What was asked last was surely not done: refused, or it never left."""
    at = state_of(gtt)
    done = replace(_answered(at, now), problem=reason, refused=at.number, ends=False)
    if at.ask is not GttAsk.PLACE:
        return replace(gtt, at_broker=done, updated_at=now)
    status = _S.DELETED if at.ends and not is_presumed else _S.REJECTED
    done = replace(done, is_presumed=is_presumed)
    return replace(gtt, status=status, at_broker=done, updated_at=now)


def doubted(gtt: Gtt, reason: str, now: datetime) -> Gtt:
    """The answer to what was asked last was lost."""
    at = state_of(gtt)
    status = _S.IN_DOUBT if at.ask is GttAsk.PLACE else gtt.status
    lost = replace(at, in_doubt=True, problem=reason)
    return replace(gtt, status=status, at_broker=lost, updated_at=now)


def found(gtt: Gtt, entry: VenueGtt, now: datetime) -> Gtt:
    """A trigger in doubt, or one that was given up, is this one of the broker's list."""
    at = state_of(gtt)
    known = replace(_answered(at, now), trigger_id=entry.trigger_id, is_presumed=False)
    return replace(gtt, status=_S.ACTIVE, at_broker=replace(known, checked_at=now), updated_at=now)


def state_of(gtt: Gtt) -> AtBroker:
    """Its state at the broker. Raises InvariantBroken for one that rests with this server."""
    if gtt.at_broker is None:
        raise InvariantBroken(f"trigger {gtt.trigger_id} does not rest at a broker")
    return gtt.at_broker


def _answered(at: AtBroker, now: datetime) -> AtBroker:
    return replace(
        at, ask=None, in_doubt=False, wanted=None, problem=None, is_told=False, checked_at=now
    )


# --- the broker's list ----------------------------------------------------------------------------


def same_terms(one: GttRequest, other: GttRequest) -> bool:
    """Whether two requests wait for the same and place the same, whatever the price was then."""
    return _terms(one) == _terms(other)


def _terms(request: GttRequest) -> tuple[object, ...]:
    legs = [
        (trigger, order.side, order.quantity, order.product, order.price)
        for trigger, order in zip(request.trigger_values, request.orders, strict=True)
    ]
    return request.type, request.instrument, tuple(legs)


def may_be(gtt: Gtt, entry: VenueGtt) -> bool:
    """Whether a trigger of the broker's list may be ours whose placement has no known answer."""
    asked_at = state_of(gtt).asked_at or gtt.created_at
    is_later = entry.created_at >= asked_at - CLOCKS_DIFFER
    return is_later and same_terms(gtt.request, entry.request)


def claims(
    doubted: Sequence[Gtt], nobodys: Iterable[VenueGtt], *, known_before: Mapping[str, datetime]
) -> tuple[list[tuple[Gtt, VenueGtt]], list[Gtt]]:
    """Which of the list's triggers that are nobody's are those in doubt, and which cannot be told.

    known_before: when the list first had one; what was there before the request is not its result.
    Of equal ones the first asked for is the first created; with more triggers than were asked for,
    or fewer of several owners, nothing is guessed.
    """
    pairs: list[tuple[Gtt, VenueGtt]] = []
    unclear: list[Gtt] = []
    waiting, listed = sorted(doubted, key=_asked), sorted(nobodys, key=lambda e: e.created_at)
    while waiting:
        first = waiting[0]
        equal = [one for one in waiting if same_terms(one.request, first.request)]
        waiting = [one for one in waiting if one not in equal]
        fitting = [
            entry
            for entry in listed
            if any(may_be(one, entry) and _is_new(one, entry, known_before) for one in equal)
        ]
        owners = {one.run_id for one in equal}
        if len(fitting) > len(equal) or (0 < len(fitting) < len(equal) and len(owners) > 1):
            unclear += equal
        else:
            pairs += zip(equal, fitting, strict=False)
    return pairs, unclear


def _asked(gtt: Gtt) -> datetime:
    return state_of(gtt).asked_at or gtt.created_at


def _is_new(gtt: Gtt, entry: VenueGtt, known_before: Mapping[str, datetime]) -> bool:
    seen = known_before.get(entry.trigger_id)
    return seen is None or seen >= _asked(gtt)


def after_list(gtt: Gtt, entry: VenueGtt, now: datetime, *, looks: int) -> Gtt:
    """The trigger after a reading of the list that has it. looks: readings since what was asked."""
    at = state_of(gtt)
    if entry.status is _S.ACTIVE:
        return _still_rests(gtt, entry, now, looks)
    if not gtt.is_active and gtt.status is not _S.TRIGGERED and not at.is_presumed:
        return gtt
    if entry.status is _S.TRIGGERED:
        return _fired(gtt, entry, now)
    reason = next((one.reason for one in entry.results if one.reason), None) or at.problem
    if gtt.status is _S.TRIGGERED:
        return gtt if gtt.results else _unplaced(gtt, reason or str(entry.status.value), now)
    was_asked = at.ask is GttAsk.CANCEL and entry.status in (_S.CANCELLED, _S.DELETED)
    over = replace(_answered(at, now), problem=None if was_asked else reason, is_presumed=False)
    status = _S.DELETED if was_asked else entry.status
    return replace(gtt, status=status, at_broker=over, updated_at=now)


def _still_rests(gtt: Gtt, entry: VenueGtt, now: datetime, looks: int) -> Gtt:
    at = state_of(gtt)
    if at.is_presumed:
        return found(gtt, entry, now)
    if not gtt.is_active:
        return gtt
    if at.ask is GttAsk.MODIFY and at.wanted is not None:
        if same_terms(at.wanted, entry.request):
            return accepted(gtt, None, now)
        return _given_up(gtt, now, looks)
    if at.ask is GttAsk.CANCEL:
        return _given_up(gtt, now, looks)
    if not same_terms(gtt.request, entry.request):
        request = entry.request
        return replace(gtt, request=request, reference=request.last_price, updated_at=now)
    return gtt


def _given_up(gtt: Gtt, now: datetime, looks: int) -> Gtt:
    if looks < LOOKS or now - _asked(gtt) < PATIENCE:
        return gtt
    return not_done(gtt, "the answer was lost, and the broker's list shows it unchanged", now)


def _fired(gtt: Gtt, entry: VenueGtt, now: datetime) -> Gtt:
    """It was reached; its order is looked for in the order book unless there is none."""
    at, result = state_of(gtt), next(iter(entry.results), None)
    if gtt.results or (gtt.status is _S.TRIGGERED and result is None):
        return gtt
    only = 0 if len(gtt.request.orders) == 1 else None
    leg = only if result is None else result.leg
    at = replace(
        _answered(at, now), is_presumed=False, fired_at=at.fired_at or entry.updated_at,
        order_id=result.order_id if result is not None else at.order_id,
    )  # fmt: skip
    terms = gtt.request if same_terms(gtt.request, entry.request) else entry.request
    fired = replace(
        gtt, status=_S.TRIGGERED, request=terms, fired_leg=leg, at_broker=at, updated_at=now
    )
    if result is not None and result.order_id is None and result.reason is not None:
        return with_order(fired, result.leg, None, now, reason=result.reason)
    return fired


def _unplaced(gtt: Gtt, reason: str, now: datetime) -> Gtt:
    return with_order(gtt, gtt.fired_leg or 0, None, now, reason=reason)


def with_order(
    gtt: Gtt, leg: int, order_id: str | None, now: datetime, *, reason: str | None = None
) -> Gtt:
    """Record our order of a trigger that was reached, or why there is none."""
    result = GttResult(leg=leg, at=now, order_id=order_id, reason=reason)
    return replace(gtt, results=(result,), fired_leg=leg, updated_at=now)


def without_entry(gtt: Gtt, now: datetime, *, looks: int, since: datetime) -> Gtt:
    """The trigger after a reading of the list that does not have it. since: the first of them."""
    at = state_of(gtt)
    if looks < LOOKS or now - since < PATIENCE:
        return gtt
    if gtt.status is _S.IN_DOUBT:
        return not_done(gtt, f"it never reached the broker: {_NOT_THERE}", now, is_presumed=True)
    if not gtt.is_active or at.ask is GttAsk.PLACE:
        return gtt
    status = _S.DELETED if at.ask is GttAsk.CANCEL else _S.CANCELLED
    over = replace(_answered(at, now), problem=_NOT_THERE, is_presumed=True)
    return replace(gtt, status=status, at_broker=over, updated_at=now)


# --- its order ------------------------------------------------------------------------------------


def leg_of(gtt: Gtt, order: OrderRequest, placed_at: datetime | None) -> int | None:
    """Which leg's order one of the order book may be; None when it is none of its."""
    begun = state_of(gtt).fired_at or gtt.created_at
    if placed_at is not None and placed_at < begun - CLOCKS_DIFFER:
        return None
    legs: Collection[int] = (
        range(len(gtt.request.orders)) if gtt.fired_leg is None else (gtt.fired_leg,)
    )
    for leg in legs:
        own = gtt.request.orders[leg]
        is_alike = (own.instrument, own.side, own.product, own.quantity) == (
            order.instrument, order.side, order.product, order.quantity,
        )  # fmt: skip
        if is_alike and (not order.price or order.price == own.price):
            return leg
    return None


def waits_for_order(gtt: Gtt) -> bool:
    """Whether it was reached and what came of it is not known."""
    return gtt.status is _S.TRIGGERED and not gtt.results
