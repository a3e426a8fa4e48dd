"""The cursor after which a stream continues."""

from __future__ import annotations

from tradertape_server.features.workers.http.monitor_routes import cursor_of
from tradertape_server.platform.http.routing import MAX_CURSOR


def test_a_cursor_beyond_the_last_event_is_accepted() -> None:
    """KT-03."""
    assert cursor_of("17") == 17
    assert {cursor_of("9" * digits) for digits in (19, 5000)} == {MAX_CURSOR}
    assert {cursor_of(bad) for bad in ("-5", "abc", "", None)} == {None}
