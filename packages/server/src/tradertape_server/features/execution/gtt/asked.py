"""Commands about triggers, and their replies: at a broker once the broker has answered."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tradertape_core.orders.gtt import AtBroker
from tradertape_server.features.execution.state.command import (
    AWAITING_VENUE,
    Command,
    NotSettled,
)
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import gtt_store
from tradertape_server.features.execution.venues.gateway import AGENT


@dataclass(frozen=True, slots=True)
class GttReply:
    """The trigger that was asked about. refused: why the broker did not do it, if so.

    number: the how many'th thing asked about a trigger at a broker; None: it rests with this
    server, and it is done. Without a refusal it need not be done: a broker that has not answered
    leaves the trigger `placing` or in doubt, as its state shows.
    """

    trigger_id: int
    number: int | None = None
    refused: str | None = None

    @classmethod
    def now(cls, uow: UnitOfWork, trigger_id: int) -> GttReply:
        """What was asked about a trigger last, unanswered."""
        at = _at_broker(uow, trigger_id)
        return cls(trigger_id, None if at is None else at.number)


class GttCommand(Command[GttReply]):
    """Creates, changes or ends a trigger."""

    __slots__ = ()

    @property
    def is_immediate(self) -> bool:
        """Whether it is done with the first transaction: the trigger rests with this server."""
        return self.decided is None or self.decided.number is None

    def settle(self, uow: UnitOfWork) -> GttReply | NotSettled:
        """The reply once the broker has answered, or its answer is lost."""
        asked = self._asked
        at = None if asked.number is None else _at_broker(uow, asked.trigger_id)
        if at is None or at.in_doubt or _is_agents(uow, asked.trigger_id):
            return asked
        is_unanswered = at.ask is not None and (at.number == asked.number or at.ends)
        return AWAITING_VENUE if is_unanswered else self.overdue(uow)

    def overdue(self, uow: UnitOfWork) -> GttReply:
        """What is known so far."""
        asked = self._asked
        at = None if asked.number is None else _at_broker(uow, asked.trigger_id)
        if at is None or at.refused != asked.number:
            return asked
        return replace(asked, refused=at.problem)

    @property
    def _asked(self) -> GttReply:
        if self.decided is None:
            raise RuntimeError("a trigger's command is settled before it is decided")
        return self.decided


def _at_broker(uow: UnitOfWork, trigger_id: int) -> AtBroker | None:
    gtt = uow.gtts.find(trigger_id) or gtt_store.find(uow.session, trigger_id)
    return None if gtt is None else gtt.at_broker


def _is_agents(uow: UnitOfWork, trigger_id: int) -> bool:
    """Whether the trigger is placed by an agent, which reports when it gets to it."""
    gtt = uow.gtts.find(trigger_id) or gtt_store.find(uow.session, trigger_id)
    return gtt is not None and uow.account(int(gtt.account)).kind == AGENT
