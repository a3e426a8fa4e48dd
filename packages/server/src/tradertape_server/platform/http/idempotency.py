"""Idempotency keys: a repeated write gets the stored first response and is not carried out twice.

A signed-in caller may send `Idempotency-Key` with any write. The key is reserved before the route
runs; the response of a success is stored, encrypted, for a day. A failure frees the key: its
transaction was rolled back, so retrying is safe.

A key belongs to the credential that used it and to what that credential may do: a stored response
may hold a secret, or what only an administrator may see. A caller for whom anything of this has
changed is another one, whose request goes through the route's own authorization.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, LargeBinary, String, UniqueConstraint, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradertape_core.kernel.clock import Clock
from tradertape_server.platform.database.engine import Base, Database
from tradertape_server.platform.errors import ApiError, BadRequest, Conflict, response_for
from tradertape_server.platform.http.bodies import replay
from tradertape_server.platform.http.concurrency import OwnThreads
from tradertape_server.platform.http.identity import STATE_KEY, Identity
from tradertape_server.platform.key_rotation import SealedColumn
from tradertape_server.platform.secrets import SecretBox

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
KEPT_FOR = timedelta(hours=24)
# A reservation without a response after so long belongs to a server that died.
ABANDONED_AFTER = timedelta(minutes=10)
MAX_RESPONSE_BYTES = 16 * 1024 * 1024
# Those that wait for the database's lock here take no thread from the routes.
_threads = OwnThreads("idempotency", 4)


class IdempotencyRecord(Base):
    """A caller's key for one request, and the response to it, encrypted."""

    __tablename__ = "idempotency_records"
    __table_args__ = (UniqueConstraint("caller", "key", "route"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    caller: Mapped[str] = mapped_column(String(64))  # see `caller_hash`
    key: Mapped[str] = mapped_column(String(200))
    route: Mapped[str] = mapped_column(String(300))
    body_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    content_type: Mapped[str | None] = mapped_column(String(100))
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)


SEALED_COLUMNS = (SealedColumn(IdempotencyRecord, "answer"),)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A key, its owner, and the request it stands for."""

    caller: str
    key: str
    route: str
    body_hash: str


class IdempotencyStore:
    """Stores keys and responses."""

    def __init__(self, database: Database, clock: Clock, secrets: SecretBox) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets

    def reserve(self, wanted: Reservation) -> Response | None:
        """Reserve the key; returns the stored response if the request was already completed.

        Raises Conflict when the key was used with another body, or its request is still running.
        """
        try:
            with self._database.write(from_reserve=True) as session:
                return self._reserve(session, wanted)
        except IntegrityError:  # another request reserved it between the check and the insert
            raise _in_progress() from None

    def _reserve(self, session: Session, wanted: Reservation) -> Response | None:
        now = self._clock.now()
        table = IdempotencyRecord
        session.execute(delete(table).where(table.created_at < now - KEPT_FOR))
        row = session.scalar(select(table).where(*_same(wanted)))
        if row is None:
            session.add(
                table(
                    caller=wanted.caller,
                    key=wanted.key,
                    route=wanted.route,
                    body_hash=wanted.body_hash,
                    created_at=now,
                )
            )
            return None
        if row.body_hash != wanted.body_hash:
            raise Conflict(
                "This Idempotency-Key was used with another body.", code="idempotency_key_reused"
            )
        if row.status is not None:
            return self._stored(row)
        if now - row.created_at < ABANDONED_AFTER:
            raise _in_progress()
        row.created_at = now
        return None

    def _stored(self, row: IdempotencyRecord) -> Response:
        opened = self._secrets.unseal(row.answer or b"")
        if opened is None:
            raise Conflict(
                "The stored response can no longer be decrypted.", code="idempotency_key_lost"
            )
        return Response(
            zlib.decompress(opened),
            status_code=row.status or 200,
            headers={"Content-Type": row.content_type or "", REPLAYED_HEADER: "true"},
        )

    def store(self, done: Reservation, *, status: int, content_type: str, body: bytes) -> None:
        """Store the response of a request that succeeded."""
        sealed = self._secrets.seal(zlib.compress(body, level=1))
        with self._database.write(from_reserve=True) as session:
            session.execute(
                update(IdempotencyRecord)
                .where(*_same(done))
                .values(status=status, content_type=content_type[:100], answer=sealed)
            )

    def free(self, failed: Reservation) -> None:
        """Free the key of a request that failed."""
        with self._database.write(from_reserve=True) as session:
            session.execute(delete(IdempotencyRecord).where(*_same(failed)))


def _same(wanted: Reservation) -> tuple[ColumnElement[bool], ...]:
    table = IdempotencyRecord
    return (
        table.caller == wanted.caller,
        table.key == wanted.key,
        table.route == wanted.route,
    )


def _in_progress() -> Conflict:
    return Conflict(
        "The first request with this Idempotency-Key is still running.",
        code="idempotency_in_progress",
    )


class Idempotency:
    """Middleware for writes with an idempotency key.

    keeps_its_own: whether a request's route keeps its keys itself, with what they did.
    """

    def __init__(
        self, app: ASGIApp, *, store: IdempotencyStore, keeps_its_own: Callable[[Scope], bool]
    ) -> None:
        self._app = app
        self._store = store
        self._keeps_its_own = keeps_its_own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request once for its key."""
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" else None
        identity: Identity | None = scope.get("state", {}).get(STATE_KEY)
        is_kept_here = scope.get("method") in METHODS and not self._keeps_its_own(scope)
        if key is None or identity is None or not is_kept_here:
            await self._app(scope, receive, send)
            return
        body = await _whole(receive)
        try:
            wanted = reservation(scope, identity, key, body)
            stored = await _threads.run(self._store.reserve, wanted)
        except ApiError as error:
            await response_for(error)(scope, receive, send)
            return
        if stored is not None:
            await stored(scope, receive, send)
            return
        await self._serve(wanted, scope, replay(body, receive), send)

    async def _serve(self, wanted: Reservation, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        try:
            await self._app(scope, receive, collect)
        except BaseException:
            await _threads.run(self._store.free, wanted)
            raise
        await _threads.run(self._settle, wanted, messages)
        for message in messages:
            await send(message)

    def _settle(self, wanted: Reservation, messages: list[Message]) -> None:
        status = messages[0]["status"]
        body = b"".join(message.get("body", b"") for message in messages[1:])
        if not 200 <= status < 300 or len(body) > MAX_RESPONSE_BYTES:
            self._store.free(wanted)
            return
        content_type = Headers(raw=messages[0].get("headers", [])).get("content-type", "")
        self._store.store(wanted, status=status, content_type=content_type, body=body)


async def _whole(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def reservation(scope: Scope, identity: Identity, key: str, body: bytes) -> Reservation:
    """Build the reservation of a key: for this caller, URL and body. Raises BadRequest."""
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise BadRequest(f"{HEADER} must be 1 to 200 printable characters.")
    query = scope.get("query_string", b"").decode("latin-1")
    route = scope["path"] + (f"?{query}" if query else "")
    if scope["method"] != "POST":
        route = f"{scope['method']} {route}"
    if len(route) > 300:
        raise BadRequest(f"The URL is too long to be used with {HEADER}.")
    return Reservation(caller_hash(identity), key, route, hashlib.sha256(body).hexdigest())


def caller_hash(identity: Identity) -> str:
    """Hash of a credential and of everything that routes decide by about what it may do."""
    facts = (
        identity.id,
        identity.is_admin,
        identity.via,
        identity.credential_id,
        identity.secret_hash,
        sorted(identity.scopes),
        sorted(identity.account_scopes),
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()
