"""Routes of the agent's interface: docs/agent-api.md."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Response

from tradertape_server.features.agents import schemas
from tradertape_server.features.agents.build import Agents
from tradertape_server.features.agents.status import latest_version
from tradertape_server.features.auth.http.dependencies import agent_caller
from tradertape_server.features.portfolios import views
from tradertape_server.features.portfolios.schemas import ApproveIn, ReasonIn, SignalOut
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import DbSession, RowId, TransactionRoute, in_ist, part

router = APIRouter(prefix="/api/agent", tags=["agent"], route_class=TransactionRoute)

Parts = Annotated[Agents, Depends(part("agents"))]
DEFAULT_INSTANCE = "default"
Instance = Annotated[
    str,
    Header(
        alias="X-Agent-Instance", pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="The installation; the same over restarts.",
    ),
]  # fmt: skip


Form = Annotated[Literal["1", "2"], Query(description="2: with withdrawn and cancellations.")]
Environment = Annotated[
    Literal["live", "sandbox"],
    Header(alias="X-Agent-Environment", description="Whether the agent's broker is a sandbox."),
]
Reader = Annotated[Identity, Depends(agent_caller("signals:read"))]
Reporter = Annotated[Identity, Depends(agent_caller("results:write"))]
Syncer = Annotated[Identity, Depends(agent_caller("sync:write"))]


@router.get("/pending-signals")
def pending_signals(
    caller: Reader,
    agents: Parts,
    response: Response,
    instance: Instance = DEFAULT_INSTANCE,
    environment: Environment = "live",
    v: Annotated[
        Literal["1", "2"], Query(description="2: with withdrawn and cancellations.")
    ] = "1",
) -> list[schemas.Item] | schemas.PendingSignals:
    """What this agent is to execute, each item leased to it for 90 seconds."""
    found = agents.polling.pending(caller.id, instance, is_sandbox=environment == "sandbox")
    response.headers["X-Server-Time"] = in_ist(found.server_time)
    response.headers["X-Poll-After"] = str(found.poll_after_s)
    response.headers["X-Kill-Switch"] = "on" if found.kill_switch else "off"
    if found.held:
        response.headers["X-Held"] = "simulated_prices"
    response.headers["Cache-Control"] = "no-store"
    return found if v == "2" else found.items


@router.post("/signal-result")
def signal_result(
    caller: Reporter,
    agents: Parts,
    body: schemas.SignalResult,
    instance: Instance = DEFAULT_INSTANCE,
) -> schemas.SignalResultOut:
    """Report what became of an order; repeating a report is harmless."""
    agents.instances.heard(caller.id, instance)
    return agents.results.record(caller.id, body)


@router.post("/stop-filled")
def stop_filled(
    caller: Reporter,
    agents: Parts,
    body: schemas.StopFilled,
    instance: Instance = DEFAULT_INSTANCE,
) -> schemas.StopFilledOut:
    """Tell that a stop of the agent's own has sold: an exit of the units is handed to it."""
    agents.instances.heard(caller.id, instance)
    return agents.stop_sales.record(caller.id, instance, body)


@router.post("/signals/{signal_id}/approve")
def approve(
    session: DbSession,
    caller: Reporter,
    agents: Parts,
    signal_id: RowId,
    body: ApproveIn | None = None,
    instance: Instance = DEFAULT_INSTANCE,
) -> SignalOut:
    """Approve a signal that waits for it; the next poll hands it out."""
    wanted = body or ApproveIn()
    row = agents.portfolios.signals.act(
        session, caller.id, signal_id, "approve", by=f"{caller.email} (agent {instance})",
        note=wanted.note, quantity=wanted.quantity,
    )  # fmt: skip
    return views.signal(row)


@router.post("/signals/{signal_id}/reject")
def reject(
    session: DbSession,
    caller: Reporter,
    agents: Parts,
    signal_id: RowId,
    body: ReasonIn | None = None,
    instance: Instance = DEFAULT_INSTANCE,
) -> SignalOut:
    """Reject a signal that waits for approval."""
    row = agents.portfolios.signals.act(
        session, caller.id, signal_id, "reject", by=f"{caller.email} (agent {instance})",
        note=(body or ReasonIn()).reason,
    )  # fmt: skip
    return views.signal(row)


@router.get("/expected-holdings")
def expected_holdings(caller: Reader, agents: Parts) -> list[schemas.ExpectedHolding]:
    """What open positions of the portfolios that the agent executes amount to; those in scaled
    units apart from the others."""
    default = agents.obfuscation.is_on(caller.id)
    held = agents.portfolios.handing.holdings(caller.id)
    runs = agents.polling.leases.scaled_runs(caller.id, {one.run_id for one in held})
    found: dict[tuple[str, bool], schemas.ExpectedHolding] = {}
    for one in held:
        scaled = runs.get(one.run_id, default)
        whole = found.setdefault(
            (one.symbol, scaled),
            schemas.ExpectedHolding(
                symbol=one.symbol, exchange="NSE", isin=one.isin, quantity=0, by_portfolio=[],
                scaled=scaled,
            ),
        )  # fmt: skip
        whole.quantity += one.quantity
        part_ = schemas.ExpectedPart(portfolio_id=one.portfolio_id, quantity=one.quantity)
        whole.by_portfolio.append(part_)
    return list(found.values())


@router.post("/sync-holdings")
def sync_holdings(
    caller: Syncer, agents: Parts, body: schemas.SyncHoldings, instance: Instance = DEFAULT_INSTANCE
) -> schemas.SyncOut:
    """Push holdings and margins of a broker; the last of a day counts."""
    agents.instances.heard(caller.id, instance)
    return agents.syncing.holdings(caller.id, instance, body)


@router.post("/sync-positions")
def sync_positions(
    caller: Syncer,
    agents: Parts,
    body: schemas.SyncPositions,
    instance: Instance = DEFAULT_INSTANCE,
) -> schemas.SyncOut:
    """Push positions at a broker; the last of a day counts."""
    agents.instances.heard(caller.id, instance)
    return agents.syncing.positions(caller.id, instance, body)


@router.post("/heartbeat")
def heartbeat(
    caller: Syncer, agents: Parts, body: schemas.Heartbeat, instance: Instance = DEFAULT_INSTANCE
) -> schemas.HeartbeatOut:
    """Say that the agent runs, and what it has."""
    return agents.status.heartbeat(caller.id, instance, body)


@router.get("/config")
def config(caller: Reader, agents: Parts) -> schemas.ConfigOut:
    """The account as an agent has to know it."""
    return agents.status.config(caller.id)


@router.get("/latest-version")
def latest() -> schemas.LatestVersion:
    """The latest agent, and the oldest that may execute by itself."""
    return latest_version()


@router.get(
    "/pending-token",
    response_model=schemas.PendingToken,
    responses={204: {"description": "None waits."}},
)
def pending_token(caller: Reader, agents: Parts) -> Response | schemas.PendingToken:
    """A broker's request token that waits for the agent; it is delivered once."""
    found = agents.tokens.take(caller.id)
    return Response(status_code=204) if found is None else found


@router.post("/access-token")
def access_token(
    caller: Syncer, agents: Parts, body: schemas.AccessToken
) -> schemas.AccessTokenOut:
    """Push a freshly exchanged access token; it is stored encrypted and never returned."""
    return agents.tokens.store(caller.id, body)
