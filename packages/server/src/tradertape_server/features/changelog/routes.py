"""Routes of the changelog: public, so that scripts can watch for breaking changes."""

from __future__ import annotations

import datetime
from typing import Annotated

from fastapi import APIRouter, Depends

from tradertape_server.features.changelog.service import Changelog
from tradertape_server.platform.http.routing import Reply, part

router = APIRouter(prefix="/api/changelog", tags=["operations"])


class EntryRow(Reply):
    """One version."""

    version: str
    date: datetime.date | None
    breaking: bool
    sections: dict[str, list[str]]


@router.get("")
def changelog(changelog: Annotated[Changelog, Depends(part("changelog"))]) -> list[EntryRow]:
    """Every version, newest first; `breaking`: whether scripts may have to change."""
    return [EntryRow.model_validate(entry) for entry in changelog.entries()]
