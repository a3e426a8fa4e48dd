"""The console's pages of workers: cards, a single run, and its live values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from tradertape_core.ledger.pnl import Pnl, PnlLeg, pnl_of
from tradertape_core.ledger.position import Position
from tradertape_core.market.tick import Tick
from tradertape_core.risk.protection_snapshot import protection_snapshot
from tradertape_server.features.execution.account_environments import environment_of
from tradertape_server.features.execution.account_events import event_view
from tradertape_server.features.execution.broker_figures import BrokerFigures
from tradertape_server.features.execution.drift_watch import Drift
from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.orders.views import mode_of
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.console import schemas as out
from tradertape_server.features.workers.console.attention import attention, sentence_of
from tradertape_server.features.workers.console.next_actions import is_blind, nearest, steps
from tradertape_server.features.workers.errors import UnknownRun
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.monitoring import pnl_points
from tradertape_server.features.workers.runs.live_gate import NO_BROKERS, BrokerAccounts, is_live
from tradertape_server.features.workers.runs.liveness import Liveness
from tradertape_server.features.workers.runs.protection_columns import protection_of
from tradertape_server.features.workers.runs.run_limits import limits_in_force
from tradertape_server.features.workers.runs.summary_fields import shown_fields
from tradertape_server.features.workers.runs.transactions import ref
from tradertape_server.features.workers.runs.views import health_of
from tradertape_server.features.workers.trading.safety_check import SafetyService
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.identity import Identity

Json = dict[str, Any]
SPARK_FOR = timedelta(hours=6)
SPARK_POINTS = 40
LINE_POINTS = 800
# Runs that are added up: those of one mode, and the sandbox's apart from those with real money.
PLACES: tuple[tuple[out.Mode, out.Environment], ...] = (
    ("dry_run", "paper"), ("paper", "paper"), ("live", "sandbox"), ("live", "live"),
)  # fmt: skip


class PageService:
    """Reads only; every method is about the caller's own runs."""

    def __init__(
        self,
        database: Database,
        execution: ExecutionService,
        safety: SafetyService,
        liveness: Liveness,
        brokers: BrokerAccounts = NO_BROKERS,
    ) -> None:
        self._database = database
        self._brokers = brokers
        self._liveness = liveness
        self._execution = execution
        self._safety = safety

    def cards(self, caller: Identity, *, finished: bool, limit: int) -> list[out.RunCard]:
        """Cards of the person's runs, newest first: those that are not closed, or all."""
        return self.cards_of(self.runs(caller, finished=finished, limit=limit))

    def runs(self, caller: Identity, *, finished: bool, limit: int) -> Sequence[WorkerRun]:
        """The person's runs, as `cards` chooses them."""
        with self._database.read() as session:
            if finished:
                return repository.runs(session, caller.id, status=None, limit=limit, offset=0)
            return repository.runs_not_over(session, caller.id)[::-1][:limit]

    def cards_of(self, found: Sequence[WorkerRun]) -> list[out.RunCard]:
        """Cards of these runs, in the order given."""
        return [self._card(snapshot) for snapshot in self._snapshots(found)]

    def pulses(self, caller: Identity, _argument: str = "") -> list[Json]:
        """The live values of the runs that are not closed, for the channel `runs`."""
        with self._database.read() as session:
            found = repository.runs_not_over(session, caller.id)[::-1]
        return [_pulse(one).model_dump(mode="json") for one in self._snapshots(found)]

    def live(self, caller: Identity, run_id: str) -> Json | None:
        """The live values of a run, for the channel `run:<id>`; None where there is no such run."""
        try:
            run = self._run(caller, run_id)
        except UnknownRun:
            return None
        return _live(self._snapshot(run)).model_dump(mode="json")

    def page(self, caller: Identity, run_id: str) -> out.RunPage:
        """A single run. Raises UnknownRun."""
        run = self._run(caller, run_id)
        snapshot = self._snapshot(run)
        risk_at = self._execution.last_event_at(run.strategy_run_id, "risk.updated")
        reasons = self._reasons(run)
        state = snapshot.state
        return out.RunPage(
            card=self._card(snapshot),
            live=_live(snapshot),
            risk_schema=run.risk_schema,
            risk=_object(run.runtime_state.get("risk")),
            limits=limits_in_force(run),
            risk_changed_at=risk_at,
            allowed_actions=run.allowed_actions,
            metadata=run.details,
            heartbeat=run.heartbeat,
            last_heartbeat_at=run.last_heartbeat_at,
            protection=cast("Any", protection_snapshot(state)) if state.generation else None,
            can_trade=not reasons,
            blocking_reasons=reasons,
        )

    def _reasons(self, run: WorkerRun) -> list[str]:
        """Why the run may not trade; a page is shown while trading is paused, too."""
        try:
            return self._safety.reasons(run)
        except TradingPaused as error:
            return [f"{error} ({error.code})"]

    def line(self, caller: Identity, run_id: str, *, hours: int) -> list[out.PnlAt]:
        """A run's profit and loss over the last hours, oldest first. Raises UnknownRun."""
        run = self._run(caller, run_id)
        since = self._liveness.now - timedelta(hours=hours)
        with self._database.read() as session:
            found = pnl_points.points(session, run.id, since=since, most=LINE_POINTS)
            return [
                out.PnlAt(at=p.at, net=p.net_paise / 100, realised=p.realised_paise / 100)
                for p in found
            ]

    def timeline(
        self, caller: Identity, run_id: str, *, before: int | None, kind: str | None, limit: int
    ) -> list[out.TimelineEvent]:
        """A run's events, newest first. Raises UnknownRun."""
        run = self._run(caller, run_id)
        found = self._execution.latest_events(
            run.strategy_run_id, before=before, kind=kind, limit=limit
        )
        return [
            out.TimelineEvent.model_validate(event_view(event, run.account_scope))
            for event in found
        ]

    def exit_plan(self, caller: Identity, run_id: str) -> out.ExitPlanOut:
        """What an exit of a run would do now, with prices. Raises UnknownRun."""
        run = self._run(caller, run_id)
        plan = self._execution.exit_run(ref(run), dry_run=True).document
        orders = [self._exit_order(one) for one in plan["close"]]
        values = [order.value for order in orders]
        is_known = all(value is not None for value in values)
        return out.ExitPlanOut(
            cancel=plan["cancel"],
            close=orders,
            value=round(sum(value or 0 for value in values), 2) if is_known else None,
            execution_mode=cast("out.Mode", mode_of(run.venue)),
        )

    def overview(self, caller: Identity) -> out.OverviewOut:
        """Runs by execution mode, and those that need attention."""
        with self._database.read() as session:
            found = repository.runs_not_over(session, caller.id)[::-1]
        snapshots = self._snapshots(found)
        open_orders: Counter[str] = Counter()
        open_positions = 0
        moved: set[str] = set()
        for account in self._execution.accounts(caller.id):
            orders = self._execution.orders(account_id=account.id, open_only=True)
            held = self._execution.positions(account_id=account.id, open_only=True)
            open_orders.update(order.run_id or "" for order in orders)
            open_positions += len(held)
            if orders or held:
                moved.add(environment_of(account))
        return out.OverviewOut(
            modes=[
                _summary(place, [one for one in snapshots if _place(one) == place], open_orders)
                for place in PLACES
            ],
            attention=[
                out.Attention(
                    strategy_run_id=one.run.public_id,
                    name=one.run.strategy_name,
                    execution_mode=cast("out.Mode", mode_of(one.run.venue)),
                    reason=reason,
                    words=sentence_of(one.run, reason, self._liveness),
                )
                for one in snapshots
                for reason in one.attention
            ],
            open_orders=open_orders.total(),
            open_positions=open_positions,
            at_brokers="live" if "live" in moved else "sandbox" if "sandbox" in moved else "none",
        )

    # --- inside -------------------------------------------------------------------------------

    def _run(self, caller: Identity, run_id: str) -> WorkerRun:
        with self._database.read() as session:
            found = repository.run(session, caller.id, run_id)
        if found is None:
            raise UnknownRun
        return found

    def _snapshot(self, run: WorkerRun) -> _RunSnapshot:
        return self._snapshots([run])[0]

    def _snapshots(self, found: Sequence[WorkerRun]) -> list[_RunSnapshot]:
        """Runs with their positions, read together, at the prices of one moment."""
        names = [run.strategy_run_id for run in found if run.venue != "dry_run"]
        held = self._execution.positions_by_run(names)
        broken = self._execution.runs_with_broken_baskets(names)
        failed = self._execution.runs_set_aside(names)
        market, now = self._execution.market, self._execution.clock.now()
        resting = self._execution.resting_accounts()
        opened = {p.key.instrument for one in held.values() for p in one if p.is_open}
        ticks = {name: tick for name in opened if (tick := market.tick(name)) is not None}
        return [
            _RunSnapshot(
                run,
                held.get(run.strategy_run_id, []),
                {} if run.account_id in resting else ticks,
                now,
                self._liveness,
                is_broken=run.strategy_run_id in broken,
                has_failed=run.strategy_run_id in failed,
                at_broker=self._brokers.figures(run.account_id) if is_live(run) else None,
                drifts=self._brokers.drifts(run.account_id) if is_live(run) else (),
            )
            for run in found
        ]

    def _card(self, snapshot: _RunSnapshot) -> out.RunCard:
        run = snapshot.run
        since = (run.closed_at or self._liveness.now) - SPARK_FOR
        with self._database.read() as session:
            line = pnl_points.points(session, run.id, since=since, most=SPARK_POINTS)
        return out.RunCard(
            **dict(_pulse(snapshot)),
            template_id=run.template_id,
            name=run.strategy_name,
            account_scope=run.account_scope,
            execution_mode=cast("out.Mode", mode_of(run.venue)),
            environment=cast("out.Environment", run.environment),
            is_option_run=run.option_run is not None,
            token_id=run.key_id,
            created_at=run.created_at,
            updated_at=run.updated_at,
            closed_at=run.closed_at,
            spark=[point.net_paise / 100 for point in line],
        )

    def _exit_order(self, document: Json) -> out.ExitOrder:
        name = f"{document['exchange']}:{document['tradingsymbol']}"
        tick = self._execution.market.tick(name)
        price = None if tick is None else float(tick.last_price)
        quantity = int(document["quantity"])
        return out.ExitOrder(
            instrument=name,
            side=document["transaction_type"],
            quantity=quantity,
            product=document["product"],
            order_type=document["order_type"],
            price=price,
            value=None if price is None else round(price * quantity, 2),
        )


