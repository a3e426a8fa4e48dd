"""Streams of the sync client reconnect and resume."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest

import kite_algo_worker as kaw


def event(cursor: int, **more: Any) -> str:
    return f"id: {cursor}\ndata: {json.dumps({'cursor': cursor, **more})}\n\n"


END = "event: end\ndata: {}\n\n"


def test_a_timeline_reconnects_and_resumes_after_its_cursor(
    server: Any, client: Any, pauses: list[float]
) -> None:
    server.answer_with(
        server.events(event(1), event(2), is_cut=True),
        server.dropped(),
        server.answer({"detail": "starting"}, 503),
        server.events(event(3), END),
    )
    stream = client.stream_timeline("r-1", event_kind="execution")
    assert [one["cursor"] for one in stream] == [1, 2, 3]
    first, *_, last = server.asked
    assert "Last-Event-ID" not in first.headers
    assert last.headers["Last-Event-ID"] == "2"
    assert last.query == {"event_kind": "execution", "after_cursor": "2"}
    assert pauses == [0.5, 1.0, 2.0]
    assert stream.last_event_id == "3"


def test_health_counts_reconnects_and_messages(server: Any, client: Any) -> None:
    """KD-07."""
    server.answer_with(server.events(event(1), is_cut=True), server.events(event(2), event(3), END))
    stream = client.stream_timeline("r-1")
    assert stream.health.connected
    assert not stream.health.is_stale
    assert next(stream)["cursor"] == 1
    assert next(stream)["cursor"] == 2
    health = stream.health
    assert (health.reconnect_count, health.subscription_replayed) == (1, True)
    assert health.last_message_at is not None
    assert "kwa_secret" not in health.subscription_key
    assert [one["cursor"] for one in stream] == [3]
    assert not health.connected


def test_a_stream_is_lost_when_every_try_fails(
    server: Any, client: Any, pauses: list[float]
) -> None:
    server.answer_with(server.events(event(1), is_cut=True), server.dropped())
    stream = client.stream_timeline("r-1")
    assert next(stream)["cursor"] == 1
    with pytest.raises(kaw.StreamDisconnectedError, match="timeline"):
        next(stream)
    assert len(pauses) == 10
    assert max(pauses) == 30.0
    assert stream.health.is_stale
    assert stream.health.last_error


def test_a_stream_that_is_refused_on_reconnect_ends_with_the_error(
    server: Any, client: Any
) -> None:
    server.answer_with(
        server.events(event(1), is_cut=True), server.answer({"detail": "revoked"}, 401)
    )
    stream = client.stream_timeline("r-1")
    next(stream)
    with pytest.raises(kaw.AuthError, match="revoked"):
        next(stream)
    assert len(server.asked) == 2


def test_a_stream_is_refused_at_once(server: Any, client: Any) -> None:
    server.answer_with(server.answer({"detail": "Run not found."}, 404))
    with pytest.raises(kaw.KiteAlgoWorkerError, match="Run not found") as caught:
        client.stream_run_pnl("r-1")
    assert caught.value.status_code == 404


def test_an_end_event_ends_the_stream(server: Any, client: Any) -> None:
    """KD-06."""
    server.answer_with(server.events('data: {"a": 1}\n\n', END, 'data: {"a": 2}\n\n'))
    assert list(client.stream_run_pnl("r-1")) == [{"a": 1}]
    assert len(server.asked) == 1


def test_an_unannounced_end_is_final_if_the_server_does_not_resume(
    server: Any, client: Any
) -> None:
    server.answer_with(server.events('data: {"a": 1}\n\n'))
    assert list(client.stream_ticks(["NSE:INFY"])) == [{"a": 1}]
    assert len(server.asked) == 1


def test_an_unannounced_end_is_a_disconnect_if_the_server_resumes(
    server: Any, client: Any, pauses: list[float]
) -> None:
    server.answer_with(server.events("retry: 250\n\n", event(1)), server.events(event(2), END))
    assert [one["cursor"] for one in client.stream_timeline("r-1")] == [1, 2]
    assert pauses == [0.25]


def test_heartbeats_reset_the_reconnect_tries(server: Any, client: Any) -> None:
    quiet = [server.events(": ping\n\n", is_cut=True) for _ in range(25)]
    server.answer_with(*quiet, server.events(event(1), END))
    assert [one["cursor"] for one in client.stream_timeline("r-1")] == [1]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ('event: error\ndata: {"detail": "no table"}\n\n', "no table"),
        ("data: {broken\n\n", "not JSON"),
    ],
)
def test_an_error_event_is_raised(server: Any, client: Any, sent: str, told: str) -> None:
    """KD-06."""
    server.answer_with(server.events(event(1), sent))
    stream = client.stream_timeline("r-1")
    next(stream)
    with pytest.raises(kaw.KiteAlgoWorkerError, match=told) as caught:
        next(stream)
    assert caught.value.status_code == 0


def test_a_message_in_pieces_with_unicode_line_breaks_stays_whole(server: Any, client: Any) -> None:
    """KD-06."""
    text = json.dumps({"summary": "line\u2028separator\x85 ₹"}, ensure_ascii=False)
    whole = f"data: {text}\r\n\r\n"
    server.answer_with(server.events(": ping\n\n", whole[:9], whole[9:20], whole[20:], END))
    assert list(client.stream_ticks([408065, "NSE:INFY"])) == [json.loads(text)]
    assert server.asked[0].query == {"symbols": "NSE:INFY", "tokens": "408065", "mode": "quote"}


def test_a_stream_can_be_closed_early(server: Any, client: Any) -> None:
    server.answer_with(server.events(*[event(n) for n in range(50)], END))
    with client.stream_timeline("r-1") as stream:
        assert [one["cursor"] for one in itertools.islice(stream, 2)] == [0, 1]
    assert list(stream) == []
    assert not stream.health.connected


def test_silence_is_a_disconnect(server: Any, config: Any) -> None:
    assert config.stream_idle_s == 60  # four times what the server is silent at most
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        quick = replace(config, base_url=address, timeout=0.05, max_retries=0, stream_idle_s=0.05)
        client = kaw.KiteAlgoWorkerClient(quick)
        with pytest.raises(kaw.TransportError):
            client.stream_ticks(["NSE:INFY"])
        with pytest.raises(kaw.TransportError, match="imeout"):
            client.health()
        client.close()
