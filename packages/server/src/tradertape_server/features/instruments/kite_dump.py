"""The daily instrument file of Kite Connect: a CSV with one row per instrument."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.market.instrument import Instrument, InstrumentType, OptionType

COLUMNS = (
    "instrument_token", "exchange_token", "tradingsymbol", "name", "last_price", "expiry",
    "strike", "tick_size", "lot_size", "instrument_type", "segment", "exchange",
)  # fmt: skip
EXCHANGES = frozenset({"NSE", "BSE", "NFO", "BFO"})


@dataclass(frozen=True, slots=True)
class Dump:
    """The content of a file: instruments, and the number of refused rows by reason."""

    instruments: tuple[Instrument, ...]
    refused: Counter[str] = field(default_factory=Counter[str])


def read_dump(lines: Iterable[str]) -> Dump:
    """Read a file's lines. Rows of unsupported exchanges are left out.

    Raises InvalidInput when a column is missing or no row is valid.
    """
    reader = csv.DictReader(lines)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInput(
            f"this is not an instrument file of Kite: no column {', '.join(missing)}"
        )
    found: dict[int, Instrument] = {}
    refused: Counter[str] = Counter()
    for row in reader:
        if row.get("exchange") not in EXCHANGES:
            refused["another exchange"] += 1
            continue
        try:
            one = _instrument(row)
        except (ValueError, TypeError, ArithmeticError, KeyError):
            refused["a field that cannot be read"] += 1
            continue
        if one.instrument_token in found:
            refused["a token that came before"] += 1
            continue
        found[one.instrument_token] = one
    if not found:
        raise InvalidInput("no row of the file could be read")
    return Dump(tuple(found.values()), refused)


def _instrument(row: dict[str, str]) -> Instrument:
    is_index = row["segment"] == "INDICES"
    kind = InstrumentType.INDEX if is_index else InstrumentType(row["instrument_type"])
    is_derivative = kind in (InstrumentType.FUT, InstrumentType.CE, InstrumentType.PE)
    symbol = row["tradingsymbol"].strip()
    token, lot = int(row["instrument_token"]), int(row["lot_size"] or 1)
    tick = _positive(row["tick_size"], otherwise="0.01" if is_index else "0.05")
    if token <= 0 or not symbol:
        raise ValueError("neither a token nor a symbol")
    contract = INDEX_CONTRACTS.get(row["name"].strip('" '))
    return Instrument(
        exchange=row["exchange"],
        tradingsymbol=symbol,
        instrument_token=token,
        exchange_token=int(row["exchange_token"]),
        name=row["name"].strip('" '),
        lot_size=max(1, lot),
        tick_size=tick,
        freeze_quantity=contract.freeze_quantity if contract and is_derivative else None,
        segment=row["segment"],
        instrument_type=kind,
        expiry=date.fromisoformat(row["expiry"]) if is_derivative else None,
        strike=_positive(row["strike"]) if kind in (InstrumentType.CE, InstrumentType.PE) else None,
        option_type=_option_type(kind),
        underlying=row["name"].strip('" ') if is_derivative else symbol,
    )


def _option_type(kind: InstrumentType) -> OptionType | None:
    if kind is InstrumentType.CE:
        return "CE"
    return "PE" if kind is InstrumentType.PE else None


def _positive(text: str, *, otherwise: str = "") -> Decimal:
    number = Decimal(text or "0")
    if number.is_finite() and number > 0:
        return number
    if not otherwise:
        raise InvalidOperation(f"{text!r} is not above zero")
    return Decimal(otherwise)
