"""A server's trading parts on a market a benchmark moves by hand: no HTTP, a real SQLite."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock

from tradertape_core.market.hours import segment_of
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PhaseKind, Segment
from tradertape_core.market.tick import Tick
from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.ports import OnTick
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.service import Settings as ExecutionSettings
from tradertape_server.features.protection.guardian import Guardian
from tradertape_server.features.workers.service import Workers
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import upgrade
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.logging import configure_logging
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.platform.streaming.bus import Bus
from tradertape_server.wiring.trading import build_workers

SCOPE = "kite:paper-bench"
PLENTY_PAISE = 1_000_000_000_00


class HandMarket:
    """Shares S1, S2, … whose prices the benchmark says."""

    never_closes = True
    is_stale = False

    def __init__(self, count: int) -> None:
        self._clock, self._lock = SystemClock(), RLock()
        self._instruments = {
            f"NSE:S{n}": Instrument(
                exchange="NSE", tradingsymbol=f"S{n}", instrument_token=n, exchange_token=n
            )
            for n in range(1, count + 1)
        }
        self._ticks: dict[str, Tick] = {}
        self._watched: dict[OnTick, frozenset[str]] = {}
        for name in self._instruments:
            self.trade(name, "1000.00")

    def instrument(self, instrument_id: str) -> Instrument | None:
        return self._instruments.get(instrument_id)

    def by_token(self, token: int) -> Instrument | None:
        return self._instruments.get(f"NSE:S{token}")

    def hint(self, name: str) -> str:
        return ""

    def underlying_price(self, instrument: Instrument) -> Decimal | None:
        return None

    def tick(self, instrument_id: str) -> Tick | None:
        return self._ticks.get(instrument_id)

    def phase(self, instrument: Instrument, now: datetime) -> PhaseKind:
        return PhaseKind.CONTINUOUS

    def segment(self, instrument: Instrument) -> Segment:
        return segment_of(instrument)

    def auction_price(self, instrument: Instrument, kind: PhaseKind) -> None:
        return None

    def closing_price(self, contract: Instrument) -> None:
        return None

    def settlement_price(self, contract: Instrument, day: date) -> None:
        return None

    def is_open(self, now: datetime) -> bool:
        return True

    def watch(self, instrument_ids: Collection[str], listener: OnTick) -> None:
        with self._lock:
            self._watched[listener] = frozenset(instrument_ids)

    def trade(self, instrument_id: str, price: str) -> None:
        """A tick at a price, told to whoever watches."""
        last, before = Decimal(price), self._ticks.get(instrument_id)
        seq = 1 if before is None else before.seq + 1
        tick = Tick(
            instrument_token=self._instruments[instrument_id].instrument_token,
            instrument_id=instrument_id, last_price=last, at=self._clock.now(), seq=seq,
            bid=last, ask=last, bid_quantity=10_000, ask_quantity=10_000, volume=seq * 10,
        )  # fmt: skip
        self._ticks[instrument_id] = tick
        with self._lock:
            told = [one for one, names in self._watched.items() if instrument_id in names]
        for listener in told:
            listener(tick)


@dataclass(frozen=True)
class Trading:
    """What a benchmark works with."""

    market: HandMarket
    execution: ExecutionService
    workers: Workers
    guardian: Guardian
    caller: Identity
    account_id: int


@contextmanager
def trading(shares: int) -> Iterator[Trading]:
    """Everything started, on a fresh database that is thrown away."""
    configure_logging(level="error", form="json")
    with TemporaryDirectory(prefix="tradertape-bench-") as folder:
        database = Database(f"sqlite:///{folder}/bench.db")
        upgrade(database.engine)
        clock, market = SystemClock(), HandMarket(shares)
        with database.write() as session:
            user = User(email="bench@example.com", created_at=clock.now())
            session.add(user)
            session.flush()
            user_id = user.id
        settings = ExecutionSettings(opening_paise=PLENTY_PAISE)
        execution = ExecutionService.build(database, clock, market, settings)
        secrets = SecretBox.open(Path(folder) / "secrets")
        workers, guardian = build_workers(
            database, clock, secrets, execution, Bus(), market, by_token=market.by_token
        )
        execution.trader.start()
        account = execution.open_paper_account(user_id, SCOPE)
        caller = Identity(
            user_id, "bench@example.com", "Bench", is_admin=False, via="session", credential_id=1
        )
        yield Trading(market, execution, workers, guardian, caller, account.id)
        guardian.stop()
        execution.trader.stop()
        database.close()


def order(share: int, side: str, quantity: int, **more: object) -> dict[str, object]:
    """A market order, or what `more` makes of it."""
    return {
        "exchange": "NSE", "tradingsymbol": f"S{share}", "transaction_type": side,
        "product": "MIS", "order_type": "MARKET", "quantity": quantity, **more,
    }  # fmt: skip
