"""The asyncio client's own ways: streams that come back, runs that are held."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

import kite_algo_worker as kaw

END = "event: end\ndata: {}\n\n"
CONFIG = kaw.RunConfig("managed", "kite:paper-a", strategy_run_id="r-1")
RUN = {
    "strategy_run_id": "r-1",
    "template_id": "managed",
    "account_scope": "kite:paper-a",
    "execution_mode": "paper",
    "status": "open",
}


def event(cursor: int) -> str:
    return f"id: {cursor}\ndata: {json.dumps({'cursor': cursor})}\n\n"


def run(config: Any, drive: Any) -> Any:
    """Run a coroutine with a client that does not wait between its tries."""

    async def with_client() -> Any:
        quick = replace(config, retry_delay_s=0.0, stream_reconnects=3)
        async with kaw.AsyncKiteAlgoWorkerClient(quick) as client:
            return await drive(client)

    return asyncio.run(with_client())


def steps(server: Any) -> list[str]:
    return [f"{one.method} {one.path.rpartition('/')[2]}" for one in server.asked]


@pytest.fixture
def routes(server: Any) -> dict[tuple[str, str], Any]:
    told: dict[tuple[str, str], Any] = {
        ("GET", "/r-1"): server.answer(RUN),
        ("POST", "/runs"): server.answer(RUN),
        ("POST", "/claim-session"): server.answer({"worker_session_nonce": "n-1"}),
    }

    def route(asked: Any) -> Any:
        for (method, end), answer in told.items():
            if asked.method == method and asked.path.endswith(end):
                return answer
        return None

    server.route = route
    return told


def test_a_broken_timeline_goes_on_after_its_cursor(server: Any, config: Any) -> None:
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


def test_a_stream_can_be_left_early(server: Any, config: Any) -> None:
    server.answer_with(server.events(*[event(n) for n in range(50)], END))

    async def drive(client: Any) -> None:
        async with client.stream_timeline("r-1") as stream:
            assert (await stream.__anext__())["cursor"] == 0
        assert not stream.health.connected
        assert [one async for one in stream] == []

    run(config, drive)


def test_a_run_is_found_claimed_and_let_go(server: Any, config: Any, routes: Any) -> None:
    """KC-07, KM-01."""

    async def drive(client: Any) -> None:
        async with client.run(CONFIG) as held:
            assert (held.run_id, held.session_nonce) == ("r-1", "n-1")
            order = kaw.equity_market_order("INFY", "BUY", 1)
            await held.place_order(order, idempotency_key="r-1:e:001")
            await held.exit_run(reason="done", idempotency_key="r-1:x:001")

    run(config, drive)
    assert steps(server) == [
        "GET r-1", "POST claim-session", "POST heartbeat", "POST intents", "POST exit",
        "DELETE claim-session",
    ]  # fmt: skip
    nonces = [one.headers.get("X-Worker-Session-Nonce") for one in server.asked]
    assert nonces == [None, None, "n-1", "n-1", "n-1", "n-1"]


def test_a_run_that_is_not_there_is_made(server: Any, config: Any, routes: Any) -> None:
    """KC-07, KM-01."""
    routes["GET", "/r-1"] = server.answer({"detail": "Run not found."}, 404)

    async def drive(client: Any) -> None:
        async with client.run(CONFIG, heartbeat_on_enter=False, release_on_exit=False):
            pass

    run(config, drive)
    assert steps(server) == ["GET r-1", "POST runs", "POST claim-session"]


def test_the_workers_own_error_comes_first(server: Any, config: Any, routes: Any) -> None:
    routes["DELETE", "/claim-session"] = server.answer({"detail": "lost"}, 409)

    async def drive(client: Any) -> None:
        with pytest.raises(KeyError, match="mine"):
            async with client.run(CONFIG):
                raise KeyError("mine")
        with pytest.raises(ValueError, match="claim_session"):
            async with client.run(CONFIG, claim_session=False):
                pass

    run(config, drive)
    assert steps(server)[-1] == "DELETE claim-session"


def test_heartbeats_go_on_beside_the_worker_until_another_has_the_run(
    server: Any, config: Any, routes: Any
) -> None:
    plain = server.route

    def route(asked: Any) -> Any:
        if steps(server).count("POST heartbeat") > 3:
            routes["POST", "/heartbeat"] = server.answer({"detail": "taken"}, 409)
        return plain(asked)

    server.route = route

    async def drive(client: Any) -> Any:
        async with client.run(CONFIG, auto_heartbeat=True, heartbeat_interval_s=0.001) as held:
            await asyncio.wait_for(held.heartbeats._task, 10)
            assert not held.heartbeats.is_alive
            return held.heartbeats

    beats = run(config, drive)
    assert beats.count >= 2
    assert "taken" in str(beats.error)
    assert steps(server)[-1] == "DELETE claim-session"


def test_other_tasks_go_on_while_a_stream_is_quiet(server: Any, config: Any) -> None:
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
