"""Protections in one line, for the tests of their rules and laws."""

from __future__ import annotations

from tradertape_core.risk.protection_decision import Surroundings
from tradertape_core.risk.protection_document import read_protection
from tradertape_core.risk.protection_state import ProtectionState, arm

from .conftest import NOW

INFY, TCS = "NSE:INFY", "NSE:TCS"


def leg(side="BUY", quantity=10, entry=100, symbol=INFY, product="MIS", **rules):
    return {
        "symbol": symbol,
        "product": product,
        "side": side,
        "quantity": quantity,
        "entry_price": entry,
        **rules,
    }


def armed(document, state=None, **more):
    protection = read_protection(document)
    names = [one.instrument for one in protection.positions]
    return arm(state or ProtectionState(), protection, instruments=names, now=NOW, **more)


def at(**more):
    return Surroundings(now=more.pop("now", NOW), **more)
