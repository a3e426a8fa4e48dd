"""Resting triggers of accounts: made, changed, deleted, and fired by ticks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from tradertape_core.execution import engine
from tradertape_core.execution.decision import server_key
from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import price_text
from tradertape_core.orders import gtt as core
from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.gtt import Gtt, GttRequest, GttResult, GttStatus
from tradertape_core.orders.gtt_fields import read_gtt, read_gtt_change
from tradertape_core.risk.rules import RiskLimits
from tradertape_server.features.execution.errors import KeyReused, OrderDenied
from tradertape_server.features.execution.gtt import at_broker, broker_lists
from tradertape_server.features.execution.gtt.active_triggers import Triggers
from tradertape_server.features.execution.gtt.asked import GttCommand, GttReply
from tradertape_server.features.execution.gtt.rules import (
    closed_by,
    count_external,
    demand_no_halt,
    demand_taken,
    held_back,
    opens,
)
from tradertape_server.features.execution.orders import from_holdings, replies
from tradertape_server.features.execution.orders.facts import facts_for, instrument_of
from tradertape_server.features.execution.orders.idempotency import OnceKey
from tradertape_server.features.execution.orders.intent import Intent, replayed, reserve
from tradertape_server.features.execution.orders.replies import Reply
from tradertape_server.features.execution.orders.risk_facts import Risk
from tradertape_server.features.execution.state.command import Command, Subject, VenueCommand
from tradertape_server.features.execution.state.order_ids import OrderIds
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import (
    batch_writes,
    mapping,
    repository,
)
from tradertape_server.features.execution.store.models import GttRow
from tradertape_server.features.execution.store.timeline_text import order_in_words as in_words
from tradertape_server.features.execution.venues.gateway import GttRules
from tradertape_server.platform.errors import Conflict, NotFound

_NO_RUN = ""  # stands where a run's id does: keys of triggers are their callers'
# Its owner chose the price long ago, and a jump that fires it is no slip of the finger.
_AS_ASKED = Risk(
    limits=RiskLimits(price_band_pct=None, option_price_band_pct=None, stale_after_s=None)
)


class GttCommands:
    """Builds GTT commands, and holds the active triggers."""

    def __init__(self, ids: OrderIds) -> None:
        self._ids = ids
        self.triggers = Triggers(self.fire_command)

    def create_command(
        self,
        account_id: int,
        document: Mapping[str, Any],
        key: OnceKey | None = None,
        *,
        run_id: str | None = None,
        rules: GttRules | None = None,
        only_closes: bool = False,
    ) -> Command[GttReply]:
        """Make a trigger. Raises InvalidDocument when the document breaks a rule.

        key: with the same one it is done once, and this is so for every command of a trigger.
        run_id: whose position its order is for; None: a person's own. rules: what the account's
        broker takes of triggers; None of a paper account. only_closes: see `create_gtt`.
        """
        request = read_gtt(document)

        def decide(uow: UnitOfWork) -> int:
            uow.demand_room()
            self._check(uow, account_id, request, apart_from=None, rules=rules)
            trigger_id = repository.last_gtt_id(uow.session) + 1
            if rules is not None:
                if run_id is None:  # shares that the broker has from before are sold too
                    largest = max(request.orders, key=lambda one: one.quantity)
                    from_holdings.take_in(uow, account_id, largest, f"gtt:{trigger_id}")
                is_exit = demand_no_halt(uow, account_id, request, run_id, only_closes=only_closes)
                at_broker.begin(
                    uow, trigger_id, account_id, request, rules, run_id=run_id, is_exit=is_exit
                )
                return trigger_id
            price = _last_price(uow, request)
            gtt = core.create(
                trigger_id, str(account_id), request, last_price=price, now=uow.now, run_id=run_id
            )
            batch_writes.add(uow.connection, GttRow, [mapping.gtt_row(gtt)])
            self._tell(uow, gtt, "gtt_created", f"Trigger made: {_words(gtt)}")
            self.triggers.stage(gtt)
            return trigger_id

        return _once(decide, account_id, "create_gtt", key)

    def modify_command(
        self,
        account_id: int,
        trigger_id: int,
        patch: Mapping[str, Any],
        key: OnceKey | None = None,
        *,
        rules: GttRules | None = None,
    ) -> Command[GttReply]:
        """Change an active trigger; the patch names what changes."""

        def decide(uow: UnitOfWork) -> int:
            gtt = _active(uow, account_id, trigger_id)
            request = read_gtt_change(gtt, patch)
            self._check(uow, account_id, request, apart_from=gtt, rules=rules)
            if gtt.at_broker is not None:
                demand_no_halt(uow, account_id, request, gtt.run_id)
                at_broker.change(uow, gtt, request)
                return trigger_id
            price = _last_price(uow, request)
            changed = core.change(gtt, request, last_price=price, now=uow.now)
            self._keep(uow, changed, "gtt_modified", f"Trigger changed: {_words(changed)}")
            return trigger_id

        return _once(decide, account_id, "modify_gtt", key)

    def delete_command(
        self, account_id: int, trigger_id: int, key: OnceKey | None = None
    ) -> Command[GttReply]:
        """End an active trigger."""

        def decide(uow: UnitOfWork) -> int:
            gtt = _active(uow, account_id, trigger_id)
            if gtt.at_broker is not None:
                at_broker.cancel(uow, gtt)
                return trigger_id
            ended = core.end(gtt, GttStatus.DELETED, uow.now)
            self._keep(uow, ended, "gtt_deleted", f"Trigger deleted: {_words(gtt)}")
            return trigger_id

        return _once(decide, account_id, "delete_gtt", key)

    def settle_command(
        self, account_id: int, trigger_id: int, venue_trigger_id: str | None
    ) -> Command[int]:
        """Record a person's word on a trigger in doubt: the broker's id of it; None: there is none.

        Raises NotFound, Conflict.
        """

        def decide(uow: UnitOfWork) -> int:
            gtt = _active(uow, account_id, trigger_id)
            if gtt.status is not GttStatus.IN_DOUBT:
                raise Conflict(f"Trigger {trigger_id} is {gtt.status}: only one in doubt is settled"
                               " by hand.", code="gtt_not_in_doubt")  # fmt: skip
            try:
                broker_lists.settle_by_hand(uow, gtt, venue_trigger_id)
            except KeyError:
                raise NotFound("Trigger") from None
            return trigger_id

        return Command(decide)

    def void_command(self, account_id: int, key: OnceKey) -> Command[int | None]:
        """The trigger that a key made, or the certainty that it never will make one.

        For a caller that does not know whether its command was executed: a key that was not used
        is used up, so that a command which is still on its way does nothing.
        """

        def decide(uow: UnitOfWork) -> int | None:
            intent = _intent(uow, account_id, "create_gtt", key)
            known = replayed(uow, intent)
            if isinstance(known, Reply):
                return known.document["trigger_id"]
            if known is not None:
                raise KeyReused(key.shown)
            replies.keep(uow, reserve(uow, intent, {}), {"trigger_id": None})
            return None

        return Command(decide, key=(_NO_RUN, key.name))

    def expire_command(self, gtt: Gtt) -> Command[None]:
        """End a trigger whose year is over, unless it has ended since."""

        def decide(uow: UnitOfWork) -> None:
            found = repository.gtt(uow.session, int(gtt.account), gtt.trigger_id)
            for over in core.expired([found] if found else [], uow.now):
                self._keep(uow, over, "gtt_expired", f"Trigger expired: {_words(over)}")

        return Command(decide)

    def end_all(
        self,
        uow: UnitOfWork,
        instrument_id: str,
        status: GttStatus,
        why: str,
        *,
        made_before: date | None = None,
        account_id: int | None = None,
    ) -> None:
        """End the active triggers of paper accounts in an instrument, within a transaction.

        made_before: only those from before a day (IST). account_id: of one account alone.
        """
        for gtt in repository.gtts(uow.session, account_id=account_id, active_only=True):
            made = gtt.created_at.astimezone(IST).date()
            is_due = made_before is None or made < made_before
            is_ours = gtt.at_broker is None  # what rests at a broker the broker ends
            if is_ours and gtt.request.instrument == instrument_id and is_due:
                ended = core.end(gtt, status, uow.now)
                words = f"Trigger {status.value}: {_words(gtt)} ({why})"
                self._keep(uow, ended, f"gtt_{status.value}", words)

    def end_entries(self, uow: UnitOfWork, account_id: int, why: str) -> int:
        """End the active triggers of a paper account that would open or enlarge a position, within
        a transaction; how many were."""
        count = 0
        for gtt in repository.gtts(uow.session, account_id=account_id, active_only=True):
            if gtt.at_broker is None and opens(uow, gtt):
                ended = core.end(gtt, GttStatus.DELETED, uow.now)
                self._keep(uow, ended, "gtt_deleted", f"Trigger deleted: {_words(gtt)} ({why})")
                count += 1
        return count

    def fire_command(self, gtt: Gtt, leg: int) -> FireTrigger:
        """A tick reached a trigger: place its order, once, whatever happens on the way."""
        return FireTrigger(self, gtt, leg)

    def fire(self, uow: UnitOfWork, trigger_id: int, leg: int) -> None:
        """Place the order of a trigger that was reached; its command's first transaction."""
        row = uow.session.get(GttRow, trigger_id)
        gtt = None if row is None else mapping.gtt_of(row)
        if gtt is None or not gtt.is_active:
            return
        asked, instrument = gtt.request.orders[leg], uow.find(gtt.request.instrument)
        if instrument is None or held_back(uow, gtt, leg):
            return
        tick, closed = uow.tick(instrument.id), closed_by(uow, gtt, asked)
        is_close = closed is not None
        request = core.order_to_place(gtt, leg, instrument, tick, closes=is_close)
        run_id = gtt.run_id or (closed.run_id if closed is not None else None)
        placed = PlaceOrder(
            order_id=self._ids.next(uow.now),
            account=gtt.account,
            run_id=run_id,
            key=server_key(f"gtt:{trigger_id}:{leg}"),
            venue=uow.account(int(gtt.account)).kind,
            request=request,
        )
        decision = engine.place(placed, facts_for(uow, placed, _AS_ASKED), uow.now)
        reason = "; ".join(one.message for one in decision.denials) or None
        order_id = None if reason else placed.order_id
        result = GttResult(leg=leg, at=uow.now, order_id=order_id, reason=reason)
        done = core.with_result(core.fire(gtt, leg, uow.now), result)
        words = f"Trigger reached: {_words(gtt)}, {in_words(request)}"
        if request.price != asked.price:
            words += f" (its limit of {price_text(asked.price)} is not a valid price today)"
        words = f"{words} ({reason})" if reason else words
        self._keep(uow, done, "gtt_triggered", words, run_id=run_id)
        uow.record(decision)

    def _check(
        self,
        uow: UnitOfWork,
        account_id: int,
        request: GttRequest,
        *,
        apart_from: Gtt | None,
        rules: GttRules | None,
    ) -> None:
        if not uow.account(account_id).is_paper:
            demand_taken(request, rules)
        instrument = instrument_of(uow, request.instrument, "/condition/tradingsymbol")
        waiting = repository.gtts(uow.session, account_id=account_id, active_only=True)
        others = sum(apart_from is None or one != apart_from for one in waiting)
        if rules is not None:
            others += count_external(uow, account_id)
        denials: tuple[Denial, ...] = core.check_gtt(
            request,
            instrument,
            now=uow.now,
            last_price=_last_price(uow, request),
            active=others,
            most=core.MOST_ACTIVE if rules is None else rules.most,
        )
        if denials:
            raise OrderDenied(denials)

    def _keep(
        self, uow: UnitOfWork, gtt: Gtt, event_type: str, summary: str, *, run_id: str | None = None
    ) -> None:
        batch_writes.change_gtts(uow.connection, [mapping.gtt_row(gtt)])
        self._tell(uow, gtt, event_type, summary, run_id=run_id)
        self.triggers.stage(gtt)

    def _tell(
        self, uow: UnitOfWork, gtt: Gtt, event_type: str, summary: str, *, run_id: str | None = None
    ) -> None:
        uow.note(
            account_id=int(gtt.account),
            run_id=run_id or gtt.run_id,
            kind="execution",
            event_type=event_type,
            source="gtt",
            summary=summary,
            payload={"trigger_id": gtt.trigger_id, "status": gtt.status.value},
            resource=("gtt", str(gtt.trigger_id)),
        )


