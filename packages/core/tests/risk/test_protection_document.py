"""The protection document: every rule of the contract as its own problem (KN-01 to KN-04)."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tradertape_core.kernel.errors import InvalidDocument
from tradertape_core.orders.order import Product, Side
from tradertape_core.risk.protection_document import protection_document, read_protection

LEG = {
    "symbol": "NSE:INFY",
    "product": "CNC",
    "side": "BUY",
    "quantity": 1,
    "entry_price": 1500.0,
    "stoploss_pct": 2.0,
}


def leg(**changes):
    changed = {**LEG, **changes}
    return {"positions": [{k: v for k, v in changed.items() if v is not None}]}


def test_the_documents_of_the_guide_are_read():
    document = {
        "positions": [LEG],
        "basket": {"stoploss_pct": 4.0},
        "operations": {"exit_on_worker_stale": True, "worker_stale_sec": 300},
    }
    found = read_protection(document)
    one = found.positions[0]
    assert (one.product, one.side, one.entry_price) == (Product.CNC, Side.BUY, Decimal("1500.0"))
    assert (one.instrument, one.stoploss_pct) == ("NSE:INFY", Decimal("2.0"))
    assert found.basket.stoploss_pct == 4
    assert (found.operations.worker_stale_sec, found.enabled, found.version) == (300, True, 1)
    assert found.mode == "exposure"


@pytest.mark.parametrize(
    ("document", "pointer", "words"),
    [
        (leg(product="MTF"), "/positions/0/product", "one of CNC, MIS, NRML"),
        (leg(side="LONG"), "/positions/0/side", "one of BUY, SELL"),
        (leg(quantity=0), "/positions/0/quantity", "positive"),
        (leg(quantity=1.5), "/positions/0/quantity", "whole number"),
        (leg(quantity=True), "/positions/0/quantity", "must be a number"),
        (leg(entry_price=0), "/positions/0/entry_price", "must be positive"),
        (leg(entry_price=-1), "/positions/0/entry_price", "must be positive"),
        (leg(entry_price=float("nan")), "/positions/0/entry_price", "finite"),
        (leg(entry_price=None), "/positions/0/entry_price", "required"),
        (leg(stoploss_pct=0), "/positions/0/stoploss_pct", "positive"),
        (leg(stoploss_pct=100), "/positions/0/stoploss_pct", "it never triggers"),
        (leg(stoploss_pct="2"), "/positions/0/stoploss_pct", "without quotes"),
        (leg(target_pct=-3), "/positions/0/target_pct", "positive"),
        (leg(trailing_stoploss_pct=0), "/positions/0/trailing_stoploss_pct", "positive"),
        (leg(stoploss_pct=None), "/positions/0/stoploss_pct", "at least one of"),
        (leg(symbol=None), "/positions/0/symbol", "instrument_token"),
        (leg(symbol=7), "/positions/0/symbol", "must be a text"),
        (leg(stop_pct=3), "/positions/0/stop_pct", "not a field"),
        ({"positions": ["NSE:INFY"]}, "/positions/0", "must be an object"),
        ({"positions": {}}, "/positions", "must be a list"),
        ({"positions": [LEG] * 501}, "/positions", "at most 500"),
        ({"basket": {}}, "/basket/stoploss_pct", "at least one of"),
        ({"basket": {"trailing_activate_pct": 2}}, "/basket/stoploss_pct", "at least one of"),
        (
            {"basket": {"trailing_drawdown_pct": 2}},
            "/basket/trailing_activate_pct",
            "is required with trailing_drawdown_pct",
        ),
        ({"basket": {"target_pct": 0}}, "/basket/target_pct", "positive"),
        ({"basket": 4}, "/basket", "must be an object"),
        (
            {"operations": {"exit_on_worker_stale": True}},
            "/operations/worker_stale_sec",
            "is required",
        ),
        ({"operations": {"worker_stale_sec": 29}}, "/operations/worker_stale_sec", "30 to 86400"),
        ({"operations": {"worker_stale_sec": 86401}}, "/operations/worker_stale_sec", "86400"),
        (
            {"operations": {"mis_squareoff_buffer_sec": -1}},
            "/operations/mis_squareoff_buffer_sec",
            "zero",
        ),
        (
            {"operations": {"mis_squareoff_buffer_sec": 3601}},
            "/operations/mis_squareoff_buffer_sec",
            "0 to 3600",
        ),
        (
            {"operations": {"exit_on_worker_stale": "yes"}},
            "/operations/exit_on_worker_stale",
            "true or false",
        ),
        ({}, "/positions", "needs a position"),
        ({"operations": {"worker_stale_sec": 60}}, "/positions", "needs a position"),
        (leg() | {"version": 0}, "/version", "positive"),
        (leg() | {"enabled": "no"}, "/enabled", "true or false"),
        (leg() | {"mode": 3}, "/mode", "must be a text"),
        (leg() | {"postions": []}, "/postions", "did you mean positions"),
        ([], "", "must be an object"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_one_problem_at_its_place(document, pointer, words):
    with pytest.raises(InvalidDocument) as error:
        read_protection(document, at="/protection")
    problems = error.value.problems
    assert [one.pointer for one in problems] == ["/protection" + pointer]
    assert words in problems[0].message


def test_every_problem_is_named_at_once():
    with pytest.raises(InvalidDocument) as error:
        read_protection(leg(product="X", quantity=-1) | {"basket": {}, "version": -1})
    assert len(error.value.problems) == 4


@pytest.mark.parametrize("mode", ["", "  ", None, "exposure"])
def test_a_blank_mode_is_exposure(mode):
    assert read_protection(leg() | {"mode": mode}).mode == "exposure"


def test_words_are_trimmed_and_written_in_capitals():
    one = read_protection(leg(product=" cnc ", side="buy", symbol="nse: infy")).positions[0]
    assert (one.product, one.side, one.symbol) == (Product.CNC, Side.BUY, "NSE:INFY")


@pytest.mark.parametrize(
    ("changes", "instrument"),
    [
        ({"symbol": "INFY"}, None),
        ({"symbol": "INFY", "exchange": "bse"}, "BSE:INFY"),
        ({"symbol": "INFY", "exchange": "NSE", "tradingsymbol": "TCS"}, "NSE:TCS"),
        ({"symbol": None, "instrument_token": 408065}, None),
    ],
)
def test_the_instrument_is_known_when_the_document_names_it(changes, instrument):
    assert read_protection(leg(**changes)).positions[0].instrument == instrument


def test_a_disabled_protection_needs_no_rules():
    assert not read_protection({"enabled": False}).enabled


def test_percentages_have_no_upper_limit():
    assert read_protection(leg(target_pct=100_000)).positions[0].target_pct == 100_000
    assert read_protection(leg(side="SELL", stoploss_pct=100_000)).positions[0].stoploss_pct
    assert read_protection(leg(trailing_stoploss_pct=150)).positions[0].trailing_stoploss_pct == 150


def test_a_document_is_written_as_its_client_writes_it():
    document = {
        "enabled": True,
        "mode": "exposure",
        "version": 3,
        "positions": [LEG | {"trailing_stoploss_pct": 1.25}],
        "basket": {"trailing_activate_pct": 2.0, "trailing_drawdown_pct": 0.7},
        "operations": {"mis_squareoff_buffer_sec": 0},
    }
    written = protection_document(read_protection(document))
    assert written == document
    assert read_protection(json.loads(json.dumps(written))) == read_protection(document)
