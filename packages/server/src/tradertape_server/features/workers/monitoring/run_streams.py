"""Streams of runs: profit and loss, and the timeline from a cursor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from tradertape_server.features.workers.errors import CursorBeyondEnd
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.monitoring.pnl import PnlService
from tradertape_server.features.workers.monitoring.timeline import (
    MOST_EVENTS,
    TimelineService,
    topic_of,
)
from tradertape_server.features.workers.runs.service import RunService
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.streaming.streams import (
    HEARTBEAT_S,
    PING,
    Heartbeat,
    ascii_json,
    sse,
    sse_error,
)

SHORTEST_S, LONGEST_S = 0.2, 60.0
# Events of another process are not on this one's bus: the table is polled as often as this.
POLL_EVERY_S = 5.0


async def pnl_messages(
    pnl: PnlService, runs: RunService, caller: Identity, run: WorkerRun, interval_s: float
) -> AsyncIterator[bytes | None]:
    """Yield the run's snapshot at once and every interval_s; end when the run is closed.

    Yields None when a heartbeat is due.
    """
    pause = min(max(interval_s, SHORTEST_S), LONGEST_S)
    while True:
        yield await run_in_threadpool(pnl.frame, run)
        if run.status == "closed":
            return
        left_s = pause
        while left_s > HEARTBEAT_S:
            await asyncio.sleep(HEARTBEAT_S)
            yield None
            left_s -= HEARTBEAT_S
        await asyncio.sleep(left_s)
        run = await run_in_threadpool(runs.get, caller, run.strategy_run_id)


async def pnl_events(
    pnl: PnlService, runs: RunService, caller: Identity, run: WorkerRun, interval_s: float
) -> AsyncIterator[bytes]:
    """The same as server-sent events."""
    async for line in pnl_messages(pnl, runs, caller, run, interval_s):
        yield PING if line is None else sse(line)
    yield sse(b"{}", event="end")


async def timeline_events(
    timeline: TimelineService, run: WorkerRun, *, after: int, kind: str | None
) -> AsyncIterator[bytes]:
    """Yield every event after the cursor, without a gap and each once; `id:` is the cursor.

    A cursor beyond the end gives an error event, then the events from the end on.

    The bus only signals that there are new events; they are read from the table, in order.
    """
    box = timeline.bus.open([topic_of(run.strategy_run_id)])
    try:
        yield PING  # so that the response begins although nothing has happened yet
        try:
            await run_in_threadpool(timeline.check_cursor, after)
        except CursorBeyondEnd as error:
            after = error.more["last_cursor"]
            yield sse_error(error.detail, code=error.code, last_cursor=after)
        beat = Heartbeat(HEARTBEAT_S)
        while True:
            page = await run_in_threadpool(
                timeline.events, run, after=after, limit=MOST_EVENTS, kind=kind
            )
            for event in page:
                after = event["cursor"]
                yield sse(ascii_json(event), cursor=after)
                beat.sent()
            if len(page) == MOST_EVENTS:
                continue
            if not beat.left_s:
                yield PING
                beat.sent()
            await box.take(min(POLL_EVERY_S, beat.left_s))
    except OSError as error:  # the table cannot be read: end rather than leave a gap
        yield sse_error(f"the timeline cannot be read: {error}", cursor=after)
    finally:
        timeline.bus.close(box)
