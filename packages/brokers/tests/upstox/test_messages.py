"""The market feed's messages, and what a connection is asked for."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from packages.brokers.tests.upstox.test_orders import INDEX, INFY, NOW, share

from tradertape_brokers.upstox.feed_schema import Response
from tradertape_brokers.upstox.messages import Malformed, Mode, read_message, request, tick_of
from tradertape_brokers.upstox.subscriptions import Subscriptions, requests_between
from tradertape_core.market.tick import DepthLevel
from tradertape_sandbox.wire.upstox.schema import FeedResponse

SHARE = share("INFY", "INE009A01021")
NIFTY = "NSE_INDEX|Nifty 50"


def full_frame() -> bytes:
    """A frame with a share in full, an index in full and an option's first level."""
    frame = FeedResponse(type=1, currentTs=1_795_496_400_500)
    share_feed = frame.feeds[INFY].fullFeed.marketFF
    share_feed.ltpc.ltp, share_feed.ltpc.ltt = 1500.1, 1_795_496_400_000
    share_feed.ltpc.ltq, share_feed.ltpc.cp = 7, 1490.0
    share_feed.marketLevel.bidAskQuote.add(bidQ=10, bidP=1500.0, askQ=3, askP=1500.2)
    share_feed.marketLevel.bidAskQuote.add(bidQ=4, bidP=1499.9)
    share_feed.marketOHLC.ohlc.add(interval="I1", open=1.0, high=1.0, low=1.0, close=1.0)
    share_feed.marketOHLC.ohlc.add(
        interval="1d", open=1491.0, high=1502.0, low=1488.5, close=1500.1, vol=5
    )
    share_feed.atp, share_feed.vtt, share_feed.oi = 1498.333333, 123456, 0.0
    share_feed.optionGreeks.delta, share_feed.iep, share_feed.casEligible = 0.5, 1500.0, True
    index = frame.feeds[NIFTY].fullFeed.indexFF
    index.ltpc.ltp, index.ltpc.cp = 24000.05, 23900.0
    index.marketOHLC.ohlc.add(interval="1d", open=23950.0, high=24010.0, low=23940.0, close=24000.0)
    option = frame.feeds["NSE_FO|1"].firstLevelWithGreeks
    option.ltpc.ltp, option.vtt, option.oi = 12.35, 650, 6500.0
    option.firstDepth.bidQ, option.firstDepth.bidP = 65, 12.3
    return frame.SerializeToString()


def feed(key: str) -> Any:
    return read_message(full_frame()).feeds[key]


def test_a_share_in_full_is_a_tick_with_its_day_and_its_book() -> None:
    tick = tick_of(feed(INFY), SHARE, NOW, 3)
    assert tick is not None
    assert (tick.last_price, tick.close, tick.last_quantity) == (Decimal("1500.1"), 1490, 7)
    assert (tick.open, tick.high, tick.low) == (1491, 1502, Decimal("1488.5"))
    assert (tick.average_price, tick.volume, tick.seq) == (Decimal("1498.3333"), 123456, 3)
    assert tick.exchange_at == datetime.fromtimestamp(1_795_496_400, UTC)
    assert tick.depth is not None
    assert tick.depth.buy == (DepthLevel(Decimal(1500), 10), DepthLevel(Decimal("1499.9"), 4))
    assert tick.depth.sell == (DepthLevel(Decimal("1500.2"), 3),)
    assert (tick.bid, tick.ask_quantity, tick.at) == (Decimal(1500), 3, NOW)


def test_an_index_has_a_day_and_no_book() -> None:
    tick = tick_of(feed(NIFTY), INDEX, NOW, 1)
    assert tick is not None
    assert (tick.last_price, tick.high, tick.depth) == (Decimal("24000.05"), 24010, None)
    assert tick.exchange_at is None


def test_a_first_level_is_the_top_of_the_book() -> None:
    tick = tick_of(feed("NSE_FO|1"), SHARE, NOW, 1)
    assert tick is not None
    assert (tick.bid, tick.bid_quantity, tick.ask, tick.oi) == (Decimal("12.3"), 65, None, 6500)


def test_the_first_message_tells_whether_a_market_is_open() -> None:
    frame = FeedResponse(type=2)
    frame.marketInfo.segmentStatus["NSE_EQ"] = 3
    assert read_message(frame.SerializeToString()).is_open is False
    frame.marketInfo.segmentStatus["NSE_FO"] = 2
    assert read_message(frame.SerializeToString()).is_open is True
    assert read_message(full_frame()).is_open is None


