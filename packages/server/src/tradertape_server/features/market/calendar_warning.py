"""The warning before the exchange's published holidays end."""

from __future__ import annotations

from datetime import date

from tradertape_core.market.calendar import Calendar

WARNING_DAYS = 60


def days_published(calendar: Calendar, today: date) -> int:
    """How many days from today on are published; negative after the last of them."""
    return (calendar.published_until - today).days


def calendar_warning(calendar: Calendar, today: date) -> str:
    """What it means that the holidays of this version end soon; empty while they do not."""
    if days_published(calendar, today) > WARNING_DAYS:
        return ""
    return (
        f"The exchange's holidays are known until {calendar.published_until}: from then on only "
        "weekends, national holidays and Good Friday are closed. Update TraderTape once the next "
        "year's are published."
    )
