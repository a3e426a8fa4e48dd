"""What a run may do now: its limits, and the state it is in, as the risk gate takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tradertape_core.risk.protection_state import ProtectionStatus
from tradertape_core.risk.run_checks import RunFacts
from tradertape_server.features.execution.orders.risk_facts import Risk
from tradertape_server.features.workers.models import TradingRun, WorkerRun
from tradertape_server.features.workers.runs.live_gate import BrokerAccounts, live_risk
from tradertape_server.features.workers.runs.liveness import Liveness
from tradertape_server.features.workers.runs.protection_columns import protection_of
from tradertape_server.features.workers.runs.run_limits import risk_of

AnyRun = WorkerRun | TradingRun


class RunRisks:
    """Gathers what workers know of a run, for its orders and for its safety check alike."""

    def __init__(
        self,
        liveness: Liveness,
        is_awaiting_entry: Callable[[AnyRun], bool],
        brokers: BrokerAccounts,
    ) -> None:
        """is_awaiting_entry: whether the run's protection is armed once it is entered."""
        self._liveness = liveness
        self._brokers = brokers
        self._is_awaiting_entry = is_awaiting_entry

    def of(self, run: AnyRun) -> Risk:
        """The run's limits and its state."""
        risk = replace(risk_of(run), run=self._facts(run))
        return live_risk(self._brokers, run, risk)

    def _facts(self, run: AnyRun) -> RunFacts:
        return RunFacts(
            status=run.status,
            status_reason=run.status_reason,
            session=self._liveness.session(run),
            protection=ProtectionStatus(run.protection_status),
            protection_reason=_protection_reason(run),
            requires_protection=bool(run.details.get("require_protection")),
            awaits_entry=bool(run.option_run) and self._is_awaiting_entry(run),
            needs_recovery=run.recovery_status == "required",
        )


def _protection_reason(run: AnyRun) -> str:
    if isinstance(run, TradingRun):
        return ""  # its protection is not read for every order
    claim = protection_of(run).last_claim
    return claim.message if claim else ""
