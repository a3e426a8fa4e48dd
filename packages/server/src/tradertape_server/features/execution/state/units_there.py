"""What the books may ask about units at brokers; both answers are from memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tradertape_core.ledger.drift import Place

AtBroker = Callable[[int], Mapping[Place, int]]  # of an account: units there less units here


@dataclass(frozen=True, slots=True)
class SharesThere:
    """Delivered shares at a broker, over both exchanges: units, and their average cost, rupees."""

    units: int
    average: Decimal


OfShares = Callable[[int, Place], SharesThere | None]  # of an account; None: not known


def nothing_known(_account_id: int) -> Mapping[Place, int]:
    """Nothing is known of any account's units at a broker."""
    return {}


def no_shares(_account_id: int, _place: Place) -> SharesThere | None:
    """Nothing is known of any account's shares at a broker."""
    return None
