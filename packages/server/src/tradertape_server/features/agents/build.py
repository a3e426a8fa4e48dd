"""Joins the parts of agents."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.agents.instances import Instances
from tradertape_server.features.agents.leases import Leases
from tradertape_server.features.agents.obfuscation import Obfuscation
from tradertape_server.features.agents.polling import Polling
from tradertape_server.features.agents.results import Results
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios.build import Portfolios
from tradertape_server.platform.database.engine import Database


@dataclass(frozen=True, slots=True)
class Agents:
    """Everything of agents."""

    clock: Clock
    instances: Instances
    obfuscation: Obfuscation
    polling: Polling
    results: Results
    portfolios: Portfolios


def build_agents(
    database: Database, clock: Clock, execution: ExecutionService, portfolios: Portfolios
) -> Agents:
    """Agents above portfolios."""
    instances, obfuscation = Instances(database, clock), Obfuscation(database, clock)
    handing = portfolios.handing
    return Agents(
        clock=clock,
        instances=instances,
        obfuscation=obfuscation,
        polling=Polling(clock, execution, handing, Leases(database, clock), instances, obfuscation),
        results=Results(database, clock, handing, obfuscation),
        portfolios=portfolios,
    )
