"""What a person wrote, read as far as a page asks for it: of thousands of entries, a list shows a
hundred, and a filter needs one word of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from sqlalchemy.orm import Session

from tradertape_server.features.trade_journal import repository
from tradertape_server.features.trade_journal.models import JournalEntry
from tradertape_server.features.trade_journal.trips import JournalTrips

Value = TypeVar("Value")
WordKind = Literal["tags", "mistakes"]


@dataclass(frozen=True, slots=True)
class Written:
    """A person's entries, by the keys under which their trips are shown.

    A trip's own entry comes before that of a trip which is hidden behind it.
    """

    session: Session
    user_id: int
    trips: JournalTrips

    def setups(self) -> dict[str, str]:
        """The setups that were written."""
        return self._shown(repository.setups(self.session, self.user_id))

    def words(self, kind: WordKind) -> dict[str, list[str]]:
        """The tags or mistakes that were written."""
        return self._shown(repository.words(self.session, self.user_id, kind))

    def of(self, keys: Sequence[str]) -> dict[str, JournalEntry]:
        """Whole entries of some trips."""
        wanted = [one for key in keys for one in (key, *self.trips.hidden_behind(key))]
        found = repository.entries_of(self.session, self.user_id, wanted)
        return self._shown((one.trip_key, one) for one in found)

    def all(self) -> dict[str, JournalEntry]:
        """All of them."""
        found = repository.entries(self.session, self.user_id)
        return self._shown((one.trip_key, one) for one in found)

    def _shown(self, pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
        found, hidden = dict(pairs), self.trips.hidden
        if not hidden:
            return found
        shown: dict[str, Value] = {key: one for key, one in found.items() if key not in hidden}
        for key in sorted(found.keys() & hidden.keys()):
            shown.setdefault(hidden[key], found[key])
        return shown


def shown_counts(trips: JournalTrips, counts: Mapping[str, int]) -> dict[str, int]:
    """How many pictures each shown trip has, those of hidden ones included."""
    found: dict[str, int] = {}
    for key, many in counts.items():
        shown = trips.shown(key)
        found[shown] = found.get(shown, 0) + many
    return found
