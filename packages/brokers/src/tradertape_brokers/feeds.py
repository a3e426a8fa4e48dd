"""What every broker's feed has in common: its states, its gaps, the pauses between attempts."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from random import Random
from typing import Final

# What a socket's library says of its frames and addresses holds tokens: it is in no log, however
# much is logged.
SOCKET_LOG: Final = logging.getLogger("tradertape_brokers.sockets")
SOCKET_LOG.setLevel(logging.WARNING)


class FeedState(Enum):
    """What the feed is doing."""

    CONNECTING = "connecting"
    LIVE = "live"
    WAITING = "waiting"  # for the next attempt
    SIGNED_OUT = "signed out"  # until there is a new token


@dataclass(frozen=True, slots=True)
class Gap:
    """From when to when nothing was heard: candles of that time are to be read elsewhere."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """first_s doubles with each attempt up to longest_s; stable_after_s of being live ends that."""

    first_s: float = 0.5
    longest_s: float = 30.0
    stable_after_s: float = 30.0

    def before(self, attempt: int, random: Random) -> float:
        """Seconds before an attempt, the first of which is 1; jitter takes up to half of them."""
        longest = min(self.longest_s, self.first_s * 2 ** min(attempt - 1, 16))
        return longest * random.uniform(0.5, 1.0)
