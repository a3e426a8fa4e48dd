"""Profit and loss at the market, and which ticks count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_core.ledger.charges import NO_CHARGES, Charges
from tradertape_core.ledger.marks import is_plausible, mark_of
from tradertape_core.ledger.pnl import LegSide, pnl_of
from tradertape_core.ledger.position import Position, apply_fill, key_of
from tradertape_core.market.tick import Tick

NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)


def tick(price, *, instrument="NSE:INFY", age=1, **more):
    return Tick(
        instrument_token=408065,
        instrument_id=instrument,
        last_price=Decimal(str(price)),
        at=NOW - timedelta(seconds=age),
        **more,
    )


def held(*fills, charges=NO_CHARGES):
    position = Position(key=key_of(fills[0]))
    for one in fills:
        position = apply_fill(position, one, charges)
    return position


def pnl(positions, *ticks, **more):
    return pnl_of(positions, {t.instrument_id: t for t in ticks}, NOW, **more)


def test_a_long_and_a_short_leg_add_up(fill):
    charges = Charges(brokerage=2_000, gst=360)
    long = held(fill("B 10 100"), fill("S 4 110"), charges=charges)
    short = held(fill("S 5 200", instrument="NSE:TCS"))
    found = pnl([short, long], tick(105), tick(190, instrument="NSE:TCS"))
    first, second = found.legs
    assert (first.instrument, first.side, first.quantity) == ("NSE:INFY", LegSide.LONG, 6)
    assert (first.amounts.realised_paise, first.amounts.unrealised_paise) == (4_000, 3_000)
    assert (first.amounts.brokerage_paise, first.amounts.taxes_paise) == (4_000, 720)
    assert first.amounts.net_paise == 7_000 - 4_720
    assert (second.side, second.amounts.gross_paise) == (LegSide.SHORT, 5_000)
    assert found.totals.net_paise == 7_280
    assert (found.position_count, found.is_realtime, found.is_stale) == (2, True, False)
    assert found.gross_exposure_paise == 63_000 + 95_000
    assert (first.exchange, first.tradingsymbol, first.instrument_token) == ("NSE", "INFY", 408065)


def test_a_dry_run_has_zero_totals_and_no_legs(fill):
    found = pnl([held(fill("B 10 100"))], tick(105), is_dry_run=True)
    assert (found.legs, found.totals.net_paise, found.position_count) == ((), 0, 0)
    assert not found.is_stale
    assert not found.is_realtime


@pytest.mark.parametrize("age", [31, 3_600])
def test_an_old_mark_still_values_but_is_flagged(fill, age):
    found = pnl([held(fill("B 10 100"))], tick(105, age=age))
    assert (found.totals.unrealised_paise, found.is_stale, found.is_realtime) == (
        5_000,
        True,
        False,
    )


def test_without_a_tick_nothing_is_unrealised_and_the_run_is_stale(fill):
    found = pnl([held(fill("B 10 100"))])
    leg = found.legs[0]
    assert (leg.last_price, leg.amounts.unrealised_paise, leg.is_stale) == (None, 0, True)
    assert (leg.exposure_paise, found.marked_at) == (100_000, None)


def test_a_closed_leg_needs_no_mark(fill):
    found = pnl([held(fill("B 10 100"), fill("S 10 101"))])
    assert (found.legs[0].side, found.totals.realised_paise) == (LegSide.FLAT, 1_000)
    assert (found.is_stale, found.position_count, found.gross_exposure_paise) == (False, 0, 0)


def test_todays_figures_leave_out_what_was_realised_before(fill):
    position = held(fill("B 10 100"), fill("S 5 110"), charges=Charges(stt=7))
    tomorrow = NOW + timedelta(days=1)
    found = pnl_of([position], {}, tomorrow, today_only=True)
    assert (found.totals.realised_paise, found.totals.charges_paise) == (0, 0)
    assert pnl([position], today_only=True).totals.realised_paise == 5_000


@pytest.mark.parametrize(
    ("one", "plausible"),
    [
        (tick(100), True),
        (tick("NaN"), False),
        (tick("Infinity"), False),
        (tick(0), False),
        (tick(-1), False),
        (tick(1000, close=Decimal(100)), False),
        (tick(10, close=Decimal(100)), False),
        (tick(120, close=Decimal(100)), True),
        (tick(111, lower_circuit=Decimal(90), upper_circuit=Decimal(110)), False),
        (tick(89, lower_circuit=Decimal(90), upper_circuit=Decimal(110)), False),
        (tick(1000, instrument="NFO:NIFTY26JUN24000CE", close=Decimal(100)), True),
        (tick(1000, instrument="NFO:NIFTY26JUNFUT", close=Decimal(100)), False),
    ],
)
def test_a_freak_tick_never_values_anything(fill, one, plausible):
    """FAULTS 4: NaN, infinite, negative, zero and tenfold prices never reach a P&L."""
    assert is_plausible(one) is plausible
    mark = mark_of({one.instrument_id: one}, one.instrument_id, NOW)
    assert (mark.price is not None) is plausible
    assert mark.is_stale is not plausible
