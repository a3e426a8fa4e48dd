"""The timeline: endpoints 12 to 14 (KT-01 to KT-03); FAULTS §5. And profit and loss (KL-02)."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tradertape_server.features.workers.monitoring import run_streams
from tradertape_server.features.workers.monitoring.run_streams import pnl_events, timeline_events
from tradertape_server.platform.streaming.streams import PING

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Json = dict[str, Any]
CUTS = 1000 if "TRADERTAPE_SOAK" in os.environ else 30


@pytest.fixture
def overrides() -> Json:
    return {"feed": "off", "requests_per_minute": 100_000}


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller)
    return caller


def decide(caller: Any, api: Any, name: str) -> Json:
    body = {
        "event_type": "signal.generated", "summary": name, "details": {"fast": 1450.1},
        "related_resource_type": "signal", "related_resource_id": name,
    }  # fmt: skip
    answer = caller.post(api("runs/run-1/decision-events"), json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_decision_has_exactly_the_strict_keys(caller: Any, api: Any) -> None:
    """KT-02."""
    event = decide(caller, api, "one")
    assert set(event) == {
        "cursor", "strategy_run_id", "account_id", "basket_execution_id", "event_kind",
        "event_source", "event_type", "related_resource_type", "related_resource_id", "summary",
        "payload", "created_at",
    }  # fmt: skip
    assert event["payload"] == {"details": {"fast": 1450.1}}
    assert event["account_id"] == "kite:paper-a"


def test_further_fields_of_a_decision_are_stored(caller: Any, api: Any) -> None:
    """KT-02."""
    body = {"event_type": "x", "summary": "y", "confidence": 0.7}
    event = caller.post(api("runs/run-1/decision-events"), json=body).json()
    assert event["payload"] == {"confidence": 0.7}


@pytest.mark.parametrize("missing", ["event_type", "summary"])
def test_a_decision_requires_type_and_summary(caller: Any, api: Any, missing: str) -> None:
    """KT-02."""
    body = {"event_type": "x", "summary": "y"}
    del body[missing]
    answer = caller.post(api("runs/run-1/decision-events"), json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][-1] == missing


def test_pages_join_without_gap_or_repeat(caller: Any, api: Any, buy: Any) -> None:
    """KT-01."""
    for n in range(5):
        decide(caller, api, f"n{n}")
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    whole = caller.get(api("runs/run-1/timeline"), params={"limit": 500}).json()["events"]
    joined: list[Json] = []
    cursor = 0
    while True:
        query = {"after_cursor": cursor, "limit": 2}
        page = caller.get(api("runs/run-1/timeline"), params=query).json()
        assert page["after_cursor"] == cursor
        if not page["events"]:
            break
        joined += page["events"]
        cursor = page["last_cursor"]
    assert joined == whole
    kinds = {"execution", "decision"}
    for kind in kinds:
        query = {"event_kind": kind}
        found = caller.get(api("runs/run-1/timeline"), params=query).json()["events"]
        assert found == [event for event in whole if event["event_kind"] == kind]
    wrong = caller.get(api("runs/run-1/timeline"), params={"event_kind": "weather"})
    assert wrong.status_code == 422


async def read(events: AsyncIterator[bytes], count: int) -> list[tuple[int, Json]]:
    """The first events of a stream, each with its id, without comments."""
    found: list[tuple[int, Json]] = []
    while len(found) < count:
        chunk = await asyncio.wait_for(anext(events), 60)
        if chunk.startswith(b":"):
            continue
        head, data = chunk.decode().strip().split("\n")
        found.append((int(head.removeprefix("id: ")), json.loads(data.removeprefix("data: "))))
    await events.aclose()  # type: ignore[attr-defined]
    return found


def test_a_stream_that_is_cut_and_resumed_has_no_gap_and_no_repeat(
    caller: Any, api: Any, container: Any
) -> None:
    """KT-03; FAULTS §5: cuts at random places, events arriving meanwhile."""
    workers, dice = container.workers, random.Random(3)

    def written() -> list[int]:
        return [one.seq for one in container.execution.events(run_id="run-1", limit=10 * CUTS)]

    async def watch() -> list[int]:
        run = await asyncio.to_thread(_run, container)
        seen: list[int] = []
        for n in range(CUTS):
            await asyncio.to_thread(decide, caller, api, f"a{n}")
            events = timeline_events(
                workers.timeline, run, after=seen[-1] if seen else 0, kind=None
            )
            writing = asyncio.create_task(asyncio.to_thread(decide, caller, api, f"b{n}"))
            seen += [cursor for cursor, _ in await read(events, dice.randint(1, 2))]
            await writing
        rest = timeline_events(workers.timeline, run, after=seen[-1], kind=None)
        last = (await asyncio.to_thread(written))[-1]
        while seen[-1] < last:
            seen += [cursor for cursor, _ in await read(rest, 1)]
            rest = timeline_events(workers.timeline, run, after=seen[-1], kind=None)
        return seen

    assert asyncio.run(watch()) == written()


def test_an_event_reaches_an_open_stream_at_once(caller: Any, api: Any, container: Any) -> None:
    """KT-03."""

    async def watch() -> float:
        run = await asyncio.to_thread(_run, container)
        known = (await asyncio.to_thread(container.workers.timeline.events, run, after=0))[-1]
        events = timeline_events(
            container.workers.timeline, run, after=known["cursor"], kind="decision"
        )
        reading = asyncio.create_task(read(events, 1))
        await asyncio.sleep(0.05)
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(decide, caller, api, "now")
        started = loop.time()
        ((_, event),) = await reading
        assert event["summary"] == "now"
        return loop.time() - started

    assert asyncio.run(watch()) < 2.0


def test_profit_and_loss_streams_until_the_run_is_closed(
    caller: Any, api: Any, container: Any
) -> None:
    """KL-02."""

    async def watch() -> list[bytes]:
        run = await asyncio.to_thread(_run, container)
        caller_id = await asyncio.to_thread(_identity, container, run)
        workers = container.workers
        events = pnl_events(workers.pnl, workers.runs, caller_id, run, 0.2)
        first = await anext(events)
        await asyncio.to_thread(caller.post, api("runs/run-1/exit"), json={})
        return [first, *[chunk async for chunk in events]]

    chunks = asyncio.run(watch())
    assert json.loads(chunks[0].decode().removeprefix("data: "))["status"] == "open"
    assert chunks[-1].startswith(b"event: end\n")


def test_a_stream_with_few_messages_sends_heartbeats(
    caller: Any, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KL-02: proxies close connections that are silent for a minute."""
    monkeypatch.setattr(run_streams, "HEARTBEAT_S", 0.1)

    async def watch() -> list[bytes]:
        run = await asyncio.to_thread(_run, container)
        caller_id = await asyncio.to_thread(_identity, container, run)
        workers = container.workers
        events = pnl_events(workers.pnl, workers.runs, caller_id, run, 0.35)
        return [await anext(events) for _ in range(5)]

    kinds = ["ping" if chunk == PING else "data" for chunk in asyncio.run(watch())]
    assert kinds == ["data", "ping", "ping", "ping", "data"]


