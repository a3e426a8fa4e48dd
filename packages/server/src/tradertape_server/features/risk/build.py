"""Joins the parts of risk rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.execution.account_events import AccountEvents
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.risk.gate import RiskGate
from tradertape_server.features.risk.kill_switch import KillSwitch
from tradertape_server.features.risk.market_facts import MarketFacts
from tradertape_server.features.risk.owners import OwnerOf
from tradertape_server.features.risk.rehearsal import RehearsalService
from tradertape_server.features.risk.service import RuleService
from tradertape_server.features.risk.state import RiskState
from tradertape_server.features.risk.watch import RiskWatch


@dataclass(frozen=True, slots=True)
class RiskRules:
    """Everything of risk rules, and the kill switches."""

    rules: RuleService
    state: RiskState
    kill_switch: KillSwitch
    watch: RiskWatch
    rehearsal: RehearsalService
    gate: RiskGate


def build_risk(
    clock: Clock,
    execution: ExecutionService,
    events: AccountEvents,
    facts: MarketFacts,
    owners: Sequence[OwnerOf],
) -> RiskRules:
    """Risk rules above an execution: from now on they judge its orders.

    owners: ask the features above what a run belongs to.
    """
    gate = RiskGate(facts, owners)
    execution.judge_by(gate)
    switch = KillSwitch(execution, events, gate)
    return RiskRules(
        rules=RuleService(execution, gate),
        state=RiskState(execution, gate, switch),
        kill_switch=switch,
        watch=RiskWatch(execution, clock, gate, switch, events),
        rehearsal=RehearsalService(execution, gate),
        gate=gate,
    )
