"""Recovery codes: each replaces one code of a lost authenticator app, once.

A code has 80 random bits, so its SHA-256 hash can be stored without a key: no guess finds it.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tradertape_server.features.auth.models import RecoveryCode
from tradertape_server.platform.secrets import token_hash

COUNT = 10
GROUPS, GROUP_LENGTH = 4, 4
_LETTERS = "abcdefghjkmnpqrstuvwxyz023456789"  # 32, without i, l, o and 1, which are misread


def create_codes(session: Session, user_id: int, now: datetime) -> list[str]:
    """Replace the account's recovery codes by new ones; returns them, as only their hashes stay."""
    delete_codes(session, user_id)
    codes = [_new_code() for _ in range(COUNT)]
    session.add_all(
        RecoveryCode(user_id=user_id, code_hash=_hash(code), created_at=now) for code in codes
    )
    return codes


def use_recovery_code(session: Session, user_id: int, code: str, now: datetime) -> bool:
    """Whether the code is one of the account's unused ones; marks it as used."""
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == _hash(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    return used.first() is not None


def codes_left(session: Session, user_id: int) -> int:
    """How many of the account's recovery codes are unused."""
    unused = (RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(select(func.count(RecoveryCode.id)).where(*unused)) or 0


def delete_codes(session: Session, user_id: int) -> None:
    """Delete the account's recovery codes, used or not."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _new_code() -> str:
    letters = [secrets.choice(_LETTERS) for _ in range(GROUPS * GROUP_LENGTH)]
    return "-".join(
        "".join(letters[start : start + GROUP_LENGTH])
        for start in range(0, len(letters), GROUP_LENGTH)
    )


def _hash(code: str) -> str:
    return token_hash("".join(code.lower().replace("-", "").split()))
