"""HTTP of accounts."""

from __future__ import annotations

from fastapi import APIRouter

from tradertape_server.features.auth.dependencies import CurrentUser

router = APIRouter(prefix="/api/auth", tags=["accounts"])


@router.get("/me")
def me(user: CurrentUser) -> dict[str, object]:
    """Who is signed in."""
    return {"id": user.id, "email": user.email, "name": user.name, "is_admin": user.is_admin}
