"""What other features may read of execution; every query opens a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.ledger.pnl import Pnl, RunMode, pnl_of
from tradertape_core.ledger.position import Position
from tradertape_core.orders.family import summary as family_summary
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.orders.replies import EXIT_RUN
from tradertape_server.features.execution.orders.run_ref import RunRef
from tradertape_server.features.execution.ports import Happened, Market
from tradertape_server.features.execution.store import repository
from tradertape_server.features.execution.store.halts import Halt
from tradertape_server.features.execution.store.models import FillRow, IntentRow, TradingAccount
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import NotFound


@dataclass(slots=True)
class ExecutionQueries:
    """Queries of orders, positions, fills, GTTs and events; each in a transaction of its own."""

    database: Database
    clock: Clock
    market: Market

    def accounts(self, user_id: int) -> Sequence[TradingAccount]:
        """A person's paper accounts, oldest first."""
        with self.database.read() as session:
            return repository.accounts(session, user_id)

    def orders(
        self, *, run_id: str | None = None, account_id: int | None = None, open_only: bool = False
    ) -> list[Order]:
        """Orders of a run or an account, oldest first; the parts of a sliced one follow it."""
        with self.database.read() as session:
            return repository.orders(
                session, run_id=run_id, account_id=account_id, open_only=open_only
            )

    def orders_today(self, run_id: str) -> int:
        """How many orders a run has placed since midnight in India, as its limit counts them."""
        now = self.clock.now().astimezone(IST)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        with self.database.read() as session:
            return repository.count_orders(session, run_id, since=midnight)

    def order(self, run_id: str, order_id: str) -> Order:
        """An order of a run. Raises NotFound, for another run's too."""
        with self.database.read() as session:
            order = repository.order(session, order_id)
            if order is None or order.run_id != run_id:
                raise NotFound("Order")
            if order.slices:
                return family_summary(order, repository.children(session, order_id))
            return order

    def trades(
        self, *, run_id: str | None = None, account_id: int | None = None
    ) -> Sequence[FillRow]:
        """Executions of a run or an account, oldest first."""
        with self.database.read() as session:
            return repository.fills(session, run_id=run_id, account_id=account_id)

    def positions(
        self, *, run_id: str | None = None, account_id: int | None = None, open_only: bool = False
    ) -> list[Position]:
        """Positions of a run or an account."""
        with self.database.read() as session:
            return repository.positions(
                session, run_id=run_id, account_id=account_id, open_only=open_only
            )

    def pnl(self, run: RunRef) -> Pnl:
        """A run's profit and loss at the latest ticks; a dry run has none."""
        positions = [] if run.venue == "dry_run" else self.positions(run_id=run.run_id)
        names = {position.key.instrument for position in positions}
        ticks = {name: tick for name in names if (tick := self.market.tick(name)) is not None}
        return pnl_of(positions, ticks, self.clock.now(), mode=RunMode(run.venue))

    def halt(self, user_id: int) -> Halt | None:
        """The kill switch that stops a person's accounts, if one is on."""
        with self.database.read() as session:
            return repository.halts(session).over(user_id)

    def exits_under_way(self) -> list[tuple[str, str]]:
        """Run and key of every exit that is not done."""
        with self.database.read() as session:
            waiting = repository.unanswered(session)
            return [(row.run_id, row.key) for row in waiting if row.kind == EXIT_RUN]

    def events(
        self,
        *,
        run_id: str | None = None,
        account_id: int | None = None,
        after: int = 0,
        limit: int = 500,
        kind: str | None = None,
    ) -> list[Happened]:
        """Events after a cursor, oldest first."""
        with self.database.read() as session:
            return repository.events(
                session,
                run_id=run_id,
                account_id=account_id,
                after=after,
                limit=limit,
                kind=kind,
            )

    def intents(
        self, run_id: str, *, prefix: str = "", unanswered: bool = False
    ) -> Sequence[IntentRow]:
        """A run's commands and their answers, oldest first. prefix: what their keys begin with."""
        with self.database.read() as session:
            return repository.intents(session, run_id, prefix=prefix, unanswered=unanswered)

    def gtts(self, account_id: int) -> list[Gtt]:
        """An account's triggers, oldest first."""
        with self.database.read() as session:
            return repository.gtts(session, account_id=account_id)

    def get_gtt(self, account_id: int, trigger_id: int) -> Gtt:
        """One trigger. Raises NotFound."""
        with self.database.read() as session:
            found = repository.gtt(session, account_id, trigger_id)
        if found is None:
            raise NotFound("Trigger")
        return found
