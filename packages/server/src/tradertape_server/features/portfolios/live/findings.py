"""What a person should look at: triggers near their price, limits, expiry, what stands unguarded.

Found anew each time from what is stored; what is found no longer has ended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.gtt import MOST_ACTIVE, Gtt
from tradertape_core.portfolio.guarding import is_guarded
from tradertape_core.portfolio.signals import GttStatus, Status
from tradertape_core.portfolio.standing import StandingStep, next_step
from tradertape_server.features.execution.run_record import triggers_of
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.arming import Arming
from tradertape_server.features.portfolios.live.projecting import protection_of
from tradertape_server.features.portfolios.live.run_ids import named_by
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioAlert,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import NotFound

NEAR = Decimal("0.5")  # percent between the price and a trigger
EXPIRES_SOON = timedelta(days=14)
NEARLY_FULL = MOST_ACTIVE * 9 // 10
UNKNOWN_FOR = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at."""

    portfolio_id: int
    code: str
    subject: str
    text: str
    level: str = "warning"


@dataclass(frozen=True, slots=True)
class Findings:
    """Looks at the triggers and positions of portfolios."""

    database: Database
    clock: Clock
    execution: ExecutionService
    arming: Arming

    def find(self) -> int:
        """Look at everything, and store what is new and what has ended; how much there is."""
        with self.database.read() as session:
            signals = repository.executed_signals(session, (Status.APPROVED,))
            positions = repository.executed_positions(session)
            portfolios = repository.executed(session)
            accounts = {of.account_id for of in portfolios if of.account_id is not None}
            active = triggers_of(session, accounts)
            session.expunge_all()
        waiting = {gtt.trigger_id: gtt for gtts in active.values() for gtt in gtts}
        known = {row.gtt_id for row, _ in signals} | {row.exit_gtt_id for row, _ in positions}
        known |= {row.standing_gtt_id for row, _ in positions}
        found = [
            *(one for row, of in signals for one in self._of_signal(row, of, waiting)),
            *(one for row, of in positions for one in self._of_position(row, of)),
            *(one for of in portfolios for one in _of_account(of, known, active)),
        ]
        self._store({(one.portfolio_id, one.code, one.subject): one for one in found})
        return len(found)

    def _store(self, found: dict[tuple[int, str, str], Finding]) -> None:
        now = self.clock.now()
        with self.database.write() as session:
            known = {
                (one.portfolio_id, one.code, one.subject): one
                for one in repository.all_alerts(session)
            }
            for key, row in known.items():
                if key not in found and row.ended_at is None:
                    row.ended_at = now
            for key, one in found.items():
                row = known.get(key)
                if row is None:
                    session.add(
                        PortfolioAlert(
                            portfolio_id=one.portfolio_id, code=one.code, subject=one.subject,
                            text=one.text, level=one.level, since=now,
                        )
                    )  # fmt: skip
                    continue
                row.text, row.level = one.text, one.level
                if row.ended_at is not None:
                    row.since, row.ended_at = now, None

    def _of_signal(
        self, row: PortfolioSignal, of: Portfolio, waiting: Mapping[int, Gtt]
    ) -> Iterator[Finding]:
        subject, now = f"signal:{row.id}", self.clock.now()
        if row.gtt_status == GttStatus.UNKNOWN and now - row.updated_at >= UNKNOWN_FOR:
            words = (
                f"It is not known whether the order of {row.symbol} was taken. Look at the "
                "account's triggers; it is not sent again."
            )
            yield Finding(of.id, "placement_unknown", subject, words, "critical")
        if row.gtt_status != GttStatus.ACTIVE or row.gtt_id is None or of.account_id is None:
            return
        gtt = waiting.get(row.gtt_id) or self._gtt(of.account_id, row.gtt_id)
        if gtt is None:
            words = f"The trigger {row.gtt_id} of {row.symbol} is not at the market."
            yield Finding(of.id, "gtt_missing", subject, words, "critical")
            return
        tick = self.execution.market.tick(gtt.request.instrument)
        trigger = gtt.request.trigger_values[0]
        if tick is not None and abs(tick.last_price - trigger) * 100 <= NEAR * trigger:
            words = f"{row.symbol} is at {tick.last_price}, near its trigger {trigger}."
            yield Finding(of.id, "gtt_near", subject, words, "info")
        if gtt.is_active and gtt.expires_at - now <= EXPIRES_SOON:
            words = f"The trigger of {row.symbol} expires on {gtt.expires_at:%d %b %Y}."
            yield Finding(of.id, "gtt_expiring", subject, words)

    def _of_position(self, row: PortfolioPosition, of: Portfolio) -> Iterator[Finding]:
        """The daily difference of intended and standing stops, which should be none."""
        subject, state = f"position:{row.id}", protection_of(row)
        guard = self.arming.guard_of(row)
        if not state.is_exiting and not is_guarded(state, guard):
            words = (
                f"{row.symbol}: {guard.quantity} shares should be guarded at stop {guard.stop} and "
                f"target {guard.target}, and are not. It is tried again every second."
            )
            yield Finding(of.id, "stop_differs", subject, words, "critical")
        yield from self._of_standing(row, of)
        if row.stop_price is None and row.open_quantity:
            words = f"{row.symbol} has no stop: the strategy sets none."
            yield Finding(of.id, "no_stop", subject, words, "info")

    def _of_standing(self, row: PortfolioPosition, of: Portfolio) -> Iterator[Finding]:
        """What should wait at the broker for a position, and does not, or differs."""
        subject = f"position:{row.id}"
        if row.standing_problem is not None:
            words = (
                f"Stop and target of {row.symbol} do not wait at the broker: "
                f"{row.standing_problem} This server guards them while it runs; the broker is "
                "asked again every 5 minutes."
            )
            yield Finding(of.id, "stop_not_at_broker", subject, words)
        gtt = None
        if row.standing_gtt_id is not None and of.account_id is not None:
            gtt = self._gtt(of.account_id, row.standing_gtt_id)
        if gtt is None:
            return
        if next_step(None, gtt, self.clock.now()) is StandingStep.LOST:
            words = (
                f"The trigger of {row.symbol} was reached while this server was down, and its "
                "order is no longer in the broker's order book. Nothing is sold by this server: "
                "compare the position with the broker's under Wealth, Reconciliation."
            )
            yield Finding(of.id, "stop_fired_unseen", subject, words, "critical")
        guard = self.arming.levels_of(row)
        levels = tuple(one for one in (guard.stop, guard.target) if one is not None)
        quantities = {order.quantity for order in gtt.request.orders}
        if gtt.is_active and (quantities, gtt.request.trigger_values) != (
            {guard.quantity}, levels,
        ):  # fmt: skip
            words = (
                f"{row.symbol}: {guard.quantity} shares should be guarded at stop {guard.stop} and "
                f"target {guard.target}; trigger {gtt.trigger_id} at the broker differs, and is "
                "being changed."
            )
            yield Finding(of.id, "stop_differs", subject, words)

    def _gtt(self, account_id: int, gtt_id: int) -> Gtt | None:
        try:
            return self.execution.get_gtt(account_id, gtt_id)
        except NotFound:
            return None


def _of_account(
    of: Portfolio, known: Collection[int | None], by_account: Mapping[int, Sequence[Gtt]]
) -> Iterator[Finding]:
    """Of the account's triggers; known: those that signals and positions name."""
    active = by_account.get(of.account_id or 0, ())
    if len(active) >= NEARLY_FULL:
        words = f"{len(active)} of {MOST_ACTIVE} triggers of the account are in use."
        yield Finding(of.id, "gtt_nearly_full", f"account:{of.account_id}", words)
    for gtt in active:
        named = named_by(gtt.run_id or "")
        is_ours = named is not None and named.portfolio_id == of.id
        if is_ours and gtt.trigger_id not in known:
            words = (
                f"The trigger {gtt.trigger_id} in {gtt.request.instrument} belongs to no "
                "signal of this portfolio any more: delete it under Orders, GTTs."
            )
            yield Finding(of.id, "gtt_orphaned", f"gtt:{gtt.trigger_id}", words, "critical")
