"""Live prices that have stopped while the market is open, and that have resumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tradertape_server.features.notifications.publishing import Notice
from tradertape_server.features.notifications.sources.source import Found, Json
from tradertape_server.features.portfolios import queries as portfolios
from tradertape_server.features.workers import queries as workers

PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class PriceSource:
    """Tells those who have runs or portfolios. is_stale: whether prices are missing now."""

    is_stale: Callable[[datetime], bool]
    name: str = "prices"

    def read(self, session: Session, state: Json | None, now: datetime) -> Found:
        """A minute without prices is told, once, and their return."""
        since: str | None = (state or {}).get("since")
        if not self.is_stale(now):
            if since is None or not (state or {}).get("told"):
                return Found(state={})
            return Found(self._notices(session, "prices.back", since, now), {})
        if since is None:
            return Found(state={"since": now.isoformat()})
        if now - datetime.fromisoformat(since) < PATIENCE or (state or {}).get("told"):
            return Found(state=state or {})
        return Found(self._notices(session, "prices.stale", since, now),
                     {"since": since, "told": True})  # fmt: skip

    def _notices(self, session: Session, event: str, since: str, now: datetime) -> list[Notice]:
        concerned = {*portfolios.users_with_active(session), *workers.users_with_runs(session)}
        is_back = event == "prices.back"
        title = "Live prices have resumed" if is_back else "Live prices have stopped"
        text = (
            "Protection and workers get prices again."
            if is_back
            else "No price for a minute while the market is open. Protection that the server "
            "watches cannot fire on prices it does not get: check the feed and your broker's "
            "session."
        )
        return [
            Notice(user_id, event, f"{event}:{since}", title, text, now, "/")
            for user_id in sorted(concerned)
        ]
