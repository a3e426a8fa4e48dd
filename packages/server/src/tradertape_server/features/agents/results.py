"""What an agent reports of the orders that it was handed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.agents import repository
from tradertape_server.features.agents.leases import LEASED, REPORTED
from tradertape_server.features.agents.models import AgentLease
from tradertape_server.features.agents.obfuscation import Obfuscation
from tradertape_server.features.agents.schemas import (
    ResultPosition,
    SignalResult,
    SignalResultOut,
)
from tradertape_server.features.execution.agent_venue import (
    AT_BROKER,
    AgentReport,
    Verdict,
    What,
)
from tradertape_server.features.portfolios import views
from tradertape_server.features.portfolios.handing import Handing
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, NotFound

_ENDS = frozenset({What.CANCELLED, What.EXPIRED, What.REJECTED, What.FILLED})
RELEASED = "Released by hand: it was never sent"


@dataclass(frozen=True, slots=True)
class Results:
    """Records reports; a report that was recorded already changes nothing."""

    database: Database
    clock: Clock
    handing: Handing
    obfuscation: Obfuscation

    def record(self, user_id: int, given: SignalResult) -> SignalResultOut:
        """Record a report of any installation of a person: what happened is never refused.

        Raises NotFound for a signal of somebody else, Conflict for an attempt that no agent was
        handed, InvalidInput for figures that cannot be.
        """
        self.obfuscation.demand_scaled(user_id, scaled=given.scaled)
        lease = self.lease(user_id, given.signal_id, given.idempotency_key)
        what = What(given.outcome)
        report = AgentReport(
            gtt_id=lease.gtt_id, order_id=lease.order_id, what=what, venue_gtt_id=given.gtt_id,
            venue_order_id=given.order_id, filled=self._units(user_id, given),
            share=_share(given), average=given.average_price, message=given.message or "",
            at=given.occurred_at,
        )  # fmt: skip
        verdict = self.handing.report(report, signal_id=lease.signal_id, run_id=lease.run_id)
        crash_point("after_report")
        self._store(user_id, lease.key, given, verdict)
        return self._answer(user_id, lease, verdict)

    def release(self, user_id: int, lease_id: int) -> None:
        """Record a person's word that an attempt was never sent: it has failed, and can be tried
        again. Raises NotFound, Conflict while an installation may still send it."""
        with self.database.read() as session:
            row = repository.lease_by_id(session, user_id, lease_id)
        if row is None:
            raise NotFound("Lease")
        now = self.clock.now()
        if row.state != LEASED:
            raise Conflict("Its agent has reported meanwhile.", code="lease_reported")
        if row.lease_until > now:
            raise Conflict(
                f"The agent {row.instance} may send it until "
                f"{row.lease_until.astimezone().strftime('%H:%M:%S')}: stop that agent first.",
                code="lease_active",
            )
        report = AgentReport(
            gtt_id=row.gtt_id, order_id=row.order_id, what=What.FAILED, message=RELEASED, at=now
        )
        self.handing.report(report, signal_id=row.signal_id, run_id=row.run_id)
        with self.database.write() as session:
            stored = repository.lease_by_id(session, user_id, lease_id)
            if stored is not None and stored.state == LEASED:
                stored.state, stored.outcome, stored.reported_at = REPORTED, "released", now

    def lease(self, user_id: int, signal_id: int, key: str) -> AgentLease:
        """The lease of an attempt. Raises NotFound for a signal of somebody else, Conflict."""
        with self.database.read() as session:
            row = repository.lease(session, user_id, key)
        if row is not None and row.signal_id == signal_id:
            return row
        if self.handing.outcome(user_id, signal_id)[0] is None:
            raise NotFound("Signal")
        raise Conflict(
            f"No agent was handed {key} of signal {signal_id}: send the idempotency_key of its "
            "item.",
            code="unknown_attempt",
        )

    def _units(self, user_id: int, given: SignalResult) -> int:
        """Units of this server: of a scaled account whole ones."""
        filled = given.filled_quantity or Decimal(0)
        if not given.scaled:
            if filled != filled.to_integral_value():
                raise InvalidInput("units are whole unless `scaled`", pointer="/filled_quantity")
            return int(filled)
        row, _ = self.handing.outcome(user_id, given.signal_id)
        units = int(filled.to_integral_value(ROUND_FLOOR))
        return units if row is None else min(units, row.quantity)

    def _store(self, user_id: int, key: str, given: SignalResult, verdict: Verdict) -> None:
        what = What(given.outcome)
        with self.database.write() as session:
            row = repository.lease(session, user_id, key)
            if row is None:
                return
            row.state, row.reported_at = REPORTED, self.clock.now()
            row.broker_gtt_id = given.gtt_id or row.broker_gtt_id
            row.broker_order_id = given.order_id or row.broker_order_id
            row.broker = given.broker
            if given.fees is not None:
                fees = given.fees
                row.fees = fees if isinstance(fees, dict) else {"total": fees}
            if verdict is Verdict.APPLIED:
                row.outcome, row.message = given.outcome, given.message
            if what in _ENDS:
                row.cancel_wanted = False
            elif verdict is Verdict.OVER and what in AT_BROKER:
                row.cancel_wanted = True  # it is at the broker, and over here

    def _answer(self, user_id: int, lease: AgentLease, verdict: Verdict) -> SignalResultOut:
        row, position = self.handing.outcome(user_id, lease.signal_id)
        if row is None:
            raise NotFound("Signal")
        reason = None if verdict is Verdict.APPLIED else verdict.value
        is_older = lease.key.startswith("sig:") and row.placement_key not in (None, lease.key)
        if reason is not None and is_older:
            reason = "superseded"
        return SignalResultOut(
            applied=verdict is Verdict.APPLIED,
            reason=reason,  # type: ignore[arg-type]
            signal=views.signal(row),
            position=None if position is None else ResultPosition.model_validate(position),
        )


def _share(given: SignalResult) -> Decimal | None:
    """Which part of its order is filled, where that is told or known: all of it when it is done."""
    if given.filled_share is not None:
        return given.filled_share
    return Decimal(1) if given.scaled and given.outcome == "filled" else None
