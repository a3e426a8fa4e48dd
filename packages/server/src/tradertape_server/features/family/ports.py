"""What a member's book is read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

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

    def flows(self, user_id: int) -> Sequence[tuple[date, Decimal]]:
        """Money put in and taken out, the worth of now at the end."""
        ...


class Files(Protocol):
    """What is known of a person's uploads besides their book."""

    def last_change(self, user_id: int) -> datetime | None:
        """When they last changed."""
        ...

    def factor(self, user_id: int) -> str | None:
        """The label of what they are scaled with; None where they are not."""
        ...


class Synced(Protocol):
    """What an agent sent last of a broker.

    kind: `holdings` or `positions`. factor: the label of what it is scaled with. is_sealed: its
    figures are encrypted.
    """

    @property
    def kind(self) -> str: ...
    @property
    def broker(self) -> str: ...
    @property
    def as_of(self) -> datetime: ...
    @property
    def factor(self) -> str | None: ...
    @property
    def rows(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def margins(self) -> Mapping[str, Any]: ...
    @property
    def is_sealed(self) -> bool: ...


class Agents(Protocol):
    """What a person's agents sent."""

    def latest(self, user_id: int) -> Sequence[Synced]:
        """The newest of each kind and broker."""
        ...
