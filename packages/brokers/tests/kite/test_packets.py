"""Frames of Kite's ticker: read whole, and never a reason to fail."""

from __future__ import annotations

import random
import struct
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_brokers.kite.packets import Frame, Mode, read_frame

LENGTHS = (8, 28, 32, 44, 184)


def packet(length: int, token: int, rng: random.Random) -> bytes:
    """Any packet of a length, with this token."""
    return struct.pack(">I", token) + rng.randbytes(length - 4)


def frame_of(packets: list[bytes], announced: int | None = None) -> bytes:
    count = len(packets) if announced is None else announced
    return struct.pack(">H", count) + b"".join(struct.pack(">H", len(p)) + p for p in packets)


def values_of(frame: Frame) -> dict[int, bytes]:
    """Every field of every packet, by token."""
    return {
        int(row["token"]): row.tobytes()
        for group in frame.packets
        for row in group.rows.astype(group.rows.dtype.newbyteorder("="))
    }


def tokens_of(frame: Frame) -> list[int]:
    return sorted(int(token) for group in frame.packets for token in group.tokens)


def test_a_full_packet_in_rupees() -> None:
    """Every field of the longest packet, by hand."""
    share = [408065, 150005, 7, 149950, 1_000, 40, 60, 149000, 151000, 148500, 149500]
    times = [1_700_000_000, 11, 12, 10, 1_700_000_001]
    levels = [(5 + i, 150000 - 5 * i, 1 + i) for i in range(10)]
    raw = struct.pack(">16I", *share, *times)
    raw += b"".join(struct.pack(">IIHH", quantity, price, n, 0) for quantity, price, n in levels)
    (group,) = read_frame(frame_of([raw])).packets
    assert (group.mode, group.is_index, group.tokens.tolist()) == (Mode.FULL, False, [408065])
    assert [group.prices(name)[0] for name in ("last_price", "average_price", "open", "close")] == [
        1500.05, 1499.50, 1490.00, 1495.00,
    ]  # fmt: skip
    assert [int(group.numbers(name)[0]) for name in ("volume", "oi", "exchange_time")] == [
        1_000, 11, 1_700_000_001,
    ]  # fmt: skip
    prices, quantities, orders = group.depth()
    assert prices[0].tolist() == [price / 100 for _, price, _ in levels]
    assert quantities[0].tolist() == [quantity for quantity, _, _ in levels]
    assert orders[0].tolist() == [n for _, _, n in levels]


@pytest.mark.parametrize(
    ("segment", "rupees"), [(1, 12.34), (3, 0.0001234), (6, 0.1234), (7, 12.34), (9, 12.34)]
)
def test_a_price_is_divided_by_what_its_segment_says(segment: int, rupees: float) -> None:
    """Paise, but for currencies: NSE's have seven decimals, BSE's four."""
    raw = struct.pack(">II", 1 << 8 | segment, 1234)
    (group,) = read_frame(frame_of([raw])).packets
    assert group.prices("last_price")[0] == pytest.approx(rupees, rel=1e-12)


def test_an_index_has_its_fields_in_another_order() -> None:
    raw = struct.pack(
        ">6IiI", 256265, 2_400_010, 2_410_000, 2_390_000, 2_395_000, 2_399_000, -90, 5
    )
    for length in (28, 32):
        (group,) = read_frame(frame_of([raw[:length]])).packets
        assert group.is_index
        assert group.prices("high")[0] == 24_100.0
        assert group.prices("close")[0] == 23_990.0
        assert int(group.rows["change"][0]) == -90


def test_a_heartbeat_is_no_packet() -> None:
    assert read_frame(b"\0").is_heartbeat
    assert read_frame(b"") == Frame()
    assert read_frame(b"\0\1\0").dropped == 1


@given(st.lists(st.sampled_from(LENGTHS), max_size=60), st.integers(0, 2**32), st.data())
def test_neighbours_of_a_malformed_packet_are_kept(
    lengths: list[int], seed: int, data: st.DataObject
) -> None:
    """A packet of no known length is left out, the others are there with every field."""
    rng = random.Random(seed)
    packets = [packet(length, number, rng) for number, length in enumerate(lengths)]
    wrong = data.draw(st.integers(0, 300).filter(lambda n: n not in LENGTHS))
    place = data.draw(st.integers(0, len(packets)))
    frame = read_frame(frame_of([*packets[:place], bytes(wrong), *packets[place:]]))
    if packets:
        assert frame.dropped == 1
    alone = [values_of(read_frame(frame_of([one]))) for one in packets]
    assert values_of(frame) == {token: row for one in alone for token, row in one.items()}


@given(
    st.lists(st.sampled_from(LENGTHS), min_size=1, max_size=40), st.integers(0, 2**32), st.data()
)
def test_a_frame_that_was_cut_keeps_what_is_whole(
    lengths: list[int], seed: int, data: st.DataObject
) -> None:
    rng = random.Random(seed)
    packets = [packet(length, number, rng) for number, length in enumerate(lengths)]
    whole = frame_of(packets)
    cut = data.draw(st.integers(5, len(whole)))
    ends = 2 + np.cumsum([2 + length for length in lengths])
    kept = int((ends <= cut).sum())
    frame = read_frame(whole[:cut])
    assert tokens_of(frame) == list(range(kept))
    assert frame.dropped == len(packets) - kept


@given(st.integers(0, 65535), st.lists(st.sampled_from(LENGTHS), min_size=1, max_size=30))
def test_a_wrong_number_of_packets(announced: int, lengths: list[int]) -> None:
    """Fewer announced: no more are read; more announced: what is missing counts as dropped."""
    rng = random.Random(announced)
    packets = [packet(length, number, rng) for number, length in enumerate(lengths)]
    frame = read_frame(frame_of(packets, announced))
    assert tokens_of(frame) == list(range(min(announced, len(packets))))
    assert frame.dropped == max(0, announced - len(packets))


def fuzz(frames: int, seed: int) -> tuple[int, int]:
    """Read altered frames; returns how many packets were read, and how many dropped."""
    rng = random.Random(seed)
    pool = [
        bytearray(frame_of([packet(rng.choice(LENGTHS), n, rng) for n in range(rng.randint(1, 6))]))
        for _ in range(500)
    ]
    read = dropped = 0
    for _ in range(frames):
        altered = bytearray(rng.choice(pool))
        for _ in range(rng.randint(1, 3)):
            altered[int(rng.random() * len(altered))] = rng.getrandbits(8)
        if rng.random() < 0.3:
            del altered[int(rng.random() * len(altered)) :]
        frame = read_frame(bytes(altered))
        assert sum(len(group.rows) for group in frame.packets) + frame.dropped <= 65535
        for group in frame.packets:
            read += len(group.rows)
            group.prices("last_price")
        dropped += frame.dropped
    return read, dropped


def test_altered_frames_never_raise() -> None:
    read, dropped = fuzz(3_000, seed=1)
    assert read > 3_000
    assert dropped > 3_000


@pytest.mark.slow
def test_ten_million_altered_frames_never_raise() -> None:
    read, dropped = fuzz(10_000_000, seed=2)
    sys.stdout.write(f"10,000,000 altered frames: {read:,} packets read, {dropped:,} dropped\n")
    assert read > 10_000_000
