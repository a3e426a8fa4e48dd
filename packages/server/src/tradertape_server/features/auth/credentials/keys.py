"""Agent keys and worker tokens: creation, listing, regeneration, revocation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth import repository, schemas
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.auth.models import ApiKey
from tradertape_server.features.auth.token_limits import NO_LIMITS, TokenLimits
from tradertape_server.features.auth.token_scope import UNRESTRICTED, TokenScope
from tradertape_server.platform.errors import Conflict
from tradertape_server.platform.secrets import new_token, token_hash

Kind = Literal["agent", "worker"]

PREFIXES: dict[Kind, str] = {"agent": "zt_", "worker": "kwa_"}
SHOWN_CHARACTERS = 4
MAX_KEYS = 50


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of keys."""

    id: int
    email: str


class Keys:
    """The use cases for one kind of key."""

    def __init__(self, clock: Clock, kind: Kind) -> None:
        self._clock = clock
        self._kind: Kind = kind

    def list(self, session: Session, owner: Owner) -> Sequence[ApiKey]:
        """The keys that are not revoked."""
        return repository.keys_of(session, owner.id, self._kind)

    def create(
        self,
        session: Session,
        owner: Owner,
        origin: RequestOrigin,
        *,
        label: str,
        scopes: Sequence[str],
        expires_in_days: int | None,
        token_scope: TokenScope = UNRESTRICTED,
        limits: TokenLimits = NO_LIMITS,
    ) -> schemas.NewKey:
        """Create a key; only the returned value ever contains its token.

        Raises Conflict when the owner has the maximum number of keys.
        """
        if len(self.list(session, owner)) >= MAX_KEYS:
            raise Conflict(f"You have {MAX_KEYS} keys, the maximum; revoke one first.")
        now = self._clock.now()
        expires_at = now + timedelta(days=expires_in_days) if expires_in_days else None
        key = ApiKey(
            user_id=owner.id,
            kind=self._kind,
            label=label,
            scopes=sorted(set(scopes)),
            account_scopes=list(token_scope.account_scopes),
            allowed_ips=list(token_scope.allowed_ips),
            price_band_pct=limits.price_band_pct,
            option_price_band_pct=limits.option_price_band_pct,
            created_at=now,
            expires_at=expires_at,
        )
        token = self._new_token(key)
        session.add(key)
        session.flush()
        self._audit(session, "key_created", owner, origin, key)
        return _shown(key, token)

    def regenerate(
        self, session: Session, owner: Owner, key_id: int, origin: RequestOrigin
    ) -> schemas.NewKey:
        """Replace the key's token; the old one becomes invalid at once. Raises NotFound."""
        key = repository.key_of(session, owner.id, self._kind, key_id)
        token = self._new_token(key)
        key.last_used_at = None
        self._audit(session, "key_regenerated", owner, origin, key)
        return _shown(key, token)

    def revoke(self, session: Session, owner: Owner, key_id: int, origin: RequestOrigin) -> None:
        """Revoke the key permanently. Raises NotFound."""
        key = repository.key_of(session, owner.id, self._kind, key_id)
        key.revoked_at = self._clock.now()
        self._audit(session, "key_revoked", owner, origin, key)

    def _new_token(self, key: ApiKey) -> str:
        start = PREFIXES[self._kind]
        token = new_token(start)
        key.token_hash = token_hash(token)
        key.prefix = token[: len(start) + SHOWN_CHARACTERS]
        return token

    def _audit(
        self, session: Session, action: str, owner: Owner, origin: RequestOrigin, key: ApiKey
    ) -> None:
        record(
            session,
            action,
            user_id=owner.id,
            actor=owner.email,
            origin=origin,
            now=self._clock.now(),
            kind=self._kind,
            label=key.label,
            key_id=key.id,
            **({"account_scopes": key.account_scopes} if key.account_scopes else {}),
            **({"allowed_ips": key.allowed_ips} if key.allowed_ips else {}),
            **TokenLimits(key.price_band_pct, key.option_price_band_pct).given,
        )


def _shown(key: ApiKey, token: str) -> schemas.NewKey:
    row = schemas.KeyRow.model_validate(key)
    return schemas.NewKey(**row.model_dump(), token=token)