def _intent(uow: UnitOfWork, account_id: int, kind: str, key: OnceKey) -> Intent:
    return Intent(
        account_id=account_id,
        run_id=_NO_RUN,
        venue=uow.account(account_id).kind,
        key=key.name,
        kind=kind,
        request_hash=key.request_hash,
    )


def _once(
    decide: Callable[[UnitOfWork], int], account_id: int, kind: str, key: OnceKey | None
) -> Command[GttReply]:
    if key is None:
        return GttCommand(lambda uow: GttReply.now(uow, decide(uow)))

    def once(uow: UnitOfWork) -> GttReply:
        intent = _intent(uow, account_id, kind, key)
        known = replayed(uow, intent)
        if isinstance(known, Reply):
            if known.document["trigger_id"] is None:
                raise Conflict("This command was given up before it was executed.", code="voided")
            return GttReply(int(known.document["trigger_id"]), known.document.get("ask"))
        if known is not None:
            raise KeyReused(key.shown)
        asked = GttReply.now(uow, decide(uow))
        at_broker_only = {} if asked.number is None else {"ask": asked.number}
        body = {"trigger_id": asked.trigger_id, **at_broker_only}
        replies.keep(uow, reserve(uow, intent, {}), body)
        return asked

    return GttCommand(once, key=(_NO_RUN, key.name))


