"""What a member's book is read from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tradertape_server.features.holdings.schemas import HoldingOut, MarginOut, PositionOut
from tradertape_server.features.holdings.service import Listing
from tradertape_server.features.wealth.schemas import (
    CashReconciliationOut,
    FundOut,
    WealthHoldingsOut,
    WealthSummaryOut,
)


class Brokers(Protocol):
    """What is at a person's connected brokers. Each raises NotConnected where none is."""

    def holdings(self, user_id: int, broker: str | None) -> Listing[HoldingOut]:
        """Delivered shares."""
        ...

    def positions(self, user_id: int, broker: str | None) -> Listing[PositionOut]:
        """Open exposure."""
        ...

    def margins(self, user_id: int, broker: str | None) -> Listing[MarginOut]:
        """Funds by segment."""
        ...


class Uploaded(Protocol):
    """The book of a person's uploads. Each raises Unavailable while it is being reckoned."""

    def summary(self, user_id: int) -> WealthSummaryOut:
        """Whether there is a book, and its returns."""
        ...

    def holdings(self, user_id: int) -> WealthHoldingsOut:
        """Shares with lots."""
        ...

    def funds(self, user_id: int) -> Sequence[FundOut]:
        """Mutual funds."""
        ...

    def reconciliation(self, user_id: int) -> CashReconciliationOut:
        """Ledgers, with their closing balances."""
        ...
