"""Kill switches that are on: who may open nothing new, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Scope = Literal["user", "server"]
SERVER: Scope = "server"
USER: Scope = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """A kill switch that is on. user_id: whose; None for everybody's. cancels: whether it takes
    back entries, those too that a venue's book shows only later."""

    user_id: int | None
    reason: str
    by: str
    since: datetime
    cancels: bool = False

    @property
    def scope(self) -> Scope:
        """`user`, or `server` for everybody's."""
        return SERVER if self.user_id is None else USER

    @property
    def words(self) -> str:
        """The reason, as the text of a denial."""
        whose = " for the whole server" if self.user_id is None else ""
        return f"{self.reason or 'no reason given'} (by {self.by}{whose})"


@dataclass(slots=True)
class Halts:
    """All kill switches that are on, by account; None: the server's."""

    by_user: Mapping[int | None, Halt] = field(default_factory=dict[int | None, Halt])

    @property
    def are_on(self) -> bool:
        """Whether any is."""
        return bool(self.by_user)

    def over(self, user_id: int) -> Halt | None:
        """What stops a person's accounts: the server's switch before their own."""
        return self.by_user.get(None) or self.by_user.get(user_id)

    def cancels(self, user_id: int) -> bool:
        """Whether a switch that is on takes back a person's entries."""
        found = (self.by_user.get(None), self.by_user.get(user_id))
        return any(one is not None and one.cancels for one in found)

    @staticmethod
    def name(user_id: int | None) -> str:
        """The key of a switch's row."""
        return SERVER if user_id is None else f"{USER}:{user_id}"