class FireTrigger(VenueCommand[None]):
    """Place the order of a trigger that a tick reached."""

    __slots__ = ("_gtt", "_gtts", "_leg")

    def __init__(self, gtts: GttCommands, gtt: Gtt, leg: int) -> None:
        super().__init__()
        self._gtts = gtts
        self._gtt = gtt
        self._leg = leg

    @property
    def subject(self) -> Subject:
        return subject_of(self._gtt)

    def decide(self, uow: UnitOfWork) -> None:
        self._gtts.fire(uow, self._gtt.trigger_id, self._leg)


def subject_of(gtt: Gtt) -> Subject:
    """A trigger, for when it cannot be fired."""
    return Subject("trigger", str(gtt.trigger_id), account_id=int(gtt.account))


def _active(uow: UnitOfWork, account_id: int, trigger_id: int) -> Gtt:
    gtt = repository.gtt(uow.session, account_id, trigger_id)
    if gtt is None:
        raise NotFound("Trigger")
    refusal = core.refusal(gtt)
    if refusal is not None:
        raise Conflict(refusal.message, code=refusal.reason.value)
    return gtt


def _last_price(uow: UnitOfWork, request: GttRequest) -> Any:
    tick = uow.market.tick(request.instrument)
    return None if tick is None else tick.last_price


def _words(gtt: Gtt) -> str:
    values = " / ".join(price_text(value) for value in gtt.request.trigger_values)
    return f"{gtt.request.instrument} at {values}"
