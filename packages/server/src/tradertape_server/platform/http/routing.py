"""What the routes of all features share: base models, paging, and the request's transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from inspect import iscoroutinefunction, signature
from typing import Annotated, Any, Protocol, cast

from fastapi import Depends, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST
from tradertape_server.platform.database.engine import Database, in_transaction

# The largest row id on both databases.
MAX_ID = 2**31 - 1
# The largest number of an event.
MAX_CURSOR = 2**63 - 1

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_PAGE = 500


def in_ist(value: datetime) -> str:
    """Format a time as the API does: ISO 8601 in Indian time, +05:30."""
    return value.astimezone(IST).isoformat()


# The type of a row id or version in a request: no other number can be that of a row.
RowId = Annotated[int, Field(ge=1, le=MAX_ID)]

# The type of every time in a response.
IstTime = Annotated[
    datetime,
    PlainSerializer(
        in_ist,
        return_type=Annotated[str, Field(json_schema_extra={"format": "date-time"})],
        when_used="json",
    ),
]


def either(*ways: tuple[str, ...]) -> dict[str, Any]:
    """The schema of a body that is given in exactly one of these ways, each by its fields.

    For `json_schema_extra`: a validator checks it, and this lets the API's description say so.
    """
    given = {"not": {"type": "null"}}
    return {
        "oneOf": [{"required": [*way], "properties": dict.fromkeys(way, given)} for way in ways]
    }


class Body(BaseModel):
    """The base of every request body; unknown fields, NaN and Infinity are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def part(name: str) -> Callable[[Request], Awaitable[Any]]:
    """Make a dependency that returns one part of the container: `Depends(part("market"))`.

    It is a coroutine, as FastAPI would run a plain function on another thread.
    """

    async def take(request: Request) -> Any:
        return getattr(request.app.state.container, name)

    return take


class Reply(BaseModel):
    """The base of every response body; can be read from a row's attributes."""

    model_config = ConfigDict(from_attributes=True)


class HasDatabase(Protocol):
    """The part of the container that this layer needs."""

    @property
    def database(self) -> Database: ...


async def request_session(request: Request) -> Session:
    """The request's session, whose transaction a `TransactionRoute` begins and ends."""
    container = cast("HasDatabase", request.app.state.container)
    if not isinstance(request.scope.get("route"), TransactionRoute):
        raise TypeError(f"{request.url.path} has a DbSession and is no TransactionRoute")
    return container.database.session(writes=request.method not in SAFE_METHODS)


DbSession = Annotated[Session, Depends(request_session)]


class TransactionRoute(APIRoute):
    """The `route_class` of a router whose routes have a `DbSession`.

    The transaction is committed on the endpoint's thread, before the response is made.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, _in_transaction(endpoint), **options)


def _in_transaction(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    parameters = signature(endpoint, eval_str=True).parameters.values()
    name = next((one.name for one in parameters if one.annotation == DbSession), None)
    if name is None:
        return endpoint
    if iscoroutinefunction(endpoint):
        raise TypeError(f"{endpoint.__name__} would wait for the database on the event loop")

    @wraps(endpoint)
    def run(**given: Any) -> Any:
        with in_transaction(given[name]):
            return endpoint(**given)

    return run


@dataclass(frozen=True, slots=True)
class Paging:
    """The requested part of a list; sets the response headers with the list's total length."""

    request: Request
    response: Response
    limit: int
    offset: int

    def total(self, total: int) -> None:
        """Set X-Total-Count and, if there are more items, Link rel=next."""
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
