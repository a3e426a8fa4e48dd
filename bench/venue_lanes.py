"""Paper orders beside a broker that takes 200 ms for each request: their p99, without and with it.

The broker's account has a lane of its own, so nobody else waits for it. One run measures both, in
turns; what counts is the ratio (at most 1.5).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PhaseKind, Segment
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Change, Order, OrderStatus
from tradertape_core.orders.reports import ExecutionReport, VenueOrder
from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.service import ExecutionService, RunRef, Settings
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import upgrade

SEND_S = 0.2
ROUNDS, ORDERS = 6, 150
CLIENTS = 4
ORDER = {
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "transaction_type": "BUY",
    "product": "CNC",
    "order_type": "LIMIT",
    "price": 1490,
    "quantity": 1,
}


class SlowBroker:
    """Takes every order, after 200 ms."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.taken = 0

    def submit(self, order: Order) -> ExecutionReport:
        time.sleep(SEND_S)
        self.taken += 1
        return ExecutionReport(
            order_id=order.order_id,
            at=datetime.now(UTC),
            sequence=1,
            status=OrderStatus.OPEN,
            venue_order_id=f"{next(self._numbers):015d}",
        )

    def modify(self, order: Order, ask: int, change: Change) -> ExecutionReport | None:
        """Nothing is modified here."""

    def cancel(self, order: Order, ask: int) -> ExecutionReport | None:
        """Nothing is cancelled here."""

    def order_book(self) -> Iterable[VenueOrder]:
        time.sleep(SEND_S)
        return ()


class OneShare:
    """A market of one share whose price never moves."""

    never_closes, has_auctions, is_stale = True, False, False

    def __init__(self) -> None:
        self._share = Instrument(
            exchange="NSE", tradingsymbol="INFY", instrument_token=408065, exchange_token=1594
        )

    def instrument(self, instrument_id: str) -> Instrument | None:
        return self._share if instrument_id == self._share.id else None

    def hint(self, name: str) -> str:
        return ""

    def underlying_price(self, instrument: Instrument) -> None:
        return None

    def closing_price(self, contract: Instrument) -> None:
        return None

    def settlement_price(self, contract: Instrument, day: date) -> None:
        return None

    def tick(self, instrument_id: str) -> Tick:
        return Tick(
            instrument_token=408065,
            instrument_id=instrument_id,
            last_price=Decimal(1500),
            at=datetime.now(UTC),
            seq=1,
            bid=Decimal(1500),
            ask=Decimal("1500.05"),
            bid_quantity=1000,
            ask_quantity=1000,
            volume=10,
        )

    def segment(self, instrument: Instrument) -> Segment:
        return Segment.CASH

    def phase(self, instrument: Instrument, now: datetime) -> PhaseKind:
        return PhaseKind.CONTINUOUS

    def is_open(self, now: datetime) -> bool:
        return True

    def auction_price(self, instrument: Instrument, kind: PhaseKind) -> None:
        return None

    def watch(self, instrument_ids: object, listener: object) -> None:
        """No price moves."""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        upgrade(database.engine)
        with database.write() as session:
            user = User(email="bench@example.com", created_at=datetime.now(UTC))
            session.add(user)
            session.flush()
            user_id = user.id
        broker = SlowBroker()
        accounts: list[int] = []
        service = ExecutionService.build(
            database,
            SystemClock(),
            OneShare(),
            Settings(opening_paise=10**12),
            gateway_of=lambda account_id: broker if account_id in accounts else None,
        )
        service.trader.start()
        paper = service.account(user_id, "kite:paper-a").id
        accounts.append(service.broker_account(user_id, "kite:AB1234", "zerodha").id)
        alone, beside = measure(service, paper, accounts[0])
        service.trader.stop()
        database.close()
    print(f"{'paper orders':28} p50 {'':4} p99")
    for name, times in (("alone", alone), ("beside 200 ms a request", beside)):
        print(f"{name:28} {p(times, 50):5.1f} ms {p(times, 99):7.1f} ms")
    ratio = p(beside, 99) / p(alone, 99)
    print(f"ratio of p99: {ratio:.2f} (at most 1.5); the broker took {broker.taken} orders")
    return 0 if ratio <= 1.5 else 1


def measure(service: ExecutionService, paper: int, live: int) -> tuple[list[float], list[float]]:
    alone: list[float] = []
    beside: list[float] = []
    for number in range(ROUNDS):
        alone += trade(service, paper, f"alone-{number}")
        stop = threading.Event()
        busy = threading.Thread(target=keep_busy, args=(service, live, number, stop))
        busy.start()
        time.sleep(2 * SEND_S)
        beside += trade(service, paper, f"beside-{number}")
        stop.set()
        busy.join()
    return alone, beside


def keep_busy(service: ExecutionService, live: int, number: int, stop: threading.Event) -> None:
    run = RunRef(account_id=live, run_id="live", venue="broker")
    for order in count():
        if stop.is_set():
            return
        service.place(run, ORDER, key=f"busy-{number}-{order:05d}")


def trade(service: ExecutionService, account: int, name: str) -> list[float]:
    times: list[float] = []

    def client(client: int) -> None:
        run = RunRef(account_id=account, run_id=f"run-{client}")
        for order in range(ORDERS // CLIENTS):
            began_s = time.perf_counter()
            service.place(run, ORDER, key=f"{name}-{client}-{order:05d}")
            times.append((time.perf_counter() - began_s) * 1000)

    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return times


def p(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1]


if __name__ == "__main__":
    sys.exit(main())
