"""Routes of the sandbox that comes with the server."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends

from tradertape_server.features.auth.http.dependencies import SessionUser
from tradertape_server.features.brokerage.sandbox import Sandbox
from tradertape_server.features.brokerage.sandbox_process import SandboxFailed
from tradertape_server.platform.errors import Conflict, Unavailable
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import Body, IstTime, Reply, part

router = APIRouter(prefix="/api/brokers/sandbox", tags=["brokers"])

OneSandbox = Annotated[Sandbox, Depends(part("sandbox"))]
BrokerName = Literal["kite", "upstox", "groww"]


class SandboxOut(Reply):
    """The sandbox: one for everybody on this server, with an account for each person.

    available: whether you can have an account; reason: why not. built_in: whether this server
    starts it; the accounts are in its memory, and begin anew with it. since: when it began.
    account: yours, the same at every broker, once it is set up.
    """

    available: bool
    reason: str
    built_in: bool
    running: bool
    url: str | None
    since: IstTime | None
    account: str | None


class SetUpSandbox(Body):
    """At which broker's interface you want to try it."""

    broker: BrokerName = "kite"


class SandboxAccountOut(SandboxOut):
    """Your account, and the keys of its app at one broker.

    api_secret: opens a simulated account and nothing else. It stays the same.
    """

    broker: BrokerName
    api_key: str
    api_secret: str


@router.get("")
def read_sandbox(user: SessionUser, sandbox: OneSandbox) -> SandboxOut:
    """Whether there is a sandbox, and what you have there."""
    return SandboxOut(**_state(sandbox, user))


@router.post("")
def set_up_sandbox(user: SessionUser, sandbox: OneSandbox, body: SetUpSandbox) -> SandboxAccountOut:
    """Start the sandbox unless it runs, and set your account up unless you have one.

    Administrators start it, on a demonstration server everybody does; an account is for all.
    Takes a few seconds where it has to be started. 503 says why it could not be.
    """
    if reason := _reason(sandbox, user):
        raise Conflict(reason, code="sandbox_not_available")
    try:
        app = sandbox.set_up(user.id, body.broker)
    except SandboxFailed as error:
        raise Unavailable(str(error), code="sandbox_failed") from error
    state = {**_state(sandbox, user), "account": app.user_id}
    return SandboxAccountOut(
        **state, broker=body.broker, api_key=app.api_key, api_secret=app.secret
    )


def _state(sandbox: Sandbox, user: Identity) -> dict[str, Any]:
    state, reason = sandbox.state, _reason(sandbox, user)
    return {
        "available": not reason,
        "reason": reason,
        "built_in": state.is_built_in,
        "running": state.url is not None,
        "url": state.url,
        "since": state.since,
        "account": sandbox.account_of(user.id),
    }


def _reason(sandbox: Sandbox, user: Identity) -> str:
    """Why a person cannot have an account; empty where they can."""
    state = sandbox.state
    if state.problem or state.url is not None or user.is_admin or sandbox.is_for_everybody:
        return state.problem
    return (
        "The sandbox is not running. Ask an administrator of this server to start it under "
        "Settings → Brokers."
    )
