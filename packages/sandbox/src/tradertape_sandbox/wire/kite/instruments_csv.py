"""The instrument files: one row an instrument, as the day's dump has them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from tradertape_core.market.instrument import Instrument, InstrumentType

COLUMNS = (
    "instrument_token",
    "exchange_token",
    "tradingsymbol",
    "name",
    "last_price",
    "expiry",
    "strike",
    "tick_size",
    "lot_size",
    "instrument_type",
    "segment",
    "exchange",
)


def instruments_csv(instruments: Iterable[Instrument]) -> str:
    """The file's text, with its header; like the real one it has no prices."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for instrument in instruments:
        writer.writerow(_row(instrument))
    return text.getvalue()


def segment_of(instrument: Instrument) -> str:
    """The segment in Kite's words: `NSE`, `INDICES`, `NFO-OPT`."""
    kind = instrument.instrument_type
    if kind is InstrumentType.INDEX:
        return "INDICES"
    if kind is InstrumentType.EQ:
        return instrument.exchange
    return f"{instrument.exchange}-{'FUT' if kind is InstrumentType.FUT else 'OPT'}"


def _row(instrument: Instrument) -> tuple[object, ...]:
    kind = instrument.instrument_type
    is_index = kind is InstrumentType.INDEX
    # An empty strike is one that Kite's own client cannot read: 0 where there is none.
    return (
        instrument.instrument_token,
        instrument.exchange_token,
        instrument.tradingsymbol,
        instrument.underlying if instrument.is_derivative else instrument.name,
        0.0,
        instrument.expiry.isoformat() if instrument.expiry else "",
        float(instrument.strike or 0),
        0.0 if is_index else float(instrument.tick_size),
        0 if is_index else instrument.lot_size,
        "EQ" if is_index else kind.value,
        segment_of(instrument),
        instrument.exchange,
    )
