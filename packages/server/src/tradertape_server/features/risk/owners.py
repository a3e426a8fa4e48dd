"""What orders and positions of a run belong to, as scopes of rules name it; joined in `wiring`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session


class Belongs(NamedTuple):
    """The strategy and the portfolio of a run; None for none."""

    strategy: str | None = None
    portfolio: str | None = None


OwnerOf = Callable[[Session, str], Belongs | None]
NOBODYS = Belongs()


def owner_of(lookups: Sequence[OwnerOf], session: Session, run_id: str) -> Belongs:
    """Ask one feature after the other whose run it is."""
    for lookup in lookups:
        found = lookup(session, run_id)
        if found is not None:
            return found
    return NOBODYS
