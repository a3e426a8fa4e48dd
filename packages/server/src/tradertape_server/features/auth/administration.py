"""What administrators may do with accounts; the audit log records it under their name."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth import repository, schemas
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.sign_in.sign_in import CODE_LIFE, SignInService
from tradertape_server.platform.errors import Conflict
from tradertape_server.platform.http.identity import Identity


class Administration:
    """The use cases of the admin pages. An administrator cannot act as another user."""

    def __init__(self, clock: Clock, sign_in: SignInService) -> None:
        self._clock = clock
        self._sign_in = sign_in

    def disable(
        self, session: Session, admin: Identity, user_id: int, origin: RequestOrigin
    ) -> User:
        """Disable an account at once, keys included. Raises NotFound, Conflict for one's own."""
        if user_id == admin.id:
            raise Conflict("You cannot disable your own account.", code="own_account")
        user = repository.user_by_id(session, user_id, lock=True)
        user.disabled_at = user.disabled_at or self._clock.now()
        repository.end_sessions(session, user_id)
        self._audit(session, "account_disabled", admin, user, origin)
        return user

    def enable(
        self, session: Session, admin: Identity, user_id: int, origin: RequestOrigin
    ) -> User:
        """Enable an account again. Raises NotFound."""
        user = repository.user_by_id(session, user_id, lock=True)
        user.disabled_at = None
        self._audit(session, "account_enabled", admin, user, origin)
        return user

    def sign_in_link(
        self, session: Session, admin: Identity, user_id: int, origin: RequestOrigin
    ) -> schemas.SignInLink:
        """Create a sign-in link for a user whose mail does not arrive.

        Raises NotFound, Conflict for a disabled account.
        """
        user = repository.user_by_id(session, user_id, lock=True)
        if user.disabled_at is not None:
            raise Conflict("The account is disabled.", code="account_disabled")
        url = self._sign_in.link_for(session, user.email)
        self._audit(session, "sign_in_link_issued", admin, user, origin)
        return schemas.SignInLink(url=url, expires_at=self._clock.now() + CODE_LIFE)

    def _audit(
        self, session: Session, action: str, admin: Identity, user: User, origin: RequestOrigin
    ) -> None:
        record(
            session,
            action,
            user_id=user.id,
            actor=admin.email,
            origin=origin,
            now=self._clock.now(),
        )


def user_row(user: User) -> schemas.UserRow:
    """Convert an account to the row that administrators see."""
    return schemas.UserRow(
        id=user.id,
        email=user.email,
        name=user.name,
        is_admin=user.is_admin,
        has_password=user.password_hash is not None,
        totp_enabled=user.totp_enabled_at is not None,
        created_at=user.created_at,
        disabled_at=user.disabled_at,
    )
