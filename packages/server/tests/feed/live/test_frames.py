"""Beats on their way to clients: written once, sent on the spot, conflated for who is behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.market.candle import parse_interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Depth, DepthLevel, Tick
from tradertape_server.features.feed.live import frames
from tradertape_server.features.feed.live.feed import TICKS, Feed
from tradertape_server.features.feed.live.frames import Message, TickFrame, TickSelection
from tradertape_server.features.feed.live.wire_shapes import (
    kite_quote,
    worker_lines,
    worker_tick,
)
from tradertape_server.features.feed.sources.no_source import NoSource
from tradertape_server.features.feed.sources.tick_source import Mode
from tradertape_server.features.workers.http import market_streams
from tradertape_server.features.workers.http.market_streams import candle_events, tick_events
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.streaming.bus import Bus, Event
from tradertape_server.platform.streaming.streams import PING

AT = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)
NONE = b'data: {"ticks":[]}\n\n'


def share(token: int) -> Instrument:
    return Instrument(
        exchange="NSE", tradingsymbol=f"S{token}", instrument_token=token, exchange_token=token
    )


def tick(token: int, seq: int) -> Tick:
    return Tick(
        instrument_token=token, instrument_id=f"NSE:S{token}", last_price=Decimal(100 + seq % 9),
        at=AT, seq=seq,
    )  # fmt: skip


def frame_of(*tokens: int, seq: int = 1) -> TickFrame:
    return TickFrame({token: tick(token, seq) for token in tokens})


def prices(event: Message) -> dict[int, float]:
    """What an event says, by token."""
    event = bytes(event)
    assert event.startswith(b"data: ")
    assert event.endswith(b"\n\n")
    return {one["instrument_token"]: one["last_price"] for one in json.loads(event[6:])["ticks"]}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The token of every tick that is written for workers from now on."""
    found: list[int] = []

    def count(ticks: Sequence[Tick], mode: Mode) -> list[str]:
        found.extend(one.instrument_token for one in ticks)
        return worker_lines(ticks, mode)

    for form in (frames._WORKER, frames._WORKER_EVENT):
        monkeypatch.setattr(form, "shape", count)
    return found


def test_a_tick_is_written_once_a_beat_however_many_want_it(written: list[int]) -> None:
    clients = [TickSelection.of(dict.fromkeys(range(n, n + 5), Mode.LTP)) for n in range(1, 20)]
    frame = frame_of(*range(1, 30))
    for wanted in clients:
        assert len(prices(frame.worker_event(wanted))) == 5
        frame.worker(wanted)
    assert sorted(written) == list(range(1, 24))


def test_what_nobody_wants_is_not_written_and_what_did_not_tick_is_not_said(
    written: list[int],
) -> None:
    wanted = TickSelection.of({901: Mode.LTP, 902: Mode.LTP, 903: Mode.QUOTE})
    assert prices(frame_of(901, 904).worker_event(wanted)) == {901: 101.0}
    assert frame_of(904).worker_event(wanted) == b""
    assert written == [901]


def test_clients_that_want_the_same_are_sent_the_same_bytes() -> None:
    first = TickSelection.of({1: Mode.LTP, 2: Mode.QUOTE})
    assert TickSelection.of({2: Mode.QUOTE, 1: Mode.LTP}) is first
    frame = frame_of(1, 2)
    assert frame.worker(first) == frame.worker(first)
    assert frame.worker(first) is frame.worker(first)


def test_a_client_is_told_of_its_own_however_beats_differ() -> None:
    """Other instruments, other orders, a tick less: a client's places are those of each beat."""
    one = TickSelection.of({6001: Mode.LTP, 6003: Mode.LTP})
    other = TickSelection.of({6002: Mode.LTP, 6003: Mode.LTP})
    for tokens in [
        (6001, 6002, 6003),
        (6003, 6001, 6002),
        (6002, 6003),
        (6001,),
        (6001, 6002, 6003),
    ]:
        frame = frame_of(*tokens)
        assert set(prices(frame.worker_event(one) or NONE)) == {6001, 6003} & set(tokens)
        assert set(prices(frame.worker_event(other) or NONE)) == {6002, 6003} & set(tokens)


