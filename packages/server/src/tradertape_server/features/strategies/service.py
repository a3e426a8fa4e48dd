"""Use cases of strategies.

A strategy is a document: `core.strategy.parse.complete` checks it and writes it out whole, and
that is what is stored. Versions are never edited; a restore writes a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_core.strategy.parse.document import complete
from tradertape_server.features.strategies import repository
from tradertape_server.features.strategies.models import StrategyRow, StrategyVersion
from tradertape_server.features.strategies.repository import Filter
from tradertape_server.platform.errors import Conflict, Forbidden, NotFound

Document = dict[str, Any]

# Why a strategy cannot be deleted, or None; features above add their own check.
UsedBy = Callable[[Session, int], str | None]

MAX_STRATEGIES = 1_000


@dataclass(frozen=True, slots=True)
class StrategyService:
    """Use cases of strategies; every method runs in the caller's transaction."""

    clock: Clock
    used_by: Sequence[UsedBy] = ()

    def find(
        self, session: Session, user_id: int, wanted: Filter, *, limit: int, offset: int
    ) -> tuple[Sequence[StrategyRow], int]:
        """One page of the strategies the user may see, and how many there are in all."""
        return repository.find(session, user_id, wanted, limit=limit, offset=offset)

    def get(self, session: Session, user_id: int, strategy_id: int) -> StrategyRow:
        """A strategy the user may read. Raises NotFound."""
        row = repository.visible(session, user_id, strategy_id)
        if row is None:
            raise NotFound("Strategy")
        return row

    def template(self, session: Session, base_model: str) -> StrategyRow:
        """The template of a base model. Raises NotFound."""
        row = repository.template(session, base_model)
        if row is None:
            raise NotFound("Strategy")
        return row

    def create(
        self,
        session: Session,
        user_id: int,
        document: Mapping[str, Any],
        *,
        is_active: bool = True,
        forked_from: StrategyRow | None = None,
        note: str = "Created",
    ) -> StrategyRow:
        """Store a new strategy as version 1. Raises InvalidDocument, Conflict over the limit."""
        whole = complete(document)
        _, owned = repository.find(session, user_id, Filter(), limit=1, offset=0)
        if owned >= MAX_STRATEGIES:
            raise Conflict(
                f"You have {owned:,} strategies, the most one account can keep: delete some first."
            )
        now = self.clock.now()
        row = StrategyRow(
            user_id=user_id,
            version=1,
            is_active=is_active,
            forked_from_id=forked_from.id if forked_from else None,
            forked_from_version=forked_from.version if forked_from else None,
            created_at=now,
            updated_at=now,
            **_columns(whole),
        )
        session.add(row)
        repository.add_version(session, row, note)
        return row

    def replace(
        self,
        session: Session,
        user_id: int,
        strategy_id: int,
        document: Mapping[str, Any],
        *,
        is_active: bool,
        expected_version: int | None,
    ) -> StrategyRow:
        """Save a whole new document as the next version.

        Nothing of the earlier one remains: absent blocks come from the base model, as in `create`.
        Raises InvalidDocument, Conflict when it was saved meanwhile.
        """
        row = self._own(session, user_id, strategy_id)
        whole = complete(document)
        _demand_version(row, expected_version)
        return self._save(session, row, whole, is_active=is_active, note="Saved")

    def delete(self, session: Session, user_id: int, strategy_id: int) -> None:
        """Hide a strategy from every list; runs keep their copy. Raises Conflict if it is used."""
        row = self._own(session, user_id, strategy_id)
        for reason in (check(session, strategy_id) for check in self.used_by):
            if reason:
                raise Conflict(reason, code="strategy_in_use")
        row.deleted_at = self.clock.now()

    def fork(
        self, session: Session, user_id: int, strategy_id: int, *, name: str | None
    ) -> StrategyRow:
        """Copy a strategy the user may read into their own, private, as version 1."""
        source = self.get(session, user_id, strategy_id)
        document = {**source.document, "name": name or _fork_name(source.name)}
        note = f"Forked from {source.name}, version {source.version}"
        return self.create(session, user_id, document, forked_from=source, note=note[:200])

    def share(
        self, session: Session, user_id: int, strategy_id: int, *, is_public: bool | None
    ) -> StrategyRow:
        """Set whether everybody may read a strategy; None inverts the present state."""
        row = self._own(session, user_id, strategy_id)
        row.is_public = (not row.is_public) if is_public is None else is_public
        return row

    def versions(
        self, session: Session, user_id: int, strategy_id: int
    ) -> Sequence[StrategyVersion]:
        """Every saved version, newest first; of the user's own strategies and templates."""
        row = self.get(session, user_id, strategy_id)
        if row.user_id not in {user_id, None}:
            raise Forbidden("Only the owner sees a strategy's earlier versions.")
        return repository.versions(session, strategy_id)

    def restore(
        self,
        session: Session,
        user_id: int,
        strategy_id: int,
        number: int,
        *,
        expected_version: int | None,
    ) -> StrategyRow:
        """Save an earlier version again, as the next one."""
        row = self._own(session, user_id, strategy_id)
        earlier = repository.version(session, strategy_id, number)
        if earlier is None:
            raise NotFound("Version")
        _demand_version(row, expected_version)
        whole = complete(earlier.document)
        note = f"Restored version {number}"
        return self._save(session, row, whole, is_active=row.is_active, note=note)

    def _own(self, session: Session, user_id: int, strategy_id: int) -> StrategyRow:
        row = self.get(session, user_id, strategy_id)
        if row.is_template:
            raise Forbidden("A template cannot be changed: fork it and change the fork.")
        if row.user_id != user_id:
            raise Forbidden(
                "This strategy belongs to another account: fork it and change the fork."
            )
        return repository.locked(session, strategy_id)

    def _save(
        self, session: Session, row: StrategyRow, whole: Document, *, is_active: bool, note: str
    ) -> StrategyRow:
        for column, value in _columns(whole).items():
            setattr(row, column, value)
        row.is_active = is_active
        row.version += 1
        row.updated_at = self.clock.now()
        repository.add_version(session, row, note)
        return row


def sync_templates(session: Session, clock: Clock) -> None:
    """Update the templates to the base models of this release."""
    for key, base_model in BASE_MODELS.items():
        whole = complete(base_model)
        row = repository.template(session, key)
        if row is None:
            now = clock.now()
            row = StrategyRow(
                template_key=key, version=1, created_at=now, updated_at=now, **_columns(whole)
            )
            session.add(row)
        elif row.document == whole:
            continue
        else:
            row.version += 1
            row.updated_at = clock.now()
            for column, value in _columns(whole).items():
                setattr(row, column, value)
        repository.add_version(session, row, "Shipped with this release")


def _columns(whole: Document) -> dict[str, Any]:
    """Columns that repeat parts of the document, for lists and searches."""
    return {
        "name": cast("str", whole["name"]),
        "description": whole["description"],
        "base_model": whole["base_model"],
        "tags": whole["tags"],
        "document": whole,
    }


def _demand_version(row: StrategyRow, expected: int | None) -> None:
    if expected is not None and expected != row.version:
        raise Conflict(
            f"The strategy is at version {row.version}, not {expected}: "
            "it was saved meanwhile. Load it again and repeat your change.",
            code="version_conflict",
        )


def _fork_name(name: str) -> str:
    return f"{name[:100].rstrip()} (fork)"
