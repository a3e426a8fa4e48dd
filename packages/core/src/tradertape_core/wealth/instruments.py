"""Which trades are of one instrument: a share keeps its identity over splits and renames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.wealth.records import BookTrade, Segment

# An ISIN of an Indian company's equity: IN, E or 9, four of the issuer, A, 01, two serial, check.
# A split or a consolidation changes the face value and with it the serial number and the check.
_EQUITY_PREFIX = 9
_EQUITY_TYPE = "01"
_EXPECTED_LENGTH = 12


class ActionKind(StrEnum):
    """What a company did to its shares. A split keeps the dates of purchase, a bonus does not."""

    SPLIT = "split"
    BONUS = "bonus"
    CONSOLIDATION = "consolidation"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareAction:
    """`new` shares for every `old` one held before `ex_date`: a bonus 1:1 is new=2, old=1.

    symbol: the exchange's, as the market data has it.
    """

    symbol: str
    ex_date: date
    kind: ActionKind
    new: int
    old: int

    def __post_init__(self) -> None:
        if self.new < 1 or self.old < 1:
            raise InvalidInput("a corporate action gives and takes at least one share")
        if self.kind is ActionKind.BONUS and self.new <= self.old:
            raise InvalidInput("a bonus leaves more shares than before")


@dataclass(frozen=True, slots=True)
class Identities:
    """Names of the book's instruments. of_symbol: the instrument of an equity's symbol."""

    of_symbol: Mapping[str, str]

    def of(self, trade: BookTrade) -> str:
        """The instrument of a trade: an issuer's prefix, an ISIN or a symbol."""
        if trade.segment is not Segment.EQUITY:
            return trade.symbol
        if trade.isin:
            return stable_isin(trade.isin)
        return self.of_symbol.get(trade.symbol, trade.symbol)


def identify(trades: Iterable[BookTrade]) -> Identities:
    """Learn from the trades that state both which ISIN belongs to which symbol."""
    return Identities(
        {
            trade.symbol: stable_isin(trade.isin)
            for trade in trades
            if trade.isin and trade.segment is Segment.EQUITY
        }
    )


def stable_isin(isin: str) -> str:
    """The part of an ISIN that a split leaves unchanged; the whole of any other than a share's."""
    is_share = len(isin) == _EXPECTED_LENGTH and isin.startswith(("INE", "IN9"))
    return isin[:_EQUITY_PREFIX] if is_share and isin[7:9] == _EQUITY_TYPE else isin
