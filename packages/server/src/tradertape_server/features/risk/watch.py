"""Looks at every rule that is watched, every five seconds, in the process that trades.

A look is one transaction of the trader: what is broken begins a halt in it, and the action of a
halt that was not carried out, because it was begun by an order or before a restart, is carried out
in it: once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.risk.rulebook.catalogue import CATALOGUE
from tradertape_core.risk.rulebook.evaluation import Outcome, Status
from tradertape_core.risk.rulebook.rule import Action, Level
from tradertape_server.features.execution.account_events import AccountEvents
from tradertape_server.features.execution.exits import kill_switch_exits
from tradertape_server.features.execution.exits.kill_switch_exits import Exit
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import VenueCommand
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.risk import repository
from tradertape_server.features.risk.book import Halted
from tradertape_server.features.risk.gate import RiskGate, outcome_document
from tradertape_server.features.risk.kill_switch import KillSwitch, Switched
from tradertape_server.features.risk.models import RiskEvaluation
from tradertape_server.features.risk.schemas import KillIn
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.job_log import JobLog

EVERY_S = 5.0
KEPT_FOR = timedelta(days=180)
_CLEAN_EVERY = timedelta(hours=1)
logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person is told once: a rule is near its limit or broken, or halts.

    kind: `near`, `breached`, `halt`.
    """

    user_id: int
    kind: str
    money: str
    rule_id: int
    rule: str
    message: str
    severity: str
    at: datetime


OnNotice = Callable[[Notice], None]
OnPause = Callable[[UnitOfWork, int, str, str], None]  # user, portfolio, why


@dataclass(slots=True)
class _Looked:
    notices: list[Notice] = field(default_factory=list[Notice])
    exits: list[Exit] = field(default_factory=list[Exit])
    switched: list[Switched] = field(default_factory=list[Switched])
    cursor: int = 0