def test_an_instrument_that_was_wanted_after_the_beat_was_written_breaks_nothing() -> None:
    frame, early = frame_of(7001, 7002), TickSelection.of({7001: Mode.LTP})
    assert frame.console(early)
    late = TickSelection.of({7001: Mode.LTP, 7002: Mode.LTP})
    said = json.loads(bytes(frame.console(late)))["data"]
    assert set(said) == {"NSE:S7001"}


def test_ticks_of_any_length_make_one_line_of_json() -> None:
    """Rows are as long as the longest: a client reads blanks between ticks, and no more."""
    tokens = [8001, 10_008_002, 8003]
    wanted = TickSelection.of(
        {8001: Mode.LTP, 10_008_002: Mode.LTP, 8003: Mode.QUOTE, 8004: Mode.QUOTE, 8005: Mode.FULL}
    )
    frame = frame_of(*tokens)
    event = bytes(frame.worker_event(wanted))
    assert prices(event) == dict.fromkeys(tokens, 101.0)
    assert event.count(b"\n") == 2
    assert event == b"data: %s\n\n" % bytes(frame.worker(wanted))
    assert set(json.loads(bytes(frame.console(wanted)))["data"]) == {f"NSE:S{n}" for n in tokens}


def test_each_mode_of_a_stream_says_more_than_the_one_before() -> None:
    said = {
        mode: set(json.loads(worker_lines([tick(1, 1)], mode)[0]))
        for mode in (Mode.LTP, Mode.QUOTE, Mode.FULL)
    }
    assert said[Mode.LTP] == {"instrument_token", "instrument", "last_price", "timestamp"}
    assert said[Mode.QUOTE] - said[Mode.LTP] == {
        "last_quantity", "average_price", "volume", "buy_quantity", "sell_quantity", "ohlc",
        "net_change", "oi", "bid", "ask",
    }  # fmt: skip
    assert said[Mode.FULL] > said[Mode.QUOTE]
    assert said[Mode.FULL] == set(kite_quote(tick(1, 1), Mode.QUOTE))


prices_of_a_tick = st.none() | st.decimals(0, 10**7, places=2) | st.decimals(0, 10**4)


any_tick = st.builds(
    Tick,
    instrument_token=st.integers(1, 2**32),
    instrument_id=st.sampled_from(["NSE:M&M", "NFO:NIFTY26JANFUT", 'NSE:"\\\u20b9\u2028']),
    last_price=st.decimals("0.01", 10**6, places=2) | st.just(Decimal("1E+3")),
    at=st.just(AT),
    exchange_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    volume=st.integers(0, 2**40),
    depth=st.none() | st.just(Depth((DepthLevel(Decimal(1), 7, 2),), ())),
    **dict.fromkeys(
        ("average_price", "open", "high", "low", "close", "bid", "ask"), prices_of_a_tick
    ),
)


@given(st.lists(any_tick, max_size=4), st.sampled_from(Mode))
def test_what_is_written_without_a_dict_is_what_the_dict_says(
    ticks: list[Tick], mode: Mode
) -> None:
    lines = worker_lines(ticks, mode)
    assert "".join(lines).isascii()
    assert [json.loads(line) for line in lines] == [
        json.loads(json.dumps(worker_tick(one, mode))) for one in ticks
    ]


class Connection:
    """A client that takes everything at once, or nothing."""

    def __init__(self) -> None:
        self.is_idle = True
        self.got: list[bytes] = []

    def write(self, *parts: Message) -> None:
        self.got.append(b"".join(parts))


async def parked(events: AsyncIterator[bytes]) -> asyncio.Task[bytes]:
    """The stream's next message, being waited for."""
    task = asyncio.ensure_future(anext(events))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    return task


