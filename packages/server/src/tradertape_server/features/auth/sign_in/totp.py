"""The second factor: six-digit codes of an app, or recovery codes, each valid once."""

from __future__ import annotations

import base64
import os
from datetime import datetime

from pyotp.totp import TOTP
from sqlalchemy.orm import Session

from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.sign_in import attempt_limits as limits
from tradertape_server.features.auth.sign_in.recovery_codes import use_recovery_code
from tradertape_server.platform.errors import ApiError, TooMany, Unauthenticated
from tradertape_server.platform.secrets import SecretBox, constant_time_equal

ISSUER = "TraderTape"
STEP_S = 30
DIGITS = 6


def new_totp_secret() -> str:
    """Create a secret of 160 bits in the base-32 form that authenticator apps read."""
    return base64.b32encode(os.urandom(20)).decode()


def provisioning_uri(secret: str, email: str) -> str:
    """The otpauth URI that the QR code contains."""
    return TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def matching_step(secret: str, code: str, *, now: datetime, after_step: int) -> int | None:
    """The 30-second step of a code: present or adjacent, and after `after_step`; else None."""
    totp = TOTP(secret)
    current = int(now.timestamp()) // STEP_S
    if after_step > current + 1:  # the clock was set back since: codes of now were not used then
        after_step = current - 2
    for step in (current, current - 1, current + 1):
        if step > after_step and constant_time_equal(totp.generate_otp(step), code.strip()):
            return step
    return None


def take_totp(
    session: Session,
    user: User,
    code: str | None,
    *,
    secrets: SecretBox,
    now: datetime,
    device: int | None,
) -> ApiError | None:
    """Check the second factor of an account that has one; returns the error, None if valid.

    device: the id of the browser, if it has signed in to the account before.
    """
    if user.totp_enabled_at is None:
        return None
    if not code:
        return Unauthenticated(
            "Enter the code of your authenticator app, or a recovery code.", code="totp_needed"
        )
    counted = (limits.TOTP_OF_EMAIL, user.email)
    if device is not None:
        counted = (limits.TOTP_OF_DEVICE, str(device))
    try:
        limits.count_attempts(session, [counted], now)
    except TooMany as error:
        return error
    session.refresh(
        user, with_for_update=True
    )  # of two concurrent requests with the same code, one succeeds
    if not use_second_factor(session, user, code, secrets=secrets, now=now):
        return Unauthenticated("The code is wrong or was used.", code="totp_wrong")
    limits.reset(session, *counted)
    return None


def is_recovery_code(code: str) -> bool:
    """Whether a code has the form of a recovery code, not of an authenticator app's."""
    return len(code) > DIGITS


def use_second_factor(
    session: Session, user: User, code: str, *, secrets: SecretBox, now: datetime
) -> bool:
    """Whether a code of the app, or a recovery code, is valid and unused; marks it as used."""
    if is_recovery_code(code):
        return use_recovery_code(session, user.id, code, now)
    return use_code(user, code, secrets=secrets, now=now)


def use_code(user: User, code: str, *, secrets: SecretBox, now: datetime) -> bool:
    """Whether the code is valid and unused; marks it as used."""
    secret = secrets.unseal(user.totp_secret) if user.totp_secret else None
    if secret is None:
        return False
    step = matching_step(secret.decode(), code, now=now, after_step=user.totp_last_step)
    if step is None:
        return False
    user.totp_last_step = step
    return True