@dataclass(slots=True)
class RiskWatch:
    """A thread of the process that trades; implements a duty's start and stop."""

    execution: ExecutionService
    clock: Clock
    gate: RiskGate
    switch: KillSwitch
    events: AccountEvents
    every_s: float = EVERY_S
    log: JobLog = field(default_factory=JobLog)
    _listeners: list[OnNotice] = field(default_factory=list[OnNotice])
    _pausing: list[OnPause] = field(default_factory=list[OnPause])
    _said: dict[tuple[int, str], tuple[str, str]] = field(
        default_factory=dict[tuple[int, str], tuple[str, str]]
    )
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _cleaned_at: datetime | None = None

    def listen(self, listener: OnNotice) -> None:
        """Have a listener called with each notice, once a day and rule."""
        self._listeners.append(listener)

    def pause_with(self, pause: OnPause) -> None:
        """Have portfolios paused by a feature above, within the transaction."""
        self._pausing.append(pause)

    def start(self) -> None:
        """Look from now on."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="risk-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the look under way, and stop."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
            self._thread = None

    def look(self) -> int:
        """Look at the rules of everybody who has any; returns how many people that are."""
        with self.execution.database.read() as session:
            users = repository.users_with_rules(session)
        for user_id in users:
            if self._stopped.is_set():
                break
            try:
                self.look_at(user_id)
            except ApiError as error:  # trading is paused, or another process trades now
                logger.info("risk rules were not looked at", user_id=user_id, reason=error.detail)
            except Exception:
                logger.exception("risk rules cannot be looked at", user_id=user_id)
        return len(users)

    def look_at(self, user_id: int) -> list[Notice]:
        """Look at one person's rules, and carry out what follows."""
        looked = _Looked()
        self.execution.trader.execute(VenueCommand(lambda uow: self._look(uow, user_id, looked)))
        for switched in looked.switched:
            self.switch.follow_up(switched)
        for run_id, key in looked.exits:
            self.execution.advance_exit(run_id, key)
        for notice in looked.notices:
            self._tell(notice, looked.cursor)
        return looked.notices

    def clean(self) -> int:
        """Delete evaluations that are older than half a year."""
        with self.execution.database.write() as session:
            return repository.forget_evaluations(session, self.clock.now() - KEPT_FOR)

    # --- the trader's transaction ---------------------------------------------------------------

    def _look(self, uow: UnitOfWork, user_id: int, looked: _Looked) -> None:
        self._end_halts(uow, user_id)
        for money, verdict in self.gate.look(uow, user_id):
            broken = [
                one
                for one in verdict.broken
                if one.status is Status.BREACHED and CATALOGUE[one.rule.type].is_watched
            ]
            for latch in self.gate.begin_halts(uow, user_id, money, broken):
                outcome = next(one for one in broken if one.rule.id == latch.rule_id)
                self._record(uow, user_id, money, outcome)
            for outcome in verdict.outcomes:
                self._notice(uow, user_id, money, outcome, looked)
        for halted in list(self.gate.book.person(uow.session, user_id).halts):
            if not halted.is_executed:
                self._carry_out(uow, user_id, halted, looked)
        looked.cursor = uow.cursor

    def _end_halts(self, uow: UnitOfWork, user_id: int) -> None:
        person = self.gate.book.person(uow.session, user_id)
        over = [one.id for one in person.halts if one.latch.is_over(uow.now)]
        if over:
            repository.end_halts(uow.session, over, at=uow.now, by="its time was over")
            uow.rules_changed()

    def _carry_out(self, uow: UnitOfWork, user_id: int, halted: Halted, looked: _Looked) -> None:
        latch = halted.latch
        if latch.action is Action.KILL:
            wanted = KillIn(reason=latch.message[:500])
            by = f'rule "{latch.rule_name}"'
            looked.switched.append(self.switch.turn_on(uow, user_id, wanted, by=by))
        elif latch.action is Action.FLATTEN:
            accounts = self._accounts(uow, user_id, halted)
            why = f'halted by rule "{latch.rule_name}"'
            kill_switch_exits.cancel_entries(uow, accounts, self.switch.gtts, why=why)
            looked.exits += kill_switch_exits.begin_exits(uow, accounts, reason=latch.message)
        elif latch.action is Action.PAUSE_PORTFOLIO:
            for pause in self._pausing:
                pause(uow, user_id, latch.scope.id or "", latch.message)
        self.gate.mark_executed(uow, user_id, halted)

    def _accounts(self, uow: UnitOfWork, user_id: int, halted: Halted) -> Sequence[int]:
        """The accounts of the halt's money, of its broker alone where that is its scope."""
        scope = halted.latch.scope
        accounts = self.gate.book.with_accounts(uow.session, user_id).accounts.values()
        return [
            one.id
            for one in accounts
            if one.money == halted.money
            and uow.is_traded(one.id)
            and (scope.level is not Level.BROKER or scope.id == one.broker)
        ]

    def _record(self, uow: UnitOfWork, user_id: int, money: str, outcome: Outcome) -> None:
        values = {
            "user_id": user_id, "subject": "watch", "money": money, "passed": False,
            "action": outcome.rule.action.value, "reason": outcome.message,
            "outcomes": [outcome_document(outcome)], "at": uow.now,
        }  # fmt: skip
        repository.add(uow.session, RiskEvaluation, values)
        repository.triggered(uow.session, [outcome.rule.id], uow.now)

    def _notice(
        self, uow: UnitOfWork, user_id: int, money: str, outcome: Outcome, looked: _Looked
    ) -> None:
        """Once a day for each step that a rule takes: near, then broken."""
        if outcome.status not in (Status.NEAR, Status.BREACHED):
            return
        key = (outcome.rule.id, money)
        day = uow.now.astimezone(IST).date().isoformat()
        said = self._said.get(key)
        if said == (day, "breached") or said == (day, outcome.status.value):
            return
        self._said[key] = (day, outcome.status.value)
        looked.notices.append(
            Notice(
                user_id, outcome.status.value, money, outcome.rule.id, outcome.rule.name,
                outcome.message, outcome.rule.severity.value, uow.now,
            )
        )  # fmt: skip

    # --- inside ---------------------------------------------------------------------------------

    def _tell(self, notice: Notice, cursor: int) -> None:
        data = {
            "event": f"risk_{notice.kind}",
            "rule_id": notice.rule_id,
            "message": notice.message,
        }
        self.events.publish(notice.user_id, cursor, data)
        for listener in self._listeners:
            try:
                listener(notice)
            except Exception:
                logger.exception("a risk notice was not delivered", rule_id=notice.rule_id)

    def _loop(self) -> None:
        while not self._stopped.wait(self.every_s):
            try:
                with self.log.running("risk"):
                    self.look()
                now = self.clock.now()
                if self._cleaned_at is None or now - self._cleaned_at > _CLEAN_EVERY:
                    self.clean()
                    self._cleaned_at = now
            except Exception:
                logger.exception("the risk watch failed: it looks again")
