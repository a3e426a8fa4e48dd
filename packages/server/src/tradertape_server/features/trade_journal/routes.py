"""Routes of the trade journal."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.trade_journal import pictures, schemas
from tradertape_server.features.trade_journal.choosing import Filters, Sort, State
from tradertape_server.features.trade_journal.ports import Money
from tradertape_server.features.trade_journal.service import TradeJournal
from tradertape_server.platform.errors import BadRequest
from tradertape_server.platform.http.concurrency import OwnThreads
from tradertape_server.platform.http.routing import DbSession, Page, RowId, TransactionRoute, part

router = APIRouter(prefix="/api/journal", tags=["journal"], route_class=TransactionRoute)

Journal = Annotated[TradeJournal, Depends(part("trade_journal"))]
Key = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="The key of a round trip.")]
Text = Annotated[str | None, Query(max_length=80)]
_threads = OwnThreads("screenshots", 2)
_PICTURE = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/png", "image/jpeg", "image/webp")
        },
    }
}


def _filters(
    money: Annotated[
        Money, Query(description="Trades with real money, uploads among them, or all others.")
    ] = "live",
    state: State = "all",
    symbol: Text = None,
    setup: Text = None,
    tag: Text = None,
    mistake: Text = None,
    side: Literal["long", "short"] | None = None,
    kind: Literal["intraday", "delivery", "derivative"] | None = None,
    since: Annotated[date | None, Query(description="Opened on this day or later.")] = None,
    until: Annotated[date | None, Query(description="Opened on this day or before.")] = None,
) -> Filters:
    if since and until and since > until:
        raise BadRequest("`since` is after `until`: swap them.")
    return Filters(money, state, symbol, setup, tag, mistake, side, kind, since, until)


Chosen = Annotated[Filters, Depends(_filters)]


@router.get("/status")
def read_journal_status(user: CurrentUser, journal: Journal) -> schemas.JournalStatusOut:
    """Whether there are trips to see, and how far your uploads are reckoned."""
    return journal.status(user.id)


@router.get("/trips")
def list_trips(
    session: DbSession,
    user: CurrentUser,
    journal: Journal,
    filters: Chosen,
    page: Page,
    sort: Sort = "opened_on",
    order: Literal["asc", "desc"] = "desc",
) -> list[schemas.TripOut]:
    """Your round trips, of the trades you uploaded and of those you made here, with what you wrote
    about them. A trade that is in both is shown once.

    While a large book is being reckoned for the first time: 503 with code `book_being_reckoned`.
    """
    total, found = journal.page(
        session, user.id, filters, sort, is_descending=order == "desc", limit=page.limit,
        offset=page.offset,
    )  # fmt: skip
    page.total(total)
    return found


@router.get("/trips/{trip_key}")
def read_trip(
    session: DbSession, user: CurrentUser, journal: Journal, trip_key: Key
) -> schemas.TripDetailOut:
    """One round trip with its screenshots."""
    return journal.trip(session, user.id, trip_key)


@router.put("/trips/{trip_key}")
def write_entry(
    session: DbSession, user: CurrentUser, journal: Journal, trip_key: Key, body: schemas.EntryIn
) -> schemas.EntryOut:
    """Write about a round trip. It stays with the trip when its file is imported again."""
    return journal.write(session, user.id, trip_key, body)


@router.post("/trips/{trip_key}/screenshots", status_code=201, openapi_extra=_PICTURE)
async def add_screenshot(
    request: Request, user: CurrentUser, journal: Journal, trip_key: Key
) -> schemas.ScreenshotOut:
    """Add a PNG, JPEG or WebP picture: the body is the file, at most 8 MB and 25 megapixels.

    It is encoded anew as WebP, without what the file says about place and camera.
    """
    return await _threads.run(journal.add_picture, user.id, trip_key, await request.body())


@router.get(
    "/screenshots/{screenshot_id}",
    response_class=Response,
    responses={200: {"content": {pictures.MEDIA_TYPE: {}}}},
)
def read_screenshot(
    session: DbSession, user: CurrentUser, journal: Journal, screenshot_id: RowId
) -> Response:
    """A screenshot of yours, as WebP."""
    return Response(
        journal.picture(session, user.id, screenshot_id),
        media_type=pictures.MEDIA_TYPE,
        headers={
            "Cache-Control": "private, max-age=86400, immutable",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.delete("/screenshots/{screenshot_id}", status_code=204)
def delete_screenshot(
    session: DbSession, user: CurrentUser, journal: Journal, screenshot_id: RowId
) -> None:
    """Delete a screenshot."""
    journal.delete_picture(session, user.id, screenshot_id)


@router.get("/lost")
def list_lost_entries(
    session: DbSession, user: CurrentUser, journal: Journal
) -> list[schemas.LostEntryOut]:
    """What you wrote about trades that are gone: an upload was undone, an older file changed where
    the trade begins, or a paper portfolio was reset. Import the file again and it is back."""
    return journal.lost(session, user.id)


@router.delete("/lost/{trip_key}", status_code=204)
def delete_lost_entry(
    session: DbSession, user: CurrentUser, journal: Journal, trip_key: Key
) -> None:
    """Delete what you wrote about a trade that is gone, with its screenshots."""
    journal.delete_lost(session, user.id, trip_key)


@router.get("/words")
def read_words(session: DbSession, user: CurrentUser, journal: Journal) -> schemas.WordsOut:
    """Setups, tags and mistakes to choose from."""
    return journal.words(session, user.id)


@router.get("/statistics")
def read_statistics(
    session: DbSession,
    user: CurrentUser,
    journal: Journal,
    filters: Chosen,
    by: schemas.Dimension = "setup",
) -> schemas.StatisticsOut:
    """Figures of your closed trips, in all and by group, each rate with its interval."""
    return journal.statistics(session, user.id, filters, by)


@router.get("/heatmap")
def read_heat_map(
    session: DbSession, user: CurrentUser, journal: Journal, filters: Chosen
) -> list[schemas.CellOut]:
    """Your closed trips by the weekday and hour of their first trade."""
    return journal.heat_map(session, user.id, filters)


@router.get("/calendar")
def read_calendar(
    session: DbSession,
    user: CurrentUser,
    journal: Journal,
    filters: Chosen,
    year: Annotated[int, Query(ge=1990, le=2200)],
) -> list[schemas.DayOut]:
    """What your trips earned on each day of a year, counted on the day they were closed."""
    return journal.calendar(session, user.id, filters, year)


@router.get("/discovery")
def read_discovery(
    session: DbSession, user: CurrentUser, journal: Journal, filters: Chosen
) -> schemas.DiscoveryOut:
    """What stands out of your closed trips by more than chance, corrected for all that was tried.

    Every setup, tag, symbol, weekday, hour, side and kind with 20 trades is compared with all
    other trades by ranks of their returns (Mann-Whitney), and the chances are corrected by
    Benjamini and Yekutieli: on average at most a tenth of what stands out is noise.
    """
    return journal.discovery(session, user.id, filters)


@router.get(
    "/export", response_class=Response, responses={200: {"content": {"text/csv": {}}}}
)  # fmt: skip
def export_trips(
    session: DbSession, user: CurrentUser, journal: Journal, filters: Chosen
) -> StreamingResponse:
    """The chosen trips with your notes as CSV, oldest first."""
    return StreamingResponse(
        journal.export(session, user.id, filters),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="journal.csv"'},
    )
