"""Instruments that were traded, kept: a contract leaves the exchange's list when it expires, while
orders and positions in it are still to be read."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.codec import from_document, to_document
from tradertape_server.features.execution.ports import Market
from tradertape_server.features.execution.store import batch_writes, repository
from tradertape_server.features.execution.store.models import TradedInstrument
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)


@dataclass(slots=True)
class Traded:
    """Looks in today's list first, then among what was traded."""

    market: Market
    _kept: dict[str, Instrument] = field(default_factory=dict[str, Instrument])

    def known(self, instrument_id: str) -> Instrument:
        """An instrument that was traded. Raises InvariantBroken when it was never known."""
        found = self.find(instrument_id)
        if found is None:
            raise InvariantBroken(f"{instrument_id} was traded and is not known")
        return found

    def find(self, instrument_id: str) -> Instrument | None:
        """The same; None when it was never known."""
        return self.market.instrument(instrument_id) or self._kept.get(instrument_id)

    def load(self, session: Session) -> None:
        """Read what was traded."""
        self._kept = {}
        for name, document in repository.traded(session).items():
            try:
                self._kept[name] = from_document(Instrument, document)
            except Exception:  # one that makes no sense is missed by those who traded it alone
                logger.exception("a traded instrument cannot be read", instrument=name)

    def keep(self, session: Session, instrument_id: str) -> None:
        """Remember an instrument that is about to be traded."""
        if instrument_id in self._kept:
            return
        instrument = self.known(instrument_id)
        self._kept[instrument_id] = instrument
        row = {"id": instrument_id, "document": to_document(instrument)}
        batch_writes.add(session.connection(), TradedInstrument, [row])
