"""Sessions at brokers that end or have ended, and the login before the market opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.brokerage import queries
from tradertape_server.features.brokerage.queries import Due, LastSession
from tradertape_server.features.notifications.publishing import Notice
from tradertape_server.features.notifications.sources.source import LOOK_BACK, Found, Json
from tradertape_server.features.workers.queries import live_scopes

SOON = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class BrokerSource:
    """Reads the sessions; each says a thing once, by the number of its login or by its day."""

    name: str = "brokers"

    def read(self, session: Session, state: Json | None, now: datetime) -> Found:
        """What is to be said now, also if it was said before."""
        del state
        sessions = queries.last_sessions(session)
        notices = [one for last in sessions for one in _of_session(last, now)]
        if queries.is_awaited(nse_calendar(), now):
            due = queries.due_logins(session, now, set(live_scopes(session)))
            notices += [_login_needed(one, now) for one in due]
        return Found(notices)


def _login_needed(due: Due, now: datetime) -> Notice:
    text = (
        f"There is no session of {due.account} for today. Log in before the market opens at 09:15."
    )
    if due.runs_live:
        text += " A live run waits for it."
    return Notice(
        due.user_id, "broker.login_needed",
        f"broker:{due.broker}:login:{now.astimezone(IST).date()}",
        f"{due.broker.title()}: login needed", text, now, f"/api/brokers/{due.broker}/login",
        {"broker": due.broker},
    )  # fmt: skip


def _of_session(last: LastSession, now: datetime) -> list[Notice]:
    key = f"broker:{last.broker}:{last.environment}:{last.generation}"
    name, subject = last.broker.title(), {"broker": last.broker}
    path = f"/api/brokers/{last.broker}/login"
    # That brokers end sessions every morning is no news: the login of the day is asked for instead.
    if (
        last.ended_at is None
        and now < last.expires_at <= now + SOON
        and _is_awaited(last.expires_at)
    ):
        at = last.expires_at.astimezone(IST)
        text = f"It ends at {at:%H:%M} IST. Orders need a new login after that."
        return [
            Notice(last.user_id, "broker.session_expiring", f"{key}:expiring",
                   f"{name}: session expires soon", text, now, path, subject)
        ]  # fmt: skip
    ended = last.ended_at or (last.expires_at if last.expires_at <= now else None)
    if ended is None or last.end == "disconnected" or ended < now - LOOK_BACK:
        return []
    if not _is_awaited(ended):
        return []
    text = f"{last.reason or 'It has expired.'} Orders and prices of this broker need a new login."
    return [
        Notice(last.user_id, "broker.session_expired", f"{key}:expired",
               f"{name}: session expired", text, ended, path, subject)
    ]  # fmt: skip


def _is_awaited(moment: datetime) -> bool:
    return queries.is_awaited(nse_calendar(), moment)
