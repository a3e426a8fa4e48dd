"""Everything of workers, joined."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.workers.console.pages import PageService
from tradertape_server.features.workers.guardian import Guardian
from tradertape_server.features.workers.monitoring.pnl import PnlService
from tradertape_server.features.workers.monitoring.pnl_points import PnlRecorder
from tradertape_server.features.workers.monitoring.timeline import TimelineService
from tradertape_server.features.workers.protecting import ProtectionService
from tradertape_server.features.workers.protections import ByToken, Instruments
from tradertape_server.features.workers.runs.liveness import Presence
from tradertape_server.features.workers.runs.service import RunService
from tradertape_server.features.workers.runs.sessions import SessionService
from tradertape_server.features.workers.trading.account_funds import AccountService
from tradertape_server.features.workers.trading.account_gtts import GttService
from tradertape_server.features.workers.trading.exit_runs import LeavingService
from tradertape_server.features.workers.trading.kill_switch import KillSwitch
from tradertape_server.features.workers.trading.order_views import OrderService
from tradertape_server.features.workers.trading.place_orders import IntentService
from tradertape_server.features.workers.trading.safety_check import SafetyService, SafetyTokens
from tradertape_server.features.workers.watching import Prices
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.platform.streaming.bus import Bus


@dataclass(frozen=True, slots=True)
class Workers:
    """The services the worker routes call, and the guardian beside them."""

    runs: RunService
    sessions: SessionService
    safety: SafetyService
    intents: IntentService
    orders: OrderService
    leaving: LeavingService
    protections: ProtectionService
    pnl: PnlService
    accounts: AccountService
    timeline: TimelineService
    gtts: GttService
    kill_switch: KillSwitch
    guardian: Guardian
    pages: PageService
    recorder: PnlRecorder

    @classmethod
    def build(
        cls,
        database: Database,
        clock: Clock,
        secrets: SecretBox,
        execution: ExecutionService,
        bus: Bus,
        prices: Prices,
        *,
        by_token: ByToken,
        compat: bool = False,
    ) -> Workers:
        """Join the parts. compat: bodies as the published client's strict models want them."""
        tokens, presence = SafetyTokens(secrets, clock), Presence(clock)
        leaving = LeavingService(execution)
        pnl = PnlService(execution, clock, compat=compat)
        safety = SafetyService(execution, tokens, presence)
        uow = Instruments(execution.market, by_token)
        return cls(
            runs=RunService(database, clock, execution, uow, presence),
            sessions=SessionService(execution, presence),
            safety=safety,
            intents=IntentService(execution, tokens),
            orders=OrderService(execution),
            leaving=leaving,
            protections=ProtectionService(execution, uow),
            pnl=pnl,
            accounts=AccountService(execution, pnl),
            timeline=TimelineService(execution, bus, database),
            gtts=GttService(execution),
            kill_switch=KillSwitch(database, execution, bus),
            guardian=Guardian(database, clock, execution, leaving, prices, presence),
            pages=PageService(database, execution, safety, presence),
            recorder=PnlRecorder(database, clock, execution),
        )