def story(steps: Callable[[Feed, Connection], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        await steps(Feed(NoSource(), SystemClock(), Bus()), Connection())

    asyncio.run(run())


async def stream(feed: Feed, connection: Connection) -> tuple[AsyncIterator[bytes], Any]:
    """An open stream of two shares that waits for its next beat."""
    feed.receive([tick(1, 1)], [share(1)])
    events = tick_events(feed, [share(1), share(2)], Mode.LTP, direct_writer=connection)
    assert prices(await anext(events)) == {1: 101.0}
    waiting = await parked(events)
    return events, waiting


async def beat(feed: Feed, *tokens: int, seq: int) -> None:
    feed.receive([tick(token, seq) for token in tokens], [share(token) for token in tokens])
    await asyncio.sleep(0)  # the bus calls the loop
    await asyncio.sleep(0)


def test_a_client_that_keeps_up_is_sent_each_beat_without_waking_its_stream() -> None:
    async def steps(feed: Feed, connection: Connection) -> None:
        _events, waiting = await stream(feed, connection)
        for seq in (2, 3):
            await beat(feed, 1, 2, seq=seq)
        await beat(feed, 3, seq=4)  # nothing that it wants
        assert [prices(one) for one in connection.got] == [
            {1: 102.0, 2: 102.0}, {1: 103.0, 2: 103.0},
        ]  # fmt: skip
        assert not waiting.done()
        waiting.cancel()

    story(steps)


def test_a_client_that_is_behind_gets_the_newest_of_each_and_nothing_overtakes_it() -> None:
    async def steps(feed: Feed, connection: Connection) -> None:
        events, waiting = await stream(feed, connection)
        connection.is_idle = False
        await beat(feed, 1, 2, seq=2)
        assert prices(await waiting) == {1: 102.0, 2: 102.0}
        connection.is_idle = True  # but the stream has that message in hand still
        await beat(feed, 1, 2, seq=3)
        await beat(feed, 2, seq=4)
        assert connection.got == []
        assert prices(await anext(events)) == {1: 103.0, 2: 104.0}
        waiting = await parked(events)
        await beat(feed, 1, seq=5)
        assert [prices(one) for one in connection.got] == [{1: 105.0}]
        waiting.cancel()

    story(steps)


def test_a_client_that_reads_nothing_holds_one_tick_of_each_and_loses_no_event() -> None:
    async def steps(feed: Feed, _: Connection) -> None:
        box = feed.bus.open([TICKS, "events"], direct=lambda _topic, _frame: False)  # never ready
        for seq in range(1, 301):
            await beat(feed, *range(seq % 7, 50), seq=seq)
            feed.bus.publish(Event("events", seq, {}))
        await asyncio.sleep(0)
        taken = box.take_now()
        assert [event.cursor for event in taken.events] == list(range(1, 301))
        assert not taken.overflowed
        ticks = taken.frames[TICKS].ticks
        assert len(ticks) == 50
        assert {one.seq for token, one in ticks.items() if token > 6} == {300}

    story(steps)


@pytest.mark.parametrize("of", ["ticks", "candles"])
def test_what_others_hear_does_not_keep_a_silent_stream_from_its_heartbeat(
    of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share that does not trade while others do: a client breaks off after a silent minute."""
    monkeypatch.setattr(market_streams, "HEARTBEAT_S", 0.2)

    async def steps(feed: Feed, _: Connection) -> None:
        minute = parse_interval("minute")
        feed.subscribe_candles(object(), share(2), minute)
        quiet = (
            tick_events(feed, [share(1)], Mode.LTP)
            if of == "ticks"
            else candle_events(feed, share(1), minute)
        )
        waiting = await parked(quiet)
        for seq in range(1, 100):
            feed.receive([tick(2, seq)], [share(2)])
            await asyncio.sleep(0.02)
            if waiting.done():
                break
        assert await waiting == PING

    story(steps)
