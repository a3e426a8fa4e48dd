"""What an account has set for itself: kill switches, and the addresses that orders come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tradertape_core.market.instrument import Instrument
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.wire.upstox.keys import segment_of


@dataclass(slots=True)
class Addresses:
    """The addresses that an account has registered, and when; its orders go by `Sessions`."""

    primary: str | None = None
    secondary: str | None = None
    primary_at: datetime | None = None
    secondary_at: datetime | None = None


@dataclass(slots=True)
class Switches:
    """Kill switches, by account and segment with the time they were enabled, and addresses."""

    killed: dict[AccountKey, dict[str, datetime]] = field(
        default_factory=dict[AccountKey, dict[str, datetime]]
    )
    addresses: dict[AccountKey, Addresses] = field(default_factory=dict[AccountKey, Addresses])

    def is_killed(self, key: AccountKey, instrument: Instrument) -> bool:
        """Whether the kill switch of the instrument's segment is enabled."""
        return segment_of(instrument) in self.killed.get(key, {})
