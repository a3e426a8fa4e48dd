"""A person's saved mappings of columns."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.wealth.statements.layouts import Kind, Layout, mapped_layout
from tradertape_server.features.uploads import repository, schemas
from tradertape_server.features.uploads.models import UploadMapping
from tradertape_server.platform.errors import Conflict, NotFound
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)

MOST_MAPPINGS = 30


def layout_of(name: str, mapping: schemas.MappingIn) -> Layout:
    """The layout of a mapping. Raises InvalidInput, with a pointer, if a field is missing."""
    return mapped_layout(
        name,
        Kind(mapping.kind),
        mapping.columns,
        month_first=mapping.month_first,
        defaults=mapping.defaults,
    )


def saved_layouts(session: Session, user_id: int) -> list[Layout]:
    """The layouts of a person's saved mappings."""
    layouts: list[Layout] = []
    for one in repository.mappings(session, user_id):
        try:
            layouts.append(
                mapped_layout(
                    one.name, Kind(one.kind), one.columns,
                    month_first=one.month_first, defaults=one.defaults,
                )
            )  # fmt: skip
        except InvalidInput:  # saved by a version that knew other fields
            logger.warning("mapping of columns left out", mapping=one.id)
    return layouts


class MappingService:
    """Saves, lists and deletes mappings."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def all(self, session: Session, user_id: int) -> Sequence[UploadMapping]:
        """A person's mappings, by name."""
        return repository.mappings(session, user_id)

    def save(
        self, session: Session, user_id: int, name: str, mapping: schemas.MappingIn
    ) -> UploadMapping:
        """Save a mapping under a name, in place of an earlier one."""
        layout_of(name, mapping)
        mine = repository.mappings(session, user_id)
        found = next((one for one in mine if one.name == name), None)
        if found is None:
            if len(mine) >= MOST_MAPPINGS:
                raise Conflict(f"You have {MOST_MAPPINGS} mappings, the most: delete one")
            found = UploadMapping(user_id=user_id, name=name)
            session.add(found)
        found.kind, found.columns, found.defaults = mapping.kind, mapping.columns, mapping.defaults
        found.month_first, found.updated_at = mapping.month_first, self._clock.now()
        session.flush()
        return found

    def delete(self, session: Session, user_id: int, name: str) -> None:
        """Delete a mapping; what was imported with it remains. Raises NotFound."""
        found = next(
            (one for one in repository.mappings(session, user_id) if one.name == name), None
        )
        if found is None:
            raise NotFound("Mapping")
        session.delete(found)
