"""The ticker's frames, byte by byte."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.market.tick import Depth, DepthLevel, Tick
from tradertape_sandbox.wire.kite.packets import Mode, factor_of, frame, packet, scaled

AT = datetime(2026, 8, 18, 10, 0, tzinfo=IST)
SHARE = 408065  # NSE
INDEX = 256265  # the low byte is 9


def tick(token: int = SHARE, **changes: object) -> Tick:
    levels = tuple(DepthLevel(Decimal(f"{1500 - n}.05"), 10 + n, 1 + n) for n in range(5))
    above = tuple(DepthLevel(Decimal(f"{1501 + n}.05"), 20 + n, 2 + n) for n in range(3))
    return replace(
        Tick(
            instrument_token=token,
            instrument_id="NSE:INFY",
            last_price=Decimal("1500.55"),
            at=AT,
            last_quantity=7,
            volume=123_456,
            average_price=Decimal("1499.9"),
            open=Decimal("1490"),
            high=Decimal("1510"),
            low=Decimal("1480"),
            close=Decimal("1495.5"),
            oi=42,
            depth=Depth(levels, above),
        ),
        **changes,
    )


def test_the_length_of_a_packet_is_its_mode() -> None:
    assert [len(packet(tick(), mode)) for mode in Mode] == [8, 44, 184]
    assert [len(packet(tick(INDEX), mode)) for mode in Mode] == [8, 28, 32]


def test_a_full_packet_has_each_field_at_its_place() -> None:
    found = packet(tick(), Mode.FULL)
    assert struct.unpack(">16I", found[:64]) == (
        SHARE, 150055, 7, 149990, 123_456, 60, 63, 149000, 151000, 148000, 149550,
        int(AT.timestamp()), 42, 42, 42, int(AT.timestamp()),
    )  # fmt: skip
    rows = [struct.unpack(">2IH2x", found[at : at + 12]) for at in range(64, 184, 12)]
    assert rows[0] == (10, 150005, 1)
    assert rows[5] == (20, 150105, 2)
    assert rows[8:] == [(0, 0, 0), (0, 0, 0)]  # the book has no more levels


def test_an_index_packet_has_high_before_open() -> None:
    found = struct.unpack(">8I", packet(tick(INDEX), Mode.FULL))
    expected = (INDEX, 150055, 151000, 148000, 149000, 149550, 505, int(AT.timestamp()))
    assert found == expected


def test_a_falling_index_has_its_change_as_a_negative_number_of_32_bits() -> None:
    found = packet(tick(INDEX, last_price=Decimal("1490")), Mode.QUOTE)
    assert struct.unpack(">i", found[24:28]) == (-550,)


@pytest.mark.parametrize(("segment", "factor"), [(1, 100), (3, 10_000_000), (6, 10_000), (7, 100)])
def test_the_segment_decides_the_factor(segment: int, factor: int) -> None:
    assert factor_of(256 * 99 + segment) == factor
    assert scaled(Decimal("84.1025"), factor) == int(Decimal("84.1025") * factor)


def test_prices_outside_the_field_are_its_ends() -> None:
    assert scaled(Decimal(10) ** 12, 100) == 2**32 - 1
    assert scaled(None, 100) == 0


def test_a_tick_without_a_book_or_prices_has_a_packet() -> None:
    bare = Tick(instrument_token=SHARE, instrument_id="NSE:INFY", last_price=Decimal(1), at=AT)
    assert [len(packet(bare, mode)) for mode in Mode] == [8, 44, 184]


def test_a_frame_counts_its_packets() -> None:
    assert frame([b"abc", b"d"]) == b"\x00\x02\x00\x03abc\x00\x01d"
    assert frame([]) == b"\x00\x00"
