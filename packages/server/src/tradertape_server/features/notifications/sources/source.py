"""What a source of notices is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.orm import Session

from tradertape_server.features.notifications.publishing import Notice

Json = dict[str, Any]
# How far back sources read whose rows may become visible late, or while this server was down.
LOOK_BACK = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Found:
    """What a source has found, and its state after that."""

    notices: Sequence[Notice] = field(default_factory=tuple)
    state: Json = field(default_factory=dict[str, Any])


class Source(Protocol):
    """Somewhere that things happen. name: under which its state is stored."""

    @property
    def name(self) -> str: ...

    def read(self, session: Session, state: Json | None, now: datetime) -> Found:
        """What happened since a state. None: the first time, when nothing old is told."""
        ...
