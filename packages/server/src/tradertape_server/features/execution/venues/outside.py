"""What leaves the batch for venues outside this process: requests about orders and triggers."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.execution.decision import Alter, Submit, VenueRequest, Withdraw
from tradertape_core.orders.gtt import GttAsk, GttRequest
from tradertape_core.orders.order import Order
from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.venues.gateway import Answered, GttAnswered, Outcome

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class OutsideRequest:
    """A request that leaves the batch, with its order as it was then."""

    request: VenueRequest
    order: Order
    is_exit: bool  # cancels, or only takes from a position

    @property
    def key(self) -> Key:
        """As the outbox names it."""
        match self.request:
            case Submit(order_id):
                return order_id, "submit", 0
            case Alter(order_id, ask, _):
                return order_id, "alter", ask
            case Withdraw(order_id, ask):
                return order_id, "withdraw", ask

    @property
    def account_id(self) -> int:
        """Whose it is."""
        return int(self.order.account)

    @property
    def subject(self) -> str:
        """What it is about: requests about the same keep their order."""
        return self.order.order_id

    @property
    def is_new(self) -> bool:
        """Whether it asks for something that is not there yet."""
        return isinstance(self.request, Submit)

    @property
    def recalls(self) -> bool:
        """Whether it takes back a new one of its subject that has not left."""
        return isinstance(self.request, Withdraw)

    @property
    def waits(self) -> bool:
        """Whether it is kept however long it cannot leave."""
        return self.is_exit

    def answered(
        self, outcome: Outcome, answer: ExecutionReport | str | None = None, reason: str = ""
    ) -> Answered:
        """What came of it."""
        report = answer if isinstance(answer, ExecutionReport) else None
        return Answered(
            account_id=self.account_id, request=self.request, outcome=outcome, report=report,
            reason=reason,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideGtt:
    """A request about a trigger. ask: None takes back a placement that has not left, if it has not.

    venue_trigger_id: the broker's id, for what is changed or cancelled. is_exit: cancels, changes,
    or only takes from a position.
    """

    trigger_id: int
    account_id: int
    ask: GttAsk | None
    number: int
    is_exit: bool
    request: GttRequest | None = None
    venue_trigger_id: str | None = None

    @property
    def key(self) -> Key:
        """As lanes name it."""
        return self.subject, self.ask.value if self.ask else "recall", self.number

    @property
    def subject(self) -> str:
        """What it is about."""
        return subject_of(self.trigger_id)

    @property
    def is_new(self) -> bool:
        """Whether it asks for something that is not there yet."""
        return self.ask is GttAsk.PLACE

    @property
    def recalls(self) -> bool:
        """Whether it takes back a new one of its subject that has not left."""
        return self.ask is None

    @property
    def waits(self) -> bool:
        """A cancellation; of anything else its caller is told that it was not sent, and decides
        anew."""
        return self.ask is GttAsk.CANCEL

    def answered(
        self, outcome: Outcome, answer: ExecutionReport | str | None = None, reason: str = ""
    ) -> GttAnswered:
        """What came of it."""
        venue_id = answer if isinstance(answer, str) else self.venue_trigger_id
        return GttAnswered(
            account_id=self.account_id, trigger_id=self.trigger_id, number=self.number,
            key=self.key, outcome=outcome, venue_trigger_id=venue_id, reason=reason,
        )  # fmt: skip


Outside = OutsideRequest | OutsideGtt


def subject_of(trigger_id: int) -> str:
    """How lanes name a trigger beside orders."""
    return f"gtt:{trigger_id}"
