"""When a master is downloaded: each day from 08:00 IST, again after a failure. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from tradertape_core.kernel.clock import IST

# Kite makes its list once a day, in the morning; Upstox's is there from about 06:00 (IST).
FIRST_TRY: Final = time(8, 0)
EXPECTED_BY: Final = time(8, 45)
_FIRST_PAUSE_S: Final = 30.0
_LONGEST_PAUSE_S: Final = 900.0


def is_due(downloaded_at: datetime | None, now: datetime) -> bool:
    """Whether a list of the present day is missing: it begins at 08:00 IST."""
    return downloaded_at is None or downloaded_at < _latest(FIRST_TRY, now)


def is_stale(downloaded_at: datetime | None, now: datetime) -> bool:
    """Whether today's list is overdue, since 08:45 IST: contracts and lots may have changed."""
    if downloaded_at is None:
        return True
    # Of yesterday's list the evening before is still right until this morning's is expected.
    expected = _latest(EXPECTED_BY, now).astimezone(IST)
    return downloaded_at < datetime.combine(expected.date(), FIRST_TRY, tzinfo=IST)


def pause_s(failures: int) -> float:
    """Seconds until the next try after so many failures in a row."""
    return min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(max(failures, 1) - 1, 16))


def _latest(at: time, now: datetime) -> datetime:
    """The last time of day `at`, IST, that is not after now."""
    here = now.astimezone(IST)
    today = datetime.combine(here.date(), at, tzinfo=IST)
    return today if today <= here else today - timedelta(days=1)
