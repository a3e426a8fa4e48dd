"""What the user decides about signals, and the cloud's own approval where it asks for one."""

from __future__ import annotations

import logging

from tradertape_agent.addresses import decision
from tradertape_agent.cloud import Cloud, CloudDeclined
from tradertape_agent.errors import AgentError
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.signals import (
    APPROVED_IN_CLOUD,
    SignalRow,
    SignalState,
    Verdict,
)
from tradertape_agent.wire import PENDING
from tradertape_core.kernel.clock import Clock

logger = logging.getLogger("tradertape_agent")


def decide(journal: Journal, signal_id: str, verdict: Verdict, clock: Clock) -> SignalRow:
    """Record a decision; the running agent acts on it. Raises AgentError when it is too late."""
    row = journal.signals.newest(signal_id)
    if row is None:
        raise AgentError(f"there is no signal {signal_id}: see `tradertape-agent status`")
    if not journal.signals.decide(row.key, verdict, clock.now()):
        what = "was sent to the broker" if row.state is SignalState.SENT else "has ended"
        raise AgentError(f"signal {signal_id} {what} already: {row.reason or 'see its state'}")
    return row


class Approvals:
    """Tells the cloud what the user decided about signals that are not approved there yet."""

    def __init__(self, journal: Journal, cloud: Cloud, clock: Clock) -> None:
        self._journal = journal
        self._cloud = cloud
        self._clock = clock

    def send(self) -> int:
        """Return how many were told. Raises CloudSilent or CloudRefused."""
        told = 0
        for row in self._journal.signals.listed(SignalState.WAITING):
            if row.key.startswith(PENDING) and row.decision is not None:
                self._tell(row, row.decision)
                told += 1
        return told

    def _tell(self, row: SignalRow, verdict: Verdict) -> None:
        is_approved = verdict is Verdict.APPROVED
        path = decision(row.signal_id, "approve" if is_approved else "reject")
        reason = APPROVED_IN_CLOUD if is_approved else "rejected by the user on the agent"
        try:
            self._cloud.post(path, {} if is_approved else {"reason": "rejected on the agent"})
        except CloudDeclined as error:
            reason = f"the cloud did not take the decision: {error.detail}"
        self._journal.signals.move(row.key, SignalState.ENDED, reason, self._clock.now())
        logger.info("signal %s: %s", row.signal_id, reason)
