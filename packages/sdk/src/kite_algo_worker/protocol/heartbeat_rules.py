"""How often a run's heartbeat is sent, and which refusals end it."""

from __future__ import annotations

from kite_algo_worker.exceptions import InvalidInputError, KiteAlgoWorkerError

HEARTBEAT_S = 20.0  # a session expires after 60 seconds: two may be lost
_LOST = frozenset({401, 403, 404, 409})


def is_final(error: KiteAlgoWorkerError) -> bool:
    """Whether a refused heartbeat means that the session is lost.

    It is when another worker claimed the run, the run is closed, or the token no longer allows it.
    """
    return error.status_code in _LOST


def check_claimed(claim_session: bool, wants_heartbeats: bool) -> None:
    """Raise InvalidInputError if heartbeats are to be sent without a claim."""
    if wants_heartbeats and not claim_session:
        raise InvalidInputError(
            "a heartbeat needs the session's nonce: leave claim_session on, or pass "
            "heartbeat_on_enter=False and auto_heartbeat=False"
        )
