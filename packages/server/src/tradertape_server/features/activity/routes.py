"""Routes of a person's activity in one instrument."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from tradertape_server.features.activity.schemas import ActivityOut
from tradertape_server.features.activity.service import ActivityService
from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.platform.http.routing import part

router = APIRouter(prefix="/api/activity", tags=["live market"])

Activity = Annotated[ActivityService, Depends(part("activity"))]


@router.get("")
def instrument_activity(
    user: CurrentUser,
    activity: Activity,
    instrument: Annotated[str, Query(min_length=3, max_length=80, examples=["NSE:INFY"])],
) -> ActivityOut:
    """Your fills, open orders, active GTTs, positions and protection levels in an instrument."""
    return activity.of(user.id, instrument)
