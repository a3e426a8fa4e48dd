"""Resting triggers of paper accounts: made, changed, deleted, and fired by ticks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tradertape_core.execution import engine
from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import price_text
from tradertape_core.ledger.marks import FRESH_FOR
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.orders import gtt as core
from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.gtt import Gtt, GttRequest, GttResult, GttStatus
from tradertape_core.orders.gtt_fields import gtt_document, read_gtt, read_gtt_change
from tradertape_core.orders.order import OrderRequest
from tradertape_core.risk.rules import RiskLimits
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.gtt.active_triggers import Triggers
from tradertape_server.features.execution.orders import views
from tradertape_server.features.execution.orders.facts import facts_for, instrument_of
from tradertape_server.features.execution.orders.order_ids import OrderIds
from tradertape_server.features.execution.orders.risk_facts import Risk
from tradertape_server.features.execution.state.command import Wish
from tradertape_server.features.execution.state.unit_of_work import Desk
from tradertape_server.features.execution.store import batch_writes, mapping, repository
from tradertape_server.features.execution.store.models import GttRow
from tradertape_server.features.execution.store.timeline_text import wish as in_words
from tradertape_server.features.execution.venues.paper import PAPER
from tradertape_server.platform.errors import Conflict, NotFound

Json = dict[str, Any]


# Its owner chose the price long ago, and a jump that fires it is no slip of the finger.
_AS_ASKED = Risk(
    limits=RiskLimits(price_band_pct=None, option_price_band_pct=None, stale_after_s=None)
)


class GttDesk:
    """Makes the wishes of triggers."""

    def __init__(self, ids: OrderIds) -> None:
        self._ids = ids
        self.triggers = Triggers(self.fire_wish)

    def create_wish(self, account_id: int, document: Mapping[str, Any]) -> Wish:
        """Make a trigger. Raises InvalidDocument when the document breaks a rule."""
        request = read_gtt(document)

        def decide(desk: Desk) -> int:
            desk.demand_room()
            self._check(desk, account_id, request, apart_from=None)
            trigger_id = repository.last_gtt_id(desk.session) + 1
            price = _last_price(desk, request)
            gtt = core.create(trigger_id, str(account_id), request, last_price=price, now=desk.now)
            batch_writes.add(desk.connection, GttRow, [mapping.gtt_row(gtt)])
            self._tell(desk, gtt, "gtt_created", f"Trigger made: {_words(gtt)}")
            self.triggers.stage(gtt)
            return trigger_id

        return Wish(decide)

    def modify_wish(self, account_id: int, trigger_id: int, patch: Mapping[str, Any]) -> Wish:
        """Change an active trigger; the patch names what changes."""

        def decide(desk: Desk) -> int:
            gtt = _active(desk, account_id, trigger_id)
            request = read_gtt_change(gtt, patch)
            self._check(desk, account_id, request, apart_from=gtt)
            price = _last_price(desk, request)
            changed = core.change(gtt, request, last_price=price, now=desk.now)
            self._keep(desk, changed, "gtt_modified", f"Trigger changed: {_words(changed)}")
            return trigger_id

        return Wish(decide)

    def delete_wish(self, account_id: int, trigger_id: int) -> Wish:
        """End an active trigger."""

        def decide(desk: Desk) -> int:
            gtt = _active(desk, account_id, trigger_id)
            ended = core.end(gtt, GttStatus.DELETED, desk.now)
            self._keep(desk, ended, "gtt_deleted", f"Trigger deleted: {_words(gtt)}")
            return trigger_id

        return Wish(decide)

    def expire_wish(self) -> Wish:
        """End the triggers whose year is over."""

        def decide(desk: Desk) -> int:
            over = core.expired(repository.gtts(desk.session, active_only=True), desk.now)
            for gtt in over:
                self._keep(desk, gtt, "gtt_expired", f"Trigger expired: {_words(gtt)}")
            return len(over)

        return Wish(decide)

    def end_all(
        self,
        desk: Desk,
        instrument_id: str,
        status: GttStatus,
        why: str,
        *,
        made_before: date | None = None,
    ) -> None:
        """End the active triggers in an instrument, within a transaction.

        made_before: only those from before a day (IST).
        """
        for gtt in repository.gtts(desk.session, active_only=True):
            made = gtt.created_at.astimezone(IST).date()
            is_due = made_before is None or made < made_before
            if gtt.request.instrument == instrument_id and is_due:
                ended = core.end(gtt, status, desk.now)
                words = f"Trigger {status.value}: {_words(gtt)} ({why})"
                self._keep(desk, ended, f"gtt_{status.value}", words)

    def fire_wish(self, trigger_id: int, leg: int) -> Wish:
        """A tick reached a trigger: place its order, once, whatever happens on the way."""

        def decide(desk: Desk) -> None:
            row = desk.session.get(GttRow, trigger_id)
            gtt = None if row is None else mapping.gtt_of(row)
            if gtt is None or not gtt.is_active:
                return
            asked, instrument = gtt.request.orders[leg], desk.find(gtt.request.instrument)
            if instrument is None or held_back(desk, gtt, leg):
                return
            tick, closed = desk.tick(instrument.id), _closed_by(desk, gtt, asked)
            is_close = closed is not None
            request = core.order_to_place(gtt, leg, instrument, tick, closes=is_close)
            run_id = closed.run_id if closed is not None else None
            fired = core.fire(gtt, leg, desk.now)
            command = PlaceOrder(
                order_id=self._ids.next(desk.now),
                account=gtt.account,
                run_id=run_id,
                key=f"gtt:{trigger_id}:{leg}",
                venue=PAPER,
                request=request,
            )
            decision = engine.place(command, facts_for(desk, command, _AS_ASKED), desk.now)
            reason = "; ".join(one.message for one in decision.denials) or None
            order_id = None if reason else command.order_id
            result = GttResult(leg=leg, at=desk.now, order_id=order_id, reason=reason)
            done = core.with_result(fired, result)
            words = f"Trigger reached: {_words(gtt)}, {in_words(request)}"
            if request.price != asked.price:
                words += f", asked for at {price_text(asked.price)}: not a price of today"
            words = f"{words} ({reason})" if reason else words
            self._keep(desk, done, "gtt_triggered", words, run_id=run_id)
            desk.record(decision)

        return Wish(decide, lambda _desk, _carry: None)

    def _check(
        self, desk: Desk, account_id: int, request: GttRequest, *, apart_from: Gtt | None
    ) -> None:
        instrument = instrument_of(desk, request.instrument, "/condition/tradingsymbol")
        waiting = repository.gtts(desk.session, account_id=account_id, active_only=True)
        others = [one for one in waiting if apart_from is None or one != apart_from]
        denials: tuple[Denial, ...] = core.check_gtt(
            request,
            instrument,
            now=desk.now,
            last_price=_last_price(desk, request),
            active=len(others),
        )
        if denials:
            raise OrderDenied(denials)

    def _keep(
        self, desk: Desk, gtt: Gtt, event_type: str, summary: str, *, run_id: str | None = None
    ) -> None:
        batch_writes.change_gtts(desk.connection, [mapping.gtt_row(gtt)])
        self._tell(desk, gtt, event_type, summary, run_id=run_id)
        self.triggers.stage(gtt)

    def _tell(
        self, desk: Desk, gtt: Gtt, event_type: str, summary: str, *, run_id: str | None = None
    ) -> None:
        desk.note(
            account_id=int(gtt.account),
            run_id=run_id,
            kind="execution",
            event_type=event_type,
            source="gtt",
            summary=summary,
            payload={"trigger_id": gtt.trigger_id, "status": gtt.status.value},
            resource=("gtt", str(gtt.trigger_id)),
        )


def held_back(desk: Desk, gtt: Gtt, leg: int) -> bool:
    """Whether a trigger is not to fire now.

    It fires once, so not while its order would be refused: in continuous trading alone, on a fresh
    price. Under a kill switch or with a full disk, only if that closes a position.
    """
    if not _is_traded(desk, gtt.request.instrument):
        return True
    if desk.has_room and desk.halt(int(gtt.account)) is None:
        return False
    return _closed_by(desk, gtt, gtt.request.orders[leg]) is None


def _closed_by(desk: Desk, gtt: Gtt, request: OrderRequest) -> PositionKey | None:
    """The position that an order of a trigger only takes from; None where it would do more.

    One that belongs to no run comes first, then that of the run which has held it longest. What
    open orders are closing already is not there to be taken.
    """
    account = desk.account(int(gtt.account))

    def is_closed(position: Position) -> bool:
        key, side = position.key, request.side
        if (key.instrument, key.product) != (request.instrument, request.product):
            return False
        if not position.is_open or position.side is side:
            return False
        if key.run_id is not None and desk.is_leaving(key.run_id):
            return False
        claimed = account.margins.pending(key.instrument, key.product, side, key.run_id)
        return request.quantity <= abs(position.quantity) - claimed

    found = [one for one in account.positions.values() if is_closed(one)]
    first = min(found, key=lambda one: (one.key.run_id is not None, one.lots[0].at), default=None)
    return None if first is None else first.key


def _is_traded(desk: Desk, instrument_id: str) -> bool:
    instrument, tick = desk.find(instrument_id), desk.market.tick(instrument_id)
    if instrument is None or tick is None or desk.now - tick.at > FRESH_FOR:
        return False
    return desk.market.phase(instrument, desk.now) is PhaseKind.CONTINUOUS


def gtt_view(gtt: Gtt, *, user_id: str, instrument_token: int | None) -> Json:
    """A trigger in Kite's shape."""
    document = views.plain(gtt_document(gtt.request))
    orders = [{**order, "result": None} for order in document["orders"]]
    for result in gtt.results:
        orders[result.leg]["result"] = {
            "timestamp": views.moment(result.at),
            "order_result": {
                "status": "success" if result.order_id else "failed",
                "order_id": result.order_id or "",
                "rejection_reason": result.reason or "",
            },
        }
    return {
        "id": gtt.trigger_id,
        "user_id": user_id,
        "parent_trigger": None,
        "type": gtt.request.type.value,
        "created_at": views.moment(gtt.created_at),
        "updated_at": views.moment(gtt.updated_at),
        "expires_at": views.moment(gtt.expires_at),
        "status": gtt.status.value,
        "condition": {**document["condition"], "instrument_token": instrument_token},
        "orders": orders,
        "meta": {"rejection_reason": next((r.reason for r in gtt.results if r.reason), "")},
    }


def _active(desk: Desk, account_id: int, trigger_id: int) -> Gtt:
    gtt = repository.gtt(desk.session, account_id, trigger_id)
    if gtt is None:
        raise NotFound("Trigger")
    refusal = core.refusal(gtt)
    if refusal is not None:
        raise Conflict(refusal.message, code=refusal.reason.value)
    return gtt


def _last_price(desk: Desk, request: GttRequest) -> Any:
    tick = desk.market.tick(request.instrument)
    return None if tick is None else tick.last_price


def _words(gtt: Gtt) -> str:
    values = " / ".join(price_text(value) for value in gtt.request.trigger_values)
    return f"{gtt.request.instrument} at {values}"
