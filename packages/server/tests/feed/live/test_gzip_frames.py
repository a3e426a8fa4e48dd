"""Ticks as pieces of a gzip body: what is compressed, for whom, and that it says the same."""

from __future__ import annotations

import asyncio
import zlib

import pytest

from tradertape_server.features.feed.live import frames
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.live.frames import (
    Message,
    Parts,
    TickSelection,
    is_worth_packing,
)
from tradertape_server.features.feed.sources.no_source import NoSource
from tradertape_server.features.feed.sources.tick_source import Mode
from tradertape_server.features.workers.http import market_streams
from tradertape_server.features.workers.http.market_streams import tick_events
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.streaming.bus import Bus
from tradertape_server.platform.streaming.gzip_pieces import HEAD, packed_piece
from tradertape_server.platform.streaming.streams import PING

from .test_frames import (
    Connection,
    beat,
    frame_of,
    parked,
    prices,
    share,
    tick,
)

# Of these tests alone: what is wanted once is written for a while.
TOKENS = range(20_001, 20_200)


def unpacked(parts: Parts) -> bytes:
    """A piece of a gzip body, by itself."""
    return zlib.decompressobj(-15).decompress(b"".join(parts))


@pytest.fixture
def packings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of every message that is compressed from now on."""
    found: list[int] = []

    def count(message: Message) -> bytes:
        found.append(len(message))
        return packed_piece(message)

    monkeypatch.setattr(frames, "packed_piece", count)
    return found


def lists(count: int, size: int = 100) -> list[TickSelection]:
    return [TickSelection.of(dict.fromkeys(TOKENS[n : n + size], Mode.LTP)) for n in range(count)]


def test_what_many_want_is_compressed_once(
    packings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = lists(20)
    monkeypatch.setattr(frames, "FEW_LISTS", frames._HELD.count - 1)
    frame = frame_of(*TOKENS)
    first = frame.worker_event_gzip(held[0])
    assert packings == [], "one alone among many is not kept waiting"
    second, third = (frame.worker_event_gzip(held[0]) for _ in range(2))
    assert len(packings) == 1
    assert third is second
    assert sum(map(len, second)) < packings[0] / 5
    for one in (first, second):
        assert prices(unpacked(one)) == dict.fromkeys(TOKENS[:100], 101.0)


def test_what_few_want_is_compressed_for_each(
    packings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker on a thin line, alone with its list."""
    held = lists(3)
    monkeypatch.setattr(frames, "FEW_LISTS", frames._HELD.count)
    frame = frame_of(*TOKENS)
    for one in held:
        assert len(prices(unpacked(frame.worker_event_gzip(one)))) == 100
    assert len(packings) == 3


def test_a_list_of_its_own_among_many_is_not_worth_a_gzip_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = lists(3)
    new = dict.fromkeys(TOKENS[50:60], Mode.LTP)
    monkeypatch.setattr(frames, "FEW_LISTS", frames._HELD.count + 1)
    assert is_worth_packing(new)
    monkeypatch.setattr(frames, "FEW_LISTS", frames._HELD.count)
    assert not is_worth_packing(new)
    assert is_worth_packing(dict.fromkeys(held[0].by_mode[Mode.LTP], Mode.LTP)), "others want it"


def test_what_is_short_is_sent_as_it_is_and_nothing_as_nothing(packings: list[int]) -> None:
    (wanted,) = lists(1, size=3)
    assert prices(unpacked(frame_of(*TOKENS[:2]).worker_event_gzip(wanted))) == dict.fromkeys(
        TOKENS[:2], 101.0
    )
    assert not frame_of(9).worker_event_gzip(wanted)
    assert packings == []


def test_a_gzip_stream_says_what_a_plain_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """The present state, beats past the stream, what a slow client has missed."""
    monkeypatch.setattr(frames, "FEW_LISTS", 1_000)
    shares = [share(token) for token in TOKENS[:100]]

    async def hear(feed: Feed, connection: Connection, *, is_gzip: bool) -> bytes:
        feed.receive([tick(share.instrument_token, 1) for share in shares], shares)
        events = tick_events(feed, shares, Mode.LTP, direct_writer=connection, is_gzip=is_gzip)
        connection.got.append(await anext(events))
        waiting = await parked(events)
        await beat(feed, *TOKENS[:100], seq=2)
        connection.is_idle = False
        await beat(feed, *TOKENS[:50], seq=3)
        connection.got.append(await waiting)
        await events.aclose()  # pyright: ignore[reportAttributeAccessIssue] - a generator
        return b"".join(connection.got)

    async def both() -> None:
        plain, gzip = [
            await hear(Feed(NoSource(), SystemClock(), Bus()), Connection(), is_gzip=is_gzip)
            for is_gzip in (False, True)
        ]
        assert plain.count(b"data: ") == 3
        assert zlib.decompressobj(31).decompress(HEAD + gzip) == plain
        assert len(gzip) < len(plain) / 5

    asyncio.run(both())


def test_a_gzip_stream_has_its_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market_streams, "HEARTBEAT_S", 0.01)

    async def quiet() -> bytes:
        feed = Feed(NoSource(), SystemClock(), Bus())
        return await anext(tick_events(feed, [share(TOKENS[0])], Mode.LTP, is_gzip=True))

    assert unpacked([asyncio.run(quiet())]) == PING
