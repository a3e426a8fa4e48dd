"""Joins the parts of agents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.agents.console import AgentPage, no_files
from tradertape_server.features.agents.duty import AgentDuty
from tradertape_server.features.agents.instances import Instances
from tradertape_server.features.agents.leases import Leases
from tradertape_server.features.agents.obfuscation import Obfuscation, is_on
from tradertape_server.features.agents.polling import Polling
from tradertape_server.features.agents.results import Results
from tradertape_server.features.agents.status import Status
from tradertape_server.features.agents.stops import StopSales
from tradertape_server.features.agents.syncing import Syncing
from tradertape_server.features.agents.tokens import Tokens
from tradertape_server.features.brokerage.service import BrokerageService
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.notifications.publishing import Publisher
from tradertape_server.features.portfolios.build import Portfolios
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.secrets import SecretBox


@dataclass(frozen=True, slots=True)
class Agents:
    """Everything of agents."""

    clock: Clock
    instances: Instances
    obfuscation: Obfuscation
    polling: Polling
    results: Results
    stop_sales: StopSales
    syncing: Syncing
    tokens: Tokens
    status: Status
    page: AgentPage
    duty: AgentDuty
    portfolios: Portfolios


def build_agents(
    database: Database,
    clock: Clock,
    secrets: SecretBox,
    execution: ExecutionService,
    portfolios: Portfolios,
    brokerage: BrokerageService,
    publisher: Publisher,
    has_real_prices: Callable[[], bool],
    clear_files: Callable[[Session, int], int] = no_files,
) -> Agents:
    """Agents above portfolios; while an account is obfuscated no broker is connected here.

    clear_files: how many of a person's uploads hold real figures.
    """
    instances, obfuscation = Instances(database, clock), Obfuscation(database, clock)
    handing, tokens = portfolios.handing, Tokens(database, clock, secrets)
    leases, results = (
        Leases(database, clock, handing), Results(database, clock, handing, obfuscation)
    )  # fmt: skip
    polling = Polling(clock, execution, handing, leases, instances, obfuscation, has_real_prices)
    brokerage.demand_session_allowed = obfuscation.demand_off
    portfolios.service.accounts.is_obfuscated = is_on
    return Agents(
        clock=clock,
        instances=instances,
        obfuscation=obfuscation,
        polling=polling,
        results=results,
        stop_sales=StopSales(results, handing, portfolios.closing, leases, obfuscation),
        syncing=Syncing(database, clock),
        tokens=tokens,
        status=Status(database, clock, execution, handing, instances, obfuscation),
        page=AgentPage(
            database,
            clock,
            handing,
            obfuscation,
            tokens,
            brokerage,
            portfolios.service,
            portfolios.changes,
            clear_files,
        ),
        duty=AgentDuty(database, clock, polling, publisher),
        portfolios=portfolios,
    )