def test_an_instrument_without_a_price_is_no_tick() -> None:
    frame = FeedResponse(type=0)
    frame.feeds[INFY].ltpc.cp = 1490.0
    assert tick_of(read_message(frame.SerializeToString()).feeds[INFY], SHARE, NOW, 1) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("ltp", float("nan")), ("ltp", float("inf")), ("ltp", -1.0), ("cp", 1e300), ("ltq", -1),
     ("ltt", -1), ("ltt", 2**62)],
)  # fmt: skip
def test_values_that_are_no_market_are_malformed(name: str, value: float) -> None:
    frame = FeedResponse(type=0)
    frame.feeds[INFY].ltpc.ltp = 1500.0
    setattr(frame.feeds[INFY].ltpc, name, value)
    with pytest.raises(Malformed):
        tick_of(read_message(frame.SerializeToString()).feeds[INFY], SHARE, NOW, 1)


def test_no_frame_raises_anything_but_malformed() -> None:
    random, whole = Random(11), full_frame()
    unread = 0
    for number in range(6_000):
        frame = bytearray(whole) if number % 3 else bytearray(random.randbytes(60))
        for _ in range(random.randint(1, 6)):
            frame[random.randrange(len(frame))] = random.randrange(256)
        cut = bytes(frame[: random.randint(0, len(frame))]) if number % 2 else bytes(frame)
        try:
            message = read_message(cut)
        except Malformed:
            unread += 1
            continue
        for one in message.feeds.values():
            with suppress(Malformed):
                tick_of(one, SHARE, NOW, 1)
    assert 1_000 < unread < 6_000  # frames of both kinds were met


def test_numbers_of_fields_are_those_of_the_clients_descriptor() -> None:
    """The sandbox's table is complete and held against the official client: ours is part of it."""
    ours = Response.FromString(full_frame())
    assert ours.sent_at == 1_795_496_400_500
    assert {key: one.WhichOneof for key, one in ours.feeds.items()}.keys() == {
        INFY, NIFTY, "NSE_FO|1",
    }  # fmt: skip
    assert ours.feeds[INFY].full.market.ohlcs.ohlc[1].volume == 5


# --- what is asked for --------------------------------------------------------------------------


def asked(frames: list[bytes]) -> list[tuple[str, str | None, list[str]]]:
    rows = [json.loads(frame) for frame in frames]
    return [(row["method"], row["data"].get("mode"), row["data"]["instrumentKeys"]) for row in rows]


def test_a_request_has_an_id_of_its_own() -> None:
    first, second = (json.loads(request("sub", ["b", "a"], Mode.FULL)) for _ in range(2))
    assert first["guid"] != second["guid"]
    assert first["data"] == {"instrumentKeys": ["a", "b"], "mode": "full"}


def test_what_several_clients_want_is_asked_for_once_in_the_fullest_mode() -> None:
    wanted = Subscriptions(10)
    wanted.set("run", {"a": Mode.FULL, "b": Mode.LTPC})
    wanted.set("page", {"a": Mode.LTPC, "c": Mode.LTPC})
    before = wanted.modes
    assert before == {"a": Mode.FULL, "b": Mode.LTPC, "c": Mode.LTPC}
    wanted.set("run", {"c": Mode.FULL})
    assert asked(requests_between(before, wanted.modes)) == [
        ("unsub", None, ["b"]), ("change_mode", "ltpc", ["a"]), ("change_mode", "full", ["c"]),
    ]  # fmt: skip
    wanted.set("page", {})
    assert wanted.modes == {"c": Mode.FULL}


def test_a_new_connection_is_asked_for_everything_in_parts() -> None:
    modes = {f"k{n:04d}": Mode.LTPC for n in range(1_001)}
    sizes = [len(keys) for _, _, keys in asked(requests_between({}, modes))]
    assert sizes == [500, 500, 1]
    assert requests_between(modes, modes) == []


def test_what_has_no_place_is_named() -> None:
    wanted = Subscriptions(2)
    wanted.set("page", dict.fromkeys(["a", "b", "c"], Mode.LTPC))
    assert (list(wanted.modes), wanted.left_out) == (["a", "b"], ("c",))
