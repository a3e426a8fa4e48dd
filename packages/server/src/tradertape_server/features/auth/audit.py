"""The audit log: who did what to an account, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from tradertape_server.features.auth.models import AuditEntry
from tradertape_server.platform.http.requests import caller_network, client_ip


@dataclass(frozen=True, slots=True)
class RequestOrigin:
    """Where a request comes from, whether its caller is signed in or not."""

    ip: str
    user_agent: str
    request_id: str

    @property
    def network(self) -> str:
        """The network that counts as one caller for rate limits."""
        return caller_network(self.ip)


COMMAND_LINE = RequestOrigin(ip="local", user_agent="tradertape", request_id="command-line")


async def _origin(request: Request) -> RequestOrigin:
    return RequestOrigin(
        ip=client_ip(request.scope)[:45],
        user_agent=request.headers.get("user-agent", "")[:300],
        request_id=request.scope["state"]["request_id"],
    )


Origin = Annotated[RequestOrigin, Depends(_origin)]


def record(
    session: Session,
    action: str,
    *,
    user_id: int | None,
    actor: str,
    origin: RequestOrigin,
    now: datetime,
    **details: Any,
) -> None:
    """Add an entry. `details` are for people to read and must not contain a secret."""
    session.add(
        AuditEntry(
            at=now,
            user_id=user_id,
            actor=actor,
            action=action,
            ip=origin.ip,
            request_id=origin.request_id,
            details=details,
        )
    )
