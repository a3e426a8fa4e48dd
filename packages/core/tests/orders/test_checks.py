"""An order against its instrument: every code of the preview, and where each begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.tick import Tick
from tradertape_core.orders.checks import check_against, nearest_tick, slices_of
from tradertape_core.orders.denials import WORDS, DenialReason, denial
from tradertape_core.orders.fields import read_order

INFY = Instrument(
    exchange="NSE",
    tradingsymbol="INFY",
    instrument_token=408065,
    exchange_token=1594,
    tick_size=Decimal("0.05"),
)
NIFTY = Instrument(
    exchange="NFO",
    tradingsymbol="NIFTY26AUGFUT",
    instrument_token=14866434,
    exchange_token=58072,
    tick_size=Decimal("0.1"),
    lot_size=65,
    freeze_quantity=1800,
    instrument_type=InstrumentType.FUT,
    expiry=date(2026, 8, 25),
)
SHARE = {
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "transaction_type": "BUY",
    "product": "MIS",
    "order_type": "LIMIT",
    "price": 1450,
    "quantity": 10,
}
FUTURE = SHARE | {
    "exchange": "NFO",
    "tradingsymbol": "NIFTY26AUGFUT",
    "product": "NRML",
    "price": 24500,
    "quantity": 65,
}


def quote(now: datetime, **more: object) -> Tick:
    facts = {"bid": Decimal("1449.95"), "ask": Decimal(1450), **more}
    return Tick(
        instrument_token=408065,
        instrument_id="NSE:INFY",
        last_price=Decimal(1450),
        at=now,
        **facts,
    )


def codes(
    now: datetime,
    document: dict[str, object],
    instrument: Instrument = INFY,
    **more: object,
) -> tuple[set[str], set[str]]:
    more = {"tick": quote(now), **more}
    checked = check_against(read_order(document), instrument, now=now, **more)
    return {one.reason for one in checked.denials}, {one.reason for one in checked.warnings}


_MARKET = SHARE | {"order_type": "MARKET", "price": 0}
_SLICED = FUTURE | {"quantity": 18200, "autoslice": True}


@pytest.mark.parametrize(
    ("document", "instrument", "denied"),
    [
        (SHARE, INFY, set()),
        (SHARE | {"price": 1450.02}, INFY, {"not_a_tick"}),
        (FUTURE, NIFTY, set()),
        (FUTURE | {"quantity": 40}, NIFTY, {"not_a_lot"}),
        (FUTURE | {"quantity": 1755}, NIFTY, set()),
        (FUTURE | {"quantity": 1820}, NIFTY, {"over_freeze_quantity"}),
        (FUTURE | {"quantity": 1820, "autoslice": True}, NIFTY, set()),
        (FUTURE | {"quantity": 17550, "autoslice": True}, NIFTY, set()),
        (_SLICED, NIFTY, {"too_many_slices"}),
        (FUTURE | {"quantity": 1820, "variety": "iceberg", "iceberg_legs": 2}, NIFTY, set()),
        (FUTURE, replace(NIFTY, expiry=date(2026, 8, 17)), {"expired"}),
        (SHARE, replace(INFY, instrument_type=InstrumentType.INDEX), {"not_tradable"}),
        (SHARE, replace(INFY, tradingsymbol="INFY-BE"), {"t2t_intraday"}),
        (SHARE | {"product": "CNC"}, replace(INFY, tradingsymbol="INFY-BE"), set()),
    ],
)
def test_the_instrument_refuses(
    noon: datetime, document: dict[str, object], instrument: Instrument, denied: set[str]
) -> None:
    """KO-03, KO-05."""
    assert codes(noon, document, instrument)[0] == denied


@pytest.mark.parametrize(
    ("quantity", "held", "denied"),
    [
        (40, 0, {"not_a_lot"}),
        (40, 40, set()),
        (40, 105, set()),  # a lot stays
        (65, 105, set()),
        (50, 105, {"not_a_lot"}),
        (1820, 1820, {"over_freeze_quantity"}),  # it can be closed in two orders
    ],
)
def test_an_order_may_close_what_an_older_lot_size_left_over(
    noon: datetime, quantity: int, held: int, denied: set[str]
) -> None:
    assert codes(noon, FUTURE | {"quantity": quantity}, NIFTY, held=held)[0] == denied


def test_shares_that_came_to_settle_one_by_one_can_still_be_left(noon: datetime) -> None:
    assert codes(noon, SHARE, replace(INFY, tradingsymbol="INFY-BE"), held=10)[0] == set()


def test_a_freeze_equal_to_the_limit_passes(noon: datetime) -> None:
    """KO-07."""
    exact = replace(NIFTY, freeze_quantity=1820)
    assert codes(noon, FUTURE | {"quantity": 1820}, exact)[0] == set()


@pytest.mark.parametrize(
    ("side", "stoploss", "squareoff", "refused"),
    [
        ("BUY", 145, 145, set()),
        ("BUY", 145.05, 5, {"/stoploss"}),
        ("BUY", 2000, 2000, {"/stoploss", "/squareoff"}),
        ("SELL", 145.05, 5, {"/stoploss"}),
        ("SELL", 5, 145.05, {"/squareoff"}),
        ("BUY", 5, 0, set()),
    ],
)
def test_a_cover_order_whose_exits_the_exchange_refuses_is_not_entered(
    noon: datetime, side: str, stoploss: float, squareoff: float, refused: set[str]
) -> None:
    """KO-02: it would stand without the stop it promises."""
    limits = {"lower_circuit": Decimal(1305), "upper_circuit": Decimal(1595)}
    tick = quote(noon, **limits)
    document = SHARE | {"variety": "co", "transaction_type": side} | {
        "stoploss": stoploss, "squareoff": squareoff,
    }  # fmt: skip
    request = read_order(document)
    denials = check_against(request, INFY, now=noon, tick=tick).denials
    assert {one.pointer for one in denials} == refused
    assert {one.reason.value for one in denials} <= {"cover_outside_circuit"}
    assert check_against(request, INFY, now=noon, tick=tick, is_change=True).denials == ()


def test_prices_outside_the_circuit_are_refused_at_it_they_are_not(noon: datetime) -> None:
    limits = {"lower_circuit": Decimal(1305), "upper_circuit": Decimal(1595)}
    tick = quote(noon, **limits)
    assert codes(noon, SHARE | {"price": 1595}, tick=tick)[0] == set()
    assert codes(noon, SHARE | {"price": 1595.05}, tick=tick)[0] == {"price_outside_circuit"}
    stop = SHARE | {"order_type": "SL-M", "price": 0, "trigger_price": 1304.95}
    assert codes(noon, stop, tick=tick)[0] == {"price_outside_circuit"}


def test_outside_hours_only_an_after_market_order_is_taken(noon: datetime) -> None:
    """KO-02."""
    assert codes(noon, SHARE, phase=None)[0] == {"market_closed_use_amo"}
    assert codes(noon, SHARE | {"variety": "amo"}, phase=None)[0] == set()


def test_warnings_do_not_refuse(noon: datetime) -> None:
    """KP-01."""
    naked = _MARKET | {"market_protection": 0}
    assert codes(noon, naked) == (set(), {"no_market_protection"})
    assert codes(noon, _MARKET) == (set(), set())
    ends_today = replace(NIFTY, expiry=date(2026, 8, 18))
    assert codes(noon, FUTURE, ends_today) == (set(), {"expiry_today"})
    wide = quote(noon, ask=Decimal(1560))
    assert codes(noon, SHARE, tick=wide) == (set(), {"illiquid"})
    assert codes(noon, SHARE, tick=quote(noon, ask=None)) == (set(), {"illiquid"})
    assert codes(noon, SHARE, tick=quote(noon, bid=None, ask=None)) == (set(), set())
    assert codes(noon, SHARE, tick=None) == (set(), {"no_price"})


@pytest.mark.parametrize(
    ("quantity", "disclosed", "denied"),
    [
        (100, 0, set()),
        (100, 10, set()),
        (100, 9, {"disclosed_too_small"}),
        (101, 10, {"disclosed_too_small"}),
        (101, 11, set()),
        (5, 1, set()),
    ],
)
def test_a_tenth_of_the_quantity_is_disclosed_or_all(
    noon: datetime, quantity: int, disclosed: int, denied: set[str]
) -> None:
    document = SHARE | {"quantity": quantity, "disclosed_quantity": disclosed}
    assert codes(noon, document)[0] == denied


def test_a_stop_at_market_on_an_option_is_taken_with_a_warning(noon: datetime) -> None:
    call = replace(NIFTY, instrument_type=InstrumentType.CE, strike=Decimal(24_500))
    stop = FUTURE | {"order_type": "SL-M", "price": 0, "trigger_price": 24_500}
    assert codes(noon, stop, call) == (set(), {"sl_m_on_option"})
    assert codes(noon, stop, NIFTY) == (set(), set())
    limited = stop | {"order_type": "SL", "price": 24_500}
    assert codes(noon, limited, call) == (set(), set())


@pytest.mark.parametrize(
    ("document", "instrument", "warned"),
    [
        (SHARE | {"quantity": 68}, INFY, {"iceberg_too_small"}),  # ₹98,600
        (SHARE | {"quantity": 69}, INFY, set()),  # ₹1,00,050
        (SHARE | {"quantity": 68, "price": 0, "order_type": "MARKET"}, INFY, {"iceberg_too_small"}),
        (FUTURE | {"quantity": 260}, NIFTY, {"iceberg_too_small"}),
        (FUTURE | {"quantity": 325}, NIFTY, set()),
    ],
)
def test_a_small_iceberg_is_taken_with_a_warning(
    noon: datetime, document: dict[str, object], instrument: Instrument, warned: set[str]
) -> None:
    iceberg = document | {"variety": "iceberg", "iceberg_legs": 2}
    assert codes(noon, iceberg, instrument) == (set(), warned)


def test_a_denial_says_where_and_what_to_do(noon: datetime) -> None:
    request = read_order(SHARE | {"price": 1450.02})
    found = check_against(request, INFY, now=noon, at="/order").denials[0]
    assert found.pointer == "/order/price"
    assert found.message == "price must be a multiple of 0.05, was 1,450.02; nearest: 1,450.00"


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(DenialReason)


@pytest.mark.parametrize(
    ("quantity", "freeze", "lot", "parts"),
    [
        (1820, 1800, 65, (1755, 65)),
        (3510, 1800, 65, (1755, 1755)),
        (10, 100, 1, (10,)),
        (10, 3, 5, (5, 5)),
    ],
)
def test_slices_are_whole_lots_below_the_freeze_quantity(
    quantity: int, freeze: int, lot: int, parts: tuple[int, ...]
) -> None:
    """KO-07."""
    assert slices_of(quantity, freeze, lot) == parts


@pytest.mark.parametrize(
    ("reason", "facts", "words"),
    [
        (
            DenialReason.NOT_A_TICK,
            {"field": "price", "tick": Decimal("0.050000"), "value": 134321.5, "near": 134321.5},
            "price must be a multiple of 0.05, was 1,34,321.50; nearest: 1,34,321.50",
        ),
        (
            DenialReason.NOT_A_LOT,
            {"lot": 75, "quantity": 180_010},
            "quantity must be a multiple of 75, was 1,80,010",
        ),
        (
            DenialReason.GTT_NOT_ACTIVE,
            {"trigger_id": "12345", "status": "deleted"},
            "trigger 12345 is deleted: only an active one can change",
        ),
    ],
)
def test_figures_are_said_as_people_write_them(
    reason: DenialReason, facts: dict[str, object], words: str
) -> None:
    exact = {k: Decimal(str(v)) if isinstance(v, float) else v for k, v in facts.items()}
    assert denial(reason, **exact).message == words


def test_the_nearest_tick_is_half_up() -> None:
    assert nearest_tick(Decimal("1450.025"), Decimal("0.05")) == Decimal("1450.05")