class _RunSnapshot:
    """A run with its positions at the prices of one moment. now: the market's time."""

    def __init__(
        self,
        run: WorkerRun,
        positions: Sequence[Position],
        ticks: Mapping[str, Tick],
        now: datetime,
        liveness: Liveness,
        *,
        is_broken: bool,
        has_failed: bool,
        at_broker: BrokerFigures | None,
        drifts: Sequence[Drift],
    ) -> None:
        self.run = run
        self.at_broker = at_broker
        self.liveness = liveness
        self.state = protection_of(run)
        self.pnl: Pnl = pnl_of(positions, ticks, now, is_dry_run=run.venue == "dry_run")
        self.steps = (
            []
            if run.status == "closed"
            else steps(
                self.state,
                positions,
                ticks,
                now,
                worker_age_s=liveness.worker_age_s(
                    run.strategy_run_id,
                    heartbeat_at=run.last_heartbeat_at,
                    claimed_at=run.session_claimed_at,
                    armed_at=self.state.armed_at,
                    now=now,
                ),
            )
        )
        traded = {(one.key.instrument, one.key.product): one.quantity for one in positions}
        self.drifts = [one for one in drifts if one.difference.is_of(traded)]
        blind = is_blind(self.state, positions, ticks, now)
        self.attention = attention(
            run, self.pnl, liveness, is_blind=blind, is_broken=is_broken, has_failed=has_failed,
            differs=bool(self.drifts),
        )  # fmt: skip


