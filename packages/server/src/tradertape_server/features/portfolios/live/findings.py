"""What a person should look at: triggers near their price, limits, expiry, what stands unguarded.

Found anew each time from what is stored; what is found no longer has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.gtt import MOST_ACTIVE, Gtt
from tradertape_core.portfolio.guarding import is_guarded
from tradertape_core.portfolio.signals import GttStatus, Status
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
            session.expunge_all()
        found = [
            *(one for row, of in signals for one in self._of_signal(row, of)),
            *(one for row, of in positions for one in self._of_position(row, of)),
            *(one for of in portfolios for one in self._of_account(of, signals, positions)),
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

    def _of_signal(self, row: PortfolioSignal, of: Portfolio) -> Iterator[Finding]:
        subject, now = f"signal:{row.id}", self.clock.now()
        if row.gtt_status == GttStatus.UNKNOWN and now - row.updated_at >= UNKNOWN_FOR:
            words = (
                f"It is not known whether the order of {row.symbol} was taken. Look at the "
                "account's triggers; it is not sent again."
            )
            yield Finding(of.id, "placement_unknown", subject, words, "critical")
        if row.gtt_status != GttStatus.ACTIVE or row.gtt_id is None or of.account_id is None:
            return
        gtt = self._gtt(of.account_id, row.gtt_id)
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
        if row.stop_price is None and row.open_quantity:
            words = f"{row.symbol} has no stop: the strategy sets none."
            yield Finding(of.id, "no_stop", subject, words, "info")

    def _of_account(
        self,
        of: Portfolio,
        signals: Sequence[tuple[PortfolioSignal, Portfolio]],
        positions: Sequence[tuple[PortfolioPosition, Portfolio]],
    ) -> Iterator[Finding]:
        if of.account_id is None:
            return
        active = [one for one in self.execution.gtts(of.account_id) if one.is_active]
        if len(active) >= NEARLY_FULL:
            words = f"{len(active)} of {MOST_ACTIVE} triggers of the account are in use."
            yield Finding(of.id, "gtt_nearly_full", f"account:{of.account_id}", words)
        known = {row.gtt_id for row, _ in signals} | {row.exit_gtt_id for row, _ in positions}
        for gtt in active:
            named = named_by(gtt.run_id or "")
            is_ours = named is not None and named.portfolio_id == of.id
            if is_ours and gtt.trigger_id not in known:
                words = (
                    f"The trigger {gtt.trigger_id} in {gtt.request.instrument} belongs to no "
                    "signal of this portfolio any more: delete it under Orders, GTTs."
                )
                yield Finding(of.id, "gtt_orphaned", f"gtt:{gtt.trigger_id}", words, "critical")

    def _gtt(self, account_id: int, gtt_id: int) -> Gtt | None:
        try:
            return self.execution.get_gtt(account_id, gtt_id)
        except NotFound:
            return None
