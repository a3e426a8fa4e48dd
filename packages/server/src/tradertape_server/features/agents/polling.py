"""What an agent gets when it asks for signals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.agents import items, repository
from tradertape_server.features.agents.instances import POLL_AFTER_S, Instances
from tradertape_server.features.agents.leases import LEASED, Leases
from tradertape_server.features.agents.models import AgentLease
from tradertape_server.features.agents.obfuscation import Obfuscation
from tradertape_server.features.agents.schemas import (
    Cancellation,
    InCart,
    Item,
    PendingSignals,
    Withdrawn,
)
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios.handing import Handed, Handing, Waiting, is_over
from tradertape_server.features.portfolios.live.verdicts import Verdicts

Json = dict[str, Any]
KILLED = "kill_switch"
SIMULATED = (
    "This server's prices are simulated: no order for a real broker is handed out. Let the server "
    "use a broker's prices, or point the agent to a sandbox."
)
EXPIRED_WORDS = {
    "expired": "It expired before an agent took it",
    "paused": "The portfolio was paused before an agent took it",
    "cancelled": "It was cancelled before an agent took it",
    KILLED: "The kill switch was turned on before an agent took it",
}


@dataclass(frozen=True, slots=True)
class Polling:
    """One poll: places what is in the cart, leases what is asked, says what is over."""

    clock: Clock
    execution: ExecutionService
    handing: Handing
    leases: Leases
    instances: Instances
    obfuscation: Obfuscation
    has_real_prices: Callable[[], bool]

    def pending(self, user_id: int, instance: str, *, is_sandbox: bool = False) -> PendingSignals:
        """What this installation has to do now. While prices are simulated, an agent whose broker
        is no sandbox gets no orders, entries and exits alike: a made price reached their triggers.
        """
        self.instances.heard(user_id, instance, polled=True)
        is_killed = self.execution.halt(user_id) is not None
        if not (is_sandbox or self.has_real_prices()):
            return PendingSignals(
                server_time=self.clock.now(), poll_after_s=POLL_AFTER_S, kill_switch=is_killed,
                items=[], withdrawn=[], cancellations=[], in_cart=[], held=SIMULATED,
            )  # fmt: skip
        stay: dict[int, str] = {}
        if not is_killed:
            stay = self.handing.place_cart(user_id, by=f"agent {instance}")
        asked = self.handing.asked(user_id)
        scaled = self.obfuscation.is_on(user_id)
        over = {
            one.key: why
            for one in asked
            if (why := self._why_over(one, is_killed=is_killed, scaled=scaled))
        }
        self.take_back(user_id, asked, over)
        wanted = [one for one in asked if _is_wanted(one) and one.key not in over]
        mine = self.leases.acquire(user_id, instance, wanted, scaled=scaled)
        found = [
            items.leased_item(one, mine[one.key], tick_size=self._tick(one.signal.symbol))
            for one in wanted if one.key in mine
        ]  # fmt: skip
        waiting = [] if is_killed else self.handing.waiting(user_id)
        runs = self.leases.scaled_runs(user_id, {one.signal.run_id or "" for one in waiting})
        found += [
            self._waiting(one, scaled=runs.get(one.signal.run_id or "", scaled)) for one in waiting
        ]
        return PendingSignals(
            server_time=self.clock.now(), poll_after_s=POLL_AFTER_S, kill_switch=is_killed,
            items=found, withdrawn=self._withdrawn(user_id, instance, asked, over),
            cancellations=self._cancellations(user_id, asked),
            in_cart=[InCart(id=one, reason=why) for one, why in stay.items()],
        )  # fmt: skip

    def take_back(
        self, user_id: int, asked: Sequence[Handed], over: dict[str, str] | None = None
    ) -> int:
        """Take back what is over and was never handed out; how much. A kill switch alone keeps
        entries from being handed out: what it cancels is asked to be taken back."""
        reasons = over
        if reasons is None:
            scaled = self.obfuscation.is_on(user_id)
            found = ((one, self._why_over(one, is_killed=False, scaled=scaled)) for one in asked)
            reasons = {one.key: why for one, why in found if why}
        count = 0
        for one in asked:
            why = reasons.get(one.key)
            is_due = one.asked.is_recalled or (why not in (None, KILLED))
            if is_due and _is_wanted(one) and self.leases.withdraw(user_id, one):
                self.handing.recall(one, EXPIRED_WORDS[why or "cancelled"])
                count += 1
        return count

    def _why_over(self, one: Handed, *, is_killed: bool, scaled: bool) -> str:
        """Why an item is not to be sent any more; "" where it is."""
        if not _is_wanted(one):
            return ""
        if is_killed and one.signal.side == "BUY":
            return KILLED
        if one.signal.side == "BUY" and one.portfolio.capital_is_scaled is not scaled:
            return "paused"  # it was opened while obfuscation was changed
        why = is_over(one.portfolio, one.signal, self.clock.now())
        return why or ("cancelled" if one.asked.is_recalled else "")

    def _withdrawn(
        self, user_id: int, instance: str, asked: Sequence[Handed], over: dict[str, str]
    ) -> list[Withdrawn]:
        leased = self.leases.of(user_id, [one for one in asked if one.key in over])
        return [
            Withdrawn(id=row.signal_id, idempotency_key=row.key, reason=over[row.key])  # type: ignore[arg-type]
            for row in leased.values()
            if row.state == LEASED and row.instance == instance
        ]

    def _cancellations(self, user_id: int, asked: Sequence[Handed]) -> list[Cancellation]:
        ending = [one for one in asked if one.asked.is_cancel]
        with self.leases.database.read() as session:
            unwanted = list(repository.unwanted(session, user_id))
            reported = self._reported(user_id, ending)
            session.expunge_all()
        found = [
            _cancellation(row, one.signal.withdraw_reason or "it is not wanted any more")
            for one in ending
            if (row := reported.get(one.signal.id)) is not None
        ]
        return found + [_cancellation(row, "it is over here") for row in unwanted]

    def _reported(self, user_id: int, ending: Sequence[Handed]) -> dict[int, AgentLease]:
        return {row.signal_id: row for row in self.leases.of(user_id, ending).values()}

    def _waiting(self, one: Waiting, *, scaled: bool) -> Item:
        verdicts = Verdicts(self.execution, self.handing.upkeep.placing.orders)
        rules = verdicts.results(one.signal, one.portfolio)
        return items.waiting_item(
            one, rules, tick_size=self._tick(one.signal.symbol), scaled=scaled
        )

    def _tick(self, symbol: str) -> float:
        instrument = self.execution.market.instrument(f"NSE:{symbol}")
        return 0.05 if instrument is None else float(instrument.tick_size)


def _is_wanted(one: Handed) -> bool:
    """Whether an order is to be sent: nothing was sent yet as far as is known."""
    return not one.asked.is_cancel and not one.asked.in_doubt


def _cancellation(row: AgentLease, reason: str) -> Cancellation:
    return Cancellation(
        signal_id=row.signal_id, idempotency_key=row.key, gtt_id=row.broker_gtt_id,
        order_id=row.broker_order_id, reason=reason,
    )  # fmt: skip