def test_events_of_other_kinds_do_not_suppress_heartbeats_of_a_timeline(
    caller: Any, container: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KT-03."""
    monkeypatch.setattr(run_streams, "HEARTBEAT_S", 0.2)

    async def watch() -> list[bytes]:
        run = await asyncio.to_thread(_run, container)
        events = timeline_events(container.workers.timeline, run, after=0, kind="protection")
        assert await anext(events) == PING
        waiting = asyncio.ensure_future(anext(events))
        for number in range(100):
            await asyncio.to_thread(decide, caller, api, f"n{number}")
            if waiting.done():
                break
        return [await waiting]

    assert asyncio.run(watch()) == [PING]


def test_a_socket_gives_profit_and_loss_and_refuses_strangers(
    caller: Any, worker: Any, api: Any
) -> None:
    """KL-02; W3."""
    from starlette.testclient import WebSocketDenialResponse

    token = caller.headers["Authorization"].removeprefix("Bearer ")
    url = api("ws/runs/run-1/pnl")
    with caller.websocket_connect(f"{url}?token={token}&interval_seconds=0.2") as socket:
        assert socket.receive_json()["strategy_run_id"] == "run-1"
        assert socket.receive_json()["currency"] == "INR"
    stranger = worker("b@example.com").headers["Authorization"].removeprefix("Bearer ")
    del caller.headers["Authorization"]
    for bad, status, words in (
        (f"{url}?token={stranger}", 404, "Run not found"),
        (f"{url}?token=kwa_wrong", 401, "does not know the token"),
        (url, 401, "Send a worker token"),
    ):
        with pytest.raises(WebSocketDenialResponse) as denied, caller.websocket_connect(bad):
            pass
        assert (denied.value.status_code, words in denied.value.text) == (status, True)
    wrong = f"{url}?token={token}&interval_seconds=nan"
    with pytest.raises(WebSocketDenialResponse) as refused, caller.websocket_connect(wrong):
        pass
    assert refused.value.json() == {"detail": "interval_seconds must be a number"}


def _run(container: Any) -> Any:
    from tradertape_server.features.workers import repository

    with container.database.read() as session:
        return repository.any_run(session, "run-1")


def _identity(container: Any, run: Any) -> Any:
    from tradertape_server.platform.http.identity import Identity

    return Identity(run.user_id, "x", "x", is_admin=False, via="worker", credential_id=1)


def test_a_stream_accepts_its_token_in_the_query_and_other_routes_do_not(
    caller: Any, worker: Any, api: Any
) -> None:
    """KL-02: an EventSource of a browser cannot set headers."""
    caller.post(api("runs/run-1/exit"), json={})
    token = {"token": caller.headers["Authorization"].removeprefix("Bearer ")}
    del caller.headers["Authorization"]
    stream = caller.get(api("runs/run-1/pnl/stream"), params=token)
    assert (stream.status_code, stream.text[-14:]) == (200, "end\ndata: {}\n\n")
    assert caller.get(api("runs/run-1/pnl/stream"), params={"token": "kwa_x"}).status_code == 401
    assert caller.get(api("runs/run-1/pnl"), params=token).status_code == 401


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("timeline", {"after_cursor": 10**20}),
        ("timeline/stream", {"after_cursor": 10**20}),
        ("pnl/stream", {"interval_seconds": "nan"}),
        ("pnl/stream", {"interval_seconds": "inf"}),
    ],
)
def test_an_impossible_number_is_named(caller: Any, api: Any, path: str, query: Any) -> None:
    """KT-01, KL-02: NaN and infinity are no intervals."""
    answer = caller.get(api(f"runs/run-1/{path}"), params=query)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", next(iter(query))]


def test_a_cursor_beyond_the_end_is_noticed(caller: Any, api: Any) -> None:
    """As after a restore from a backup: silence would hide what was lost."""
    last = decide(caller, api, "one")["cursor"]
    at_the_end = caller.get(api("runs/run-1/timeline"), params={"after_cursor": last})
    assert (at_the_end.status_code, at_the_end.json()["events"]) == (200, [])
    beyond = caller.get(api("runs/run-1/timeline"), params={"after_cursor": last + 1})
    assert (beyond.status_code, beyond.headers["X-Error-Code"]) == (416, "cursor_beyond_end")
    assert beyond.json()["last_cursor"] == last
    assert f"continue from {last}" in beyond.json()["detail"]


def test_a_stream_says_that_its_cursor_is_beyond_the_end_and_goes_on_from_there(
    caller: Any, api: Any, container: Any
) -> None:
    last = decide(caller, api, "one")["cursor"]

    async def watch() -> list[bytes]:
        run = await asyncio.to_thread(_run, container)
        events = timeline_events(container.workers.timeline, run, after=last + 100, kind=None)
        found = [await anext(events), await anext(events)]
        await asyncio.to_thread(decide, caller, api, "two")
        while True:
            event = await anext(events)
            if event != PING:
                await events.aclose()  # type: ignore[attr-defined]
                return [*found, event]

    first, error, following = asyncio.run(asyncio.wait_for(watch(), 20))
    assert first == PING
    assert b"event: error" in error
    assert f'"last_cursor":{last}'.encode() in error
    assert b'"summary":"two"' in following
