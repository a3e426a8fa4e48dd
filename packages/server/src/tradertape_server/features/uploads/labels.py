"""With which secret factor a person's files are scaled: all with the same one, or none.

An agent multiplies quantities and amounts before a file leaves its machine. The server knows the
label of the factor and never the factor: sums over files of two factors, or over scaled and real
figures, would mean nothing, so such a file is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tradertape_server.features.uploads.models import Upload
from tradertape_server.platform.database.engine import take_advisory_lock
from tradertape_server.platform.errors import Conflict

IN_CLEAR_REFUSED = (
    "Obfuscation is on: a statement would show your real figures to this server. Choose it on your "
    "agent's page, under Uploads: it is scaled there and sent from there."
)


@dataclass(frozen=True, slots=True)
class Label:
    """How a file is scaled. factor_id: None where it is not."""

    factor_id: str | None = None

    @property
    def is_scaled(self) -> bool:
        """Whether its figures are not the real ones."""
        return self.factor_id is not None


CLEAR = Label()


def demand(session: Session, user_id: int, given: Label, *, is_obfuscated: bool) -> None:
    """Raise Conflict for real figures of an obfuscated account, and for a second factor."""
    if is_obfuscated and not given.is_scaled:
        raise Conflict(IN_CLEAR_REFUSED, code="obfuscation_required")
    other = next(((one, n) for one, n in counts(session, user_id).items() if one != given), None)
    if other is not None:
        found, number = other
        files = "1 file" if number == 1 else f"{number} files"
        raise Conflict(
            f"Your uploads have {files} {_words(found)}, and this one is {_words(given)}: sums "
            "over both would mean nothing. Undo those first, then send them again like this one.",
            code="factor_mixture",
        )


def demand_alone(session: Session, user_id: int, given: Label, *, is_obfuscated: bool) -> None:
    """As `demand`, with the person's other imports kept waiting until the transaction ends."""
    take_advisory_lock(session.connection(), f"upload-label-{user_id}")
    demand(session, user_id, given, is_obfuscated=is_obfuscated)


def counts(session: Session, user_id: int) -> dict[Label, int]:
    """How many of a person's uploads that count, or will, have each label."""
    query = (
        select(Upload.is_scaled, Upload.factor_id, func.count())
        .where(Upload.user_id == user_id, Upload.state.in_(("importing", "done")))
        .group_by(Upload.is_scaled, Upload.factor_id)
    )
    return {
        Label(factor if scaled else None): number
        for scaled, factor, number in session.execute(query)
    }


def clear_files(session: Session, user_id: int) -> int:
    """How many of a person's uploads hold real figures."""
    return counts(session, user_id).get(CLEAR, 0)


def _words(label: Label) -> str:
    return f"scaled with the factor {label.factor_id}" if label.is_scaled else "not scaled"
