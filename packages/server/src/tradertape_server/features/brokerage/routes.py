"""Routes of accounts at brokers, and those that tell of Kite under the addresses of accounts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse

from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http.dependencies import SessionUser
from tradertape_server.features.brokerage import schemas
from tradertape_server.features.brokerage.postbacks import Postbacks
from tradertape_server.features.brokerage.service import BrokerageService
from tradertape_server.platform.errors import BadRequest, NotFound, Unauthenticated
from tradertape_server.platform.http.concurrency import OwnThreads
from tradertape_server.platform.http.identity import identity_of
from tradertape_server.platform.http.rate_limits import Strangers
from tradertape_server.platform.http.routing import part

KITE = "kite"

router = APIRouter(tags=["brokers"])
_threads = OwnThreads("postbacks", 4)

Brokerage = Annotated[BrokerageService, Depends(part("brokerage"))]
Posts = Annotated[Postbacks, Depends(part("postbacks"))]
Name = Annotated[str, Path(pattern=r"^[a-z]{2,20}$", description="`kite`, `upstox` or `groww`.")]


@router.get("/api/brokers")
def list_brokers(user: SessionUser, brokerage: Brokerage) -> list[schemas.BrokerOut]:
    """Every broker: what it can do, how to sign in, your credentials and your session."""
    return brokerage.brokers(user.id)


@router.get("/api/brokers/preferences")
def read_preferences(user: SessionUser, brokerage: Brokerage) -> schemas.PreferencesOut:
    """Which mails about your sessions at brokers you get."""
    return brokerage.preferences(user.id)


@router.put("/api/brokers/preferences")
def save_preferences(
    body: schemas.Preferences, user: SessionUser, brokerage: Brokerage
) -> schemas.PreferencesOut:
    """Choose the mails: at 08:45 of trading days, and when a session ends in trading hours."""
    return brokerage.save_preferences(user.id, body)


@router.get("/api/brokers/{broker}")
def show_broker(broker: Name, user: SessionUser, brokerage: Brokerage) -> schemas.BrokerOut:
    """One broker, with your credentials and your session."""
    return brokerage.broker(user.id, broker)


@router.put("/api/brokers/{broker}/credentials")
def save_credentials(
    broker: Name,
    body: schemas.SaveCredentials,
    user: SessionUser,
    brokerage: Brokerage,
    origin: Origin,
) -> schemas.BrokerOut:
    """Store the API key of your app and, for a login in one step, its secret, encrypted."""
    return brokerage.save_credentials(user, broker, body, origin)


@router.delete("/api/brokers/{broker}/credentials", status_code=204)
def delete_credentials(
    broker: Name, user: SessionUser, brokerage: Brokerage, origin: Origin
) -> None:
    """Delete your credentials for a broker and end your session there."""
    brokerage.delete_credentials(user, broker, origin)


@router.post("/api/brokers/{broker}/login")
def begin_login(broker: Name, user: SessionUser, brokerage: Brokerage) -> schemas.LoginOut:
    """Begin a login: open `login_url`; the broker's page comes back with a code and `state`."""
    return brokerage.begin_login(user, broker)


@router.get("/api/brokers/{broker}/login", response_class=RedirectResponse, status_code=307)
def go_to_login(broker: Name, request: Request, brokerage: Brokerage) -> RedirectResponse:
    """Begin a login and go to the broker's page: the link in mails and messages.

    Where nobody is signed in, or the broker has no page, it goes to the console's page of brokers.
    """
    user = identity_of(request)
    settings = brokerage.links.settings(brokerage.found(broker).name)
    if user is None or user.via != "session" or not brokerage.credentials(user.id, broker):
        return RedirectResponse(settings, 307)
    return RedirectResponse(brokerage.begin_login(user, broker).login_url or settings, 307)


@router.post("/api/brokers/{broker}/session")
def open_session(
    broker: Name,
    body: schemas.OpenSession,
    user: SessionUser,
    brokerage: Brokerage,
    origin: Origin,
) -> schemas.BrokerOut:
    """Finish a login with the callback's `code` and `state`, and a proof.

    The proof is the checksum that your browser made of the API secret, the secret itself (used once
    and not stored), or a one-time code, as the broker takes it. Without one, the stored is used.
    """
    return brokerage.open_session(user, broker, body, origin)


@router.delete("/api/brokers/{broker}/session", status_code=204)
def end_session(broker: Name, user: SessionUser, brokerage: Brokerage, origin: Origin) -> None:
    """Sign out of a broker."""
    brokerage.end_session(user, broker, origin)


@router.post("/api/brokers/{broker}/address-check")
def check_address(broker: Name, user: SessionUser, brokerage: Brokerage) -> schemas.BrokerOut:
    """Ask the broker again whether it takes orders from this server's address; 409 without a login.

    It is asked to cancel an order that does not exist.
    """
    return brokerage.check_address(user.id, broker)


@router.post(
    "/api/brokers/{broker}/postback",
    openapi_extra={
        "requestBody": {
            "required": True, "content": {"application/json": {"schema": {"type": "object"}}}
        }
    },
)  # fmt: skip
async def take_postback(
    broker: Name,
    request: Request,
    background: BackgroundTasks,
    posts: Posts,
    strangers: Annotated[Strangers, Depends(part("strangers"))],
) -> schemas.PostbackTaken:
    """For brokers alone: an update of an order, with the checksum that the broker documents.

    A wrong checksum changes nothing. An update that cannot be checked, because the API secret is
    not stored here, only makes the order book be read. Proven updates are not limited in number.
    """
    body = await request.body()
    try:
        # Of threads of their own: a flood of posts keeps no other request from having one.
        taken = await _threads.run(posts.receive, broker, body)
    except (BadRequest, NotFound, Unauthenticated):
        await strangers.demand(request.scope)
        raise
    if not taken.is_proven:
        await strangers.demand(request.scope)
    background.add_task(taken.rest)
    return schemas.PostbackTaken(status="ok")


@router.get("/api/auth/status")
def broker_status(
    user: SessionUser,
    brokerage: Brokerage,
    broker: Annotated[str | None, Query(pattern=r"^[a-z]{2,20}$")] = None,
) -> schemas.BrokerStatus:
    """The session at a broker, which is independent of the session of the console.

    Without `broker`: of the first that is connected, else of the first that is set up.
    """
    return brokerage.status(user.id, broker)


@router.get("/api/auth/kite-credentials")
def kite_credentials(user: SessionUser, brokerage: Brokerage) -> schemas.KiteCredentials:
    """The stored Kite credentials; the secret is never returned."""
    found = brokerage.broker(user.id, KITE).credentials
    return schemas.KiteCredentials.model_validate(found)


@router.post("/api/auth/kite-credentials")
def save_kite_credentials(
    body: schemas.SaveKiteCredentials, user: SessionUser, brokerage: Brokerage, origin: Origin
) -> schemas.KiteCredentials:
    """Store Kite's API key, and for one-click login the secret, encrypted."""
    given = schemas.SaveCredentials(**body.model_dump())
    saved = brokerage.save_credentials(user, KITE, given, origin)
    return schemas.KiteCredentials.model_validate(saved.credentials)


@router.delete("/api/auth/kite-credentials", status_code=204)
def delete_kite_credentials(user: SessionUser, brokerage: Brokerage, origin: Origin) -> None:
    """Delete Kite's API key and secret, and end the session there."""
    brokerage.delete_credentials(user, KITE, origin)
