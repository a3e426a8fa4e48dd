"""The state of live prices, and the words for where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tradertape_server.features.feed.sources.source_details import BrokerFeed


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """The state of the feed. stale: there are subscriptions, but no ticks for some seconds.

    A source that is not connected and not yet stale is connecting.
    label: the source in words, such as `live NSE through Kite`. feeds: which broker gives what.
    """

    connected: bool
    source: str
    is_simulated: bool
    is_demo: bool
    stale: bool
    last_tick_at: datetime | None
    reason: str = ""
    label: str = ""
    feeds: tuple[BrokerFeed, ...] = ()


def source_label(source: str, feeds: Sequence[BrokerFeed]) -> str:
    """Say in words where prices come from: a sandbox's are never called those of the exchange."""
    words = {"exchange": "live NSE", "sandbox": "sandbox, not the exchange"}.get(source, source)
    titles = list(dict.fromkeys(one.title for one in feeds if one.is_live))
    *others, last = titles or [""]
    through = f"{', '.join(others)} and {last}" if others else last
    return f"{words} through {through}" if through else words
