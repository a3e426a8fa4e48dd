"""Sessions at brokers that end or have ended, and the login before the market opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.brokerage import queries
from tradertape_server.features.brokerage.queries import LastSession
from tradertape_server.features.notifications.publishing import Notice
from tradertape_server.features.notifications.sources.source import LOOK_BACK, Found, Json

SOON = timedelta(minutes=30)
REMIND_FROM, REMIND_UNTIL = time(8, 30), time(15, 30)


@dataclass(frozen=True, slots=True)
class BrokerSource:
    """Reads the sessions; each says a thing once, by the number of its login or by its day."""

    name: str = "brokers"

    def read(self, session: Session, state: Json | None, now: datetime) -> Found:
        """What is to be said now, also if it was said before."""
        del state
        sessions = queries.last_sessions(session)
        notices = [one for last in sessions for one in _of_session(last, now)]
        connected = {
            (one.user_id, one.broker)
            for one in sessions
            if one.ended_at is None and one.expires_at > now
        }
        local = now.astimezone(IST)
        if nse_calendar().is_session(local.date()) and REMIND_FROM <= local.time() < REMIND_UNTIL:
            notices += [
                Notice(
                    user_id, "broker.login_needed", f"broker:{broker}:login:{local.date()}",
                    f"{broker.title()}: login needed",
                    "There is no session for today. Log in before the market opens at 09:15.",
                    now, f"/api/brokers/{broker}/login", {"broker": broker},
                )
                for user_id, broker, _ in queries.set_up(session)
                if (user_id, broker) not in connected
            ]  # fmt: skip
        return Found(notices)


def _of_session(last: LastSession, now: datetime) -> list[Notice]:
    key = f"broker:{last.broker}:{last.environment}:{last.generation}"
    name, subject = last.broker.title(), {"broker": last.broker}
    path = f"/api/brokers/{last.broker}/login"
    if last.ended_at is None and now < last.expires_at <= now + SOON:
        at = last.expires_at.astimezone(IST)
        text = f"It ends at {at:%H:%M} IST. Orders need a new login after that."
        return [
            Notice(last.user_id, "broker.session_expiring", f"{key}:expiring",
                   f"{name}: session expires soon", text, now, path, subject)
        ]  # fmt: skip
    ended = last.ended_at or (last.expires_at if last.expires_at <= now else None)
    if ended is None or last.end == "disconnected" or ended < now - LOOK_BACK:
        return []
    text = f"{last.reason or 'It has expired.'} Orders and prices of this broker need a new login."
    return [
        Notice(last.user_id, "broker.session_expired", f"{key}:expired",
               f"{name}: session expired", text, ended, path, subject)
    ]  # fmt: skip
