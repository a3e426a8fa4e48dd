"""Every venue the trader has to do with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tradertape_server.features.execution.venues.lanes import Lanes
from tradertape_server.features.execution.venues.outside import Outside
from tradertape_server.features.execution.venues.paper import (
    PaperBook,
    PaperExchange,
    PaperGateway,
)


@dataclass(frozen=True, slots=True)
class Venues:
    """The paper market within the batch, and the lanes to everything outside it."""

    book: PaperBook
    paper: PaperGateway
    exchange: PaperExchange
    lanes: Lanes

    @classmethod
    def of(cls, book: PaperBook, lanes: Lanes) -> Venues:
        """The parts of one paper market beside lanes."""
        return cls(book, PaperGateway(book), PaperExchange(book), lanes)

    def dispatch(self, requests: Sequence[Outside]) -> None:
        """Hand requests that are on disk to the lanes of their accounts."""
        if not requests:
            return
        by_account: dict[int, list[Outside]] = {}
        for one in requests:
            by_account.setdefault(one.account_id, []).append(one)
        self.lanes.put(by_account)
