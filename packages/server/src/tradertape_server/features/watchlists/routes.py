"""Routes of watch lists."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.watchlists.schemas import (
    WatchedOut,
    WatchlistIn,
    WatchlistOut,
    WatchlistPatch,
)
from tradertape_server.features.watchlists.service import WatchlistService
from tradertape_server.platform.http.routing import DbSession, RowId, TransactionRoute, part

router = APIRouter(prefix="/api/watchlists", tags=["watch lists"], route_class=TransactionRoute)

Lists = Annotated[WatchlistService, Depends(part("watchlists"))]


@router.get("")
def list_watchlists(session: DbSession, user: CurrentUser, lists: Lists) -> list[WatchlistOut]:
    """Your watch lists, oldest first."""
    return [WatchlistOut.model_validate(one) for one in lists.all(session, user.id)]


@router.post("", status_code=201)
def create_watchlist(
    session: DbSession, user: CurrentUser, lists: Lists, body: WatchlistIn
) -> WatchlistOut:
    """Create a list of instruments, or of the members of a universe."""
    return WatchlistOut.model_validate(lists.create(session, user.id, body))


@router.get("/{watchlist_id}/instruments")
def list_watched(
    session: DbSession, user: CurrentUser, lists: Lists, watchlist_id: RowId
) -> list[WatchedOut]:
    """The instruments on a list, in its order, with names."""
    return lists.watched(lists.get(session, user.id, watchlist_id))


@router.patch("/{watchlist_id}")
def change_watchlist(
    session: DbSession, user: CurrentUser, lists: Lists, watchlist_id: RowId, body: WatchlistPatch
) -> WatchlistOut:
    """Rename or reorder a list, add to it, remove from it."""
    return WatchlistOut.model_validate(lists.change(session, user.id, watchlist_id, body))


@router.delete("/{watchlist_id}", status_code=204)
def delete_watchlist(
    session: DbSession, user: CurrentUser, lists: Lists, watchlist_id: RowId
) -> None:
    """Delete a list."""
    lists.delete(session, user.id, watchlist_id)
