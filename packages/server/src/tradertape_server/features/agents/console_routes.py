"""Routes of the console's page about agents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from tradertape_server.features.agents import console_schemas as schemas
from tradertape_server.features.agents.build import Agents
from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http.dependencies import SessionUser
from tradertape_server.platform.http.routing import DbSession, RowId, TransactionRoute, part

router = APIRouter(prefix="/api/agents", tags=["agent"], route_class=TransactionRoute)

Parts = Annotated[Agents, Depends(part("agents"))]


@router.get("")
def show_agents(session: DbSession, user: SessionUser, agents: Parts) -> schemas.AgentsOut:
    """Your agents, what they have in hand, and what they last sent."""
    return agents.page.show(session, user.id)


@router.get("/snapshots/{snapshot_id}")
def show_snapshot(
    session: DbSession, user: SessionUser, agents: Parts, snapshot_id: RowId
) -> schemas.SnapshotDetailOut:
    """What an agent sent, as it sent it. Encrypted documents are decrypted by your browser."""
    return agents.page.snapshot(session, user.id, snapshot_id)


@router.put("/obfuscation", status_code=204)
def set_obfuscation(
    user: SessionUser, agents: Parts, body: schemas.ObfuscationIn, origin: Origin
) -> None:
    """Turn obfuscation on or off. Turning it on ends this server's sessions at brokers."""
    agents.page.set_obfuscation(user, origin, on=body.enabled)


@router.post("/pending-token", status_code=204)
def offer_token(
    session: DbSession, user: SessionUser, agents: Parts, body: schemas.OfferIn
) -> None:
    """Keep the token that a broker's login page returned for your agent, for 5 minutes."""
    token = body.request_token.get_secret_value()
    agents.tokens.offer(session, user.id, body.broker, token)


@router.post("/leases/{lease_id}/release", status_code=204)
def release_lease(user: SessionUser, agents: Parts, lease_id: RowId) -> None:
    """Say that an order was never sent, after its lease has ended: it can be tried again."""
    agents.results.release(user.id, lease_id)