def _pulse(snapshot: _RunSnapshot) -> out.RunPulse:
    run, totals, liveness = snapshot.run, snapshot.pnl.totals, snapshot.liveness
    return out.RunPulse(
        strategy_run_id=run.public_id,
        status=run.status,
        status_reason=run.status_reason,
        health=out.RunHealth(
            heartbeat_age_sec=liveness.heartbeat_age_s(run),
            health_status=health_of(run, liveness),
            session_status=liveness.session(run),
            recovery_status=run.recovery_status,
        ),
        pnl=out.RunPnl(
            net=totals.net_paise / 100,
            gross=totals.gross_paise / 100,
            realised=totals.realised_paise / 100,
            unrealised=totals.unrealised_paise / 100,
            charges=totals.charges_paise / 100,
            is_stale=snapshot.pnl.is_stale,
        ),
        position_count=snapshot.pnl.position_count,
        protection_status=run.protection_status,
        next=nearest(snapshot.steps),
        attention=snapshot.attention,
        summary_fields=shown_fields(run, totals),
    )


def _live(snapshot: _RunSnapshot) -> out.RunLive:
    return out.RunLive(
        pulse=_pulse(snapshot),
        legs=[_leg(leg, snapshot.at_broker) for leg in snapshot.pnl.legs],
        steps=snapshot.steps,
        differences=[_difference(one) for one in snapshot.drifts],
    )


