"""Routes of incoming webhooks: the addresses, and the one that takes alerts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.concurrency import run_in_threadpool

from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http.dependencies import SessionUser
from tradertape_server.features.hooks import schemas
from tradertape_server.features.hooks.service import HookService
from tradertape_server.platform.http.routing import DbSession, RowId, TransactionRoute, part

router = APIRouter(prefix="/api/hooks", tags=["incoming webhooks"], route_class=TransactionRoute)

Hooks = Annotated[HookService, Depends(part("hooks"))]
Token = Annotated[str, Path(min_length=20, max_length=100, description="Of the address.")]


@router.get("")
def list_hooks(session: DbSession, user: SessionUser, hooks: Hooks) -> list[schemas.HookOut]:
    """Your incoming webhooks, oldest first."""
    return [schemas.HookOut.model_validate(one) for one in hooks.all(session, user.id)]


@router.post("", status_code=201)
def add_hook(
    session: DbSession, user: SessionUser, hooks: Hooks, body: schemas.HookIn, origin: Origin
) -> schemas.NewHookOut:
    """Make an address for alerts; its URL and secret are shown here only."""
    return hooks.add(session, user, body, origin)


@router.patch("/{hook_id}")
def change_hook(
    session: DbSession, user: SessionUser, hooks: Hooks, hook_id: RowId, body: schemas.HookPatch
) -> schemas.HookOut:
    """Rename a webhook, switch it on or off, choose the portfolio of its signals."""
    return schemas.HookOut.model_validate(hooks.change(session, user.id, hook_id, body))


@router.delete("/{hook_id}", status_code=204)
def delete_hook(
    session: DbSession, user: SessionUser, hooks: Hooks, hook_id: RowId, origin: Origin
) -> None:
    """Delete a webhook; alerts sent there are refused from now on."""
    hooks.delete(session, user, hook_id, origin)


@router.get("/{hook_id}/calls")
def list_calls(
    session: DbSession, user: SessionUser, hooks: Hooks, hook_id: RowId
) -> list[schemas.CallOut]:
    """The last 100 alerts of a webhook, and what became of each."""
    return [schemas.CallOut.model_validate(one) for one in hooks.calls(session, user.id, hook_id)]


@router.post(
    "/in/{token}",
    openapi_extra={
        "requestBody": {
            "required": True, "content": {"application/json": {"schema": {"type": "object"}}}
        }
    },
)  # fmt: skip
async def receive_alert(token: Token, request: Request, hooks: Hooks) -> schemas.ReceivedOut:
    """For TradingView, Chartink and programs of yours: an alert, with the proof of its sender.

    The same alert a second time changes nothing. Each symbol has its own result.
    """
    body = await request.body()
    return await run_in_threadpool(hooks.receive, token, request.headers, body)
