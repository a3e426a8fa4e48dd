"""What can be traded: one row of the exchanges' instrument files, in Kite's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from tradertape_core.kernel.python310 import StrEnum


class InstrumentType(StrEnum):
    """Kinds of instruments; an index is quoted but never traded."""

    EQ = "EQ"
    FUT = "FUT"
    CE = "CE"
    PE = "PE"
    INDEX = "INDEX"


OptionType = Literal["CE", "PE"]

# Series that settle every trade by itself, so that a purchase cannot be sold the same day:
# NSE's BE, BZ and BT carry the series behind the symbol.
_TRADE_TO_TRADE = ("-BE", "-BZ", "-BT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One instrument of one exchange. Prices are rupees; quantities units, not lots."""

    exchange: str
    tradingsymbol: str
    instrument_token: int
    exchange_token: int
    name: str = ""
    isin: str = ""
    lot_size: int = 1
    tick_size: Decimal = Decimal("0.05")
    freeze_quantity: int | None = None  # the largest quantity of one order; None: no limit known
    segment: str = "NSE"
    instrument_type: InstrumentType = InstrumentType.EQ
    expiry: date | None = None
    strike: Decimal | None = None
    option_type: OptionType | None = None
    underlying: str = ""

    @property
    def id(self) -> str:
        """`NSE:INFY`: what people and other programs call it."""
        return f"{self.exchange}:{self.tradingsymbol}"

    @property
    def is_derivative(self) -> bool:
        """Whether it is a future or an option."""
        return self.instrument_type in (InstrumentType.FUT, InstrumentType.CE, InstrumentType.PE)

    @property
    def is_option(self) -> bool:
        """Whether it is a call or a put."""
        return self.instrument_type in (InstrumentType.CE, InstrumentType.PE)

    @property
    def is_trade_to_trade(self) -> bool:
        """Whether it may only be traded for delivery (series BE and the like)."""
        return self.tradingsymbol.endswith(_TRADE_TO_TRADE)
