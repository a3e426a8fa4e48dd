"""Whether a new list of instruments may replace the one in use. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from tradertape_brokers.errors import Unavailable
from tradertape_core.market.instrument import Instrument, InstrumentType

LARGEST_LOSS: Final = Decimal("0.2")  # of an exchange's shares and indices, overnight
LARGEST_EXPIRY: Final = Decimal("0.6")  # of its contracts: a month's may expire in one day
MOST_UNUSABLE: Final = Decimal("0.01")  # of the rows
HIGHEST_TICK: Final = Decimal(100)
HIGHEST_LOT: Final = 1_000_000
_SHOWN: Final = 5


class BadMaster(Unavailable):
    """A list that must not replace the one in use; the text says why."""


def checked(new: Iterable[Instrument], old: Sequence[Instrument] = ()) -> list[Instrument]:
    """Return the usable rows of a new list. Raises BadMaster when it must not be used.

    A row with an impossible lot, tick, expiry or strike is left out; more than one in a hundred
    make the list bad, and so do two rows of one name or token, and an exchange that has lost more
    rows since the old list than can expire.
    """
    given = list(new)
    usable = [one for one in given if fault_of(one) is None]
    faults = Counter(fault for one in given if (fault := fault_of(one)) is not None)
    if not usable or faults.total() > len(given) * MOST_UNUSABLE:
        told = ", ".join(f"{count} with {fault}" for fault, count in faults.most_common(_SHOWN))
        raise BadMaster(f"{len(usable)} of {len(given)} rows are usable; {told or 'it is empty'}")
    _refuse_duplicates(usable)
    _refuse_losses(usable, old)
    return usable


def fault_of(one: Instrument) -> str | None:
    """Say what makes a row unusable; None if it is sound."""
    if not one.exchange or not one.tradingsymbol or one.instrument_token <= 0:
        return "no exchange, symbol or token"
    if not 1 <= one.lot_size <= HIGHEST_LOT:
        return "an impossible lot size"
    if not (one.tick_size.is_finite() and 0 < one.tick_size <= HIGHEST_TICK):
        return "an impossible tick size"
    if one.is_derivative and (one.expiry is None or not one.underlying):
        return "no expiry or underlying"
    if one.is_option and not _is_price(one.strike):
        return "no strike"
    return None


def _is_price(value: Decimal | None) -> bool:
    return value is not None and value.is_finite() and value > 0


def _refuse_duplicates(rows: Sequence[Instrument]) -> None:
    keys = {
        "name": Counter(one.id for one in rows),
        "token": Counter(str(one.instrument_token) for one in rows),
    }
    for what, counted in keys.items():
        twice = [key for key, count in counted.items() if count > 1]
        if twice:
            shown = ", ".join(twice[:_SHOWN])
            raise BadMaster(f"{len(twice)} instruments have the {what} of another: {shown}")


def _refuse_losses(new: Sequence[Instrument], old: Sequence[Instrument]) -> None:
    after = _counts(new)
    for (exchange, is_contract), before in _counts(old).items():
        now = after[exchange, is_contract]
        allowed = LARGEST_EXPIRY if is_contract else LARGEST_LOSS
        # A handful of rows says nothing: two of three may well be gone.
        if before - now > max(before * allowed, _SHOWN):
            what = "contracts" if is_contract else "shares and indices"
            raise BadMaster(f"{exchange} has {now} {what} after {before} the day before")


def _counts(rows: Sequence[Instrument]) -> Counter[tuple[str, bool]]:
    return Counter((one.exchange, one.is_derivative) for one in rows)


def is_index(one: Instrument) -> bool:
    """Whether it is quoted and never traded: brokers number their indices as they like."""
    return one.instrument_type is InstrumentType.INDEX
