"""Mails about sessions at brokers: who must sign in before the market opens, and whose ended early.

A duty of the process that trades. A person gets one reminder a trading day, whatever is restarted:
the day is stored before the mail is queued. Whose own channels are sent the notification gets no
mail beside it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeAlias

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.market.calendar import Calendar
from tradertape_server.features.auth.queries import email_of
from tradertape_server.features.brokerage import repository
from tradertape_server.features.brokerage.accounts import ChangeKind, ConnectionChange, Environment
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.brokerage.queries import Due, due_logins, is_awaited
from tradertape_server.features.brokerage.views import Links
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.mail import Mail, Mailer
from tradertape_server.platform.processes.job_log import JobLog

EVERY_S: Final = 30.0
LOGIN_NEEDED: Final = "broker.login_needed"  # events of notifications
SESSION_EXPIRED: Final = "broker.session_expired"

LiveScopes: TypeAlias = Callable[[Session], Collection[tuple[int, str]]]
IsTold: TypeAlias = Callable[[Session, int, str], bool]

logger = get_logger(__name__)


def nobody_is_told(_session: Session, _user_id: int, _event: str) -> bool:
    """No event is sent elsewhere."""
    return False


@dataclass(slots=True)
class Reminders:
    """live_scopes: the people and account scopes with open live runs. is_told: whether a person's
    own channels are sent an event: no mail is needed then."""

    database: Database
    clock: Clock
    calendar: Calendar
    connections: Connections
    mailer: Mailer
    links: Links
    live_scopes: LiveScopes
    is_told: IsTold = nobody_is_told
    log: JobLog = field(default_factory=JobLog)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def listen(self) -> None:
        """Be told of sessions that end."""
        self.connections.on_change(self._changed)

    def start(self) -> None:
        """Look for what is due from now on."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broker-reminders", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(10.0)
            self._thread = None

    def remind(self) -> int:
        """Send the reminders that are due now; returns how many mails were queued."""
        today = self._trading_day()
        if today is None:
            return 0
        with self.database.read() as session:
            due = due_logins(session, self.clock.now(), set(self.live_scopes(session)))
        by_person: dict[int, list[Due]] = {}
        for one in due:
            by_person.setdefault(one.user_id, []).append(one)
        return sum(self._remind(user_id, found, today) for user_id, found in by_person.items())

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with self.log.running("reminders"):
                    self.remind()
            except Exception:  # this thread must survive: the next look may succeed
                logger.exception("reminders of logins not sent")
            self._stopped.wait(EVERY_S)

    def _trading_day(self) -> date | None:
        """Today, where it is a trading day between the reminder and the close."""
        now = self.clock.now()
        return now.astimezone(IST).date() if is_awaited(self.calendar, now) else None

    def _remind(self, user_id: int, due: Sequence[Due], today: date) -> bool:
        with self.database.write() as session:
            preference = repository.preference_or_default(session, user_id)
            if not preference.mails_reminder or preference.reminded_on == today.isoformat():
                return False
            preference.reminded_on = today.isoformat()
            is_told = self.is_told(session, user_id, LOGIN_NEEDED)
            to = None if is_told else email_of(session, user_id)
        if to is None:
            return False
        self.mailer.send(self._mail(to, due))
        return True

    def _mail(self, to: str, due: Sequence[Due]) -> Mail:
        titles = [self.connections.broker(one.broker).title for one in due]
        lines = [
            f"{title} ({one.account}): {self.links.login(one.broker)}"
            + ("\n  A live run waits for it." if one.runs_live else "")
            for title, one in zip(titles, due, strict=True)
        ]
        text = (
            "Brokers end every session in the morning. Sign in before the market opens at 09:15,\n"
            "so that prices, orders and protections of these accounts work:\n\n"
            + "\n".join(lines)
            + "\n\nEach link leads to the broker's own page, where you are signed in here.\n"
            f"To get no more of these mails: {self.links.settings(due[0].broker)}\n"
        )
        subject = f"TraderTape: sign in to {' and '.join(dict.fromkeys(titles))}"
        return Mail(to=to, subject=subject, text=text, notice=f"{subject}\n" + "\n".join(lines))

    def _changed(self, change: ConnectionChange) -> None:
        """Mail that a session ended between the reminder and the close, where nobody expects it."""
        account = change.account
        if change.kind is not ChangeKind.EXPIRED or not change.is_first:
            return
        if account.environment is not Environment.LIVE or self._trading_day() is None:
            return
        with self.database.read() as session:
            preference = repository.preference_of(session, account.user_id)
            is_told = self.is_told(session, account.user_id, SESSION_EXPIRED)
            to = None if is_told else email_of(session, account.user_id)
        if to is None or (preference is not None and not preference.mails_expiry):
            return
        title = self.connections.broker(account.broker).title
        link = self.links.login(account.broker)
        text = (
            f"Your session at {title} ({account.scope}) ended: {change.reason}\n\n"
            "Until you sign in again nothing is sent there: exits and protections wait. Sign in:\n"
            f"\n{link}\n\nTo get no more of these mails: {self.links.settings(account.broker)}\n"
        )
        subject = f"TraderTape: your {title} session has ended"
        self.mailer.send(Mail(to=to, subject=subject, text=text, notice=f"{subject}: {link}"))
