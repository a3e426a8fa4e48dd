"""What the book is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from tradertape_core.wealth.funds import FundClass
from tradertape_core.wealth.records import BookTrade, FundTransaction, LedgerLine
from tradertape_core.wealth.statements.quality import ImportedFile


class Files(Protocol):
    """What a person's uploaded files state. Overlapping files state each record once."""

    def version(self, user_id: int) -> int:
        """A number that changes with each import and each undo of the person."""
        ...

    def size(self, user_id: int) -> int:
        """How many rows the person's imported files have: how long a reckoning takes."""
        ...

    def files(self, user_id: int) -> Sequence[ImportedFile]:
        """The person's imported files, oldest first."""
        ...

    def trades(self, user_id: int) -> tuple[BookTrade, ...]:
        """All trades of the person, by time."""
        ...

    def ledger_lines(self, user_id: int) -> tuple[LedgerLine, ...]:
        """All ledger lines of the person, by day."""
        ...

    def fund_transactions(self, user_id: int) -> tuple[FundTransaction, ...]:
        """All transactions of mutual funds of the person, by day."""
        ...


class Records(Files, Protocol):
    """The files, and what the person set of their funds and contracts."""

    def fund_classes(self, user_id: int) -> Mapping[str, FundClass]:
        """The classes that the person set, by instrument."""
        ...

    def set_fund_class(self, user_id: int, instrument: str, chosen: FundClass | None) -> None:
        """Set the class of a fund; None takes it back. Either makes another version."""
        ...

    def settlement_prices(self, user_id: int) -> Mapping[str, Decimal]:
        """Rupees that the person says contracts were worth at their expiry, by symbol."""
        ...

    def set_settlement_price(self, user_id: int, symbol: str, price: Decimal | None) -> None:
        """State what a contract was worth; None takes it back. Either makes another version."""
        ...
