"""Streams of the asyncio client reconnect and resume."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

import kite_algo_worker as kaw

from ..doubles.async_client import run

END = "event: end\ndata: {}\n\n"


def event(cursor: int) -> str:
    return f"id: {cursor}\ndata: {json.dumps({'cursor': cursor})}\n\n"


def test_a_timeline_reconnects_and_resumes_after_its_cursor(server: Any, config: Any) -> None:
    server.answer_with(
        server.events(event(1), event(2), is_cut=True),
        server.dropped(),
        server.answer({"detail": "starting"}, 503),
        server.events(event(3), END),
    )

    async def drive(client: Any) -> Any:
        stream = client.stream_timeline("r-1", event_kind="execution")
        return [one["cursor"] async for one in stream], stream

    cursors, stream = run(config, drive)
    assert cursors == [1, 2, 3]
    assert server.asked[-1].headers["Last-Event-ID"] == "2"
    assert server.asked[-1].query == {"event_kind": "execution", "after_cursor": "2"}
    assert stream.last_event_id == "3"
    assert (stream.health.reconnect_count, stream.health.connected) == (1, False)
    assert "kwa_secret" not in stream.health.subscription_key


def test_a_stream_is_lost_when_every_try_fails(server: Any, config: Any) -> None:
    server.answer_with(server.events(event(1), is_cut=True), server.dropped())

    async def drive(client: Any) -> Any:
        stream = client.stream_timeline("r-1")
        assert (await stream.__anext__())["cursor"] == 1
        with pytest.raises(kaw.StreamDisconnectedError, match="timeline"):
            await stream.__anext__()
        return stream.health

    health = run(config, drive)
    assert health.is_stale
    assert len(server.asked) == 4


def test_a_stream_is_refused_when_it_is_entered_or_read(server: Any, config: Any) -> None:
    server.answer_with(server.answer({"detail": "Run not found."}, 404))

    async def drive(client: Any) -> None:
        with pytest.raises(kaw.KiteAlgoWorkerError, match="Run not found"):
            async with client.stream_run_pnl("r-1"):
                pass
        with pytest.raises(kaw.KiteAlgoWorkerError) as caught:
            await client.stream_run_pnl("r-1").__anext__()
        assert caught.value.status_code == 404

    run(config, drive)
    assert len(server.asked) == 2


def test_a_stream_can_be_closed_early(server: Any, config: Any) -> None:
    server.answer_with(server.events(*[event(n) for n in range(50)], END))

    async def drive(client: Any) -> None:
        async with client.stream_timeline("r-1") as stream:
            assert (await stream.__anext__())["cursor"] == 0
        assert not stream.health.connected
        assert [one async for one in stream] == []

    run(config, drive)


def test_other_tasks_run_while_a_stream_waits(server: Any, config: Any) -> None:
    server.answer_with(server.events(event(1), END))
    begun: list[str] = []

    async def drive(client: Any) -> None:
        async def read() -> None:
            begun.append("reading")
            begun.extend([str(one["cursor"]) async for one in client.stream_timeline("r-1")])

        task = asyncio.create_task(read())
        await asyncio.sleep(0)
        begun.append("beside")
        await task

    run(config, drive)
    assert begun == ["reading", "beside", "1"]


def test_a_stream_is_closed_by_another_task(server: Any, config: Any) -> None:
    server.answer_with(server.events(event(1), ": ping\n\n", is_cut=True))

    async def drive(client: Any) -> list[int]:
        stream = client.stream_timeline("r-1")
        seen: list[int] = []
        async for one in stream:
            seen.append(one["cursor"])
            await asyncio.create_task(stream.close())
        return seen

    assert run(config, drive) == [1]
    assert len(server.asked) == 1
