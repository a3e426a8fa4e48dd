"""What every feature's routes share: request bodies, paging, and the request's transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol, cast

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST
from tradertape_server.platform.database.engine import Database

# The largest number a row's id can be, on both databases.
MAX_ID = 2**31 - 1

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_PAGE = 500


def in_ist(value: datetime) -> str:
    """A time as the API writes it: ISO 8601 in Indian time, +05:30."""
    return value.astimezone(IST).isoformat()


# The type of an id or a version that a caller names.
RowId = Annotated[int, Field(le=MAX_ID)]

# The type of every time in an answer.
IstTime = Annotated[datetime, PlainSerializer(in_ist, return_type=str, when_used="json")]


class Body(BaseModel):
    """The base of every request body: unknown fields, NaN and Infinity are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def part(name: str) -> Callable[[Request], Awaitable[Any]]:
    """A dependency that hands a route one part of the container: `Depends(part("market"))`.

    A coroutine, as everything that does not wait: a plain function would cost a thread.
    """

    async def take(request: Request) -> Any:
        return getattr(request.app.state.container, name)

    return take


class Reply(BaseModel):
    """The base of every answer: read from a row's attributes."""

    model_config = ConfigDict(from_attributes=True)


class HasDatabase(Protocol):
    """The part of the container this floor may know."""

    @property
    def database(self) -> Database: ...


def request_session(request: Request) -> Iterator[Session]:
    """The request's transaction: opened at its first statement, committed before the answer."""
    container = cast("HasDatabase", request.app.state.container)
    with container.database.request(writes=request.method not in SAFE_METHODS) as session:
        yield session


# scope="function": the exit runs before the answer is sent, so that a 200 means committed.
DbSession = Annotated[Session, Depends(request_session, scope="function")]


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list was asked for; tells the whole list's length in the answer's headers."""

    request: Request
    response: Response
    limit: int
    offset: int

    def total(self, total: int) -> None:
        """Set X-Total-Count and, where there is more, Link rel=next."""
        self.response.headers["X-Total-Count"] = str(total)
        following = self.offset + self.limit
        if following < total:
            url = self.request.url.include_query_params(limit=self.limit, offset=following)
            path = url.path + (f"?{url.query}" if url.query else "")
            self.response.headers["Link"] = f'<{path}>; rel="next"'


async def _paging(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Paging:
    return Paging(request, response, limit, offset)


Page = Annotated[Paging, Depends(_paging)]