def _difference(drift: Drift) -> out.BrokerDifference:
    one = drift.difference
    return out.BrokerDifference(
        instrument=one.instrument, product=one.product.value, here=one.here,
        at_broker=one.at_broker, since=drift.since, words=drift.words,
    )  # fmt: skip


def _leg(leg: PnlLeg, at_broker: BrokerFigures | None) -> out.RunLeg:
    amounts, place = leg.amounts, (leg.instrument, leg.product)
    return out.RunLeg(
        instrument=leg.instrument,
        product=leg.product.value,
        quantity=leg.quantity,
        average_price=float(round(leg.average_price, 4)),
        last_price=None if leg.last_price is None else float(leg.last_price),
        value=leg.exposure_paise / 100,
        realised=amounts.realised_paise / 100,
        unrealised=amounts.unrealised_paise / 100,
        charges=amounts.charges_paise / 100,
        net=amounts.net_paise / 100,
        is_stale=leg.is_stale and leg.quantity != 0,
        broker_quantity=None if at_broker is None else at_broker.quantity(place),
    )


def _place(snapshot: _RunSnapshot) -> tuple[out.Mode, out.Environment]:
    mode = cast("out.Mode", mode_of(snapshot.run.venue))
    if mode != "live":
        return mode, "paper"
    return mode, "sandbox" if snapshot.run.environment == "sandbox" else "live"


def _summary(
    place: tuple[out.Mode, out.Environment],
    snapshots: Sequence[_RunSnapshot],
    open_orders: Mapping[str, int],
) -> out.ModeSummary:
    net = sum(one.pnl.totals.net_paise for one in snapshots)
    return out.ModeSummary(
        execution_mode=place[0],
        environment=place[1],
        runs=len(snapshots),
        positions=sum(one.pnl.position_count for one in snapshots),
        open_orders=sum(open_orders.get(one.run.strategy_run_id, 0) for one in snapshots),
        net=float(Decimal(net) / 100),
        is_stale=any(one.pnl.is_stale for one in snapshots),
    )


def _object(value: Any) -> Json:
    return dict(value) if isinstance(value, dict) else {}
