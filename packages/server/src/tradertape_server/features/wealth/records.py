"""What a book is made from: the files a person uploaded, and what they set of their
funds and contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tradertape_core.kernel.clock import Clock
from tradertape_core.wealth.funds import FundClass
from tradertape_core.wealth.records import BookTrade, FundTransaction, LedgerLine
from tradertape_core.wealth.statements.quality import ImportedFile
from tradertape_server.features.wealth import repository
from tradertape_server.features.wealth.ports import Files
from tradertape_server.platform.database.engine import Database


class BookRecords:
    """The records of each person. files: those of the uploads."""

    def __init__(self, files: Files, database: Database, clock: Clock) -> None:
        self._files = files
        self._database = database
        self._clock = clock

    def version(self, user_id: int) -> int:
        """A number that changes with each import, each undo and each class or price that is set."""
        with self._database.read() as session:
            return self._files.version(user_id) + repository.changes(session, user_id)

    def size(self, user_id: int) -> int:
        """How many rows the person's imported files have."""
        return self._files.size(user_id)

    def files(self, user_id: int) -> Sequence[ImportedFile]:
        """The person's imported files, oldest first."""
        return self._files.files(user_id)

    def trades(self, user_id: int) -> tuple[BookTrade, ...]:
        """All trades of the person, by time."""
        return self._files.trades(user_id)

    def ledger_lines(self, user_id: int) -> tuple[LedgerLine, ...]:
        """All ledger lines of the person, by day."""
        return self._files.ledger_lines(user_id)

    def fund_transactions(self, user_id: int) -> tuple[FundTransaction, ...]:
        """All transactions of mutual funds of the person, by day."""
        return self._files.fund_transactions(user_id)

    def fund_classes(self, user_id: int) -> Mapping[str, FundClass]:
        """The classes that the person set."""
        with self._database.read() as session:
            found = repository.fund_classes(session, user_id)
        return {name: FundClass(one) for name, one in found.items()}

    def set_fund_class(self, user_id: int, instrument: str, chosen: FundClass | None) -> None:
        """Set the class of a fund; None takes it back."""
        name = "" if chosen is None else chosen.value
        with self._database.write() as session:
            repository.set_fund_class(session, user_id, instrument, name, self._clock.now())

    def settlement_prices(self, user_id: int) -> Mapping[str, Decimal]:
        """What the person says that contracts were worth at their expiry, by symbol."""
        with self._database.read() as session:
            return repository.settlement_prices(session, user_id)

    def set_settlement_price(self, user_id: int, symbol: str, price: Decimal | None) -> None:
        """State what a contract was worth; None takes it back."""
        with self._database.write() as session:
            repository.set_settlement_price(session, user_id, symbol, price, self._clock.now())
